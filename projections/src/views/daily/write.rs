//! A day's rows and figures. A case counts once for a day and kind, however often it happened.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use domain::case::{CaseEvent, CaseState};
use domain::time::{Instant, legal_day};
use rusqlite::{Connection, params};

use super::DayKind;
use crate::ViewError;

/// Days since 1970-01-01.
pub(crate) fn number(day: NaiveDate) -> i64 {
    (day - NaiveDate::default()).num_days()
}

/// The day of a number.
pub(crate) fn day(number: i64) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(TimeDelta::try_days(number)?)
}

/// The new rows of a batch, in the order of the table.
#[derive(Default)]
pub(crate) struct Days(BTreeMap<(i64, &'static str, i64), bool>);

impl Days {
    /// Takes in an event of a case: `was_ended` before it, `state` after it.
    pub(crate) fn take(&mut self, key: i64, at: Instant, event: &CaseEvent, was_ended: bool, state: &CaseState) {
        let kind = match event {
            CaseEvent::Filed(_) => Some(DayKind::Filed),
            CaseEvent::Dispatched(_) => Some(DayKind::Dispatched),
            CaseEvent::CalledBack(called) if called.reply.as_ref().is_some_and(|reply| !reply.satisfied) => Some(DayKind::Dissatisfied),
            _ => None,
        };
        let ended = (state.stage.is_ended() && !was_ended).then_some(DayKind::Ended);
        for kind in kind.into_iter().chain(ended) {
            self.0.insert((number(legal_day(at)), kind.code(), key), state.wrongdoing);
        }
    }

    pub(crate) fn write(self, connection: &Connection) -> Result<(), ViewError> {
        let mut insert =
            connection.prepare_cached("INSERT OR IGNORE INTO daily_case (day, kind, key, wrongdoing) VALUES (?1, ?2, ?3, ?4)")?;
        let mut counts: BTreeMap<(i64, &str, bool), i64> = BTreeMap::new();
        for ((day, kind, key), wrongdoing) in self.0 {
            if insert.execute(params![day, kind, key, wrongdoing])? == 1 {
                *counts.entry((day, kind, wrongdoing)).or_default() += 1;
            }
        }
        let mut add = connection.prepare_cached(
            "INSERT INTO daily_count (day, kind, wrongdoing, n) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (day, kind, wrongdoing) DO UPDATE SET n = n + excluded.n",
        )?;
        for ((day, kind, wrongdoing), n) in counts {
            add.execute(params![day, kind, wrongdoing, n])?;
        }
        Ok(())
    }
}
