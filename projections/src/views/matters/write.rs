//! Writes the rows of matters and tasks. What a matter's row says of its tasks is counted whenever one of them is written.

use domain::ids::MatterId;
use domain::matter::{MatterState, TaskStage, TaskState};
use rusqlite::{Connection, params};

use crate::ViewError;
use crate::views::reference::Reference;
use crate::views::streams::write::Rows;

impl Rows for MatterState {
    fn rows(&self, connection: &Connection, key: i64, stream: &str, _reference: &Reference) -> Result<(), ViewError> {
        let id = MatterId::from_stream(stream).ok_or(ViewError::Row("matter"))?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO matter_row (key, id, closed, overdue, waiting) VALUES (?1, ?2, ?3, 0, 0)")?
            .execute(params![key, id.0, self.closed_at.is_some()])?;
        count(connection, id)
    }
}

impl Rows for TaskState {
    fn rows(&self, connection: &Connection, key: i64, _stream: &str, _reference: &Reference) -> Result<(), ViewError> {
        let overdue = self.overdue && !self.stage.is_ended();
        connection
            .prepare_cached("INSERT OR REPLACE INTO task_row (key, matter, unit, overdue, waiting) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![key, self.matter.0, self.unit.as_str(), overdue, self.stage == TaskStage::Answered])?;
        count(connection, self.matter)
    }
}

fn count(connection: &Connection, matter: MatterId) -> Result<(), ViewError> {
    connection
        .prepare_cached(
            "UPDATE matter_row SET overdue = (SELECT count(*) FROM task_row WHERE matter = ?1 AND overdue), \
             waiting = (SELECT count(*) FROM task_row WHERE matter = ?1 AND waiting) WHERE id = ?1",
        )?
        .execute([matter.0])?;
    Ok(())
}
