//! The task of one unit in a supervised matter.

use serde::{Deserialize, Serialize};

use crate::account::Role;
use crate::duty::{Duty, Holder};
use crate::events::events;
use crate::folded::Folded;
use crate::ids::{AccountId, MatterId, UnitCode};
use crate::mark::{Change, MarkKind};
use crate::private::OfficeText;
use crate::time::Instant;

/// The part of a unit in a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 牵头
    Lead,
    /// 配合
    Assist,
}

impl Part {
    /// The name in codes of marks.
    pub fn code(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Assist => "assist",
        }
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Lead => "牵头",
            Self::Assist => "配合",
        }
    }
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStage {
    /// 推进中
    Open,
    /// 待审核
    Answered,
    /// 已完成
    Done,
    /// 随事项销号
    Closed,
}

impl TaskStage {
    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "推进中",
            Self::Answered => "待审核",
            Self::Done => "已完成",
            Self::Closed => "随事项销号",
        }
    }

    /// Nobody has to do anything about it any more.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Done | Self::Closed)
    }
}

/// The unit got its task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskAssigned {
    /// The matter.
    pub matter: MatterId,
    /// The unit.
    pub unit: UnitCode,
    /// Its part.
    pub part: Part,
    /// By when.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
}

/// The unit fed back its progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskFeedback {
    /// 0–100; 100 asks for the task to be found done.
    pub percent: u8,
    /// What was done.
    pub words: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// The feedback was accepted; at 100 % the task is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskAccepted {
    /// What was found.
    pub words: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// The feedback was sent back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskReturned {
    /// What is missing.
    pub reason: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// The due day was put off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskExtended {
    /// Why.
    pub reason: OfficeText,
    /// By when now.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// Who.
    pub by: AccountId,
}

/// Not done by the due day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskOverdue {}

/// Ended with its matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskClosed {}

events! {
    /// What happened to a unit's task in a matter.
    TaskEvent {
        /// The unit got its task (分解).
        Assigned(TaskAssigned) => "task_assigned" 1,
        /// The unit fed back its progress (反馈).
        Feedback(TaskFeedback) => "task_feedback" 1,
        /// The feedback was accepted; at 100 % the task is done.
        Accepted(TaskAccepted) => "task_accepted" 1,
        /// The feedback was sent back (退回).
        Returned(TaskReturned) => "task_returned" 1,
        /// The due day was put off (延期).
        Extended(TaskExtended) => "task_extended" 1,
        /// Not done by the due day, at that instant; once for each due day (逾期).
        Overdue(TaskOverdue) => "task_overdue" 1,
        /// Ended with its matter.
        Closed(TaskClosed) => "task_closed" 1,
    }
}

/// What is known of a task; holds no words of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskState {
    /// The matter.
    pub matter: MatterId,
    /// The unit.
    pub unit: UnitCode,
    /// Its part.
    pub part: Part,
    /// Where it stands.
    pub stage: TaskStage,
    /// When it was assigned.
    pub assigned_at: Instant,
    /// By when.
    pub due: Instant,
    /// The due day that runs was missed.
    pub overdue: bool,
    /// Progress as the unit says.
    pub percent: u8,
    /// When it was fed back last.
    pub fed_back_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
}

impl TaskState {
    /// Its due day runs and is not missed on record. A feedback of 100 % keeps it until somebody sends it back.
    pub fn runs(&self) -> bool {
        let kept = self.stage == TaskStage::Answered && self.percent == 100;
        !self.stage.is_ended() && !self.overdue && !kept
    }
}

impl Folded for TaskState {
    type Event = TaskEvent;
    const KIND: &'static str = "task";

    fn evolve(before: Option<Self>, at: Instant, event: &TaskEvent) -> Option<Self> {
        let Some(mut state) = before else {
            let TaskEvent::Assigned(e) = event else { return None };
            return Some(Self {
                matter: e.matter,
                unit: e.unit.clone(),
                part: e.part,
                stage: TaskStage::Open,
                assigned_at: at,
                due: e.due,
                overdue: false,
                percent: 0,
                fed_back_at: None,
                ended_at: None,
            });
        };
        match event {
            TaskEvent::Assigned(_) => {}
            TaskEvent::Feedback(e) => {
                state.stage = TaskStage::Answered;
                state.percent = e.percent;
                state.fed_back_at = Some(at);
            }
            TaskEvent::Accepted(_) if state.percent == 100 => {
                state.stage = TaskStage::Done;
                state.ended_at = Some(at);
            }
            TaskEvent::Accepted(_) | TaskEvent::Returned(_) => state.stage = TaskStage::Open,
            TaskEvent::Extended(e) => {
                state.due = e.due;
                state.overdue = false;
            }
            TaskEvent::Overdue(_) => state.overdue = true,
            TaskEvent::Closed(_) => {
                state.stage = TaskStage::Closed;
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
            TaskStage::Open => {
                let since = self.fed_back_at.unwrap_or(self.assigned_at);
                vec![Duty::new(Holder::Unit(self.unit.clone()), "task_feedback", since, Some(self.due))]
            }
            TaskStage::Answered => {
                let since = self.fed_back_at.unwrap_or(self.assigned_at);
                vec![Duty::new(Holder::Office(Role::Supervisor), "task_review", since, None)]
            }
            TaskStage::Done | TaskStage::Closed => Vec::new(),
        }
    }

    fn marks(_before: Option<&Self>, _at: Instant, event: &TaskEvent, after: &Self) -> Vec<Change> {
        match event {
            TaskEvent::Overdue(_) => vec![Change::add(&after.unit, MarkKind::TaskOverdue, after.part.code())],
            _ => Vec::new(),
        }
    }
}
