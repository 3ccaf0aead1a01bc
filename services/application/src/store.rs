//! Load, fold, append: what all commands share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::case::{CaseEvent, CaseState};
use domain::event::Event;
use domain::ids::CaseId;
use domain::time::{Clock, Instant, from_micros, micros};
use event_log::{Append, AppendError, Appended, Envelope, EventLog, Expected, NewEvent};
use projections::{Projections, Reference};
use vault::Vault;

use crate::actor::{Actor, Meta};
use crate::audit::Audit;
use crate::backoff::Backoff;
use crate::ballot_box::BallotBox;
use crate::error::Error;
use crate::ids::Ids;
use crate::password::Passwords;

/// How often a command is decided anew when somebody else appended in between.
pub(crate) const TRIES: usize = 8;
/// How long a page waits for its own act to reach the views.
const READ_OWN_WRITES: Duration = Duration::from_secs(2);
/// How long a command of the console waits for it before it goes on: nobody looks at a page meanwhile.
const SETTLED: Duration = Duration::from_secs(60);

/// Everything a command needs. One per process.
pub struct Application {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The keys.
    pub vault: Arc<Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// The views.
    pub projections: Projections,
    /// Who read what.
    pub audit: Audit,
    /// Ballots of a public evaluation.
    pub ballots: BallotBox,
    /// The folder of photos; the same one for all nodes.
    pub attachments: PathBuf,
    /// Passwords, one at a time.
    pub passwords: Passwords,
    /// Guesses at sign-in.
    pub sign_ins: Backoff,
    /// Guesses at query codes.
    pub query_codes: Backoff,
}

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Events appended; 0 = it had been done already.
    pub events: usize,
    /// Place in the log of the last event of the stream that this command knows of; 0 when nothing was appended.
    pub seq: u64,
    /// Revision of the stream now.
    pub revision: u64,
}

/// A case as folded for a decision; private values stay closed.
pub(crate) struct Loaded {
    pub(crate) state: CaseState,
    pub(crate) revision: Option<u64>,
    pub(crate) envelopes: Vec<Envelope>,
}

impl Application {
    /// Now.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Units, accounts, rulebooks and calendars as the views know them.
    pub fn reference(&self) -> Arc<Reference> {
        self.projections.views().reference()
    }

    /// Waits until the views show everything up to `seq`; false when they take longer than two seconds.
    pub async fn seen(&self, seq: u64) -> bool {
        self.projections.wait_for(seq, READ_OWN_WRITES).await
    }

    /// As [`Self::seen`], for commands of the console, whose next step needs the views: false after a minute.
    pub async fn settled(&self, seq: u64) -> bool {
        self.projections.wait_for(seq, SETTLED).await
    }

    /// Appends events of a command, see [`record`].
    pub(crate) async fn append(
        &self,
        stream: &str,
        expected: Expected,
        meta: &Meta,
        rulebook: Option<&str>,
        events: Vec<(Instant, Event)>,
    ) -> Result<Appended, AppendFailure> {
        record(self.log.as_ref(), &self.vault, stream, expected, meta, rulebook, events).await
    }

    /// Loads a case for a decision.
    pub(crate) async fn load_case(&self, case: CaseId) -> Result<Loaded, Error> {
        let envelopes = self.log.read_stream(&case.stream()).await?;
        let mut state = CaseState::default();
        for envelope in &envelopes {
            let event = CaseEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?;
            domain::case::state::apply(&mut state, from_micros(envelope.occurred_at), &event);
        }
        Ok(Loaded { state, revision: envelopes.last().map(|envelope| envelope.revision), envelopes })
    }

    /// Loads, decides and appends for any stream until nobody came between. `decide` sees the envelopes and gives the
    /// events; none = done already.
    pub(crate) async fn on_stream<F>(&self, stream: &str, meta: &Meta, decide: F) -> Result<Done, Error>
    where
        F: Fn(&[Envelope]) -> Result<Vec<Event>, Error>,
    {
        for _ in 0..TRIES {
            let envelopes = self.log.read_stream(stream).await?;
            if let Some(done) = repeated(&envelopes, meta) {
                return Ok(done);
            }
            let events = decide(&envelopes)?;
            if let Some(done) = self.append_next(stream, envelopes.last(), meta, events).await? {
                return Ok(done);
            }
        }
        Err(Error::Busy)
    }

    /// Appends events that happen now after the `last` event of a stream; none when somebody came between: decide again. No
    /// events = done already.
    pub(crate) async fn append_next(
        &self,
        stream: &str,
        last: Option<&Envelope>,
        meta: &Meta,
        events: Vec<Event>,
    ) -> Result<Option<Done>, Error> {
        let revision = last.map(|envelope| envelope.revision);
        if events.is_empty() {
            return Ok(Some(Done { events: 0, seq: last.map_or(0, |e| e.seq), revision: revision.unwrap_or(0) }));
        }
        let (now, count) = (self.now(), events.len());
        let dated = events.into_iter().map(|event| (now, event)).collect();
        match self.append(stream, expected(revision), meta, None, dated).await {
            Ok(appended) => Ok(Some(Done { events: count, seq: appended.last_seq, revision: appended.last_revision })),
            Err(AppendFailure::Conflict) => Ok(None),
            Err(AppendFailure::Other(error)) => Err(error),
        }
    }
}

/// Appends dated events, sealing what is private. Event ids follow from the command's id, so that a repeat is the same.
/// For the application, and for tools that fill a log (`generate`); it decides nothing.
///
/// # Errors
/// [`AppendFailure`].
pub async fn record(
    log: &dyn EventLog,
    vault: &Vault,
    stream: &str,
    expected: Expected,
    meta: &Meta,
    rulebook: Option<&str>,
    events: Vec<(Instant, Event)>,
) -> Result<Appended, AppendFailure> {
    let mut bodies = Vec::with_capacity(events.len());
    for (at, event) in events {
        let json = event.to_json().map_err(|e| AppendFailure::Other(Error::Internal(e.to_string())))?;
        // A limit that ran out before the act was broken by the clock, not by whoever acts now.
        let automatic = matches!(&event, Event::Case(event) if event.is_automatic())
            || matches!(&event, Event::Investigation(domain::investigation::InvestigationEvent::Overdue(_)))
            || matches!(&event, Event::Order(domain::order::OrderEvent::Overdue(_)) | Event::Task(domain::matter::TaskEvent::Overdue(_)));
        bodies.push((at, event.kind(), event.version(), automatic, json));
    }
    // A stream that does not exist has no keys, and events without private values need none.
    let stored = if expected != Expected::NoStream && bodies.iter().any(|(_, _, _, _, json)| has_private(json)) {
        log.keys_of(stream).await.map_err(|e| AppendFailure::Other(e.into()))?
    } else {
        Vec::new()
    };
    let mut keyring = vault.keyring(stream, stored).map_err(|e| AppendFailure::Other(e.into()))?;
    let actor = meta.actor.name();
    let mut new = Vec::with_capacity(bodies.len());
    let clock = Actor::Automation("limits").name();
    for (index, (at, kind, version, automatic, json)) in bodies.into_iter().enumerate() {
        let id = meta.event_id(index);
        let (data, sealed) = vault.seal(&mut keyring, stream, id, kind, json).map_err(|e| AppendFailure::Other(e.into()))?;
        new.push(NewEvent {
            id,
            kind: kind.to_owned(),
            version,
            occurred_at: micros(at),
            actor: if automatic { clock.clone() } else { actor.clone() },
            on_behalf: if automatic { None } else { meta.on_behalf.clone() },
            cause: meta.cause,
            rulebook: rulebook.map(str::to_owned),
            data,
            sealed,
        });
    }
    let append = Append { stream: stream.to_owned(), expected, events: new, keys: keyring.take_new() };
    log.append(append).await.map_err(|error| match error {
        AppendError::Conflict { .. } => AppendFailure::Conflict,
        other => AppendFailure::Other(other.into()),
    })
}

/// Why an append did not happen.
#[derive(Debug, Clone, PartialEq)]
pub enum AppendFailure {
    /// Somebody else appended: decide again.
    Conflict,
    /// Anything else.
    Other(Error),
}

/// Where the stream must end.
pub(crate) fn expected(revision: Option<u64>) -> Expected {
    revision.map_or(Expected::NoStream, Expected::Exact)
}

/// The same command was carried out before: the first event it would make stands in the stream.
pub(crate) fn repeated(envelopes: &[Envelope], meta: &Meta) -> Option<Done> {
    let first = meta.event_id(0);
    let last = envelopes.last()?;
    envelopes.iter().any(|envelope| envelope.id == first).then_some(Done { events: 0, seq: last.seq, revision: last.revision })
}

fn has_private(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(map) => map.contains_key(domain::private::MARK) || map.values().any(has_private),
        serde_json::Value::Array(list) => list.iter().any(has_private),
        _ => false,
    }
}
