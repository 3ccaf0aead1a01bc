//! Many seeds, each a history.

use chrono::TimeDelta;
use domain::notice::NoticeStage;
use event_log::Envelope;

use crate::oracle::{Counted, examine, same_views};
use crate::world::World;

/// Steps of one history.
const STEPS: usize = 120;

pub async fn history(seed: u64) -> World {
    let mut world = World::new(seed).await;
    for _ in 0..STEPS {
        world.step().await;
    }
    come_to_rest(&mut world).await;
    world
}

/// Everybody sees everything again, the post works, and the clock runs until no notice waits.
async fn come_to_rest(world: &mut World) {
    for index in 0..2 {
        world.node(index).veil.lift().await;
        world.restart(index, false).await;
    }
    world.post.mend();
    for hop in 0.. {
        assert!(hop < 400, "seed {}: notices come to no end", world.seed);
        world.work_off().await;
        let views = world.node(0).application.projections.views();
        let waiting = views.count_notices(NoticeStage::Waiting).unwrap() + views.count_notices(NoticeStage::Claimed).unwrap();
        let Some(next) = views.next_notice().unwrap().filter(|_| waiting > 0) else { return };
        let now = world.now();
        world.advance((next - now).max(TimeDelta::minutes(30)));
    }
}

pub fn asked(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a person asks for a seed or for more of them")]
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

pub fn first_difference(one: &[Envelope], other: &[Envelope]) -> Option<(usize, String)> {
    let unlike = |a: Option<&Envelope>, b: Option<&Envelope>| match (a, b) {
        (Some(a), Some(b)) => a.clone() != Envelope { recorded_at: a.recorded_at, ..b.clone() },
        _ => true,
    };
    let index = (0..one.len().max(other.len())).find(|index| unlike(one.get(*index), other.get(*index)))?;
    let name = |events: &[Envelope]| events.get(index).map(|event| format!("{} of {} by {}", event.kind, event.stream, event.actor));
    Some((index, format!("{:?} and {:?}", name(one), name(other))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_limits_are_kept_once_and_at_their_instant_and_notices_come_to_an_end() {
    let seeds = match asked("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let from = asked("SIMULATION_FROM").unwrap_or(0);
            from..from + asked("SIMULATION_RUNS").unwrap_or(12)
        }
    };
    let few = seeds.clone().count() < 8;
    let (mut sum, mut skipped, mut crashes) = (Counted::default(), 0, 0);
    for seed in seeds {
        println!("seed {seed}");
        let world = history(seed).await;
        sum += examine(&world).await;
        same_views(&world).await;
        skipped += world.ticks_skipped;
        crashes += world.crashes;
    }
    println!("{sum:?}, {skipped} ticks skipped, {crashes} crashes");
    // Histories in which nothing happens would prove nothing.
    let everything =
        [sum.warned, sum.broken, sum.withdrawn, sum.recomputed, sum.sent, sum.dropped, sum.parked, sum.erased, sum.cards, skipped, crashes];
    assert!(few || everything.iter().all(|count| *count > 0), "{sum:?}, {skipped} ticks skipped, {crashes} crashes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_gives_the_same_log() {
    for seed in [1_001, 1_002, 1_003] {
        let (one, other) = (history(seed).await.events().await, history(seed).await.events().await);
        assert!(one.len() > 100, "seed {seed} gives {} events", one.len());
        assert_eq!(first_difference(&one, &other), None, "seed {seed}");
    }
}
