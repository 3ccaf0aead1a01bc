//! The list of import batches.

use domain::ids::ImportId;
use domain::time::from_micros;
use rusqlite::Row;
use uuid::Uuid;

use super::ImportRow;
use crate::{ViewError, Views};

const COLUMNS: &str = "id, started_at, started, finished_at, finished";

impl Views {
    /// The latest batches, newest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn imports(&self, limit: usize) -> Result<Vec<ImportRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM import_batch ORDER BY key DESC LIMIT ?1"))?;
        let mut rows = statement.query([limit as i64])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    /// One batch.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn import(&self, id: ImportId) -> Result<Option<ImportRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM import_batch WHERE id = ?1"))?;
        let mut rows = statement.query([id.0])?;
        rows.next()?.map(read).transpose()
    }
}

fn read(row: &Row<'_>) -> Result<ImportRow, ViewError> {
    let json = |text: &str| ViewError::Row(if text.is_empty() { "import_batch (empty)" } else { "import_batch" });
    let started: String = row.get(2)?;
    let finished = match (row.get::<_, Option<i64>>(3)?, row.get::<_, Option<String>>(4)?) {
        (Some(at), Some(text)) => Some((from_micros(at), serde_json::from_str(&text).map_err(|_| json(&text))?)),
        _ => None,
    };
    Ok(ImportRow {
        id: ImportId(row.get::<_, Uuid>(0)?),
        started_at: from_micros(row.get(1)?),
        started: serde_json::from_str(&started).map_err(|_| json(&started))?,
        finished,
    })
}
