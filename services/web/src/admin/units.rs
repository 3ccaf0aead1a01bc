//! Units: the tree, the table that enters many, one unit with its dated names.

use std::collections::HashSet;

use chrono::TimeDelta;
use domain::ids::UnitCode;
use domain::time::legal_day;
use domain::unit::{Level, Nature, UnitEntry, UnitState};
use exchange::units::{UnitReport, UnitsError, check, register};
use projections::Reference;
use templates::admin::{ImportedUnits, UnitClose, UnitDetail, UnitEdit, UnitFault, UnitName, UnitRow, Units};
use templates::components::{Errors, Link};

use super::{crumbs, day, fields, kept, settle, unit_choices, unit_code};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::shell;

/// Rows on one page; the search finds the others.
const MOST: usize = 300;
/// A larger register shows the units of the city and the counties; those below stand on the pages of their superiors.
const WHOLE_TREE: usize = 150;

pub(crate) async fn list(ctx: Ctx) -> Reply {
    page(&list_page(&ctx, &kept(&ctx), Errors::none(), None))
}

fn list_page(ctx: &Ctx, form: &Form, errors: Errors, report: Option<ImportedUnits>) -> Units {
    let reference = ctx.app().reference();
    let q = ctx.query("q").trim().to_owned();
    let all = reference.units().count();
    let upper_only = q.is_empty() && all > WHOLE_TREE;
    let found: Vec<UnitRow> = if upper_only {
        let upper = [Level::City, Level::County].map(Level::label);
        tree(&reference).into_iter().filter(|row| upper.contains(&row.level.as_str())).collect()
    } else if q.is_empty() {
        tree(&reference)
    } else {
        reference
            .units()
            .filter(|unit| unit.code.as_str().contains(&q) || unit.names.iter().any(|(_, name)| name.contains(&q)))
            .map(|unit| row(unit, 0))
            .collect()
    };
    let closed = found.iter().filter(|row| !row.closed.is_empty()).count();
    let note = match found.len() {
        0 => String::new(),
        n if upper_only => format!(
            "登记了 {all} 个单位，这里列出市级和区县级的 {} 个；乡镇（街道）、村（社区）在上级单位的页面里，也可以按名称或编码查找。",
            n.min(MOST)
        ),
        n if n > MOST => format!("共 {n} 个单位，只列出前 {MOST} 个，其余请按名称或编码查找。"),
        n => format!("共 {n} 个单位，其中 {closed} 个已撤销。"),
    };
    Units {
        shell: shell::of(ctx),
        rows: found.into_iter().take(MOST).collect(),
        empty: if q.is_empty() {
            "还没有单位。请在下面导入单位表。".to_owned()
        } else {
            "没有找到，请换一个名称或编码。".to_owned()
        },
        q,
        note,
        form: fields(ctx, "", "/admin/units").with(errors),
        text: form.get("text").to_owned(),
        report,
    }
}

/// All units, each below the one above it; those whose superior is not in the register stand at the top.
fn tree(reference: &Reference) -> Vec<UnitRow> {
    let mut rows = Vec::new();
    let mut seen: HashSet<UnitCode> = HashSet::new();
    let top = |unit: &&std::sync::Arc<UnitState>| unit.parent.as_ref().is_none_or(|parent| reference.unit(parent).is_none());
    let mut waiting: Vec<(UnitCode, u8)> = reference.units().filter(top).map(|unit| (unit.code.clone(), 0)).collect();
    waiting.reverse();
    // A circle has no top: its units come after all the others.
    let rest = reference.units().map(|unit| (unit.code.clone(), 0));
    let mut all: Vec<(UnitCode, u8)> = rest.collect();
    all.reverse();
    all.append(&mut waiting);
    while let Some((code, depth)) = all.pop() {
        let Some(unit) = reference.unit(&code).filter(|unit| seen.insert(unit.code.clone())) else { continue };
        rows.push(row(unit, depth));
        all.extend(reference.children(&code).into_iter().rev().map(|child| (child, (depth + 1).min(3))));
    }
    rows
}

fn row(unit: &UnitState, depth: u8) -> UnitRow {
    UnitRow {
        code: unit.code.to_string(),
        href: format!("/admin/units/{}", unit.code),
        name: unit.name().to_owned(),
        depth,
        level: unit.level.label().to_owned(),
        nature: nature(unit.nature).to_owned(),
        since: unit.names.last().map(|(since, _)| since.to_string()).unwrap_or_default(),
        closed: unit.closed.as_ref().map(|(since, _)| since.to_string()).unwrap_or_default(),
        hotline: unit.hotline,
    }
}

fn nature(nature: Nature) -> &'static str {
    match nature {
        Nature::Accountable => "可考核、可问责",
        Nature::Assessable => "可考核，问责归上级主管",
        Nature::Coordinate => "只协调",
    }
}

pub(crate) async fn upload(ctx: Ctx, form: Form) -> Reply {
    let bytes = match form.file("file") {
        Some(file) => file.bytes.clone(),
        None => form.get("text").as_bytes().to_vec(),
    };
    if bytes.trim_ascii().is_empty() {
        return invalid(&list_page(&ctx, &form, Errors::one("file", "请选择 CSV 或 XLSX 文件，或者粘贴内容"), None));
    }
    let dry = form.get("do") == "check";
    let result = if dry { check(&ctx.app().reference(), &bytes) } else { register(ctx.app(), &ctx.meta(&form)?, &bytes).await };
    let report = match result {
        Ok(report) => report,
        Err(UnitsError::Application(error)) => return Err(error.into()),
        Err(error) => return invalid(&list_page(&ctx, &form, Errors::one("file", &error.to_string()), None)),
    };
    settle(&ctx).await?;
    if report.refused.is_empty() && !dry {
        ctx.flash(true, &format!("单位表已导入：新登记 {} 个，变更 {} 个，无变化 {} 个", report.registered, report.changed, report.same));
        return see_other("/admin/units");
    }
    let errors = if report.refused.is_empty() {
        Errors::none()
    } else {
        Errors::one("file", &format!("有 {} 行需要改正，见下面的清单", report.refused.len()))
    };
    let bad = errors.any();
    let shown = list_page(&ctx, &form, errors, Some(said(report, dry)));
    if bad { invalid(&shown) } else { page(&shown) }
}

fn said(report: UnitReport, dry: bool) -> ImportedUnits {
    let refused: Vec<UnitFault> = report
        .refused
        .into_iter()
        .map(|refusal| UnitFault {
            line: refusal.line,
            column: if refusal.column.is_empty() { "（整行）".to_owned() } else { refusal.column },
            reason: refusal.reason,
        })
        .collect();
    let read = report.registered + report.changed + report.same + u64::try_from(refused.len()).unwrap_or_default();
    ImportedUnits { dry, read, registered: report.registered, changed: report.changed, same: report.same, refused }
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    page(&detail(&ctx, &kept(&ctx), Errors::none(), Errors::none())?)
}

fn unit_of(ctx: &Ctx, reference: &Reference) -> Result<UnitState, Fault> {
    let code = UnitCode::parse(ctx.part("code")).map_err(|_| Fault::NotFound)?;
    reference.unit(&code).map(|unit| UnitState::clone(unit)).ok_or(Fault::NotFound)
}

fn detail(ctx: &Ctx, form: &Form, edit: Errors, close: Errors) -> Result<UnitDetail, Fault> {
    let reference = ctx.app().reference();
    let unit = unit_of(ctx, &reference)?;
    let link = |code: &UnitCode| Link::new(&format!("/admin/units/{code}"), &crate::words::unit(&reference, code));
    let children = reference.children(&unit.code);
    let open = unit.closed.is_none();
    let accounts = reference.accounts().into_iter().filter(|account| account.unit.as_ref() == Some(&unit.code)).count();
    Ok(UnitDetail {
        shell: shell::of(ctx),
        crumbs: crumbs("/admin/units", "单位"),
        unit: row(&unit, 0),
        parent: unit.parent.as_ref().map(link),
        division: unit.division.clone().unwrap_or_default(),
        names: names(&unit),
        children: children.iter().filter_map(|code| reference.unit(code)).map(|child| row(child, 0)).collect(),
        accounts: u64::try_from(accounts).unwrap_or_default(),
        successor: unit.closed.as_ref().and_then(|(_, successor)| successor.as_ref()).map(link),
        edit: open.then(|| edit_form(ctx, &reference, &unit, form, edit)),
        close: open.then(|| close_form(ctx, &reference, &unit, form, close)),
    })
}

fn edit_form(ctx: &Ctx, reference: &Reference, unit: &UnitState, form: &Form, errors: Errors) -> UnitEdit {
    let below = reference.subtree(&unit.code);
    let typed = form.fields().iter().any(|(name, _)| name == "name");
    let parent = if typed { form.get("parent") } else { unit.parent.as_ref().map(UnitCode::as_str).unwrap_or_default() };
    UnitEdit {
        form: fields(ctx, "edit", &format!("/admin/units/{}", unit.code)).with(errors),
        name: if typed { form.get("name").to_owned() } else { unit.name().to_owned() },
        parents: unit_choices(reference, parent, |code| !below.contains(code)),
        since: if typed { form.get("since").to_owned() } else { String::new() },
    }
}

fn close_form(ctx: &Ctx, reference: &Reference, unit: &UnitState, form: &Form, errors: Errors) -> UnitClose {
    let typed = form.fields().iter().any(|(name, _)| name == "successor");
    UnitClose {
        form: fields(ctx, "close", &format!("/admin/units/{}/close", unit.code)).with(errors),
        successors: unit_choices(reference, if typed { form.get("successor") } else { "" }, |code| *code != unit.code),
        since: if typed { form.get("since").to_owned() } else { String::new() },
    }
}

/// Names with their last day, the latest first.
fn names(unit: &UnitState) -> Vec<UnitName> {
    let next = unit.names.iter().skip(1).map(|(since, _)| Some(*since)).chain([None]);
    let until = |next: Option<chrono::NaiveDate>| next.map(|day| (day - TimeDelta::days(1)).to_string()).unwrap_or_default();
    let mut names: Vec<UnitName> = unit
        .names
        .iter()
        .zip(next)
        .map(|((since, name), next)| UnitName { name: name.clone(), since: since.to_string(), until: until(next) })
        .collect();
    names.reverse();
    names
}

pub(crate) async fn update(ctx: Ctx, form: Form) -> Reply {
    let reference = ctx.app().reference();
    let unit = unit_of(&ctx, &reference)?;
    let mut errors = Errors::none();
    let parent = unit_code(&reference, form.get("parent")).unwrap_or_else(|reason| {
        errors = std::mem::take(&mut errors).and("parent", reason);
        None
    });
    if parent.as_ref().is_some_and(|parent| reference.subtree(&unit.code).contains(parent)) {
        errors = errors.and("parent", "上级不能是本单位或它的下级，请重新选择");
    }
    let Some(since) = day(form.get("since")).filter(|_| !errors.any()) else {
        let errors =
            if day(form.get("since")).is_none() { errors.and("since", "请填写从哪天起，例如 2026-11-01") } else { errors };
        return invalid(&detail(&ctx, &form, errors, Errors::none())?);
    };
    let entry = UnitEntry {
        code: unit.code,
        name: form.get("name").to_owned(),
        parent,
        level: unit.level,
        nature: unit.nature,
        division: unit.division,
        hotline: unit.hotline,
        since,
    };
    match ctx.app().register_unit(&ctx.meta(&form)?, &entry).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, if done.events == 0 { "没有变化，不用保存" } else { "已保存" });
            see_other(ctx.path())
        }
        Err(application::Error::Unit(reason)) => {
            let field = if matches!(reason, domain::unit::UnitRejection::EarlierThanName) { "since" } else { "name" };
            invalid(&detail(&ctx, &form, Errors::one(field, &reason.to_string()), Errors::none())?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn close(ctx: Ctx, form: Form) -> Reply {
    let reference = ctx.app().reference();
    let unit = unit_of(&ctx, &reference)?;
    let below =
        reference.children(&unit.code).iter().filter(|code| reference.unit(code).is_some_and(|child| child.closed.is_none())).count();
    let mut errors = Errors::none();
    if below > 0 {
        errors = errors.and("", &format!("还有 {below} 个下级单位在用，请先把它们调整到别的上级或撤销"));
    }
    let successor = match unit_code(&reference, form.get("successor")) {
        Ok(Some(code)) if code == unit.code => Err("不能由本单位自己承接，请重新选择"),
        other => other,
    };
    if let Err(reason) = &successor {
        errors = errors.and("successor", reason);
    }
    let since = day(form.get("since"));
    if since.is_none() {
        errors = errors.and("since", &format!("请填写从哪天起撤销，例如 {}", legal_day(ctx.app().now())));
    }
    let (Ok(successor), Some(since), false) = (successor, since, errors.any()) else {
        return invalid(&detail(&ctx, &form, Errors::none(), errors)?);
    };
    let done = ctx.app().close_unit(&ctx.meta(&form)?, &unit.code, successor, since).await?;
    ctx.seen(done.seq).await;
    ctx.flash(true, &format!("{}已撤销", unit.name()));
    see_other(&format!("/admin/units/{}", unit.code))
}
