//! Inside the unit: sign for, assign, contact, answer, approve; and the hotline's review.

use super::{Context, Happened, at_stage, one_text};
use crate::case::clock::{ClockKind, Frozen};
use crate::case::command::{Field, Rejection};
use crate::case::event::{Answered, Approved, Archived, Assigned, Contacted, Ending, Means, Outcome, Passed, SentBack, Signed};
use crate::case::state::{CaseState, Stage};
use crate::ids::AccountId;
use crate::private::Private;

/// Contacts that were tried in vain before an answer is accepted without one.
const VAIN_CONTACTS: u8 = 3;

pub(super) fn sign(case: &CaseState, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.stage == Stage::Handling {
        return Ok(Vec::new());
    }
    at_stage(case, &[Stage::Dispatched])?;
    Ok(vec![context.happened(Signed {})])
}

pub(super) fn assign(
    case: &CaseState,
    section: &str,
    handler: Option<AccountId>,
    context: Context<'_>,
) -> Result<Vec<Happened>, Rejection> {
    at_stage(case, &[Stage::Dispatched, Stage::Handling])?;
    let section = one_text(Field::Section, section, 0, 40)?;
    if case.section == section && case.handler == handler {
        return Ok(Vec::new());
    }
    let mut events = Vec::new();
    if case.stage == Stage::Dispatched {
        events.push(context.happened(Signed {})); // Who assigns it has received it.
    }
    events.push(context.happened(Assigned { section, handler }));
    Ok(events)
}

pub(super) fn contact(case: &CaseState, means: Means, reached: bool, note: &str, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    at_stage(case, &[Stage::Handling])?;
    let note = one_text(Field::Note, note, 2, 1000)?;
    Ok(vec![context.happened(Contacted { means, reached, note: Private::new(note) })])
}

pub(super) fn answer(case: &CaseState, answer: &str, outcome: Outcome, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    at_stage(case, &[Stage::Handling])?;
    // Only where the rules asked for a contact, so that anonymous cases can be answered.
    let asked = case.clocks.iter().any(|clock| clock.kind == ClockKind::Contact && clock.round == case.round);
    if asked && !case.contacted && case.contact_attempts < VAIN_CONTACTS {
        return Err(Rejection::ContactFirst);
    }
    let answer = one_text(Field::Answer, answer, 10, 5000)?;
    Ok(vec![context.happened(Answered { answer: Private::new(answer), outcome })])
}

pub(super) fn approve(case: &CaseState, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.stage == Stage::HotlineReview {
        return Ok(Vec::new());
    }
    at_stage(case, &[Stage::UnitReview])?;
    let frozen = context.frozen(context.now, &[(ClockKind::Review, &context.rules.review.limit)]);
    Ok(vec![context.happened(Approved { frozen })])
}

pub(super) fn send_back(case: &CaseState, reason: &str, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    at_stage(case, &[Stage::UnitReview, Stage::HotlineReview])?;
    let reason = one_text(Field::Reason, reason, 2, 1000)?;
    let by_hotline = case.stage == Stage::HotlineReview;
    let frozen = by_hotline.then(|| resumed(case, context));
    Ok(vec![context.happened(SentBack { by_hotline, reason: Private::new(reason), frozen })])
}

/// The handling limit after a send-back: the old due instant, or the rulebook's time for mending if that is later.
fn resumed(case: &CaseState, context: Context<'_>) -> Frozen {
    let mut frozen = context.frozen(context.now, &[(ClockKind::Handle, &context.rules.review.sent_back)]);
    if let (Some(set), Some(old)) = (frozen.clocks.first_mut(), case.latest(ClockKind::Handle))
        && old.due >= set.due
    {
        set.limit = old.limit;
        set.due = old.due;
        set.warn_at = old.warn_at.filter(|at| *at > context.now);
        set.provisional = old.provisional;
        frozen.from = old.from;
        frozen.calendar.clone_from(&old.calendar);
        frozen.rulebook.clone_from(&old.rulebook);
    }
    frozen
}

pub(super) fn pass(case: &CaseState, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.stage == Stage::CallBack || case.ending == Some(Ending::NoCallBack) {
        return Ok(Vec::new());
    }
    at_stage(case, &[Stage::HotlineReview])?;
    let calls_back = !case.anonymous && context.rules.class(&case.class).is_none_or(|class| class.call_back);
    let frozen = calls_back.then(|| context.frozen(context.now, &[(ClockKind::CallBack, &context.rules.call_back.limit)]));
    let mut events = vec![context.happened(Passed { frozen })];
    if !calls_back {
        events.push(context.happened(Archived { ending: Ending::NoCallBack }));
    }
    Ok(events)
}
