//! Rectifications by due date.

use domain::ids::UnitCode;
use domain::rectification::RectificationState;
use domain::time::{Instant, micros};
use rusqlite::params;

use crate::views::streams::query::STREAM;
use crate::{StreamRow, ViewError, Views};

impl Views {
    /// Rectifications, due first, after the place `after` (due instant and key of the row before); of one unit or of all;
    /// done ones or those still open.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn rectifications(
        &self,
        unit: Option<&UnitCode>,
        done: bool,
        after: Option<(Instant, i64)>,
        limit: usize,
    ) -> Result<Vec<StreamRow<RectificationState>>, ViewError> {
        let of_unit = if unit.is_some() { "r.unit = ?1 AND " } else { "?1 IS NULL AND " };
        let (due, key) = after.map_or((i64::MIN, i64::MIN), |(due, key)| (micros(due), key));
        self.stream_rows(
            &format!(
                "SELECT {STREAM} FROM rectification r JOIN stream s USING (key) \
             WHERE {of_unit}r.done = ?2 AND (r.due_at, r.key) > (?3, ?4) ORDER BY r.due_at, r.key LIMIT ?5"
            ),
            params![unit.map(UnitCode::as_str), done, due, key, limit as i64],
        )
    }
}
