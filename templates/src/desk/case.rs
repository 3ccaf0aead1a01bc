//! The case page: demand, whose hands, route map, answers, acts, timeline, ledger, limits, events.

mod ledger;
mod sample;

use askama::Template;

pub use self::ledger::{Ledger, LedgerBar, LedgerRow};
pub(super) use self::sample::samples;

use super::{Actions, AsOf, CaseRow, Due, DueState, Form};
use crate::components::{Link, Moment, RouteState, RouteStep, SummaryRow, Tag, Tone};
use crate::shell::Shell;

/// `GET /desk/case/{number}`
#[derive(Debug, Clone, Template)]
#[template(path = "desk/case.html")]
pub struct Case {
    /// Context.
    pub shell: Shell,
    /// Breadcrumbs: the worklist it was opened from.
    pub crumbs: Vec<Link>,
    /// Head.
    pub head: CaseHead,
    /// Somebody else acted while the form was filled (409); the acts below keep what was typed.
    pub conflict: Option<Conflict>,
    /// Route map.
    pub route: Vec<RouteStep>,
    /// The demand.
    pub demand: Demand,
    /// Contact data, masked or withheld.
    pub contact: ContactBlock,
    /// Answers, newest first.
    pub answers: Vec<AnswerBlock>,
    /// Call-backs, newest first.
    pub call_backs: Vec<CallBackRow>,
    /// Ratings (好差评) by the citizen, newest first.
    pub ratings: Vec<Rating>,
    /// What may be done now.
    pub actions: Actions,
    /// Why nothing can be done, and who has to act.
    pub waiting: String,
    /// Every event in words, newest first.
    pub timeline: Vec<Fact>,
    /// Time in whose hands.
    pub ledger: Ledger,
    /// All limits, newest first.
    pub limits: Vec<LimitRow>,
    /// The log's facts: position, hash; newest first.
    pub events: Vec<EventRow>,
    /// Cards, orders and other papers of oversight about this case, for those who may see them.
    pub supervision: Vec<Link>,
    /// The caller's earlier cases.
    pub earlier: Vec<CaseRow>,
    /// 线索移送 to the efficiency office; none for who may not.
    pub refer: Option<ReferAct>,
    /// Escalated matters of the case: words and chain, the latest first.
    pub escalations: Vec<Link>,
    /// Where it is raised by hand; empty when this reader may not.
    pub escalate: String,
    /// Freshness.
    pub as_of: AsOf,
}

/// 线索移送: fields `refer_system`, `refer_words`; or what became of it.
#[derive(Debug, Clone, Default)]
pub struct ReferAct {
    /// The form; none once it was referred.
    pub form: Option<super::Form>,
    /// The ten systems.
    pub systems: Vec<crate::components::Choice>,
    /// Reason as typed.
    pub words: String,
    /// What became of it.
    pub status: String,
    /// The answer for the caller.
    pub answer: Vec<String>,
}

/// Head of the page.
#[derive(Debug, Clone, Default)]
pub struct CaseHead {
    /// Public number.
    pub number: String,
    /// Title; empty = erased.
    pub title: String,
    /// Class.
    pub class: String,
    /// Channel.
    pub channel: String,
    /// When filed.
    pub filed: Moment,
    /// Stage.
    pub stage: Tag,
    /// Urgency and 保密, 匿名, 举报, 二次办理.
    pub marks: Vec<Tag>,
    /// In whose hands now; empty when ended.
    pub holder: String,
    /// For how long, for example `已 1 天 20 小时（10月21日 11:10 起）`.
    pub holder_since: String,
    /// 科室 · 经办人; empty when not assigned.
    pub assignee: String,
    /// How it ended; empty while it runs.
    pub ending: String,
    /// The limits that matter now: total first, then the holder's.
    pub limits: Vec<HeadLimit>,
}

/// A limit in the head.
#[derive(Debug, Clone, Default)]
pub struct HeadLimit {
    /// For example `办理时限`.
    pub label: String,
    /// For example `5 个工作日`.
    pub limit: String,
    /// The due date.
    pub due: Due,
    /// One sentence that explains it.
    pub sentence: String,
    /// Day by day.
    pub href: String,
}

/// What others did while the form was filled.
#[derive(Debug, Clone, Default)]
pub struct Conflict {
    /// What happened meanwhile.
    pub changes: Vec<ConflictChange>,
    /// The act is still possible: its form stands below with what was typed. Else `kept` shows the words to be copied.
    pub possible: bool,
    /// What was typed.
    pub kept: Vec<KeptText>,
}

/// One thing that happened meanwhile.
#[derive(Debug, Clone, Default)]
pub struct ConflictChange {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: String,
    /// What, for example `签收了本件`.
    pub what: String,
}

/// Words that were typed and cannot be used as they are.
#[derive(Debug, Clone, Default)]
pub struct KeptText {
    /// Field.
    pub label: String,
    /// Words.
    pub text: String,
}

/// The demand.
#[derive(Debug, Clone, Default)]
pub struct Demand {
    /// What happened; empty = erased.
    pub words: String,
    /// What is wished for.
    pub wish: String,
    /// Division in words.
    pub division: String,
    /// Where exactly.
    pub place: String,
    /// Subject path.
    pub category: String,
    /// Filed on behalf by, in words; empty for not.
    pub agent: String,
    /// The ticket in another system, in words; empty for not.
    pub external: String,
}

/// Contact data.
#[derive(Debug, Clone, Default)]
pub struct ContactBlock {
    /// What may be seen, masked or whole; empty when withheld.
    pub rows: Vec<SummaryRow>,
    /// Why it is masked or withheld: `诉求人要求保密，联系方式不予显示。请通过热线办联系。`
    pub note: String,
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct AnswerBlock {
    /// For example `第 1 次办理的答复`.
    pub title: String,
    /// State: 待单位审核, 待热线审核, 已送达, 已退回.
    pub state: Tag,
    /// What came of it, as the unit says.
    pub outcome: Option<Tag>,
    /// Who wrote, signed, passed.
    pub by: String,
    /// When written.
    pub at: Moment,
    /// Words; empty = erased.
    pub words: String,
    /// Asserted by the source or sent back: why.
    pub note: String,
}

/// A call-back.
#[derive(Debug, Clone, Default)]
pub struct CallBackRow {
    /// When.
    pub at: Moment,
    /// For example `第 1 次`.
    pub attempt: String,
    /// 已接通 / 未接通.
    pub reached: Tag,
    /// Contacted by the unit; empty when not reached.
    pub contacted: String,
    /// Solved; empty when not reached.
    pub solved: String,
    /// Grade.
    pub grade: Option<Tag>,
    /// Words.
    pub note: String,
    /// Who called.
    pub by: String,
    /// This one counts.
    pub counts: bool,
}

/// A rating by the citizen.
#[derive(Debug, Clone, Default)]
pub struct Rating {
    /// When.
    pub at: Moment,
    /// 1–5.
    pub stars: u8,
    /// For example `非常满意`.
    pub grade: String,
    /// Words.
    pub words: String,
}

/// One event in words.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    /// When it happened.
    pub at: Moment,
    /// When it was recorded, if that differs.
    pub recorded: Option<Moment>,
    /// What happened.
    pub title: String,
    /// Who.
    pub by: String,
    /// Words and due dates, a paragraph each.
    pub lines: Vec<String>,
    /// Who was late and by how much; empty for nobody.
    pub late: String,
    /// Colour.
    pub tone: Tone,
    /// Position in the log; the anchor `e{seq}` of the event table.
    pub seq: String,
}

/// A limit.
#[derive(Debug, Clone, Default)]
pub struct LimitRow {
    /// Which.
    pub label: String,
    /// Round.
    pub round: u8,
    /// Who is bound.
    pub holder: String,
    /// Start.
    pub from: Moment,
    /// As the rulebook says it.
    pub limit: String,
    /// Due with the state.
    pub due: Due,
    /// When it ended, if it did.
    pub ended: Option<Moment>,
    /// Who is answerable for a breach and who consumed how much; empty for none.
    pub answerable: String,
    /// Calendar version.
    pub calendar: String,
    /// Rulebook version.
    pub rulebook: String,
    /// `/desk/case/{number}/limit/{kind}/{round}`
    pub href: String,
}

/// A fact of the log.
#[derive(Debug, Clone, Default)]
pub struct EventRow {
    /// Position in the log.
    pub seq: String,
    /// Kind, for example `case_dispatched`.
    pub kind: String,
    /// The kind in words.
    pub label: String,
    /// When it happened.
    pub at: Moment,
    /// When it was recorded.
    pub recorded: Moment,
    /// Actor.
    pub actor: String,
    /// Hash of the leaf, hexadecimal, shortened.
    pub hash: String,
    /// The event's own page or file; none when there is none.
    pub href: Option<String>,
}
