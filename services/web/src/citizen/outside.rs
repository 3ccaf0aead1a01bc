//! The citizens' pages at a node outside: the same pages, with a letter where there is a log, and with what the inner zone
//! told where there are views.

use std::sync::Arc;

use actix_web::web::block;
use application::cases::{Entry, OpenedCase};
use application::zones::{Letter, Outside, What};
use application::{Application, Error};
use domain::case::command::{FieldFault, File};
use domain::case::state::apply;
use domain::case::{CaseState, Command, Context, Rejection, Stage, decide};
use domain::ids::CaseId;
use domain::time::{Period, micros};
use serde::{Deserialize, Serialize};
use templates::citizen::{Receipt, TrackCase, grade_choices};
use templates::components::{Errors, SummaryRow};
use templates::public::Figures;
use uuid::Uuid;
use vault::zones::CaseKey;

use super::home::HomeFigures;
use super::track::{self, Typed};
use crate::cookies::names;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::zones::{CaseView, HOME, page_of};
use crate::{shell, words};

const PURPOSE: &str = "track outside";
/// Half an hour.
const TRACKED: i64 = 1_800;

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}

/// Seals a demand into a letter and keeps what its petitioner may see until the inner zone knows of it.
pub(super) async fn file(ctx: &Ctx, outside: &Arc<Outside>, form: Uuid, file: File) -> Result<CaseId, Error> {
    let app = ctx.app();
    let (reference, now, case) = (app.reference(), app.now(), CaseId::of_form(form));
    let rules = words::rules(&reference, now).ok_or(Error::NoRulebook)?;
    let command = Command::File(Box::new(file.clone()));
    let happened = decide(&CaseState::default(), &command, Context { now, rules: &rules, calendar: reference.calendar() })?;
    send(outside, Letter { form, at: now, what: What::File(Box::new(file)) }).await?;
    let mut opened = OpenedCase { case, state: CaseState::default(), revision: 0, entries: Vec::new(), contact: false, restricted: false };
    for (index, one) in happened.into_iter().enumerate() {
        apply(&mut opened.state, one.at, &one.event);
        opened.entries.push(Entry {
            seq: 0,
            revision: index as u64,
            id: case.0,
            occurred_at: one.at,
            recorded_at: now,
            actor: "citizen".to_owned(),
            on_behalf: None,
            leaf: [0; 32],
            event: one.event,
        });
    }
    let code = outside.query_code(case);
    let view = CaseView::of(app, &opened, &code).map_err(|fault| internal(format!("{fault:?}")))?;
    let (key, bytes) = (CaseKey::new(&opened.state.number, &code), view.to_bytes().map_err(internal)?);
    aside(outside, move |outside| outside.keep(&key, &bytes)).await?;
    Ok(case)
}

async fn send(outside: &Arc<Outside>, letter: Letter) -> Result<(), Error> {
    aside(outside, move |outside| outside.send(&letter)).await
}

/// Does what syncs to disk: it does not hold up the thread of the pages.
async fn aside<T: Send + 'static>(
    outside: &Arc<Outside>,
    work: impl FnOnce(&Outside) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let outside = outside.clone();
    block(move || work(&outside)).await.map_err(internal)?
}

/// `/file/receipt`
pub(super) fn receipt(ctx: &Ctx, outside: &Outside, case: CaseId) -> Reply {
    let key = CaseKey::new(&outside.number(case), &outside.query_code(case));
    let receipt = read(outside, &key)?.and_then(|view| view.receipt);
    let Some(receipt) = receipt else {
        ctx.flash(false, "回执已不在这个浏览器里。请用工单编号和查询码查进度。");
        return see_other("/track");
    };
    page(&Receipt { shell: shell::of(ctx), ..receipt })
}

fn read(outside: &Outside, key: &CaseKey) -> Result<Option<CaseView>, Fault> {
    outside.case(key)?.map(|bytes| CaseView::read(&bytes)).transpose().map_err(|error| Fault::Internal(error.to_string()))
}

/// Which case this browser follows: sealed, for half an hour.
#[derive(Serialize, Deserialize)]
struct Tracked {
    number: String,
    code: String,
    until: i64,
}

/// Looks for a number and code; wrong guesses wait as they do inside.
pub(super) fn find(ctx: &Ctx, outside: &Outside, number: &str, code: &str) -> Result<(), Error> {
    let look = |number: &str| Ok(outside.case(&CaseKey::new(number, code))?.map(|_| number.to_owned()));
    let number = ctx.app().guess(number, &ctx.client(), look)?;
    follow(ctx, number, code.to_owned());
    Ok(())
}

fn follow(ctx: &Ctx, number: String, code: String) {
    let until = micros(ctx.app().now()) + TRACKED * 1_000_000;
    if let Ok(bytes) = serde_json::to_vec(&Tracked { number, code, until }) {
        ctx.set_sealed(names::TRACK, PURPOSE, &bytes, Some(TRACKED));
    }
}

fn tracked(ctx: &Ctx) -> Result<Tracked, Fault> {
    let held: Option<Tracked> = ctx.sealed(names::TRACK, PURPOSE).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    held.filter(|held| held.until > micros(ctx.app().now())).ok_or_else(|| track::untracked(ctx))
}

/// `GET /track/case`
pub(super) fn case(ctx: &Ctx, outside: &Outside) -> Result<TrackCase, Fault> {
    let held = tracked(ctx)?;
    let typed = ctx.kept().map(|kept| Typed::of(&Form::of(kept.fields))).unwrap_or_default();
    let shown = case_page(ctx, outside, &held, typed, Errors::none())?;
    follow(ctx, held.number, held.code);
    Ok(shown)
}

fn case_page(ctx: &Ctx, outside: &Outside, held: &Tracked, typed: Typed, errors: Errors) -> Result<TrackCase, Fault> {
    let view = read(outside, &CaseKey::new(&held.number, &held.code))?.ok_or_else(|| track::untracked(ctx))?;
    // What did not change is as fresh as the last word of the inner zone; before it knows of the case, as the filing.
    let fresh = if view.known { outside.as_of()?.map_or(view.as_of, |told| told.max(view.as_of)) } else { view.as_of };
    let countdown = view.clock.map(|(due, warn, provisional)| words::countdown(due, warn, provisional, ctx.app().now()));
    let shown = TrackCase { fresh: Some(words::moment(fresh)), countdown, ..view.track };
    Ok(track::dressed(ctx, shown, view.revision, typed, errors))
}

/// `POST /track/rate`, `POST /track/unsolved`: a letter, and a note on the page until the inner zone tells it anew.
pub(super) async fn act(ctx: &Ctx, outside: &Arc<Outside>, form: &Form, command: &Command, done: &str) -> Reply {
    let held = tracked(ctx).inspect_err(|_| {
        ctx.keep("/track/case", form.fields());
    })?;
    let (number, code) = (held.number.clone(), held.code.clone());
    let what = match command {
        Command::Rate { stars, words } => What::Rate { number, code, stars: *stars, words: words.trim().to_owned() },
        Command::Dispute { words } => What::Dispute { number, code, words: words.trim().to_owned() },
        _ => return Err(Fault::Inside),
    };
    let faults = faults(ctx.app(), command)?;
    if !faults.is_empty() {
        return invalid(&case_page(ctx, outside, &held, Typed::of(form), track::errors(command, &faults))?);
    }
    let key = CaseKey::new(&held.number, &held.code);
    let open = read(outside, &key)?.is_some_and(|view| match command {
        Command::Rate { .. } => view.track.can_rate,
        _ => view.track.can_object,
    });
    if !open {
        let errors = Errors::one("", "此前已经提交，或者现在不能提交，没有重复登记");
        return invalid(&case_page(ctx, outside, &held, Typed::of(form), errors)?);
    }
    let form = form.uuid("form_id").unwrap_or_else(|| ctx.app().ids.uuid());
    send(outside, Letter { form, at: ctx.app().now(), what }).await?;
    // Should another word have come in between, the page shows that; the letter is on its way all the same.
    let command = command.clone();
    aside(outside, move |outside| outside.amend(&key, |bytes| noted(&bytes, &command))).await?;
    ctx.flash(true, done);
    see_other("/track/case")
}

/// What the rules say to a petitioner's words, whatever the case: where it stands, the inner zone knows.
fn faults(app: &Application, command: &Command) -> Result<Vec<FieldFault>, Error> {
    let (reference, now) = (app.reference(), app.now());
    let rules = words::rules(&reference, now).ok_or(Error::NoRulebook)?;
    let answered = CaseState { stage: Stage::CallBack, ..CaseState::default() };
    match decide(&answered, command, Context { now, rules: &rules, calendar: reference.calendar() }) {
        Ok(_) => Ok(Vec::new()),
        Err(Rejection::Fields(faults)) => Ok(faults),
        Err(other) => Err(other.into()),
    }
}

/// The view with what was just sent.
fn noted(bytes: &[u8], command: &Command) -> Option<Vec<u8>> {
    let mut view = CaseView::read(bytes).ok()?;
    match command {
        Command::Rate { stars, words } => {
            let label = grade_choices("").into_iter().find(|choice| choice.value == stars.to_string())?.label;
            view.track.can_rate = false;
            view.track.rated = Some(vec![SummaryRow::new("评价", &label), SummaryRow::new("想说的话", words.trim())]);
        }
        _ => view.track.can_object = false,
    }
    view.to_bytes().ok()
}

/// The figures of `/`; empty before the inner zone told any.
pub(super) fn home(outside: &Outside) -> Result<HomeFigures, Fault> {
    let Some(bytes) = outside.figures(HOME)? else { return Ok(HomeFigures::default()) };
    serde_json::from_slice(&bytes).map_err(|error| Fault::Internal(error.to_string()))
}

/// The figures of `/public`; an empty page for a month that was not told.
pub(super) fn public(app: &Application, outside: &Outside, month: Period, latest: Period) -> Result<Figures, Fault> {
    match outside.figures(&page_of(month))? {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| Fault::Internal(error.to_string())),
        // The views of this process know no case: nothing but the empty page follows from them.
        None => super::public::view(app, month, latest).map(crate::zones::unlinked),
    }
}
