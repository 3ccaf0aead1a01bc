//! The task of one unit in a supervised matter, as the supervision office and the unit see it.

use application::access::matters::{MatterAct, answers, may};
use application::matters::{OpenedTask, TaskCommand};
use application::supervision::StreamEntry;
use domain::ids::{MatterId, UnitCode};
use domain::matter::{MatterState, TaskEvent, TaskStage};
use projections::Reference;
use templates::components::{Errors, Link, SummaryRow, TimelineItem, Tone};
use templates::oversight::{ActForm, Control, Kind, Paper};

use super::acts::{self, Typed};
use super::matters::{LIST, id, milestones, number, stage};
use super::parts::fields;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// Where a task page stands: whose task, its address, and whether the unit's own side is asked for.
struct Place {
    matter: MatterId,
    unit: UnitCode,
    path: String,
    desk: bool,
}

/// Under the matter, the unit named in the address.
fn office(ctx: &Ctx) -> Result<Place, Fault> {
    let (matter, unit) = (id(ctx)?, UnitCode::parse(ctx.part("unit")).map_err(|_| Fault::NotFound)?);
    let path = format!("{LIST}/{}/tasks/{unit}", matter.0);
    Ok(Place { matter, unit, path, desk: false })
}

/// The own unit's task.
fn desk(ctx: &Ctx) -> Result<Place, Fault> {
    let (matter, unit) = (id(ctx)?, ctx.staff()?.staff.unit.clone().ok_or(Fault::NotFound)?);
    Ok(Place { path: format!("/desk/tasks/{}", matter.0), matter, unit, desk: true })
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    show(&ctx, &office(&ctx)?, &Typed::kept(&ctx)).await
}

pub(crate) async fn unit_get(ctx: Ctx) -> Reply {
    show(&ctx, &desk(&ctx)?, &Typed::kept(&ctx)).await
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let place = office(&ctx)?;
    act(ctx, form, place).await
}

pub(crate) async fn unit_post(ctx: Ctx, form: Form) -> Reply {
    let place = desk(&ctx)?;
    act(ctx, form, place).await
}

async fn show(ctx: &Ctx, place: &Place, typed: &Typed) -> Reply {
    let opened = ctx.app().open_task(&ctx.actor()?, place.matter, &place.unit).await?;
    let (reference, task, set) = (ctx.app().reference(), &opened.task.state, &opened.matter);
    let row = ctx.app().projections.views().stream::<MatterState>(&place.matter.stream())?;
    let numbered = number(row.as_ref());
    let assisting: Vec<String> = set.assisting.iter().map(|code| words::unit(&reference, code)).collect();
    let crumbs = if place.desk {
        vec![Link::new("/desk", "工作台")]
    } else {
        vec![Link::new(LIST, "督查事项台账"), Link::new(&format!("{LIST}/{}", place.matter.0), &numbered)]
    };
    let acts = forms(ctx, &opened, place, typed)?;
    let shown = Paper {
        shell: shell::of(ctx),
        crumbs,
        title: format!("督查任务 {numbered} {}", words::unit(&reference, &task.unit)),
        tags: vec![stage(task)],
        notice: typed.notice(&acts),
        texts: vec![("事项".to_owned(), vec![set.title.text().to_owned()]), ("工作要求".to_owned(), words::lines(set.requirement.text()))],
        facts: vec![
            SummaryRow::new("分工", task.part.label()),
            SummaryRow::new("牵头单位", &words::unit(&reference, &set.lead)),
            SummaryRow::new("配合单位", &assisting.join("、")),
            SummaryRow::new("完成期限", &words::due(task.due).text),
            SummaryRow::new("进度", &format!("{}%", task.percent)),
        ],
        links: Vec::new(),
        tables: milestones(&set.milestones),
        timeline: opened.task.entries.iter().rev().map(|entry| fact(&reference, entry)).collect(),
        acts,
        waiting: match task.stage {
            TaskStage::Open => "等待单位反馈进展。",
            TaskStage::Answered => "等待督查室审核。",
            TaskStage::Done | TaskStage::Closed => "这项任务已经结束。",
        }
        .to_owned(),
    };
    if typed.is_wrong() { invalid(&shown) } else { page(&shown) }
}

fn fact(reference: &Reference, entry: &StreamEntry<TaskEvent>) -> TimelineItem {
    let (title, lines, tone) = match &entry.event {
        TaskEvent::Assigned(_) => ("下发任务".to_owned(), Vec::new(), Tone::Info),
        TaskEvent::Feedback(e) => (format!("反馈进展 {}%", e.percent), words::lines(e.words.text()), Tone::Info),
        TaskEvent::Accepted(e) => ("审核同意".to_owned(), words::lines(e.words.text()), Tone::Good),
        TaskEvent::Returned(e) => ("退回".to_owned(), words::lines(e.reason.text()), Tone::Warn),
        TaskEvent::Extended(e) => {
            let mut lines = words::lines(e.reason.text());
            lines.push(format!("新的期限：{}", words::due(e.due).text));
            ("延期".to_owned(), lines, Tone::Neutral)
        }
        TaskEvent::Overdue(_) => ("到期没有完成，记为逾期".to_owned(), Vec::new(), Tone::Bad),
        TaskEvent::Closed(_) => ("随事项销号结束".to_owned(), Vec::new(), Tone::Neutral),
    };
    TimelineItem { at: words::moment(entry.occurred_at), title, by: words::actor(reference, &entry.actor), lines, tone }
}

/// The steps that this account can take now.
fn forms(ctx: &Ctx, opened: &OpenedTask, place: &Place, typed: &Typed) -> Result<Vec<ActForm>, Fault> {
    let task = &opened.task.state;
    let area = |name: &str, label: &str| Control::new(Kind::Lines, name, label, "").hint("最多 2000 字");
    let form = |action: &str, title: &str, controls: Vec<Control>, kind: &str| {
        typed.fill(ActForm {
            form: fields(ctx, action, &format!("{}/{action}", place.path), Some(opened.task.revision)),
            title: title.to_owned(),
            fields: controls,
            button: title.to_owned(),
            kind: kind.to_owned(),
            ..ActForm::default()
        })
    };
    let mut all = Vec::new();
    if place.desk {
        if task.stage == TaskStage::Open && answers(&ctx.staff()?.staff, &task.unit) {
            let percent = Control::new(Kind::Text, "percent", "进度（%）", "").hint("0 到 100；填 100 表示申请完成");
            all.push(form("feedback", "反馈进展", vec![percent, area("words", "进展情况")], "warm"));
        }
        return Ok(all);
    }
    if !may(&ctx.actor()?, MatterAct::Manage) {
        return Ok(all);
    }
    if task.stage == TaskStage::Answered {
        let title = if task.percent == 100 { "同意，任务完成" } else { "同意，继续推进" };
        all.push(form("accept", title, vec![area("words", "审核意见")], "warm"));
        all.push(form("return", "退回", vec![area("reason", "退回理由")], "secondary"));
    }
    if !task.stage.is_ended() {
        let due = Control::new(Kind::Day, "due", "新的完成期限", "");
        all.push(form("extend", "延期", vec![due, area("reason", "延期理由")], "secondary"));
    }
    Ok(all)
}

async fn act(ctx: Ctx, form: Form, place: Place) -> Reply {
    let action = ctx.part("action").to_owned();
    let text = |name: &str| form.get(name).to_owned();
    let command = match action.as_str() {
        "feedback" if place.desk => match form.get("percent").trim().trim_end_matches(['%', '％']).parse() {
            Ok(percent) => Ok((TaskCommand::Feedback { percent, words: text("words") }, "进展已提交，等待督查室审核。")),
            Err(_) => Err(Errors::one("percent", "进度填 0 到 100 的整数")),
        },
        "accept" if !place.desk => Ok((TaskCommand::Accept { words: text("words") }, "已审核同意。")),
        "return" if !place.desk => Ok((TaskCommand::SendBack { reason: text("reason") }, "已退回。")),
        "extend" if !place.desk => match acts::end_of_day(form.get("due")) {
            Some(due) => Ok((TaskCommand::Extend { reason: text("reason"), due }, "已延期。")),
            None => Err(Errors::one("due", "请选择新的完成期限")),
        },
        _ => return Err(Fault::NotFound),
    };
    let (command, done) = match command {
        Ok(command) => command,
        Err(errors) => return show(&ctx, &place, &Typed::sent(&ctx, form, errors)).await,
    };
    let meta = acts::meta(&ctx, &form, &place.matter.task(&place.unit), &action)?;
    match ctx.app().on_task(&meta, place.matter, &place.unit, &command).await {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            ctx.flash(true, done);
            see_other(&place.path)
        }
        Err(error) => {
            let errors = acts::faults(&ctx, &place.path, &form, error)?;
            show(&ctx, &place, &Typed::sent(&ctx, form, errors)).await
        }
    }
}
