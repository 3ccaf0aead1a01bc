//! What the clock does: warnings and breaches once each, at their instant; deadlines computed anew.

use super::{Context, Happened};
use crate::case::clock::{Act, Clock, ClockKind, Holder, warn_at};
use crate::case::command::Rejection;
use crate::case::event::{BreachWithdrawn, CaseEvent, DeadlineRecomputed, DeemedReceived, LimitBreached, LimitWarned, WithdrawReason};
use crate::case::state::CaseState;
use crate::deadline::affected;
use crate::time::Instant;

pub(super) fn tick(case: &CaseState, kind: ClockKind, round: u8, act: Act, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    let Some(clock) = case.clock(kind, round) else { return Ok(Vec::new()) };
    // Folding tells whether it was done: a second tick, of this or another process, finds nothing to do.
    match clock.next() {
        Some((at, next)) if next == act && at <= context.now => {
            let event = match act {
                Act::Warn => LimitWarned { clock: kind, round }.into(),
                Act::Breach => breach(case, clock),
            };
            Ok(vec![Happened { at, event }])
        }
        _ => Ok(Vec::new()),
    }
}

/// The breaches that are owed by now and that automation has not recorded yet, oldest first.
pub(super) fn owed(case: &CaseState, now: Instant) -> Vec<Happened> {
    let mut clocks: Vec<&Clock> = case.clocks.iter().filter(|clock| clock.owes_breach(now)).collect();
    clocks.sort_by_key(|clock| clock.due);
    clocks.into_iter().map(|clock| Happened { at: clock.due, event: breach(case, clock) }).collect()
}

/// The breach of a limit; not signing for is no breach on its own but deemed receipt (practice.md 4).
pub(super) fn breach(case: &CaseState, clock: &Clock) -> CaseEvent {
    if clock.kind == ClockKind::Sign {
        return DeemedReceived {}.into();
    }
    let consumed = case.consumed(clock.from, clock.due);
    // Lateness of the matter is answered for by who consumed most of it, not by who happens to hold it (practice.md 4).
    let holder: Holder = if clock.kind == ClockKind::Total {
        consumed.iter().max_by_key(|(_, minutes)| *minutes).map_or_else(|| clock.holder.clone(), |(holder, _)| holder.clone())
    } else {
        clock.holder.clone()
    };
    LimitBreached { clock: clock.kind, round: clock.round, holder, consumed }.into()
}

pub(super) fn recompute(case: &CaseState, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    let mut events = Vec::new();
    for clock in case.clocks.iter().filter(|clock| clock.runs() && clock.calendar != context.calendar.version()) {
        let Some(new) = affected(context.calendar, &clock.input(), clock.due, clock.provisional) else { continue };
        events.push(context.happened(DeadlineRecomputed {
            clock: clock.kind,
            round: clock.round,
            limit: clock.limit,
            old: clock.due,
            due: new.due,
            warn_at: (clock.kind != ClockKind::Promise).then(|| warn_at(context.calendar, &context.rules.warning, clock.from, new.due)),
            provisional: new.provisional,
            calendar: context.calendar.version().to_owned(),
        }));
        if clock.breached && new.due > context.now {
            events.push(context.happened(BreachWithdrawn { clock: clock.kind, round: clock.round, reason: WithdrawReason::Recomputed }));
        }
    }
    Ok(events)
}
