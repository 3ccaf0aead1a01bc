//! A supervision order (督办单): what a unit has to do and report by when (domain.md E6, practice.md 12). Stream
//! `order-<uuid>`. Electronic, without a document number of the office system (practice.md 17).

pub mod decide;

use serde::{Deserialize, Serialize};

use crate::account::Role;
use crate::duty::{Duty, Holder};
use crate::events::events;
use crate::folded::Folded;
use crate::ids::{AccountId, CardId, CaseId, UnitCode};
use crate::limit::Limit;
use crate::mark::{Change, MarkKind};
use crate::private::OfficeText;
use crate::time::Instant;

/// The three colours of 三明 (E6): reminder, warning with a limit, warning with consequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderColour {
    /// 蓝单
    Blue,
    /// 橙单
    Orange,
    /// 红单
    Red,
}

impl OrderColour {
    /// All, lightest first.
    pub const ALL: [Self; 3] = [Self::Blue, Self::Orange, Self::Red];

    /// The name in views, forms and codes of marks.
    pub fn code(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Blue => "蓝色（提醒）",
            Self::Orange => "橙色（警示，责令限期办结）",
            Self::Red => "红色（严重警示）",
        }
    }

    /// The colour of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.code() == code)
    }
}

/// What an order rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A case.
    Case {
        /// The case.
        case: CaseId,
        /// Its public number.
        number: String,
    },
    /// A card.
    Card {
        /// The card.
        card: CardId,
        /// The card's case.
        case: CaseId,
        /// Its public number.
        number: String,
    },
    /// A finding: the stream it stands in.
    Finding {
        /// Name of the stream.
        stream: String,
    },
    /// Told in the words of the order.
    Other,
}

impl Ground {
    /// The case it leads to.
    pub fn case(&self) -> Option<(CaseId, &str)> {
        match self {
            Self::Case { case, number } | Self::Card { case, number, .. } => Some((*case, number)),
            Self::Finding { .. } | Self::Other => None,
        }
    }

    /// The name on pages.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Case { .. } => "诉求件",
            Self::Card { .. } => "黄牌、红牌",
            Self::Finding { .. } => "督查发现的问题",
            Self::Other => "其他",
        }
    }
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStage {
    /// 待反馈
    Open,
    /// 待审核
    Answered,
    /// 已办结
    Accepted,
    /// 已撤回
    Withdrawn,
}

impl OrderStage {
    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "待反馈",
            Self::Answered => "待审核",
            Self::Accepted => "已办结",
            Self::Withdrawn => "已撤回",
        }
    }

    /// Nobody has to do anything about it any more.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Accepted | Self::Withdrawn)
    }
}

/// Issued to a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderIssued {
    /// The unit.
    pub unit: UnitCode,
    /// On what.
    pub ground: Ground,
    /// Colour.
    pub colour: OrderColour,
    /// What is to be done and reported.
    pub requirement: OfficeText,
    /// Time to feed back.
    pub limit: Limit,
    /// By when.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// Version of the calendar.
    pub calendar: String,
    /// Who.
    pub by: AccountId,
}

/// The unit fed back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderFeedback {
    /// What was done.
    pub words: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// The feedback was accepted; the order is done (销号).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderAccepted {
    /// What was found.
    pub words: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// The feedback was sent back with a new limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderReturned {
    /// What is missing.
    pub reason: OfficeText,
    /// Time to feed back again.
    pub limit: Limit,
    /// By when.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// Version of the calendar.
    pub calendar: String,
    /// Who.
    pub by: AccountId,
}

/// Not fed back in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderOverdue {}

/// The unit was urged (催办).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderUrged {
    /// What it was told.
    pub words: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// Taken back; it no longer counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderWithdrawn {
    /// Why.
    pub reason: OfficeText,
    /// Who.
    pub by: AccountId,
}

events! {
    /// What happened to a supervision order.
    OrderEvent {
        /// Issued to a unit, with what is to be done and by when (签发).
        Issued(OrderIssued) => "order_issued" 1,
        /// The unit fed back (反馈).
        Feedback(OrderFeedback) => "order_feedback" 1,
        /// The feedback was accepted and the order is done (办结销号).
        Accepted(OrderAccepted) => "order_accepted" 1,
        /// The feedback was sent back with a new limit (退回).
        Returned(OrderReturned) => "order_returned" 1,
        /// Not fed back in time, at the due instant; once for each limit (逾期).
        Overdue(OrderOverdue) => "order_overdue" 1,
        /// The unit was urged (催办).
        Urged(OrderUrged) => "order_urged" 1,
        /// Taken back; it no longer counts (撤回).
        Withdrawn(OrderWithdrawn) => "order_withdrawn" 1,
    }
}

/// What is known of an order; holds no words of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderState {
    /// The unit.
    pub unit: UnitCode,
    /// On what.
    pub ground: Ground,
    /// Colour.
    pub colour: OrderColour,
    /// Where it stands.
    pub stage: OrderStage,
    /// When issued.
    pub issued_at: Instant,
    /// By when it is to be fed back.
    pub due: Instant,
    /// The limit that runs was broken.
    pub overdue: bool,
    /// When it was fed back last.
    pub fed_back_at: Option<Instant>,
    /// When it was sent back last.
    pub returned_at: Option<Instant>,
    /// How often the unit was urged.
    pub urged: u16,
    /// When it ended.
    pub ended_at: Option<Instant>,
}

impl OrderState {
    /// Its limit runs and is not broken on record.
    pub fn runs(&self) -> bool {
        self.stage == OrderStage::Open && !self.overdue
    }
}

impl Folded for OrderState {
    type Event = OrderEvent;
    const KIND: &'static str = "order";

    fn evolve(before: Option<Self>, at: Instant, event: &OrderEvent) -> Option<Self> {
        let Some(mut state) = before else {
            let OrderEvent::Issued(e) = event else { return None };
            return Some(Self {
                unit: e.unit.clone(),
                ground: e.ground.clone(),
                colour: e.colour,
                stage: OrderStage::Open,
                issued_at: at,
                due: e.due,
                overdue: false,
                fed_back_at: None,
                returned_at: None,
                urged: 0,
                ended_at: None,
            });
        };
        match event {
            OrderEvent::Issued(_) => {}
            OrderEvent::Feedback(_) => {
                state.stage = OrderStage::Answered;
                state.fed_back_at = Some(at);
            }
            OrderEvent::Accepted(_) => {
                state.stage = OrderStage::Accepted;
                state.ended_at = Some(at);
            }
            OrderEvent::Returned(e) => {
                state.stage = OrderStage::Open;
                state.due = e.due;
                state.overdue = false;
                state.returned_at = Some(at);
            }
            OrderEvent::Overdue(_) => state.overdue = true,
            OrderEvent::Urged(_) => state.urged = state.urged.saturating_add(1),
            OrderEvent::Withdrawn(_) => {
                state.stage = OrderStage::Withdrawn;
                state.ended_at = Some(at);
            }
        }
        Some(state)
    }

    fn next_at(&self) -> Option<Instant> {
        self.runs().then_some(self.due)
    }

    fn duties(&self) -> Vec<Duty> {
        match self.stage {
            OrderStage::Open => {
                let since = self.returned_at.unwrap_or(self.issued_at);
                vec![Duty::new(Holder::Unit(self.unit.clone()), "order_feedback", since, Some(self.due))]
            }
            OrderStage::Answered => {
                let since = self.fed_back_at.unwrap_or(self.issued_at);
                vec![Duty::new(Holder::Office(Role::Inspector), "order_review", since, None)]
            }
            OrderStage::Accepted | OrderStage::Withdrawn => Vec::new(),
        }
    }

    fn marks(_before: Option<&Self>, _at: Instant, event: &OrderEvent, after: &Self) -> Vec<Change> {
        match event {
            OrderEvent::Issued(_) => vec![Change::add(&after.unit, MarkKind::Order, after.colour.code())],
            OrderEvent::Overdue(_) => vec![Change::add(&after.unit, MarkKind::OrderOverdue, after.colour.code())],
            OrderEvent::Withdrawn(_) => vec![Change::Revoke(MarkKind::Order), Change::Revoke(MarkKind::OrderOverdue)],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
