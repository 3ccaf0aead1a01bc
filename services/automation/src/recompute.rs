//! A new calendar: the open limits that were reckoned with another one are looked at anew (invariant 4, domain.md J10).

use chrono::TimeDelta;
use domain::ids::CaseId;
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
    /// The next batch of the pass under the current calendar: cases with their keys.
    pub(crate) fn other_calendar(&self) -> Result<Vec<(i64, CaseId)>, Error> {
        let now = self.application.now();
        let version = self.application.reference().calendar().version().to_owned();
        let after = {
            let progress = &mut self.memory().recompute;
            let fresh = Progress { version: version.clone(), ..Progress::default() };
            match progress.finished_at {
                _ if progress.version != version => *progress = fresh,
                Some(at) if now - at < AGAIN => return Ok(Vec::new()),
                Some(_) => *progress = fresh,
                None => {}
            }
            progress.after
        };
        let cases = self.application.projections.views().open_with_other_calendar(&version, after, self.settings.batch)?;
        if cases.is_empty() {
            self.memory().recompute.finished_at = Some(now);
        }
        Ok(cases)
    }

    /// Looks at these cases; answers how many. Most keep their deadlines: then nothing is recorded.
    pub(crate) async fn recompute(&self, cases: Vec<(i64, CaseId)>) -> usize {
        let now = self.application.now();
        for (key, case) in &cases {
            match self.application.recompute(*case).await {
                Ok(_) => self.memory().failures.succeeded(case.0),
                // The next pass comes back to it.
                Err(error) => {
                    tracing::error!(case = %case.0, %error, "deadlines could not be computed anew");
                    self.memory().failures.failed(case.0, now, error.to_string());
                }
            }
            self.memory().recompute.after = *key;
        }
        cases.len()
    }
}
