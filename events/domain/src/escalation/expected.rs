//! Which triggers a case gives by itself, and from which instant: a function of the case alone, the same for the view that
//! knows what ought to exist and for the application that does it.

use super::event::Entry;
use crate::calendar::Calendar;
use crate::case::{CaseState, ClockKind};
use crate::deadline::{DeadlineInput, deadline};
use crate::rulebook::Rulebook;
use crate::rulebook::ladders::{Ladder, LadderTrigger, TriggerKind};
use crate::time::Instant;

/// A raise that ought to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Names it among those of the case; the same once and for all.
    pub trigger: String,
    /// The ladder.
    pub ladder: String,
    /// The level.
    pub level: u8,
    /// Why.
    pub entry: Entry,
    /// When it happens.
    pub at: Instant,
}

/// What a case gives by the rules it runs under. `calendar` finds a calendar by its version.
pub fn expected<'a>(case: &CaseState, rules: &Rulebook, calendar: impl Fn(&str) -> &'a Calendar) -> Vec<Expected> {
    // A case that another system holds is escalated there.
    if !case.exists() || case.stage.is_ended() || case.external.is_some() {
        return Vec::new();
    }
    let Some(ladder) = rules.ladder_of(&case.class) else { return Vec::new() };
    let make = |trigger: &LadderTrigger, name: String, entry: Entry, at: Instant| Expected {
        trigger: name,
        ladder: ladder.id.clone(),
        level: trigger.level,
        entry,
        at,
    };
    let mut all = Vec::new();
    if let (Some(trigger), Some(at)) = (ladder.trigger(TriggerKind::Filed), case.filed_at) {
        all.push(make(trigger, "filed".to_owned(), Entry::Filed, at));
    }
    if let Some(trigger) = ladder.trigger(TriggerKind::Red)
        && let Some(after) = trigger.after
        && let Some(clock) = case.running(ClockKind::Handle).filter(|clock| clock.breached)
    {
        // 24:00 of a day belongs to that day: it is day zero of what follows.
        let from = clock.due - chrono::TimeDelta::microseconds(1);
        let at = deadline(calendar(&clock.calendar), &DeadlineInput::new(from, after)).due;
        all.push(make(trigger, format!("red/{}", clock.round), Entry::Red, at));
    }
    let again = case.round.saturating_sub(1);
    let rehandled = ladder.triggers.iter().filter(|trigger| trigger.kind == TriggerKind::Rehandled);
    let highest = rehandled.filter(|trigger| trigger.times.is_some_and(|times| times <= again)).max_by_key(|trigger| trigger.times);
    let began = case.clocks.iter().filter(|clock| clock.round == case.round).map(|clock| clock.from).min();
    if let (Some(trigger), Some(at)) = (highest, began) {
        all.push(make(trigger, format!("rehandled/{}", case.round), Entry::Rehandled, at));
    }
    all
}

/// The ladder and the trigger by which several petitioners raise a class.
pub fn cluster_trigger<'r>(rules: &'r Rulebook, class: &str) -> Option<(&'r Ladder, &'r LadderTrigger)> {
    let ladder = rules.ladder_of(class)?;
    Some((ladder, ladder.trigger(TriggerKind::Petitioners)?))
}
