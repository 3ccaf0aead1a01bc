//! The audit line by line, for a backup and back.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, params};
use serde::{Deserialize, Serialize};

use super::SCHEMA;

/// A line as a backup keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Number of the line.
    pub id: i64,
    /// When, µs UTC.
    pub at: i64,
    /// As in [`super::Reading`].
    pub account: String,
    /// As in [`super::Reading`].
    pub unit: String,
    /// As in [`super::Reading`].
    pub subject: String,
    /// As in [`super::Reading`].
    pub what: String,
}

/// The lines that stood in the audit when this was made.
pub struct Lines {
    connection: Connection,
    last: i64,
}

impl Lines {
    /// Of the audit of a data directory; none when there is no audit.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of(dir: &Path) -> Result<Option<Self>, rusqlite::Error> {
        let path = dir.join("audit.db");
        if !path.exists() {
            return Ok(None);
        }
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        let last = connection.query_row("SELECT coalesce(max(id), 0) FROM reading", [], |row| row.get(0))?;
        Ok(Some(Self { connection, last }))
    }

    /// The next lines behind one, at most so many; each call is a short transaction of its own.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn after(&self, id: i64, limit: usize) -> Result<Vec<Kept>, rusqlite::Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, at, account, unit, subject, what FROM reading WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3")?;
        let rows = statement.query_map(params![id, self.last, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok(Kept { id: row.get(0)?, at: row.get(1)?, account: row.get(2)?, unit: row.get(3)?, subject: row.get(4)?, what: row.get(5)? })
        })?;
        rows.collect()
    }
}

/// An audit that is written anew.
pub struct Rewriter(Connection);

impl Rewriter {
    /// In a directory that has none.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(dir: &Path) -> Result<Self, rusqlite::Error> {
        let connection = Connection::open(dir.join("audit.db"))?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(connection))
    }

    /// Adds lines under their numbers.
    ///
    /// # Errors
    /// When the file cannot be written, or a number is there.
    pub fn add(&self, lines: &[Kept]) -> Result<(), rusqlite::Error> {
        let transaction = self.0.unchecked_transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO reading (id, at, account, unit, subject, what) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            for line in lines {
                insert.execute(params![line.id, line.at, line.account, line.unit, line.subject, line.what])?;
            }
        }
        transaction.commit()
    }
}
