//! What is known of a case: the fold of its events. Holds no words of people, so that views may keep it.

use serde::{Deserialize, Serialize};

use super::clock::{Act, Clock, ClockKind, Frozen, Holder};
use super::event::{CaseEvent, Ending, External, Outcome};
use crate::ids::{AccountId, UnitCode};
use crate::time::Instant;
use crate::unit::Level;

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// No such case yet.
    #[default]
    None,
    /// 待受理
    Filed,
    /// 待派单
    Accepted,
    /// 待签收
    Dispatched,
    /// 办理中
    Handling,
    /// 待单位审核
    UnitReview,
    /// 待热线审核
    HotlineReview,
    /// 待回访
    CallBack,
    /// 不满意待研判
    Judging,
    /// 已归档
    Archived,
    /// 不予受理
    Refused,
}

impl Stage {
    /// All stages that a case can have.
    pub const ALL: [Self; 10] = [
        Self::Filed,
        Self::Accepted,
        Self::Dispatched,
        Self::Handling,
        Self::UnitReview,
        Self::HotlineReview,
        Self::CallBack,
        Self::Judging,
        Self::Archived,
        Self::Refused,
    ];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "未登记",
            Self::Filed => "待受理",
            Self::Accepted => "待派单",
            Self::Dispatched => "待签收",
            Self::Handling => "办理中",
            Self::UnitReview => "待单位审核",
            Self::HotlineReview => "待热线审核",
            Self::CallBack => "待回访",
            Self::Judging => "待研判",
            Self::Archived => "已归档",
            Self::Refused => "不予受理",
        }
    }

    /// The name in views and paths.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Filed => "filed",
            Self::Accepted => "accepted",
            Self::Dispatched => "dispatched",
            Self::Handling => "handling",
            Self::UnitReview => "unit_review",
            Self::HotlineReview => "hotline_review",
            Self::CallBack => "call_back",
            Self::Judging => "judging",
            Self::Archived => "archived",
            Self::Refused => "refused",
        }
    }

    /// The stage of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.code() == code)
    }

    /// Ended: nobody has to act.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Archived | Self::Refused)
    }

    /// The petitioner has an answer.
    pub fn is_answered(self) -> bool {
        matches!(self, Self::CallBack | Self::Judging | Self::Archived)
    }
}

/// A stretch of time in one pair of hands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Who.
    pub holder: Holder,
    /// Since.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub from: Instant,
    /// Until; none = still.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub to: Option<Instant>,
}

/// The latest call-back that reached somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastReply {
    /// Contacted by the unit.
    pub contacted: bool,
    /// Solved.
    pub solved: bool,
    /// Grade.
    pub grade: String,
    /// Satisfied.
    pub satisfied: bool,
}

/// What is known of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct CaseState {
    /// Where it stands.
    pub stage: Stage,
    /// Public number.
    pub number: String,
    /// Class.
    pub class: String,
    /// A report of wrongdoing.
    pub wrongdoing: bool,
    /// Channel.
    pub channel: String,
    /// Urgency.
    pub urgency: String,
    /// Division code.
    pub division: String,
    /// Subject path.
    pub category: Vec<String>,
    /// Nobody's name is known.
    pub anonymous: bool,
    /// Contact data are kept from the unit.
    pub confidential: bool,
    /// May be published after redaction.
    pub publish: bool,
    /// The ticket in another system; such a case sends no notices.
    pub external: Option<External>,
    /// When filed.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub filed_at: Option<Instant>,
    /// When first given to a unit.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub dispatched_at: Option<Instant>,
    /// The unit in charge.
    pub unit: Option<UnitCode>,
    /// Its level.
    pub level: Option<Level>,
    /// 科室.
    pub section: String,
    /// 经办人.
    pub handler: Option<AccountId>,
    /// 1 for the first handling.
    pub round: u8,
    /// All limits, in the order in which they were set.
    pub clocks: Vec<Clock>,
    /// In whose hands, in order.
    pub spans: Vec<Span>,
    /// The petitioner was reached by the unit in this round.
    pub contacted: bool,
    /// Contacts tried in this round.
    pub contact_attempts: u8,
    /// The answer's outcome as the unit says.
    pub outcome: Option<Outcome>,
    /// When the petitioner got the (latest) answer.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub answered_at: Option<Instant>,
    /// Call-back attempts in this round.
    pub attempts: u8,
    /// Call-backs that reached somebody, over all rounds.
    pub replies: u8,
    /// The latest reply.
    pub reply: Option<LastReply>,
    /// Stars of the rating of this round.
    pub stars: Option<u8>,
    /// The citizen said "not solved" in this round.
    pub disputed: bool,
    /// How it ended.
    pub ending: Option<Ending>,
    /// When it ended.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub ended_at: Option<Instant>,
    /// Outcomes asserted by the source: measure code, value.
    pub asserted: Vec<(String, bool)>,
    /// The rulebook of the latest limits.
    pub rulebook: String,
    /// When the last event happened.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub changed_at: Option<Instant>,
}

impl CaseState {
    /// There is such a case.
    pub fn exists(&self) -> bool {
        self.stage != Stage::None
    }

    /// Who has it now.
    pub fn holder(&self) -> Option<&Holder> {
        self.spans.last().filter(|span| span.to.is_none()).map(|span| &span.holder)
    }

    /// The running limit of a kind.
    pub fn running(&self, kind: ClockKind) -> Option<&Clock> {
        self.clocks.iter().rev().find(|clock| clock.kind == kind && clock.runs())
    }

    /// The latest limit of a kind, running or not.
    pub fn latest(&self, kind: ClockKind) -> Option<&Clock> {
        self.clocks.iter().rev().find(|clock| clock.kind == kind)
    }

    /// A limit by kind and round.
    pub fn clock(&self, kind: ClockKind, round: u8) -> Option<&Clock> {
        self.clocks.iter().rev().find(|clock| clock.kind == kind && clock.round == round)
    }

    /// What automation has to do, and when.
    pub fn acts(&self) -> impl Iterator<Item = (Instant, &Clock, Act)> {
        self.clocks.iter().filter_map(|clock| clock.next().map(|(at, act)| (at, clock, act)))
    }

    /// The limit that the person who holds the case looks at: the nearest running one that binds the holder.
    pub fn next_due(&self) -> Option<&Clock> {
        let kinds: &[ClockKind] = match self.stage {
            Stage::Filed | Stage::Accepted => &[ClockKind::Accept],
            Stage::Dispatched => &[ClockKind::Sign],
            Stage::Handling => &[ClockKind::Contact, ClockKind::Handle],
            Stage::UnitReview => &[ClockKind::Handle],
            Stage::HotlineReview => &[ClockKind::Review],
            Stage::CallBack | Stage::Judging => &[ClockKind::CallBack],
            _ => &[],
        };
        self.clocks.iter().filter(|clock| clock.runs() && kinds.contains(&clock.kind)).min_by_key(|clock| clock.due)
    }

    /// Minutes in each pair of hands between two instants, in the order of first holding.
    pub fn consumed(&self, from: Instant, to: Instant) -> Vec<(Holder, i64)> {
        let mut sums: Vec<(Holder, i64)> = Vec::new();
        for span in &self.spans {
            let start = span.from.max(from);
            let end = span.to.unwrap_or(to).min(to);
            if end <= start {
                continue;
            }
            let micros = (end - start).num_microseconds().unwrap_or(i64::MAX);
            match sums.iter_mut().find(|(holder, _)| *holder == span.holder) {
                Some((_, sum)) => *sum = sum.saturating_add(micros),
                None => sums.push((span.holder.clone(), micros)),
            }
        }
        sums.into_iter().map(|(holder, micros)| (holder, micros / 60_000_000)).collect()
    }

    /// Starts limits. Of a kind only one runs: the one before becomes void, so that a tick always means the latest.
    fn start(&mut self, at: Instant, frozen: &Frozen) {
        self.rulebook.clone_from(&frozen.rulebook);
        let round = self.round.max(1);
        for set in &frozen.clocks {
            self.void(&[set.clock], at);
            let holder = match (set.clock, &self.unit) {
                (ClockKind::Sign | ClockKind::Contact | ClockKind::Handle, Some(unit)) => Holder::Unit(unit.clone()),
                _ => Holder::Hotline,
            };
            self.clocks.push(Clock {
                kind: set.clock,
                round,
                holder,
                from: frozen.from,
                limit: set.limit,
                due: set.due,
                warn_at: set.warn_at,
                provisional: set.provisional,
                calendar: frozen.calendar.clone(),
                rulebook: frozen.rulebook.clone(),
                warned: false,
                breached: false,
                ended: None,
                met: false,
            });
        }
    }

    fn meet(&mut self, kinds: &[ClockKind], at: Instant) {
        self.end(kinds, at, true);
    }

    fn void(&mut self, kinds: &[ClockKind], at: Instant) {
        self.end(kinds, at, false);
    }

    fn end(&mut self, kinds: &[ClockKind], at: Instant, met: bool) {
        for clock in self.clocks.iter_mut().filter(|clock| clock.ended.is_none() && kinds.contains(&clock.kind)) {
            clock.ended = Some(at);
            clock.met = met;
        }
    }

    fn hand_to(&mut self, holder: Option<Holder>, at: Instant) {
        if self.holder() == holder.as_ref() {
            return;
        }
        if let Some(span) = self.spans.last_mut().filter(|span| span.to.is_none()) {
            span.to = Some(at.max(span.from));
        }
        if let Some(holder) = holder {
            // A late fact cannot give a case away before it was taken.
            let from = self.spans.last().and_then(|span| span.to).map_or(at, |end| at.max(end));
            self.spans.push(Span { holder, from, to: None });
        }
    }

    fn clock_mut(&mut self, kind: ClockKind, round: u8) -> Option<&mut Clock> {
        self.clocks.iter_mut().rev().find(|clock| clock.kind == kind && clock.round == round)
    }

    fn close(&mut self, ending: Ending, at: Instant) {
        self.stage = Stage::Archived;
        self.ending = Some(ending);
        // A source that only asserts how it ended tells no time of the end, and none is made up.
        self.ended_at = (ending != Ending::Source || self.answered_at.is_some()).then_some(at);
        self.void(&ClockKind::ALL, at);
        self.hand_to(None, at);
    }
}

const UNIT_CLOCKS: [ClockKind; 3] = [ClockKind::Sign, ClockKind::Contact, ClockKind::Handle];

/// Folds one event that happened `at`.
#[must_use]
pub fn evolve(mut state: CaseState, at: Instant, event: &CaseEvent) -> CaseState {
    apply(&mut state, at, event);
    state
}

/// Folds one event in place.
pub fn apply(state: &mut CaseState, at: Instant, event: &CaseEvent) {
    state.changed_at = Some(state.changed_at.map_or(at, |before| before.max(at)));
    match event {
        CaseEvent::Filed(e) => {
            state.stage = Stage::Filed;
            state.number.clone_from(&e.number);
            state.class.clone_from(&e.class);
            state.wrongdoing = e.wrongdoing;
            state.channel.clone_from(&e.channel);
            state.urgency.clone_from(&e.urgency);
            state.division.clone_from(&e.division);
            state.category.clone_from(&e.category);
            state.anonymous = e.petitioner.is_none();
            state.confidential = e.confidential;
            state.publish = e.publish;
            state.external.clone_from(&e.external);
            state.filed_at = Some(at);
            state.round = 1;
            state.hand_to(Some(Holder::Hotline), at);
            if let Some(frozen) = &e.frozen {
                state.start(at, frozen);
            }
        }
        CaseEvent::Accepted(_) => state.stage = Stage::Accepted,
        CaseEvent::Refused(_) => {
            state.stage = Stage::Refused;
            state.ended_at = Some(at);
            state.meet(&[ClockKind::Accept], at);
            state.void(&ClockKind::ALL, at);
            state.hand_to(None, at);
        }
        CaseEvent::AnsweredDirectly(_) => {
            state.answered_at = Some(at);
            state.meet(&[ClockKind::Accept, ClockKind::Promise], at);
        }
        CaseEvent::Dispatched(e) => {
            state.stage = Stage::Dispatched;
            state.unit = Some(e.unit.clone());
            state.level = Some(e.level);
            state.dispatched_at.get_or_insert(at);
            state.meet(&[ClockKind::Accept], at);
            state.hand_to(Some(Holder::Unit(e.unit.clone())), at);
            state.start(at, &e.frozen);
        }
        CaseEvent::Signed(_) => {
            state.stage = Stage::Handling;
            state.meet(&[ClockKind::Sign], at);
        }
        CaseEvent::DeemedReceived(_) => {
            if state.stage == Stage::Dispatched {
                state.stage = Stage::Handling;
            }
            let round = state.round;
            if let Some(clock) = state.clock_mut(ClockKind::Sign, round) {
                clock.breached = true;
                clock.ended = Some(at);
            }
        }
        CaseEvent::Assigned(e) => {
            state.section.clone_from(&e.section);
            state.handler = e.handler;
        }
        CaseEvent::Contacted(e) => {
            state.contact_attempts = state.contact_attempts.saturating_add(1);
            if e.reached {
                state.contacted = true;
                state.meet(&[ClockKind::Contact], at);
            }
        }
        CaseEvent::Answered(e) => {
            state.stage = Stage::UnitReview;
            state.outcome = Some(e.outcome);
        }
        CaseEvent::Approved(e) => {
            state.stage = Stage::HotlineReview;
            state.meet(&[ClockKind::Handle], at);
            state.void(&UNIT_CLOCKS, at);
            state.hand_to(Some(Holder::Hotline), at);
            state.start(at, &e.frozen);
        }
        CaseEvent::SentBack(e) => {
            state.stage = Stage::Handling;
            if e.by_hotline {
                state.meet(&[ClockKind::Review], at);
                if let Some(unit) = state.unit.clone() {
                    state.hand_to(Some(Holder::Unit(unit)), at);
                }
                if let Some(frozen) = &e.frozen {
                    state.start(at, frozen);
                }
            }
        }
        CaseEvent::Passed(e) => {
            state.stage = Stage::CallBack;
            state.answered_at = Some(at);
            state.attempts = 0;
            state.meet(&[ClockKind::Review, ClockKind::Total, ClockKind::Promise], at);
            if let Some(frozen) = &e.frozen {
                state.start(at, frozen);
            }
        }
        CaseEvent::CalledBack(e) => {
            state.attempts = e.attempt;
            if let Some(reply) = &e.reply {
                state.replies = state.replies.saturating_add(1);
                state.stage = Stage::Judging;
                state.reply = Some(LastReply {
                    contacted: reply.contacted,
                    solved: reply.solved,
                    grade: reply.grade.clone(),
                    satisfied: reply.satisfied,
                });
                state.meet(&[ClockKind::CallBack], at);
            }
        }
        CaseEvent::Rated(e) => state.stars = Some(e.stars),
        CaseEvent::Disputed(_) => {
            state.stage = Stage::Judging;
            state.disputed = true;
            state.ending = None;
            state.ended_at = None;
            state.hand_to(Some(Holder::Hotline), at);
        }
        CaseEvent::Judged(_) => state.void(&[ClockKind::CallBack], at),
        CaseEvent::Rehandled(e) => {
            // An answer of the hotline itself had no unit: the case goes back to be dispatched.
            state.stage = if state.unit.is_some() { Stage::Dispatched } else { Stage::Accepted };
            state.round = e.round;
            state.attempts = 0;
            state.contacted = false;
            state.contact_attempts = 0;
            state.disputed = false;
            state.stars = None;
            state.outcome = None;
            if let Some(unit) = state.unit.clone() {
                state.hand_to(Some(Holder::Unit(unit)), at);
            }
            state.start(at, &e.frozen);
        }
        CaseEvent::Archived(e) => state.close(e.ending, at),
        CaseEvent::LimitWarned(e) => {
            if let Some(clock) = state.clock_mut(e.clock, e.round) {
                clock.warned = true;
            }
        }
        CaseEvent::LimitBreached(e) => {
            if let Some(clock) = state.clock_mut(e.clock, e.round) {
                clock.warned = true;
                clock.breached = true;
            }
        }
        CaseEvent::BreachWithdrawn(e) => {
            // After a send-back the same holder had more than one limit: all that were kept by then are whole again.
            if let Some(latest) = state.clock_mut(e.clock, e.round) {
                latest.breached = false;
                let holder = latest.holder.clone();
                let same = |clock: &&mut Clock| (clock.kind, clock.round, &clock.holder) == (e.clock, e.round, &holder);
                for clock in state.clocks.iter_mut().filter(same).filter(|clock| clock.keeps(at)) {
                    clock.breached = false;
                }
            }
        }
        CaseEvent::DeadlineRecomputed(e) => {
            if let Some(clock) = state.clock_mut(e.clock, e.round) {
                clock.limit = e.limit;
                clock.due = e.due;
                clock.warn_at = e.warn_at;
                clock.provisional = e.provisional;
                clock.calendar.clone_from(&e.calendar);
            }
        }
        CaseEvent::OutcomeAsserted(e) => {
            state.asserted.retain(|(code, _)| code != e.measure.code());
            state.asserted.push((e.measure.code().to_owned(), e.value));
        }
        CaseEvent::Reclassified(e) => {
            state.class.clone_from(&e.class);
            state.category.clone_from(&e.category);
            state.division.clone_from(&e.division);
        }
        CaseEvent::HolderReported(e) => {
            let before = state.unit.clone().map(Holder::Unit);
            state.unit = Some(e.unit.clone());
            state.level = Some(e.level);
            state.dispatched_at.get_or_insert(at);
            if state.stage.is_ended() {
                // A correction: what was judged is judged of the right unit, nothing starts.
                for clock in state.clocks.iter_mut().filter(|clock| Some(&clock.holder) == before.as_ref()) {
                    clock.holder = Holder::Unit(e.unit.clone());
                }
            } else {
                state.stage = Stage::Handling;
                state.void(&UNIT_CLOCKS, at);
                state.void(&[ClockKind::Accept], at);
                state.hand_to(Some(Holder::Unit(e.unit.clone())), at);
                if let Some(frozen) = &e.frozen {
                    state.start(at, frozen);
                }
            }
        }
        CaseEvent::AnswerReported(_) => {
            let before = state.answered_at.replace(at);
            // A correction of the time of an answer.
            for clock in state.clocks.iter_mut().filter(|clock| clock.met && clock.ended == before) {
                clock.ended = Some(at);
            }
            state.meet(&[ClockKind::Total, ClockKind::Promise, ClockKind::Handle], at);
            state.void(&ClockKind::ALL, at);
        }
        CaseEvent::SourceChanged(e) => {
            if let Some(external) = &mut state.external {
                external.fingerprint.clone_from(&e.fingerprint);
            }
        }
    }
}
