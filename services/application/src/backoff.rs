//! Graded back-off of sign-ins and query codes: the longer somebody guesses, the longer the wait; nobody is locked out for good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use domain::time::Instant;

/// Failures before the first wait.
const FREE: u32 = 4;
/// Keys kept; the oldest go first.
const MOST: usize = 100_000;

/// Counts failures by key (an account, a case, an address).
#[derive(Debug, Default)]
pub struct Backoff(Mutex<HashMap<String, Entry>>);

#[derive(Debug, Clone, Copy)]
struct Entry {
    failures: u32,
    until: Instant,
    last: Instant,
}

/// Seconds to wait after so many failures: 5 → 60 s, 10 → 10 min, 15 → 15 min, 20 → 1 h, 25 → 1 day.
pub fn wait_after(failures: u32) -> i64 {
    match failures {
        0..=FREE => 0,
        5..=9 => 60,
        10..=14 => 600,
        15..=19 => 900,
        20..=24 => 3_600,
        _ => 86_400,
    }
}

impl Backoff {
    /// Seconds that this key still has to wait; none = may try.
    pub fn wait(&self, key: &str, now: Instant) -> Option<u64> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = entries.get(key).map(|entry| (entry.until - now).num_seconds()).filter(|left| *left > 0)?;
        u64::try_from(left).ok()
    }

    /// A failure. Forgotten after two days without one.
    pub fn failed(&self, key: &str, now: Instant) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.retain(|_, entry| now - entry.last < TimeDelta::hours(1));
            if entries.len() >= MOST {
                entries.clear();
            }
        }
        let entry = entries.entry(key.to_owned()).or_insert(Entry { failures: 0, until: now, last: now });
        if now - entry.last > TimeDelta::days(2) {
            entry.failures = 0;
        }
        entry.failures += 1;
        entry.last = now;
        entry.until = now + TimeDelta::seconds(wait_after(entry.failures));
    }

    /// A success: forget.
    pub fn succeeded(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        domain::time::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_fifth_failure_waits_a_minute_and_others_do_not() {
        let backoff = Backoff::default();
        (0..5).for_each(|_| backoff.failed("a", at(0)));
        assert_eq!(backoff.wait("a", at(1)), Some(59));
        assert_eq!(backoff.wait("b", at(1)), None);
        assert_eq!(backoff.wait("a", at(61)), None);
    }

    #[test]
    fn success_forgets() {
        let backoff = Backoff::default();
        (0..9).for_each(|_| backoff.failed("a", at(0)));
        backoff.succeeded("a");
        assert_eq!(backoff.wait("a", at(1)), None);
    }
}
