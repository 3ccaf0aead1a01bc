//! The rows of a case in the worklists, and the counts of the lists.

use std::collections::{BTreeMap, HashMap};

use domain::case::{CaseState, ClockKind, Holder, Stage};
use domain::ids::UnitCode;
use domain::time::micros;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{Bucket, HolderKey};
use crate::ViewError;
use crate::batch::CaseEntry;
use crate::views::reference::Reference;

/// The rows of a case as they stand in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct StoredLists {
    /// Holder, bucket, due.
    rows: Vec<(i64, i64, i64)>,
    /// What the rows carry besides; filing, number and wrongdoing never change.
    class: String,
    unit: String,
}

/// Holder, bucket, due, case: the key of a row.
type Place = (i64, i64, i64, i64);

pub(crate) fn holders(connection: &Connection) -> Result<HashMap<String, i64>, ViewError> {
    let mut statement = connection.prepare("SELECT name, id FROM holder")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The lists in which a case stands, with its place in them.
fn places(state: &CaseState, reference: &Reference) -> Vec<(HolderKey, Bucket, i64)> {
    let mut holders = vec![(HolderKey::Hotline, false)];
    if let Some(unit) = &state.unit {
        holders.extend(reference.ancestors(unit).into_iter().map(|unit| (HolderKey::Unit(unit), true)));
    }
    if let Some(handler) = state.handler {
        holders.push((HolderKey::Account(handler), true));
    }
    // Cases without a limit come last.
    let due = state.next_due().map_or(i64::MAX, |clock| micros(clock.due));
    let mut places = Vec::with_capacity(holders.len() * 3);
    for (holder, of_unit) in holders {
        match state.stage {
            Stage::None => {}
            Stage::Archived | Stage::Refused => places.push((holder, Bucket::Ended, state.ended_at.map(micros).unwrap_or_default())),
            open => {
                places.push((holder.clone(), Bucket::Stage(open), due));
                places.push((holder.clone(), Bucket::Open, due));
                if is_broken_for(state, of_unit) {
                    places.push((holder, Bucket::Breached, due));
                }
            }
        }
    }
    places
}

/// A limit that binds this holder is broken; the one to sign for ended in a deemed receipt and is past.
fn is_broken_for(state: &CaseState, of_unit: bool) -> bool {
    let binds = |kind: ClockKind, holder: &Holder| match kind {
        ClockKind::Sign | ClockKind::Promise => false,
        ClockKind::Total => true,
        _ => !of_unit || matches!(holder, Holder::Unit(_)),
    };
    state.clocks.iter().any(|clock| clock.breached && binds(clock.kind, &clock.holder))
}

/// Gathers the rows of a flush, to write them in the order of the table.
pub(crate) struct Lists<'a> {
    holders: &'a mut HashMap<String, i64>,
    gone: Vec<Place>,
    new: Vec<(Place, &'a CaseEntry)>,
    counts: BTreeMap<(i64, i64), i64>,
}

impl<'a> Lists<'a> {
    pub(crate) fn new(holders: &'a mut HashMap<String, i64>) -> Self {
        Self { holders, gone: Vec::new(), new: Vec::new(), counts: BTreeMap::new() }
    }

    fn holder(&mut self, connection: &Connection, holder: &HolderKey) -> Result<i64, ViewError> {
        let name = holder.name();
        if let Some(id) = self.holders.get(&name) {
            return Ok(*id);
        }
        connection.prepare_cached("INSERT INTO holder (name) VALUES (?1)")?.execute([&name])?;
        let id = connection.last_insert_rowid();
        self.holders.insert(name, id);
        Ok(id)
    }

    pub(crate) fn update(
        &mut self,
        connection: &Connection,
        reference: &Reference,
        entry: &'a CaseEntry,
        old: Option<&StoredLists>,
    ) -> Result<StoredLists, ViewError> {
        let state = &entry.state;
        let mut rows = Vec::new();
        for (holder, bucket, due) in places(state, reference) {
            rows.push((self.holder(connection, &holder)?, bucket.number(), due));
        }
        rows.sort_unstable();
        rows.dedup();
        let unit = state.unit.as_ref().map(ToString::to_string).unwrap_or_default();
        let stored = StoredLists { rows, class: state.class.clone(), unit };
        let same = old.is_some_and(|old| old.class == stored.class && old.unit == stored.unit);
        let kept = |row: &(i64, i64, i64), other: &StoredLists| same && other.rows.binary_search(row).is_ok();
        if let Some(old) = old {
            for row in old.rows.iter().filter(|row| !kept(row, &stored)) {
                self.gone.push((row.0, row.1, row.2, entry.key));
                *self.counts.entry((row.0, row.1)).or_default() -= 1;
            }
        }
        for row in stored.rows.iter().filter(|row| !old.is_some_and(|old| kept(row, old))) {
            self.new.push(((row.0, row.1, row.2, entry.key), entry));
            *self.counts.entry((row.0, row.1)).or_default() += 1;
        }
        Ok(stored)
    }

    pub(crate) fn write(mut self, connection: &Connection) -> Result<(), ViewError> {
        let mut delete =
            connection.prepare_cached("DELETE FROM worklist WHERE holder = ?1 AND bucket = ?2 AND due_at = ?3 AND key = ?4")?;
        for (holder, bucket, due, key) in self.gone {
            delete.execute(params![holder, bucket, due, key])?;
        }
        self.new.sort_unstable_by_key(|(place, _)| *place);
        let mut insert = connection.prepare_cached(
            "INSERT INTO worklist (holder, bucket, due_at, key, filed_at, number, class, unit, wrongdoing) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for ((holder, bucket, due, key), CaseEntry { state, .. }) in self.new {
            let filed_at = state.filed_at.map(micros).unwrap_or_default();
            let unit = state.unit.as_ref().map(UnitCode::as_str).unwrap_or_default();
            insert.execute(params![holder, bucket, due, key, filed_at, state.number, state.class, unit, state.wrongdoing])?;
        }
        let mut count = connection.prepare_cached(
            "INSERT INTO worklist_count (holder, bucket, n) VALUES (?1, ?2, ?3) ON CONFLICT (holder, bucket) DO UPDATE SET n = n + excluded.n",
        )?;
        for ((holder, bucket), n) in self.counts.iter().filter(|(_, n)| **n != 0) {
            count.execute(params![holder, bucket, n])?;
        }
        Ok(())
    }
}
