//! Rectifications by due date: the list (清单) of the office and of a unit.

pub(crate) mod query;
pub(crate) mod write;
