//! Heads as they are published.

use domain::founding::HeadPublished;
use domain::time::{Instant, micros};
use rusqlite::{Connection, params};

use crate::ViewError;
use crate::views::daily::write::number;

pub(crate) fn write(connection: &Connection, heads: Vec<(Instant, HeadPublished)>) -> Result<(), ViewError> {
    for (at, head) in heads {
        // The first of a day stands, as in the log.
        connection
            .prepare_cached("INSERT OR IGNORE INTO head (day, size, published_at, public_key, note) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                number(head.day),
                i64::try_from(head.size).map_err(|_| ViewError::Row("head"))?,
                micros(at),
                head.key,
                head.note
            ])?;
    }
    Ok(())
}
