//! Escalated matters: which raises ought to happen, which ones stand open on which level, and which have to follow their cases.

mod query;
pub(crate) mod write;

use domain::ids::CaseId;
use domain::time::Instant;

/// A raise that ought to happen and is not on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedRaise {
    /// The case that gives it.
    pub case: CaseId,
    /// Names it among those of the case.
    pub trigger: String,
    /// The group of like cases; empty for the case alone.
    pub cluster: String,
    /// From which instant.
    pub at: Instant,
}

/// How many stand open on a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelCount {
    /// The ladder's id.
    pub ladder: String,
    /// The level.
    pub level: u8,
    /// Reports of wrongdoing.
    pub wrongdoing: bool,
    /// How many.
    pub n: u64,
}
