//! Worklists: who has which cases, by stage, by due date.
//!
//! A case stands in the lists of the hotline, of its unit and every unit above, and of the handler it is assigned to.

mod query;
pub(crate) mod write;

use domain::case::Stage;
use domain::ids::{AccountId, UnitCode};

use crate::page::At;

/// Whose list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HolderKey {
    /// The hotline office: all cases.
    Hotline,
    /// A unit with all units below it.
    Unit(UnitCode),
    /// The handler a case is assigned to.
    Account(AccountId),
}

impl HolderKey {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Hotline => "hotline".to_owned(),
            Self::Unit(code) => format!("unit:{code}"),
            Self::Account(id) => format!("account:{}", id.0),
        }
    }
}

/// Which cases of a holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// In one open stage.
    Stage(Stage),
    /// All that are not ended.
    Open,
    /// Open, and a limit that binds this holder is broken.
    Breached,
    /// Archived or refused.
    Ended,
}

impl Bucket {
    /// All buckets in the order of pages.
    pub const ALL: [Self; 11] = [
        Self::Stage(Stage::Filed),
        Self::Stage(Stage::Accepted),
        Self::Stage(Stage::Dispatched),
        Self::Stage(Stage::Handling),
        Self::Stage(Stage::UnitReview),
        Self::Stage(Stage::HotlineReview),
        Self::Stage(Stage::CallBack),
        Self::Stage(Stage::Judging),
        Self::Open,
        Self::Breached,
        Self::Ended,
    ];

    /// The name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Stage(stage) => stage.code(),
            Self::Open => "open",
            Self::Breached => "breached",
            Self::Ended => "ended",
        }
    }

    /// The bucket of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bucket| bucket.code() == code)
    }

    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Stage(stage) => Stage::ALL.iter().position(|one| *one == stage).map_or(0, |at| at as i64),
            Self::Open => 20,
            Self::Breached => 21,
            Self::Ended => 22,
        }
    }
}

/// The closed set of orders; each has its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    /// Nearest due date first, cases without one last; ended cases by their end, latest first.
    #[default]
    Due,
    /// Latest filed first.
    FiledNewest,
    /// By number.
    Number,
}

impl Sort {
    /// All orders.
    pub const ALL: [Self; 3] = [Self::Due, Self::FiledNewest, Self::Number];

    /// The name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::FiledNewest => "newest",
            Self::Number => "number",
        }
    }

    /// The order of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.code() == code)
    }
}

/// What narrows a list further.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorklistFilter {
    /// Of this class.
    pub class: Option<String>,
    /// In the hands of exactly this unit. For a unit with all below it, ask for its own list.
    pub unit: Option<UnitCode>,
    /// Without reports of wrongdoing (for accounts that may not see them).
    pub hide_wrongdoing: bool,
}

/// A page of a worklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorklistQuery {
    /// Whose.
    pub holder: HolderKey,
    /// Which cases.
    pub bucket: Bucket,
    /// Order.
    pub sort: Sort,
    /// Filter.
    pub filter: WorklistFilter,
    /// Where the page begins.
    pub at: At,
    /// Rows of a page.
    pub limit: usize,
}
