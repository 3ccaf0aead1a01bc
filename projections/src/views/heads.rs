//! Published heads of the log: one for each legal day.

mod query;
pub(crate) mod write;

use chrono::NaiveDate;
use domain::time::Instant;

/// A published head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadRow {
    /// The legal day.
    pub day: NaiveDate,
    /// Number of events under it.
    pub size: u64,
    /// When it was published.
    pub published_at: Instant,
    /// The public key, as signed notes write it.
    pub key: String,
    /// The signed note.
    pub note: String,
}

/// A public key and the days for which it signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadKey {
    /// The public key, as signed notes write it.
    pub key: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
}
