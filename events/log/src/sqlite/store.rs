//! What the writer asks of the tables and puts into them.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{HeadRow, stream_id};
use crate::envelope::pack_sealed;
use crate::tree::Tile;
use crate::{Append, Appended, NewEvent, WrappedKey};

/// Names kept in memory; actors are the only kind that grows.
const NAMES: usize = 20_000;

/// Interned names already seen; emptied whenever a transaction is undone.
#[derive(Default)]
pub(crate) struct Names {
    types: HashMap<String, i64>,
    actors: HashMap<String, i64>,
    rulebooks: HashMap<String, i64>,
}

/// Where an event goes, by interned id.
pub(super) struct Placed<'a> {
    pub(super) seq: u64,
    pub(super) stream: i64,
    pub(super) revision: u64,
    pub(super) recorded_at: i64,
    pub(super) leaf: &'a [u8; 32],
}

/// Sizes and revisions are bounded far below 2⁶³ by `Append::check` and by the disk.
pub(super) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Where a stream ends; none while it is empty.
pub(super) fn last_revision(connection: &Connection, stream: i64) -> rusqlite::Result<Option<u64>> {
    let last: Option<i64> =
        connection.prepare_cached("SELECT max(revision) FROM events WHERE stream = ?1")?.query_row([stream], |row| row.get(0))?;
    Ok(last.and_then(|last| u64::try_from(last).ok()))
}

/// Whether these very ids stand at the expected place.
pub(super) fn repeated(connection: &Connection, stream: i64, first: u64, append: &Append) -> rusqlite::Result<Option<Appended>> {
    let last = first + append.events.len() as u64 - 1;
    let mut statement =
        connection.prepare_cached("SELECT seq, id FROM events WHERE stream = ?1 AND revision BETWEEN ?2 AND ?3 ORDER BY revision")?;
    let rows = statement.query_map([stream, sql(first), sql(last)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let found = rows.collect::<Result<Vec<_>, _>>()?;
    let same = found.iter().map(|(_, id)| id.as_slice()).eq(append.events.iter().map(|event| event.id.as_bytes().as_slice()));
    Ok(found.last().filter(|_| same).map(|(seq, _)| Appended {
        last_seq: u64::try_from(*seq).unwrap_or_default(),
        last_revision: last,
        repeated: true,
    }))
}

pub(super) fn key_exists(connection: &Connection, key: &WrappedKey) -> rusqlite::Result<bool> {
    let Some(owner) = stream_id(connection, &key.owner)? else { return Ok(false) };
    Ok(connection
        .prepare_cached("SELECT 1 FROM keys WHERE owner = ?1 AND id = ?2")?
        .query_row(params![owner, key.id.as_slice()], |_| Ok(()))
        .optional()?
        .is_some())
}

/// The head and the tiles that were completed on the way to it.
pub(super) fn write_head(connection: &Connection, head: &HeadRow, tiles: &[Tile]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached("INSERT INTO tree (level, place, hash) VALUES (?1, ?2, ?3)")?;
    for Tile { level, index, hash } in tiles {
        insert.execute(params![level, sql(*index), hash.as_slice()])?;
    }
    connection.prepare_cached("UPDATE head SET size = ?1, recorded_at = ?2, frontier = ?3 WHERE one = 1")?.execute(params![
        sql(head.size()),
        head.recorded_at,
        head.frontier.to_bytes()
    ])?;
    Ok(())
}

pub(super) fn insert_event(connection: &Connection, names: &mut Names, place: &Placed<'_>, event: &NewEvent) -> rusqlite::Result<()> {
    let kind = intern(connection, "types", &mut names.types, &event.kind)?;
    let actor = intern(connection, "actors", &mut names.actors, &event.actor)?;
    let on_behalf = event.on_behalf.as_deref().map(|name| intern(connection, "actors", &mut names.actors, name)).transpose()?;
    let rulebook = event.rulebook.as_deref().map(|name| intern(connection, "rulebooks", &mut names.rulebooks, name)).transpose()?;
    connection
        .prepare_cached(
            "INSERT INTO events (seq, stream, revision, id, type, version, occurred_at, recorded_at, actor, on_behalf, cause, rulebook, data, sealed, leaf)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            sql(place.seq),
            place.stream,
            sql(place.revision),
            event.id.as_bytes().as_slice(),
            kind,
            event.version,
            event.occurred_at,
            place.recorded_at,
            actor,
            on_behalf,
            event.cause.as_ref().map(|cause| cause.as_bytes().as_slice()),
            rulebook,
            event.data.as_slice(),
            pack_sealed(&event.sealed),
            place.leaf.as_slice(),
        ])?;
    Ok(())
}

pub(super) fn insert_key(connection: &Connection, key: &WrappedKey) -> rusqlite::Result<()> {
    let owner = match stream_id(connection, &key.owner)? {
        Some(owner) => owner,
        None => insert_name(connection, "streams", &key.owner)?,
    };
    connection.prepare_cached("INSERT INTO keys (owner, id, subject, epoch, wrapped) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        owner,
        key.id.as_slice(),
        key.subject,
        key.epoch,
        key.wrapped.as_slice()
    ])?;
    Ok(())
}

/// Overwrites, then deletes: the row is gone from its page whatever becomes of the page.
pub(super) fn delete_rows(connection: &Connection, owner: &str, subjects: &[String]) -> rusqlite::Result<u64> {
    let Some(owner) = stream_id(connection, owner)? else { return Ok(0) };
    let mut deleted = 0;
    for subject in subjects {
        connection
            .prepare_cached("UPDATE keys SET wrapped = zeroblob(length(wrapped)) WHERE owner = ?1 AND subject = ?2")?
            .execute(params![owner, subject])?;
        deleted += connection.prepare_cached("DELETE FROM keys WHERE owner = ?1 AND subject = ?2")?.execute(params![owner, subject])?;
    }
    Ok(deleted as u64)
}

/// The id of a name, made when it is new.
fn intern(connection: &Connection, table: &'static str, known: &mut HashMap<String, i64>, name: &str) -> rusqlite::Result<i64> {
    if let Some(id) = known.get(name) {
        return Ok(*id);
    }
    let found =
        connection.prepare_cached(&format!("SELECT id FROM {table} WHERE name = ?1"))?.query_row([name], |row| row.get(0)).optional()?;
    let id = match found {
        Some(id) => id,
        None => insert_name(connection, table, name)?,
    };
    if known.len() >= NAMES {
        known.clear();
    }
    known.insert(name.to_owned(), id);
    Ok(id)
}

pub(super) fn insert_name(connection: &Connection, table: &'static str, name: &str) -> rusqlite::Result<i64> {
    connection.prepare_cached(&format!("INSERT INTO {table} (name) VALUES (?1)"))?.execute([name])?;
    Ok(connection.last_insert_rowid())
}
