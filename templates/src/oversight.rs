//! Pages of oversight: escalation, cards and orders, inspections, investigations, assessment, public evaluation.

mod assessment;

pub use assessment::{
    AssessmentCircular, AssessmentMonth, AssessmentOpen, AssessmentPage, AssessmentSheet, Assessments, DecideForm, HonourForm, HonourRow,
    MarkForm, ObjectForm, ObjectionCard, PublishForm, SheetLine, SheetPart, Tier,
};

/// Every page with every sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(assessment::samples());
    all
}
