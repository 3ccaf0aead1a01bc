//! Import batches as they begin and end.

use domain::time::micros;
use rusqlite::{Connection, params};

use crate::ViewError;
use crate::batch::ImportChange;

pub(crate) fn write(connection: &Connection, changes: Vec<ImportChange>) -> Result<(), ViewError> {
    let failed = |_| ViewError::Row("import_batch");
    for change in changes {
        match change {
            ImportChange::Started(key, id, at, started) => {
                let started = serde_json::to_string(&started).map_err(failed)?;
                connection
                    .prepare_cached("INSERT INTO import_batch (key, id, started_at, started) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![key, id.0, micros(at), started])?;
            }
            ImportChange::Finished(id, at, finished) => {
                let finished = serde_json::to_string(&finished).map_err(failed)?;
                connection.prepare_cached("UPDATE import_batch SET finished_at = ?2, finished = ?3 WHERE id = ?1")?.execute(params![
                    id.0,
                    micros(at),
                    finished
                ])?;
            }
        }
    }
    Ok(())
}
