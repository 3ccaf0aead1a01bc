//! What the events of cases and new duties owe, and where notices stand.

use std::collections::HashMap;

use domain::case::{CaseEvent, CaseState, Holder};
use domain::duty::Duty;
use domain::ids::{CaseId, NoticeId};
use domain::notice::{self, About, NoticeKind, NoticeStage, Recipient};
use domain::rulebook::Rulebook;
use domain::time::micros;
use rusqlite::{Connection, params};

use super::Missing;
use crate::ViewError;
use crate::batch::NoticeEntry;
use crate::decode::Decoded;

pub(crate) fn stage_code(stage: NoticeStage) -> &'static str {
    match stage {
        NoticeStage::Waiting => "waiting",
        NoticeStage::Claimed => "claimed",
        NoticeStage::Sent => "sent",
        NoticeStage::Parked => "parked",
        NoticeStage::Dropped => "dropped",
    }
}

/// The notices that an event owes. A case that another system holds owes none: that system sends them.
pub(crate) fn owed(case: CaseId, event: &Decoded, of_case: &CaseEvent, after: &CaseState, rules: Option<&Rulebook>) -> Option<Missing> {
    if after.external.is_some() {
        return None;
    }
    let petitioner = || (!after.anonymous).then_some(Recipient::Petitioner);
    let unit = |holder: &Holder| match holder {
        Holder::Unit(unit) => Some(Recipient::Unit(unit.clone())),
        Holder::Hotline => None,
    };
    let in_charge = || after.unit.clone().map(Recipient::Unit);
    let (kind, to) = match of_case {
        CaseEvent::Filed(_) => (NoticeKind::Receipt, petitioner()?),
        CaseEvent::AnsweredDirectly(_) | CaseEvent::Passed(_) | CaseEvent::Refused(_) => (NoticeKind::Answer, petitioner()?),
        CaseEvent::Dispatched(_) | CaseEvent::Rehandled(_) => (NoticeKind::Dispatch, in_charge()?),
        CaseEvent::LimitWarned(warned) => (NoticeKind::Reminder, unit(&after.clock(warned.clock, warned.round)?.holder)?),
        CaseEvent::LimitBreached(breached) => (NoticeKind::Breach, unit(&breached.holder)?),
        _ => return None,
    };
    let ordinary = rules.and_then(|rules| rules.urgencies.first()).is_none_or(|first| first.code == after.urgency);
    Some(missing(event, kind, About::Case(case), to, !ordinary))
}

/// The notices that an event of a stream of supervision owes: one to each unit or account that has a duty it had not before.
/// A duty whose limit was moved is the same duty.
pub(crate) fn owed_duties(stream: &str, event: &Decoded, before: &[Duty], after: &[Duty]) -> Vec<Missing> {
    let same = |a: &Duty, b: &Duty| (&a.holder, &a.task, a.since) == (&b.holder, &b.task, b.since);
    let new = after.iter().filter(|duty| !before.iter().any(|old| same(old, duty)));
    new.filter_map(|duty| {
        let about = About::Duty { stream: stream.to_owned(), task: duty.task.clone(), since: duty.since };
        Some(missing(event, NoticeKind::Duty, about, Recipient::of_duty(&duty.holder)?, false))
    })
    .collect()
}

fn missing(event: &Decoded, kind: NoticeKind, about: About, to: Recipient, urgent: bool) -> Missing {
    let id = notice::id(event.id, kind, &about, &to);
    Missing { id, event: event.id, seq: event.seq, kind, about, to, urgent, occurred_at: event.at }
}

pub(crate) fn load(connection: &Connection, id: NoticeId) -> Result<Option<NoticeEntry>, ViewError> {
    let mut statement = connection.prepare_cached("SELECT key, revision, state FROM notice WHERE id = ?1")?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(NoticeEntry {
        key: row.get(0)?,
        revision: row.get::<_, i64>(1)?.unsigned_abs(),
        state: postcard::from_bytes(row.get_ref(2)?.as_blob().unwrap_or_default())?,
    }))
}

pub(crate) fn write(
    connection: &Connection,
    notices: HashMap<NoticeId, NoticeEntry>,
    missing: HashMap<NoticeId, Option<Missing>>,
    empty: bool,
) -> Result<(), ViewError> {
    let mut notices: Vec<_> = notices.into_iter().collect();
    notices.sort_unstable_by_key(|(_, entry)| entry.key);
    let mut upsert = connection
        .prepare_cached("INSERT OR REPLACE INTO notice (key, id, stage, next_at, revision, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (id, entry) in notices {
        let state = postcard::to_stdvec(&entry.state)?;
        upsert.execute(params![
            entry.key,
            id.0,
            stage_code(entry.state.stage),
            entry.state.next_at.map(micros),
            entry.revision as i64,
            state
        ])?;
    }
    let mut missing: Vec<_> = missing.into_iter().collect();
    missing.sort_unstable_by_key(|(id, _)| *id);
    let mut delete = connection.prepare_cached("DELETE FROM notice_missing WHERE id = ?1")?;
    // An event is taken in once: what it owes is new.
    let mut insert = connection.prepare_cached(
        "INSERT INTO notice_missing (id, seq, event, kind, case_id, stream, task, since, recipient, urgent, occurred_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for (id, missing) in missing {
        match missing {
            Some(missing) => {
                let to = serde_json::to_string(&missing.to).map_err(|_| ViewError::Row("notice_missing"))?;
                let (seq, at) = (missing.seq as i64, micros(missing.occurred_at));
                let (case, stream, task, since) = match &missing.about {
                    About::Case(case) => (Some(case.0), None, None, None),
                    About::Duty { stream, task, since } => (None, Some(stream), Some(task), Some(micros(*since))),
                };
                let kind = missing.kind.code();
                insert.execute(params![id.0, seq, missing.event, kind, case, stream, task, since, to, missing.urgent, at])?;
            }
            None if empty => {}
            None => {
                delete.execute([id.0])?;
            }
        }
    }
    Ok(())
}
