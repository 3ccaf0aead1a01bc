//! The log in memory: the same promises and the same tree, deterministic, for simulation and tests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::tree::{self, Frontier, Hash, Nodes, TreeHead};
use crate::{Append, AppendError, Appended, Batch, Cursor, Envelope, EventLog, LogError, Now, Position, VerifyReport, WrappedKey};

/// A log that lives as long as the process.
pub struct MemoryLog {
    now: Now,
    state: Mutex<State>,
    noticed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    events: Vec<Envelope>,
    /// Indexes into `events`.
    streams: HashMap<String, Vec<usize>>,
    keys: Vec<WrappedKey>,
    leaves: Vec<Hash>,
    tiles: HashMap<(u8, u64), Hash>,
    frontier: Frontier,
}

impl Nodes for State {
    type Error = LogError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, LogError> {
        let found = if level == 0 {
            usize::try_from(index).ok().and_then(|index| self.leaves.get(index)).copied()
        } else {
            self.tiles.get(&(level, index)).copied()
        };
        found.ok_or(LogError::OutOfRange { size: self.frontier.size() })
    }
}

impl State {
    fn stream(&self, name: &str) -> &[usize] {
        self.streams.get(name).map_or(&[], Vec::as_slice)
    }

    fn recorded_at(&self) -> Option<i64> {
        self.events.last().map(|event| event.recorded_at)
    }

    /// Whether these very ids stand at the expected place.
    fn repeated(&self, append: &Append) -> Option<Appended> {
        let first = usize::try_from(append.expected.first_revision()?).ok()?;
        let places = self.stream(&append.stream).get(first..first.checked_add(append.events.len())?)?;
        let events: Vec<&Envelope> = places.iter().filter_map(|place| self.events.get(*place)).collect();
        let same = events.iter().map(|event| event.id).eq(append.events.iter().map(|event| event.id));
        let last = events.last().filter(|_| same)?;
        Some(Appended { last_seq: last.seq, last_revision: last.revision, repeated: true })
    }

    fn append(&mut self, append: Append, now: i64) -> Result<Appended, AppendError> {
        append.check()?;
        let actual = (self.stream(&append.stream).len() as u64).checked_sub(1);
        if !append.expected.holds(actual) {
            return self.repeated(&append).ok_or(AppendError::Conflict { actual });
        }
        for key in &append.keys {
            if self.keys.iter().any(|other| other.owner == key.owner && other.id == key.id) {
                return Err(AppendError::Invalid("该密钥编号已被使用".to_owned()));
            }
        }
        let recorded_at = self.recorded_at().map_or(now, |last| last.max(now));
        let mut revision = append.expected.first_revision().unwrap_or_default();
        for event in append.events {
            let event = event.placed(self.events.len() as u64 + 1, append.stream.clone(), revision, recorded_at);
            revision += 1;
            let leaf = event.leaf();
            let tiles = &mut self.tiles;
            self.frontier.push(leaf, |tile| {
                tiles.insert((tile.level, tile.index), tile.hash);
            });
            self.leaves.push(leaf);
            self.streams.entry(event.stream.clone()).or_default().push(self.events.len());
            self.events.push(event);
        }
        self.keys.extend(append.keys);
        Ok(Appended { last_seq: self.events.len() as u64, last_revision: revision - 1, repeated: false })
    }
}

impl MemoryLog {
    /// An empty log; `now` gives µs UTC.
    #[must_use]
    pub fn new(now: Now) -> Self {
        Self { now, state: Mutex::default(), noticed: watch::Sender::new(0) }
    }

    /// The proof that the log of `old` events is a beginning of the log of `new` events.
    ///
    /// # Errors
    /// [`LogError::OutOfRange`] unless `1 <= old <= new <= head.size`.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, LogError> {
        let state = self.state();
        within(1 <= old && old <= new && new <= state.frontier.size(), state.frontier.size())?;
        tree::consistency(&*state, old, new)
    }

    /// An append either happens as a whole or not at all before any panic could occur, so a poisoned lock is usable.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn within(holds: bool, size: u64) -> Result<(), LogError> {
    if holds { Ok(()) } else { Err(LogError::OutOfRange { size }) }
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut state = self.state();
        let appended = state.append(append, (self.now)())?;
        self.noticed.send_if_modified(|seq| {
            let higher = appended.last_seq > *seq;
            *seq = appended.last_seq.max(*seq);
            higher
        });
        Ok(appended)
    }

    async fn read_stream(&self, stream: &str) -> Result<Vec<Envelope>, LogError> {
        let state = self.state();
        Ok(state.stream(stream).iter().filter_map(|place| state.events.get(*place)).cloned().collect())
    }

    async fn read_all(&self, after: &Cursor, limit: usize) -> Result<Batch, LogError> {
        let cursor = after.to_seq()?;
        let state = self.state();
        let size = state.frontier.size();
        if cursor > size {
            return Err(LogError::CursorAhead { cursor, size });
        }
        let skip = usize::try_from(cursor).unwrap_or(usize::MAX);
        let events: Vec<Envelope> = state.events.iter().skip(skip).take(limit).cloned().collect();
        let last = events.last().map_or(cursor, |event| event.seq);
        let next = if events.is_empty() { after.clone() } else { Cursor::after_seq(last) };
        Ok(Batch { events, next, at_head: last == size })
    }

    async fn head(&self) -> Result<TreeHead, LogError> {
        let state = self.state();
        Ok(TreeHead { size: state.frontier.size(), root: state.frontier.root(), recorded_at: state.recorded_at().unwrap_or_default() })
    }

    async fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<Hash>, LogError> {
        let state = self.state();
        within(1 <= seq && seq <= size && size <= state.frontier.size(), state.frontier.size())?;
        tree::inclusion(&*state, seq - 1, size)
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.noticed.subscribe()
    }

    async fn keys_of(&self, owner: &str) -> Result<Vec<WrappedKey>, LogError> {
        Ok(self.state().keys.iter().filter(|key| key.owner == owner).cloned().collect())
    }

    async fn keys_after(&self, place: u64, limit: usize) -> Result<Vec<(u64, WrappedKey)>, LogError> {
        Ok((1..).zip(self.state().keys.clone()).skip(usize::try_from(place).unwrap_or(usize::MAX)).take(limit).collect())
    }

    async fn delete_keys(&self, owner: &str, subjects: &[String]) -> Result<u64, LogError> {
        let mut state = self.state();
        let before = state.keys.len();
        state.keys.retain(|key| key.owner != owner || !subjects.contains(&key.subject));
        Ok((before - state.keys.len()) as u64)
    }

    async fn verify(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError> {
        let state = self.state();
        let total = state.events.len() as u64;
        let mut report = VerifyReport { events: total, head: None, faults: Vec::new(), fault_count: 0 };
        let mut frontier = Frontier::default();
        let mut buffer = Vec::new();
        for (event, leaf) in state.events.iter().zip(&state.leaves) {
            let found = event.leaf_with(&mut buffer);
            if found != *leaf {
                report.fault(Position::Event { seq: event.seq, stream: Some(event.stream.clone()) }, "内容与叶哈希不符");
            }
            frontier.push(found, |_| {});
        }
        if frontier != state.frontier {
            report.fault(Position::Head, "前沿与事件不符");
        }
        report.head = Some(TreeHead { size: total, root: frontier.root(), recorded_at: state.recorded_at().unwrap_or_default() });
        progress(total, total);
        Ok(report)
    }
}
