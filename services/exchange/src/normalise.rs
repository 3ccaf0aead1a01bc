//! The same thing written in different ways becomes the same text (domain.md M4): full-width digits, non-breaking and
//! ideographic blanks, zero-width marks, the many shapes of a date. Words keep their inner form; only their ends are
//! trimmed.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use domain::time::{CHINA, legal_day};

/// Years outside of these are typing errors, not demands.
const YEARS: std::ops::RangeInclusive<i32> = 1949..=2100;
/// Excel day numbers of 1954 to 2100: a bare number in a date column is read as one of these, and as nothing else.
const SERIALS: std::ops::Range<f64> = 20_000.0..73_500.0;

/// A time as a source told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// The instant; the day's beginning at +08:00 when the source told only the day.
    pub at: DateTime<Utc>,
    /// The source told no time of day: `at` must not be used as an instant without saying so.
    pub date_only: bool,
}

impl Moment {
    /// The day at +08:00.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        legal_day(self.at)
    }

    /// Whether this is surely before `other`: compared by days as soon as one of the two is only a day.
    #[must_use]
    pub fn surely_before(&self, other: &Self) -> bool {
        if self.date_only || other.date_only { self.day() < other.day() } else { self.at < other.at }
    }
}

/// Where a workbook's day numbers begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Epoch {
    /// 1899-12-30, what Excel and WPS use.
    #[default]
    From1900,
    /// 1904-01-01, workbooks of old Macintosh programs.
    From1904,
}

/// Why a text is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// No known shape.
    #[error("无法识别为日期，请写成“2024-03-05 14:30:00”或“2024-03-05”")]
    Shape,
    /// A known shape, but no such day or hour.
    #[error("没有这一天或这一时刻，请核对年、月、日和时间")]
    NoSuchMoment,
    /// A year that no demand can have.
    #[error("年份不在1949至2100年之间，请核对（年份须写四位）")]
    Year,
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c) || c == '\u{200c}' || c == '\u{200d}'
}

/// Marks that are never part of a text: zero-width space, direction marks, word joiner, byte-order mark, controls.
/// The zero-width joiner is not among them: it holds emoji together.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || (c.is_control() && c != '\n' && c != '\t')
}

/// A longer text: ends trimmed of every kind of blank, line ends `\n`, invisible marks dropped, the rest untouched.
/// `_x000D_` is a carriage return as a workbook stores it; common scripts leave it standing in the CSV they make.
#[must_use]
pub fn words(text: &str) -> String {
    let text = text.replace("_x000D_", "\r").replace("\r\n", "\n").replace('\r', "\n");
    text.trim_matches(is_blank).chars().filter(|c| !is_invisible(*c)).collect()
}

/// A name or a title: one line, runs of blanks become one blank, full-width digits and letters become narrow.
/// Chinese punctuation stays as it is, names of units are shown to people.
#[must_use]
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split(|c: char| c.is_whitespace()).filter(|part| !part.is_empty()) {
        let mut narrow = part
            .chars()
            .filter(|c| !is_invisible(*c))
            .map(|c| match c {
                '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => half(c),
                other => other,
            })
            .peekable();
        if !out.is_empty() && narrow.peek().is_some() {
            out.push(' ');
        }
        out.extend(narrow);
    }
    out
}

/// A number, an id, a key of a table: all full-width ASCII becomes narrow, every blank goes.
#[must_use]
pub fn code(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).map(half).collect()
}

fn half(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}

fn local(at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&CHINA).naive_local()
}

/// Reads a time at fixed +08:00. Shapes: `2019/4/25 9:32:09`, `2018-07-04 17:24:41`, `2018.7.4`, `2018年7月4日17时24分`,
/// `2019/4/25 下午 3:20`, `20190425`, `20190425093209`, RFC 3339, and Excel's day numbers.
///
/// # Errors
/// [`DateError`], when it is none of them or no such moment exists. Never guesses: two-digit years and
/// day-month orders are refused.
pub fn moment(text: &str, epoch: Epoch) -> Result<Moment, DateError> {
    let narrow: String = text.chars().filter(|c| !is_invisible(*c)).map(half).collect();
    let narrow = narrow.trim_matches(is_blank);
    if let Ok(at) = DateTime::parse_from_rfc3339(narrow) {
        return year_ok(local(at.with_timezone(&Utc)).date()).map(|_| Moment { at: at.with_timezone(&Utc), date_only: false });
    }
    if narrow.bytes().all(|b| b.is_ascii_digit() || b == b'.') && narrow.bytes().filter(|b| *b == b'.').count() <= 1 {
        return bare_number(narrow, epoch);
    }
    let (date, time) = split(narrow)?;
    let date = read_date(&date)?;
    match time {
        None => Ok(at_local(date.and_time(NaiveTime::MIN), true)),
        Some(time) => read_time(&time, date).map(|at| at_local(at, false)),
    }
}

fn at_local(naive: NaiveDateTime, date_only: bool) -> Moment {
    Moment { at: (naive - TimeDelta::seconds(i64::from(CHINA.local_minus_utc()))).and_utc(), date_only }
}

fn year_ok(date: NaiveDate) -> Result<NaiveDate, DateError> {
    if YEARS.contains(&chrono::Datelike::year(&date)) { Ok(date) } else { Err(DateError::Year) }
}

fn bare_number(text: &str, epoch: Epoch) -> Result<Moment, DateError> {
    let digits = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok()).ok_or(DateError::Shape);
    if !text.contains('.') && matches!(text.len(), 8 | 12 | 14) {
        let date = make_date(digits(0..4)?, digits(4..6)?, digits(6..8)?)?;
        if text.len() == 8 {
            return Ok(at_local(date.and_time(NaiveTime::MIN), true));
        }
        let second = if text.len() == 14 { digits(12..14)? } else { 0 };
        let time = NaiveTime::from_hms_opt(digits(8..10)?, digits(10..12)?, second).ok_or(DateError::NoSuchMoment)?;
        return Ok(at_local(date.and_time(time), false));
    }
    let naive = serial(text.parse().map_err(|_| DateError::Shape)?, epoch).ok_or(DateError::Shape)?;
    Ok(at_local(naive, naive.time() == NaiveTime::MIN))
}

/// A workbook's day number as a local time, to the second as it is shown: the fraction carries rounding errors.
/// None outside of the years 1954 to 2100.
pub(crate) fn serial(number: f64, epoch: Epoch) -> Option<NaiveDateTime> {
    let number = if epoch == Epoch::From1904 { number + 1462.0 } else { number };
    if !SERIALS.contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range above keeps the seconds far below i64")]
    let seconds = (number * 86_400.0).round() as i64;
    NaiveDate::from_ymd_opt(1899, 12, 30).map(|zero| zero.and_time(NaiveTime::MIN) + TimeDelta::seconds(seconds))
}

/// Parts the day from the time of day.
fn split(text: &str) -> Result<(String, Option<String>), DateError> {
    let mut text = text.replace(is_blank, " ");
    for day in ["星期", "周"] {
        if let Some(at) = text.find(day) {
            // 2019年4月25日 星期四 10:00: the weekday says nothing that the date does not.
            let tail: String = text[at + day.len()..].chars().skip(1).collect();
            text = format!("{} {tail}", &text[..at]);
        }
    }
    let (date, time) = if let Some((date, time)) = text.split_once('日') {
        (date.to_owned(), time.to_owned())
    } else if let Some((date, time)) = text.split_once([' ', 'T']) {
        (date.to_owned(), time.to_owned())
    } else {
        (text, String::new())
    };
    let date = date.replace(['年', '月', '/', '.'], "-").replace(' ', "");
    let time = time.trim();
    if date.is_empty() { Err(DateError::Shape) } else { Ok((date, (!time.is_empty()).then(|| time.to_owned()))) }
}

fn read_date(text: &str) -> Result<NaiveDate, DateError> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return Err(DateError::Shape) };
    if year.len() != 4 {
        return Err(if year.len() <= 2 && day.len() <= 4 { DateError::Year } else { DateError::Shape });
    }
    make_date(number(year, 4)?, number(month, 2)?, number(day, 2)?)
}

fn make_date(year: u32, month: u32, day: u32) -> Result<NaiveDate, DateError> {
    let year = i32::try_from(year).map_err(|_| DateError::Year)?;
    year_ok(NaiveDate::from_ymd_opt(year, month, day).ok_or(DateError::NoSuchMoment)?)
}

fn number(text: &str, most: usize) -> Result<u32, DateError> {
    if text.is_empty() || text.len() > most || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DateError::Shape);
    }
    text.parse().map_err(|_| DateError::Shape)
}

fn read_time(text: &str, date: NaiveDate) -> Result<NaiveDateTime, DateError> {
    let mut afternoon = None;
    let mut text = text.to_owned();
    for (word, late) in [("上午", false), ("下午", true), ("AM", false), ("PM", true)] {
        if let Some(at) = text.to_ascii_uppercase().find(word) {
            afternoon = Some(late);
            text.replace_range(at..at + word.len(), " ");
        }
    }
    let text = text.replace(['时', '点', '分'], ":").replace(['秒', ' '], "");
    let text = text.trim_end_matches(':');
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    number(fraction, 9)?;
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour] if text.len() < clock.len() + 2 && afternoon.is_none() => (number(hour, 2)?, 0, 0),
        [hour, minute] => (number(hour, 2)?, number(minute, 2)?, 0),
        [hour, minute, second] => (number(hour, 2)?, number(minute, 2)?, number(second, 2)?),
        _ => return Err(DateError::Shape),
    };
    let hour = match afternoon {
        Some(_) if !(1..=12).contains(&hour) => return Err(DateError::NoSuchMoment),
        Some(late) => hour % 12 + if late { 12 } else { 0 },
        None => hour,
    };
    if (hour, minute, second) == (24, 0, 0) {
        return date.succ_opt().map(|next| next.and_time(NaiveTime::MIN)).ok_or(DateError::NoSuchMoment);
    }
    NaiveTime::from_hms_opt(hour, minute, second).map(|time| date.and_time(time)).ok_or(DateError::NoSuchMoment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, bool), DateError> {
        moment(text, Epoch::From1900).map(|m| (local(m.at).format("%Y-%m-%d %H:%M:%S").to_string(), m.date_only))
    }

    #[test]
    fn every_shape_found_in_the_wild_is_the_same_moment() {
        for text in [
            "2019/4/25 9:32:09",
            "2019-04-25 09:32:09",
            "2019-4-25 9:32:09",
            "2019.4.25 9:32:09",
            "2019年4月25日9时32分09秒",
            "2019年4月25日 9:32:09",
            "２０１９/４/２５ ９:３２：０９",
            "\u{3000}2019/4/25\u{a0}9:32:09\u{200b}",
            "2019/4/25 上午 9:32:09",
            "2019年4月25日 星期四 9:32:09",
            "2019-04-25T09:32:09",
            "2019-04-25T09:32:09+08:00",
            "2019-04-25T01:32:09Z",
            "20190425093209",
            "43580.39732638889",
            "2019-04-25 09:32:09.000",
        ] {
            assert_eq!(read(text), Ok(("2019-04-25 09:32:09".to_owned(), false)), "{text}");
        }
    }

    #[test]
    fn a_date_without_a_time_says_so() {
        for text in ["2019/9/12", "2019-09-12", "2019年9月12日", "20190912", "43720", "2019.9.12"] {
            assert_eq!(read(text), Ok(("2019-09-12 00:00:00".to_owned(), true)), "{text}");
        }
    }

    #[test]
    fn the_afternoon_noon_and_midnight_are_right() {
        assert_eq!(read("2019/4/25 下午3:20"), Ok(("2019-04-25 15:20:00".to_owned(), false)));
        assert_eq!(read("2019/4/25 12:00 AM"), Ok(("2019-04-25 00:00:00".to_owned(), false)));
        assert_eq!(read("2019/4/25 下午12:00"), Ok(("2019-04-25 12:00:00".to_owned(), false)));
        assert_eq!(read("2019/4/25 24:00"), Ok(("2019-04-26 00:00:00".to_owned(), false)));
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        assert_eq!(read("19/4/25"), Err(DateError::Year));
        assert_eq!(read("25/4/2019"), Err(DateError::Year));
        assert_eq!(read("2019-13-01"), Err(DateError::NoSuchMoment));
        assert_eq!(read("2019-02-29 10:00"), Err(DateError::NoSuchMoment));
        assert_eq!(read("2019-02-28 25:00"), Err(DateError::NoSuchMoment));
        assert_eq!(read("1019-02-28"), Err(DateError::Year));
        assert_eq!(read("9:32:09"), Err(DateError::Shape));
        assert_eq!(read("明天上午"), Err(DateError::Shape));
        assert_eq!(read("7"), Err(DateError::Shape));
        assert_eq!(read(""), Err(DateError::Shape));
    }

    #[test]
    fn a_1904_workbook_counts_from_1904() {
        let at = moment("42118.5", Epoch::From1904).map(|m| local(m.at).to_string());
        assert_eq!(at, Ok("2019-04-25 12:00:00".to_owned()));
    }

    #[test]
    fn a_day_is_not_before_an_hour_of_the_same_day() {
        let filed = moment("2019/9/12 15:00", Epoch::From1900);
        let answered = moment("2019/9/12", Epoch::From1900);
        assert!(matches!((filed, answered), (Ok(f), Ok(a)) if a.at < f.at && !a.surely_before(&f)));
    }

    #[test]
    fn words_keep_their_inside_and_lose_their_ends() {
        assert_eq!(words("\r\n\t\t\u{3000}您好，\r\n请问\u{200b}\u{a0}怎么办？\n\t\t\t\u{feff}"), "您好，\n请问\u{a0}怎么办？");
        assert_eq!(words("👨\u{200d}👩\u{200d}👧"), "👨\u{200d}👩\u{200d}👧");
    }

    #[test]
    fn a_carriage_return_left_by_a_script_is_a_line_end() {
        assert_eq!(words("一_x000D_\n二_x000D_三_x000D_\n"), "一\n二\n三");
    }

    #[test]
    fn a_line_is_one_line_and_a_code_has_no_blanks() {
        assert_eq!(line(" 城管办（坑梓\n街道）\u{3000} １２号 \u{200b} "), "城管办（坑梓 街道） 12号");
        assert_eq!(code("Ａ－００ 1\u{a0}２"), "A-0012");
    }
}
