//! Acts that are due, and cases reckoned with another calendar.

use domain::case::{Act, ClockKind};
use domain::ids::CaseId;
use domain::time::{Instant, from_micros, micros};
use rusqlite::params;
use uuid::Uuid;

use super::DueRow;
use crate::{ViewError, Views};

impl Views {
    /// The acts due at or before `now`, oldest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn due_until(&self, now: Instant, limit: usize) -> Result<Vec<DueRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT d.next_at, c.id, d.clock, d.round, d.act FROM due d CROSS JOIN case_row c USING (key) WHERE d.next_at <= ?1 \
             ORDER BY d.next_at, d.key, d.clock, d.round LIMIT ?2",
        )?;
        let mut rows = statement.query(params![micros(now), limit as i64])?;
        let mut due = Vec::new();
        while let Some(row) = rows.next()? {
            due.push(DueRow {
                at: from_micros(row.get(0)?),
                case: CaseId(row.get::<_, Uuid>(1)?),
                clock: ClockKind::of_code(row.get_ref(2)?.as_str().unwrap_or_default()).ok_or(ViewError::Row("due"))?,
                round: row.get(3)?,
                act: Act::of_code(row.get_ref(4)?.as_str().unwrap_or_default()).ok_or(ViewError::Row("due"))?,
            });
        }
        Ok(due)
    }

    /// When the next act is due.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn next_due(&self) -> Result<Option<Instant>, ViewError> {
        let connection = self.views()?;
        let next: Option<i64> = connection.prepare_cached("SELECT min(next_at) FROM due")?.query_row([], |row| row.get(0))?;
        Ok(next.map(from_micros))
    }

    /// How many acts of running limits there are, and how many of them were due at or before `now`.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn count_due(&self, now: Instant) -> Result<(u64, u64), ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached("SELECT count(*), (SELECT count(*) FROM due WHERE next_at <= ?1) FROM due")?;
        let (all, late): (i64, i64) = statement.query_row([micros(now)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((all.unsigned_abs(), late.unsigned_abs()))
    }

    /// Open cases with a running limit that was reckoned with another calendar than `version`, in the order of filing
    /// after `after` (a row's `key`; 0 = from the beginning). Each with its key.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn open_with_other_calendar(&self, version: &str, after: i64, limit: usize) -> Result<Vec<(i64, CaseId)>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT DISTINCT o.key, c.id FROM open_calendar o CROSS JOIN case_row c USING (key) WHERE o.key > ?1 AND o.version <> ?2 ORDER BY o.key LIMIT ?3",
        )?;
        let rows = statement.query_map(params![after, version, limit as i64], |row| Ok((row.get(0)?, CaseId(row.get::<_, Uuid>(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
