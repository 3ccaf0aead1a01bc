//! Following the log: rebuilt equals continued, batches do not matter, a bad event stops.

use domain::case::ClockKind;
use domain::case::event::{BreachWithdrawn, SourceChanged, WithdrawReason};
use domain::ids::{AccountId, ImportId};
use domain::import::{Counts, ImportEvent, ImportFinished, ImportStarted};
use domain::notice::{Claimed, Failed, NoticeEvent, Owed};
use domain::person::{PersonErased, PersonEvent, PersonRestricted, person_of_case};
use domain::private::Private;
use domain::unit::{UnitEvent, UnitMoved};
use event_log::EventLog;
use projections::{Projections, SearchQuery, SearchScope, Views, digest, rebuild};
use uuid::Uuid;

use crate::world::*;

/// Some of everything. `between` is called after every few events.
async fn history(world: &World, between: &(impl AsyncFn() + Sync)) {
    world.city().await;
    world.account(AccountId(Uuid::from_u128(77)), "wang.li", "王丽").await;
    between().await;
    for n in 1..=40_u128 {
        let to = ["T1", "T2", "L", "K"][n as usize % 4];
        if n % 7 == 0 {
            let mut imported = world.imported(n);
            imported.publish = n % 2 == 0;
            world.case(case(n), [imported.into(), world.asserted(to, n % 3 == 0)]).await;
        } else {
            world.given_to(n, to).await;
        }
        if n % 3 == 0 {
            between().await;
        }
    }
    for n in (1..=40_u128).filter(|n| n % 7 != 0) {
        let to = ["T1", "T2", "L", "K"][n as usize % 4];
        match n % 5 {
            0 => {
                world.case(case(n), [world.breach(ClockKind::Handle, to)]).await;
                between().await;
                let withdrawn = BreachWithdrawn { clock: ClockKind::Handle, round: 1, reason: WithdrawReason::AnsweredInTime };
                world.case(case(n), [withdrawn.into()]).await;
            }
            1 | 2 => {
                world.finish(n, n % 2 == 0).await;
            }
            _ => {}
        }
        if n % 2 == 0 {
            between().await;
        }
    }
    world
        .append("unit-T2", [UnitEvent::from(UnitMoved { parent: Some(unit("L")), since: domain::time::legal_day(at(world.now())) })])
        .await;
    between().await;
    let changed = SourceChanged { fingerprint: "1".to_owned(), demand: Some(world.filed(700).demand) };
    world.case(case(7), [changed.into(), world.asserted("T2", true)]).await;
    let import = ImportId(Uuid::from_u128(3));
    let started = ImportStarted { source: "feed".to_owned(), file: "a.csv".to_owned(), hash: "0".to_owned(), mapping: "m".to_owned() };
    world.append(&import.stream(), [ImportEvent::from(started)]).await;
    between().await;
    world.append(&import.stream(), [ImportEvent::from(ImportFinished { counts: Counts::default(), totals: vec![] })]).await;
    for n in [1, 11] {
        let id = domain::ids::NoticeId::of_event(Uuid::from_u128(n), "receipt");
        let owed = Owed {
            kind: domain::notice::NoticeKind::Receipt,
            case: case(n),
            event: Uuid::from_u128(n),
            to: domain::notice::Recipient::Petitioner,
            urgent: false,
            not_before: at(world.now()),
        };
        world.append(&id.stream(), [NoticeEvent::from(owed)]).await;
        between().await;
        world
            .append(&id.stream(), [NoticeEvent::from(Claimed { attempt: 1 }), Failed { reason: "x".to_owned(), retry_at: None }.into()])
            .await;
    }
    let person = person_of_case(case(1));
    world
        .append(
            &format!("person-{person}"),
            [PersonEvent::from(PersonRestricted { reason: "本人申请".to_owned(), cases: vec![case(1), case(2)] })],
        )
        .await;
    between().await;
    let erased = PersonErased { reason: "本人申请删除".to_owned(), cases: vec![case(1), case(6)] };
    world.append(&format!("person-{person}"), [PersonEvent::from(erased)]).await;
    between().await;
    for n in [1, 6] {
        world.log.delete_keys(&case(n).stream(), &["petitioner".to_owned()]).await.unwrap();
    }
    let again = SourceChanged { fingerprint: "2".to_owned(), demand: Some(Private::new(domain::case::event::Demand::default())) };
    world.case(case(6), [again.into()]).await;
    between().await;
}

#[tokio::test]
async fn rebuilt_views_equal_continued_ones_however_the_log_was_cut_into_batches() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let step_by_step = world.start(dir.path()).await;
    history(&world, &async || step_by_step.catch_up().await.unwrap()).await;
    step_by_step.catch_up().await.unwrap();
    assert!(step_by_step.wait_for_search(world.log.head().await.unwrap().size, LONG).await);
    tokio::task::spawn_blocking(|| step_by_step.stop()).await.unwrap();

    let anew = tempfile::tempdir().unwrap();
    let done = rebuild(anew.path(), world.log.clone(), world.vault.clone(), true, &|_, _| {}).await.unwrap();
    assert_eq!(done.events, world.log.head().await.unwrap().size);
    assert_eq!(digest(dir.path()).unwrap(), digest(anew.path()).unwrap());
    assert!(!anew.path().join("rebuilding").exists());
    let found = |dir: &std::path::Path, scope: SearchScope| {
        let query = SearchQuery { text: "路灯".to_owned(), scope, before: None, limit: 100 };
        Views::open(dir).unwrap().search(&query).unwrap().into_iter().map(|hit| hit.number).collect::<Vec<_>>()
    };
    // 40 cases, of which two are restricted, and one more erased.
    assert_eq!(found(dir.path(), SearchScope::All).len(), 37);
    for scope in [SearchScope::All, SearchScope::Unit(unit("K")), SearchScope::Unit(unit("L"))] {
        assert_eq!(found(dir.path(), scope.clone()), found(anew.path(), scope));
    }
}

#[tokio::test]
async fn views_of_another_schema_or_of_another_moment_are_made_anew() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    history(&world, &async || {}).await;
    let running = world.started(dir.path()).await;
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    let good = digest(dir.path()).unwrap();
    for (file, sql) in [
        ("views.db", "UPDATE meta SET fingerprint = 'other'"),
        ("views.db", "DROP TABLE meta"),
        ("scores.db", "UPDATE meta SET seq = seq - 1"),
        ("views.db", "UPDATE meta SET seq = seq + 1000"),
    ] {
        let connection = rusqlite::Connection::open(dir.path().join(file)).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        let running = world.started(dir.path()).await;
        tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
        assert_eq!(digest(dir.path()).unwrap(), good, "{sql}");
    }
}

#[tokio::test]
async fn scores_that_are_a_batch_ahead_after_a_crash_are_not_counted_twice() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    world.given_to(1, "T1").await;
    let running = world.started(dir.path()).await;
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    // The crash: `views.db` is as it was before the next batch, `scores.db` has it.
    let older = std::fs::read(dir.path().join("views.db")).unwrap();
    world.finish(1, true).await;
    world.given_to(2, "T1").await;
    world.case(case(1), [world.breach(ClockKind::Contact, "T1")]).await;
    let running = world.started(dir.path()).await;
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    let good = digest(dir.path()).unwrap();
    std::fs::write(dir.path().join("views.db"), older).unwrap();
    let running = world.started(dir.path()).await;
    assert!(running.health().is_good());
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    assert_eq!(digest(dir.path()).unwrap(), good);
}

#[tokio::test]
async fn an_unreadable_event_stops_the_views_before_it_and_is_named() {
    for kind in ["case_telephoned", "nonsense"] {
        let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
        world.city().await;
        let running = world.started(dir.path()).await;
        let good = world.given_to(1, "T1").await;
        let (seq, id) = world.poison(&case(9).stream(), kind).await;
        world.given_to(2, "T1").await;
        assert!(running.catch_up().await.is_err());
        let health = running.health();
        assert_eq!((health.position, seq), (good, good + 1));
        assert_eq!(health.failures[0].event, Some((seq, id, kind.to_owned())));
        assert!(!running.wait_for(seq, std::time::Duration::from_millis(1)).await);
        let views = running.views();
        assert!(views.case_by_id(case(1)).unwrap().is_some() && views.case_by_id(case(2)).unwrap().is_none());
        assert!(Projections::start(tempfile::tempdir().unwrap().path(), world.log.clone(), world.vault.clone()).await.is_err());
    }
}

#[tokio::test]
async fn ones_own_writes_are_read() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let running = world.start(dir.path()).await;
    for n in 1..=20 {
        let seq = world.case(case(n), [world.filed(n).into()]).await;
        assert!(running.wait_for(seq, LONG).await);
        assert!(running.views().case_by_id(case(n)).unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_on_one_directory_one_writes_and_the_other_reads_along_and_takes_over() {
    // given a server, and a call on the command line beside it
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let server = world.started(dir.path()).await;
    let beside = world.started(dir.path()).await;
    // when events come, then both know them
    world.city().await;
    world.given_to(1, "T1").await;
    let size = world.log.head().await.unwrap().size;
    assert!(server.wait_for(size, LONG).await && beside.wait_for(size, LONG).await);
    assert!(beside.wait_for_search(size, LONG).await);
    assert!(beside.views().reference().unit(&unit("T1")).is_some() && beside.views().case_by_id(case(1)).unwrap().is_some());
    // and nobody may make the views anew under them
    let refused = rebuild(dir.path(), world.log.clone(), world.vault.clone(), false, &|_, _| {}).await;
    assert_eq!(refused.err(), Some(projections::ViewError::Taken));
    // when the server ends, then the other one goes on by itself
    tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    world.given_to(2, "T2").await;
    let size = world.log.head().await.unwrap().size;
    assert!(beside.wait_for(size, LONG).await && beside.wait_for_search(size, LONG).await);
    assert!(beside.health().is_good(), "{:?}", beside.health());
    tokio::task::spawn_blocking(move || beside.stop()).await.unwrap();
    // and what both wrote is what one would have written
    let continued = digest(dir.path()).unwrap();
    rebuild(dir.path(), world.log.clone(), world.vault.clone(), false, &|_, _| {}).await.unwrap();
    assert_eq!(digest(dir.path()).unwrap(), continued);
}
