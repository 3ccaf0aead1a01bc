//! Facts and tallies.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::case::facts::Fact;
use domain::ids::{CaseId, UnitCode};
use domain::rulebook::Measure;
use domain::time::{Period, micros};
use rusqlite::{Connection, params};

use super::query::EVERYTHING;
use crate::ViewError;
use crate::decode::Decoded;
use crate::views::reference::Reference;

/// Unit (empty: none), month, indicator, in the numerator, asserted.
pub(crate) type TallyKey = (String, Period, Measure, bool, bool);

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
        *tally.entry((self.unit.clone(), self.period, self.measure, self.yes, self.asserted)).or_default() += by;
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
        *tally.entry((self.unit.clone(), self.period, self.measure, self.yes, self.asserted)).or_default() += by;
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
    reference: &Reference,
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
    add(connection, reference, tally)
}

/// Unit, month, code of the indicator, in the numerator, asserted: the key of a row, in its order.
type Place<'a> = (String, Period, &'a str, bool, bool);

/// Adds to the sums of the units themselves, of all above them, and of everything.
fn add(connection: &Connection, reference: &Reference, tally: &HashMap<TallyKey, i64>) -> Result<(), ViewError> {
    // In the order of the table.
    let mut sums: BTreeMap<Place<'_>, (i64, i64)> = BTreeMap::new();
    for ((unit, period, measure, yes, asserted), by) in tally.iter().filter(|(_, by)| **by != 0) {
        let mut above = match unit.as_str() {
            "" => vec![String::new()],
            code => holders(reference, code)?,
        };
        above.push(EVERYTHING.to_owned());
        for (at, holder) in above.into_iter().enumerate() {
            let sum = sums.entry((holder, *period, measure.code(), *yes, *asserted)).or_default();
            sum.0 += if at == 0 { *by } else { 0 };
            sum.1 += by;
        }
    }
    let mut upsert = connection.prepare_cached(
        "INSERT INTO tally (unit, period, measure, yes, asserted, own, n) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (unit, period, measure, yes, asserted) DO UPDATE SET own = own + excluded.own, n = n + excluded.n",
    )?;
    for ((unit, period, measure, yes, asserted), (own, n)) in &sums {
        upsert.execute(params![unit, period, measure, yes, asserted, own, n])?;
    }
    Ok(())
}

/// The unit and those above it.
fn holders(reference: &Reference, code: &str) -> Result<Vec<String>, ViewError> {
    let code = UnitCode::parse(code).map_err(|_| ViewError::Row("tally"))?;
    Ok(reference.ancestors(&code).iter().map(ToString::to_string).collect())
}

/// Sums anew what stands below these units, after the tree has changed. It is a function of the units' own sums and of
/// the tree alone, so that it may be done twice.
pub(crate) fn sum_anew(connection: &Connection, reference: &Reference, units: &BTreeSet<UnitCode>) -> Result<(), ViewError> {
    let mut clear = connection.prepare_cached("UPDATE tally SET n = own WHERE unit = ?1")?;
    let mut add = connection.prepare_cached(
        "INSERT INTO tally (unit, period, measure, yes, asserted, own, n) \
         SELECT ?1, period, measure, yes, asserted, 0, own FROM tally WHERE unit = ?2 AND own <> 0 \
         ON CONFLICT (unit, period, measure, yes, asserted) DO UPDATE SET n = n + excluded.n",
    )?;
    for unit in units {
        clear.execute([unit.as_str()])?;
        for below in reference.below(unit).iter().filter(|below| *below != unit) {
            add.execute([unit.as_str(), below.as_str()])?;
        }
    }
    Ok(())
}

/// Whether any of these units has facts of its own.
pub(crate) fn counts_any(connection: &Connection, units: &BTreeSet<UnitCode>) -> Result<bool, ViewError> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM tally WHERE unit = ?1 AND own <> 0)")?;
    for unit in units {
        if statement.query_row([unit.as_str()], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}
