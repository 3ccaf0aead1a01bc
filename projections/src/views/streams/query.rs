//! Streams of supervision, what is due about them, whose duty it is, and what counts for and against units.

use domain::duty::Holder;
use domain::folded::Folded;
use domain::ids::UnitCode;
use domain::mark::MarkKind;
use domain::time::{Instant, from_micros, micros};
use rusqlite::{Params, Row, params};

use super::write::NEVER;
use super::{DutyRow, MarkRow, NamedDuty, StreamRow};
use crate::{ViewError, Views};

/// The columns of a stream, named `s`, as [`stream`] reads them.
pub(crate) const STREAM: &str = "s.key, s.name, s.year, s.ordinal, s.revision, s.seq, s.state";
const MARK: &str = "m.seq, s.name, m.unit, m.kind, m.code, m.at, m.revoked_seq";

impl Views {
    /// One stream.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn stream<S: Folded>(&self, name: &str) -> Result<Option<StreamRow<S>>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!("SELECT {STREAM} FROM stream s WHERE name = ?1 AND kind = ?2"))?;
        let mut rows = statement.query([name, S::KIND])?;
        rows.next()?.map(stream).transpose()
    }

    /// Streams of a kind, newest first, before `before` (a row's `key`; none = from the newest).
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn streams<S: Folded>(&self, before: Option<i64>, limit: usize) -> Result<Vec<StreamRow<S>>, ViewError> {
        self.stream_rows(
            &format!("SELECT {STREAM} FROM stream s WHERE kind = ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3"),
            params![S::KIND, before.unwrap_or(i64::MAX), limit as i64],
        )
    }

    /// Streams whose names begin with `prefix`, in the order of names; `prefix` ends with the kind and a hyphen or more.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn streams_named<S: Folded>(&self, prefix: &str, limit: usize) -> Result<Vec<StreamRow<S>>, ViewError> {
        // No name holds a character beyond ASCII.
        let end = format!("{prefix}\u{7f}");
        self.stream_rows(
            &format!("SELECT {STREAM} FROM stream s WHERE name >= ?1 AND name < ?2 AND kind = ?3 ORDER BY name LIMIT ?4"),
            params![prefix, end, S::KIND, limit as i64],
        )
    }

    /// Streams that automation has to look at, due first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn agenda_until(&self, now: Instant, limit: usize) -> Result<Vec<(Instant, String)>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT a.next_at, s.name FROM agenda a CROSS JOIN stream s USING (key) WHERE a.next_at <= ?1 ORDER BY a.next_at, a.key LIMIT ?2",
        )?;
        let rows = statement.query_map(params![micros(now), limit as i64], |row| Ok((from_micros(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The duty that a holder has in a stream since an instant, with the number of the stream; none when it is done.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn duty(&self, stream: &str, holder: &Holder, task: &str, since: Instant) -> Result<Option<NamedDuty>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT d.due_at, s.year, s.ordinal FROM stream s JOIN duty d USING (key) \
             WHERE s.name = ?1 AND d.holder = ?2 AND d.task = ?3 AND d.since = ?4",
        )?;
        let mut rows = statement.query(params![stream, holder.name(), task, micros(since)])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let due: i64 = row.get(0)?;
        let duty = DutyRow { stream: stream.to_owned(), task: task.to_owned(), since, due: (due != NEVER).then(|| from_micros(due)) };
        Ok(Some(NamedDuty { duty, year: row.get(1)?, ordinal: row.get(2)? }))
    }

    /// The names of those of these streams that there are, each with its year and its number in its kind.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn stream_numbers(&self, streams: &[&str]) -> Result<Vec<(String, i32, u32)>, ViewError> {
        let names = serde_json::to_string(streams).map_err(|_| ViewError::Row("stream"))?;
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached("SELECT name, year, ordinal FROM stream WHERE name IN (SELECT value FROM json_each(?1))")?;
        let rows = statement.query_map([names], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When automation has to look at a stream next.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn next_agenda(&self) -> Result<Option<Instant>, ViewError> {
        let connection = self.views()?;
        let next: Option<i64> = connection.prepare_cached("SELECT min(next_at) FROM agenda")?.query_row([], |row| row.get(0))?;
        Ok(next.map(from_micros))
    }

    /// The duties of a holder, due first; `task` limits them to one task.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn duties(&self, holder: &Holder, task: Option<&str>, limit: usize) -> Result<Vec<DutyRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT s.name, d.task, d.since, d.due_at FROM duty d JOIN stream s USING (key) \
             WHERE d.holder = ?1 AND (?2 IS NULL OR d.task = ?2) ORDER BY d.due_at, d.key LIMIT ?3",
        )?;
        let rows = statement.query_map(params![holder.name(), task, limit as i64], |row| {
            let due: i64 = row.get(3)?;
            Ok(DutyRow {
                stream: row.get(0)?,
                task: row.get(1)?,
                since: from_micros(row.get(2)?),
                due: (due != NEVER).then(|| from_micros(due)),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many duties of each task a holder has, and how many of them are late: `(task, all, late)`.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn duty_counts(&self, holder: &Holder, now: Instant) -> Result<Vec<(String, u64, u64)>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT task, count(*), count(*) FILTER (WHERE due_at <= ?2) FROM duty WHERE holder = ?1 GROUP BY task ORDER BY task",
        )?;
        let rows = statement.query_map(params![holder.name(), micros(now)], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs(), row.get::<_, i64>(2)?.unsigned_abs()))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The marks of a unit that happened from `from` to before `to`, oldest first, as known at the place `seq` of the log
    /// (`u64::MAX` = now). Marks that were taken back are among them, with where.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn marks(&self, unit: &UnitCode, from: Instant, to: Instant, seq: u64) -> Result<Vec<MarkRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {MARK} FROM mark m JOIN stream s USING (key) WHERE m.unit = ?1 AND m.at >= ?2 AND m.at < ?3 AND m.seq <= ?4 \
             ORDER BY m.at, m.seq, m.ord"
        ))?;
        let place = i64::try_from(seq).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![unit.as_str(), micros(from), micros(to), place])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let mark = mark(row)?;
            // What was taken back later still counted at that place.
            all.push(MarkRow { revoked: mark.revoked.filter(|revoked| *revoked <= seq), ..mark });
        }
        Ok(all)
    }

    /// The marks of a time one by one, in the order of the log, those that were taken back among them with where: for checking
    /// sums elsewhere. `after` is the place of the last one seen; each comes with its place among those of its event.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn mark_log(&self, from: Instant, to: Instant, after: (u64, u32), limit: usize) -> Result<Vec<(u32, MarkRow)>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {MARK}, m.ord FROM mark m JOIN stream s USING (key) WHERE (m.seq, m.ord) > (?1, ?2) AND m.at >= ?3 AND m.at < ?4 \
             ORDER BY m.seq, m.ord LIMIT ?5"
        ))?;
        let mut rows = statement.query(params![after.0 as i64, after.1, micros(from), micros(to), limit as i64])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push((row.get(7)?, mark(row)?));
        }
        Ok(all)
    }

    /// How many standing marks of each kind and code every unit has in a time, at a place in the log: for assessing many
    /// bodies with one query. `(unit, kind, code, n)`, ordered.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn mark_counts(&self, from: Instant, to: Instant, seq: u64) -> Result<Vec<(UnitCode, MarkKind, String, u64)>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT unit, kind, code, count(*) FROM mark WHERE at >= ?1 AND at < ?2 AND seq <= ?3 AND (revoked_seq IS NULL OR revoked_seq > ?3) \
             GROUP BY unit, kind, code ORDER BY unit, kind, code",
        )?;
        let mut rows = statement.query(params![micros(from), micros(to), i64::try_from(seq).unwrap_or(i64::MAX)])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let (unit, kind) = unit_and_kind(row, 0, 1)?;
            all.push((unit, kind, row.get(2)?, row.get::<_, i64>(3)?.unsigned_abs()));
        }
        Ok(all)
    }

    /// The streams that a statement selects by [`STREAM`].
    pub(crate) fn stream_rows<S: Folded>(&self, sql: &str, values: impl Params) -> Result<Vec<StreamRow<S>>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(stream(row)?);
        }
        Ok(all)
    }
}

pub(crate) fn stream<S: Folded>(row: &Row<'_>) -> Result<StreamRow<S>, ViewError> {
    Ok(StreamRow {
        key: row.get(0)?,
        name: row.get(1)?,
        year: row.get(2)?,
        ordinal: row.get(3)?,
        revision: row.get::<_, i64>(4)?.unsigned_abs(),
        seq: row.get::<_, i64>(5)?.unsigned_abs(),
        state: serde_json::from_str(row.get_ref(6)?.as_str().unwrap_or_default()).map_err(|_| ViewError::Row("stream"))?,
    })
}

fn mark(row: &Row<'_>) -> Result<MarkRow, ViewError> {
    let (unit, kind) = unit_and_kind(row, 2, 3)?;
    Ok(MarkRow {
        seq: row.get::<_, i64>(0)?.unsigned_abs(),
        stream: row.get(1)?,
        unit,
        kind,
        code: row.get(4)?,
        at: from_micros(row.get(5)?),
        revoked: row.get::<_, Option<i64>>(6)?.map(i64::unsigned_abs),
    })
}

fn unit_and_kind(row: &Row<'_>, unit: usize, kind: usize) -> Result<(UnitCode, MarkKind), ViewError> {
    let unit = UnitCode::parse(row.get_ref(unit)?.as_str().unwrap_or_default()).map_err(|_| ViewError::Row("mark"))?;
    let kind = MarkKind::of_code(row.get_ref(kind)?.as_str().unwrap_or_default()).ok_or(ViewError::Row("mark"))?;
    Ok((unit, kind))
}
