//! Marks (记分事实): what a stream of supervision counts for or against a unit. They are to supervision what facts are to
//! cases: the assessment of the year and the unit picture count them, and each leads to the event that made it.

use serde::{Deserialize, Serialize};

use crate::ids::UnitCode;

/// What kind of thing is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// 预警 triggered.
    Warning,
    /// 黄牌 issued.
    YellowCard,
    /// 红牌 issued.
    RedCard,
    /// A matter came to a response level above the first; the code names the level.
    Escalated,
    /// 督办单 issued to the unit.
    Order,
    /// 督办单 not answered in time.
    OrderOverdue,
    /// A task of a supervised matter not fed back or done in time.
    TaskOverdue,
    /// An inspection called; counts visits per unit (practice.md 17).
    Visit,
    /// A finding confirmed (domain.md I12); the code names the finding.
    Finding,
    /// 整改 not done in time.
    RectificationOverdue,
    /// 效能投诉 found true, wholly or in part; the code names the result (D6).
    ComplaintTrue,
    /// 正向激励: an honour or a praised innovation confirmed; the code names it.
    Honour,
    /// 问责建议 or 约谈 or 通报 about the unit; the code names which.
    Accountability,
}

impl MarkKind {
    /// All kinds.
    pub const ALL: [Self; 13] = [
        Self::Warning,
        Self::YellowCard,
        Self::RedCard,
        Self::Escalated,
        Self::Order,
        Self::OrderOverdue,
        Self::TaskOverdue,
        Self::Visit,
        Self::Finding,
        Self::RectificationOverdue,
        Self::ComplaintTrue,
        Self::Honour,
        Self::Accountability,
    ];

    /// The name in views, schemes and exports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::YellowCard => "yellow_card",
            Self::RedCard => "red_card",
            Self::Escalated => "escalated",
            Self::Order => "order",
            Self::OrderOverdue => "order_overdue",
            Self::TaskOverdue => "task_overdue",
            Self::Visit => "visit",
            Self::Finding => "finding",
            Self::RectificationOverdue => "rectification_overdue",
            Self::ComplaintTrue => "complaint_true",
            Self::Honour => "honour",
            Self::Accountability => "accountability",
        }
    }

    /// The kind of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Warning => "预警",
            Self::YellowCard => "黄牌",
            Self::RedCard => "红牌",
            Self::Escalated => "提级",
            Self::Order => "督办单",
            Self::OrderOverdue => "督办逾期",
            Self::TaskOverdue => "督查任务逾期",
            Self::Visit => "接受检查",
            Self::Finding => "督查发现问题",
            Self::RectificationOverdue => "整改逾期",
            Self::ComplaintTrue => "效能投诉属实",
            Self::Honour => "正向激励",
            Self::Accountability => "问责处理",
        }
    }
}

/// Something that counts for or against a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The unit.
    pub unit: UnitCode,
    /// What.
    pub kind: MarkKind,
    /// Which of its kind, where a table of points tells them apart; else empty.
    pub code: String,
}

/// What an event does to the marks of its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Counts from now on.
    Add(Mark),
    /// All standing marks of this kind in this stream no longer count (revoked, upheld, corrected); they stay on record.
    Revoke(MarkKind),
}

impl Change {
    /// A mark of a unit.
    pub fn add(unit: &UnitCode, kind: MarkKind, code: &str) -> Self {
        Self::Add(Mark { unit: unit.clone(), kind, code: code.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own() {
        for kind in MarkKind::ALL {
            assert_eq!(MarkKind::of_code(kind.code()), Some(kind));
        }
    }
}
