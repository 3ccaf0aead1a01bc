//! The steps of a matter and of its tasks. Who may take them is asked by `application::access`.

use chrono::NaiveDate;

use super::{
    MatterAssigned, MatterClosed, MatterEvent, MatterSet, MatterState, Milestone, Part, Source, TaskAccepted, TaskAssigned, TaskClosed,
    TaskEvent, TaskExtended, TaskFeedback, TaskOverdue, TaskReturned, TaskStage, TaskState,
};
use crate::ids::{AccountId, MatterId, UnitCode};
use crate::private::Private;
use crate::refusal::{Field, Refusal, check_text};
use crate::time::{Instant, legal_day};

/// Longest text about a matter, in characters.
pub const LONGEST: usize = 2_000;
/// Longest title.
pub const TITLE: usize = 100;
/// Most units of a matter besides the lead.
pub const MOST_UNITS: usize = 60;
/// Most milestones.
pub const MOST_MILESTONES: usize = 12;

/// A matter to be set.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMatter {
    /// Where it comes from.
    pub source: Source,
    /// What it is called.
    pub title: String,
    /// What the units have to do.
    pub requirement: String,
    /// The words of the source; blank for none.
    pub wording: String,
    /// 牵头单位.
    pub lead: UnitCode,
    /// 配合单位.
    pub assisting: Vec<UnitCode>,
    /// Steps on the way.
    pub milestones: Vec<(NaiveDate, String)>,
    /// By the end of which legal day.
    pub due: Instant,
}

/// Sets a matter.
///
/// # Errors
/// [`Refusal`].
pub fn set(state: Option<&MatterState>, new: &NewMatter, by: AccountId, now: Instant) -> Result<MatterEvent, Refusal> {
    if state.is_some() {
        return Err(Refusal::Exists);
    }
    let mut fields = Vec::new();
    let mut fault = |name, words: &str| fields.push(Field { name, words: words.to_owned() });
    if new.due <= now {
        fault("due", "完成期限要在今天或以后");
    }
    if new.assisting.len() > MOST_UNITS {
        fault("assisting", "配合单位最多 60 个，请拆成几个事项");
    }
    if new.assisting.contains(&new.lead) || (1..new.assisting.len()).any(|n| new.assisting[n..].contains(&new.assisting[n - 1])) {
        fault("assisting", "同一个单位只填一次，牵头单位不再填入配合单位");
    }
    let last = legal_day(new.due - chrono::Duration::microseconds(1));
    if new.milestones.len() > MOST_MILESTONES || new.milestones.iter().any(|(day, _)| *day > last) {
        fault("milestones", "节点最多 12 个，都不晚于完成期限");
    }
    check_text(&mut fields, "title", "事项名称", &new.title, TITLE);
    check_text(&mut fields, "requirement", "工作要求", &new.requirement, LONGEST);
    if !new.wording.trim().is_empty() {
        check_text(&mut fields, "wording", "批示或原文", &new.wording, LONGEST);
    }
    for (_, words) in &new.milestones {
        check_text(&mut fields, "milestones", "节点内容", words, TITLE);
    }
    Refusal::unless_empty(fields)?;
    let text = |text: &str| Private::new(text.trim().to_owned());
    Ok(MatterSet {
        source: new.source,
        title: text(&new.title),
        requirement: text(&new.requirement),
        wording: (!new.wording.trim().is_empty()).then(|| text(&new.wording)),
        lead: new.lead.clone(),
        assisting: new.assisting.clone(),
        milestones: new.milestones.iter().map(|(day, words)| Milestone { day: *day, words: text(words) }).collect(),
        due: new.due,
        by,
    }
    .into())
}

/// Says that every unit has its task; once.
pub fn assigned(state: &MatterState) -> Vec<MatterEvent> {
    if state.assigned { Vec::new() } else { vec![MatterAssigned {}.into()] }
}

/// Closes a matter whose tasks have all ended, or with the rest of them.
///
/// # Errors
/// [`Refusal`].
pub fn close(state: &MatterState, words: &str, by: AccountId) -> Result<MatterEvent, Refusal> {
    if state.closed_at.is_some() {
        return Err(Refusal::Stage("已销号"));
    }
    let words = text("words", "办结情况", words)?;
    Ok(MatterClosed { words: Private::new(words), by }.into())
}

/// Gives a unit its task; once.
pub fn assign(state: Option<&TaskState>, matter: MatterId, unit: &UnitCode, part: Part, due: Instant) -> Vec<TaskEvent> {
    match state {
        Some(_) => Vec::new(),
        None => vec![TaskAssigned { matter, unit: unit.clone(), part, due }.into()],
    }
}

/// What the clock owes by now: overdue once for each due day.
pub fn tick(state: &TaskState, now: Instant) -> Vec<(Instant, TaskEvent)> {
    if state.runs() && state.due <= now { vec![(state.due, TaskOverdue {}.into())] } else { Vec::new() }
}

/// The unit feeds back; what the clock owes by then comes first.
///
/// # Errors
/// [`Refusal`].
pub fn feedback(state: &TaskState, percent: u8, words: &str, by: AccountId, now: Instant) -> Result<Vec<(Instant, TaskEvent)>, Refusal> {
    if state.stage != TaskStage::Open {
        return Err(Refusal::Stage(state.stage.label()));
    }
    let mut fields = Vec::new();
    if percent > 100 {
        fields.push(Field { name: "percent", words: "进度填 0 到 100".to_owned() });
    }
    check_text(&mut fields, "words", "进展情况", words, LONGEST);
    Refusal::unless_empty(fields)?;
    let mut events = tick(state, now);
    events.push((now, TaskFeedback { percent, words: Private::new(words.trim().to_owned()), by }.into()));
    Ok(events)
}

/// The supervision office accepts a feedback.
///
/// # Errors
/// [`Refusal`].
pub fn accept(state: &TaskState, words: &str, by: AccountId) -> Result<TaskEvent, Refusal> {
    answered(state)?;
    Ok(TaskAccepted { words: Private::new(text("words", "审核意见", words)?), by }.into())
}

/// The supervision office sends a feedback back. The due day goes on running; what was kept by a feedback of 100 % is
/// overdue from the next look of the clock on, when it has passed.
///
/// # Errors
/// [`Refusal`].
pub fn send_back(state: &TaskState, reason: &str, by: AccountId) -> Result<TaskEvent, Refusal> {
    answered(state)?;
    Ok(TaskReturned { reason: Private::new(text("reason", "退回理由", reason)?), by }.into())
}

/// The supervision office puts the due day off. What was missed by now is on record first.
///
/// # Errors
/// [`Refusal`].
pub fn extend(state: &TaskState, reason: &str, due: Instant, by: AccountId, now: Instant) -> Result<Vec<(Instant, TaskEvent)>, Refusal> {
    if state.stage.is_ended() {
        return Err(Refusal::Stage(state.stage.label()));
    }
    if due <= now || due <= state.due {
        return Err(Refusal::field("due", "新的期限要晚于原来的期限和今天"));
    }
    let reason = Private::new(text("reason", "延期理由", reason)?);
    let mut events = tick(state, now);
    events.push((now, TaskExtended { reason, due, by }.into()));
    Ok(events)
}

/// Ends a task with its matter; once.
pub fn end(state: &TaskState, now: Instant) -> Vec<(Instant, TaskEvent)> {
    if state.stage.is_ended() {
        return Vec::new();
    }
    let mut events = tick(state, now);
    events.push((now, TaskClosed {}.into()));
    events
}

fn answered(state: &TaskState) -> Result<(), Refusal> {
    if state.stage == TaskStage::Answered { Ok(()) } else { Err(Refusal::Stage(state.stage.label())) }
}

fn text(name: &'static str, label: &str, text: &str) -> Result<String, Refusal> {
    let mut fields = Vec::new();
    check_text(&mut fields, name, label, text, LONGEST);
    Refusal::unless_empty(fields)?;
    Ok(text.trim().to_owned())
}
