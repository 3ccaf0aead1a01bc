//! The log of everything that happened: append at an explicit revision, read, watch, prove.
//!
//! This crate knows nothing of the domain. It stores [`Envelope`]s in streams, in one order, under one Merkle tree
//! (RFC 6962, see [`tree`]), and it stores the wrapped keys that open the sealed parts, outside of the tree, so
//! that they can be destroyed.
//!
//! Three backends stand behind [`EventLog`]: [`MemoryLog`] for simulation, [`SqliteLog`] for service, and, with the cargo
//! feature `eventstore`, `EventStoreLog` for a cluster. All pass the same contract suite (`tests/contract`). The bytes that are hashed are specified in `ops/docs/envelope.md`.

mod append;
mod copy;
mod cursor;
mod envelope;
mod error;
#[cfg(feature = "eventstore")]
mod eventstore;
mod memory;
mod report;
mod sqlite;
mod stats;
pub mod tree;

use std::sync::Arc;

use async_trait::async_trait;

#[cfg(feature = "eventstore")]
pub use self::eventstore::{ClusterAddress, EventStoreLog};
pub use append::{Append, AppendError, Appended, Expected};
pub use copy::{Copied, CopyDone, CopyError, copy};
pub use cursor::{Batch, Cursor};
pub use envelope::{CANONICAL_FORMAT, Envelope, NewEvent, SealedBlob, WrappedKey};
pub use error::{LogError, Mark};
pub use memory::MemoryLog;
pub use report::{Fault, MAX_FAULTS, Position, VerifyReport};
pub use sqlite::{InUse, Options, Rewriter, SqliteLog, sqlite_version};
pub use stats::{Histogram, Reading, Stats};
pub use tree::TreeHead;

/// The backends that are built in, such as `sqlite+eventstore`.
pub const BACKENDS: &str = if cfg!(feature = "eventstore") { "sqlite+eventstore" } else { "sqlite" };

/// The present moment in microseconds since 1970-01-01 UTC. A parameter, so that simulation drives it.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// An append-only log of events.
///
/// The order of the log is one for all streams; `seq` is the 1-based index in it. Whatever `append` acknowledges is
/// durable, and reads through the same instance show it; other nodes of a cluster show it a moment later. A backend's
/// [`Cursor`] serves checkpoints only and means nothing to another backend.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Appends all events and keys, or nothing.
    ///
    /// If the very same event ids already stand at the expected place, nothing is written and the answer says
    /// `repeated`; so a caller who lost the answer repeats the call.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] when the stream ends elsewhere and [`AppendError::Invalid`] say that nothing was written. After
    /// the other kinds it may have been: a cluster's answer can be lost. The same call again, or the stream, tells.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// All events of one stream in order; empty when there is none.
    ///
    /// # Errors
    /// [`LogError::Damaged`] when a stored event no longer agrees with its leaf hash: it is never served.
    async fn read_stream(&self, stream: &str) -> Result<Vec<Envelope>, LogError>;

    /// The next events of the whole log after a cursor, at most `limit` and possibly fewer (a backend bounds the
    /// bytes of a batch): go on until [`Batch::at_head`].
    ///
    /// # Errors
    /// [`LogError::InvalidCursor`] for a cursor of another backend, [`LogError::CursorAhead`] when the log is shorter
    /// than the cursor (it was rolled back), [`LogError::Damaged`] as above.
    async fn read_all(&self, after: &Cursor, limit: usize) -> Result<Batch, LogError>;

    /// Size, root and time of the last event.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn head(&self) -> Result<TreeHead, LogError>;

    /// The RFC 6962 audit path of event `seq` in the tree of the first `size` events.
    ///
    /// # Errors
    /// [`LogError::OutOfRange`] unless `1 <= seq <= size <= head.size`.
    async fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<[u8; 32]>, LogError>;

    /// The root of the tree of the first `size` events: what a head published at that size must say.
    ///
    /// # Errors
    /// [`LogError::OutOfRange`] when there are fewer.
    async fn root_at(&self, size: u64) -> Result<[u8; 32], LogError> {
        if size == 0 {
            return Ok(tree::empty_root());
        }
        // The first event stands left of everything else: its audit path gives the root.
        let path = self.inclusion(1, size).await?;
        let first = self.read_all(&Cursor::default(), 1).await?.events.into_iter().next().ok_or(LogError::OutOfRange { size: 0 })?;
        Ok(path.iter().fold(first.leaf(), |left, right| tree::node_hash(&left, right)))
    }

    /// The highest `seq` noticed, appends of other processes included. It may lag, it never falls.
    fn watch(&self) -> tokio::sync::watch::Receiver<u64>;

    /// The wrapped keys of an owner, in the order in which they were stored.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn keys_of(&self, owner: &str) -> Result<Vec<WrappedKey>, LogError>;

    /// The wrapped keys of several owners, which each key names; those of one owner in the order in which they were
    /// stored.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn keys_of_all(&self, owners: &[&str]) -> Result<Vec<WrappedKey>, LogError> {
        let mut all = Vec::new();
        for owner in owners {
            all.extend(self.keys_of(owner).await?);
        }
        Ok(all)
    }

    /// The next wrapped keys of the whole log behind a place, each with its place; the first call asks behind 0, an empty
    /// answer is the end. For backups and copies.
    ///
    /// # Errors
    /// When the log cannot be read, or keeps its keys where this cannot be told.
    async fn keys_after(&self, _place: u64, _limit: usize) -> Result<Vec<(u64, WrappedKey)>, LogError> {
        Err(LogError::Unavailable("这种日志的密钥不能逐个列出，请按 ops/eventstore/runbook.md 备份集群".to_owned()))
    }

    /// Destroys the keys of these subjects of an owner and answers how many there were. May be repeated: also a call
    /// that finds none makes sure that no trace is left in the write-ahead log.
    ///
    /// # Errors
    /// When the keys, or their traces, could not be removed: call again.
    async fn delete_keys(&self, owner: &str, subjects: &[String]) -> Result<u64, LogError>;

    /// Reads everything and recomputes everything. `progress` is told (events done, events in all).
    ///
    /// # Errors
    /// Only when the log cannot be examined at all; what is found stands in the report.
    async fn verify(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError>;

    /// What it counts of itself; `None` for a backend that does not count.
    fn stats(&self) -> Option<&Stats> {
        None
    }

    /// Finds out whether the log could be written now, at the cost of one small write that changes nothing. Where a
    /// backend has no such write, whether it answers.
    ///
    /// # Errors
    /// Why nothing could be appended now.
    async fn probe(&self) -> Result<(), AppendError> {
        self.head().await.map(drop).map_err(|error| AppendError::Unavailable(error.to_string()))
    }
}
