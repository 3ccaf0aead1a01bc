//! Loading the snapshot.

use domain::account::{Role, StaffKind};
use domain::ids::{AccountId, UnitCode};
use domain::rulebook::RuleEvent;
use domain::time::from_micros;
use rusqlite::Connection;

use super::write::adopt;
use super::{Account, Reference};
use crate::ViewError;

/// The snapshot that stands in a file.
pub(crate) fn load(connection: &Connection) -> Result<Reference, ViewError> {
    let mut reference = Reference::default();
    let mut statement = connection.prepare("SELECT state FROM unit")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        reference.put_unit(postcard::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?);
    }
    let mut statement = connection.prepare(
        "SELECT key, id, login, name, phone, email, unit, staff, roles, enabled, epoch, hash, must_change FROM account ORDER BY key",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let unit: Option<String> = row.get(6)?;
        let staff: String = row.get(7)?;
        let roles: String = row.get(8)?;
        reference.put_account(Account {
            key: row.get(0)?,
            id: AccountId(row.get(1)?),
            login: row.get(2)?,
            name: row.get(3)?,
            phone: row.get(4)?,
            email: row.get(5)?,
            unit: unit.and_then(|code| UnitCode::parse(&code).ok()),
            staff: if staff == "outsourced" { StaffKind::Outsourced } else { StaffKind::CivilServant },
            roles: roles.split_whitespace().filter_map(Role::of_code).collect(),
            enabled: row.get(9)?,
            epoch: row.get(10)?,
            hash: row.get(11)?,
            must_change: row.get(12)?,
        });
    }
    let mut statement = connection.prepare("SELECT session FROM ended_session")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        reference.ended.insert(row.get(0)?);
    }
    let mut statement = connection.prepare("SELECT recorded_at, kind, version, data FROM rule_event ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        let event = RuleEvent::from_slice(&kind, row.get(2)?, row.get_ref(3)?.as_blob().unwrap_or_default())?;
        adopt(&mut reference, from_micros(row.get(0)?), &event)?;
    }
    Ok(reference)
}
