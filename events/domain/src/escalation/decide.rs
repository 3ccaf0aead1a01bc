//! What may happen to an escalated matter.

use chrono::NaiveDate;

use super::MOST_TOGETHER;
use super::event::{
    Answered, Convened, Entry, EscalationEvent, FollowUp, Handed, Joined, LevelClock, Lowered, Noted, Owner, Raise, Reopened, Reported,
    Resolution, Resolved, Resumed, Tracked,
};
use super::state::Escalation;
use crate::calendar::Calendar;
use crate::case::{CaseState, Stage};
use crate::deadline::{DeadlineInput, deadline};
use crate::ids::{CaseId, UnitCode};
use crate::limit::Limit;
use crate::private::Private;
use crate::refusal::{Field, Refusal, check_text};
use crate::rulebook::Rulebook;
use crate::rulebook::ladders::{Ladder, LadderLevel, LevelOwner};
use crate::time::{Instant, legal_day};

/// Most characters of a reason.
const REASON: usize = 500;
/// Most characters of a resolution or an outcome.
const WORDS: usize = 2000;
/// Most units and tasks of a meeting.
const MOST: usize = 30;

/// The ladder with what its clocks are reckoned by.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The rulebook.
    pub rules: &'a Rulebook,
    /// Its ladder.
    pub ladder: &'a Ladder,
    /// The calendar.
    pub calendar: &'a Calendar,
}

/// Whose the levels are for a case now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Way {
    /// The unit in charge of the case.
    pub unit: Option<UnitCode>,
    /// The unit above it, when there is one below the city's government.
    pub above: Option<UnitCode>,
}

/// What the matter is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Its cases.
    pub cases: Vec<CaseId>,
    /// The group of like cases; empty for one case.
    pub cluster: String,
    /// A report of wrongdoing.
    pub wrongdoing: bool,
    /// Whose the levels are.
    pub way: Way,
}

/// Why a matter is raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why<'a> {
    /// By a trigger of this name.
    Trigger(Entry, &'a str),
    /// By hand with a reason.
    Hand(Entry, &'a str),
}

impl Rules<'_> {
    fn level(&self, level: u8) -> Result<&LadderLevel, Refusal> {
        self.ladder.level(level).ok_or_else(|| Refusal::NoRule(format!("{}第 {level} 级", self.ladder.label)))
    }

    fn clock(&self, level: &LadderLevel, from: Instant) -> LevelClock {
        let convene = level.convene.map(|limit| deadline(self.calendar, &DeadlineInput::new(from, limit)).due);
        LevelClock { convene, ..self.bare(level.limit, from) }
    }

    fn bare(&self, limit: Limit, from: Instant) -> LevelClock {
        let set = deadline(self.calendar, &DeadlineInput::new(from, limit));
        LevelClock { from, limit, due: set.due, convene: None, calendar: set.calendar, provisional: set.provisional }
    }
}

/// Whose a level is. A report of wrongdoing goes never up and down the tree of units: what the unit above would hold is the
/// office's.
fn owner(level: &LadderLevel, facts: &Facts) -> Owner {
    let way = &facts.way;
    match level.owner {
        LevelOwner::Unit => way.unit.clone().map_or(Owner::Hotline, Owner::Unit),
        LevelOwner::Above => way.above.clone().filter(|_| !facts.wrongdoing).map_or(Owner::Office, Owner::Unit),
        LevelOwner::Office => Owner::Office,
        LevelOwner::Leader => Owner::Leader,
    }
}

/// Raises a matter, or begins it.
///
/// # Errors
/// By hand: [`Refusal::Fields`], [`Refusal::NoRule`]. A trigger that was acted on gives nothing.
pub fn raise(
    state: Option<&Escalation>,
    facts: &Facts,
    rules: Rules<'_>,
    to: u8,
    why: Why<'_>,
    at: Instant,
) -> Result<Vec<EscalationEvent>, Refusal> {
    let open = state.filter(|state| state.is_open());
    let (entry, trigger, reason) = match why {
        Why::Trigger(entry, trigger) => {
            if state.is_some_and(|state| state.triggers.iter().any(|one| one == trigger)) {
                return Ok(Vec::new());
            }
            if open.is_some_and(|state| state.level >= to) {
                return Ok(vec![Noted { entry, trigger: trigger.to_owned() }.into()]);
            }
            (entry, trigger.to_owned(), None)
        }
        Why::Hand(entry, reason) => {
            let mut fields = Vec::new();
            check_text(&mut fields, "reason", "提级理由", reason, REASON);
            if !Entry::BY_HAND.contains(&entry) {
                fields.push(Field { name: "entry", words: "请选择提级原因".to_owned() });
            }
            if open.is_some_and(|state| to <= state.level) {
                fields.push(Field { name: "level", words: "已在这一级或更高级，请选择更高的级别".to_owned() });
            }
            Refusal::unless_empty(fields)?;
            (entry, String::new(), Some(Private::new(reason.trim().to_owned())))
        }
    };
    let level = rules.level(to)?;
    let raise = Raise {
        ladder: rules.ladder.id.clone(),
        rulebook: rules.rules.reference(),
        level: to,
        top: rules.ladder.top(),
        entry,
        trigger,
        cases: facts.cases.iter().filter(|case| state.is_none_or(|state| !state.cases.contains(case))).copied().collect(),
        cluster: facts.cluster.clone(),
        unit: facts.way.unit.clone(),
        wrongdoing: facts.wrongdoing,
        owner: owner(level, facts),
        clock: rules.clock(level, at),
        reason,
    };
    Ok(vec![if state.is_some_and(|state| !state.is_open()) { Reopened { raise }.into() } else { raise.into() }])
}

/// Further cases of the group, as many as it still takes, each with its trigger.
pub fn join(state: &Escalation, cases: &[CaseId], trigger: impl Fn(CaseId) -> String) -> Vec<EscalationEvent> {
    let room = MOST_TOGETHER.saturating_sub(state.cases.len());
    let new = cases.iter().filter(|case| !state.cases.contains(case)).take(room);
    new.map(|case| Joined { case: *case, trigger: trigger(*case) }.into()).collect()
}

/// Gives a matter back to a lower level.
///
/// # Errors
/// [`Refusal`].
pub fn lower(
    state: &Escalation,
    facts: &Facts,
    rules: Rules<'_>,
    to: u8,
    reason: &str,
    now: Instant,
) -> Result<Vec<EscalationEvent>, Refusal> {
    open(state)?;
    let mut fields = Vec::new();
    check_text(&mut fields, "reason", "降级理由", reason, REASON);
    if to == 0 || to >= state.level {
        fields.push(Field { name: "level", words: "请选择比现在低的级别".to_owned() });
    }
    Refusal::unless_empty(fields)?;
    let level = rules.level(to)?;
    let lowered = Lowered {
        level: to,
        owner: owner(level, facts),
        unit: facts.way.unit.clone(),
        clock: rules.clock(level, now),
        reason: Private::new(reason.trim().to_owned()),
    };
    Ok(vec![lowered.into()])
}

/// A meeting as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convening {
    /// The day.
    pub held: Option<NaiveDate>,
    /// Units present.
    pub units: Vec<UnitCode>,
    /// What was resolved.
    pub resolution: String,
    /// Tasks: to whom, what, until which day.
    pub tasks: Vec<(UnitCode, String, Option<NaiveDate>)>,
}

/// Records a 会商.
///
/// # Errors
/// [`Refusal`].
pub fn convene(state: &Escalation, meeting: &Convening, now: Instant) -> Result<Vec<EscalationEvent>, Refusal> {
    open(state)?;
    let (today, mut fields) = (legal_day(now), Vec::new());
    let mut wrong = |name, words: &str| fields.push(Field { name, words: words.to_owned() });
    match meeting.held {
        None => wrong("held", "请填写会商日期，例如 2026-05-06"),
        Some(day) if day > today => wrong("held", "会商日期不能晚于今天"),
        Some(day) if day < legal_day(state.spans.first().map_or(state.entered, |span| span.from)) => {
            wrong("held", "会商日期不能早于本事项提级的日期");
        }
        Some(_) => {}
    }
    if meeting.units.is_empty() {
        wrong("units", "请至少选择一个参加会商的单位");
    } else if meeting.units.len() > MOST {
        wrong("units", "参加会商的单位最多 30 个");
    }
    if meeting.tasks.len() > MOST {
        wrong("task", "会商任务最多 30 项");
    }
    for (_, what, due) in &meeting.tasks {
        if what.trim().is_empty() || what.chars().count() > REASON {
            wrong("task", "请写明任务内容，最多 500 字");
        }
        if due.is_none_or(|due| due < today) {
            wrong("task_due", "请填写任务期限，不早于今天");
        }
    }
    check_text(&mut fields, "resolution", "会商意见", &meeting.resolution, WORDS);
    Refusal::unless_empty(fields)?;
    let task = |(unit, what, due): &(UnitCode, String, Option<NaiveDate>)| FollowUp {
        unit: unit.clone(),
        what: Private::new(what.trim().to_owned()),
        due: due.unwrap_or(today),
    };
    let convened = Convened {
        held: meeting.held.unwrap_or(today),
        units: meeting.units.clone(),
        resolution: Private::new(meeting.resolution.trim().to_owned()),
        tasks: meeting.tasks.iter().map(task).collect(),
    };
    Ok(vec![convened.into()])
}

/// The owner of the level reports what came of it.
///
/// # Errors
/// [`Refusal`].
pub fn report(state: &Escalation, words: &str) -> Result<Vec<EscalationEvent>, Refusal> {
    open(state)?;
    if state.reported.is_some() {
        return Err(Refusal::Stage("已报告办理情况，待效能办研判"));
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "words", "办理情况", words, WORDS);
    Refusal::unless_empty(fields)?;
    Ok(vec![Reported { words: Private::new(words.trim().to_owned()) }.into()])
}

/// Records the outcome.
///
/// # Errors
/// [`Refusal`]: also when the level asks for a meeting and none was held.
pub fn resolve(state: &Escalation, words: &str) -> Result<Vec<EscalationEvent>, Refusal> {
    open(state)?;
    let mut fields = Vec::new();
    check_text(&mut fields, "words", "办理结果", words, WORDS);
    Refusal::unless_empty(fields)?;
    if state.to_convene().is_some() {
        return Err(Refusal::field("words", "这一级要求先会商，请先记录会商，再填写办理结果"));
    }
    Ok(vec![Resolved { how: Resolution::Outcome, words: Some(Private::new(words.trim().to_owned())) }.into()])
}

fn open(state: &Escalation) -> Result<(), Refusal> {
    if state.is_open() { Ok(()) } else { Err(Refusal::Stage("已办结")) }
}

/// What a matter follows of one of its cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Where the case stands.
    pub stage: Stage,
    /// The unit that holds it.
    pub unit: Option<UnitCode>,
}

impl From<&CaseState> for Member {
    fn from(case: &CaseState) -> Self {
        Self { stage: case.stage, unit: case.unit.clone() }
    }
}

/// The answer of every case that has not ended is with the hotline or the petitioner.
fn is_answered(cases: &[Member]) -> bool {
    let with_hotline = |case: &Member| matches!(case.stage, Stage::HotlineReview | Stage::CallBack | Stage::Judging);
    cases.iter().any(with_hotline) && cases.iter().all(|case| with_hotline(case) || case.stage.is_ended())
}

/// The clock has something to do about the matter because of its cases, not of its own time.
pub fn out_of_step(state: &Escalation, cases: &[Member]) -> bool {
    let ended = cases.iter().all(|case| case.stage.is_ended());
    state.is_open() && !cases.is_empty() && (ended || is_answered(cases) != state.answered.is_some() || handed(state, cases).is_some())
}

/// The unit that holds the case which the hotline's window held when the level was entered.
fn handed<'a>(state: &Escalation, cases: &'a [Member]) -> Option<&'a UnitCode> {
    let first = cases.first().filter(|case| state.owner == Owner::Hotline && !case.stage.is_ended())?;
    first.unit.as_ref()
}

/// What the clock does by now: follows the cases, then raises or tracks what is out of time, at its instant. One act at a time.
///
/// # Errors
/// [`Refusal::NoRule`] for a ladder without the level.
pub fn tick(
    state: &Escalation,
    cases: &[CaseState],
    facts: &Facts,
    rules: Rules<'_>,
    now: Instant,
) -> Result<Vec<(Instant, EscalationEvent)>, Refusal> {
    if !state.is_open() {
        return Ok(Vec::new());
    }
    let latest = |of: &dyn Fn(&CaseState) -> Option<Instant>| {
        let known = cases.iter().filter_map(of).max().unwrap_or(now);
        known.max(state.entered).min(now)
    };
    let out_of_time = state.due().filter(|due| *due <= now);
    let members: Vec<Member> = cases.iter().map(Member::from).collect();
    if out_of_step(state, &members) {
        if cases.iter().all(|case| case.stage.is_ended()) {
            let at = latest(&|case| case.ended_at.or(case.changed_at));
            // What was out of time before the end came up first, and is on record.
            if out_of_time.is_none_or(|due| at <= due) {
                return Ok(vec![(at, Resolved { how: Resolution::CaseEnded, words: None }.into())]);
            }
        } else {
            let taken = |case: &CaseState| case.spans.last().filter(|_| !case.stage.is_ended()).map(|span| span.from);
            let at = latest(&taken);
            if let Some(unit) = handed(state, &members)
                && out_of_time.is_none_or(|due| at <= due)
            {
                let at = cases.first().and_then(|case| case.dispatched_at).unwrap_or(at).max(state.entered).min(now);
                return Ok(vec![(at, Handed { unit: unit.clone() }.into())]);
            }
            if state.answered.is_some() && !is_answered(&members) {
                let level = rules.level(state.level)?;
                return Ok(vec![(at, Resumed { clock: rules.clock(level, at) }.into())]);
            }
            if state.answered.is_none() && is_answered(&members) && out_of_time.is_none_or(|due| at <= due) {
                return Ok(vec![(at, Answered {}.into())]);
            }
        }
    }
    let Some(due) = out_of_time else { return Ok(Vec::new()) };
    if state.level < state.top {
        let why = Why::Trigger(Entry::TimedOut, "");
        return Ok(raise(Some(state), facts, rules, state.level + 1, why, due)?.into_iter().map(|event| (due, event)).collect());
    }
    let tracked = Tracked { number: state.tracked + 1, clock: rules.bare(rules.ladder.track, due) };
    Ok(vec![(due, tracked.into())])
}
