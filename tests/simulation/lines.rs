//! All lines together: orders, matters, checks, rectifications, complaints, the year, campaigns, cards and levels in one history.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::notice::NoticeStage;
use event_log::Envelope;

use crate::histories::{asked, first_difference};
use crate::ledger::Broken;
use crate::office::{Office, Tally};
use crate::oracle::same_views;

/// Steps of one history.
const STEPS: usize = 220;
/// What the clock records of itself.
const OF_THE_CLOCK: [&str; 8] = [
    "order_overdue",
    "task_overdue",
    "rectification_overdue",
    "inspection_missed",
    "inspection_unanswered",
    "investigation_overdue",
    "assessed_objections_closed",
    "card_lapsed",
];

/// What came of many histories.
#[derive(Debug, Default)]
struct Sum {
    seeds: usize,
    events: usize,
    crashes: usize,
    marks: usize,
    finals: usize,
    rectifications: usize,
    ballots: usize,
    votes: usize,
    raised: usize,
    cards: usize,
    /// Notices of duties.
    told: usize,
    office: Tally,
    clock: BTreeMap<String, usize>,
}

impl Office {
    async fn step_of_lines(&mut self) {
        match self.chance.below(100) {
            0..56 => self.day().await,
            56..70 if self.everything => self.world.step().await,
            56..78 => self.let_some_time_pass(),
            78..86 => {
                let node = self.chance.below(2);
                self.tick(node).await;
            }
            86..90 => self.dying_tick().await,
            90..95 => self.say_again().await,
            95..97 => {
                let (node, from_nothing) = (self.chance.below(2), self.chance.in_hundred(40));
                self.restart(node, from_nothing).await;
            }
            _ => {
                let node = self.chance.below(2);
                let veil = self.node(node).veil.clone();
                let unknowing = self.chance.in_hundred(60);
                if veil.is_drawn() { veil.lift().await } else { veil.draw(unknowing).await }
            }
        }
        self.sync().await;
    }

    fn let_some_time_pass(&mut self) {
        let hours = match self.chance.below(10) {
            0..5 => self.chance.below(8),
            5..9 => self.chance.below(40),
            _ => self.chance.below(24 * 9),
        };
        let odd = self.chance.below(60_000_000) as i64;
        self.advance(TimeDelta::hours(hours as i64) + TimeDelta::microseconds(odd));
    }

    /// Everybody sees everything, and the clock runs until no notice waits and nothing is owed.
    async fn come_to_rest(&mut self) {
        for index in 0..2 {
            self.node(index).veil.lift().await;
            self.restart(index, false).await;
        }
        self.post.mend();
        if self.everything {
            self.close_polls().await;
        }
        self.finish_years().await;
        for index in 0..2 {
            self.node(index).veil.lift().await;
        }
        self.advance(TimeDelta::days(12));
        for hop in 0.. {
            assert!(hop < 400, "seed {}: notices come to no end", self.seed);
            self.work_off().await;
            let views = self.node(0).application.projections.views();
            let waiting = views.count_notices(NoticeStage::Waiting).unwrap() + views.count_notices(NoticeStage::Claimed).unwrap();
            let Some(next) = views.next_notice().unwrap().filter(|_| waiting > 0) else { return };
            let now = self.now();
            self.advance((next - now).max(TimeDelta::minutes(30)));
        }
    }
}

async fn history(seed: u64, everything: bool) -> Office {
    let mut office = Office::new(seed, everything).await;
    for _ in 0..STEPS {
        office.step_of_lines().await;
    }
    office.come_to_rest().await;
    office
}

/// All oracles.
async fn examine(office: &Office, sum: &mut Sum) {
    let cases = crate::oracle::examine(&office.world).await;
    let (levels, _) = crate::escalations::examine(&office.world).await;
    let events = office.events().await;
    let Broken(broken) = crate::ledger::examine(office.seed, office.now(), &events);
    for (kind, n) in broken {
        *sum.clock.entry(kind).or_default() += n;
    }
    sum.marks += crate::marks::examine(office, &events);
    sum.finals += crate::marks::examine_years(office, &events).await;
    sum.ballots += office.examine_polls().await;
    sum.votes += office.polls.iter().map(|poll| poll.votes).sum::<usize>();
    same_views(&office.world).await;
    sum.rectifications += office.rectifications.len();
    sum.seeds += 1;
    sum.events += events.len();
    sum.crashes += office.crashes;
    sum.cards += cases.cards;
    sum.told += cases.told;
    sum.raised += levels.red + levels.rehandled + levels.timed_out + levels.tracked;
    let tally = office.tally;
    sum.office.sent += tally.sent;
    sum.office.done += tally.done;
    sum.office.refused += tally.refused;
    sum.office.forbidden += tally.forbidden;
    sum.office.cut += tally.cut;
    sum.office.repeated += tally.repeated;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_every_line_does_each_thing_once_and_at_its_instant() {
    let seeds = match asked("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let from = asked("SIMULATION_FROM").unwrap_or(0);
            from..from + asked("SIMULATION_RUNS").unwrap_or(7)
        }
    };
    let count = seeds.clone().count();
    let (few, many) = (count < 7, count >= 20);
    let mut sum = Sum::default();
    for seed in seeds {
        println!("seed {seed}");
        examine(&history(5_000 + seed, true).await, &mut sum).await;
    }
    println!("{sum:?}");
    // Histories in which nothing happens would prove nothing.
    assert_eq!(sum.ballots, sum.votes);
    let everything = [sum.told, sum.marks, sum.finals, sum.ballots, sum.cards, sum.office.forbidden, sum.office.cut, sum.office.repeated];
    assert!(few || everything.iter().all(|count| *count > 0), "{sum:?}");
    assert!(!many || sum.raised > 0, "{sum:?}");
    assert!(few || OF_THE_CLOCK.iter().all(|kind| sum.clock.contains_key(*kind)), "{sum:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_gives_the_same_log_on_every_line() {
    for seed in [6_001] {
        let (one, other) = (history(seed, true).await.events().await, history(seed, true).await.events().await);
        assert!(one.len() > 100, "seed {seed} gives {} events", one.len());
        assert_eq!(first_difference(&one, &other), None, "seed {seed}");
    }
}

/// What the clock recorded: stream, kind, instant and content.
fn of_the_clock(events: &[Envelope]) -> Vec<(String, String, i64, Vec<u8>)> {
    let own = events.iter().filter(|event| OF_THE_CLOCK.contains(&event.kind.as_str()));
    let mut all: Vec<_> = own.map(|event| (event.stream.clone(), event.kind.clone(), event.occurred_at, event.data.to_vec())).collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_the_same_commands_when_other_processes_die_at_other_times_then_the_clock_records_the_same() {
    for seed in 7_000..7_000 + asked("SIMULATION_RUNS").unwrap_or(2) {
        let first = history(seed, false).await;
        let mut other = Office::new(seed ^ 0x006f_7468_6572, false).await;
        let script = first.script.clone();
        for line in &script {
            // Until the instant of the command other things happen to the processes than the first time.
            for _ in 0..other.chance.below(4) {
                let left = line.at - other.now();
                let part = other.chance.below(100) as i32;
                other.advance(left * part / 100);
                match other.chance.below(6) {
                    0 | 1 => {
                        let node = other.chance.below(2);
                        other.tick(node).await;
                    }
                    2 => other.dying_tick().await,
                    3 => {
                        let node = other.chance.below(2);
                        other.restart(node, false).await;
                    }
                    _ => {}
                }
            }
            let now = other.now();
            other.advance(line.at - now);
            other.send_line(line).await;
        }
        let now = other.now();
        other.advance(first.now() - now);
        other.work_off().await;
        let (one, two) = (first.events().await, other.events().await);
        assert!(of_the_clock(&one).len() > 5, "seed {seed}: {} records of the clock", of_the_clock(&one).len());
        assert_eq!(of_the_clock(&one), of_the_clock(&two), "seed {seed}");
        // And what people did is the same too, but for what chance drew; notices go out when a process is there to send them.
        let outline = |events: &[Envelope]| {
            let people = events.iter().filter(|event| !event.stream.starts_with("notice-"));
            let mut all: Vec<_> = people.map(|event| (event.stream.clone(), event.kind.clone(), event.occurred_at)).collect();
            all.sort();
            all
        };
        assert_eq!(outline(&one), outline(&two), "seed {seed}");
        assert_eq!(first.tally.done, other.tally.done, "seed {seed}");
        assert!(other.tally.done > 20, "seed {seed}: {:?}", other.tally);
    }
}
