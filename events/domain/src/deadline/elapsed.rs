//! Working time that has passed: what a holder has consumed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::calendar::{self, Calendar};

/// The business hours within `[from, to)`, by the sessions of the calendar; nothing when `to` is not after `from`.
pub fn working_time_between(calendar: &Calendar, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    let (first, last) = (from.timestamp_micros(), to.timestamp_micros());
    let mut sum = 0;
    for day in calendar::day_of(from)..=calendar::day_of(to).min(calendar::LAST) {
        if !calendar.cell(day).kind.is_workday() {
            continue;
        }
        let midnight = calendar::start_micros(day);
        for session in calendar.sessions(day) {
            let (opens, closes) = session.micros();
            sum += (last.min(midnight + closes) - first.max(midnight + opens)).max(0);
        }
    }
    TimeDelta::microseconds(sum)
}

/// The working days that a limit in working days would have counted by `to`: day zero is not counted, the day of `to`
/// is. An instant at midnight is 24:00 of the day before, so that from a start to its due instant it is the limit.
pub fn working_days_between(calendar: &Calendar, from: DateTime<Utc>, to: DateTime<Utc>) -> u32 {
    let last = calendar::day_at(to.timestamp_micros() - 1).min(calendar::LAST);
    let days = calendar::day_of(from).saturating_add(1)..=last;
    days.filter(|day| calendar.cell(*day).kind.is_workday()).count() as u32
}
