//! Lists of cards, and what automation has to look at.

use domain::card::trigger::TOO_OLD;
use domain::ids::{CardId, CaseId};
use domain::time::{Instant, from_micros, micros};
use rusqlite::{params, params_from_iter, types::Value};
use uuid::Uuid;

use super::{CardDue, CardFilter, CardRow, CardTab};
use crate::views::streams::query::STREAM;
use crate::{ViewError, Views};

impl Views {
    /// Grounds that have come by `now` and have no card on record, and cards whose ground is gone; oldest first. Grounds
    /// that are too old call for no card.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn due_cards(&self, now: Instant, limit: usize) -> Result<Vec<CardDue>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached("SELECT id, at, case_id, gone FROM card_due WHERE at >= ?1 AND at <= ?2 ORDER BY at, id LIMIT ?3")?;
        let rows = statement.query_map(params![micros(now - TOO_OLD), micros(now), limit as i64], |row| {
            Ok(CardDue {
                card: CardId(row.get::<_, Uuid>(0)?),
                at: from_micros(row.get(1)?),
                case: CaseId(row.get::<_, Uuid>(2)?),
                gone: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the next ground comes after what is too old at `now`.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn next_card(&self, now: Instant) -> Result<Option<Instant>, ViewError> {
        let connection = self.views()?;
        let next: Option<i64> = connection
            .prepare_cached("SELECT min(at) FROM card_due WHERE at >= ?1")?
            .query_row([micros(now - TOO_OLD)], |row| row.get(0))?;
        Ok(next.map(from_micros))
    }

    /// Cards, newest first, before `before` (a row's `key`; none = from the newest).
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn cards(&self, filter: &CardFilter, before: Option<i64>, limit: usize) -> Result<Vec<CardRow>, ViewError> {
        let mut sql = format!("SELECT {STREAM} FROM card c JOIN stream s USING (key) WHERE c.key < ?");
        let mut values: Vec<Value> = vec![before.unwrap_or(i64::MAX).into()];
        let given = [
            ("c.tab", filter.tab.map(|tab| tab.code().to_owned())),
            ("c.unit", filter.unit.as_ref().map(ToString::to_string)),
            ("c.colour", filter.colour.map(|colour| colour.code().to_owned())),
        ];
        for (column, value) in given {
            if let Some(value) = value {
                sql.push_str(&format!(" AND {column} = ?"));
                values.push(value.into());
            }
        }
        sql.push_str(" ORDER BY c.key DESC LIMIT ?");
        values.push((limit as i64).into());
        self.stream_rows(&sql, params_from_iter(values))
    }

    /// How many cards stand in a tab.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn count_cards(&self, tab: CardTab) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let n: i64 = connection.prepare_cached("SELECT count(*) FROM card WHERE tab = ?1")?.query_row([tab.code()], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// The cards of a case, oldest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn cards_of(&self, case: CaseId) -> Result<Vec<CardRow>, ViewError> {
        let sql = format!("SELECT {STREAM} FROM card c JOIN stream s USING (key) WHERE c.case_id = ?1 ORDER BY c.key");
        self.stream_rows(&sql, [case.0])
    }
}
