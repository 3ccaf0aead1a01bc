//! The cases behind the figures of 今日: of a day, and urgent ones.

use chrono::NaiveDate;
use domain::time::legal_day;
use projections::{CaseRow, DayKind, Page, PageKey};
use templates::NavItem;
use templates::components::{Link, Paging};
use templates::oversight::Cases;

use super::duty::place;
use super::today::{address, said};
use crate::ctx::Ctx;
use crate::desk::say;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

/// Rows of a page.
const ROWS: usize = 50;

struct List {
    title: String,
    of: String,
    note: String,
    tabs: Vec<NavItem>,
    /// Address without place.
    path: String,
    pairs: Vec<(&'static str, String)>,
}

/// `GET /oversight/day/{kind}?day=`. Queries: the day's counts, a page of its cases, freshness.
pub(crate) async fn day(ctx: Ctx) -> Reply {
    let (session, views) = (ctx.staff()?, ctx.app().projections.views());
    let kind = DayKind::of_code(ctx.part("kind")).ok_or(Fault::NotFound)?;
    let today = legal_day(ctx.app().now());
    let day = match ctx.query("day") {
        "" => today - chrono::Duration::days(1),
        text => text.parse::<NaiveDate>().ok().filter(|day| *day <= today).ok_or(Fault::NotFound)?,
    };
    let hides = say::hides_wrongdoing(session);
    let counts = views.day_counts(day, hides)?;
    let of = |kind: DayKind| DayKind::ALL.iter().position(|one| *one == kind).and_then(|at| counts.get(at)).copied().unwrap_or_default();
    let pairs = vec![("day", day.to_string())];
    let tab =
        |one: DayKind| NavItem::counted(&address(&format!("/oversight/day/{}", one.code()), &pairs), said(one).0, of(one), one == kind);
    let found = views.day_cases(day, kind, hides, &place(&ctx)?, ROWS)?;
    let (title, definition, _) = said(kind);
    let list = List {
        title: title.to_owned(),
        of: words::date_with_weekday(day),
        note: format!("{definition}，共 {} 件。", words::count(of(kind))),
        tabs: DayKind::ALL.into_iter().map(tab).collect(),
        path: format!("/oversight/day/{}", kind.code()),
        pairs: pairs.clone(),
    };
    show(&ctx, list, &found)
}

/// `GET /oversight/urgent/{urgency}`. Queries: one count for each urgency, a page of cases, freshness.
pub(crate) async fn urgent(ctx: Ctx) -> Reply {
    let (session, views, now) = (ctx.staff()?, ctx.app().projections.views(), ctx.app().now());
    let rules = words::rules(&ctx.app().reference(), now).ok_or(Fault::NotFound)?;
    let hides = say::hides_wrongdoing(session);
    let (mut tabs, mut asked) = (Vec::new(), None);
    for urgency in rules.urgencies.iter().skip(1) {
        let (n, current) = (views.urgent_count(&urgency.code, hides)?, urgency.code == ctx.part("urgency"));
        tabs.push(NavItem::counted(&format!("/oversight/urgent/{}", urgency.code), &urgency.label, n, current));
        if current {
            asked = Some((urgency, n));
        }
    }
    let (urgency, n) = asked.ok_or(Fault::NotFound)?;
    let found = views.urgent_cases(&urgency.code, hides, &place(&ctx)?, ROWS)?;
    let list = List {
        title: format!("{}在办", urgency.label),
        of: String::new(),
        note: format!("没有办结的{}诉求件，共 {} 件，先到期的在前。", urgency.label, words::count(n)),
        tabs,
        path: format!("/oversight/urgent/{}", urgency.code),
        pairs: Vec::new(),
    };
    show(&ctx, list, &found)
}

fn show(ctx: &Ctx, list: List, found: &Page<CaseRow>) -> Reply {
    let (session, reference, now) = (ctx.staff()?, ctx.app().reference(), ctx.app().now());
    let rows: Vec<_> =
        found.rows.iter().filter(|row| say::sees(&session.staff, row, &reference)).map(|row| say::row(&reference, row, now)).collect();
    let to = |name: &'static str, key: &PageKey| {
        let mut pairs = list.pairs.clone();
        pairs.push((name, key.to_string()));
        address(&list.path, &pairs)
    };
    page(&Cases {
        shell: shell::of(ctx),
        crumbs: vec![Link::new("/oversight", "今日")],
        paging: Paging {
            prev: found.previous.as_ref().map(|key| to("before", key)),
            next: found.next.as_ref().map(|key| to("after", key)),
            summary: if rows.is_empty() { String::new() } else { format!("本页 {} 件", rows.len()) },
        },
        title: list.title,
        of: list.of,
        note: list.note,
        tabs: list.tabs,
        rows,
        as_of: say::as_of(ctx)?,
    })
}
