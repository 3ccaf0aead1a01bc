//! The real server under kill -9, on a generated city. The long run is `bench faults ROUNDS`.

use tests::faults::{Plan, run};

const ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_moment_keeps_what_it_acknowledged_once_and_whole() {
    // given a small city whose limits run out, and citizens who file
    let dir = tempfile::tempdir().unwrap();
    let plan = Plan { rounds: ROUNDS, seed: 20_261_121, clients: 6, each: 8, cases: 60 };
    // when the server is killed in each round
    let found = run(&dir.path().join("city"), &plan, &|line| println!("{line}")).await;
    // then every promise was kept, and there was something to keep
    let found = found.unwrap();
    assert_eq!(found.rounds, ROUNDS);
    assert!(found.acknowledged >= ROUNDS && found.again >= ROUNDS && found.limits > 0 && found.notices > 0, "{found:?}");
}
