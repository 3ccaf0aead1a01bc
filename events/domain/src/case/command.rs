//! What can be asked of a case, and why it is refused.

use serde::{Deserialize, Serialize};

use super::clock::{Act, ClockKind};
use super::event::{Agent, Demand, Means, Outcome, Petitioner};
use super::state::Stage;
use crate::ids::{AccountId, UnitCode};
use crate::rulebook::Measure;
use crate::time::Instant;
use crate::unit::Level;

/// A demand as it is filed by a citizen or an operator. Its JSON is what a node outside sends in, so that a field that is
/// added has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Public number, made outside.
    pub number: String,
    /// Class.
    pub class: String,
    /// Channel.
    pub channel: String,
    /// Urgency; empty = the rulebook's first.
    pub urgency: String,
    /// Division code of the place.
    pub division: String,
    /// The words.
    pub demand: Demand,
    /// Who; none = anonymous.
    pub petitioner: Option<Petitioner>,
    /// Filed on behalf by.
    pub agent: Option<Agent>,
    /// Keep contact data from the unit.
    pub confidential: bool,
    /// May be published after redaction.
    pub publish: bool,
    /// Version of the privacy notice.
    pub notice: String,
}

/// A row of another system's export, in its state of the day.
#[derive(Debug, Clone, PartialEq)]
pub struct TakeOver {
    /// Public number for a new case.
    pub number: String,
    /// Name of the source.
    pub source: String,
    /// Id there.
    pub external_id: String,
    /// Hash of the row.
    pub fingerprint: String,
    /// When filed there.
    pub filed_at: Instant,
    /// Class.
    pub class: String,
    /// Channel.
    pub channel: String,
    /// Division code; empty when not known.
    pub division: String,
    /// Subject path.
    pub category: Vec<String>,
    /// The words.
    pub demand: Demand,
    /// Pseudonym or name.
    pub petitioner: Option<Petitioner>,
    /// The unit, when the source has one.
    pub unit: Option<(UnitCode, Level)>,
    /// Answer and its time.
    pub answer: Option<(String, Option<Instant>)>,
    /// Outcomes that the source asserts without times.
    pub asserted: Vec<Asserted>,
}

/// An outcome asserted by a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asserted {
    /// Of which indicator.
    pub measure: Measure,
    /// What it asserts.
    pub value: bool,
    /// Column.
    pub provenance: String,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// File a demand.
    File(Box<File>),
    /// Accept.
    Accept,
    /// Do not accept.
    Refuse {
        /// Ground.
        ground: String,
        /// Words to the petitioner.
        words: String,
    },
    /// Answer at once.
    AnswerDirectly {
        /// The answer.
        answer: String,
    },
    /// Give to a unit.
    Dispatch {
        /// The unit.
        unit: UnitCode,
        /// Its level.
        level: Level,
        /// Catalogue entry that was followed; empty = own decision.
        entry: String,
        /// Why.
        reason: String,
    },
    /// Sign for.
    Sign,
    /// Assign inside the unit.
    Assign {
        /// 科室.
        section: String,
        /// 经办人.
        handler: Option<AccountId>,
    },
    /// Record a contact.
    Contact {
        /// How.
        means: Means,
        /// Reached.
        reached: bool,
        /// What was said.
        note: String,
    },
    /// Write the answer.
    Answer {
        /// The answer.
        answer: String,
        /// What came of it.
        outcome: Outcome,
    },
    /// The head signs the answer.
    Approve,
    /// Send the answer back, as the unit's head or as the hotline, by the stage.
    SendBack {
        /// Why.
        reason: String,
    },
    /// The hotline passes the answer.
    Pass,
    /// Record a call-back.
    CallBack {
        /// The reply: contacted, solved, grade; none = not reached.
        reply: Option<(bool, bool, String)>,
        /// Note.
        note: String,
    },
    /// Rate.
    Rate {
        /// 1–5.
        stars: u8,
        /// Words.
        words: String,
    },
    /// Say that it is not solved.
    Dispute {
        /// Why.
        words: String,
    },
    /// Judge the dissatisfaction.
    Judge {
        /// Justified.
        justified: bool,
        /// Why.
        reason: String,
    },
    /// A limit is due to be warned of or broken (automation).
    Tick {
        /// Which.
        clock: ClockKind,
        /// Round.
        round: u8,
        /// What.
        act: Act,
    },
    /// The calendar changed: compute open limits anew (automation).
    Recompute,
    /// Take over a source's row.
    TakeOver(Box<TakeOver>),
}

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Class.
    Class,
    /// Channel.
    Channel,
    /// Urgency.
    Urgency,
    /// What happened.
    Words,
    /// What is wished for.
    Wish,
    /// Place.
    Division,
    /// Where exactly.
    Place,
    /// Name.
    Name,
    /// Phone.
    Phone,
    /// Mail.
    Email,
    /// Agent.
    Agent,
    /// Ground of refusal.
    Ground,
    /// Answer.
    Answer,
    /// Reason.
    Reason,
    /// Note.
    Note,
    /// Grade.
    Grade,
    /// Stars.
    Stars,
    /// Section.
    Section,
}

impl Field {
    /// The name of the form's field.
    pub fn code(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Channel => "channel",
            Self::Urgency => "urgency",
            Self::Words => "words",
            Self::Wish => "wish",
            Self::Division => "division",
            Self::Place => "place",
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Agent => "agent",
            Self::Ground => "ground",
            Self::Answer => "answer",
            Self::Reason => "reason",
            Self::Note => "note",
            Self::Grade => "grade",
            Self::Stars => "stars",
            Self::Section => "section",
        }
    }

    /// Chosen from a list, not written.
    fn is_choice(self) -> bool {
        matches!(self, Self::Class | Self::Channel | Self::Urgency | Self::Division | Self::Ground | Self::Grade | Self::Stars)
    }

    fn label(self) -> &'static str {
        match self {
            Self::Class => "诉求类型",
            Self::Channel => "来源渠道",
            Self::Urgency => "紧急程度",
            Self::Words => "诉求内容",
            Self::Wish => "希望如何解决",
            Self::Division => "所在区域",
            Self::Place => "详细地点",
            Self::Name => "姓名",
            Self::Phone => "手机或固定电话",
            Self::Email => "电子邮箱",
            Self::Agent => "代办人姓名与关系",
            Self::Ground => "不予受理的情形",
            Self::Answer => "答复内容",
            Self::Reason => "理由",
            Self::Note => "记录",
            Self::Grade => "满意程度",
            Self::Stars => "评价等级",
            Self::Section => "科室",
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing entered.
    Missing,
    /// Fewer characters than this.
    TooShort(usize),
    /// More characters than this.
    TooLong(usize),
    /// Not one of the choices.
    Unknown,
    /// Not of the expected shape.
    Malformed,
}

/// A field and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldFault {
    /// Which.
    pub field: Field,
    /// What.
    pub fault: Fault,
}

impl std::fmt::Display for FieldFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let label = self.field.label();
        match self.fault {
            Fault::Missing if self.field.is_choice() => write!(f, "请选择{label}"),
            Fault::Missing => write!(f, "请填写{label}"),
            Fault::TooShort(n) => write!(f, "{label}至少写 {n} 个字，请再写清楚一些"),
            Fault::TooLong(n) => write!(f, "{label}最多 {n} 个字，请删减后再提交"),
            Fault::Unknown => write!(f, "请从列出的选项中选择{label}"),
            Fault::Malformed if self.field == Field::Phone => {
                write!(f, "{label}格式不对，请填 11 位手机号，或带区号的固定电话，如 0572-1234567")
            }
            Fault::Malformed if self.field == Field::Email => write!(f, "{label}格式不对，请检查，如 name@example.cn"),
            Fault::Malformed => write!(f, "{label}格式不对，请检查后重新填写"),
        }
    }
}

/// Why a command is refused. Facts that compare; words for people stand here and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such case.
    #[error("没有找到这件诉求")]
    NotFound,
    /// Fields to mend.
    #[error("有 {} 处需要修改：{}", .0.len(), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("；"))]
    Fields(Vec<FieldFault>),
    /// The case has moved on.
    #[error("这件诉求现在是“{}”，不能做这一步。请刷新页面，看看最新情况", .0.label())]
    Stage(Stage),
    /// Already rated in this round.
    #[error("这次答复已经评价过，每次答复只能评价一次")]
    AlreadyRated,
    /// Already with another unit.
    #[error("这件诉求已派给另一个单位，请刷新页面查看")]
    OtherUnit,
    /// No rule gives limits for it.
    #[error("现行规则没有给这类诉求规定时限，请联系管理员检查规则文件")]
    NoLimits,
    /// The petitioner must be contacted before the answer.
    #[error("请先联系诉求人并记录，再提交答复；确实联系不上的，记录三次未接通后可以提交")]
    ContactFirst,
}
