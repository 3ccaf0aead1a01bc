//! What happens to a spot check.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::plan::{Assignment, Mode, Plan};
use crate::deadline::Deadline;
use crate::events::events;
use crate::ids::{AccountId, UnitCode};
use crate::private::OfficeText;
use crate::time::Instant;
use crate::veil::Veiled;

/// A file that belongs to a record: its content lies in the attachments, here is what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// `image/jpeg` or `image/png`.
    pub media: String,
}

/// A check was planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionPlanned {
    /// Open or covert.
    pub mode: Mode,
    /// Who checks; known in the clear, for permission hangs on it.
    pub team: Vec<AccountId>,
    /// Who planned it.
    pub planner: AccountId,
    /// SHA-256 of the plan, published at once so that it cannot be invented afterwards.
    pub commitment: String,
    /// When the plan has ended.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub until: Instant,
    /// The plan.
    pub plan: Veiled<Plan>,
    /// What it is about.
    pub theme: OfficeText,
}

/// The plan was approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionApproved {
    /// By whom.
    pub by: AccountId,
}

/// The plan was not approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionRefused {
    /// By whom.
    pub by: AccountId,
    /// Why.
    pub reason: OfficeText,
}

/// Units and inspectors were drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionDrawn {
    /// The draw.
    pub draw: Uuid,
    /// Who visits which unit.
    pub assigned: Veiled<Vec<Assignment>>,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Where.
    pub unit: UnitCode,
    /// Items of the list that were looked at and found in order.
    pub fine: Vec<String>,
}

/// A unit was visited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionVisited {
    /// Number within the check, from 1.
    pub number: u32,
    /// Who recorded it.
    pub by: AccountId,
    /// The visit.
    pub visit: Veiled<Visit>,
}

/// What was found, as far as rules need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingHead {
    /// Where.
    pub unit: UnitCode,
    /// Code in the table of findings of the rulebook.
    pub code: String,
    /// Its name then.
    pub label: String,
    /// Points then, for example `0.2`.
    pub points: String,
    /// When it was seen.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub at: Instant,
    /// Photos.
    pub photos: Vec<Photo>,
}

/// Something was found; the first of two signs by recording (I12).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionFinding {
    /// Number within the check, from 1.
    pub number: u32,
    /// The first signer.
    pub by: AccountId,
    /// What.
    pub head: Veiled<FindingHead>,
    /// The place, as seen.
    pub place: OfficeText,
    /// What was seen.
    pub words: OfficeText,
}

/// The second of two signed a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionSigned {
    /// The finding.
    pub number: u32,
    /// The second signer.
    pub by: AccountId,
    /// By when the unit replies; none in a covert check, where that runs from its end.
    pub reply: Option<Deadline>,
}

/// The unit replied (申辩).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionReplied {
    /// The finding.
    pub number: u32,
    /// Who.
    pub by: AccountId,
    /// The unit agrees with the finding.
    pub agrees: bool,
    /// What it says.
    pub words: OfficeText,
}

/// The unit did not reply in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionUnanswered {
    /// The finding.
    pub number: u32,
}

/// A finding was confirmed: it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionConfirmed {
    /// The finding.
    pub number: u32,
    /// By whom.
    pub by: AccountId,
    /// Why, seeing the reply.
    pub reason: OfficeText,
}

/// A finding was dropped: it does not count, or no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionDropped {
    /// The finding.
    pub number: u32,
    /// By whom.
    pub by: AccountId,
    /// Why.
    pub reason: OfficeText,
}

/// A period of the plan passed without a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionMissed {
    /// Last day of the period.
    pub to: NaiveDate,
}

/// What a covert check shows when it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revealed {
    /// The plan.
    pub plan: Plan,
    /// Who visited which unit.
    pub assigned: Vec<Assignment>,
    /// Visits with their numbers.
    pub visits: Vec<(u32, Visit)>,
    /// Findings with their numbers.
    pub findings: Vec<(u32, FindingHead)>,
}

/// The check on the spot is done; a covert one is revealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionDone {
    /// By whom.
    pub by: AccountId,
    /// By when units reply to the findings of a covert check.
    pub reply: Option<Deadline>,
    /// What was secret so far.
    pub revealed: Option<Revealed>,
}

events! {
    /// What happened to a spot check.
    InspectionEvent {
        /// A check was planned, with the hash of its plan.
        Planned(InspectionPlanned) => "inspection_planned" 1,
        /// The plan was approved by somebody else than who made it.
        Approved(InspectionApproved) => "inspection_approved" 1,
        /// The plan was not approved.
        Refused(InspectionRefused) => "inspection_refused" 1,
        /// Units and inspectors were drawn.
        Drawn(InspectionDrawn) => "inspection_drawn" 1,
        /// A unit was visited.
        Visited(InspectionVisited) => "inspection_visited" 1,
        /// Something was found and signed by the first of two.
        FindingRecorded(InspectionFinding) => "inspection_finding" 1,
        /// The second of two signed a finding.
        Signed(InspectionSigned) => "inspection_signed" 1,
        /// The unit replied to a finding.
        Replied(InspectionReplied) => "inspection_replied" 1,
        /// The unit did not reply in time.
        Unanswered(InspectionUnanswered) => "inspection_unanswered" 1,
        /// A finding was confirmed and counts.
        Confirmed(InspectionConfirmed) => "inspection_confirmed" 1,
        /// A finding was dropped and does not count.
        Dropped(InspectionDropped) => "inspection_dropped" 1,
        /// A period of the plan passed without a visit.
        Missed(InspectionMissed) => "inspection_missed" 1,
        /// The check on the spot is done; a covert one is revealed.
        Done(InspectionDone) => "inspection_done" 1,
    }
}
