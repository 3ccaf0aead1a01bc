//! A node's copy of a log that lies on a cluster: the same file and the same tree, filled by following.
//!
//! It is disposable: without it, the cluster is followed from the beginning. It answers every read, so that reading costs no
//! trip over the network and goes on while the cluster is away.

use std::path::Path;

use rusqlite::OptionalExtension as _;

use super::connect::{self, REPLICA};
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

/// The high-water record of a cluster as this node knows it.
pub(crate) fn record(dir: &Path) -> Record {
    Record::named(dir, REPLICA.record)
}

impl SqliteLog {
    /// Opens or makes the copy in `dir`; one that cannot be read is made again.
    pub(crate) fn replica(dir: &Path, options: Options, now: Now) -> Result<Self, LogError> {
        match Self::open_replica(dir, options.clone(), now.clone()) {
            Err(error @ (LogError::NotALog(_) | LogError::UnknownSchema { .. } | LogError::Damaged { .. } | LogError::Unavailable(_))) => {
                tracing::warn!(%error, "copy of the log is made again");
                for path in files(dir) {
                    if let Err(error) = std::fs::remove_file(&path)
                        && error.kind() != std::io::ErrorKind::NotFound
                    {
                        return Err(LogError::Unavailable(format!("无法重建本节点的日志副本 {}：{error}", path.display())));
                    }
                }
                Self::open_replica(dir, options, now)
            }
            other => other,
        }
    }

    fn open_replica(dir: &Path, options: Options, now: Now) -> Result<Self, LogError> {
        let path = dir.join(REPLICA.file);
        let connection = connect::writer(&path, REPLICA, None)?;
        let size = HeadRow::read(&connection)?.size();
        Self::start(connection, REPLICA, path, record(dir), size, options, now)
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
