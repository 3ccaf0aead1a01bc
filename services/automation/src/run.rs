//! Automation in service: two loops, so that limits never wait for a slow mail server.

use std::sync::Arc;
use std::time::Duration;

use application::founding::closed_day;
use chrono::{DateTime, TimeDelta};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clockwork::{Automation, Error, Worked};
use crate::daily::said;

/// Between two ticks that the log woke: a rush of filings does not become a rush of ticks.
const BREATH: Duration = Duration::from_millis(50);

/// The longest rest of notices in a rush: a tick that asks for more waited for a slow server, not for a core.
const LONGEST_REST: Duration = Duration::from_millis(1_500);

/// The running loops. Dropping it lets them run on until the program ends.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    loops: Vec<JoinHandle<()>>,
}

impl Running {
    /// Stops after the acts that are in work, and waits for that. A delivery in work is waited for as well.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for one in self.loops {
            if let Err(error) = one.await {
                tracing::error!(%error, "a loop of automation ended badly");
            }
        }
    }
}

/// Between two tries to close a day.
const DAY_REST: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Clone, Copy)]
enum Part {
    Clocks,
    Notices,
}

/// Starts the loops; erasures that a crash interrupted are driven on first.
pub fn spawn(automation: Arc<Automation>) -> Running {
    let (stop, stopped) = watch::channel(false);
    let work = |part| tokio::spawn(work(automation.clone(), part, stopped.clone()));
    Running { loops: vec![work(Part::Clocks), work(Part::Notices)], stop }
}

async fn work(automation: Arc<Automation>, part: Part, mut stop: watch::Receiver<bool>) {
    let mut noticed = automation.application.log.watch();
    let mut erasures_open = matches!(part, Part::Clocks);
    let (mut closed, mut rests_until) = (None, DateTime::UNIX_EPOCH);
    while !*stop.borrow() {
        noticed.borrow_and_update();
        if erasures_open {
            let own = automation.clone();
            match apart(async move { own.finish_erasures().await }).await {
                Ok(keys) => {
                    erasures_open = false;
                    if keys > 0 {
                        tracing::warn!(keys, "erasures that were interrupted have been finished");
                    }
                }
                Err(error) => automation.failed_as_a_whole(error.to_string()),
            }
        }
        // Once is enough, whoever does it.
        let now = automation.application.now();
        if matches!(part, Part::Clocks) && closed != closed_day(now) && now >= rests_until {
            let own = automation.clone();
            match apart(async move { own.close_day().await }).await {
                Ok(day) => closed = day,
                Err(error) => {
                    rests_until = now + DAY_REST;
                    // Once more: a panic had no time to say so itself.
                    automation.memory().health.day_error = Some(said(&error));
                    tracing::error!(?error, "the day could not be closed");
                }
            }
        }
        let started = tokio::time::Instant::now();
        let worked = one(&automation, part).await;
        if worked.any() {
            // The views need a moment for what was just recorded; the tick itself waits for them. Notices give way: in a
            // rush they take about a tenth of one core, and what waits goes out when the rush is over.
            if matches!(part, Part::Notices) && automation.memory().rush {
                let rest = (started.elapsed() * 9).min(LONGEST_REST);
                tokio::select! {
                    () = tokio::time::sleep(rest) => {}
                    _ = stop.changed() => {}
                }
            }
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(pause(&automation)) => {}
            changed = noticed.changed() => {
                let rest = if changed.is_ok() { BREATH } else { pause(&automation) };
                tokio::select! {
                    () = tokio::time::sleep(rest) => {}
                    _ = stop.changed() => {}
                }
            }
            _ = stop.changed() => {}
        }
    }
}

/// Work in a task of its own: whatever panics in it, a carrier for instance, ends that work and nothing else.
async fn apart<T: Send + 'static>(work: impl Future<Output = Result<T, Error>> + Send + 'static) -> Result<T, Error> {
    tokio::spawn(work).await.unwrap_or(Err(Error::Broken))
}

/// One tick.
async fn one(automation: &Arc<Automation>, part: Part) -> Worked {
    let own = automation.clone();
    let tick = apart(async move {
        match part {
            Part::Clocks => own.tick_clocks().await,
            Part::Notices => own.tick_notices().await,
        }
    });
    tick.await.unwrap_or_else(|error| {
        tracing::error!(?part, %error, "a tick failed");
        automation.failed_as_a_whole(error.to_string());
        Worked::default()
    })
}

/// Until something is due, at most the poll of the settings, at least a breath.
fn pause(automation: &Automation) -> Duration {
    let poll = Duration::from_millis(automation.settings.poll_millis).max(BREATH);
    let due = match automation.next_at() {
        Ok(Some(at)) => (at - automation.application.now()).to_std().unwrap_or(poll),
        Ok(None) | Err(_) => poll,
    };
    due.clamp(BREATH, poll)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_is_an_error_like_any_other() {
        assert_eq!(apart(async { Ok(7) }).await, Ok(7));
        assert_eq!(apart::<u8>(async { panic!("broken on purpose") }).await, Err(Error::Broken));
    }
}
