//! Taking over another system's tickets: the first state gives the case, a later state gives the difference.
//!
//! No notices, no sign-for or contact limits: the source does not tell them. What it only asserts stays asserted.

use super::intake::titled;
use super::{Context, Happened};
use crate::case::clock::{Clock, ClockKind, Frozen};
use crate::case::command::{Rejection, TakeOver};
use crate::case::event::{
    AnswerReported, Archived, BreachWithdrawn, CaseEvent, Ending, External, Filed, HolderReported, OutcomeAsserted, Reclassified,
    SourceChanged, WithdrawReason,
};
use crate::case::state::{CaseState, apply};
use crate::private::Private;
use crate::rulebook::{Conditions, Measure};
use crate::time::Instant;

pub(super) fn take_over(case: &CaseState, row: &TakeOver, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.exists() && case.external.is_none() {
        return Err(Rejection::Stage(case.stage)); // Filed here: no source may change it.
    }
    if case.external.as_ref().is_some_and(|external| external.fingerprint == row.fingerprint) {
        return Ok(Vec::new());
    }
    let mut done = Progress { state: case.clone(), events: Vec::new() };
    let urgency = context.rules.urgencies.first().map_or("", |urgency| urgency.code.as_str());
    if case.exists() {
        done.push(context.now, SourceChanged { fingerprint: row.fingerprint.clone(), demand: Some(Private::new(titled(&row.demand))) });
        if (&case.class, &case.category, &case.division) != (&row.class, &row.category, &row.division) {
            done.push(
                context.now,
                Reclassified { class: row.class.clone(), category: row.category.clone(), division: row.division.clone() },
            );
        }
    } else {
        let class = context.rules.class(&row.class);
        let limits = limits(row, urgency, context)?;
        done.push(
            row.filed_at,
            Filed {
                number: row.number.clone(),
                class: row.class.clone(),
                wrongdoing: class.is_some_and(|class| class.wrongdoing),
                channel: row.channel.clone(),
                urgency: urgency.to_owned(),
                division: row.division.clone(),
                category: row.category.clone(),
                demand: Private::new(titled(&row.demand)),
                petitioner: row.petitioner.clone().map(Private::new),
                agent: None,
                confidential: class.is_some_and(|class| class.wrongdoing),
                publish: false,
                notice: String::new(),
                external: Some(External { source: row.source.clone(), id: row.external_id.clone(), fingerprint: row.fingerprint.clone() }),
                // The matter's limit runs from filing: the source does not tell when it was dispatched.
                frozen: row.can_be_judged().then(|| frozen(row.filed_at, ClockKind::Total, limits, context)),
            },
        );
    }
    let holder_changed = row.unit.as_ref().is_some_and(|(unit, _)| done.state.unit.as_ref() != Some(unit));
    if let Some((unit, level)) = row.unit.as_ref().filter(|_| holder_changed) {
        let answered = row.answer.as_ref().and_then(|(_, at)| *at);
        // Somebody new has it since we last looked: at the latest now, and before it answered. Of a case that has ended
        // it is a correction: the same as if the first state had told it.
        let at = if case.exists() && !case.stage.is_ended() {
            answered.map_or(context.now, |at| at.min(context.now)).max(row.filed_at)
        } else {
            row.filed_at
        };
        // No limit where no time can tell whether it was kept, nor beside a breach of the matter that is counted already.
        let handles = row.can_be_judged()
            && done.state.answered_at.is_none()
            && (!case.exists() || answered.is_none())
            && !done.state.clocks.iter().any(|clock| clock.kind == ClockKind::Total && clock.breached);
        let limits = context.limits(Conditions { class: &row.class, channel: &row.channel, urgency, level: Some(*level) })?;
        let frozen = handles.then(|| context.frozen(at, &[(ClockKind::Handle, &limits.handle)]));
        done.push(at, HolderReported { unit: unit.clone(), level: *level, frozen });
    }
    if let Some((answer, answered_at)) = &row.answer {
        // Without a time it is only known that it was answered by now; nothing is judged by a time that nobody told.
        let at = answered_at.or(done.state.answered_at).unwrap_or(context.now);
        if answered_at.is_some() {
            judge_times(&mut done, at);
        }
        done.push(at, AnswerReported { answer: Private::new(answer.clone()) });
    }
    for asserted in &row.asserted {
        let known = done.state.asserted.contains(&(asserted.measure.code().to_owned(), asserted.value));
        // Said again for another unit, it counts for that unit.
        if !known || (holder_changed && case.exists()) {
            if asserted.measure == Measure::Answered && asserted.value {
                withdraw(&mut done, context.now);
            }
            done.push(
                if case.exists() { context.now } else { row.filed_at },
                OutcomeAsserted {
                    measure: asserted.measure,
                    unit: row.unit.as_ref().map(|(unit, _)| unit.clone()),
                    value: asserted.value,
                    provenance: asserted.provenance.clone(),
                },
            );
        }
    }
    let ended = done.state.answered_at.is_some() || !done.state.asserted.is_empty();
    if ended && !done.state.stage.is_ended() {
        let at = done.state.answered_at.unwrap_or(if case.exists() { context.now } else { row.filed_at });
        done.push(at, Archived { ending: Ending::Source });
    }
    Ok(done.events)
}

fn limits<'a>(row: &TakeOver, urgency: &str, context: Context<'a>) -> Result<&'a crate::rulebook::LimitRule, Rejection> {
    let level = row.unit.as_ref().map(|(_, level)| *level);
    context.rules.limits(Conditions { class: &row.class, channel: &row.channel, urgency, level }).ok_or(Rejection::NoLimits)
}

fn frozen(from: Instant, kind: ClockKind, limits: &crate::rulebook::LimitRule, context: Context<'_>) -> Frozen {
    context.frozen(from, &[(kind, &limits.total)])
}

impl TakeOver {
    /// The source gives the times by which a limit can be judged.
    fn can_be_judged(&self) -> bool {
        self.asserted.is_empty() && self.answer.as_ref().is_none_or(|(_, at)| at.is_some())
    }
}

/// Judges the limits that the reported answer ends, and judges them again when the source corrects the time of an
/// answer: a breach on record is withdrawn when the answer was in time (invariant 9), a broken limit without a breach
/// gets it at its due instant.
fn judge_times(done: &mut Progress, answered: Instant) {
    let corrected = done.state.answered_at.is_some_and(|before| before != answered);
    let before = done.state.answered_at;
    let mut clocks: Vec<Clock> =
        [ClockKind::Total, ClockKind::Handle].into_iter().filter_map(|kind| done.state.latest(kind)).cloned().collect();
    clocks.sort_by_key(|clock| clock.due);
    for clock in &clocks {
        let same = |one: &&Clock| (one.kind, one.round, &one.holder) == (clock.kind, clock.round, &clock.holder);
        if done.state.clocks.iter().filter(same).any(|one| one.breached && one.keeps(answered)) {
            done.push(answered, BreachWithdrawn { clock: clock.kind, round: clock.round, reason: WithdrawReason::AnsweredInTime });
        } else if !clock.breached && !clock.keeps(answered) && (clock.runs() || (corrected && clock.met && clock.ended == before)) {
            let breach = super::automation::breach(&done.state, clock);
            done.push(clock.due, breach);
        }
    }
}

/// The source says that it was in time: breaches that we recorded ourselves are taken back.
fn withdraw(done: &mut Progress, at: Instant) {
    for kind in [ClockKind::Total, ClockKind::Handle] {
        if let Some(clock) = done.state.latest(kind).filter(|clock| clock.breached) {
            let withdrawn = BreachWithdrawn { clock: kind, round: clock.round, reason: WithdrawReason::AnsweredInTime };
            done.push(at, withdrawn);
        }
    }
}

/// Events decided so far and the state after them.
struct Progress {
    state: CaseState,
    events: Vec<Happened>,
}

impl Progress {
    fn push(&mut self, at: Instant, event: impl Into<CaseEvent>) {
        let event = event.into();
        apply(&mut self.state, at, &event);
        self.events.push(Happened { at, event });
    }
}
