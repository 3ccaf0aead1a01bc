//! Writing a log from events that another log recorded: a restore, a copy. Order, times and ids stay as they were, so
//! the tree is the same.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::connect::{self, TRUTH};
use super::record::Record;
use super::rows::{HeadRow, stream_id};
use super::store::{Names, Placed, insert_event, insert_key, insert_name, write_head};
use crate::{Envelope, LogError, TreeHead, WrappedKey};

/// Bytes of content after which the write-ahead log is moved into the file.
const CHECKPOINT_BYTES: usize = 16 << 20;

/// A log in the making. Nobody else may open it before [`Self::finish`]; dropped earlier, or after an error, the file is
/// good for nothing.
pub struct Rewriter {
    connection: Connection,
    names: Names,
    head: HeadRow,
    path: PathBuf,
    record: Record,
    buffer: Vec<u8>,
    waiting: usize,
}

impl Rewriter {
    /// Begins a log in a folder that has none.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] when there is a log, or the file system refuses.
    pub fn create(dir: &Path) -> Result<Self, LogError> {
        let path = dir.join(TRUTH.file);
        if path.exists() {
            return Err(LogError::Unavailable(format!("{} 已存在，不予覆盖", path.display())));
        }
        let connection = connect::writer(&path, TRUTH, None)?;
        // Whatever a crash leaves is thrown away; `finish` makes it durable.
        connection.execute_batch("PRAGMA synchronous = OFF")?;
        let head = HeadRow::read(&connection)?;
        Ok(Self {
            connection,
            names: Names::default(),
            head,
            path,
            record: Record::named(dir, TRUTH.record),
            buffer: Vec::new(),
            waiting: 0,
        })
    }

    /// Adds the next events.
    ///
    /// # Errors
    /// [`LogError::Damaged`] for an event that is not the next one, or was recorded before the one before it.
    pub fn append(&mut self, events: Vec<Envelope>) -> Result<(), LogError> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut tiles = Vec::new();
        for event in events {
            let (seq, revision, recorded_at) = (event.seq, event.revision, event.recorded_at);
            if seq != self.head.size() + 1 || (seq > 1 && recorded_at < self.head.recorded_at) {
                return Err(LogError::Damaged { seq, what: "次序或记录时间与前一事件不符".to_owned() });
            }
            let stream = match stream_id(&transaction, &event.stream)? {
                Some(stream) => stream,
                None => insert_name(&transaction, "streams", &event.stream)?,
            };
            let leaf = event.leaf_with(&mut self.buffer);
            self.waiting += self.buffer.len();
            let place = Placed { seq, stream, revision, recorded_at, leaf: &leaf };
            insert_event(&transaction, &mut self.names, &place, &event.into_new())?;
            self.head.frontier.push(leaf, |tile| tiles.push(tile));
            self.head.recorded_at = recorded_at;
        }
        write_head(&transaction, &self.head, &tiles)?;
        transaction.commit()?;
        self.spill()
    }

    /// Adds keys whose owner has events here, and answers how many those are.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keys(&mut self, keys: &[WrappedKey]) -> Result<u64, LogError> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut added = 0;
        for key in keys {
            if stream_id(&transaction, &key.owner)?.is_some() {
                insert_key(&transaction, key)?;
                self.waiting += key.wrapped.len() + key.subject.len() + 64;
                added += 1;
            }
        }
        transaction.commit()?;
        self.spill()?;
        Ok(added)
    }

    /// Streams that have sealed parts and not one key: their words do not open.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn without_keys(&self, each: &mut dyn FnMut(&str)) -> Result<(), LogError> {
        let mut statement = self.connection.prepare(
            "SELECT s.name FROM streams s WHERE NOT EXISTS (SELECT 1 FROM keys k WHERE k.owner = s.id)
             AND EXISTS (SELECT 1 FROM events e WHERE e.stream = s.id AND e.sealed IS NOT NULL)",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_str().unwrap_or_default());
        }
        Ok(())
    }

    /// Makes it durable and writes its high-water record.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<TreeHead, LogError> {
        self.connection.execute_batch("PRAGMA synchronous = FULL")?;
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let head = self.head.head();
        drop(self.connection);
        let failed = |error: std::io::Error| LogError::Unavailable(error.to_string());
        // Also what was written before syncs were asked for.
        File::open(&self.path).and_then(|file| file.sync_all()).map_err(failed)?;
        self.record.raise(&head, true)?;
        self.path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all()).map_err(failed)?;
        Ok(head)
    }

    fn spill(&mut self) -> Result<(), LogError> {
        if self.waiting >= CHECKPOINT_BYTES {
            self.waiting = 0;
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        Ok(())
    }
}
