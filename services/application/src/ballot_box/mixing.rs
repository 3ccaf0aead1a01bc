//! What keeps the order of voting out of the file, its copies and the log.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use super::BoxError;

/// A copy of the ballot box of a data directory for a backup, also while another process has it open; false when there is
/// none. As [`super::BallotBox::copy_to`]: the order of random names, no write-ahead log.
///
/// # Errors
/// When it cannot be read, or the target is there.
pub fn copy(dir: &Path, target: &Path) -> Result<bool, rusqlite::Error> {
    let path = dir.join("ballots.db");
    if !path.exists() {
        return Ok(false);
    }
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // Pages of the copy keep nothing of rows that moved on while it was made.
    connection.execute_batch("PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0;")?;
    connection.execute("VACUUM INTO ?1", [target.to_string_lossy()])?;
    Ok(true)
}

/// Writes the file anew in the order of the names, and empties the write-ahead log.
pub(super) fn mix(connection: &Connection, anew: bool) -> Result<(), rusqlite::Error> {
    if anew {
        connection.execute("UPDATE box SET unmixed = 0", [])?;
        connection.execute_batch("VACUUM")?;
    }
    checkpoint(connection)
}

/// Empties the write-ahead log.
pub(super) fn checkpoint(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Rows in an order drawn by the salt.
pub(super) fn shuffled(connection: &Connection, salt: &[u8], sql: &str) -> Result<Vec<(i64, String)>, BoxError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        let place: [u8; 32] =
            Sha256::new().chain_update(salt).chain_update(row.get_ref(0)?.as_blob().unwrap_or_default()).finalize().into();
        Ok((place, row.get(1)?, row.get(2)?))
    })?;
    let mut all: Vec<([u8; 32], i64, String)> = rows.collect::<Result<_, _>>()?;
    all.sort_unstable();
    Ok(all.into_iter().map(|(_, of, sealed)| (of, sealed)).collect())
}
