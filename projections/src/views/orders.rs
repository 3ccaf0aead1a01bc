//! Lists of supervision orders.

mod query;
mod write;

use domain::ids::UnitCode;
use domain::order::{OrderStage, OrderState};

use crate::views::streams::StreamRow;

/// Which orders a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderTab {
    /// 待反馈, in time
    Open,
    /// 已逾期
    Overdue,
    /// 待审核
    Answered,
    /// 已办结, 已撤回
    Ended,
}

impl OrderTab {
    /// All.
    pub const ALL: [Self; 4] = [Self::Open, Self::Overdue, Self::Answered, Self::Ended];

    /// Where an order is listed.
    pub fn of(order: &OrderState) -> Self {
        match order.stage {
            OrderStage::Open if order.overdue => Self::Overdue,
            OrderStage::Open => Self::Open,
            OrderStage::Answered => Self::Answered,
            OrderStage::Accepted | OrderStage::Withdrawn => Self::Ended,
        }
    }

    /// The name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Overdue => "overdue",
            Self::Answered => "answered",
            Self::Ended => "ended",
        }
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "待反馈",
            Self::Overdue => "已逾期",
            Self::Answered => "待审核",
            Self::Ended => "已办结和已撤回",
        }
    }

    /// The tab of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.code() == code)
    }
}

/// What a list of orders asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// The tab; none = all.
    pub tab: Option<OrderTab>,
    /// The unit; none = all.
    pub unit: Option<UnitCode>,
}

/// An order as the views know it.
pub type OrderRow = StreamRow<OrderState>;
