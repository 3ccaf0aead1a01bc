//! `xiaoneng export`: cases, scorecards, breaches and assessments as CSV, XLSX or JSON, circulars as DOCX.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;
use application::Application;
use application::assessment::Scored;
use exchange::export::circular::Circular;
use exchange::export::docx::docx;
use exchange::export::sheet::Format;
use exchange::export::tables::{Kind, export};

use super::Failure;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Export) -> Result<(), Failure> {
    if (words.kind == cli::Kind::Bulletin) != (words.format == cli::Format::Docx) {
        return Err(Failure::Usage("这一种导出没有这种格式：通报（bulletin）用 docx，其他用 csv、xlsx 或 json".to_owned()));
    }
    let app = installation::open(&words.place, true).await?;
    app.projections.catch_up().await?;
    // Nobody ever sees half a table under the name asked for.
    let part = part(&words.out);
    let told = || format!("无法写入 {}", words.out.display());
    let rows = written(&app, &words, &part).await;
    if rows.is_err() && part.exists() {
        std::fs::remove_file(&part).with_context(told)?;
    }
    let rows = rows?;
    std::fs::rename(&part, &words.out).with_context(told)?;
    // Who took a table out is on record beside who looked at a case.
    let subject = match words.kind {
        cli::Kind::Cases => "cases",
        cli::Kind::Scorecards => "scorecards",
        cli::Kind::Breaches => "breaches",
        cli::Kind::Facts => "facts",
        cli::Kind::Marks => "marks",
        cli::Kind::Assessment => "assessment",
        cli::Kind::Bulletin => "circular",
    };
    app.audit.tool(app.now(), &installation::cli_meta(&app, "export").actor.name(), subject, "export");
    app.audit.flush()?;
    if words.json {
        output::line(&serde_json::json!({ "rows": rows }).to_string());
    } else {
        output::line(&format!("共 {rows} 行，已写入 {}", words.out.display()));
    }
    Ok(())
}

/// Writes what was asked for and tells how many rows or documents it is.
async fn written(app: &Application, words: &cli::Export, part: &Path) -> Result<u64, Failure> {
    let target = || File::create(part).with_context(|| format!("无法写入 {}", words.out.display()));
    let format = match words.format {
        cli::Format::Csv => Some(Format::Csv),
        cli::Format::Xlsx => Some(Format::Xlsx),
        cli::Format::Json => Some(Format::Json),
        cli::Format::Docx => None,
    };
    let table = match words.kind {
        cli::Kind::Cases => Some(Kind::Cases),
        cli::Kind::Scorecards => Some(Kind::Scorecards),
        cli::Kind::Breaches => Some(Kind::Breaches),
        cli::Kind::Facts => Some(Kind::Facts),
        cli::Kind::Marks => Some(Kind::Marks),
        cli::Kind::Assessment | cli::Kind::Bulletin => None,
    };
    match (table, format) {
        (Some(kind), Some(format)) => Ok(export(app, kind, words.period, format, target()?)?),
        (None, Some(format)) if words.kind == cli::Kind::Assessment => {
            let scored = assessment(app, words.year).await?;
            Ok(exchange::export::assessment::lines(&scored, format, target()?, app.now())?)
        }
        (None, None) if words.kind == cli::Kind::Bulletin => {
            let scored = assessment(app, words.year).await?;
            std::io::Write::write_all(&mut target()?, &docx(&Circular::of(&scored))?)
                .with_context(|| format!("无法写入 {}", words.out.display()))?;
            Ok(1)
        }
        _ => Err(Failure::Usage("没有这种导出".to_owned())),
    }
}

/// A year's assessment; the latest when none is named.
async fn assessment(app: &Application, year: Option<i32>) -> Result<Scored, Failure> {
    let actor = installation::cli_meta(app, "export").actor;
    let latest = || Ok::<_, Failure>(app.assessments(&actor, 1)?.first().map(|row| row.state.year));
    let year = match year {
        Some(year) => year,
        None => latest()?.context("还没有年度考评，请先在平台建立")?,
    };
    Ok(app.assessment(&actor, year).await.with_context(|| format!("没有 {year} 年度的考评"))?)
}

fn part(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
