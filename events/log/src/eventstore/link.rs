//! The client and its faults.
//!
//! A client that failed once is not trusted again: it keeps to a dead node, or answers `ConnectionClosed` for ever. Appends go
//! through `batch_append`, whose stream stays open: the client's sockets are without TCP_NODELAY, and a call of its own would
//! take some 40 ms. The answer to a conflict closes such a stream with all that is in flight on it, so that each carries one
//! append at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventstore::{
    AppendToStreamOptions, BatchAppendClient, BatchAppendOptions, Client, Error, EventData, ReadStreamOptions, RecordedEvent,
    StreamMetadataBuilder, StreamPosition, StreamState,
};
use tokio::sync::Semaphore;

use super::address::ClusterAddress;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(4);
/// Appends on the way at once; servers allow a hundred streams for each connection.
const AT_ONCE: usize = 48;

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// The stream ends elsewhere.
    Conflict,
    /// The server will not do it, now or later.
    Refused(String),
    /// The connection, the node or its leadership is lost: whether it was done is unknown, trying again helps.
    Lost(String),
    /// Too many appends are on the way.
    Crowded,
}

pub(super) struct Link {
    pub(super) address: ClusterAddress,
    now: Mutex<Now>,
    slots: Semaphore,
}

#[derive(Default)]
struct Now {
    client: Option<Client>,
    /// Counts the clients, so that a late failure of an old one does not discard its successor.
    generation: u64,
    /// Open streams of `batch_append` with nothing on the way.
    idle: Vec<BatchAppendClient>,
}

impl Link {
    pub(super) fn new(address: ClusterAddress) -> Self {
        Self { address, now: Mutex::default(), slots: Semaphore::new(AT_ONCE) }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client of its own, on the runtime of the caller.
    pub(super) fn fresh(address: &ClusterAddress) -> Result<Client, Problem> {
        Client::new(address.settings.clone()).map_err(|error| Problem::Lost(error.to_string()))
    }

    fn client(&self) -> Result<(Client, u64), Problem> {
        let mut now = self.now();
        if let Some(client) = &now.client {
            return Ok((client.clone(), now.generation));
        }
        let client = Self::fresh(&self.address)?;
        now.client = Some(client.clone());
        Ok((client, now.generation))
    }

    fn discard(&self, generation: u64) {
        let mut now = self.now();
        if now.generation == generation {
            *now = Now { client: None, generation: generation + 1, idle: Vec::new() };
        }
    }

    /// Runs a call; after a lost connection the next call gets a new client.
    async fn call<T, F>(&self, work: impl FnOnce(Client) -> F) -> Result<T, Problem>
    where
        F: Future<Output = eventstore::Result<T>>,
    {
        let (client, generation) = self.client()?;
        let result = match tokio::time::timeout(CALL, work(client)).await {
            Ok(result) => result.map_err(|error| problem(&error)),
            Err(_) => Err(Problem::Lost("集群没有及时回答".to_owned())),
        };
        if matches!(result, Err(Problem::Lost(_))) {
            self.discard(generation);
        }
        result
    }

    /// Appends to one stream of the cluster.
    pub(super) async fn append(&self, stream: &str, expected: StreamState, events: Vec<EventData>) -> Result<(), Problem> {
        let Ok(Ok(_slot)) = tokio::time::timeout(CALL, self.slots.acquire()).await else { return Err(Problem::Crowded) };
        let (idle, generation) = {
            let mut now = self.now();
            (now.idle.pop(), now.generation)
        };
        let result = self
            .call(|client| async move {
                let session = match idle {
                    Some(session) => session,
                    None => client.batch_append(&self.batch_options()).await?,
                };
                session.append_to_stream(stream, expected, events).await?;
                Ok(session)
            })
            .await?;
        let mut now = self.now();
        if now.generation == generation {
            now.idle.push(result);
        }
        Ok(())
    }

    /// The last event of a stream of the cluster.
    pub(super) async fn last(&self, stream: &str) -> Result<Option<RecordedEvent>, Problem> {
        self.read_one(stream, ReadStreamOptions::default().position(StreamPosition::End).backwards()).await
    }

    /// The event of a stream of the cluster at a revision; none only when the stream ends before it, is not there, or goes on
    /// behind a cut.
    pub(super) async fn at(&self, stream: &str, revision: u64) -> Result<Option<RecordedEvent>, Problem> {
        let found = match self.last(stream).await? {
            Some(last) if last.revision > revision => {
                self.read_one(stream, ReadStreamOptions::default().position(StreamPosition::Position(revision)).forwards()).await?
            }
            last => last,
        };
        Ok(found.filter(|event| event.revision == revision))
    }

    /// One event of a stream; none only when the server says that there is no such stream. An answer that ends without a word is
    /// what the client makes of a connection that was closed early, and means nothing.
    async fn read_one(&self, stream: &str, options: ReadStreamOptions) -> Result<Option<RecordedEvent>, Problem> {
        let options = options.max_count(1);
        let options = match &self.address.credentials {
            Some(credentials) => options.authenticated(credentials.clone()),
            None => options,
        };
        self.call(|client| async move {
            let mut found = match client.read_stream(stream, &options).await {
                Ok(found) => found,
                Err(Error::ResourceNotFound) => return Ok(None),
                Err(error) => return Err(error),
            };
            match found.next().await {
                Ok(found) => found.and_then(|found| found.event).map(Some).ok_or(Error::ConnectionClosed),
                Err(Error::ResourceNotFound) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Makes everything of a stream before `revision` unreadable; a scavenge removes it from the disks.
    pub(super) async fn cut_before(&self, stream: &str, revision: u64) -> Result<(), Problem> {
        let options = AppendToStreamOptions::default();
        let options = match &self.address.credentials {
            Some(credentials) => options.authenticated(credentials.clone()),
            None => options,
        };
        let metadata = StreamMetadataBuilder::new().truncate_before(revision).build();
        self.call(|client| async move { client.set_stream_metadata(stream, &options, &metadata).await.map(|_| ()) }).await
    }

    fn batch_options(&self) -> BatchAppendOptions {
        match &self.address.credentials {
            Some(credentials) => BatchAppendOptions::default().authenticated(credentials.clone()),
            None => BatchAppendOptions::default(),
        }
    }
}

/// What an error of the client means.
pub(super) fn problem(error: &Error) -> Problem {
    /// Numbers of gRPC.
    const INVALID_ARGUMENT: i32 = 3;
    const ALREADY_EXISTS: i32 = 6;
    const PERMISSION_DENIED: i32 = 7;
    const FAILED_PRECONDITION: i32 = 9;
    const UNAUTHENTICATED: i32 = 16;
    let denied = || Problem::Refused("集群不接受本系统的账号或口令，请核对 XIAONENG_ESDB_USER 与口令".to_owned());
    match error {
        Error::WrongExpectedVersion { .. } => Problem::Conflict,
        Error::Grpc { code, message } => match i32::from(*code) {
            ALREADY_EXISTS if message.contains("WrongExpectedVersion") => Problem::Conflict,
            PERMISSION_DENIED | UNAUTHENTICATED => denied(),
            INVALID_ARGUMENT | FAILED_PRECONDITION => Problem::Refused(format!("集群拒绝了请求：{message}")),
            _ => Problem::Lost(error.to_string()),
        },
        Error::AccessDenied => denied(),
        Error::ResourceDeleted => Problem::Refused("集群上的流已被删除".to_owned()),
        Error::UnsupportedFeature => Problem::Refused("集群版本过旧，请升级到 23.10 或更新版本".to_owned()),
        other => Problem::Lost(other.to_string()),
    }
}
