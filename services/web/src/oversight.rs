//! Oversight: pages of the efficiency office and those it reports to. One module for each noun; the unit's side of the same
//! noun (reply, feedback, rectification) stands in the same module under `/desk/…`.

pub(crate) mod investigations;
pub(crate) mod cases;
pub(crate) mod duty;
pub(crate) mod overdue;
pub(crate) mod picture;
pub(crate) mod today;
pub(crate) mod units;
pub(crate) mod escalations;
pub(crate) mod inspections;
pub(crate) mod parts;
pub(crate) mod rectifications;
pub(crate) mod assessment_files;
pub(crate) mod assessment_own;
pub(crate) mod assessment_sheet;
pub(crate) mod assessments;
pub(crate) mod ballots;
pub(crate) mod campaigns;
pub(crate) mod evaluations;
mod results;
mod acts;
pub(crate) mod cards;
pub(crate) mod orders;
pub(crate) mod matters;
pub(crate) mod tasks;
