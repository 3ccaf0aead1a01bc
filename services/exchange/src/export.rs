//! Tables written out: CSV, XLSX, JSON. All writers stream, and those for spreadsheets keep a spreadsheet from running what a citizen typed
//! (ASVS 5.0 V1.2.10): a text that would begin a formula gets a leading apostrophe.

use std::borrow::Cow;

use domain::time::{CHINA, Instant};

pub mod assessment;
pub mod circular;
pub mod csv;
pub mod docx;
pub mod json;
pub mod sheet;
pub mod tables;
pub mod xlsx;

/// A cell to write. Only what the program computed itself is a number; what people typed is always text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Empty,
    /// A text, guarded.
    Text(Cow<'a, str>),
    /// A whole number.
    Int(i64),
    /// A number with a fraction; written as empty when it is not finite.
    Number(f64),
    /// Yes or no: 是 and 否 in tables.
    Flag(bool),
    /// A moment: local time in tables, RFC 3339 in JSON.
    Time(Instant),
}

/// A moment as tables show it, at +08:00.
fn local(at: Instant) -> String {
    at.with_timezone(&CHINA).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn yes_no(flag: bool) -> &'static str {
    if flag { "是" } else { "否" }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Option<Instant>> for Value<'_> {
    fn from(at: Option<Instant>) -> Self {
        at.map_or(Self::Empty, Self::Time)
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Empty, Self::Int)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, Self::from)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Puts an apostrophe before a text that a spreadsheet could take for a formula: `= + - @`, tab, carriage return,
/// line feed, NUL and the full-width forms, also behind blanks, which some programs trim first.
#[must_use]
pub fn guard(text: &str) -> Cow<'_, str> {
    let dangerous = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠' | '−');
    let begins = text.chars().next().is_some_and(dangerous) || text.trim_start().chars().next().is_some_and(dangerous);
    if begins { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_of_a_formula_is_guarded() {
        for text in ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋1", "－1", "＠a", " =1", "\u{3000}=1"] {
            assert_eq!(guard(text), format!("'{text}"));
        }
    }

    #[test]
    fn an_ordinary_text_is_left_alone() {
        for text in ["", "您好", "1+1=2", "a@b", "'=1"] {
            assert!(matches!(guard(text), Cow::Borrowed(same) if same == text));
        }
    }
}
