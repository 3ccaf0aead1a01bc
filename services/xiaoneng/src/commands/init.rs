//! `xiaoneng init`: key, rulebook, units, the three administrators with one-time passwords.

mod administrators;

use std::path::PathBuf;

use anyhow::Context;
use domain::rulebook::shipped::SHIPPED;
use exchange::row::Refusal;
use projections::Reference;

use super::Failure;
use super::rulebook::{checked, problems};
use crate::{cli, installation, node, output};

pub(super) async fn run(words: cli::Init) -> Result<(), Failure> {
    let cli::Act { place, actor } = &words.act;
    if place.data.exists() && !installation::is_empty(&place.data) {
        return Err(Failure::Work(anyhow::anyhow!("{} 不是空目录，没有做任何改动", place.data.display())));
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
        refused(&exchange::units::check(&Reference::default(), bytes)?.refused)?;
    }
    if let Some(bytes) = &accounts {
        let known = units.as_ref().map(|bytes| exchange::units::codes(bytes)).transpose()?.unwrap_or_default();
        refused(&exchange::accounts::check(|unit| known.contains(unit), administrators::taken, bytes)?)?;
    }
    installation::make_dir(&place.data)?;
    installation::make_log_dir(place)?;
    let clock = std::sync::Arc::new(application::clock::SystemClock);
    let log = installation::log(place, clock.clone()).await?;
    // A node has the key of its log; one made now would open nothing.
    if log.head().await?.size > 0 {
        return Err(Failure::Work(anyhow::anyhow!("{}", node::no_init(place))));
    }
    let vault = installation::vault(&place.data, true)?;
    installation::found(log.as_ref(), &vault, actor, domain::time::Clock::now(clock.as_ref())).await?;
    drop(log);
    let app = installation::open(place, false).await?;
    let first_day = chrono::NaiveDate::from_ymd_opt(2004, 1, 1).unwrap_or_default();
    let adopted = app.adopt_rulebook(&installation::cli_meta(&app, actor), &text, first_day, None).await.map_err(problems)?;
    app.settled(adopted.seq).await;
    // Whatever fails after this, somebody can sign in and mend it.
    administrators::open(&app, actor).await?;
    if let Some(bytes) = units {
        let report = exchange::units::register(&app, &installation::cli_meta(&app, actor), &bytes).await?;
        output::line(&format!(
            "单位：新登记 {}，有变化 {}，无变化 {}，退回 {}",
            report.registered,
            report.changed,
            report.same,
            report.refused.len()
        ));
        refused(&report.refused)?;
    }
    if let Some(bytes) = accounts {
        let report = super::accounts::open(&app, actor, &bytes).await?;
        super::accounts::print(&report);
        super::accounts::whole(&report)?;
    }
    output::line(&format!("完成。启动服务：xiaoneng serve --data {}", place.data.display()));
    output::line(&format!("请把 {} 另行保管一份：丢失后，密封的内容无法再打开", installation::key_file(&place.data).path().display()));
    Ok(())
}

/// Each row that was refused is a fault.
fn refused(rows: &[Refusal]) -> Result<(), Failure> {
    if rows.is_empty() { Ok(()) } else { Err(Failure::Faults(rows.iter().map(ToString::to_string).collect())) }
}
