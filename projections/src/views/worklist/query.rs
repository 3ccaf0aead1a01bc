//! Pages and counts of worklists.

use domain::time::{Instant, micros};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params, params_from_iter};

use super::{Bucket, HolderKey, Sort, WorklistQuery};
use crate::page::SortValue;
use crate::views::cases::CaseRow;
use crate::{At, Page, PageKey, ViewError, Views};

impl Views {
    /// A page of a worklist.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn worklist(&self, query: &WorklistQuery) -> Result<Page<CaseRow>, ViewError> {
        let (column, descending) = match (query.sort, query.bucket) {
            (Sort::Due, Bucket::Ended) => ("due_at", true),
            (Sort::Due, _) => ("due_at", false),
            (Sort::FiledNewest, _) => ("filed_at", true),
            (Sort::Number, _) => ("number", false),
        };
        let connection = self.views()?;
        let Some(holder) = holder_id(&connection, &query.holder)? else {
            return Ok(Page { rows: Vec::new(), next: None, previous: None });
        };
        let mut values: Vec<Value> = vec![holder.into(), query.bucket.number().into()];
        let mut wanted = "holder = ?1 AND bucket = ?2".to_owned();
        let mut bind = |clause: &str, value: Value| {
            values.push(value);
            wanted.push_str(&clause.replace('?', &format!("?{}", values.len())));
        };
        if let Some(class) = &query.filter.class {
            bind(" AND class = ?", class.clone().into());
        }
        if let Some(unit) = &query.filter.unit {
            bind(" AND unit = ?", unit.as_str().to_owned().into());
        }
        if query.filter.hide_wrongdoing {
            bind(" AND wrongdoing = ?", 0.into());
        }
        let down = descending != matches!(query.at, At::Before(_));
        let (order, beyond) = if down { ("DESC", "<") } else { ("ASC", ">") };
        if let At::After(key) | At::Before(key) = &query.at {
            let value: Value = match &key.value {
                SortValue::Number(n) => (*n).into(),
                SortValue::Text(text) => text.clone().into(),
            };
            values.push(value);
            values.push(key.key.into());
            wanted.push_str(&format!(" AND ({column}, key) {beyond} (?{}, ?{})", values.len() - 1, values.len()));
        }
        values.push((query.limit as i64 + 1).into());
        // The limit is taken before the join, so that 50 rows are looked up and no more.
        let sql = format!(
            "SELECT {}, w.by FROM (SELECT key, {column} AS by FROM worklist WHERE {wanted} ORDER BY {column} {order}, key {order} LIMIT ?{}) w \
             JOIN case_row c ON c.key = w.key ORDER BY w.by {order}, w.key {order}",
            crate::views::cases::COLUMNS,
            values.len(),
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let read = statement.query_map(params_from_iter(values), |row| {
            let value = match row.get::<_, Value>(23)? {
                Value::Text(text) => SortValue::Text(text),
                Value::Integer(n) => SortValue::Number(n),
                _ => SortValue::Number(0),
            };
            let case = crate::views::cases::read(row)?;
            Ok((PageKey { value, key: case.key }, case))
        })?;
        Ok(Page::of(read.collect::<Result<_, _>>()?, query.limit, &query.at))
    }

    /// How many cases stand in each bucket of a holder; buckets without any are left out.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn counts(&self, holder: &HolderKey) -> Result<Vec<(Bucket, u64)>, ViewError> {
        let connection = self.views()?;
        let Some(id) = holder_id(&connection, holder)? else { return Ok(Vec::new()) };
        let mut statement = connection.prepare_cached("SELECT bucket, n FROM worklist_count WHERE holder = ?1 AND n > 0")?;
        let rows = statement.query_map([id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        let found = rows.collect::<Result<Vec<_>, _>>()?;
        let count = |bucket: Bucket| found.iter().find(|(number, _)| *number == bucket.number()).map(|(_, n)| (bucket, n.unsigned_abs()));
        Ok(Bucket::ALL.into_iter().filter_map(count).collect())
    }

    /// How many of [`Self::counts`] or, with an instant, of [`Self::due_before`] are reports of wrongdoing: to be taken
    /// off for readers who may not know that there are any.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn wrongdoing_among(&self, holder: &HolderKey, bucket: Bucket, before: Option<Instant>) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let Some(id) = holder_id(&connection, holder)? else { return Ok(0) };
        let mut statement = connection.prepare_cached(
            "SELECT count(*) FROM worklist WHERE holder = ?1 AND bucket = ?2 AND wrongdoing = 1 AND (?3 IS NULL OR due_at < ?3)",
        )?;
        let n: i64 = statement.query_row(params![id, bucket.number(), before.map(micros)], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// How many cases of a bucket are due before an instant; with the present moment, how many are overdue.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn due_before(&self, holder: &HolderKey, bucket: Bucket, instant: Instant) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let Some(id) = holder_id(&connection, holder)? else { return Ok(0) };
        let mut statement = connection.prepare_cached("SELECT count(*) FROM worklist WHERE holder = ?1 AND bucket = ?2 AND due_at < ?3")?;
        let n: i64 = statement.query_row(params![id, bucket.number(), micros(instant)], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// How many cases of a bucket are due from an instant on and before another: reads those alone, however many are overdue.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn due_between(&self, holder: &HolderKey, bucket: Bucket, from: Instant, to: Instant) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let Some(id) = holder_id(&connection, holder)? else { return Ok(0) };
        let mut statement = connection
            .prepare_cached("SELECT count(*) FROM worklist WHERE holder = ?1 AND bucket = ?2 AND due_at >= ?3 AND due_at < ?4")?;
        let n: i64 = statement.query_row(params![id, bucket.number(), micros(from), micros(to)], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }
}

fn holder_id(connection: &rusqlite::Connection, holder: &HolderKey) -> Result<Option<i64>, ViewError> {
    let mut statement = connection.prepare_cached("SELECT id FROM holder WHERE name = ?1")?;
    Ok(statement.query_row([holder.name()], |row| row.get(0)).optional()?)
}
