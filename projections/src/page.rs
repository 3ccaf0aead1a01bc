//! Keyset paging: a page begins after (or ends before) a row, never at a number of rows.

use std::fmt;
use std::str::FromStr;

/// The place of a row in a sort order; opaque text in addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageKey {
    pub(crate) value: SortValue,
    pub(crate) key: i64,
}

/// The value that a row is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SortValue {
    Number(i64),
    Text(String),
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum At {
    /// At the beginning.
    #[default]
    First,
    /// After a row: the next page.
    After(PageKey),
    /// Before a row: the previous page.
    Before(PageKey),
}

/// Some rows in order, with the places of the neighbouring pages when there are any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Go on with [`At::After`] this.
    pub next: Option<PageKey>,
    /// Go back with [`At::Before`] this.
    pub previous: Option<PageKey>,
}

impl<T> Page<T> {
    /// From `limit + 1` rows as they were read (backwards for [`At::Before`]).
    pub(crate) fn of(mut read: Vec<(PageKey, T)>, limit: usize, at: &At) -> Self {
        let more = read.len() > limit;
        read.truncate(limit);
        let backwards = matches!(at, At::Before(_));
        if backwards {
            read.reverse();
        }
        let first = read.first().map(|(key, _)| key.clone());
        let last = read.last().map(|(key, _)| key.clone());
        let (next, previous) = match at {
            At::First => (last.filter(|_| more), None),
            At::After(_) => (last.filter(|_| more), first),
            At::Before(_) => (last, first.filter(|_| more)),
        };
        Self { rows: read.into_iter().map(|(_, row)| row).collect(), next, previous }
    }

    /// The same page with other rows.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(change).collect(), next: self.next, previous: self.previous }
    }
}

impl fmt::Display for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            SortValue::Number(n) => write!(f, "n{n}~{}", self.key),
            SortValue::Text(text) => write!(f, "t{text}~{}", self.key),
        }
    }
}

/// Not a place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("翻页位置无效，请从第一页开始")]
pub struct BadPageKey;

impl FromStr for PageKey {
    type Err = BadPageKey;

    fn from_str(text: &str) -> Result<Self, BadPageKey> {
        let (value, key) = text.rsplit_once('~').ok_or(BadPageKey)?;
        let key = key.parse().map_err(|_| BadPageKey)?;
        let value = match value.split_at_checked(1) {
            Some(("n", number)) => SortValue::Number(number.parse().map_err(|_| BadPageKey)?),
            Some(("t", text)) if text.len() <= 64 => SortValue::Text(text.to_owned()),
            _ => return Err(BadPageKey),
        };
        Ok(Self { value, key })
    }
}
