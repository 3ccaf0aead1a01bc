//! Opening `log.db`: pragmas, and the refusal of everything that is not our log.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::tree::{TreeHead, empty_root};
use crate::{LogError, Mark};

/// Version of the schema; it stands for SHA-256 and canonical format 1 as well.
const SCHEMA_VERSION: i64 = 1;
/// 3.51.3 repairs the reset of the write-ahead log (two connections writing and checkpointing).
const OLDEST_SQLITE: i32 = 3_051_003;
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Distinct statements of one connection.
const STATEMENTS: usize = 32;

/// What a file is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flavour {
    /// Name in the data directory.
    pub(crate) file: &'static str,
    /// Name of the high-water record beside it.
    pub(crate) record: &'static str,
    application_id: i64,
    schema: &'static str,
    /// `PRAGMA synchronous`: 2 = every commit is on disk when it returns.
    synchronous: i64,
    /// Keys wait for their events (see `replica.sql`).
    pub(crate) replica: bool,
}

/// The log itself.
pub(crate) const TRUTH: Flavour = Flavour {
    file: "log.db",
    record: "log.head",
    // `xnlg`
    application_id: 0x786e_6c67,
    schema: include_str!("schema.sql"),
    synchronous: 2,
    replica: false,
};

/// A node's copy of a log that lies on a cluster. After a power failure it may lack its last transactions, each of which holds
/// the place where it goes on: they are followed again.
#[cfg(feature = "eventstore")]
pub(crate) const REPLICA: Flavour = Flavour {
    file: "log-replica.db",
    record: "log-replica.head",
    // `xnlr`
    application_id: 0x786e_6c72,
    schema: concat!(include_str!("schema.sql"), include_str!("replica.sql")),
    synchronous: 1,
    replica: true,
};

/// Why a file was not opened, with what SQLite said of it: a message no longer tells a broken file from a full disk.
#[derive(Debug)]
pub(crate) enum Unopened {
    Sqlite(rusqlite::Error),
    Log(LogError),
}

impl From<rusqlite::Error> for Unopened {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<LogError> for Unopened {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<Unopened> for LogError {
    fn from(unopened: Unopened) -> Self {
        match unopened {
            Unopened::Sqlite(error) => error.into(),
            Unopened::Log(error) => error,
        }
    }
}

/// The connection that appends; makes the tables when there are none, unless something is `expected` to be there.
pub(crate) fn writer(path: &Path, flavour: Flavour, expected: Option<&TreeHead>) -> Result<Connection, Unopened> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(LogError::OldSqlite(rusqlite::version().to_owned()).into());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    stable_plans(&connection)?;
    // Until the log has been compared with its record nothing of a write-ahead log goes into the file, not even when a
    // refusal closes it: a damaged one, or one of another file, would change what is to be examined.
    keep_write_ahead_log(&connection, true)?;
    if connection.is_readonly("main")? {
        let why = format!("{} 只能读不能写，请检查文件的属主和权限，以及文件系统是否以只读方式挂载", path.display());
        return Err(LogError::Unavailable(why).into());
    }
    refuse_strangers(&connection, path, flavour)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(|error| not_a_log(error, path))?;
    if mode != "wal" {
        return Err(LogError::Unavailable(format!("无法启用预写日志（{mode}），请检查数据目录所在的文件系统")).into());
    }
    // Checkpoints are our own, so that their I/O errors are seen. Deleted keys are overwritten.
    connection.pragma_update(None, "synchronous", flavour.synchronous)?;
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0;
         PRAGMA trusted_schema = OFF; PRAGMA recursive_triggers = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;",
    )?;
    let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    let foreign_keys: i64 = connection.query_row("PRAGMA foreign_keys", [], |row| row.get(0))?;
    if (synchronous, foreign_keys) != (flavour.synchronous, 1) {
        return Err(LogError::Unavailable("SQLite 未接受安全设置".to_owned()).into());
    }
    create(&mut connection, flavour, expected)?;
    check_schema(&connection, flavour)?;
    Ok(connection)
}

/// Whether closing the last connection leaves the write-ahead log as it is, instead of moving it into the file.
pub(crate) fn keep_write_ahead_log(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)?;
    Ok(())
}

/// A connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, LogError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    stable_plans(&connection)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -4096;")?;
    Ok(connection)
}

/// A plan depends on the statement alone: otherwise SQLite, made with statistics of values, compiles a statement anew
/// whenever another value is bound to it, which costs more than reading a stream.
fn stable_plans(connection: &Connection) -> rusqlite::Result<bool> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
}

fn not_a_log(error: rusqlite::Error, path: &Path) -> Unopened {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => LogError::NotALog(path.display().to_string()).into(),
        _ => error.into(),
    }
}

/// Before anything is written: an empty file, or a file with our application id.
fn refuse_strangers(connection: &Connection, path: &Path, flavour: Flavour) -> Result<(), Unopened> {
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(|error| not_a_log(error, path))?;
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(|error| not_a_log(error, path))?;
    if id == flavour.application_id || (id == 0 && objects == 0) {
        return Ok(());
    }
    Err(LogError::NotALog(path.display().to_string()).into())
}

/// Two processes may start at once: the one that comes second finds the tables.
fn create(connection: &mut Connection, flavour: Flavour, expected: Option<&TreeHead>) -> Result<(), Unopened> {
    let objects = |connection: &Connection| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    if objects(connection)? > 0 {
        return Ok(());
    }
    if let Some(expected) = expected.filter(|expected| expected.size > 0) {
        return Err(LogError::RolledBack { have: Mark { size: 0, root: empty_root() }, expected: expected.into() }.into());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if objects(&transaction)? == 0 {
        transaction.execute_batch(flavour.schema)?;
        let id = flavour.application_id;
        transaction.execute_batch(&format!("PRAGMA application_id = {id}; PRAGMA user_version = {SCHEMA_VERSION};"))?;
    }
    transaction.commit()?;
    // From here on a lost write-ahead log leaves a log that is short, not a file without tables. A checkpoint that
    // another process holds up is made up for by the next one.
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    Ok(())
}

pub(crate) fn check_schema(connection: &Connection, flavour: Flavour) -> Result<(), Unopened> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != SCHEMA_VERSION {
        return Err(LogError::UnknownSchema { found: version.to_string(), known: SCHEMA_VERSION }.into());
    }
    let wanted = Connection::open_in_memory()?;
    wanted.execute_batch(flavour.schema)?;
    if definitions(connection)? != definitions(&wanted)? {
        return Err(LogError::UnknownSchema { found: format!("{version}（表结构被改动）"), known: SCHEMA_VERSION }.into());
    }
    Ok(())
}

/// Every table, index and trigger as defined; the `sqlite_stat` tables of ANALYZE do not count.
fn definitions(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement =
        connection.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_stat%' ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
