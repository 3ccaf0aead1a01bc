//! Single promises, each in its barest form.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use application::clock::{ManualClock, log_now};
use application::{Actor, Meta};
use async_trait::async_trait;
use automation::delivery::{Carrier, DeliveryError, Files, Message, Receipt};
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::Role;
use domain::case::Command;
use domain::case::command::File;
use domain::case::event::{Demand, Petitioner};
use domain::ids::{CaseId, NoticeId, UnitCode};
use domain::rulebook::shipped::SHIPPED;
use domain::unit::Level;
use event_log::{EventLog, MemoryLog};
use uuid::Uuid;
use vault::SeededEntropy;

use crate::node::{Ground, Node};
use crate::oracle::examine;
use crate::veil::Wire;
use crate::world::{Sent, World, at, clerk, staff};

fn file(number: String) -> Box<File> {
    Box::new(File {
        number,
        class: "complaint".to_owned(),
        channel: "web".to_owned(),
        urgency: String::new(),
        division: String::new(),
        demand: Demand { words: "小区门口的路灯已经坏了三天，晚上看不清路。".to_owned(), ..Demand::default() },
        petitioner: Some(Petitioner { name: "李某".to_owned(), phone: "13800138000".to_owned(), email: "li@example.com".to_owned() }),
        agent: None,
        confidential: false,
        publish: false,
        notice: "1".to_owned(),
    })
}

/// Writes the file and dies before anybody can record it, once.
struct DiesOnce {
    files: Files,
    dead: AtomicBool,
}

#[async_trait]
impl Carrier for DiesOnce {
    async fn send(&self, message: &Message, now: DateTime<Utc>) -> Result<Receipt, DeliveryError> {
        let receipt = self.files.send(message, now).await?;
        if !self.dead.swap(true, Ordering::SeqCst) {
            std::panic::resume_unwind(Box::new("killed between claim and record"));
        }
        Ok(receipt)
    }
}

/// Legal days for which a head was published, in the order of the log.
async fn days_with_a_head(world: &World) -> Vec<String> {
    let of_heads = |stream: &str| stream.strip_prefix("log-head-").map(str::to_owned);
    world.events().await.iter().filter_map(|event| of_heads(&event.stream)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_two_nodes_that_close_each_day_together_and_die_over_it_then_every_day_has_one_head() {
    for seed in 0..8_u64 {
        let mut world = World::new(seed).await;
        let (vault, founded_at) = (world.ground.vault(), at("2026-04-27T09:00:00"));
        application::founding::found(&world.ground.wire.log, &vault, &clerk(Uuid::from_u128(3)), founded_at).await.unwrap();
        world.ground.clock.set(at("2026-04-28T00:30:00"));
        for day in 0..6 {
            // The nodes look at the clock at any hour; some nights one of them dies in the middle of it, some nights both.
            for hour in 0..4 {
                for index in [0, 1] {
                    if (seed + day + hour + index) % 3 == 0 {
                        let appends = usize::from((seed + hour) % 2 == 0);
                        world.node(index as usize).veil.light(appends, (seed + day) % 2 == 0);
                    }
                }
                let nodes = [world.node(0).automation.clone(), world.node(1).automation.clone()];
                let (first, second) = tokio::join!(nodes[0].close_day(), nodes[1].close_day());
                drop(nodes);
                for (index, closed) in [first, second].into_iter().enumerate() {
                    world.node(index).veil.put_out();
                    if closed.is_err() {
                        world.restart(index, false).await;
                    }
                }
                world.ground.clock.advance(TimeDelta::hours(6));
            }
        }
        let days = days_with_a_head(&world).await;
        let mut once = days.clone();
        once.dedup();
        assert_eq!((&days, days.len()), (&once, 6), "seed {seed}");
        let (heads, keys, faults) = application::heads::check::own(&world.ground.wire.log, &[]).await.unwrap();
        assert_eq!((heads, keys.len(), faults), (6, 1, vec![]), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_process_killed_between_claim_and_record_when_another_starts_then_the_same_message_is_sent_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = dir.path().join("outbox");
    let clock = Arc::new(ManualClock::new(at("2026-04-27T09:00:00")));
    let ground = Ground {
        wire: Wire::new(MemoryLog::new(log_now(clock.clone()))),
        clock: clock.clone(),
        carrier: Arc::new(DiesOnce { files: Files::new(&outbox, "noreply@example.gov.cn").unwrap(), dead: AtomicBool::new(false) }),
        entropy: Arc::new(SeededEntropy::new(5)),
        names: Arc::new(SeededEntropy::new(6)),
        batch: 256,
    };
    let views = dir.path().join("views");
    let node = Node::start(&ground, &views).await;
    node.application.adopt_rulebook(&clerk(Uuid::from_u128(2)), SHIPPED[0].1, "2025-01-01".parse().unwrap(), None).await.unwrap();
    node.sync().await;
    let form = Uuid::from_u128(9);
    node.application.file(&Meta::new(Actor::Citizen, form), form, *file("3K7Q29XDMA6".to_owned())).await.unwrap();
    node.sync().await;
    assert_eq!(node.automation.tick_notices().await.unwrap().owed, 1);
    node.sync().await;
    let automation = node.automation.clone();
    let killed = tokio::spawn(async move { automation.tick_notices().await }).await.unwrap_err();
    assert!(killed.is_panic());
    node.stop().await;

    let names =
        || -> Vec<String> { std::fs::read_dir(&outbox).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect() };
    let notice = NoticeId::of_event(Meta::new(Actor::Citizen, form).event_id(0), "receipt");
    let name = format!("{}.eml", notice.0);
    assert_eq!(names(), [name.as_str()]);
    let before = std::fs::read_to_string(outbox.join(&name)).unwrap();

    let node = Node::start(&ground, &views).await;
    // The claim may belong to somebody alive until it is two minutes old.
    assert_eq!(node.automation.tick_notices().await.unwrap().sent, 0);
    clock.advance(TimeDelta::seconds(domain::notice::CLAIM_SECONDS));
    assert_eq!(node.automation.tick_notices().await.unwrap().sent, 1);
    node.sync().await;
    assert_eq!(node.automation.tick_notices().await.unwrap().sent, 0);
    assert_eq!(names(), [name.as_str()]);
    let after = std::fs::read_to_string(outbox.join(&name)).unwrap();
    assert_eq!(after, before, "the repeat is the same message, byte for byte");
    assert!(after.contains(&format!("Message-ID: <{}@example.gov.cn>", notice.0)));
    let kinds: Vec<String> = ground.wire.log.read_stream(&notice.stream()).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["notice_owed", "notice_claimed", "notice_claimed", "notice_sent"]);
    node.stop().await;
}

/// Cases in hand, and nobody lifts a finger.
pub async fn neglected(seed: u64) -> World {
    let mut world = World::new(seed).await;
    world.post.mend();
    for number in 0..12_u128 {
        let form = Uuid::from_u128(100 + number);
        let file = file(world.node(0).application.ids.number());
        world.send(0, Sent::File(form, file)).await;
        if number % 2 == 0 {
            let command = Command::Dispatch {
                unit: UnitCode::parse("u1").unwrap(),
                level: Level::City,
                entry: String::new(),
                reason: "属该单位职责".to_owned(),
            };
            let meta = Meta::new(staff(Role::Dispatcher, "hot"), Uuid::from_u128(200 + number));
            world.send(1, Sent::Act(meta, CaseId::of_form(form), Box::new(command))).await;
        }
    }
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn given_two_nodes_that_tick_at_the_same_moment_then_nothing_is_done_twice() {
    for seed in 0..4 {
        let mut world = neglected(seed).await;
        for _ in 0..20 {
            world.advance(TimeDelta::hours(11));
            let ticks = [0, 1].map(|index| {
                let automation = world.node(index).automation.clone();
                tokio::spawn(async move {
                    automation.tick_clocks().await.unwrap();
                    automation.tick_notices().await.unwrap();
                })
            });
            for tick in ticks {
                tick.await.unwrap();
            }
            world.sync().await;
        }
        world.work_off().await;
        while let Some(next) = world.node(0).application.projections.views().next_notice().unwrap() {
            let now = world.now();
            world.advance((next - now).max(TimeDelta::seconds(1)));
            world.work_off().await;
        }
        let counted = examine(&world).await;
        assert!(counted.warned >= 12 && counted.broken >= 12, "{counted:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_automation_that_sleeps_for_a_month_then_everything_happened_at_its_instant_all_the_same() {
    let mut often = neglected(0).await;
    for _ in 0..62 {
        often.advance(TimeDelta::hours(12));
        often.work_off().await;
    }
    let mut once = neglected(0).await;
    once.advance(TimeDelta::days(31));
    once.work_off().await;
    let acts = |world: &World, events: Vec<event_log::Envelope>| {
        let mut acts: Vec<(String, String, i64)> = events
            .into_iter()
            .filter(|event| event.actor == "automation:limits")
            .map(|event| (event.stream, event.kind, event.occurred_at))
            .collect();
        acts.sort();
        assert!(acts.len() > 20, "seed {}: {}", world.seed, acts.len());
        acts
    };
    let (often_events, once_events) = (often.events().await, once.events().await);
    assert_eq!(acts(&often, often_events), acts(&once, once_events));
}
