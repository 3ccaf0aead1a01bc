//! Limits: warned of once and broken once, at their instants (domain.md E7).

use domain::case::Command;
use domain::time::micros;
use projections::DueRow;
use uuid::Uuid;

use crate::clockwork::{Automation, Error};

/// The job's name in the log.
const JOB: &str = "limits";

impl Automation {
    /// A batch of due acts, oldest first.
    pub(crate) fn due_limits(&self) -> Result<Vec<DueRow>, Error> {
        let resting = self.memory().failures.count();
        let views = self.application.projections.views();
        Ok(views.due_until(self.application.now(), self.settings.batch.saturating_add(resting))?)
    }

    /// Records due acts; answers how many were new. A case that fails rests and the others go on.
    pub(crate) async fn keep_limits(&self, due: Vec<DueRow>) -> usize {
        let now = self.application.now();
        let mut done = 0;
        for row in due {
            if self.memory().failures.rests(row.case.0, now) {
                continue;
            }
            let command = Command::Tick { clock: row.clock, round: row.round, act: row.act };
            let meta = self.application.job(JOB, command_id(&row));
            match self.application.on_case(&meta, row.case, &command).await {
                Ok(outcome) => {
                    self.memory().failures.succeeded(row.case.0);
                    done += usize::from(outcome.events > 0);
                }
                Err(error) => {
                    tracing::error!(case = %row.case.0, clock = row.clock.code(), act = row.act.code(), %error, "a limit could not be recorded");
                    self.memory().failures.failed(row.case.0, now, error.to_string());
                }
            }
        }
        done
    }
}

/// The second belt: the same act has the same id in every process. The instant belongs to it, since one kind of limit can
/// run twice in a round (after a send-back, or with another due instant after a recomputation).
fn command_id(row: &DueRow) -> Uuid {
    let name = format!("{}/{}/{}/{}", row.clock.code(), row.round, row.act.code(), micros(row.at));
    Uuid::new_v5(&row.case.0, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use domain::case::{Act, ClockKind};
    use domain::ids::CaseId;
    use domain::time::from_micros;

    use super::*;

    #[test]
    fn the_same_act_has_one_id_and_every_other_act_another() {
        let row = DueRow { at: from_micros(5), case: CaseId(Uuid::from_u128(1)), clock: ClockKind::Handle, round: 1, act: Act::Breach };
        let others = [
            DueRow { at: from_micros(6), ..row.clone() },
            DueRow { round: 2, ..row.clone() },
            DueRow { act: Act::Warn, ..row.clone() },
            DueRow { clock: ClockKind::Total, ..row.clone() },
            DueRow { case: CaseId(Uuid::from_u128(2)), ..row.clone() },
        ];
        assert_eq!(command_id(&row), command_id(&row.clone()));
        assert!(others.iter().all(|other| command_id(other) != command_id(&row)));
    }
}
