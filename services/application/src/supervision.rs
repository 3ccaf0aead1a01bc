//! Streams of supervision: load, fold, decide, append, and open for a reader. One mechanism for all kinds; who may do what
//! is asked by the caller (`access/<kind>.rs`) inside `decide`, on the state that is decided on.

use domain::event::Event;
use domain::events::Stored;
use domain::folded::Folded;
use domain::refusal::Refusal;
use domain::rulebook::Rulebook;
use domain::time::{Instant, from_micros};
use event_log::Envelope;
use uuid::Uuid;

use crate::actor::Meta;
use crate::error::Error;
use crate::store::{AppendFailure, Application, Done, TRIES, expected, repeated};

/// What a decision sees.
pub struct Situation<'a, S> {
    /// The state, private values closed; none before the first event.
    pub state: Option<&'a S>,
    /// Now.
    pub now: Instant,
    /// The revision the state has; none before the first event.
    pub revision: Option<u64>,
}

/// What a decision gives: dated events, and the rulebook they were decided by.
pub struct Decision<E> {
    /// Each with the instant at which it happened: an automatic act at its due instant, not at the tick.
    pub events: Vec<(Instant, E)>,
    /// Reference of the rulebook, pinned in the events.
    pub rulebook: Option<String>,
}

impl<E> Decision<E> {
    /// Nothing is to be done: it was done already.
    pub fn nothing() -> Self {
        Self { events: Vec::new(), rulebook: None }
    }

    /// Events that happen now.
    pub fn now(now: Instant, events: Vec<E>) -> Self {
        Self { events: events.into_iter().map(|event| (now, event)).collect(), rulebook: None }
    }

    /// Events that happened at their own instants.
    pub fn dated(events: Vec<(Instant, E)>) -> Self {
        Self { events, rulebook: None }
    }

    /// An act of somebody, after what the clock owes by then: whether automation has come round makes no difference, neither
    /// to what is on record nor to what may be done. When nothing is done, what is owed stays the clock's.
    ///
    /// # Errors
    /// What `act` says.
    pub fn after_clock<S, F>(state: &S, owed: Vec<(Instant, E)>, now: Instant, act: impl FnOnce(&S) -> Result<Vec<E>, F>) -> Result<Self, F>
    where
        S: Folded<Event = E>,
    {
        let mut caught_up = Some(state.clone());
        for (at, event) in &owed {
            caught_up = S::evolve(caught_up, *at, event);
        }
        let acts = act(caught_up.as_ref().unwrap_or(state))?;
        if acts.is_empty() {
            return Ok(Self::nothing());
        }
        Ok(Self::dated(owed.into_iter().chain(acts.into_iter().map(|event| (now, event))).collect()))
    }

    /// Decided by this rulebook.
    #[must_use]
    pub fn by(self, rules: &Rulebook) -> Self {
        Self { rulebook: Some(rules.reference()), ..self }
    }
}

/// One event of a stream, opened.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamEntry<E> {
    /// Place in the log.
    pub seq: u64,
    /// Place in the stream.
    pub revision: u64,
    /// Id of the event.
    pub id: Uuid,
    /// When it happened.
    pub occurred_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Who did it, as in the log.
    pub actor: String,
    /// What happened.
    pub event: E,
}

/// A stream opened for a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedStream<S: Folded> {
    /// Name of the stream.
    pub name: String,
    /// The state with private values open.
    pub state: S,
    /// Revision, for forms.
    pub revision: u64,
    /// All events with private values open, oldest first.
    pub entries: Vec<StreamEntry<S::Event>>,
}

impl Application {
    /// As [`Self::on_supervision`], but the decision sees the state with its private values open: for kinds whose rules
    /// need what is sealed (the plan of a covert check). The events are appended at the very revision that was opened.
    ///
    /// # Errors
    /// As [`Self::on_supervision`].
    pub async fn on_opened<S, F>(&self, meta: &Meta, stream: &str, decide: F) -> Result<Done, Error>
    where
        S: Folded,
        F: Fn(Situation<'_, S>) -> Result<Decision<S::Event>, Error>,
    {
        for _ in 0..TRIES {
            let envelopes = self.log.read_stream(stream).await?;
            if let Some(done) = repeated(&envelopes, meta) {
                return Ok(done);
            }
            let state: Option<S> = if envelopes.is_empty() { None } else { Some(self.opened(stream, &envelopes).await?.state) };
            let last = envelopes.last();
            let revision = last.map(|envelope| envelope.revision);
            let decided = decide(Situation { state: state.as_ref(), now: self.now(), revision });
            if let Some(done) = self.carry_out(meta, stream, last, decided).await? {
                return Ok(done);
            }
        }
        Err(Error::Busy)
    }

    /// The state of a stream, private values closed; none when there is no such stream.
    ///
    /// # Errors
    /// Log errors.
    pub async fn stream_state<S: Folded>(&self, stream: &str) -> Result<Option<S>, Error> {
        fold(&self.log.read_stream(stream).await?)
    }

    /// Loads, decides and appends until nobody came between. `decide` checks permission on the state it is given. The same
    /// command again is the same act.
    ///
    /// # Errors
    /// What `decide` says; [`Error::Clash`] for a [`Refusal::Stage`] when something happened since the page was shown;
    /// log errors.
    pub async fn on_supervision<S, F>(&self, meta: &Meta, stream: &str, decide: F) -> Result<Done, Error>
    where
        S: Folded,
        F: Fn(Situation<'_, S>) -> Result<Decision<S::Event>, Error>,
    {
        for _ in 0..TRIES {
            let envelopes = self.log.read_stream(stream).await?;
            if let Some(done) = repeated(&envelopes, meta) {
                return Ok(done);
            }
            let state: Option<S> = fold(&envelopes)?;
            let last = envelopes.last();
            let revision = last.map(|envelope| envelope.revision);
            let decided = decide(Situation { state: state.as_ref(), now: self.now(), revision });
            if let Some(done) = self.carry_out(meta, stream, last, decided).await? {
                return Ok(done);
            }
        }
        Err(Error::Busy)
    }

    /// Appends what was decided after the `last` event of the stream; none when somebody came between.
    async fn carry_out<E: Into<Event>>(
        &self,
        meta: &Meta,
        stream: &str,
        last: Option<&Envelope>,
        decided: Result<Decision<E>, Error>,
    ) -> Result<Option<Done>, Error> {
        let revision = last.map(|envelope| envelope.revision);
        let decision = match decided {
            Err(Error::Refused(Refusal::Stage(_))) if meta.based_on.is_some() && meta.based_on < revision => {
                return Err(Error::Clash { seen: meta.based_on.unwrap_or_default(), now: revision.unwrap_or_default() });
            }
            other => other?,
        };
        if decision.events.is_empty() {
            return Ok(Some(Done { events: 0, seq: last.map_or(0, |envelope| envelope.seq), revision: revision.unwrap_or(0) }));
        }
        let count = decision.events.len();
        let events = decision.events.into_iter().map(|(at, event)| (at, event.into())).collect();
        match self.append(stream, expected(revision), meta, decision.rulebook.as_deref(), events).await {
            Ok(appended) => Ok(Some(Done { events: count, seq: appended.last_seq, revision: appended.last_revision })),
            Err(AppendFailure::Conflict) => Ok(None),
            Err(AppendFailure::Other(error)) => Err(error),
        }
    }

    /// Opens a stream with its private values. `may_see` decides on the state whether this reader may; nobody else is
    /// asked. Who may not see it learns no more than that there is nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; log errors.
    pub async fn open_supervision<S: Folded>(&self, stream: &str, may_see: impl Fn(&S) -> bool) -> Result<OpenedStream<S>, Error> {
        let envelopes = self.log.read_stream(stream).await?;
        let closed: S = fold(&envelopes)?.ok_or(Error::NotFound)?;
        if !may_see(&closed) {
            return Err(Error::NotFound);
        }
        self.opened(stream, &envelopes).await
    }

    /// The events of a stream with their private values.
    async fn opened<S: Folded>(&self, stream: &str, envelopes: &[Envelope]) -> Result<OpenedStream<S>, Error> {
        let keyring = self.vault.keyring(stream, self.log.keys_of(stream).await?)?;
        let mut state = None;
        let mut entries = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            let event = if envelope.sealed.is_empty() {
                S::Event::from_slice(&envelope.kind, envelope.version, &envelope.data)?
            } else {
                S::Event::from_json(&envelope.kind, envelope.version, self.vault.open(&keyring, envelope)?)?
            };
            let occurred_at = from_micros(envelope.occurred_at);
            state = S::evolve(state, occurred_at, &event);
            entries.push(StreamEntry {
                seq: envelope.seq,
                revision: envelope.revision,
                id: envelope.id,
                occurred_at,
                recorded_at: from_micros(envelope.recorded_at),
                actor: envelope.actor.clone(),
                event,
            });
        }
        let revision = envelopes.last().map_or(0, |envelope| envelope.revision);
        Ok(OpenedStream { name: stream.to_owned(), state: state.ok_or(Error::NotFound)?, revision, entries })
    }
}

fn fold<S: Folded>(envelopes: &[Envelope]) -> Result<Option<S>, Error> {
    let mut state = None;
    for envelope in envelopes {
        let event = S::Event::from_slice(&envelope.kind, envelope.version, &envelope.data)?;
        state = S::evolve(state, from_micros(envelope.occurred_at), &event);
    }
    Ok(state)
}

impl Application {
    /// Lets the clock act on a stream of supervision: what its rules say is due by now, at its due instant, once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a stream of a kind without a clock; log errors.
    pub async fn tick_stream(&self, meta: &Meta, stream: &str) -> Result<Done, Error> {
        let kind = stream.split_once('-').map_or(stream, |(kind, _)| kind);
        // One line for each kind that has a clock.
        match kind {
            "investigation" => self.tick_investigation(meta, stream).await,
            "escalation" => self.tick_escalation(meta, stream).await,
            "inspection" => self.tick_inspection(meta, stream).await,
            "rectification" => self.tick_rectification(meta, stream).await,
            "assessed" => self.tick_assessed(meta, stream).await,
            "card" => self.tick_card(meta, stream).await,
            "order" => self.tick_order(meta, stream).await,
            "matter" => self.tick_matter(stream).await,
            "task" => self.tick_task(meta, stream).await,
            _ => Err(Error::NotFound),
        }
    }
}
