//! Search, restriction and erasure.

use std::path::Path;

use domain::person::{PersonErased, PersonEvent, PersonRestricted, person_of_case};
use event_log::EventLog;
use projections::{Projections, SearchQuery, SearchScope};

use crate::world::*;

fn find(running: &Projections, text: &str, scope: SearchScope) -> Vec<u128> {
    let query = SearchQuery { text: text.to_owned(), scope, before: None, limit: 10 };
    running.views().search(&query).unwrap().into_iter().map(|hit| hit.case.0.as_u128()).collect()
}

async fn searched(world: &World, running: &Projections) {
    assert!(running.wait_for_search(world.log.head().await.unwrap().size, LONG).await);
}

#[tokio::test]
async fn words_are_found_newest_first_within_the_askers_units() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    for (n, to) in [(1, "T1"), (2, "T2"), (3, "L")] {
        world.given_to(n, to).await;
    }
    let mut hidden = [world.filed(4), world.filed(5)];
    hidden[0].wrongdoing = true;
    hidden[1].confidential = true;
    for (n, filed) in (4..).zip(hidden) {
        world.case(case(n), [filed.into()]).await;
    }
    let running = world.started(dir.path()).await;
    searched(&world, &running).await;
    assert_eq!(find(&running, "施工噪声", SearchScope::All), [3, 2, 1]);
    assert_eq!(find(&running, "施工噪声", SearchScope::Unit(unit("K"))), [2, 1]);
    assert_eq!(find(&running, "噪声", SearchScope::Unit(unit("T2"))), [2]);
    assert_eq!(find(&running, "民", SearchScope::All), [3, 2, 1]);
    assert_eq!(find(&running, "路灯不亮2", SearchScope::All), [2]);
    assert_eq!(find(&running, "没有这句话", SearchScope::All), Vec::<u128>::new());
    assert_eq!(find(&running, &number(3)[..6], SearchScope::All), [3]);
    assert_eq!(find(&running, &number(3), SearchScope::Unit(unit("K"))), Vec::<u128>::new());
    assert_eq!(find(&running, "\" OR sall", SearchScope::All), Vec::<u128>::new());
    let page = SearchQuery { text: "噪声".to_owned(), scope: SearchScope::All, before: None, limit: 2 };
    let first = running.views().search(&page).unwrap();
    let rest = running.views().search(&SearchQuery { before: Some(first[1].key), ..page }).unwrap();
    assert_eq!(rest.iter().map(|hit| hit.case).collect::<Vec<_>>(), [case(1)]);
}

#[tokio::test]
async fn a_restricted_case_shows_no_words_and_is_not_found() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    world.given_to(1, "T1").await;
    let running = world.started(dir.path()).await;
    searched(&world, &running).await;
    assert_eq!(find(&running, "路灯", SearchScope::All), [1]);
    let person = person_of_case(case(1));
    world
        .append(&format!("person-{person}"), [PersonEvent::from(PersonRestricted { reason: "本人申请".to_owned(), cases: vec![case(1)] })])
        .await;
    running.catch_up().await.unwrap();
    searched(&world, &running).await;
    let views = running.views();
    let row = views.case_by_id(case(1)).unwrap().unwrap();
    assert_eq!((row.title.as_str(), row.restricted, row.erased), ("", true, false));
    assert!(views.restricted(case(1)).unwrap() && !views.restricted(case(2)).unwrap());
    assert_eq!(views.restricted_cases().unwrap(), [case(1)]);
    assert_eq!(find(&running, "路灯", SearchScope::All), Vec::<u128>::new());
}

fn holds(dir: &Path, needle: &[u8]) -> Vec<String> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files
        .filter(|path| std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle))
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[tokio::test]
async fn erased_words_stand_in_no_file_any_more() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    let mut filed = world.filed(1);
    filed.demand = domain::private::Private::new(domain::case::event::Demand {
        title: "鑫鑫路坑洼".to_owned(),
        words: "zzqxword 坑洼".to_owned(),
        ..domain::case::event::Demand::default()
    });
    world.case(case(1), [filed.into()]).await;
    for n in 2..30 {
        world.given_to(n, "T1").await;
    }
    let running = world.started(dir.path()).await;
    searched(&world, &running).await;
    let lookup = world.vault.phone_lookup("13900000001");
    let [title, word] = ["鑫鑫路坑洼".as_bytes(), b"zzqxword".as_slice()];
    // Given: the words do stand in the files.
    assert!(!holds(dir.path(), title).is_empty() && !holds(dir.path(), word).is_empty() && !holds(dir.path(), &lookup).is_empty());
    let person = person_of_case(case(1));
    let erased = PersonErased { reason: "本人申请删除".to_owned(), cases: vec![case(1)] };
    let seq = world.append(&format!("person-{person}"), [PersonEvent::from(erased)]).await;
    world.log.delete_keys(&case(1).stream(), &["petitioner".to_owned()]).await.unwrap();
    running.catch_up().await.unwrap();
    searched(&world, &running).await;
    // The write-ahead log is emptied as soon as no reader is in the way.
    let gone = async {
        while [title, word, &lookup].into_iter().any(|needle| !holds(dir.path(), needle).is_empty()) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(LONG, gone).await;
    assert!(
        in_time.is_ok(),
        "title {:?} word {:?} phone {:?}",
        holds(dir.path(), title),
        holds(dir.path(), word),
        holds(dir.path(), &lookup)
    );
    let views = running.views();
    assert!(views.erased(case(1)).unwrap());
    assert_eq!(
        views.erasures(0).unwrap().iter().map(|one| (one.seq, one.person, one.cases.clone())).collect::<Vec<_>>(),
        [(seq, person, vec![case(1)])]
    );
    assert_eq!(views.cases_by_phone(lookup, 5).unwrap(), vec![]);
    // The case itself, its counts and its place in the lists stay.
    assert_eq!(views.case_by_number(&number(1)).unwrap().unwrap().id, case(1));
}
