//! What a city adds to the national calendar: closures, extra workdays and its business hours (J11, T7).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest closure that is believed, in days.
const LONGEST: i64 = 92;

/// The hours where a city has said nothing: 9:00–12:00 and 13:30–17:30.
pub(super) const DEFAULT_SESSIONS: [Session; 2] = [Session { from: 9 * 60, to: 12 * 60 }, Session { from: 13 * 60 + 30, to: 17 * 60 + 30 }];

/// A city's overlay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// Whose it is, for example 湖州市.
    pub name: String,
    /// Days on which offices are closed there only: 三月三, 古尔邦节, a typhoon.
    #[serde(default)]
    pub closures: Vec<Closure>,
    /// Rest days that are worked there.
    #[serde(default)]
    pub workdays: Vec<ExtraWorkday>,
    /// Business hours by season; the first that holds a date counts. Dates in none have the default hours.
    #[serde(default)]
    pub seasons: Vec<Season>,
}

/// Consecutive days closed by a city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// What the days are, shown in explanations.
    pub name: String,
    /// The document or law it rests on.
    pub basis: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day, itself closed; left out when it is one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

/// A rest day that a city works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtraWorkday {
    /// Why, shown in explanations.
    pub name: String,
    /// The document it rests on.
    pub basis: String,
    /// The day.
    pub date: NaiveDate,
}

/// The business hours of a part of every year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// The first day, for example `05-01`.
    pub from: MonthDay,
    /// The last day; before `from` when the season goes over the turn of the year.
    pub to: MonthDay,
    /// The sessions of a working day in order, for example `08:30-12:00`.
    pub sessions: Vec<Session>,
}

/// A day of any year, written `05-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MonthDay {
    month: u8,
    day: u8,
}

/// A span of business hours within a day, minutes from midnight, written `08:30-12:00`; it may end at `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Session {
    from: u16,
    to: u16,
}

/// Why an overlay cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OverlayError {
    /// Not this TOML.
    #[error("日历文件无法读取：{0}")]
    Unreadable(String),
    /// Not `05-01`.
    #[error("季节起止要写成“月-日”，例如 05-01")]
    MonthDay,
    /// Not `08:30-12:00`.
    #[error("办公时段要写成“开始-结束”，例如 08:30-12:00，结束须晚于开始，最晚 24:00")]
    Session,
    /// A season without hours, or with hours that overlap.
    #[error("{0} 起的办公时段要按先后顺序填写，至少一段，互不重叠")]
    Sessions(MonthDay),
    /// The last day lies before the first, or the closure is longer than a quarter.
    #[error("“{name}”的起止日期 {from} 至 {to} 不合理，请核对")]
    Range {
        /// The closure.
        name: String,
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
    },
    /// A closure or workday without the document it rests on.
    #[error("“{0}”没有写明依据（basis），请填写文件名或文号")]
    NoBasis(String),
    /// A day is both closed and worked.
    #[error("{0} 既写为休息又写为上班，请核对")]
    Contradiction(NaiveDate),
}

impl Overlay {
    /// Reads the overlay from TOML (`name`, `[[closures]]`, `[[workdays]]`, `[[seasons]]`) and checks it.
    pub fn from_toml(text: &str) -> Result<Overlay, OverlayError> {
        let overlay: Overlay = toml::from_str(text).map_err(|e| OverlayError::Unreadable(e.to_string()))?;
        overlay.check()?;
        Ok(overlay)
    }

    /// Whether the overlay can be believed; the importer calls it, [`super::Calendar::with_overlay`] does not.
    pub fn check(&self) -> Result<(), OverlayError> {
        for closure in &self.closures {
            let last = closure.last();
            if last < closure.from || (last - closure.from).num_days() > LONGEST {
                return Err(OverlayError::Range { name: closure.name.clone(), from: closure.from, to: last });
            }
            if closure.basis.trim().is_empty() {
                return Err(OverlayError::NoBasis(closure.name.clone()));
            }
        }
        for work in &self.workdays {
            if work.basis.trim().is_empty() {
                return Err(OverlayError::NoBasis(work.name.clone()));
            }
            if self.closures.iter().any(|closure| closure.from <= work.date && work.date <= closure.last()) {
                return Err(OverlayError::Contradiction(work.date));
            }
        }
        for season in &self.seasons {
            let apart = season.sessions.windows(2).all(|pair| pair[0].to <= pair[1].from);
            if season.sessions.is_empty() || !apart {
                return Err(OverlayError::Sessions(season.from));
            }
        }
        Ok(())
    }
}

impl Closure {
    /// The last day closed.
    pub fn last(&self) -> NaiveDate {
        self.to.unwrap_or(self.from)
    }

    pub(super) fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let last = self.last();
        self.from.iter_days().take(LONGEST as usize + 1).take_while(move |date| *date <= last)
    }
}

impl Season {
    /// Whether a date lies in the season.
    pub fn holds(&self, date: NaiveDate) -> bool {
        let day = (date.month(), date.day());
        let (from, to) = (self.from.pair(), self.to.pair());
        if from <= to { from <= day && day <= to } else { from <= day || day <= to }
    }
}

impl MonthDay {
    fn pair(self) -> (u32, u32) {
        (u32::from(self.month), u32::from(self.day))
    }
}

impl Session {
    /// The beginning and the end in microseconds from midnight.
    pub(crate) fn micros(self) -> (i64, i64) {
        (i64::from(self.from) * 60_000_000, i64::from(self.to) * 60_000_000)
    }

    /// The whole day, for limits that run on the clock.
    pub(crate) const WHOLE_DAY: Session = Session { from: 0, to: 24 * 60 };
}

impl FromStr for MonthDay {
    type Err = OverlayError;

    fn from_str(text: &str) -> Result<MonthDay, OverlayError> {
        let (month, day) = text.split_once('-').ok_or(OverlayError::MonthDay)?;
        let part = |text: &str| text.parse::<u8>().map_err(|_| OverlayError::MonthDay);
        let (month, day) = (part(month)?, part(day)?);
        // 2000 is a leap year: 02-29 may begin or end a season.
        NaiveDate::from_ymd_opt(2000, u32::from(month), u32::from(day)).ok_or(OverlayError::MonthDay)?;
        Ok(MonthDay { month, day })
    }
}

impl FromStr for Session {
    type Err = OverlayError;

    fn from_str(text: &str) -> Result<Session, OverlayError> {
        let minutes = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour <= 24 && minute < 60 && hour * 60 + minute <= 24 * 60).then(|| hour * 60 + minute)
        };
        let (from, to) = text.split_once('-').ok_or(OverlayError::Session)?;
        match (minutes(from), minutes(to)) {
            (Some(from), Some(to)) if from < to => Ok(Session { from, to }),
            _ => Err(OverlayError::Session),
        }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl TryFrom<String> for MonthDay {
    type Error = OverlayError;

    fn try_from(text: String) -> Result<MonthDay, OverlayError> {
        text.parse()
    }
}

impl From<MonthDay> for String {
    fn from(day: MonthDay) -> String {
        day.to_string()
    }
}

impl TryFrom<String> for Session {
    type Error = OverlayError;

    fn try_from(text: String) -> Result<Session, OverlayError> {
        text.parse()
    }
}

impl From<Session> for String {
    fn from(session: Session) -> String {
        session.to_string()
    }
}
