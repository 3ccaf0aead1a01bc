//! What the pages of cards, orders and matters share: forms, what is wrong with them, lists and freshness.

use application::access::{Act, may};
use application::{Actor, Error, Meta};
use domain::case::CaseState;
use domain::ids::{CaseId, UnitCode};
use domain::refusal::Refusal;
use projections::{CaseRow, Reference};
use templates::NavItem;
use templates::components::{Choice, Errors};
use templates::desk;
use uuid::Uuid;

use crate::csrf;
use crate::ctx::Ctx;
pub(super) use crate::desk::say::as_of;
use crate::error::Fault;
use crate::form::Form;

/// Rows of a list.
pub(super) const ROWS: usize = 50;

/// What was typed into a form of a page, so that it is shown again.
#[derive(Default)]
pub(super) struct Typed {
    /// The form that was sent; empty when it is not known.
    pub(super) action: String,
    /// What was typed.
    pub(super) form: Form,
    /// What is wrong with it.
    pub(super) errors: Errors,
}

impl Typed {
    /// What was kept for this page, if anything.
    pub(super) fn kept(ctx: &Ctx) -> Self {
        ctx.kept().map(|kept| Self { form: Form::of(kept.fields), ..Self::default() }).unwrap_or_default()
    }

    /// What was typed into a field.
    pub(super) fn get(&self, name: &str) -> &str {
        self.form.get(name)
    }

    /// The form `action` below `base`, with its errors when it is the one that was sent.
    pub(super) fn form(&self, ctx: &Ctx, base: &str, action: &str, revision: u64) -> desk::Form {
        let form = desk::Form::new(action, &format!("{base}/{action}"), &csrf::token(ctx), &ctx.app().ids.uuid().to_string()).at(revision);
        if self.action == action { form.with(self.errors.clone()).opened() } else { form }
    }
}

/// The tabs of a list: code, name and, where that calls for somebody, how many stand there. All of them at the end.
pub(super) fn tabs<'t>(
    tabs: impl IntoIterator<Item = (&'t str, &'t str, Option<u64>)>,
    current: &str,
    address: impl Fn(&str) -> String,
) -> Vec<NavItem> {
    let tab = |(code, name, count): (&str, &str, Option<u64>)| match count {
        Some(count) => NavItem::counted(&address(code), name, count, code == current),
        None => NavItem::new(&address(code), name, code == current),
    };
    tabs.into_iter().chain([("all", "全部", None)]).map(tab).collect()
}

/// Fields to mend, or the error itself; what was typed is kept for the page at `path` where coming back makes sense.
pub(super) fn faults(ctx: &Ctx, path: &str, form: &Form, error: Error) -> Result<Errors, Fault> {
    match error {
        Error::Refused(Refusal::Fields(fields)) => {
            Ok(fields.iter().fold(Errors::none(), |errors, field| errors.and(field.name, &field.words)))
        }
        error => {
            if !matches!(error, Error::NotFound | Error::Forbidden) {
                ctx.keep(path, form.fields());
            }
            Err(error.into())
        }
    }
}

/// The circumstances of a form, bound to stream, account and act: a form id of another form is never taken for this one.
pub(super) fn meta(ctx: &Ctx, form: &Form, stream: &str, action: &str) -> Result<Meta, Fault> {
    let meta = ctx.meta(form)?;
    let bound = [stream.as_bytes(), ctx.staff()?.staff.account.0.as_bytes(), action.as_bytes()].concat();
    Ok(Meta { command: Uuid::new_v5(&meta.command, &bound), ..meta })
}

/// The open units, as a select offers them.
pub(super) fn units(reference: &Reference) -> Vec<Choice> {
    let open = reference.units().filter(|unit| unit.closed.is_none());
    open.map(|unit| Choice::new(unit.code.as_str(), unit.name())).collect()
}

/// A unit of the query; none when it is not asked for.
pub(super) fn unit_asked(ctx: &Ctx, reference: &Reference) -> Result<Option<UnitCode>, Fault> {
    match ctx.query("unit") {
        "" => Ok(None),
        code => Ok(Some(UnitCode::parse(code).ok().filter(|code| reference.unit(code).is_some()).ok_or(Fault::NotFound)?)),
    }
}

/// Where the rows of the page begin.
pub(super) fn before(ctx: &Ctx) -> Result<Option<i64>, Fault> {
    match ctx.query("before") {
        "" => Ok(None),
        text => text.parse().ok().filter(|key| *key > 0).map(Some).ok_or(Fault::NotFound),
    }
}

/// An address with a query; empty values are left out.
pub(super) fn href(base: &str, pairs: &[(&str, &str)]) -> String {
    let given: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).collect();
    if given.is_empty() { base.to_owned() } else { format!("{base}?{}", serde_urlencoded::to_string(given).unwrap_or_default()) }
}

/// The row of a case, when this account may see it.
pub(super) fn visible_case(ctx: &Ctx, case: CaseId) -> Result<Option<CaseRow>, Fault> {
    let Some(row) = ctx.app().projections.views().case_by_id(case)? else { return Ok(None) };
    let state = CaseState {
        stage: row.stage,
        unit: row.unit.clone(),
        wrongdoing: row.wrongdoing,
        confidential: row.confidential,
        ..CaseState::default()
    };
    Ok(may(&Actor::Staff(ctx.staff()?.staff.clone()), Act::View, &state, ctx.app().reference().as_ref()).then_some(row))
}

/// The number of an official paper: `效牌〔2026〕12号`; its year alone as long as the views lack it.
pub(super) fn paper(word: &str, numbered: Option<(i32, u32)>) -> String {
    match numbered {
        Some((year, ordinal)) => format!("{word}〔{year}〕{ordinal}号"),
        None => format!("{word}（编号生成中）"),
    }
}

/// An open unit by its code or its whole name; else by a part of the name that only one has.
pub(super) fn find_unit(reference: &Reference, text: &str) -> Result<UnitCode, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("请填写单位全称或编码".to_owned());
    }
    let open = || reference.units().filter(|unit| unit.closed.is_none());
    if let Some(unit) = open().find(|unit| unit.code.as_str() == text || unit.name() == text) {
        return Ok(unit.code.clone());
    }
    let mut part = open().filter(|unit| unit.name().contains(text));
    match (part.next(), part.next()) {
        (Some(unit), None) => Ok(unit.code.clone()),
        (None, _) => Err(format!("名册里没有“{text}”，请填写全称或编码")),
        (Some(one), Some(two)) => Err(format!("“{text}”不止一个单位，例如{}、{}，请填写全称或编码", one.name(), two.name())),
    }
}

/// A number of working days; none when nothing was typed.
pub(super) fn days(form: &Form) -> Result<Option<u16>, Errors> {
    match form.get("days").trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Errors::one("days", "请填写工作日天数，例如 5")),
    }
}

/// The end of a legal day typed as `2026-06-30`: the next day's 00:00 at +08:00.
pub(super) fn end_of_day(text: &str) -> Option<domain::time::Instant> {
    let day: chrono::NaiveDate = text.trim().parse().ok()?;
    let next = day.succ_opt()?.and_time(chrono::NaiveTime::MIN);
    next.and_local_timezone(domain::time::CHINA).single().map(|end| end.to_utc())
}
