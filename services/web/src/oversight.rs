//! Oversight: pages of the efficiency office and those it reports to. One module for each noun; the unit's side of the same
//! noun (reply, feedback, rectification) stands in the same module under `/desk/…`.

mod acts;
pub(crate) mod cards;
pub(crate) mod orders;
pub(crate) mod matters;
pub(crate) mod tasks;
