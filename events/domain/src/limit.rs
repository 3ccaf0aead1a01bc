//! A limit as rules state it: a number and its unit. Units are never mixed silently (T5).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A limit, written `5wd`, `15d`, `24h` or `4bh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Limit {
    /// Working days (工作日), make-up workdays counted; ends at 24:00 of the last.
    WorkingDays(u16),
    /// Calendar days (日, 自然日), rolling forward over rest days (T2); ends at 24:00 of the last.
    CalendarDays(u16),
    /// Hours on the clock (小时).
    ClockHours(u16),
    /// Hours within business hours (工作小时).
    BusinessHours(u16),
}

/// Why a limit cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LimitError {
    /// Not a number with a unit.
    #[error("期限要写成数字加单位：5wd（工作日）、15d（自然日）、24h（小时）、4bh（工作小时）")]
    Shape,
    /// Nothing to count.
    #[error("期限不能为 0")]
    Zero,
    /// Beyond any limit that a rule sets.
    #[error("期限过大，最多为 {0}，请核对")]
    TooLarge(Limit),
}

impl Limit {
    /// The largest limit of this one's unit: two years of days, a year of hours.
    fn largest(self) -> Limit {
        match self {
            Self::WorkingDays(_) => Self::WorkingDays(500),
            Self::CalendarDays(_) => Self::CalendarDays(731),
            Self::ClockHours(_) => Self::ClockHours(8_784),
            Self::BusinessHours(_) => Self::BusinessHours(2_000),
        }
    }

    /// The number without its unit.
    pub fn count(self) -> u16 {
        match self {
            Self::WorkingDays(n) | Self::CalendarDays(n) | Self::ClockHours(n) | Self::BusinessHours(n) => n,
        }
    }

    /// Whether the limit counts days (and ends at 24:00) rather than hours.
    pub fn is_days(self) -> bool {
        matches!(self, Self::WorkingDays(_) | Self::CalendarDays(_))
    }

    /// The limit in words for people, for example `5 个工作日`.
    pub fn words(self) -> String {
        match self {
            Self::WorkingDays(n) => format!("{n} 个工作日"),
            Self::CalendarDays(n) => format!("{n} 日（自然日）"),
            Self::ClockHours(n) => format!("{n} 小时"),
            Self::BusinessHours(n) => format!("{n} 个工作小时"),
        }
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Limit, LimitError> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(LimitError::Shape)?;
        let (digits, unit) = text.split_at(digits);
        let make = match unit {
            "wd" => Limit::WorkingDays,
            "d" => Limit::CalendarDays,
            "h" => Limit::ClockHours,
            "bh" => Limit::BusinessHours,
            _ => return Err(LimitError::Shape),
        };
        if digits.is_empty() {
            return Err(LimitError::Shape);
        }
        let largest = make(1).largest();
        match digits.parse::<u16>() {
            Ok(0) => Err(LimitError::Zero),
            Ok(n) if n <= largest.count() => Ok(make(n)),
            _ => Err(LimitError::TooLarge(largest)),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkingDays(n) => write!(f, "{n}wd"),
            Self::CalendarDays(n) => write!(f, "{n}d"),
            Self::ClockHours(n) => write!(f, "{n}h"),
            Self::BusinessHours(n) => write!(f, "{n}bh"),
        }
    }
}

impl TryFrom<String> for Limit {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Limit, LimitError> {
        text.parse()
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> String {
        limit.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_written_as_it_is_read() {
        for text in ["5wd", "15d", "24h", "4bh", "500wd", "731d"] {
            let limit: Limit = text.parse().unwrap();
            assert_eq!(limit.to_string(), text);
            assert_eq!(serde_json::to_string(&limit).unwrap(), format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Limit>(&format!("\"{text}\"")).unwrap(), limit);
        }
        assert_eq!(" 5wd ".parse(), Ok(Limit::WorkingDays(5)));
    }

    #[test]
    fn nothing_without_a_number_and_a_known_unit_is_a_limit() {
        for text in ["", "5", "wd", "5w", "5 wd", "-5wd", "五wd", "5WD", "1.5d", "5wdd", "５wd"] {
            assert_eq!(text.parse::<Limit>(), Err(LimitError::Shape), "{text}");
        }
    }

    #[test]
    fn zero_and_absurd_limits_are_refused() {
        assert_eq!("0wd".parse::<Limit>(), Err(LimitError::Zero));
        assert_eq!("000d".parse::<Limit>(), Err(LimitError::Zero));
        assert_eq!("501wd".parse::<Limit>(), Err(LimitError::TooLarge(Limit::WorkingDays(500))));
        assert_eq!("99999999999h".parse::<Limit>(), Err(LimitError::TooLarge(Limit::ClockHours(8_784))));
        assert!(serde_json::from_str::<Limit>("\"0bh\"").is_err());
    }
}
