//! What is done once for each legal day, an hour after it ended: the reading audit of the day is tied to the log, then the
//! head of the log is signed and published.

use application::Actor;
use application::founding::closed_day;
use chrono::NaiveDate;

use crate::clockwork::{Automation, Error};

/// The job's name in the log.
const JOB: &str = "heads";

/// What went wrong, for operators: nothing personal is known here.
pub(crate) fn said(error: &Error) -> String {
    let words = |error: &application::Error| match error {
        application::Error::Internal(words) => words.clone(),
        other => other.to_string(),
    };
    match error {
        Error::Application(error) => words(error),
        Error::Both(one, other) => format!("{}；{}", words(one), words(other)),
        other => other.to_string(),
    }
}

impl Automation {
    /// Does it for the day that is over, whoever of several nodes is first; answers that day. May be called at any time.
    ///
    /// # Errors
    /// When the audit cannot be read, nothing may be signed over the log, or the log cannot be written; [`Error::Both`] when
    /// neither could be done. [`crate::Health`] says so until it succeeds.
    pub async fn close_day(&self) -> Result<Option<NaiveDate>, Error> {
        let day = closed_day(self.application.now());
        let closed = self.close().await;
        self.memory().health.day_error = closed.as_ref().err().map(said);
        closed.map(|()| day)
    }

    async fn close(&self) -> Result<(), Error> {
        // The head does not wait for an audit that cannot be tied to the log now: it protects all else.
        let audit = self.application.close_audit().await;
        let head = self.application.publish_head(Actor::Automation(JOB)).await;
        match (audit, head) {
            (Err(audit), Err(head)) => Err(Error::Both(audit, head)),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error.into()),
            (Ok(_), Ok(_)) => Ok(()),
        }
    }
}
