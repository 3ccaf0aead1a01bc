//! Raises that are due, matters by level and by unit, the matters of a case.

use domain::escalation::{Escalation, MOST_TOGETHER};
use domain::ids::{CaseId, UnitCode};
use domain::time::{Instant, from_micros, micros};
use rusqlite::params;
use rusqlite::types::Value;
use uuid::Uuid;

use super::{ExpectedRaise, LevelCount};
use crate::page::SortValue;
use crate::views::streams::query::{STREAM, stream};
use crate::{At, Page, PageKey, StreamRow, ViewError, Views};

impl Views {
    /// Raises that ought to have happened from `since` to `now` and are not on record, oldest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn expected_raises(&self, since: Instant, now: Instant, limit: usize) -> Result<Vec<ExpectedRaise>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT case_id, trigger_name, cluster, at FROM escalation_expected WHERE at >= ?1 AND at <= ?2 ORDER BY at, case_id LIMIT ?3",
        )?;
        let rows = statement.query_map(params![micros(since), micros(now), limit as i64], |row| {
            Ok(ExpectedRaise {
                case: CaseId(row.get::<_, Uuid>(0)?),
                trigger: row.get(1)?,
                cluster: row.get(2)?,
                at: from_micros(row.get(3)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the next raise ought to happen, from `since` on.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn next_raise(&self, since: Instant) -> Result<Option<Instant>, ViewError> {
        let connection = self.views()?;
        let next: Option<i64> = connection
            .prepare_cached("SELECT min(at) FROM escalation_expected WHERE at >= ?1")?
            .query_row([micros(since)], |row| row.get(0))?;
        Ok(next.map(from_micros))
    }

    /// The raises of a group of like cases that are not on record, by case.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn raises_of_cluster(&self, cluster: &str) -> Result<Vec<CaseId>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached("SELECT case_id FROM escalation_expected WHERE cluster = ?1 ORDER BY case_id LIMIT ?2")?;
        let rows = statement.query_map(params![cluster, MOST_TOGETHER as i64], |row| Ok(CaseId(row.get::<_, Uuid>(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many matters of a group of like cases are over.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn groups_over(&self, ladder: &str, cluster: &str) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let sql = "SELECT count(*) FROM escalation_group WHERE cluster = ?1 AND ladder = ?2 AND stage = 'over'";
        let n: i64 = connection.prepare_cached(sql)?.query_row([cluster, ladder], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// Open matters that have to follow their cases: name and revision, oldest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn escalations_out_of_step(&self, limit: usize) -> Result<Vec<(String, u64)>, ViewError> {
        let connection = self.views()?;
        // CROSS: the short list leads, whatever the statistics say about it while it is empty.
        let mut statement = connection
            .prepare_cached("SELECT s.name, s.revision FROM escalation_sync e CROSS JOIN stream s USING (key) ORDER BY e.key LIMIT ?1")?;
        let rows = statement.query_map([limit as i64], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many matters stand open on each level; levels without any are left out.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn escalation_counts(&self) -> Result<Vec<LevelCount>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection
            .prepare_cached("SELECT ladder, level, wrongdoing, n FROM escalation_count WHERE n > 0 ORDER BY ladder, level, wrongdoing")?;
        let rows = statement.query_map([], |row| {
            Ok(LevelCount { ladder: row.get(0)?, level: row.get(1)?, wrongdoing: row.get(2)?, n: row.get::<_, i64>(3)?.unsigned_abs() })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A page of the matters that stand open on a level, due first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn escalations_on(
        &self,
        ladder: &str,
        level: u8,
        hide_wrongdoing: bool,
        at: &At,
        limit: usize,
    ) -> Result<Page<StreamRow<Escalation>>, ViewError> {
        let hidden = if hide_wrongdoing { " AND wrongdoing = 0" } else { "" };
        let wanted = format!("ladder = ?1 AND level = ?2{hidden}");
        self.escalation_page("escalation_open", &wanted, vec![ladder.to_owned().into(), i64::from(level).into()], at, limit)
    }

    /// A page of the open matters that concern a unit: its own cases, levels it holds, tasks it has; due first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn escalations_of_unit(&self, unit: &UnitCode, at: &At, limit: usize) -> Result<Page<StreamRow<Escalation>>, ViewError> {
        self.escalation_page("escalation_unit", "unit = ?1", vec![unit.as_str().to_owned().into()], at, limit)
    }

    /// A page of the open matters that the hotline's window holds, due first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn escalations_of_hotline(&self, at: &At, limit: usize) -> Result<Page<StreamRow<Escalation>>, ViewError> {
        self.escalation_page("escalation_unit", "unit = ?1", vec![super::write::HOTLINE.to_owned().into()], at, limit)
    }

    fn escalation_page(
        &self,
        table: &str,
        wanted: &str,
        mut values: Vec<Value>,
        at: &At,
        limit: usize,
    ) -> Result<Page<StreamRow<Escalation>>, ViewError> {
        let (order, beyond) = if matches!(at, At::Before(_)) { ("DESC", "<") } else { ("ASC", ">") };
        let mut wanted = wanted.to_owned();
        if let At::After(key) | At::Before(key) = at {
            let SortValue::Number(due) = key.value else { return Ok(Page { rows: Vec::new(), next: None, previous: None }) };
            values.push(due.into());
            values.push(key.key.into());
            wanted.push_str(&format!(" AND (due_at, key) {beyond} (?{}, ?{})", values.len() - 1, values.len()));
        }
        values.push((limit as i64 + 1).into());
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {STREAM}, e.due_at FROM (SELECT due_at, key FROM {table} WHERE {wanted} ORDER BY due_at {order}, key {order} LIMIT ?{}) e \
             JOIN stream s ON s.key = e.key ORDER BY e.due_at {order}, e.key {order}",
            values.len(),
        ))?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut read = Vec::new();
        while let Some(row) = rows.next()? {
            let found = stream::<Escalation>(row)?;
            read.push((PageKey { value: SortValue::Number(row.get(7)?), key: found.key }, found));
        }
        Ok(Page::of(read, limit, at))
    }

    /// The matters of a case, open and resolved, the latest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn escalations_of_case(&self, case: CaseId) -> Result<Vec<StreamRow<Escalation>>, ViewError> {
        self.stream_rows(
            &format!("SELECT {STREAM} FROM escalation_case e JOIN stream s USING (key) WHERE e.case_id = ?1 ORDER BY s.key DESC LIMIT 20"),
            [case.0],
        )
    }
}
