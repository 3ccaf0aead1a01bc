//! Escalated matters: each trigger once, each step at its instant, whatever crashes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::case::{CaseEvent, CaseState};
use domain::escalation::{Entry, Escalation, EscalationEvent, Member, out_of_step};
use domain::folded::Folded;
use domain::ids::CaseId;
use domain::time::{Instant, from_micros};

use crate::focused::neglected;
use crate::histories::history;
use crate::world::World;

/// What happened to all matters.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counted {
    pub red: usize,
    pub rehandled: usize,
    pub timed_out: usize,
    pub tracked: usize,
    pub answered: usize,
    pub resolved: usize,
}

/// Folds the log by itself and examines every step.
pub async fn examine(world: &World) -> (Counted, BTreeMap<String, Escalation>) {
    let seed = world.seed;
    let (mut counted, now) = (Counted::default(), world.now());
    let mut matters: BTreeMap<String, Escalation> = BTreeMap::new();
    let mut cases: BTreeMap<CaseId, CaseState> = BTreeMap::new();
    let mut seen: BTreeSet<(CaseId, String)> = BTreeSet::new();
    for envelope in world.events().await {
        let at: Instant = from_micros(envelope.occurred_at);
        if let Some(id) = CaseId::from_stream(&envelope.stream) {
            let event = CaseEvent::from_slice(&envelope.kind, envelope.version, &envelope.data).unwrap();
            let before = cases.remove(&id).unwrap_or_default();
            cases.insert(id, domain::case::state::evolve(before, at, &event));
        }
        if !envelope.stream.starts_with("escalation-") {
            continue;
        }
        let name = format!("seed {seed}: {} of {}", envelope.kind, envelope.stream);
        let event = EscalationEvent::from_slice(&envelope.kind, envelope.version, &envelope.data).unwrap();
        let before = matters.remove(&envelope.stream);
        match (&event, &before) {
            (EscalationEvent::Raised(raise), Some(before)) if raise.entry == Entry::TimedOut => {
                assert_eq!((at, raise.level), (before.clock.due, before.level + 1), "{name}");
                assert!(before.runs(), "{name}: its clock stood");
                counted.timed_out += 1;
            }
            (EscalationEvent::Tracked(tracked), Some(before)) => {
                assert_eq!((at, tracked.number, before.level), (before.clock.due, before.tracked + 1, before.top), "{name}");
                counted.tracked += 1;
            }
            (EscalationEvent::Answered(_), _) => counted.answered += 1,
            (EscalationEvent::Resolved(_), _) => counted.resolved += 1,
            _ => {}
        }
        let (EscalationEvent::Raised(raise) | EscalationEvent::Reopened(domain::escalation::Reopened { raise })) = &event else {
            matters.insert(envelope.stream, Escalation::evolve(before, at, &event).unwrap());
            continue;
        };
        match raise.entry {
            Entry::Red => counted.red += 1,
            Entry::Rehandled => counted.rehandled += 1,
            _ => {}
        }
        let after = Escalation::evolve(before, at, &event).unwrap();
        if !raise.trigger.is_empty() {
            assert!(seen.insert((after.cases[0], raise.trigger.clone())), "{name}: {} raised twice", raise.trigger);
            let case = &cases[&after.cases[0]];
            assert!(case.external.is_none(), "{name}: another system's case");
        }
        matters.insert(envelope.stream, after);
    }
    for (name, matter) in &matters {
        let of: Vec<Member> = matter.cases.iter().map(|case| Member::from(&cases[case])).collect();
        assert!(!out_of_step(matter, &of), "seed {seed}: {name} does not follow its cases");
        assert!(matter.next_at().is_none_or(|at| at > now), "seed {seed}: {name} was due at {:?}", matter.next_at());
    }
    (counted, matters)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_each_trigger_raises_once_and_each_step_is_at_its_instant() {
    let mut sum = Counted::default();
    for seed in 2_000..2_006 {
        let mut world = history(seed).await;
        // What was left lying runs up its ladder.
        for _ in 0..30 {
            world.advance(TimeDelta::hours(30));
            world.work_off().await;
        }
        let (counted, _) = examine(&world).await;
        crate::oracle::same_views(&world).await;
        sum.red += counted.red;
        sum.rehandled += counted.rehandled;
        sum.timed_out += counted.timed_out;
        sum.tracked += counted.tracked;
        sum.answered += counted.answered;
        sum.resolved += counted.resolved;
    }
    println!("{sum:?}");
    let everything = [sum.red, sum.timed_out, sum.tracked];
    assert!(everything.iter().all(|count| *count > 0), "{sum:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn given_two_nodes_that_tick_at_the_same_moment_and_crash_then_every_neglected_case_climbs_once() {
    for seed in 0..2 {
        let mut world = neglected(seed).await;
        for hop in 0..150 {
            world.advance(TimeDelta::hours(11));
            let ticks = [0, 1].map(|index| {
                let automation = world.node(index).automation.clone();
                tokio::spawn(async move { automation.tick_clocks().await })
            });
            for tick in ticks {
                tick.await.unwrap().unwrap();
            }
            if hop % 17 == 0 {
                world.restart(hop % 2, hop % 3 == 0).await;
            }
            world.sync().await;
        }
        world.work_off().await;
        let (counted, matters) = examine(&world).await;
        // Six cases with a unit, all of them red at the same instant, and up the ladder together.
        assert_eq!((counted.red, matters.len()), (6, 6), "{counted:?}");
        let ways: BTreeSet<Vec<(u8, Instant)>> =
            matters.values().map(|matter| matter.spans.iter().map(|span| (span.level, span.from)).collect()).collect();
        assert_eq!(ways.len(), 1, "{ways:?}");
        assert_eq!(ways.iter().next().unwrap().iter().map(|(level, _)| *level).collect::<Vec<_>>(), [2, 3, 4]);
        assert!(matters.values().all(|matter| matter.tracked == matters.values().next().unwrap().tracked && matter.tracked > 0));
        crate::oracle::same_views(&world).await;
    }
}
