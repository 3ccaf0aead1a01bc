//! What may happen to a spot check. Every function sees the state with its private values open.

use chrono::TimeDelta;

use super::event::{
    FindingHead, InspectionApproved, InspectionConfirmed, InspectionDone, InspectionDrawn, InspectionDropped, InspectionEvent,
    InspectionFinding, InspectionMissed, InspectionPlanned, InspectionRefused, InspectionReplied, InspectionSigned, InspectionUnanswered,
    InspectionVisited, Photo, Revealed, Visit,
};
use super::plan::{Assignment, Cadence, Mode, Plan, Target};
use super::state::{Finding, InspectionState, Outcome, Stage, end_of};
use crate::deadline::Deadline;
use crate::ids::{AccountId, UnitCode};
use crate::private::Private;
use crate::refusal::{Field, Refusal, check_text};
use crate::time::{Instant, legal_day};
use crate::veil::Veiled;

/// Most units of a plan, drawn or chosen.
pub const MOST_UNITS: usize = 60;
/// Most people of a team.
pub const MOST_TEAM: usize = 30;
/// Most findings of a check; a stream stays short.
pub const MOST_FINDINGS: usize = 30;
/// Most visits of a check.
pub const MOST_VISITS: usize = 150;
/// Most periods of a plan.
pub const MOST_PERIODS: usize = 100;
/// Most photos of a finding.
pub const MOST_PHOTOS: usize = 4;
/// Longest theme.
pub const THEME: usize = 60;
/// Longest description, reply or reason.
pub const WORDS: usize = 1_000;
/// Longest name of a place.
pub const PLACE: usize = 100;

/// Plans a check.
///
/// # Errors
/// [`Refusal::Fields`]; [`Refusal::Exists`].
pub fn plan(
    state: Option<&InspectionState>,
    mode: Mode,
    team: &[AccountId],
    planner: AccountId,
    theme: &str,
    plan: &Plan,
    now: Instant,
) -> Result<Vec<InspectionEvent>, Refusal> {
    if state.is_some() {
        return Err(Refusal::Exists);
    }
    let mut fields = Vec::new();
    let mut wrong = |name: &'static str, words: &str| fields.push(Field { name, words: words.to_owned() });
    if team.len() < 2 {
        wrong("team", "检查组至少要有 2 人，请再选");
    } else if team.len() > MOST_TEAM {
        wrong("team", "检查组最多 30 人，请减少");
    }
    if plan.to < plan.from {
        wrong("to", "结束日期不能早于开始日期");
    } else if plan.to < legal_day(now) {
        wrong("to", "结束日期已过，请改为今天或以后");
    } else if plan.to - plan.from > TimeDelta::days(366) {
        wrong("to", "一份计划最长一年，请改短");
    } else if plan.periods().len() > MOST_PERIODS {
        wrong("to", "一份计划最多 100 期，请缩短期间或降低频次");
    }
    if mode == Mode::Covert && plan.cadence != Cadence::Once {
        wrong("cadence", "暗访一次一案，频次请选“一次”");
    }
    if plan.items.is_empty() {
        wrong("items", "请至少选择一项检查内容");
    }
    match &plan.target {
        Target::Units(units) if units.is_empty() => wrong("units", "请填写要检查的单位，每行一个；或者选择随机抽取"),
        Target::Units(units) if units.len() > MOST_UNITS => wrong("units", "一份计划最多 60 个单位，请分开制定"),
        Target::Draw(lots) => {
            let all = usize::from(lots.general) + usize::from(lots.focus);
            if all == 0 || all > MOST_UNITS {
                wrong("general", "抽取的单位合计应在 1 到 60 个之间");
            }
            if lots.per_unit < 2 {
                wrong("per_unit", "每个单位至少由 2 名检查人员检查");
            } else if usize::from(lots.per_unit) > team.len() {
                wrong("per_unit", "检查组人数不够，请增加人员或减少每个单位的人数");
            }
        }
        Target::Units(_) => {}
    }
    check_text(&mut fields, "theme", "检查主题", theme, THEME);
    Refusal::unless_empty(fields)?;
    let covert = mode == Mode::Covert;
    let until = end_of(plan.to).ok_or_else(|| Refusal::field("to", "日期不在可用范围内"))?;
    Ok(vec![
        InspectionPlanned {
            mode,
            team: team.to_vec(),
            planner,
            commitment: plan.commitment(mode, team, theme.trim()),
            until,
            plan: Veiled::new(covert, plan.clone()),
            theme: Private::new(theme.trim().to_owned()),
        }
        .into(),
    ])
}

fn at_stage(state: &InspectionState, stage: Stage) -> Result<(), Refusal> {
    if state.stage == stage { Ok(()) } else { Err(Refusal::Stage(state.stage.label())) }
}

fn reason(words: &str) -> Result<String, Refusal> {
    let mut fields = Vec::new();
    check_text(&mut fields, "reason", "理由", words, WORDS);
    Refusal::unless_empty(fields)?;
    Ok(words.trim().to_owned())
}

/// Approves a plan.
///
/// # Errors
/// [`Refusal::SamePerson`] for who made it; [`Refusal::Stage`].
pub fn approve(state: &InspectionState, by: AccountId) -> Result<Vec<InspectionEvent>, Refusal> {
    at_stage(state, Stage::Planned)?;
    if by == state.planner {
        return Err(Refusal::SamePerson("检查计划的批准"));
    }
    Ok(vec![InspectionApproved { by }.into()])
}

/// Does not approve a plan.
///
/// # Errors
/// As [`approve`]; [`Refusal::Fields`].
pub fn refuse(state: &InspectionState, by: AccountId, words: &str) -> Result<Vec<InspectionEvent>, Refusal> {
    approve(state, by)?;
    Ok(vec![InspectionRefused { by, reason: Private::new(reason(words)?) }.into()])
}

/// Takes over what was drawn; the same draw again gives nothing.
///
/// # Errors
/// [`Refusal::Stage`].
pub fn drawn(state: &InspectionState, draw: uuid::Uuid, assigned: Vec<Assignment>) -> Result<Vec<InspectionEvent>, Refusal> {
    if state.draw == Some(draw) {
        return Ok(Vec::new());
    }
    at_stage(state, Stage::Approved)?;
    if !state.awaits_draw() {
        return Err(Refusal::Stage("已抽取"));
    }
    Ok(vec![InspectionDrawn { draw, assigned: Veiled::new(state.is_secret(), assigned) }.into()])
}

/// The account inspects this unit.
fn assigned(state: &InspectionState, unit: &UnitCode, by: AccountId) -> Result<(), Refusal> {
    if state.inspectors_of(unit).contains(&by) { Ok(()) } else { Err(Refusal::Missing) }
}

fn known_items(state: &InspectionState, codes: &[String]) -> bool {
    state.plan.known().is_some_and(|plan| codes.iter().all(|code| plan.items.contains(code)))
}

/// Records a visit with what was found in order.
///
/// # Errors
/// [`Refusal::Missing`] for a unit that is not this inspector's; [`Refusal::Stage`].
pub fn visit(state: &InspectionState, unit: &UnitCode, fine: &[String], by: AccountId) -> Result<Vec<InspectionEvent>, Refusal> {
    at_stage(state, Stage::Approved)?;
    assigned(state, unit, by)?;
    if !known_items(state, fine) {
        return Err(Refusal::field("fine", "检查内容不在计划里，请重新选择"));
    }
    if state.visits.len() >= MOST_VISITS {
        return Err(Refusal::field("", "这份计划的到访记录已满，请另行制定计划"));
    }
    let number = state.visits.last().map_or(1, |visit| visit.number + 1);
    let visit = Visit { unit: unit.clone(), fine: fine.to_vec() };
    Ok(vec![InspectionVisited { number, by, visit: Veiled::new(state.is_secret(), visit) }.into()])
}

/// What an inspector writes down.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen<'a> {
    /// Where.
    pub unit: &'a UnitCode,
    /// Code, name and points of the finding by the rulebook.
    pub code: &'a str,
    /// Its name.
    pub label: &'a str,
    /// Its points.
    pub points: &'a str,
    /// When.
    pub at: Instant,
    /// The place.
    pub place: &'a str,
    /// What was seen.
    pub words: &'a str,
    /// Photos.
    pub photos: &'a [Photo],
}

/// Records a finding; who records it signs first. The first finding at a unit that was not visited yet is its visit too.
///
/// # Errors
/// As [`visit`]; [`Refusal::Fields`].
pub fn find(state: &InspectionState, seen: &Seen<'_>, by: AccountId, now: Instant) -> Result<Vec<InspectionEvent>, Refusal> {
    at_stage(state, Stage::Approved)?;
    assigned(state, seen.unit, by)?;
    let mut fields = Vec::new();
    let mut wrong = |name: &'static str, words: &str| fields.push(Field { name, words: words.to_owned() });
    if !known_items(state, std::slice::from_ref(&seen.code.to_owned())) {
        wrong("code", "请选择发现了哪一类问题");
    }
    if seen.at > now + TimeDelta::minutes(1) {
        wrong("at", "时间不能晚于现在");
    } else if seen.at < state.planned - TimeDelta::minutes(1) {
        // A form says minutes: what is found in the minute of the plan is not before it.
        wrong("at", "时间不能早于制定计划的时间");
    }
    if seen.photos.len() > MOST_PHOTOS {
        wrong("photo", "一条记录最多 4 张照片");
    }
    if state.findings.len() >= MOST_FINDINGS {
        wrong("", "这份计划的问题记录已满 30 条，请另行制定计划");
    }
    check_text(&mut fields, "place", "地点", seen.place, PLACE);
    check_text(&mut fields, "words", "发现的情况", seen.words, WORDS);
    Refusal::unless_empty(fields)?;
    let covert = state.is_secret();
    let head = FindingHead {
        unit: seen.unit.clone(),
        code: seen.code.to_owned(),
        label: seen.label.to_owned(),
        points: seen.points.to_owned(),
        at: seen.at,
        photos: seen.photos.to_vec(),
    };
    let mut events = if state.visits_of(seen.unit) == 0 { visit(state, seen.unit, &[], by)? } else { Vec::new() };
    let number = state.findings.last().map_or(1, |finding| finding.number + 1);
    let finding = InspectionFinding {
        number,
        by,
        head: Veiled::new(covert, head),
        place: Private::new(seen.place.trim().to_owned()),
        words: Private::new(seen.words.trim().to_owned()),
    };
    events.push(finding.into());
    Ok(events)
}

fn open_finding(state: &InspectionState, number: u32) -> Result<&Finding, Refusal> {
    let finding = state.finding(number).ok_or(Refusal::Missing)?;
    match &finding.outcome {
        None => Ok(finding),
        Some((Outcome::Confirmed, ..)) => Err(Refusal::Stage("已确认")),
        Some((Outcome::Dropped, ..)) => Err(Refusal::Stage("已撤销")),
    }
}

/// Signs a finding as the second of two (I12). `reply` is by when the unit of an open check replies.
///
/// # Errors
/// [`Refusal::SamePerson`] for the first signer; [`Refusal::Stage`]; [`Refusal::Missing`] for who was not there.
pub fn sign(state: &InspectionState, number: u32, by: AccountId, reply: Deadline) -> Result<Vec<InspectionEvent>, Refusal> {
    let finding = open_finding(state, number)?;
    if finding.second.is_some() {
        return Err(Refusal::Stage("已有两人签名"));
    }
    if finding.by == by {
        return Err(Refusal::SamePerson("第二人签名"));
    }
    assigned(state, finding.unit().ok_or(Refusal::Missing)?, by)?;
    Ok(vec![InspectionSigned { number, by, reply: (!state.is_secret()).then_some(reply) }.into()])
}

/// Ends the check on the spot; a covert one is revealed and its units reply from now on.
///
/// # Errors
/// [`Refusal::Stage`]; [`Refusal::Fields`] while a finding has one signature, or when nobody went anywhere yet.
pub fn done(state: &InspectionState, by: AccountId, reply: Deadline) -> Result<Vec<InspectionEvent>, Refusal> {
    at_stage(state, Stage::Approved)?;
    // Ending it early must not hide that nobody went: the clock has to have noted that first.
    if state.visits.is_empty() && state.missed.is_empty() {
        return Err(Refusal::field("", "还没有到访任何单位，不能结束检查；确实没有去的，到期由系统记为漏查后再结束"));
    }
    if state.findings.iter().any(|finding| finding.outcome.is_none() && finding.second.is_none()) {
        return Err(Refusal::field("", "还有问题记录没有第二人签名，请先签名再结束检查"));
    }
    let covert = state.is_secret();
    let revealed = covert.then(|| -> Option<Revealed> {
        Some(Revealed {
            plan: state.plan.known()?.clone(),
            assigned: state.assignments(),
            visits: state.visits.iter().filter_map(|visit| Some((visit.number, visit.visit.known()?.clone()))).collect(),
            findings: state.findings.iter().filter_map(|finding| Some((finding.number, finding.head.known()?.clone()))).collect(),
        })
    });
    let revealed = match revealed {
        Some(None) => return Err(Refusal::Missing),
        other => other.flatten(),
    };
    let waits = covert && state.findings.iter().any(|finding| finding.outcome.is_none());
    Ok(vec![InspectionDone { by, reply: waits.then_some(reply), revealed }.into()])
}

/// The unit replies to a finding, once.
///
/// # Errors
/// [`Refusal::Missing`] for another unit's; [`Refusal::Late`]; [`Refusal::Stage`].
pub fn reply(
    state: &InspectionState,
    number: u32,
    unit: &UnitCode,
    by: AccountId,
    agrees: bool,
    words: &str,
    now: Instant,
) -> Result<Vec<InspectionEvent>, Refusal> {
    let finding = state.finding(number).filter(|one| one.is_told() && one.unit() == Some(unit)).ok_or(Refusal::Missing)?;
    open_finding(state, number)?;
    if finding.reply.is_some() {
        return Err(Refusal::Stage("已回复"));
    }
    if finding.unanswered || finding.reply_by.as_ref().is_some_and(|by| now >= by.due) {
        return Err(Refusal::Late("回复"));
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "words", "回复内容", words, WORDS);
    Refusal::unless_empty(fields)?;
    Ok(vec![InspectionReplied { number, by, agrees, words: Private::new(words.trim().to_owned()) }.into()])
}

/// Neither signer decides on what he signed.
fn not_a_signer(finding: &Finding, by: AccountId) -> Result<(), Refusal> {
    let signed = finding.by == by || finding.second.is_some_and(|(second, _)| second == by);
    if signed { Err(Refusal::SamePerson("问题的认定")) } else { Ok(()) }
}

/// Confirms a finding after the reply, or after the time for it.
///
/// # Errors
/// [`Refusal::Stage`]; [`Refusal::SamePerson`] for a signer; [`Refusal::Fields`].
pub fn confirm(state: &InspectionState, number: u32, by: AccountId, words: &str) -> Result<Vec<InspectionEvent>, Refusal> {
    let finding = open_finding(state, number)?;
    if finding.second.is_none() {
        return Err(Refusal::Stage("等待第二人签名"));
    }
    if finding.reply.is_none() && !finding.unanswered {
        return Err(Refusal::Stage("等待单位回复"));
    }
    not_a_signer(finding, by)?;
    Ok(vec![InspectionConfirmed { number, by, reason: Private::new(reason(words)?) }.into()])
}

/// Drops a finding, also one that was confirmed.
///
/// # Errors
/// [`Refusal::Stage`]; [`Refusal::SamePerson`]; [`Refusal::Fields`].
pub fn drop_finding(state: &InspectionState, number: u32, by: AccountId, words: &str) -> Result<Vec<InspectionEvent>, Refusal> {
    let finding = state.finding(number).ok_or(Refusal::Missing)?;
    if matches!(finding.outcome, Some((Outcome::Dropped, ..))) {
        return Err(Refusal::Stage("已撤销"));
    }
    not_a_signer(finding, by)?;
    Ok(vec![InspectionDropped { number, by, reason: Private::new(reason(words)?) }.into()])
}

/// What the clock does by `now`: each at its own instant.
pub fn tick(state: &InspectionState, now: Instant) -> Vec<(Instant, InspectionEvent)> {
    let mut due: Vec<(Instant, InspectionEvent)> = Vec::new();
    for finding in state.findings.iter().filter(|one| one.outcome.is_none() && one.reply.is_none() && !one.unanswered) {
        if let Some(by) = finding.reply_by.as_ref().filter(|by| by.due <= now) {
            due.push((by.due, InspectionUnanswered { number: finding.number }.into()));
        }
    }
    let mut state = state.clone();
    while let Some(to) = state.next_miss() {
        let Some(at) = end_of(to).filter(|at| *at <= now) else { break };
        due.push((at, InspectionMissed { to }.into()));
        state.missed.push(to);
    }
    due.sort_by_key(|(at, _)| *at);
    due
}
