//! Pages of oversight: escalation, cards and orders, inspections, investigations, assessment, public evaluation.

mod acts;
mod cards;
mod orders;
mod papers;

pub use acts::{ActField, ActForm, ActKind};
pub use cards::{Card, Cards};
pub use papers::{OrderPrint, Paper, PaperNew, Papers};

/// Every page with every sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(cards::samples());
    all.extend(orders::samples());
    all
}
