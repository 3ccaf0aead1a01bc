//! Worklists, due acts, notices, reference data.

use domain::account::{AccountEvent, SessionEnded};
use domain::case::event::{Accepted, DeadlineRecomputed};
use domain::case::{Act, ClockKind, Stage};
use domain::ids::{AccountId, NoticeId};
use domain::limit::Limit;
use domain::notice::{About, Claimed, Notice, NoticeEvent, NoticeKind, NoticeStage, Recipient, Sent};
use domain::order::{Ground, OrderColour, OrderEvent, OrderFeedback, OrderIssued, OrderOverdue, OrderReturned};
use domain::private::Private;
use domain::unit::{UnitEvent, UnitMoved};
use projections::{At, Bucket, HolderKey, PageKey, Sort, WorklistFilter, WorklistQuery};
use uuid::Uuid;

use crate::world::*;

fn keys(world: &projections::Views, query: &WorklistQuery) -> (Vec<i64>, Option<PageKey>, Option<PageKey>) {
    let page = world.worklist(query).unwrap();
    (page.rows.iter().map(|row| row.key).collect(), page.next, page.previous)
}

#[tokio::test]
async fn a_case_stands_in_the_lists_of_its_unit_of_those_above_and_of_its_handler() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    world.given_to(1, "T1").await;
    let running = world.started(dir.path()).await;
    let views = running.views();
    for holder in ["T1", "K", "C"] {
        let page = views.worklist(&list(HolderKey::Unit(unit(holder)), Bucket::Stage(Stage::Dispatched))).unwrap();
        assert_eq!(page.rows.len(), 1, "{holder}");
        assert_eq!((page.rows[0].due, page.rows[0].title.as_str()), (Some(ClockKind::Sign), "路灯不亮1"));
    }
    for holder in ["T2", "L"] {
        assert_eq!(views.worklist(&list(HolderKey::Unit(unit(holder)), Bucket::Open)).unwrap().rows, vec![], "{holder}");
    }

    world.finish(1, true).await;
    running.catch_up().await.unwrap();
    let handler = HolderKey::Account(AccountId(Uuid::from_u128(77)));
    for holder in [HolderKey::Hotline, HolderKey::Unit(unit("K")), handler] {
        assert_eq!(views.counts(&holder).unwrap(), vec![(Bucket::Ended, 1)]);
        assert_eq!(views.worklist(&list(holder, Bucket::Ended)).unwrap().rows[0].stage, Stage::Archived);
    }
}

#[tokio::test]
async fn a_list_is_paged_forth_and_back_in_every_order_with_filters() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    for n in 1..=25 {
        let mut filed = world.filed(n);
        filed.wrongdoing = n % 5 == 0;
        filed.class = if n % 3 == 0 { "help" } else { "complaint" }.to_owned();
        world.case(case(n), [filed.into()]).await;
        // Pairs of cases share their due instant.
        world.pass(if n % 2 == 0 { MINUTE } else { 0 });
        if n % 2 == 0 {
            world.case(case(n), [Accepted {}.into(), world.dispatched(if n % 4 == 0 { "T1" } else { "T2" })]).await;
        }
    }
    let running = world.started(dir.path()).await;
    let views = running.views();
    let filters = [
        WorklistFilter::default(),
        WorklistFilter { class: Some("help".to_owned()), ..WorklistFilter::default() },
        WorklistFilter { unit: Some(unit("T1")), ..WorklistFilter::default() },
        WorklistFilter { hide_wrongdoing: true, ..WorklistFilter::default() },
    ];
    // What is hidden is what the count is lessened by, whether it has a limit or not.
    assert_eq!(views.wrongdoing_among(&HolderKey::Hotline, Bucket::Open, None).unwrap(), 5);
    for sort in Sort::ALL {
        for (filter, rows) in filters.iter().zip([25, 8, 6, 20]) {
            let query = |at, limit| WorklistQuery { sort, filter: filter.clone(), at, limit, ..list(HolderKey::Hotline, Bucket::Open) };
            let (whole, next, previous) = keys(&views, &query(At::First, 100));
            assert_eq!((whole.len(), next, previous), (rows, None, None), "{sort:?} {filter:?}");
            let mut forth = Vec::new();
            let mut at = At::First;
            let mut pages = Vec::new();
            loop {
                let (keys, next, previous) = keys(&views, &query(at, 4));
                pages.push((keys.clone(), previous));
                forth.extend(keys);
                // The place goes through an address.
                let Some(next) = next else { break };
                at = At::After(next.to_string().parse().unwrap());
            }
            assert_eq!(forth, whole, "{sort:?} {filter:?}");
            while let Some((_, previous)) = pages.pop() {
                let Some(previous) = previous else { break };
                let (back, _, _) = keys(&views, &query(At::Before(previous), 4));
                assert_eq!(Some(&back), pages.last().map(|(keys, _)| keys), "{sort:?} {filter:?}");
            }
        }
    }
}

#[tokio::test]
async fn counts_agree_with_rows_and_overdue_is_a_question_of_now() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    for n in 1..=9 {
        world.given_to(n, ["T1", "T2", "L"][n as usize % 3]).await;
        if n % 2 == 0 {
            world.finish(n, true).await;
        }
    }
    world.case(case(1), [world.breach(ClockKind::Handle, "T2")]).await;
    let running = world.started(dir.path()).await;
    let views = running.views();
    for holder in [HolderKey::Hotline, HolderKey::Unit(unit("C")), HolderKey::Unit(unit("K")), HolderKey::Unit(unit("T2"))] {
        let counts = views.counts(&holder).unwrap();
        for bucket in Bucket::ALL {
            let rows = views.worklist(&list(holder.clone(), bucket)).unwrap().rows.len() as u64;
            let counted = counts.iter().find(|(one, _)| *one == bucket).map_or(0, |(_, n)| *n);
            assert_eq!(counted, rows, "{holder:?} {bucket:?}");
        }
    }
    assert_eq!(views.worklist(&list(HolderKey::Unit(unit("T2")), Bucket::Breached)).unwrap().rows.len(), 1);
    let dispatched = Bucket::Stage(Stage::Dispatched);
    assert_eq!(views.due_before(&HolderKey::Hotline, dispatched, at(world.now())).unwrap(), 0);
    assert_eq!(views.due_before(&HolderKey::Hotline, dispatched, at(world.now() + 2 * DAY)).unwrap(), 5);
}

#[tokio::test]
async fn cases_follow_their_unit_when_it_moves() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    world.given_to(1, "T1").await;
    let running = world.started(dir.path()).await;
    world
        .append("unit-T1", [UnitEvent::from(UnitMoved { parent: Some(unit("L")), since: domain::time::legal_day(at(world.now())) })])
        .await;
    running.catch_up().await.unwrap();
    let count = |code| running.views().counts(&HolderKey::Unit(unit(code))).unwrap().len();
    assert_eq!((count("T1"), count("K"), count("L"), count("C")), (2, 0, 2, 2));
    assert_eq!(running.views().reference().ancestors(&unit("T1")), [unit("T1"), unit("L"), unit("C")]);
}

#[tokio::test]
async fn a_case_is_found_by_number_phone_and_external_id() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.case(case(1), [world.filed(1).into()]).await;
    world.case(case(2), [world.imported(2).into()]).await;
    let mut secret = world.filed(3);
    secret.confidential = true;
    world.case(case(3), [secret.into()]).await;
    let running = world.started(dir.path()).await;
    let views = running.views();
    assert_eq!(views.case_by_number(&number(1)).unwrap().unwrap().id, case(1));
    assert_eq!(views.case_by_number("none").unwrap(), None);
    assert_eq!(views.case_by_external("feed", "X2").unwrap().unwrap().id, case(2));
    assert_eq!(views.cases_by_phone(world.vault.phone_lookup("139-0000 0001"), 5).unwrap().len(), 1);
    assert_eq!(views.case_by_id(case(3)).unwrap().unwrap().title, "");
    assert_eq!(views.case_state(case(1)).unwrap().unwrap().state.number, number(1));
    assert_eq!(views.cases_by_ids(&[case(3), case(9), case(1)]).unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), [case(3), case(1)]);
}

#[tokio::test]
async fn acts_are_due_in_order_and_other_calendars_are_named() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    world.given_to(1, "T1").await;
    world.given_to(2, "T2").await;
    let running = world.started(dir.path()).await;
    let views = running.views();
    assert_eq!(views.due_until(at(START), 10).unwrap(), vec![]);
    let due = views.due_until(at(START + DAY), 10).unwrap();
    assert_eq!(
        due.iter().map(|row| (row.case, row.clock, row.act)).collect::<Vec<_>>(),
        [(case(1), ClockKind::Sign, Act::Warn), (case(2), ClockKind::Sign, Act::Warn)]
    );
    assert_eq!(views.next_due().unwrap(), Some(due[0].at));
    assert_eq!(views.open_with_other_calendar("cal-1", 0, 10).unwrap(), vec![]);
    let others = views.open_with_other_calendar("cal-2", 0, 10).unwrap();
    assert_eq!(others.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [case(1), case(2)]);
    assert_eq!(views.open_with_other_calendar("cal-2", others[0].0, 10).unwrap().len(), 1);

    for (clock, days) in
        [(ClockKind::Promise, 20), (ClockKind::Total, 7), (ClockKind::Sign, 1), (ClockKind::Contact, 2), (ClockKind::Handle, 5)]
    {
        let recomputed = DeadlineRecomputed {
            clock,
            round: 1,
            limit: Limit::CalendarDays(days),
            old: at(world.now()),
            due: at(world.now() + 30 * DAY),
            warn_at: None,
            provisional: false,
            calendar: "cal-2".to_owned(),
        };
        world.case(case(1), [recomputed.into()]).await;
    }
    running.catch_up().await.unwrap();
    assert_eq!(views.open_with_other_calendar("cal-2", 0, 10).unwrap().iter().map(|(_, id)| *id).collect::<Vec<_>>(), [case(2)]);
    assert_eq!(views.due_until(at(START + 10 * DAY), 10).unwrap().iter().filter(|row| row.case == case(1)).count(), 0);
}

#[tokio::test]
async fn an_event_owes_its_notice_until_the_notice_is_on_record() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    world.given_to(1, "T1").await;
    world.case(case(2), [world.imported(2).into()]).await;
    let mut anonymous = world.filed(3);
    anonymous.petitioner = None;
    world.case(case(3), [anonymous.into()]).await;
    let running = world.started(dir.path()).await;
    let views = running.views();
    let missing = views.missing_notices(domain::time::from_micros(0), 10).unwrap();
    assert_eq!(
        missing.iter().map(|one| (one.kind, one.about.clone(), one.to.clone())).collect::<Vec<_>>(),
        [
            (NoticeKind::Receipt, About::Case(case(1)), Recipient::Petitioner),
            (NoticeKind::Dispatch, About::Case(case(1)), Recipient::Unit(unit("T1")))
        ]
    );

    let first = &missing[0];
    assert_eq!(first.id, NoticeId::of_event(first.event, "receipt"));
    let owed = Notice {
        kind: first.kind,
        about: first.about.clone(),
        event: first.event,
        to: first.to.clone(),
        urgent: false,
        not_before: at(world.now()),
    };
    world.append(&first.id.stream(), [NoticeEvent::from(owed)]).await;
    running.catch_up().await.unwrap();
    assert_eq!(views.missing_notices(domain::time::from_micros(0), 10).unwrap().len(), 1);
    assert_eq!(views.due_notices(at(world.now()), 10).unwrap()[0].id, first.id);
    world.append(&first.id.stream(), [NoticeEvent::from(Claimed { attempt: 1 }), Sent { carrier: "files".to_owned() }.into()]).await;
    running.catch_up().await.unwrap();
    assert_eq!(views.due_notices(at(world.now() + DAY), 10).unwrap(), vec![]);
    assert_eq!((views.count_notices(NoticeStage::Sent).unwrap(), views.next_notice().unwrap()), (1, None));
    assert_eq!(views.notices(NoticeStage::Sent, None, 10).unwrap()[0].revision, 2);
}

#[tokio::test]
async fn a_new_duty_owes_a_notice_to_the_unit_that_has_it_and_a_moved_limit_owes_none() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    let by = AccountId(Uuid::from_u128(77));
    let (since, due) = (at(world.now()), at(world.now() + 3 * DAY));
    let issued = OrderIssued {
        unit: unit("T1"),
        ground: Ground::Other,
        colour: OrderColour::Orange,
        requirement: Private::new("请办结".to_owned()),
        limit: "3wd".parse().unwrap(),
        due,
        calendar: "t".to_owned(),
        by,
    };
    world.append("order-1", [OrderEvent::from(issued)]).await;
    let running = world.started(dir.path()).await;
    let views = running.views();
    let missing = || views.missing_notices(domain::time::from_micros(0), 10).unwrap();
    let about = About::Duty { stream: "order-1".to_owned(), task: "order_feedback".to_owned(), since };
    let first = missing().pop().unwrap();
    assert_eq!((first.kind, &first.about, &first.to), (NoticeKind::Duty, &about, &Recipient::Unit(unit("T1"))));
    let holder = first.to.holder().unwrap();
    let standing = views.duty("order-1", &holder, "order_feedback", since).unwrap().unwrap();
    assert_eq!((standing.duty.due, standing.year, standing.ordinal), (Some(due), 2026, 1));
    assert_eq!(views.duty("order-1", &holder, "order_feedback", at(world.now() + DAY)).unwrap(), None);
    assert_eq!(views.stream_numbers(&["order-1", "order-9"]).unwrap(), [("order-1".to_owned(), 2026, 1)]);
    // When it is on record it is owed no more.
    let notice = Notice { kind: first.kind, about, event: first.event, to: first.to.clone(), urgent: false, not_before: at(world.now()) };
    assert_eq!(notice.id(), first.id);
    world.append(&first.id.stream(), [NoticeEvent::from(notice)]).await;
    world.append("order-1", [OrderEvent::from(OrderOverdue {})]).await;
    running.catch_up().await.unwrap();
    assert_eq!(missing(), vec![]);
    // The office that reviews has a worklist; the unit to which it goes back is told again.
    world.pass(DAY);
    world.append("order-1", [OrderEvent::from(OrderFeedback { words: Private::new("已办".to_owned()), by })]).await;
    running.catch_up().await.unwrap();
    assert_eq!((missing(), views.duty("order-1", &holder, "order_feedback", since).unwrap()), (vec![], None));
    let returned = OrderReturned {
        reason: Private::new("不全".to_owned()),
        limit: "2wd".parse().unwrap(),
        due: at(world.now() + 2 * DAY),
        calendar: "t".to_owned(),
        by,
    };
    world.append("order-1", [OrderEvent::from(returned)]).await;
    running.catch_up().await.unwrap();
    assert_eq!(missing().len(), 1);
    assert_ne!(missing()[0].id, first.id);
}

#[tokio::test]
async fn accounts_are_opened_and_ended_sessions_known() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    let id = AccountId(Uuid::from_u128(77));
    world.account(id, "wang.li", "王丽").await;
    let running = world.started(dir.path()).await;
    let before = running.views().reference();
    let account = before.account_by_login("wang.li").unwrap().clone();
    assert_eq!((account.name.as_str(), account.hash.as_deref(), account.epoch, account.must_change), ("王丽", Some("hash"), 1, true));
    assert!(!format!("{account:?}").contains("王丽"));
    let session = Uuid::from_u128(5);
    world.append(&id.stream(), [AccountEvent::from(SessionEnded { session, dead_by: at(world.now() + DAY) })]).await;
    running.catch_up().await.unwrap();
    assert!(running.views().reference().session_ended(session) && !before.session_ended(session));
    assert_eq!(before.subtree(&unit("K")), [unit("K"), unit("T1"), unit("T2")]);
    assert!(before.rulebooks.by_reference("generic@2026.1").is_some());
}
