//! What happened to cases on each legal day, and what is open and urgent: the first screen of those who watch over all.
//!
//! A day's figure is the number of its rows: each leads to exactly the cases that it counts.

mod query;
pub(crate) mod write;

/// What is counted by the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DayKind {
    /// 登记: filed on that day.
    Filed,
    /// 派单: given to a unit, the first time or again.
    Dispatched,
    /// 办结: archived or refused.
    Ended,
    /// 不满意: the petitioner was reached by the call-back and was not satisfied.
    Dissatisfied,
}

impl DayKind {
    /// All, in the order of the screen.
    pub const ALL: [Self; 4] = [Self::Filed, Self::Dispatched, Self::Ended, Self::Dissatisfied];

    /// The name in views and addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Dispatched => "dispatched",
            Self::Ended => "ended",
            Self::Dissatisfied => "dissatisfied",
        }
    }

    /// The kind of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}
