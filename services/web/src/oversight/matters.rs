//! Supervised matters: the ledger (台账) as practice.md screen 6 orders it, a new matter, one matter, and the ledger as a
//! table without any words of people.

use actix_web::HttpResponse;
use actix_web::http::header;
use application::access::matters::{MatterAct, may};
use application::supervision::{OpenedStream, StreamEntry};
use domain::ids::{MatterId, UnitCode};
use domain::matter::decide::NewMatter;
use domain::matter::{MatterEvent, MatterSet, MatterState, Milestone, Source, TaskStage, TaskState};
use domain::time::Instant;
use exchange::export::Value;
use exchange::export::csv::{CsvOptions, CsvWriter};
use projections::{MatterFilter, MatterRow, MatterTab, Reference, TaskRow};
use templates::components::{Cell, Choice, Column, Errors, Link, Paging, Row, SummaryRow, Table, Tag, TimelineItem, Tone};
use templates::oversight::{ActForm, Control, Kind, Paper, PaperNew, Papers};
use uuid::Uuid;

use super::acts::{self, ROWS, Typed, href, paper};
use super::parts::fields;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

pub(super) const LIST: &str = "/oversight/matters";
/// Rows of the table that is taken out.
const EXPORT: usize = 2_000;

/// How a matter is numbered: a series of the supervision office's own.
pub(super) fn number(row: Option<&MatterRow>) -> String {
    paper("督", row.map(|row| (row.year, row.ordinal)))
}

fn id_of(row: &MatterRow) -> Option<MatterId> {
    MatterId::from_stream(&row.name)
}

/// Where a task stands, as a badge.
pub(super) fn stage(task: &TaskState) -> Tag {
    match task.stage {
        TaskStage::Answered => Tag::new(task.stage.label(), Tone::Warn),
        TaskStage::Done => Tag::new(task.stage.label(), Tone::Good),
        TaskStage::Closed => Tag::new(task.stage.label(), Tone::Neutral),
        TaskStage::Open if task.overdue => Tag::new("已逾期", Tone::Bad),
        TaskStage::Open => Tag::new(task.stage.label(), Tone::Info),
    }
}

/// What the ledger says of the tasks of a matter.
struct Progress {
    percent: u8,
    done: usize,
    all: usize,
    overdue: usize,
    fed_back: Option<Instant>,
}

fn progress(tasks: &[TaskRow], lead: &UnitCode) -> Progress {
    Progress {
        percent: tasks.iter().find(|task| task.state.unit == *lead).map_or(0, |task| task.state.percent),
        done: tasks.iter().filter(|task| task.state.stage == TaskStage::Done).count(),
        all: tasks.len(),
        overdue: tasks.iter().filter(|task| task.state.overdue && !task.state.stage.is_ended()).count(),
        fed_back: tasks.iter().filter_map(|task| task.state.fed_back_at).max(),
    }
}

fn asked(ctx: &Ctx, reference: &Reference) -> Result<MatterFilter, Fault> {
    let tab = match ctx.query("tab") {
        "" => Some(MatterTab::Open),
        "all" => None,
        code => Some(MatterTab::of_code(code).ok_or(Fault::NotFound)?),
    };
    Ok(MatterFilter { tab, unit: acts::unit_asked(ctx, reference)? })
}

pub(crate) async fn list(ctx: Ctx) -> Reply {
    let (reference, views, now, actor) = (ctx.app().reference(), ctx.app().projections.views(), ctx.app().now(), ctx.actor()?);
    if !may(&actor, MatterAct::View) {
        return Err(Fault::NotFound);
    }
    let filter = asked(&ctx, &reference)?;
    let mut found = views.matters(&filter, acts::before(&ctx)?, ROWS + 1)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let code = filter.tab.map_or("all", MatterTab::code);
    let unit = filter.unit.as_ref().map(ToString::to_string).unwrap_or_default();
    let address = |code: &str, before: &str| href(LIST, &[("tab", code), ("unit", &unit), ("before", before)]);
    let mut tabs = Vec::new();
    for one in MatterTab::ALL {
        let count = if one == MatterTab::Closed { None } else { Some(views.count_matters(one)?) };
        tabs.push((one.code(), one.label(), count));
    }
    let tabs = acts::tabs(tabs, code, |code| address(code, ""));
    let mut rows = Vec::new();
    for row in &found {
        let Some(id) = id_of(row) else { continue };
        // A title is the words of a person: it is read from the stream, never from a view.
        let title = set(&ctx.app().open_matter(&actor, id).await?).map(|set| set.title.text().to_owned()).unwrap_or_default();
        rows.push(ledger_row(&reference, now, row, id, &title, &progress(&views.tasks_of(id)?, &row.state.lead)));
    }
    let filtered = filter.unit.is_some();
    let columns = ["编号和事项", "来源", "牵头单位", "期限", "进度", "逾期", "最近反馈", "销号"];
    page(&Papers {
        shell: shell::of(&ctx),
        title: "督查事项台账".to_owned(),
        lead: "督查室立项、各单位分工落实的事项。".to_owned(),
        new: may(&actor, MatterAct::Manage).then(|| Link::new("/oversight/matters/new", "立项")),
        export: Some(Link::new(&href("/oversight/matters/export", &[("tab", code), ("unit", &unit)]), "导出台账（CSV）")),
        tabs,
        tab: code.to_owned(),
        base: LIST.to_owned(),
        units: Choice::select(acts::units(&reference), &unit),
        filtered,
        table: Table {
            caption: "督查事项台账".to_owned(),
            caption_hidden: true,
            columns: columns.map(Column::text).to_vec(),
            empty: if filtered {
                "没有符合筛选条件的事项。可以清除筛选。"
            } else {
                "这个清单里现在没有事项。"
            }
            .to_owned(),
            stacked: true,
            rows,
        },
        paging: Paging {
            prev: None,
            next: found.last().filter(|_| more).map(|row| address(code, &row.key.to_string())),
            summary: if found.is_empty() { String::new() } else { format!("本页 {} 项", found.len()) },
        },
        as_of: acts::as_of(&ctx)?,
    })
}

fn ledger_row(reference: &Reference, now: Instant, row: &MatterRow, id: MatterId, title: &str, of: &Progress) -> Row {
    let matter = &row.state;
    let assisting = if matter.assisting.is_empty() { String::new() } else { format!("配合 {} 个单位", matter.assisting.len()) };
    let left = match matter.closed_at {
        Some(_) => String::new(),
        None if now >= matter.due => format!("已过 {}", words::duration(now - matter.due)),
        None => format!("剩 {}", words::duration(matter.due - now)),
    };
    Row {
        cells: vec![
            Cell::link(&format!("{LIST}/{}", id.0), number(Some(row))).note(title),
            Cell::text(matter.source.label()),
            Cell::text(words::unit(reference, &matter.lead)).note(&assisting),
            Cell::time(words::due(matter.due)).note(&left),
            Cell::text(format!("牵头 {}%", of.percent)).note(&format!("完成 {} / {} 项任务", of.done, of.all)),
            if of.overdue > 0 { Cell::tag(&format!("{} 个单位逾期", of.overdue), Tone::Bad) } else { Cell::text("无") },
            of.fed_back.map_or_else(|| Cell::text("还没有"), |at| Cell::time(words::moment(at))),
            matter.closed_at.map_or_else(|| Cell::text("推进中"), |at| Cell::time(words::moment(at))),
        ],
        tone: if of.overdue > 0 && matter.closed_at.is_none() { Tone::Bad } else { Tone::Neutral },
    }
}

/// The ledger as a table. It holds numbers, units and days alone: no title, no requirement, no words of an instruction.
pub(crate) async fn export(ctx: Ctx) -> Reply {
    let (reference, views) = (ctx.app().reference(), ctx.app().projections.views());
    if !may(&ctx.actor()?, MatterAct::View) {
        return Err(Fault::NotFound);
    }
    let found = views.matters(&asked(&ctx, &reference)?, None, EXPORT)?;
    let header =
        ["编号", "来源", "牵头单位", "配合单位", "立项", "期限", "牵头进度（%）", "完成任务", "任务总数", "逾期单位", "最近反馈", "销号"];
    let mut table = Vec::new();
    let fault = |error: std::io::Error| Fault::Internal(error.to_string());
    let mut writer = CsvWriter::new(&mut table, CsvOptions::default(), &header).map_err(fault)?;
    for row in &found {
        let Some(id) = id_of(row) else { continue };
        let (matter, of) = (&row.state, progress(&views.tasks_of(id)?, &row.state.lead));
        let assisting: Vec<String> = matter.assisting.iter().map(|code| words::unit(&reference, code)).collect();
        let at = |at: Option<Instant>| at.map(|at| words::moment(at).text).unwrap_or_default();
        let texts = [number(Some(row)), words::unit(&reference, &matter.lead), assisting.join("、"), at(Some(matter.set_at))];
        let (due, fed_back, closed) = (words::due(matter.due).text, at(of.fed_back), at(matter.closed_at));
        let count = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        writer
            .row(&[
                Value::from(texts[0].as_str()),
                Value::from(matter.source.label()),
                Value::from(texts[1].as_str()),
                Value::from(texts[2].as_str()),
                Value::from(texts[3].as_str()),
                Value::from(due.as_str()),
                Value::Int(i64::from(of.percent)),
                count(of.done),
                count(of.all),
                count(of.overdue),
                Value::from(fed_back.as_str()),
                Value::from(closed.as_str()),
            ])
            .map_err(fault)?;
    }
    writer.finish().map_err(fault)?;
    ctx.app().audit.act(ctx.app().now(), &ctx.staff()?.staff, "matters", "export");
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"matters.csv\""))
        .body(table))
}

pub(crate) async fn new(ctx: Ctx) -> Reply {
    if !may(&ctx.actor()?, MatterAct::Manage) {
        return Err(Fault::NotFound);
    }
    page(&new_page(&ctx, &Typed::kept(&ctx)))
}

fn new_page(ctx: &Ctx, typed: &Typed) -> PaperNew {
    let sources = Source::ALL.map(|one| Choice::new(one.code(), one.label())).to_vec();
    let field = |kind, name: &str, label: &str, hint: &str| Control::new(kind, name, label, "").hint(hint);
    PaperNew {
        shell: shell::of(ctx),
        crumbs: vec![Link::new(LIST, "督查事项台账")],
        facts: Vec::new(),
        hidden: Vec::new(),
        act: typed.fill(ActForm {
            form: fields(ctx, "", "/oversight/matters/new", None),
            title: "督查事项立项".to_owned(),
            hint: "立项后各单位立即收到任务。不得填报国家秘密。".to_owned(),
            fields: vec![
                Control::select("source", "来源", sources, ""),
                field(Kind::Text, "title", "事项名称", "最多 100 字，单位可以看到"),
                field(Kind::Lines, "requirement", "工作要求", "最多 2000 字，单位可以看到"),
                field(Kind::Lines, "wording", "批示或原文（选填）", "单位看不到，也不会导出"),
                field(Kind::Text, "lead", "牵头单位", "填写全称或单位编码"),
                field(Kind::Lines, "assisting", "配合单位（选填）", "每行一个单位，最多 60 个"),
                field(Kind::Lines, "milestones", "节点（选填）", "每行一个：日期、空格、要完成什么，例如 2026-06-30 完成方案"),
                field(Kind::Day, "due", "完成期限", "这一天 24:00 前"),
            ],
            button: "立项".to_owned(),
            kind: "warm".to_owned(),
            files: false,
        }),
    }
}

/// The matter of a form; what can only be chosen is checked here, the rest by the rules.
fn given(reference: &Reference, form: &Form) -> Result<NewMatter, Errors> {
    let mut errors = Errors::none();
    let mut add = |field: &str, words: &str| errors = std::mem::take(&mut errors).and(field, words);
    let source = Source::of_code(form.get("source"));
    if source.is_none() {
        add("source", "请选择来源");
    }
    let lead = acts::find_unit(reference, form.get("lead")).map_err(|words| add("lead", &words)).ok();
    let mut assisting = Vec::new();
    for line in words::lines(form.get("assisting")) {
        match acts::find_unit(reference, &line) {
            Ok(unit) => assisting.push(unit),
            Err(words) => add("assisting", &words),
        }
    }
    let mut milestones = Vec::new();
    for line in words::lines(form.get("milestones")) {
        let day = line.split_once(char::is_whitespace).and_then(|(day, words)| Some((day.parse().ok()?, words.trim().to_owned())));
        match day {
            Some(milestone) => milestones.push(milestone),
            None => add("milestones", "每行写日期、空格和要完成什么，例如 2026-06-30 完成方案"),
        }
    }
    let due = acts::end_of_day(form.get("due"));
    if due.is_none() {
        add("due", "请选择完成期限");
    }
    let text = |name: &str| form.get(name).to_owned();
    match (source, lead, due) {
        (Some(source), Some(lead), Some(due)) if !errors.any() => Ok(NewMatter {
            source,
            title: text("title"),
            requirement: text("requirement"),
            wording: text("wording"),
            lead,
            assisting,
            milestones,
            due,
        }),
        _ => Err(errors),
    }
}

pub(crate) async fn create(ctx: Ctx, form: Form) -> Reply {
    let new = match given(&ctx.app().reference(), &form) {
        Ok(new) => new,
        Err(errors) => return invalid(&new_page(&ctx, &Typed::sent(&ctx, form, errors))),
    };
    let meta = acts::meta(&ctx, &form, "matter", "new")?;
    match ctx.app().set_matter(&meta, &new).await {
        Ok((matter, done)) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, "已立项，各单位已收到任务。");
            see_other(&format!("{LIST}/{}", matter.0))
        }
        Err(error) => {
            let errors = acts::faults(&ctx, "/oversight/matters/new", &form, error)?;
            invalid(&new_page(&ctx, &Typed::sent(&ctx, form, errors)))
        }
    }
}

pub(super) fn id(ctx: &Ctx) -> Result<MatterId, Fault> {
    Uuid::try_parse(ctx.part("id")).map(MatterId).map_err(|_| Fault::NotFound)
}

fn set(opened: &OpenedStream<MatterState>) -> Option<&MatterSet> {
    opened.entries.iter().find_map(|entry| match &entry.event {
        MatterEvent::Set(set) => Some(set),
        _ => None,
    })
}

/// The milestones as a table; nothing without any.
pub(super) fn milestones(milestones: &[Milestone]) -> Vec<Table> {
    if milestones.is_empty() {
        return Vec::new();
    }
    let row = |one: &Milestone| Row::new(vec![Cell::time(words::day(one.day)), Cell::text(one.words.text())]);
    vec![Table {
        caption: "节点".to_owned(),
        caption_hidden: true,
        columns: ["日期", "完成什么"].map(Column::text).to_vec(),
        rows: milestones.iter().map(row).collect(),
        ..Table::default()
    }]
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    show(&ctx, &Typed::kept(&ctx)).await
}

async fn show(ctx: &Ctx, typed: &Typed) -> Reply {
    let (matter, reference, now, actor) = (id(ctx)?, ctx.app().reference(), ctx.app().now(), ctx.actor()?);
    let opened = ctx.app().open_matter(&actor, matter).await?;
    let set = set(&opened).ok_or(Fault::NotFound)?;
    let views = ctx.app().projections.views();
    let row = views.stream::<MatterState>(&opened.name)?;
    let tasks = views.tasks_of(matter)?;
    let here = format!("{LIST}/{}", matter.0);
    let mut texts =
        vec![("事项".to_owned(), vec![set.title.text().to_owned()]), ("工作要求".to_owned(), words::lines(set.requirement.text()))];
    if let Some(wording) = &set.wording {
        texts.push(("批示或原文（单位看不到，不导出）".to_owned(), words::lines(wording.text())));
    }
    let task = |task: &TaskRow| {
        let (state, tag) = (&task.state, stage(&task.state));
        Row {
            cells: vec![
                Cell::link(&format!("{here}/tasks/{}", state.unit), words::unit(&reference, &state.unit)).note(state.part.label()),
                Cell::tag(&tag.text, tag.tone),
                Cell::text(format!("{}%", state.percent)),
                Cell::time(words::due(state.due)),
                state.fed_back_at.map_or_else(|| Cell::text("还没有"), |at| Cell::time(words::moment(at))),
            ],
            tone: if state.overdue && !state.stage.is_ended() { Tone::Bad } else { Tone::Neutral },
        }
    };
    let mut tables = vec![Table {
        caption: "各单位任务".to_owned(),
        caption_hidden: true,
        columns: ["单位", "状态", "进度", "期限", "最近反馈"].map(Column::text).to_vec(),
        rows: tasks.iter().map(task).collect(),
        empty: "任务正在下发，请稍后刷新。".to_owned(),
        stacked: true,
    }];
    tables.extend(milestones(&set.milestones));
    let mut acts = Vec::new();
    let open = opened.state.closed_at.is_none();
    if open && may(&actor, MatterAct::Manage) {
        let left = tasks.iter().filter(|task| !task.state.stage.is_ended()).count();
        let hint = if left > 0 { format!("还有 {left} 个单位的任务没有完成，将一并结束。") } else { String::new() };
        acts.push(typed.fill(ActForm {
            form: fields(ctx, "close", &format!("{here}/close"), Some(opened.revision)),
            title: "办结销号".to_owned(),
            hint,
            fields: vec![Control::new(Kind::Lines, "words", "办结情况", "").hint("最多 2000 字")],
            button: "办结销号".to_owned(),
            kind: "warm".to_owned(),
            files: false,
        }));
    }
    let shown = Paper {
        shell: shell::of(ctx),
        crumbs: vec![Link::new(LIST, "督查事项台账")],
        title: format!("督查事项 {}", number(row.as_ref())),
        tags: vec![if open { Tag::new("推进中", Tone::Info) } else { Tag::new("已销号", Tone::Good) }],
        notice: typed.notice(&acts),
        texts,
        facts: vec![
            SummaryRow::new("来源", set.source.label()),
            SummaryRow::new("牵头单位", &words::unit(&reference, &set.lead)),
            SummaryRow::new("立项", &words::moment(opened.state.set_at).text),
            SummaryRow::new("完成期限", &words::due(set.due).text),
        ],
        links: Vec::new(),
        tables,
        timeline: opened.entries.iter().rev().map(|entry| fact(&reference, entry)).collect(),
        acts,
        waiting: if open && now < set.due { "等待各单位反馈进展。" } else { "您现在不需要对本事项做什么。" }.to_owned(),
    };
    if typed.is_wrong() { invalid(&shown) } else { page(&shown) }
}

fn fact(reference: &Reference, entry: &StreamEntry<MatterEvent>) -> TimelineItem {
    let (title, lines, tone) = match &entry.event {
        MatterEvent::Set(_) => ("立项", Vec::new(), Tone::Info),
        MatterEvent::Assigned(_) => ("任务下发到各单位", Vec::new(), Tone::Info),
        MatterEvent::Closed(e) => ("办结销号", words::lines(e.words.text()), Tone::Good),
    };
    let by = words::actor(reference, &entry.actor);
    TimelineItem { at: words::moment(entry.occurred_at), title: title.to_owned(), by, lines, tone }
}

/// Closes a matter.
pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let (matter, action) = (id(&ctx)?, ctx.part("action").to_owned());
    if action != "close" {
        return Err(Fault::NotFound);
    }
    let meta = acts::meta(&ctx, &form, &matter.stream(), &action)?;
    let path = format!("{LIST}/{}", matter.0);
    match ctx.app().close_matter(&meta, matter, form.get("words")).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, "已办结销号。");
            see_other(&path)
        }
        Err(error) => {
            let errors = acts::faults(&ctx, &path, &form, error)?;
            show(&ctx, &Typed::sent(&ctx, form, errors)).await
        }
    }
}
