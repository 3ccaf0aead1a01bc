//! A yearly notice on holidays (国务院办公厅关于某年部分节假日安排的通知), as an administrator imports it.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::statutory;

/// The longest break that is believed, in days.
const LONGEST: i64 = 31;

/// A notice. Its days may lie in December of the year before its title year (J5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearNotice {
    /// The title year.
    pub year: i32,
    /// Where it stands: document number (文号) or address.
    pub source: String,
    /// It changes single days of a year whose notice is known (2020: 春节 prolonged) instead of arranging the year.
    #[serde(default)]
    pub amends: bool,
    /// Days off, weekend days inside the break included.
    #[serde(default)]
    pub off: Vec<OffDays>,
    /// Weekend days that are worked.
    #[serde(default)]
    pub work: Vec<WorkDay>,
}

/// Consecutive days off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffDays {
    /// The holiday.
    pub name: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day, itself off; left out when it is one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

/// A day that is worked in exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkDay {
    /// The holiday it makes up for.
    pub name: String,
    /// The day.
    pub date: NaiveDate,
}

/// Why a notice cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoticeError {
    /// Neither this TOML nor this JSON.
    #[error("放假安排文件无法读取：{0}")]
    Unreadable(String),
    /// No days: the year is not published yet (holiday-cn keeps such a file for the coming year).
    #[error("{0}年的放假安排是空的：通知可能尚未发布，请等发布后再导入")]
    Empty(i32),
    /// The title year is not one this calendar reckons with.
    #[error("年份 {0} 不在 2000 年至 2100 年之间")]
    Year(i32),
    /// A day that this year's notice cannot arrange.
    #[error("{date} 不属于 {year} 年的放假安排（只能是上年12月至当年12月的日期），请核对")]
    OutsideYear {
        /// The title year.
        year: i32,
        /// The day.
        date: NaiveDate,
    },
    /// The last day lies before the first, or the break is longer than a month.
    #[error("{from} 至 {to} 不是一段合理的假期，请核对起止日期")]
    Range {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
    },
    /// A day is both off and worked.
    #[error("{0} 既写为放假又写为上班，请核对")]
    Contradiction(NaiveDate),
    /// A statutory day is not off.
    #[error("缺少法定节假日 {date}（{name}）：全年安排必须包含全部法定节假日；只改个别日期的请注明 amends = true")]
    StatutoryDayMissing {
        /// The day.
        date: NaiveDate,
        /// The holiday.
        name: String,
    },
}

impl OffDays {
    /// The last day off.
    pub fn last(&self) -> NaiveDate {
        self.to.unwrap_or(self.from)
    }

    fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let last = self.last();
        self.from.iter_days().take_while(move |date| *date <= last)
    }
}

impl YearNotice {
    /// Reads the notice from TOML: `year`, `source`, `[[off]]` with `name`, `from`, `to`, `[[work]]` with `name`, `date`.
    pub fn from_toml(text: &str) -> Result<YearNotice, NoticeError> {
        let notice: YearNotice = toml::from_str(text).map_err(|e| NoticeError::Unreadable(e.to_string()))?;
        notice.check()?;
        Ok(notice)
    }

    /// Reads the notice from the JSON layout of the public collection `holiday-cn` (one file per title year, J6).
    pub fn from_holiday_cn(text: &str) -> Result<YearNotice, NoticeError> {
        let file: HolidayCn = serde_json::from_str(text).map_err(|e| NoticeError::Unreadable(e.to_string()))?;
        let notice = file.into_notice();
        notice.check()?;
        Ok(notice)
    }

    /// Whether the notice can be believed; the importer calls it, [`super::Calendar::with_notice`] does not.
    pub fn check(&self) -> Result<(), NoticeError> {
        if !(2000..=2100).contains(&self.year) {
            return Err(NoticeError::Year(self.year));
        }
        if self.off.is_empty() && (self.work.is_empty() || !self.amends) {
            return Err(NoticeError::Empty(self.year));
        }
        for off in &self.off {
            self.within(off.from)?;
            self.within(off.last())?;
            if off.last() < off.from || (off.last() - off.from).num_days() > LONGEST {
                return Err(NoticeError::Range { from: off.from, to: off.last() });
            }
        }
        let off: BTreeSet<NaiveDate> = self.off_days().map(|(date, _)| date).collect();
        for work in &self.work {
            self.within(work.date)?;
            if off.contains(&work.date) {
                return Err(NoticeError::Contradiction(work.date));
            }
        }
        if self.amends {
            return Ok(());
        }
        match statutory::holidays(self.year).into_iter().find(|(date, _)| !off.contains(date)) {
            Some((date, name)) => Err(NoticeError::StatutoryDayMissing { date, name: name.to_owned() }),
            None => Ok(()),
        }
    }

    fn within(&self, date: NaiveDate) -> Result<(), NoticeError> {
        let of_year = date.year() == self.year || (date.year() == self.year - 1 && date.month() == 12);
        if of_year { Ok(()) } else { Err(NoticeError::OutsideYear { year: self.year, date }) }
    }

    pub(super) fn off_days(&self) -> impl Iterator<Item = (NaiveDate, &str)> {
        self.off.iter().flat_map(|off| off.days().take(LONGEST as usize + 1).map(|date| (date, off.name.as_str())))
    }
}

#[derive(Deserialize)]
struct HolidayCn {
    year: i32,
    #[serde(default)]
    papers: Vec<String>,
    days: Vec<HolidayCnDay>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HolidayCnDay {
    name: String,
    date: NaiveDate,
    is_off_day: bool,
}

impl HolidayCn {
    fn into_notice(mut self) -> YearNotice {
        self.days.sort_by_key(|day| day.date);
        let (mut off, mut work): (Vec<OffDays>, Vec<WorkDay>) = (Vec::new(), Vec::new());
        for HolidayCnDay { name, date, is_off_day } in self.days {
            if !is_off_day {
                work.push(WorkDay { name, date });
                continue;
            }
            match off.last_mut() {
                Some(open) if open.name == name && open.last().succ_opt() == Some(date) => open.to = Some(date),
                _ => off.push(OffDays { name, from: date, to: None }),
            }
        }
        YearNotice { year: self.year, source: self.papers.join("；"), amends: false, off, work }
    }
}
