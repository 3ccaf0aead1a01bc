//! One row for each investigation.

use domain::investigation::{Finding, Investigation, Mode};
use domain::time::micros;
use rusqlite::{Connection, params};

use crate::ViewError;
use crate::views::reference::Reference;
use crate::views::streams::write::Rows;

impl Rows for Investigation {
    fn rows(&self, connection: &Connection, key: i64, _stream: &str, _reference: &Reference) -> Result<(), ViewError> {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO investigation (key, number, unit, stage, mode, finding, concluded_at, advised) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                key,
                self.number,
                self.unit.as_str(),
                self.stage.code(),
                self.mode.map(Mode::code),
                self.finding.map(Finding::code),
                self.concluded_at.map(micros),
                self.recommendation.is_some()
            ])?;
        Ok(())
    }
}
