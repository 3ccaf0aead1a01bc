//! Which cards a case calls for: a function of the case as it stands and of the rules pinned in its limits, so that every
//! process, a replay and a rebuild find the same ones.

use chrono::Duration;

use super::Rule;
use crate::calendar::Calendar;
use crate::case::{CaseEvent, CaseState, Clock, ClockKind, Holder};
use crate::deadline::{DeadlineInput, due};
use crate::ids::{CardId, CaseId, UnitCode};
use crate::limit::Limit;
use crate::rulebook::Cards;
use crate::time::Instant;

/// A ground that came longer ago than this when it is found calls for no card any more: a restored log or a taken-over
/// archive must not put cards on everybody's desk.
pub const TOO_OLD: Duration = Duration::days(7);

/// A ground for a card.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// Rule; it names the colour.
    pub rule: Rule,
    /// Who answers for it.
    pub unit: UnitCode,
    /// Which limit.
    pub clock: ClockKind,
    /// Round of handling.
    pub round: u8,
    /// The due instant of the limit.
    pub due: Instant,
    /// From when on: may lie ahead.
    pub at: Instant,
    /// The rulebook of the limit.
    pub rulebook: String,
}

impl Trigger {
    /// The one card of this ground.
    pub fn card(&self, case: CaseId) -> CardId {
        CardId::of_ground(case, self.clock, self.round, self.rule)
    }

    /// This event of the case shows the ground.
    pub fn shown_by(&self, event: &CaseEvent) -> bool {
        match event {
            CaseEvent::LimitBreached(e) => self.rule != Rule::RedOnRehandling && (e.clock, e.round) == (self.clock, self.round),
            CaseEvent::Rehandled(e) => self.rule == Rule::RedOnRehandling && e.round <= self.round,
            _ => false,
        }
    }
}

/// Whether a case can call for any card; cheap, for those who look at every case.
pub fn may_call(case: &CaseState) -> bool {
    case.external.is_none() && (case.round > 1 || case.clocks.iter().any(|clock| clock.kind == ClockKind::Handle && clock.breached))
}

/// The grounds of a case, at most one of each rule and round. Cases of another system give none: that system has its own.
pub fn triggers<'a>(case: &CaseState, rules: impl Fn(&str) -> Option<Cards>, calendar: impl Fn(&str) -> &'a Calendar) -> Vec<Trigger> {
    let mut found: Vec<Trigger> = Vec::new();
    if !may_call(case) {
        return found;
    }
    let mut rounds = Vec::new();
    for clock in case.clocks.iter().filter(|clock| clock.kind == ClockKind::Handle) {
        let first = !rounds.contains(&clock.round);
        rounds.push(clock.round);
        let Holder::Unit(unit) = &clock.holder else { continue };
        let Some(cards) = rules(&clock.rulebook) else { continue };
        let mut add = |rule: Rule, at: Instant| {
            if !found.iter().any(|other| (other.rule, other.round) == (rule, clock.round)) {
                let rulebook = clock.rulebook.clone();
                found.push(Trigger { rule, unit: unit.clone(), clock: clock.kind, round: clock.round, due: clock.due, at, rulebook });
            }
        };
        if first && cards.red_on_rehandling > 0 && clock.round == cards.red_on_rehandling.saturating_add(1) {
            add(Rule::RedOnRehandling, clock.from);
        }
        if !clock.breached {
            continue;
        }
        if cards.yellow_on_breach {
            add(Rule::YellowOnBreach, clock.due);
        }
        let red = red_at(clock, cards.red_after, calendar(&clock.calendar));
        if clock.ended.is_none_or(|ended| ended >= red) {
            add(Rule::RedAfter, red);
        }
    }
    found
}

/// When a broken limit turns red. A limit in days ends at 24:00 of its last day, and that day is day zero of what follows.
fn red_at(clock: &Clock, after: Limit, calendar: &Calendar) -> Instant {
    let from = if after.is_days() { clock.due - Duration::microseconds(1) } else { clock.due };
    due(calendar, &DeadlineInput::new(from, after)).0
}
