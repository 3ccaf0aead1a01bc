//! The steps of a card. Who may take them is asked by `application::access`; here stands what is possible and when.

use uuid::Uuid;

use super::trigger::{TOO_OLD, Trigger};
use super::{CardEvent, CardStage, CardState, Dismissed, Issued, Lapsed, Objected, Revoked, Triggered, Upheld, Withdrawn};
use crate::ids::{AccountId, CaseId};
use crate::private::Private;
use crate::refusal::{Refusal, check_text};
use crate::time::Instant;

/// Longest text of an officer or a unit about a card, in characters.
pub const LONGEST: usize = 2_000;

/// Records the ground, once; again only after it had been withdrawn. Nothing for what lies ahead or too long ago.
pub fn trigger(
    state: Option<&CardState>,
    now: Instant,
    case: CaseId,
    number: &str,
    ground: &Trigger,
    evidence: Vec<Uuid>,
) -> Vec<(Instant, CardEvent)> {
    let open = state.is_none_or(|state| state.stage == CardStage::Withdrawn);
    if !open || ground.at > now || now - ground.at > TOO_OLD {
        return Vec::new();
    }
    let event = Triggered {
        colour: ground.rule.colour(),
        rule: ground.rule,
        case,
        number: number.to_owned(),
        unit: ground.unit.clone(),
        clock: ground.clock,
        round: ground.round,
        due: ground.due,
        evidence,
    };
    vec![(ground.at, event.into())]
}

/// Takes a card back whose ground is gone; once.
pub fn withdraw(state: &CardState, now: Instant) -> Vec<(Instant, CardEvent)> {
    if state.stage.is_live() { vec![(now, Withdrawn {}.into())] } else { Vec::new() }
}

/// What the clock owes by now.
pub fn tick(state: &CardState, now: Instant) -> Vec<(Instant, CardEvent)> {
    match state.object_until {
        Some(until) if state.stage == CardStage::Issued && !state.lapsed && until <= now => vec![(until, Lapsed {}.into())],
        _ => Vec::new(),
    }
}

/// An officer issues the card.
///
/// # Errors
/// [`Refusal`].
pub fn issue(state: &CardState, words: &str, by: AccountId, object_until: Instant, calendar: &str) -> Result<CardEvent, Refusal> {
    at(state, CardStage::Triggered)?;
    let words = text("words", "签发意见", words)?;
    Ok(Issued { words: Private::new(words), object_until, calendar: calendar.to_owned(), by }.into())
}

/// An officer decides that no card is to be issued.
///
/// # Errors
/// [`Refusal`].
pub fn dismiss(state: &CardState, reason: &str, by: AccountId) -> Result<CardEvent, Refusal> {
    at(state, CardStage::Triggered)?;
    let reason = text("reason", "不予签发的理由", reason)?;
    Ok(Dismissed { reason: Private::new(reason), by }.into())
}

/// The unit's head objects, before the limit has run out; whether automation has come round makes no difference.
///
/// # Errors
/// [`Refusal`].
pub fn object(state: &CardState, words: &str, by: AccountId, now: Instant) -> Result<CardEvent, Refusal> {
    at(state, CardStage::Issued)?;
    if state.lapsed || state.object_until.is_none_or(|until| now >= until) {
        return Err(Refusal::Late("提出异议"));
    }
    let words = text("words", "异议理由", words)?;
    Ok(Objected { words: Private::new(words), by }.into())
}

/// Another officer finds the objection without ground.
///
/// # Errors
/// [`Refusal`].
pub fn uphold(state: &CardState, reason: &str, by: AccountId) -> Result<CardEvent, Refusal> {
    at(state, CardStage::Objected)?;
    another(state, by)?;
    let reason = text("reason", "裁定理由", reason)?;
    Ok(Upheld { reason: Private::new(reason), by }.into())
}

/// Another officer takes the card back: after an objection, or because a mistake was found.
///
/// # Errors
/// [`Refusal`].
pub fn revoke(state: &CardState, reason: &str, by: AccountId) -> Result<CardEvent, Refusal> {
    if !state.stage.counts() {
        return Err(Refusal::Stage(state.stage.label()));
    }
    another(state, by)?;
    let reason = text("reason", "撤销理由", reason)?;
    Ok(Revoked { reason: Private::new(reason), by }.into())
}

/// Who issued a card does not judge it (K15).
fn another(state: &CardState, by: AccountId) -> Result<(), Refusal> {
    if state.issuer == Some(by) { Err(Refusal::SamePerson("签发和裁定")) } else { Ok(()) }
}

fn at(state: &CardState, stage: CardStage) -> Result<(), Refusal> {
    if state.stage == stage { Ok(()) } else { Err(Refusal::Stage(state.stage.label())) }
}

fn text(name: &'static str, label: &str, text: &str) -> Result<String, Refusal> {
    let mut fields = Vec::new();
    check_text(&mut fields, name, label, text, LONGEST);
    Refusal::unless_empty(fields)?;
    Ok(text.trim().to_owned())
}
