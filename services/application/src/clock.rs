//! The time: the only place that reads it, and a clock for simulation and tests.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DurationRound, TimeDelta};
use domain::time::{Clock, Instant, from_micros, micros};

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    fn now(&self) -> Instant {
        let now = chrono::Utc::now();
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }
}

/// A clock that goes when it is told to.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at `at`.
    pub fn new(at: Instant) -> Self {
        Self(AtomicI64::new(micros(at)))
    }

    /// Goes forward.
    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
    }

    /// Goes to `at`.
    pub fn set(&self, at: Instant) {
        self.0.store(micros(at), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The clock in the form that the event log takes.
pub fn log_now(clock: std::sync::Arc<dyn Clock>) -> event_log::Now {
    std::sync::Arc::new(move || micros(clock.now()))
}
