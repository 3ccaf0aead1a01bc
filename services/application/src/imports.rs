//! Import batches: begin and end are on record; the rows themselves are cases.

use domain::account::Role;
use domain::ids::ImportId;
use domain::import::{ImportEvent, ImportFinished, ImportStarted};

use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};

impl Application {
    /// Begins a batch.
    ///
    /// # Errors
    /// [`Error::Forbidden`], log errors.
    pub async fn begin_import(&self, meta: &Meta, started: ImportStarted) -> Result<ImportId, Error> {
        match &meta.actor {
            Actor::Staff(staff) if staff.is(Role::SystemAdmin) => {}
            Actor::CommandLine { .. } => {}
            _ => return Err(Error::Forbidden),
        }
        let id = ImportId(self.ids.uuid());
        let event: ImportEvent = started.into();
        self.on_stream(&id.stream(), meta, |_| Ok(vec![event.clone().into()])).await?;
        Ok(id)
    }

    /// Ends a batch; the counts must add up.
    ///
    /// # Errors
    /// [`Error::Internal`] when they do not, log errors.
    pub async fn finish_import(&self, id: ImportId, finished: ImportFinished) -> Result<Done, Error> {
        if !finished.counts.adds_up() {
            return Err(Error::Internal("the counts of an import do not add up".to_owned()));
        }
        let meta = Meta::new(Actor::Import(id), uuid::Uuid::new_v5(&id.0, b"finish"));
        let event: ImportEvent = finished.into();
        self.on_stream(&id.stream(), &meta, |_| Ok(vec![event.clone().into()])).await
    }
}
