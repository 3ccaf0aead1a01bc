//! When a limit ends: day zero, rest days, excluded periods, hours (T1–T8), and the explanation of each day.
//!
//! One walk over the days (`walk`) serves both [`deadline`] and [`explain`], so that the two cannot disagree.
//!
//! **Excluded periods and parts of days.** For limits in days a day is left out when its *end* (24:00) lies in an
//! excluded period. A period from Monday 10:00 to Wednesday 15:00 leaves out Monday and Tuesday: as many days as
//! day-zero counting gives it, two adjoining periods leave out as many as one, a pause within one day leaves out
//! none, and no limit can end while it is suspended. For limits in hours exactly the excluded time is left out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::{self, Calendar};
use crate::limit::Limit;

mod batch;
mod elapsed;
mod explanation;
mod walk;

pub use batch::{RowError, batch_row, parse_from, rfc3339};
pub use elapsed::{working_days_between, working_time_between};
pub use explanation::{Counting, ExplainedDay, Span, explain, promise};

/// What a deadline is reckoned from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlineInput {
    /// The instant from which the limit runs; its legal day is day zero for limits in days (T1).
    pub from: DateTime<Utc>,
    /// The limit.
    pub limit: Limit,
    /// Periods that do not count (T8), in any order, possibly overlapping.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<ExcludedPeriod>,
}

/// A declared period `[from, to)` that does not count: hearing, inspection, supplement (T8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedPeriod {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The instant at which counting goes on.
    pub to: DateTime<Utc>,
    /// The ground, for example 听证; no free text about a person.
    pub ground: String,
}

/// A deadline as it is frozen in an event (T10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The instant at which the limit has run out; for limits in days 24:00 of the last day, that is the next day's
    /// 00:00 at +08:00.
    pub due: DateTime<Utc>,
    /// A day without a notice decided about it (J10): importing the notice may move it.
    pub provisional: bool,
    /// The version of the calendar.
    pub calendar: String,
}

impl DeadlineInput {
    /// A limit from an instant, nothing excluded.
    pub fn new(from: DateTime<Utc>, limit: Limit) -> DeadlineInput {
        DeadlineInput { from, limit, excluded: Vec::new() }
    }
}

/// When a limit ends. A limit that would end after 2100 ends with that year, provisionally.
pub fn deadline(calendar: &Calendar, input: &DeadlineInput) -> Deadline {
    let (due, provisional) = due(calendar, input);
    Deadline { due, provisional, calendar: calendar.version().to_owned() }
}

/// The due instant and whether it is provisional, without naming the calendar (and without allocating).
pub fn due(calendar: &Calendar, input: &DeadlineInput) -> (DateTime<Utc>, bool) {
    let end = walk::walk(calendar, input, |_| {});
    (instant(end.due), end.provisional)
}

/// The new deadline when a calendar gives another one than was frozen (`due`, `provisional`): a `DeadlineRecomputed`
/// for an open clock (T10). Also when only the provisional mark changes, because the promise has then become certain.
pub fn affected(calendar: &Calendar, input: &DeadlineInput, frozen_due: DateTime<Utc>, frozen_provisional: bool) -> Option<Deadline> {
    let now = deadline(calendar, input);
    if (now.due, now.provisional) == (frozen_due, frozen_provisional) { None } else { Some(now) }
}

fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The end of a legal day.
fn end_micros(day: calendar::DayNumber) -> i64 {
    calendar::start_micros(day.saturating_add(1))
}

#[cfg(test)]
mod tests;
