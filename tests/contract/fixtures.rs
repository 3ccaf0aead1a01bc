//! The backends under test, and events to put into them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use event_log::{Append, Copied, EventLog, Expected, MemoryLog, NewEvent, Now, Options, SealedBlob, SqliteLog, WrappedKey};
use tempfile::TempDir;
use uuid::Uuid;

/// 2026-03-01 08:00 in China.
pub const START: i64 = 1_772_323_200_000_000;

/// A log to write to and a log to read from, and the clock of both.
pub trait Backend {
    fn writer(&self) -> Arc<dyn EventLog>;
    fn reader(&self) -> Arc<dyn EventLog>;
    fn set_clock(&self, now: i64);
}

/// A backend that can be copied to and from.
pub trait Copyable: Backend {
    fn target(&self) -> Arc<dyn Copied>;
}

pub fn clock() -> (Arc<AtomicI64>, Now) {
    let time = Arc::new(AtomicI64::new(START));
    let read = Arc::clone(&time);
    (time, Arc::new(move || read.load(Ordering::SeqCst)))
}

/// One log for writing and reading, with what must live as long as it does.
pub struct One<L, K = ()> {
    pub log: Arc<L>,
    pub time: Arc<AtomicI64>,
    pub _kept: K,
}

pub type InMemory = One<MemoryLog>;

impl InMemory {
    pub fn open() -> Self {
        let (time, now) = clock();
        Self { log: Arc::new(MemoryLog::new(now)), time, _kept: () }
    }
}

pub type OneFile = One<SqliteLog, TempDir>;

impl OneFile {
    pub fn open() -> Self {
        let dir = TempDir::new().unwrap();
        let (time, now) = clock();
        let log = Arc::new(SqliteLog::open(dir.path(), Options::default(), now).unwrap());
        Self { log, time, _kept: dir }
    }
}

impl<L: EventLog + 'static, K> Backend for One<L, K> {
    fn writer(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.log) as _
    }
    fn reader(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.log) as _
    }
    fn set_clock(&self, now: i64) {
        self.time.store(now, Ordering::SeqCst);
    }
}

impl<L: Copied, K> Copyable for One<L, K> {
    fn target(&self) -> Arc<dyn Copied> {
        Arc::clone(&self.log) as _
    }
}

pub struct TwoProcesses {
    one: Arc<SqliteLog>,
    other: Arc<SqliteLog>,
    time: Arc<AtomicI64>,
    turn: AtomicI64,
    _dir: TempDir,
}

impl TwoProcesses {
    pub fn open() -> Self {
        let dir = TempDir::new().unwrap();
        let (time, now) = clock();
        let one = Arc::new(SqliteLog::open(dir.path(), Options::default(), Arc::clone(&now)).unwrap());
        let other = Arc::new(SqliteLog::open(dir.path(), Options::default(), now).unwrap());
        Self { one, other, time, turn: AtomicI64::new(0), _dir: dir }
    }
}

impl Backend for TwoProcesses {
    /// The two take turns, so that concurrent writers are spread over both.
    fn writer(&self) -> Arc<dyn EventLog> {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        Arc::clone(if turn % 2 == 0 { &self.one } else { &self.other }) as _
    }
    fn reader(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.other) as _
    }
    fn set_clock(&self, now: i64) {
        self.time.store(now, Ordering::SeqCst);
    }
}

impl Copyable for TwoProcesses {
    fn target(&self) -> Arc<dyn Copied> {
        Arc::clone(&self.one) as _
    }
}

/// An event whose id and content follow from `number`.
pub fn event(number: u64) -> NewEvent {
    NewEvent {
        id: Uuid::from_u64_pair(0x0123_4567_89ab_cdef, number),
        kind: "CaseFiled".to_owned(),
        version: 1,
        occurred_at: START - 1_000_000 + i64::try_from(number).unwrap(),
        actor: "account-7".to_owned(),
        on_behalf: None,
        cause: None,
        rulebook: None,
        data: format!("{{\"number\":{number}}}").into_bytes(),
        sealed: Vec::new(),
    }
}

pub fn sealed(subject: &str, byte: u8) -> SealedBlob {
    SealedBlob { subject: subject.to_owned(), suite: 1, key: [byte; 16], nonce: [byte ^ 0xff; 24], ciphertext: vec![byte; 40] }
}

pub fn key(owner: &str, subject: &str, byte: u8) -> WrappedKey {
    WrappedKey { id: [byte; 16], owner: owner.to_owned(), subject: subject.to_owned(), epoch: 3, wrapped: vec![byte; 72] }
}

pub fn append(stream: &str, expected: Expected, events: Vec<NewEvent>) -> Append {
    Append { stream: stream.to_owned(), expected, events, keys: Vec::new() }
}
