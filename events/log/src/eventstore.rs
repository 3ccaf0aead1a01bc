//! The log on a cluster of EventStoreDB (KurrentDB): one truth for any number of nodes. Only this file and its folder name the
//! client.
//!
//! Events are appended on the cluster. Every node follows all of them, in the cluster's order, into a copy of its own
//! (`log-replica.db`: the file and tree of the embedded log, disposable), which answers every read: reading costs no trip over
//! the network, proofs and `seq` are the same on every node, and reading goes on while the cluster is away. What this node
//! appended it can read when `append` returns; what others appended, a moment later. The explicit revision of an append is
//! what makes this safe: a node that was behind is told `Conflict` when it has caught up, and decides again.
//!
//! The time of record that is hashed and served is the highest of the times carried so far, so that it never falls along `seq`
//! and is the same on every node.

mod address;
mod append;
mod follow;
mod guard;
mod link;
mod shared;
mod verify;
mod wire;

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime::Runtime;
use tokio::sync::watch;

pub use self::address::ClusterAddress;
use self::link::Link;
use self::shared::{Shared, State};
use crate::sqlite::import::Imported;
use crate::sqlite::replica;
use crate::tree::{Hash, TreeHead};
use crate::{
    Append, AppendError, Appended, Batch, Copied, Cursor, Envelope, EventLog, LogError, Now, Options, SqliteLog, VerifyReport, WrappedKey,
};

/// How long opening waits while nothing comes from the cluster.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a copy of a log waits for a connection that is lost.
const SETTLES: Duration = Duration::from_secs(5);

/// The log on a cluster, as one node works on it.
pub struct EventStoreLog {
    shared: Arc<Shared>,
    /// Calls run here, so that no web worker's end takes the connection along.
    runtime: Option<Runtime>,
    follower: Option<JoinHandle<()>>,
}

impl EventStoreLog {
    /// Opens the log; `dir` keeps this node's copy and its high-water record. `now` gives µs UTC.
    ///
    /// Waits until everything that the cluster holds has come, however long that takes while it comes. If the cluster does not
    /// answer, a node that has a copy begins all the same: it reads, and appends when the cluster is back.
    ///
    /// # Errors
    /// [`LogError::RolledBack`] when the cluster does not hold what this node knows that it held; [`LogError::Unavailable`] when
    /// it does not answer and there is no copy.
    pub async fn open(address: ClusterAddress, dir: &Path, options: Options, now: Now) -> Result<Self, LogError> {
        let unavailable = |error: std::io::Error| LogError::Unavailable(error.to_string());
        let record = replica::record(dir);
        let expected = record.read()?;
        let copy = SqliteLog::replica(dir, options, now.clone())?;
        let shared = Arc::new(Shared::new(copy, Link::new(address), record, expected, now));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("log-cluster")
            .enable_all()
            .build()
            .map_err(unavailable)?;
        let following = shared.clone();
        let follower = thread::Builder::new().name("log-follow".to_owned()).spawn(move || follow::run(&following)).map_err(unavailable)?;
        let log = Self { shared, runtime: Some(runtime), follower: Some(follower) };
        log.caught_up().await?;
        Ok(log)
    }

    async fn caught_up(&self) -> Result<(), LogError> {
        let mut states = self.shared.states();
        let mut size = self.shared.head().await?.size;
        loop {
            let settled = async { states.wait_for(|state| *state != State::Away).await.map(|state| state.clone()) };
            let state = tokio::time::timeout(PATIENCE, settled).await;
            match state {
                Ok(Ok(State::Refused(error))) => return Err(error),
                Ok(Ok(State::Away | State::Linked)) => return Ok(()),
                Ok(Err(_)) => return Err(LogError::Unavailable("日志已停止跟进".to_owned())),
                Err(_) => {
                    let now = self.shared.head().await?.size;
                    if now == size && size > 0 {
                        tracing::warn!(size, "cluster does not answer; this node begins with its copy");
                        return Ok(());
                    }
                    if now == size {
                        return Err(LogError::Unavailable("日志集群连接不上，请核对 --log 中的地址、证书与账号，以及集群状态".to_owned()));
                    }
                    tracing::info!(events = now, "following the cluster");
                    size = now;
                }
            }
        }
    }

    /// Whether everything that the cluster holds has come, as of a moment ago.
    #[must_use]
    pub fn is_linked(&self) -> bool {
        self.shared.linked()
    }

    /// Runs a call on the log's own runtime.
    async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T, String> {
        let Some(runtime) = &self.runtime else { return Err("日志已关闭".to_owned()) };
        runtime.spawn(work).await.map_err(|error| error.to_string())
    }

    /// A cluster that was refused is not read from either: what is here may be what is missing there.
    fn readable(&self) -> Result<&SqliteLog, LogError> {
        self.shared.refusal().map_or(Ok(&self.shared.copy), Err)
    }
}

#[async_trait]
impl EventLog for EventStoreLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.check()?;
        self.run(append::append(self.shared.clone(), append)).await.map_err(AppendError::Unavailable)?
    }

    async fn read_stream(&self, stream: &str) -> Result<Vec<Envelope>, LogError> {
        self.readable()?.read_stream(stream).await
    }

    async fn read_all(&self, after: &Cursor, limit: usize) -> Result<Batch, LogError> {
        self.readable()?.read_all(after, limit).await
    }

    async fn head(&self) -> Result<TreeHead, LogError> {
        self.readable()?.head().await
    }

    async fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<Hash>, LogError> {
        self.readable()?.inclusion(seq, size).await
    }

    async fn root_at(&self, size: u64) -> Result<Hash, LogError> {
        self.readable()?.root_at(size).await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.shared.copy.watch()
    }

    async fn keys_of(&self, owner: &str) -> Result<Vec<WrappedKey>, LogError> {
        self.readable()?.keys_of(owner).await
    }

    async fn keys_of_all(&self, owners: &[&str]) -> Result<Vec<WrappedKey>, LogError> {
        self.readable()?.keys_of_all(owners).await
    }

    async fn delete_keys(&self, owner: &str, subjects: &[String]) -> Result<u64, LogError> {
        let before = self.keys_of(owner).await?;
        for subject in subjects {
            let work = append::destroy(self.shared.clone(), owner.to_owned(), subject.clone());
            self.run(work).await.map_err(LogError::Unavailable)??;
        }
        Ok(before.iter().filter(|key| subjects.contains(&key.subject)).count() as u64)
    }

    async fn verify(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError> {
        let Some(runtime) = &self.runtime else { return Err(LogError::Unavailable("日志已关闭".to_owned())) };
        verify::verify(&self.shared, runtime.handle(), progress).await
    }

    /// A cluster keeps every write, so it is only asked whether it answers.
    async fn probe(&self) -> Result<(), AppendError> {
        self.readable().map_err(|error| AppendError::Unavailable(error.to_string()))?;
        if self.is_linked() { Ok(()) } else { Err(AppendError::Unavailable("日志集群暂时连接不上".to_owned())) }
    }
}

#[async_trait]
impl Copied for EventStoreLog {
    async fn import(&self, events: Vec<Envelope>, keys: Vec<WrappedKey>) -> Result<(), LogError> {
        let events = events.into_iter().map(Imported::from).collect();
        self.run(append::import(self.shared.clone(), events, keys)).await.map_err(LogError::Unavailable)?
    }

    async fn list_keys(&self, place: u64, limit: usize) -> Result<Vec<(u64, WrappedKey)>, LogError> {
        self.readable()?.keys_after(place, limit).await
    }

    /// A copy that lags would pass for a log of which keys were destroyed.
    async fn settled(&self) -> Result<(), LogError> {
        let mut states = self.shared.states();
        let settled = async { states.wait_for(|state| *state != State::Away).await.map(|state| state.clone()) };
        match tokio::time::timeout(SETTLES, settled).await {
            Ok(Ok(State::Linked)) => Ok(()),
            Ok(Ok(State::Refused(error))) => Err(error),
            Ok(Ok(State::Away) | Err(_)) | Err(_) => {
                Err(LogError::Unavailable("日志集群连接不上，本节点的副本可能不是最新的，不能用于复制".to_owned()))
            }
        }
    }
}

impl Drop for EventStoreLog {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(follower) = self.follower.take() {
            let _ = follower.join();
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
