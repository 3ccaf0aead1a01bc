//! How old the views are: since when the log has held something that they do not.
//!
//! A log that is quiet for an hour and then gets an event does not make views an hour old: what counts is when the head
//! that they have not reached yet was noticed. Kept are a few such moments, so that views which trail the log at a steady
//! distance are as old as that distance.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Between two moments that are kept.
const STEP: Duration = Duration::from_millis(100);
/// Moments kept; when there are more, every second one goes and the oldest stays.
const MOST: usize = 256;

/// What is known of the distance.
#[derive(Debug, Default)]
pub(crate) struct Lag {
    /// A head of the log and when it was noticed, both rising.
    moments: VecDeque<(u64, Instant)>,
    /// Since when the log cannot be read.
    lost: Option<Instant>,
}

impl Lag {
    /// Takes notice of both ends and says how old the views are.
    pub(crate) fn age(&mut self, head: u64, position: u64, now: Instant) -> Duration {
        while self.moments.front().is_some_and(|(head, _)| *head <= position) {
            self.moments.pop_front();
        }
        let newer = self.moments.back().is_none_or(|(known, at)| *known < head && now.duration_since(*at) >= STEP);
        if head > position && newer {
            if self.moments.len() == MOST {
                let mut place = 0;
                self.moments.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
            }
            self.moments.push_back((head, now));
        }
        let since = [self.moments.front().map(|(_, at)| *at), self.lost].into_iter().flatten().min();
        since.map_or(Duration::ZERO, |since| now.duration_since(since))
    }

    /// The log cannot be read: nobody knows what it holds by now.
    pub(crate) fn lost(&mut self, now: Instant) {
        self.lost.get_or_insert(now);
    }

    /// The log can be read.
    pub(crate) fn found(&mut self) {
        self.lost = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_as_old_as_the_first_event_that_they_lack_and_new_when_they_have_reached_it() {
        let (mut lag, start) = (Lag::default(), Instant::now());
        let at = |millis: u64| start + Duration::from_millis(millis);
        // A quiet hour, then an event: a moment old, not an hour.
        assert_eq!(lag.age(5, 5, at(0)), Duration::ZERO);
        assert_eq!(lag.age(6, 5, at(3_600_000)), Duration::ZERO);
        assert_eq!(lag.age(6, 5, at(3_600_020)), Duration::from_millis(20));
        assert_eq!(lag.age(6, 6, at(3_600_040)), Duration::ZERO);
        // A rush: 10 events each tenth of a second, taken in two seconds later.
        let mut seen = Vec::new();
        for tick in 0..100_u64 {
            let (head, position) = (6 + tick * 10, (6 + tick * 10).saturating_sub(200).max(6));
            seen.push(lag.age(head, position, at(4_000_000 + tick * 100)));
        }
        assert_eq!(seen[99], Duration::from_millis(1_900));
        assert!(seen[30..].iter().all(|age| *age == Duration::from_millis(1_900)), "{seen:?}");
    }

    #[test]
    fn views_that_stand_still_age_and_what_is_kept_stays_small() {
        let (mut lag, start) = (Lag::default(), Instant::now());
        for tick in 0..10_000_u64 {
            let now = start + Duration::from_millis(tick * 100);
            assert_eq!(lag.age(tick + 2, 1, now), Duration::from_millis(tick * 100));
        }
        assert!(lag.moments.len() <= MOST);
        assert_eq!(lag.age(10_001, 10_001, start + Duration::from_secs(2_000)), Duration::ZERO);
    }

    #[test]
    fn views_of_a_log_that_cannot_be_read_age_although_nothing_new_is_known() {
        let (mut lag, start) = (Lag::default(), Instant::now());
        assert_eq!(lag.age(7, 7, start), Duration::ZERO);
        lag.lost(start);
        lag.lost(start + Duration::from_secs(2));
        assert_eq!(lag.age(7, 7, start + Duration::from_secs(3)), Duration::from_secs(3));
        lag.found();
        assert_eq!(lag.age(7, 7, start + Duration::from_secs(4)), Duration::ZERO);
    }
}
