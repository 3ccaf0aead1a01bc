//! `log copy`: there and back again.

use event_log::{CopyError, EventLog, Expected, Options, SqliteLog, copy};
use tempfile::TempDir;
use tests::eventstore::Node;

use crate::fixtures::{START, append, clock, event, key, sealed};
use crate::{open, whole};

async fn source(dir: &TempDir) -> SqliteLog {
    let (time, now) = clock();
    let log = SqliteLog::open(dir.path(), Options::default(), now).unwrap();
    for number in 0..300u64 {
        time.store(START + i64::try_from(number).unwrap() * 1_000_000, std::sync::atomic::Ordering::SeqCst);
        let stream = format!("case-{}", number % 40);
        let expected = (number / 40).checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
        let mut events = append(&stream, expected, vec![event(number)]);
        events.events[0].sealed = vec![sealed("petitioner", 3)];
        if number < 40 {
            events.keys = vec![key(&stream, "petitioner", 1), key(&stream, "office", 2)];
        }
        log.append(events).await.unwrap();
    }
    log.delete_keys("case-7", &["petitioner".to_owned()]).await.unwrap();
    log
}

async fn same(one: &dyn EventLog, other: &dyn EventLog) {
    assert_eq!(one.head().await.unwrap(), other.head().await.unwrap());
    assert_eq!(whole(one).await, whole(other).await);
    for owner in ["case-0", "case-7", "case-39"] {
        assert_eq!(one.keys_of(owner).await.unwrap(), other.keys_of(owner).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_goes_to_a_cluster_and_back_with_the_same_root_and_keys() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let first = source(&dirs[0]).await;
    let cluster = open(&node, dirs[1].path()).await;
    let head = copy(&first, &cluster, &|_, _| {}).await.unwrap();
    assert_eq!(head, first.head().await.unwrap());
    same(&first, &cluster).await;
    assert!(cluster.verify(&|_, _| {}).await.unwrap().is_sound());

    let back = SqliteLog::open(dirs[2].path(), Options::default(), clock().1).unwrap();
    copy(&cluster, &back, &|_, _| {}).await.unwrap();
    same(&first, &back).await;
    assert!(back.verify(&|_, _| {}).await.unwrap().is_sound());
    // A second run has nothing to do.
    assert_eq!(copy(&first, &cluster, &|_, _| {}).await, Ok(head));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_broken_off_goes_on_and_another_log_is_refused() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let first = source(&dirs[0]).await;
    let half = SqliteLog::open(dirs[1].path(), Options::default(), clock().1).unwrap();
    let events: Vec<_> = whole(&first).await.into_iter().take(130).collect();
    let mut keys = Vec::new();
    for number in 0..40 {
        keys.extend(first.keys_of(&format!("case-{number}")).await.unwrap());
    }
    event_log::Copied::import(&half, events, keys).await.unwrap();
    let cluster = open(&node, dirs[2].path()).await;
    copy(&half, &cluster, &|_, _| {}).await.unwrap();
    copy(&first, &cluster, &|_, _| {}).await.unwrap();
    same(&first, &cluster).await;

    let other = SqliteLog::open(dirs[3].path(), Options::default(), clock().1).unwrap();
    other.append(append("case-1", Expected::NoStream, vec![event(9)])).await.unwrap();
    let before = other.head().await.unwrap();
    let refused = copy(&first, &other, &|_, _| {}).await;
    assert!(matches!(refused, Err(CopyError::OtherLog { .. })), "{refused:?}");
    assert_eq!(other.head().await.unwrap(), before);
    // Nor is a longer log cut to a shorter one.
    assert!(matches!(copy(&half, &first, &|_, _| {}).await, Err(CopyError::OtherLog { .. })));
}
