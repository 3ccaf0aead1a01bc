//! Pages of oversight: escalation, cards and orders, inspections, investigations, assessment, public evaluation.

mod campaigns;
mod votes;

pub use campaigns::{
    Booklet, Booklets, CampaignNew, CampaignPage, Campaigns, Evaluation, Evaluations, GroupFields, Invite, Results, Step,
};
pub use votes::{Graded, Vote, VoteCheck, VoteDone, VoteGrades, VoteKnown};

fn shell(path: &str) -> crate::Shell {
    crate::Shell::sample_desk(path)
}

/// Every page with every sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(campaigns::samples());
    all.extend(votes::samples());
    all
}
