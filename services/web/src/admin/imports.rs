//! Imports and the reconciliation of their totals (对账).

use std::sync::Arc;

use application::Application;
use domain::ids::{ImportId, UnitCode};
use domain::import::Total;
use domain::rulebook::Measure;
use exchange::import::{ImportError, Outcome, import};
use exchange::mapping::Mapping;
use projections::{ImportRow, Reference};
use templates::admin::{Batch, Import, Imports, Reconciled, RefusedRow, SourceUpload};
use templates::components::{Choice, Errors, Paging, SummaryRow, Tag, Tone};
use uuid::Uuid;

use super::{crumbs, fields, settle};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::{Form, Upload};
use crate::{shell, words};

/// Batches on the page.
const ROWS: usize = 100;
/// Refused rows on the page.
const REFUSED: usize = 200;

pub(crate) async fn list(ctx: Ctx) -> Reply {
    page(&list_page(&ctx, "", Errors::none())?)
}

fn list_page(ctx: &Ctx, source: &str, errors: Errors) -> Result<Imports, Fault> {
    let rows = ctx.app().projections.views().imports(ROWS)?;
    let summary = if rows.len() == ROWS { format!("最近 {ROWS} 批") } else { format!("共 {} 批", rows.len()) };
    let sources = Mapping::names().map(|name| {
        let title = Mapping::built_in(name).and_then(Result::ok).map_or_else(|| name.to_owned(), |mapping| mapping.title);
        Choice { selected: name == source, ..Choice::new(name, &title) }
    });
    Ok(Imports {
        shell: shell::of(ctx),
        rows: rows.iter().map(batch).collect(),
        empty: "还没有导入过。请在下面选择来源和文件，或者在服务器上用 xiaoneng import 导入。".to_owned(),
        paging: Paging { summary, ..Paging::default() },
        upload: Some(SourceUpload { form: fields(ctx, "", "/admin/imports").with(errors), sources: sources.collect() }),
    })
}

fn batch(row: &ImportRow) -> Batch {
    let counts = row.finished.as_ref().map(|(_, finished)| finished.counts).unwrap_or_default();
    let state = match &row.finished {
        None => Tag::new("没有完成", Tone::Warn),
        Some((_, finished)) if finished.totals.iter().any(|total| total.source != total.ours) => Tag::new("有差异", Tone::Warn),
        Some(_) => Tag::new("账目一致", Tone::Good),
    };
    Batch {
        href: format!("/admin/imports/{}", row.id.0),
        source: row.started.mapping.clone(),
        file: row.started.file.clone(),
        hash: row.started.hash.chars().take(12).collect(),
        at: words::moment(row.started_at),
        read: counts.read,
        imported: counts.imported,
        updated: counts.updated,
        already_there: counts.already_there,
        refused: counts.refused,
        state,
    }
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let id = Uuid::try_parse(ctx.part("id")).map_err(|_| Fault::NotFound)?;
    let row = ctx.app().projections.views().import(ImportId(id))?.ok_or(Fault::NotFound)?;
    let refused = row.finished.as_ref().map_or(0, |(_, finished)| finished.counts.refused);
    let note = match (&row.finished, refused) {
        (None, _) => "这一批没有导完。把同一个文件再导入一次，会从断开的地方接着做，已导入的行不会重复。".to_owned(),
        (_, 0) => "没有。".to_owned(),
        (_, n) => format!("共 {n} 行。行号和原因只在导入当时列出，不保存原文件内容；改正后把整个文件再导入一次即可。"),
    };
    page(&batch_page(&ctx, &row, Vec::new(), note))
}

fn batch_page(ctx: &Ctx, row: &ImportRow, refused: Vec<RefusedRow>, refused_note: String) -> Import {
    let reference = ctx.app().reference();
    let totals = row.finished.as_ref().map(|(_, finished)| finished.totals.as_slice()).unwrap_or_default();
    let mut facts = vec![
        SummaryRow::new("来源", &row.started.source),
        SummaryRow::new("映射", &row.started.mapping),
        SummaryRow::new("文件 SHA-256", &row.started.hash),
    ];
    if let Some((at, _)) = &row.finished {
        facts.push(SummaryRow::new("完成", &words::moment(*at).text));
    }
    Import {
        shell: shell::of(ctx),
        crumbs: crumbs("/admin/imports", "数据导入"),
        batch: batch(row),
        facts,
        groups: groups(&reference, totals),
        differences: u64::try_from(totals.iter().filter(|total| total.source != total.ours).count()).unwrap_or_default(),
        refused,
        refused_note,
    }
}

/// The totals by what they count, the largest first.
fn groups(reference: &Reference, totals: &[Total]) -> Vec<(String, Vec<Reconciled>)> {
    let names = [("unit", "按单位"), ("class", "按类型"), ("channel", "按渠道"), ("asserted", "按来源自报的结果")];
    let group = |(code, name): (&str, &str)| {
        let mut of: Vec<&Total> = totals.iter().filter(|total| total.dimension == code).collect();
        of.sort_by(|a, b| b.source.cmp(&a.source).then_with(|| a.value.cmp(&b.value)));
        (name.to_owned(), of.into_iter().map(|total| line(reference, total)).collect::<Vec<_>>())
    };
    names.into_iter().map(group).filter(|(_, lines)| !lines.is_empty()).collect()
}

fn line(reference: &Reference, total: &Total) -> Reconciled {
    let difference = match total.ours.cmp(&total.source) {
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", words::count(total.ours - total.source)),
        std::cmp::Ordering::Less => format!("-{}", words::count(total.source - total.ours)),
    };
    Reconciled {
        label: label(reference, &total.dimension, &total.value),
        source: words::count(total.source),
        ours: words::count(total.ours),
        difference,
        equal: total.source == total.ours,
        href: None,
    }
}

fn label(reference: &Reference, dimension: &str, value: &str) -> String {
    match dimension {
        _ if value.is_empty() => "（来源没有填写）".to_owned(),
        "class" => words::class(reference, value),
        "channel" => words::channel(reference, value),
        "unit" => UnitCode::parse(value).map_or_else(|_| value.to_owned(), |code| words::unit(reference, &code)),
        _ => {
            let (measure, said) = value.split_once('=').unwrap_or((value, ""));
            let indicator = Measure::of_code(measure)
                .and_then(|measure| reference.rulebooks.adoptions().iter().rev().find_map(|one| one.rulebook.indicator(measure)));
            let name = indicator.map_or_else(|| measure.to_owned(), |indicator| indicator.label.clone());
            format!("{name}：{}", if said == "true" { "是" } else { "否" })
        }
    }
}

pub(crate) async fn upload(ctx: Ctx, form: Form) -> Reply {
    let source = form.get("source");
    let mapping = Mapping::built_in(source).and_then(Result::ok);
    let mut errors = Errors::none();
    if mapping.is_none() {
        errors = errors.and("source", "请选择数据来源");
    }
    let file = form.file("file");
    if file.is_none() {
        errors = errors.and("file", "请选择要导入的文件，CSV 或 XLSX，不超过 20 MB");
    }
    let (Some(mapping), Some(file)) = (mapping, file) else { return invalid(&list_page(&ctx, source, errors)?) };
    let before = ctx.app().projections.views().imports(1)?.first().map(|row| row.id);
    match run(&ctx, mapping, file).await? {
        Ok(outcome) => {
            settle(&ctx).await?;
            let row =
                ctx.app().projections.views().imports(1)?.into_iter().next().filter(|row| Some(row.id) != before).ok_or(Fault::NotFound)?;
            finished(&ctx, &row, &outcome)
        }
        Err(ImportError::Application(error)) => Err(error.into()),
        Err(error) => invalid(&list_page(&ctx, source, Errors::one("file", &error.to_string()))?),
    }
}

/// Clean: on to the page of the batch. Else its page at once, with the refused rows that nobody keeps.
fn finished(ctx: &Ctx, row: &ImportRow, outcome: &Outcome) -> Reply {
    if outcome.refusals.is_empty() {
        ctx.flash(
            true,
            &format!("导入完成：新增 {}，更新 {}，已有 {}", outcome.counts.imported, outcome.counts.updated, outcome.counts.already_there),
        );
        return see_other(&format!("/admin/imports/{}", row.id.0));
    }
    let column = |column: &str| if column.is_empty() { "（整行）".to_owned() } else { column.to_owned() };
    let refused = outcome.refusals.iter().take(REFUSED).map(|one| RefusedRow {
        row: one.line,
        column: column(&one.column),
        reason: one.reason.clone(),
    });
    let shown = if outcome.refusals.len() > REFUSED { format!("先列出 {REFUSED} 处。") } else { String::new() };
    let note = format!(
        "共 {} 行没有导入，{} 处问题。{shown}请现在记下，离开本页后不再列出；改正后把整个文件再导入一次，已导入的行不会重复。",
        outcome.counts.refused,
        outcome.refusals.len()
    );
    page(&batch_page(ctx, row, refused.collect(), note))
}

/// Imports on a thread of its own: pages are served meanwhile.
async fn run(ctx: &Ctx, mapping: Mapping, file: &Upload) -> Result<Result<Outcome, ImportError>, Fault> {
    let app: Arc<Application> = ctx.state().app.clone();
    // A batch is a stream of its own: the same file again is another batch that adds nothing.
    let meta = application::Meta::new(ctx.actor()?, app.ids.uuid());
    let (name, bytes) = (file.name.clone(), file.bytes.clone());
    let runtime = tokio::runtime::Handle::current();
    let work = move || -> Result<Outcome, ImportError> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(if name.is_empty() || name.starts_with('.') { "upload".to_owned() } else { name });
        std::fs::write(&path, bytes)?;
        runtime.block_on(import(&app, &meta, &path, &mapping, &|_, _| {}))
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Fault::Internal(error.to_string()))
}
