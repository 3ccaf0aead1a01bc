//! The one thread of this process that writes: it takes what has queued and commits it as a group.

mod import;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};
use rusqlite::{Connection, ErrorCode};
use tokio::sync::{oneshot, watch};

use self::import::delete_waiting;
use super::connect::BUSY;
use super::import::Item;
use super::recent::Recent;
use super::rows::{HeadRow, stream_id};
use super::store::{Names, Placed, delete_rows, insert_event, insert_key, insert_name, key_exists, last_revision, repeated, write_head};
use crate::error::is_full;
use crate::{Append, AppendError, Appended, Envelope, LogError, Now, Stats};

/// A group holds at most this many appends and bytes.
const GROUP: usize = 256;
const GROUP_BYTES: usize = 1 << 20;
/// In a rush, when several come at once, a group waits so long for as many as came the last time: a commit costs nearly the
/// same for one as for all of them, and who waits for a processor gets it sooner. Whoever appends alone, one after the
/// other, waits for nobody.
const GATHER: Duration = Duration::from_micros(200);
/// Appends in a group from which waiting for as many again pays.
const SEVERAL: usize = 4;
/// Each so-manieth group waits to see how many come: appends that come evenly are committed one by one otherwise.
const LOOK: u64 = 256;
/// Estimated pages in the write-ahead log after which the writer checkpoints it (about 8 MiB).
const CHECKPOINT_PAGES: usize = 2_000;
/// Frames after which a checkpoint no longer waits for readers to pass by, but for them to leave.
const TOO_MANY_FRAMES: i64 = 32_000;
/// How long such a checkpoint waits for them.
const PATIENCE: Duration = Duration::from_millis(20);
/// Attempts, each waiting as long as the busy timeout, before a lock held by others is given up.
const ATTEMPTS: usize = 6;

pub(crate) type Fatal = Arc<dyn Fn(&str) + Send + Sync>;

pub(crate) enum Task {
    Append(Append, oneshot::Sender<Result<Appended, AppendError>>),
    DeleteKeys {
        owner: String,
        subjects: Vec<String>,
        answer: oneshot::Sender<Result<u64, LogError>>,
    },
    Probe(oneshot::Sender<Result<(), AppendError>>),
    /// What stands in another log, and where that one goes on.
    Import {
        items: Vec<Item>,
        place: Option<Vec<u8>>,
        answer: oneshot::Sender<Result<Vec<u64>, LogError>>,
    },
}

/// One append and whom to answer.
type Asked = (Append, oneshot::Sender<Result<Appended, AppendError>>);

pub(crate) struct Writer {
    pub(crate) connection: Connection,
    /// The file is a copy of a log on a cluster.
    pub(crate) replica: bool,
    pub(crate) tasks: Receiver<Task>,
    pub(crate) noticed: watch::Sender<u64>,
    pub(crate) recent: Arc<Recent>,
    pub(crate) now: Now,
    pub(crate) fatal: Fatal,
    pub(crate) names: Names,
    /// Groups so far, and the appends of the last one.
    pub(crate) groups: u64,
    pub(crate) together: usize,
    pub(crate) pages: usize,
    pub(crate) stopped: bool,
    pub(crate) stats: Arc<Stats>,
}

/// What became of a group.
struct Committed {
    /// One for each append, in their order.
    answers: Vec<Result<Appended, AppendError>>,
    /// Events in the log now.
    size: u64,
    /// Of every event of the group, µs UTC.
    recorded_at: i64,
}

/// Why a group was not committed.
enum Failure {
    /// Nothing was written; the log works on.
    Undone(AppendError),
    /// The state of the file is unknown.
    Fatal(String),
}

impl Writer {
    /// Works until every sender is gone.
    pub(crate) fn run(mut self) {
        let mut next = None;
        while let Some(task) = next.take().or_else(|| self.tasks.recv().ok()) {
            match task {
                Task::Append(append, answer) => next = self.gather((append, answer)),
                Task::DeleteKeys { owner, subjects, answer } => {
                    let deleted =
                        if self.stopped { Err(LogError::Unavailable(STOPPED.to_owned())) } else { self.delete_keys(&owner, &subjects) };
                    self.taken(1);
                    let _ = answer.send(deleted);
                }
                Task::Probe(answer) => {
                    let probed = if self.stopped { Err(AppendError::Unavailable(STOPPED.to_owned())) } else { self.probe() };
                    self.taken(1);
                    let _ = answer.send(probed);
                }
                Task::Import { items, place, answer } => {
                    let imported =
                        if self.stopped { Err(LogError::Unavailable(STOPPED.to_owned())) } else { self.import(&items, place.as_deref()) };
                    self.taken(1);
                    let _ = answer.send(imported);
                }
            }
        }
        if !self.stopped
            && let Err(error) = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        {
            // The frames stay where they are and are read at the next start.
            tracing::warn!(%error, "last checkpoint postponed");
        }
    }

    /// Takes what has queued behind `first`, commits, answers. Gives back a task that is no append.
    fn gather(&mut self, first: Asked) -> Option<Task> {
        let mut weight = first.0.weight();
        let mut group = vec![first];
        let mut other = None;
        let until = Instant::now() + GATHER;
        self.groups += 1;
        let awaited = awaited(self.groups, self.together);
        while group.len() < GROUP && weight < GROUP_BYTES {
            let next = match self.tasks.try_recv() {
                Err(TryRecvError::Empty) if group.len() < awaited => self.tasks.recv_deadline(until).ok(),
                next => next.ok(),
            };
            match next {
                Some(Task::Append(append, answer)) => {
                    weight += append.weight();
                    group.push((append, answer));
                }
                Some(task) => {
                    other = Some(task);
                    break;
                }
                None => break,
            }
        }
        self.together = group.len();
        let count = group.len() as u64;
        self.serve(group, weight);
        self.taken(count);
        other
    }

    /// So many tasks of the queue are done.
    fn taken(&self, count: u64) {
        self.stats.queue.fetch_sub(count, Relaxed);
    }

    fn serve(&mut self, group: Vec<Asked>, weight: usize) {
        if self.stopped {
            for (_, answer) in group {
                let _ = answer.send(Err(AppendError::Unavailable(STOPPED.to_owned())));
            }
            return;
        }
        let started = Instant::now();
        match self.commit(&group) {
            Ok(Committed { answers, size, recorded_at }) => {
                self.count(&group, &answers, started);
                let (appends, asked): (Vec<_>, Vec<_>) = group.into_iter().unzip();
                // Before anybody hears of them, so that whoever does finds them.
                self.recent.keep(placed(appends, &answers, recorded_at));
                self.notice(size);
                for (answer, result) in asked.into_iter().zip(answers) {
                    // Whoever asked may have gone; the event stands.
                    let _ = answer.send(result);
                }
                self.pages += 8 + weight / 2048;
                if self.pages >= CHECKPOINT_PAGES {
                    self.checkpoint();
                }
            }
            Err(Failure::Undone(error)) => {
                self.refused(&error);
                for (_, answer) in group {
                    let _ = answer.send(Err(error.clone()));
                }
            }
            Err(Failure::Fatal(why)) => {
                self.fail(&why);
                for (_, answer) in group {
                    let _ = answer.send(Err(AppendError::Unavailable(STOPPED.to_owned())));
                }
            }
        }
    }

    /// Tells the watchers.
    fn notice(&self, size: u64) {
        self.noticed.send_if_modified(|seq| {
            let higher = size > *seq;
            *seq = size.max(*seq);
            higher
        });
    }

    fn count(&self, group: &[Asked], answers: &[Result<Appended, AppendError>], started: Instant) {
        let taken = group.iter().zip(answers).filter(|(_, answer)| answer.as_ref().is_ok_and(|appended| !appended.repeated));
        let (appends, events) =
            taken.fold((0, 0), |(appends, events), ((append, _), _)| (appends + 1, events + append.events.len() as u64));
        if appends > 0 {
            let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.recovered(self.stats.committed(appends, events, micros, (self.now)()));
        }
    }

    fn recovered(&self, recovered: bool) {
        if recovered {
            tracing::info!("the event log can be written again");
        }
    }

    /// A write that was undone; told once, until one goes well.
    fn refused(&self, error: &AppendError) {
        if self.stats.failed() {
            tracing::error!(%error, "the event log cannot be written");
        }
    }

    /// Writes the version of the tables over itself and syncs: a page goes the way of every commit, and nothing changes.
    fn probe(&mut self) -> Result<(), AppendError> {
        let written = self.begin().and_then(|()| {
            let version: i64 = self.connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            self.connection.pragma_update(None, "user_version", version)?;
            self.connection.execute_batch("COMMIT").map_err(|error| classify(&error, true))
        });
        self.pages += 1;
        match written {
            Ok(()) => {
                self.recovered(self.stats.wrote((self.now)()));
                if self.pages >= CHECKPOINT_PAGES {
                    self.checkpoint();
                }
                Ok(())
            }
            Err(failure) => match (failure, self.undo()) {
                (Failure::Fatal(why), _) | (_, Err(Failure::Fatal(why))) => {
                    self.fail(&why);
                    Err(AppendError::Unavailable(STOPPED.to_owned()))
                }
                (Failure::Undone(error), _) => {
                    self.refused(&error);
                    Err(error)
                }
            },
        }
    }

    /// After a failed sync the kernel may have dropped the pages and report success the next time: only a new process
    /// that reads the file again knows what is there.
    fn fail(&mut self, why: &str) {
        self.stopped = true;
        let _ = self.stats.failed();
        tracing::error!(why, "event log failed; the process must end");
        (self.fatal)(why);
    }

    fn commit(&mut self, group: &[Asked]) -> Result<Committed, Failure> {
        self.begin()?;
        let result = self.fill(group);
        let done = match result {
            Ok(done) => self.connection.execute_batch("COMMIT").map(|()| done).map_err(|error| classify(&error, true)),
            Err(failure) => Err(failure),
        };
        if done.is_err() {
            self.undo()?;
        }
        done
    }

    /// Waits for other processes; what they hold they hold for one group.
    fn begin(&mut self) -> Result<(), Failure> {
        let mut attempt = 1;
        loop {
            match self.connection.execute_batch("BEGIN IMMEDIATE") {
                Ok(()) => return Ok(()),
                Err(error) if is_busy(&error) && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(classify(&error, false)),
            }
        }
    }

    fn undo(&mut self) -> Result<(), Failure> {
        self.names = Names::default();
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.connection.execute_batch("ROLLBACK").map_err(|error| Failure::Fatal(error.to_string()))
    }

    /// Within the transaction: everything of the group that can be appended.
    fn fill(&mut self, group: &[Asked]) -> Result<Committed, Failure> {
        let mut head = HeadRow::read(&self.connection).map_err(|error| Failure::Undone(AppendError::Unavailable(error.to_string())))?;
        let before = head.size();
        let recorded_at = if before == 0 { (self.now)() } else { head.recorded_at.max((self.now)()) };
        let mut tiles = Vec::new();
        let mut buffer = Vec::new();
        let mut answers = Vec::with_capacity(group.len());
        for (append, _) in group {
            let (stream, first) = match self.place(append)? {
                Place::Free { stream, first } => (stream, first),
                Place::Answered(answer) => {
                    answers.push(answer);
                    continue;
                }
            };
            let stream = match stream {
                Some(stream) => stream,
                None => insert_name(&self.connection, "streams", &append.stream)?,
            };
            for (event, revision) in append.events.iter().zip(first..) {
                let leaf = event.leaf(&append.stream, revision, recorded_at, &mut buffer);
                let seq = head.size() + 1;
                insert_event(&self.connection, &mut self.names, &Placed { seq, stream, revision, recorded_at, leaf: &leaf }, event)?;
                head.frontier.push(leaf, |tile| tiles.push(tile));
            }
            for key in &append.keys {
                insert_key(&self.connection, key)?;
            }
            answers.push(Ok(Appended { last_seq: head.size(), last_revision: first + append.events.len() as u64 - 1, repeated: false }));
        }
        if head.size() > before {
            head.recorded_at = recorded_at;
            write_head(&self.connection, &head, &tiles)?;
        }
        Ok(Committed { answers, size: head.size(), recorded_at })
    }

    /// Where the append goes, or the answer when it does not go in. Nothing is written here.
    fn place(&self, append: &Append) -> rusqlite::Result<Place> {
        if let Err(error) = append.check() {
            return Ok(Place::Answered(Err(error)));
        }
        let stream = stream_id(&self.connection, &append.stream)?;
        let actual = match stream {
            None => None,
            Some(stream) => last_revision(&self.connection, stream)?,
        };
        let first = append.expected.first_revision().unwrap_or_default();
        if !append.expected.holds(actual) {
            let repeated = match stream {
                Some(stream) => repeated(&self.connection, stream, first, append)?,
                None => None,
            };
            return Ok(Place::Answered(repeated.ok_or(AppendError::Conflict { actual })));
        }
        for key in &append.keys {
            if key_exists(&self.connection, key)? {
                return Ok(Place::Answered(Err(AppendError::Invalid("该密钥编号已被使用".to_owned()))));
            }
        }
        Ok(Place::Free { stream, first })
    }

    fn delete_keys(&mut self, owner: &str, subjects: &[String]) -> Result<u64, LogError> {
        let deleted = match self.begin().and_then(|()| {
            if self.replica {
                delete_waiting(&self.connection, owner, subjects)?;
            }
            let count = delete_rows(&self.connection, owner, subjects)?;
            self.connection.execute_batch("COMMIT").map(|()| count).map_err(|error| classify(&error, true))
        }) {
            Ok(count) => count,
            Err(failure) => {
                let undone = self.undo();
                return match (failure, undone) {
                    (Failure::Fatal(why), _) | (_, Err(Failure::Fatal(why))) => {
                        self.fail(&why);
                        Err(LogError::Unavailable(STOPPED.to_owned()))
                    }
                    (Failure::Undone(error), _) => Err(LogError::Unavailable(error.to_string())),
                };
            }
        };
        // The old frames of the write-ahead log still hold the keys: empty the file.
        for _ in 0..ATTEMPTS {
            match self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)) {
                Ok(0) => {
                    self.pages = 0;
                    return Ok(deleted);
                }
                Ok(_) => {}
                Err(error) if is_busy(&error) => {}
                Err(error) => {
                    if let Failure::Fatal(why) = classify(&error, true) {
                        self.fail(&why);
                    }
                    return Err(LogError::Unavailable(error.to_string()));
                }
            }
        }
        Err(LogError::Unavailable("密钥已删除，但预写日志正被占用，尚未清空；请再试一次".to_owned()))
    }

    /// Moves the write-ahead log into the file. Readers hold it for one chunk at most.
    fn checkpoint(&mut self) {
        self.pages = 0;
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let mut result = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], read);
        if matches!(result, Ok((frames, _)) if frames > TOO_MANY_FRAMES) {
            // Everybody who appends stands behind this thread: a reader who does not leave is met again at the next one.
            result = self.connection.busy_timeout(PATIENCE).and_then(|()| {
                let restarted = self.connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], read);
                self.connection.busy_timeout(BUSY)?;
                restarted
            });
        }
        if let Err(error) = result {
            match classify(&error, true) {
                Failure::Fatal(why) => self.fail(&why),
                // A full disk or a held lock: the log keeps its frames and the next checkpoint tries again.
                Failure::Undone(error) => tracing::warn!(%error, "checkpoint postponed"),
            }
        }
    }
}

/// For how many appends the n-th group waits when `together` were in the one before it.
fn awaited(n: u64, together: usize) -> usize {
    match together {
        _ if n.is_multiple_of(LOOK) => GROUP,
        several if several >= SEVERAL => several,
        _ => 1,
    }
}

/// The events that a group added, in their places.
fn placed(appends: Vec<Append>, answers: &[Result<Appended, AppendError>], recorded_at: i64) -> impl Iterator<Item = Envelope> {
    let added = appends.into_iter().zip(answers).filter_map(|(append, answer)| match answer {
        Ok(appended) if !appended.repeated => Some((append, appended)),
        _ => None,
    });
    added.flat_map(move |(Append { stream, events, .. }, appended)| {
        let count = events.len() as u64;
        let (seq, revision) = (appended.last_seq + 1 - count, appended.last_revision + 1 - count);
        events.into_iter().zip(0..).map(move |(event, n)| event.placed(seq + n, stream.clone(), revision + n, recorded_at))
    })
}

const STOPPED: &str = "日志写入已停止，请查看运行日志并重启程序";

/// What becomes of an append.
enum Place {
    /// It goes into this stream (`None`: a new name) from this revision on.
    Free { stream: Option<i64>, first: u64 },
    /// It does not go in.
    Answered(Result<Appended, AppendError>),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        classify(&error, false)
    }
}

/// What an SQLite error means. `durable`: it came while something was being made durable.
fn classify(error: &rusqlite::Error, durable: bool) -> Failure {
    match error.sqlite_error_code() {
        _ if is_full(error) => Failure::Undone(AppendError::Unavailable("磁盘已满，请清理空间，系统会自行恢复".to_owned())),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Failure::Undone(AppendError::Unavailable("日志正被其他程序占用，请稍后再试".to_owned()))
        }
        Some(ErrorCode::SystemIoFailure) => Failure::Fatal(error.to_string()),
        _ if durable => Failure::Fatal(error.to_string()),
        _ => Failure::Undone(AppendError::Unavailable(error.to_string())),
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

#[cfg(test)]
mod tests;
