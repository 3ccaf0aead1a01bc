//! Notices what other connections and processes commit, and raises the high-water record.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rusqlite::Connection;
use tokio::sync::watch;

use super::record::Record;
use super::rows::{HeadRow, read_size};
use crate::LogError;

/// How often the log is looked at.
const TICK: Duration = Duration::from_millis(20);
/// The record is raised at every second look at most: within 50 ms of a commit, at a bounded cost of syncs.
const RECORD_EVERY: u32 = 2;

pub(crate) struct Sentinel {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    connection: Connection,
    /// `None`: somebody else keeps the record.
    record: Option<Record>,
    noticed: watch::Sender<u64>,
    version: i64,
    recorded: u64,
    failing: bool,
}

impl Sentinel {
    pub(crate) fn start(connection: Connection, record: Option<Record>, noticed: watch::Sender<u64>) -> Result<Self, LogError> {
        let (stop, stopping) = crossbeam_channel::bounded(0);
        let state = State { connection, record, noticed, version: -1, recorded: 0, failing: false };
        let thread = thread::Builder::new()
            .name("log-sentinel".to_owned())
            .spawn(move || state.run(&stopping))
            .map_err(|error| LogError::Unavailable(error.to_string()))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl State {
    fn run(mut self, stopping: &Receiver<()>) {
        let mut dirty = true;
        let mut ticks = 0u32;
        loop {
            dirty |= self.look();
            ticks = ticks.wrapping_add(1);
            if dirty && ticks.is_multiple_of(RECORD_EVERY) {
                dirty = !self.raise();
            }
            if !matches!(stopping.recv_timeout(TICK), Err(RecvTimeoutError::Timeout)) {
                break;
            }
        }
        // The writer has finished by now: the last commit gets its record.
        self.raise();
    }

    /// Whether something was committed since the last look.
    fn look(&mut self) -> bool {
        let version =
            self.connection.prepare_cached("PRAGMA data_version").and_then(|mut statement| statement.query_row([], |row| row.get(0)));
        let Ok(version) = version else { return false };
        if version == self.version {
            return false;
        }
        let Ok(size) = read_size(&self.connection) else { return false };
        self.version = version;
        self.noticed.send_if_modified(|seq| {
            let higher = size > *seq;
            *seq = size.max(*seq);
            higher
        });
        true
    }

    /// Whether the record stands as high as the log.
    fn raise(&mut self) -> bool {
        let Some(record) = &self.record else { return true };
        let raised = HeadRow::read(&self.connection).and_then(|row| {
            if row.size() > self.recorded {
                record.raise(&row.head(), false)?;
                self.recorded = row.size();
            }
            Ok(())
        });
        if let Err(error) = &raised
            && !self.failing
        {
            tracing::error!(%error, "high-water record not written");
        }
        self.failing = raised.is_err();
        raised.is_ok()
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
