//! The limits of a case: frozen when set, ended when met, warned and broken once each.

use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::deadline::{DeadlineInput, deadline};
use crate::ids::UnitCode;
use crate::limit::Limit;
use crate::rulebook::{Rulebook, Warning};
use crate::time::Instant;

/// Which limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// Hotline: filing → dispatch, direct answer or refusal.
    Accept,
    /// What the receipt promises; shown, never warned.
    Promise,
    /// The matter: dispatch → answer that passed review (总时限).
    Total,
    /// Unit: dispatch → signed for (签收).
    Sign,
    /// Unit: dispatch → petitioner contacted (联系).
    Contact,
    /// Unit: dispatch → answer signed by its head (办理时限).
    Handle,
    /// Hotline: answer → passed or sent back (审核).
    Review,
    /// Hotline: passed → called back (回访).
    CallBack,
}

impl ClockKind {
    /// All kinds.
    pub const ALL: [Self; 8] =
        [Self::Accept, Self::Promise, Self::Total, Self::Sign, Self::Contact, Self::Handle, Self::Review, Self::CallBack];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Accept => "受理派单时限",
            Self::Promise => "答复承诺",
            Self::Total => "总时限",
            Self::Sign => "签收时限",
            Self::Contact => "联系诉求人时限",
            Self::Handle => "办理时限",
            Self::Review => "审核时限",
            Self::CallBack => "回访时限",
        }
    }

    /// The name in views and events.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Promise => "promise",
            Self::Total => "total",
            Self::Sign => "sign",
            Self::Contact => "contact",
            Self::Handle => "handle",
            Self::Review => "review",
            Self::CallBack => "call_back",
        }
    }

    /// The kind of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// In whose hands a case is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The hotline office (热线办).
    Hotline,
    /// A unit.
    Unit(UnitCode),
}

/// One limit as it is frozen in an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockSet {
    /// Which limit.
    #[serde(rename = "k")]
    pub clock: ClockKind,
    /// The limit as the rulebook says it.
    #[serde(rename = "l")]
    pub limit: Limit,
    /// The instant at which it is broken if nothing was done (24:00 is the next day's 00:00): in time is *before* it.
    #[serde(rename = "d", with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// When to warn.
    #[serde(rename = "w", with = "chrono::serde::ts_microseconds_option", default)]
    pub warn_at: Option<Instant>,
    /// True when a year without a published notice was touched.
    #[serde(rename = "p", default)]
    pub provisional: bool,
}

/// The limits that start with an event, with the inputs that explain them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// The start; the day of it is day zero.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub from: Instant,
    /// Version of the calendar.
    pub calendar: String,
    /// The rulebook, `id@version`.
    pub rulebook: String,
    /// The limits.
    pub clocks: Vec<ClockSet>,
}

/// A limit of a case as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// Which limit.
    pub kind: ClockKind,
    /// 1 for the first handling, 2 for 二次办理 …
    pub round: u8,
    /// Who is bound; the unit for sign, contact and handle.
    pub holder: Holder,
    /// The start.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub from: Instant,
    /// The limit.
    pub limit: Limit,
    /// The due instant.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// When to warn.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub warn_at: Option<Instant>,
    /// A year without notice was touched.
    pub provisional: bool,
    /// Version of the calendar.
    pub calendar: String,
    /// The rulebook.
    pub rulebook: String,
    /// A warning is on record.
    pub warned: bool,
    /// A breach is on record (and not withdrawn).
    pub breached: bool,
    /// When it was met or became void.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub ended: Option<Instant>,
    /// It ended by the act that it asks for, in time or not; false = it runs or became void.
    #[serde(default)]
    pub met: bool,
}

/// What automation does at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Record the warning.
    Warn,
    /// Record the breach (for the sign-for limit: deemed received).
    Breach,
}

impl Act {
    /// The name in views.
    pub fn code(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Breach => "breach",
        }
    }

    /// The act of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Warn, Self::Breach].into_iter().find(|act| act.code() == code)
    }
}

impl Clock {
    /// Runs: neither met nor void.
    pub fn runs(&self) -> bool {
        self.ended.is_none()
    }

    /// An act at this instant keeps it. The due instant itself is too late, whichever of a tick and an act comes first.
    pub fn keeps(&self, at: Instant) -> bool {
        at < self.due
    }

    /// Runs past its due instant with no breach on record; automation has not come round yet.
    pub fn owes_breach(&self, now: Instant) -> bool {
        self.runs() && !self.breached && self.kind != ClockKind::Promise && !self.keeps(now)
    }

    /// The next thing automation does for this clock.
    pub fn next(&self) -> Option<(Instant, Act)> {
        if !self.runs() || self.breached || self.kind == ClockKind::Promise {
            return None;
        }
        match self.warn_at {
            Some(at) if !self.warned && at < self.due => Some((at, Act::Warn)),
            _ => Some((self.due, Act::Breach)),
        }
    }

    /// The inputs, for the day-by-day explanation.
    pub fn input(&self) -> DeadlineInput {
        DeadlineInput { from: self.from, limit: self.limit, excluded: Vec::new() }
    }
}

/// Freezes one limit. Warnings as the rulebook says: at the later of a share of the time and some working days before
/// (domain.md E7); never before the start.
pub fn freeze(calendar: &Calendar, rules: &Rulebook, clock: ClockKind, from: Instant, limit: &Limit) -> ClockSet {
    let set = deadline(calendar, &DeadlineInput { from, limit: *limit, excluded: Vec::new() });
    let warn_at = if clock == ClockKind::Promise { None } else { Some(warn_at(calendar, &rules.warning, from, set.due)) };
    ClockSet { clock, limit: *limit, due: set.due, warn_at, provisional: set.provisional }
}

/// When to warn of a limit from `from` to `due`; whole microseconds, as stored.
pub fn warn_at(calendar: &Calendar, warning: &Warning, from: Instant, due: Instant) -> Instant {
    let micros = (due - from).num_microseconds().unwrap_or(0).max(0);
    let share =
        from + chrono::Duration::microseconds(micros / 100 * i64::from(warning.percent) + micros % 100 * i64::from(warning.percent) / 100);
    if warning.before_working_days == 0 {
        return share;
    }
    // Walk back over whole legal days until that many working days lie between the warning and the due instant.
    let mut day = crate::time::legal_day(due - chrono::Duration::microseconds(1));
    let mut left = i32::from(warning.before_working_days);
    for _ in 0..60 {
        if calendar.day(day).kind.is_workday() {
            left -= 1;
        }
        if left == 0 {
            break;
        }
        let Some(previous) = day.pred_opt() else { break };
        day = previous;
    }
    let before = day.and_time(chrono::NaiveTime::MIN).and_local_timezone(crate::time::CHINA).single().map_or(share, |t| t.to_utc());
    share.max(before.min(due - chrono::Duration::microseconds(1)))
}
