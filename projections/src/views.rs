//! The views and the handle that reads them. Every view is a folder: `schema.sql`, `write.rs`, `query.rs`.

pub mod assessments;
pub(crate) mod campaigns;
pub mod cards;
pub mod cases;
pub mod daily;
pub mod due;
pub mod escalations;
pub mod heads;
pub mod imports;
pub mod inspections;
pub mod investigations;
pub mod matters;
pub mod notices;
pub mod orders;
pub mod persons;
pub mod public;
pub mod rectifications;
pub mod reference;
pub mod scores;
pub mod search;
pub mod streams;
pub mod worklist;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use crate::ViewError;
use crate::files::{self, FileKind};
use crate::pool::{Pool, Reader};
use reference::Reference;

/// Reads the views. Cloning costs a reference count; queries are synchronous and take about a millisecond or less.
#[derive(Clone)]
pub struct Views(Arc<Inner>);

struct Inner {
    views: Pool,
    scores: Pool,
    search: Pool,
    reference: RwLock<Arc<Reference>>,
}

impl Views {
    /// The views of a data directory, as they stand there. [`Projections::views`](crate::Projections::views) gives
    /// one whose [`Self::reference`] follows the log.
    ///
    /// # Errors
    /// When there are no views of this program version yet, or they cannot be read.
    pub fn open(dir: &Path) -> Result<Self, ViewError> {
        let pool = |kind: FileKind| Pool::new(kind.path(dir));
        let views = pool(FileKind::Views);
        let reference = reference::load(&*views.get()?)?;
        let inner =
            Inner { views, scores: pool(FileKind::Scores), search: pool(FileKind::Search), reference: RwLock::new(Arc::new(reference)) };
        Ok(Self(Arc::new(inner)))
    }

    /// Units, accounts and rules as of the latest event taken in. The answer does not change; ask again for a newer one.
    pub fn reference(&self) -> Arc<Reference> {
        self.0.reference.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_reference(&self, reference: Arc<Reference>) {
        *self.0.reference.write().unwrap_or_else(PoisonError::into_inner) = reference;
    }

    /// The `seq` up to which `views.db` stands.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn position(&self) -> Result<u64, ViewError> {
        Ok(files::checkpoint(&*self.views()?)?.seq)
    }

    /// Reads the reference data again, for those who do not write them themselves.
    pub(crate) fn refresh_reference(&self) -> Result<(), ViewError> {
        let reference = reference::load(&*self.views()?)?;
        self.set_reference(Arc::new(reference));
        Ok(())
    }

    /// The `seq` up to which `search.db` stands, when there is one.
    pub(crate) fn search_position(&self) -> Option<u64> {
        let connection = self.search_file().ok()?;
        files::checkpoint(&connection).ok().map(|at| at.seq)
    }

    pub(crate) fn views(&self) -> Result<Reader<'_>, ViewError> {
        self.0.views.get()
    }

    pub(crate) fn scores(&self) -> Result<Reader<'_>, ViewError> {
        self.0.scores.get()
    }

    pub(crate) fn search_file(&self) -> Result<Reader<'_>, ViewError> {
        self.0.search.get()
    }
}
