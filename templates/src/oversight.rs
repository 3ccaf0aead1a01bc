//! Pages of oversight: escalation, cards and orders, inspections, investigations, assessment, public evaluation.

/// Every page with every sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    Vec::new()
}
