//! Commands on notices, used by automation; an administrator can retry a parked one.

use domain::account::Role;
use domain::event::Event;
use domain::ids::NoticeId;
use domain::notice::{self, Notice, NoticeEvent, NoticeState};
use domain::time::from_micros;
use event_log::Envelope;
use uuid::Uuid;

use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};

impl Application {
    /// Owes the notice of an event; once.
    ///
    /// # Errors
    /// Log errors.
    pub async fn owe_notice(&self, meta: &Meta, owed: Notice) -> Result<Done, Error> {
        let id = owed.id();
        let meta = Meta { command: id.0, cause: Some(owed.event), ..meta.clone() };
        self.on_stream(&id.stream(), &meta, |envelopes| Ok(into(notice::owe(fold(envelopes)?.as_ref(), owed.clone())))).await
    }

    /// Claims a notice; the answer says whether this process has it (`events > 0`) and its state.
    ///
    /// # Errors
    /// [`Error::NotFound`], log errors.
    pub async fn claim_notice(&self, meta: &Meta, id: NoticeId) -> Result<(Done, NoticeState), Error> {
        let now = self.now();
        let before = fold(&self.log.read_stream(&id.stream()).await?)?.ok_or(Error::NotFound)?;
        let meta = Meta { command: self.ids.uuid(), ..meta.clone() };
        let done = self
            .on_stream(&id.stream(), &meta, |envelopes| {
                let state = fold(envelopes)?.ok_or(Error::NotFound)?;
                Ok(into(notice::claim(&state, now)))
            })
            .await?;
        Ok((done, before))
    }

    /// Records what came of a sending.
    ///
    /// # Errors
    /// [`Error::NotFound`], log errors.
    pub async fn record_notice(&self, meta: &Meta, id: NoticeId, outcome: NoticeEvent) -> Result<Done, Error> {
        let meta = Meta { command: self.ids.uuid(), ..meta.clone() };
        self.on_stream(&id.stream(), &meta, |envelopes| {
            let state = fold(envelopes)?.ok_or(Error::NotFound)?;
            Ok(into(notice::record(&state, outcome.clone())))
        })
        .await
    }

    /// Tries a parked notice again.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn retry_notice(&self, meta: &Meta, id: NoticeId) -> Result<Done, Error> {
        match &meta.actor {
            Actor::Staff(staff) if staff.is(Role::SystemAdmin) => {}
            Actor::CommandLine { .. } => {}
            _ => return Err(Error::Forbidden),
        }
        self.on_stream(&id.stream(), meta, |envelopes| Ok(into(notice::retry(&fold(envelopes)?.ok_or(Error::NotFound)?)))).await
    }

    /// The meta of an automatic job.
    pub fn job(&self, job: &'static str, command: Uuid) -> Meta {
        Meta::new(Actor::Automation(job), command)
    }
}

fn fold(envelopes: &[Envelope]) -> Result<Option<NoticeState>, Error> {
    let mut state = None;
    for envelope in envelopes {
        let event = NoticeEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?;
        state = notice::evolve(state, from_micros(envelope.occurred_at), &event);
    }
    Ok(state)
}

fn into(events: Vec<NoticeEvent>) -> Vec<Event> {
    events.into_iter().map(Event::from).collect()
}
