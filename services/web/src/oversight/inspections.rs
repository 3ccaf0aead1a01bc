//! Spot checks (明察暗访): the list of plans, the sheet of one with its acts, and the unit's side of its findings.

pub(crate) mod draw;
pub(crate) mod plan;
mod sheet;
pub(super) use sheet::standing;
pub(crate) mod unit;
pub(crate) mod visit;

use application::access::inspection::{Act, may};
use application::inspections::stream;
use chrono::Datelike;
use domain::inspection::event::Photo;
use domain::inspection::{InspectionState, Mode, Stage};
use domain::time::legal_day;
use projections::StreamRow;
use templates::components::{Cell, Column, Link, Paging, Row, Table, Tag, Tone};
use templates::oversight::InspectionList;

use super::acts::{Typed, faults};
use super::parts::{as_of, bound, end_of_day, id, send_photo};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// Plans on a page; the theme of each is opened.
const ROWS: usize = 30;

/// The number of a check in words.
pub(super) fn number(year: i32, ordinal: u32) -> String {
    format!("效查〔{year}〕{ordinal}号")
}

/// Where a check stands, as a badge.
pub(super) fn tag(state: &InspectionState) -> Tag {
    match state.stage {
        Stage::Planned => Tag::new(state.stage.label(), Tone::Warn),
        Stage::Approved if !state.missed.is_empty() => Tag::new(&format!("漏查 {} 期", state.missed.len()), Tone::Bad),
        Stage::Approved => Tag::new(state.stage.label(), Tone::Info),
        Stage::Refused => Tag::new(state.stage.label(), Tone::Neutral),
        Stage::Done => Tag::new(state.stage.label(), Tone::Good),
    }
}

pub(crate) async fn list(ctx: Ctx) -> Reply {
    let actor = ctx.actor()?;
    let rows = visible(&ctx, &actor)?;
    let more = rows.len() > ROWS;
    let last = rows.get(ROWS - 1).map(|row| row.key);
    let mut groups: Vec<(String, Vec<Row>)> = Vec::new();
    let now = ctx.app().now();
    let mut shown = 0;
    for row in rows.iter().take(ROWS) {
        let planned = legal_day(row.state.planned);
        let ahead = matches!(row.state.stage, Stage::Planned | Stage::Approved) && row.state.until > now;
        let title = if ahead { "进行中和将要进行的".to_owned() } else { format!("{}年{}月", planned.year(), planned.month()) };
        let line = line(&ctx, row).await?;
        shown += 1;
        match groups.iter_mut().find(|(other, _)| *other == title) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((title, vec![line])),
        }
    }
    groups.sort_by_key(|(title, _)| !title.starts_with('进'));
    let columns = || {
        let words = ["计划", "方式", "频次与期间", "状态"].map(Column::text);
        words.into_iter().chain(["到访次数", "问题条数"].map(Column::figures)).collect::<Vec<_>>()
    };
    let table = |(title, rows): (String, Vec<Row>)| {
        let caption = format!("{title}的检查计划");
        (title, Table { caption, caption_hidden: true, columns: columns(), rows, empty: String::new(), stacked: true })
    };
    let link = may(&actor, Act::Plan, None).then(|| Link::new("/oversight/inspections/new", "制定检查计划"));
    page(&InspectionList {
        shell: shell::of(&ctx),
        title: "明察暗访".to_owned(),
        lead: "正在进行的在前，其余按制定的月份排列。".to_owned(),
        links: link.into_iter().collect(),
        tabs: Vec::new(),
        groups: groups.into_iter().map(table).collect(),
        empty: "还没有检查计划。".to_owned(),
        paging: Paging {
            prev: None,
            next: more.then_some(last).flatten().map(|key| format!("/oversight/inspections?before={key}")),
            summary: format!("本页 {shown} 份"),
        },
        as_of: as_of(&ctx)?,
    })
}

/// The rows of a page and one more. Of a secret check nobody outside the team finds a row, nor a page that is shorter for it.
fn visible(ctx: &Ctx, actor: &application::Actor) -> Result<Vec<StreamRow<InspectionState>>, Fault> {
    let mut before: Option<i64> = ctx.query("before").parse().ok();
    let mut rows = Vec::new();
    loop {
        let batch = ctx.app().projections.views().streams::<InspectionState>(before, ROWS + 1)?;
        let ended = batch.len() <= ROWS;
        before = batch.last().map(|row| row.key);
        rows.extend(batch.into_iter().filter(|row| may(actor, Act::View, Some(&row.state))));
        if ended || rows.len() > ROWS {
            rows.truncate(ROWS + 1);
            return Ok(rows);
        }
    }
}

async fn line(ctx: &Ctx, row: &StreamRow<InspectionState>) -> Result<Row, Fault> {
    let id = row.name.strip_prefix("inspection-").unwrap_or_default();
    let opened = ctx.app().open_inspection(&ctx.actor()?, uuid::Uuid::try_parse(id).map_err(|_| Fault::NotFound)?).await?;
    let state = &opened.state;
    let period = state.plan.known().map_or_else(
        || ("（未授权查看）".to_owned(), String::new()),
        |plan| (plan.cadence.label().to_owned(), format!("{}至{}", words::date(plan.from), words::date(plan.to))),
    );
    let tag = tag(state);
    let mut line = Row::new(vec![
        Cell::link(&format!("/oversight/inspections/{id}"), number(row.year, row.ordinal)).note(state.theme.text()),
        Cell::text(state.mode.label()),
        Cell::text(period.0).note(&period.1),
        Cell { tag: Some(tag.clone()), ..Cell::default() },
        Cell::text(state.visits.len()),
        Cell::text(state.findings.len()),
    ]);
    line.tone = if tag.tone == Tone::Bad { Tone::Bad } else { Tone::Neutral };
    Ok(line)
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    page(&sheet::sheet(&ctx, id(&ctx)?, &Typed::kept(&ctx)).await?)
}

/// What is said when an act is done.
fn done(act: &str, mode: Mode) -> &'static str {
    match (act, mode) {
        ("approve", _) => "已批准，检查组可以开始检查。",
        ("refuse", _) => "已退回，不予批准。",
        ("commit", _) => "名册和种子的校验值已登记。请在现场报出一个号码，再抽取。",
        ("draw", _) => "已抽取，结果和核验方法见抽取页。",
        ("sign", Mode::Open) => "已签名，问题已告知单位，等待回复。",
        ("sign", Mode::Covert) => "已签名。检查结束后再告知单位。",
        ("done", Mode::Open) => "检查已结束。",
        ("done", Mode::Covert) => "检查已结束，内容已公开，问题已告知单位。",
        ("confirm", _) => "已认定，计入该单位记录。",
        ("drop", _) => "已作不予认定处理。",
        _ => "已下达整改，请单位制定措施。",
    }
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let (id, act) = (id(&ctx)?, ctx.part("action").to_owned());
    let number = form.number("number").and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    // Who may not see it learns nothing, not even from what is wrong with a form.
    let mode = ctx.app().open_inspection(&ctx.actor()?, id).await?.state.mode;
    let meta = bound(&ctx, &form, &stream(id), &format!("{act}/{number}"))?;
    let app = ctx.app();
    let outcome = match act.as_str() {
        "approve" => app.approve_inspection(&meta, id).await,
        "refuse" => app.refuse_inspection(&meta, id, form.get("reason")).await,
        "commit" => app.commit_draw(&application::Meta { based_on: None, ..meta }, id).await,
        "draw" => app.reveal_draw(&meta, id, form.get("word")).await,
        "sign" => app.sign_finding(&meta, id, number).await,
        "done" => app.end_inspection(&meta, id).await,
        "confirm" => app.confirm_finding(&meta, id, number, form.get("reason")).await,
        "drop" => app.drop_finding(&meta, id, number, form.get("reason")).await,
        "rectify" => match end_of_day(form.get("due")) {
            Ok(until) => app.order_rectification(&application::Meta { based_on: None, ..meta }, id, number, form.get("what"), until).await,
            Err(()) => Err(domain::refusal::Refusal::field("due", "请填写整改期限，例如 2026-07-31；留空按规则确定").into()),
        },
        _ => return Err(Fault::NotFound),
    };
    match outcome {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            ctx.flash(true, done(&act, mode));
            let unit = form.get("unit");
            // Whoever signs on the spot stays on the page of the visit.
            if act == "sign" && domain::ids::UnitCode::parse(unit).is_ok() {
                return see_other(&format!("/oversight/inspections/{id}/visit/{}", unit.trim()));
            }
            see_other(&format!("/oversight/inspections/{id}"))
        }
        Err(error) => {
            let errors = faults(&ctx, &format!("/oversight/inspections/{id}"), &form, error)?;
            invalid(&sheet::sheet(&ctx, id, &Typed::sent(&ctx, form, errors)).await?)
        }
    }
}

pub(crate) async fn photo(ctx: Ctx) -> Reply {
    let id = id(&ctx)?;
    let state = ctx.app().open_inspection(&ctx.actor()?, id).await?.state;
    send_photo(&ctx, &stream(id), photos(&state).into_iter())
}

/// All photos of the findings that are left in a state.
fn photos(state: &InspectionState) -> Vec<Photo> {
    state.findings.iter().filter_map(|finding| finding.head.known()).flat_map(|head| head.photos.clone()).collect()
}
