//! Days, urgent cases: figures are the number of their rows, and a rebuild says the same.

use domain::case::event::Filed;
use domain::time::legal_day;
use projections::{At, DayKind, digest, rebuild};

use crate::world::*;

fn cases(views: &projections::Views, day: i64, kind: DayKind, hide: bool) -> Vec<u128> {
    let page = views.day_cases(legal_day(at(START + day * DAY)), kind, hide, &At::First, 50).unwrap();
    page.rows.iter().map(|row| row.id.0.as_u128()).collect()
}

#[tokio::test]
async fn a_day_counts_each_case_once_and_leads_to_it_and_a_rebuild_says_the_same() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    world.given_to(1, "T1").await;
    let running = world.started(dir.path()).await;
    world.given_to(2, "T2").await;
    let reported = Filed { wrongdoing: true, ..world.filed(3) };
    world.case(case(3), [reported.into()]).await;
    // Given to another unit on the same day: dispatched once.
    world.case(case(2), [world.dispatched("T1")]).await;
    running.catch_up().await.unwrap();
    world.pass(DAY);
    world.finish(1, false).await;
    world.finish(2, true).await;
    running.catch_up().await.unwrap();
    let views = running.views();
    let counts = |day: i64, hide| views.day_counts(legal_day(at(START + day * DAY)), hide).unwrap();
    assert_eq!((counts(0, false), counts(1, false), counts(-1, false)), ([3, 2, 0, 0], [0, 0, 2, 1], [0; 4]));
    assert_eq!(counts(0, true), [2, 2, 0, 0]);
    assert_eq!(views.first_day().unwrap(), Some(legal_day(at(START))));
    for day in 0..2 {
        for hide in [false, true] {
            for (kind, n) in DayKind::ALL.into_iter().zip(counts(day, hide)) {
                assert_eq!(cases(&views, day, kind, hide).len() as u64, n, "{day} {kind:?} {hide}");
            }
        }
    }
    assert_eq!(cases(&views, 1, DayKind::Dissatisfied, false), [1]);
    assert_eq!(cases(&views, 0, DayKind::Filed, true), [1, 2]);
    let continued = digest(dir.path()).unwrap();
    drop(views);
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    rebuild(dir.path(), world.log.clone(), world.vault.clone(), false, &|_, _| {}).await.unwrap();
    assert_eq!(digest(dir.path()).unwrap(), continued);
}

#[tokio::test]
async fn the_pages_of_a_day_and_of_urgent_cases_follow_each_other_without_gap() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    for n in 1..=7 {
        let urgency = if n % 2 == 1 { "urgent" } else { "ordinary" };
        let filed = Filed { urgency: urgency.to_owned(), wrongdoing: n == 5, ..world.filed(n) };
        world.case(case(n), [filed.into()]).await;
        world.pass(MINUTE);
    }
    let running = world.started(dir.path()).await;
    let views = running.views();
    let day = legal_day(at(START));
    let (mut at, mut seen) = (At::First, Vec::new());
    loop {
        let page = views.day_cases(day, DayKind::Filed, false, &at, 3).unwrap();
        seen.extend(page.rows.iter().map(|row| row.id.0.as_u128()));
        let Some(next) = page.next else { break };
        at = At::After(next);
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    let urgent = |hide, at: &At| views.urgent_cases("urgent", hide, at, 2).unwrap();
    let ids = |page: &projections::Page<projections::CaseRow>| page.rows.iter().map(|row| row.id.0.as_u128()).collect::<Vec<_>>();
    let first = urgent(false, &At::First);
    let second = urgent(false, &At::After(first.next.clone().unwrap()));
    assert_eq!((ids(&first), ids(&second), second.next.is_none()), (vec![1, 3], vec![5, 7], true));
    assert_eq!(ids(&urgent(false, &At::Before(second.previous.unwrap()))), [1, 3]);
    assert_eq!((views.urgent_count("urgent", false).unwrap(), views.urgent_count("urgent", true).unwrap()), (4, 3));
    assert_eq!(ids(&urgent(true, &At::After(first.next.unwrap()))), [7]);
    // What has ended is urgent no more.
    world
        .case(
            case(1),
            [domain::case::event::Refused { ground: "other".to_owned(), words: domain::private::Private::new("不属于".to_owned()) }.into()],
        )
        .await;
    running.catch_up().await.unwrap();
    assert_eq!(views.urgent_count("urgent", false).unwrap(), 3);
}
