//! How escalated matters are said.

use domain::escalation::{Escalation, Owner};
use domain::ids::UnitCode;
use domain::rulebook::ladders::{Ladder, LadderLevel, LevelOwner};
use domain::time::Instant;
use projections::Reference;
use templates::components::{Tag, Tone};
use templates::desk::{Due, DueState};

pub(super) use crate::desk::say::as_of;
use crate::words;

/// A clock is near its end when less than this is left.
const NEAR: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// Who holds a level.
pub(super) fn owner(reference: &Reference, owner: &Owner) -> String {
    match owner {
        Owner::Hotline => words::hotline(reference),
        Owner::Unit(unit) => words::unit(reference, unit),
        Owner::Office => "效能办".to_owned(),
        Owner::Leader => "市领导".to_owned(),
    }
}

/// Whose a level of the rulebook is.
pub(super) fn owner_kind(kind: LevelOwner) -> &'static str {
    match kind {
        LevelOwner::Unit => "承办单位",
        LevelOwner::Above => "上级主管单位",
        LevelOwner::Office => "效能办",
        LevelOwner::Leader => "市领导",
    }
}

/// What is asked on a level.
pub(super) fn lead(level: &LadderLevel) -> String {
    let meeting = level.convene.map(|limit| format!("　会商：{}内", limit.words())).unwrap_or_default();
    format!("责任：{}　期限：{}{meeting}　要求：{}", owner_kind(level.owner), level.limit.words(), level.outcome)
}

/// The ladder of a matter, as its rulebook says it.
pub(super) fn ladder_of(reference: &Reference, matter: &Escalation) -> Option<Ladder> {
    reference.rulebooks.by_reference(&matter.rulebook)?.ladder(&matter.ladder).cloned()
}

/// The name of a level.
pub(super) fn level(ladder: Option<&Ladder>, level: u8) -> String {
    ladder.and_then(|ladder| ladder.level(level)).map_or_else(|| format!("{level} 级"), |level| level.label.clone())
}

/// The name of a matter's ladder.
pub(super) fn ladder(ladder: Option<&Ladder>, matter: &Escalation) -> String {
    ladder.map_or_else(|| matter.ladder.clone(), |ladder| ladder.label.clone())
}

/// `〔2026〕12 号`
pub(super) fn ordinal(year: i32, ordinal: u32) -> String {
    format!("〔{year}〕{ordinal} 号")
}

/// The unit of a case.
pub(super) fn unit(reference: &Reference, unit: Option<&UnitCode>) -> String {
    unit.map_or_else(|| "未派单".to_owned(), |unit| words::unit(reference, unit))
}

/// The level's clock, when it runs.
pub(super) fn due(matter: &Escalation, now: Instant) -> Option<Due> {
    let at = matter.due()?;
    let (state, left) = if now >= at {
        (DueState::Over, format!("超 {}", words::duration(now - at)))
    } else if now >= at - NEAR {
        (DueState::Near, format!("剩 {}", words::duration(at - now)))
    } else {
        (DueState::Running, format!("剩 {}", words::duration(at - now)))
    };
    Some(Due { at: words::due(at), left, state, provisional: matter.clock.provisional })
}

/// What is to be known beside the level.
pub(super) fn marks(matter: &Escalation, now: Instant) -> Vec<Tag> {
    let mut marks = Vec::new();
    if matter.wrongdoing {
        marks.push(Tag::new("举报", Tone::Warn));
    }
    if let Some(until) = matter.to_convene() {
        let (text, tone) = if now >= until { ("会商逾期", Tone::Bad) } else { ("待会商", Tone::Warn) };
        marks.push(Tag::new(text, tone));
    }
    if matter.is_open() && matter.reported.is_some() {
        marks.push(Tag::new("已报告，待研判", Tone::Info));
    }
    if matter.is_open() && matter.answered.is_some() {
        marks.push(Tag::new("已答复，待审核回访", Tone::Info));
    }
    if matter.to_track.is_some() {
        marks.push(Tag::new(&format!("第 {} 次跟踪", matter.tracked), Tone::Warn));
    }
    marks
}
