//! Pages of oversight: escalation, cards and orders, inspections, investigations, assessment, public evaluation.

mod inspection;
mod inspection_samples;

pub use inspection::{Act, Control, InspectionList, InspectionSheet, Kind, Section};

/// Every page with every sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(inspection::samples());
    all
}
