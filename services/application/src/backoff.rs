//! Graded back-off of sign-ins and query codes: the longer somebody guesses, the longer the wait; nobody is locked out for good.
//!
//! A try counts as a failure from the moment it begins and is forgiven when it was none: a thousand tries sent at the
//! same moment are a thousand tries. Who guesses at one account is held up at the place from where it is tried, so that
//! a stranger cannot lock out its holder; the places and accounts as a whole only slow down.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use domain::time::Instant;

/// Failures before the first wait.
const FREE: u32 = 4;
/// Failures of a wide key before it slows down.
const BURST: u32 = 50;
/// Time after which one failure of a wide key is forgotten.
const LEAK: TimeDelta = TimeDelta::minutes(1);
/// Keys kept; the oldest go first.
const MOST: usize = 100_000;

/// What failures are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// One account or case tried from one address: waits grow.
    Narrow(String),
    /// All tries of an address, behind which a whole office may sit, or all tries of an account: after `BURST`
    /// failures one try a minute.
    Wide(String),
}

/// Counts failures by key.
#[derive(Debug, Default)]
pub struct Backoff(Mutex<HashMap<Key, Entry>>);

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
    /// Begins a try that counts for all these keys until [`Self::succeeded`] or [`Self::forgiven`].
    ///
    /// # Errors
    /// The seconds to wait; nothing is counted then.
    pub fn begin(&self, keys: &[Key], now: Instant) -> Result<(), u64> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().for_each(|key| entries.get_mut(key).into_iter().for_each(|entry| entry.follow(now)));
        let left = |key: &Key| entries.get(key).map_or(0, |entry| entry.left(key, now));
        if let Some(seconds) = keys.iter().map(left).max().and_then(|left| u64::try_from(left).ok()).filter(|left| *left > 0) {
            return Err(seconds);
        }
        if entries.len() >= MOST {
            entries.retain(|_, entry| now - entry.last < TimeDelta::hours(1));
            if entries.len() >= MOST {
                entries.clear();
            }
        }
        for key in keys {
            entries.entry(key.clone()).or_insert(Entry { failures: 0, until: now, last: now }).fail(key, now);
        }
        Ok(())
    }

    /// The try was right: what is narrow is forgotten, what is wide forgets this try.
    pub fn succeeded(&self, keys: &[Key]) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            match key {
                Key::Narrow(_) => drop(entries.remove(key)),
                Key::Wide(_) => entries.get_mut(key).into_iter().for_each(Entry::forgive),
            }
        }
    }

    /// The try could not be judged: it does not count.
    pub fn forgiven(&self, keys: &[Key]) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            entries.get_mut(key).into_iter().for_each(Entry::forgive);
        }
    }
}

impl Entry {
    /// A clock that was set back takes what is written here with it: a wait is as long as it was, not longer by the jump.
    fn follow(&mut self, now: Instant) {
        if now < self.last {
            self.until = now + (self.until - self.last);
            self.last = now;
        }
    }

    /// Seconds that are left to wait.
    fn left(&self, key: &Key, now: Instant) -> i64 {
        match key {
            Key::Narrow(_) => (self.until - now).num_seconds(),
            Key::Wide(_) => {
                let leaked = (now - self.last).num_seconds() / LEAK.num_seconds();
                let over = i64::from(self.failures) - leaked - i64::from(BURST);
                if over < 0 {
                    0
                } else {
                    (self.last + LEAK * i32::try_from(leaked + over + 1).unwrap_or(i32::MAX) - now).num_seconds().max(1)
                }
            }
        }
    }

    fn fail(&mut self, key: &Key, now: Instant) {
        match key {
            Key::Narrow(_) => {
                // Forgotten after two days without a failure.
                if now - self.last > TimeDelta::days(2) {
                    self.failures = 0;
                }
                self.failures += 1;
                self.last = now;
                self.until = now + TimeDelta::seconds(wait_after(self.failures));
            }
            Key::Wide(_) => {
                let leaked = u32::try_from((now - self.last).num_seconds() / LEAK.num_seconds()).unwrap_or(0);
                self.last = if leaked >= self.failures { now } else { self.last + LEAK * i32::try_from(leaked).unwrap_or(0) };
                self.failures = self.failures.saturating_sub(leaked) + 1;
            }
        }
    }

    fn forgive(&mut self) {
        self.failures = self.failures.saturating_sub(1);
        self.until = self.last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        domain::time::from_micros(seconds * 1_000_000)
    }

    fn narrow(name: &str) -> [Key; 1] {
        [Key::Narrow(name.to_owned())]
    }

    #[test]
    fn the_fifth_failure_waits_a_minute_and_others_do_not() {
        let backoff = Backoff::default();
        (0..5).for_each(|_| backoff.begin(&narrow("a"), at(0)).unwrap());
        assert_eq!(backoff.begin(&narrow("a"), at(1)), Err(59));
        assert_eq!(backoff.begin(&narrow("b"), at(1)), Ok(()));
        assert_eq!(backoff.begin(&narrow("a"), at(61)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out_for_longer() {
        let (backoff, days) = (Backoff::default(), 2 * 86_400);
        let keys = [Key::Narrow("a".to_owned()), Key::Wide("from/10.0.0.1".to_owned())];
        backoff.begin(&keys, at(days)).unwrap();
        backoff.succeeded(&keys);
        assert_eq!(backoff.begin(&keys, at(0)), Ok(()));
        // Who waits goes on waiting, as long as before.
        (0..5).for_each(|_| backoff.begin(&narrow("b"), at(days)).unwrap());
        assert_eq!(backoff.begin(&narrow("b"), at(0)), Err(60));
        assert_eq!(backoff.begin(&narrow("b"), at(60)), Ok(()));
    }

    #[test]
    fn tries_of_the_same_moment_count_before_any_of_them_is_judged() {
        let backoff = Backoff::default();
        assert_eq!((0..1_000).filter(|_| backoff.begin(&narrow("a"), at(0)).is_ok()).count(), 5);
    }

    #[test]
    fn success_forgets_and_what_could_not_be_judged_does_not_count() {
        let backoff = Backoff::default();
        (0..5).for_each(|_| backoff.begin(&narrow("a"), at(0)).unwrap());
        backoff.succeeded(&narrow("a"));
        for _ in 0..100 {
            backoff.begin(&narrow("a"), at(1)).unwrap();
            backoff.forgiven(&narrow("a"));
        }
    }

    #[test]
    fn an_office_behind_one_address_slows_down_to_a_try_a_minute_and_recovers() {
        let backoff = Backoff::default();
        let office = [Key::Wide("from/10.0.0.1".to_owned())];
        (0..BURST).for_each(|_| backoff.begin(&office, at(0)).unwrap());
        assert_eq!(backoff.begin(&office, at(0)), Err(60));
        assert_eq!(backoff.begin(&office, at(59)), Err(1));
        assert_eq!(backoff.begin(&office, at(60)), Ok(()));
        assert_eq!(backoff.begin(&office, at(60)), Err(60));
        // Those who know their passwords use nothing up.
        for minute in 2..200 {
            backoff.begin(&office, at(minute * 60)).unwrap();
            backoff.succeeded(&office);
        }
        assert!(backoff.begin(&office, at(200 * 60)).is_ok() && backoff.begin(&office, at(200 * 60)).is_ok());
    }
}
