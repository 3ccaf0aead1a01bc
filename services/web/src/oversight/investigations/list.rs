//! `/oversight/investigations`: to accept → under investigation → to answer → ended → transferred, and the rate found true.

use application::access::investigation::hidden_units;
use chrono::{Datelike, NaiveDate, NaiveTime};
use domain::account::Role;
use domain::investigation::{Finding, Investigation, Mode, Stage};
use domain::time::{CHINA, Instant, legal_day};
use projections::{InvestigationFilter, Reference, StreamRow};
use templates::NavItem;
use templates::components::{Cell, Column, Paging, Row, Table, Tile, Tone};
use templates::oversight::Investigations;

use super::say;
use crate::ctx::Ctx;
use crate::error::{Reply, page};
use crate::{shell, words};

/// Rows of a page.
const ROWS: usize = 50;
const LIST: &str = "/oversight/investigations";
/// Tabs in the order of practice.md's seventh screen.
const TABS: [(&str, &str, &[Stage]); 4] = [
    ("accept", "待受理", &[Stage::Filed]),
    ("running", "调查中", &[Stage::Accepted, Stage::Investigating, Stage::Reported, Stage::Signed]),
    ("answer", "待答复", &[Stage::Concluded]),
    ("ended", "已办结", &[Stage::Closed, Stage::Refused]),
];
const TRANSFERRED: &str = "transferred";

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let (app, now) = (ctx.app(), ctx.app().now());
    let reference = app.reference();
    let staff = &ctx.staff()?.staff;
    let hidden = hidden_units(staff, &reference);
    let (from, to) = year(now);
    let counts = app.projections.views().investigation_counts(&hidden, from, to)?;
    let tab = Some(ctx.query("tab")).filter(|tab| *tab == TRANSFERRED || TABS.iter().any(|(code, ..)| code == tab)).unwrap_or("accept");
    let filter = match TABS.iter().find(|(code, ..)| *code == tab) {
        Some((_, _, stages)) => InvestigationFilter { stages: stages.to_vec(), mode: None, hidden },
        None => InvestigationFilter {
            stages: TABS[..3].iter().flat_map(|(_, _, stages)| stages.iter().copied()).collect(),
            mode: Some(Mode::Transferred),
            hidden,
        },
    };
    let before = ctx.query("before").parse().ok();
    let mut rows = app.projections.views().investigations(&filter, before, ROWS + 1)?;
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let count = |stages: &[Stage]| {
        counts.stages.iter().filter(|(code, _)| stages.iter().any(|stage| stage.code() == code)).map(|(_, n)| n).sum::<u64>()
    };
    let href = |code: &str| format!("{LIST}?tab={code}");
    let mut tabs: Vec<NavItem> =
        TABS.iter().map(|(code, name, stages)| NavItem::counted(&href(code), name, count(stages), *code == tab)).collect();
    tabs.push(NavItem::counted(&href(TRANSFERRED), "转办", counts.transferred, tab == TRANSFERRED));
    let rate = if counts.concluded == 0 { "—".to_owned() } else { words::percent(counts.found_true, counts.concluded) };
    let tile = |name: &str, value: String, unit: &str, detail: String| Tile {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
        detail,
        ..Tile::default()
    };
    let tiles = vec![
        tile("在办", words::count(count(TABS[1].2) + count(TABS[2].2)), "件", format!("另有待受理 {} 件", words::count(count(TABS[0].2)))),
        tile(
            "今年属实率",
            rate,
            if counts.concluded == 0 { "" } else { "%" },
            format!("属实、基本属实、部分属实 {} 件 / 作出结论 {} 件", words::count(counts.found_true), words::count(counts.concluded)),
        ),
    ];
    let next = rows.last().filter(|_| more).map(|row| format!("{}&before={}", href(tab), row.key));
    page(&Investigations {
        shell: shell::of(&ctx),
        tabs,
        tiles,
        paging: Paging { prev: before.map(|_: i64| href(tab)), next, summary: format!("本页 {} 件，新的在前", rows.len()) },
        table: table(&reference, &rows, now),
        can_enter: staff.is(Role::Inspector),
    })
}

fn table(reference: &Reference, rows: &[StreamRow<Investigation>], now: Instant) -> Table {
    let row = |row: &StreamRow<Investigation>| {
        let state = &row.state;
        let id = row.name.split_once('-').map_or("", |(_, id)| id);
        let late = state.due().is_some_and(|clock| now >= clock.frozen.due);
        let tag = say::stage(state);
        let due = state.due().map_or_else(
            || {
                state
                    .finding
                    .map_or_else(|| Cell::text("—"), |finding: Finding| Cell { tag: Some(say::finding(finding)), ..Cell::default() })
            },
            |clock| Cell::time(words::due(clock.frozen.due)).note(&say::countdown(clock, now).text),
        );
        let team = say::team(reference, state);
        Row {
            cells: vec![
                Cell::link(&format!("{LIST}/{id}"), say::number(row)).note(state.source.label()),
                Cell::text(words::unit(reference, &state.unit)),
                Cell::text(state.system.label()),
                Cell { tag: Some(tag), ..Cell::default() },
                Cell::text(if team.is_empty() { "—".to_owned() } else { team }).note(state.mode.map_or("", Mode::label)),
                due,
                Cell::time(words::moment(state.filed_at)),
            ],
            tone: if late { Tone::Bad } else { Tone::Neutral },
        }
    };
    Table {
        caption: "效能投诉件".to_owned(),
        caption_hidden: true,
        columns: ["编号", "被投诉单位", "违反的制度", "状态", "调查人员", "期限或结果", "收到"].map(Column::text).to_vec(),
        rows: rows.iter().map(row).collect(),
        empty: "这个阶段没有效能投诉件。".to_owned(),
        stacked: true,
    }
}

/// The legal year of an instant: from its first instant to that of the next.
fn year(now: Instant) -> (Instant, Instant) {
    let first = |year: i32| {
        let day = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
        day.and_time(NaiveTime::MIN).and_local_timezone(CHINA).single().map_or(now, |at| at.to_utc())
    };
    let year = legal_day(now).year();
    (first(year), first(year + 1))
}
