//! What can happen to a case. Payloads hold the words of people only inside private values.

use serde::{Deserialize, Serialize};

use super::clock::{ClockKind, Frozen, Holder};
use crate::events::events;
use crate::ids::{AccountId, UnitCode};
use crate::limit::Limit;
use crate::private::{OfficeText, Personal};
use crate::rulebook::Measure;
use crate::time::Instant;
use crate::unit::Level;

/// The words of a demand, sealed together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Demand {
    /// A short title; the first words when the petitioner gave none.
    pub title: String,
    /// What happened.
    pub words: String,
    /// What is wished for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wish: String,
    /// Where exactly.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
}

/// Who filed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Petitioner {
    /// Name or pseudonym.
    pub name: String,
    /// Phone, normalised.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Mail address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
}

/// Who filed for somebody else (代办, domain.md S0-10); never mixed with the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Agent {
    /// Name.
    pub name: String,
    /// Relation or post.
    pub relation: String,
}

/// Where a case comes from when another system holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// Name of the source.
    pub source: String,
    /// The ticket's id there.
    pub id: String,
    /// Hash of the row that was last taken over, hexadecimal.
    pub fingerprint: String,
}

/// A demand was filed (登记).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filed {
    /// Public number.
    pub number: String,
    /// Class.
    pub class: String,
    /// A report of wrongdoing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wrongdoing: bool,
    /// Channel.
    pub channel: String,
    /// Urgency.
    pub urgency: String,
    /// Division code of the place; empty when not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub division: String,
    /// Subject path in the source's or the city's tree; empty when not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<String>,
    /// The words.
    pub demand: Personal<Demand>,
    /// Who; none = anonymous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub petitioner: Option<Personal<Petitioner>>,
    /// Filed on behalf by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Personal<Agent>>,
    /// Contact data are kept from the unit (为诉求人保密).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confidential: bool,
    /// The petitioner agrees that words and answer are published after redaction.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub publish: bool,
    /// Version of the privacy notice that was shown (domain.md K2); empty for imports.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notice: String,
    /// The ticket in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
    /// Limits that start: accept and promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
}

/// The hotline accepted it (受理).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accepted {}

/// The hotline did not accept it (不予受理), told the ground and the right door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// Ground of the rulebook.
    pub ground: String,
    /// What was told to the petitioner.
    pub words: OfficeText,
}

/// The hotline answered at once (直接答复).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnsweredDirectly {
    /// The answer.
    pub answer: OfficeText,
}

/// Given to a unit (派单 / 批转).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dispatched {
    /// The unit in charge (主办).
    pub unit: UnitCode,
    /// Its level, which decided the limits.
    pub level: Level,
    /// The catalogue's entry that a person followed; empty when decided otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entry: String,
    /// Why this unit.
    pub reason: OfficeText,
    /// Limits that start: total, handle, sign, contact.
    pub frozen: Frozen,
}

/// The unit signed for it (签收 / 查阅).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signed {}

/// Not signed for within the limit: deemed received (视同接收).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeemedReceived {}

/// Assigned inside the unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assigned {
    /// 科室; not personal.
    pub section: String,
    /// 经办人.
    pub handler: Option<AccountId>,
}

/// How a petitioner was contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// 电话
    Phone,
    /// 上门
    Visit,
    /// 短信
    Sms,
    /// 其他线上方式
    Online,
}

impl Means {
    /// All means.
    pub const ALL: [Self; 4] = [Self::Phone, Self::Visit, Self::Sms, Self::Online];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Phone => "电话",
            Self::Visit => "上门",
            Self::Sms => "短信",
            Self::Online => "其他线上方式",
        }
    }

    /// The name in forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Visit => "visit",
            Self::Sms => "sms",
            Self::Online => "online",
        }
    }

    /// The means of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|means| means.code() == code)
    }
}

/// The unit contacted the petitioner (practice.md 6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contacted {
    /// How.
    pub means: Means,
    /// Reached.
    pub reached: bool,
    /// What was said.
    pub note: OfficeText,
}

/// What came of it, as the unit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 已解决
    Solved,
    /// 部分解决
    Partly,
    /// 解释说明
    Explained,
    /// 暂不能解决
    NotYet,
    /// 诉求不属实
    Unfounded,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 5] = [Self::Solved, Self::Partly, Self::Explained, Self::NotYet, Self::Unfounded];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Solved => "已解决",
            Self::Partly => "部分解决",
            Self::Explained => "已解释说明",
            Self::NotYet => "暂不能解决",
            Self::Unfounded => "诉求不属实",
        }
    }

    /// The name in forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::Partly => "partly",
            Self::Explained => "explained",
            Self::NotYet => "not_yet",
            Self::Unfounded => "unfounded",
        }
    }

    /// The outcome of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.code() == code)
    }
}

/// The handler wrote the answer (答复); it waits for the head's signature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The answer to the petitioner.
    pub answer: OfficeText,
    /// What came of it.
    pub outcome: Outcome,
}

/// The unit's head signed the answer; it leaves the unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approved {
    /// The review limit that starts.
    pub frozen: Frozen,
}

/// The answer was sent back to the handler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentBack {
    /// By the hotline's review rather than by the unit's own head.
    pub by_hotline: bool,
    /// Why.
    pub reason: OfficeText,
    /// The handling limit as it runs on, when the hotline sent it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
}

/// The answer passed the hotline's review and is given to the petitioner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Passed {
    /// The call-back limit, when there is a call-back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
}

/// The answers of a reached petitioner, three separate facts (domain.md B3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Did the unit contact you?
    pub contacted: bool,
    /// Is it solved?
    pub solved: bool,
    /// Grade of the rulebook.
    pub grade: String,
    /// The grade counts as satisfied.
    pub satisfied: bool,
}

/// The hotline called back (回访).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalledBack {
    /// 1, 2, 3.
    pub attempt: u8,
    /// The reply; none = not reached.
    pub reply: Option<Reply>,
    /// Words of the petitioner and number of the recording.
    pub note: OfficeText,
    /// Which of several call-backs counts, as the rulebook of the day says.
    pub first_counts: bool,
}

/// The citizen rated the answer (好差评, five grades; never made up, domain.md C8).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rated {
    /// 1–5.
    pub stars: u8,
    /// Words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Personal<String>>,
}

/// The citizen says that it is not solved (没有解决); goes to the hotline, not to the unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disputed {
    /// Why.
    pub words: Personal<String>,
}

/// The hotline judged the dissatisfaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Justified.
    pub justified: bool,
    /// Why.
    pub reason: OfficeText,
}

/// To be handled again (二次办理).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rehandled {
    /// 2 for the first time again.
    pub round: u8,
    /// The limits of the new round.
    pub frozen: Frozen,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Answered by the hotline at once.
    Direct,
    /// The petitioner is content.
    Satisfied,
    /// Nobody reached: no sample.
    NotReached,
    /// The class has no call-back.
    NoCallBack,
    /// Dissatisfaction not justified.
    NotJustified,
    /// Justified, but the rounds are used up.
    RoundsUsed,
    /// Ended in the source system.
    Source,
}

impl Ending {
    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Direct => "直接答复办结",
            Self::Satisfied => "满意办结",
            Self::NotReached => "多次未接通，按规定办结",
            Self::NoCallBack => "答复后办结（本类不回访）",
            Self::NotJustified => "经研判诉求不合理，办结",
            Self::RoundsUsed => "二次办理次数用尽，办结并标注",
            Self::Source => "来源系统已办结",
        }
    }
}

/// Archived (归档).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Archived {
    /// How it ended.
    pub ending: Ending,
}

/// A limit is near (预警).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimitWarned {
    /// Which.
    pub clock: ClockKind,
    /// Round.
    pub round: u8,
}

/// A limit was broken (超期). Happened at the due instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimitBreached {
    /// Which.
    pub clock: ClockKind,
    /// Round.
    pub round: u8,
    /// Who is answerable: for the matter's limit the one who consumed most time.
    pub holder: Holder,
    /// Minutes in whose hands from the start to the due instant.
    pub consumed: Vec<(Holder, i64)>,
}

/// A breach was withdrawn: a late fact shows that the limit was kept, or that it was another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BreachWithdrawn {
    /// Which.
    pub clock: ClockKind,
    /// Round.
    pub round: u8,
    /// Why.
    pub reason: WithdrawReason,
}

/// Why a breach was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawReason {
    /// It was answered in time; the fact arrived late.
    AnsweredInTime,
    /// The deadline was recomputed and had not passed.
    Recomputed,
}

/// A deadline was computed anew after a notice or another class; only open limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadlineRecomputed {
    /// Which.
    pub clock: ClockKind,
    /// Round.
    pub round: u8,
    /// The limit.
    pub limit: Limit,
    /// The due instant before.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub old: Instant,
    /// The due instant now.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// When to warn now.
    #[serde(with = "chrono::serde::ts_microseconds_option", default)]
    pub warn_at: Option<Instant>,
    /// Still touches a year without notice.
    pub provisional: bool,
    /// The calendar now.
    pub calendar: String,
}

/// A source asserts an outcome without times; recorded as asserted (architecture.md, Import and feeds).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeAsserted {
    /// Of which indicator.
    pub measure: Measure,
    /// The unit concerned.
    pub unit: Option<UnitCode>,
    /// What it asserts.
    pub value: bool,
    /// Where it stands in the source.
    pub provenance: String,
}

/// The source shows another class, subject or place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reclassified {
    /// Class now.
    pub class: String,
    /// Subject path now.
    pub category: Vec<String>,
    /// Division code now.
    pub division: String,
}

/// The source shows the case in the hands of a unit; no limit of ours starts with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HolderReported {
    /// The unit.
    pub unit: UnitCode,
    /// Its level.
    pub level: Level,
    /// The handling limit under the rulebook of that day, when the source gives the times to judge it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
}

/// The source shows an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerReported {
    /// The answer.
    pub answer: OfficeText,
}

/// The source's row was taken over in a later state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceChanged {
    /// Hash of the row, hexadecimal.
    pub fingerprint: String,
    /// New words of the demand, when those changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<Personal<Demand>>,
}

impl CaseEvent {
    /// Follows from a limit and the time alone, whoever's command brought it to record: its actor is automation.
    pub fn is_automatic(&self) -> bool {
        matches!(self, Self::LimitWarned(_) | Self::LimitBreached(_) | Self::DeemedReceived(_))
    }
}

events! {
    /// What happened to a case.
    #[expect(clippy::large_enum_variant, reason = "few exist at a time, and a box would stand in every match of every view")]
    CaseEvent {
        /// A demand was filed (登记).
        Filed(Filed) => "case_filed" 1,
        /// The hotline accepted it (受理).
        Accepted(Accepted) => "case_accepted" 1,
        /// The hotline did not accept it and told the ground and the right door (不予受理).
        Refused(Refused) => "case_refused" 1,
        /// The hotline answered at once (直接答复).
        AnsweredDirectly(AnsweredDirectly) => "case_answered_directly" 1,
        /// Given to a unit; the matter's and the unit's limits start (派单).
        Dispatched(Dispatched) => "case_dispatched" 1,
        /// The unit signed for it (签收).
        Signed(Signed) => "case_signed" 1,
        /// Not signed for within the limit: deemed received (视同接收), at the due instant.
        DeemedReceived(DeemedReceived) => "case_deemed_received" 1,
        /// Assigned to a section and handler inside the unit.
        Assigned(Assigned) => "case_assigned" 1,
        /// The unit contacted the petitioner or tried to (联系).
        Contacted(Contacted) => "case_contacted" 1,
        /// The handler wrote the answer; the head has to sign it (答复).
        Answered(Answered) => "case_answered" 1,
        /// The head signed the answer; it leaves the unit, the review limit starts.
        Approved(Approved) => "case_answer_approved" 1,
        /// The head or the hotline's review sent the answer back.
        SentBack(SentBack) => "case_answer_sent_back" 1,
        /// The answer passed the hotline's review and is the petitioner's.
        Passed(Passed) => "case_answer_passed" 1,
        /// The hotline called back; without a reply nobody was reached (回访).
        CalledBack(CalledBack) => "case_called_back" 1,
        /// The citizen rated the answer with stars (好差评).
        Rated(Rated) => "case_rated" 1,
        /// The citizen says that it is not solved (没有解决).
        Disputed(Disputed) => "case_disputed" 1,
        /// The hotline judged whether the dissatisfaction is justified.
        Judged(Judged) => "case_dissatisfaction_judged" 1,
        /// To be handled again with limits of its own (二次办理).
        Rehandled(Rehandled) => "case_rehandled" 1,
        /// The case ended (归档).
        Archived(Archived) => "case_archived" 1,
        /// A limit is near (预警).
        LimitWarned(LimitWarned) => "case_limit_warned" 1,
        /// A limit was broken, at the due instant; who answers for it and the minutes in whose hands (超期).
        LimitBreached(LimitBreached) => "case_limit_breached" 1,
        /// A breach was withdrawn: a late fact shows that the limit was kept or was another one.
        BreachWithdrawn(BreachWithdrawn) => "case_breach_withdrawn" 1,
        /// An open deadline was computed anew after a notice.
        DeadlineRecomputed(DeadlineRecomputed) => "case_deadline_recomputed" 1,
        /// A source asserts an outcome without times.
        OutcomeAsserted(OutcomeAsserted) => "case_outcome_asserted" 1,
        /// The source shows another class, subject or place.
        Reclassified(Reclassified) => "case_reclassified" 1,
        /// The source shows the case in the hands of a unit.
        HolderReported(HolderReported) => "case_holder_reported" 1,
        /// The source shows an answer.
        AnswerReported(AnswerReported) => "case_answer_reported" 1,
        /// The source's row was taken over in a later state.
        SourceChanged(SourceChanged) => "case_source_changed" 1,
    }
}
