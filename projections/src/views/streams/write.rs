//! Folds streams of supervision and writes what follows from their states.

use std::collections::HashMap;

use chrono::Datelike;
use domain::folded::Folded;
use domain::mark::{Change, Mark};
use domain::time::{Instant, legal_day, micros};
use rusqlite::{Connection, params};

use crate::ViewError;
use crate::decode::Decoded;
use crate::views::notices::Missing;
use crate::views::notices::write::owed_duties;
use crate::views::reference::Reference;

/// No limit, in `duty.due_at`.
pub(crate) const NEVER: i64 = i64::MAX;

/// The rows of a kind of stream beyond those that all kinds have.
pub(crate) trait Rows: Folded {
    /// Writes the rows of one stream in place of those that stand there. `key` is the stream's key.
    fn rows(&self, _connection: &Connection, _key: i64, _stream: &str, _reference: &Reference) -> Result<(), ViewError> {
        Ok(())
    }
}

/// The streams of one kind in the working set.
pub(crate) struct Kind<S>(HashMap<String, Entry<S>>);

struct Entry<S> {
    key: i64,
    /// When its first event happened.
    began: Instant,
    /// Its row stands in the file.
    stored: bool,
    revision: u64,
    seq: u64,
    state: Option<S>,
    marks: Vec<NewMark>,
}

struct NewMark {
    seq: u64,
    at: Instant,
    change: Change,
}

impl<S> Default for Kind<S> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<S: Rows> Kind<S> {
    /// Streams held in memory.
    pub(crate) fn held(&self) -> usize {
        self.0.len()
    }

    /// Takes in one event of a stream; answers the notices it owes.
    pub(crate) fn apply(
        &mut self,
        connection: &Connection,
        stream: &str,
        event: &Decoded,
        of_kind: &S::Event,
    ) -> Result<Vec<Missing>, ViewError> {
        if !self.0.contains_key(stream) {
            let entry = load(connection, stream)?.unwrap_or_else(|| Entry {
                key: event.seq as i64,
                began: event.at,
                stored: false,
                revision: 0,
                seq: 0,
                state: None,
                marks: Vec::new(),
            });
            self.0.insert(stream.to_owned(), entry);
        }
        let Some(entry) = self.0.get_mut(stream) else { return Ok(Vec::new()) };
        let before = entry.state.take();
        let after = S::evolve(before.clone(), event.at, of_kind);
        if let Some(after) = &after {
            let changes = S::marks(before.as_ref(), event.at, of_kind, after);
            entry.marks.extend(changes.into_iter().map(|change| NewMark { seq: event.seq, at: event.at, change }));
        }
        let duties = |state: &Option<S>| state.as_ref().map(Folded::duties).unwrap_or_default();
        let owed = owed_duties(stream, event, &duties(&before), &duties(&after));
        entry.state = after;
        entry.revision = event.revision;
        entry.seq = event.seq;
        Ok(owed)
    }

    /// Writes the working set and empties it.
    pub(crate) fn write(&mut self, connection: &Connection, reference: &Reference) -> Result<(), ViewError> {
        let mut entries: Vec<(String, Entry<S>)> = std::mem::take(&mut self.0).into_iter().collect();
        entries.sort_unstable_by_key(|(_, entry)| entry.key);
        for (stream, entry) in entries {
            let Some(state) = &entry.state else { continue };
            write_stream(connection, &stream, &entry, state)?;
            write_agenda(connection, &entry, state)?;
            write_marks(connection, &entry)?;
            state.rows(connection, entry.key, &stream, reference)?;
        }
        Ok(())
    }
}

fn load<S: Folded>(connection: &Connection, stream: &str) -> Result<Option<Entry<S>>, ViewError> {
    let mut statement = connection.prepare_cached("SELECT key, revision, seq, state FROM stream WHERE name = ?1")?;
    let mut rows = statement.query([stream])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let state = serde_json::from_str(row.get_ref(3)?.as_str().unwrap_or_default()).map_err(|_| ViewError::Row("stream"))?;
    Ok(Some(Entry {
        key: row.get(0)?,
        began: Instant::default(),
        stored: true,
        revision: row.get::<_, i64>(1)?.unsigned_abs(),
        seq: row.get::<_, i64>(2)?.unsigned_abs(),
        state: Some(state),
        marks: Vec::new(),
    }))
}

fn write_stream<S: Folded>(connection: &Connection, stream: &str, entry: &Entry<S>, state: &S) -> Result<(), ViewError> {
    let state = serde_json::to_string(state).map_err(|_| ViewError::Row("stream"))?;
    if entry.stored {
        connection.prepare_cached("UPDATE stream SET revision = ?2, seq = ?3, state = ?4 WHERE key = ?1")?.execute(params![
            entry.key,
            entry.revision as i64,
            entry.seq as i64,
            state
        ])?;
        return Ok(());
    }
    let year = legal_day(entry.began).year();
    let ordinal: i64 = connection
        .prepare_cached(
            "INSERT INTO stream_count (kind, year, n) VALUES (?1, ?2, 1) ON CONFLICT (kind, year) DO UPDATE SET n = n + 1 RETURNING n",
        )?
        .query_row(params![S::KIND, year], |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO stream (key, name, kind, year, ordinal, revision, seq, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![entry.key, stream, S::KIND, year, ordinal, entry.revision as i64, entry.seq as i64, state])?;
    Ok(())
}

fn write_agenda<S: Folded>(connection: &Connection, entry: &Entry<S>, state: &S) -> Result<(), ViewError> {
    if entry.stored {
        connection.prepare_cached("DELETE FROM agenda WHERE key = ?1")?.execute([entry.key])?;
        connection.prepare_cached("DELETE FROM duty WHERE key = ?1")?.execute([entry.key])?;
    }
    if let Some(at) = state.next_at() {
        connection.prepare_cached("INSERT INTO agenda (next_at, key) VALUES (?1, ?2)")?.execute(params![micros(at), entry.key])?;
    }
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO duty (holder, due_at, key, task, since) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for duty in state.duties() {
        let due = duty.due.map_or(NEVER, micros);
        insert.execute(params![duty.holder.name(), due, entry.key, duty.task, micros(duty.since)])?;
    }
    Ok(())
}

fn write_marks<S>(connection: &Connection, entry: &Entry<S>) -> Result<(), ViewError> {
    let mut insert =
        connection.prepare_cached("INSERT INTO mark (seq, ord, key, unit, kind, code, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let mut revoke =
        connection.prepare_cached("UPDATE mark SET revoked_seq = ?3 WHERE key = ?1 AND kind = ?2 AND revoked_seq IS NULL AND seq < ?3")?;
    let mut last = (0, 0);
    for new in &entry.marks {
        last = if last.0 == new.seq { (new.seq, last.1 + 1) } else { (new.seq, 0) };
        match &new.change {
            Change::Add(Mark { unit, kind, code }) => {
                insert.execute(params![new.seq as i64, last.1, entry.key, unit.as_str(), kind.code(), code, micros(new.at)])?;
            }
            Change::Revoke(kind) => {
                revoke.execute(params![entry.key, kind.code(), new.seq as i64])?;
            }
        }
    }
    Ok(())
}
