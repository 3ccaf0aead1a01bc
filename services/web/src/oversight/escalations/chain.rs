//! The chain of one matter: where it stands, its way up and down, who held it and how long, meetings, and what may be done.

use application::access;
use application::access::escalation::{Act, may as matter_may};
use application::supervision::{OpenedStream, StreamEntry};
use chrono::NaiveDate;
use domain::escalation::{Convening, Entry, Escalation, EscalationEvent, Raise, Resolution};
use domain::ids::UnitCode;
use domain::rulebook::ladders::Ladder;
use projections::Reference;
use templates::components::{Cell, Choice, Column, Link, RouteState, RouteStep, Row, Table, Tag, TimelineItem, Tone};
use templates::oversight::{ActForm, Control, EscalationChain, Kind, MeetingBlock};
use uuid::Uuid;

use super::super::acts::{Typed, faults};
use super::super::parts::fields;
use super::say::{self, owner, owner_kind};
use super::{above, raise};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// Cases of a matter that are shown.
const CASES: usize = 50;

/// The stream of the address.
fn stream(ctx: &Ctx) -> Result<String, Fault> {
    Uuid::try_parse(ctx.part("id")).map(|id| format!("escalation-{id}")).map_err(|_| Fault::NotFound)
}

async fn open(ctx: &Ctx) -> Result<OpenedStream<Escalation>, Fault> {
    let (actor, reference) = (ctx.actor()?, ctx.app().reference());
    Ok(ctx.app().open_supervision::<Escalation>(&stream(ctx)?, |state| matter_may(&actor, Act::View, state, reference.as_ref())).await?)
}

/// `GET /oversight/escalations/{id}` and `GET /desk/escalations/{id}`
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let opened = open(&ctx).await?;
    page(&View::of(&ctx, &opened)?.page(&Typed::kept(&ctx))?)
}

/// `POST …/{id}/{act}`
pub(crate) async fn act(ctx: Ctx, form: Form) -> Reply {
    let (name, stream) = (ctx.part("act").to_owned(), stream(&ctx)?);
    let (app, meta) = (ctx.app(), ctx.meta(&form)?);
    // Bound to matter, account and act: a form id of another form is never taken for this one done already.
    let bound = [stream.as_bytes(), ctx.staff()?.staff.account.0.as_bytes(), name.as_bytes()].concat();
    let meta = application::Meta { command: Uuid::new_v5(&meta.command, &bound), ..meta };
    let level = form.number("level").and_then(|level| u8::try_from(level).ok()).unwrap_or_default();
    let entry = Entry::of_form(form.get("entry"));
    let (done, said) = match name.as_str() {
        "report" => (app.report_escalation(&meta, &stream, form.get("words")).await, "已报告，由效能办研判。"),
        "convene" => (app.convene_escalation(&meta, &stream, &convening(&form)).await, "已记录会商。"),
        "raise" => (app.raise_escalation(&meta, &stream, level, entry, form.get("reason")).await, "已提级，新的期限从现在起算。"),
        "lower" => (app.lower_escalation(&meta, &stream, level, form.get("reason")).await, "已降级，新的期限从现在起算。"),
        "resolve" => (app.resolve_escalation(&meta, &stream, form.get("words")).await, "已办结。"),
        _ => return Err(Fault::NotFound),
    };
    let page = ctx.path().rsplit_once('/').map_or("", |(page, _)| page);
    match done {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, said);
            see_other(page)
        }
        Err(error) => {
            let errors = faults(&ctx, page, &form, error)?;
            let opened = open(&ctx).await?;
            invalid(&View::of(&ctx, &opened)?.page(&Typed::sent(&ctx, form, errors))?)
        }
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    text.trim().parse().ok()
}

fn convening(form: &Form) -> Convening {
    let task = UnitCode::parse(form.get("task_unit")).ok().map(|unit| (unit, form.get("task").to_owned(), day(form.get("task_due"))));
    Convening {
        held: day(form.get("held")),
        units: form.all("units").filter_map(|code| UnitCode::parse(code).ok()).collect(),
        resolution: form.get("resolution").to_owned(),
        tasks: task.into_iter().collect(),
    }
}

struct View<'a> {
    ctx: &'a Ctx,
    reference: std::sync::Arc<Reference>,
    opened: &'a OpenedStream<Escalation>,
    ladder: Option<Ladder>,
    base: String,
}

impl<'a> View<'a> {
    fn of(ctx: &'a Ctx, opened: &'a OpenedStream<Escalation>) -> Result<Self, Fault> {
        let reference = ctx.app().reference();
        let side = if ctx.path().starts_with("/oversight/") { "/oversight/escalations" } else { "/desk/escalations" };
        Ok(Self { ctx, ladder: say::ladder_of(&reference, &opened.state), base: super::href(side, &opened.name), opened, reference })
    }

    fn state(&self) -> &Escalation {
        &self.opened.state
    }

    fn level(&self, level: u8) -> String {
        say::level(self.ladder.as_ref(), level)
    }

    fn page(&self, typed: &Typed) -> Result<EscalationChain, Fault> {
        let (ctx, state, now) = (self.ctx, self.state(), self.ctx.app().now());
        let label = say::ladder(self.ladder.as_ref(), state);
        let row = ctx.app().projections.views().stream::<Escalation>(&self.opened.name)?;
        let number = row.map_or_else(|| label.clone(), |row| format!("{label}{}", say::ordinal(row.year, row.ordinal)));
        let holder = owner(&self.reference, &state.owner);
        let tag = match state.resolved {
            Some((_, Resolution::Outcome)) => Tag::new("已办结", Tone::Good),
            Some((_, Resolution::CaseEnded)) => Tag::new("工单办结，随之办结", Tone::Good),
            None if !state.runs() => Tag::new("停止计时", Tone::Neutral),
            None if state.due().is_some_and(|due| now >= due) => Tag::new("已到期", Tone::Bad),
            None => Tag::new("处置中", Tone::Info),
        };
        let crumbs = if self.base.starts_with("/oversight") {
            vec![Link::new(&format!("/oversight/escalations?ladder={}", state.ladder), &label)]
        } else if ctx.session().is_some_and(|session| session.staff.is_any(crate::door::ESCALATED)) {
            vec![Link::new("/desk/escalations", "提级事项")]
        } else {
            // Who only handles the case has no list of his own.
            vec![Link::new("/desk", "工作台")]
        };
        let acts = self.acts(typed)?;
        Ok(EscalationChain {
            shell: shell::of(ctx),
            crumbs,
            number,
            title: format!("{}：{holder}", self.level(state.level)),
            state: tag,
            marks: say::marks(state, now),
            notice: typed.notice(&acts),
            owner: if state.is_open() { holder } else { String::new() },
            since: format!("已 {}（{} 起）", words::duration(now - state.entered), words::moment(state.entered).text),
            due: say::due(state, now),
            route: self.route(),
            outcome: self
                .ladder
                .as_ref()
                .and_then(|ladder| ladder.level(state.level))
                .map(|level| level.outcome.clone())
                .unwrap_or_default(),
            entry: state.entry.label().to_owned(),
            unit: say::unit(&self.reference, state.unit.as_ref()),
            rulebook: state.rulebook.clone(),
            cases: self.cases()?,
            way: self.way(),
            meetings: self.meetings(),
            timeline: self.opened.entries.iter().rev().map(|entry| self.item(entry)).collect(),
            acts,
            waiting: "您现在不需要对本事项做什么。".to_owned(),
            as_of: say::as_of(ctx)?,
        })
    }

    fn route(&self) -> Vec<RouteStep> {
        let state = self.state();
        let Some(ladder) = &self.ladder else { return Vec::new() };
        let step = |level: &domain::rulebook::ladders::LadderLevel| {
            let last = state.spans.iter().rev().find(|span| span.level == level.level);
            let route = match (level.level == state.level, state.is_open()) {
                (true, true) => RouteState::Current,
                (true, false) => RouteState::Done,
                _ if last.is_some() => RouteState::Done,
                _ if level.level < state.level => RouteState::Skipped,
                _ => RouteState::Next,
            };
            RouteStep {
                title: level.label.clone(),
                holder: last.map_or_else(|| owner_kind(level.owner).to_owned(), |span| owner(&self.reference, &span.owner)),
                state: route,
                at: last.map(|span| words::moment(span.from)),
                note: level.limit.words(),
            }
        };
        ladder.levels.iter().map(step).collect()
    }

    fn cases(&self) -> Result<Table, Fault> {
        let (views, actor) = (self.ctx.app().projections.views(), self.ctx.actor()?);
        let mut rows = Vec::new();
        for id in self.state().cases.iter().take(CASES) {
            let Some(case) = views.case_state(*id)?.map(|snapshot| snapshot.state) else { continue };
            // The rules of the case hold for each of them.
            if !access::may(&actor, access::Act::View, &case, self.reference.as_ref()) {
                continue;
            }
            let filed = case.filed_at.map(words::moment).unwrap_or_default();
            rows.push(Row::new(vec![
                Cell::link(&format!("/desk/case/{}", case.number), words::number(&case.number)),
                Cell::text(words::class(&self.reference, &case.class)),
                Cell::text(case.stage.label()),
                Cell::text(say::unit(&self.reference, case.unit.as_ref())),
                Cell::time(filed),
            ]));
        }
        let heads = ["工单", "类型", "状态", "承办单位", "登记时间"];
        let of = self.state().cases.len();
        let mut note =
            if of > CASES { format!("涉及工单（共 {of} 件，只列前 {CASES} 件）") } else { "涉及工单".to_owned() };
        if self.state().is_full() {
            note.push_str("。已满，后来的同类诉求各自办理，不再并入");
        }
        Ok(table(&note, &heads, rows, "涉及的工单您无权查看。"))
    }

    fn way(&self) -> Table {
        let now = self.ctx.app().now();
        let row = |span: &domain::escalation::Span| {
            let (from, to) = (words::moment(span.from), span.to.map(words::moment));
            let kept = span.to.is_none_or(|to| to <= span.due);
            Row::new(vec![
                Cell::text(self.level(span.level)),
                Cell::text(owner(&self.reference, &span.owner)),
                Cell::text(span.entry.map_or("由上级降下", Entry::label)),
                Cell::time(from).note(&to.map_or_else(|| "至今".to_owned(), |to| format!("至 {}", to.text))),
                Cell::text(words::duration(span.to.unwrap_or(now) - span.from)).note(if kept { "" } else { "超过期限" }),
            ])
        };
        let rows = self.state().spans.iter().map(row).collect();
        table("逐级过程", &["级别", "谁负责", "原因", "起止", "用时"], rows, "没有记录。")
    }

    fn meetings(&self) -> Vec<MeetingBlock> {
        let mut level = 0;
        let mut all = Vec::new();
        for entry in &self.opened.entries {
            match &entry.event {
                EscalationEvent::Raised(raise) => level = raise.level,
                EscalationEvent::Reopened(reopened) => level = reopened.raise.level,
                EscalationEvent::Lowered(lowered) => level = lowered.level,
                EscalationEvent::Convened(e) => all.push(MeetingBlock {
                    held: words::day(e.held),
                    level: self.level(level),
                    units: e.units.iter().map(|unit| words::unit(&self.reference, unit)).collect::<Vec<_>>().join("、"),
                    resolution: e.resolution.text().to_owned(),
                    tasks: e
                        .tasks
                        .iter()
                        .map(|task| (words::unit(&self.reference, &task.unit), task.what.text().to_owned(), words::day(task.due)))
                        .collect(),
                }),
                _ => {}
            }
        }
        all.reverse();
        all
    }

    fn item(&self, entry: &StreamEntry<EscalationEvent>) -> TimelineItem {
        let (title, lines, tone): (String, Vec<String>, Tone) = match &entry.event {
            EscalationEvent::Raised(raise) => self.raised(raise, ""),
            EscalationEvent::Reopened(reopened) => self.raised(&reopened.raise, "重新"),
            EscalationEvent::Lowered(e) => (format!("降到{}", self.level(e.level)), vec![format!("理由：{}", e.reason.text())], Tone::Info),
            EscalationEvent::Convened(e) => ("会商".to_owned(), vec![e.resolution.text().to_owned()], Tone::Info),
            EscalationEvent::Tracked(e) => {
                (format!("第 {} 次跟踪", e.number), vec![format!("下次跟踪：{}", words::due(e.clock.due).text)], Tone::Warn)
            }
            EscalationEvent::Joined(_) => ("又有一件工单并入本事项".to_owned(), Vec::new(), Tone::Warn),
            EscalationEvent::Noted(e) => {
                (format!("又触发：{}", e.entry.label()), vec!["已在相应级别或更高级，级别不变。".to_owned()], Tone::Warn)
            }
            EscalationEvent::Handed(e) => {
                (format!("工单派给{}，由其负责本级", words::unit(&self.reference, &e.unit)), Vec::new(), Tone::Info)
            }
            EscalationEvent::Answered(_) => ("承办单位已答复，本级停止计时".to_owned(), Vec::new(), Tone::Good),
            EscalationEvent::Resumed(e) => {
                ("工单退回办理，本级重新计时".to_owned(), vec![format!("期限：{}", words::due(e.clock.due).text)], Tone::Warn)
            }
            EscalationEvent::Reported(e) => ("报告办理情况".to_owned(), vec![e.words.text().to_owned()], Tone::Info),
            EscalationEvent::Resolved(e) => {
                let lines = e.words.as_ref().map(|words| words.text().to_owned());
                let title = if e.how == Resolution::CaseEnded { "涉及的工单全部办结，本事项随之办结" } else { "办结" };
                (title.to_owned(), lines.into_iter().collect(), Tone::Good)
            }
        };
        TimelineItem { at: words::moment(entry.occurred_at), title, by: words::actor(&self.reference, &entry.actor), lines, tone }
    }

    fn raised(&self, raise: &Raise, again: &str) -> (String, Vec<String>, Tone) {
        let mut lines = vec![format!("原因：{}", raise.entry.label())];
        lines.extend(raise.reason.as_ref().map(|reason| format!("理由：{}", reason.text())));
        lines.push(format!("{}负责，期限：{}", owner(&self.reference, &raise.owner), words::due(raise.clock.due).text));
        let up = if raise.level > 1 { "提到" } else { "进入" };
        (format!("{again}{up}{}", self.level(raise.level)), lines, if raise.level > 2 { Tone::Bad } else { Tone::Warn })
    }

    fn acts(&self, typed: &Typed) -> Result<Vec<ActForm>, Fault> {
        let (state, actor) = (self.state(), self.ctx.actor()?);
        let may = |act: Act| state.is_open() && matter_may(&actor, act, state, self.reference.as_ref());
        let form = |name: &str| fields(self.ctx, name, &format!("{}/{name}", self.base), Some(self.opened.revision));
        let act = |name: &str, title: &str, controls: Vec<Control>, button: &str, kind: &str| ActForm {
            form: form(name),
            title: title.to_owned(),
            fields: controls,
            button: button.to_owned(),
            kind: kind.to_owned(),
            ..ActForm::default()
        };
        let text = |name: &str, label: &str, hint: &str| Control::new(Kind::Lines, name, label, "").hint(hint);
        let levels = match &self.ladder {
            Some(ladder) => above(self.ctx, ladder, state.level)?,
            None => Vec::new(),
        };
        let below: Vec<Choice> = (1..state.level).map(|level| Choice::new(&level.to_string(), &self.level(level))).collect();
        let mut acts = Vec::new();
        if may(Act::Report) && state.reported.is_none() {
            let words = text("words", "办理情况", "写明做了什么、结果如何；报告后由效能办研判。");
            acts.push(act("report", "报告办理情况", vec![words], "提交报告", "warm"));
        }
        if may(Act::Convene) {
            acts.push(act("convene", "记录会商", self.convene(), "记录会商", ""));
        }
        if may(Act::Raise) && !levels.is_empty() {
            acts.push(raise(form("raise"), levels));
        }
        if may(Act::Lower) && !below.is_empty() {
            let level = Control::new(Kind::Select, "level", "降到哪一级", "").of(below);
            acts.push(act("lower", "降级", vec![level, text("reason", "降级理由", "")], "降级", ""));
        }
        if may(Act::Resolve) {
            let words = text("words", "办理结果", "办结后不再计时；工单仍按自己的流程答复和回访。");
            acts.push(act("resolve", "记录办理结果并办结", vec![words], "办结", ""));
        }
        Ok(acts.into_iter().map(|act| typed.fill(act)).collect())
    }

    /// The controls of a meeting. Units that can sit at the table are those of the city and of the county of the unit in
    /// charge, itself first.
    fn convene(&self) -> Vec<Control> {
        let (reference, state) = (&self.reference, self.state());
        let mut codes: Vec<UnitCode> = state.unit.iter().flat_map(|unit| reference.ancestors(unit)).collect();
        let tops: Vec<UnitCode> = codes.iter().rev().take(2).cloned().collect();
        for unit in tops.iter().flat_map(|top| reference.children(top)) {
            if !codes.contains(&unit) {
                codes.push(unit);
            }
        }
        if codes.is_empty() {
            codes = reference.units().filter(|unit| unit.parent.is_some()).map(|unit| unit.code.clone()).take(60).collect();
        }
        codes.retain(|code| reference.unit(code).is_some_and(|unit| unit.closed.is_none()));
        let units: Vec<Choice> = codes.iter().map(|code| Choice::new(code.as_str(), &words::unit(reference, code))).collect();
        let none = Choice { selected: true, ..Choice::new("", "没有任务") };
        vec![
            Control::new(Kind::Day, "held", "会商日期", ""),
            Control::new(Kind::Boxes, "units", "参加单位", "").of(units.clone()),
            Control::new(Kind::Lines, "resolution", "会商意见", ""),
            Control::new(Kind::Select, "task_unit", "任务单位（选填）", "").of([vec![none], units].concat()).hint("需要跟办的，写明任务。"),
            Control::new(Kind::Lines, "task", "任务内容（选填）", ""),
            Control::new(Kind::Day, "task_due", "任务期限（选填）", ""),
        ]
    }
}

fn table(caption: &str, heads: &[&str], rows: Vec<Row>, empty: &str) -> Table {
    Table {
        caption: caption.to_owned(),
        caption_hidden: true,
        columns: heads.iter().copied().map(Column::text).collect(),
        rows,
        empty: empty.to_owned(),
        stacked: true,
    }
}
