//! The explanation of a deadline, day by day, and the sentence that promises it to a citizen.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};
use serde::Serialize;

use super::walk::{Step, walk};
use super::{DeadlineInput, instant};
use crate::calendar::{self, Calendar, Cell, DayKind, DayNumber};
use crate::limit::Limit;
use crate::time::CHINA;

/// A day on the way to the due instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedDay {
    /// The legal day.
    pub date: NaiveDate,
    /// What it is.
    pub kind: DayKind,
    /// The holiday, closure or what a make-up workday makes up.
    pub name: Option<Arc<str>>,
    /// How it counts.
    pub counting: Counting,
    /// No notice covers the day yet (J10).
    pub provisional: bool,
}

/// How a day counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Day zero (T1).
    Start,
    /// The n-th day.
    Day(u16),
    /// Not counted: a rest day.
    Rest,
    /// Not counted: an excluded period, with its ground (T8).
    Excluded(String),
    /// After the last calendar day, still no working day: the end rolls on (T2).
    Rolled,
    /// The day to which the end rolled.
    RolledTo,
    /// The spans counted, for limits in hours; empty when no business hour was left on that day.
    Spans(Vec<Span>),
}

/// A counted span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its beginning.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
}

/// Every day from the start to the due day.
pub fn explain(calendar: &Calendar, input: &DeadlineInput) -> Vec<ExplainedDay> {
    let mut days: Vec<ExplainedDay> = Vec::new();
    let explained = |day: DayNumber, cell: Cell, counting| ExplainedDay {
        date: calendar::date(day),
        kind: cell.kind,
        name: calendar.name(cell),
        counting,
        provisional: cell.provisional,
    };
    // The ground of excluded time on a day of which no hour counted in the end.
    let mut gap: Option<&str> = None;
    walk(calendar, input, |step| {
        if !matches!(step, Step::Span(..) | Step::Gap(_)) {
            close(days.last_mut(), gap.take());
        }
        match step {
            Step::Start(day, cell) => days.push(explained(day, cell, Counting::Start)),
            Step::Counted(day, cell, n) => days.push(explained(day, cell, Counting::Day(n))),
            Step::Rest(day, cell) => days.push(explained(day, cell, Counting::Rest)),
            Step::Excluded(day, cell, p) => days.push(explained(day, cell, Counting::Excluded(p.ground.clone()))),
            Step::Rolled(day, cell) => days.push(explained(day, cell, Counting::Rolled)),
            Step::RolledTo(day, cell) => days.push(explained(day, cell, Counting::RolledTo)),
            Step::Hours(day, cell) => days.push(explained(day, cell, Counting::Spans(Vec::new()))),
            Step::Gap(period) => gap = Some(&period.ground),
            Step::Span(from, to) => {
                if let Some(ExplainedDay { counting: Counting::Spans(spans), .. }) = days.last_mut() {
                    spans.push(Span { from: instant(from), to: instant(to) });
                }
            }
        }
    });
    days
}

fn close(day: Option<&mut ExplainedDay>, gap: Option<&str>) {
    if let (Some(day), Some(ground)) = (day, gap)
        && day.counting == Counting::Spans(Vec::new())
    {
        day.counting = Counting::Excluded(ground.to_owned());
    }
}

/// The promise to the citizen, for example
/// `2026年5月11日（周一）24:00 前（5 个工作日，已跳过劳动节，含 5月9日 补班）`.
pub fn promise(calendar: &Calendar, input: &DeadlineInput) -> String {
    let due = super::deadline(calendar, input);
    let days = explain(calendar, input);
    let mut notes = vec![input.limit.words()];
    let mut skipped: Vec<&str> = Vec::new();
    for day in &days {
        let off = matches!(day.kind, DayKind::Holiday | DayKind::LocalClosure);
        let passed = matches!(day.counting, Counting::Rest | Counting::Rolled)
            || (matches!(input.limit, Limit::CalendarDays(_)) && rolled_from(day, &days));
        if let Some(name) = day.name.as_deref()
            && off
            && passed
            && !skipped.contains(&name)
        {
            skipped.push(name);
        }
    }
    if !skipped.is_empty() {
        notes.push(format!("已跳过{}", skipped.join("、")));
    }
    if !matches!(input.limit, Limit::CalendarDays(_) | Limit::ClockHours(_)) {
        let made_up: Vec<String> = days.iter().filter(|day| is_made_up(day)).map(|day| short(day.date)).collect();
        if !made_up.is_empty() {
            notes.push(format!("含 {} 补班", made_up.join("、")));
        }
    }
    let without = DeadlineInput::new(input.from, input.limit);
    if super::due(calendar, &without).0 != due.due {
        notes.push("已扣除依法不计入的时间".to_owned());
    }
    if due.provisional {
        notes.push("放假安排尚未公布，公布后可能调整".to_owned());
    }
    format!("{} 前（{}）", moment(due.due, input.limit), notes.join("，"))
}

/// The last calendar day when the end rolled away from it.
fn rolled_from(day: &ExplainedDay, days: &[ExplainedDay]) -> bool {
    let rolled = days.iter().any(|day| day.counting == Counting::RolledTo);
    let last = days.iter().rfind(|day| matches!(day.counting, Counting::Day(_)));
    rolled && last.is_some_and(|last| last.date == day.date)
}

fn is_made_up(day: &ExplainedDay) -> bool {
    day.kind == DayKind::MakeUpWorkday
        && match &day.counting {
            Counting::Day(_) => true,
            Counting::Spans(spans) => !spans.is_empty(),
            _ => false,
        }
}

/// The due instant in words: a limit in days ends at 24:00 of its last day.
fn moment(due: DateTime<Utc>, limit: Limit) -> String {
    let local = due.with_timezone(&CHINA);
    if limit.is_days() {
        let last = (due - TimeDelta::microseconds(1)).with_timezone(&CHINA).date_naive();
        return format!("{}年{}（{}）24:00", last.year(), short(last), weekday(last));
    }
    let date = local.date_naive();
    format!("{}年{}（{}）{:02}:{:02}", date.year(), short(date), weekday(date), local.hour(), local.minute())
}

fn short(date: NaiveDate) -> String {
    format!("{}月{}日", date.month(), date.day())
}

fn weekday(date: NaiveDate) -> &'static str {
    ["周一", "周二", "周三", "周四", "周五", "周六", "周日"][date.weekday().num_days_from_monday() as usize]
}

/// The day in one line of Chinese, for example `2026-05-09 周六 调休上班（劳动节） 第 4 天`.
impl fmt::Display for ExplainedDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            DayKind::Workday => "工作日",
            DayKind::MakeUpWorkday => "调休上班",
            DayKind::Weekend => "周末",
            DayKind::Holiday => "放假",
            DayKind::LocalClosure => "本地放假",
        };
        write!(f, "{} {} {kind}", self.date, weekday(self.date))?;
        if let Some(name) = &self.name {
            write!(f, "（{name}）")?;
        }
        match &self.counting {
            Counting::Start => write!(f, " 起算日，不计入")?,
            Counting::Day(n) => write!(f, " 第 {n} 天")?,
            Counting::Rest => write!(f, " 不计入")?,
            Counting::Excluded(ground) => write!(f, " 不计入（{ground}）")?,
            Counting::Rolled => write!(f, " 顺延")?,
            Counting::RolledTo => write!(f, " 顺延至本日届满")?,
            Counting::Spans(spans) if spans.is_empty() => write!(f, " 无剩余办公时间，不计入")?,
            Counting::Spans(spans) => {
                for span in spans {
                    write!(f, " {}–{}", clock(span.from, self.date), clock(span.to, self.date))?;
                }
            }
        }
        if self.provisional { write!(f, " [暂定：当年放假安排尚未公布]") } else { Ok(()) }
    }
}

/// The time of day; the end of the day is 24:00.
fn clock(at: DateTime<Utc>, day: NaiveDate) -> String {
    let local = at.with_timezone(&CHINA);
    if local.date_naive() > day {
        return "24:00".to_owned();
    }
    local.format(if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}
