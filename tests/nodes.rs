//! Several servers on one log, each with views of its own. The long run is `bench nodes`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends in a panic; helpers of tests are not known to clippy as such")]

#[path = "nodes/audit.rs"]
mod audit;
#[path = "nodes/ballots.rs"]
mod ballots;
#[path = "nodes/people.rs"]
mod people;
#[path = "nodes/start.rs"]
mod start;

use tests::nodes::{Plan, run};

const CASES: u64 = 230;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_act_on_each_limit_once_and_know_the_same() {
    // given a city whose limits are all over, and everything that happened to be written about
    let dir = tempfile::tempdir().unwrap();
    let plan = Plan { cases: CASES, seed: 7, kill: false, notices: true };
    // when two nodes work off what is due
    let found = run(dir.path(), &plan, &|line| println!("{line}")).await.unwrap();
    // then each limit has one event at its instant, and no message went out twice
    println!("{found:?}");
    assert!(found.due >= 280 && found.acts >= found.due && found.notices > 0, "{found:?}");
    assert_eq!(found.again, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_killed_in_the_middle_changes_nothing_and_another_one_is_added() {
    let dir = tempfile::tempdir().unwrap();
    let plan = Plan { cases: CASES, seed: 8, kill: true, notices: true };
    let found = run(dir.path(), &plan, &|line| println!("{line}")).await.unwrap();
    println!("{found:?}");
    assert!(found.due >= 280 && found.acts >= found.due && found.killed_at > 0, "{found:?}");
    // What it was just sending, four at once, may go out once more to each reader under the same name.
    assert!(found.again <= 8, "{found:?}");
}
