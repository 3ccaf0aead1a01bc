//! Instants and the legal day. All instants are UTC with microseconds; legal days are at the fixed offset +08:00.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Utc};

/// An instant, UTC, microseconds kept.
pub type Instant = DateTime<Utc>;

/// The one legal time zone: +08:00 without daylight saving.
pub const CHINA: FixedOffset = match FixedOffset::east_opt(8 * 3600) {
    Some(offset) => offset,
    None => panic!("eight hours is a valid offset"),
};

/// The legal day on which an instant falls.
pub fn legal_day(at: Instant) -> NaiveDate {
    at.with_timezone(&CHINA).date_naive()
}

/// Microseconds since 1970-01-01T00:00:00Z.
pub fn micros(at: Instant) -> i64 {
    at.timestamp_micros()
}

/// The instant of a count of microseconds; the epoch when out of chrono's range (the log never holds such a value).
pub fn from_micros(micros: i64) -> Instant {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// The clock, given to whoever needs the time; only the service layer owns a real one.
pub trait Clock: Send + Sync + 'static {
    /// Now, cut to microseconds.
    fn now(&self) -> Instant;
}

/// A reporting month as `year * 100 + month`, for example 202610.
pub type Period = i32;

/// The period of a legal day. With a cut-off day of 25, the 26th belongs to the next month; 0 means calendar months.
pub fn period_of(day: NaiveDate, cut_off: u32) -> Period {
    let (year, month) = (day.year(), day.month() as i32);
    if cut_off > 0 && day.day() > cut_off { next_period(year * 100 + month) } else { year * 100 + month }
}

/// The month after.
pub fn next_period(period: Period) -> Period {
    if period % 100 == 12 { period + 100 - 11 } else { period + 1 }
}

/// The month before.
pub fn previous_period(period: Period) -> Period {
    if period % 100 == 1 { period - 100 + 11 } else { period - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_after_the_cut_off_belongs_to_the_next_month() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 12, d).unwrap();
        assert_eq!(period_of(day(25), 25), 202_612);
        assert_eq!(period_of(day(26), 25), 202_701);
        assert_eq!(period_of(day(31), 0), 202_612);
    }

    #[test]
    fn months_go_round_the_year() {
        assert_eq!(next_period(202_612), 202_701);
        assert_eq!(previous_period(202_701), 202_612);
    }
}
