//! The round once a second: probe the log, look at everything, keep the latest report for those who ask.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use event_log::AppendError;
use tokio::task::JoinHandle;

use super::{Operate, Report, checks, observe};

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(1);
/// Longest wait for the writer to answer a probe.
const PATIENCE: Duration = Duration::from_secs(2);
/// A report older than this is no answer: the rounds do not go on.
const STALE: Duration = Duration::from_secs(10);
/// Seconds by which the clock may leave the even time between two rounds. Forward more, for a busy machine sleeps too.
const BACK: i64 = -2;
const FORWARD: i64 = 60;
/// How long a step of the clock is told.
const TOLD: Duration = Duration::from_secs(3_600);

/// What is kept from round to round.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Why the latest probe failed.
    pub(super) probe_fault: Option<String>,
    /// When the clock was last set, and by how many seconds.
    pub(super) stepped: Option<(domain::time::Instant, i64)>,
    report: Option<(Instant, Arc<Report>)>,
    /// Commits of the log counted at the latest probe or since, and when they last grew.
    commits: Option<(u64, Instant)>,
    even: Option<(domain::time::Instant, Instant)>,
    stepped_at: Option<Instant>,
    probe: Option<JoinHandle<Result<(), AppendError>>>,
}

impl Watched {
    /// Compares the clock with the even time since the last round.
    fn clock(&mut self, wall: domain::time::Instant, even: Instant) {
        if let Some((last_wall, last_even)) = self.even.replace((wall, even)) {
            let passed = i64::try_from(even.duration_since(last_even).as_millis()).unwrap_or(i64::MAX);
            let step = ((wall - last_wall).num_milliseconds() - passed) / 1_000;
            if !(BACK..=FORWARD).contains(&step) {
                tracing::warn!(seconds = step, "the clock was set");
                (self.stepped, self.stepped_at) = (Some((wall, step)), Some(even));
            }
        }
        if self.stepped_at.is_some_and(|at| even.duration_since(at) > TOLD) {
            (self.stepped, self.stepped_at) = (None, None);
        }
    }
}

impl Operate {
    /// Goes on until it is dropped; calls `alive` after each round, which shows that the program is not stuck.
    pub async fn watch(self: Arc<Self>, alive: impl Fn()) {
        loop {
            self.round().await;
            alive();
            tokio::time::sleep(ROUND).await;
        }
    }

    /// One round.
    pub async fn round(&self) {
        self.probe().await;
        self.watched().clock(self.app.now(), Instant::now());
        let seen = observe::observe(self).await;
        let report = Arc::new(checks::judge(&seen, &self.settings));
        let mut watched = self.watched();
        let before = watched.report.replace((Instant::now(), report.clone()));
        drop(watched);
        if before.is_none_or(|(_, before)| before.ready() != report.ready()) {
            tell(&report);
        }
    }

    /// The report of the latest round; `None` before the first and when the rounds do not go on.
    pub fn latest(&self) -> Option<Arc<Report>> {
        let (at, report) = self.watched().report.clone()?;
        (at.elapsed() < STALE).then_some(report)
    }

    /// Tries to write when nothing was written for a while, and at every round while writing fails. One try at a time: a
    /// writer that does not answer is not sent another.
    async fn probe(&self) {
        let stats = self.app.log.stats();
        let commits = stats.map_or(0, |stats| stats.commits.read().count);
        let writable = stats.is_none_or(|stats| stats.writable.load(Relaxed));
        let pending = {
            let mut watched = self.watched();
            let rest = Duration::from_secs(self.settings.probe_seconds);
            let grown = watched.commits.is_some_and(|(known, _)| known != commits);
            let fresh = watched.commits.is_some_and(|(_, at)| at.elapsed() < rest);
            if writable && (grown || (fresh && watched.probe_fault.is_none())) {
                if grown {
                    watched.commits = Some((commits, Instant::now()));
                    watched.probe_fault = None;
                }
                return;
            }
            watched.probe.take()
        };
        let mut probe = pending.unwrap_or_else(|| {
            let log = self.app.log.clone();
            tokio::spawn(async move { log.probe().await })
        });
        let (fault, left) = match tokio::time::timeout(PATIENCE, &mut probe).await {
            Ok(Ok(Ok(()))) => (None, None),
            Ok(Ok(Err(error))) => (Some(error.to_string()), None),
            Ok(Err(_)) => (Some("写入检查没有完成，详见运行日志".to_owned()), None),
            Err(_) => (Some("写入没有应答".to_owned()), Some(probe)),
        };
        let mut watched = self.watched();
        watched.commits = Some((commits, Instant::now()));
        (watched.probe_fault, watched.probe) = (fault, left);
    }
}

/// Once for each change, so that the journal says when and why.
fn tell(report: &Report) {
    if report.ready() {
        tracing::info!("ready");
        return;
    }
    for check in report.checks.iter().filter(|check| check.level == checks::Level::Bad && check.kind.blocks()) {
        tracing::warn!(check = check.kind.code(), detail = %check.detail, "not ready");
    }
}

#[cfg(test)]
mod tests {
    use domain::time::from_micros;

    use super::*;

    #[test]
    fn a_clock_that_was_set_is_told_for_an_hour() {
        let mut watched = Watched::default();
        let (wall, even) = (|seconds: i64| from_micros(seconds * 1_000_000), Instant::now());
        let after = |seconds| even + Duration::from_secs(seconds);
        watched.clock(wall(1_000), even);
        watched.clock(wall(1_001), after(1));
        watched.clock(wall(1_050), after(2));
        assert_eq!(watched.stepped, None, "a busy machine is no step");
        watched.clock(wall(950), after(3));
        assert_eq!(watched.stepped, Some((wall(950), -101)));
        watched.clock(wall(951), after(4));
        assert_eq!(watched.stepped, Some((wall(950), -101)));
        watched.clock(wall(951 + 3_600), after(4 + 3_600));
        assert_eq!(watched.stepped, None);
        watched.clock(wall(951 + 7_300), after(5 + 3_600));
        assert_eq!(watched.stepped, Some((wall(951 + 7_300), 3_699)));
    }
}
