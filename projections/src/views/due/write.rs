//! The acts that a case's limits lead to.

use domain::case::{Act, ClockKind};
use domain::time::micros;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::ViewError;
use crate::batch::CaseEntry;

type ActRow = (i64, ClockKind, u8, Act);

/// The rows of a case as they stand in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct StoredActs {
    acts: Vec<ActRow>,
    calendars: Vec<String>,
}

/// Gathers the rows of a flush.
#[derive(Default)]
pub(crate) struct Acts {
    gone: Vec<(i64, ActRow)>,
    new: Vec<(i64, ActRow)>,
    calendars_gone: Vec<(i64, String)>,
    calendars_new: Vec<(i64, String)>,
}

impl Acts {
    pub(crate) fn update(&mut self, entry: &CaseEntry, old: Option<&StoredActs>) -> StoredActs {
        let mut acts: Vec<ActRow> = entry.state.acts().map(|(at, clock, act)| (micros(at), clock.kind, clock.round, act)).collect();
        acts.sort_unstable();
        acts.dedup_by_key(|(at, kind, round, _)| (*at, *kind, *round));
        let mut calendars: Vec<String> =
            entry.state.clocks.iter().filter(|clock| clock.runs()).map(|clock| clock.calendar.clone()).collect();
        calendars.sort_unstable();
        calendars.dedup();
        let new = StoredActs { acts, calendars };
        let none = StoredActs::default();
        let old = old.unwrap_or(&none);
        self.gone.extend(old.acts.iter().filter(|act| !new.acts.contains(act)).map(|act| (entry.key, *act)));
        self.new.extend(new.acts.iter().filter(|act| !old.acts.contains(act)).map(|act| (entry.key, *act)));
        self.calendars_gone.extend(old.calendars.iter().filter(|one| !new.calendars.contains(one)).map(|one| (entry.key, one.clone())));
        self.calendars_new.extend(new.calendars.iter().filter(|one| !old.calendars.contains(one)).map(|one| (entry.key, one.clone())));
        new
    }

    pub(crate) fn write(mut self, connection: &Connection) -> Result<(), ViewError> {
        let mut delete = connection.prepare_cached("DELETE FROM due WHERE next_at = ?1 AND key = ?2 AND clock = ?3 AND round = ?4")?;
        for (key, (at, clock, round, _)) in self.gone {
            delete.execute(params![at, key, clock.code(), round])?;
        }
        self.new.sort_unstable_by_key(|(key, (at, ..))| (*at, *key));
        let mut insert = connection.prepare_cached("INSERT INTO due (next_at, key, clock, round, act) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for (key, (at, clock, round, act)) in self.new {
            insert.execute(params![at, key, clock.code(), round, act.code()])?;
        }
        let mut delete = connection.prepare_cached("DELETE FROM open_calendar WHERE key = ?1 AND version = ?2")?;
        for (key, version) in self.calendars_gone {
            delete.execute(params![key, version])?;
        }
        let mut insert = connection.prepare_cached("INSERT INTO open_calendar (key, version) VALUES (?1, ?2)")?;
        for (key, version) in self.calendars_new {
            insert.execute(params![key, version])?;
        }
        Ok(())
    }
}
