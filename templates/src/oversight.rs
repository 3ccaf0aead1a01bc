//! Pages of oversight: escalation, cards and orders, inspections, investigations, assessment, public evaluation.

mod acts;
mod assessment;
mod campaigns;
mod cards;
mod cases;
mod duties;
mod escalations;
mod inspection;
mod inspection_samples;
mod investigations;
mod orders;
mod overdue;
mod papers;
mod picture;
mod today;
mod units;
mod votes;

pub use acts::{ActForm, Control, Kind, faulty};
pub use assessment::{
    AssessmentCircular, AssessmentMonth, AssessmentOpen, AssessmentPage, AssessmentSheet, Assessments, DecideForm, HonourForm, HonourRow,
    MarkForm, ObjectForm, ObjectionCard, PublishForm, SheetLine, SheetPart, Tier,
};
pub use campaigns::{Booklet, Booklets, CampaignNew, CampaignPage, Campaigns, Evaluation, Evaluations, GroupFields, Invite, Results, Step};
pub use cards::{Card, Cards};
pub use cases::Cases;
pub use duties::{Duties, DutyLine};
pub use escalations::{BoardLevel, Escalate, EscalationBoard, EscalationChain, EscalationList, MatterRow, MeetingBlock};
pub use inspection::{InspectionList, InspectionSheet, Section};
pub use investigations::{Investigation, InvestigationLetter, InvestigationNew, Investigations, Recommendation, Recommendations, Record};
pub use overdue::{Contact, Overdue, OverdueCase, OverdueUnit};
pub use papers::{OrderPrint, Paper, PaperNew, Papers};
pub use picture::{HistoryLine, MarkLine, Picture, PictureFigure};
pub use today::{DayFigure, Today, TodayRow};
pub use units::{UnitGroup, UnitLine, Units};
pub use votes::{Graded, Vote, VoteCheck, VoteDone, VoteGrades, VoteKnown};

/// Every page with every sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(investigations::samples());
    all.extend(today::samples());
    all.extend(duties::samples());
    all.extend(cases::samples());
    all.extend(overdue::samples());
    all.extend(units::samples());
    all.extend(picture::samples());
    all.extend(escalations::samples());
    all.extend(inspection::samples());
    all.extend(assessment::samples());
    all.extend(campaigns::samples());
    all.extend(votes::samples());
    all.extend(cards::samples());
    all.extend(orders::samples());
    all
}

fn shell(path: &str) -> crate::Shell {
    crate::Shell::sample_desk(path)
}
