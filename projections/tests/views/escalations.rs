//! Groups of like cases: who counts in them, and who no longer does.

use domain::calendar::Calendar;
use domain::escalation::{
    Entry, EscalationEvent, Facts, MOST_TOGETHER, Resolution, Resolved, Rules, Why, cluster_trigger, raise, stream_of_cluster,
};
use domain::rulebook::{Rulebook, shipped::SHIPPED};
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
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    rebuild(dir.path(), world.log.clone(), world.vault.clone(), false, &|_, _| {}).await.unwrap();
    assert_eq!(digest(dir.path()).unwrap(), continued);
}

#[tokio::test]
async fn a_group_that_is_full_expects_nobody_and_the_next_begins_when_it_is_over() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    let running = world.started(dir.path()).await;
    let cluster = "complaint/330502001/T1";
    let all = 1..=MOST_TOGETHER as u128 + 20;
    for n in all.clone() {
        world.given_to(n, "T1").await;
    }
    let together = raised(&running, "T1").await;
    assert_eq!(together, (1..=MOST_TOGETHER as u128).collect::<Vec<_>>(), "no more than one matter takes");
    let rules = Rulebook::of_adopted(SHIPPED[0].1).unwrap();
    let (ladder, trigger) = cluster_trigger(&rules, "complaint").unwrap();
    let about = Facts { cases: together.into_iter().map(case).collect(), cluster: cluster.to_owned(), ..Facts::default() };
    let (calendar, now) = (Calendar::official(), at(world.now()));
    let why = Why::Trigger(Entry::Petitioners, "petitioners/1");
    let begun = raise(None, &about, Rules { rules: &rules, ladder, calendar: &calendar }, trigger.level, why, now).unwrap();
    let stream = stream_of_cluster(&ladder.id, cluster, 0);
    world.append(&stream, begun).await;
    assert_eq!((raised(&running, "T1").await, running.views().groups_over(&ladder.id, cluster).unwrap()), (Vec::new(), 0));
    world.append(&stream, [EscalationEvent::from(Resolved { how: Resolution::CaseEnded, words: None })]).await;
    let next: Vec<u128> = all.skip(MOST_TOGETHER).collect();
    assert_eq!((raised(&running, "T1").await, running.views().groups_over(&ladder.id, cluster).unwrap()), (next, 1));
    let continued = digest(dir.path()).unwrap();
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    rebuild(dir.path(), world.log.clone(), world.vault.clone(), false, &|_, _| {}).await.unwrap();
    assert_eq!(digest(dir.path()).unwrap(), continued);
}
