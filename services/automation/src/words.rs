//! Times in the words of notices.

use chrono::{Datelike, NaiveDate, TimeDelta, Timelike};
use domain::calendar::Calendar;
use domain::case::Clock;
use domain::deadline::working_days_between;
use domain::limit::Limit;
use domain::time::{CHINA, Instant};

/// `2026年5月11日 14:30`
pub(crate) fn moment(at: Instant) -> String {
    let local = at.with_timezone(&CHINA);
    format!("{} {:02}:{:02}", day(local.date_naive()), local.hour(), local.minute())
}

/// A due instant; midnight is 24:00 of the day before: `2026年5月11日（周一）24:00`.
pub(crate) fn due(at: Instant) -> String {
    let local = at.with_timezone(&CHINA);
    if local.num_seconds_from_midnight() == 0 {
        let last = (local - TimeDelta::microseconds(1)).date_naive();
        return format!("{}（{}）24:00", day(last), weekday(last));
    }
    format!("{}（{}）{:02}:{:02}", day(local.date_naive()), weekday(local.date_naive()), local.hour(), local.minute())
}

/// What is left of a limit that runs.
pub(crate) fn left(calendar: &Calendar, clock: &Clock, now: Instant) -> String {
    match clock.limit {
        Limit::WorkingDays(_) => match working_days_between(calendar, now, clock.due) {
            0 => "今天到期".to_owned(),
            days => format!("还剩 {days} 个工作日"),
        },
        _ => format!("还剩 {}", length(clock.due - now)),
    }
}

/// How long ago a limit passed.
pub(crate) fn over(calendar: &Calendar, clock: &Clock, now: Instant) -> String {
    match clock.limit {
        // The due instant is the end of its day: the next working day is the first one over.
        Limit::WorkingDays(_) => match working_days_between(calendar, clock.due - TimeDelta::microseconds(1), now) {
            0 => "刚刚超期".to_owned(),
            days => format!("已超过 {days} 个工作日"),
        },
        _ => format!("已超过 {}", length(now - clock.due)),
    }
}

fn length(length: TimeDelta) -> String {
    let minutes = length.num_minutes().max(0);
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => "不到 1 分钟".to_owned(),
        (0, 0, m) => format!("{m} 分钟"),
        (0, h, 0) => format!("{h} 小时"),
        (0, h, m) => format!("{h} 小时 {m} 分"),
        (d, 0, _) => format!("{d} 天"),
        (d, h, _) => format!("{d} 天 {h} 小时"),
    }
}

fn day(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

fn weekday(day: NaiveDate) -> &'static str {
    ["周一", "周二", "周三", "周四", "周五", "周六", "周日"][day.weekday().num_days_from_monday() as usize]
}

#[cfg(test)]
mod tests {
    use domain::case::{ClockKind, Holder};

    use super::*;

    fn at(text: &str) -> Instant {
        format!("{text}+08:00").parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().to_utc()
    }

    fn clock(limit: Limit, due: &str) -> Clock {
        Clock {
            kind: ClockKind::Handle,
            round: 1,
            holder: Holder::Hotline,
            from: at("2026-04-30T15:20:00"),
            limit,
            due: at(due),
            warn_at: None,
            provisional: false,
            calendar: String::new(),
            rulebook: String::new(),
            warned: false,
            breached: false,
            ended: None,
            met: false,
        }
    }

    #[test]
    fn midnight_is_the_end_of_the_day_before() {
        assert_eq!(due(at("2026-05-12T00:00:00")), "2026年5月11日（周一）24:00");
        assert_eq!(due(at("2026-05-06T10:00:00")), "2026年5月6日（周三）10:00");
        assert_eq!(moment(at("2026-04-30T15:20:00")), "2026年4月30日 15:20");
    }

    #[test]
    fn working_days_left_and_over_skip_the_holiday_and_count_the_make_up_day() {
        let calendar = Calendar::official();
        let clock = clock(Limit::WorkingDays(5), "2026-05-12T00:00:00");
        for (now, words) in
            [("2026-04-30T16:00:00", "还剩 5 个工作日"), ("2026-05-08T16:00:00", "还剩 2 个工作日"), ("2026-05-11T09:00:00", "今天到期")]
        {
            assert_eq!(left(&calendar, &clock, at(now)), words, "{now}");
        }
        assert_eq!(over(&calendar, &clock, at("2026-05-12T08:00:00")), "已超过 1 个工作日");
        assert_eq!(over(&calendar, &clock, at("2026-05-12T00:00:00")), "刚刚超期");
    }

    #[test]
    fn hours_are_said_in_hours() {
        let calendar = Calendar::official();
        let clock = clock(Limit::ClockHours(24), "2026-05-01T15:20:00");
        assert_eq!(left(&calendar, &clock, at("2026-05-01T10:15:00")), "还剩 5 小时 5 分");
        assert_eq!(over(&calendar, &clock, at("2026-05-02T15:20:30")), "已超过 1 天");
    }
}
