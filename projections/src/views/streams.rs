//! Streams of supervision: the state of each, its place in automation's agenda, its duties and its marks.
//!
//! One mechanism for all kinds ([`domain::folded::Folded`]). What a kind's own pages ask for beyond that is a table of
//! its own beside this folder, filled by `write::Rows` from the same state.

mod office;
pub(crate) mod query;
mod unseen;
pub(crate) mod write;

use domain::ids::{CaseId, UnitCode};
use domain::mark::MarkKind;
use domain::time::Instant;

pub use unseen::Unseen;

/// A stream of supervision as the views know it.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRow<S> {
    /// Place in the log of its first event; orders streams by age.
    pub key: i64,
    /// Name of the stream.
    pub name: String,
    /// Legal year in which it began.
    pub year: i32,
    /// Its number among the streams of its kind that began in that year: 1, 2, …
    pub ordinal: u32,
    /// Revision, for forms.
    pub revision: u64,
    /// Place in the log of its latest event.
    pub seq: u64,
    /// Its state; private values are closed.
    pub state: S,
}

/// A duty as the views know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyRow {
    /// The stream.
    pub stream: String,
    /// What is to be done.
    pub task: String,
    /// Since when.
    pub since: Instant,
    /// By when.
    pub due: Option<Instant>,
}

/// A mark as the views know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkRow {
    /// Place in the log of the event that made it.
    pub seq: u64,
    /// The stream.
    pub stream: String,
    /// The unit.
    pub unit: UnitCode,
    /// What.
    pub kind: MarkKind,
    /// Which of its kind.
    pub code: String,
    /// When it happened.
    pub at: Instant,
    /// Place in the log of the event that took it back.
    pub revoked: Option<u64>,
}

/// A mark with what names its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedMark {
    /// The mark.
    pub mark: MarkRow,
    /// Legal year in which the stream began.
    pub year: i32,
    /// Number of the stream in its kind and year.
    pub ordinal: u32,
    /// The case that the stream is about.
    pub case: Option<CaseId>,
}

/// A duty with what names its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDuty {
    /// The duty.
    pub duty: DutyRow,
    /// Legal year in which the stream began.
    pub year: i32,
    /// Number of the stream in its kind and year.
    pub ordinal: u32,
}
