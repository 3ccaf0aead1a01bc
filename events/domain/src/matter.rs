//! A supervised matter (督查事项) of the supervision office, and the task of each unit in it (practice.md 13). Streams
//! `matter-<uuid>` and `task-<matter>-<unit>`. The wording of an instruction is for the supervision office alone.

pub mod decide;
mod task;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::events::events;
use crate::folded::Folded;
use crate::ids::{AccountId, MatterId, UnitCode};
use crate::private::OfficeText;
use crate::time::Instant;

pub use task::{
    Part, TaskAccepted, TaskAssigned, TaskClosed, TaskEvent, TaskExtended, TaskFeedback, TaskOverdue, TaskReturned, TaskStage, TaskState,
};

/// Where a matter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// 政府工作报告
    WorkReport,
    /// 会议决定
    Meeting,
    /// 批示件
    Instruction,
    /// 上级交办
    Above,
    /// 其他
    Other,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 5] = [Self::WorkReport, Self::Meeting, Self::Instruction, Self::Above, Self::Other];

    /// The name in forms and views.
    pub fn code(self) -> &'static str {
        match self {
            Self::WorkReport => "work_report",
            Self::Meeting => "meeting",
            Self::Instruction => "instruction",
            Self::Above => "above",
            Self::Other => "other",
        }
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::WorkReport => "政府工作报告",
            Self::Meeting => "会议决定",
            Self::Instruction => "批示件",
            Self::Above => "上级交办",
            Self::Other => "其他",
        }
    }

    /// The source of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.code() == code)
    }
}

impl MatterId {
    /// The stream of a unit's task in the matter.
    pub fn task(&self, unit: &UnitCode) -> String {
        format!("task-{}-{unit}", self.0)
    }

    /// Matter and unit of a task's stream.
    pub fn of_task(stream: &str) -> Option<(Self, UnitCode)> {
        let rest = stream.strip_prefix("task-")?;
        let (id, unit) = (rest.get(..36)?, rest.get(36..)?.strip_prefix('-')?);
        Some((Self(uuid::Uuid::try_parse(id).ok()?), UnitCode::parse(unit).ok()?))
    }
}

/// A step on the way, with its day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Milestone {
    /// By which legal day.
    pub day: NaiveDate,
    /// What is done by then.
    pub words: OfficeText,
}

/// The matter was set (立项).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatterSet {
    /// Where it comes from.
    pub source: Source,
    /// What it is called.
    pub title: OfficeText,
    /// What the units have to do.
    pub requirement: OfficeText,
    /// The words of the source, for the supervision office alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<OfficeText>,
    /// 牵头单位.
    pub lead: UnitCode,
    /// 配合单位.
    pub assisting: Vec<UnitCode>,
    /// Steps on the way.
    pub milestones: Vec<Milestone>,
    /// By when: the end of a legal day.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// Who.
    pub by: AccountId,
}

/// All units have their task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatterAssigned {}

/// The matter was closed (办结销号).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatterClosed {
    /// What came of it.
    pub words: OfficeText,
    /// Who.
    pub by: AccountId,
}

events! {
    /// What happened to a supervised matter.
    MatterEvent {
        /// The matter was set, with its units and its due day (立项).
        Set(MatterSet) => "matter_set" 1,
        /// Every unit of the matter has its task.
        Assigned(MatterAssigned) => "matter_assigned" 1,
        /// The matter was closed (办结销号).
        Closed(MatterClosed) => "matter_closed" 1,
    }
}

/// What is known of a matter; holds no words of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatterState {
    /// Where it comes from.
    pub source: Source,
    /// 牵头单位.
    pub lead: UnitCode,
    /// 配合单位.
    pub assisting: Vec<UnitCode>,
    /// When set.
    pub set_at: Instant,
    /// By when.
    pub due: Instant,
    /// Every unit has its task.
    pub assigned: bool,
    /// When it ended.
    pub closed_at: Option<Instant>,
}

impl MatterState {
    /// All units, the lead first, with their part.
    pub fn units(&self) -> impl Iterator<Item = (&UnitCode, Part)> {
        std::iter::once((&self.lead, Part::Lead)).chain(self.assisting.iter().map(|unit| (unit, Part::Assist)))
    }
}

impl Folded for MatterState {
    type Event = MatterEvent;
    const KIND: &'static str = "matter";

    fn evolve(before: Option<Self>, at: Instant, event: &MatterEvent) -> Option<Self> {
        let Some(mut state) = before else {
            let MatterEvent::Set(e) = event else { return None };
            return Some(Self {
                source: e.source,
                lead: e.lead.clone(),
                assisting: e.assisting.clone(),
                set_at: at,
                due: e.due,
                assigned: false,
                closed_at: None,
            });
        };
        match event {
            MatterEvent::Set(_) => {}
            MatterEvent::Assigned(_) => state.assigned = true,
            MatterEvent::Closed(_) => state.closed_at = Some(at),
        }
        Some(state)
    }

    /// A matter whose tasks were not all begun before a crash is driven on.
    fn next_at(&self) -> Option<Instant> {
        (!self.assigned).then_some(self.set_at)
    }
}

#[cfg(test)]
mod tests;
