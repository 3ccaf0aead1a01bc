//! What a case adds to the public figures, and its row in the public list.

use std::collections::BTreeMap;

use domain::case::{CaseState, ClockKind, Stage};
use domain::ids::UnitCode;
use domain::rulebook::Measure;
use domain::time::{Period, legal_day, micros, period_of};
use rusqlite::{Connection, params};

use super::Dimension;
use crate::ViewError;
use crate::batch::CaseEntry;
use crate::views::cases::write::put;

/// Month, dimension, value, what is counted.
pub(crate) type Count = (Period, &'static str, String, &'static str);

/// Answered, and whether in time.
fn answered(state: &CaseState) -> Option<bool> {
    if let Some((_, value)) = state.asserted.iter().find(|(code, _)| code == Measure::Answered.code()) {
        return Some(*value);
    }
    let at = state.answered_at?;
    let broken =
        state.clocks.iter().any(|clock| clock.breached && matches!(clock.kind, ClockKind::Accept | ClockKind::Handle | ClockKind::Total));
    let late = state.clock(ClockKind::Total, 1).is_some_and(|clock| clock.ended.unwrap_or(at) > clock.due);
    Some(!broken && !late)
}

/// Everything that a case counts.
pub(crate) fn counts(state: &CaseState) -> Vec<Count> {
    let Some(filed_at) = state.filed_at else { return Vec::new() };
    let period = period_of(legal_day(filed_at), 0);
    let division = |digits: usize| state.division.get(..digits).unwrap_or_default().to_owned();
    let values = [
        (Dimension::All, String::new()),
        (Dimension::Class, state.class.clone()),
        (Dimension::County, division(6)),
        (Dimension::Township, division(9)),
        (Dimension::Unit, state.unit.as_ref().map(ToString::to_string).unwrap_or_default()),
    ];
    let answered = answered(state);
    let what = [("filed", true), ("ended", state.stage.is_ended()), ("answered", answered.is_some()), ("in_time", answered == Some(true))];
    values
        .into_iter()
        .flat_map(|(dimension, value)| {
            what.into_iter().filter(|(_, counts)| *counts).map(move |(what, _)| (period, dimension.code(), value.clone(), what))
        })
        .collect()
}

/// Gathers the changes of the figures.
#[derive(Default)]
pub(crate) struct Figures(BTreeMap<Count, i64>);

impl Figures {
    pub(crate) fn update(&mut self, entry: &CaseEntry) {
        for count in &entry.counted {
            *self.0.entry(count.clone()).or_default() -= 1;
        }
        for count in counts(&entry.state) {
            *self.0.entry(count).or_default() += 1;
        }
    }

    pub(crate) fn write(self, connection: &Connection) -> Result<(), ViewError> {
        let mut upsert = connection.prepare_cached(
            "INSERT INTO public_count (period, dimension, value, what, n) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (period, dimension, value, what) DO UPDATE SET n = n + excluded.n",
        )?;
        for ((period, dimension, value, what), n) in self.0.iter().filter(|(_, n)| **n != 0) {
            upsert.execute(params![period, dimension, value, what, n])?;
        }
        Ok(())
    }
}

pub(crate) fn write_case(connection: &Connection, entry: &CaseEntry) -> Result<(), ViewError> {
    let state = &entry.state;
    if state.wrongdoing || state.confidential || entry.restricted || state.stage == Stage::None {
        if entry.stored.is_some() {
            connection.prepare_cached("DELETE FROM public_case WHERE key = ?1")?.execute([entry.key])?;
        }
        return Ok(());
    }
    connection
        .prepare_cached(put!(
            entry,
            "public_case (key, number, title, class, division, unit, stage, filed_at, answered_at, ended_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        ))?
        .execute(params![
            entry.key,
            state.number,
            if state.publish { entry.title.as_str() } else { "" },
            state.class,
            state.division,
            state.unit.as_ref().map(UnitCode::as_str).unwrap_or_default(),
            state.stage.code(),
            state.filed_at.map(micros).unwrap_or_default(),
            state.answered_at.map(micros),
            state.ended_at.map(micros),
        ])?;
    Ok(())
}
