//! The writer takes over events and keys as they stand in another log.

use rusqlite::{Connection, params};

use super::super::import::{Anchor, Imported, Item};
use super::super::rows::{HeadRow, stream_id};
use super::super::store::{Placed, delete_rows, insert_event, insert_key, insert_name, key_exists, last_revision, sql, write_head};
use super::{Failure, STOPPED, Writer, classify};
use crate::tree::Tile;
use crate::{AppendError, LogError, WrappedKey};

/// Why nothing was taken over.
enum Refusal {
    Failed(Failure),
    Wrong(LogError),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// What has grown so far in this transaction.
struct Growth {
    head: HeadRow,
    tiles: Vec<Tile>,
    buffer: Vec<u8>,
}

impl Writer {
    /// All items, or nothing; the `seq` of each event.
    pub(super) fn import(&mut self, items: &[Item], place: Option<&[u8]>) -> Result<Vec<u64>, LogError> {
        let result = self.begin().map_err(Refusal::Failed).and_then(|()| {
            let done = self.take_over(items, place)?;
            self.connection.execute_batch("COMMIT").map(|()| done).map_err(|error| Refusal::Failed(classify(&error, true)))
        });
        match result {
            Ok((seqs, size)) => {
                self.notice(size);
                self.pages += 8 + items.len();
                if self.pages >= super::CHECKPOINT_PAGES {
                    self.checkpoint();
                }
                Ok(seqs)
            }
            Err(refusal) => {
                let undone = self.undo();
                match (refusal, undone) {
                    (Refusal::Failed(Failure::Fatal(why)), _) | (_, Err(Failure::Fatal(why))) => {
                        self.fail(&why);
                        Err(LogError::Unavailable(STOPPED.to_owned()))
                    }
                    (Refusal::Failed(Failure::Undone(error)), _) => Err(LogError::Unavailable(error.to_string())),
                    (Refusal::Wrong(error), _) => Err(error),
                }
            }
        }
    }

    fn take_over(&mut self, items: &[Item], place: Option<&[u8]>) -> Result<(Vec<u64>, u64), Refusal> {
        let head = HeadRow::read(&self.connection).map_err(|error| Failure::Undone(AppendError::Unavailable(error.to_string())))?;
        let before = head.size();
        let mut growth = Growth { head, tiles: Vec::new(), buffer: Vec::new() };
        let mut seqs = Vec::with_capacity(items.len());
        let stood = if self.replica { self.stood()? } else { Vec::new() };
        for item in items {
            match item {
                Item::Event(event) => seqs.push(self.take_event(event, &mut growth)?),
                Item::Key(key) => self.take_key(key)?,
                Item::Waiting { place, .. } | Item::Settled { place, .. } | Item::Destroyed { place, .. } if *place <= stood => {}
                Item::Waiting { key, anchor, .. } => self.let_wait(key, anchor)?,
                Item::Settled { key, .. } => self.take_key(key)?,
                Item::Destroyed { owner, subject, .. } => {
                    let subjects = std::slice::from_ref(subject);
                    delete_waiting(&self.connection, owner, subjects)?;
                    delete_rows(&self.connection, owner, subjects)?;
                }
            }
        }
        if growth.head.size() > before {
            write_head(&self.connection, &growth.head, &growth.tiles)?;
        }
        if let Some(place) = place {
            self.connection.prepare_cached("UPDATE followed SET place = ?1 WHERE one = 1 AND place < ?1")?.execute([place])?;
        }
        Ok((seqs, growth.head.size()))
    }

    /// Up to where the copy holds everything.
    fn stood(&self) -> rusqlite::Result<Vec<u8>> {
        self.connection.prepare_cached("SELECT place FROM followed WHERE one = 1")?.query_row([], |row| row.get(0))
    }

    fn take_event(&mut self, imported: &Imported, growth: &mut Growth) -> Result<u64, Refusal> {
        let Imported { stream: name, revision, recorded_at, event } = imported;
        let known = stream_id(&self.connection, name)?;
        let next = match known {
            Some(stream) => last_revision(&self.connection, stream)?.map_or(0, |last| last + 1),
            None => 0,
        };
        if let Some(stream) = known
            && next > *revision
        {
            let (seq, id): (i64, Vec<u8>) = self
                .connection
                .prepare_cached("SELECT seq, id FROM events WHERE stream = ?1 AND revision = ?2")?
                .query_row(params![stream, sql(*revision)], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let seq = u64::try_from(seq).unwrap_or_default();
            if id != event.id.as_bytes() {
                return Err(Refusal::Wrong(LogError::Damaged { seq, what: "与来源日志同一位置的事件不同".to_owned() }));
            }
            return Ok(seq);
        }
        let seq = growth.head.size() + 1;
        if next < *revision {
            return Err(Refusal::Wrong(LogError::Damaged { seq, what: "来源日志的流内版本号不连续".to_owned() }));
        }
        let stream = match known {
            Some(stream) => stream,
            None => insert_name(&self.connection, "streams", name)?,
        };
        let recorded_at = if seq == 1 { *recorded_at } else { growth.head.recorded_at.max(*recorded_at) };
        let leaf = event.leaf(name, *revision, recorded_at, &mut growth.buffer);
        insert_event(&self.connection, &mut self.names, &Placed { seq, stream, revision: *revision, recorded_at, leaf: &leaf }, event)?;
        let tiles = &mut growth.tiles;
        growth.head.frontier.push(leaf, |tile| tiles.push(tile));
        growth.head.recorded_at = recorded_at;
        if self.replica {
            self.end_waiting(name, *revision, event.id.as_bytes())?;
        }
        Ok(seq)
    }

    fn take_key(&self, key: &WrappedKey) -> rusqlite::Result<()> {
        if key_exists(&self.connection, key)? { Ok(()) } else { insert_key(&self.connection, key) }
    }

    /// A key whose event is there already came too late, or is of an append that lost: it never counts.
    fn let_wait(&self, key: &WrappedKey, anchor: &Anchor) -> rusqlite::Result<()> {
        let last = match stream_id(&self.connection, &anchor.stream)? {
            Some(stream) => last_revision(&self.connection, stream)?,
            None => None,
        };
        if last.is_some_and(|last| last >= anchor.revision) {
            return Ok(());
        }
        self.connection
            .prepare_cached(
                "INSERT INTO waiting (stream, revision, event, owner, id, subject, epoch, wrapped) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                anchor.stream,
                sql(anchor.revision),
                anchor.event.as_bytes().as_slice(),
                key.owner,
                key.id.as_slice(),
                key.subject,
                key.epoch,
                key.wrapped.as_slice()
            ])?;
        Ok(())
    }

    /// The event has come: its keys count, those that waited for another event at its place are gone.
    fn end_waiting(&self, stream: &str, revision: u64, event: &[u8]) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT event, owner, id, subject, epoch, wrapped FROM waiting WHERE stream = ?1 AND revision = ?2 ORDER BY row",
        )?;
        let waiting = statement
            .query_map(params![stream, sql(revision)], |row| {
                let key =
                    WrappedKey { owner: row.get(1)?, id: row.get(2)?, subject: row.get(3)?, epoch: row.get(4)?, wrapped: row.get(5)? };
                Ok((row.get::<_, Vec<u8>>(0)?, key))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        if waiting.is_empty() {
            return Ok(());
        }
        for (_, key) in waiting.iter().filter(|(named, _)| named == event) {
            self.take_key(key)?;
        }
        self.connection
            .prepare_cached("DELETE FROM waiting WHERE stream = ?1 AND revision = ?2")?
            .execute(params![stream, sql(revision)])?;
        Ok(())
    }
}

/// Keys that wait for their event are destroyed like those that count.
pub(super) fn delete_waiting(connection: &Connection, owner: &str, subjects: &[String]) -> rusqlite::Result<()> {
    for subject in subjects {
        connection.prepare_cached("DELETE FROM waiting WHERE owner = ?1 AND subject = ?2")?.execute(params![owner, subject])?;
    }
    Ok(())
}
