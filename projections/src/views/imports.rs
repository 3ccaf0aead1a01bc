//! Import batches.

mod query;
pub(crate) mod write;

use domain::ids::ImportId;
use domain::import::{ImportFinished, ImportStarted};
use domain::time::Instant;

/// An import batch.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRow {
    /// The batch.
    pub id: ImportId,
    /// When it began.
    pub started_at: Instant,
    /// From where.
    pub started: ImportStarted,
    /// When it ended and how; none while it runs or when it was broken off.
    pub finished: Option<(Instant, ImportFinished)>,
}
