//! Escalated matters that have to begin or to follow their cases. Their own times are in the agenda of all streams.

use domain::escalation::TOO_OLD;
use domain::time::micros;
use projections::ExpectedRaise;
use uuid::Uuid;

use crate::clockwork::{Automation, Error};

/// The job's name in the log.
const JOB: &str = "escalation";

/// What is to be done about escalated matters now.
pub(crate) struct Escalations {
    raises: Vec<ExpectedRaise>,
    behind: Vec<(String, u64)>,
}

impl Automation {
    /// A batch of raises that ought to happen, and of matters that have to follow their cases.
    pub(crate) fn due_escalations(&self) -> Result<Escalations, Error> {
        let limit = self.settings.batch.saturating_add(self.memory().failures.count());
        let (views, now) = (self.application.projections.views(), self.application.now());
        Ok(Escalations { raises: views.expected_raises(now - TOO_OLD, now, limit)?, behind: views.escalations_out_of_step(limit)? })
    }

    /// Does it; answers how many changed. What fails rests and the others go on.
    pub(crate) async fn keep_escalations(&self, due: Escalations) -> usize {
        let now = self.application.now();
        let mut done = 0;
        let mut groups: Vec<String> = Vec::new();
        for row in due.raises {
            // The second belt: the same raise has the same id in every process.
            let id = Uuid::new_v5(&row.case.0, format!("escalation/{}/{}", row.trigger, micros(row.at)).as_bytes());
            if self.memory().failures.rests(row.case.0, now) || groups.contains(&row.cluster) {
                continue;
            }
            let meta = self.application.job(JOB, id);
            let outcome = if row.cluster.is_empty() {
                self.application.escalate_by_trigger(&meta, row.case, &row.trigger).await
            } else {
                groups.push(row.cluster.clone());
                match self.application.projections.views().raises_of_cluster(&row.cluster) {
                    Ok(members) => self.application.escalate_cluster(&meta, &row.cluster, &members, row.at).await,
                    Err(error) => Err(application::Error::Internal(error.to_string())),
                }
            };
            done += self.kept(row.case.0, outcome);
        }
        for (stream, revision) in due.behind {
            let id = Uuid::new_v5(&domain::ids::NAMESPACE, format!("{stream}/follows/{revision}").as_bytes());
            if self.memory().failures.rests(id, now) {
                continue;
            }
            let outcome = self.application.tick_escalation(&self.application.job(JOB, id), &stream).await;
            done += self.kept(id, outcome);
        }
        done
    }

    fn kept(&self, id: Uuid, outcome: Result<application::Done, application::Error>) -> usize {
        match outcome {
            Ok(outcome) => {
                self.memory().failures.succeeded(id);
                usize::from(outcome.events > 0)
            }
            Err(error) => {
                tracing::error!(%id, %error, "an escalated matter could not be acted on");
                self.memory().failures.failed(id, self.application.now(), error.to_string());
                0
            }
        }
    }
}
