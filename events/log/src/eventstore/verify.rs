//! Reading the cluster in full: what it holds, and whether that is what this node serves.

use std::sync::Arc;
use std::time::Duration;

use eventstore::{Client, ReadAllOptions, StreamPosition, SubscriptionFilter};
use tokio::sync::mpsc;

use super::address::ClusterAddress;
use super::link::{Link, Problem, problem};
use super::shared::Shared;
use super::wire::{Names, Seen};
use crate::sqlite::import::Imported;
use crate::tree::{Frontier, Hash, TreeHead};
use crate::{Cursor, EventLog, LogError, Mark, Position, VerifyReport};

/// Events on the way from the cluster to the comparison.
const QUEUE: usize = 1024;
/// Leaves compared at once.
const STEP: u64 = 4096;
/// How long the server may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// An event of the cluster; `Err` says what cannot be understood of it, and where it is.
type Read = Result<Imported, (String, u64, String)>;

/// All our events, in order.
async fn read(client: &Client, address: &ClusterAddress, names: &Names, to: mpsc::Sender<Read>) -> Result<(), Problem> {
    let [events, _] = names.prefixes();
    let options = ReadAllOptions::default().position(StreamPosition::Start).filter(SubscriptionFilter::on_stream_name().add_prefix(events));
    let options = match &address.credentials {
        Some(credentials) => options.authenticated(credentials.clone()),
        None => options,
    };
    let silent = || Problem::Lost("集群没有及时回答".to_owned());
    let mut stream = client.read_all(&options).await.map_err(|error| problem(&error))?;
    loop {
        let next = tokio::time::timeout(SILENCE, stream.next()).await.map_err(|_| silent())?;
        let Some(resolved) = next.map_err(|error| problem(&error))? else { return Ok(()) };
        let Some(event) = resolved.event else { continue };
        let found = match names.read(&event) {
            Ok(Seen::Event(imported, _)) => Ok(imported),
            Ok(_) => continue,
            Err(what) => Err((event.stream_id().to_owned(), event.revision, what)),
        };
        if to.send(found).await.is_err() {
            return Ok(());
        }
    }
}

/// The tree over what comes, as every node makes it.
#[derive(Default)]
struct Growing {
    frontier: Frontier,
    recorded_at: i64,
    buffer: Vec<u8>,
}

impl Growing {
    fn push(&mut self, imported: &Imported) -> Hash {
        let Imported { stream, revision, recorded_at, event } = imported;
        self.recorded_at = if self.frontier.size() == 0 { *recorded_at } else { self.recorded_at.max(*recorded_at) };
        let leaf = event.leaf(stream, *revision, self.recorded_at, &mut self.buffer);
        self.frontier.push(leaf, |_| {});
        leaf
    }
}

/// What the cluster holds; an event that cannot be understood ends it.
pub(super) async fn survey(client: &Client, address: &ClusterAddress, names: &Names) -> Result<Mark, Problem> {
    let (sender, mut received) = mpsc::channel(QUEUE);
    let mut growing = Growing::default();
    let reading = read(client, address, names, sender);
    let growing_on = async {
        while let Some(Ok(imported)) = received.recv().await {
            growing.push(&imported);
        }
        received.close();
    };
    let (read, ()) = tokio::join!(reading, growing_on);
    read?;
    Ok(Mark { size: growing.frontier.size(), root: growing.frontier.root() })
}

/// Whether the cluster does not hold the event with this `seq` of this node, in words and not by an answer that ends early: such
/// an answer looks like a whole one.
pub(super) async fn lacks(shared: &Shared, link: &Link, seq: u64) -> Result<bool, Problem> {
    let lost = |error: LogError| Problem::Lost(error.to_string());
    let read = shared.copy.read_all(&Cursor::after_seq(seq - 1), 1).await.map_err(lost)?;
    let Some(event) = read.events.first() else { return Ok(false) };
    Ok(link.at(&shared.names.event(&event.stream), event.revision).await?.is_none())
}

/// Examines the copy, then reads the cluster in full and compares.
pub(super) async fn verify(
    shared: &Arc<Shared>,
    runtime: &tokio::runtime::Handle,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<VerifyReport, LogError> {
    let head = shared.copy.head().await?;
    let total = head.size;
    let mut report = shared.copy.verify(&|_, _| {}).await?;
    report.events = total;
    let (sender, mut received) = mpsc::channel(QUEUE);
    let reader = shared.clone();
    let reading = runtime.spawn(async move {
        let client = Link::fresh(&reader.link.address)?;
        read(&client, &reader.link.address, &reader.names, sender).await
    });
    let unavailable = |problem: Problem| match problem {
        Problem::Lost(why) | Problem::Refused(why) => LogError::Unavailable(why),
        Problem::Conflict | Problem::Crowded => LogError::Unavailable("集群的回答不合约定".to_owned()),
    };
    let mut growing = Growing::default();
    let mut leaves: Vec<Hash> = Vec::new();
    progress(0, total);
    while growing.frontier.size() < total
        && let Some(found) = received.recv().await
    {
        let seq = growing.frontier.size() + 1;
        let place = usize::try_from((seq - 1) % STEP).unwrap_or_default();
        if place == 0 {
            leaves = shared.copy.leaves(seq, total.min(seq + STEP - 1)).await?;
            progress(seq - 1, total);
        }
        match found {
            Ok(imported) => {
                let leaf = growing.push(&imported);
                if leaves.get(place) != Some(&leaf) {
                    report.fault(Position::Event { seq, stream: Some(imported.stream) }, "集群上的事件与本节点已读到的不同");
                }
            }
            Err((stream, revision, what)) => {
                // Behind it nothing can be compared: the order of the log is lost.
                report.fault(Position::Event { seq, stream: Some(stream) }, format!("集群上的事件（流内第 {revision} 个）：{what}"));
                break;
            }
        }
    }
    received.close();
    let ended = |error: tokio::task::JoinError| LogError::Unavailable(error.to_string());
    reading.await.map_err(ended)?.map_err(unavailable)?;
    if report.is_sound() && growing.frontier.size() < total {
        let have = growing.frontier.size();
        let asked = shared.clone();
        let lacking = runtime.spawn(async move { lacks(&asked, &asked.link, have + 1).await });
        if !lacking.await.map_err(ended)?.map_err(unavailable)? {
            return Err(LogError::Unavailable("集群没有答完，请再核验一次".to_owned()));
        }
        report.fault(Position::Head, format!("集群上只有 {have} 个事件，本节点已读到 {total} 个：集群被换回旧备份或被截断"));
    }
    report.head = (growing.frontier.size() == total).then(|| TreeHead {
        size: total,
        root: growing.frontier.root(),
        recorded_at: growing.recorded_at,
    });
    if total > 0 {
        progress(total, total);
    }
    Ok(report)
}
