//! Finding investigations.

use domain::ids::UnitCode;
use domain::investigation::{Investigation, Stage};
use domain::time::{Instant, micros};
use rusqlite::params;

use super::{InvestigationCounts, InvestigationFilter};
use crate::views::streams::StreamRow;
use crate::views::streams::query::{STREAM, stream};
use crate::{ViewError, Views};

const UNHIDDEN: &str = "i.unit NOT IN (SELECT value FROM json_each(?1))";

impl Views {
    /// The investigation of a public number.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn investigation_by_number(&self, number: &str) -> Result<Option<StreamRow<Investigation>>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {STREAM} FROM investigation i JOIN stream s USING (key) WHERE i.number = ?1 ORDER BY key LIMIT 1"
        ))?;
        let mut rows = statement.query([number])?;
        rows.next()?.map(stream).transpose()
    }

    /// Investigations, newest first, before `before` (a row's `key`; none = from the newest).
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn investigations(
        &self,
        filter: &InvestigationFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<StreamRow<Investigation>>, ViewError> {
        let stages: Vec<&str> = filter.stages.iter().map(|stage| stage.code()).collect();
        self.stream_rows(
            &format!(
                "SELECT {STREAM} FROM investigation i JOIN stream s USING (key) WHERE {UNHIDDEN} \
             AND (?2 = '[]' OR i.stage IN (SELECT value FROM json_each(?2))) AND (?3 IS NULL OR i.mode = ?3) AND i.key < ?4 \
             ORDER BY i.key DESC LIMIT ?5"
            ),
            params![list(&filter.hidden), json(&stages), filter.mode.map(|mode| mode.code()), before.unwrap_or(i64::MAX), limit as i64],
        )
    }

    /// Investigations with a recommendation to this unit, newest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn recommendations(&self, unit: &UnitCode, before: Option<i64>, limit: usize) -> Result<Vec<StreamRow<Investigation>>, ViewError> {
        self.stream_rows(
            &format!(
                "SELECT {STREAM} FROM investigation i JOIN stream s USING (key) WHERE i.unit = ?1 AND i.advised = 1 AND i.key < ?2 \
             ORDER BY i.key DESC LIMIT ?3"
            ),
            params![unit.as_str(), before.unwrap_or(i64::MAX), limit as i64],
        )
    }

    /// How many investigations stand where, and how many concluded from `from` to before `to` were found true.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn investigation_counts(&self, hidden: &[UnitCode], from: Instant, to: Instant) -> Result<InvestigationCounts, ViewError> {
        let connection = self.views()?;
        let hidden = list(hidden);
        let mut statement = connection
            .prepare_cached(&format!("SELECT i.stage, count(*) FROM investigation i WHERE {UNHIDDEN} GROUP BY i.stage ORDER BY i.stage"))?;
        let rows = statement.query_map([&hidden], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        let stages = rows.collect::<Result<_, _>>()?;
        let transferred: i64 = connection
            .prepare_cached(&format!("SELECT count(*) FROM investigation i WHERE {UNHIDDEN} AND i.mode = 'transferred' AND i.stage <> ?2"))?
            .query_row(params![hidden, Stage::Closed.code()], |row| row.get(0))?;
        let (concluded, found_true): (i64, i64) = connection
            .prepare_cached(&format!(
                "SELECT count(*), count(*) FILTER (WHERE i.finding IN ('proved', 'mostly', 'partly')) FROM investigation i \
                 WHERE {UNHIDDEN} AND i.concluded_at >= ?2 AND i.concluded_at < ?3"
            ))?
            .query_row(params![hidden, micros(from), micros(to)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(InvestigationCounts {
            stages,
            transferred: transferred.unsigned_abs(),
            concluded: concluded.unsigned_abs(),
            found_true: found_true.unsigned_abs(),
        })
    }
}

fn list(units: &[UnitCode]) -> String {
    json(&units.iter().map(UnitCode::as_str).collect::<Vec<_>>())
}

fn json(list: &[&str]) -> String {
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}
