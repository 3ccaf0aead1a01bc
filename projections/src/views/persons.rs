//! Rights of the person: what is restricted, what is erased.

mod query;
pub(crate) mod write;

use domain::ids::CaseId;
use uuid::Uuid;

/// An erasure on record. Whether its keys are gone is known to the log alone: deleting again is harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// `seq` of the event.
    pub seq: u64,
    /// The person.
    pub person: Uuid,
    /// The cases.
    pub cases: Vec<CaseId>,
}
