//! Restrictions and erasures.

use domain::ids::CaseId;
use rusqlite::params;
use uuid::Uuid;

use super::Erasure;
use crate::{ViewError, Views};

impl Views {
    /// Processing of this case is restricted to keeping.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn restricted(&self, case: CaseId) -> Result<bool, ViewError> {
        let connection = self.views()?;
        Ok(connection.prepare_cached("SELECT 1 FROM restricted WHERE case_id = ?1")?.exists([case.0])?)
    }

    /// All restricted cases.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn restricted_cases(&self) -> Result<Vec<CaseId>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached("SELECT case_id FROM restricted ORDER BY case_id")?;
        let rows = statement.query_map([], |row| Ok(CaseId(row.get::<_, Uuid>(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The words of this case are destroyed.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn erased(&self, case: CaseId) -> Result<bool, ViewError> {
        let connection = self.views()?;
        Ok(connection.prepare_cached("SELECT 1 FROM erasure WHERE case_id = ?1")?.exists([case.0])?)
    }

    /// All erasures after a `seq`, oldest first: at every start their keys are deleted again, in case a crash came between.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn erasures(&self, after: u64) -> Result<Vec<Erasure>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached("SELECT seq, person, case_id FROM erasure WHERE seq > ?1 ORDER BY seq, case_id")?;
        let mut rows = statement.query(params![after as i64])?;
        let mut all: Vec<Erasure> = Vec::new();
        while let Some(row) = rows.next()? {
            let seq = row.get::<_, i64>(0)?.unsigned_abs();
            let case = CaseId(row.get::<_, Uuid>(2)?);
            match all.last_mut().filter(|last| last.seq == seq) {
                Some(last) => last.cases.push(case),
                None => all.push(Erasure { seq, person: row.get(1)?, cases: vec![case] }),
            }
        }
        Ok(all)
    }
}
