//! Facts and tallies.

use std::collections::HashMap;

use domain::case::facts::Fact;
use domain::ids::CaseId;
use domain::rulebook::Measure;
use domain::time::{Period, micros};
use rusqlite::{Connection, params};

use super::query::EVERYTHING;
use crate::ViewError;
use crate::decode::Decoded;

/// Month, unit (empty: none), indicator, in the numerator, asserted.
pub(crate) type TallyKey = (Period, String, Measure, bool, bool);

/// A fact that is not in the file yet.
pub(crate) struct NewFact {
    seq: u64,
    ord: u32,
    occurred_at: i64,
    recorded_at: i64,
    unit: String,
    case: CaseId,
    class: String,
    pub(crate) measure: Measure,
    yes: bool,
    period: Period,
    asserted: bool,
    pub(crate) revoked: Option<u64>,
}

impl NewFact {
    pub(crate) fn of(event: &Decoded, ord: u32, case: CaseId, class: &str, fact: Fact) -> Self {
        Self {
            seq: event.seq,
            ord,
            occurred_at: micros(event.at),
            recorded_at: micros(event.recorded_at),
            unit: fact.unit.map(|unit| unit.to_string()).unwrap_or_default(),
            case,
            class: class.to_owned(),
            measure: fact.measure,
            yes: fact.yes,
            period: fact.period,
            asserted: fact.asserted,
            revoked: None,
        }
    }

    pub(crate) fn tally(&self, tally: &mut HashMap<TallyKey, i64>, by: i64) {
        add(tally, self.period, &self.unit, self.measure, self.yes, self.asserted, by);
    }
}

/// A fact of the file that still counts.
pub(crate) struct Standing {
    pub(crate) seq: u64,
    pub(crate) ord: u32,
    unit: String,
    measure: Measure,
    yes: bool,
    period: Period,
    asserted: bool,
}

impl Standing {
    pub(crate) fn tally(&self, tally: &mut HashMap<TallyKey, i64>, by: i64) {
        add(tally, self.period, &self.unit, self.measure, self.yes, self.asserted, by);
    }
}

fn add(tally: &mut HashMap<TallyKey, i64>, period: Period, unit: &str, measure: Measure, yes: bool, asserted: bool, by: i64) {
    for name in [unit, EVERYTHING] {
        *tally.entry((period, name.to_owned(), measure, yes, asserted)).or_default() += by;
    }
}

pub(crate) fn standing(connection: &Connection, case: CaseId, measure: Measure) -> Result<Vec<Standing>, ViewError> {
    let mut statement = connection
        .prepare_cached("SELECT seq, ord, unit, yes, period, asserted FROM fact WHERE case_id = ?1 AND measure = ?2 AND revoked_seq IS NULL ORDER BY seq, ord")?;
    let rows = statement.query_map(params![case.0, measure.code()], |row| {
        Ok(Standing {
            seq: row.get::<_, i64>(0)?.unsigned_abs(),
            ord: row.get(1)?,
            unit: row.get(2)?,
            measure,
            yes: row.get(3)?,
            period: row.get(4)?,
            asserted: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// `revoked`: seq and ord of a fact in the file, and the seq that takes it back.
pub(crate) fn write(
    connection: &Connection,
    facts: &[NewFact],
    revoked: &HashMap<(u64, u32), u64>,
    tally: &HashMap<TallyKey, i64>,
) -> Result<(), ViewError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO fact (seq, ord, occurred_at, recorded_at, unit, case_id, class, measure, yes, period, asserted, revoked_seq) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for fact in facts {
        insert.execute(params![
            fact.seq as i64,
            fact.ord,
            fact.occurred_at,
            fact.recorded_at,
            fact.unit,
            fact.case.0,
            fact.class,
            fact.measure.code(),
            fact.yes,
            fact.period,
            fact.asserted,
            fact.revoked.map(|seq| seq as i64),
        ])?;
    }
    let mut revoke = connection.prepare_cached("UPDATE fact SET revoked_seq = ?3 WHERE seq = ?1 AND ord = ?2")?;
    for ((seq, ord), by) in revoked {
        revoke.execute(params![*seq as i64, ord, *by as i64])?;
    }
    let mut upsert = connection.prepare_cached(
        "INSERT INTO tally (period, unit, measure, yes, asserted, n) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (period, unit, measure, yes, asserted) DO UPDATE SET n = n + excluded.n",
    )?;
    for ((period, unit, measure, yes, asserted), n) in tally.iter().filter(|(_, n)| **n != 0) {
        upsert.execute(params![period, unit, measure.code(), yes, asserted, n])?;
    }
    Ok(())
}
