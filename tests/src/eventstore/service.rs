//! The service `Streams`: requests into the store's terms and back.

#![expect(clippy::result_large_err, reason = "the error of tonic")]

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, Streaming};
use uuid::Uuid;

use super::protocol::rpc;
use super::protocol::streams::read_req::Options as ReadOptions;
use super::protocol::streams::read_req::options::stream_options::RevisionOption;
use super::protocol::streams::read_req::options::uuid_option::Content as UuidContent;
use super::protocol::streams::read_req::options::{
    CountOption, FilterOption, FilterOptions, ReadDirection, StreamOption, all_options::AllOption, filter_options,
};
use super::protocol::streams::read_resp::{self, Content, ReadEvent, read_event};
use super::protocol::streams::streams_server::Streams;
use super::protocol::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq, ReadResp, TombstoneReq, TombstoneResp,
    append_req, append_resp, batch_append_req, batch_append_resp, delete_req, delete_resp, tombstone_req, tombstone_resp,
};
use super::protocol::{
    AllStreamPosition, BadRequest, StreamDeleted, StreamIdentifier, Uuid as WireUuid, WrongExpectedVersion, uuid as wire,
    wrong_expected_version,
};
use super::store::{Proposed, Recorded, Store, Wanted, Written};

/// Messages on the way to a client.
const QUEUE: usize = 64;
/// Events examined at once for a reader of `$all`.
const CHUNK: usize = 256;
/// Events passed over by a filter after which a subscription is told where it stands.
const CHECKPOINT: usize = 32;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

pub(super) struct Service {
    store: Arc<Store>,
    own: SocketAddr,
}

/// Where a stream of the wire is, and what it is called.
fn name(identifier: Option<StreamIdentifier>) -> Result<String, Status> {
    let identifier = identifier.ok_or_else(|| Status::invalid_argument("stream identifier"))?;
    String::from_utf8(identifier.stream_name).map_err(|_| Status::invalid_argument("stream name"))
}

fn identifier(name: &str) -> Option<StreamIdentifier> {
    Some(StreamIdentifier { stream_name: name.as_bytes().to_vec() })
}

fn id(given: Option<WireUuid>) -> Result<Uuid, Status> {
    match given.and_then(|given| given.value) {
        Some(wire::Value::String(text)) => text.parse().map_err(|_| Status::invalid_argument("uuid")),
        Some(wire::Value::Structured(parts)) => {
            Ok(Uuid::from_u64_pair(parts.most_significant_bits.cast_unsigned(), parts.least_significant_bits.cast_unsigned()))
        }
        None => Err(Status::invalid_argument("uuid")),
    }
}

fn wire_id(id: Uuid, structured: bool) -> Option<WireUuid> {
    let value = if structured {
        let (most, least) = id.as_u64_pair();
        wire::Value::Structured(wire::Structured { most_significant_bits: most.cast_signed(), least_significant_bits: least.cast_signed() })
    } else {
        wire::Value::String(id.to_string())
    };
    Some(WireUuid { value: Some(value) })
}

/// With the trailers by which clients know the error.
fn exceptional(code: Code, message: &str, trailers: &[(&'static str, String)]) -> Status {
    let mut metadata = MetadataMap::new();
    for (key, value) in trailers {
        if let Ok(value) = value.parse() {
            metadata.insert(*key, value);
        }
    }
    Status::with_metadata(code, message, metadata)
}

fn deleted(stream: &str) -> Status {
    let trailers = [("exception", "stream-deleted".to_owned()), ("stream-name", stream.to_owned())];
    exceptional(Code::FailedPrecondition, &format!("Event stream '{stream}' is deleted."), &trailers)
}

/// Ticks of 100 ns; the loopback server counts instead of looking at a clock.
fn created(store: &Store) -> u64 {
    17_000_000_000_000_000 + store.size() as u64
}

macro_rules! wanted {
    ($option:expr, $path:path, $exact:ident) => {{
        use $path as Expected;
        match $option {
            Some(Expected::$exact(revision)) => Wanted::Exact(revision),
            Some(Expected::NoStream(())) => Wanted::NoStream,
            Some(Expected::StreamExists(())) => Wanted::Exists,
            Some(Expected::Any(())) | None => Wanted::Any,
        }
    }};
}

impl Service {
    pub(super) fn new(store: Arc<Store>, own: SocketAddr) -> Self {
        Self { store, own }
    }

    /// Refuses, when the client asks for a leader and this is none.
    fn must_lead(&self, metadata: &MetadataMap) -> Result<(), Status> {
        let required = metadata.get("requires-leader").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        match self.store.other_leader(self.own).filter(|_| required) {
            None => Ok(()),
            Some(leader) => Err(exceptional(
                Code::NotFound,
                "Leader info available",
                &[
                    ("exception", "not-leader".to_owned()),
                    ("leader-endpoint-host", leader.ip().to_string()),
                    ("leader-endpoint-port", leader.port().to_string()),
                ],
            )),
        }
    }
}

#[tonic::async_trait]
impl Streams for Service {
    type ReadStream = Answers<ReadResp>;
    type BatchAppendStream = Answers<BatchAppendResp>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        self.must_lead(request.metadata())?;
        let options = request.into_inner().options.ok_or_else(|| Status::invalid_argument("options"))?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let store = self.store.clone();
        let limit = if matches!(options.count_option, Some(CountOption::Count(_))) { store.reads_end_after() } else { None };
        tokio::spawn(async move {
            if let Err(status) = read(&store, options, &sender).await {
                let _ = sender.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver).take(limit.unwrap_or(usize::MAX)))))
    }

    async fn append(&self, request: Request<Streaming<AppendReq>>) -> Result<Response<AppendResp>, Status> {
        self.must_lead(request.metadata())?;
        if self.store.refusing() {
            return Err(Status::unavailable("Server Is Not Ready"));
        }
        let mut messages = request.into_inner();
        let (mut stream, mut expected, mut events) = (None, None, Vec::new());
        while let Some(message) = messages.message().await? {
            match message.content {
                Some(append_req::Content::Options(options)) => {
                    stream = Some(name(options.stream_identifier)?);
                    expected = options.expected_stream_revision;
                }
                Some(append_req::Content::ProposedMessage(event)) => {
                    let append_req::ProposedMessage { id: given, metadata, custom_metadata, data } = event;
                    events.push(Proposed { id: id(given)?, metadata, custom: custom_metadata, data });
                }
                None => return Err(Status::invalid_argument("content")),
            }
        }
        let stream = stream.ok_or_else(|| Status::invalid_argument("options"))?;
        let wanted = wanted!(expected, append_req::options::ExpectedStreamRevision, Revision);
        let result = match self.store.append(&stream, wanted, events, created(&self.store)) {
            Written::Done(revision, position) => append_resp::Result::Success(append_resp::Success {
                current_revision_option: Some(append_resp::success::CurrentRevisionOption::CurrentRevision(revision)),
                position_option: Some(append_resp::success::PositionOption::Position(append_resp::Position {
                    commit_position: position,
                    prepare_position: position,
                })),
            }),
            Written::Wrong(last) => {
                use append_resp::wrong_expected_version::{CurrentRevisionOption as Current, ExpectedRevisionOption as Expected};
                append_resp::Result::WrongExpectedVersion(append_resp::WrongExpectedVersion {
                    current_revision_option: Some(last.map_or(Current::CurrentNoStream(()), Current::CurrentRevision)),
                    expected_revision_option: Some(match wanted {
                        Wanted::Any => Expected::ExpectedAny(()),
                        Wanted::NoStream => Expected::ExpectedNoStream(()),
                        Wanted::Exists => Expected::ExpectedStreamExists(()),
                        Wanted::Exact(revision) => Expected::ExpectedRevision(revision),
                    }),
                    ..append_resp::WrongExpectedVersion::default()
                })
            }
            Written::Deleted => return Err(deleted(&stream)),
            Written::Nil => return Err(Status::invalid_argument("Empty eventId provided.")),
        };
        Ok(Response::new(AppendResp { result: Some(result) }))
    }

    async fn batch_append(&self, request: Request<Streaming<BatchAppendReq>>) -> Result<Response<Self::BatchAppendStream>, Status> {
        self.must_lead(request.metadata())?;
        let mut requests = request.into_inner();
        let (sender, receiver) = mpsc::channel(QUEUE);
        let store = self.store.clone();
        tokio::spawn(async move {
            let mut begun: Option<BatchAppendReq> = None;
            while let Some(Ok(request)) = requests.next().await {
                let whole = match begun.take() {
                    None => request,
                    Some(mut earlier) => {
                        earlier.proposed_messages.extend(request.proposed_messages);
                        earlier.is_final = request.is_final;
                        earlier
                    }
                };
                if !whole.is_final {
                    begun = Some(whole);
                    continue;
                }
                let answer = batch(&store, whole);
                if store.dropping_answers() {
                    let _ = sender.send(Err(Status::unavailable("connection reset"))).await;
                    return;
                }
                if sender.send(answer).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        self.must_lead(request.metadata())?;
        let options = request.into_inner().options.ok_or_else(|| Status::invalid_argument("options"))?;
        let stream = name(options.stream_identifier)?;
        let wanted = wanted!(options.expected_stream_revision, delete_req::options::ExpectedStreamRevision, Revision);
        let position = self.store.delete(&stream, wanted, false).ok_or_else(|| wrong_version(&stream))?;
        let position = delete_resp::Position { commit_position: position, prepare_position: position };
        Ok(Response::new(DeleteResp { position_option: Some(delete_resp::PositionOption::Position(position)) }))
    }

    async fn tombstone(&self, request: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        self.must_lead(request.metadata())?;
        let options = request.into_inner().options.ok_or_else(|| Status::invalid_argument("options"))?;
        let stream = name(options.stream_identifier)?;
        let wanted = wanted!(options.expected_stream_revision, tombstone_req::options::ExpectedStreamRevision, Revision);
        let position = self.store.delete(&stream, wanted, true).ok_or_else(|| wrong_version(&stream))?;
        let position = tombstone_resp::Position { commit_position: position, prepare_position: position };
        Ok(Response::new(TombstoneResp { position_option: Some(tombstone_resp::PositionOption::Position(position)) }))
    }
}

fn wrong_version(stream: &str) -> Status {
    let trailers = [("exception", "wrong-expected-version".to_owned()), ("stream-name", stream.to_owned())];
    exceptional(Code::FailedPrecondition, "Append failed due to WrongExpectedVersion.", &trailers)
}

fn batch(store: &Store, request: BatchAppendReq) -> Result<BatchAppendResp, Status> {
    let BatchAppendReq { correlation_id, options, proposed_messages, is_final: _ } = request;
    let options = options.ok_or_else(|| Status::invalid_argument("options"))?;
    let stream = name(options.stream_identifier)?;
    let wanted = wanted!(options.expected_stream_position, batch_append_req::options::ExpectedStreamPosition, StreamPosition);
    let events = proposed_messages.into_iter().map(|event| {
        let batch_append_req::ProposedMessage { id: given, metadata, custom_metadata, data } = event;
        Ok(Proposed { id: id(given)?, metadata, custom: custom_metadata, data })
    });
    let events = events.collect::<Result<Vec<_>, Status>>()?;
    // Other clients know an error by its details, not by its code.
    let error = |code: Code, message: &str, kind: &str, details: Vec<u8>| {
        let details = prost_types::Any { type_url: format!("type.googleapis.com/{kind}"), value: details };
        batch_append_resp::Result::Error(rpc::Status { code: code.into(), message: message.to_owned(), details: Some(details) })
    };
    let bad = |message: &str| BadRequest { message: message.to_owned() }.encode_to_vec();
    let result = if store.refusing() {
        error(Code::Unavailable, "Server Is Not Ready", "event_store.client.BadRequest", bad("Server Is Not Ready"))
    } else {
        match store.append(&stream, wanted, events, created(store)) {
            Written::Done(revision, position) => {
                use batch_append_resp::success::{CurrentRevisionOption, PositionOption};
                let position = AllStreamPosition { commit_position: position, prepare_position: position };
                batch_append_resp::Result::Success(batch_append_resp::Success {
                    current_revision_option: Some(CurrentRevisionOption::CurrentRevision(revision)),
                    position_option: Some(PositionOption::Position(position)),
                })
            }
            Written::Wrong(last) => {
                use wrong_expected_version::{CurrentStreamRevisionOption as Current, ExpectedStreamPositionOption as Expected};
                let details = WrongExpectedVersion {
                    current_stream_revision_option: Some(last.map_or(Current::CurrentNoStream(()), Current::CurrentStreamRevision)),
                    expected_stream_position_option: Some(match wanted {
                        Wanted::Any => Expected::ExpectedAny(()),
                        Wanted::NoStream => Expected::ExpectedNoStream(()),
                        Wanted::Exists => Expected::ExpectedStreamExists(()),
                        Wanted::Exact(revision) => Expected::ExpectedStreamPosition(revision),
                    }),
                };
                let kind = "event_store.client.WrongExpectedVersion";
                error(Code::AlreadyExists, "WrongExpectedVersion", kind, details.encode_to_vec())
            }
            Written::Deleted => {
                let details = StreamDeleted { stream_identifier: identifier(&stream) };
                error(Code::FailedPrecondition, "StreamDeleted", "event_store.client.StreamDeleted", details.encode_to_vec())
            }
            Written::Nil => {
                let details = bad("Empty eventId provided.");
                error(Code::InvalidArgument, "Empty eventId provided.", "event_store.client.BadRequest", details)
            }
        }
    };
    use batch_append_resp::ExpectedStreamPosition as Expected;
    let expected = match wanted {
        Wanted::Any => Expected::Any(()),
        Wanted::NoStream => Expected::NoStream(()),
        Wanted::Exists => Expected::StreamExists(()),
        Wanted::Exact(revision) => Expected::StreamPosition(revision),
    };
    let expected_stream_position = Some(expected);
    Ok(BatchAppendResp { correlation_id, stream_identifier: identifier(&stream), result: Some(result), expected_stream_position })
}

/// Which events of `$all` a reader wants.
struct Filter {
    on_stream: bool,
    prefixes: Vec<String>,
    regex: Option<fancy_regex::Regex>,
}

impl Filter {
    fn new(options: FilterOptions) -> Result<Self, Status> {
        let (on_stream, expression) = match options.filter {
            Some(filter_options::Filter::StreamIdentifier(expression)) => (true, expression),
            Some(filter_options::Filter::EventType(expression)) => (false, expression),
            None => return Err(Status::invalid_argument("filter")),
        };
        let regex = if expression.regex.is_empty() {
            None
        } else {
            Some(fancy_regex::Regex::new(&expression.regex).map_err(|error| Status::invalid_argument(error.to_string()))?)
        };
        Ok(Self { on_stream, prefixes: expression.prefix, regex })
    }

    fn lets_through(&self, event: &Recorded) -> bool {
        let name = if self.on_stream { &event.stream } else { event.metadata.get("type").unwrap_or(&event.stream) };
        match &self.regex {
            Some(regex) => regex.is_match(name).unwrap_or(false),
            None => self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| name.starts_with(prefix)),
        }
    }
}

struct Reader<'a> {
    to: &'a mpsc::Sender<Result<ReadResp, Status>>,
    structured: bool,
}

impl Reader<'_> {
    /// False when the client has gone.
    async fn say(&self, content: Content) -> bool {
        self.to.send(Ok(ReadResp { content: Some(content) })).await.is_ok()
    }

    async fn give(&self, event: &Recorded) -> bool {
        let recorded = read_event::RecordedEvent {
            id: wire_id(event.id, self.structured),
            stream_identifier: identifier(&event.stream),
            stream_revision: event.revision,
            prepare_position: event.position,
            commit_position: event.position,
            metadata: event.metadata.clone(),
            custom_metadata: event.custom.clone(),
            data: event.data.clone(),
        };
        let position = Some(read_event::Position::CommitPosition(event.position));
        self.say(Content::Event(ReadEvent { event: Some(recorded), link: None, position })).await
    }
}

async fn read(store: &Store, options: ReadOptions, to: &mpsc::Sender<Result<ReadResp, Status>>) -> Result<(), Status> {
    let structured = matches!(options.uuid_option.and_then(|option| option.content), Some(UuidContent::Structured(())));
    let reader = Reader { to, structured };
    let filter = match options.filter_option {
        Some(FilterOption::Filter(filter)) => Some(Filter::new(filter)?),
        Some(FilterOption::NoFilter(())) | None => None,
    };
    let backwards = options.read_direction == i32::from(ReadDirection::Backwards);
    match (options.stream_option, options.count_option) {
        (Some(StreamOption::Stream(stream)), Some(CountOption::Count(count))) => {
            let name = name(stream.stream_identifier)?;
            read_stream(store, &reader, &name, stream.revision_option, count, backwards).await
        }
        (Some(StreamOption::All(all)), Some(CountOption::Count(count))) => {
            read_all(store, &reader, all.all_option, filter, count, backwards).await;
            Ok(())
        }
        (Some(StreamOption::Stream(stream)), Some(CountOption::Subscription(_))) => {
            let name = name(stream.stream_identifier)?;
            let after = match stream.revision_option {
                Some(RevisionOption::Revision(revision)) => Some(revision),
                Some(RevisionOption::End(())) => {
                    store.stream(&name).ok().flatten().and_then(|events| events.last().map(|last| last.revision))
                }
                Some(RevisionOption::Start(())) | None => None,
            };
            let wanted = |event: &Recorded| event.stream == name && after.is_none_or(|after| event.revision > after);
            subscribe(store, &reader, 0, wanted, false).await;
            Ok(())
        }
        (Some(StreamOption::All(all)), Some(CountOption::Subscription(_))) => {
            let from = match all.all_option {
                Some(AllOption::Position(position)) => store.behind(position.commit_position),
                Some(AllOption::End(())) => store.size(),
                Some(AllOption::Start(())) | None => 0,
            };
            let filtered = filter.is_some();
            let wanted = |event: &Recorded| filter.as_ref().is_none_or(|filter| filter.lets_through(event));
            subscribe(store, &reader, from, wanted, filtered).await;
            Ok(())
        }
        _ => Err(Status::invalid_argument("options")),
    }
}

async fn read_stream(
    store: &Store,
    reader: &Reader<'_>,
    name: &str,
    from: Option<RevisionOption>,
    count: u64,
    backwards: bool,
) -> Result<(), Status> {
    let Ok(found) = store.stream(name) else { return Err(deleted(name)) };
    let Some(mut events) = found else {
        reader.say(Content::StreamNotFound(read_resp::StreamNotFound { stream_identifier: identifier(name) })).await;
        return Ok(());
    };
    match (from, backwards) {
        (Some(RevisionOption::Revision(revision)), false) => events.retain(|event| event.revision >= revision),
        (Some(RevisionOption::Revision(revision)), true) => events.retain(|event| event.revision <= revision),
        (Some(RevisionOption::End(())), false) | (Some(RevisionOption::Start(())), true) => events.clear(),
        _ => {}
    }
    if backwards {
        events.reverse();
    }
    for event in events.iter().take(usize::try_from(count).unwrap_or(usize::MAX)) {
        if !reader.give(event).await {
            break;
        }
    }
    Ok(())
}

async fn read_all(store: &Store, reader: &Reader<'_>, from: Option<AllOption>, filter: Option<Filter>, count: u64, backwards: bool) {
    let mut events = store.all();
    match (from, backwards) {
        (Some(AllOption::Position(position)), false) => events.retain(|event| event.position >= position.commit_position),
        (Some(AllOption::Position(position)), true) => events.retain(|event| event.position < position.commit_position),
        (Some(AllOption::End(())), false) | (Some(AllOption::Start(())), true) => events.clear(),
        _ => {}
    }
    if backwards {
        events.reverse();
    }
    let wanted = events.iter().filter(|event| filter.as_ref().is_none_or(|filter| filter.lets_through(event)));
    for event in wanted.take(usize::try_from(count).unwrap_or(usize::MAX)) {
        if !reader.give(event).await {
            return;
        }
    }
}

/// What is there, "caught up", and then what comes, until the client goes or the store ends all subscriptions.
async fn subscribe(store: &Store, reader: &Reader<'_>, from: usize, wanted: impl Fn(&Recorded) -> bool, checkpoints: bool) {
    let mut grown = store.grown();
    let mut ended = store.ended();
    ended.mark_unchanged();
    let confirmation = read_resp::SubscriptionConfirmation { subscription_id: format!("loopback-{from}") };
    if !reader.say(Content::Confirmation(confirmation)).await {
        return;
    }
    let (mut index, mut live, mut passed) = (from, false, 0);
    loop {
        let chunk = store.from(index, CHUNK);
        index += chunk.len();
        for event in &chunk {
            let given = if wanted(event) {
                passed = 0;
                reader.give(event).await
            } else {
                passed += 1;
                let due = checkpoints && passed >= CHECKPOINT;
                let checkpoint = read_resp::Checkpoint { commit_position: event.position, prepare_position: event.position };
                if due {
                    passed = 0;
                }
                !due || reader.say(Content::Checkpoint(checkpoint)).await
            };
            if !given {
                return;
            }
        }
        if !chunk.is_empty() {
            continue;
        }
        if !live {
            live = true;
            if !reader.say(Content::CaughtUp(read_resp::CaughtUp::default())).await {
                return;
            }
        }
        tokio::select! {
            changed = grown.changed() => if changed.is_err() { return },
            _ = ended.changed() => return,
            () = reader.to.closed() => return,
        }
    }
}
