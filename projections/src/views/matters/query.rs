//! Lists of matters, and the tasks of one.

use domain::ids::{MatterId, UnitCode};
use rusqlite::{params, params_from_iter, types::Value};

use super::{MatterFilter, MatterRow, MatterTab, TaskRow};
use crate::views::streams::query::STREAM;
use crate::{ViewError, Views};

fn condition(tab: MatterTab) -> &'static str {
    match tab {
        MatterTab::Open => "m.closed = 0",
        MatterTab::Overdue => "m.closed = 0 AND m.overdue > 0",
        MatterTab::Waiting => "m.closed = 0 AND m.waiting > 0",
        MatterTab::Closed => "m.closed = 1",
    }
}

impl Views {
    /// Matters, newest first, before `before` (a row's `key`; none = from the newest).
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn matters(&self, filter: &MatterFilter, before: Option<i64>, limit: usize) -> Result<Vec<MatterRow>, ViewError> {
        let mut sql = format!("SELECT {STREAM} FROM matter_row m JOIN stream s USING (key) WHERE m.key < ?");
        let mut values: Vec<Value> = vec![before.unwrap_or(i64::MAX).into()];
        if let Some(tab) = filter.tab {
            sql.push_str(&format!(" AND {}", condition(tab)));
        }
        if let Some(unit) = &filter.unit {
            sql.push_str(" AND EXISTS (SELECT 1 FROM task_row t WHERE t.matter = m.id AND t.unit = ?)");
            values.push(unit.to_string().into());
        }
        sql.push_str(" ORDER BY m.key DESC LIMIT ?");
        values.push((limit as i64).into());
        self.stream_rows(&sql, params_from_iter(values))
    }

    /// How many matters stand in a tab.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn count_matters(&self, tab: MatterTab) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let sql = format!("SELECT count(*) FROM matter_row m WHERE {}", condition(tab));
        let n: i64 = connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// The tasks of a unit, newest first, before `before` (a row's `key`; none = from the newest).
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn tasks_of_unit(&self, unit: &UnitCode, before: Option<i64>, limit: usize) -> Result<Vec<TaskRow>, ViewError> {
        let sql = format!(
            "SELECT {STREAM} FROM task_row t JOIN stream s USING (key) WHERE t.unit = ?1 AND t.key < ?2 ORDER BY t.key DESC LIMIT ?3"
        );
        self.stream_rows(&sql, params![unit.as_str(), before.unwrap_or(i64::MAX), limit as i64])
    }

    /// The tasks of a matter, in the order in which they were given.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn tasks_of(&self, matter: MatterId) -> Result<Vec<TaskRow>, ViewError> {
        let sql = format!("SELECT {STREAM} FROM task_row t JOIN stream s USING (key) WHERE t.matter = ?1 ORDER BY t.key");
        self.stream_rows(&sql, [matter.0])
    }
}
