//! What counts for scores: the facts that an event adds or takes back. A score is a sum of facts, nothing else.

use super::clock::{Clock, ClockKind, Holder};
use super::event::CaseEvent;
use super::state::CaseState;
use crate::ids::UnitCode;
use crate::rulebook::{Convention, Measure, Rulebook};
use crate::time::{Instant, Period, legal_day, period_of};

/// A fact about a unit (none: the source names no unit) and an indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Which indicator.
    pub measure: Measure,
    /// Whose.
    pub unit: Option<UnitCode>,
    /// Counts in the numerator; false = in the denominator only.
    pub yes: bool,
    /// The month it belongs to by the rulebook's convention.
    pub period: Period,
    /// Asserted by a source without times.
    pub asserted: bool,
}

/// A change of the facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A fact came.
    Add(Fact),
    /// The case's facts of this measure no longer count.
    Revoke(Measure),
}

/// The changes that an event makes. `before` is the case before it, `after` the case after it; `rules` is the
/// rulebook pinned in the case.
pub fn facts(before: &CaseState, at: Instant, event: &CaseEvent, after: &CaseState, rules: &Rulebook) -> Vec<Change> {
    let view = View { after, at, rules };
    match event {
        CaseEvent::Dispatched(_) => vec![view.add(Measure::Received, true, None)],
        CaseEvent::HolderReported(_) => {
            let mut changes = Vec::new();
            if before.unit.is_some() {
                changes.push(Change::Revoke(Measure::Received));
            }
            changes.push(view.add(Measure::Received, true, None));
            changes
        }
        CaseEvent::Filed(e) if e.external.is_some() => vec![view.add(Measure::Received, true, None)],
        CaseEvent::Signed(_) => view.met(before, ClockKind::Sign, Measure::Signed),
        CaseEvent::DeemedReceived(_) => vec![view.add(Measure::Signed, false, before.running(ClockKind::Sign))],
        CaseEvent::Contacted(e) if e.reached => view.met(before, ClockKind::Contact, Measure::Contacted),
        CaseEvent::Approved(_) => view.met(before, ClockKind::Handle, Measure::Answered),
        CaseEvent::AnswerReported(_) => {
            let kind = if before.running(ClockKind::Handle).is_some() { ClockKind::Handle } else { ClockKind::Total };
            view.met(before, kind, Measure::Answered)
        }
        // A send-back takes the answer back: it is judged when the answer leaves the unit again.
        CaseEvent::SentBack(e) if e.by_hotline => {
            let broken = after.clocks.iter().any(|c| c.kind == ClockKind::Handle && c.round == after.round && c.breached);
            if broken { Vec::new() } else { vec![Change::Revoke(Measure::Answered)] }
        }
        CaseEvent::LimitBreached(e) => view.broken(before, e.clock, e.round, &e.holder),
        CaseEvent::BreachWithdrawn(e) => match e.clock {
            ClockKind::Handle | ClockKind::Total => vec![Change::Revoke(Measure::Answered), Change::Revoke(Measure::Overdue)],
            ClockKind::Contact => vec![Change::Revoke(Measure::Contacted)],
            _ => Vec::new(),
        },
        CaseEvent::CalledBack(e) => match &e.reply {
            Some(_) if e.first_counts && before.replies > 0 => Vec::new(),
            Some(reply) => vec![
                Change::Revoke(Measure::Solved),
                Change::Revoke(Measure::Satisfied),
                view.add(Measure::Solved, reply.solved, None),
                view.add(Measure::Satisfied, reply.satisfied, None),
            ],
            None => Vec::new(),
        },
        CaseEvent::Rated(e) => vec![view.add(Measure::Rated, e.stars >= 4, None)],
        CaseEvent::Rehandled(_) => vec![view.add(Measure::Rehandled, true, None)],
        CaseEvent::OutcomeAsserted(e) => {
            let mut fact = view.fact(e.measure, e.value, None);
            fact.unit.clone_from(&e.unit);
            fact.asserted = true;
            let mut changes = vec![Change::Revoke(e.measure), Change::Add(fact)];
            if e.measure == Measure::Answered {
                changes.push(Change::Revoke(Measure::Overdue));
                if !e.value {
                    changes.push(Change::Add(Fact { measure: Measure::Overdue, yes: true, unit: e.unit.clone(), asserted: true, period: view.period(Measure::Overdue, None) }));
                }
            }
            changes
        }
        _ => Vec::new(),
    }
}

struct View<'a> {
    after: &'a CaseState,
    at: Instant,
    rules: &'a Rulebook,
}

impl View<'_> {
    fn period(&self, measure: Measure, clock: Option<&Clock>) -> Period {
        let indicator = self.rules.indicator(measure);
        let moment = match indicator.map(|indicator| indicator.period) {
            Some(Convention::Dispatch) => self.after.dispatched_at.or(self.after.filed_at),
            Some(Convention::Due) => clock.map(|clock| clock.due - chrono::Duration::microseconds(1)),
            _ => None,
        };
        period_of(legal_day(moment.unwrap_or(self.at)), indicator.map_or(0, |indicator| indicator.cut_off_day))
    }

    fn fact(&self, measure: Measure, yes: bool, clock: Option<&Clock>) -> Fact {
        Fact { measure, unit: self.after.unit.clone(), yes, period: self.period(measure, clock), asserted: false }
    }

    fn add(&self, measure: Measure, yes: bool, clock: Option<&Clock>) -> Change {
        Change::Add(self.fact(measure, yes, clock))
    }

    /// A limit ended by an act: in time unless its breach is on record already.
    fn met(&self, before: &CaseState, kind: ClockKind, measure: Measure) -> Vec<Change> {
        match before.running(kind) {
            Some(clock) if !clock.breached => vec![self.add(measure, self.at <= clock.due, Some(clock))],
            _ => Vec::new(),
        }
    }

    fn broken(&self, before: &CaseState, kind: ClockKind, round: u8, holder: &Holder) -> Vec<Change> {
        let Some(clock) = before.clock(kind, round) else { return Vec::new() };
        match kind {
            ClockKind::Contact => vec![self.add(Measure::Contacted, false, Some(clock))],
            ClockKind::Handle => vec![self.add(Measure::Answered, false, Some(clock)), self.add(Measure::Overdue, true, Some(clock))],
            // Without a unit of its own limit, the matter's limit is the only one there is (imports).
            ClockKind::Total if before.latest(ClockKind::Handle).is_none() => {
                let unit = match holder {
                    Holder::Unit(unit) => Some(unit.clone()),
                    Holder::Hotline => before.unit.clone(),
                };
                [Measure::Answered, Measure::Overdue]
                    .into_iter()
                    .map(|measure| {
                        let mut fact = self.fact(measure, measure == Measure::Overdue, Some(clock));
                        fact.unit.clone_from(&unit);
                        Change::Add(fact)
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}
