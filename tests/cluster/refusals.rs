//! A cluster that does not hold what it held is refused, and what was changed there is found.

use event_log::{AppendError, EventLog, Expected, LogError, Position};
use tempfile::TempDir;
use tests::eventstore::Node;

use crate::fixtures::{append, event};
use crate::{address, open, try_open};

async fn with_three(node: &Node, dir: &TempDir) {
    let log = open(node, dir.path()).await;
    for number in 0..3 {
        log.append(append(&format!("case-{number}"), Expected::NoStream, vec![event(number)])).await.unwrap();
    }
}

fn is_rolled_back<T: std::fmt::Debug>(result: Result<T, LogError>, have: u64, expected: u64) {
    let Err(LogError::RolledBack { have: there, expected: known }) = result else { panic!("{result:?}") };
    assert_eq!((there.size, known.size), (have, expected));
}

async fn opened(node: &Node, dir: &TempDir) -> Result<(), LogError> {
    try_open(address(node), dir.path()).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_was_rolled_back_is_refused() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    with_three(&node, &dir).await;
    node.store().roll_back(1);
    is_rolled_back(opened(&node, &dir).await, 2, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_its_copy_still_knows_how_much_there_was() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    with_three(&node, &dir).await;
    node.store().roll_back(1);
    for file in ["log-replica.db", "log-replica.db-wal", "log-replica.db-shm"] {
        let _ = std::fs::remove_file(dir.path().join(file));
    }
    is_rolled_back(opened(&node, &dir).await, 2, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_cluster_is_refused() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    with_three(&node, &dir).await;
    is_rolled_back(opened(&Node::start().unwrap(), &dir).await, 0, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_at_work_refuses_a_cluster_that_comes_back_shorter() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    with_three(&node, &dir).await;
    let log = open(&node, dir.path()).await;
    node.die();
    node.store().roll_back(2);
    node.come_back().unwrap();
    let refused = loop {
        match log.head().await {
            Ok(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            Err(error) => break error,
        }
    };
    is_rolled_back::<()>(Err(refused), 1, 3);
    let appended = log.append(append("case-9", Expected::NoStream, vec![event(9)])).await;
    assert!(matches!(appended, Err(AppendError::Unavailable(_))), "{appended:?}");
}

/// The client takes an answer that breaks off for one that is whole: what is missing from it was not said to be missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_ends_early_accuses_nobody() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    with_three(&node, &dir).await;
    node.store().end_reads_after(Some(0));
    let store = node.store().clone();
    let answering = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        store.end_reads_after(None);
    });
    opened(&node, &dir).await.unwrap();
    answering.await.unwrap();

    let log = open(&node, dir.path()).await;
    for messages in 0..3 {
        node.store().end_reads_after(Some(messages));
        let verified = log.verify(&|_, _| {}).await;
        assert!(matches!(verified, Err(LogError::Unavailable(_))), "{verified:?}");
    }
    node.store().end_reads_after(None);
    assert!(log.verify(&|_, _| {}).await.unwrap().is_sound());
    node.store().roll_back(1);
    assert!(!log.verify(&|_, _| {}).await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_damaged_is_made_again() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    with_three(&node, &dir).await;
    std::fs::write(dir.path().join("log-replica.db"), b"not a database at all, and long enough to be read as one".repeat(100)).unwrap();
    let log = open(&node, dir.path()).await;
    assert_eq!(log.head().await.unwrap().size, 3);
    assert!(log.verify(&|_, _| {}).await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_changed_on_the_cluster_is_found_with_its_place() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    with_three(&node, &dir).await;
    let log = open(&node, dir.path()).await;
    node.store().tamper(1, |event| event.data = b"{\"number\":7}".to_vec());
    let report = log.verify(&|_, _| {}).await.unwrap();
    let places: Vec<_> = report.faults.iter().map(|fault| fault.position.clone()).collect();
    assert_eq!(places, [Position::Event { seq: 2, stream: Some("case-1".to_owned()) }]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_others_on_the_cluster_count_for_nothing() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let theirs = event_log::ClusterAddress::parse(&format!("{}&namespace=neighbours", node.url()), None).unwrap();
    let neighbours = try_open(theirs, dirs[1].path()).await.unwrap();
    let own = open(&node, dirs[0].path()).await;
    for number in 0..60 {
        neighbours.append(append(&format!("case-{number}"), Expected::NoStream, vec![event(number)])).await.unwrap();
    }
    let appended = own.append(append("case-1", Expected::NoStream, vec![event(1)])).await.unwrap();
    assert_eq!(appended.last_seq, 1);
    assert_eq!((own.head().await.unwrap().size, neighbours.head().await.unwrap().size), (1, 60));
    assert!(own.verify(&|_, _| {}).await.unwrap().is_sound());
}

#[test]
fn an_address_with_a_password_or_without_sense_is_refused() {
    for wrong in ["esdb://admin:changeit@localhost:2113", "esdb://localhost:2113?namespace=a-b", "http://localhost:2113", "esdb://"] {
        let refused = event_log::ClusterAddress::parse(wrong, None);
        let said = refused.expect_err(wrong).to_string();
        assert!(said.contains("集群地址不正确") && !said.contains("changeit"), "{said}");
    }
}
