//! The steps of an order. Who may take them is asked by `application::access`.

use super::{
    Ground, OrderAccepted, OrderColour, OrderEvent, OrderFeedback, OrderIssued, OrderOverdue, OrderReturned, OrderStage, OrderState,
    OrderUrged, OrderWithdrawn,
};
use crate::deadline::Deadline;
use crate::ids::{AccountId, UnitCode};
use crate::limit::Limit;
use crate::private::Private;
use crate::refusal::{Refusal, check_text};
use crate::time::Instant;

/// Longest text about an order, in characters.
pub const LONGEST: usize = 2_000;
/// Most working days that an officer can give.
pub const MOST_DAYS: u16 = 60;

/// What is issued.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOrder {
    /// The unit.
    pub unit: UnitCode,
    /// On what.
    pub ground: Ground,
    /// Colour.
    pub colour: OrderColour,
    /// What is to be done and reported.
    pub requirement: String,
}

/// A limit of so many working days, as an officer types them.
///
/// # Errors
/// [`Refusal::Fields`] for `days` outside 1–60.
pub fn days(days: u16) -> Result<Limit, Refusal> {
    if (1..=MOST_DAYS).contains(&days) {
        Ok(Limit::WorkingDays(days))
    } else {
        Err(Refusal::field("days", format!("请填写 1 到 {MOST_DAYS} 个工作日")))
    }
}

/// Issues an order.
///
/// # Errors
/// [`Refusal`].
pub fn issue(state: Option<&OrderState>, new: &NewOrder, limit: Limit, due: &Deadline, by: AccountId) -> Result<OrderEvent, Refusal> {
    if state.is_some() {
        return Err(Refusal::Exists);
    }
    let requirement = text("requirement", "督办要求", &new.requirement)?;
    Ok(OrderIssued {
        unit: new.unit.clone(),
        ground: new.ground.clone(),
        colour: new.colour,
        requirement: Private::new(requirement),
        limit,
        due: due.due,
        calendar: due.calendar.clone(),
        by,
    }
    .into())
}

/// What the clock owes by now: overdue once for each limit, at the due instant.
pub fn tick(state: &OrderState, now: Instant) -> Vec<(Instant, OrderEvent)> {
    if state.runs() && state.due <= now { vec![(state.due, OrderOverdue {}.into())] } else { Vec::new() }
}

/// The unit feeds back. What the clock owes by then comes first: an act after the due instant is late whether or not
/// automation has come round.
///
/// # Errors
/// [`Refusal`].
pub fn feedback(state: &OrderState, words: &str, by: AccountId, now: Instant) -> Result<Vec<(Instant, OrderEvent)>, Refusal> {
    at(state, OrderStage::Open)?;
    let words = text("words", "办理情况", words)?;
    let mut events = tick(state, now);
    events.push((now, OrderFeedback { words: Private::new(words), by }.into()));
    Ok(events)
}

/// The office accepts the feedback.
///
/// # Errors
/// [`Refusal`].
pub fn accept(state: &OrderState, words: &str, by: AccountId) -> Result<OrderEvent, Refusal> {
    at(state, OrderStage::Answered)?;
    let words = text("words", "审核意见", words)?;
    Ok(OrderAccepted { words: Private::new(words), by }.into())
}

/// The office sends the feedback back with a new limit.
///
/// # Errors
/// [`Refusal`].
pub fn send_back(state: &OrderState, reason: &str, limit: Limit, due: &Deadline, by: AccountId) -> Result<OrderEvent, Refusal> {
    at(state, OrderStage::Answered)?;
    let reason = Private::new(text("reason", "退回理由", reason)?);
    Ok(OrderReturned { reason, limit, due: due.due, calendar: due.calendar.clone(), by }.into())
}

/// The office urges the unit.
///
/// # Errors
/// [`Refusal`].
pub fn urge(state: &OrderState, words: &str, by: AccountId) -> Result<OrderEvent, Refusal> {
    at(state, OrderStage::Open)?;
    let words = text("words", "催办内容", words)?;
    Ok(OrderUrged { words: Private::new(words), by }.into())
}

/// The office takes an open order back.
///
/// # Errors
/// [`Refusal`].
pub fn withdraw(state: &OrderState, reason: &str, by: AccountId) -> Result<OrderEvent, Refusal> {
    if state.stage.is_ended() {
        return Err(Refusal::Stage(state.stage.label()));
    }
    let reason = text("reason", "撤回理由", reason)?;
    Ok(OrderWithdrawn { reason: Private::new(reason), by }.into())
}

fn at(state: &OrderState, stage: OrderStage) -> Result<(), Refusal> {
    if state.stage == stage { Ok(()) } else { Err(Refusal::Stage(state.stage.label())) }
}

fn text(name: &'static str, label: &str, text: &str) -> Result<String, Refusal> {
    let mut fields = Vec::new();
    check_text(&mut fields, name, label, text, LONGEST);
    Refusal::unless_empty(fields)?;
    Ok(text.trim().to_owned())
}
