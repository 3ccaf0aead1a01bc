//! Notices: what is owed and not yet on record, and where the recorded ones stand.

mod query;
pub(crate) mod write;

use domain::ids::NoticeId;
use domain::notice::{About, NoticeKind, NoticeState, Recipient};
use domain::time::Instant;
use uuid::Uuid;

/// A notice that an event owes and that has no stream yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its derived id.
    pub id: NoticeId,
    /// The event that owes it.
    pub event: Uuid,
    /// `seq` of that event.
    pub seq: u64,
    /// What it says.
    pub kind: NoticeKind,
    /// About what.
    pub about: About,
    /// To whom.
    pub to: Recipient,
    /// The case is urgent (its urgency is not the rulebook's first).
    pub urgent: bool,
    /// When the event happened.
    pub occurred_at: Instant,
}

/// A notice on record.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeRow {
    /// The notice.
    pub id: NoticeId,
    /// `seq` of its first event; later notices have higher ones.
    pub key: i64,
    /// Revision of the last event in the state.
    pub revision: u64,
    /// The state.
    pub state: NoticeState,
}
