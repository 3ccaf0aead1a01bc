//! One row per case, for lists; and its folded state, for pages. Never read by decisions.

mod query;
pub(crate) mod write;

use domain::case::{CaseState, ClockKind, Stage};
use domain::ids::{AccountId, CaseId, UnitCode};
use domain::time::Instant;

pub(crate) use query::{COLUMNS, row as read};

/// A case as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The case.
    pub id: CaseId,
    /// `seq` of the filing; later filings have higher ones.
    pub key: i64,
    /// Public number.
    pub number: String,
    /// Title; empty for reports of wrongdoing, confidential, restricted and erased cases.
    pub title: String,
    /// Class code.
    pub class: String,
    /// Channel code.
    pub channel: String,
    /// Urgency code.
    pub urgency: String,
    /// Division code.
    pub division: String,
    /// Where it stands.
    pub stage: Stage,
    /// The unit in charge.
    pub unit: Option<UnitCode>,
    /// 科室.
    pub section: String,
    /// 经办人.
    pub handler: Option<AccountId>,
    /// When filed.
    pub filed_at: Instant,
    /// The next limit that binds the holder.
    pub due_at: Option<Instant>,
    /// Which limit that is.
    pub due: Option<ClockKind>,
    /// The limit touches a year without a notice.
    pub provisional: bool,
    /// A breach is on record (deemed receipt alone is none).
    pub breached: bool,
    /// Round of handling.
    pub round: u8,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// Source and id in another system.
    pub external: Option<(String, String)>,
    /// A report of wrongdoing.
    pub wrongdoing: bool,
    /// Contact data are kept from the unit.
    pub confidential: bool,
    /// Nobody's name is known.
    pub anonymous: bool,
    /// May be published after redaction.
    pub publish: bool,
    /// Processing is restricted to keeping.
    pub restricted: bool,
    /// The words are destroyed.
    pub erased: bool,
    /// Revision of the last event taken in.
    pub revision: u64,
}

/// A case's folded state as the views have it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseSnapshot {
    /// The case.
    pub id: CaseId,
    /// The state.
    pub state: CaseState,
    /// Revision of the last event in it.
    pub revision: u64,
}

pub(crate) mod flag {
    pub(crate) const WRONGDOING: i64 = 1;
    pub(crate) const CONFIDENTIAL: i64 = 2;
    pub(crate) const ANONYMOUS: i64 = 4;
    pub(crate) const PUBLISH: i64 = 8;
    pub(crate) const RESTRICTED: i64 = 16;
    pub(crate) const ERASED: i64 = 32;
}
