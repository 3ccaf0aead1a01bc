//! How automation does: for `/readyz`, metrics and the administrator's page.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::time::Instant;
use serde::Serialize;
use uuid::Uuid;

/// The first pause after something failed, in seconds; doubled up to [`LONGEST`].
const FIRST: i64 = 10;
const LONGEST: i64 = 3_600;
/// Failures shown at most.
const SHOWN: usize = 20;

/// How automation does.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Health {
    /// When the last tick that was not skipped ended.
    pub last_tick: Option<Instant>,
    /// Events that the views were behind at the latest tick; it was skipped when this is not 0.
    pub lag: u64,
    /// Ticks skipped because the views were behind.
    pub skipped: u64,
    /// Why the latest tick failed as a whole.
    pub error: Option<String>,
    /// Why the day that is over could not be closed: audit not tied to the log, no head published.
    pub day_error: Option<String>,
    /// Acts of limits recorded since the start.
    pub acts: u64,
    /// Cases looked at because of another calendar since the start.
    pub recomputed: u64,
    /// Notices sent since the start.
    pub sent: u64,
    /// Deliveries that failed since the start.
    pub failed: u64,
    /// Notices that a person has to look at.
    pub parked: u64,
    /// Cases and notices that fail and are tried again.
    pub failing: u64,
    /// The first of those.
    pub failures: Vec<Failing>,
}

/// A case or notice that fails.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failing {
    /// Id of the case or notice.
    pub id: Uuid,
    /// Failures in a row.
    pub failures: u32,
    /// When it is tried again.
    pub retry_at: Instant,
    /// Why; holds nothing personal.
    pub reason: String,
}

/// What failed, and when to try it again. Lives in memory: after a restart everything is tried at once.
#[derive(Debug, Default)]
pub(crate) struct Failures(HashMap<Uuid, Failing>);

impl Failures {
    /// Not to be tried yet. A pause longer than the longest is none: the clock was set back.
    pub(crate) fn rests(&self, id: Uuid, now: Instant) -> bool {
        let pause = |failing: &Failing| failing.retry_at - now;
        self.0.get(&id).is_some_and(|failing| pause(failing) > TimeDelta::zero() && pause(failing) <= TimeDelta::seconds(LONGEST))
    }

    pub(crate) fn failed(&mut self, id: Uuid, now: Instant, reason: String) {
        let failures = self.0.get(&id).map_or(0, |failing| failing.failures).saturating_add(1);
        let pause = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(LONGEST);
        self.0.insert(id, Failing { id, failures, retry_at: now + TimeDelta::seconds(pause), reason });
    }

    pub(crate) fn succeeded(&mut self, id: Uuid) {
        self.0.remove(&id);
    }

    /// Forgets what was not tried again for long although its time came: somebody else did it, or it is owed no more.
    pub(crate) fn forget_settled(&mut self, now: Instant) {
        self.0.retain(|_, failing| now - failing.retry_at < TimeDelta::seconds(LONGEST));
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn shown(&self) -> Vec<Failing> {
        let mut all: Vec<Failing> = self.0.values().cloned().collect();
        all.sort_by(|a, b| b.failures.cmp(&a.failures).then(a.id.cmp(&b.id)));
        all.truncate(SHOWN);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_rests_longer_each_time_up_to_an_hour_and_success_forgets() {
        let (id, now) = (Uuid::from_u128(1), Instant::default());
        let mut failures = Failures::default();
        let mut pauses = Vec::new();
        for _ in 0..12 {
            failures.failed(id, now, "x".to_owned());
            pauses.push((failures.shown()[0].retry_at - now).num_seconds());
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
        assert!(failures.rests(id, now + TimeDelta::seconds(3_599)) && !failures.rests(id, now + TimeDelta::seconds(3_600)));
        assert!(!failures.rests(id, now - TimeDelta::days(1)), "the clock was set back by a day");
        failures.succeeded(id);
        assert!(!failures.rests(id, now) && failures.count() == 0);
    }

    #[test]
    fn given_a_failure_that_another_process_settled_then_it_is_forgotten_an_hour_after_it_would_have_been_tried_again() {
        let (id, now) = (Uuid::from_u128(1), Instant::default());
        let mut failures = Failures::default();
        failures.failed(id, now, "x".to_owned());
        failures.forget_settled(now + TimeDelta::seconds(3_609));
        assert_eq!(failures.count(), 1);
        failures.forget_settled(now + TimeDelta::seconds(3_610));
        assert_eq!(failures.count(), 0);
    }
}
