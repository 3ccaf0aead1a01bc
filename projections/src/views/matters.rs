//! The ledger of supervised matters, and their tasks.

mod query;
mod write;

use domain::ids::UnitCode;
use domain::matter::{MatterState, TaskState};

use crate::views::streams::StreamRow;

/// Which matters a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatterTab {
    /// 推进中
    Open,
    /// With late tasks
    Overdue,
    /// With feedback to review
    Waiting,
    /// 已销号
    Closed,
}

impl MatterTab {
    /// All.
    pub const ALL: [Self; 4] = [Self::Open, Self::Overdue, Self::Waiting, Self::Closed];

    /// The name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Overdue => "overdue",
            Self::Waiting => "waiting",
            Self::Closed => "closed",
        }
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "推进中",
            Self::Overdue => "有逾期",
            Self::Waiting => "反馈待审核",
            Self::Closed => "已销号",
        }
    }

    /// The tab of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.code() == code)
    }
}

/// What a list of matters asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatterFilter {
    /// The tab; none = all.
    pub tab: Option<MatterTab>,
    /// Matters in which this unit has a task; none = all.
    pub unit: Option<UnitCode>,
}

/// A matter as the views know it.
pub type MatterRow = StreamRow<MatterState>;
/// A task as the views know it.
pub type TaskRow = StreamRow<TaskState>;
