//! Rights of persons: confirm cases, restrict, erase. Erasing = event, then keys, then views; every start drives on what
//! was not finished.

use domain::account::Role;
use domain::event::Event;
use domain::ids::CaseId;
use domain::person::{self, PersonEvent, PersonState};
use domain::private::{OfficeRole, PetitionerRole, Role as _};
use event_log::Envelope;
use uuid::Uuid;

use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};

impl Application {
    /// Confirms that cases are of one person.
    ///
    /// # Errors
    /// [`Error::Forbidden`], log errors.
    pub async fn confirm_person(&self, meta: &Meta, person: Uuid, cases: Vec<CaseId>) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        self.on_stream(&stream(person), meta, |envelopes| Ok(into(person::confirm(&fold(envelopes)?, cases.clone())))).await
    }

    /// Restricts processing to keeping.
    ///
    /// # Errors
    /// [`Error::Person`], [`Error::Forbidden`].
    pub async fn restrict_person(&self, meta: &Meta, person: Uuid, reason: &str) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        self.on_stream(&stream(person), meta, |envelopes| Ok(into(person::restrict(&fold(envelopes)?, reason)?))).await
    }

    /// Erases a person: the event, then the keys. Views follow from the event.
    ///
    /// # Errors
    /// [`Error::Person`], also while a case runs; [`Error::Forbidden`].
    pub async fn erase_person(&self, meta: &Meta, person: Uuid, reason: &str) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        let state = fold(&self.log.read_stream(&stream(person)).await?)?;
        let mut running = 0;
        for case in &state.cases {
            running += usize::from(!self.load_case(*case).await?.state.stage.is_ended());
        }
        let done = self.on_stream(&stream(person), meta, |envelopes| Ok(into(person::erase(&fold(envelopes)?, reason, running)?))).await?;
        self.destroy_keys(&state.cases).await?;
        Ok(done)
    }

    /// Drives on erasures whose keys are still there; called at every start. Answers how many keys were destroyed.
    ///
    /// # Errors
    /// Log errors.
    pub async fn finish_erasures(&self) -> Result<u64, Error> {
        let erasures = self.projections.views().erasures(0).map_err(|e| Error::Internal(e.to_string()))?;
        let cases: Vec<CaseId> = erasures.into_iter().flat_map(|erasure| erasure.cases).collect();
        self.destroy_keys(&cases).await
    }

    async fn destroy_keys(&self, cases: &[CaseId]) -> Result<u64, Error> {
        let subjects = [PetitionerRole::SUBJECT.to_owned(), OfficeRole::SUBJECT.to_owned()];
        let mut destroyed = 0;
        for case in cases {
            destroyed += self.log.delete_keys(&case.stream(), &subjects).await?;
        }
        Ok(destroyed)
    }
}

fn stream(person: Uuid) -> String {
    format!("person-{person}")
}

fn may_manage(actor: &Actor) -> Result<(), Error> {
    match actor {
        Actor::Staff(staff) if staff.is(Role::SecurityAdmin) => Ok(()),
        Actor::CommandLine { .. } => Ok(()),
        _ => Err(Error::Forbidden),
    }
}

fn fold(envelopes: &[Envelope]) -> Result<PersonState, Error> {
    let mut state = PersonState::default();
    for envelope in envelopes {
        state = person::evolve(state, &PersonEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?);
    }
    Ok(state)
}

fn into(events: Vec<PersonEvent>) -> Vec<Event> {
    events.into_iter().map(Event::from).collect()
}
