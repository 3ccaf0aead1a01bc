//! Searching.

use domain::ids::CaseId;
use rusqlite::{Row, params};
use uuid::Uuid;

use super::terms::{self, ALL, unit_term};
use super::{SearchHit, SearchQuery, SearchScope};
use crate::{ViewError, Views};

fn hit(row: &Row<'_>) -> rusqlite::Result<SearchHit> {
    Ok(SearchHit { key: row.get(0)?, case: CaseId(row.get::<_, Uuid>(1)?), number: row.get(2)? })
}

impl Views {
    /// Cases whose words hold all of the text, or whose number begins with it; latest filed first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn search(&self, query: &SearchQuery) -> Result<Vec<SearchHit>, ViewError> {
        let connection = self.search_file()?;
        let before = query.before.unwrap_or(i64::MAX);
        let limit = query.limit as i64;
        let term = match &query.scope {
            SearchScope::All => ALL.to_owned(),
            SearchScope::Unit(unit) => unit_term(unit),
        };
        let number: String = query.text.trim().to_uppercase().chars().filter(|c| *c != '-' && !c.is_whitespace()).collect();
        if number.len() >= 3 && number.chars().all(|c| c.is_ascii_alphanumeric()) {
            let mut statement = connection.prepare_cached(
                "SELECT key, case_id, number FROM doc WHERE number >= ?1 AND number < ?2 AND key < ?3 AND instr(scope, ?4) > 0 ORDER BY key DESC LIMIT ?5",
            )?;
            let rows = statement.query_map(params![number, format!("{number}~"), before, format!(" {term} "), limit], hit)?;
            let found = rows.collect::<Result<Vec<_>, _>>()?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let Some(words) = terms::of_query(&query.text) else { return Ok(Vec::new()) };
        let mut statement = connection.prepare_cached(
            "SELECT d.key, d.case_id, d.number FROM words w JOIN doc d ON d.key = w.rowid WHERE words MATCH ?1 AND w.rowid < ?2 ORDER BY w.rowid DESC LIMIT ?3",
        )?;
        let rows = statement.query_map(params![format!("\"{term}\" AND {words}"), before, limit], hit)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
