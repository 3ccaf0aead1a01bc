//! Notices that are missing, due, or listed by where they stand.

use domain::ids::{CaseId, NoticeId};
use domain::notice::{About, NoticeKind, NoticeStage};
use domain::time::{Instant, from_micros, micros};
use rusqlite::{Row, params};
use uuid::Uuid;

use super::write::stage_code;
use super::{Missing, NoticeRow};
use crate::{ViewError, Views};

const COLUMNS: &str = "key, id, revision, state";

fn row(row: &Row<'_>) -> Result<NoticeRow, ViewError> {
    Ok(NoticeRow {
        key: row.get(0)?,
        id: NoticeId(row.get::<_, Uuid>(1)?),
        revision: row.get::<_, i64>(2)?.unsigned_abs(),
        state: postcard::from_bytes(row.get_ref(3)?.as_blob().unwrap_or_default())?,
    })
}

impl Views {
    /// Notices that are owed since an instant and not yet on record, oldest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn missing_notices(&self, since: Instant, limit: usize) -> Result<Vec<Missing>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT id, seq, event, kind, case_id, stream, task, since, recipient, urgent, occurred_at FROM notice_missing WHERE occurred_at >= ?1 ORDER BY occurred_at, seq, kind LIMIT ?2",
        )?;
        let mut rows = statement.query([micros(since), limit as i64])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let kind: String = row.get(3)?;
            let to: String = row.get(8)?;
            let about = match (row.get::<_, Option<Uuid>>(4)?, row.get(5)?, row.get(6)?, row.get(7)?) {
                (Some(case), ..) => About::Case(CaseId(case)),
                (None, Some(stream), Some(task), Some(since)) => About::Duty { stream, task, since: from_micros(since) },
                _ => return Err(ViewError::Row("notice_missing")),
            };
            all.push(Missing {
                id: NoticeId(row.get::<_, Uuid>(0)?),
                seq: row.get::<_, i64>(1)?.unsigned_abs(),
                event: row.get(2)?,
                kind: NoticeKind::of_code(&kind).ok_or(ViewError::Row("notice_missing"))?,
                about,
                to: serde_json::from_str(&to).map_err(|_| ViewError::Row("notice_missing"))?,
                urgent: row.get(9)?,
                occurred_at: from_micros(row.get(10)?),
            });
        }
        Ok(all)
    }

    /// Notices to be looked at by `now` (to send, or a dead claim to take over), oldest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn due_notices(&self, now: Instant, limit: usize) -> Result<Vec<NoticeRow>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM notice WHERE next_at <= ?1 ORDER BY next_at, key LIMIT ?2"))?;
        let mut rows = statement.query(params![micros(now), limit as i64])?;
        let mut all = Vec::new();
        while let Some(found) = rows.next()? {
            all.push(row(found)?);
        }
        Ok(all)
    }

    /// When the next notice is to be looked at.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn next_notice(&self) -> Result<Option<Instant>, ViewError> {
        let connection = self.views()?;
        let next: Option<i64> =
            connection.prepare_cached("SELECT min(next_at) FROM notice WHERE next_at IS NOT NULL")?.query_row([], |row| row.get(0))?;
        Ok(next.map(from_micros))
    }

    /// Notices at a stage, newest first, before a row's `key` (none = from the newest).
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn notices(&self, stage: NoticeStage, before: Option<i64>, limit: usize) -> Result<Vec<NoticeRow>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM notice WHERE stage = ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3"))?;
        let mut rows = statement.query(params![stage_code(stage), before.unwrap_or(i64::MAX), limit as i64])?;
        let mut all = Vec::new();
        while let Some(found) = rows.next()? {
            all.push(row(found)?);
        }
        Ok(all)
    }

    /// How many notices are at a stage.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn count_notices(&self, stage: NoticeStage) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let n: i64 =
            connection.prepare_cached("SELECT count(*) FROM notice WHERE stage = ?1")?.query_row([stage_code(stage)], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// One notice.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn notice(&self, id: NoticeId) -> Result<Option<NoticeRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM notice WHERE id = ?1"))?;
        let mut rows = statement.query([id.0])?;
        rows.next()?.map(row).transpose()
    }
}
