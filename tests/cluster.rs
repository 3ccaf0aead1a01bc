//! The log on a cluster that fails: nodes die and come back, lead and stop leading, lose answers, end subscriptions, are rolled
//! back. After each, nothing acknowledged is lost, nothing is doubled, and no hand was needed.
#![cfg(test)]

#[path = "contract/fixtures.rs"]
#[expect(dead_code, reason = "shared with the contract suite")]
mod fixtures;

#[path = "cluster/copying.rs"]
mod copying;
#[path = "cluster/faults.rs"]
mod faults;
#[path = "cluster/keys.rs"]
mod keys;
#[path = "cluster/refusals.rs"]
mod refusals;

use std::path::Path;
use std::time::Duration;

use event_log::{ClusterAddress, Cursor, Envelope, EventLog, EventStoreLog, LogError, Options};
use tests::eventstore::Node;

fn address(node: &Node) -> ClusterAddress {
    ClusterAddress::parse(&node.url(), None).unwrap()
}

async fn try_open(address: ClusterAddress, dir: &Path) -> Result<EventStoreLog, LogError> {
    EventStoreLog::open(address, dir, Options::default(), fixtures::clock().1).await
}

async fn open(node: &Node, dir: &Path) -> EventStoreLog {
    try_open(address(node), dir).await.unwrap()
}

async fn whole(log: &dyn EventLog) -> Vec<Envelope> {
    log.read_all(&Cursor::default(), 10_000).await.unwrap().events
}

/// Until this node has read so many events.
async fn reached(log: &EventStoreLog, size: u64) {
    let mut watch = log.watch();
    tokio::time::timeout(Duration::from_secs(60), watch.wait_for(|seq| *seq >= size)).await.unwrap().unwrap();
}
