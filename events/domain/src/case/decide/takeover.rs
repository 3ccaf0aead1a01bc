//! Taking over another system's tickets: the first state gives the case, a later state gives the difference.
//!
//! No notices, no sign-for or contact limits: the source does not tell them. What it only asserts stays asserted.

use super::intake::titled;
use super::{Context, Happened};
use crate::case::clock::{ClockKind, Frozen};
use crate::case::command::{Rejection, TakeOver};
use crate::case::event::{
    AnswerReported, Archived, BreachWithdrawn, CaseEvent, Ending, External, Filed, HolderReported, OutcomeAsserted, Reclassified, SourceChanged, WithdrawReason,
};
use crate::case::state::{CaseState, Stage, apply};
use crate::private::Private;
use crate::rulebook::Conditions;
use crate::time::Instant;

pub(super) fn take_over(case: &CaseState, row: &TakeOver, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.external.as_ref().is_some_and(|external| external.fingerprint == row.fingerprint) {
        return Ok(Vec::new());
    }
    let mut done = Progress { state: case.clone(), events: Vec::new() };
    let urgency = context.rules.urgencies.first().map_or("", |urgency| urgency.code.as_str());
    if case.exists() {
        done.push(context.now, SourceChanged { fingerprint: row.fingerprint.clone(), demand: Some(Private::new(titled(&row.demand))) });
        if (&case.class, &case.category, &case.division) != (&row.class, &row.category, &row.division) {
            done.push(context.now, Reclassified { class: row.class.clone(), category: row.category.clone(), division: row.division.clone() });
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
                frozen: row.asserted.is_empty().then(|| frozen(row.filed_at, ClockKind::Total, limits, context)),
            },
        );
    }
    if let Some((unit, level)) = &row.unit
        && done.state.unit.as_ref() != Some(unit)
    {
        let at = if case.exists() { context.now } else { row.filed_at };
        let handles = row.asserted.is_empty() && row.answer.as_ref().is_none_or(|(_, at)| at.is_some());
        let limits = context.limits(Conditions { class: &row.class, channel: &row.channel, urgency, level: Some(*level) })?;
        let frozen = handles.then(|| context.frozen(at, &[(ClockKind::Handle, &limits.handle)]));
        done.push(at, HolderReported { unit: unit.clone(), level: *level, frozen });
    }
    if let Some((answer, answered_at)) = &row.answer
        && done.state.answered_at.is_none()
    {
        let at = answered_at.unwrap_or(context.now);
        judge_times(&mut done, at);
        done.push(at, AnswerReported { answer: Private::new(answer.clone()) });
    }
    for asserted in &row.asserted {
        if !done.state.asserted.contains(&(asserted.measure.code().to_owned(), asserted.value)) {
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
    if ended && done.state.stage != Stage::Archived {
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

/// Limits that the reported answer ends: broken ones get their breach at the due instant, a breach that was recorded
/// before the fact arrived is withdrawn when the answer was in time (invariant 9).
fn judge_times(done: &mut Progress, answered: Instant) {
    for clock in done.state.clocks.clone().iter().filter(|clock| clock.runs()) {
        if clock.kind == ClockKind::Promise {
            continue;
        }
        if clock.breached && answered <= clock.due {
            done.push(answered, BreachWithdrawn { clock: clock.kind, round: clock.round, reason: WithdrawReason::AnsweredInTime });
        } else if !clock.breached && answered > clock.due {
            let breach = super::automation::breach(&done.state, clock);
            done.push(clock.due, breach);
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
