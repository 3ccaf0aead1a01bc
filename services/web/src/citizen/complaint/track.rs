//! Following a complaint: where it stands on the route map, the dates that were promised, the answer, the request for a
//! review. Names nobody, and tells nothing of who read the file (practice.md 26).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::investigations::Command;
use application::supervision::OpenedStream;
use application::{Actor, Error, Meta};
use domain::ids::InvestigationId;
use domain::investigation::{Investigation, InvestigationEvent, Stage};
use domain::refusal::Refusal;
use domain::time::{from_micros, micros};
use templates::citizen::{ComplaintCase, ComplaintTrack};
use templates::components::{Errors, TimelineItem, Tone};
use templates::desk;
use uuid::Uuid;

use crate::citizen::lookup::Thing;
use crate::cookies::names;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, invalid, page, see_other};
use crate::form::Form;
use crate::oversight::investigations::say;
use crate::{csrf, shell, words};

const THING: Thing = Thing { name: "投诉", paper: "投诉回执" };
const PURPOSE: &str = "complaint";
/// A browser follows for half an hour after it last looked.
const SECONDS: i64 = 1_800;

/// `GET /complaint/track`
///
/// # Errors
/// Never.
pub async fn form(ctx: Ctx) -> Reply {
    let kept = ctx.kept().map(|kept| Form::of(kept.fields).get("number").to_owned()).unwrap_or_default();
    page(&track_page(&ctx, &kept, Errors::none()))
}

fn track_page(ctx: &Ctx, number: &str, errors: Errors) -> ComplaintTrack {
    let form = desk::Form::new("", "/complaint/track", &csrf::token(ctx), &ctx.app().ids.uuid().to_string()).with(errors);
    ComplaintTrack { shell: shell::of(ctx), form, number: number.to_owned() }
}

/// `POST /complaint/track`: an unknown number and a wrong code give the same answer after the same work.
///
/// # Errors
/// [`Fault::TooMany`].
pub async fn open(ctx: Ctx, form: Form) -> Reply {
    let (number, code, errors) = THING.asked(&ctx, &form)?;
    if errors.any() {
        return invalid(&track_page(&ctx, number, errors));
    }
    match ctx.app().track_complaint(number, code, &ctx.client()) {
        Ok(id) => {
            follow(&ctx, id);
            see_other("/complaint/case")
        }
        Err(Error::NotFound) => {
            let errors = Errors::one("number", "编号和查询码对不上，请对照投诉回执检查后重新输入；连续输错后需要等待一段时间");
            Ok(html(HttpResponse::build(StatusCode::NOT_FOUND), &track_page(&ctx, number, errors)))
        }
        Err(error) => Err(error.into()),
    }
}

fn follow(ctx: &Ctx, id: InvestigationId) {
    let until = micros(ctx.app().now()) + SECONDS * 1_000_000;
    let content = [id.0.as_bytes().as_slice(), &until.to_be_bytes()].concat();
    ctx.set_sealed(names::COMPLAINT, PURPOSE, &content, Some(SECONDS));
}

fn followed(ctx: &Ctx) -> Result<InvestigationId, Fault> {
    let read = || {
        let bytes = ctx.sealed(names::COMPLAINT, PURPOSE)?;
        let (id, until) = bytes.split_at_checked(16)?;
        let until = from_micros(i64::from_be_bytes(until.try_into().ok()?));
        (until > ctx.app().now()).then_some(InvestigationId(Uuid::from_slice(id).ok()?))
    };
    read().ok_or_else(|| {
        ctx.flash(false, "请输入投诉编号和查询码。查询后半小时没有操作，需要重新输入。");
        Fault::Elsewhere("/complaint/track")
    })
}

/// `POST /complaint/leave`
///
/// # Errors
/// Never.
pub async fn leave(ctx: Ctx, _: Form) -> Reply {
    let all = [names::COMPLAINT, names::COMPLAINT_RECEIPT];
    all.iter().chain(&names::KEPT).filter(|name| ctx.cookie(name).is_some()).for_each(|name| ctx.remove_cookie(name));
    ctx.flash(true, "已退出查询，这个浏览器不再能看到这件投诉。");
    see_other("/complaint/track")
}

/// `GET /complaint/case`
///
/// # Errors
/// Log errors.
pub async fn case(ctx: Ctx) -> Reply {
    let id = followed(&ctx)?;
    follow(&ctx, id);
    let reason = ctx.kept().map(|kept| Form::of(kept.fields).get("reason").to_owned()).unwrap_or_default();
    page(&case_page(&ctx, id, reason, Errors::none()).await?)
}

/// `POST /complaint/review`
///
/// # Errors
/// Log errors.
pub async fn review(ctx: Ctx, form: Form) -> Reply {
    let id = followed(&ctx).inspect_err(|_| {
        ctx.keep("/complaint/case", form.fields());
    })?;
    let command = form.uuid("form_id").unwrap_or_else(|| ctx.app().ids.uuid());
    let meta = Meta::new(Actor::Complainant(id), Uuid::new_v5(&id.0, command.as_bytes())).based_on(form.number("revision"));
    let reason = form.get("reason").to_owned();
    match ctx.app().on_investigation(&meta, id, &Command::RequestReview(reason.clone())).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, "已收到复查申请，由另外的调查人员办理。");
            see_other("/complaint/case")
        }
        Err(Error::Refused(Refusal::Fields(fields))) => {
            let errors = fields.iter().fold(Errors::none(), |errors, field| errors.and(field.name, &field.words));
            invalid(&case_page(&ctx, id, reason, errors).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn case_page(ctx: &Ctx, id: InvestigationId, reason: String, errors: Errors) -> Result<ComplaintCase, Fault> {
    let app = ctx.app();
    let opened = app.open_complaint(id).await?;
    let (reference, now) = (app.reference(), app.now());
    let state = &opened.state;
    let due = state.due();
    let open = state.review_request.as_ref().filter(|until| state.stage == Stage::Closed && now < until.due);
    let review = open.map(|_| {
        desk::Form::new("review", "/complaint/review", &csrf::token(ctx), &app.ids.uuid().to_string()).at(opened.revision).with(errors)
    });
    let note = match (state.anonymous, &state.review_request, open) {
        (true, ..) => "您选择了匿名：我们会核查，但不答复结果。".to_owned(),
        (_, Some(until), None) if state.stage == Stage::Closed => format!("申请复查的期限 {} 已过。", words::due(until.due).text),
        _ if state.round > 1 && state.stage == Stage::Closed => "复查已经完成，本件不再复查。".to_owned(),
        _ => String::new(),
    };
    Ok(ComplaintCase {
        shell: shell::of(ctx),
        csrf: csrf::token(ctx),
        number: words::number(&state.number),
        unit: words::unit(&reference, &state.unit),
        headline: headline(state),
        state: say::stage(&spoken(state)),
        due_name: due.map(|clock| clock.kind.label().to_owned()).unwrap_or_default(),
        countdown: due.map(|clock| say::countdown(clock, now)),
        route: say::route(state, "您", now),
        timeline: timeline(&opened),
        answer: answer(&opened),
        note,
        review,
        review_until: open.map(|until| words::due(until.due)).unwrap_or_default(),
        reason,
    })
}

/// The steps inside the office are one step for the complainant.
fn spoken(state: &Investigation) -> Investigation {
    let stage = match state.stage {
        Stage::Accepted | Stage::Reported | Stage::Signed => Stage::Investigating,
        other => other,
    };
    Investigation { stage, ..state.clone() }
}

fn headline(state: &Investigation) -> String {
    match state.stage {
        Stage::Filed => "已经收到，等待决定是否受理",
        Stage::Refused => "不予受理，请看理由和该找谁",
        Stage::Accepted | Stage::Investigating | Stage::Reported | Stage::Signed if state.round > 1 => "正在复查",
        Stage::Accepted | Stage::Investigating | Stage::Reported | Stage::Signed => "正在调查",
        Stage::Concluded => "调查已经完成，正在准备答复",
        Stage::Closed if state.anonymous => "已经办结",
        Stage::Closed => "已经答复",
    }
    .to_owned()
}

/// What the complainant is told, newest first: no names, no steps inside the office, no result before the answer.
fn timeline(opened: &OpenedStream<Investigation>) -> Vec<TimelineItem> {
    let item = |entry: &application::supervision::StreamEntry<InvestigationEvent>| {
        let (title, lines, tone) = match &entry.event {
            InvestigationEvent::Filed(_) => ("收到您的投诉".to_owned(), Vec::new(), Tone::Neutral),
            InvestigationEvent::Accepted(e) => (format!("已受理，最迟 {} 作出结论", words::due(e.close.due).text), Vec::new(), Tone::Info),
            InvestigationEvent::Refused(e) => (format!("不予受理：{}", e.ground.label()), Vec::new(), Tone::Neutral),
            InvestigationEvent::Extended(e) => {
                (format!("情况复杂，期限延长到 {}", words::due(e.close.due).text), words::lines(e.reason.text()), Tone::Warn)
            }
            InvestigationEvent::Answered(_) => ("已答复".to_owned(), Vec::new(), Tone::Good),
            InvestigationEvent::ReviewRequested(e) => {
                (format!("您申请复查，最迟 {} 作出结论", words::due(e.review.due).text), words::lines(e.reason.text()), Tone::Info)
            }
            _ => return None,
        };
        Some(TimelineItem { at: words::moment(entry.occurred_at), title, by: String::new(), lines, tone })
    };
    opened.entries.iter().rev().filter_map(item).collect()
}

/// The latest answer, or why it was not accepted and where else to go. Who stays unnamed gets no result.
fn answer(opened: &OpenedStream<Investigation>) -> Option<(String, Vec<String>)> {
    opened.entries.iter().rev().find_map(|entry| match &entry.event {
        InvestigationEvent::Answered(e) => Some(("答复意见".to_owned(), words::lines(e.words.text()))),
        InvestigationEvent::Refused(e) => {
            let mut lines = vec![format!("{}。", e.ground.label())];
            lines.extend(words::lines(e.words.text()));
            lines.push(e.ground.path().to_owned());
            Some(("不予受理的理由".to_owned(), lines))
        }
        _ => None,
    })
}
