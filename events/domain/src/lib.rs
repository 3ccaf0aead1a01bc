//! The rules of the platform: pure functions from state and command to events. No I/O, no clock, no ids, no async.
//!
//! `decide(&State, &Command, now) -> Result<Vec<Event>, Rejection>` and `evolve(State, &Event) -> State`.
//! The shape of an event is in [`events`]; what is sealed is in [`private`].

pub mod account;
pub mod assessment;
pub mod calendar;
pub mod campaign;
pub mod card;
pub mod case;
pub mod catalogue;
pub mod codes;
pub mod deadline;
pub mod draw;
pub mod duty;
pub mod escalation;
pub mod event;
pub mod events;
pub mod folded;
pub mod founding;
pub mod ids;
pub mod import;
pub mod inspection;
pub mod investigation;
pub mod limit;
pub mod mark;
pub mod matter;
pub mod notice;
pub mod order;
pub mod person;
pub mod private;
pub mod ratio;
pub mod rectification;
pub mod refusal;
pub mod rulebook;
pub mod time;
pub mod unit;
pub mod veil;
