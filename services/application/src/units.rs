//! Commands on the register of units.

use domain::account::Role;
use domain::event::Event;
use domain::ids::UnitCode;
use domain::unit::{self, UnitEntry, UnitEvent, UnitState};
use event_log::Envelope;
use uuid::Uuid;

use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};

impl Application {
    /// Enters a unit, or takes over what changed in its line.
    ///
    /// # Errors
    /// [`Error::Unit`], [`Error::Forbidden`].
    pub async fn register_unit(&self, meta: &Meta, entry: &UnitEntry) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        // One command can enter many lines, several of one unit; each line's events have ids of their own.
        let line = format!("{}/{}/{}", entry.code, entry.since, entry.name);
        let meta = Meta { command: Uuid::new_v5(&meta.command, line.as_bytes()), ..meta.clone() };
        self.on_stream(&entry.code.stream(), &meta, |envelopes| Ok(into(unit::register(fold(envelopes)?.as_ref(), entry)?))).await
    }

    /// Closes a unit.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn close_unit(
        &self,
        meta: &Meta,
        code: &UnitCode,
        successor: Option<UnitCode>,
        since: chrono::NaiveDate,
    ) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        self.on_stream(&code.stream(), meta, |envelopes| {
            let unit = fold(envelopes)?.ok_or(Error::NotFound)?;
            Ok(into(unit::close(&unit, successor.clone(), since)))
        })
        .await
    }
}

fn may_manage(actor: &Actor) -> Result<(), Error> {
    match actor {
        Actor::Staff(staff) if staff.is(Role::SystemAdmin) => Ok(()),
        Actor::CommandLine { .. } | Actor::Import(_) => Ok(()),
        _ => Err(Error::Forbidden),
    }
}

fn fold(envelopes: &[Envelope]) -> Result<Option<UnitState>, Error> {
    let mut state = None;
    for envelope in envelopes {
        state = unit::evolve(state, &UnitEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?);
    }
    Ok(state)
}

fn into(events: Vec<UnitEvent>) -> Vec<Event> {
    events.into_iter().map(Event::from).collect()
}
