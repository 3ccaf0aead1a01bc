//! What a cluster holds, and how it is told to fail. The rules are the server's: expected revisions, repeated appends, deleted
//! and cut streams.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

/// Type of the event that cuts a stream, in the stream's metadata stream.
const METADATA: &str = "$metadata";

/// How the server writes down that a stream was deleted without a tombstone.
const DELETED: u64 = u64::MAX;

/// An event as the server holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Chosen by the client.
    pub id: Uuid,
    /// Stream.
    pub stream: String,
    /// 0-based place in it.
    pub revision: u64,
    /// `type`, `content-type`, and `created` in ticks of 100 ns.
    pub metadata: HashMap<String, String>,
    /// The client's own metadata.
    pub custom: Vec<u8>,
    /// Content.
    pub data: Vec<u8>,
    /// Place in `$all`; grows by the size of what was written.
    pub position: u64,
}

/// An event to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// Chosen by the client; never nil.
    pub id: Uuid,
    /// `type` and `content-type`.
    pub metadata: HashMap<String, String>,
    /// The client's own metadata.
    pub custom: Vec<u8>,
    /// Content.
    pub data: Vec<u8>,
}

/// Where a stream must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Anywhere.
    Any,
    /// It has no event.
    NoStream,
    /// It has an event.
    Exists,
    /// At this revision.
    Exact(u64),
}

/// What came of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The last revision, and the position of the last event.
    Done(u64, u64),
    /// The stream ends elsewhere.
    Wrong(Option<u64>),
    /// The stream has a tombstone.
    Deleted,
    /// An event has the nil id.
    Nil,
}

/// A node of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Where.
    pub address: SocketAddr,
    /// Whether it is there.
    pub up: bool,
    /// Whether it leads.
    pub leads: bool,
}

#[derive(Default)]
struct Stream {
    /// Places in `State::all`.
    events: Vec<usize>,
    /// Everything before this revision is cut; `DELETED` until the stream is written to again.
    cut: u64,
    tombstone: bool,
}

#[derive(Default)]
struct State {
    all: Vec<Arc<Recorded>>,
    streams: HashMap<String, Stream>,
    position: u64,
    members: Vec<Member>,
    refusing: bool,
    dropping_answers: bool,
    reads_end_after: Option<usize>,
}

/// Everything that the nodes of a cluster share.
pub struct Store {
    state: Mutex<State>,
    /// Number of events, for subscriptions.
    grown: watch::Sender<usize>,
    /// Counts the orders to end all subscriptions without an error.
    ended: watch::Sender<u64>,
}

impl Store {
    /// An empty cluster.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), grown: watch::Sender::new(0), ended: watch::Sender::new(0) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends every subscription as if it had gone well.
    pub fn end_subscriptions(&self) {
        self.ended.send_modify(|count| *count += 1);
    }

    /// Whether appends are answered `Unavailable`.
    pub fn refuse(&self, refusing: bool) {
        self.state().refusing = refusing;
    }

    /// Whether appends are carried out and not answered: the connection breaks instead.
    pub fn drop_answers(&self, dropping: bool) {
        self.state().dropping_answers = dropping;
    }

    /// After how many messages a read ends as if that were all; subscriptions go on.
    pub fn end_reads_after(&self, messages: Option<usize>) {
        self.state().reads_end_after = messages;
    }

    pub(super) fn reads_end_after(&self) -> Option<usize> {
        self.state().reads_end_after
    }

    pub(super) fn refusing(&self) -> bool {
        self.state().refusing
    }

    pub(super) fn dropping_answers(&self) -> bool {
        self.state().dropping_answers
    }

    /// Makes one node the leader.
    pub fn lead(&self, address: SocketAddr) {
        self.state().members.iter_mut().for_each(|member| member.leads = member.address == address);
    }

    /// Forgets the last events, as a restored backup does.
    pub fn roll_back(&self, count: usize) {
        let mut state = self.state();
        for _ in 0..count {
            let Some(event) = state.all.pop() else { break };
            if let Some(stream) = state.streams.get_mut(&event.stream) {
                stream.events.pop();
            }
        }
        self.grown.send_replace(state.all.len());
    }

    /// Changes the content of an event, as somebody with the disk in his hands does.
    pub fn tamper(&self, index: usize, change: impl FnOnce(&mut Recorded)) {
        if let Some(event) = self.state().all.get_mut(index) {
            let mut changed = Recorded::clone(event);
            change(&mut changed);
            *event = Arc::new(changed);
        }
    }

    /// Number of events in all streams.
    #[must_use]
    pub fn size(&self) -> usize {
        self.state().all.len()
    }

    /// Everything in `$all`.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Recorded>> {
        self.state().all.clone()
    }

    pub(super) fn join(&self, address: SocketAddr) {
        let mut state = self.state();
        let leads = state.members.is_empty();
        state.members.push(Member { address, up: false, leads });
    }

    pub(super) fn up(&self, address: SocketAddr) {
        self.state().members.iter_mut().filter(|member| member.address == address).for_each(|member| member.up = true);
    }

    /// A node that leaves hands the lead to one that is up.
    pub(super) fn left(&self, address: SocketAddr) {
        let mut state = self.state();
        let mut led = false;
        for member in state.members.iter_mut().filter(|member| member.address == address) {
            member.up = false;
            led = member.leads;
        }
        if led && let Some(next) = state.members.iter().position(|member| member.up) {
            state.members.iter_mut().enumerate().for_each(|(index, member)| member.leads = index == next);
        }
    }

    pub(super) fn members(&self) -> Vec<Member> {
        self.state().members.clone()
    }

    /// The leader, if it is another node than this.
    pub(super) fn other_leader(&self, own: SocketAddr) -> Option<SocketAddr> {
        self.state().members.iter().find(|member| member.leads).map(|member| member.address).filter(|leader| *leader != own)
    }

    pub(super) fn grown(&self) -> watch::Receiver<usize> {
        self.grown.subscribe()
    }

    pub(super) fn ended(&self) -> watch::Receiver<u64> {
        self.ended.subscribe()
    }

    /// Appends all or nothing.
    pub fn append(&self, stream: &str, wanted: Wanted, events: Vec<Proposed>, created: u64) -> Written {
        let mut guard = self.state();
        let state = &mut *guard;
        if state.streams.get(stream).is_some_and(|stream| stream.tombstone) {
            return Written::Deleted;
        }
        if events.iter().any(|event| event.id.is_nil()) {
            return Written::Nil;
        }
        let existing = state.streams.get(stream).map_or(&[][..], |stream| &stream.events);
        let last = (existing.len() as u64).checked_sub(1);
        let first = match wanted {
            Wanted::Exact(revision) => revision.saturating_add(1),
            Wanted::NoStream => 0,
            // Idempotency for these is by the first id alone.
            Wanted::Any | Wanted::Exists => {
                let same = |place: &&usize| state.all.get(**place).map(|event| event.id) == events.first().map(|event| event.id);
                existing.iter().find(same).and_then(|place| state.all.get(*place)).map_or(existing.len() as u64, |event| event.revision)
            }
        };
        let next = existing.len() as u64;
        if first < next {
            let from = usize::try_from(first).unwrap_or(usize::MAX);
            let stood: Vec<&Arc<Recorded>> =
                existing.iter().skip(from).take(events.len()).filter_map(|place| state.all.get(*place)).collect();
            let same = stood.iter().map(|event| event.id).eq(events.iter().map(|event| event.id));
            return match stood.last().filter(|_| same) {
                Some(event) => Written::Done(event.revision, event.position),
                None => Written::Wrong(last),
            };
        }
        if first > next || (wanted == Wanted::Exists && last.is_none()) {
            return Written::Wrong(last);
        }
        for (event, revision) in events.into_iter().zip(next..) {
            let Proposed { id, mut metadata, custom, data } = event;
            state.position += 64 + (stream.len() + data.len() + custom.len()) as u64;
            metadata.insert("created".to_owned(), created.to_string());
            if metadata.get("type").is_some_and(|kind| kind == METADATA)
                && let Some(of) = stream.strip_prefix("$$")
                && let Ok(content) = serde_json::from_slice::<serde_json::Value>(&data)
            {
                state.streams.entry(of.to_owned()).or_default().cut =
                    content.get("$tb").and_then(serde_json::Value::as_u64).unwrap_or_default();
            }
            let place = state.all.len();
            let position = state.position;
            state.all.push(Arc::new(Recorded { id, stream: stream.to_owned(), revision, metadata, custom, data, position }));
            let entry = state.streams.entry(stream.to_owned()).or_default();
            if entry.cut == DELETED {
                entry.cut = revision;
            }
            entry.events.push(place);
        }
        self.grown.send_replace(state.all.len());
        let last = state.all.last();
        Written::Done(last.map_or(0, |event| event.revision), last.map_or(0, |event| event.position))
    }

    /// Deletes a stream: with a tombstone for ever, otherwise until it is written to again. `None`: it ends elsewhere.
    pub fn delete(&self, stream: &str, wanted: Wanted, tombstone: bool) -> Option<u64> {
        let mut state = self.state();
        let position = state.position;
        let found = state.streams.get_mut(stream);
        let last = found.as_ref().and_then(|stream| (stream.events.len() as u64).checked_sub(1));
        let holds = match wanted {
            Wanted::Any => true,
            Wanted::NoStream => last.is_none(),
            Wanted::Exists => last.is_some(),
            Wanted::Exact(revision) => last == Some(revision),
        };
        if !holds {
            return None;
        }
        let found = state.streams.entry(stream.to_owned()).or_default();
        found.tombstone |= tombstone;
        found.cut = DELETED;
        Some(position)
    }

    /// The events of a stream that can be read, in order; `Err`: it has a tombstone; `None`: there is none.
    pub(super) fn stream(&self, name: &str) -> Result<Option<Vec<Arc<Recorded>>>, ()> {
        let state = self.state();
        let Some(stream) = state.streams.get(name) else { return Ok(None) };
        if stream.tombstone {
            return Err(());
        }
        if stream.events.is_empty() || stream.cut == DELETED {
            return Ok(None);
        }
        let events = stream.events.iter().filter_map(|place| state.all.get(*place)).filter(|event| event.revision >= stream.cut);
        Ok(Some(events.cloned().collect()))
    }

    /// At most `limit` events of `$all` from an index on.
    pub(super) fn from(&self, index: usize, limit: usize) -> Vec<Arc<Recorded>> {
        self.state().all.iter().skip(index).take(limit).cloned().collect()
    }

    /// Index of the first event behind a position.
    pub(super) fn behind(&self, position: u64) -> usize {
        self.state().all.partition_point(|event| event.position <= position)
    }
}
