//! How often one address may knock: a count per minute, in memory, bounded.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::time::Instant;

/// Addresses kept.
const MOST: usize = 100_000;

/// Counts per address in the running minute.
#[derive(Debug, Default)]
pub struct Limiter(Mutex<(i64, HashMap<String, u32>)>);

impl Limiter {
    /// One more from this address; the seconds to wait when it is one too many. `per_minute` 0 = no limit.
    pub fn knock(&self, address: &str, per_minute: u32, now: Instant) -> Option<u64> {
        if per_minute == 0 {
            return None;
        }
        let seconds = now.timestamp();
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.0 != seconds / 60 || guard.1.len() >= MOST {
            *guard = (seconds / 60, HashMap::new());
        }
        let count = guard.1.entry(address.to_owned()).or_insert(0);
        *count += 1;
        (*count > per_minute).then(|| u64::try_from(60 - seconds % 60).unwrap_or(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_too_many_waits_until_the_minute_is_over() {
        let at = |seconds: i64| domain::time::from_micros(seconds * 1_000_000);
        let limiter = Limiter::default();
        assert_eq!(limiter.knock("a", 2, at(5)), None);
        assert_eq!(limiter.knock("a", 2, at(6)), None);
        assert_eq!(limiter.knock("a", 2, at(7)), Some(53));
        assert_eq!(limiter.knock("b", 2, at(7)), None);
        assert_eq!(limiter.knock("a", 2, at(61)), None);
    }
}
