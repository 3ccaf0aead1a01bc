//! The log's own events: its founding, and the daily hash of the reading audit.

use chrono::{Days, NaiveDate};
use domain::founding::{AuditDayClosed, GENESIS, LogEvent, audit_stream, founded};
use domain::time::{CHINA, Instant, legal_day};
use event_log::{EventLog, Expected};
use uuid::Uuid;
use vault::Vault;

use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{AppendFailure, Application, Done, record};

/// Founds a log: its first event names the hash of the tree. A log that is founded already stays as it is.
///
/// # Errors
/// Log errors.
pub async fn found(log: &dyn EventLog, vault: &Vault, meta: &Meta, at: Instant) -> Result<(), Error> {
    let event = founded(concat!("xiaoneng ", env!("CARGO_PKG_VERSION")));
    match record(log, vault, GENESIS, Expected::NoStream, meta, None, vec![(at, event.into())]).await {
        Ok(_) | Err(AppendFailure::Conflict) => Ok(()),
        Err(AppendFailure::Other(error)) => Err(error),
    }
}

impl Application {
    /// Closes this node's reading audit of yesterday: its hash becomes an event, once for each node and day. Late lines of
    /// that day would show as another hash, so the day is closed an hour after it ended.
    ///
    /// # Errors
    /// [`Error::Internal`] when the audit cannot be read or lines of it cannot be written yet, log errors.
    pub async fn close_audit(&self) -> Result<Option<Done>, Error> {
        let now = self.now();
        let Some(day) = closed_day(now) else { return Ok(None) };
        let (Some(from), Some(to)) = (start(day), day.succ_opt().and_then(start)) else { return Ok(None) };
        let stream = audit_stream(day, self.audit.node());
        if !self.log.read_stream(&stream).await?.is_empty() {
            return Ok(None);
        }
        // A hash over a file that lacks lines would tell of a change that nobody made.
        self.audit.flush().map_err(|fault| Error::Internal(fault.to_string()))?;
        let (lines, hash) = self.audit.hash(from, to).map_err(|e| Error::Internal(e.to_string()))?;
        let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let event: LogEvent = AuditDayClosed { day, lines, hash }.into();
        let meta = Meta::new(Actor::Automation("audit"), Uuid::new_v5(&domain::ids::NAMESPACE, stream.as_bytes()));
        // Another process may be first; then its event stands.
        match record(self.log.as_ref(), &self.vault, &stream, Expected::NoStream, &meta, None, vec![(now, event.into())]).await {
            Ok(appended) => Ok(Some(Done { events: 1, seq: appended.last_seq, revision: appended.last_revision })),
            Err(AppendFailure::Conflict) => Ok(None),
            Err(AppendFailure::Other(error)) => Err(error),
        }
    }
}

/// The latest legal day that is over for an hour: clocks of nodes differ a little, and what was recorded late is in by then.
pub fn closed_day(now: Instant) -> Option<NaiveDate> {
    legal_day(now - chrono::TimeDelta::hours(1)).checked_sub_days(Days::new(1))
}

fn start(day: NaiveDate) -> Option<Instant> {
    Some(day.and_time(chrono::NaiveTime::MIN).and_local_timezone(CHINA).single()?.to_utc())
}
