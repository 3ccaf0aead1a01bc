//! What can happen to an escalated matter.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::events::events;
use crate::ids::{CaseId, UnitCode};
use crate::limit::Limit;
use crate::private::OfficeText;
use crate::time::Instant;

/// Whose a level is, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The hotline's window, before dispatch.
    Hotline,
    /// A unit.
    Unit(UnitCode),
    /// 效能办.
    Office,
    /// 市领导.
    Leader,
}

/// Why a matter came to a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Filed as 办不成事.
    Filed,
    /// The handling limit broken for some days.
    Red,
    /// Handled again.
    Rehandled,
    /// Several petitioners on one matter.
    Petitioners,
    /// The level before ran out of time.
    TimedOut,
    /// 疑难复杂.
    Difficult,
    /// 职责争议.
    Dispute,
    /// 无权限: not counted against the unit.
    NoPower,
    /// 需政策: not counted against the unit.
    NeedsPolicy,
    /// 领导批示.
    Instruction,
    /// 其他.
    Other,
}

impl Entry {
    /// Those that a person gives.
    pub const BY_HAND: [Self; 6] = [Self::Difficult, Self::Dispute, Self::NoPower, Self::NeedsPolicy, Self::Instruction, Self::Other];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Filed => "反映“办不成事”",
            Self::Red => "办理严重超期",
            Self::Rehandled => "再次办理仍不满意",
            Self::Petitioners => "多人反映同一事项",
            Self::TimedOut => "上一级到期未办成",
            Self::Difficult => "疑难复杂",
            Self::Dispute => "职责争议",
            Self::NoPower => "承办单位无权限",
            Self::NeedsPolicy => "需要政策支持",
            Self::Instruction => "领导批示",
            Self::Other => "其他",
        }
    }

    /// The name in forms and views.
    pub fn code(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Red => "red",
            Self::Rehandled => "rehandled",
            Self::Petitioners => "petitioners",
            Self::TimedOut => "timed_out",
            Self::Difficult => "difficult",
            Self::Dispute => "dispute",
            Self::NoPower => "no_power",
            Self::NeedsPolicy => "needs_policy",
            Self::Instruction => "instruction",
            Self::Other => "other",
        }
    }

    /// Of a form: one of [`Self::BY_HAND`].
    pub fn of_form(code: &str) -> Option<Self> {
        Self::BY_HAND.into_iter().find(|entry| entry.code() == code)
    }

    /// Counts against the unit of the case (G7).
    pub fn counts(self) -> bool {
        !matches!(self, Self::NoPower | Self::NeedsPolicy)
    }
}

/// A level's clock, frozen with its inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelClock {
    /// The start.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub from: Instant,
    /// The limit.
    pub limit: Limit,
    /// Out of time from here on.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// Until when a 会商 is required, when it is.
    #[serde(with = "chrono::serde::ts_microseconds_option", default, skip_serializing_if = "Option::is_none")]
    pub convene: Option<Instant>,
    /// Version of the calendar.
    pub calendar: String,
    /// A year without a published notice was touched.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
}

/// What a raise says, of a new matter, an open one or a resolved one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Raise {
    /// The ladder's id.
    pub ladder: String,
    /// The rulebook whose ladder it is, `id@version`.
    pub rulebook: String,
    /// The level now.
    pub level: u8,
    /// The ladder's highest level.
    pub top: u8,
    /// Why.
    pub entry: Entry,
    /// The trigger, for acting once; empty by hand and for lack of time.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trigger: String,
    /// Cases that come to the matter with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseId>,
    /// The group of like cases it is about; empty for one case.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// The unit in charge of the case, which a raise counts against.
    pub unit: Option<UnitCode>,
    /// A report of wrongdoing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wrongdoing: bool,
    /// Whose the level is.
    pub owner: Owner,
    /// Its clock.
    pub clock: LevelClock,
    /// The reason a person gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<OfficeText>,
}

/// A resolved matter came up again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reopened {
    /// To which level, and why.
    pub raise: Raise,
}

/// Given back to a lower level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lowered {
    /// The level now.
    pub level: u8,
    /// Whose it is.
    pub owner: Owner,
    /// The unit in charge of the case now.
    pub unit: Option<UnitCode>,
    /// Its clock.
    pub clock: LevelClock,
    /// Why.
    pub reason: OfficeText,
}

/// A task that a 会商 gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// To whom.
    pub unit: UnitCode,
    /// What.
    pub what: OfficeText,
    /// Until 24:00 of this day.
    pub due: NaiveDate,
}

/// A 会商 was held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convened {
    /// The day.
    pub held: NaiveDate,
    /// Units present.
    pub units: Vec<UnitCode>,
    /// What was resolved.
    pub resolution: OfficeText,
    /// Tasks.
    pub tasks: Vec<FollowUp>,
}

/// On the highest level the time ran out once more: looked at anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tracked {
    /// 1, 2, … since the level was entered.
    pub number: u32,
    /// Until the next time.
    pub clock: LevelClock,
}

/// A further case joined the matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// The case.
    pub case: CaseId,
    /// Its trigger.
    pub trigger: String,
}

/// A further ground came while the matter stood at its level or higher.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    /// Which.
    pub entry: Entry,
    /// The trigger.
    pub trigger: String,
}

/// The case was given to a unit while the hotline's window held the level: the unit holds it now, its clock runs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handed {
    /// The unit.
    pub unit: UnitCode,
}

/// The unit answered: the level's clock stands while the answer is reviewed and called back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {}

/// The answer came back: the level's clock begins anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resumed {
    /// The clock.
    pub clock: LevelClock,
}

/// The owner of the level reported what came of it; the office judges it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// What.
    pub words: OfficeText,
}

/// How a matter was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// With an outcome that a person recorded.
    Outcome,
    /// All its cases have ended.
    CaseEnded,
}

/// Resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// How.
    pub how: Resolution,
    /// The outcome; none when the cases ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<OfficeText>,
}

events! {
    /// What happened to an escalated matter.
    EscalationEvent {
        /// A matter came to a level, by a trigger, for lack of time or by hand (提级).
        Raised(Raise) => "escalation_raised" 1,
        /// A resolved matter came up again.
        Reopened(Reopened) => "escalation_reopened" 1,
        /// Given back to a lower level with a reason (降级).
        Lowered(Lowered) => "escalation_lowered" 1,
        /// A joint meeting was held: who was there, what was resolved, follow-up tasks (会商).
        Convened(Convened) => "escalation_convened" 1,
        /// The highest level was looked at once more, at its due instant (跟踪).
        Tracked(Tracked) => "escalation_tracked" 1,
        /// A further case joined the same matter.
        Joined(Joined) => "escalation_joined" 1,
        /// A further trigger came while the matter stood at its level or higher.
        Noted(Noted) => "escalation_trigger_noted" 1,
        /// The case was dispatched while the hotline held the level: the unit holds it now.
        Handed(Handed) => "escalation_handed" 1,
        /// The unit answered the case: the level's clock stands while the answer is reviewed.
        Answered(Answered) => "escalation_answered" 1,
        /// The answer came back or the case is handled again: the level's clock begins anew.
        Resumed(Resumed) => "escalation_resumed" 1,
        /// The owner of the level reported what came of it; its clock stands until the office judges.
        Reported(Reported) => "escalation_reported" 1,
        /// Resolved with its outcome, or because all its cases ended.
        Resolved(Resolved) => "escalation_resolved" 1,
    }
}
