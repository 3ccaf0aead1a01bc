//! Quiet hours: nobody's phone rings at midnight unless it is urgent.

use chrono::{DateTime, Days, FixedOffset, NaiveTime, TimeZone, Utc};

/// Hours of the legal day (fixed +08:00) in which only urgent messages go out; `from` may be later than `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// First quiet moment.
    pub from: NaiveTime,
    /// First moment that is not quiet. Equal to `from`: there are no quiet hours.
    pub to: NaiveTime,
}

impl Default for QuietHours {
    /// 21:00 to 08:00.
    fn default() -> Self {
        Self { from: hour(21), to: hour(8) }
    }
}

/// The earliest moment from `now` on at which the message may go out: `now` itself outside of quiet hours or when it is
/// urgent, otherwise the end of the quiet hours.
#[must_use]
pub fn next_allowed(now: DateTime<Utc>, urgent: bool, quiet: &QuietHours) -> DateTime<Utc> {
    let local = now.with_timezone(&beijing());
    let time = local.time();
    let is_quiet = if quiet.from <= quiet.to { quiet.from <= time && time < quiet.to } else { quiet.from <= time || time < quiet.to };
    if urgent || !is_quiet {
        return now;
    }
    let today = local.date_naive();
    let day = if time < quiet.to { Some(today) } else { today.checked_add_days(Days::new(1)) };
    // A fixed offset has each local time once; only the end of the calendar has no next day.
    day.and_then(|day| beijing().from_local_datetime(&day.and_time(quiet.to)).single()).map_or(now, |allowed| allowed.with_timezone(&Utc))
}

fn hour(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN)
}

fn beijing() -> FixedOffset {
    #[expect(clippy::expect_used, reason = "eight hours are a legal offset")]
    FixedOffset::east_opt(8 * 3600).expect("eight hours are a legal offset")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}+08:00").parse().unwrap()
    }

    #[test]
    fn a_message_in_the_night_waits_for_the_morning_and_by_day_it_goes_at_once() {
        let quiet = QuietHours::default();
        for (now, allowed) in [
            ("2026-11-22T20:59:59.999", "2026-11-22T20:59:59.999"),
            ("2026-11-22T21:00:00", "2026-11-23T08:00:00"),
            ("2026-11-22T23:59:59", "2026-11-23T08:00:00"),
            ("2026-11-23T00:00:00", "2026-11-23T08:00:00"),
            ("2026-11-23T07:59:59.999", "2026-11-23T08:00:00"),
            ("2026-11-23T08:00:00", "2026-11-23T08:00:00"),
            ("2026-12-31T22:00:00", "2027-01-01T08:00:00"),
        ] {
            assert_eq!(next_allowed(at(now), false, &quiet), at(allowed), "{now}");
        }
    }

    #[test]
    fn an_urgent_message_never_waits() {
        let midnight = at("2026-11-23T00:00:00");
        assert_eq!(next_allowed(midnight, true, &QuietHours::default()), midnight);
    }

    #[test]
    fn quiet_hours_within_one_day_end_on_that_day() {
        let noon = QuietHours { from: hour(12), to: hour(14) };
        assert_eq!(next_allowed(at("2026-11-22T13:30:00"), false, &noon), at("2026-11-22T14:00:00"));
        assert_eq!(next_allowed(at("2026-11-22T14:00:00"), false, &noon), at("2026-11-22T14:00:00"));
        assert_eq!(next_allowed(at("2026-11-22T23:00:00"), false, &noon), at("2026-11-22T23:00:00"));
    }

    #[test]
    fn equal_ends_mean_no_quiet_hours() {
        let none = QuietHours { from: hour(8), to: hour(8) };
        for now in ["2026-11-22T08:00:00", "2026-11-22T00:00:00", "2026-11-22T23:00:00"] {
            assert_eq!(next_allowed(at(now), false, &none), at(now));
        }
    }

    #[test]
    fn the_allowed_moment_is_itself_allowed() {
        let quiet = QuietHours::default();
        for minute in 0..2 * 24 * 60 {
            let now = at("2026-11-22T00:00:00") + chrono::TimeDelta::minutes(minute);
            let allowed = next_allowed(now, false, &quiet);
            assert!(allowed >= now && allowed - now <= chrono::TimeDelta::hours(11));
            assert_eq!(next_allowed(allowed, false, &quiet), allowed);
        }
    }
}
