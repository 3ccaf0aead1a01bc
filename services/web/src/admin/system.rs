//! How the installation does, in words, with what to do: the same checks as `/readyz`, made anew.

use templates::admin::{System, SystemCheck};
use templates::components::{Notice, SummaryRow, Tag, Tone};

use super::as_of;
use crate::ctx::Ctx;
use crate::error::{Reply, page};
use crate::operate::{Build, Check, Level, Report};
use crate::{shell, words};

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let report = ctx.state().operate.look().await;
    let checks = report.checks.iter().map(line).collect();
    page(&System { shell: shell::of(&ctx), health: whole(&report), checks, facts: facts(&ctx), as_of: as_of(&ctx)? })
}

fn whole(report: &Report) -> Notice {
    let count = |level: Level| report.checks.iter().filter(|check| check.level == level).count();
    match (report.ready(), count(Level::Bad), count(Level::Warn)) {
        (false, bad, _) => Notice::new(Tone::Bad, &format!("有 {bad} 项故障，本节点不宜接受新的请求"), &["请按下表“怎么办”处理。"]),
        (true, 0, 0) => Notice::new(Tone::Good, "运行正常", &["写入和查询都在工作。"]),
        (true, 0, warn) => {
            Notice::new(Tone::Warn, &format!("运行正常，有 {warn} 项需要注意"), &["写入和查询都在工作，需要注意的事项见下表。"])
        }
        (true, bad, _) => Notice::new(Tone::Bad, &format!("有 {bad} 项故障"), &["写入和查询仍在工作。请按下表“怎么办”处理。"]),
    }
}

fn line(check: &Check) -> SystemCheck {
    let (state, tone) = match check.level {
        Level::Good => ("正常", Tone::Good),
        Level::Warn => ("注意", Tone::Warn),
        Level::Bad => ("故障", Tone::Bad),
    };
    SystemCheck {
        name: check.kind.name().to_owned(),
        state: Tag::new(state, tone),
        detail: check.detail.clone(),
        advice: check.advice.clone(),
    }
}

fn facts(ctx: &Ctx) -> Vec<SummaryRow> {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let started = ctx.state().operate.started;
    let accounts = reference.accounts();
    let count = |n: usize| words::count(u64::try_from(n).unwrap_or_default());
    let Build { version, commit, sqlite, features } = Build::this();
    vec![
        SummaryRow::new("版本", &format!("xiaoneng {version}（{commit}），SQLite {sqlite}，日志后端 {features}")),
        SummaryRow::new("启动", &format!("{}，已运行 {}", words::moment(started).text, words::duration(now - started))),
        SummaryRow::new("现行规则", &words::rules(&reference, now).map(|rules| rules.reference()).unwrap_or_default()),
        SummaryRow::new("日历版本", reference.calendar().version()),
        SummaryRow::new("主密钥", &format!("第 {} 代", ctx.app().vault.epoch())),
        SummaryRow::new(
            "单位和账号",
            &format!(
                "单位 {} 个，启用的账号 {} 个",
                count(reference.units().count()),
                count(accounts.iter().filter(|account| account.enabled).count())
            ),
        ),
    ]
}
