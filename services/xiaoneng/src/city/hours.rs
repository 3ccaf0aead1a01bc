//! When people work: so that acts fall into office hours and the hotline's shifts.

use domain::calendar::Calendar;
use domain::time::{Instant, from_micros, legal_day, micros};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// From UTC to the legal day's time.
const LOCAL: i64 = 8 * 60 * MINUTE;

/// Times of a day, in minutes from its beginning.
type Sessions = &'static [(i64, i64)];

/// Who works when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// Units: two sessions of workdays.
    Office,
    /// Dispatch and call-back of the hotline: every day, not at night.
    Desk,
    /// Always: the telephone, urgent matters, citizens.
    Always,
}

/// The working times of a stretch of days.
pub struct Hours {
    first: i64,
    workdays: Vec<bool>,
}

impl Hours {
    /// The days around a stretch of time.
    pub fn between(calendar: &Calendar, from: Instant, to: Instant) -> Self {
        let first = day_of(micros(from)) - 10;
        let last = day_of(micros(to)) + 60;
        let workdays = (first..=last).map(|day| calendar.day(legal_day(from_micros(day * DAY))).kind.is_workday()).collect();
        Self { first, workdays }
    }

    /// Whether the legal day of an instant is a working day; days far outside of the stretch are.
    pub fn is_workday(&self, at: i64) -> bool {
        self.workday(day_of(at))
    }

    fn workday(&self, day: i64) -> bool {
        usize::try_from(day - self.first).ok().and_then(|index| self.workdays.get(index)).copied().unwrap_or(true)
    }

    /// The same time of the last working day.
    pub fn before_days_off(&self, at: i64) -> i64 {
        let mut at = at;
        while at > self.first * DAY && !self.is_workday(at) {
            at -= DAY;
        }
        at
    }

    /// The instant so many minutes of this shift later.
    pub fn after(&self, shift: Shift, at: i64, minutes: f64) -> i64 {
        let mut left = (minutes.max(1.0) * MINUTE as f64) as i64;
        let sessions: Sessions = match shift {
            Shift::Always => return at + left,
            Shift::Office => &[(9 * 60, 12 * 60), (13 * 60 + 30, 17 * 60 + 30)],
            Shift::Desk => &[(7 * 60 + 30, 22 * 60)],
        };
        let mut day = day_of(at);
        loop {
            if shift == Shift::Desk || self.workday(day) {
                for (opens, closes) in sessions {
                    let begin = (day * DAY - LOCAL + opens * MINUTE).max(at);
                    let end = day * DAY - LOCAL + closes * MINUTE;
                    if begin >= end {
                        continue;
                    }
                    if left <= end - begin {
                        return begin + left;
                    }
                    left -= end - begin;
                }
            }
            day += 1;
        }
    }
}

/// The number of the legal day.
fn day_of(at: i64) -> i64 {
    (at + LOCAL).div_euclid(DAY)
}

/// The hour of the legal day.
pub fn hour_of(at: i64) -> usize {
    ((at + LOCAL).rem_euclid(DAY) / (60 * MINUTE)) as usize
}
