//! Papers of the own unit, past ones among them: cards, orders, tasks, what checks found, what is to be put right.

use application::Actor;
use application::access::cards::{CardAct, may as may_card};
use domain::ids::UnitCode;
use domain::inspection::InspectionState;
use domain::rectification::RectificationState;
use domain::time::{from_micros, micros};
use projections::{CardFilter, OrderFilter};
use templates::NavItem;
use templates::components::{Cell, Column, Link, Paging, Row, Table, Tag};
use templates::oversight::InspectionList;

use super::{acts, cards, duty, inspections, matters, orders, rectifications};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

/// Rows of a page.
const ROWS: usize = 50;
/// The page.
const LIST: &str = "/desk/papers";
/// Kinds of papers.
const KINDS: [(&str, &str); 5] =
    [("cards", "预警与牌"), ("orders", "督办单"), ("tasks", "督查任务"), ("findings", "检查发现的问题"), ("rectifications", "整改")];

/// Rows of a kind and where the next page begins.
type Found = (Vec<Row>, Option<String>);

/// `GET /desk/papers?kind=&before=`. Queries: one page of a kind, freshness; of the cards the case of each.
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let unit = ctx.staff()?.staff.unit.clone().ok_or(Fault::NotFound)?;
    let (kind, name) = match ctx.query("kind") {
        "" => KINDS[0],
        code => *KINDS.iter().find(|(known, _)| *known == code).ok_or(Fault::NotFound)?,
    };
    let (rows, next) = match kind {
        "cards" => of_cards(&ctx, &unit).await?,
        "orders" => of_orders(&ctx, &unit).await?,
        "tasks" => of_tasks(&ctx, &unit)?,
        "findings" => of_findings(&ctx, &unit)?,
        _ => of_rectifications(&ctx, &unit)?,
    };
    let shown = rows.len();
    let table = Table {
        caption: format!("本单位的{name}"),
        caption_hidden: true,
        columns: ["编号", "日期", "状态"].map(Column::text).to_vec(),
        rows,
        empty: String::new(),
        stacked: true,
    };
    page(&InspectionList {
        shell: shell::of(&ctx),
        title: "本单位的文书".to_owned(),
        lead: format!("{}收到的牌、督办单、督查任务和检查整改，办结的也在内。", words::unit(&ctx.app().reference(), &unit)),
        links: vec![Link::new("/desk/duties", "要办的事项"), Link::new("/desk/unit", "本单位画像")],
        tabs: KINDS.iter().map(|(code, name)| NavItem::new(&format!("{LIST}?kind={code}"), name, *code == kind)).collect(),
        groups: if shown == 0 { Vec::new() } else { vec![(String::new(), table)] },
        empty: format!("没有{name}。"),
        paging: Paging {
            prev: None,
            next: next.map(|key| format!("{LIST}?kind={kind}&before={key}")),
            summary: format!("本页 {shown} 件"),
        },
        as_of: acts::as_of(&ctx)?,
    })
}

fn row(href: &str, number: String, day: templates::components::Moment, tag: Tag) -> Row {
    Row::new(vec![Cell::link(href, number), Cell::time(day), Cell { tag: Some(tag), ..Cell::default() }])
}

/// Cuts off the row that only says that there are more; the key of the last one shown.
fn cut<T>(rows: &mut Vec<T>, key: impl Fn(&T) -> i64) -> Option<String> {
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    rows.last().filter(|_| more).map(|row| key(row).to_string())
}

async fn of_cards(ctx: &Ctx, unit: &UnitCode) -> Result<Found, Fault> {
    let filter = CardFilter { tab: None, unit: Some(unit.clone()), colour: None };
    let mut found = ctx.app().projections.views().cards(&filter, acts::before(ctx)?, ROWS + 1)?;
    let next = cut(&mut found, |row| row.key);
    let (actor, reference) = (ctx.actor()?, ctx.app().reference());
    let mut rows = Vec::new();
    for one in &found {
        let case = ctx.app().projections.views().case_by_id(one.state.case)?;
        let case = case.map(|row| crate::desk::say::as_state(&row)).unwrap_or_default();
        if may_card(&actor, CardAct::View, &one.state, &case, reference.as_ref()) {
            let day = words::day_of(one.state.issued_at.unwrap_or(one.state.triggered_at));
            rows.push(row(&format!("/desk/cards/{}", one.state.id().0), cards::number(Some(one)), day, cards::stage(one.state.stage)));
        }
    }
    Ok((rows, next))
}

async fn of_orders(ctx: &Ctx, unit: &UnitCode) -> Result<Found, Fault> {
    let filter = OrderFilter { tab: None, unit: Some(unit.clone()) };
    let mut found = ctx.app().projections.views().orders(&filter, acts::before(ctx)?, ROWS + 1)?;
    let next = cut(&mut found, |row| row.key);
    let actor = ctx.actor()?;
    let mut rows = Vec::new();
    for one in &found {
        let Some(id) = one.name.strip_prefix("order-").and_then(|id| uuid::Uuid::try_parse(id).ok()) else { continue };
        if hears(ctx, &actor, one.state.ground.case().map(|(case, _)| case))? {
            rows.push(row(
                &format!("/desk/orders/{id}"),
                orders::number(Some(one)),
                words::day_of(one.state.issued_at),
                orders::stage(&one.state),
            ));
        }
    }
    Ok((rows, next))
}

/// Outsourced staff hear of nothing about a report of wrongdoing.
fn hears(ctx: &Ctx, actor: &Actor, case: Option<domain::ids::CaseId>) -> Result<bool, Fault> {
    let civil = actor.staff().is_some_and(|staff| staff.kind == domain::account::StaffKind::CivilServant);
    match case.filter(|_| !civil) {
        Some(case) => Ok(ctx.app().projections.views().case_by_id(case)?.is_some_and(|row| !row.wrongdoing)),
        None => Ok(true),
    }
}

fn of_tasks(ctx: &Ctx, unit: &UnitCode) -> Result<Found, Fault> {
    let mut found = ctx.app().projections.views().tasks_of_unit(unit, acts::before(ctx)?, ROWS + 1)?;
    let next = cut(&mut found, |row| row.key);
    let line = |one: &projections::TaskRow| {
        let number = domain::duty::number(&one.name, one.year, one.ordinal);
        row(&duty::unit_page(&one.name), number, words::day_of(one.state.assigned_at), matters::stage(&one.state))
    };
    Ok((found.iter().map(line).collect(), next))
}

/// Checks with a finding that the unit was told of: those it has a mark or a reply to give for.
fn of_findings(ctx: &Ctx, unit: &UnitCode) -> Result<Found, Fault> {
    let views = ctx.app().projections.views();
    let mut found: Vec<projections::StreamRow<InspectionState>> = Vec::new();
    let mut before = acts::before(ctx)?;
    loop {
        let batch = views.streams::<InspectionState>(before, ROWS)?;
        let ended = batch.len() < ROWS;
        before = batch.last().map(|row| row.key);
        let told =
            |row: &projections::StreamRow<InspectionState>| row.state.findings.iter().any(|one| one.is_told() && one.unit() == Some(unit));
        found.extend(batch.into_iter().filter(told));
        if ended || found.len() > ROWS {
            break;
        }
    }
    let next = cut(&mut found, |row| row.key);
    let line = |one: &projections::StreamRow<InspectionState>| {
        let told = one.state.findings.iter().rfind(|finding| finding.is_told() && finding.unit() == Some(unit));
        let tag = told.map(inspections::standing).unwrap_or_default();
        let day = words::day_of(told.map_or(one.state.planned, |finding| finding.recorded));
        row(&duty::unit_page(&one.name), inspections::number(one.year, one.ordinal), day, tag)
    };
    Ok((found.iter().map(line).collect(), next))
}

/// Open ones first, then those that are done, each due first.
fn of_rectifications(ctx: &Ctx, unit: &UnitCode) -> Result<Found, Fault> {
    let views = ctx.app().projections.views();
    let place = |text: &str| {
        let mut parts = text.splitn(3, '.');
        let done = parts.next()? == "1";
        Some((done, Some((from_micros(parts.next()?.parse().ok()?), parts.next()?.parse().ok()?))))
    };
    let (done, after) = match ctx.query("before") {
        "" => (false, None),
        "done" => (true, None),
        text => place(text).ok_or(Fault::NotFound)?,
    };
    let mut found = views.rectifications(Some(unit), done, after, ROWS + 1)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let mut next = found.last().filter(|_| more).map(|row| format!("{}.{}.{}", u8::from(done), micros(row.state.due), row.key));
    if next.is_none() && !done {
        let ended = views.rectifications(Some(unit), true, None, ROWS + 1)?;
        if found.len() + ended.len() <= ROWS {
            found.extend(ended);
        } else {
            next = Some("done".to_owned());
        }
    }
    let line = |one: &projections::StreamRow<RectificationState>| {
        let number = rectifications::number(one.year, one.ordinal);
        row(&duty::unit_page(&one.name), number, words::day_of(one.state.ordered), rectifications::tag(&one.state))
    };
    Ok((found.iter().map(line).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_too_many_is_cut_off_and_the_last_one_shown_is_the_next_place() {
        let mut rows: Vec<i64> = (0..=ROWS as i64).collect();
        assert_eq!(cut(&mut rows, |key| *key), Some((ROWS as i64 - 1).to_string()));
        assert_eq!(rows.len(), ROWS);
        assert_eq!(cut(&mut vec![1, 2], |key| *key), None);
    }
}
