//! Heads of a month, of a day, and the first one that covers an event.

use chrono::NaiveDate;
use domain::time::from_micros;
use rusqlite::Row;

use super::{HeadKey, HeadRow};
use crate::views::daily::write::{day, number};
use crate::{ViewError, Views};

const COLUMNS: &str = "day, size, published_at, public_key, note";
/// Keys shown at most: one for each time that the master key was changed.
const KEYS: i64 = 100;

impl Views {
    /// The heads of the days `from..=to`, newest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn heads(&self, from: NaiveDate, to: NaiveDate) -> Result<Vec<HeadRow>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM head WHERE day >= ?1 AND day <= ?2 ORDER BY day DESC"))?;
        let mut rows = statement.query([number(from), number(to)])?;
        let mut heads = Vec::new();
        while let Some(row) = rows.next()? {
            heads.push(read(row)?);
        }
        Ok(heads)
    }

    /// The head of a day.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn head(&self, of: NaiveDate) -> Result<Option<HeadRow>, ViewError> {
        self.one_head(&format!("SELECT {COLUMNS} FROM head WHERE day = ?1"), number(of))
    }

    /// The latest head.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn latest_head(&self) -> Result<Option<HeadRow>, ViewError> {
        self.one_head(&format!("SELECT {COLUMNS} FROM head WHERE day <= ?1 ORDER BY day DESC LIMIT 1"), i64::MAX)
    }

    /// The first head under which the event `seq` stands.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn head_covering(&self, seq: u64) -> Result<Option<HeadRow>, ViewError> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        self.one_head(&format!("SELECT {COLUMNS} FROM head WHERE size >= ?1 ORDER BY size, day LIMIT 1"), seq)
    }

    /// The keys that signed, the latest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn head_keys(&self) -> Result<Vec<HeadKey>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection
            .prepare_cached("SELECT public_key, min(day), max(day) FROM head GROUP BY public_key ORDER BY max(day) DESC LIMIT ?1")?;
        let mut rows = statement.query([KEYS])?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            let (Some(from), Some(until)) = (day(row.get(1)?), day(row.get(2)?)) else { return Err(ViewError::Row("head")) };
            keys.push(HeadKey { key: row.get(0)?, from, until });
        }
        Ok(keys)
    }

    fn one_head(&self, sql: &str, by: i64) -> Result<Option<HeadRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([by])?;
        rows.next()?.map(read).transpose()
    }
}

fn read(row: &Row<'_>) -> Result<HeadRow, ViewError> {
    Ok(HeadRow {
        day: day(row.get(0)?).ok_or(ViewError::Row("head"))?,
        size: row.get::<_, i64>(1)?.unsigned_abs(),
        published_at: from_micros(row.get(2)?),
        key: row.get(3)?,
        note: row.get(4)?,
    })
}
