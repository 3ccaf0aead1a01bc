//! The rules: what follows from a command. One function per command, called from one `match`.

mod automation;
mod feedback;
mod handling;
mod intake;
mod takeover;

use super::clock::{ClockKind, Frozen, freeze};
use super::command::{Command, Fault, Field, FieldFault, Rejection};
use super::event::CaseEvent;
use super::state::{CaseState, Stage, apply};
use crate::calendar::Calendar;
use crate::rulebook::{Conditions, LimitRule, Rulebook};
use crate::time::Instant;

/// What a decision may look at besides the case.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Now.
    pub now: Instant,
    /// The rulebook in force now.
    pub rules: &'a Rulebook,
    /// The calendar.
    pub calendar: &'a Calendar,
}

/// An event and when it happened; an automatic act happened at the due instant, not at the tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// When.
    pub at: Instant,
    /// What.
    pub event: CaseEvent,
}

/// Decides a command.
///
/// What a limit owes by now comes before what a person does, so that an act after the due instant is late whether or
/// not automation has come round (invariant 7): such events stand first, with their own instants, and
/// [`CaseEvent::is_automatic`] tells them apart.
///
/// # Errors
/// [`Rejection`]: why not. A command that has been carried out already gives no events and no error.
pub fn decide(case: &CaseState, command: &Command, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if matches!(command, Command::File(_) | Command::TakeOver(_) | Command::Tick { .. } | Command::Recompute) {
        return carry_out(case, command, context);
    }
    let mut events = automation::owed(case, context.now);
    if events.is_empty() {
        return carry_out(case, command, context);
    }
    let mut caught_up = case.clone();
    for one in &events {
        apply(&mut caught_up, one.at, &one.event);
    }
    let asked = carry_out(&caught_up, command, context)?;
    // Nothing left to do: either it was done before, or what was owed did it (deemed received before it was signed for).
    if asked.is_empty() && carry_out(case, command, context).is_ok_and(|events| events.is_empty()) {
        return Ok(Vec::new());
    }
    events.extend(asked);
    Ok(events)
}

fn carry_out(case: &CaseState, command: &Command, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    match command {
        Command::File(file) => intake::file(case, file, context),
        Command::TakeOver(row) => takeover::take_over(case, row, context),
        _ if !case.exists() => Err(Rejection::NotFound),
        Command::Accept => intake::accept(case, context),
        Command::Refuse { ground, words } => intake::refuse(case, ground, words, context),
        Command::AnswerDirectly { answer } => intake::answer_directly(case, answer, context),
        Command::Dispatch { unit, level, entry, reason } => intake::dispatch(case, unit, *level, entry, reason, context),
        Command::Sign => handling::sign(case, context),
        Command::Assign { section, handler } => handling::assign(case, section, *handler, context),
        Command::Contact { means, reached, note } => handling::contact(case, *means, *reached, note, context),
        Command::Answer { answer, outcome } => handling::answer(case, answer, *outcome, context),
        Command::Approve => handling::approve(case, context),
        Command::SendBack { reason } => handling::send_back(case, reason, context),
        Command::Pass => handling::pass(case, context),
        Command::CallBack { reply, note } => feedback::call_back(case, reply.as_ref(), note, context),
        Command::Rate { stars, words } => feedback::rate(case, *stars, words, context),
        Command::Dispute { words } => feedback::dispute(case, words, context),
        Command::Judge { justified, reason } => feedback::judge(case, *justified, reason, context),
        Command::Tick { clock, round, act } => automation::tick(case, *clock, *round, *act, context),
        Command::Recompute => automation::recompute(case, context),
    }
}

impl Context<'_> {
    fn happened(&self, event: impl Into<CaseEvent>) -> Happened {
        Happened { at: self.now, event: event.into() }
    }

    fn limits(&self, case: Conditions<'_>) -> Result<&LimitRule, Rejection> {
        self.rules.limits(case).ok_or(Rejection::NoLimits)
    }

    fn frozen(&self, from: Instant, clocks: &[(ClockKind, &crate::limit::Limit)]) -> Frozen {
        Frozen {
            from,
            calendar: self.calendar.version().to_owned(),
            rulebook: self.rules.reference(),
            clocks: clocks.iter().map(|(kind, limit)| freeze(self.calendar, self.rules, *kind, from, limit)).collect(),
        }
    }
}

fn conditions(case: &CaseState) -> Conditions<'_> {
    Conditions { class: &case.class, channel: &case.channel, urgency: &case.urgency, level: case.level }
}

/// The unit can be asked to contact the petitioner: somebody is known, and the unit may know whom.
fn reachable_by_unit(case: &CaseState) -> bool {
    !case.anonymous && !case.confidential
}

fn at_stage(case: &CaseState, allowed: &[Stage]) -> Result<(), Rejection> {
    if allowed.contains(&case.stage) { Ok(()) } else { Err(Rejection::Stage(case.stage)) }
}

/// Checks a text's length in characters after trimming.
fn length(faults: &mut Vec<FieldFault>, field: Field, text: &str, least: usize, most: usize) {
    let count = text.trim().chars().count();
    let fault = match count {
        0 if least > 0 => Fault::Missing,
        n if n < least => Fault::TooShort(least),
        n if n > most => Fault::TooLong(most),
        _ => return,
    };
    faults.push(FieldFault { field, fault });
}

fn one_text(field: Field, text: &str, least: usize, most: usize) -> Result<String, Rejection> {
    let mut faults = Vec::new();
    length(&mut faults, field, text, least, most);
    if faults.is_empty() { Ok(text.trim().to_owned()) } else { Err(Rejection::Fields(faults)) }
}
