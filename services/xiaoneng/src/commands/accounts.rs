//! `xiaoneng accounts`: the accounts of a table, each with a one-time password.

use anyhow::Context;
use application::Application;
use exchange::accounts::{AccountReport, Opened};

use super::Failure;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Accounts) -> Result<(), Failure> {
    let bytes = std::fs::read(&words.file).with_context(|| format!("无法读取 {}", words.file.display()))?;
    let app = installation::open(&words.act.place, false).await?;
    let report = open(&app, &words.act.actor, &bytes).await?;
    if words.json {
        let opened: Vec<_> = report.opened.iter().map(|one| serde_json::json!({ "login": one.login, "password": one.password })).collect();
        let stopped = report.stopped.as_ref().map(|stopped| &stopped.login);
        let told = serde_json::json!({ "opened": opened, "already_there": report.already_there, "stopped": stopped });
        output::line(&told.to_string());
    } else {
        print(&report);
    }
    whole(&report)
}

/// An opening that broke off is a fault, which is said after the passwords of those that were opened.
pub(super) fn whole(report: &AccountReport) -> Result<(), Failure> {
    report.stopped.as_ref().map_or(Ok(()), |stopped| Err(Failure::Faults(vec![stopped.to_string()])))
}

/// Opens what the table names; a table with a fault opens nothing.
pub(super) async fn open(app: &Application, actor: &str, bytes: &[u8]) -> Result<AccountReport, Failure> {
    // Units that were entered a moment ago are units.
    app.projections.catch_up().await?;
    let report = exchange::accounts::open(app, &installation::cli_meta(app, actor), bytes).await?;
    if report.refused.is_empty() { Ok(report) } else { Err(Failure::Faults(report.refused.iter().map(ToString::to_string).collect())) }
}

/// The passwords, once.
pub(super) fn print(report: &AccountReport) {
    output::line(&format!("账号：新开立 {}，已有 {}", report.opened.len(), report.already_there));
    for Opened { login, password } in &report.opened {
        output::line(&format!("  {login:<16} {password}"));
    }
}
