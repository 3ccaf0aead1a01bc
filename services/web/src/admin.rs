//! The pages of the three administrators. The system administrator keeps units, rules, calendar, imports and notices;
//! the security administrator keeps accounts and the rights of persons; the auditor reads.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod calendar;
pub(crate) mod catalogue;
pub(crate) mod home;
pub(crate) mod imports;
pub(crate) mod notices;
pub(crate) mod persons;
pub(crate) mod rulebooks;
pub(crate) mod system;
pub(crate) mod units;

use application::Error;
use chrono::NaiveDate;
use domain::ids::UnitCode;
use domain::rulebook::parse::Problem;
use projections::Reference;
use templates::admin::CheckFault;
use templates::components::{Choice, Errors, Link};
use templates::desk::Form as Fields;

use crate::csrf;
use crate::ctx::Ctx;
use crate::desk::say::as_of;
use crate::error::Fault;
use crate::form::Form;

/// A form of these pages with its token and an id of its own.
fn fields(ctx: &Ctx, id: &str, action: &str) -> Fields {
    Fields::new(id, action, &csrf::token(ctx), &ctx.app().ids.uuid().to_string())
}

/// What was typed before the session ended, or an empty form.
fn kept(ctx: &Ctx) -> Form {
    ctx.kept().map(|kept| Form::of(kept.fields)).unwrap_or_default()
}

/// Waits until the views show everything that is recorded now: for acts of many commands.
async fn settle(ctx: &Ctx) -> Result<(), Fault> {
    let head = ctx.app().log.head().await.map_err(Error::from)?;
    ctx.seen(head.size).await;
    Ok(())
}

fn crumbs(href: &str, text: &str) -> Vec<Link> {
    vec![Link::new(href, text)]
}

/// A text that was uploaded (`file`) or typed (`text`); a file counts before what is typed.
fn text(form: &Form) -> Result<String, Errors> {
    let text = match form.file("file") {
        Some(file) => String::from_utf8(file.bytes.clone())
            .map_err(|_| Errors::one("file", "文件不是 UTF-8 编码的文本。请用文本编辑器打开，另存为 UTF-8 后再上传"))?,
        None => form.get("text").to_owned(),
    };
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    if text.trim().is_empty() { Err(Errors::one("text", "请选择文件，或者粘贴内容")) } else { Ok(text) }
}

/// A day of a form, `2026-11-01`.
fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()
}

/// The faults of a file, each with its line.
fn faults(problems: Vec<Problem>) -> Vec<CheckFault> {
    let line = |line: Option<usize>| line.and_then(|line| u64::try_from(line).ok());
    problems.into_iter().map(|problem| CheckFault { line: line(problem.line), place: problem.path, reason: problem.reason }).collect()
}

/// Says how many faults a file has, on the field that holds it.
fn faulty(count: usize) -> Errors {
    Errors::one("text", &format!("文件有 {count} 处需要修改，见检查结果"))
}

/// Units in use as choices.
fn unit_choices(reference: &Reference, chosen: &str, keep: impl Fn(&UnitCode) -> bool) -> Vec<Choice> {
    let open = reference.units().filter(|unit| unit.closed.is_none() && keep(&unit.code));
    let choice = |code: &UnitCode, name: &str| Choice {
        selected: code.as_str() == chosen,
        ..Choice::new(code.as_str(), &format!("{name}（{code}）"))
    };
    open.map(|unit| choice(&unit.code, unit.name())).collect()
}

/// A code typed or chosen; `Ok(None)` when left empty.
fn unit_code(reference: &Reference, text: &str) -> Result<Option<UnitCode>, &'static str> {
    match text.trim() {
        "" => Ok(None),
        text => match UnitCode::parse(text) {
            Ok(code) if reference.unit(&code).is_some_and(|unit| unit.closed.is_none()) => Ok(Some(code)),
            _ => Err("单位不在名册中或已撤销，请重新选择"),
        },
    }
}

/// Query text of an address.
fn query(path: &str, parts: &[(&str, &str)]) -> String {
    let parts: Vec<&(&str, &str)> = parts.iter().filter(|(_, value)| !value.is_empty()).collect();
    match serde_urlencoded::to_string(parts) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}
