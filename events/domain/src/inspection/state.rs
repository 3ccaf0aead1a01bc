//! What is known of a spot check, and what follows from it.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{FindingHead, InspectionEvent, Visit};
use super::plan::{Assignment, Mode, Plan, Target};
use crate::account::Role;
use crate::deadline::Deadline;
use crate::duty::{Duty, Holder};
use crate::folded::Folded;
use crate::ids::{AccountId, UnitCode};
use crate::mark::{Change, MarkKind};
use crate::private::OfficeText;
use crate::time::{CHINA, Instant, legal_day};
use crate::veil::Veiled;

/// Where a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for approval.
    Planned,
    /// Approved: drawn, visited, written down.
    Approved,
    /// Not approved.
    Refused,
    /// Done on the spot; findings may still be open.
    Done,
}

impl Stage {
    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Planned => "待批准",
            Self::Approved => "检查中",
            Self::Refused => "未批准",
            Self::Done => "检查结束",
        }
    }
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It counts.
    Confirmed,
    /// It does not.
    Dropped,
}

/// A reply of the unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// When.
    pub at: Instant,
    /// The unit agrees.
    pub agrees: bool,
    /// What it says.
    pub words: OfficeText,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Number within the check.
    pub number: u32,
    /// The first signer.
    pub by: AccountId,
    /// When it was recorded.
    pub recorded: Instant,
    /// What.
    pub head: Veiled<FindingHead>,
    /// The place.
    pub place: OfficeText,
    /// What was seen.
    pub words: OfficeText,
    /// The second signer, and when.
    pub second: Option<(AccountId, Instant)>,
    /// By when the unit replies; the unit sees the finding from then on.
    pub reply_by: Option<Deadline>,
    /// The reply.
    pub reply: Option<Reply>,
    /// The time for it has passed.
    pub unanswered: bool,
    /// What became of it, who decided, why.
    pub outcome: Option<(Outcome, AccountId, OfficeText)>,
}

impl Finding {
    /// The unit concerned may see it.
    pub fn is_told(&self) -> bool {
        self.reply_by.is_some()
    }

    /// It counts.
    pub fn is_confirmed(&self) -> bool {
        matches!(self.outcome, Some((Outcome::Confirmed, ..)))
    }

    /// The unit, if this reader knows it.
    pub fn unit(&self) -> Option<&UnitCode> {
        self.head.known().map(|head| &head.unit)
    }
}

/// A visit as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisitState {
    /// Number within the check.
    pub number: u32,
    /// Who recorded it.
    pub by: AccountId,
    /// When.
    pub at: Instant,
    /// The visit.
    pub visit: Veiled<Visit>,
}

/// A spot check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectionState {
    /// Open or covert.
    pub mode: Mode,
    /// Who checks.
    pub team: Vec<AccountId>,
    /// Who planned it.
    pub planner: AccountId,
    /// Where it stands.
    pub stage: Stage,
    /// When it was planned.
    pub planned: Instant,
    /// Since when it stands there.
    pub since: Instant,
    /// Hash of the plan.
    pub commitment: String,
    /// When the plan has ended.
    pub until: Instant,
    /// The plan.
    pub plan: Veiled<Plan>,
    /// What it is about.
    pub theme: OfficeText,
    /// The draw.
    pub draw: Option<Uuid>,
    /// Who visits which unit, by the draw.
    pub assigned: Option<Veiled<Vec<Assignment>>>,
    /// Visits, oldest first.
    pub visits: Vec<VisitState>,
    /// Findings, oldest first.
    pub findings: Vec<Finding>,
    /// Last days of the periods without a visit.
    pub missed: Vec<NaiveDate>,
}

impl InspectionState {
    /// Secret now: nobody outside the team learns anything of it.
    pub fn is_secret(&self) -> bool {
        self.mode == Mode::Covert && self.stage != Stage::Done
    }

    /// Is in the team.
    pub fn has(&self, account: AccountId) -> bool {
        self.team.contains(&account)
    }

    /// Who visits which unit, as far as this reader knows: by the draw, else the whole team everywhere.
    pub fn assignments(&self) -> Vec<Assignment> {
        if let Some(assigned) = &self.assigned {
            return assigned.known().cloned().unwrap_or_default();
        }
        match self.plan.known().map(|plan| &plan.target) {
            Some(Target::Units(units)) => {
                units.iter().map(|unit| Assignment { unit: unit.clone(), inspectors: self.team.clone() }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Who visits a unit, as far as this reader knows.
    pub fn inspectors_of(&self, unit: &UnitCode) -> Vec<AccountId> {
        self.assignments().into_iter().find(|one| one.unit == *unit).map(|one| one.inspectors).unwrap_or_default()
    }

    /// The draw is still to be made.
    pub fn awaits_draw(&self) -> bool {
        self.assigned.is_none() && self.plan.known().is_some_and(|plan| matches!(plan.target, Target::Draw(_)))
    }

    /// How often a unit was visited in this check.
    pub fn visits_of(&self, unit: &UnitCode) -> usize {
        self.visits.iter().filter(|one| one.visit.known().is_some_and(|visit| visit.unit == *unit)).count()
    }

    /// A finding by its number.
    pub fn finding(&self, number: u32) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.number == number)
    }

    /// The first period that passed or will pass without a visit and was not noted: its last day.
    pub fn next_miss(&self) -> Option<NaiveDate> {
        if !matches!(self.stage, Stage::Planned | Stage::Approved) {
            return None;
        }
        let visited: Vec<NaiveDate> = self.visits.iter().map(|visit| legal_day(visit.at)).collect();
        let empty = |from: NaiveDate, to: NaiveDate| !self.missed.contains(&to) && !visited.iter().any(|day| (from..=to).contains(day));
        match self.plan.known() {
            Some(plan) => plan.periods().into_iter().find(|(from, to)| empty(*from, *to)).map(|(_, to)| to),
            // Of a covert plan the clock knows no more than when it ends; it is made for one period.
            None => {
                let to = legal_day(self.until).pred_opt()?;
                (self.visits.is_empty() && !self.missed.contains(&to)).then_some(to)
            }
        }
    }

    fn finding_mut(&mut self, number: u32) -> Option<&mut Finding> {
        self.findings.iter_mut().find(|finding| finding.number == number)
    }

    fn on(&mut self, at: Instant, event: &InspectionEvent) {
        match event {
            InspectionEvent::Planned(_) => {}
            InspectionEvent::Approved(_) => (self.stage, self.since) = (Stage::Approved, at),
            InspectionEvent::Refused(_) => (self.stage, self.since) = (Stage::Refused, at),
            InspectionEvent::Drawn(e) => (self.draw, self.assigned) = (Some(e.draw), Some(e.assigned.clone())),
            InspectionEvent::Visited(e) => self.visits.push(VisitState { number: e.number, by: e.by, at, visit: e.visit.clone() }),
            InspectionEvent::FindingRecorded(e) => self.findings.push(Finding {
                number: e.number,
                by: e.by,
                recorded: at,
                head: e.head.clone(),
                place: e.place.clone(),
                words: e.words.clone(),
                second: None,
                reply_by: None,
                reply: None,
                unanswered: false,
                outcome: None,
            }),
            InspectionEvent::Signed(e) => {
                if let Some(finding) = self.finding_mut(e.number) {
                    finding.second = Some((e.by, at));
                    finding.reply_by = e.reply.clone();
                }
            }
            InspectionEvent::Replied(e) => {
                if let Some(finding) = self.finding_mut(e.number) {
                    finding.reply = Some(Reply { at, agrees: e.agrees, words: e.words.clone() });
                }
            }
            InspectionEvent::Unanswered(e) => {
                if let Some(finding) = self.finding_mut(e.number) {
                    finding.unanswered = true;
                }
            }
            InspectionEvent::Confirmed(e) => {
                if let Some(finding) = self.finding_mut(e.number) {
                    finding.outcome = Some((Outcome::Confirmed, e.by, e.reason.clone()));
                }
            }
            InspectionEvent::Dropped(e) => {
                if let Some(finding) = self.finding_mut(e.number) {
                    finding.outcome = Some((Outcome::Dropped, e.by, e.reason.clone()));
                }
            }
            InspectionEvent::Missed(e) => self.missed.push(e.to),
            InspectionEvent::Done(e) => {
                (self.stage, self.since) = (Stage::Done, at);
                if let Some(revealed) = &e.revealed {
                    self.plan = Veiled::Open(revealed.plan.clone());
                    if self.assigned.is_some() {
                        self.assigned = Some(Veiled::Open(revealed.assigned.clone()));
                    }
                    for visit in &mut self.visits {
                        if let Some((_, open)) = revealed.visits.iter().find(|(number, _)| *number == visit.number) {
                            visit.visit = Veiled::Open(open.clone());
                        }
                    }
                    for finding in &mut self.findings {
                        if let Some((_, open)) = revealed.findings.iter().find(|(number, _)| *number == finding.number) {
                            finding.head = Veiled::Open(open.clone());
                        }
                    }
                }
                for finding in self.findings.iter_mut().filter(|finding| finding.outcome.is_none() && finding.reply_by.is_none()) {
                    finding.reply_by = e.reply.clone();
                }
            }
        }
    }
}

/// The instant at which a legal day has ended.
pub fn end_of(day: NaiveDate) -> Option<Instant> {
    let next = day.succ_opt()?.and_time(NaiveTime::MIN);
    next.and_local_timezone(CHINA).single().map(|at| at.to_utc())
}

impl Folded for InspectionState {
    type Event = InspectionEvent;
    const KIND: &'static str = "inspection";

    fn evolve(before: Option<Self>, at: Instant, event: &InspectionEvent) -> Option<Self> {
        if let InspectionEvent::Planned(e) = event {
            return Some(Self {
                mode: e.mode,
                team: e.team.clone(),
                planner: e.planner,
                stage: Stage::Planned,
                planned: at,
                since: at,
                commitment: e.commitment.clone(),
                until: e.until,
                plan: e.plan.clone(),
                theme: e.theme.clone(),
                draw: None,
                assigned: None,
                visits: Vec::new(),
                findings: Vec::new(),
                missed: Vec::new(),
            });
        }
        let mut state = before?;
        state.on(at, event);
        Some(state)
    }

    fn next_at(&self) -> Option<Instant> {
        let waits = |finding: &&Finding| finding.outcome.is_none() && finding.reply.is_none() && !finding.unanswered;
        let replies = self.findings.iter().filter(waits).filter_map(|finding| finding.reply_by.as_ref().map(|by| by.due));
        replies.chain(self.next_miss().and_then(end_of)).min()
    }

    fn duties(&self) -> Vec<Duty> {
        let mut all = Vec::new();
        match self.stage {
            Stage::Planned => all.push(Duty::new(Holder::Office(Role::Director), "inspection_approve", self.planned, None)),
            Stage::Approved if self.awaits_draw() => {
                all.extend(self.team.iter().map(|one| Duty::new(Holder::Account(*one), "inspection_draw", self.since, Some(self.until))));
            }
            Stage::Approved => {
                // Of a covert check the views know neither units nor assignments: it stays a duty of the team until it is done.
                let assigned = self.assignments();
                let open = |account: &AccountId| {
                    assigned.is_empty() || assigned.iter().any(|one| one.inspectors.contains(account) && self.visits_of(&one.unit) == 0)
                };
                let visiting = self.team.iter().filter(|account| open(account));
                all.extend(visiting.map(|one| Duty::new(Holder::Account(*one), "inspection_visit", self.since, Some(self.until))));
            }
            Stage::Refused | Stage::Done => {}
        }
        for finding in self.findings.iter().filter(|finding| finding.outcome.is_none()) {
            match (&finding.second, &finding.reply_by) {
                (None, _) => {
                    // Whoever was there can sign; of a covert check the views know nobody but the team.
                    let assigned = finding.unit().map(|unit| self.inspectors_of(unit)).unwrap_or_default();
                    let there = if assigned.is_empty() { &self.team } else { &assigned };
                    let others = there.iter().filter(|account| **account != finding.by);
                    all.extend(others.map(|one| Duty::new(Holder::Account(*one), "finding_sign", finding.recorded, None)));
                }
                (Some((_, at)), Some(by)) if finding.reply.is_none() && !finding.unanswered => {
                    if let Some(unit) = finding.unit() {
                        all.push(Duty::new(Holder::Unit(unit.clone()), "finding_reply", *at, Some(by.due)));
                    }
                }
                (Some(_), Some(by)) => {
                    let since = finding.reply.as_ref().map_or(by.due, |reply| reply.at);
                    all.push(Duty::new(Holder::Office(Role::Director), "finding_confirm", since, None));
                }
                (Some(_), None) => {}
            }
        }
        all
    }

    fn marks(before: Option<&Self>, _at: Instant, event: &InspectionEvent, after: &Self) -> Vec<Change> {
        let counted = |finding: &Finding| {
            let head = finding.head.known()?;
            matches!(finding.outcome, Some((Outcome::Confirmed, ..))).then(|| Change::add(&head.unit, MarkKind::Finding, &head.code))
        };
        match event {
            InspectionEvent::Visited(e) => e
                .visit
                .known()
                .filter(|_| !after.is_secret())
                .map(|visit| Change::add(&visit.unit, MarkKind::Visit, ""))
                .into_iter()
                .collect(),
            InspectionEvent::Done(e) => {
                let visits = e.revealed.iter().flat_map(|revealed| &revealed.visits);
                visits.map(|(_, visit)| Change::add(&visit.unit, MarkKind::Visit, "")).collect()
            }
            InspectionEvent::Confirmed(e) => after.finding(e.number).and_then(counted).into_iter().collect(),
            InspectionEvent::Dropped(e) => {
                let counted_before = before.and_then(|state| state.finding(e.number)).is_some_and(|finding| counted(finding).is_some());
                if !counted_before {
                    return Vec::new();
                }
                // A revocation takes back all of the stream; what still stands is counted anew.
                let standing = after.findings.iter().filter_map(counted);
                std::iter::once(Change::Revoke(MarkKind::Finding)).chain(standing).collect()
            }
            _ => Vec::new(),
        }
    }
}
