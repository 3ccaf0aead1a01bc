//! Investigations by number, stage, unit and result. No word of anybody stands here, and every question names the units
//! about which the reader may know nothing.

mod query;
mod write;

use domain::ids::UnitCode;
use domain::investigation::{Mode, Stage};

/// Which investigations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InvestigationFilter {
    /// In one of these stages; empty = all.
    pub stages: Vec<Stage>,
    /// Looked into in this way.
    pub mode: Option<Mode>,
    /// Not about these units: the reader's own and those above it.
    pub hidden: Vec<UnitCode>,
}

/// How many there are, without those about hidden units.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InvestigationCounts {
    /// By stage.
    pub stages: Vec<(String, u64)>,
    /// Given to another body and not ended.
    pub transferred: u64,
    /// Concluded in the time asked for.
    pub concluded: u64,
    /// Of these, found true wholly or in part.
    pub found_true: u64,
}
