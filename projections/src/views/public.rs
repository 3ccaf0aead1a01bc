//! What everybody may see: figures by month, and cases without words. Reports of wrongdoing and confidential cases are
//! counted, never listed.

mod query;
pub(crate) mod write;

use domain::case::Stage;
use domain::ids::UnitCode;
use domain::time::{Instant, Period};

/// By what figures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// The whole city.
    All,
    /// Class of demand.
    Class,
    /// County: the first six digits of the division code.
    County,
    /// Township: the first nine digits.
    Township,
    /// Unit in charge.
    Unit,
}

impl Dimension {
    /// The name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Class => "class",
            Self::County => "county",
            Self::Township => "township",
            Self::Unit => "unit",
        }
    }

    /// The dimension of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::All, Self::Class, Self::County, Self::Township, Self::Unit].into_iter().find(|one| one.code() == code)
    }
}

/// The figures of a value of a dimension in a month of filing (calendar months).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublicFigure {
    /// Class, division or unit code; empty where it is not known, and for the whole city.
    pub value: String,
    /// Filed in the month.
    pub filed: u64,
    /// Of those, ended by now.
    pub ended: u64,
    /// Of those, answered by now.
    pub answered: u64,
    /// Of the answered, answered without a broken limit of acceptance, handling or the matter, and within the matter's limit.
    pub in_time: u64,
}

/// Which public cases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublicFilter {
    /// Of this class.
    pub class: Option<String>,
    /// Division code that begins so.
    pub place: Option<String>,
    /// In the hands of this unit.
    pub unit: Option<UnitCode>,
    /// Filed in this calendar month.
    pub month: Option<Period>,
}

/// A case as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicCase {
    /// Public number.
    pub number: String,
    /// Title, when the petitioner agreed that it is published; otherwise empty.
    pub title: String,
    /// Class code.
    pub class: String,
    /// Division code.
    pub division: String,
    /// Unit in charge.
    pub unit: Option<UnitCode>,
    /// Where it stands.
    pub stage: Stage,
    /// When filed.
    pub filed_at: Instant,
    /// When answered.
    pub answered_at: Option<Instant>,
    /// When ended.
    pub ended_at: Option<Instant>,
}

/// How fresh the views are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// The latest event taken in.
    pub seq: u64,
    /// When it was recorded; none when there is no event.
    pub recorded_at: Option<Instant>,
}
