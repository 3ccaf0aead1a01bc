//! What a log counts of itself, for metrics and readiness: a few atomics, no lock and no allocation on the way of an append.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// Upper bounds of appends in one group.
const GROUPS: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];
/// Upper bounds of the time of a commit, in microseconds.
const MICROS: &[u64] = &[500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000];

/// Counts of a log since it was opened.
#[derive(Debug)]
pub struct Stats {
    /// Events appended by this process.
    pub events: AtomicU64,
    /// Appends in each committed group.
    pub groups: Histogram,
    /// Time of each commit, from the beginning of its transaction to its sync, in microseconds.
    pub commits: Histogram,
    /// Appends that wait for the writer or are in its hands.
    pub queue: AtomicU64,
    /// Appends that were not taken because the queue was full.
    pub refused: AtomicU64,
    /// Groups and probes that could not be written.
    pub failed: AtomicU64,
    /// When something was written last, in µs UTC of the log's clock; 0 = not since it was opened.
    pub written_at: AtomicI64,
    /// Whether the latest attempt to write went well; true before the first one.
    pub writable: AtomicBool,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            events: AtomicU64::default(),
            groups: Histogram::new(GROUPS),
            commits: Histogram::new(MICROS),
            queue: AtomicU64::default(),
            refused: AtomicU64::default(),
            failed: AtomicU64::default(),
            written_at: AtomicI64::default(),
            writable: AtomicBool::new(true),
        }
    }
}

impl Stats {
    /// A group of so many appends and events was committed in so many microseconds. True as for [`Self::wrote`].
    pub(crate) fn committed(&self, appends: u64, events: u64, micros: u64, now: i64) -> bool {
        self.events.fetch_add(events, Relaxed);
        self.groups.record(appends);
        self.commits.record(micros);
        self.wrote(now)
    }

    /// An attempt to write went well. True when the one before had not.
    pub(crate) fn wrote(&self, now: i64) -> bool {
        self.written_at.store(now, Relaxed);
        !self.writable.swap(true, Relaxed)
    }

    /// An attempt to write did not go well. True when the one before had.
    pub(crate) fn failed(&self) -> bool {
        self.failed.fetch_add(1, Relaxed);
        self.writable.swap(false, Relaxed)
    }
}

/// Counts of values by upper bound. Values are whole: a unit small enough is the caller's choice.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One more than bounds: the last counts what is above all of them.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// A histogram as it was at one moment, roughly: others may have counted while it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Values at or below each bound, those of lower bounds included.
    pub below: Vec<(u64, u64)>,
    /// All values.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
}

impl Histogram {
    /// Empty, with bounds in rising order.
    #[must_use]
    pub fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: (0..=bounds.len()).map(|_| AtomicU64::default()).collect(), sum: AtomicU64::default() }
    }

    /// One more value.
    pub fn record(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Relaxed);
        }
        self.sum.fetch_add(value, Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    pub fn read(&self) -> Reading {
        let mut count = 0;
        let mut below = Vec::with_capacity(self.bounds.len());
        for (place, one) in self.counts.iter().enumerate() {
            count += one.load(Relaxed);
            if let Some(bound) = self.bounds.get(place) {
                below.push((*bound, count));
            }
        }
        Reading { below, count, sum: self.sum.load(Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_at_its_bound_and_all_above() {
        let histogram = Histogram::new(&[1, 10, 100]);
        for value in [0, 1, 2, 10, 11, 1_000] {
            histogram.record(value);
        }
        assert_eq!(histogram.read(), Reading { below: vec![(1, 2), (10, 4), (100, 5)], count: 6, sum: 1_024 });
    }

    #[test]
    fn writing_that_fails_and_recovers_is_told_once_each() {
        let stats = Stats::default();
        assert!(!stats.wrote(1));
        assert_eq!((stats.failed(), stats.failed()), (true, false));
        assert!(!stats.writable.load(Relaxed));
        assert_eq!((stats.wrote(2), stats.wrote(3)), (true, false));
        assert_eq!((stats.failed.load(Relaxed), stats.written_at.load(Relaxed)), (2, 3));
    }
}
