//! An open loop: requests come at the moments of a schedule, whether or not those before are answered. Time is counted from
//! the scheduled moment, so that waiting for a free connection counts as it does for whoever waits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::words::round;

/// The scheduler looks this often; a request is at most so late by its own fault, which counts as the server's.
const TICK: Duration = Duration::from_millis(1);

/// What has come and is not taken yet, oldest first.
pub struct Queue<J> {
    waiting: Mutex<VecDeque<(Instant, J)>>,
    ready: Semaphore,
}

impl<J> Queue<J> {
    /// Nothing has come.
    pub fn new() -> Self {
        Self { waiting: Mutex::default(), ready: Semaphore::new(0) }
    }

    /// The next one and when it came; none when no more come.
    pub async fn take(&self) -> Option<(Instant, J)> {
        self.ready.acquire().await.ok()?.forget();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Lets jobs come at an even rate for so long; answers how many came.
    pub async fn pace(&self, per_second: f64, time: Duration, mut make: impl FnMut(usize) -> J) -> usize {
        let (start, mut came) = (Instant::now(), 0);
        let all = (time.as_secs_f64() * per_second) as usize;
        while came < all {
            let now = Instant::now();
            loop {
                let at = start + Duration::from_secs_f64(came as f64 / per_second);
                if at > now || came >= all {
                    break;
                }
                self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back((at, make(came)));
                self.ready.add_permits(1);
                came += 1;
            }
            tokio::time::sleep(TICK).await;
        }
        came
    }

    /// No more come once these are taken: a worker ends instead of waiting.
    pub fn shut(&self, workers: usize) {
        self.ready.add_permits(workers);
    }
}

/// Times by name, in milliseconds, and answers that were not as expected.
#[derive(Default)]
pub struct Book {
    times: BTreeMap<&'static str, Vec<f64>>,
    odd: BTreeMap<(&'static str, u16), usize>,
}

impl Book {
    /// Answered as expected.
    pub fn good(&mut self, name: &'static str, came: Instant) {
        self.times.entry(name).or_default().push(came.elapsed().as_secs_f64() * 1_000.0);
    }

    /// Answered otherwise; 0 when the connection failed.
    pub fn odd(&mut self, name: &'static str, status: u16) {
        *self.odd.entry((name, status)).or_default() += 1;
    }

    /// Answers of this status that were not expected.
    pub fn with_status(&self, status: u16) -> usize {
        self.odd.iter().filter(|((_, of), _)| *of == status).map(|(_, n)| n).sum()
    }

    /// All that were not expected, in words.
    pub fn oddities(&self) -> String {
        self.odd.iter().map(|((name, status), n)| format!("{name} {status} × {n}")).collect::<Vec<_>>().join(", ")
    }

    /// The quantiles of each name, and of everything together at the end.
    pub fn close(&mut self) -> Vec<(&'static str, Spread)> {
        let mut all: Vec<f64> = self.times.values().flatten().copied().collect();
        let mut spreads: Vec<_> = self.times.iter_mut().map(|(name, times)| (*name, Spread::of(times))).collect();
        spreads.push(("all", Spread::of(&mut all)));
        spreads
    }
}

/// How times spread, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    /// Answers.
    pub count: usize,
    /// Half came within.
    pub p50: f64,
    /// 99 of 100 came within.
    pub p99: f64,
    /// 999 of 1,000 came within.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

impl Spread {
    /// Of these times; they are sorted.
    pub fn of(times: &mut [f64]) -> Self {
        times.sort_by(f64::total_cmp);
        let last = times.len().saturating_sub(1);
        let at = |part: f64| times.get(((times.len() as f64 * part) as usize).min(last)).copied().unwrap_or_default();
        Self { count: times.len(), p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) }
    }

    /// For the line of JSON.
    pub fn facts(&self) -> serde_json::Value {
        serde_json::json!({
            "count": self.count, "p50_ms": round(self.p50), "p99_ms": round(self.p99), "p999_ms": round(self.p999), "max_ms": round(self.max),
        })
    }

    /// For people.
    pub fn line(&self) -> String {
        format!("{} answers, p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, max {:.1} ms", self.count, self.p50, self.p99, self.p999, self.max)
    }
}
