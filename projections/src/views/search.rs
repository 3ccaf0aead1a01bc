//! Search in the words of demands. Reports of wrongdoing, confidential, restricted and erased cases never enter it.

mod query;
pub(crate) mod terms;
pub(crate) mod write;

use domain::case::Stage;
use domain::ids::{CaseId, UnitCode};

/// What the asker may find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchScope {
    /// All cases (hotline).
    All,
    /// Cases of a unit and all below it.
    Unit(UnitCode),
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    /// What was typed: words, or the beginning of a number.
    pub text: String,
    /// What may be found.
    pub scope: SearchScope,
    /// Only hits filed before this one (its `key`): the next page.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// A case found; its row is in [`Views::cases_by_ids`](crate::Views::cases_by_ids).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The case.
    pub case: CaseId,
    /// Public number.
    pub number: String,
    /// The place for the next page.
    pub key: i64,
}

/// Kept here so that the rule stands once: which cases may be searched.
pub(crate) fn is_searchable(wrongdoing: bool, confidential: bool, stage: Stage) -> bool {
    !wrongdoing && !confidential && stage != Stage::None
}
