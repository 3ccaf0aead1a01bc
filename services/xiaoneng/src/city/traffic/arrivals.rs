//! When demands come: by the hour and the kind of the day.

use crate::city::hours::{Hours, hour_of};
use crate::city::random::Random;

const HOUR: i64 = 3_600_000_000;
/// Weight of each hour of a legal day.
const CURVE: [f64; 24] = [
    4.0, 2.0, 1.0, 1.0, 1.0, 2.0, 6.0, 20.0, 60.0, 95.0, 100.0, 85.0, 45.0, 55.0, 85.0, 95.0, 85.0, 60.0, 40.0, 35.0, 32.0, 25.0, 15.0, 8.0,
];
/// A day off brings about half.
const DAY_OFF: f64 = 0.52;
/// The last days are busier, so that the worklists of a demo are full.
const BUSY_DAYS: i64 = 6;
const BUSY: f64 = 1.8;

/// The instants of `count` demands in `[from, to)`, in order.
pub fn spread(hours: &Hours, seed: u64, count: usize, from: i64, to: i64) -> Vec<i64> {
    let mut random = Random::new(seed ^ 0xa771_7a15);
    let mut sum = 0.0;
    let mut buckets = Vec::new();
    let mut at = from;
    while at < to {
        let end = (at + HOUR).min(to);
        let day = if hours.is_workday(at) { 1.0 } else { DAY_OFF };
        let busy = if to - at < BUSY_DAYS * 24 * HOUR { BUSY } else { 1.0 };
        sum += CURVE[hour_of(at)] * day * busy * (end - at) as f64 / HOUR as f64;
        buckets.push((sum, at, end));
        at = end;
    }
    let mut all: Vec<i64> = Vec::with_capacity(count);
    let mut bucket = 0;
    for index in 0..count {
        let place = (index as f64 + random.share()) / count as f64 * sum;
        while bucket + 1 < buckets.len() && buckets[bucket].0 < place {
            bucket += 1;
        }
        let Some((_, begin, end)) = buckets.get(bucket) else { break };
        all.push(random.between(*begin, end - 1));
    }
    all.sort_unstable();
    all
}
