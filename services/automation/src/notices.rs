//! Notices: what events owe is put on record, and what is due is claimed, sent and recorded.
//!
//! The claim comes before the sending. Whoever dies in between leaves claims that another process takes over, and the
//! same notices go out under the same ids: twice at worst, never as other messages.
//!
//! Several are in work at once: their appends share the log's commits, and one slow answer holds up few. While others are at
//! work they go one by one, so that nobody who waits for a page waits for them.

use domain::calendar::Calendar;
use domain::ids::NoticeId;
use domain::notice::{About, Dropped, Failed, Notice, NoticeEvent, Recipient, Sent};
use domain::time::{CHINA, Instant, legal_day};
use futures_util::StreamExt as _;
use futures_util::stream;
use projections::{Missing, NoticeRow, Reference};
use uuid::Uuid;

use application::{Actor, Meta, NOTICES};

use crate::clockwork::{Automation, Error, Worked};
use crate::delivery::DeliveryError;
use crate::delivery::backoff::{Backoff, Next};
use crate::delivery::quiet::{QuietHours, next_allowed};
use crate::letters::{Letter, of_case, of_duty};

/// Rows read in quiet hours, when the urgent ones have to be found among all that wait for the morning.
const NIGHT: usize = 10_000;
/// Notices put on record at once: no outside server is asked, and the log commits what comes together as a group.
const OWED_AT_ONCE: usize = 16;
/// No break is longer than this many days.
const LONGEST_BREAK: usize = 30;

/// What became of one due notice.
enum Outcome {
    Sent,
    Dropped,
    Failed,
    /// Another process has it, or it waits.
    Nothing,
}

impl Automation {
    /// A batch of what events owe and is not on record.
    pub(crate) fn missing_notices(&self) -> Result<Vec<Missing>, Error> {
        let resting = self.memory().failures.count();
        // What happened long ago owes nothing any more: a restored log or a generated city must not write to everybody.
        let since = self.application.now() - chrono::TimeDelta::hours(i64::from(self.settings.notices_within_hours));
        Ok(self.application.projections.views().missing_notices(since, self.settings.batch.saturating_add(resting))?)
    }

    /// A batch of what is due; in quiet hours the urgent ones alone.
    pub(crate) fn due_notices(&self) -> Result<Vec<NoticeRow>, Error> {
        let now = self.application.now();
        let night = next_allowed(now, false, &self.settings.quiet()) > now;
        let limit = if night { NIGHT } else { self.settings.batch.saturating_add(self.memory().failures.count()) };
        let due = self.application.projections.views().due_notices(now, limit)?;
        let memory = self.memory();
        let open = due.into_iter().filter(|row| (!night || row.state.owed.urgent) && !memory.failures.rests(row.id.0, now));
        Ok(open.take(self.settings.batch).collect())
    }

    /// Puts on record what is owed; answers how many notices were new.
    pub(crate) async fn owe_notices(&self, missing: Vec<Missing>) -> usize {
        let now = self.application.now();
        let reference = self.application.reference();
        let owing = missing.into_iter().map(|one| self.owe_one(one, now, &reference));
        stream::iter(owing).buffer_unordered(self.at_once(OWED_AT_ONCE)).filter(|new| std::future::ready(*new)).count().await
    }

    fn at_once(&self, most: usize) -> usize {
        if self.memory().rush { 1 } else { most }
    }

    async fn owe_one(&self, one: Missing, now: Instant, reference: &Reference) -> bool {
        if self.memory().failures.rests(one.id.0, now) {
            return false;
        }
        let not_before = allowed(now, one.urgent, &one.to, &self.settings.quiet(), reference.calendar());
        let notice = Notice { kind: one.kind, about: one.about, event: one.event, to: one.to, urgent: one.urgent, not_before };
        let meta = self.application.job(NOTICES, one.id.0);
        match self.application.owe_notice(&meta, notice).await {
            Ok(done) => {
                self.memory().failures.succeeded(one.id.0);
                done.events > 0
            }
            Err(error) => {
                self.notice_failed(one.id, now, &error);
                false
            }
        }
    }

    /// Claims and sends.
    pub(crate) async fn send_notices(&self, due: Vec<NoticeRow>) -> Worked {
        let now = self.application.now();
        let sending = due.into_iter().map(|row| self.send_and_count(row, now));
        stream::iter(sending)
            .buffer_unordered(self.at_once(self.settings.at_once))
            .fold(Worked::default(), async |sum, one| sum.and(one))
            .await
    }

    async fn send_and_count(&self, row: NoticeRow, now: Instant) -> Worked {
        let worked = match self.send_one(&row, now).await {
            Ok(Outcome::Sent) => Worked { sent: 1, ..Worked::default() },
            Ok(Outcome::Dropped) => Worked { dropped: 1, ..Worked::default() },
            Ok(Outcome::Failed) => Worked { failed: 1, ..Worked::default() },
            Ok(Outcome::Nothing) => Worked::default(),
            Err(error) => {
                self.notice_failed(row.id, now, &error);
                return Worked::default();
            }
        };
        self.memory().failures.succeeded(row.id.0);
        worked
    }

    async fn send_one(&self, row: &NoticeRow, now: Instant) -> Result<Outcome, application::Error> {
        let meta = self.application.job(NOTICES, Uuid::nil());
        let (claim, before) = self.application.claim_notice(&meta, row.id).await?;
        if claim.events == 0 {
            return Ok(Outcome::Nothing);
        }
        let reference = self.application.reference();
        let messages = match self.letter(row.id, &before.owed, &reference, now).await? {
            Letter::Messages(messages) => messages,
            Letter::Moot(reason) => {
                self.record(&meta, row.id, Dropped { reason: reason.to_owned() }).await?;
                return Ok(Outcome::Dropped);
            }
        };
        // One reader who cannot be reached does not keep it from the others; a repeat reaches them under the same ids.
        let mut error: Option<DeliveryError> = None;
        let mut arrived = false;
        for message in &messages {
            match self.carrier.send(message, now).await {
                Ok(_) => arrived = true,
                Err(failed) => match &error {
                    Some(DeliveryError::Temporary(_)) => {}
                    _ => error = Some(failed),
                },
            }
        }
        let error = match error {
            Some(error) if !(arrived && error.is_permanent()) => error,
            _ => {
                self.record(&meta, row.id, Sent { carrier: self.settings.carrier.name().to_owned() }).await?;
                return Ok(Outcome::Sent);
            }
        };
        let attempts = before.attempts.saturating_add(1);
        let retry_at = match Backoff::default().next(row.id.0, u32::from(attempts), now, &error) {
            Next::RetryAt(at) => Some(allowed(at, before.owed.urgent, &before.owed.to, &self.settings.quiet(), reference.calendar())),
            Next::Park => None,
        };
        tracing::warn!(notice = %row.id.0, attempts, parked = retry_at.is_none(), %error, "a notice was not delivered");
        self.record(&meta, row.id, Failed { reason: error.to_string(), retry_at }).await?;
        Ok(Outcome::Failed)
    }

    /// What a notice says now, and to whom.
    async fn letter(&self, id: NoticeId, owed: &Notice, reference: &Reference, now: Instant) -> Result<Letter, application::Error> {
        let (site, carrier) = (self.settings.site(), &self.settings.carrier);
        match &owed.about {
            About::Case(case) => {
                let opened = self.application.open_case(&Actor::Automation(NOTICES), *case).await?;
                Ok(of_case(id.0, owed, &opened, reference, &site, carrier, now))
            }
            About::Duty { stream, task, since } => {
                let views = self.application.projections.views();
                let standing = owed.to.holder().map_or(Ok(None), |holder| views.duty(stream, &holder, task, *since));
                let standing = standing.map_err(|error| application::Error::Internal(error.to_string()))?;
                Ok(of_duty(id.0, owed, standing.as_ref(), reference, &site, carrier, now))
            }
        }
    }

    async fn record(&self, meta: &Meta, id: NoticeId, outcome: impl Into<NoticeEvent>) -> Result<(), application::Error> {
        self.application.record_notice(meta, id, outcome.into()).await?;
        Ok(())
    }

    fn notice_failed(&self, id: NoticeId, now: Instant, error: &application::Error) {
        tracing::error!(notice = %id.0, %error, "a notice could not be worked on");
        self.memory().failures.failed(id.0, now, error.to_string());
    }
}

/// From when on a notice may go out: not in quiet hours, and to staff not on days off (domain.md E8). Urgent: at once.
fn allowed(from: Instant, urgent: bool, to: &Recipient, quiet: &QuietHours, calendar: &Calendar) -> Instant {
    let mut at = next_allowed(from, urgent, quiet);
    if urgent || *to == Recipient::Petitioner {
        return at;
    }
    for _ in 0..LONGEST_BREAK {
        let day = legal_day(at);
        if calendar.day(day).kind.is_workday() {
            break;
        }
        let Some(midnight) = day.succ_opt().and_then(|next| next.and_time(chrono::NaiveTime::MIN).and_local_timezone(CHINA).single())
        else {
            break;
        };
        at = next_allowed(midnight.to_utc(), false, quiet);
    }
    at
}

#[cfg(test)]
mod tests {
    use domain::ids::UnitCode;

    use super::*;

    fn at(text: &str) -> Instant {
        format!("{text}+08:00").parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().to_utc()
    }

    #[test]
    fn staff_are_left_alone_at_night_and_on_days_off_and_petitioners_at_night() {
        let unit = Recipient::Unit(UnitCode::parse("a").unwrap());
        let (quiet, calendar) = (QuietHours::default(), Calendar::official());
        for (from, to_staff, to_petitioner) in [
            ("2026-05-07T15:00:00", "2026-05-07T15:00:00", "2026-05-07T15:00:00"),
            ("2026-05-07T22:00:00", "2026-05-08T08:00:00", "2026-05-08T08:00:00"),
            // Friday night; the Saturday of 9 May 2026 is worked.
            ("2026-05-08T22:00:00", "2026-05-09T08:00:00", "2026-05-09T08:00:00"),
            ("2026-05-09T22:00:00", "2026-05-11T08:00:00", "2026-05-10T08:00:00"),
            ("2026-05-10T10:00:00", "2026-05-11T08:00:00", "2026-05-10T10:00:00"),
        ] {
            assert_eq!(allowed(at(from), false, &unit, &quiet, &calendar), at(to_staff), "{from}");
            assert_eq!(allowed(at(from), false, &Recipient::Petitioner, &quiet, &calendar), at(to_petitioner), "{from}");
            assert_eq!(allowed(at(from), true, &unit, &quiet, &calendar), at(from), "{from}");
        }
    }
}
