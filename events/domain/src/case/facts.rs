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
///
/// The sum is always that of one verdict per limit, round and holder: a broken limit stays broken after a send-back,
/// one that was met counts once. Where an event takes something back, all of the case's facts of the measure are
/// revoked and those that still stand are added again.
pub fn facts(before: &CaseState, at: Instant, event: &CaseEvent, after: &CaseState, rules: &Rulebook) -> Vec<Change> {
    let view = View { after, at, rules };
    match event {
        CaseEvent::Dispatched(_) if before.external.is_none() => vec![view.add(Measure::Received, true, None)],
        CaseEvent::Dispatched(_) => vec![Change::Revoke(Measure::Received), view.add(Measure::Received, true, None)],
        // Taken over without a unit it counted for none; from now on it counts for this one only.
        CaseEvent::HolderReported(_) => {
            let mut changes = vec![Change::Revoke(Measure::Received), view.add(Measure::Received, true, None)];
            if before.stage.is_ended() && !asserts(before, Measure::Answered) {
                changes.extend(view.recount(deciding(after)));
            }
            changes
        }
        CaseEvent::Filed(e) if e.external.is_some() => vec![view.add(Measure::Received, true, None)],
        CaseEvent::Signed(_) => view.met(before, ClockKind::Sign),
        CaseEvent::DeemedReceived(_) => vec![view.add(Measure::Signed, false, before.running(ClockKind::Sign))],
        CaseEvent::Contacted(e) if e.reached => view.met(before, ClockKind::Contact),
        CaseEvent::Approved(_) => view.met(before, ClockKind::Handle),
        CaseEvent::AnswerReported(_) if asserts(before, Measure::Answered) => Vec::new(),
        CaseEvent::AnswerReported(_) if before.answered_at.is_some() => view.recount(deciding(after)),
        CaseEvent::AnswerReported(_) => view.met(before, deciding(before)),
        // A send-back takes the answer back: it is judged when the answer leaves the unit again.
        CaseEvent::SentBack(e) if e.by_hotline => {
            let broken = before.latest(ClockKind::Handle).is_some_and(|clock| broken_before(before, clock) || clock.breached);
            if broken { Vec::new() } else { view.recount(ClockKind::Handle) }
        }
        CaseEvent::LimitBreached(e) => view.broken(before, e.clock, e.round, &e.holder),
        CaseEvent::BreachWithdrawn(e) => match e.clock {
            ClockKind::Contact => view.recount(ClockKind::Contact),
            ClockKind::Handle => view.recount(ClockKind::Handle),
            ClockKind::Total if deciding(after) == ClockKind::Total => view.recount(ClockKind::Total),
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
            let mut measures = vec![(e.measure, e.value)];
            let mut changes = vec![Change::Revoke(e.measure)];
            if e.measure == Measure::Answered {
                changes.push(Change::Revoke(Measure::Overdue));
                if !e.value {
                    measures.push((Measure::Overdue, true));
                }
            }
            let fact = |(measure, yes)| Fact { unit: e.unit.clone(), asserted: true, ..view.fact(measure, yes, None, at) };
            changes.extend(measures.into_iter().map(fact).map(Change::Add));
            changes
        }
        _ => Vec::new(),
    }
}

/// The source has said itself what came of it.
fn asserts(case: &CaseState, measure: Measure) -> bool {
    case.asserted.iter().any(|(code, _)| code == measure.code())
}

/// The limit by which an answer is judged: the holder's own; without one the matter's, which is the only one there is
/// for cases of another system.
fn deciding(case: &CaseState) -> ClockKind {
    let own = case.latest(ClockKind::Handle).is_some_and(|clock| clock.runs() || clock.met || clock.breached);
    if own { ClockKind::Handle } else { ClockKind::Total }
}

/// An earlier limit of the same kind, round and holder was broken: after a send-back a limit runs again.
fn broken_before(case: &CaseState, clock: &Clock) -> bool {
    same(case, clock).any(|one| one.breached && one != clock)
}

fn same<'a>(case: &'a CaseState, clock: &'a Clock) -> impl Iterator<Item = &'a Clock> {
    case.clocks.iter().filter(move |one| (one.kind, one.round, &one.holder) == (clock.kind, clock.round, &clock.holder))
}

/// What the limits of a kind have come to: per round and holder the limit that decided, and whether it was kept.
fn verdicts(case: &CaseState, kind: ClockKind) -> Vec<(&Clock, bool)> {
    let mut verdicts: Vec<(&Clock, bool)> = Vec::new();
    for last in case.clocks.iter().filter(|clock| clock.kind == kind) {
        if same(case, last).last() == Some(last) {
            let broken = same(case, last).find(|clock| clock.breached);
            verdicts.extend(match (broken, last.ended) {
                (Some(broken), _) => Some((broken, false)),
                (None, Some(ended)) if last.met => kept(case, last, ended).map(|yes| (last, yes)),
                _ => None,
            });
        }
    }
    verdicts
}

/// A limit met `at`: kept or not. A source that tells no time tells neither.
fn kept(case: &CaseState, clock: &Clock, at: Instant) -> Option<bool> {
    if clock.keeps(at) { Some(true) } else { case.external.is_none().then_some(false) }
}

fn measure_of(kind: ClockKind) -> Option<Measure> {
    match kind {
        ClockKind::Sign => Some(Measure::Signed),
        ClockKind::Contact => Some(Measure::Contacted),
        ClockKind::Handle | ClockKind::Total => Some(Measure::Answered),
        ClockKind::Accept | ClockKind::Promise | ClockKind::Review | ClockKind::CallBack => None,
    }
}

struct View<'a> {
    after: &'a CaseState,
    at: Instant,
    rules: &'a Rulebook,
}

impl View<'_> {
    fn period(&self, measure: Measure, clock: Option<&Clock>, at: Instant) -> Period {
        let indicator = self.rules.indicator(measure);
        let moment = match indicator.map(|indicator| indicator.period) {
            Some(Convention::Dispatch) => self.after.dispatched_at.or(self.after.filed_at),
            // 24:00 of a day belongs to that day.
            Some(Convention::Due) => clock.map(|clock| clock.due - chrono::Duration::microseconds(1)),
            _ => None,
        };
        period_of(legal_day(moment.unwrap_or(at)), indicator.map_or(0, |indicator| indicator.cut_off_day))
    }

    fn fact(&self, measure: Measure, yes: bool, clock: Option<&Clock>, at: Instant) -> Fact {
        Fact { measure, unit: self.after.unit.clone(), yes, period: self.period(measure, clock, at), asserted: false }
    }

    fn add(&self, measure: Measure, yes: bool, clock: Option<&Clock>) -> Change {
        Change::Add(self.fact(measure, yes, clock, self.at))
    }

    /// A limit ended by its act: one verdict per round and holder, none when that is broken already.
    fn met(&self, before: &CaseState, kind: ClockKind) -> Vec<Change> {
        let clock = before.running(kind).filter(|clock| !clock.breached && !broken_before(before, clock));
        if clock.is_some_and(|clock| same(before, clock).count() > 1) {
            return self.recount(kind);
        }
        let verdict = clock.and_then(|clock| Some((clock, kept(before, clock, self.at)?)));
        let (Some((clock, yes)), Some(measure)) = (verdict, measure_of(kind)) else { return Vec::new() };
        vec![self.add(measure, yes, Some(clock))]
    }

    fn broken(&self, before: &CaseState, kind: ClockKind, round: u8, holder: &Holder) -> Vec<Change> {
        let Some(clock) = before.clock(kind, round).filter(|clock| !clock.breached && !broken_before(before, clock)) else {
            return Vec::new();
        };
        match kind {
            ClockKind::Contact => self.verdict(clock, false, holder, clock.due),
            ClockKind::Handle | ClockKind::Total if deciding(before) != kind => Vec::new(),
            // A corrected time of an answer that was counted as in time.
            ClockKind::Handle | ClockKind::Total if !clock.runs() => self.recount(kind),
            ClockKind::Handle | ClockKind::Total => self.verdict(clock, false, holder, clock.due),
            _ => Vec::new(),
        }
    }

    /// Revokes the facts of a limit's measure and adds what its limits have come to.
    fn recount(&self, kind: ClockKind) -> Vec<Change> {
        let Some(measure) = measure_of(kind) else { return Vec::new() };
        let mut changes = vec![Change::Revoke(measure)];
        if measure == Measure::Answered {
            changes.push(Change::Revoke(Measure::Overdue));
        }
        for (clock, yes) in verdicts(self.after, kind) {
            let at = if yes { clock.ended.unwrap_or(clock.due) } else { clock.due };
            changes.extend(self.verdict(clock, yes, &clock.holder, at));
        }
        changes
    }

    /// The facts of one verdict, for the holder who answers for it.
    fn verdict(&self, clock: &Clock, yes: bool, holder: &Holder, at: Instant) -> Vec<Change> {
        let unit = match holder {
            Holder::Unit(unit) => Some(unit.clone()),
            Holder::Hotline => self.after.unit.clone(),
        };
        let mut measures: Vec<(Measure, bool)> = measure_of(clock.kind).map(|measure| (measure, yes)).into_iter().collect();
        if measures.first() == Some(&(Measure::Answered, false)) {
            measures.push((Measure::Overdue, true));
        }
        let fact = |(measure, yes)| Change::Add(Fact { unit: unit.clone(), ..self.fact(measure, yes, Some(clock), at) });
        measures.into_iter().map(fact).collect()
    }
}
