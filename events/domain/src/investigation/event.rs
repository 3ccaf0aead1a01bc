//! What happens to an investigation. Who was spoken with, what was said and who is named is always sealed.

use serde::{Deserialize, Serialize};

use super::{Advice, Finding, Frozen, Ground, LimitKind, Mode, Source, System};
use crate::events::events;
use crate::ids::{AccountId, CaseId, UnitCode};
use crate::private::{OfficeText, Personal};
use crate::time::Instant;

/// Who complains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complainant {
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: String,
}

/// What is complained about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What happened.
    pub words: String,
    /// When, in the complainant's words.
    pub when: String,
    /// What proves it; may be empty.
    pub evidence: String,
}

/// A complaint came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filed {
    /// Public number.
    pub number: String,
    /// The unit complained of.
    pub unit: UnitCode,
    /// Which basic system was breached.
    pub system: System,
    /// How it came in.
    pub source: Source,
    /// The case that the hotline refers; its own stream holds no word of this.
    pub case: Option<CaseId>,
    /// The words; none in a referral.
    pub statement: Option<Personal<Statement>>,
    /// The official named, if any.
    pub official: Option<Personal<String>>,
    /// Who complains; none for an anonymous complaint and for a referral.
    pub complainant: Option<Personal<Complainant>>,
    /// What the hotline says in a referral.
    pub referral: Option<OfficeText>,
    /// By when it is accepted or refused.
    pub accept: Frozen,
}

/// It was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// How it is looked into.
    pub mode: Mode,
    /// By when it is concluded.
    pub close: Frozen,
}

/// It was not accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// Why.
    pub ground: Ground,
    /// What the complainant is told.
    pub words: OfficeText,
}

/// Two investigators were named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assigned {
    /// Two different accounts.
    pub investigators: Vec<AccountId>,
}

/// An investigator spoke with somebody (谈话记录).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interviewed {
    /// Which investigator.
    pub by: AccountId,
    /// When they spoke.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub held: Instant,
    /// Where.
    pub place: OfficeText,
    /// With whom.
    pub who: OfficeText,
    /// The record.
    pub words: OfficeText,
}

/// The limit was extended, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extended {
    /// The new limit.
    pub close: Frozen,
    /// Why; the complainant is told.
    pub reason: OfficeText,
}

/// One investigator handed in the report and signed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// Which one.
    pub by: AccountId,
    /// What the report finds.
    pub finding: Finding,
    /// The report.
    pub words: OfficeText,
}

/// The other investigator signed the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signed {
    /// Which one.
    pub by: AccountId,
}

/// The head of the office concluded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concluded {
    /// What was found.
    pub finding: Finding,
    /// What the unit is advised to do; empty = nothing, and the unit learns nothing.
    pub advice: Vec<Advice>,
    /// What the unit is told; names no complainant. None without advice.
    pub recommendation: Option<OfficeText>,
    /// The reasoning, for the file.
    pub words: OfficeText,
    /// By when the unit says whether it adopts; none without advice.
    pub adopt: Option<Frozen>,
}

/// The complainant was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The answer.
    pub words: OfficeText,
    /// Until when a review can be asked for; none after a review and where nobody can ask.
    pub review_request: Option<Frozen>,
}

/// The unit said whether it adopts the recommendation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adopted {
    /// It does.
    pub adopted: bool,
    /// What it will do, or why not.
    pub words: OfficeText,
}

/// The complainant asked for a review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewRequested {
    /// Why.
    pub reason: Personal<String>,
    /// By when it is concluded anew.
    pub review: Frozen,
}

/// A limit ran out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overdue {
    /// Which one.
    pub limit: LimitKind,
    /// Of which round.
    pub round: u8,
}

events! {
    /// What happened to an investigation.
    InvestigationEvent {
        /// A complaint about the efficiency of a unit came in.
        Filed(Filed) => "investigation_filed" 1,
        /// It was accepted.
        Accepted(Accepted) => "investigation_accepted" 1,
        /// It was not accepted.
        Refused(Refused) => "investigation_refused" 1,
        /// Two investigators were named.
        Assigned(Assigned) => "investigation_assigned" 1,
        /// An investigator spoke with somebody.
        Interviewed(Interviewed) => "investigation_interviewed" 1,
        /// The limit was extended, once.
        Extended(Extended) => "investigation_extended" 1,
        /// One investigator handed in the report.
        Reported(Reported) => "investigation_reported" 1,
        /// The other investigator signed it.
        Signed(Signed) => "investigation_signed" 1,
        /// The head of the office concluded.
        Concluded(Concluded) => "investigation_concluded" 1,
        /// The complainant was answered.
        Answered(Answered) => "investigation_answered" 1,
        /// The unit said whether it adopts the recommendation.
        Adopted(Adopted) => "investigation_adopted" 1,
        /// The complainant asked for a review by others.
        ReviewRequested(ReviewRequested) => "investigation_review_requested" 1,
        /// A limit ran out; recorded once for each limit.
        Overdue(Overdue) => "investigation_overdue" 1,
    }
}
