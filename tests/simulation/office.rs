//! A world with an efficiency office: who is in it, what it has begun, and how its commands are sent through crashes.

use std::ops::{Deref, DerefMut};

use application::{Actor, Error, Meta, inspections};
use domain::account::Role;
use domain::events::Stored;
use domain::folded::Folded;
use domain::ids::{InvestigationId, MatterId, OrderId, UnitCode};
use domain::rulebook::shipped::SHIPPED;
use domain::time::{Instant, from_micros};
use domain::unit::{Level, Nature, UnitEntry};
use event_log::EventLog;
use uuid::Uuid;

use crate::acts::{Act, perform};
use crate::polls::Poll;
use crate::world::{World, clerk};

/// The bodies that are watched over.
pub const BODIES: [&str; 3] = ["a1", "a2", "a3"];
/// Of a hundred commands so many are cut short by the death of their process.
const DEATHS: usize = 12;
/// Findings that the example city knows.
const FINDINGS: &str = "\n[[findings]]\ncode = \"absent\"\nlabel = \"脱岗\"\npoints = \"0.2\"\n[[findings]]\ncode = \"idle\"\nlabel = \"上班时间玩游戏\"\npoints = \"0.5\"\n";

/// A command with its instant, as data.
#[derive(Debug, Clone)]
pub struct Line {
    pub at: Instant,
    pub actor: Actor,
    pub command: Uuid,
    pub act: Act,
    /// By somebody who may not.
    pub forbidden: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    Done,
    Refused,
}

/// What the office did, so that a run that shows nothing is noticed.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub sent: usize,
    pub done: usize,
    pub refused: usize,
    pub forbidden: usize,
    pub cut: usize,
    pub repeated: usize,
}

pub struct Office {
    pub world: World,
    pub orders: Vec<OrderId>,
    pub matters: Vec<MatterId>,
    pub checks: Vec<Uuid>,
    pub rectifications: Vec<Uuid>,
    pub complaints: Vec<InvestigationId>,
    pub years: Vec<i32>,
    pub polls: Vec<Poll>,
    pub script: Vec<Line>,
    pub tally: Tally,
    /// Draws, cards and campaigns too: what cannot be played again in another world, where chance draws otherwise.
    pub everything: bool,
}

impl Deref for Office {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Office {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

pub fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

impl Office {
    pub async fn new(seed: u64, everything: bool) -> Self {
        let mut world = World::new(seed).await;
        let application = world.node(0).application.clone();
        let entry = |code: &str, parent: Option<&str>| UnitEntry {
            code: unit(code),
            name: format!("{code} 局"),
            parent: parent.map(unit),
            level: Level::City,
            nature: Nature::Accountable,
            division: None,
            hotline: false,
            since: "2020-01-01".parse().unwrap(),
        };
        application.register_unit(&clerk(Uuid::from_u128(3)), &entry("gov", None)).await.unwrap();
        world.sync().await;
        application.register_unit(&clerk(Uuid::from_u128(3)), &entry("eff", None)).await.unwrap();
        for code in BODIES {
            application.register_unit(&clerk(Uuid::from_u128(3)), &entry(code, Some("gov"))).await.unwrap();
        }
        for number in 1..=5 {
            world.open_account(&format!("eff.{number}"), "eff", Role::Inspector).await;
        }
        world.open_account("eff.d", "eff", Role::Director).await;
        let rules = SHIPPED[0].1.replacen("version = \"", "version = \"9", 1) + FINDINGS;
        application.adopt_rulebook(&clerk(Uuid::from_u128(4)), &rules, "2025-01-02".parse().unwrap(), None).await.unwrap();
        drop(application);
        world.sync().await;
        // From now on the nodes have ballot boxes of their own.
        for index in 0..2 {
            std::fs::create_dir_all(world.dir().join(format!("{index}.box"))).unwrap();
            world.restart(index, false).await;
        }
        Self {
            world,
            orders: Vec::new(),
            matters: Vec::new(),
            checks: Vec::new(),
            rectifications: Vec::new(),
            complaints: Vec::new(),
            years: Vec::new(),
            polls: Vec::new(),
            script: Vec::new(),
            tally: Tally::default(),
            everything,
        }
    }

    /// A state as the log gives it, private values open: the oracle and chance know everything.
    pub async fn look<S: Folded>(&self, stream: &str) -> Option<S> {
        self.node(0).application.open_supervision::<S>(stream, |_| true).await.ok().map(|opened| opened.state)
    }

    /// Names of streams of a kind, in the order in which they began.
    pub async fn streams(&self, kind: &str) -> Vec<String> {
        let begins = self.events().await.into_iter().filter(|event| event.revision == 0);
        begins.filter(|event| event.stream.starts_with(kind)).map(|event| event.stream).collect()
    }

    /// Somebody does something now. Often the process dies in the middle; then the form is sent again, perhaps to the other.
    pub async fn say(&mut self, actor: Actor, act: Act, forbidden: bool) -> Came {
        let command = self.chance.uuid();
        let line = Line { at: self.now(), actor, command, act, forbidden };
        self.script.push(line.clone());
        self.send_line(&line).await
    }

    pub async fn send_line(&mut self, line: &Line) -> Came {
        self.tally.sent += 1;
        let seed = self.seed;
        for tries in 0.. {
            assert!(tries < 60, "seed {seed}: {line:?} comes to no end");
            let node = if line.act.needs_the_box() { 0 } else { self.chance.below(2) };
            if self.node(node).veil.is_drawn() && (tries > 0 || line.act.counts()) {
                self.node(node).veil.lift().await;
                self.sync().await;
            }
            if self.chance.in_hundred(DEATHS) {
                let (appends, written) = (self.chance.pick(&[0, 0, 0, 1, 2, 4]), self.chance.in_hundred(50));
                self.node(node).veil.light(appends, written);
            }
            let (before, application) = (self.head().await, self.node(node).application.clone());
            let outcome = perform(&application, &Meta::new(line.actor.clone(), line.command), &line.act).await;
            drop(application);
            self.sync().await;
            if self.node(node).veil.is_dead() {
                assert!(outcome.is_err(), "seed {seed}: {line:?} is acknowledged and its process was dead");
                self.tally.cut += 1;
                self.restart(node, false).await;
                // Meanwhile the other one goes on.
                if self.chance.in_hundred(50) {
                    self.tick(1 - node).await;
                }
                continue;
            }
            self.node(node).veil.put_out();
            match outcome {
                Ok(()) => {
                    assert!(!line.forbidden, "seed {seed}: somebody did what he may not: {line:?}");
                    self.tally.done += 1;
                    self.begun(line);
                    return Came::Done;
                }
                Err(Error::Busy) => continue,
                Err(Error::Refused(_) | Error::Forbidden | Error::NotFound | Error::Clash { .. }) => {
                    let changed = self.head().await != before;
                    assert!(!changed || line.act.has_parts(), "seed {seed}: refused, and something was done: {line:?}");
                    self.tally.refused += 1;
                    self.tally.forbidden += usize::from(line.forbidden);
                    return Came::Refused;
                }
                Err(other) => panic!("seed {seed}: the house failed: {other:?} at {line:?}"),
            }
        }
        Came::Refused
    }

    fn begun(&mut self, line: &Line) {
        fn note<T: PartialEq>(list: &mut Vec<T>, one: T) {
            if !list.contains(&one) {
                list.push(one);
            }
        }
        match &line.act {
            Act::IssueOrder(_) => note(&mut self.orders, application::orders::order_of_form(line.command)),
            Act::SetMatter(_) => note(&mut self.matters, application::matters::matter_of_form(line.command)),
            Act::Plan(_) => note(&mut self.checks, inspections::of_form(line.command)),
            Act::Complain(_) => note(&mut self.complaints, InvestigationId::of_form(line.command)),
            Act::OpenYear(year, _) => note(&mut self.years, *year),
            Act::Rectify(inspection, finding, _) => {
                let source = domain::rectification::Source::Finding { inspection: *inspection, finding: *finding };
                note(&mut self.rectifications, source.rectification());
            }
            _ => {}
        }
    }

    /// An earlier command comes once more, much later perhaps: nothing may come of it.
    pub async fn say_again(&mut self) {
        let Some(last) = self.script.len().checked_sub(1) else { return };
        let back = self.script.len().min(6);
        let index = last - self.chance.below(back);
        let line = self.script[index].clone();
        // What was refused then may be possible now.
        let stands = self.events().await.iter().any(|event| event.id == Meta::new(line.actor.clone(), line.command).event_id(0));
        if !stands {
            return;
        }
        let before = self.head().await;
        let node = if line.act.needs_the_box() { 0 } else { self.chance.below(2) };
        let application = self.node(node).application.clone();
        // It may be refused too, when another step was taken since.
        let outcome = perform(&application, &Meta::new(line.actor.clone(), line.command), &line.act).await;
        drop(application);
        self.sync().await;
        assert_eq!(self.head().await, before, "seed {}: {line:?} did something again: {outcome:?}", self.seed);
        self.tally.repeated += 1;
    }

    /// A round of automation that dies in the middle.
    pub async fn dying_tick(&mut self) {
        let node = self.chance.below(2);
        self.sync().await;
        let (appends, written) = (self.chance.below(4), self.chance.in_hundred(50));
        self.node(node).veil.light(appends, written);
        let automation = self.node(node).automation.clone();
        // Whatever it says: it is dead, or it had less to do than it lived for.
        let _ = automation.tick_clocks().await;
        drop(automation);
        self.sync().await;
        if self.node(node).veil.is_dead() {
            self.tally.cut += 1;
            self.restart(node, false).await;
        } else {
            self.node(node).veil.put_out();
        }
    }

    /// The events of a stream with their instants.
    pub async fn read<E: Stored>(&self, stream: &str) -> Vec<(Instant, E)> {
        let envelopes = self.ground.wire.log.read_stream(stream).await.unwrap();
        let event = |e: &event_log::Envelope| (from_micros(e.occurred_at), E::from_slice(&e.kind, e.version, &e.data).unwrap());
        envelopes.iter().map(event).collect()
    }
}
