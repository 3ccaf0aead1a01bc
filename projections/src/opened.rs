//! Reading the log for the views: decoded, and opened where a view needs a private value.
//!
//! Opened are: who filed and the title (the list, the lookup by phone), and the data of staff accounts. Everything else
//! stays closed.

use std::collections::HashMap;

use domain::account::AccountEvent;
use domain::case::CaseEvent;
use domain::event::Event;
use event_log::{Cursor, Envelope, EventLog, WrappedKey};
use futures_util::future::try_join_all;
use uuid::Uuid;
use vault::{Keyring, Vault};

use crate::ViewError;
use crate::decode::{Decoded, decode};
use crate::files::Checkpoint;

/// An event that cannot be taken in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Poison {
    pub(crate) seq: u64,
    pub(crate) event: Uuid,
    pub(crate) kind: String,
    pub(crate) error: ViewError,
}

/// A stretch of the log.
pub(crate) struct Stretch {
    pub(crate) events: Vec<Decoded>,
    /// The checkpoint after them.
    pub(crate) end: Checkpoint,
    pub(crate) at_head: bool,
    /// The event at which it broke off.
    pub(crate) poison: Option<Poison>,
}

fn needs_opening(event: &Event) -> bool {
    match event {
        Event::Case(CaseEvent::Filed(_)) | Event::Account(AccountEvent::Opened(_) | AccountEvent::PasswordSet(_)) => true,
        Event::Case(CaseEvent::SourceChanged(changed)) => changed.demand.is_some(),
        _ => false,
    }
}

/// The keyrings of these streams; the log's readers work side by side.
pub(crate) async fn keyrings(
    log: &dyn EventLog,
    vault: &Vault,
    streams: impl Iterator<Item = &str>,
) -> Result<HashMap<String, Keyring>, ViewError> {
    let mut names: Vec<&str> = streams.collect();
    names.sort_unstable();
    names.dedup();
    let mut keys: HashMap<String, Vec<WrappedKey>> = HashMap::with_capacity(names.len());
    // Many at once, for each question wakes a reader; not all, so that each read is short.
    for key in try_join_all(names.chunks(256).map(|some| log.keys_of_all(some))).await?.into_iter().flatten() {
        keys.entry(key.owner.clone()).or_default().push(key);
    }
    let ring = |name: &str| Ok((name.to_owned(), vault.keyring(name, keys.remove(name).unwrap_or_default())?));
    names.into_iter().map(ring).collect()
}

/// Reads on from a checkpoint. A failing log is an error; a failing event ends the stretch.
pub(crate) async fn read(log: &dyn EventLog, vault: &Vault, from: &Checkpoint, limit: usize) -> Result<Stretch, ViewError> {
    let mut batch = log.read_all(&from.cursor, limit).await?;
    // The events, and where each stands in the batch: the log's own are not among them.
    let mut events: Vec<Decoded> = Vec::with_capacity(batch.events.len());
    let mut places: Vec<usize> = Vec::with_capacity(batch.events.len());
    let mut poison = None;
    let mut good = batch.events.len();
    for (at, envelope) in batch.events.iter().enumerate() {
        match decode(envelope) {
            Ok(Some(event)) => {
                events.push(event);
                places.push(at);
            }
            Ok(None) => {}
            Err(error) => {
                poison = Some(poisoned(envelope, error));
                good = at;
                break;
            }
        }
    }
    let closed: Vec<(usize, &Envelope)> = events
        .iter()
        .zip(&places)
        .enumerate()
        .filter(|(_, (event, _))| needs_opening(&event.event))
        .filter_map(|(place, (_, at))| Some((place, batch.events.get(*at)?)))
        .collect();
    let rings = keyrings(log, vault, closed.iter().map(|(_, envelope)| envelope.stream.as_str())).await?;
    for (place, envelope) in closed {
        match open(vault, &rings, envelope) {
            Ok(opened) => {
                if let Some(event) = events.get_mut(place) {
                    event.event = opened;
                }
            }
            Err(error) => {
                poison = Some(poisoned(envelope, error));
                good = places.get(place).copied().unwrap_or_default();
                events.truncate(place);
                break;
            }
        }
    }
    let mut next = batch.next.clone();
    if good < batch.events.len() {
        next = cursor_after(log, &from.cursor, good).await?;
        batch.events.truncate(good);
    }
    let end = match batch.events.last() {
        Some(last) => Checkpoint { cursor: next, seq: last.seq, recorded_at: last.recorded_at },
        None => from.clone(),
    };
    Ok(Stretch { events, end, at_head: batch.at_head, poison })
}

fn open(vault: &Vault, rings: &HashMap<String, Keyring>, envelope: &Envelope) -> Result<Event, ViewError> {
    let Some(ring) = rings.get(&envelope.stream) else { return Err(ViewError::Row("keys")) };
    let full = vault.open(ring, envelope)?;
    Ok(Event::from_json(&envelope.kind, envelope.version, full)?)
}

fn poisoned(envelope: &Envelope, error: ViewError) -> Poison {
    Poison { seq: envelope.seq, event: envelope.id, kind: envelope.kind.clone(), error }
}

/// A cursor is opaque: the one after `count` events is had by reading them.
pub(crate) async fn cursor_after(log: &dyn EventLog, from: &Cursor, count: usize) -> Result<Cursor, ViewError> {
    let mut cursor = from.clone();
    let mut left = count;
    while left > 0 {
        let batch = log.read_all(&cursor, left).await?;
        if batch.events.is_empty() {
            break;
        }
        left -= batch.events.len();
        cursor = batch.next;
    }
    Ok(cursor)
}
