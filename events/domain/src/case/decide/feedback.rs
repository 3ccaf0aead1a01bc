//! After the answer: call-back, rating, "not solved", judgement, handling again.

use super::{Context, Happened, at_stage, conditions, one_text, reachable_by_unit};
use crate::case::clock::ClockKind;
use crate::case::command::{Fault, Field, FieldFault, Rejection};
use crate::case::event::{Archived, CalledBack, Disputed, Ending, Judged, Rated, Rehandled, Reply};
use crate::case::state::{CaseState, Stage};
use crate::private::Private;
use crate::rulebook::Counts;

pub(super) fn call_back(
    case: &CaseState,
    reply: Option<&(bool, bool, String)>,
    note: &str,
    context: Context<'_>,
) -> Result<Vec<Happened>, Rejection> {
    at_stage(case, &[Stage::CallBack])?;
    let note = one_text(Field::Note, note, 0, 1000)?;
    let attempt = case.attempts.saturating_add(1);
    let reply = match reply {
        None => None,
        Some((contacted, solved, code)) => match context.rules.grade(code) {
            Some(grade) => Some(Reply { contacted: *contacted, solved: *solved, grade: grade.code.clone(), satisfied: grade.satisfied }),
            None => {
                let fault = if code.is_empty() { Fault::Missing } else { Fault::Unknown };
                return Err(Rejection::Fields(vec![FieldFault { field: Field::Grade, fault }]));
            }
        },
    };
    // What the petitioner says is three facts; content means solved and satisfied.
    let ending = match &reply {
        Some(reply) if reply.solved && reply.satisfied => Some(Ending::Satisfied),
        None if attempt >= context.rules.call_back.attempts => Some(Ending::NotReached),
        _ => None,
    };
    let first_counts = context.rules.call_back.counts == Counts::First;
    let mut events = vec![context.happened(CalledBack { attempt, reply, note: Private::new(note), first_counts })];
    events.extend(ending.map(|ending| context.happened(Archived { ending })));
    Ok(events)
}

pub(super) fn rate(case: &CaseState, stars: u8, words: &str, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if !case.stage.is_answered() {
        return Err(Rejection::Stage(case.stage));
    }
    if case.stars.is_some() {
        return Err(Rejection::AlreadyRated);
    }
    if !(1..=5).contains(&stars) {
        return Err(Rejection::Fields(vec![FieldFault { field: Field::Stars, fault: Fault::Missing }]));
    }
    let words = one_text(Field::Words, words, 0, 500)?;
    Ok(vec![context.happened(Rated { stars, words: (!words.is_empty()).then(|| Private::new(words)) })])
}

pub(super) fn dispute(case: &CaseState, words: &str, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.stage == Stage::Judging && case.disputed {
        return Ok(Vec::new());
    }
    at_stage(case, &[Stage::CallBack, Stage::Judging, Stage::Archived])?;
    if case.disputed || case.external.is_some() {
        return Err(Rejection::Stage(case.stage));
    }
    let words = one_text(Field::Reason, words, 5, 1000)?;
    Ok(vec![context.happened(Disputed { words: Private::new(words) })])
}

pub(super) fn judge(case: &CaseState, justified: bool, reason: &str, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    at_stage(case, &[Stage::Judging])?;
    let reason = one_text(Field::Reason, reason, 5, 1000)?;
    let mut events = vec![context.happened(Judged { justified, reason: Private::new(reason) })];
    let round = case.round.saturating_add(1);
    let next = if !justified {
        context.happened(Archived { ending: Ending::NotJustified })
    } else if case.round > context.rules.rehandling.max {
        context.happened(Archived { ending: Ending::RoundsUsed })
    } else if case.unit.is_none() {
        // The hotline had answered itself: now it has to be dispatched.
        let limits = context.limits(conditions(case))?;
        context.happened(Rehandled { round, frozen: context.frozen(context.now, &[(ClockKind::Accept, &limits.accept)]) })
    } else {
        let limits = context.limits(conditions(case))?;
        let again = &context.rules.rehandling.limit;
        let mut clocks = vec![(ClockKind::Total, again), (ClockKind::Handle, again), (ClockKind::Sign, &limits.sign)];
        if let Some(contact) = limits.contact.as_ref().filter(|_| reachable_by_unit(case)) {
            clocks.push((ClockKind::Contact, contact));
        }
        context.happened(Rehandled { round, frozen: context.frozen(context.now, &clocks) })
    };
    events.push(next);
    Ok(events)
}
