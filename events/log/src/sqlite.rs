//! The log in one SQLite file, `log.db`, with its high-water record `log.head` beside it.
//!
//! Any number of processes may append: the head is read inside each immediate transaction. One writer thread per
//! process commits what has queued as a group; nothing is acknowledged before the commit has returned, with
//! `synchronous = FULL`.

mod connect;
pub(crate) mod import;
mod in_use;
mod readers;
mod recent;
pub(crate) mod record;
#[cfg(feature = "eventstore")]
pub(crate) mod replica;
mod rewrite;
mod rows;
mod sentinel;
mod store;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use crossbeam_channel::{Sender, TrySendError};
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use self::connect::{Flavour, TRUTH};
pub use self::in_use::InUse;
use self::readers::Readers;
use self::recent::Recent;
use self::record::Record;
pub use self::rewrite::Rewriter;
use self::rows::{HeadRow, StoredNodes};
use self::sentinel::Sentinel;
use self::store::Names;
use self::writer::{Task, Writer};
use crate::tree::{self, Hash, TreeHead};
use crate::{Append, AppendError, Appended, Batch, Cursor, Envelope, EventLog, LogError, Mark, Now, Stats, VerifyReport, WrappedKey};

/// Most events of one batch of `read_all`, whatever the caller asks.
const BATCH: usize = 4096;
/// Bytes of content after which a batch ends.
const BATCH_BYTES: usize = 8 << 20;

/// How a log is opened.
#[derive(Clone)]
pub struct Options {
    /// Appends that may queue before callers are told [`AppendError::Overloaded`].
    pub queue: usize,
    /// Threads that read.
    pub readers: usize,
    /// Only for a restore: take a log that is shorter than, or differs from, its high-water record, and lower the
    /// record to it.
    pub accept_shorter: bool,
    /// Called when a sync or a commit failed: the process must end, because only a new one knows what the file holds.
    pub on_fatal: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self { queue: 4096, readers: 3, accept_shorter: false, on_fatal: Arc::new(|_| std::process::abort()) }
    }
}

/// The log in a folder. Opening and dropping it block for a moment; dropping writes what is queued, ends its threads
/// and leaves a checkpointed file.
pub struct SqliteLog {
    // Dropped in `drop` in this order: the sentinel records what the writer committed last.
    tasks: Option<Sender<Task>>,
    writer: Option<JoinHandle<()>>,
    readers: Readers,
    sentinel: Option<Sentinel>,
    noticed: watch::Sender<u64>,
    recent: Arc<Recent>,
    path: PathBuf,
    record: Record,
    stats: Arc<Stats>,
    /// Nobody moves the files away as long as it is held.
    _in_use: Option<InUse>,
}

impl SqliteLog {
    /// Opens the log in `dir`, which must exist; makes it when it is not there. `now` gives µs UTC.
    ///
    /// A log without a record is taken as it is and gets one; what a record cannot tell, the published head can.
    ///
    /// # Errors
    /// [`LogError::RolledBack`] when the log does not hold what its record says, [`LogError::NotALog`] and
    /// [`LogError::UnknownSchema`] for files that are not ours, [`LogError::Unavailable`] for the file system's refusals.
    pub fn open(dir: &Path, options: Options, now: Now) -> Result<Self, LogError> {
        let path = dir.join(TRUTH.file);
        let record = Record::named(dir, TRUTH.record);
        // The record is read before the log: another process may append in between, and then raise the record.
        let expected = match record.read() {
            Err(error) if options.accept_shorter => {
                tracing::warn!(%error, "high-water record replaced");
                None
            }
            other => other?,
        };
        if let Some(expected) = &expected
            && !options.accept_shorter
            && expected.size > 0
            && std::fs::metadata(&path).map_or(true, |file| file.len() == 0)
        {
            // An empty file would be given a header by opening it.
            return Err(LogError::RolledBack { have: Mark { size: 0, root: tree::empty_root() }, expected: expected.into() });
        }
        let connection = connect::writer(&path, TRUTH, expected.as_ref().filter(|_| !options.accept_shorter))?;
        let head = compare(&connection, expected.as_ref(), options.accept_shorter)?;
        connect::keep_write_ahead_log(&connection, false)?;
        if let Err(error) = record.raise(&head, options.accept_shorter) {
            if options.accept_shorter {
                return Err(error);
            }
            // A full disk at the start: reading goes on, and the sentinel tries again.
            tracing::error!(%error, "high-water record not written");
        }
        let in_use = InUse::share(dir)?;
        let mut log = Self::start(connection, TRUTH, path, record, head.size, options, now)?;
        log._in_use = in_use;
        Ok(log)
    }

    /// A log to be examined: read and left as it is, byte by byte. Nothing can be appended, and it is not compared with its
    /// record, which [`Self::examine`] does.
    ///
    /// # Errors
    /// [`LogError::UnknownSchema`], and [`LogError::Unavailable`] for the file system's refusals.
    pub fn reading(dir: &Path) -> Result<Self, LogError> {
        let path = dir.join(TRUTH.file);
        let connection = connect::reader(&path)?;
        connect::check_schema(&connection, TRUTH)?;
        let noticed = watch::Sender::new(HeadRow::read(&connection)?.size());
        let readers = Readers::start(&path, 1)?;
        let record = Record::named(dir, TRUTH.record);
        Ok(Self {
            tasks: None,
            writer: None,
            readers,
            sentinel: None,
            noticed,
            recent: Arc::default(),
            path,
            record,
            stats: Arc::default(),
            _in_use: None,
        })
    }

    /// The threads of an opened file.
    fn start(
        connection: Connection,
        flavour: Flavour,
        path: PathBuf,
        record: Record,
        size: u64,
        options: Options,
        now: Now,
    ) -> Result<Self, LogError> {
        let noticed = watch::Sender::new(size);
        let (tasks, queue) = crossbeam_channel::bounded(options.queue.max(1));
        let readers = Readers::start(&path, options.readers)?;
        let kept = (!flavour.replica).then(|| record.clone());
        let sentinel = Sentinel::start(connect::reader(&path)?, kept, noticed.clone())?;
        let (stats, recent) = (Arc::new(Stats::default()), Arc::new(Recent::default()));
        let writer = Writer {
            connection,
            replica: flavour.replica,
            tasks: queue,
            noticed: noticed.clone(),
            recent: recent.clone(),
            now,
            fatal: options.on_fatal,
            names: Names::default(),
            groups: 0,
            together: 0,
            pages: 0,
            stopped: false,
            stats: stats.clone(),
        };
        let writer = thread::Builder::new()
            .name("log-write".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| LogError::Unavailable(error.to_string()))?;
        Ok(Self {
            tasks: Some(tasks),
            writer: Some(writer),
            readers,
            sentinel: Some(sentinel),
            noticed,
            recent,
            path,
            record,
            stats,
            _in_use: None,
        })
    }

    /// The proof that the log of `old` events is a beginning of the log of `new` events.
    ///
    /// # Errors
    /// [`LogError::OutOfRange`] unless `1 <= old <= new <= head.size`.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, LogError> {
        self.readers
            .run(move |connection| {
                within(connection, |all| 1 <= old && old <= new && new <= all)?;
                tree::consistency(&StoredNodes(connection), old, new)
            })
            .await
    }

    /// [`EventLog::verify`] without opening the log, for a log that refuses to open.
    ///
    /// # Errors
    /// When there is no log in `dir` or it cannot be examined at all.
    pub async fn examine(dir: &Path, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError> {
        verify::verify(&dir.join(TRUTH.file), &Record::named(dir, TRUTH.record), progress).await
    }

    /// How many events the log in `dir` is known to have held, by its record `log.head`; `None` when there is no record.
    ///
    /// # Errors
    /// [`LogError::HighWater`] when the record cannot be read.
    pub fn known_size(dir: &Path) -> Result<Option<u64>, LogError> {
        Ok(Record::named(dir, TRUTH.record).read()?.map(|head| head.size))
    }

    fn send(&self, task: Task) -> Result<(), AppendError> {
        let stopped = || AppendError::Unavailable("日志写入已停止，请重启程序".to_owned());
        let tasks = self.tasks.as_ref().ok_or_else(stopped)?;
        // Counted before it is sent, so that the writer never counts down first.
        self.stats.queue.fetch_add(1, Relaxed);
        tasks.try_send(task).map_err(|error| {
            self.stats.queue.fetch_sub(1, Relaxed);
            match error {
                TrySendError::Full(_) => {
                    self.stats.refused.fetch_add(1, Relaxed);
                    AppendError::Overloaded
                }
                TrySendError::Disconnected(_) => stopped(),
            }
        })
    }
}

/// Version of the SQLite library that is built in, such as `3.53.0`.
#[must_use]
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// The head of the log, if it holds what the record says.
fn compare(connection: &Connection, expected: Option<&TreeHead>, accept: bool) -> Result<TreeHead, LogError> {
    let head = HeadRow::read(connection)?.head();
    match expected {
        None if head.size > 0 && !accept => tracing::warn!(size = head.size, "no high-water record; a new one is written"),
        Some(expected) if !accept => {
            let have = if head.size < expected.size {
                Mark::from(&head)
            } else {
                Mark { size: expected.size, root: tree::root_at(&StoredNodes(connection), expected.size)? }
            };
            if have != Mark::from(expected) {
                return Err(LogError::RolledBack { have, expected: expected.into() });
            }
        }
        _ => {}
    }
    Ok(head)
}

fn within(connection: &Connection, holds: impl FnOnce(u64) -> bool) -> Result<(), LogError> {
    let size = rows::read_size(connection)?;
    if holds(size) { Ok(()) } else { Err(LogError::OutOfRange { size }) }
}

fn read_stream(connection: &Connection, stream: &str) -> Result<Vec<Envelope>, LogError> {
    let Some(stream) = rows::stream_id(connection, stream)? else { return Ok(Vec::new()) };
    let mut buffer = Vec::new();
    let mut events = Vec::new();
    let mut statement = rows::select_stream(connection)?;
    let mut found = statement.query([stream])?;
    while let Some(row) = found.next()? {
        events.push(rows::sound(row, &mut buffer)?);
    }
    Ok(events)
}

fn read_all(connection: &Connection, after: Cursor, limit: usize) -> Result<Batch, LogError> {
    let cursor = after.to_seq()?;
    let size = rows::read_size(connection)?;
    if cursor > size {
        return Err(LogError::CursorAhead { cursor, size });
    }
    let end = size.min(cursor.saturating_add(limit.min(BATCH) as u64));
    let mut buffer = Vec::new();
    let mut events: Vec<Envelope> = Vec::with_capacity(usize::try_from(end - cursor).unwrap_or_default());
    let mut bytes = 0;
    let mut last = cursor;
    let range = [i64::try_from(cursor).unwrap_or(i64::MAX).saturating_add(1), i64::try_from(end).unwrap_or(i64::MAX)];
    let mut statement = rows::select_range(connection)?;
    let mut found = statement.query(range)?;
    while bytes < BATCH_BYTES
        && let Some(row) = found.next()?
    {
        let event = rows::sound(row, &mut buffer)?;
        if event.seq != last + 1 {
            return Err(LogError::Damaged { seq: last + 1, what: "事件缺失".to_owned() });
        }
        last = event.seq;
        bytes += event.data.len() + event.sealed.iter().map(|blob| blob.ciphertext.len()).sum::<usize>();
        events.push(event);
    }
    if last < end && bytes < BATCH_BYTES {
        return Err(LogError::Damaged { seq: last + 1, what: "事件缺失".to_owned() });
    }
    let next = if events.is_empty() { after } else { Cursor::after_seq(last) };
    Ok(Batch { events, next, at_head: last == size })
}

fn keys_of(connection: &Connection, owner: &str) -> Result<Vec<WrappedKey>, LogError> {
    let Some(id) = rows::stream_id(connection, owner)? else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached("SELECT id, subject, epoch, wrapped FROM keys WHERE owner = ?1 ORDER BY row")?;
    let keys = statement.query_map([id], |row| {
        Ok(WrappedKey { id: row.get(0)?, owner: owner.to_owned(), subject: row.get(1)?, epoch: row.get(2)?, wrapped: row.get(3)? })
    })?;
    Ok(keys.collect::<Result<_, _>>()?)
}

fn keys_after(connection: &Connection, place: u64, limit: usize) -> Result<Vec<(u64, WrappedKey)>, LogError> {
    let mut statement = connection.prepare_cached(
        "SELECT k.row, k.id, s.name, k.subject, k.epoch, k.wrapped FROM keys k JOIN streams s ON s.id = k.owner
         WHERE k.row > ?1 ORDER BY k.row LIMIT ?2",
    )?;
    let bounds = [i64::try_from(place).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX)];
    let keys = statement.query_map(bounds, |row| {
        let place = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
        let key = WrappedKey { id: row.get(1)?, owner: row.get(2)?, subject: row.get(3)?, epoch: row.get(4)?, wrapped: row.get(5)? };
        Ok((place, key))
    })?;
    Ok(keys.collect::<Result<_, _>>()?)
}

#[async_trait]
impl EventLog for SqliteLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.check()?;
        let (answer, result) = oneshot::channel();
        self.send(Task::Append(append, answer))?;
        result.await.map_err(|_| AppendError::Unavailable("日志写入已停止，请重启程序".to_owned()))?
    }

    async fn read_stream(&self, stream: &str) -> Result<Vec<Envelope>, LogError> {
        let stream = stream.to_owned();
        self.readers.run(move |connection| read_stream(connection, &stream)).await
    }

    async fn read_all(&self, after: &Cursor, limit: usize) -> Result<Batch, LogError> {
        let seq = after.to_seq()?;
        if let Some(events) = self.recent.after(seq, limit.min(BATCH)) {
            let last = events.last().map_or(seq, |event| event.seq);
            // Only the file knows whether another process has gone on from there.
            let size = self.readers.run(rows::read_size).await?;
            return Ok(Batch { events, next: Cursor::after_seq(last), at_head: last == size });
        }
        let after = after.clone();
        self.readers.run(move |connection| read_all(connection, after, limit)).await
    }

    async fn head(&self) -> Result<TreeHead, LogError> {
        self.readers.run(|connection| Ok(HeadRow::read(connection)?.head())).await
    }

    async fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<Hash>, LogError> {
        self.readers
            .run(move |connection| {
                within(connection, |all| 1 <= seq && seq <= size && size <= all)?;
                tree::inclusion(&StoredNodes(connection), seq - 1, size)
            })
            .await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.noticed.subscribe()
    }

    async fn keys_of(&self, owner: &str) -> Result<Vec<WrappedKey>, LogError> {
        let owner = owner.to_owned();
        self.readers.run(move |connection| keys_of(connection, &owner)).await
    }

    async fn keys_of_all(&self, owners: &[&str]) -> Result<Vec<WrappedKey>, LogError> {
        let owners: Vec<String> = owners.iter().map(|owner| (*owner).to_owned()).collect();
        self.readers
            .run(move |connection| {
                let mut all = Vec::with_capacity(owners.len());
                for owner in &owners {
                    all.extend(keys_of(connection, owner)?);
                }
                Ok(all)
            })
            .await
    }

    async fn keys_after(&self, place: u64, limit: usize) -> Result<Vec<(u64, WrappedKey)>, LogError> {
        self.readers.run(move |connection| keys_after(connection, place, limit)).await
    }

    async fn delete_keys(&self, owner: &str, subjects: &[String]) -> Result<u64, LogError> {
        let (answer, result) = oneshot::channel();
        let task = Task::DeleteKeys { owner: owner.to_owned(), subjects: subjects.to_vec(), answer };
        self.send(task).map_err(|error| match error {
            AppendError::Overloaded => LogError::Overloaded,
            other => LogError::Unavailable(other.to_string()),
        })?;
        result.await.map_err(|_| LogError::Unavailable("日志写入已停止，请重启程序".to_owned()))?
    }

    async fn verify(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError> {
        verify::verify(&self.path, &self.record, progress).await
    }

    fn stats(&self) -> Option<&Stats> {
        Some(&self.stats)
    }

    async fn probe(&self) -> Result<(), AppendError> {
        let (answer, result) = oneshot::channel();
        self.send(Task::Probe(answer))?;
        result.await.map_err(|_| AppendError::Unavailable("日志写入已停止，请重启程序".to_owned()))?
    }
}

impl Drop for SqliteLog {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        self.sentinel = None;
    }
}
