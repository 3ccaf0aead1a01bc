//! Writes cards, and what automation has to look at: a function of the latest state of the case and of its cards.

use std::collections::HashMap;

use domain::calendar::Calendar;
use domain::card::trigger::{may_call, triggers};
use domain::card::{CardStage, CardState};
use domain::case::CaseState;
use domain::ids::{CardId, CaseId};
use domain::time::micros;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::CardTab;
use crate::ViewError;
use crate::views::reference::Reference;
use crate::views::streams::write::Rows;

impl Rows for CardState {
    fn rows(&self, connection: &Connection, key: i64, _stream: &str, reference: &Reference) -> Result<(), ViewError> {
        connection
            .prepare_cached("INSERT OR REPLACE INTO card (key, id, case_id, unit, colour, stage, tab) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![
                key,
                self.id().0,
                self.case.0,
                self.unit.as_str(),
                self.colour.code(),
                self.stage.code(),
                CardTab::of(self.stage).code()
            ])?;
        let case: Option<Vec<u8>> = connection
            .prepare_cached("SELECT s.state FROM case_row c JOIN case_state s USING (key) WHERE c.id = ?1")?
            .query_row([self.case.0], |row| row.get(0))
            .optional()?;
        match case {
            Some(case) => grounds(connection, self.case, &postcard::from_bytes(&case)?, reference),
            None => Ok(()),
        }
    }
}

/// A case was written: `stored` when it stood in the file before.
pub(crate) fn case(connection: &Connection, id: CaseId, state: &CaseState, stored: bool, reference: &Reference) -> Result<(), ViewError> {
    // Most cases never give a ground; those that did once may have lost it.
    if may_call(state) || (stored && known(connection, id)?) { grounds(connection, id, state, reference) } else { Ok(()) }
}

fn known(connection: &Connection, case: CaseId) -> Result<bool, ViewError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM card WHERE case_id = ?1) OR EXISTS (SELECT 1 FROM card_due WHERE case_id = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([case.0], |row| row.get(0))?)
}

fn grounds(connection: &Connection, id: CaseId, case: &CaseState, reference: &Reference) -> Result<(), ViewError> {
    let rules = |name: &str| reference.rulebooks.by_reference(name).map(|rules| rules.cards.clone());
    // The calendar pinned in the limit: the rows must not depend on when they are written.
    let calendar = |version: &str| -> &Calendar { reference.calendars.by_version(version).unwrap_or_else(|| reference.calendar()) };
    let grounds = triggers(case, rules, calendar);
    let mut cards: HashMap<Uuid, String> = HashMap::new();
    let mut statement = connection.prepare_cached("SELECT id, stage FROM card WHERE case_id = ?1")?;
    let mut rows = statement.query([id.0])?;
    while let Some(row) = rows.next()? {
        cards.insert(row.get(0)?, row.get(1)?);
    }
    connection.prepare_cached("DELETE FROM card_due WHERE case_id = ?1")?.execute([id.0])?;
    let mut insert = connection.prepare_cached("INSERT OR REPLACE INTO card_due (id, at, case_id, gone) VALUES (?1, ?2, ?3, ?4)")?;
    let mut standing: Vec<CardId> = Vec::new();
    for ground in &grounds {
        let card = ground.card(id);
        standing.push(card);
        if cards.get(&card.0).is_none_or(|stage| stage == CardStage::Withdrawn.code()) {
            insert.execute(params![card.0, micros(ground.at), id.0, false])?;
        }
    }
    let live = [CardStage::Triggered, CardStage::Issued, CardStage::Objected, CardStage::Upheld].map(CardStage::code);
    for (card, stage) in &cards {
        if live.contains(&stage.as_str()) && !standing.contains(&CardId(*card)) {
            insert.execute(params![card, case.changed_at.map_or(0, micros), id.0, true])?;
        }
    }
    Ok(())
}
