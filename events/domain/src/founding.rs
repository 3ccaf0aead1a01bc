//! The log's own events: how it was founded, the hashes that tie other files to it, and the heads that were published.
//! Streams `log-genesis`, `log-audit-<day>-<node>`, `log-head-<day>`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::events::events;

/// The stream of the first event.
pub const GENESIS: &str = "log-genesis";

/// The log was founded. Names what the tree is made with, so that another hash (SM3) would be another founding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFounded {
    /// Hash of the tree.
    pub hash: String,
    /// Form of the canonical bytes (`ops/docs/envelope.md`).
    pub form: u8,
    /// Version of the program.
    pub program: String,
}

/// The reading audit of a day is closed (domain.md K16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditDayClosed {
    /// The legal day.
    pub day: NaiveDate,
    /// Lines of that day.
    pub lines: u64,
    /// SHA-256 over them, hexadecimal.
    pub hash: String,
}

/// The head of the log was signed and published, once for each legal day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadPublished {
    /// The legal day, which had ended: everything recorded on it is in this head.
    pub day: NaiveDate,
    /// Number of events under the head; this event itself is none of them.
    pub size: u64,
    /// The public key, as signed notes write it.
    pub key: String,
    /// The signed note: origin, size, root, when the last event was recorded, the day.
    pub note: String,
}

events! {
    /// What happened to the log itself.
    LogEvent {
        /// The log was founded.
        Founded(LogFounded) => "log_founded" 1,
        /// The reading audit of a day was closed.
        AuditDayClosed(AuditDayClosed) => "log_audit_day_closed" 1,
        /// The head of a day was signed and published.
        HeadPublished(HeadPublished) => "log_head_published" 1,
    }
}

/// The founding as this program does it.
pub fn founded(program: &str) -> LogEvent {
    LogFounded { hash: "sha-256".to_owned(), form: 1, program: program.to_owned() }.into()
}

/// The stream of a day's audit on a node: each node keeps an audit of its own. Without a name it is that of the only one.
pub fn audit_stream(day: NaiveDate, node: &str) -> String {
    if node.is_empty() { format!("log-audit-{day}") } else { format!("log-audit-{day}-{node}") }
}

/// The stream of a day's head.
pub fn head_stream(day: NaiveDate) -> String {
    format!("log-head-{day}")
}
