//! The walk over the days of a limit. It tells a visitor every day and every counted span on the way.

use super::{DeadlineInput, ExcludedPeriod, end_micros};
use crate::calendar::{self, Calendar, Cell, DayNumber, LAST, Session};
use crate::limit::Limit;

/// A step of the walk.
pub(super) enum Step<'a> {
    /// Day zero of a limit in days: not counted (T1).
    Start(DayNumber, Cell),
    /// The n-th day of a limit in days.
    Counted(DayNumber, Cell, u16),
    /// A rest day in a limit in working days, or without business hours.
    Rest(DayNumber, Cell),
    /// The day's end lies in an excluded period, or all of its hours that would count do.
    Excluded(DayNumber, Cell, &'a ExcludedPeriod),
    /// After the last calendar day: still a rest day (or excluded), the end rolls on (T2).
    Rolled(DayNumber, Cell),
    /// The end has rolled to this day.
    RolledTo(DayNumber, Cell),
    /// A day of a limit in hours begins; its counted spans follow.
    Hours(DayNumber, Cell),
    /// A counted span in microseconds; the due instant is the last one's end.
    Span(i64, i64),
    /// Excluded time within the business hours of the day, or within the day on the clock.
    Gap(&'a ExcludedPeriod),
}

/// Where the walk ended.
pub(super) struct End {
    /// The due instant in microseconds.
    pub(super) due: i64,
    pub(super) provisional: bool,
}

pub(super) fn walk<'a>(calendar: &Calendar, input: &'a DeadlineInput, visit: impl FnMut(Step<'a>)) -> End {
    match input.limit {
        Limit::WorkingDays(n) => working_days(calendar, input, n, visit),
        Limit::CalendarDays(n) => calendar_days(calendar, input, n, visit),
        Limit::ClockHours(n) => hours(calendar, input, n, Hours::Clock, visit),
        Limit::BusinessHours(n) => hours(calendar, input, n, Hours::Business, visit),
    }
}

fn working_days<'a>(calendar: &Calendar, input: &'a DeadlineInput, limit: u16, mut visit: impl FnMut(Step<'a>)) -> End {
    let mut day = calendar::day_of(input.from);
    visit(Step::Start(day, calendar.cell(day)));
    let (mut counted, mut provisional) = (0, false);
    while counted < limit {
        if day >= LAST {
            return End { due: end_micros(LAST), provisional: true };
        }
        day += 1;
        let cell = calendar.cell(day);
        provisional |= cell.provisional;
        if !cell.kind.is_workday() {
            visit(Step::Rest(day, cell));
        } else if let Some(period) = excluding(input, day) {
            visit(Step::Excluded(day, cell, period));
        } else {
            counted += 1;
            visit(Step::Counted(day, cell, counted));
        }
    }
    End { due: end_micros(day), provisional }
}

fn calendar_days<'a>(calendar: &Calendar, input: &'a DeadlineInput, limit: u16, mut visit: impl FnMut(Step<'a>)) -> End {
    let mut day = calendar::day_of(input.from);
    visit(Step::Start(day, calendar.cell(day)));
    let mut counted = 0;
    while counted < limit {
        if day >= LAST {
            return End { due: end_micros(LAST), provisional: true };
        }
        day += 1;
        let cell = calendar.cell(day);
        if let Some(period) = excluding(input, day) {
            visit(Step::Excluded(day, cell, period));
        } else {
            counted += 1;
            visit(Step::Counted(day, cell, counted));
        }
    }
    // Only the last day and those after it are asked what they are.
    let mut cell = calendar.cell(day);
    let mut provisional = cell.provisional;
    while !cell.kind.is_workday() || excluding(input, day).is_some() {
        if day >= LAST {
            return End { due: end_micros(LAST), provisional: true };
        }
        day += 1;
        cell = calendar.cell(day);
        provisional |= cell.provisional;
        let ends = cell.kind.is_workday() && excluding(input, day).is_none();
        visit(if ends { Step::RolledTo(day, cell) } else { Step::Rolled(day, cell) });
    }
    End { due: end_micros(day), provisional }
}

/// The excluded period that holds the end of a day.
fn excluding(input: &DeadlineInput, day: DayNumber) -> Option<&ExcludedPeriod> {
    if input.excluded.is_empty() {
        return None;
    }
    let end = end_micros(day);
    input.excluded.iter().find(|p| p.from.timestamp_micros() < end && end <= p.to.timestamp_micros())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hours {
    Clock,
    Business,
}

fn hours<'a>(calendar: &Calendar, input: &'a DeadlineInput, limit: u16, unit: Hours, mut visit: impl FnMut(Step<'a>)) -> End {
    let from = input.from.timestamp_micros();
    let mut left = i64::from(limit) * 3_600_000_000;
    let mut provisional = false;
    let mut day = calendar::day_of(input.from);
    if left == 0 {
        return End { due: from, provisional };
    }
    while day <= LAST {
        let cell = calendar.cell(day);
        let windows: &[Session] = match unit {
            Hours::Clock => &[Session::WHOLE_DAY],
            Hours::Business if cell.kind.is_workday() => calendar.sessions(day),
            Hours::Business => &[],
        };
        provisional |= unit == Hours::Business && cell.provisional;
        visit(if windows.is_empty() { Step::Rest(day, cell) } else { Step::Hours(day, cell) });
        for window in windows {
            let (opens, closes) = window.micros();
            let closes = calendar::start_micros(day) + closes;
            let mut at = from.max(calendar::start_micros(day) + opens);
            while at < closes {
                if let Some(period) = covering(input, at) {
                    visit(Step::Gap(period));
                    at = period.to.timestamp_micros();
                    continue;
                }
                let until = closes.min(next_exclusion(input, at));
                let span = left.min(until - at);
                visit(Step::Span(at, at + span));
                left -= span;
                if left == 0 {
                    return End { due: at + span, provisional };
                }
                at = until;
            }
        }
        day += 1;
    }
    End { due: from.max(end_micros(LAST)), provisional: true }
}

fn covering(input: &DeadlineInput, at: i64) -> Option<&ExcludedPeriod> {
    input.excluded.iter().find(|p| p.from.timestamp_micros() <= at && at < p.to.timestamp_micros())
}

/// The next beginning of an excluded period that has any length.
fn next_exclusion(input: &DeadlineInput, at: i64) -> i64 {
    let begins = input.excluded.iter().filter(|p| p.from < p.to).map(|p| p.from.timestamp_micros());
    begins.filter(|begin| *begin > at).min().unwrap_or(i64::MAX)
}
