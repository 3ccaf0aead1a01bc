//! The calendar and the deadlines against the collected arrangements in `shared/data/cn-holidays`.
//!
//! The oracle counts on the CSV of chinesecalendar alone and shares no code with the domain.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use domain::calendar::{Calendar, DayKind, NoticeError, YearNotice};
use domain::deadline::{DeadlineInput, batch_row, due};
use domain::limit::Limit;

/// The collected data; `None` where a checkout has none.
fn data() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().map(|folder| folder.join("shared/data/cn-holidays")).find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: no shared/data/cn-holidays above {}: nothing was compared", here.display());
    }
    found
}

fn day(text: &str) -> NaiveDate {
    match text.parse() {
        Ok(day) => day,
        Err(_) => panic!("{text} is no date"),
    }
}

fn days(from: &str, to: &str) -> impl Iterator<Item = NaiveDate> {
    let to = day(to);
    day(from).iter_days().take_while(move |date| *date <= to)
}

/// What the CSV says: listed days are off or worked, all others go by the weekday.
struct Oracle(HashMap<NaiveDate, bool>);

impl Oracle {
    fn read(folder: &Path) -> Oracle {
        let file = folder.join("chinesecalendar_2004_2026.csv");
        let Ok(reader) = csv::Reader::from_path(&file) else { panic!("{} cannot be read", file.display()) };
        let listed = reader.into_records().map(|row| match row {
            Ok(row) if row.len() == 4 => (day(&row[0]), &row[1] == "workday"),
            _ => panic!("a row of {} is off", file.display()),
        });
        Oracle(listed.collect())
    }

    /// Past 2026 nothing is published: weekends and, up to March 2027, the days of the law: 元旦, and 春节 from 除夕
    /// (Friday 02-05) to 初三 with two days made up.
    fn is_worked(&self, date: NaiveDate) -> bool {
        if date.year() == 2027 {
            let by_law = [(1, 1), (2, 5), (2, 8), (2, 9), (2, 10)];
            return !is_weekend(date) && !by_law.contains(&(date.month(), date.day()));
        }
        self.0.get(&date).copied().unwrap_or(!is_weekend(date))
    }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

fn midnight(date: NaiveDate) -> DateTime<Utc> {
    match format!("{date}T00:00:00+08:00").parse() {
        Ok(at) => at,
        Err(_) => panic!("{date} has no midnight"),
    }
}

#[test]
fn every_day_from_2004_to_2026_is_what_the_collections_say() {
    let Some(folder) = data() else { return };
    let (oracle, calendar) = (Oracle::read(&folder), Calendar::official());
    let mut compared = 0;
    for date in days("2004-01-01", "2026-12-31") {
        let day = calendar.day(date);
        assert_eq!(day.kind.is_workday(), oracle.is_worked(date), "{date}");
        assert_eq!(day.kind == DayKind::MakeUpWorkday, oracle.is_worked(date) && is_weekend(date), "{date}");
        assert!(!day.provisional, "{date}");
        compared += 1;
    }
    assert_eq!(compared, 8_401);
}

#[test]
fn every_holiday_cn_file_is_taken_and_changes_nothing_that_is_known() {
    let Some(folder) = data() else { return };
    let official = Calendar::official();
    for year in 2007..=2026 {
        let Ok(text) = fs::read_to_string(folder.join(format!("holiday-cn_{year}.json"))) else { panic!("no {year}") };
        let notice = match YearNotice::from_holiday_cn(&text) {
            Ok(notice) => notice,
            Err(error) => panic!("{year}: {error}"),
        };
        assert_eq!(notice.year, year);
        let calendar = official.with_notice(&notice);
        for date in days(&format!("{}-12-01", year - 1), &format!("{year}-12-31")) {
            assert_eq!(calendar.day(date).kind.is_workday(), official.day(date).kind.is_workday(), "{date}");
        }
    }
}

#[test]
fn the_file_of_a_year_that_is_not_published_is_refused() {
    let Some(folder) = data() else { return };
    let Ok(text) = fs::read_to_string(folder.join("holiday-cn_2027.json")) else { panic!("no 2027") };
    assert_eq!(YearNotice::from_holiday_cn(&text), Err(NoticeError::Empty(2027)));
}

#[test]
fn every_deadline_of_up_to_sixty_working_days_agrees_with_the_collections() {
    let Some(folder) = data() else { return };
    let (oracle, calendar) = (Oracle::read(&folder), Calendar::official());
    let (mut compared, mut provisional_ones) = (0, 0);
    for start in days("2004-01-01", "2026-12-31") {
        let from = midnight(start) + chrono::TimeDelta::hours(10);
        let mut last = start;
        for n in 1..=60 {
            last = last + Days::new(1);
            while !oracle.is_worked(last) {
                last = last + Days::new(1);
            }
            let expected = midnight(last + Days::new(1));
            let past = last > day("2026-12-31");
            let reckoned = due(&calendar, &DeadlineInput::new(from, Limit::WorkingDays(n)));
            assert_eq!(reckoned, (expected, past), "{start} + {n}wd");
            if matches!(n, 1 | 5 | 60) {
                let row = batch_row(&calendar, &start.to_string(), &format!("{n}wd"));
                assert_eq!(row, Ok((format!("{}T00:00:00+08:00", last + Days::new(1)), past)), "{start} + {n}wd");
            }
            compared += 1;
            provisional_ones += usize::from(past);
        }
    }
    assert_eq!(compared, 8_401 * 60);
    assert!(provisional_ones > 1_000, "{provisional_ones}");
}

#[test]
fn every_deadline_in_calendar_days_rolls_to_the_first_worked_day() {
    let Some(folder) = data() else { return };
    let (oracle, calendar) = (Oracle::read(&folder), Calendar::official());
    for start in days("2004-01-01", "2026-12-31") {
        for n in [1_u16, 3, 7, 10, 15, 30, 60] {
            let mut last = start + Days::new(u64::from(n));
            let raw = last;
            while !oracle.is_worked(last) {
                last = last + Days::new(1);
            }
            let reckoned = due(&calendar, &DeadlineInput::new(midnight(start), Limit::CalendarDays(n)));
            let expected = (midnight(last + Days::new(1)), last > day("2026-12-31"));
            assert_eq!(reckoned, expected, "{start} + {n}d, raw {raw}");
        }
    }
}
