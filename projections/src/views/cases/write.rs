//! A case's row and its state, written once per batch.

use domain::case::{CaseState, ClockKind};
use domain::ids::{CaseId, UnitCode};
use domain::time::micros;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::flag;
use crate::ViewError;
use crate::batch::CaseEntry;
use crate::views::due::write::StoredActs;
use crate::views::worklist::write::StoredLists;

/// The rows of a case in other tables, so that they are found without an index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) lists: StoredLists,
    pub(crate) acts: StoredActs,
}

/// A case as it stands in the file.
pub(crate) struct Loaded {
    pub(crate) key: i64,
    pub(crate) state: CaseState,
    pub(crate) title: String,
    pub(crate) phone: Option<[u8; 16]>,
    pub(crate) restricted: bool,
    pub(crate) erased: bool,
    pub(crate) revision: u64,
    pub(crate) stored: Stored,
}

pub(crate) fn load(connection: &Connection, id: CaseId) -> Result<Option<Loaded>, ViewError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.key, s.state, s.lists, c.title, c.phone, c.flags, c.revision FROM case_row c JOIN case_state s USING (key) WHERE c.id = ?1",
    )?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let flags: i64 = row.get(5)?;
    Ok(Some(Loaded {
        key: row.get(0)?,
        state: postcard::from_bytes(row.get_ref(1)?.as_blob().unwrap_or_default())?,
        stored: postcard::from_bytes(row.get_ref(2)?.as_blob().unwrap_or_default())?,
        title: row.get(3)?,
        phone: row.get(4)?,
        restricted: flags & flag::RESTRICTED != 0,
        erased: flags & flag::ERASED != 0,
        revision: row.get::<_, i64>(6)?.unsigned_abs(),
    }))
}

/// The cases in the hands of a unit.
pub(crate) fn of_unit(connection: &Connection, unit: &UnitCode) -> Result<Vec<CaseId>, ViewError> {
    let mut statement = connection.prepare_cached("SELECT id FROM case_row WHERE unit = ?1")?;
    let rows = statement.query_map([unit.as_str()], |row| Ok(CaseId(row.get::<_, Uuid>(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A broken limit other than the one to sign for: that one ends in a deemed receipt and is past.
pub(crate) fn is_breached(state: &CaseState) -> bool {
    state.clocks.iter().any(|clock| clock.breached && clock.kind != ClockKind::Sign)
}

/// Puts a row of a case where none stands, or over the one that does. Replacing costs SQLite a journal of the statement and
/// every index of the row; most rows of a rush are new.
macro_rules! put {
    ($entry:expr, $row:literal) => {
        if $entry.stored.is_none() { concat!("INSERT INTO ", $row) } else { concat!("INSERT OR REPLACE INTO ", $row) }
    };
}
pub(crate) use put;

pub(crate) fn write(connection: &Connection, id: CaseId, entry: &CaseEntry, stored: &Stored) -> Result<(), ViewError> {
    let state = &entry.state;
    let bit = |on: bool, flag: i64| if on { flag } else { 0 };
    let flags = bit(state.wrongdoing, flag::WRONGDOING)
        | bit(state.confidential, flag::CONFIDENTIAL)
        | bit(state.anonymous, flag::ANONYMOUS)
        | bit(state.publish, flag::PUBLISH)
        | bit(entry.restricted, flag::RESTRICTED)
        | bit(entry.erased, flag::ERASED);
    let due = if state.stage.is_ended() { None } else { state.next_due() };
    connection
        .prepare_cached(put!(
            entry,
            "case_row (key, id, number, title, class, channel, urgency, division, stage, unit, section, handler, filed_at, \
             due_at, due_kind, provisional, breached, round, ended_at, source, external_id, flags, phone, revision) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)"
        ))?
        .execute(params![
            entry.key,
            id.0,
            state.number,
            entry.title,
            state.class,
            state.channel,
            state.urgency,
            state.division,
            state.stage.code(),
            state.unit.as_ref().map(UnitCode::as_str),
            state.section,
            state.handler.map(|handler| handler.0),
            state.filed_at.map(micros).unwrap_or_default(),
            due.map(|clock| micros(clock.due)),
            due.map(|clock| clock.kind.code()),
            due.is_some_and(|clock| clock.provisional),
            is_breached(state),
            state.round,
            state.ended_at.map(micros),
            state.external.as_ref().map(|external| &external.source),
            state.external.as_ref().map(|external| &external.id),
            flags,
            entry.phone.as_ref().map(|phone| phone.as_slice()),
            entry.revision as i64,
        ])?;
    connection.prepare_cached(put!(entry, "case_state (key, state, lists) VALUES (?1, ?2, ?3)"))?.execute(params![
        entry.key,
        postcard::to_stdvec(state)?,
        postcard::to_stdvec(stored)?
    ])?;
    Ok(())
}
