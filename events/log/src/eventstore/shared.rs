//! What the log and the thread that follows share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot, watch};

use super::link::Link;
use super::wire::{Attempt, Names};
use crate::sqlite::record::Record;
use crate::tree::TreeHead;
use crate::{EventLog, LogError, Mark, Now, SqliteLog};

/// How this node stands to the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Not connected, or not yet caught up.
    Away,
    /// Everything that the cluster holds has come, as of some moment ago.
    Linked,
    /// The cluster does not hold what this node knows that it held. Final.
    Refused(LogError),
}

/// An event has come: its `seq` and who wrote it.
pub(super) type Arrived = (u64, Attempt);
type Waiters = HashMap<(String, u64), Vec<oneshot::Sender<Arrived>>>;

pub(super) struct Shared {
    pub(super) copy: SqliteLog,
    pub(super) link: Link,
    pub(super) names: Names,
    pub(super) now: Now,
    /// Ends the subscription, to begin another.
    pub(super) poke: Notify,
    record: Record,
    /// What the record said when the log was opened, until it was compared.
    expected: Mutex<Option<TreeHead>>,
    state: watch::Sender<State>,
    waiters: Mutex<Waiters>,
    stop: watch::Sender<bool>,
    stopped: AtomicBool,
    process: u64,
    attempts: AtomicU64,
}

impl Shared {
    pub(super) fn new(copy: SqliteLog, link: Link, record: Record, expected: Option<TreeHead>, now: Now) -> Self {
        use std::hash::{BuildHasher as _, Hasher as _};
        let names = Names::new(&link.address.namespace);
        Self {
            copy,
            link,
            names,
            now,
            poke: Notify::new(),
            record,
            expected: Mutex::new(expected),
            state: watch::Sender::new(State::Away),
            waiters: Mutex::default(),
            stop: watch::Sender::new(false),
            stopped: AtomicBool::new(false),
            // Random enough to tell processes apart; nothing depends on more.
            process: std::collections::hash_map::RandomState::new().build_hasher().finish(),
            attempts: AtomicU64::new(1),
        }
    }

    pub(super) fn attempt(&self) -> Attempt {
        (self.process, self.attempts.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn states(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(super) fn set(&self, state: State) {
        self.state.send_if_modified(|now| {
            let changed = *now != state;
            *now = state;
            changed
        });
    }

    pub(super) fn linked(&self) -> bool {
        *self.state.borrow() == State::Linked
    }

    /// Why the cluster was refused.
    pub(super) fn refusal(&self) -> Option<LogError> {
        match &*self.state.borrow() {
            State::Refused(error) => Some(error.clone()),
            State::Away | State::Linked => None,
        }
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.stop.send_replace(true);
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    pub(super) async fn stopping(&self) {
        // The sender lives as long as `self`.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Sleeps on the thread that follows, unless it is stopped.
    pub(super) fn rest(&self, pause: Duration) {
        let mut left = pause;
        let step = Duration::from_millis(20);
        while !self.stopped() && !left.is_zero() {
            std::thread::sleep(step.min(left));
            left = left.saturating_sub(step);
        }
    }

    /// Hears when the event at this place of the cluster has come.
    pub(super) fn wait_for(&self, stream: String, revision: u64) -> oneshot::Receiver<Arrived> {
        let (sender, receiver) = oneshot::channel();
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        // Those who gave up leave no trace.
        if waiters.len() > 1024 {
            waiters.retain(|_, waiting| {
                waiting.retain(|waiter| !waiter.is_closed());
                !waiting.is_empty()
            });
        }
        waiters.entry((stream, revision)).or_default().push(sender);
        receiver
    }

    pub(super) fn resolve(&self, stream: &str, revision: u64, seq: u64, attempt: Attempt) {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if waiters.is_empty() {
            return;
        }
        for waiter in waiters.remove(&(stream.to_owned(), revision)).into_iter().flatten() {
            let _ = waiter.send((seq, attempt));
        }
    }

    pub(super) async fn head(&self) -> Result<TreeHead, LogError> {
        self.copy.head().await
    }

    /// Leaves no trace of destroyed keys in the write-ahead log of the copy.
    pub(super) async fn empty_wal(&self) -> Result<(), LogError> {
        self.copy.delete_keys("", &[]).await.map(|_| ())
    }

    /// Once, after everything has come for the first time: whether the cluster holds what it is known to have held.
    pub(super) async fn check_record(&self) -> Result<(), LogError> {
        let expected = *self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(expected) = expected {
            let head = self.head().await?;
            let have = if head.size < expected.size {
                Mark::from(&head)
            } else {
                Mark { size: expected.size, root: self.copy.root_at(expected.size).await? }
            };
            if have != Mark::from(&expected) {
                return Err(LogError::RolledBack { have, expected: Mark::from(&expected) });
            }
            *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.raise_record().await;
        Ok(())
    }

    /// Raises the high-water record to what has come.
    pub(super) async fn raise_record(&self) {
        let raised = match self.head().await {
            Ok(head) => self.record.raise(&head, false),
            Err(error) => Err(error),
        };
        if let Err(error) = raised {
            tracing::error!(%error, "high-water record not written");
        }
    }
}
