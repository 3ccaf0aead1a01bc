//! Finding cases: by number, words, or a whole telephone number.

use chrono::{NaiveDate, NaiveTime};
use domain::case::Stage;
use domain::codes::normalise_phone;
use domain::time::{CHINA, Instant};
use projections::{CaseRow, HolderKey, Reference, SearchQuery, SearchScope};
use templates::components::{Choice, Errors, Paging};
use templates::desk::Search;

use super::{say, worklist};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, page, see_other};
use crate::form::Form;
use crate::shell;

/// Rows of a page.
const ROWS: usize = 30;
/// Hits that are looked at for one page at most, so that narrow filters cannot make a request long.
const LOOKED_AT: usize = 2_000;

/// What narrows the hits.
#[derive(Default)]
struct Narrow {
    stage: Option<Stage>,
    class: String,
    unit: String,
    from: Option<Instant>,
    to: Option<Instant>,
}

impl Narrow {
    fn read<'a>(value: &impl Fn(&str) -> &'a str) -> Result<(Self, Errors), Fault> {
        let mut errors = Errors::none();
        let mut day = |name: &str, next: bool| -> Option<Instant> {
            let text = value(name);
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
            if date.is_none() && !text.is_empty() {
                errors = std::mem::take(&mut errors).and(name, "日期请写成 2026-10-01 的样子");
            }
            let date = if next { date?.succ_opt()? } else { date? };
            Some(date.and_time(NaiveTime::MIN).and_local_timezone(CHINA).single()?.to_utc())
        };
        let (from, to) = (day("from", false), day("to", true));
        let stage = match value("stage") {
            "" => None,
            code => Some(Stage::of_code(code).ok_or(Fault::NotFound)?),
        };
        Ok((Self { stage, class: value("class").to_owned(), unit: value("unit").to_owned(), from, to }, errors))
    }

    fn takes(&self, row: &CaseRow) -> bool {
        self.stage.is_none_or(|stage| row.stage == stage)
            && (self.class.is_empty() || row.class == self.class)
            && (self.unit.is_empty() || row.unit.as_ref().is_some_and(|unit| unit.as_str() == self.unit))
            && self.from.is_none_or(|from| row.filed_at >= from)
            && self.to.is_none_or(|to| row.filed_at < to)
    }
}

/// What the form of the page asks for.
const FIELDS: [&str; 6] = ["q", "stage", "class", "unit", "from", "to"];

pub(crate) async fn get(ctx: Ctx) -> Reply {
    show(&ctx, &|name| ctx.query(name))
}

/// The form of the page. A telephone number is answered at once and stands in no address, no history and no log of a
/// proxy; all else has an address of its own.
pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    if normalise_phone(form.get("q")).is_some() {
        return show(&ctx, &|name| if name == "after" { "" } else { form.get(name) });
    }
    let asked: Vec<(&str, &str)> = FIELDS.iter().map(|name| (*name, form.get(name))).filter(|(_, value)| !value.is_empty()).collect();
    see_other(&format!("/desk/search?{}", serde_urlencoded::to_string(asked).unwrap_or_default()))
}

fn show<'a>(ctx: &Ctx, value: &impl Fn(&str) -> &'a str) -> Reply {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let (narrow, mut errors) = Narrow::read(value)?;
    let q = value("q").trim().to_owned();
    let narrowed = FIELDS.iter().skip(1).any(|name| !value(name).is_empty());
    if q.is_empty() && narrowed {
        errors = errors.and("q", "请填写编号、标题里的词，或完整的电话号码");
    }
    let after = match value("after") {
        "" => None,
        text => Some(text.parse::<i64>().map_err(|_| Fault::NotFound)?),
    };
    let asked = !q.is_empty() && !errors.any();
    let (rows, more) = if asked { find(ctx, &reference, &q, &narrow, after)? } else { (Vec::new(), None) };
    let faulty = errors.any();
    let filled = Search {
        shell: shell::of(ctx),
        stages: Choice::select(Stage::ALL.map(|stage| Choice::new(stage.code(), stage.label())).to_vec(), value("stage")),
        classes: Choice::select(worklist::classes(&reference, now), &narrow.class),
        units: Choice::select(units(ctx, &reference)?, &narrow.unit),
        from: value("from").to_owned(),
        to: value("to").to_owned(),
        errors,
        asked,
        paging: paging(ctx, more, rows.len()),
        rows: rows.iter().map(|row| say::row(&reference, row, now)).collect(),
        empty: "没有找到。请换一个词，或放宽时间和单位范围；电话号码须填完整。".to_owned(),
        as_of: say::as_of(ctx)?,
        q,
    };
    if faulty { Ok(html(actix_web::HttpResponse::UnprocessableEntity(), &filled)) } else { page(&filled) }
}

fn paging(ctx: &Ctx, more: Option<i64>, shown: usize) -> Paging {
    let next = more.map(|key| {
        let mut pairs: Vec<(&str, String)> =
            FIELDS.iter().map(|name| (*name, ctx.query(name).to_owned())).filter(|(_, value)| !value.is_empty()).collect();
        pairs.push(("after", key.to_string()));
        format!("/desk/search?{}", serde_urlencoded::to_string(pairs).unwrap_or_default())
    });
    Paging { prev: None, next, summary: if shown == 0 { String::new() } else { format!("本页 {shown} 件，新的在前") } }
}

fn units(ctx: &Ctx, reference: &Reference) -> Result<Vec<Choice>, Fault> {
    Ok(match scope(ctx)? {
        SearchScope::All => worklist::units(reference, &HolderKey::Hotline),
        SearchScope::Unit(unit) => worklist::units(reference, &HolderKey::Unit(unit)),
    })
}

fn scope(ctx: &Ctx) -> Result<SearchScope, Fault> {
    let staff = &ctx.staff()?.staff;
    if staff.is_hotline()
        || staff.is_any(&[domain::account::Role::Inspector, domain::account::Role::Director, domain::account::Role::Leader])
    {
        return Ok(SearchScope::All);
    }
    staff.unit.clone().map(SearchScope::Unit).ok_or(Fault::Forbidden)
}

/// Rows that this account may see, and where the next page begins.
fn find(ctx: &Ctx, reference: &Reference, q: &str, narrow: &Narrow, after: Option<i64>) -> Result<(Vec<CaseRow>, Option<i64>), Fault> {
    let staff = &ctx.staff()?.staff;
    let views = ctx.app().projections.views();
    if let Some(phone) = normalise_phone(q) {
        // Whose telephone it is may be known only to those who may see the contact data of that very case.
        let mut rows = views.cases_by_phone(ctx.app().vault.phone_lookup(&phone), ROWS)?;
        rows.retain(|row| say::sees(staff, row, reference) && say::sees_contact(staff, row, reference) && narrow.takes(row));
        ctx.app().audit.act(ctx.app().now(), staff, "", "search_phone");
        return Ok((rows, None));
    }
    let mut rows: Vec<CaseRow> = Vec::new();
    let mut before = after;
    for _ in 0..LOOKED_AT / 100 {
        let hits = views.search(&SearchQuery { text: q.to_owned(), scope: scope(ctx)?, before, limit: 100 })?;
        let full = hits.len() == 100;
        let ids: Vec<_> = hits.iter().map(|hit| hit.case).collect();
        for row in views.cases_by_ids(&ids)? {
            if say::sees(staff, &row, reference) && narrow.takes(&row) {
                if rows.len() == ROWS {
                    return Ok((rows.clone(), rows.last().map(|row| row.key)));
                }
                rows.push(row);
            }
        }
        before = hits.last().map(|hit| hit.key);
        if !full {
            return Ok((rows, None));
        }
    }
    Ok((rows, before))
}
