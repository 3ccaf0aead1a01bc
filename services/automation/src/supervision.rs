//! Streams of supervision that are due: each kind has its own tick in `application`.

use domain::time::{Instant, micros};
use uuid::Uuid;

use crate::clockwork::{Automation, Error};

impl Automation {
    /// A batch of streams that are due, oldest first.
    pub(crate) fn due_streams(&self) -> Result<Vec<(Instant, String)>, Error> {
        let resting = self.memory().failures.count();
        let views = self.application.projections.views();
        Ok(views.agenda_until(self.application.now(), self.settings.batch.saturating_add(resting))?)
    }

    /// Lets the clock act on due streams; answers how many changed. A stream that fails rests and the others go on.
    pub(crate) async fn keep_streams(&self, due: Vec<(Instant, String)>) -> usize {
        let now = self.application.now();
        let mut done = 0;
        for (at, stream) in due {
            let id = Uuid::new_v5(&domain::ids::NAMESPACE, stream.as_bytes());
            if self.memory().failures.rests(id, now) {
                continue;
            }
            // The second belt: the same due act has the same id in every process.
            let meta = self.application.job("supervision", Uuid::new_v5(&id, &micros(at).to_be_bytes()));
            match self.application.tick_stream(&meta, &stream).await {
                Ok(outcome) => {
                    self.memory().failures.succeeded(id);
                    done += usize::from(outcome.events > 0);
                }
                Err(error) => {
                    tracing::error!(%stream, %error, "a due stream could not be acted on");
                    self.memory().failures.failed(id, now, error.to_string());
                }
            }
        }
        done
    }
}
