//! One row of `xiaoneng deadline --batch`: texts in, texts out.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone, Utc};
use thiserror::Error;

use super::{DeadlineInput, due};
use crate::calendar::Calendar;
use crate::limit::{Limit, LimitError};
use crate::time::CHINA;

/// Why a row cannot be reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RowError {
    /// The start is not a time.
    #[error("起算时间要写成 2026-04-30、2026-04-30 10:00、2026-04-30T10:00:00 或带时区的 2026-04-30T10:00:00+08:00")]
    From,
    /// The calendar does not reach there.
    #[error("起算时间须在 2000 年至 2099 年之间")]
    OutOfRange,
    /// The limit is off.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// The due instant in RFC 3339 at +08:00 and whether it is provisional.
pub fn batch_row(calendar: &Calendar, from: &str, limit: &str) -> Result<(String, bool), RowError> {
    let input = DeadlineInput::new(parse_from(from)?, limit.parse::<Limit>()?);
    let (due, provisional) = due(calendar, &input);
    Ok((rfc3339(due), provisional))
}

/// An instant in RFC 3339 at +08:00, as all calls print it.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.with_timezone(&CHINA).to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

/// Reads a start: RFC 3339, or a local (+08:00) date-time with `T` or a space, seconds optional, or a local date.
pub fn parse_from(text: &str) -> Result<DateTime<Utc>, RowError> {
    let text = text.trim();
    let at = match DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.to_utc(),
        Err(_) => CHINA.from_local_datetime(&local(text)?).single().ok_or(RowError::From)?.to_utc(),
    };
    let year = at.with_timezone(&CHINA).year();
    if (2000..=2099).contains(&year) { Ok(at) } else { Err(RowError::OutOfRange) }
}

fn local(text: &str) -> Result<NaiveDateTime, RowError> {
    // chrono would take `2026-4-3` or ` 2026`: the shape is fixed by its length and its digits.
    if text.len() < 10 || !text.starts_with(|c: char| c.is_ascii_digit()) || !text.is_char_boundary(10) {
        return Err(RowError::From);
    }
    let (date, time) = text.split_at(10);
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| RowError::From)?;
    if time.is_empty() {
        return Ok(date.and_time(NaiveTime::MIN));
    }
    let time = time.strip_prefix(['T', 't', ' ']).ok_or(RowError::From)?;
    let format = if time.len() == 5 { "%H:%M" } else { "%H:%M:%S%.f" };
    let time = NaiveTime::parse_from_str(time, format).map_err(|_| RowError::From)?;
    Ok(date.and_time(time))
}
