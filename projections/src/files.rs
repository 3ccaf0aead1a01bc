//! The files of the views: opening, the checkpoint, the fingerprint of the schema.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use event_log::Cursor;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::ViewError;

/// Counts with the schema texts: raise it when the meaning of a row changes and its columns do not.
const CONTENT_VERSION: u32 = 5;
const META: &str = "CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprint TEXT NOT NULL,
    cursor BLOB NOT NULL,
    seq INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    scrub INTEGER NOT NULL DEFAULT 0 -- erased words may still lie between the rows
) STRICT;";
/// Divides the tables of a schema file from the indexes by which writing finds its rows: a rebuild makes them when there
/// are rows to find.
const LOOKUPS: &str = "-- lookups";
/// Divides these from all other indexes, which a rebuild makes last: sorted at once instead of row by row all over the file.
const INDEXES: &str = "-- indexes";

/// A schema file in its parts.
struct Parts {
    tables: &'static str,
    lookups: &'static str,
    indexes: &'static str,
}

/// One of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FileKind {
    Views,
    Scores,
    Search,
}

/// How far a file has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) cursor: Cursor,
    pub(crate) seq: u64,
    pub(crate) recorded_at: i64,
}

impl FileKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Views => "views.db",
            Self::Scores => "scores.db",
            Self::Search => "search.db",
        }
    }

    pub(crate) fn path(self, dir: &Path) -> PathBuf {
        dir.join(self.name())
    }

    fn schemas(self) -> &'static [&'static str] {
        match self {
            Self::Views => &[
                include_str!("views/reference/schema.sql"),
                include_str!("views/cases/schema.sql"),
                include_str!("views/worklist/schema.sql"),
                include_str!("views/due/schema.sql"),
                include_str!("views/public/schema.sql"),
                include_str!("views/notices/schema.sql"),
                include_str!("views/imports/schema.sql"),
                include_str!("views/persons/schema.sql"),
                include_str!("views/streams/schema.sql"),
                include_str!("views/investigations/schema.sql"),
                include_str!("views/daily/schema.sql"),
                include_str!("views/escalations/schema.sql"),
                include_str!("views/rectifications/schema.sql"),
                include_str!("views/cards/schema.sql"),
                include_str!("views/orders/schema.sql"),
                include_str!("views/matters/schema.sql"),
                include_str!("views/heads/schema.sql"),
            ],
            Self::Scores => &[include_str!("views/scores/schema.sql")],
            Self::Search => &[include_str!("views/search/schema.sql")],
        }
    }

    fn parts(self) -> impl Iterator<Item = Parts> {
        self.schemas().iter().map(|text| {
            let (before, indexes) = text.split_once(INDEXES).unwrap_or((text, ""));
            let (tables, lookups) = before.split_once(LOOKUPS).unwrap_or((before, ""));
            Parts { tables, lookups, indexes }
        })
    }

    pub(crate) fn fingerprint(self) -> String {
        let mut hash = Sha256::new();
        hash.update(CONTENT_VERSION.to_be_bytes());
        hash.update(META);
        for text in self.schemas() {
            hash.update(text);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Makes the tables; the indexes come with [`Self::index`].
    pub(crate) fn create(self, connection: &Connection) -> Result<(), ViewError> {
        connection.execute_batch(META)?;
        for part in self.parts() {
            connection.execute_batch(part.tables)?;
        }
        connection
            .execute("INSERT INTO meta (id, fingerprint, cursor, seq, recorded_at) VALUES (1, ?1, x'', 0, 0)", [self.fingerprint()])?;
        Ok(())
    }

    /// Makes the indexes by which writing finds its rows.
    pub(crate) fn lookups(self, connection: &Connection) -> Result<(), ViewError> {
        for part in self.parts() {
            connection.execute_batch(part.lookups)?;
        }
        Ok(())
    }

    /// Makes the indexes that are not there.
    pub(crate) fn index(self, connection: &Connection) -> Result<(), ViewError> {
        self.lookups(connection)?;
        for part in self.parts() {
            connection.execute_batch(part.indexes)?;
        }
        Ok(())
    }

    /// Opens the file for writing; makes it when it is not there.
    pub(crate) fn open(self, dir: &Path) -> Result<Connection, ViewError> {
        let connection = connect(&self.path(dir))?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 {
            let transaction = connection.unchecked_transaction()?;
            self.create(&transaction)?;
            self.index(&transaction)?;
            transaction.commit()?;
        }
        Ok(connection)
    }

    /// The checkpoint of the file, none when there is no file of this program's schema.
    pub(crate) fn standing(self, dir: &Path) -> Result<Option<Checkpoint>, ViewError> {
        if !self.path(dir).exists() {
            return Ok(None);
        }
        let connection = connect(&self.path(dir))?;
        let fingerprint: Option<String> = connection
            .query_row("SELECT fingerprint FROM meta", [], |row| row.get(0))
            .optional()
            .or_else(|error| if is_foreign(&error) { Ok(None) } else { Err(error) })?;
        if fingerprint.as_deref() != Some(&self.fingerprint()) {
            return Ok(None);
        }
        checkpoint(&connection).map(Some)
    }
}

/// No such table, or no database at all: a file of another program version, or a damaged one. Views are disposable.
fn is_foreign(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, Unknown};
    matches!(error.sqlite_error_code(), Some(Unknown | NotADatabase | DatabaseCorrupt))
}

fn connect(path: &Path) -> Result<Connection, ViewError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(96);
    stable_plans(&connection)?;
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;
        PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 67108864;";
    match connection.execute_batch(settings) {
        // What is no view of ours is thrown away by whoever looks for its fingerprint.
        Err(error) if !is_foreign(&error) => Err(error.into()),
        _ => Ok(connection),
    }
}

/// A plan depends on the statement alone: otherwise SQLite, made with statistics of values, compiles a statement anew
/// whenever another value is bound to it.
pub(crate) fn stable_plans(connection: &Connection) -> rusqlite::Result<bool> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
}

/// Settings for making a file that nobody reads yet and that is thrown away when the program dies.
pub(crate) fn make_fast(connection: &Connection, cache: u32) -> Result<(), ViewError> {
    connection.set_prepared_statement_cache_capacity(96);
    stable_plans(connection)?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -{cache}; PRAGMA temp_store = FILE;"
    ))?;
    Ok(())
}

/// Makes a fast file an ordinary one and durable.
pub(crate) fn make_durable(connection: &Connection) -> Result<(), ViewError> {
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL; PRAGMA optimize;")?;
    truncate_wal(connection)?;
    Ok(())
}

/// Writes everything into the database file and empties the write-ahead log. False when a reader was in the way.
pub(crate) fn truncate_wal(connection: &Connection) -> Result<bool, ViewError> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}

pub(crate) fn checkpoint(connection: &Connection) -> Result<Checkpoint, ViewError> {
    let row = connection.query_row("SELECT cursor, seq, recorded_at FROM meta", [], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get(2)?))
    })?;
    Ok(Checkpoint { cursor: Cursor::from_bytes(row.0), seq: u64::try_from(row.1).unwrap_or_default(), recorded_at: row.2 })
}

/// Belongs into the same transaction as the rows.
pub(crate) fn set_checkpoint(connection: &Connection, at: &Checkpoint) -> Result<(), ViewError> {
    connection.prepare_cached("UPDATE meta SET cursor = ?1, seq = ?2, recorded_at = ?3")?.execute(params![
        at.cursor.as_bytes(),
        at.seq as i64,
        at.recorded_at
    ])?;
    Ok(())
}

/// What is left to do so that erased words lie in no free corner of a file.
///
/// `secure_delete` overwrites what is deleted, but not the copies that a page keeps of rows that moved to another page
/// when it was split; so the whole file is written anew.
#[derive(Debug)]
pub(crate) struct Scrub {
    left: Left,
    /// Not before this: a full disk is not made emptier by copying a file onto it again and again.
    after: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    Rewrite,
    TruncateLog,
}

/// Between two attempts after one that failed.
const SCRUB_PAUSE: Duration = Duration::from_secs(60);

impl Scrub {
    /// What a file says of itself; a crash may have come between an erasure and its scrubbing.
    pub(crate) fn pending(connection: &Connection) -> Result<Self, ViewError> {
        let pending: bool = connection.query_row("SELECT scrub FROM meta", [], |row| row.get(0))?;
        Ok(Self { left: if pending { Left::Rewrite } else { Left::Nothing }, after: None })
    }

    /// Belongs into the transaction of the erasure.
    pub(crate) fn mark(connection: &Connection) -> Result<Self, ViewError> {
        connection.execute("UPDATE meta SET scrub = 1", [])?;
        Ok(Self { left: Left::Rewrite, after: None })
    }

    /// Nothing is left to do.
    pub(crate) fn is_done(&self) -> bool {
        self.left == Left::Nothing
    }

    /// Goes on with it; a reader in the way is gone within milliseconds, so that the next call succeeds. What cannot be done
    /// now is tried again after a while: the rows themselves stand.
    pub(crate) fn go_on(&mut self, connection: &Connection) -> Result<bool, ViewError> {
        if self.after.is_some_and(|after| Instant::now() < after) {
            return Ok(false);
        }
        match self.scrub(connection) {
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "erased words are not scrubbed from a view yet");
                self.after = Some(Instant::now() + SCRUB_PAUSE);
                Ok(false)
            }
            Err(error) => Err(error),
            Ok(()) => {
                self.after = None;
                Ok(self.is_done())
            }
        }
    }

    fn scrub(&mut self, connection: &Connection) -> Result<(), ViewError> {
        if self.left == Left::Rewrite {
            // The copy is as large as the file: not in memory. It holds no erased word.
            connection.execute_batch("PRAGMA temp_store = FILE")?;
            let rewritten = connection.execute_batch("VACUUM");
            connection.execute_batch("PRAGMA temp_store = MEMORY")?;
            rewritten?;
            self.left = Left::TruncateLog;
        }
        if self.left == Left::TruncateLog && truncate_wal(connection)? {
            connection.execute("UPDATE meta SET scrub = 0", [])?;
            self.left = Left::Nothing;
        }
        Ok(())
    }
}

/// Removes a file with its write-ahead log.
pub(crate) fn remove(path: &Path) -> Result<(), ViewError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(Path::new(&name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
