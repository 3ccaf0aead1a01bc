//! Filing, acceptance, refusal, direct answer, dispatch.

use super::{Context, Happened, at_stage, length, one_text, reachable_by_unit};
use crate::case::clock::ClockKind;
use crate::case::command::{Fault, Field, FieldFault, File, Rejection};
use crate::case::event::{Accepted, AnsweredDirectly, Archived, Demand, Dispatched, Ending, Filed, Refused};
use crate::case::state::{CaseState, Stage};
use crate::codes;
use crate::ids::UnitCode;
use crate::private::Private;
use crate::rulebook::Conditions;
use crate::unit::Level;

/// Characters that a demand must have; operators write less because they have the caller on the line.
const LEAST_WORDS: usize = 10;
const MOST_WORDS: usize = 2000;
/// Characters of a title made from the words.
const TITLE: usize = 24;
/// Characters that are kept of a title that somebody gave.
const LONGEST_TITLE: usize = 200;

pub(super) fn file(case: &CaseState, file: &File, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.exists() {
        return Ok(Vec::new()); // The same form sent twice.
    }
    let mut faults = Vec::new();
    let mut fault = |field, fault| faults.push(FieldFault { field, fault });
    let class = context.rules.class(&file.class);
    if class.is_none() {
        fault(Field::Class, if file.class.is_empty() { Fault::Missing } else { Fault::Unknown });
    }
    if context.rules.channel(&file.channel).is_none() {
        fault(Field::Channel, Fault::Unknown);
    }
    let urgency = if file.urgency.is_empty() {
        context.rules.urgencies.first()
    } else {
        context.rules.urgencies.iter().find(|u| u.code == file.urgency)
    };
    if urgency.is_none() {
        fault(Field::Urgency, Fault::Unknown);
    }
    if !file.division.is_empty() && !codes::is_division(&file.division) {
        fault(Field::Division, Fault::Unknown);
    }
    length(&mut faults, Field::Words, &file.demand.words, LEAST_WORDS, MOST_WORDS);
    length(&mut faults, Field::Wish, &file.demand.wish, 0, 200);
    length(&mut faults, Field::Place, &file.demand.place, 0, 200);
    let mut petitioner = file.petitioner.clone();
    if let Some(person) = &mut petitioner {
        person.name = person.name.trim().to_owned();
        length(&mut faults, Field::Name, &person.name, 1, 30);
        match codes::normalise_phone(&person.phone) {
            Some(phone) => person.phone = phone,
            None if person.phone.trim().is_empty() => faults.push(FieldFault { field: Field::Phone, fault: Fault::Missing }),
            None => faults.push(FieldFault { field: Field::Phone, fault: Fault::Malformed }),
        }
        person.email = person.email.trim().to_owned();
        if !person.email.is_empty() && !codes::is_email(&person.email) {
            faults.push(FieldFault { field: Field::Email, fault: Fault::Malformed });
        }
    }
    if let Some(agent) = &file.agent {
        length(&mut faults, Field::Agent, &agent.name, 1, 30);
        length(&mut faults, Field::Agent, &agent.relation, 1, 30);
    }
    let (Some(class), Some(urgency), true) = (class, urgency, faults.is_empty()) else { return Err(Rejection::Fields(faults)) };

    let limits = context.limits(Conditions { class: &class.code, channel: &file.channel, urgency: &urgency.code, level: None })?;
    let frozen = context.frozen(context.now, &[(ClockKind::Accept, &limits.accept), (ClockKind::Promise, &limits.promise)]);
    Ok(vec![context.happened(Filed {
        number: file.number.clone(),
        class: class.code.clone(),
        wrongdoing: class.wrongdoing,
        channel: file.channel.clone(),
        urgency: urgency.code.clone(),
        division: file.division.clone(),
        category: Vec::new(),
        demand: Private::new(titled(&file.demand)),
        petitioner: petitioner.map(Private::new),
        agent: file.agent.clone().map(Private::new),
        // A report of wrongdoing is always confidential (domain.md A22).
        confidential: file.confidential || class.wrongdoing,
        publish: file.publish && !class.wrongdoing && !file.confidential,
        notice: file.notice.clone(),
        external: None,
        frozen: Some(frozen),
    })])
}

/// Trims the words and gives them a title.
pub(super) fn titled(demand: &Demand) -> Demand {
    let words = demand.words.trim().to_owned();
    let title = if demand.title.trim().is_empty() {
        let line = words.lines().next().unwrap_or_default();
        let cut: String = line.chars().take(TITLE).collect();
        if line.chars().count() > TITLE { format!("{cut}…") } else { cut }
    } else {
        demand.title.trim().chars().take(LONGEST_TITLE).collect()
    };
    Demand { title, words, wish: demand.wish.trim().to_owned(), place: demand.place.trim().to_owned() }
}

pub(super) fn accept(case: &CaseState, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.stage == Stage::Accepted {
        return Ok(Vec::new());
    }
    at_stage(case, &[Stage::Filed])?;
    Ok(vec![context.happened(Accepted {})])
}

pub(super) fn refuse(case: &CaseState, ground: &str, words: &str, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.stage == Stage::Refused {
        return Ok(Vec::new());
    }
    at_stage(case, &[Stage::Filed, Stage::Accepted])?;
    let Some(ground) = context.rules.refusal(ground) else {
        let fault = if ground.is_empty() { Fault::Missing } else { Fault::Unknown };
        return Err(Rejection::Fields(vec![FieldFault { field: Field::Ground, fault }]));
    };
    // The ground alone is never enough: the petitioner is told why in words (domain.md A11).
    let words = one_text(Field::Reason, words, 5, 1000)?;
    Ok(vec![context.happened(Refused { ground: ground.code.clone(), words: Private::new(words) })])
}

pub(super) fn answer_directly(case: &CaseState, answer: &str, context: Context<'_>) -> Result<Vec<Happened>, Rejection> {
    if case.ending == Some(Ending::Direct) {
        return Ok(Vec::new());
    }
    at_stage(case, &[Stage::Filed, Stage::Accepted])?;
    let answer = one_text(Field::Answer, answer, 5, 5000)?;
    Ok(vec![context.happened(AnsweredDirectly { answer: Private::new(answer) }), context.happened(Archived { ending: Ending::Direct })])
}

pub(super) fn dispatch(
    case: &CaseState,
    unit: &UnitCode,
    level: Level,
    entry: &str,
    reason: &str,
    context: Context<'_>,
) -> Result<Vec<Happened>, Rejection> {
    if case.stage == Stage::Dispatched {
        return if case.unit.as_ref() == Some(unit) { Ok(Vec::new()) } else { Err(Rejection::OtherUnit) };
    }
    at_stage(case, &[Stage::Filed, Stage::Accepted])?;
    let reason = one_text(Field::Reason, reason, if entry.is_empty() { 2 } else { 0 }, 500)?;
    let limits = context.limits(Conditions { class: &case.class, channel: &case.channel, urgency: &case.urgency, level: Some(level) })?;
    let mut clocks = vec![(ClockKind::Total, &limits.total), (ClockKind::Handle, &limits.handle), (ClockKind::Sign, &limits.sign)];
    if let Some(contact) = limits.contact.as_ref().filter(|_| reachable_by_unit(case)) {
        clocks.push((ClockKind::Contact, contact));
    }
    let mut events = Vec::new();
    if case.stage == Stage::Filed {
        events.push(context.happened(Accepted {}));
    }
    events.push(context.happened(Dispatched {
        unit: unit.clone(),
        level,
        entry: entry.to_owned(),
        reason: Private::new(reason),
        frozen: context.frozen(context.now, &clocks),
    }));
    Ok(events)
}
