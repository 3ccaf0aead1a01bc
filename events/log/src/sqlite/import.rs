//! Taking over what stands in another log, in its order and with its times: a copy of a whole log, or a node's copy of a cluster.

use tokio::sync::oneshot;
use uuid::Uuid;

use super::SqliteLog;
use super::writer::Task;
use crate::{AppendError, Envelope, LogError, NewEvent, WrappedKey};

/// An event at the place that it has elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Imported {
    pub(crate) stream: String,
    pub(crate) revision: u64,
    /// µs UTC; raised to that of the event before it, as in every log.
    pub(crate) recorded_at: i64,
    pub(crate) event: NewEvent,
}

impl From<Envelope> for Imported {
    fn from(envelope: Envelope) -> Self {
        let Envelope {
            seq: _,
            stream,
            revision,
            recorded_at,
            id,
            kind,
            version,
            occurred_at,
            actor,
            on_behalf,
            cause,
            rulebook,
            data,
            sealed,
        } = envelope;
        let event = NewEvent { id, kind, version, occurred_at, actor, on_behalf, cause, rulebook, data, sealed };
        Self { stream, revision, recorded_at, event }
    }
}

/// The event with which a key begins to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) stream: String,
    pub(crate) revision: u64,
    pub(crate) event: Uuid,
}

/// One thing to take over.
#[cfg_attr(not(feature = "eventstore"), expect(dead_code, reason = "only a node of a cluster makes all of them"))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Event(Imported),
    /// A key as it is.
    Key(WrappedKey),
    /// In a node's copy: a key that waits for its event. Passed over when the copy stands at its place already.
    Waiting {
        key: WrappedKey,
        anchor: Anchor,
        place: Vec<u8>,
    },
    /// In a node's copy: a key that waits for nothing. Passed over likewise, so that it never comes back once destroyed.
    Settled {
        key: WrappedKey,
        place: Vec<u8>,
    },
    /// In a node's copy: the end of all keys of a subject so far. Passed over likewise, so that it never meets later keys.
    Destroyed {
        owner: String,
        subject: String,
        place: Vec<u8>,
    },
}

impl SqliteLog {
    /// Takes over all items, or nothing. What is there already is passed over. Answers the `seq` of each event. `place` is
    /// kept with them: where the other log goes on; it never goes back, as several processes may follow into one file.
    ///
    /// # Errors
    /// [`LogError::Damaged`] when an event does not continue its stream, or another one stands at its place.
    pub(crate) async fn import_items(&self, items: Vec<Item>, place: Option<Vec<u8>>) -> Result<Vec<u64>, LogError> {
        let (answer, result) = oneshot::channel();
        self.send(Task::Import { items, place, answer }).map_err(|error| match error {
            AppendError::Overloaded => LogError::Overloaded,
            other => LogError::Unavailable(other.to_string()),
        })?;
        result.await.map_err(|_| LogError::Unavailable("日志写入已停止，请重启程序".to_owned()))?
    }
}
