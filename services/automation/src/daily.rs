//! What is done once for each legal day, an hour after it ended: the reading audit of the day is tied to the log, then the
//! head of the log is signed and published.

use application::Actor;
use application::founding::closed_day;
use chrono::NaiveDate;

use crate::clockwork::{Automation, Error};

/// The job's name in the log.
const JOB: &str = "heads";

impl Automation {
    /// Does it for the day that is over, whoever of several nodes is first; answers that day. May be called at any time.
    ///
    /// # Errors
    /// When the audit cannot be read, nothing may be signed over the log, or the log cannot be written.
    pub async fn close_day(&self) -> Result<Option<NaiveDate>, Error> {
        let day = closed_day(self.application.now());
        self.application.close_audit().await?;
        self.application.publish_head(Actor::Automation(JOB)).await?;
        Ok(day)
    }
}
