//! The world of a run: two nodes, a city of four units, and the journal of what was acknowledged.

use std::path::Path;
use std::sync::Arc;

use application::clock::{ManualClock, log_now};
use application::{Actor, Done, Error, Meta, Staff};
use automation::Worked;
use chrono::TimeDelta;
use domain::account::{AccountEvent, AccountOpened, Role, StaffKind};
use domain::case::command::{File, TakeOver};
use domain::case::{CaseEvent, CaseState, Command};
use domain::ids::{AccountId, CaseId, ImportId, UnitCode};
use domain::private::Private;
use domain::rulebook::shipped::SHIPPED;
use domain::time::{Instant, from_micros, micros};
use domain::unit::{Level, Nature, UnitEntry};
use event_log::{Append, Cursor, Envelope, EventLog, Expected, MemoryLog, NewEvent};
use tempfile::TempDir;
use uuid::Uuid;
use vault::SeededEntropy;

use crate::chance::Chance;
use crate::node::{Ground, Node};
use crate::post::Post;
use crate::veil::Wire;

pub const UNITS: [(&str, Level); 3] = [("u1", Level::City), ("u2", Level::County), ("u3", Level::Township)];
/// Of a hundred deliveries so many go wrong while the history runs.
const TROUBLE: usize = 25;

/// A command as it was sent, to be sent again.
#[derive(Clone)]
pub enum Sent {
    File(Uuid, Box<File>),
    Act(Meta, CaseId, Box<Command>),
    Row(Meta, Box<TakeOver>),
}

pub struct World {
    pub seed: u64,
    pub chance: Chance,
    pub ground: Ground,
    pub nodes: [Option<Node>; 2],
    pub post: Arc<Post>,
    pub cases: Vec<CaseId>,
    /// How far each row of the source has come.
    pub rows: Vec<(CaseId, u8)>,
    pub last: Option<Sent>,
    /// Ids of events whose command was acknowledged, with their streams.
    pub journal: Vec<(String, Uuid)>,
    pub ticks_skipped: usize,
    pub crashes: usize,
    dir: TempDir,
}

pub fn at(text: &str) -> Instant {
    format!("{text}+08:00").parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().to_utc()
}

pub fn clerk(command: Uuid) -> Meta {
    Meta::new(Actor::CommandLine { name: "clerk".to_owned(), user: "sim".to_owned() }, command)
}

pub fn staff(role: Role, unit: &str) -> Actor {
    let account = AccountId(Uuid::new_v5(&Uuid::nil(), format!("{unit}/{}", role.code()).as_bytes()));
    Actor::Staff(Staff { account, unit: Some(UnitCode::parse(unit).unwrap()), roles: vec![role], kind: StaffKind::CivilServant })
}

impl World {
    pub async fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let clock = Arc::new(ManualClock::new(at("2026-04-27T09:00:00")));
        let wire = Wire::new(MemoryLog::new(log_now(clock.clone())));
        let post = Post::new(seed ^ 0x706f_7374, TROUBLE);
        let batch = chance.pick(&[1, 3, 256]);
        let names = Arc::new(SeededEntropy::new(seed ^ 0x6e61_6d65));
        let ground = Ground { wire, clock, carrier: post.clone(), entropy: Arc::new(SeededEntropy::new(seed)), names, batch };
        let dir = tempfile::tempdir().unwrap();
        let nodes = [Some(Node::start(&ground, &dir.path().join("0")).await), Some(Node::start(&ground, &dir.path().join("1")).await)];
        let mut world = Self {
            seed,
            chance,
            ground,
            nodes,
            post,
            cases: Vec::new(),
            rows: Vec::new(),
            last: None,
            journal: Vec::new(),
            ticks_skipped: 0,
            crashes: 0,
            dir,
        };
        world.found_the_city().await;
        world
    }

    async fn found_the_city(&mut self) {
        let application = self.node(0).application.clone();
        let unit = |code: &str, level, hotline| UnitEntry {
            code: UnitCode::parse(code).unwrap(),
            name: format!("{code} 局"),
            parent: None,
            level,
            nature: Nature::Accountable,
            division: None,
            hotline,
            since: "2020-01-01".parse().unwrap(),
        };
        application.register_unit(&clerk(Uuid::from_u128(1)), &unit("hot", Level::City, true)).await.unwrap();
        for (code, level) in UNITS {
            application.register_unit(&clerk(Uuid::from_u128(1)), &unit(code, level, false)).await.unwrap();
            // u1 has two liaisons, u2 one, u3 none but a head.
            let people: &[(u8, Role)] = match code {
                "u1" => &[(1, Role::Liaison), (2, Role::Liaison)],
                "u2" => &[(1, Role::Liaison)],
                _ => &[(1, Role::Head)],
            };
            for (number, role) in people {
                self.open_account(&format!("{code}.{number}"), code, *role).await;
            }
        }
        let from = "2025-01-01".parse().unwrap();
        application.adopt_rulebook(&clerk(Uuid::from_u128(2)), SHIPPED[0].1, from, None).await.unwrap();
        drop(application);
        self.sync().await;
    }

    /// Without the password: hashing it takes long and has nothing to do with limits.
    pub async fn open_account(&self, login: &str, unit: &str, role: Role) {
        let id = application::accounts::account_of_login(login);
        let event: AccountEvent = AccountOpened {
            login: login.to_owned(),
            name: Private::new("某人".to_owned()),
            phone: None,
            email: Some(Private::new(format!("{login}@example.gov.cn"))),
            unit: Some(UnitCode::parse(unit).unwrap()),
            staff: StaffKind::CivilServant,
            roles: vec![role],
        }
        .into();
        let (stream, vault) = (id.stream(), self.ground.vault());
        let mut keyring = vault.keyring(&stream, Vec::new()).unwrap();
        let event_id = Uuid::new_v5(&id.0, b"opened");
        let (data, sealed) = vault.seal(&mut keyring, &stream, event_id, event.kind(), event.to_json().unwrap()).unwrap();
        let new = NewEvent {
            id: event_id,
            kind: event.kind().to_owned(),
            version: event.version(),
            occurred_at: micros(self.now()),
            actor: "cli:clerk@sim".to_owned(),
            on_behalf: None,
            cause: None,
            rulebook: None,
            data,
            sealed,
        };
        let append = Append { stream, expected: Expected::NoStream, events: vec![new], keys: keyring.take_new() };
        self.node(0).veil.append(append).await.unwrap();
    }

    pub fn now(&self) -> Instant {
        use domain::time::Clock;
        self.ground.clock.now()
    }

    pub fn advance(&self, by: TimeDelta) {
        self.ground.clock.advance(by);
    }

    pub fn node(&self, index: usize) -> &Node {
        self.nodes[index].as_ref().unwrap()
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub async fn sync(&self) {
        for node in self.nodes.iter().flatten() {
            node.sync().await;
        }
    }

    pub async fn head(&self) -> u64 {
        self.ground.wire.log.head().await.unwrap().size
    }

    pub async fn events(&self) -> Vec<Envelope> {
        self.ground.wire.log.read_all(&Cursor::default(), usize::MAX).await.unwrap().events
    }

    pub async fn state(&self, case: CaseId) -> CaseState {
        let mut state = CaseState::default();
        for envelope in self.ground.wire.log.read_stream(&case.stream()).await.unwrap() {
            let event = CaseEvent::from_slice(&envelope.kind, envelope.version, &envelope.data).unwrap();
            domain::case::state::apply(&mut state, from_micros(envelope.occurred_at), &event);
        }
        state
    }

    /// Sends a command through a node. What the rules refuse is fine; what the house cannot do is not.
    pub async fn send(&mut self, node: usize, sent: Sent) -> Option<Done> {
        self.last = Some(sent.clone());
        let application = self.node(node).application.clone();
        let (stream, meta, outcome) = match sent {
            Sent::File(form, file) => {
                let case = CaseId::of_form(form);
                let before = self.head().await;
                let meta = Meta::new(Actor::Citizen, form);
                let outcome = application.file(&meta, form, *file).await;
                let new = self.head().await - before;
                if outcome.is_ok() && !self.cases.contains(&case) {
                    self.cases.push(case);
                }
                (case.stream(), meta, outcome.map(|filed| Done { events: new as usize, seq: filed.seq, revision: 0 }))
            }
            Sent::Act(meta, case, command) => {
                let outcome = application.on_case(&meta, case, &command).await;
                (case.stream(), meta, outcome)
            }
            Sent::Row(meta, row) => {
                let case = CaseId::of_external(&row.source, &row.external_id);
                let command = Uuid::new_v5(&case.0, format!("{}/{}", meta.command, row.fingerprint).as_bytes());
                let outcome = application.take_over(&meta, *row).await;
                if outcome.is_ok() && !self.cases.contains(&case) {
                    self.cases.push(case);
                }
                (case.stream(), Meta { command, ..meta }, outcome)
            }
        };
        drop(application);
        self.sync().await;
        match outcome {
            Ok(done) => {
                self.journal.extend((0..done.events).map(|index| (stream.clone(), meta.event_id(index))));
                Some(done)
            }
            Err(Error::Case(_) | Error::Person(_) | Error::Clash { .. } | Error::Forbidden | Error::NotFound) => None,
            Err(other) => panic!("seed {}: the house failed: {other:?}", self.seed),
        }
    }

    pub fn import_actor(&self) -> Actor {
        Actor::Import(ImportId(Uuid::from_u128(77)))
    }

    /// Lets the automation of a node do one round. A carrier may kill the node: then it starts anew from its files.
    pub async fn tick(&mut self, index: usize) -> Worked {
        self.sync().await;
        let before = self.head().await;
        let (automation, drawn) = {
            let node = self.node(index);
            (node.automation.clone(), node.veil.is_drawn() && !node.veil.is_unknowing())
        };
        let behind = drawn && self.node(index).veil.reachable().await < before;
        let clocks = automation.tick_clocks().await.unwrap();
        if behind {
            assert!(clocks.lag > 0, "seed {}: a node that knows that its views are old must not act", self.seed);
            assert_eq!(self.head().await, before, "seed {}", self.seed);
        }
        self.sync().await;
        let notices = tokio::spawn(async move { automation.tick_notices().await }).await;
        let worked = match notices {
            Ok(worked) => worked.unwrap(),
            Err(died) => {
                assert!(died.is_panic());
                self.restart(index, false).await;
                Worked { failed: 1, ..Worked::default() }
            }
        };
        self.ticks_skipped += usize::from(clocks.lag > 0);
        self.sync().await;
        Worked { acts: clocks.acts, recomputed: clocks.recomputed, lag: clocks.lag, ..worked }
    }

    /// The node dies and starts again, from its files or from nothing.
    pub async fn restart(&mut self, index: usize, from_nothing: bool) {
        self.crashes += 1;
        let node = self.nodes[index].take().unwrap();
        let dir = node.dir.clone();
        node.stop().await;
        if from_nothing {
            std::fs::remove_dir_all(&dir).unwrap();
        }
        self.nodes[index] = Some(Node::start(&self.ground, &dir).await);
    }

    /// Both nodes do what is due until nothing is left for now.
    pub async fn work_off(&mut self) {
        for round in 0.. {
            assert!(round < 5_000, "seed {}: automation does not come to rest", self.seed);
            let first = self.tick(0).await;
            let second = self.tick(1).await;
            if !first.any() && !second.any() {
                return;
            }
        }
    }
}
