//! A new calendar: the open limits that were reckoned with another one are looked at anew (invariant 4, domain.md J10).

use chrono::TimeDelta;
use domain::time::Instant;

use crate::clockwork::{Automation, Error};

/// After a pass, how long until the next one. A case of a process that did not know the new calendar yet is found then.
const AGAIN: TimeDelta = TimeDelta::hours(1);

/// How far a pass over the open cases has come. Forgotten at a restart: a case that is looked at twice changes nothing.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    version: String,
    after: i64,
    finished_at: Option<Instant>,
}

impl Automation {
    /// Looks at a batch of cases; answers how many. Most keep their deadlines: then nothing is recorded.
    pub(crate) async fn recompute(&self) -> Result<usize, Error> {
        let now = self.application.now();
        let version = self.application.reference().calendar().version().to_owned();
        let after = {
            let progress = &mut self.memory().recompute;
            if progress.version != version {
                *progress = Progress { version: version.clone(), ..Progress::default() };
            }
            match progress.finished_at {
                Some(at) if now - at < AGAIN => return Ok(0),
                Some(_) => *progress = Progress { version: version.clone(), ..Progress::default() },
                None => {}
            }
            progress.after
        };
        let cases = self.application.projections.views().open_with_other_calendar(&version, after, self.settings.batch)?;
        for (_, case) in &cases {
            match self.application.recompute(*case).await {
                Ok(_) => self.memory().failures.succeeded(case.0),
                // The next pass comes back to it.
                Err(error) => {
                    tracing::error!(case = %case.0, %error, "deadlines could not be computed anew");
                    self.memory().failures.failed(case.0, now, error.to_string());
                }
            }
        }
        let progress = &mut self.memory().recompute;
        match cases.last() {
            Some((key, _)) => progress.after = *key,
            None => progress.finished_at = Some(now),
        }
        Ok(cases.len())
    }
}
