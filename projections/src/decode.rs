//! From an envelope to a typed event, once for all views.

use domain::event::{Event, Subject};
use domain::time::{Instant, from_micros};
use event_log::Envelope;
use uuid::Uuid;

use crate::ViewError;

/// Stored name of a published head.
const HEAD: &str = "log_head_published";

/// An event as the views get it; private values are closed.
#[derive(Debug, Clone)]
pub(crate) struct Decoded {
    pub(crate) seq: u64,
    pub(crate) revision: u64,
    pub(crate) id: Uuid,
    pub(crate) at: Instant,
    pub(crate) recorded_at: Instant,
    pub(crate) stream: String,
    pub(crate) subject: Subject,
    pub(crate) event: Event,
}

/// None for the log's own events, but for the heads that were published.
pub(crate) fn decode(envelope: &Envelope) -> Result<Option<Decoded>, ViewError> {
    let subject = Subject::of(&envelope.stream).ok_or_else(|| ViewError::UnknownStream(envelope.stream.clone()))?;
    if subject == Subject::Log && envelope.kind != HEAD {
        return Ok(None);
    }
    let event = Event::from_slice(&envelope.kind, envelope.version, &envelope.data)?;
    Ok(Some(Decoded {
        seq: envelope.seq,
        revision: envelope.revision,
        id: envelope.id,
        at: from_micros(envelope.occurred_at),
        recorded_at: from_micros(envelope.recorded_at),
        stream: if subject == Subject::Supervision { envelope.stream.clone() } else { String::new() },
        subject,
        event,
    }))
}
