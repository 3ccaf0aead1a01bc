//! When to try again, and when to stop and show the notice to a person.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::DeliveryError;

/// Pauses that double from `first` up to `longest`, for at most `attempts` attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Pause after the first failure.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// Attempts before the notice is parked, the first one included.
    pub attempts: u32,
}

impl Default for Backoff {
    /// One minute to two hours, 30 attempts: a mail server may be down for two days without a notice being parked.
    fn default() -> Self {
        Self { first: Duration::from_secs(60), longest: Duration::from_secs(2 * 3600), attempts: 30 }
    }
}

/// What becomes of a notice after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again then (quiet hours come on top).
    RetryAt(DateTime<Utc>),
    /// Stop and show it to a person.
    Park,
}

impl Backoff {
    /// The next step for the notice `id` after `failed` failed attempts, the last of them at `now` with `error`.
    ///
    /// The pause is up to a tenth longer, by an amount that follows from id and attempt, so that all that failed
    /// together does not return together.
    #[must_use]
    pub fn next(&self, id: Uuid, failed: u32, now: DateTime<Utc>, error: &DeliveryError) -> Next {
        if error.is_permanent() || failed >= self.attempts {
            return Next::Park;
        }
        let doublings = failed.saturating_sub(1).min(31);
        let pause = self.first.saturating_mul(1 << doublings).min(self.longest);
        let spread = pause / 10_000 * (spread_of(id, failed) % 1000);
        match TimeDelta::from_std(pause.saturating_add(spread)).ok().and_then(|pause| now.checked_add_signed(pause)) {
            Some(at) => Next::RetryAt(at),
            None => Next::Park,
        }
    }
}

fn spread_of(id: Uuid, failed: u32) -> u32 {
    let (_, low) = id.as_u64_pair();
    // Fibonacci hashing: neighbouring ids and attempts land far from one another.
    (low.wrapping_add(u64::from(failed)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u32
}

#[cfg(test)]
mod tests {
    use super::super::Failure;
    use super::*;

    const DOWN: DeliveryError = DeliveryError::Temporary(Failure::Unreachable);

    fn now() -> DateTime<Utc> {
        "2026-11-22T00:00:00Z".parse().unwrap()
    }

    fn pause(backoff: &Backoff, id: u128, failed: u32) -> TimeDelta {
        match backoff.next(Uuid::from_u128(id), failed, now(), &DOWN) {
            Next::RetryAt(at) => at - now(),
            Next::Park => panic!("parked after {failed}"),
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let backoff = Backoff::default();
        for (failed, minutes) in [(1, 1), (2, 2), (3, 4), (7, 64), (8, 120), (9, 120), (29, 120)] {
            let (pause, least) = (pause(&backoff, 7, failed), TimeDelta::minutes(minutes));
            assert!(pause >= least && pause <= least * 11 / 10, "after {failed}: {pause}");
        }
    }

    #[test]
    fn a_target_that_is_down_for_a_day_and_a_half_parks_nothing() {
        let backoff = Backoff::default();
        let total: TimeDelta = (1..backoff.attempts).map(|failed| pause(&backoff, 7, failed)).sum();
        assert!(total > TimeDelta::hours(36), "{total}");
    }

    #[test]
    fn the_last_attempt_and_a_permanent_failure_park() {
        let backoff = Backoff::default();
        assert_eq!(backoff.next(Uuid::nil(), 30, now(), &DOWN), Next::Park);
        assert_eq!(backoff.next(Uuid::nil(), u32::MAX, now(), &DOWN), Next::Park);
        let refused = DeliveryError::Permanent(Failure::Refused { code: 550 });
        assert_eq!(backoff.next(Uuid::nil(), 1, now(), &refused), Next::Park);
    }

    #[test]
    fn what_failed_together_does_not_return_together_yet_always_at_the_same_time() {
        let backoff = Backoff::default();
        let pauses: Vec<_> = (0..100).map(|id| pause(&backoff, id, 5)).collect();
        let distinct: std::collections::HashSet<_> = pauses.iter().collect();
        assert!(distinct.len() > 80, "{}", distinct.len());
        assert_eq!(pauses, (0..100).map(|id| pause(&backoff, id, 5)).collect::<Vec<_>>());
    }

    #[test]
    fn a_schedule_without_end_overflows_nowhere() {
        let endless = Backoff { first: Duration::MAX, longest: Duration::MAX, attempts: u32::MAX };
        assert_eq!(endless.next(Uuid::nil(), 40, now(), &DOWN), Next::Park);
    }
}
