//! The faults of the client and of the cluster.

use std::sync::Arc;
use std::time::Duration;

use event_log::{AppendError, Appended, ClusterAddress, EventLog, Expected};
use tempfile::TempDir;
use tests::eventstore::{Node, Store};

use crate::fixtures::{append, event};
use crate::{address, open, reached, try_open, whole};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_starts_before_the_cluster_waits_for_it() {
    let dir = TempDir::new().unwrap();
    let node = Node::down(Store::new()).unwrap();
    let to = address(&node);
    let path = dir.path().to_owned();
    let opening = tokio::spawn(async move { try_open(to, &path).await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    node.come_back().unwrap();

    let log = opening.await.unwrap().unwrap();
    let appended = log.append(append("case-1", Expected::NoStream, vec![event(1)])).await;
    assert_eq!(appended, Ok(Appended { last_seq: 1, last_revision: 0, repeated: false }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_cluster_is_away_it_says_so_and_reads_on_and_a_repeat_appends_once() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    let log = open(&node, dir.path()).await;
    log.append(append("case-1", Expected::NoStream, vec![event(1)])).await.unwrap();
    node.die();

    let asked = append("case-1", Expected::Exact(0), vec![event(2)]);
    let refused = log.append(asked.clone()).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
    assert_eq!(log.read_stream("case-1").await.unwrap().len(), 1);
    assert_eq!(log.head().await.unwrap().size, 1);

    node.come_back().unwrap();
    let appended = log.append(asked.clone()).await.unwrap();
    assert_eq!(appended, Appended { last_seq: 2, last_revision: 1, repeated: false });
    assert_eq!(log.append(asked).await, Ok(Appended { repeated: true, ..appended }));
    assert_eq!(whole(&log).await.len(), 2);
    assert!(log.verify(&|_, _| {}).await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_a_copy_starts_and_reads_while_the_cluster_is_away() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    open(&node, dir.path()).await.append(append("case-1", Expected::NoStream, vec![event(1)])).await.unwrap();
    node.die();

    let log = open(&node, dir.path()).await;
    assert_eq!(log.read_stream("case-1").await.unwrap().len(), 1);
    node.come_back().unwrap();
    log.append(append("case-1", Expected::Exact(0), vec![event(2)])).await.unwrap();
    assert_eq!(whole(&log).await.len(), 2);
}

#[test]
fn a_dead_node_of_the_loopback_server_keeps_its_port() {
    let node = Node::start().unwrap();
    node.die();
    let refused = std::net::TcpListener::bind(node.address()).map_err(|error| error.kind());
    assert!(matches!(refused, Err(std::io::ErrorKind::AddrInUse)), "{refused:?}");
    node.come_back().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_killed_under_load_loses_and_doubles_nothing() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    let log = Arc::new(open(&node, dir.path()).await);
    let writers: Vec<_> = (0..4u64)
        .map(|writer| {
            let log = log.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for turn in 0..25u64 {
                    let expected = turn.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
                    let asked = append(&format!("case-{writer}"), expected, vec![event(writer * 100 + turn)]);
                    // As a citizen's browser does: the same again until it is answered.
                    loop {
                        match log.append(asked.clone()).await {
                            Ok(done) => break acknowledged.push((done.last_seq, asked.events[0].id)),
                            Err(AppendError::Unavailable(_) | AppendError::Overloaded) => {}
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                }
                acknowledged
            })
        })
        .collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        node.die();
        tokio::time::sleep(Duration::from_millis(100)).await;
        node.come_back().unwrap();
    }
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }

    let events = whole(log.as_ref()).await;
    assert_eq!(events.len(), 100);
    for (seq, id) in acknowledged {
        assert_eq!(events[usize::try_from(seq).unwrap() - 1].id, id);
    }
    assert!(log.verify(&|_, _| {}).await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_answer_is_lost_is_done_once_and_known_as_its_own() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    let log = open(&node, dir.path()).await;
    node.store().drop_answers(true);
    let appended = log.append(append("case-1", Expected::NoStream, vec![event(1), event(2)])).await;
    assert_eq!(appended, Ok(Appended { last_seq: 2, last_revision: 1, repeated: false }));
    node.store().drop_answers(false);
    assert_eq!(whole(&log).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_refuses_for_a_while_is_asked_again() {
    let dir = TempDir::new().unwrap();
    let node = Node::start().unwrap();
    let log = open(&node, dir.path()).await;
    node.store().refuse(true);
    let store = node.store().clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(400)).await;
        store.refuse(false);
    });
    let appended = log.append(append("case-1", Expected::NoStream, vec![event(1)])).await;
    assert_eq!(appended, Ok(Appended { last_seq: 1, last_revision: 0, repeated: false }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_leader_is_lost_the_next_one_takes_the_appends() {
    let dir = TempDir::new().unwrap();
    let store = Store::new();
    let leader = Node::with(store.clone()).unwrap();
    let follower = Node::with(store.clone()).unwrap();
    let both = format!("esdb://{},{}?tls=false", leader.address(), follower.address());
    let log = try_open(ClusterAddress::parse(&both, None).unwrap(), dir.path()).await.unwrap();
    log.append(append("case-1", Expected::NoStream, vec![event(1)])).await.unwrap();

    leader.die();
    log.append(append("case-1", Expected::Exact(0), vec![event(2)])).await.unwrap();
    // It comes back as a follower, and later leads again while the other one lives.
    leader.come_back().unwrap();
    log.append(append("case-1", Expected::Exact(1), vec![event(3)])).await.unwrap();
    store.lead(leader.address());
    log.append(append("case-1", Expected::Exact(2), vec![event(4)])).await.unwrap();
    assert_eq!(whole(&log).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_the_server_ends_without_an_error_is_begun_again() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let writer = open(&node, dirs[0].path()).await;
    let reader = open(&node, dirs[1].path()).await;
    for round in 0..3u64 {
        writer.append(append(&format!("case-{round}"), Expected::NoStream, vec![event(round)])).await.unwrap();
        reached(&reader, round + 1).await;
        node.store().end_subscriptions();
    }
    // The reader appends nothing: it must have noticed by itself.
    writer.append(append("case-9", Expected::NoStream, vec![event(9)])).await.unwrap();
    reached(&reader, 4).await;
    assert_eq!(reader.head().await.unwrap(), writer.head().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_write_at_once_come_to_the_same_order_and_the_same_root() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let logs = [Arc::new(open(&node, dirs[0].path()).await), Arc::new(open(&node, dirs[1].path()).await)];
    let tasks: Vec<_> = (0..8u64)
        .map(|writer| {
            let log = logs[usize::try_from(writer % 2).unwrap()].clone();
            tokio::spawn(async move {
                for turn in 0..40u64 {
                    log.append(append(&format!("case-{writer}-{turn}"), Expected::NoStream, vec![event(writer * 1000 + turn)]))
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    reached(&logs[0], 320).await;
    reached(&logs[1], 320).await;
    assert_eq!(logs[0].head().await.unwrap(), logs[1].head().await.unwrap());
    assert_eq!(whole(logs[0].as_ref()).await, whole(logs[1].as_ref()).await);
    assert!(logs[0].verify(&|_, _| {}).await.unwrap().is_sound());
    // A third one, started now, comes to the same.
    let dir = TempDir::new().unwrap();
    let third = open(&node, dir.path()).await;
    assert_eq!(third.head().await.unwrap(), logs[0].head().await.unwrap());
}
