//! Rectifications (整改): the list by due date, the sheet of one for oversight, and the unit's side.

use application::access::rectification::{Act, may};
use application::rectifications::rectification_stream;
use domain::inspection::InspectionState;
use domain::rectification::{RectificationEvent, RectificationState, Source, Stage};
use domain::time::{Instant, from_micros, micros};
use projections::{Reference, StreamRow};
use templates::NavItem;
use templates::components::{Cell, Column, Link, Paging, Row, SummaryRow, Table, Tag, TimelineItem, Tone};
use templates::oversight::{ActForm, Control, InspectionList, InspectionSheet, Kind, Section};

use super::acts::{Typed, faults};
use super::inspections::number as check_number;
use super::parts::{PHOTOS, as_of, bound, end_of_day, fields, id, links, photos, send_photo};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// Rows on a page; the requirement of each is opened.
const ROWS: usize = 40;

pub(super) fn number(year: i32, ordinal: u32) -> String {
    format!("效整〔{year}〕{ordinal}号")
}

pub(super) fn tag(state: &RectificationState) -> Tag {
    match state.stage {
        Stage::Accepted => Tag::new(state.stage.label(), Tone::Good),
        Stage::Withdrawn => Tag::new(state.stage.label(), Tone::Neutral),
        _ if state.overdue.is_some() => Tag::new(&format!("逾期 · {}", state.stage.label()), Tone::Bad),
        Stage::Reported => Tag::new(state.stage.label(), Tone::Warn),
        _ => Tag::new(state.stage.label(), Tone::Info),
    }
}

pub(crate) async fn list(ctx: Ctx) -> Reply {
    let done = ctx.query("done") == "1";
    let after = ctx.query("after").split_once('.').and_then(|(due, key)| Some((from_micros(due.parse().ok()?), key.parse().ok()?)));
    let rows = visible(&ctx, done, after)?;
    let more = rows.len() > ROWS;
    let mut lines = Vec::new();
    for row in rows.iter().take(ROWS) {
        lines.push(line(&ctx, row).await?);
    }
    let shown = lines.len();
    let base = if done { "/oversight/rectifications?done=1&" } else { "/oversight/rectifications?" };
    let last = rows.get(ROWS - 1).map(|row| format!("{base}after={}.{}", micros(row.state.due), row.key));
    let columns = ["整改事项", "单位", "责任人", "状态", "期限"].map(Column::text).to_vec();
    let caption = if done { "已销号和撤销的整改" } else { "未完成的整改" };
    let table = Table { caption: caption.to_owned(), caption_hidden: true, columns, rows: lines, empty: String::new(), stacked: true };
    page(&InspectionList {
        shell: shell::of(&ctx),
        title: "整改".to_owned(),
        lead: "按期限排列，最早到期的在前。".to_owned(),
        links: Vec::new(),
        tabs: vec![
            NavItem::new("/oversight/rectifications", "未完成", !done),
            NavItem::new("/oversight/rectifications?done=1", "已结束", done),
        ],
        groups: if shown == 0 { Vec::new() } else { vec![(String::new(), table)] },
        empty: if done { "还没有结束的整改。".to_owned() } else { "没有未完成的整改。".to_owned() },
        paging: Paging { prev: None, next: more.then_some(last).flatten(), summary: format!("本页 {shown} 件") },
        as_of: as_of(&ctx)?,
    })
}

/// The rows of a page and one more, of those that this account may see.
fn visible(ctx: &Ctx, done: bool, mut after: Option<(Instant, i64)>) -> Result<Vec<StreamRow<RectificationState>>, Fault> {
    let actor = ctx.actor()?;
    let mut rows = Vec::new();
    loop {
        let batch = ctx.app().projections.views().rectifications(None, done, after, ROWS + 1)?;
        let ended = batch.len() <= ROWS;
        after = batch.last().map(|row| (row.state.due, row.key));
        rows.extend(batch.into_iter().filter(|row| may(&actor, Act::View, &row.state)));
        if ended || rows.len() > ROWS {
            rows.truncate(ROWS + 1);
            return Ok(rows);
        }
    }
}

async fn line(ctx: &Ctx, row: &StreamRow<RectificationState>) -> Result<Row, Fault> {
    let id = row.name.strip_prefix("rectification-").unwrap_or_default();
    let opened = ctx.app().open_rectification(&ctx.actor()?, uuid::Uuid::try_parse(id).map_err(|_| Fault::NotFound)?).await?;
    let reference = ctx.app().reference();
    let state = &opened.state;
    let what: String = state.what.text().chars().take(40).collect();
    let responsible = state.plan.as_ref().map_or("（待明确）", |(responsible, _)| responsible.text());
    let mut line = Row::new(vec![
        Cell::link(&format!("/oversight/rectifications/{id}"), number(row.year, row.ordinal)).note(&what),
        Cell::text(words::unit(&reference, &state.unit)),
        Cell::text(responsible),
        Cell { tag: Some(tag(state)), ..Cell::default() },
        Cell::time(words::due(state.due)),
    ]);
    line.tone = if state.overdue.is_some() && !state.stage.is_ended() { Tone::Bad } else { Tone::Neutral };
    Ok(line)
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    page(&sheet(&ctx, "/oversight", &Typed::kept(&ctx)).await?)
}

pub(crate) async fn unit_get(ctx: Ctx) -> Reply {
    page(&sheet(&ctx, "/desk", &Typed::kept(&ctx)).await?)
}

async fn sheet(ctx: &Ctx, side: &str, typed: &Typed) -> Result<InspectionSheet, Fault> {
    let id = id(ctx)?;
    let actor = ctx.actor()?;
    let opened = ctx.app().open_rectification(&actor, id).await?;
    let views = ctx.app().projections.views();
    let row = views.stream::<RectificationState>(&opened.name)?;
    let reference = ctx.app().reference();
    let state = &opened.state;
    let base = format!("{side}/rectifications/{id}");
    let act = |act: &str, title: &str, hint: &str, controls: Vec<Control>, button: &str, danger: bool, files: bool| {
        typed.fill(ActForm {
            form: fields(ctx, act, &format!("{base}/{act}"), Some(opened.revision)),
            title: title.to_owned(),
            hint: hint.to_owned(),
            fields: controls,
            button: button.to_owned(),
            kind: if danger { "danger" } else { "" }.to_owned(),
            files,
        })
    };
    let text = |name: &str, label: &str| Control::new(Kind::Lines, name, label, "").hint("最多 1000 字。");
    let mut acts = Vec::new();
    if may(&actor, Act::Work, state) && side == "/desk" {
        match state.stage {
            Stage::Ordered => {
                let person = Control::new(Kind::Text, "responsible", "责任人", "").hint("姓名和职务，最多 30 字。");
                acts.push(act(
                    "plan",
                    "制定措施",
                    "明确责任人和整改措施。",
                    vec![person, text("measure", "整改措施")],
                    "提交措施",
                    false,
                    false,
                ));
            }
            Stage::Planned => {
                let mut controls = vec![text("words", "整改情况")];
                for (index, name) in PHOTOS.iter().enumerate() {
                    let hint = if index == 0 { "JPG 或 PNG，每张不超过 5 MB。" } else { "" };
                    controls.push(Control::new(Kind::Photo, name, &format!("佐证照片 {}（选填）", index + 1), "").hint(hint));
                }
                acts.push(act("report", "报告整改情况", "提交后由提出整改的部门验收。", controls, "提交验收", false, true));
            }
            Stage::Reported | Stage::Accepted | Stage::Withdrawn => {}
        }
    }
    if may(&actor, Act::Accept, state) && side == "/oversight" && state.stage == Stage::Reported {
        acts.push(act("accept", "验收", "验收通过即销号。", vec![text("words", "验收情况")], "验收销号", false, false));
        let controls = vec![text("reason", "退回理由"), Control::new(Kind::Day, "due", "新的整改期限", "")];
        acts.push(act("return", "退回", "没有整改到位的，退回并重新确定期限。", controls, "退回", true, false));
    }
    if may(&actor, Act::Withdraw, state) && side == "/oversight" && !state.stage.is_ended() {
        let hint = "问题没有认定或者下达有误的，不再要求整改；已记的逾期不再计。";
        acts.push(act("withdraw", "撤销整改", hint, vec![text("reason", "撤销理由")], "撤销整改", true, false));
    }
    let mut sections = Vec::new();
    let origin = match &state.source {
        Source::Finding { inspection, .. } => Link::new(&format!("/oversight/inspections/{inspection}"), "查看检查和问题"),
        Source::Opinion { campaign, .. } => Link::new(&format!("/oversight/campaigns/{campaign}/opinions"), "查看评议意见"),
    };
    if side == "/oversight" && shell::leads(ctx.staff()?, &origin.href) {
        sections.push(Section { title: "来源".to_owned(), links: vec![origin], ..Section::default() });
    }
    for (index, report) in state.reports.iter().enumerate().rev() {
        sections.push(Section {
            title: format!("第 {} 次报告的佐证", index + 1),
            lines: words::lines(report.words.text()),
            photos: links(&base, &report.photos),
            ..Section::default()
        });
    }
    sections.push(history(&reference, &opened.entries, side == "/oversight"));
    let crumb = if side == "/desk" { Link::new("/desk", "工作台") } else { Link::new("/oversight/rectifications", "整改") };
    Ok(typed.on(InspectionSheet {
        shell: shell::of(ctx),
        crumbs: vec![crumb],
        title: "整改".to_owned(),
        number: row.map(|row| number(row.year, row.ordinal)).unwrap_or_default(),
        state: Some(tag(state)),
        notices: Vec::new(),
        facts: facts(ctx, &reference, state)?,
        sections,
        acts,
        narrow: false,
    }))
}

/// 项目、清单、责任 in one list; 表单 (the evidence) stands below.
fn facts(ctx: &Ctx, reference: &Reference, state: &RectificationState) -> Result<Vec<SummaryRow>, Fault> {
    let mut source = state.source.label().to_owned();
    if let Source::Finding { inspection, finding } = &state.source
        && let Some(row) = ctx.app().projections.views().stream::<InspectionState>(&application::inspections::stream(*inspection))?
    {
        source = format!("{source}：{} 第 {finding} 条", check_number(row.year, row.ordinal));
    }
    if let Source::Opinion { number, .. } = &state.source {
        source = format!("{source}：第 {number} 号");
    }
    Ok(vec![
        SummaryRow::new("整改项目", state.what.text()),
        SummaryRow::new("来源", &source),
        SummaryRow::new("单位", &words::unit(reference, &state.unit)),
        SummaryRow::new("责任人", state.plan.as_ref().map_or("（待明确）", |(responsible, _)| responsible.text())),
        SummaryRow::new("整改措施", state.plan.as_ref().map_or("（待制定）", |(_, measure)| measure.text())),
        SummaryRow::new("期限", &words::due(state.due).text),
    ])
}

fn history(reference: &Reference, entries: &[application::supervision::StreamEntry<RectificationEvent>], names: bool) -> Section {
    let line = |entry: &application::supervision::StreamEntry<RectificationEvent>| {
        let (title, lines) = match &entry.event {
            RectificationEvent::Ordered(e) => ("下达整改", vec![format!("期限：{}", words::due(e.due).text)]),
            RectificationEvent::Planned(_) => ("制定整改措施", Vec::new()),
            RectificationEvent::Reported(_) => ("报告整改情况", Vec::new()),
            RectificationEvent::Accepted(e) => ("验收通过，销号", words::lines(e.words.text())),
            RectificationEvent::Returned(e) => {
                let mut lines = words::lines(e.reason.text());
                lines.push(format!("新的期限：{}", words::due(e.due).text));
                ("退回", lines)
            }
            RectificationEvent::Withdrawn(e) => ("撤销整改", words::lines(e.reason.text())),
            RectificationEvent::Overdue(_) => ("整改逾期", Vec::new()),
        };
        // Units learn the office that acted, not who of it (domain.md I17).
        let by = if names { words::actor(reference, &entry.actor) } else { words::actor_unit(reference, &entry.actor) };
        TimelineItem { at: words::moment(entry.occurred_at), title: title.to_owned(), by, lines, tone: Tone::Neutral }
    };
    Section { title: "经过".to_owned(), timeline: entries.iter().rev().map(line).collect(), ..Section::default() }
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let (id, act) = (id(&ctx)?, ctx.part("action").to_owned());
    ctx.app().open_rectification(&ctx.actor()?, id).await?;
    let meta = bound(&ctx, &form, &rectification_stream(id), &act)?;
    let outcome = match act.as_str() {
        "accept" => ctx.app().accept_rectification(&meta, id, form.get("words")).await,
        "return" => match end_of_day(form.get("due")) {
            Ok(Some(until)) => ctx.app().return_rectification(&meta, id, form.get("reason"), until).await,
            _ => Err(domain::refusal::Refusal::field("due", "请填写新的整改期限，例如 2026-07-31").into()),
        },
        "withdraw" => ctx.app().withdraw_rectification(&meta, id, form.get("reason")).await,
        _ => return Err(Fault::NotFound),
    };
    answered(&ctx, "/oversight", id, act, form, outcome).await
}

pub(crate) async fn unit_post(ctx: Ctx, form: Form) -> Reply {
    let (id, act) = (id(&ctx)?, ctx.part("action").to_owned());
    ctx.app().open_rectification(&ctx.actor()?, id).await?;
    let meta = bound(&ctx, &form, &rectification_stream(id), &act)?;
    let outcome = match act.as_str() {
        "plan" => ctx.app().plan_rectification(&meta, id, form.get("responsible"), form.get("measure")).await,
        "report" => match photos(&ctx, &form, &rectification_stream(id))? {
            Ok(kept) => ctx.app().report_rectification(&meta, id, form.get("words"), &kept).await,
            Err(errors) => return invalid(&sheet(&ctx, "/desk", &Typed::sent(&ctx, form, errors)).await?),
        },
        _ => return Err(Fault::NotFound),
    };
    answered(&ctx, "/desk", id, act, form, outcome).await
}

async fn answered(
    ctx: &Ctx,
    side: &str,
    id: uuid::Uuid,
    act: String,
    form: Form,
    outcome: Result<application::Done, application::Error>,
) -> Reply {
    match outcome {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            let words = match act.as_str() {
                "plan" => "整改措施已提交。",
                "report" => "整改情况已提交，等待验收。",
                "accept" => "已验收销号。",
                "withdraw" => "整改已撤销，单位不用再办。",
                _ => "已退回，新的期限已告知单位。",
            };
            ctx.flash(true, words);
            see_other(&format!("{side}/rectifications/{id}"))
        }
        Err(error) => {
            let errors = faults(ctx, &format!("{side}/rectifications/{id}"), &form, error)?;
            invalid(&sheet(ctx, side, &Typed::sent(ctx, form, errors)).await?)
        }
    }
}

pub(crate) async fn photo(ctx: Ctx) -> Reply {
    let id = id(&ctx)?;
    let state = ctx.app().open_rectification(&ctx.actor()?, id).await?.state;
    let all = state.reports.into_iter().flat_map(|report| report.photos);
    send_photo(&ctx, &rectification_stream(id), all)
}
