//! Following a case: in whose hands, since when, until when; the answer; rating, and "not solved".

pub mod evidence;
mod timeline;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::cases::OpenedCase;
use application::{Actor, Application, Error, Meta};
use domain::case::command::{Field, FieldFault};
use domain::case::{CaseEvent, CaseState, Clock, ClockKind, Command, Rejection, Stage};
use domain::ids::{AccountId, CaseId};
use domain::time::Instant;
use projections::Reference;
use templates::Shell;
use templates::citizen::{FormFrame, Reading, Track, TrackCase, grade_choices, readings_table};
use templates::components::{Errors, SummaryRow, Table, Tag, Tone};
use uuid::Uuid;

use super::lookup::Thing;
use super::progress;
use crate::cookies::names;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, invalid, page, see_other};
use crate::form::Form;
use crate::{csrf, shell, words};

const THING: Thing = Thing { name: "工单", paper: "回执" };
/// Readings shown at most.
const READINGS: usize = 50;

/// `GET /track`
///
/// # Errors
/// Never.
pub async fn form(ctx: Ctx) -> Reply {
    let kept = ctx.kept().map(|kept| Form::of(kept.fields).get("number").to_owned()).unwrap_or_default();
    page(&track_page(&ctx, &kept, Errors::none()))
}

fn track_page(ctx: &Ctx, number: &str, errors: Errors) -> Track {
    let form = FormFrame { action: "/track".to_owned(), csrf: csrf::token(ctx), back: "/".to_owned(), errors, ..FormFrame::default() };
    Track { shell: shell::of(ctx), form, number: number.to_owned() }
}

/// `POST /track`: number and query code. An unknown number and a wrong code give the same answer after the same work.
///
/// # Errors
/// [`Fault::TooMany`].
pub async fn open(ctx: Ctx, form: Form) -> Reply {
    let (number, code, errors) = THING.asked(&ctx, &form)?;
    if errors.any() {
        return invalid(&track_page(&ctx, number, errors));
    }
    let found = match ctx.outside() {
        Some(outside) => super::outside::find(&ctx, outside, number, code),
        None => ctx.app().track(number, code, &ctx.client()).map(|case| ctx.set_tracked(case)),
    };
    match found {
        Ok(()) => see_other("/track/case"),
        Err(Error::NotFound) => {
            let errors = Errors::one(
                "number",
                "编号和查询码对不上，请对照回执检查后重新输入；连续输错后需要等待一段时间。忘记查询码的，请拨打服务热线",
            );
            Ok(html(HttpResponse::build(StatusCode::NOT_FOUND), &track_page(&ctx, number, errors)))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /track/leave`
///
/// # Errors
/// Never.
pub async fn leave(ctx: Ctx, _: Form) -> Reply {
    // The receipt shows number and code: it goes too, and what was typed on the case's page.
    [names::TRACK, names::RECEIPT]
        .iter()
        .chain(&names::KEPT)
        .filter(|name| ctx.cookie(name).is_some())
        .for_each(|name| ctx.remove_cookie(name));
    ctx.flash(true, "已退出查询，这个浏览器不再能看到这件工单。");
    see_other("/track")
}

/// What was typed into the forms of the case page.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) grade: String,
    pub(super) comment: String,
    pub(super) reason: String,
}

impl Typed {
    pub(super) fn of(form: &Form) -> Self {
        let text = |name: &str| form.get(name).to_owned();
        Self { grade: text("grade"), comment: text("comment"), reason: text("reason") }
    }
}

fn tracked(ctx: &Ctx) -> Result<CaseId, Fault> {
    ctx.tracked().ok_or_else(|| untracked(ctx))
}

pub(super) fn untracked(ctx: &Ctx) -> Fault {
    ctx.flash(false, "请输入工单编号和查询码。查询后半小时没有操作，需要重新输入。");
    Fault::Elsewhere("/track")
}

/// `GET /track/case`
///
/// # Errors
/// Log errors.
pub async fn case(ctx: Ctx) -> Reply {
    if let Some(outside) = ctx.outside() {
        return page(&super::outside::case(&ctx, outside)?);
    }
    let case = tracked(&ctx)?;
    ctx.set_tracked(case);
    let typed = ctx.kept().map(|kept| Typed::of(&Form::of(kept.fields))).unwrap_or_default();
    page(&case_page(&ctx, case, typed, Errors::none()).await?)
}

/// `POST /track/rate`: grade 1–5 and words.
///
/// # Errors
/// Log errors.
pub async fn rate(ctx: Ctx, form: Form) -> Reply {
    let stars = form.get("grade").parse().unwrap_or(0);
    let command = Command::Rate { stars, words: form.get("comment").to_owned() };
    act(&ctx, &form, &command, "谢谢您的评价，已经记录。").await
}

/// `POST /track/unsolved`: goes to the hotline office, not back to the unit.
///
/// # Errors
/// Log errors.
pub async fn unsolved(ctx: Ctx, form: Form) -> Reply {
    let command = Command::Dispute { words: form.get("reason").to_owned() };
    act(&ctx, &form, &command, "已经收到您的说明，由热线办另行研判，结果会显示在这里。").await
}

async fn act(ctx: &Ctx, form: &Form, command: &Command, done: &str) -> Reply {
    if let Some(outside) = ctx.outside() {
        return super::outside::act(ctx, outside, form, command, done).await;
    }
    let case = tracked(ctx).inspect_err(|_| {
        ctx.keep("/track/case", form.fields());
    })?;
    let id = form.uuid("form_id").unwrap_or_else(|| ctx.app().ids.uuid());
    // Bound to the case, so that a form id of one case is never a command on another.
    let meta = Meta::new(Actor::Petitioner(case), Uuid::new_v5(&case.0, id.as_bytes())).based_on(form.number("revision"));
    match ctx.app().on_case(&meta, case, command).await {
        Ok(_) => {
            ctx.flash(true, done);
            see_other("/track/case")
        }
        Err(Error::Case(Rejection::Fields(faults))) => invalid(&case_page(ctx, case, Typed::of(form), errors(command, &faults)).await?),
        Err(error @ (Error::Clash { .. } | Error::Case(Rejection::Stage(_) | Rejection::AlreadyRated))) => {
            let errors = Errors::one("", &error.to_string());
            Ok(html(HttpResponse::build(StatusCode::CONFLICT), &case_page(ctx, case, Typed::of(form), errors).await?))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn errors(command: &Command, faults: &[FieldFault]) -> Errors {
    faults.iter().fold(Errors::none(), |errors, fault| match (fault.field, command) {
        (Field::Stars, _) => errors.and("grade", "请选择一个满意程度"),
        (Field::Words, _) => errors.and("comment", &fault.to_string().replace("诉求内容", "想说的话")),
        (Field::Reason, _) => errors.and("reason", &fault.to_string().replace("理由", "哪里没有解决")),
        (other, _) => errors.and(other.code(), &fault.to_string()),
    })
}

async fn case_page(ctx: &Ctx, case: CaseId, typed: Typed, errors: Errors) -> Result<TrackCase, Fault> {
    let opened = ctx.app().open_case(&Actor::Petitioner(case), case).await?;
    let evidence = evidence::of(ctx, &opened).await?;
    Ok(dressed(ctx, TrackCase { evidence, ..view(ctx.app(), &opened)? }, opened.revision, typed, errors))
}

/// A case with what this request brings to its page.
pub(super) fn dressed(ctx: &Ctx, view: TrackCase, revision: u64, typed: Typed, mut errors: Errors) -> TrackCase {
    // A form that is gone cannot show what was typed into it.
    for (shown, text) in [(view.can_rate, &typed.comment), (view.can_object, &typed.reason)] {
        if !shown && errors.any() && !text.trim().is_empty() {
            errors = errors.and("", &format!("您刚才写的内容没有提交：{}", text.trim()));
        }
    }
    TrackCase {
        shell: shell::of(ctx),
        csrf: csrf::token(ctx),
        hidden: vec![("form_id".to_owned(), ctx.app().ids.uuid().to_string()), ("revision".to_owned(), revision.to_string())],
        errors,
        grades: grade_choices(&typed.grade),
        comment: typed.comment,
        reason: typed.reason,
        ..view
    }
}

/// What the petitioner may see of a case, without what surrounds it.
pub(crate) fn view(app: &Application, opened: &OpenedCase) -> Result<TrackCase, Fault> {
    let (reference, now) = (app.reference(), app.now());
    let (case, state) = (opened.case, &opened.state);
    let next = next_date(state);
    let end = state.ended_at.unwrap_or(now);
    Ok(TrackCase {
        shell: Shell::default(),
        csrf: String::new(),
        hidden: Vec::new(),
        errors: Errors::none(),
        fresh: None,
        number: words::number(&state.number),
        class: words::class(&reference, &state.class),
        headline: headline(state, now),
        state: state_tag(state, now),
        holder: holder(&reference, state),
        since: state.spans.last().map(|span| words::moment(span.to.unwrap_or(span.from))).unwrap_or_default(),
        next_date_name: next.map(|clock| date_name(clock.kind).to_owned()).unwrap_or_default(),
        countdown: next.map(|clock| words::clock(clock, now)),
        due_explained: next.map(|clock| format!("{}。", words::explained(&reference, clock))).unwrap_or_default(),
        days: next.map(|clock| words::days(&reference, clock)).unwrap_or_default(),
        route: progress::route(&reference, state, "您", now),
        timeline: timeline::items(&reference, opened),
        readings: readings(app, &reference, case, state)?,
        answer: timeline::answer(&reference, opened),
        hands: progress::hands(&reference, state, now),
        total: total(state, end),
        evidence: None,
        can_rate: state.stage.is_answered() && state.stars.is_none(),
        grades: grade_choices(""),
        comment: String::new(),
        rated: rated(opened),
        can_object: matches!(state.stage, Stage::CallBack | Stage::Judging | Stage::Archived)
            && !state.disputed
            && state.external.is_none(),
        objection_to: words::hotline(&reference),
        reason: String::new(),
    })
}

fn headline(state: &CaseState, now: Instant) -> String {
    if progress::late(state, now) && !state.stage.is_answered() {
        return "已超过答复期限，仍在办理".to_owned();
    }
    let text = match state.stage {
        Stage::None | Stage::Filed => "已经收到，等待受理",
        Stage::Accepted => "已经受理，正在派单",
        Stage::Dispatched => "已经派单，等待承办单位签收",
        Stage::Handling if state.round > 1 => return format!("正在第 {} 次办理", state.round),
        Stage::Handling => "正在办理",
        Stage::UnitReview => "承办单位正在审核答复",
        Stage::HotlineReview => "热线办正在审核答复",
        Stage::CallBack => "已经答复，请您评价",
        Stage::Judging if state.disputed => "您说没有解决，热线办正在研判",
        Stage::Judging => "已经回访，热线办正在研判",
        Stage::Archived => "已经办结",
        Stage::Refused => "不予受理，请看说明和正确的渠道",
    };
    text.to_owned()
}

fn state_tag(state: &CaseState, now: Instant) -> Tag {
    if progress::late(state, now) && !state.stage.is_answered() {
        return Tag::new("已超期", Tone::Bad);
    }
    match state.stage {
        Stage::CallBack => Tag::new("已答复", Tone::Good),
        stage => words::stage(stage, false),
    }
}

fn holder(reference: &Reference, state: &CaseState) -> String {
    match state.stage {
        Stage::Archived => "已办结".to_owned(),
        Stage::Refused => "已结束".to_owned(),
        _ => words::case_holder(reference, state),
    }
}

/// The date that counts for the citizen.
pub(crate) fn next_date(state: &CaseState) -> Option<&Clock> {
    if state.stage.is_ended() {
        return None;
    }
    state.running(ClockKind::Promise).or_else(|| state.running(ClockKind::Total)).or_else(|| state.next_due())
}

fn date_name(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::Promise | ClockKind::Total => "答复期限",
        ClockKind::CallBack => "回访期限",
        other => other.label(),
    }
}

fn total(state: &CaseState, end: Instant) -> String {
    let Some(filed) = state.filed_at else { return String::new() };
    let promised = state.latest(ClockKind::Promise).map(|clock| format!("承诺 {}内答复；", clock.limit.words())).unwrap_or_default();
    let used = match state.answered_at {
        Some(answered) => format!("从收到到答复用了{}", spaced(answered - filed)),
        None if state.stage.is_ended() && state.ended_at.is_none() => {
            return format!("{promised}来源系统没有写明办结时间，不推算用时。");
        }
        None if state.stage.is_ended() => format!("从收到到结束用了{}", spaced(end - filed)),
        None => format!("从收到到现在已用{}", spaced(end - filed)),
    };
    format!("{promised}{used}（含夜间和休息日）。下面是每一段时间在谁手里。")
}

/// A duration inside a sentence: a figure keeps its distance from the words before it.
fn spaced(duration: chrono::TimeDelta) -> String {
    let text = words::duration(duration);
    if text.starts_with(|c: char| c.is_ascii_digit()) { format!(" {text}") } else { text }
}

fn rated(opened: &OpenedCase) -> Option<Vec<SummaryRow>> {
    let stars = opened.state.stars?;
    let label =
        grade_choices("").into_iter().find(|choice| choice.value == stars.to_string()).map(|choice| choice.label).unwrap_or_default();
    let words = opened.entries.iter().rev().find_map(|entry| match &entry.event {
        CaseEvent::Rated(rated) => Some(rated.words.as_ref().map(|words| words.text().to_owned()).unwrap_or_default()),
        _ => None,
    });
    Some(vec![SummaryRow::new("评价", &label), SummaryRow::new("想说的话", &words.unwrap_or_default())])
}

/// Who looked, by unit and role; not told on reports of wrongdoing.
fn readings(app: &Application, reference: &Reference, case: CaseId, state: &CaseState) -> Result<Option<Table>, Fault> {
    if state.wrongdoing {
        return Ok(None);
    }
    let readings = app.audit.of_case(case, state, READINGS).map_err(|error| Fault::Internal(error.to_string()))?;
    let mut rows: Vec<(String, Reading, usize)> = Vec::new();
    for one in readings.into_iter().filter(|one| one.what.starts_with("case")) {
        // Who opens a case five times on one day looked at it on that day; one line with the latest time.
        let key = format!("{}/{}/{}", domain::time::legal_day(one.at), one.account, one.what);
        if let Some(row) = rows.iter_mut().find(|(known, _, _)| *known == key) {
            row.2 += 1;
            continue;
        }
        let account = Uuid::try_parse(&one.account).ok().and_then(|id| reference.account(AccountId(id)));
        let role = account.and_then(|account| account.roles.first()).map_or("工作人员", |role| role.label());
        let unit = domain::ids::UnitCode::parse(&one.unit).map(|code| words::unit(reference, &code)).unwrap_or_else(|_| "平台".to_owned());
        let what = if one.what == "case+contact" { "工单和联系方式" } else { "工单，不含联系方式" };
        rows.push((key, Reading { at: words::moment(one.at), unit, role: role.to_owned(), what: what.to_owned() }, 1));
    }
    let rows = rows.into_iter().map(|(_, reading, times)| match times {
        1 => reading,
        _ => Reading { what: format!("{}（当天 {times} 次）", reading.what), ..reading },
    });
    Ok(Some(readings_table(rows.collect())))
}
