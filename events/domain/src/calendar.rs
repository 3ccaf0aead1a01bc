//! The working calendar: which legal day (+08:00) is worked, and in which hours.
//!
//! Layers, each over the one before: weekends → for years without a notice the statutory days of the law (J1, J2;
//! *provisional*, J10) → the State Council's yearly notices (J4, J5) → a city's overlay (J11, T7). A calendar is a
//! value: adding a notice or an overlay gives a new one with another [`Calendar::version`]; a deadline names the
//! version it was reckoned with, so that it can be reckoned again.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

mod file;
mod lunar;
mod notice;
mod official;
mod overlay;
mod statutory;

pub use file::{CalendarFile, CalendarFileError};
pub use notice::{NoticeError, OffDays, WorkDay, YearNotice};
pub use overlay::{Closure, ExtraWorkday, MonthDay, Overlay, OverlayError, Season, Session};

/// What a legal day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// An ordinary weekday that is worked.
    Workday,
    /// A Saturday or Sunday that is worked: 调休上班, or an extra workday of the city.
    MakeUpWorkday,
    /// A Saturday or Sunday off.
    Weekend,
    /// A statutory holiday, or a day off by a notice's arrangement (weekend days inside the break included).
    Holiday,
    /// A day closed by the city only (J11).
    LocalClosure,
}

impl DayKind {
    /// Whether offices work on such a day; every other day is a rest day in the sense of 民法典 §203 (T2).
    pub fn is_workday(self) -> bool {
        matches!(self, Self::Workday | Self::MakeUpWorkday)
    }
}

/// One legal day of a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The legal day.
    pub date: NaiveDate,
    /// What it is.
    pub kind: DayKind,
    /// The holiday or closure it belongs to, for make-up workdays the holiday that they make up.
    pub name: Option<Arc<str>>,
    /// No notice covers the day yet: it is reckoned from the law and may change (J10).
    pub provisional: bool,
}

/// A working calendar. Cloning costs a reference count.
#[derive(Clone)]
pub struct Calendar(Arc<Inner>);

struct Inner {
    /// One cell per day from 2000-01-01 to 2100-12-31.
    cells: Vec<Cell>,
    names: Vec<Arc<str>>,
    /// The latest overlay's seasons first.
    seasons: Vec<Season>,
    notices: Vec<YearNotice>,
    /// How many of `notices` came with the program.
    embedded: usize,
    overlays: Vec<Overlay>,
    version: String,
}

/// A day as the arithmetic sees it.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) kind: DayKind,
    pub(crate) provisional: bool,
    /// Index into the calendar's names; 0 is no name.
    name: u16,
}

/// A day's number: days since 2000-01-01.
pub(crate) type DayNumber = i32;

/// 1999-12-31 counted from the common era, so that 2000-01-01 has number 0.
const BEFORE_FIRST: i32 = 730_119;
/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_TO_FIRST: i64 = 10_957;
/// The number of 2100-12-31, the last day that is reckoned with.
pub(crate) const LAST: DayNumber = 36_889;

/// The number of a date.
pub(crate) fn number(date: NaiveDate) -> DayNumber {
    date.num_days_from_ce() - BEFORE_FIRST - 1
}

/// The date of a number; chrono's last day when out of its range.
pub(crate) fn date(number: DayNumber) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(number.saturating_add(BEFORE_FIRST + 1)).unwrap_or(NaiveDate::MAX)
}

/// The number of the legal day on which an instant falls.
pub(crate) fn day_of(at: DateTime<Utc>) -> DayNumber {
    day_at(at.timestamp_micros())
}

/// The number of the legal day of an instant in microseconds since 1970.
pub(crate) fn day_at(micros: i64) -> DayNumber {
    let days = (micros + 8 * 3_600_000_000).div_euclid(86_400_000_000) - EPOCH_TO_FIRST;
    i32::try_from(days).unwrap_or(i32::MAX)
}

/// The instant at which a legal day begins, in microseconds since 1970.
pub(crate) fn start_micros(number: DayNumber) -> i64 {
    ((i64::from(number) + EPOCH_TO_FIRST) * 86_400 - 8 * 3600) * 1_000_000
}

fn plain(number: DayNumber) -> Cell {
    // 2000-01-01 was a Saturday.
    let kind = if number.rem_euclid(7) < 2 { DayKind::Weekend } else { DayKind::Workday };
    Cell { kind, provisional: true, name: 0 }
}

impl Calendar {
    /// The arrangements of the State Council 2004–2026 and, outside these years, the provisional statutory days.
    pub fn official() -> Calendar {
        static OFFICIAL: OnceLock<Calendar> = OnceLock::new();
        OFFICIAL.get_or_init(|| build(official::notices(), None, Vec::new())).clone()
    }

    /// This calendar with one more notice. A whole notice (`amends = false`) takes the place of what was known of
    /// its title year; one that amends changes only the days that it names. December days of the year before are
    /// changed too (J5), so recomputation looks at all open clocks, not at provisional ones alone.
    pub fn with_notice(&self, notice: &YearNotice) -> Calendar {
        let mut notices = self.0.notices.clone();
        if notices[self.0.embedded..].iter().rfind(|known| known.year == notice.year) != Some(notice) {
            notices.push(notice.clone());
        }
        build(notices, Some(self.0.embedded), self.0.overlays.clone())
    }

    /// This calendar with a city's overlay on top.
    pub fn with_overlay(&self, overlay: &Overlay) -> Calendar {
        let mut overlays = self.0.overlays.clone();
        overlays.push(overlay.clone());
        build(self.0.notices.clone(), Some(self.0.embedded), overlays)
    }

    /// This calendar with everything a calendar file holds.
    pub fn with_file(&self, file: &CalendarFile) -> Calendar {
        let notices = self.0.notices.iter().chain(&file.notices).cloned().collect();
        let overlays = self.0.overlays.iter().chain(&file.overlays).cloned().collect();
        build(notices, Some(self.0.embedded), overlays)
    }

    /// A short name that follows from the content: the last year with a notice, how many notices (`n`) and overlays
    /// (`o`) were added, and a check sum over all days and hours. Equal content has an equal sum.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// What a day is. Days outside 2000–2100 know weekends only and are provisional.
    pub fn day(&self, date: NaiveDate) -> Day {
        let cell = self.cell(number(date));
        Day { date, kind: cell.kind, name: self.name(cell), provisional: cell.provisional }
    }

    /// The business hours of a date, were it a working day.
    pub(crate) fn sessions(&self, number: DayNumber) -> &[Session] {
        match self.0.seasons.iter().find(|season| season.holds(date(number))) {
            Some(season) => &season.sessions,
            None => &overlay::DEFAULT_SESSIONS,
        }
    }

    pub(crate) fn cell(&self, number: DayNumber) -> Cell {
        usize::try_from(number).ok().and_then(|i| self.0.cells.get(i)).copied().unwrap_or_else(|| plain(number))
    }

    pub(crate) fn name(&self, cell: Cell) -> Option<Arc<str>> {
        if cell.name == 0 { None } else { self.0.names.get(usize::from(cell.name)).cloned() }
    }
}

impl std::fmt::Debug for Calendar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Calendar({})", self.version())
    }
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.version() == other.version()
    }
}

fn build(notices: Vec<YearNotice>, embedded: Option<usize>, overlays: Vec<Overlay>) -> Calendar {
    let embedded = embedded.unwrap_or(notices.len());
    let effective = effective(&notices);
    let published: Vec<i32> = effective.iter().filter(|n| !n.amends).map(|n| n.year).collect();
    let mut table = Table::new();
    for year in 2000..=2100 {
        if published.contains(&year) {
            table.confirm(year);
        } else {
            for (date, name) in statutory::rest_days(year) {
                table.set(date, DayKind::Holiday, name, true);
            }
        }
    }
    for notice in &effective {
        for (date, name) in notice.off_days() {
            table.set(date, DayKind::Holiday, name, false);
        }
        for work in &notice.work {
            table.open(work.date, &work.name, false);
        }
    }
    for overlay in &overlays {
        for closure in &overlay.closures {
            for date in closure.days() {
                table.close(date, &closure.name);
            }
        }
        for work in &overlay.workdays {
            table.reopen(work.date, &work.name);
        }
    }
    let seasons: Vec<Season> = overlays.iter().rev().flat_map(|overlay| overlay.seasons.iter().cloned()).collect();
    let version = version(&table, &seasons, &published, notices.len() - embedded, overlays.len());
    let Table { cells, names, .. } = table;
    Calendar(Arc::new(Inner { cells, names, seasons, notices, embedded, overlays, version }))
}

/// The notices that stand, by title year: the last whole notice of a year and the amendments after it.
fn effective(notices: &[YearNotice]) -> Vec<&YearNotice> {
    let mut years: BTreeMap<i32, Vec<&YearNotice>> = BTreeMap::new();
    for notice in notices {
        let of_year = years.entry(notice.year).or_default();
        if !notice.amends {
            of_year.clear();
        }
        of_year.push(notice);
    }
    years.into_values().flatten().collect()
}

struct Table {
    cells: Vec<Cell>,
    names: Vec<Arc<str>>,
    by_name: BTreeMap<Arc<str>, u16>,
}

impl Table {
    fn new() -> Table {
        Table { cells: (0..=LAST).map(plain).collect(), names: vec![Arc::from("")], by_name: BTreeMap::new() }
    }

    fn cell(&mut self, date: NaiveDate) -> Option<&mut Cell> {
        self.cells.get_mut(usize::try_from(number(date)).ok()?)
    }

    /// A notice covers the year: its days are certain.
    fn confirm(&mut self, year: i32) {
        for date in NaiveDate::from_ymd_opt(year, 1, 1).into_iter().flat_map(|first| first.iter_days().take(366)) {
            if date.year() == year
                && let Some(cell) = self.cell(date)
            {
                cell.provisional = false;
            }
        }
    }

    fn set(&mut self, date: NaiveDate, kind: DayKind, name: &str, provisional: bool) {
        let name = self.name(name);
        if let Some(cell) = self.cell(date) {
            *cell = Cell { kind, provisional, name };
        }
    }

    /// A day worked by arrangement: on a weekday it is an ordinary workday again.
    fn open(&mut self, date: NaiveDate, name: &str, provisional: bool) {
        if plain(number(date)).kind == DayKind::Workday {
            self.set(date, DayKind::Workday, "", provisional);
        } else {
            self.set(date, DayKind::MakeUpWorkday, name, provisional);
        }
    }

    /// A city's closure: rest days stay what they are.
    fn close(&mut self, date: NaiveDate, name: &str) {
        if let Some(cell) = self.cell(date).copied()
            && cell.kind.is_workday()
        {
            self.set(date, DayKind::LocalClosure, name, cell.provisional);
        }
    }

    /// A city's extra workday: worked days stay what they are.
    fn reopen(&mut self, date: NaiveDate, name: &str) {
        if let Some(cell) = self.cell(date).copied()
            && !cell.kind.is_workday()
        {
            self.open(date, name, cell.provisional);
        }
    }

    fn name(&mut self, name: &str) -> u16 {
        if name.is_empty() {
            return 0;
        }
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        // More than 65,535 different names cannot come out of files with a size limit; such a day stays nameless.
        let Ok(index) = u16::try_from(self.names.len()) else { return 0 };
        let name: Arc<str> = Arc::from(name);
        self.names.push(name.clone());
        self.by_name.insert(name, index);
        index
    }
}

fn version(table: &Table, seasons: &[Season], published: &[i32], notices: usize, overlays: usize) -> String {
    let mut sum = Fnv::default();
    for cell in &table.cells {
        sum.add(&[cell.kind as u8, u8::from(cell.provisional)]);
        if cell.name != 0 {
            sum.add(table.names[usize::from(cell.name)].as_bytes());
        }
    }
    for season in seasons {
        sum.add(format!("{season:?}").as_bytes());
    }
    let last = published.last().copied().unwrap_or_default();
    let notices = if notices == 0 { String::new() } else { format!("+n{notices}") };
    let overlays = if overlays == 0 { String::new() } else { format!("+o{overlays}") };
    format!("{last}-official{notices}{overlays}-{:08x}", sum.0 as u32 ^ (sum.0 >> 32) as u32)
}

/// FNV-1a: a stable sum to tell contents apart, no protection against forgery (the log's tree is that).
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
