//! `xiaoneng export`: cases, scorecards or breaches as CSV, XLSX or JSON.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;
use exchange::export::sheet::Format;
use exchange::export::tables::{Kind, export};

use super::Failure;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Export) -> Result<(), Failure> {
    let app = installation::open(&words.data, true).await?;
    app.projections.catch_up().await?;
    let kind = match words.kind {
        cli::Kind::Cases => Kind::Cases,
        cli::Kind::Scorecards => Kind::Scorecards,
        cli::Kind::Breaches => Kind::Breaches,
    };
    let format = match words.format {
        cli::Format::Csv => Format::Csv,
        cli::Format::Xlsx => Format::Xlsx,
        cli::Format::Json => Format::Json,
    };
    // Nobody ever sees half a table under the name asked for.
    let part = part(&words.out);
    let told = || format!("无法写入 {}", words.out.display());
    let rows = export(&app, kind, words.period, format, File::create(&part).with_context(told)?);
    if rows.is_err() {
        std::fs::remove_file(&part).with_context(told)?;
    }
    let rows = rows?;
    std::fs::rename(&part, &words.out).with_context(told)?;
    // Who took a table out is on record beside who looked at a case.
    let subject = match kind {
        Kind::Cases => "cases",
        Kind::Scorecards => "scorecards",
        Kind::Breaches => "breaches",
    };
    app.audit.tool(app.now(), &installation::cli_meta(&app, "export").actor.name(), subject, "export");
    app.audit.flush();
    if words.json {
        output::line(&serde_json::json!({ "rows": rows }).to_string());
    } else {
        output::line(&format!("共 {rows} 行，已写入 {}", words.out.display()));
    }
    Ok(())
}

fn part(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
