//! Groups of like cases: who counts in them, and who no longer does.

use projections::{Projections, digest, rebuild};

use crate::world::*;

/// Petitioners who make a group by the shipped rulebook.
const ENOUGH: u128 = 10;

async fn raised(running: &Projections, unit: &str) -> Vec<u128> {
    running.catch_up().await.unwrap();
    let cases = running.views().raises_of_cluster(&format!("complaint/330502001/{unit}")).unwrap();
    cases.into_iter().map(|case| case.0.as_u128()).collect()
}

#[tokio::test]
async fn a_case_that_comes_to_another_unit_counts_there_and_no_longer_where_it_was() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    let running = world.started(dir.path()).await;
    for n in 1..=ENOUGH {
        world.given_to(n, "T1").await;
    }
    assert_eq!(raised(&running, "T1").await, (1..=ENOUGH).collect::<Vec<_>>());
    world.case(case(ENOUGH), [world.dispatched("T2")]).await;
    assert_eq!((raised(&running, "T1").await, raised(&running, "T2").await), (Vec::new(), Vec::new()));
    // One more petitioner makes the group again, without the one who is gone.
    world.given_to(ENOUGH + 1, "T1").await;
    assert_eq!(raised(&running, "T1").await, (1..ENOUGH).chain([ENOUGH + 1]).collect::<Vec<_>>());
    world.finish(3, true).await;
    assert_eq!(raised(&running, "T1").await, Vec::<u128>::new());
    let continued = digest(dir.path()).unwrap();
    drop(running);
    rebuild(dir.path(), world.log.clone(), world.vault.clone(), false, &|_, _| {}).await.unwrap();
    assert_eq!(digest(dir.path()).unwrap(), continued);
}
