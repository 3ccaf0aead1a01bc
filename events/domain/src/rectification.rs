//! Rectification (整改): what a unit has to put right, who is responsible, by when, and the evidence that it was done.
//! 项目 (what), 表单 (evidence), 清单 (list by due), 责任 (person). Stream `rectification-<uuid>`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::Role;
use crate::duty::{Duty, Holder};
use crate::events::events;
use crate::folded::Folded;
use crate::ids::{AccountId, UnitCode};
use crate::inspection::event::Photo;
use crate::mark::{Change, MarkKind};
use crate::private::{OfficeText, Private};
use crate::refusal::{Refusal, check_text};
use crate::time::Instant;

/// Longest text.
pub const WORDS: usize = 1_000;
/// Longest name of a person.
pub const NAME: usize = 30;
/// Most files of a report.
pub const MOST_PHOTOS: usize = 4;
/// Most reports: after that many returns it is a matter for other means.
pub const MOST_REPORTS: usize = 20;

/// What it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A confirmed finding of a spot check.
    Finding {
        /// The check.
        inspection: Uuid,
        /// Number of the finding.
        finding: u32,
    },
    /// An opinion of public evaluation.
    Opinion {
        /// The campaign.
        campaign: String,
        /// Number of the opinion.
        number: u32,
    },
}

impl Source {
    /// The rectification of this source: one, however often it is ordered.
    pub fn rectification(&self) -> Uuid {
        let name = match self {
            Self::Finding { inspection, finding } => format!("rectification/finding/{inspection}/{finding}"),
            Self::Opinion { campaign, number } => format!("rectification/opinion/{campaign}/{number}"),
        };
        Uuid::new_v5(&crate::ids::NAMESPACE, name.as_bytes())
    }

    /// Who looks whether it was done: those who found it.
    pub fn accepts(&self) -> Role {
        match self {
            Self::Finding { .. } => Role::Inspector,
            Self::Opinion { .. } => Role::Evaluator,
        }
    }

    /// Who withdraws it: whoever decides whether the finding stands; of an opinion, who ordered it.
    pub fn withdraws(&self) -> Role {
        match self {
            Self::Finding { .. } => Role::Director,
            Self::Opinion { .. } => Role::Evaluator,
        }
    }

    /// The name on pages.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Finding { .. } => "明察暗访发现的问题",
            Self::Opinion { .. } => "公众评议意见",
        }
    }
}

/// A unit was told to put something right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RectificationOrdered {
    /// The unit.
    pub unit: UnitCode,
    /// What it comes from.
    pub source: Source,
    /// By whom.
    pub by: AccountId,
    /// What is to be put right.
    pub what: OfficeText,
    /// By when.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
}

/// The unit named who is responsible and what will be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RectificationPlanned {
    /// Who wrote it.
    pub by: AccountId,
    /// The responsible person.
    pub responsible: OfficeText,
    /// The measure.
    pub measure: OfficeText,
}

/// The unit reported with evidence that it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RectificationReported {
    /// Who wrote it.
    pub by: AccountId,
    /// What was done.
    pub words: OfficeText,
    /// Evidence.
    pub photos: Vec<Photo>,
}

/// It was found done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RectificationAccepted {
    /// By whom.
    pub by: AccountId,
    /// What was looked at.
    pub words: OfficeText,
}

/// It was found not done; the unit goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RectificationReturned {
    /// By whom.
    pub by: AccountId,
    /// What is missing.
    pub reason: OfficeText,
    /// By when now.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
}

/// It is asked for no more: what it comes from was not upheld, or it was ordered in error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RectificationWithdrawn {
    /// By whom.
    pub by: AccountId,
    /// Why.
    pub reason: OfficeText,
}

/// It was not reported in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RectificationOverdue {}

events! {
    /// What happened to a rectification.
    RectificationEvent {
        /// A unit was told to put something right.
        Ordered(RectificationOrdered) => "rectification_ordered" 1,
        /// The unit named who is responsible and what will be done.
        Planned(RectificationPlanned) => "rectification_planned" 1,
        /// The unit reported with evidence.
        Reported(RectificationReported) => "rectification_reported" 1,
        /// It was found done.
        Accepted(RectificationAccepted) => "rectification_accepted" 1,
        /// It was found not done; the unit goes on.
        Returned(RectificationReturned) => "rectification_returned" 1,
        /// It is asked for no more; that it was late counts no more.
        Withdrawn(RectificationWithdrawn) => "rectification_withdrawn" 1,
        /// It was not reported in time.
        Overdue(RectificationOverdue) => "rectification_overdue" 1,
    }
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for the unit's plan.
    Ordered,
    /// The unit works on it.
    Planned,
    /// Waits for acceptance.
    Reported,
    /// Done.
    Accepted,
    /// Asked for no more.
    Withdrawn,
}

impl Stage {
    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ordered => "待制定措施",
            Self::Planned => "整改中",
            Self::Reported => "待验收",
            Self::Accepted => "已销号",
            Self::Withdrawn => "已撤销",
        }
    }

    /// Nobody has to do anything about it any more.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Accepted | Self::Withdrawn)
    }
}

/// A rectification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RectificationState {
    /// The unit.
    pub unit: UnitCode,
    /// What it comes from.
    pub source: Source,
    /// What is to be put right.
    pub what: OfficeText,
    /// When it was ordered.
    pub ordered: Instant,
    /// By when.
    pub due: Instant,
    /// Where it stands.
    pub stage: Stage,
    /// Since when it stands there.
    pub since: Instant,
    /// Who is responsible and the measure.
    pub plan: Option<(OfficeText, OfficeText)>,
    /// Reports with their evidence and who wrote them, oldest first.
    pub reports: Vec<RectificationReported>,
    /// When it was found overdue.
    pub overdue: Option<Instant>,
}

impl Folded for RectificationState {
    type Event = RectificationEvent;
    const KIND: &'static str = "rectification";

    fn evolve(before: Option<Self>, at: Instant, event: &RectificationEvent) -> Option<Self> {
        if let RectificationEvent::Ordered(e) = event {
            return Some(Self {
                unit: e.unit.clone(),
                source: e.source.clone(),
                what: e.what.clone(),
                ordered: at,
                due: e.due,
                stage: Stage::Ordered,
                since: at,
                plan: None,
                reports: Vec::new(),
                overdue: None,
            });
        }
        let mut state = before?;
        match event {
            RectificationEvent::Ordered(_) => {}
            RectificationEvent::Planned(e) => {
                (state.stage, state.since) = (Stage::Planned, at);
                state.plan = Some((e.responsible.clone(), e.measure.clone()));
            }
            RectificationEvent::Reported(e) => {
                (state.stage, state.since) = (Stage::Reported, at);
                state.reports.push(e.clone());
            }
            RectificationEvent::Accepted(_) => (state.stage, state.since) = (Stage::Accepted, at),
            RectificationEvent::Returned(e) => (state.stage, state.since, state.due) = (Stage::Planned, at, e.due),
            RectificationEvent::Withdrawn(_) => (state.stage, state.since) = (Stage::Withdrawn, at),
            RectificationEvent::Overdue(_) => state.overdue = Some(at),
        }
        Some(state)
    }

    fn next_at(&self) -> Option<Instant> {
        (self.overdue.is_none() && matches!(self.stage, Stage::Ordered | Stage::Planned)).then_some(self.due)
    }

    fn duties(&self) -> Vec<Duty> {
        let unit = || Holder::Unit(self.unit.clone());
        match self.stage {
            Stage::Ordered => vec![Duty::new(unit(), "rectification_plan", self.since, Some(self.due))],
            Stage::Planned => vec![Duty::new(unit(), "rectification_report", self.since, Some(self.due))],
            Stage::Reported => vec![Duty::new(Holder::Office(self.source.accepts()), "rectification_accept", self.since, None)],
            Stage::Accepted | Stage::Withdrawn => Vec::new(),
        }
    }

    fn marks(_: Option<&Self>, _: Instant, event: &RectificationEvent, after: &Self) -> Vec<Change> {
        match event {
            RectificationEvent::Overdue(_) => vec![Change::add(&after.unit, MarkKind::RectificationOverdue, "")],
            RectificationEvent::Withdrawn(_) => vec![Change::Revoke(MarkKind::RectificationOverdue)],
            _ => Vec::new(),
        }
    }
}

/// Orders a rectification.
///
/// # Errors
/// [`Refusal::Exists`]; [`Refusal::Fields`].
pub fn order(
    state: Option<&RectificationState>,
    unit: &UnitCode,
    source: &Source,
    by: AccountId,
    what: &str,
    due: Instant,
    now: Instant,
) -> Result<Vec<RectificationEvent>, Refusal> {
    if state.is_some() {
        return Err(Refusal::Exists);
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "what", "整改要求", what, WORDS);
    if due <= now {
        fields.push(crate::refusal::Field { name: "due", words: "整改期限要晚于今天".to_owned() });
    }
    Refusal::unless_empty(fields)?;
    let ordered = RectificationOrdered { unit: unit.clone(), source: source.clone(), by, what: Private::new(what.trim().to_owned()), due };
    Ok(vec![ordered.into()])
}

fn of_unit(state: &RectificationState, unit: &UnitCode) -> Result<(), Refusal> {
    if state.unit == *unit { Ok(()) } else { Err(Refusal::Missing) }
}

/// The unit names who is responsible and what will be done.
///
/// # Errors
/// [`Refusal::Missing`] for another unit; [`Refusal::Stage`]; [`Refusal::Fields`].
pub fn plan(
    state: &RectificationState,
    unit: &UnitCode,
    by: AccountId,
    responsible: &str,
    measure: &str,
) -> Result<Vec<RectificationEvent>, Refusal> {
    of_unit(state, unit)?;
    if state.stage != Stage::Ordered {
        return Err(Refusal::Stage(state.stage.label()));
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "responsible", "责任人", responsible, NAME);
    check_text(&mut fields, "measure", "整改措施", measure, WORDS);
    Refusal::unless_empty(fields)?;
    let text = |words: &str| Private::new(words.trim().to_owned());
    Ok(vec![RectificationPlanned { by, responsible: text(responsible), measure: text(measure) }.into()])
}

/// The unit reports with evidence; also late, which stays on record.
///
/// # Errors
/// As [`plan`].
pub fn report(
    state: &RectificationState,
    unit: &UnitCode,
    by: AccountId,
    words: &str,
    photos: &[Photo],
) -> Result<Vec<RectificationEvent>, Refusal> {
    of_unit(state, unit)?;
    if state.stage != Stage::Planned || state.reports.len() >= MOST_REPORTS {
        return Err(Refusal::Stage(state.stage.label()));
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "words", "整改情况", words, WORDS);
    if photos.len() > MOST_PHOTOS {
        fields.push(crate::refusal::Field { name: "photo", words: "一次最多 4 张照片".to_owned() });
    }
    Refusal::unless_empty(fields)?;
    Ok(vec![RectificationReported { by, words: Private::new(words.trim().to_owned()), photos: photos.to_vec() }.into()])
}

/// Accepts it.
///
/// # Errors
/// [`Refusal::Stage`]; [`Refusal::Fields`].
pub fn accept(state: &RectificationState, by: AccountId, words: &str) -> Result<Vec<RectificationEvent>, Refusal> {
    if state.stage != Stage::Reported {
        return Err(Refusal::Stage(state.stage.label()));
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "words", "验收情况", words, WORDS);
    Refusal::unless_empty(fields)?;
    Ok(vec![RectificationAccepted { by, words: Private::new(words.trim().to_owned()) }.into()])
}

/// Gives it back.
///
/// # Errors
/// As [`accept`].
pub fn give_back(
    state: &RectificationState,
    by: AccountId,
    reason: &str,
    due: Instant,
    now: Instant,
) -> Result<Vec<RectificationEvent>, Refusal> {
    if state.stage != Stage::Reported {
        return Err(Refusal::Stage(state.stage.label()));
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "reason", "退回理由", reason, WORDS);
    if due <= now {
        fields.push(crate::refusal::Field { name: "due", words: "新的整改期限要晚于今天".to_owned() });
    }
    Refusal::unless_empty(fields)?;
    Ok(vec![RectificationReturned { by, reason: Private::new(reason.trim().to_owned()), due }.into()])
}

/// Asks for it no more. One that was done can be withdrawn too: that it was late then counts no more.
///
/// # Errors
/// [`Refusal::Stage`] when it was withdrawn; [`Refusal::Fields`].
pub fn withdraw(state: &RectificationState, by: AccountId, reason: &str) -> Result<Vec<RectificationEvent>, Refusal> {
    if state.stage == Stage::Withdrawn {
        return Err(Refusal::Stage(state.stage.label()));
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "reason", "撤销理由", reason, WORDS);
    Refusal::unless_empty(fields)?;
    Ok(vec![RectificationWithdrawn { by, reason: Private::new(reason.trim().to_owned()) }.into()])
}

/// What the clock does by `now`.
pub fn tick(state: &RectificationState, now: Instant) -> Vec<(Instant, RectificationEvent)> {
    state.next_at().filter(|due| *due <= now).map(|due| (due, RectificationOverdue {}.into())).into_iter().collect()
}

#[cfg(test)]
mod tests;
