//! Pages of oversight: escalation, cards and orders, inspections, investigations, assessment, public evaluation.

mod investigations;

pub use investigations::{
    ActField, Investigation, InvestigationAct, InvestigationLetter, InvestigationNew, Investigations, Recommendation, Recommendations,
    Record,
};

/// Every page with every sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(investigations::samples());
    all
}
