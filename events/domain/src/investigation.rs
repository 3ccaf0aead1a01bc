//! Complaints about the conduct and diligence of officials and units (效能投诉件, domain.md §2.4.1). Stream
//! `investigation-<uuid>`: accepted or refused, looked into by two people, reported, signed, concluded, answered.
//!
//! The whole goes round the unit complained of (D4): until the conclusion the unit, those below it and those above it
//! know nothing; afterwards it sees its recommendation alone. What people said is sealed in the events and stands in no
//! state: pages read it from the opened stream.

mod decide;
mod event;
mod state;

pub use decide::{Book, Conclusion, NewComplaint, Talk};
pub use event::{
    Accepted, Adopted, Answered, Assigned, Complainant, Concluded, Extended, Filed, Interviewed, InvestigationEvent, Overdue, Refused,
    Reported, ReviewRequested, Signed, Statement,
};
pub use state::{Clock, Investigation, Recommendation};

use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::deadline::{DeadlineInput, deadline};
use crate::limit::Limit;
use crate::time::Instant;

/// A closed list of codes with their names on pages.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident $code:literal $label:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[doc = $vdoc])* $variant,)* }

        impl $name {
            /// All of them, in the order of pages.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in forms, views and events.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The name on pages.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// The one of a code.
            pub fn of_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }
    };
}

codes! {
    /// Which of the ten basic systems was breached (domain.md S3-04, §2.4.2); fixed by the provincial regulation.
    System {
        /// Every task has somebody responsible.
        PostDuty "post_duty" "岗位责任制",
        /// What is done is published.
        OpenAffairs "open_affairs" "办事公开制",
        /// What was promised is kept.
        Promise "promise" "服务承诺制",
        /// Whoever is asked first is responsible.
        FirstAsked "first_asked" "首问负责制",
        /// Everything needed is said at once.
        TellOnce "tell_once" "一次性告知制",
        /// Done within the limit.
        TimeLimit "time_limit" "限时办结制",
        /// Whoever says no reports it.
        Negative "negative" "否定报备制",
        /// Who does wrong answers for it.
        Accountability "accountability" "责任追究制",
        /// Society judges.
        Evaluation "evaluation" "社会评议制",
        /// Decisions are made with consultation.
        Decision "decision" "科学民主决策制",
    }
}

impl System {
    /// What a citizen would say.
    pub fn plainly(self) -> &'static str {
        match self {
            Self::PostDuty => "没人管：该在岗的不在岗，找不到负责的人",
            Self::OpenAffairs => "不公开：依据、条件、流程、收费没有公布，或和公布的不一样",
            Self::Promise => "说到没做到：公开承诺的服务没有兑现",
            Self::FirstAsked => "推来推去：第一个接待的人不登记、不指引、不负责",
            Self::TellOnce => "多跑路：要的材料没有一次说清，反复补",
            Self::TimeLimit => "拖着不办：超过法定或承诺的时间",
            Self::Negative => "一口回绝：说“不能办”，不讲依据，也不给书面说明",
            Self::Accountability => "错了没人担：出了问题不纠正、不追究",
            Self::Evaluation => "不听意见：群众的评价和意见没有回应",
            Self::Decision => "随意决定：该听取意见的没有听取",
        }
    }
}

codes! {
    /// How it came in.
    Source {
        /// Written on the site by the complainant.
        Web "web" "网上投诉",
        /// By telephone.
        Phone "phone" "电话投诉",
        /// On paper.
        Letter "letter" "来信投诉",
        /// In person.
        Visit "visit" "来访投诉",
        /// 线索移送 of the hotline.
        Referral "referral" "热线线索移送",
    }
}

codes! {
    /// How it is looked into (practice.md 10).
    Mode {
        /// By the office itself.
        Direct "direct" "直查",
        /// By people of another body in charge.
        Transferred "transferred" "转办",
        /// By another body, watched by the office.
        Supervised "supervised" "督办",
    }
}

codes! {
    /// Why it is not accepted.
    Ground {
        /// Breach of discipline or crime.
        Discipline "discipline" "反映违纪违法问题",
        /// Before a court, an arbitrator or in reconsideration.
        Court "court" "已经或应当通过诉讼、仲裁、行政复议解决",
        /// A demand for a service.
        Service "service" "属于一般服务诉求",
        /// Another body is in charge.
        Elsewhere "elsewhere" "被投诉单位不归本级管辖",
        /// No facts that can be checked.
        NoFacts "no_facts" "没有可供核查的具体事实",
        /// Answered before and nothing new.
        Repeated "repeated" "同一事实已经答复，没有新的情况",
    }
}

impl Ground {
    /// The right door.
    pub fn path(self) -> &'static str {
        match self {
            Self::Discipline => "请向纪检监察机关反映：举报电话 12388；涉嫌犯罪的请报警 110。",
            Self::Court => "请按告知的途径向人民法院起诉，或者申请仲裁、行政复议。",
            Self::Service => "请从“我要反映”提交，或者拨打 12345，由承办单位办理。",
            Self::Elsewhere => "请向对该单位有管辖权的效能办投诉。",
            Self::NoFacts => "补充时间、地点、经过和证据后，可以重新投诉。",
            Self::Repeated => "有新的事实或证据的，可以重新投诉。",
        }
    }
}

codes! {
    /// What was found (domain.md D6).
    Finding {
        /// Wholly true.
        Proved "proved" "属实",
        /// Mostly true.
        Mostly "mostly" "基本属实",
        /// Partly true.
        Partly "partly" "部分属实",
        /// Not true.
        Untrue "untrue" "不属实",
        /// Cannot be found out.
        Unclear "unclear" "无法查实",
    }
}

impl Finding {
    /// Counts against the unit.
    pub fn is_true(self) -> bool {
        matches!(self, Self::Proved | Self::Mostly | Self::Partly)
    }
}

codes! {
    /// What the unit is advised to do (domain.md D14).
    Advice {
        /// 改进工作
        Improve "improve" "改进工作",
        /// 完善政策
        Policy "policy" "完善政策",
        /// 追究责任
        Responsibility "responsibility" "追究责任",
    }
}

codes! {
    /// Where it stands.
    Stage {
        /// Waits for acceptance.
        Filed "filed" "待受理",
        /// Not accepted; the end.
        Refused "refused" "不予受理",
        /// Waits for its two investigators.
        Accepted "accepted" "待派调查人员",
        /// Looked into.
        Investigating "investigating" "调查中",
        /// Waits for the second signature.
        Reported "reported" "待会签",
        /// Waits for the conclusion.
        Signed "signed" "待结论",
        /// Waits for the answer to the complainant.
        Concluded "concluded" "待答复",
        /// The end.
        Closed "closed" "已办结",
    }
}

codes! {
    /// Which limit.
    LimitKind {
        /// Filing → accepted or refused.
        Accept "accept" "受理期限",
        /// Accepted → concluded.
        Close "close" "办结期限",
        /// Review requested → concluded anew.
        Review "review" "复查期限",
        /// Concluded → the unit has said whether it adopts.
        Adopt "adopt" "采纳答复期限",
    }
}

/// A limit frozen in an event (architecture.md, invariant 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// The start; its day is day zero.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub from: Instant,
    /// The limit as the rulebook says it.
    pub limit: Limit,
    /// In time is before this instant.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// A year without a published notice was touched.
    #[serde(default)]
    pub provisional: bool,
    /// Version of the calendar.
    pub calendar: String,
}

impl Frozen {
    /// Freezes a limit.
    pub fn new(from: Instant, limit: Limit, calendar: &Calendar) -> Self {
        let found = deadline(calendar, &DeadlineInput::new(from, limit));
        Self { from, limit, due: found.due, provisional: found.provisional, calendar: found.calendar }
    }
}

#[cfg(test)]
mod tests;
