//! Published heads: by day, by month, by what they cover; a rebuild says the same.

use chrono::NaiveDate;
use domain::founding::{HeadPublished, LogEvent, head_stream};
use projections::{HeadKey, digest, rebuild};

use crate::world::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn publish(world: &World, of: &str, size: u64, key: &str) {
    let event: LogEvent = HeadPublished { day: day(of), size, key: key.to_owned(), note: format!("{of} {size}\n") }.into();
    world.append(&head_stream(day(of)), [event]).await;
}

#[tokio::test]
async fn a_head_is_found_by_its_day_its_month_and_what_it_covers_and_a_rebuild_says_the_same() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let running = world.started(dir.path()).await;
    publish(&world, "2026-03-30", 10, "old").await;
    publish(&world, "2026-03-31", 12, "old").await;
    world.pass(DAY);
    publish(&world, "2026-04-01", 12, "new").await;
    publish(&world, "2026-04-03", 40, "new").await;
    running.catch_up().await.unwrap();
    let views = running.views();
    let days = |from, to| views.heads(day(from), day(to)).unwrap().into_iter().map(|head| head.day.to_string()).collect::<Vec<_>>();
    assert_eq!(days("2026-04-01", "2026-04-30"), ["2026-04-03", "2026-04-01"]);
    assert_eq!(days("2026-05-01", "2026-05-31"), [""; 0]);
    let found = views.head(day("2026-03-31")).unwrap().unwrap();
    assert_eq!((found.size, found.key.as_str(), found.note.as_str(), found.published_at), (12, "old", "2026-03-31 12\n", at(START)));
    assert_eq!(views.head(day("2026-04-02")).unwrap(), None);
    assert_eq!(views.latest_head().unwrap().unwrap().day, day("2026-04-03"));
    // the first one under which an event stands; an event after all of them stands under none
    let covering = |seq| views.head_covering(seq).unwrap().map(|head| head.day.to_string());
    let found = [1, 10, 11, 12, 13, 40].map(|seq| covering(seq).unwrap());
    assert_eq!(found, ["2026-03-30", "2026-03-30", "2026-03-31", "2026-03-31", "2026-04-03", "2026-04-03"]);
    assert_eq!(covering(41), None);
    // each key with its days
    let key = |key: &str, from, until| HeadKey { key: key.to_owned(), from: day(from), until: day(until) };
    assert_eq!(views.head_keys().unwrap(), [key("new", "2026-04-01", "2026-04-03"), key("old", "2026-03-30", "2026-03-31")]);
    let continued = digest(dir.path()).unwrap();
    drop(views);
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    rebuild(dir.path(), world.log.clone(), world.vault.clone(), false, &|_, _| {}).await.unwrap();
    assert_eq!(digest(dir.path()).unwrap(), continued);
}
