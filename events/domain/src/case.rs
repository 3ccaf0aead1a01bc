//! The case (工单 / 诉求件): from filing to archive. Stream `case-<uuid>`.
//!
//! [`event`] what can happen · [`state`] what is known (`evolve`) · [`command`] what can be asked ·
//! [`mod@decide`] the rules · [`clock`] its limits · [`facts`] what counts for scores.

pub mod clock;
pub mod command;
pub mod decide;
pub mod event;
pub mod facts;
pub mod state;

pub use clock::{Act, Clock, ClockKind, ClockSet, Frozen, Holder};
pub use command::{Command, Rejection};
pub use decide::{Context, Happened, decide};
pub use event::CaseEvent;
pub use state::{CaseState, Stage};

#[cfg(test)]
mod tests;
