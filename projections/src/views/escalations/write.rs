//! Rows of cases and of escalated matters. What ought to happen is a function of the cases, less what is on record.

use std::collections::BTreeSet;

use domain::case::{CaseState, Stage};
use domain::escalation::{Escalation, MOST_TOGETHER, Member, Owner, class_of_cluster, cluster, cluster_trigger, expected, out_of_step};
use domain::ids::{CaseId, UnitCode};
use domain::time::micros;
use rusqlite::{Connection, OptionalExtension, params};

use crate::ViewError;
use crate::batch::CaseEntry;
use crate::views::reference::Reference;
use crate::views::streams::write::{NEVER, Rows};

/// The trigger of several petitioners, which is the group's and not the case's.
pub(crate) const PETITIONERS: &str = "petitioners";

/// In place of a unit's code: what the hotline's window holds. No code of a unit.
pub(crate) const HOTLINE: &str = "@hotline";

/// What has to be looked at anew once all cases of a batch are written, once each, however many of its cases were: a matter
/// of thousands of like cases costs as much for a batch as for one of them.
#[derive(Default)]
pub(crate) struct Groups {
    /// Groups of like cases whose petitioners are counted.
    clusters: BTreeSet<String>,
    /// Keys of matters that follow the cases.
    matters: BTreeSet<i64>,
}

impl Groups {
    /// Counts the petitioners.
    pub(crate) fn write(&self, connection: &Connection, reference: &Reference) -> Result<(), ViewError> {
        self.clusters.iter().try_for_each(|cluster| gather(connection, reference, cluster))
    }

    /// Compares the matters with their cases, after the streams of the batch are written.
    pub(crate) fn follow(&self, connection: &Connection) -> Result<(), ViewError> {
        for key in &self.matters {
            let text: Option<String> =
                connection.prepare_cached("SELECT state FROM stream WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()?;
            if let Some(text) = text {
                sync(connection, *key, &serde_json::from_str(&text).map_err(|_| ViewError::Row("stream"))?)?;
            }
        }
        Ok(())
    }
}

/// The rows of a case that was just written.
pub(crate) fn case(
    connection: &Connection,
    reference: &Reference,
    id: CaseId,
    entry: &CaseEntry,
    groups: &mut Groups,
) -> Result<(), ViewError> {
    let state = &entry.state;
    let rules = reference.rulebooks.by_reference(&state.rulebook).filter(|rules| !rules.ladders.is_empty());
    if entry.stored.is_some() {
        connection.prepare_cached("DELETE FROM escalation_expected WHERE case_id = ?1 AND cluster = ''")?.execute([id.0])?;
    }
    if let Some(rules) = &rules {
        let calendar = |version: &str| reference.calendars.by_version(version).unwrap_or_else(|| reference.calendar());
        for one in expected(state, rules, calendar) {
            expect(connection, id, &one.trigger, "", micros(one.at))?;
        }
    }
    // Of an erased person there is no lookup any more, and none stays here.
    let petitioner = entry.phone.filter(|_| !state.stage.is_ended());
    let like = rules.as_ref().and_then(|rules| like(state, rules)).zip(petitioner);
    if entry.stored.is_some() {
        // A case may have come to another class, place or unit: it no longer counts where it did.
        let (cluster, at) = like.as_ref().map_or(("", 0), |((cluster, at), _)| (cluster, *at));
        let mut left = connection
            .prepare_cached("DELETE FROM escalation_like WHERE case_id = ?1 AND NOT (cluster = ?2 AND at = ?3) RETURNING cluster")?;
        for cluster in left.query_map(params![id.0, cluster, at], |row| row.get(0))? {
            groups.clusters.insert(cluster?);
        }
    }
    if let Some(((cluster, at), petitioner)) = like {
        let changed = connection
            .prepare_cached(
                "INSERT OR IGNORE INTO escalation_like (cluster, at, case_id, petitioner, rulebook) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![cluster, at, id.0, petitioner, state.rulebook])?;
        if changed > 0 {
            groups.clusters.insert(cluster);
        }
    }
    groups.matters.extend(of_case(connection, id)?);
    Ok(())
}

/// Group and dispatch of a case that can be one of several.
fn like(state: &CaseState, rules: &domain::rulebook::Rulebook) -> Option<(String, i64)> {
    cluster_trigger(rules, &state.class)?;
    Some((cluster(state)?, micros(state.dispatched_at?)))
}

fn expect(connection: &Connection, case: CaseId, trigger: &str, cluster: &str, at: i64) -> Result<(), ViewError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO escalation_expected (case_id, trigger_name, cluster, at) SELECT ?1, ?2, ?3, ?4 \
             WHERE NOT EXISTS (SELECT 1 FROM escalation_met WHERE case_id = ?1 AND trigger_name = ?2)",
        )?
        .execute(params![case.0, trigger, cluster, at])?;
    Ok(())
}

/// The petitioners of a group counted anew, over the days that end with its latest case.
fn gather(connection: &Connection, reference: &Reference, cluster: &str) -> Result<(), ViewError> {
    connection.prepare_cached("DELETE FROM escalation_expected WHERE cluster = ?1")?.execute([cluster])?;
    if connection.prepare_cached("SELECT 1 FROM escalation_group WHERE cluster = ?1 AND stage = 'full'")?.exists([cluster])? {
        return Ok(());
    }
    let latest: Option<(i64, String)> = connection
        .prepare_cached("SELECT at, rulebook FROM escalation_like WHERE cluster = ?1 ORDER BY at DESC, case_id DESC LIMIT 1")?
        .query_row([cluster], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((latest, rulebook)) = latest else { return Ok(()) };
    let Some(rules) = reference.rulebooks.by_reference(&rulebook) else { return Ok(()) };
    let Some((_, trigger)) = cluster_trigger(&rules, class_of_cluster(cluster)) else { return Ok(()) };
    let from = latest.saturating_sub(i64::from(trigger.days.unwrap_or(1)) * 86_400_000_000);
    let enough = i64::from(trigger.times.unwrap_or(u8::MAX));
    let petitioners: i64 = connection
        .prepare_cached("SELECT count(*) FROM (SELECT DISTINCT petitioner FROM escalation_like WHERE cluster = ?1 AND at > ?2 LIMIT ?3)")?
        .query_row(params![cluster, from, enough], |row| row.get(0))?;
    if petitioners >= enough {
        // No more than one matter takes at once.
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO escalation_expected (case_id, trigger_name, cluster, at) \
                 SELECT l.case_id, ?3, ?1, ?4 FROM escalation_like l WHERE l.cluster = ?1 AND l.at > ?2 \
                 AND NOT EXISTS (SELECT 1 FROM escalation_met m WHERE m.case_id = l.case_id AND m.trigger_name = ?3) \
                 ORDER BY l.at, l.case_id LIMIT ?5",
            )?
            .execute(params![cluster, from, PETITIONERS, latest, MOST_TOGETHER as i64])?;
    }
    Ok(())
}

fn of_case(connection: &Connection, case: CaseId) -> Result<Vec<i64>, ViewError> {
    let mut statement = connection.prepare_cached("SELECT key FROM escalation_case WHERE case_id = ?1")?;
    let rows = statement.query_map([case.0], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a matter has to follow its cases.
fn sync(connection: &Connection, key: i64, state: &Escalation) -> Result<(), ViewError> {
    let mut cases: Vec<Member> = Vec::with_capacity(state.cases.len());
    if state.is_open() {
        let mut statement = connection.prepare_cached("SELECT stage, unit FROM case_row WHERE id = ?1")?;
        for case in &state.cases {
            let mut rows = statement.query([case.0])?;
            if let Some(row) = rows.next()? {
                let stage = row.get_ref(0)?.as_str().ok().and_then(Stage::of_code).ok_or(ViewError::Row("case_row"))?;
                let unit = row.get::<_, Option<String>>(1)?.and_then(|code| UnitCode::parse(&code).ok());
                cases.push(Member { stage, unit });
            }
        }
    }
    let sql = if out_of_step(state, &cases) {
        "INSERT OR IGNORE INTO escalation_sync (key) VALUES (?1)"
    } else {
        "DELETE FROM escalation_sync WHERE key = ?1"
    };
    connection.prepare_cached(sql)?.execute([key])?;
    Ok(())
}

fn count(connection: &Connection, ladder: &str, level: i64, wrongdoing: bool, by: i64) -> Result<(), ViewError> {
    connection
        .prepare_cached(
            "INSERT INTO escalation_count (ladder, level, wrongdoing, n) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (ladder, level, wrongdoing) DO UPDATE SET n = n + excluded.n",
        )?
        .execute(params![ladder, level, wrongdoing, by])?;
    Ok(())
}

/// The unit of the case, who holds the level, and who has a task: those that see it among their own.
fn units(state: &Escalation) -> Vec<&UnitCode> {
    let owner = match &state.owner {
        Owner::Unit(unit) => Some(unit),
        Owner::Hotline | Owner::Office | Owner::Leader => None,
    };
    // A report of wrongdoing is with the unit in charge alone.
    let others = owner.into_iter().chain(state.meetings.iter().flat_map(|meeting| meeting.tasks.iter().map(|task| &task.unit)));
    let mut all: Vec<&UnitCode> = state.unit.iter().chain(others.filter(|_| !state.wrongdoing)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A matter of like cases. Its cases are no longer expected, and while it is full nobody else is: what is left is gathered.
fn group(connection: &Connection, key: i64, state: &Escalation, reference: &Reference) -> Result<(), ViewError> {
    let stage = match state {
        full if full.is_full() => "full",
        open if open.is_open() => "open",
        _ => "over",
    };
    connection
        .prepare_cached("INSERT OR REPLACE INTO escalation_group (cluster, ladder, key, stage) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![state.cluster, state.ladder, key, stage])?;
    gather(connection, reference, &state.cluster)
}

impl Rows for Escalation {
    fn rows(&self, connection: &Connection, key: i64, _stream: &str, reference: &Reference) -> Result<(), ViewError> {
        let old: Option<(String, i64, bool)> = connection
            .prepare_cached("DELETE FROM escalation_open WHERE key = ?1 RETURNING ladder, level, wrongdoing")?
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        if let Some((ladder, level, wrongdoing)) = old {
            count(connection, &ladder, level, wrongdoing, -1)?;
        }
        connection.prepare_cached("DELETE FROM escalation_unit WHERE key = ?1")?.execute([key])?;
        if self.is_open() {
            let due = self.due().map_or(NEVER, micros);
            connection
                .prepare_cached("INSERT INTO escalation_open (ladder, level, due_at, key, wrongdoing) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![self.ladder, self.level, due, key, self.wrongdoing])?;
            count(connection, &self.ladder, i64::from(self.level), self.wrongdoing, 1)?;
            let mut insert = connection.prepare_cached("INSERT INTO escalation_unit (unit, due_at, key) VALUES (?1, ?2, ?3)")?;
            if self.owner == Owner::Hotline {
                insert.execute(params![HOTLINE, due, key])?;
            }
            for unit in units(self) {
                insert.execute(params![unit.as_str(), due, key])?;
            }
        }
        let mut of = connection.prepare_cached("INSERT OR IGNORE INTO escalation_case (case_id, key) VALUES (?1, ?2)")?;
        for case in &self.cases {
            of.execute(params![case.0, key])?;
        }
        // What is on record is no longer expected; of a group every case, of a case every trigger.
        let met: Vec<(CaseId, &str)> = if self.cluster.is_empty() {
            self.cases.first().into_iter().flat_map(|case| self.triggers.iter().map(move |trigger| (*case, trigger.as_str()))).collect()
        } else {
            self.cases.iter().map(|case| (*case, PETITIONERS)).collect()
        };
        let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO escalation_met (case_id, trigger_name) VALUES (?1, ?2)")?;
        let mut delete = connection.prepare_cached("DELETE FROM escalation_expected WHERE case_id = ?1 AND trigger_name = ?2")?;
        for (case, trigger) in met {
            insert.execute(params![case.0, trigger])?;
            delete.execute(params![case.0, trigger])?;
        }
        if !self.cluster.is_empty() {
            group(connection, key, self, reference)?;
        }
        sync(connection, key, self)
    }
}
