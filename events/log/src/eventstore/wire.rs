//! Events and keys as they lie on the cluster.
//!
//! An event lies in the stream `<namespace>:<stream>` under its own id, type and data; what the server has no place for lies in
//! its metadata as JSON. Keys lie in `<namespace>.keys:<owner>/<subject>`, so that destroying those of one subject is cutting
//! one stream.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use eventstore::{EventData, RecordedEvent};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::envelope::{pack_sealed, unpack_sealed};
use crate::sqlite::import::{Anchor, Imported};
use crate::{NewEvent, WrappedKey};

/// Version of the two forms below.
const FORM: u8 = 1;
/// Form of a key without an event from which it counts. Its own number, so that a program that does not know it stops following
/// instead of losing the key.
const SETTLED: u8 = 2;
/// Type of a key, and of the end of all keys before it in its stream.
const KEY: &str = "WrappedKey";
const DESTROYED: &str = "KeysDestroyed";
/// The server refuses the nil id; the true one is in the metadata then.
const INSTEAD_OF_NIL: Uuid = Uuid::from_u128(1);

/// Which call wrote an event: the process and a number within it. Tells a repeated append from the first.
pub(super) type Attempt = (u64, u64);

/// Names of streams on the cluster.
#[derive(Debug, Clone)]
pub(super) struct Names {
    events: String,
    keys: String,
}

/// What lies beside the data of an event.
#[derive(Serialize, Deserialize)]
struct Beside {
    form: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    version: u16,
    occurred_at: i64,
    recorded_at: i64,
    actor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_behalf: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rulebook: Option<String>,
    /// All sealed parts, packed as in `log.db`, in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    attempt: Attempt,
}

/// The data of a key.
#[derive(Serialize, Deserialize)]
struct KeyData {
    form: u8,
    id: String,
    epoch: u32,
    wrapped: String,
    #[serde(flatten)]
    since: Option<Since>,
}

/// The event with which a key begins to count.
#[derive(Serialize, Deserialize)]
struct Since {
    stream: String,
    revision: u64,
    event: Uuid,
}

/// An event of the cluster, understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Event(Imported, Attempt),
    /// Counts from the event that it names, or at once.
    Key(WrappedKey, Option<Anchor>),
    KeysDestroyed {
        owner: String,
        subject: String,
    },
    /// Not ours.
    Other,
}

impl Names {
    pub(super) fn new(namespace: &str) -> Self {
        Self { events: format!("{namespace}:"), keys: format!("{namespace}.keys:") }
    }

    /// What the names of our streams begin with.
    pub(super) fn prefixes(&self) -> [&str; 2] {
        [&self.events, &self.keys]
    }

    pub(super) fn event(&self, stream: &str) -> String {
        format!("{}{stream}", self.events)
    }

    pub(super) fn keys(&self, owner: &str, subject: &str) -> String {
        // A subject never holds a slash in this product; should one come, the last slash still parts the two.
        format!("{}{owner}/{}", self.keys, subject.replace('/', "\u{2215}"))
    }

    /// `Err` says what cannot be understood of an event that lies in a stream of ours.
    pub(super) fn read(&self, event: &RecordedEvent) -> Result<Seen, String> {
        let name = event.stream_id();
        if let Some(stream) = name.strip_prefix(&self.events) {
            return read_event(stream, event);
        }
        let Some((owner, subject)) = name.strip_prefix(&self.keys).and_then(|rest| rest.rsplit_once('/')) else { return Ok(Seen::Other) };
        let subject = subject.replace('\u{2215}', "/");
        match event.event_type.as_str() {
            KEY => read_key(owner, &subject, event),
            DESTROYED => Ok(Seen::KeysDestroyed { owner: owner.to_owned(), subject }),
            _ => Ok(Seen::Other),
        }
    }
}

fn read_event(stream: &str, event: &RecordedEvent) -> Result<Seen, String> {
    let beside: Beside = serde_json::from_slice(&event.custom_metadata).map_err(|_| "元数据不可读".to_owned())?;
    if beside.form != FORM {
        return Err(format!("存储格式 {} 未知，请升级程序", beside.form));
    }
    let sealed = match &beside.sealed {
        None => Vec::new(),
        Some(text) => BASE64.decode(text).ok().and_then(|bytes| unpack_sealed(&bytes)).ok_or_else(|| "密封内容不可读".to_owned())?,
    };
    let imported = Imported {
        stream: stream.to_owned(),
        revision: event.revision,
        recorded_at: beside.recorded_at,
        event: NewEvent {
            id: beside.id.unwrap_or(event.id),
            kind: event.event_type.clone(),
            version: beside.version,
            occurred_at: beside.occurred_at,
            actor: beside.actor,
            on_behalf: beside.on_behalf,
            cause: beside.cause,
            rulebook: beside.rulebook,
            data: event.data.to_vec(),
            sealed,
        },
    };
    Ok(Seen::Event(imported, beside.attempt))
}

fn read_key(owner: &str, subject: &str, event: &RecordedEvent) -> Result<Seen, String> {
    let unreadable = || "密钥不可读".to_owned();
    let data: KeyData = serde_json::from_slice(&event.data).map_err(|_| unreadable())?;
    let anchor = match (data.form, data.since) {
        (FORM, Some(Since { stream, revision, event })) => Some(Anchor { stream, revision, event }),
        (SETTLED, None) => None,
        (FORM | SETTLED, _) => return Err(unreadable()),
        (form, _) => return Err(format!("存储格式 {form} 未知，请升级程序")),
    };
    let decode = |text: &str| BASE64.decode(text).map_err(|_| unreadable());
    let key = WrappedKey {
        id: decode(&data.id)?.try_into().map_err(|_| unreadable())?,
        owner: owner.to_owned(),
        subject: subject.to_owned(),
        epoch: data.epoch,
        wrapped: decode(&data.wrapped)?,
    };
    Ok(Seen::Key(key, anchor))
}

/// An event for the server.
pub(super) fn event_data(event: &NewEvent, recorded_at: i64, attempt: Attempt) -> Result<EventData, String> {
    let beside = Beside {
        form: FORM,
        id: event.id.is_nil().then_some(event.id),
        version: event.version,
        occurred_at: event.occurred_at,
        recorded_at,
        actor: event.actor.clone(),
        on_behalf: event.on_behalf.clone(),
        cause: event.cause,
        rulebook: event.rulebook.clone(),
        sealed: pack_sealed(&event.sealed).map(|bytes| BASE64.encode(bytes)),
        attempt,
    };
    let beside = serde_json::to_vec(&beside).map_err(|error| error.to_string())?;
    let id = if event.id.is_nil() { INSTEAD_OF_NIL } else { event.id };
    Ok(EventData::binary(&event.kind, event.data.clone().into()).metadata(beside.into()).id(id))
}

/// A key for the server. Its event id follows from what it is, so that a repeated write is the same.
pub(super) fn key_data(key: &WrappedKey, anchor: &Anchor) -> Result<EventData, String> {
    let since = Since { stream: anchor.stream.clone(), revision: anchor.revision, event: anchor.event };
    let data = key_bytes(key, FORM, Some(since))?;
    let mut hasher = Sha256::new();
    hasher.update(key.owner.as_bytes());
    hasher.update([0]);
    hasher.update(key.subject.as_bytes());
    hasher.update([0]);
    hasher.update(&data);
    let hash = hasher.finalize();
    let mut id = [0; 16];
    id.iter_mut().zip(hash.iter()).for_each(|(to, from)| *to = *from);
    Ok(EventData::binary(KEY, data.into()).id(Uuid::from_bytes(id)))
}

/// A key for the server that counts as soon as it comes. The client gives it an id: a second one does no harm, and one that was
/// destroyed there can be brought back.
pub(super) fn settled_key_data(key: &WrappedKey) -> Result<EventData, String> {
    Ok(EventData::binary(KEY, key_bytes(key, SETTLED, None)?.into()))
}

fn key_bytes(key: &WrappedKey, form: u8, since: Option<Since>) -> Result<Vec<u8>, String> {
    let data = KeyData { form, id: BASE64.encode(key.id), epoch: key.epoch, wrapped: BASE64.encode(&key.wrapped), since };
    serde_json::to_vec(&data).map_err(|error| error.to_string())
}

/// The end of all keys before it in its stream; the client gives it an id, and a second one does no harm.
pub(super) fn destroyed_data() -> EventData {
    EventData::binary(DESTROYED, "{}".into())
}

/// Whether an event is such an end.
pub(super) fn is_destroyed(event: &RecordedEvent) -> bool {
    event.event_type == DESTROYED
}
