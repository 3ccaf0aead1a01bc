//! `xiaoneng init`: key, rulebook, units, the three administrators with one-time passwords.

use std::path::PathBuf;

use anyhow::{Context, bail};
use application::Application;
use application::accounts::NewAccount;
use domain::account::{Role, StaffKind};
use domain::rulebook::shipped::SHIPPED;
use exchange::units::UnitReport;
use projections::Reference;

use super::Failure;
use super::rulebook::{checked, problems};
use crate::{cli, installation, node, output};

pub(super) async fn run(words: cli::Init) -> Result<(), Failure> {
    if words.place.data.exists() && !installation::is_empty(&words.place.data) {
        return Err(Failure::Work(anyhow::anyhow!("{} 不是空目录，没有做任何改动", words.place.data.display())));
    }
    let text = match &words.rulebook {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("无法读取 {}", path.display()))?,
        None => SHIPPED.iter().find(|(name, _)| *name == "generic").map(|(_, text)| (*text).to_owned()).context("没有随附的规则文件")?,
    };
    let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("无法读取 {}", path.display()));
    let units = words.units.as_ref().map(read).transpose()?;
    let accounts = words.accounts.as_ref().map(read).transpose()?;
    // What has a fault is told while there is nothing to tidy up.
    checked(&text)?;
    if let Some(bytes) = &units {
        refused(&exchange::units::check(&Reference::default(), bytes)?)?;
    }
    if let Some(bytes) = &accounts {
        let known = units.as_ref().map(|bytes| exchange::units::codes(bytes)).transpose()?.unwrap_or_default();
        let faults = exchange::accounts::check(|unit| known.contains(unit), bytes)?;
        if !faults.is_empty() {
            return Err(Failure::Faults(faults.iter().map(ToString::to_string).collect()));
        }
    }
    installation::make_dir(&words.place.data)?;
    installation::make_log_dir(&words.place)?;
    let clock = std::sync::Arc::new(application::clock::SystemClock);
    let log = installation::log(&words.place, clock.clone()).await?;
    // A node has the key of its log; one made now would open nothing.
    if log.head().await?.size > 0 {
        return Err(Failure::Work(anyhow::anyhow!("{}", node::no_init(&words.place))));
    }
    let vault = installation::vault(&words.place.data, true)?;
    installation::found(log.as_ref(), &vault, &words.actor, domain::time::Clock::now(clock.as_ref())).await?;
    drop(log);
    let app = installation::open(&words.place, false).await?;
    let first_day = chrono::NaiveDate::from_ymd_opt(2004, 1, 1).unwrap_or_default();
    let adopted = app.adopt_rulebook(&installation::cli_meta(&app, &words.actor), &text, first_day, None).await.map_err(problems)?;
    app.seen(adopted.seq).await;
    if let Some(bytes) = units {
        let report = exchange::units::register(&app, &installation::cli_meta(&app, &words.actor), &bytes).await?;
        output::line(&format!(
            "单位：新登记 {}，有变化 {}，无变化 {}，退回 {}",
            report.registered,
            report.changed,
            report.same,
            report.refused.len()
        ));
        refused(&report)?;
    }
    if let Some(bytes) = accounts {
        super::accounts::print(&super::accounts::open(&app, &words.actor, &bytes).await?);
    }
    output::line("三名管理员的一次性密码（首次登录必须修改，只显示这一次）：");
    for (login, name, role) in [
        ("sysadmin", "系统管理员", Role::SystemAdmin),
        ("secadmin", "安全管理员", Role::SecurityAdmin),
        ("auditor", "审计管理员", Role::Auditor),
    ] {
        let password = open_admin(&app, &words.actor, login, name, role).await?;
        output::line(&format!("  {login:<10} {password}"));
    }
    output::line(&format!("完成。启动服务：xiaoneng serve --data {}", words.place.data.display()));
    output::line(&format!(
        "请把 {} 另行保管一份：丢失后，密封的内容无法再打开",
        installation::key_file(&words.place.data).path().display()
    ));
    Ok(())
}

fn refused(report: &UnitReport) -> Result<(), Failure> {
    if report.refused.is_empty() { Ok(()) } else { Err(Failure::Faults(report.refused.iter().map(ToString::to_string).collect())) }
}

async fn open_admin(app: &Application, actor: &str, login: &str, name: &str, role: Role) -> anyhow::Result<String> {
    let password = app.one_time_password();
    let new = NewAccount {
        login: login.to_owned(),
        name: name.to_owned(),
        phone: String::new(),
        email: String::new(),
        unit: None,
        staff: StaffKind::CivilServant,
        roles: vec![role],
    };
    let (_, done) = app.open_account(&installation::cli_meta(app, actor), new, &password, true).await?;
    if !app.seen(done.seq).await {
        bail!("视图没有跟上，请运行 xiaoneng doctor");
    }
    Ok(password)
}
