//! Keys on a cluster: they come with their events, go everywhere, and never come back.

use event_log::{AppendError, EventLog, Expected, WrappedKey};
use tempfile::TempDir;
use tests::eventstore::Node;

use crate::fixtures::{append, event, key};
use crate::{open, reached};

async fn until_keys(log: &dyn EventLog, owner: &str, wanted: &[WrappedKey]) {
    for _ in 0..6000 {
        if log.keys_of(owner).await.unwrap() == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(log.keys_of(owner).await.unwrap(), wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_an_append_that_lost_never_count() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let logs = [open(&node, dirs[0].path()).await, open(&node, dirs[1].path()).await];
    let mut won = append("case-1", Expected::NoStream, vec![event(1)]);
    won.keys = vec![key("case-1", "petitioner", 1)];
    let mut lost = append("case-1", Expected::NoStream, vec![event(2)]);
    lost.keys = vec![key("case-1", "petitioner", 2)];
    let (first, second) = tokio::join!(logs[0].append(won), logs[1].append(lost));
    let winner = if first.is_ok() { 1 } else { 2 };
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert!([first, second].contains(&Err(AppendError::Conflict { actual: Some(0) })));

    for log in &logs {
        reached(log, 1).await;
        until_keys(log, "case-1", &[key("case-1", "petitioner", winner)]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn destroyed_keys_are_gone_on_every_node_and_for_every_node_to_come() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let one = open(&node, dirs[0].path()).await;
    let other = open(&node, dirs[1].path()).await;
    let mut first = append("case-1", Expected::NoStream, vec![event(1)]);
    first.keys = vec![key("case-1", "petitioner", 1), key("case-1", "office", 2)];
    one.append(first.clone()).await.unwrap();
    reached(&other, 1).await;
    assert_eq!(other.delete_keys("case-1", &["petitioner".to_owned()]).await, Ok(1));

    let left = [key("case-1", "office", 2)];
    assert_eq!(other.keys_of("case-1").await.unwrap(), left);
    until_keys(&one, "case-1", &left).await;
    // The same append again brings no key back, and a later key of the subject counts.
    assert!(one.append(first).await.unwrap().repeated);
    until_keys(&one, "case-1", &left).await;
    let mut later = append("case-1", Expected::Exact(0), vec![event(2)]);
    later.keys = vec![key("case-1", "petitioner", 3)];
    one.append(later).await.unwrap();
    let now = [key("case-1", "office", 2), key("case-1", "petitioner", 3)];
    assert_eq!(one.keys_of("case-1").await.unwrap(), now);
    let third = open(&node, dirs[2].path()).await;
    assert_eq!(third.keys_of("case-1").await.unwrap(), now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_ends_early_leaves_no_key_undestroyed() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    let log = open(&node, dir.path()).await;
    let mut first = append("case-1", Expected::NoStream, vec![event(1)]);
    first.keys = vec![key("case-1", "petitioner", 1)];
    log.append(first).await.unwrap();
    node.store().end_reads_after(Some(0));
    let store = node.store().clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        store.end_reads_after(None);
    });
    assert_eq!(log.delete_keys("case-1", &["petitioner".to_owned()]).await, Ok(1));
    assert_eq!(log.keys_of("case-1").await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroyed_key_is_in_no_file_of_a_node() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    let log = open(&node, dir.path()).await;
    let mut first = append("case-1", Expected::NoStream, vec![event(1)]);
    let secret = WrappedKey { wrapped: b"the-wrapped-key-that-must-go-away".repeat(3), ..key("case-1", "petitioner", 1) };
    first.keys = vec![secret.clone()];
    log.append(first).await.unwrap();
    assert_eq!(log.delete_keys("case-1", &["petitioner".to_owned()]).await, Ok(1));

    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        // The node replaces the record of its size meanwhile.
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            read => read.unwrap(),
        };
        assert!(!bytes.windows(secret.wrapped.len()).any(|window| window == secret.wrapped), "{}", path.display());
    }
}
