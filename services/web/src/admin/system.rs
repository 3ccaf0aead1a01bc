//! How the installation does, in words, with what to do.

use std::path::Path;

use application::Error;
use chrono::{Datelike, TimeDelta};
use domain::notice::NoticeStage;
use domain::time::{from_micros, legal_day};
use templates::admin::{System, SystemCheck};
use templates::components::{Notice, SummaryRow, Tag, Tone};

use super::as_of;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

const GIB: u64 = 1 << 30;
/// Free space below which the page warns; also below a twentieth of the disk.
const LITTLE: u64 = 2 * GIB;
/// A clock so far behind the log is told; less is the ordinary play between machines.
const BEHIND: TimeDelta = TimeDelta::seconds(30);

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let checks = vec![
        log(&ctx).await?,
        views(&ctx),
        search(&ctx),
        notices(&ctx)?,
        disk(&ctx),
        high_water(&ctx).await?,
        clock(&ctx).await?,
        calendar(&ctx),
    ];
    let worst = |tone: Tone| checks.iter().filter(|check| check.state.tone == tone).count();
    let health = match (worst(Tone::Bad), worst(Tone::Warn)) {
        (0, 0) => Notice::new(Tone::Good, "运行正常", &["写入和查询都在工作。"]),
        (0, n) => Notice::new(Tone::Warn, &format!("运行正常，有 {n} 项需要注意"), &["写入和查询都在工作，需要注意的事项见下表。"]),
        (n, _) => Notice::new(Tone::Bad, &format!("有 {n} 项故障"), &["请按下表“怎么办”处理。"]),
    };
    page(&System { shell: shell::of(&ctx), health, checks, facts: facts(&ctx).await?, as_of: as_of(&ctx)? })
}

fn check(name: &str, tone: Tone, detail: String, advice: &str) -> SystemCheck {
    let state = match tone {
        Tone::Bad => "故障",
        Tone::Warn => "注意",
        _ => "正常",
    };
    SystemCheck { name: name.to_owned(), state: Tag::new(state, tone), detail, advice: advice.to_owned() }
}

async fn log(ctx: &Ctx) -> Result<SystemCheck, Fault> {
    let head = ctx.app().log.head().await.map_err(Error::from)?;
    let size = ctx
        .app()
        .audit
        .dir()
        .and_then(|dir| std::fs::metadata(dir.join("log.db")).ok())
        .map(|file| format!("，{}", bytes(file.len())))
        .unwrap_or_default();
    let last = if head.size == 0 {
        "还没有事件".to_owned()
    } else {
        format!("最近一次写入 {}", words::moment(from_micros(head.recorded_at)).text)
    };
    Ok(check("日志", Tone::Good, format!("{} 个事件{size}；{last}；树根 {}", words::count(head.size), short(&head.root)), ""))
}

fn short(root: &[u8; 32]) -> String {
    root.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A failure in words; the event that stands in the way is named so that it can be looked at.
fn failure(failure: &projections::Failure) -> String {
    match &failure.event {
        Some((seq, _, kind)) => format!("第 {seq} 个事件（{kind}）无法处理：{}", failure.error),
        None => failure.error.to_string(),
    }
}

fn views(ctx: &Ctx) -> SystemCheck {
    let health = ctx.app().projections.health();
    let lag = health.log.saturating_sub(health.position);
    match health.failures.iter().find(|failure| failure.file == "views.db") {
        Some(stopped) => check(
            "查询数据",
            Tone::Bad,
            format!("停在第 {} 个事件，落后 {lag} 个。{}", health.position, failure(stopped)),
            "登记不受影响。请升级程序或联系开发方；修复后运行 xiaoneng rebuild 重建查询数据。",
        ),
        None => check(
            "查询数据",
            if lag > 10_000 { Tone::Warn } else { Tone::Good },
            format!("已处理到第 {} 个事件，落后 {lag} 个", words::count(health.position)),
            if lag > 10_000 { "正在追赶，请稍后刷新；长时间不减少时请检查磁盘。" } else { "" },
        ),
    }
}

fn search(ctx: &Ctx) -> SystemCheck {
    let health = ctx.app().projections.health();
    let lag = health.log.saturating_sub(health.search_position);
    let skipped =
        if health.search_skipped > 0 { format!("，跳过 {} 个无法读取的事件", health.search_skipped) } else { String::new() };
    match health.failures.iter().find(|failure| failure.file == "search.db") {
        Some(stopped) => check(
            "全文查找",
            Tone::Bad,
            format!("停在第 {} 个事件。{}", health.search_position, failure(stopped)),
            "登记和办理不受影响。请运行 xiaoneng rebuild --with-search 重建。",
        ),
        None => check(
            "全文查找",
            if health.search_skipped > 0 { Tone::Warn } else { Tone::Good },
            format!("已处理到第 {} 个事件，落后 {lag} 个{skipped}", words::count(health.search_position)),
            "",
        ),
    }
}

fn notices(ctx: &Ctx) -> Result<SystemCheck, Fault> {
    let views = ctx.app().projections.views();
    let (waiting, parked) = (views.count_notices(NoticeStage::Waiting)?, views.count_notices(NoticeStage::Parked)?);
    let (tone, advice) =
        if parked > 0 { (Tone::Warn, "到“通知”页查看搁置原因，改正后点“重试”。") } else { (Tone::Good, "") };
    Ok(check("通知", tone, format!("待发送 {waiting} 条，已搁置 {parked} 条"), advice))
}

fn disk(ctx: &Ctx) -> SystemCheck {
    match ctx.app().audit.dir().and_then(space) {
        Some((free, total)) => {
            let little = free < LITTLE || free < total / 20;
            let share = free.saturating_mul(100).checked_div(total).unwrap_or_default();
            let detail = format!("数据盘剩余 {}（{share}%）", bytes(free));
            check(
                "磁盘",
                if little { Tone::Warn } else { Tone::Good },
                detail,
                if little { "请扩容或清理数据盘；写满后不能登记。" } else { "" },
            )
        }
        None => check("磁盘", Tone::Warn, "无法读取数据盘的剩余空间".to_owned(), "请在服务器上检查数据目录所在的磁盘。"),
    }
}

/// Bytes free for us and in all.
fn space(dir: &Path) -> Option<(u64, u64)> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some((stat.f_bavail.saturating_mul(stat.f_frsize), stat.f_blocks.saturating_mul(stat.f_frsize)))
}

/// The record beside the log; that it fits the log was checked when the log was opened, else nothing would be served.
async fn high_water(ctx: &Ctx) -> Result<SystemCheck, Fault> {
    #[derive(serde::Deserialize)]
    struct Record {
        size: u64,
    }
    let head = ctx.app().log.head().await.map_err(Error::from)?;
    let record = ctx
        .app()
        .audit
        .dir()
        .and_then(|dir| std::fs::read(dir.join("log.head")).ok())
        .and_then(|text| serde_json::from_slice::<Record>(&text).ok());
    Ok(match record {
        Some(record) if record.size <= head.size => check(
            "高水位记录",
            Tone::Good,
            format!("记录到第 {} 个事件，日志有 {} 个", words::count(record.size), words::count(head.size)),
            "",
        ),
        Some(record) => check(
            "高水位记录",
            Tone::Bad,
            format!("记录到第 {} 个事件，日志只有 {} 个", words::count(record.size), words::count(head.size)),
            "日志可能被换成旧的。请立即停用，保留现场，并从最近的备份核对。",
        ),
        None => check("高水位记录", Tone::Warn, "没有找到记录".to_owned(), "下次写入时会新建；如反复出现，请检查数据目录的权限。"),
    })
}

/// The clock against the log: recorded times never fall, so a clock that was set back stands still there.
async fn clock(ctx: &Ctx) -> Result<SystemCheck, Fault> {
    let head = ctx.app().log.head().await.map_err(Error::from)?;
    let now = ctx.app().now();
    let behind = from_micros(head.recorded_at) - now;
    let (tone, detail, advice) = if head.size > 0 && behind > BEHIND {
        let detail = format!("服务器时间 {}，比最近一次写入的时间早 {}", words::moment(now).text, words::duration(behind));
        (Tone::Warn, detail, "请校准服务器时间（NTP）。校准前新登记的事件仍按原时间顺序记录，到期提醒会推迟。")
    } else {
        (Tone::Good, format!("服务器时间 {}，不早于日志", words::moment(now).text), "")
    };
    Ok(check("时钟", tone, detail, advice))
}

fn calendar(ctx: &Ctx) -> SystemCheck {
    let reference = ctx.app().reference();
    let today = legal_day(ctx.app().now());
    let state = |year: i32| if super::calendar::official(reference.calendar(), year) { "正式" } else { "临时推算" };
    let year = today.year();
    // The notice of a year comes in the November before it.
    let late = !super::calendar::official(reference.calendar(), year)
        || (today.month() == 12 && !super::calendar::official(reference.calendar(), year + 1));
    let advice = if late { "到“工作日历”页导入放假通知。" } else { "" };
    check(
        "工作日历",
        if late { Tone::Warn } else { Tone::Good },
        format!("{year} 年{}；{} 年{}", state(year), year + 1, state(year + 1)),
        advice,
    )
}

async fn facts(ctx: &Ctx) -> Result<Vec<SummaryRow>, Fault> {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let started = ctx.state().started;
    let accounts = reference.accounts();
    let count = |n: usize| words::count(u64::try_from(n).unwrap_or_default());
    Ok(vec![
        SummaryRow::new("版本", &format!("xiaoneng {}", env!("CARGO_PKG_VERSION"))),
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
    ])
}

fn bytes(n: u64) -> String {
    match n {
        n if n >= GIB => format!("{}.{} GB", n / GIB, n % GIB * 10 / GIB),
        n if n >= GIB / 1024 => format!("{} MB", n / (GIB / 1024)),
        n => format!("{} KB", n / 1024),
    }
}
