//! The cluster backend under test: one node, and two nodes, on the loopback server; on a real cluster when `EVENTSTORE_URL`
//! names one (with `EVENTSTORE_USER` and `EVENTSTORE_PASSWORD`, if it asks for them).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use event_log::{
    Append, AppendError, Appended, Batch, ClusterAddress, Copied, Cursor, Envelope, EventLog, EventStoreLog, LogError, Now, Options,
    TreeHead, VerifyReport, WrappedKey,
};
use tempfile::TempDir;
use tests::eventstore::Node;
use tokio::sync::watch;

use crate::fixtures::{Backend, Copyable, One, clock};

/// Where the cluster is: streams of this test alone.
fn address(dir: &TempDir, node: Option<&Node>) -> ClusterAddress {
    let variable = |name: &str| std::env::vars().find(|(key, _)| key == name).map(|(_, value)| value);
    let url = node.map_or_else(|| variable("EVENTSTORE_URL").unwrap(), Node::url);
    let unique: String = dir.path().file_name().unwrap().to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect();
    let separator = if url.contains('?') { '&' } else { '?' };
    let user = variable("EVENTSTORE_USER").zip(variable("EVENTSTORE_PASSWORD"));
    ClusterAddress::parse(&format!("{url}{separator}namespace={unique}"), user).unwrap()
}

fn loopback() -> Option<Node> {
    (!std::env::vars().any(|(key, _)| key == "EVENTSTORE_URL")).then(|| Node::start().unwrap())
}

async fn open(address: &ClusterAddress, dir: &TempDir, now: Now) -> Arc<EventStoreLog> {
    Arc::new(EventStoreLog::open(address.clone(), dir.path(), Options::default(), now).await.unwrap())
}

pub type OneNode = One<EventStoreLog, (TempDir, Option<Node>)>;

impl OneNode {
    pub async fn open() -> Self {
        let dir = TempDir::new().unwrap();
        let (time, now) = clock();
        let server = loopback();
        let log = open(&address(&dir, server.as_ref()), &dir, now).await;
        Self { log, time, _kept: (dir, server) }
    }
}

pub struct TwoNodes {
    nodes: [Arc<EventStoreLog>; 2],
    time: Arc<AtomicI64>,
    turn: AtomicI64,
    _dirs: [TempDir; 2],
    _server: Option<Node>,
}

impl TwoNodes {
    pub async fn open() -> Self {
        let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
        let (time, now) = clock();
        let server = loopback();
        let address = address(&dirs[0], server.as_ref());
        let nodes = [open(&address, &dirs[0], now.clone()).await, open(&address, &dirs[1], now).await];
        Self { nodes, time, turn: AtomicI64::new(0), _dirs: dirs, _server: server }
    }

    fn node(&self, index: usize) -> Arc<dyn EventLog> {
        let other = self.nodes[1 - index].clone();
        Arc::new(AMomentLater { own: self.nodes[index].clone(), other })
    }
}

impl Backend for TwoNodes {
    /// The two take turns, so that concurrent writers are spread over both.
    fn writer(&self) -> Arc<dyn EventLog> {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        self.node(usize::from(turn % 2 == 1))
    }
    fn reader(&self) -> Arc<dyn EventLog> {
        self.node(1)
    }
    fn set_clock(&self, now: i64) {
        self.time.store(now, Ordering::SeqCst);
    }
}

impl Copyable for TwoNodes {
    fn target(&self) -> Arc<dyn Copied> {
        self.nodes[0].clone()
    }
}

/// A node that reads when what the other has read has reached it as well. Appends go in at once, however far behind it is.
struct AMomentLater {
    own: Arc<EventStoreLog>,
    other: Arc<EventStoreLog>,
}

impl AMomentLater {
    async fn settled(&self) -> &EventStoreLog {
        let there = *self.other.watch().borrow();
        let mut watch = self.own.watch();
        tokio::time::timeout(Duration::from_secs(60), watch.wait_for(|seq| *seq >= there)).await.unwrap().unwrap();
        &self.own
    }

    /// Keys are not counted by the watch.
    async fn keys_settled(&self, owner: &str) {
        self.settled().await;
        let there = self.other.keys_of(owner).await.unwrap();
        for _ in 0..6000 {
            if self.own.keys_of(owner).await.unwrap() == there {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[async_trait]
impl EventLog for AMomentLater {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.own.append(append).await
    }
    async fn read_stream(&self, stream: &str) -> Result<Vec<Envelope>, LogError> {
        self.settled().await.read_stream(stream).await
    }
    async fn read_all(&self, after: &Cursor, limit: usize) -> Result<Batch, LogError> {
        self.settled().await.read_all(after, limit).await
    }
    async fn head(&self) -> Result<TreeHead, LogError> {
        self.settled().await.head().await
    }
    async fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<[u8; 32]>, LogError> {
        self.settled().await.inclusion(seq, size).await
    }
    fn watch(&self) -> watch::Receiver<u64> {
        self.own.watch()
    }
    async fn keys_of(&self, owner: &str) -> Result<Vec<WrappedKey>, LogError> {
        self.keys_settled(owner).await;
        self.own.keys_of(owner).await
    }
    async fn delete_keys(&self, owner: &str, subjects: &[String]) -> Result<u64, LogError> {
        self.keys_settled(owner).await;
        self.own.delete_keys(owner, subjects).await
    }
    async fn verify(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError> {
        self.settled().await.verify(progress).await
    }
}
