//! A node's copy of a log that lies on a cluster: the same file and the same tree, filled by following.
//!
//! It is disposable: without it, the cluster is followed from the beginning. It answers every read, so that reading costs no
//! trip over the network and goes on while the cluster is away.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _};

use super::connect::{self, REPLICA, Unopened};
use super::record::Record;
use super::rows::{self, HeadRow};
use super::{Options, SqliteLog, store};
use crate::tree::Hash;
use crate::{Append, Appended, Envelope, LogError, Now};

/// What a node's copy says to an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The stream ends where the append expects it.
    Free,
    /// These very events stand there.
    Repeated(Appended),
    /// The stream has gone on otherwise; its last revision.
    Taken(Option<u64>),
    /// The stream has not come so far, here.
    Behind,
    /// One of the keys has an id that is in use.
    KeyUsed,
}

/// The files of a copy: removing them loses nothing. The high-water record is not among them.
fn files(dir: &Path) -> [std::path::PathBuf; 3] {
    ["", "-wal", "-shm"].map(|ending| dir.join(format!("{}{ending}", REPLICA.file)))
}

/// Whether the file itself is at fault, so that it is of no use as it is.
fn is_broken(unopened: &Unopened) -> bool {
    match unopened {
        Unopened::Sqlite(error) => matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)),
        Unopened::Log(error) => matches!(error, LogError::NotALog(_) | LogError::UnknownSchema { .. } | LogError::Damaged { .. }),
    }
}

/// The high-water record of a cluster as this node knows it.
pub(crate) fn record(dir: &Path) -> Record {
    Record::named(dir, REPLICA.record)
}

impl SqliteLog {
    /// Opens or makes the copy in `dir`; a broken one is made again. When the machine refuses (full disk, permissions, no
    /// descriptor, no thread), every byte stays as it was: following a province's log anew takes hours.
    pub(crate) fn replica(dir: &Path, options: Options, now: Now) -> Result<Self, LogError> {
        let (connection, size) = match Self::open_replica(dir) {
            Err(unopened) if is_broken(&unopened) => {
                tracing::warn!(error = %LogError::from(unopened), "copy of the log is made again");
                for path in files(dir) {
                    if let Err(error) = std::fs::remove_file(&path)
                        && error.kind() != std::io::ErrorKind::NotFound
                    {
                        return Err(LogError::Unavailable(format!("无法重建本节点的日志副本 {}：{error}", path.display())));
                    }
                }
                Self::open_replica(dir)?
            }
            other => other?,
        };
        Self::start(connection, REPLICA, dir.join(REPLICA.file), record(dir), size, options, now)
    }

    /// The connection that appends, and the size.
    fn open_replica(dir: &Path) -> Result<(Connection, u64), Unopened> {
        let connection = connect::writer(&dir.join(REPLICA.file), REPLICA, None)?;
        let damaged = || LogError::Damaged { seq: 0, what: "日志头已损坏".to_owned() };
        let size = HeadRow::stored(&connection)?.ok_or_else(damaged)?.size();
        Ok((connection, size))
    }

    /// Where the cluster goes on, in its own words; empty at the beginning.
    pub(crate) async fn followed(&self) -> Result<Vec<u8>, LogError> {
        self.readers
            .run(|connection| {
                let place = connection.query_row("SELECT place FROM followed WHERE one = 1", [], |row| row.get(0)).optional()?;
                Ok(place.unwrap_or_default())
            })
            .await
    }

    /// The last event.
    pub(crate) async fn last(&self) -> Result<Option<Envelope>, LogError> {
        self.readers
            .run(|connection| {
                let size = i64::try_from(rows::read_size(connection)?).unwrap_or(i64::MAX);
                let mut statement = rows::select_range(connection)?;
                let mut found = statement.query([size, size])?;
                found.next()?.map(|row| rows::sound(row, &mut Vec::new())).transpose()
            })
            .await
    }

    /// The last revision of a stream.
    pub(crate) async fn last_revision(&self, stream: &str) -> Result<Option<u64>, LogError> {
        let stream = stream.to_owned();
        self.readers
            .run(move |connection| match rows::stream_id(connection, &stream)? {
                Some(stream) => Ok(store::last_revision(connection, stream)?),
                None => Ok(None),
            })
            .await
    }

    /// What this copy says to an append.
    pub(crate) async fn standing(&self, append: &Append) -> Result<Standing, LogError> {
        let append = append.clone();
        self.readers
            .run(move |connection| {
                let stream = rows::stream_id(connection, &append.stream)?;
                let last = match stream {
                    Some(stream) => store::last_revision(connection, stream)?,
                    None => None,
                };
                let first = append.expected.first_revision().unwrap_or_default();
                if append.expected.holds(last) {
                    for key in &append.keys {
                        if store::key_exists(connection, key)? {
                            return Ok(Standing::KeyUsed);
                        }
                    }
                    return Ok(Standing::Free);
                }
                if last.map_or(0, |last| last + 1) < first {
                    return Ok(Standing::Behind);
                }
                let repeated = match stream {
                    Some(stream) => store::repeated(connection, stream, first, &append)?,
                    None => None,
                };
                Ok(repeated.map_or(Standing::Taken(last), Standing::Repeated))
            })
            .await
    }

    /// The leaves of events `first..=last`, without recomputing them.
    pub(crate) async fn leaves(&self, first: u64, last: u64) -> Result<Vec<Hash>, LogError> {
        self.readers
            .run(move |connection| {
                let bounds = [first, last].map(|bound| i64::try_from(bound).unwrap_or(i64::MAX));
                let mut statement = connection.prepare_cached("SELECT leaf FROM events WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq")?;
                let leaves = statement.query_map(bounds, |row| row.get::<_, Vec<u8>>(0))?.collect::<Result<Vec<_>, _>>()?;
                Ok(leaves.iter().map(|leaf| Hash::try_from(leaf.as_slice()).unwrap_or_default()).collect())
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;
    use crate::sqlite::import::{Imported, Item};
    use crate::{EventLog, NewEvent};

    fn open(dir: &Path) -> Result<SqliteLog, LogError> {
        SqliteLog::replica(dir, Options::default(), Arc::new(|| 5))
    }

    /// A copy with one event, closed.
    async fn one(dir: &Path) {
        let log = open(dir).unwrap();
        let event = NewEvent {
            id: uuid::Uuid::from_u128(1),
            kind: "CaseFiled".to_owned(),
            version: 1,
            occurred_at: 1,
            actor: "system".to_owned(),
            on_behalf: None,
            cause: None,
            rulebook: None,
            data: b"{}".to_vec(),
            sealed: Vec::new(),
        };
        let item = Item::Event(Imported { stream: "case-1".to_owned(), revision: 0, recorded_at: 1, event });
        log.import_items(vec![item], Some(vec![1])).await.unwrap();
    }

    async fn size(log: &SqliteLog) -> u64 {
        log.head().await.unwrap().size
    }

    #[tokio::test]
    async fn a_copy_that_the_machine_does_not_let_open_stays_as_it_is() {
        let dir = tempfile::TempDir::new().unwrap();
        one(dir.path()).await;
        let file = dir.path().join(REPLICA.file);
        let before = fs::read(&file).unwrap();
        // What permissions, a full disk and no descriptor come to, for root as well: a file beside it does not open.
        let in_the_way = dir.path().join(format!("{}-wal", REPLICA.file));
        let _ = fs::remove_file(&in_the_way);
        fs::create_dir(&in_the_way).unwrap();
        let refused = open(dir.path()).map(drop);
        assert!(matches!(refused, Err(LogError::Unavailable(_))), "{refused:?}");
        assert!(fs::read(&file).unwrap() == before);
        fs::remove_dir(&in_the_way).unwrap();
        assert_eq!(size(&open(dir.path()).unwrap()).await, 1);
    }

    #[tokio::test]
    async fn a_broken_copy_is_made_again() {
        type Break = fn(&Path);
        let breaks: [(&str, Break); 4] = [
            ("no database", |file| fs::write(file, b"not a database at all".repeat(100)).unwrap()),
            ("page", |file| {
                let mut bytes = fs::read(file).unwrap();
                bytes[100..1000].fill(0xff);
                fs::write(file, bytes).unwrap();
            }),
            ("schema", |file| Connection::open(file).unwrap().execute_batch("PRAGMA user_version = 77").unwrap()),
            ("head", |file| Connection::open(file).unwrap().execute_batch("UPDATE head SET frontier = x'00'").unwrap()),
        ];
        for (what, broken) in breaks {
            let dir = tempfile::TempDir::new().unwrap();
            one(dir.path()).await;
            broken(&dir.path().join(REPLICA.file));
            assert_eq!(size(&open(dir.path()).expect(what)).await, 0, "{what}");
        }
    }

    #[test]
    fn only_a_broken_file_is_removed() {
        let sqlite = |code| Unopened::Sqlite(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        use rusqlite::ffi;
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            assert!(is_broken(&sqlite(code)), "{code}");
        }
        let machine = [
            ffi::SQLITE_FULL,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_IOERR,
            ffi::SQLITE_PERM,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_BUSY,
            ffi::SQLITE_NOMEM,
        ];
        for code in machine {
            assert!(!is_broken(&sqlite(code)), "{code}");
        }
        assert!(!is_broken(&Unopened::Log(LogError::Unavailable("disk".to_owned()))));
        assert!(!is_broken(&Unopened::Log(LogError::OldSqlite("3.0.0".to_owned()))));
    }
}
