//! Counts of many units at a place in the log: today's sums, and what has changed since that place.

use std::collections::BTreeMap;

use domain::ids::UnitCode;
use domain::rulebook::Measure;
use domain::time::Period;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::MeasureCount;
use super::query::{EVERYTHING, in_list};
use crate::{ViewError, Views};

/// yes, total, excluded.
type Found = BTreeMap<(String, Period, String), (i64, i64, i64)>;

impl Views {
    /// The facts of months by unit, month and indicator, as the log stood at the place `seq` (`u64::MAX` = now); of all
    /// units, or of some. Costs the sums of the months and what was recorded or taken back since the place, not the facts.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn measure_counts(&self, units: Option<&[UnitCode]>, from: Period, to: Period, seq: u64) -> Result<Vec<MeasureCount>, ViewError> {
        let place = i64::try_from(seq).unwrap_or(i64::MAX);
        let connection = self.scores()?;
        // One picture for all questions.
        let transaction = connection.unchecked_transaction()?;
        let mut found = Found::new();
        let mut values: Vec<Value> = vec![i64::from(from).into(), i64::from(to).into()];
        let of = |values: &mut Vec<Value>| match units {
            None => format!("unit <> '{EVERYTHING}'"),
            Some(units) => in_list("unit", units, values),
        };
        let whose = of(&mut values);
        let sql =
            format!("SELECT unit, period, measure, yes, own, 1, 0 FROM tally WHERE period BETWEEN ?1 AND ?2 AND own <> 0 AND {whose}");
        add(&transaction, &sql, values, &mut found)?;
        let mut values: Vec<Value> = vec![i64::from(from).into(), i64::from(to).into(), place.into()];
        let whose = of(&mut values);
        let months = "period BETWEEN ?1 AND ?2";
        // Recorded later: not yet.
        let sql = format!(
            "SELECT unit, period, measure, yes, 1, -1, 0 FROM fact WHERE seq > ?3 AND revoked_seq IS NULL AND {months} AND {whose}"
        );
        add(&transaction, &sql, values.clone(), &mut found)?;
        // Taken back later: still standing.
        let sql = format!(
            "SELECT unit, period, measure, yes, 1, 1, 0 FROM fact INDEXED BY fact_revoked WHERE revoked_seq > ?3 AND seq <= ?3 AND {months} AND {whose}"
        );
        add(&transaction, &sql, values.clone(), &mut found)?;
        let sql = format!(
            "SELECT unit, period, measure, yes, 1, 0, 1 FROM fact INDEXED BY fact_revoked WHERE revoked_seq <= ?3 AND {months} AND {whose}"
        );
        add(&transaction, &sql, values, &mut found)?;
        let mut all = Vec::with_capacity(found.len());
        for ((unit, period, measure), (yes, total, excluded)) in found {
            // Facts of cases without a unit count for none.
            let Ok(unit) = UnitCode::parse(&unit) else { continue };
            let measure = Measure::of_code(&measure).ok_or(ViewError::Row("tally"))?;
            let count = |n: i64| u64::try_from(n).map_err(|_| ViewError::Row("tally"));
            all.push(MeasureCount { unit, period, measure, yes: count(yes)?, total: count(total)?, excluded: count(excluded)? });
        }
        Ok(all)
    }
}

impl Views {
    /// The facts of months one by one, in the order of the log, those that were taken back among them with where: for
    /// checking sums elsewhere. `after` is the place of the last one seen.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn fact_log(&self, from: Period, to: Period, after: (u64, u32), limit: usize) -> Result<Vec<LoggedFact>, ViewError> {
        let connection = self.scores()?;
        let mut statement = connection.prepare_cached(
            "SELECT seq, ord, unit, period, measure, yes, revoked_seq FROM fact \
             WHERE (seq, ord) > (?1, ?2) AND period BETWEEN ?3 AND ?4 ORDER BY seq, ord LIMIT ?5",
        )?;
        let mut rows = statement.query(rusqlite::params![after.0 as i64, after.1, from, to, limit as i64])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(LoggedFact {
                seq: row.get::<_, i64>(0)?.unsigned_abs(),
                ord: row.get(1)?,
                unit: UnitCode::parse(row.get_ref(2)?.as_str().unwrap_or_default()).ok(),
                period: row.get(3)?,
                measure: Measure::of_code(row.get_ref(4)?.as_str().unwrap_or_default()).ok_or(ViewError::Row("fact"))?,
                yes: row.get(5)?,
                revoked: row.get::<_, Option<i64>>(6)?.map(i64::unsigned_abs),
            });
        }
        Ok(all)
    }
}

/// A fact as it stands in the log's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedFact {
    /// Place in the log of the event that made it.
    pub seq: u64,
    /// Its place among the facts of the event.
    pub ord: u32,
    /// Whose; none: the source names no unit.
    pub unit: Option<UnitCode>,
    /// Month it counts for.
    pub period: Period,
    /// Indicator.
    pub measure: Measure,
    /// Counts in the numerator.
    pub yes: bool,
    /// Place in the log of the event that took it back.
    pub revoked: Option<u64>,
}

/// Columns: unit, period, measure, yes, n, sign of n, excluded.
fn add(connection: &Connection, sql: &str, values: Vec<Value>, found: &mut Found) -> Result<(), ViewError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let entry = found.entry((row.get(0)?, row.get(1)?, row.get(2)?)).or_default();
        let n = row.get::<_, i64>(4)? * row.get::<_, i64>(5)?;
        entry.0 += if row.get(3)? { n } else { 0 };
        entry.1 += n;
        entry.2 += row.get::<_, i64>(6)?;
    }
    Ok(())
}
