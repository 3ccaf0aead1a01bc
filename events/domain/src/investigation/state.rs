//! The state of an investigation, and what follows from it: duties, marks, the next limit.

use serde::{Deserialize, Serialize};

use super::{Advice, Finding, Frozen, Ground, InvestigationEvent, LimitKind, Mode, Source, Stage, System};
use crate::account::Role;
use crate::duty::{Duty, Holder};
use crate::folded::Folded;
use crate::ids::{AccountId, CaseId, UnitCode};
use crate::mark::{Change, MarkKind};
use crate::time::Instant;

/// A limit as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// Which.
    pub kind: LimitKind,
    /// Of which round.
    pub round: u8,
    /// As it was frozen.
    pub frozen: Frozen,
    /// When it was met or became void.
    #[serde(with = "chrono::serde::ts_microseconds_option", default)]
    pub ended: Option<Instant>,
    /// It ran out, and that is on record.
    pub overdue: bool,
}

/// What the unit is advised to do: all that it ever sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// What was found.
    pub finding: Finding,
    /// What it is advised to do.
    pub advice: Vec<Advice>,
    /// Since when.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub since: Instant,
    /// Whether it adopts; none = not answered yet.
    pub adopted: Option<bool>,
    /// When it answered.
    #[serde(with = "chrono::serde::ts_microseconds_option", default)]
    pub answered_at: Option<Instant>,
}

/// What is known of an investigation; holds no word that anybody wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Investigation {
    /// Public number.
    pub number: String,
    /// The unit complained of.
    pub unit: UnitCode,
    /// Which basic system.
    pub system: System,
    /// How it came in.
    pub source: Source,
    /// The case that was referred.
    pub case: Option<CaseId>,
    /// Nobody can be answered.
    pub anonymous: bool,
    /// When it came in.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub filed_at: Instant,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub since: Instant,
    /// When it was accepted.
    #[serde(with = "chrono::serde::ts_microseconds_option", default)]
    pub accepted_at: Option<Instant>,
    /// How it is looked into.
    pub mode: Option<Mode>,
    /// Why it was not accepted.
    pub ground: Option<Ground>,
    /// The two investigators of this round.
    pub investigators: Vec<AccountId>,
    /// Those of the rounds before, who do not look into it again.
    pub former: Vec<AccountId>,
    /// Records of talks.
    pub interviews: u32,
    /// Who handed in the report that stands.
    pub reporter: Option<AccountId>,
    /// What the report finds.
    pub proposed: Option<Finding>,
    /// What was concluded.
    pub finding: Option<Finding>,
    /// When.
    #[serde(with = "chrono::serde::ts_microseconds_option", default)]
    pub concluded_at: Option<Instant>,
    /// What the unit sees.
    pub recommendation: Option<Recommendation>,
    /// When the complainant was answered.
    #[serde(with = "chrono::serde::ts_microseconds_option", default)]
    pub answered_at: Option<Instant>,
    /// Until when a review can be asked for.
    pub review_request: Option<Frozen>,
    /// 1, or 2 in a review.
    pub round: u8,
    /// The limit was extended.
    pub extended: bool,
    /// All limits, oldest first.
    pub clocks: Vec<Clock>,
}

impl Investigation {
    /// The limit of a kind that runs.
    pub fn running(&self, kind: LimitKind) -> Option<&Clock> {
        self.clocks.iter().rev().find(|clock| clock.kind == kind && clock.ended.is_none())
    }

    /// The limit by which this round is concluded.
    pub fn closing(&self) -> Option<&Clock> {
        self.running(LimitKind::Close).or_else(|| self.running(LimitKind::Review))
    }

    /// The limit that counts now for the office.
    pub fn due(&self) -> Option<&Clock> {
        self.running(LimitKind::Accept).or_else(|| self.closing())
    }

    /// Somebody waits for an answer: a complainant with a name, or the hotline for its caller.
    pub fn is_answered_to(&self) -> bool {
        !self.anonymous
    }

    /// The other investigator than the one who handed in the report.
    pub fn second(&self) -> Option<AccountId> {
        self.investigators.iter().copied().find(|one| Some(*one) != self.reporter)
    }

    fn start(&mut self, kind: LimitKind, frozen: &Frozen) {
        self.clocks.push(Clock { kind, round: self.round, frozen: frozen.clone(), ended: None, overdue: false });
    }

    fn end(&mut self, kinds: &[LimitKind], at: Instant) {
        for clock in self.clocks.iter_mut().filter(|clock| kinds.contains(&clock.kind) && clock.ended.is_none()) {
            clock.ended = Some(at);
        }
    }

    fn go(&mut self, stage: Stage, at: Instant) {
        (self.stage, self.since) = (stage, at);
    }

    fn apply(&mut self, at: Instant, event: &InvestigationEvent) {
        match event {
            InvestigationEvent::Filed(_) => {}
            InvestigationEvent::Accepted(e) => {
                self.end(&[LimitKind::Accept], at);
                self.start(LimitKind::Close, &e.close);
                (self.mode, self.accepted_at) = (Some(e.mode), Some(at));
                self.go(Stage::Accepted, at);
            }
            InvestigationEvent::Refused(e) => {
                self.end(&[LimitKind::Accept], at);
                self.ground = Some(e.ground);
                self.go(Stage::Refused, at);
            }
            InvestigationEvent::Assigned(e) => {
                self.investigators.clone_from(&e.investigators);
                (self.reporter, self.proposed) = (None, None);
                self.go(Stage::Investigating, at);
            }
            InvestigationEvent::Interviewed(_) => self.interviews += 1,
            InvestigationEvent::Extended(e) => {
                self.end(&[LimitKind::Close, LimitKind::Review], at);
                self.start(if self.round > 1 { LimitKind::Review } else { LimitKind::Close }, &e.close);
                self.extended = true;
            }
            InvestigationEvent::Reported(e) => {
                (self.reporter, self.proposed) = (Some(e.by), Some(e.finding));
                self.go(Stage::Reported, at);
            }
            InvestigationEvent::Signed(_) => self.go(Stage::Signed, at),
            InvestigationEvent::Concluded(e) => {
                self.end(&[LimitKind::Close, LimitKind::Review, LimitKind::Adopt], at);
                (self.finding, self.concluded_at) = (Some(e.finding), Some(at));
                self.recommendation = (!e.advice.is_empty()).then(|| Recommendation {
                    finding: e.finding,
                    advice: e.advice.clone(),
                    since: at,
                    adopted: None,
                    answered_at: None,
                });
                if let Some(adopt) = &e.adopt {
                    self.start(LimitKind::Adopt, adopt);
                }
                self.go(if self.is_answered_to() { Stage::Concluded } else { Stage::Closed }, at);
            }
            InvestigationEvent::Answered(e) => {
                self.answered_at = Some(at);
                self.review_request.clone_from(&e.review_request);
                self.go(Stage::Closed, at);
            }
            InvestigationEvent::Adopted(e) => {
                self.end(&[LimitKind::Adopt], at);
                if let Some(recommendation) = &mut self.recommendation {
                    (recommendation.adopted, recommendation.answered_at) = (Some(e.adopted), Some(at));
                }
            }
            InvestigationEvent::ReviewRequested(e) => {
                self.round += 1;
                self.former.append(&mut self.investigators);
                (self.reporter, self.proposed, self.review_request, self.answered_at) = (None, None, None, None);
                self.extended = false;
                self.start(LimitKind::Review, &e.review);
                self.go(Stage::Accepted, at);
            }
            InvestigationEvent::Overdue(e) => {
                for clock in self.clocks.iter_mut().filter(|clock| clock.kind == e.limit && clock.round == e.round && clock.ended.is_none())
                {
                    clock.overdue = true;
                }
            }
        }
    }
}

impl Folded for Investigation {
    type Event = InvestigationEvent;

    const KIND: &'static str = "investigation";

    fn evolve(before: Option<Self>, at: Instant, event: &InvestigationEvent) -> Option<Self> {
        match (before, event) {
            (None, InvestigationEvent::Filed(e)) => {
                let mut state = Self {
                    number: e.number.clone(),
                    unit: e.unit.clone(),
                    system: e.system,
                    source: e.source,
                    case: e.case,
                    // The hotline passes the answer on to its caller.
                    anonymous: e.complainant.is_none() && e.case.is_none(),
                    filed_at: at,
                    stage: Stage::Filed,
                    since: at,
                    accepted_at: None,
                    mode: None,
                    ground: None,
                    investigators: Vec::new(),
                    former: Vec::new(),
                    interviews: 0,
                    reporter: None,
                    proposed: None,
                    finding: None,
                    concluded_at: None,
                    recommendation: None,
                    answered_at: None,
                    review_request: None,
                    round: 1,
                    extended: false,
                    clocks: Vec::new(),
                };
                state.start(LimitKind::Accept, &e.accept);
                Some(state)
            }
            (None, _) => None,
            (Some(mut state), event) => {
                state.apply(at, event);
                Some(state)
            }
        }
    }

    fn next_at(&self) -> Option<Instant> {
        self.clocks.iter().filter(|clock| clock.ended.is_none() && !clock.overdue).map(|clock| clock.frozen.due).min()
    }

    fn duties(&self) -> Vec<Duty> {
        let due = self.due().map(|clock| clock.frozen.due);
        let office = |role: Role, task: &str| Duty::new(Holder::Office(role), task, self.since, due);
        let mut duties = match self.stage {
            Stage::Filed => vec![office(Role::Inspector, "investigation_accept")],
            Stage::Accepted => vec![office(Role::Director, "investigation_assign")],
            Stage::Investigating => self
                .investigators
                .iter()
                .map(|one| Duty::new(Holder::Account(*one), "investigation_investigate", self.since, due))
                .collect(),
            Stage::Reported => {
                self.second().map(|one| Duty::new(Holder::Account(one), "investigation_sign", self.since, due)).into_iter().collect()
            }
            Stage::Signed => vec![office(Role::Director, "investigation_conclude")],
            Stage::Concluded => vec![office(Role::Inspector, "investigation_answer")],
            Stage::Refused | Stage::Closed => Vec::new(),
        };
        if let Some(adopt) = self.running(LimitKind::Adopt) {
            let holder = Holder::Unit(self.unit.clone());
            duties.push(Duty::new(holder, "investigation_adopt", adopt.frozen.from, Some(adopt.frozen.due)));
        }
        duties
    }

    fn marks(before: Option<&Self>, _at: Instant, event: &InvestigationEvent, after: &Self) -> Vec<Change> {
        let InvestigationEvent::Concluded(e) = event else { return Vec::new() };
        let mut changes = Vec::new();
        // A review takes back what the first round counted, and counts anew what it finds.
        if before.and_then(|before| before.finding).is_some_and(Finding::is_true) {
            changes.push(Change::Revoke(MarkKind::ComplaintTrue));
        }
        if e.finding.is_true() {
            changes.push(Change::add(&after.unit, MarkKind::ComplaintTrue, e.finding.code()));
        }
        changes
    }
}
