//! Folding units, accounts and rules, and writing what changed.

use std::collections::BTreeSet;

use domain::account::AccountEvent;
use domain::ids::{AccountId, UnitCode};
use domain::rulebook::RuleEvent;
use domain::time::{Instant, micros};
use domain::unit::{self, UnitEvent};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{Account, Reference};
use crate::ViewError;
use crate::decode::Decoded;

/// What changed since the last flush.
#[derive(Default)]
pub(crate) struct Changes {
    units: BTreeSet<UnitCode>,
    accounts: BTreeSet<AccountId>,
    /// Session, dead by, and when it was recorded.
    sessions: Vec<(Uuid, i64, i64)>,
    rules: Vec<(u64, i64, &'static str, u16, Vec<u8>)>,
}

/// True when the tree changed.
pub(crate) fn apply_unit(reference: &mut Reference, changes: &mut Changes, code: &UnitCode, event: &UnitEvent) -> bool {
    let before = reference.units.get(code).map(|unit| (**unit).clone());
    let parent = before.as_ref().map(|unit| unit.parent.clone());
    let Some(after) = unit::evolve(before, event) else { return false };
    let moved = parent.as_ref() != Some(&after.parent);
    changes.units.insert(code.clone());
    reference.put_unit(after);
    moved
}

const ERASED: &str = "（已依法删除）";

pub(crate) fn apply_account(reference: &mut Reference, changes: &mut Changes, id: AccountId, event: &Decoded, of_account: &AccountEvent) {
    let mut account = match (of_account, reference.accounts.get(&id)) {
        (AccountEvent::Opened(opened), _) => Account {
            id,
            key: event.seq as i64,
            login: opened.login.clone(),
            name: opened.name.known().cloned().unwrap_or_else(|| ERASED.to_owned()),
            phone: opened.phone.as_ref().and_then(|phone| phone.known()).cloned(),
            email: opened.email.as_ref().and_then(|email| email.known()).cloned(),
            unit: opened.unit.clone(),
            staff: opened.staff,
            roles: opened.roles.clone(),
            enabled: true,
            epoch: 0,
            hash: None,
            must_change: false,
        },
        (_, Some(account)) => (**account).clone(),
        (_, None) => return,
    };
    // The fold of `domain::account::evolve`, over opened values.
    match of_account {
        AccountEvent::Opened(_) => {}
        AccountEvent::PasswordSet(set) => {
            account.hash = set.hash.known().cloned();
            account.must_change = set.must_change;
            account.epoch += 1;
        }
        AccountEvent::RolesSet(set) => {
            account.unit.clone_from(&set.unit);
            account.roles.clone_from(&set.roles);
        }
        AccountEvent::Disabled(_) => {
            account.enabled = false;
            account.epoch += 1;
        }
        AccountEvent::Enabled(_) => account.enabled = true,
        AccountEvent::SessionsReset(_) => account.epoch += 1,
        AccountEvent::SessionEnded(ended) => {
            reference.ended.insert(ended.session);
            changes.sessions.push((ended.session, micros(ended.dead_by), micros(event.recorded_at)));
            return;
        }
    }
    changes.accounts.insert(id);
    reference.put_account(account);
}

/// Folds an event of the rules; nothing changes when it fails.
pub(crate) fn adopt(reference: &mut Reference, recorded_at: Instant, event: &RuleEvent) -> Result<(), ViewError> {
    let failed = |problems: Vec<domain::rulebook::parse::Problem>| {
        let first = problems.into_iter().next();
        ViewError::Rules {
            kind: event.kind().to_owned(),
            line: first.as_ref().and_then(|problem| problem.line).unwrap_or_default(),
            reason: first.map(|problem| problem.reason).unwrap_or_default(),
        }
    };
    match event {
        RuleEvent::RulebookAdopted(adopted) => reference.rulebooks.adopt(recorded_at, adopted).map_err(failed),
        RuleEvent::CatalogueAdopted(adopted) => reference.catalogues.adopt(recorded_at, adopted).map_err(failed),
        RuleEvent::CalendarNoticed(_) | RuleEvent::OverlaySet(_) => reference.calendars.apply(event).map(|_| ()).map_err(failed),
    }
}

pub(crate) fn keep_rule(changes: &mut Changes, event: &Decoded, rule: &RuleEvent) -> Result<(), ViewError> {
    let mut json = rule.to_json().map_err(|_| ViewError::Row("rule_event"))?;
    // The same bytes from every program: whether a map keeps its order is a feature that other crates turn on.
    json.sort_all_objects();
    let data = serde_json::to_vec(&json).map_err(|_| ViewError::Row("rule_event"))?;
    changes.rules.push((event.seq, micros(event.recorded_at), rule.kind(), rule.version(), data));
    Ok(())
}

/// True when there was something to write.
pub(crate) fn write(connection: &Connection, reference: &Reference, changes: &Changes) -> Result<bool, ViewError> {
    for code in &changes.units {
        let Some(unit) = reference.units.get(code) else { continue };
        connection
            .prepare_cached("INSERT OR REPLACE INTO unit (code, state) VALUES (?1, ?2)")?
            .execute(params![code.as_str(), postcard::to_stdvec(&**unit)?])?;
    }
    for id in &changes.accounts {
        let Some(account) = reference.accounts.get(id) else { continue };
        let roles: Vec<&str> = account.roles.iter().map(|role| role.code()).collect();
        let staff = match account.staff {
            domain::account::StaffKind::CivilServant => "civil_servant",
            domain::account::StaffKind::Outsourced => "outsourced",
        };
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO account (key, id, login, name, phone, email, unit, staff, roles, enabled, epoch, hash, must_change) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                account.key,
                id.0,
                account.login,
                account.name,
                account.phone,
                account.email,
                account.unit.as_ref().map(UnitCode::as_str),
                staff,
                roles.join(" "),
                account.enabled,
                account.epoch,
                account.hash,
                account.must_change,
            ])?;
    }
    for (session, dead_by, recorded_at) in &changes.sessions {
        // Cookies that are dead by age need no longer be known; the log's own time decides, so that a rebuild agrees.
        connection.prepare_cached("DELETE FROM ended_session WHERE dead_by < ?1")?.execute([recorded_at])?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO ended_session (session, dead_by) VALUES (?1, ?2)")?
            .execute(params![session, dead_by])?;
    }
    for (seq, recorded_at, kind, version, data) in &changes.rules {
        connection
            .prepare_cached("INSERT INTO rule_event (seq, recorded_at, kind, version, data) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![*seq as i64, recorded_at, kind, version, data])?;
    }
    Ok(!(changes.units.is_empty() && changes.accounts.is_empty() && changes.sessions.is_empty() && changes.rules.is_empty()))
}
