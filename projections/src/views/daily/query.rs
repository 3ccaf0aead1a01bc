//! Figures of days with their cases, and urgent open cases. All read one stretch of an index.

use chrono::NaiveDate;
use rusqlite::params;
use rusqlite::types::Value;

use super::DayKind;
use super::write::{day, number};
use crate::page::SortValue;
use crate::views::cases::{self, CaseRow, flag};
use crate::{At, Page, PageKey, ViewError, Views};

/// Open, as the index of urgent cases says it.
const OPEN: &str = "c.stage NOT IN ('archived', 'refused')";
/// The order of that index.
const DUE: &str = "coalesce(c.due_at, 9223372036854775807)";

impl Views {
    /// How many cases were filed, dispatched, ended, called back dissatisfied on a legal day, in the order of
    /// [`DayKind::ALL`]. `hide_wrongdoing`: for accounts that may not know of reports of wrongdoing.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn day_counts(&self, of: NaiveDate, hide_wrongdoing: bool) -> Result<[u64; 4], ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached("SELECT kind, sum(n) FROM daily_count WHERE day = ?1 AND wrongdoing <= ?2 GROUP BY kind")?;
        let mut rows = statement.query(params![number(of), !hide_wrongdoing])?;
        let mut counts = [0; 4];
        while let Some(row) = rows.next()? {
            let kind = DayKind::of_code(row.get_ref(0)?.as_str().unwrap_or_default()).ok_or(ViewError::Row("daily_count"))?;
            if let Some(count) = DayKind::ALL.iter().position(|one| *one == kind).and_then(|at| counts.get_mut(at)) {
                *count = row.get::<_, i64>(1)?.unsigned_abs();
            }
        }
        Ok(counts)
    }

    /// The first legal day of which anything is known; before it a figure is not nought but unknown.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn first_day(&self) -> Result<Option<NaiveDate>, ViewError> {
        let connection = self.views()?;
        let first: Option<i64> = connection.prepare_cached("SELECT min(day) FROM daily_count")?.query_row([], |row| row.get(0))?;
        Ok(first.and_then(day))
    }

    /// The cases behind a figure of a day, in the order of their filing.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn day_cases(
        &self,
        of: NaiveDate,
        kind: DayKind,
        hide_wrongdoing: bool,
        at: &At,
        limit: usize,
    ) -> Result<Page<CaseRow>, ViewError> {
        let (order, beyond, from) = match at {
            At::First => ("ASC", ">", i64::MIN),
            At::After(key) => ("ASC", ">", key.key),
            At::Before(key) => ("DESC", "<", key.key),
        };
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {} FROM (SELECT key FROM daily_case WHERE day = ?1 AND kind = ?2 AND wrongdoing <= ?3 AND key {beyond} ?4 \
             ORDER BY key {order} LIMIT ?5) d JOIN case_row c ON c.key = d.key ORDER BY c.key {order}",
            cases::COLUMNS,
        ))?;
        let rows = statement.query_map(params![number(of), kind.code(), !hide_wrongdoing, from, limit as i64 + 1], |row| {
            let case = cases::read(row)?;
            Ok((PageKey { value: SortValue::Number(case.key), key: case.key }, case))
        })?;
        Ok(Page::of(rows.collect::<Result<_, _>>()?, limit, at))
    }

    /// How many open cases have an urgency.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn urgent_count(&self, urgency: &str, hide_wrongdoing: bool) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let mut statement = connection
            .prepare_cached(&format!("SELECT count(*) FROM case_row c WHERE {OPEN} AND c.urgency = ?1 AND (?2 = 0 OR c.flags & ?3 = 0)"))?;
        let n: i64 = statement.query_row(params![urgency, hide_wrongdoing, flag::WRONGDOING], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// The open cases of an urgency, due first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn urgent_cases(&self, urgency: &str, hide_wrongdoing: bool, at: &At, limit: usize) -> Result<Page<CaseRow>, ViewError> {
        let mut values: Vec<Value> =
            vec![urgency.to_owned().into(), i64::from(hide_wrongdoing).into(), flag::WRONGDOING.into(), (limit as i64 + 1).into()];
        let (order, beyond) = if matches!(at, At::Before(_)) { ("DESC", "<") } else { ("ASC", ">") };
        let mut place = "TRUE".to_owned();
        if let At::After(key) | At::Before(key) = at {
            let SortValue::Number(due) = key.value else { return Err(ViewError::Row("page key")) };
            values.extend([due.into(), key.key.into()]);
            place = format!("({DUE}, c.key) {beyond} (?5, ?6)");
        }
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {} FROM case_row c WHERE {OPEN} AND c.urgency = ?1 AND (?2 = 0 OR c.flags & ?3 = 0) AND {place} \
             ORDER BY {DUE} {order}, c.key {order} LIMIT ?4",
            cases::COLUMNS,
        ))?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), |row| {
            let case = cases::read(row)?;
            let due = case.due_at.map_or(i64::MAX, domain::time::micros);
            Ok((PageKey { value: SortValue::Number(due), key: case.key }, case))
        })?;
        Ok(Page::of(rows.collect::<Result<_, _>>()?, limit, at))
    }
}

#[cfg(test)]
mod tests {
    use crate::files::FileKind;

    /// The steps in which SQLite would answer.
    fn plan(sql: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let connection = FileKind::Views.open(dir.path()).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let none = vec![rusqlite::types::Value::Null; statement.parameter_count()];
        let rows = statement.query_map(rusqlite::params_from_iter(none), |row| row.get(3)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn figures_of_the_first_screen_are_read_from_one_stretch_of_an_index() {
        for (sql, index) in [
            (
                "SELECT count(*) FROM case_row c WHERE c.stage NOT IN ('archived', 'refused') AND c.urgency = ?1 AND (?2 = 0 OR c.flags & ?3 = 0)",
                "USING COVERING INDEX case_urgency (urgency=?)",
            ),
            ("SELECT count(*) FROM (SELECT DISTINCT due_at, key FROM duty WHERE task = ?1)", "USING COVERING INDEX duty_task (task=?)"),
            (
                "SELECT count(*) FROM mark WHERE kind = ?1 AND at >= ?2 AND at < ?3 AND revoked_seq IS NULL",
                "USING COVERING INDEX mark_kind (kind=? AND at>? AND at<?)",
            ),
            ("SELECT kind, sum(n) FROM daily_count WHERE day = ?1 AND wrongdoing <= ?2 GROUP BY kind", "USING PRIMARY KEY (day=?)"),
        ] {
            let plan = plan(sql);
            assert!(plan.iter().any(|step| step.starts_with("SEARCH") && step.ends_with(index)), "{sql}: {plan:?}");
            assert!(!plan.iter().any(|step| step.starts_with("SCAN") && !step.contains("subquery")), "{sql}: {plan:?}");
        }
    }
}
