//! What automation has to do, and when.

mod query;
pub(crate) mod write;

use domain::case::{Act, ClockKind};
use domain::ids::CaseId;
use domain::time::Instant;

/// An act that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRow {
    /// At which instant it happens.
    pub at: Instant,
    /// Of which case.
    pub case: CaseId,
    /// Of which limit.
    pub clock: ClockKind,
    /// Round of handling.
    pub round: u8,
    /// What is to be recorded.
    pub act: Act,
}
