//! Figures, trends and the facts behind them.

use std::collections::HashMap;

use domain::ids::{CaseId, UnitCode};
use domain::rulebook::Measure;
use domain::time::{Period, from_micros, next_period};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use uuid::Uuid;

use super::{FactQuery, FactRow, MeasureFigure, Scope, UnitFigures};
use crate::{ViewError, Views};

/// The name of the sums over everything.
pub(crate) const EVERYTHING: &str = "*";

type Sums = HashMap<(Period, Measure), (u64, u64, u64)>;

fn figures(sums: &Sums, period: Period, measures: &[Measure]) -> Vec<MeasureFigure> {
    let figure = |measure: &Measure| {
        let (yes, total, asserted) = sums.get(&(period, *measure)).copied().unwrap_or_default();
        MeasureFigure { measure: *measure, yes, total, asserted }
    };
    measures.iter().map(figure).collect()
}

/// Rows of (period, measure, yes, asserted, n).
fn sum(connection: &Connection, sql: &str, values: Vec<Value>) -> Result<Sums, ViewError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut sums = Sums::new();
    while let Some(row) = rows.next()? {
        let period = row.get(0)?;
        add(&mut sums, period, row)?;
    }
    Ok(sums)
}

/// Adds a row whose columns after the first are measure, yes, asserted, n.
fn add(sums: &mut Sums, period: Period, row: &Row<'_>) -> Result<(), ViewError> {
    let measure = Measure::of_code(row.get_ref(1)?.as_str().unwrap_or_default()).ok_or(ViewError::Row("tally"))?;
    let n = row.get::<_, i64>(4)?.unsigned_abs();
    let entry = sums.entry((period, measure)).or_default();
    entry.0 += if row.get(2)? { n } else { 0 };
    entry.1 += n;
    entry.2 += if row.get(3)? { n } else { 0 };
    Ok(())
}

pub(super) fn in_list(column: &str, units: &[UnitCode], values: &mut Vec<Value>) -> String {
    let marks: Vec<String> = units
        .iter()
        .map(|unit| {
            values.push(unit.as_str().to_owned().into());
            format!("?{}", values.len())
        })
        .collect();
    format!("{column} IN ({})", marks.join(","))
}

/// SQLite takes 32,766 parameters; a city has some thousand units.
const MAX_UNITS: usize = 30_000;

impl Views {
    fn units_of(&self, scope: &Scope) -> Option<Vec<UnitCode>> {
        match scope {
            Scope::All => None,
            Scope::Unit(unit) => Some(vec![unit.clone()]),
            Scope::Subtree(unit) => {
                let mut units = self.reference().subtree(unit);
                if units.is_empty() {
                    units.push(unit.clone());
                }
                units.truncate(MAX_UNITS);
                Some(units)
            }
        }
    }

    fn sums(&self, scope: &Scope, from: Period, to: Period) -> Result<Sums, ViewError> {
        let connection = self.scores()?;
        // The unit's name, and which of its two sums.
        let (unit, n) = match scope {
            Scope::All => (EVERYTHING, "n"),
            Scope::Unit(unit) => (unit.as_str(), "own"),
            Scope::Subtree(unit) => (unit.as_str(), "n"),
        };
        let sql = format!("SELECT period, measure, yes, asserted, {n} FROM tally WHERE unit = ?1 AND period BETWEEN ?2 AND ?3");
        sum(&connection, &sql, vec![unit.to_owned().into(), i64::from(from).into(), i64::from(to).into()])
    }

    /// A month's figures of all indicators.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn month(&self, scope: &Scope, period: Period) -> Result<Vec<MeasureFigure>, ViewError> {
        Ok(figures(&self.sums(scope, period, period)?, period, &Measure::ALL))
    }

    /// Figures of some indicators over months, oldest first, months without facts included.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn trend(
        &self,
        scope: &Scope,
        measures: &[Measure],
        from: Period,
        to: Period,
    ) -> Result<Vec<(Period, Vec<MeasureFigure>)>, ViewError> {
        let sums = self.sums(scope, from, to)?;
        let periods = std::iter::successors(Some(from), |period| Some(next_period(*period))).take_while(|period| *period <= to).take(240);
        Ok(periods.map(|period| (period, figures(&sums, period, measures))).collect())
    }

    /// A month's figures of each unit directly below one, each with all below it; in the order of codes.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn children(&self, unit: &UnitCode, period: Period) -> Result<Vec<(UnitCode, Vec<MeasureFigure>)>, ViewError> {
        let children = self.reference().children(unit).into_iter();
        children.map(|child| Ok((child.clone(), self.month(&Scope::Subtree(child), period)?))).collect()
    }

    /// The first and the last month with facts.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn months(&self) -> Result<Option<(Period, Period)>, ViewError> {
        let connection = self.scores()?;
        let mut statement = connection.prepare_cached("SELECT min(period), max(period) FROM tally WHERE unit = ?1 AND n <> 0")?;
        let (first, last): (Option<Period>, Option<Period>) = statement.query_row([EVERYTHING], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(first.zip(last))
    }

    /// A month's figures of every unit alone that has any, in the order of codes; none = cases without a unit.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn month_by_unit(&self, period: Period) -> Result<Vec<UnitFigures>, ViewError> {
        let connection = self.scores()?;
        let mut statement = connection
            .prepare_cached("SELECT unit, measure, yes, asserted, own FROM tally WHERE period = ?1 AND own <> 0 ORDER BY unit")?;
        let mut rows = statement.query([period])?;
        let mut units: Vec<(String, Sums)> = Vec::new();
        while let Some(row) = rows.next()? {
            let unit: String = row.get(0)?;
            if units.last().is_none_or(|(last, _)| *last != unit) {
                units.push((unit, Sums::new()));
            }
            let Some((_, sums)) = units.last_mut() else { continue };
            add(sums, period, row)?;
        }
        Ok(units.into_iter().map(|(unit, sums)| (UnitCode::parse(&unit).ok(), figures(&sums, period, &Measure::ALL))).collect())
    }

    /// A month's figures as the log stood at a `seq`, counted from the facts. Units below are those of today's tree.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn month_as_of(&self, scope: &Scope, period: Period, seq: u64) -> Result<Vec<MeasureFigure>, ViewError> {
        let connection = self.scores()?;
        let mut values: Vec<Value> = vec![i64::from(period).into(), (seq as i64).into()];
        let units = match self.units_of(scope) {
            None => "TRUE".to_owned(),
            Some(units) => in_list("unit", &units, &mut values),
        };
        let sql = format!(
            "SELECT period, measure, yes, asserted, count(*) FROM fact WHERE period = ?1 AND seq <= ?2 AND (revoked_seq IS NULL OR revoked_seq > ?2) \
             AND {units} GROUP BY measure, yes, asserted"
        );
        Ok(figures(&sum(&connection, &sql, values)?, period, &Measure::ALL))
    }

    /// The facts behind a figure, in the order of the log.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn facts(&self, query: &FactQuery) -> Result<Vec<FactRow>, ViewError> {
        let connection = self.scores()?;
        let (seq, ord) = query.after.unwrap_or_default();
        let mut values: Vec<Value> = vec![
            i64::from(query.period).into(),
            query.measure.code().to_owned().into(),
            (seq as i64).into(),
            i64::from(ord).into(),
            (query.limit as i64).into(),
        ];
        let units = match self.units_of(&query.scope) {
            None => "TRUE".to_owned(),
            Some(units) => in_list("unit", &units, &mut values),
        };
        let yes = match query.yes {
            None => "TRUE",
            Some(true) => "yes = 1",
            Some(false) => "yes = 0",
        };
        let standing = match query.as_of {
            None => "revoked_seq IS NULL".to_owned(),
            Some(at) => {
                values.push((at as i64).into());
                let at = values.len();
                format!("seq <= ?{at} AND (revoked_seq IS NULL OR revoked_seq > ?{at})")
            }
        };
        let sql = format!(
            "SELECT seq, ord, case_id, unit, occurred_at, recorded_at, class, yes, asserted FROM fact \
             WHERE period = ?1 AND measure = ?2 AND (seq, ord) > (?3, ?4) AND {units} AND {yes} AND {standing} ORDER BY seq, ord LIMIT ?5"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), |row| {
            let unit: String = row.get(3)?;
            Ok(FactRow {
                seq: row.get::<_, i64>(0)?.unsigned_abs(),
                ord: row.get(1)?,
                case: CaseId(row.get::<_, Uuid>(2)?),
                unit: UnitCode::parse(&unit).ok(),
                occurred_at: from_micros(row.get(4)?),
                recorded_at: from_micros(row.get(5)?),
                class: row.get(6)?,
                yes: row.get(7)?,
                asserted: row.get(8)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
