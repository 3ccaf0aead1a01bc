//! Cases by number, id, phone and external id.

use domain::case::{ClockKind, Stage};
use domain::ids::{AccountId, CaseId, UnitCode};
use domain::time::from_micros;
use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use super::{CaseRow, CaseSnapshot, flag};
use crate::{ViewError, Views};

pub(crate) const COLUMNS: &str = "c.key, c.id, c.number, c.title, c.class, c.channel, c.urgency, c.division, c.stage, c.unit, c.section, \
    c.handler, c.filed_at, c.due_at, c.due_kind, c.provisional, c.breached, c.round, c.ended_at, c.source, c.external_id, c.flags, c.revision";

pub(crate) fn row(row: &Row<'_>) -> rusqlite::Result<CaseRow> {
    let flags: i64 = row.get(21)?;
    let stage: String = row.get(8)?;
    let unit: Option<String> = row.get(9)?;
    let due: Option<String> = row.get(14)?;
    let external: Option<String> = row.get(19)?;
    Ok(CaseRow {
        key: row.get(0)?,
        id: CaseId(row.get::<_, Uuid>(1)?),
        number: row.get(2)?,
        title: row.get(3)?,
        class: row.get(4)?,
        channel: row.get(5)?,
        urgency: row.get(6)?,
        division: row.get(7)?,
        stage: Stage::of_code(&stage).unwrap_or_default(),
        unit: unit.and_then(|code| UnitCode::parse(&code).ok()),
        section: row.get(10)?,
        handler: row.get::<_, Option<Uuid>>(11)?.map(AccountId),
        filed_at: from_micros(row.get(12)?),
        due_at: row.get::<_, Option<i64>>(13)?.map(from_micros),
        due: due.and_then(|code| ClockKind::of_code(&code)),
        provisional: row.get(15)?,
        breached: row.get(16)?,
        round: row.get(17)?,
        ended_at: row.get::<_, Option<i64>>(18)?.map(from_micros),
        external: match external {
            Some(source) => Some((source, row.get(20)?)),
            None => None,
        },
        wrongdoing: flags & flag::WRONGDOING != 0,
        confidential: flags & flag::CONFIDENTIAL != 0,
        anonymous: flags & flag::ANONYMOUS != 0,
        publish: flags & flag::PUBLISH != 0,
        restricted: flags & flag::RESTRICTED != 0,
        erased: flags & flag::ERASED != 0,
        revision: row.get::<_, i64>(22)?.unsigned_abs(),
    })
}

impl Views {
    /// The case of a public number.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn case_by_number(&self, number: &str) -> Result<Option<CaseRow>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM case_row c WHERE c.number = ?1 ORDER BY c.key LIMIT 1"))?;
        Ok(statement.query_row([number], row).optional()?)
    }

    /// The case of an id.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn case_by_id(&self, id: CaseId) -> Result<Option<CaseRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM case_row c WHERE c.id = ?1"))?;
        Ok(statement.query_row([id.0], row).optional()?)
    }

    /// The rows of these cases, in the order asked; unknown ones are left out.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn cases_by_ids(&self, ids: &[CaseId]) -> Result<Vec<CaseRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM case_row c WHERE c.id = ?1"))?;
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            rows.extend(statement.query_row([id.0], row).optional()?);
        }
        Ok(rows)
    }

    /// The latest cases filed from a phone, by its blind index (`Vault::phone_lookup`).
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn cases_by_phone(&self, lookup: [u8; 16], limit: usize) -> Result<Vec<CaseRow>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM case_row c WHERE c.phone = ?1 ORDER BY c.key DESC LIMIT ?2"))?;
        let rows = statement.query_map(params![lookup.as_slice(), limit as i64], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The case of a ticket in another system.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn case_by_external(&self, source: &str, id: &str) -> Result<Option<CaseRow>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM case_row c WHERE c.source = ?1 AND c.external_id = ?2 ORDER BY c.key LIMIT 1"
        ))?;
        Ok(statement.query_row([source, id], row).optional()?)
    }

    /// Cases in the order of their filing, after a key (0: from the first), for those who read all of them.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn cases_after(&self, key: i64, limit: usize) -> Result<Vec<CaseRow>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM case_row c WHERE c.key > ?1 ORDER BY c.key LIMIT ?2"))?;
        let rows = statement.query_map(params![key, limit as i64], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The folded state of a case.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn case_state(&self, id: CaseId) -> Result<Option<CaseSnapshot>, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached("SELECT s.state, c.revision FROM case_row c JOIN case_state s USING (key) WHERE c.id = ?1")?;
        let found: Option<(Vec<u8>, i64)> = statement.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((state, revision)) = found else { return Ok(None) };
        Ok(Some(CaseSnapshot { id, state: postcard::from_bytes(&state)?, revision: revision.unsigned_abs() }))
    }
}
