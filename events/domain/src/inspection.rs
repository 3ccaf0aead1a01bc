//! Spot checks (明察暗访, domain.md I12–I17): a plan, its approval, the visits, the findings and what became of them.
//! Stream `inspection-<uuid>`.
//!
//! Of a covert plan the log holds in the clear that it exists, its team, its commitment and when it ends; everything else
//! is sealed until `inspection_done` reveals it.

pub mod decide;
pub mod event;
pub mod plan;
pub mod state;

#[cfg(test)]
mod tests;

pub use event::InspectionEvent;
pub use plan::{Assignment, Cadence, Lots, Mode, Plan, Target};
pub use state::{Finding, InspectionState, Outcome, Stage};
