//! Pages of oversight: escalation, cards and orders, inspections, investigations, assessment, public evaluation.

mod acts;
mod cards;

pub use acts::{ActField, ActForm, ActKind};
pub use cards::{Card, Cards};

/// Every page with every sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(cards::samples());
    all
}
