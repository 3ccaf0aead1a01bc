//! What several pages of the desk say alike: rows, due dates, freshness, permission of a row.

use application::access::{Act, may};
use application::session::Session;
use application::{Actor, Staff};
use chrono::TimeDelta;
use domain::account::StaffKind;
use domain::case::{CaseState, Clock, Stage};
use domain::time::Instant;
use projections::{CaseRow, Reference};
use templates::components::{Moment, Tag, Tone};
use templates::desk::{AsOf, Due, DueState};

use crate::ctx::Ctx;
use crate::error::Fault;
use crate::words;

/// A row is marked near when less than this is left; the case page knows the rulebook's own moment of warning.
pub(crate) const NEAR: TimeDelta = TimeDelta::hours(24);

/// How fresh the views are.
pub(crate) fn as_of(ctx: &Ctx) -> Result<AsOf, Fault> {
    let fresh = ctx.app().projections.views().freshness()?;
    let at = fresh.recorded_at.map(words::moment).unwrap_or_else(|| Moment::new("", "（还没有记录）"));
    Ok(AsOf { at, position: fresh.seq.to_string() })
}

/// How a limit stands.
pub(super) fn state(clock: &Clock, withdrawn: bool, now: Instant) -> DueState {
    match clock.ended {
        None if clock.breached || !clock.keeps(now) => DueState::Over,
        None if clock.warn_at.is_some_and(|warn| now >= warn) => DueState::Near,
        None => DueState::Running,
        Some(_) if withdrawn && !clock.breached => DueState::Withdrawn,
        Some(at) if clock.met => {
            if clock.breached || !clock.keeps(at) {
                DueState::KeptLate
            } else {
                DueState::Kept
            }
        }
        Some(_) if clock.breached => DueState::Over,
        Some(_) => DueState::Void,
    }
}

/// Time left or time over; the badge beside it says already which of the two.
fn left(due: Instant, now: Instant) -> String {
    if now >= due { format!("超 {}", words::duration(now - due)) } else { format!("剩 {}", words::duration(due - now)) }
}

/// A limit with the time left.
pub(super) fn due(clock: &Clock, withdrawn: bool, now: Instant) -> Due {
    let left = if clock.runs() { left(clock.due, now) } else { String::new() };
    Due { at: words::due(clock.due), left, state: state(clock, withdrawn, now), provisional: clock.provisional }
}

/// A case of the views as the permission rules see it.
pub(crate) fn as_state(row: &CaseRow) -> CaseState {
    CaseState {
        stage: row.stage,
        number: row.number.clone(),
        class: row.class.clone(),
        unit: row.unit.clone(),
        handler: row.handler,
        wrongdoing: row.wrongdoing,
        confidential: row.confidential,
        anonymous: row.anonymous,
        ..CaseState::default()
    }
}

/// This account may open the case of a row.
pub(crate) fn sees(staff: &Staff, row: &CaseRow, reference: &Reference) -> bool {
    may(&Actor::Staff(staff.clone()), Act::View, &as_state(row), reference)
}

/// This account may know who filed the case of a row.
pub(super) fn sees_contact(staff: &Staff, row: &CaseRow, reference: &Reference) -> bool {
    may(&Actor::Staff(staff.clone()), Act::ViewContact, &as_state(row), reference)
}

/// Outsourced staff never see reports of wrongdoing, not even that there are some.
pub(crate) fn hides_wrongdoing(session: &Session) -> bool {
    session.staff.kind != StaffKind::CivilServant
}

/// Marks of a case beside its stage.
pub(super) fn marks(wrongdoing: bool, confidential: bool, anonymous: bool, round: u8) -> Vec<Tag> {
    let mut marks = Vec::new();
    if wrongdoing {
        marks.push(Tag::new("举报", Tone::Warn));
    }
    if confidential {
        marks.push(Tag::new("保密", Tone::Neutral));
    }
    if anonymous {
        marks.push(Tag::new("匿名", Tone::Neutral));
    }
    if round > 1 {
        marks.push(Tag::new(&if round == 2 { "二次办理".to_owned() } else { format!("第 {round} 次办理") }, Tone::Warn));
    }
    marks
}

/// The mark of an urgency other than the ordinary one, which is the rulebook's first.
pub(super) fn urgency(reference: &Reference, code: &str, now: Instant) -> Option<Tag> {
    let ordinary = words::rules(reference, now).and_then(|rules| rules.urgencies.first().map(|one| one.code.clone()));
    (!code.is_empty() && ordinary.as_deref() != Some(code)).then(|| Tag::new(&words::urgency(reference, code), Tone::Bad))
}

/// 科室 · 经办人
pub(super) fn assignee(reference: &Reference, section: &str, handler: Option<domain::ids::AccountId>) -> String {
    let name = handler.map(|id| words::account(reference, id)).unwrap_or_default();
    [section, name.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Who has to act at a stage, from the columns of a row.
fn holder(reference: &Reference, row: &CaseRow) -> String {
    match (row.stage, &row.unit) {
        (stage, _) if stage.is_ended() => "（已结束）".to_owned(),
        (Stage::Dispatched | Stage::Handling | Stage::UnitReview, Some(unit)) => words::unit(reference, unit),
        _ => words::hotline(reference),
    }
}

/// A case as a row of a list.
pub(crate) fn row(reference: &Reference, row: &CaseRow, now: Instant) -> templates::desk::CaseRow {
    let due = row.due_at.filter(|_| !row.stage.is_ended()).map(|at| {
        let state = if now >= at {
            DueState::Over
        } else if now >= at - NEAR {
            DueState::Near
        } else {
            DueState::Running
        };
        Due { at: words::due(at), left: left(at, now), state, provisional: row.provisional }
    });
    // The limit beside the row is the next one; an earlier one that is broken puts the case among the overdue.
    let mut marks = marks(row.wrongdoing, row.confidential, row.anonymous, row.round);
    if row.breached && !row.stage.is_ended() && due.as_ref().is_none_or(|due| due.state != DueState::Over) {
        marks.insert(0, Tag::new("有时限已超期", Tone::Bad));
    }
    templates::desk::CaseRow {
        number: words::number(&row.number),
        href: format!("/desk/case/{}", row.number),
        title: row.title.clone(),
        class: words::class(reference, &row.class),
        place: words::place(reference, &row.division),
        holder: holder(reference, row),
        assignee: match row.stage {
            Stage::Dispatched | Stage::Handling | Stage::UnitReview => assignee(reference, &row.section, row.handler),
            _ => String::new(),
        },
        stage: words::stage(row.stage, false),
        urgency: urgency(reference, &row.urgency, now),
        marks,
        due,
        filed: words::moment(row.filed_at),
    }
}
