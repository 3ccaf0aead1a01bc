//! Beside a load: how far the log reaches and how far the views, each tenth of a second, and the memory of the server.
//!
//! The files are read as they lie. Opening the log as a log would write its high-water record as well.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ::tests::Outcome;
use rusqlite::{Connection, OpenFlags};

/// Between two samples.
const EACH: Duration = Duration::from_millis(100);

/// One look.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    log: u64,
    views: u64,
    rss: u64,
}

/// What was seen meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Events appended per second, from the first sample to the last.
    pub events_per_second: f64,
    /// Events appended.
    pub events: u64,
    /// How old the views were, seconds: half of the samples, 99 of 100, the oldest.
    pub lag: [f64; 3],
    /// Highest resident memory among the samples, MiB.
    pub rss: f64,
}

/// Looks on until it is told to end.
pub struct Watch {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Outcome<Vec<Sample>>>,
}

impl Watch {
    /// Begins to look at a directory and the server on it.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn begin(dir: &Path, server: u32) -> Outcome<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let log = Connection::open_with_flags(dir.join("log.db"), flags)?;
        let views = Connection::open_with_flags(dir.join("views.db"), flags)?;
        for connection in [&log, &views] {
            connection.busy_timeout(Duration::from_secs(5))?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let thread = std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let mut samples = Vec::new();
            while !told.load(Ordering::Relaxed) {
                samples.push(look(&log, &views, server)?);
                std::thread::sleep(EACH);
            }
            samples.push(look(&log, &views, server)?);
            Ok(samples)
        })?;
        Ok(Self { stop, thread })
    }

    /// Ends it.
    ///
    /// # Errors
    /// When a look failed.
    pub fn end(self) -> Outcome<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        let samples = self.thread.join().map_err(|_| "the watch panicked")??;
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Err("nothing was seen".into()) };
        let mut lags = lags(&samples);
        lags.sort_by(f64::total_cmp);
        let at = |part: f64| lags.get(((lags.len() as f64 * part) as usize).min(lags.len().saturating_sub(1))).copied().unwrap_or_default();
        let events = last.log - first.log;
        Ok(Seen {
            events_per_second: events as f64 / (last.at - first.at).as_secs_f64().max(1e-9),
            events,
            lag: [at(0.5), at(0.99), at(1.0)],
            rss: samples.iter().map(|sample| sample.rss).max().unwrap_or_default() as f64 / 1_024.0,
        })
    }
}

fn look(log: &Connection, views: &Connection, server: u32) -> Outcome<Sample> {
    // The views first: an event that comes in between makes them look older, never newer.
    let number = |connection: &Connection, sql: &str| -> Outcome<u64> {
        Ok(u64::try_from(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?)?)
    };
    let views = number(views, "SELECT seq FROM meta")?;
    let log = number(log, "SELECT size FROM head WHERE one = 1")?;
    let status = std::fs::read_to_string(format!("/proc/{server}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no memory")?;
    let rss = line.split_ascii_whitespace().next().ok_or("no number")?.parse()?;
    Ok(Sample { at: Instant::now(), log, views, rss })
}

/// For each sample the seconds until the views held what the log held then; to the end when they never did.
fn lags(samples: &[Sample]) -> Vec<f64> {
    let mut reached = 0;
    let mut lags = Vec::with_capacity(samples.len());
    for (place, sample) in samples.iter().enumerate() {
        reached = reached.max(place);
        while samples.get(reached).is_some_and(|later| later.views < sample.log) {
            reached += 1;
        }
        let until = samples.get(reached).or(samples.last()).map_or(sample.at, |later| later.at);
        lags.push((until - sample.at).as_secs_f64());
    }
    lags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_as_old_as_it_takes_them_to_reach_what_the_log_held() {
        let start = Instant::now();
        let sample = |tenths: u64, log, views| Sample { at: start + Duration::from_millis(tenths * 100), log, views, rss: 1 };
        let samples = [sample(0, 10, 10), sample(1, 20, 10), sample(2, 30, 15), sample(3, 30, 25), sample(4, 30, 28)];
        let tenths: Vec<u64> = lags(&samples).into_iter().map(|seconds| (seconds * 10.0).round() as u64).collect();
        assert_eq!(tenths, [0, 2, 2, 1, 0]);
    }
}
