//! Public figures and the public list.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use domain::case::Stage;
use domain::ids::UnitCode;
use domain::time::{CHINA, Period, from_micros, next_period};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::{Dimension, Freshness, PublicCase, PublicFigure, PublicFilter};
use crate::page::SortValue;
use crate::{At, Page, PageKey, ViewError, Views, files};

impl Views {
    /// A month's figures, one line for each value of the dimension, in the order of values.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn public_figures(&self, dimension: Dimension, period: Period) -> Result<Vec<PublicFigure>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached("SELECT value, what, n FROM public_count WHERE period = ?1 AND dimension = ?2 AND n <> 0")?;
        let mut rows = statement.query(rusqlite::params![period, dimension.code()])?;
        let mut figures: BTreeMap<String, PublicFigure> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let value: String = row.get(0)?;
            let n = row.get::<_, i64>(2)?.unsigned_abs();
            let figure = figures.entry(value.clone()).or_insert_with(|| PublicFigure { value, ..PublicFigure::default() });
            match row.get_ref(1)?.as_str().unwrap_or_default() {
                "filed" => figure.filed = n,
                "ended" => figure.ended = n,
                "answered" => figure.answered = n,
                "in_time" => figure.in_time = n,
                _ => return Err(ViewError::Row("public_count")),
            }
        }
        Ok(figures.into_values().collect())
    }

    /// A page of public cases, latest filed first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn public_cases(&self, filter: &PublicFilter, at: &At, limit: usize) -> Result<Page<PublicCase>, ViewError> {
        let mut values: Vec<Value> = Vec::new();
        let mut clauses: Vec<String> = vec!["TRUE".to_owned()];
        let mut bind = |clause: &str, value: Value| {
            values.push(value);
            clauses.push(clause.replace('?', &format!("?{}", values.len())));
        };
        if let Some(class) = &filter.class {
            bind("class = ?", class.clone().into());
        }
        if let Some(unit) = &filter.unit {
            bind("unit = ?", unit.as_str().to_owned().into());
        }
        if let Some(place) = &filter.place {
            // A prefix of six or nine digits has its index; a longer one is narrowed by the township's first.
            let digits: String = place.chars().filter(char::is_ascii_digit).take(12).collect();
            if digits.len() >= 9 {
                bind("substr(division, 1, 9) = ?", digits.get(..9).unwrap_or_default().to_owned().into());
            } else if digits.len() >= 6 {
                bind("substr(division, 1, 6) = ?", digits.get(..6).unwrap_or_default().to_owned().into());
            }
            if digits.len() != 9 && digits.len() != 6 {
                bind("division GLOB ?", format!("{digits}*").into());
            }
        }
        if let Some((from, to)) = filter.month.and_then(month_range) {
            bind("filed_at >= ?", from.into());
            bind("filed_at < ?", to.into());
        }
        let (order, beyond) = if matches!(at, At::Before(_)) { ("ASC", ">") } else { ("DESC", "<") };
        if let At::After(key) | At::Before(key) = at {
            let SortValue::Number(filed) = key.value else { return Err(ViewError::Row("page key")) };
            values.push(filed.into());
            values.push(key.key.into());
            clauses.push(format!("(filed_at, key) {beyond} (?{}, ?{})", values.len() - 1, values.len()));
        }
        values.push((limit as i64 + 1).into());
        let sql = format!(
            "SELECT key, number, title, class, division, unit, stage, filed_at, answered_at, ended_at FROM public_case WHERE {} \
             ORDER BY filed_at {order}, key {order} LIMIT ?{}",
            clauses.join(" AND "),
            values.len(),
        );
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), |row| {
            let unit: String = row.get(5)?;
            let stage: String = row.get(6)?;
            let filed: i64 = row.get(7)?;
            let case = PublicCase {
                number: row.get(1)?,
                title: row.get(2)?,
                class: row.get(3)?,
                division: row.get(4)?,
                unit: UnitCode::parse(&unit).ok(),
                stage: Stage::of_code(&stage).unwrap_or_default(),
                filed_at: from_micros(filed),
                answered_at: row.get::<_, Option<i64>>(8)?.map(from_micros),
                ended_at: row.get::<_, Option<i64>>(9)?.map(from_micros),
            };
            Ok((PageKey { value: SortValue::Number(filed), key: row.get(0)? }, case))
        })?;
        Ok(Page::of(rows.collect::<Result<_, _>>()?, limit, at))
    }

    /// How fresh the views are.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn freshness(&self) -> Result<Freshness, ViewError> {
        let at = files::checkpoint(&*self.views()?)?;
        Ok(Freshness { seq: at.seq, recorded_at: (at.seq > 0).then(|| from_micros(at.recorded_at)) })
    }
}

/// First microsecond of a month and of the next one, at +08:00.
fn month_range(period: Period) -> Option<(i64, i64)> {
    let first = |period: Period| {
        let day = NaiveDate::from_ymd_opt(period / 100, u32::try_from(period % 100).ok()?, 1)?;
        Some(day.and_time(NaiveTime::MIN).and_local_timezone(CHINA).single()?.timestamp_micros())
    };
    Some((first(period)?, first(next_period(period))?))
}
