//! Pages of oversight: escalation, cards and orders, inspections, investigations, assessment, public evaluation.

mod escalations;

pub use escalations::{
    BoardLevel, ConveneAct, Escalate, EscalationActs, EscalationBoard, EscalationChain, EscalationList, MatterRow, MeetingBlock, RaiseAct,
};

/// Every page with every sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(escalations::samples());
    all
}
