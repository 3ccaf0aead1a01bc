//! 临期超期: which units have late cases, in whose hands each is and for how long, and whom to call.

use application::session::Session;
use chrono::Duration;
use domain::account::Role;
use domain::ids::UnitCode;
use domain::time::{Instant, micros};
use projections::{At, Bucket, CaseRow, HolderKey, Page, PageKey, Reference, Sort, WorklistFilter, WorklistQuery};
use templates::NavItem;
use templates::components::{Link, Paging};
use templates::oversight::{Contact, Overdue, OverdueCase, OverdueUnit};

use super::duty::place;
use super::today::address;
use crate::ctx::Ctx;
use crate::desk::say;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

/// Rows of a page.
const ROWS: usize = 30;
/// Units of the table, most overdue first.
const UNITS: usize = 100;

/// How many cases of a holder are overdue, due within a day, and open.
#[derive(Clone, Copy, Default)]
pub(crate) struct Load {
    pub(crate) over: u64,
    pub(crate) near: u64,
    pub(crate) open: u64,
}

/// The load of a holder: three look-ups, some more for accounts that may not know of reports of wrongdoing.
pub(crate) fn load(ctx: &Ctx, session: &Session, holder: &HolderKey, now: Instant) -> Result<Load, Fault> {
    let views = ctx.app().projections.views();
    let counts = views.counts(holder)?;
    let count = |bucket: Bucket| counts.iter().find(|(one, _)| *one == bucket).map_or(0, |(_, n)| *n);
    let (over, open) = (count(Bucket::Breached), count(Bucket::Open));
    if open == 0 {
        return Ok(Load::default());
    }
    let near = views.due_between(holder, Bucket::Open, now, now + say::NEAR)?;
    if !say::hides_wrongdoing(session) {
        return Ok(Load { over, near, open });
    }
    let hidden = |bucket: Bucket, at: Option<Instant>| views.wrongdoing_among(holder, bucket, at);
    let near_hidden = hidden(Bucket::Open, Some(now + say::NEAR))?.saturating_sub(hidden(Bucket::Open, Some(now))?);
    Ok(Load {
        over: over.saturating_sub(hidden(Bucket::Breached, None)?),
        near: near.saturating_sub(near_hidden),
        open: open.saturating_sub(hidden(Bucket::Open, None)?),
    })
}

/// `GET /oversight/overdue?unit=&list=`. Queries: three look-ups for the unit and for each unit directly below it, one page
/// of its list, the state of each of the page's cases (30 at most), freshness.
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let (session, reference, now) = (ctx.staff()?, ctx.app().reference(), ctx.app().now());
    let unit = match ctx.query("unit") {
        "" => None,
        code => Some(UnitCode::parse(code).ok().filter(|code| reference.unit(code).is_some()).ok_or(Fault::NotFound)?),
    };
    let which = match ctx.query("list") {
        "" => List::Over,
        "near" => List::Near,
        "open" => List::Open,
        _ => return Err(Fault::NotFound),
    };
    let holder = unit.clone().map_or(HolderKey::Hotline, HolderKey::Unit);
    let sum = load(&ctx, session, &holder, now)?;
    let found = list(&ctx, session, &holder, which, now)?;
    let mut rows = Vec::new();
    for row in found.rows.iter().filter(|row| say::sees(&session.staff, row, &reference)) {
        rows.push(line(&ctx, &reference, row, now)?);
    }
    let base = |which: List, place: Option<(&'static str, &PageKey)>| {
        let mut pairs: Vec<(&str, String)> = unit.as_ref().map(|code| ("unit", code.to_string())).into_iter().collect();
        pairs.extend(which.code().map(|code| ("list", code.to_owned())));
        pairs.extend(place.map(|(name, key)| (name, key.to_string())));
        address("/oversight/overdue", &pairs)
    };
    page(&Overdue {
        shell: shell::of(&ctx),
        crumbs: crumbs(&reference, unit.as_ref()),
        unit: unit.as_ref().map_or_else(|| "全市".to_owned(), |code| words::unit(&reference, code)),
        picture: unit.as_ref().map(|code| Link::new(&format!("/oversight/units/{code}"), "单位画像")),
        contacts: unit.as_ref().map(|code| contacts(&reference, code)).unwrap_or_default(),
        units: units(&ctx, session, &reference, unit.as_ref(), now)?,
        tabs: vec![
            NavItem::counted(&base(List::Over, None), "已超期", sum.over, which == List::Over),
            NavItem::counted(&base(List::Near, None), "24 小时内到期", sum.near, which == List::Near),
            NavItem::counted(&base(List::Open, None), "全部在办", sum.open, which == List::Open),
        ],
        empty: match which {
            List::Over => "没有超期的诉求件。",
            List::Near => "24 小时内没有到期的诉求件。",
            List::Open => "没有在办的诉求件。",
        }
        .to_owned(),
        paging: Paging {
            prev: found.previous.as_ref().map(|key| base(which, Some(("before", key)))),
            next: found.next.as_ref().map(|key| base(which, Some(("after", key)))),
            summary: if rows.is_empty() { String::new() } else { format!("本页 {} 件", rows.len()) },
        },
        rows,
        as_of: say::as_of(&ctx)?,
    })
}

/// Which cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    /// Over their limit.
    Over,
    /// Due within a day.
    Near,
    /// All open ones.
    Open,
}

impl List {
    /// In the address; the first is meant when nothing stands there.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Over => None,
            Self::Near => Some("near"),
            Self::Open => Some("open"),
        }
    }
}

/// A page of a list. The list of those due within a day begins now and ends a day later.
fn list(ctx: &Ctx, session: &Session, holder: &HolderKey, which: List, now: Instant) -> Result<Page<CaseRow>, Fault> {
    let near = which == List::Near;
    let asked = place(ctx)?;
    let at = match &asked {
        At::First if near => At::After(format!("n{}~{}", micros(now) - 1, i64::MAX).parse().map_err(|_| Fault::NotFound)?),
        other => other.clone(),
    };
    let filter = WorklistFilter { hide_wrongdoing: say::hides_wrongdoing(session), ..WorklistFilter::default() };
    let bucket = if which == List::Over { Bucket::Breached } else { Bucket::Open };
    let query = WorklistQuery { holder: holder.clone(), bucket, sort: Sort::Due, filter, at, limit: ROWS };
    let mut found = ctx.app().projections.views().worklist(&query)?;
    if near {
        let end = now + say::NEAR;
        if found.rows.last().is_some_and(|row| row.due_at.is_none_or(|due| due >= end)) {
            found.next = None;
        }
        if asked == At::First || found.rows.first().is_some_and(|row| row.due_at.is_some_and(|due| due < now)) {
            found.previous = None;
        }
        found.rows.retain(|row| row.due_at.is_some_and(|due| due >= now && due < end));
    }
    Ok(found)
}

/// A case with how long it has been in these hands, and how long since it was filed.
fn line(ctx: &Ctx, reference: &Reference, row: &CaseRow, now: Instant) -> Result<OverdueCase, Fault> {
    let snapshot = ctx.app().projections.views().case_state(row.id)?;
    let since = snapshot.as_ref().and_then(|case| case.state.spans.iter().rev().find(|span| span.to.is_none()).map(|span| span.from));
    Ok(OverdueCase {
        case: say::row(reference, row, now),
        held: since.map(|from| format!("在手 {}", words::duration(now - from))).unwrap_or_default(),
        total: format!("登记以来 {}", words::duration((now - row.filed_at).max(Duration::zero()))),
    })
}

fn crumbs(reference: &Reference, unit: Option<&UnitCode>) -> Vec<Link> {
    let mut crumbs = vec![Link::new("/oversight", "今日")];
    if let Some(unit) = unit {
        crumbs.push(Link::new("/oversight/overdue", "全市"));
        let above = reference.ancestors(unit);
        // The top is the whole city.
        let between = above.iter().skip(1).rev().skip(1);
        crumbs.extend(between.map(|code| Link::new(&format!("/oversight/overdue?unit={code}"), &words::unit(reference, code))));
    }
    crumbs
}

/// Units directly below with something overdue or near, most overdue first.
fn units(ctx: &Ctx, session: &Session, reference: &Reference, unit: Option<&UnitCode>, now: Instant) -> Result<Vec<OverdueUnit>, Fault> {
    let below: Vec<UnitCode> = match unit {
        Some(unit) => reference.children(unit),
        None => reference.units().filter(|one| one.parent.is_none()).flat_map(|top| reference.children(&top.code)).collect(),
    };
    let mut all = Vec::new();
    for code in &below {
        let load = load(ctx, session, &HolderKey::Unit(code.clone()), now)?;
        if load.over + load.near > 0 {
            all.push((code, load));
        }
    }
    all.sort_by_key(|(_, load)| std::cmp::Reverse((load.over, load.near)));
    all.truncate(UNITS);
    let line = |(code, load): (&UnitCode, Load)| OverdueUnit {
        name: words::unit(reference, code),
        href: address("/oversight/overdue", &[("unit", code.to_string())]),
        over: load.over,
        near: load.near,
        open: load.open,
        contacts: contacts(reference, code),
    };
    Ok(all.into_iter().map(line).collect())
}

/// The liaisons of a unit with their phones, three at most.
fn contacts(reference: &Reference, unit: &UnitCode) -> Vec<Contact> {
    let all = reference.accounts();
    let liaisons = all.iter().filter(|account| account.enabled && account.unit.as_ref() == Some(unit) && account.has(Role::Liaison));
    liaisons.take(3).map(|account| Contact { name: account.name.clone(), phone: account.phone.clone().unwrap_or_default() }).collect()
}
