//! Import batches: what was read from which file, under which mapping. Stream `import-<uuid>`.

use serde::{Deserialize, Serialize};

use crate::events::events;

/// How the rows of a batch went; `read` = the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Data rows in the file.
    pub read: u64,
    /// New cases.
    pub imported: u64,
    /// Cases in a later state.
    pub updated: u64,
    /// Cases in the same state.
    pub already_there: u64,
    /// Rows refused, listed in the report.
    pub refused: u64,
}

impl Counts {
    /// `read` is the sum of the others.
    pub fn adds_up(&self) -> bool {
        self.read == self.imported + self.updated + self.already_there + self.refused
    }
}

/// A batch began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportStarted {
    /// Name of the source.
    pub source: String,
    /// Name of the file without its folder.
    pub file: String,
    /// SHA-256 of the file, hexadecimal.
    pub hash: String,
    /// Name of the mapping.
    pub mapping: String,
}

/// A figure of the source and ours, for the reconciliation page (对账).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// What is counted: `class`, `unit`, `channel`, `asserted`.
    pub dimension: String,
    /// Value of it.
    pub value: String,
    /// Rows in the file.
    pub source: u64,
    /// Cases of those rows as they stand here after the batch.
    pub ours: u64,
}

/// A batch ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportFinished {
    /// How the rows went.
    pub counts: Counts,
    /// Totals to compare.
    pub totals: Vec<Total>,
}

events! {
    /// What happened to a batch.
    ImportEvent {
        /// An import batch began.
        Started(ImportStarted) => "import_started" 1,
        /// An import batch ended, with its counts and totals.
        Finished(ImportFinished) => "import_finished" 1,
    }
}
