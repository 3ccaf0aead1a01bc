//! Writes the row of a rectification.

use domain::rectification::RectificationState;
use domain::time::micros;
use rusqlite::{Connection, params};

use crate::ViewError;
use crate::views::reference::Reference;
use crate::views::streams::write::Rows;

impl Rows for RectificationState {
    fn rows(&self, connection: &Connection, key: i64, _stream: &str, _reference: &Reference) -> Result<(), ViewError> {
        connection
            .prepare_cached("INSERT OR REPLACE INTO rectification (key, unit, done, due_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![key, self.unit.as_str(), self.stage.is_ended(), micros(self.due)])?;
        Ok(())
    }
}
