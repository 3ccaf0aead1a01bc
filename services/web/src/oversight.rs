//! Oversight: pages of the efficiency office and those it reports to. One module for each noun; the unit's side of the same
//! noun (reply, feedback, rectification) stands in the same module under `/desk/…`.

mod acts;
pub(crate) mod assessment_files;
pub(crate) mod assessment_own;
pub(crate) mod assessment_sheet;
pub(crate) mod assessments;
pub(crate) mod ballots;
pub(crate) mod campaigns;
pub(crate) mod cards;
pub(crate) mod cases;
pub(crate) mod duty;
pub(crate) mod escalations;
pub(crate) mod evaluations;
pub(crate) mod inspections;
pub(crate) mod investigations;
pub(crate) mod matters;
pub(crate) mod opinions;
pub(crate) mod orders;
pub(crate) mod overdue;
pub(crate) mod parts;
pub(crate) mod picture;
pub(crate) mod records;
pub(crate) mod rectifications;
mod results;
pub(crate) mod tasks;
pub(crate) mod today;
pub(crate) mod units;
