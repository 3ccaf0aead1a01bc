//! Restrictions and erasures as they are recorded.

use rusqlite::{Connection, params};

use crate::ViewError;
use crate::batch::PersonChange;

pub(crate) fn write(connection: &Connection, changes: Vec<PersonChange>) -> Result<(), ViewError> {
    for change in changes {
        match change {
            PersonChange::Restricted(case) => {
                connection.prepare_cached("INSERT OR IGNORE INTO restricted (case_id) VALUES (?1)")?.execute([case.0])?;
            }
            PersonChange::Erased(seq, person, case) => {
                connection
                    .prepare_cached("INSERT OR IGNORE INTO erasure (seq, person, case_id) VALUES (?1, ?2, ?3)")?
                    .execute(params![seq as i64, person, case.0])?;
            }
        }
    }
    Ok(())
}
