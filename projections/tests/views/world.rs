//! A memory log with a clock that is set by hand, and short words for events.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::account::{AccountOpened, PasswordSet, Role, StaffKind};
use domain::case::event::{
    Accepted, Answered, Approved, Archived, Assigned, CalledBack, Contacted, Demand, Dispatched, Ending, External, Filed, LimitBreached,
    Means, Outcome, OutcomeAsserted, Passed, Petitioner, Reply, Signed,
};
use domain::case::{CaseEvent, ClockKind, ClockSet, Frozen, Holder};
use domain::event::Event;
use domain::ids::{AccountId, CaseId, UnitCode};
use domain::limit::Limit;
use domain::private::Private;
use domain::rulebook::{Measure, RulebookAdopted, shipped::SHIPPED};
use domain::time::{Instant, from_micros};
use domain::unit::{Level, Nature, UnitRegistered};
use event_log::{Append, EventLog, Expected, MemoryLog, NewEvent};
use projections::{Bucket, HolderKey, Projections, Sort, WorklistFilter, WorklistQuery};
use uuid::Uuid;
use vault::{MasterKey, SeededEntropy, Vault};

pub const MINUTE: i64 = 60_000_000;
pub const DAY: i64 = 24 * 60 * MINUTE;
/// 2026-03-02 09:00 +08:00.
pub const START: i64 = 1_772_413_200_000_000;

pub struct World {
    pub log: Arc<MemoryLog>,
    pub vault: Arc<Vault>,
    now: Arc<AtomicI64>,
    ids: AtomicU64,
}

pub fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

pub fn case(n: u128) -> CaseId {
    CaseId(Uuid::from_u128(n))
}

pub fn at(micros: i64) -> Instant {
    from_micros(micros)
}

impl World {
    pub fn new() -> Self {
        let now = Arc::new(AtomicI64::new(START));
        let clock = now.clone();
        let log = Arc::new(MemoryLog::new(Arc::new(move || clock.load(Ordering::Relaxed))));
        let vault = Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(SeededEntropy::new(1)));
        Self { log, vault: Arc::new(vault), now, ids: AtomicU64::new(1) }
    }

    pub fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    pub fn pass(&self, micros: i64) {
        self.now.fetch_add(micros, Ordering::Relaxed);
    }

    /// Appends events to a stream, sealed, happened now. The answer is the last `seq`.
    pub async fn append(&self, stream: &str, events: impl IntoIterator<Item = impl Into<Event>>) -> u64 {
        let before = self.log.read_stream(stream).await.unwrap();
        let expected = before.last().map_or(Expected::NoStream, |last| Expected::Exact(last.revision));
        let mut ring = self.vault.keyring(stream, self.log.keys_of(stream).await.unwrap()).unwrap();
        let events = events
            .into_iter()
            .map(|event| {
                let event: Event = event.into();
                let id = Uuid::from_u128(0x1_0000_0000 + u128::from(self.ids.fetch_add(1, Ordering::Relaxed)));
                let (data, sealed) = self.vault.seal(&mut ring, stream, id, event.kind(), event.to_json().unwrap()).unwrap();
                NewEvent {
                    id,
                    kind: event.kind().to_owned(),
                    version: event.version(),
                    occurred_at: self.now(),
                    actor: "test".to_owned(),
                    on_behalf: None,
                    cause: None,
                    rulebook: None,
                    data,
                    sealed,
                }
            })
            .collect();
        let append = Append { stream: stream.to_owned(), expected, events, keys: ring.take_new() };
        self.log.append(append).await.unwrap().last_seq
    }

    /// An event that no program of ours writes.
    pub async fn poison(&self, stream: &str, kind: &str) -> (u64, Uuid) {
        let id = Uuid::from_u128(0xbad);
        let event = NewEvent {
            id,
            kind: kind.to_owned(),
            version: 1,
            occurred_at: self.now(),
            actor: "test".to_owned(),
            on_behalf: None,
            cause: None,
            rulebook: None,
            data: b"{}".to_vec(),
            sealed: Vec::new(),
        };
        let append = Append { stream: stream.to_owned(), expected: Expected::NoStream, events: vec![event], keys: Vec::new() };
        (self.log.append(append).await.unwrap().last_seq, id)
    }

    pub async fn case(&self, id: CaseId, events: impl IntoIterator<Item = CaseEvent>) -> u64 {
        self.append(&id.stream(), events).await
    }

    /// A city `C` over the county `K` over the townships `T1` and `T2`; a second county `L`.
    pub async fn city(&self) {
        for (code, parent, level) in [
            ("C", None, Level::City),
            ("K", Some("C"), Level::County),
            ("L", Some("C"), Level::County),
            ("T1", Some("K"), Level::Township),
            ("T2", Some("K"), Level::Township),
        ] {
            let registered = UnitRegistered {
                code: unit(code),
                name: format!("单位{code}"),
                parent: parent.map(unit),
                level,
                nature: Nature::Accountable,
                division: None,
                hotline: code == "C",
                since: domain::time::legal_day(at(START)),
            };
            self.append(&unit(code).stream(), [domain::unit::UnitEvent::from(registered)]).await;
        }
        let (_, text) = SHIPPED[0];
        let adopted = RulebookAdopted {
            id: "generic".to_owned(),
            version: "2026.1".to_owned(),
            text: text.to_owned(),
            from: domain::time::legal_day(at(START)),
            until: None,
        };
        self.append("rulebook-generic", [domain::rulebook::RuleEvent::from(adopted)]).await;
    }

    pub async fn account(&self, id: AccountId, login: &str, name: &str) -> u64 {
        let opened = AccountOpened {
            login: login.to_owned(),
            name: Private::new(name.to_owned()),
            phone: None,
            email: None,
            unit: Some(unit("T1")),
            staff: StaffKind::CivilServant,
            roles: vec![Role::Handler, Role::Liaison],
        };
        let set = PasswordSet { hash: Private::new("hash".to_owned()), must_change: true };
        self.append(&id.stream(), [domain::account::AccountEvent::from(opened), set.into()]).await
    }

    pub async fn start(&self, dir: &Path) -> Projections {
        Projections::start(dir, self.log.clone(), self.vault.clone()).await.unwrap()
    }

    pub async fn started(&self, dir: &Path) -> Projections {
        let running = self.start(dir).await;
        running.catch_up().await.unwrap();
        running
    }

    pub fn filed(&self, n: u128) -> Filed {
        Filed {
            number: number(n),
            class: "complaint".to_owned(),
            wrongdoing: false,
            channel: "phone".to_owned(),
            urgency: "ordinary".to_owned(),
            division: "330502001".to_owned(),
            category: Vec::new(),
            demand: Private::new(Demand {
                title: format!("路灯不亮{n}"),
                words: "夜间施工噪声扰民".to_owned(),
                wish: String::new(),
                place: String::new(),
            }),
            petitioner: Some(Private::new(Petitioner { name: "王女士".to_owned(), phone: format!("139{n:08}"), email: String::new() })),
            agent: None,
            confidential: false,
            publish: true,
            notice: "1".to_owned(),
            external: None,
            frozen: Some(self.frozen(&[(ClockKind::Accept, 1), (ClockKind::Promise, 20)])),
        }
    }

    pub fn imported(&self, n: u128) -> Filed {
        let external = External { source: "feed".to_owned(), id: format!("X{n}"), fingerprint: "0".to_owned() };
        Filed { external: Some(external), frozen: None, ..self.filed(n) }
    }

    pub fn frozen(&self, clocks: &[(ClockKind, i64)]) -> Frozen {
        let clocks = clocks.iter().map(|(clock, days)| ClockSet {
            clock: *clock,
            limit: Limit::CalendarDays(u16::try_from(*days).unwrap()),
            due: at(self.now() + days * DAY),
            warn_at: Some(at(self.now() + days * DAY * 4 / 5)),
            provisional: false,
        });
        Frozen { from: at(self.now()), calendar: "cal-1".to_owned(), rulebook: "generic@2026.1".to_owned(), clocks: clocks.collect() }
    }

    pub fn dispatched(&self, to: &str) -> CaseEvent {
        let clocks = [(ClockKind::Total, 7), (ClockKind::Sign, 1), (ClockKind::Contact, 2), (ClockKind::Handle, 5)];
        Dispatched {
            unit: unit(to),
            level: Level::Township,
            entry: String::new(),
            reason: Private::new("归口".to_owned()),
            frozen: self.frozen(&clocks),
        }
        .into()
    }

    /// Filed, accepted, dispatched.
    pub async fn given_to(&self, n: u128, to: &str) -> u64 {
        self.case(case(n), [self.filed(n).into(), Accepted {}.into()]).await;
        self.pass(MINUTE);
        self.case(case(n), [self.dispatched(to)]).await
    }

    /// Goes on to the archive, satisfied or not.
    pub async fn finish(&self, n: u128, satisfied: bool) -> u64 {
        self.pass(MINUTE);
        let words = || Private::new("已处理".to_owned());
        let reply = Reply { contacted: true, solved: satisfied, grade: "satisfied".to_owned(), satisfied };
        self.case(
            case(n),
            [
                Signed {}.into(),
                Assigned { section: "市政科".to_owned(), handler: Some(AccountId(Uuid::from_u128(77))) }.into(),
                Contacted { means: Means::Phone, reached: true, note: words() }.into(),
                Answered { answer: words(), outcome: Outcome::Solved }.into(),
                Approved { frozen: self.frozen(&[(ClockKind::Review, 1)]) }.into(),
                Passed { frozen: Some(self.frozen(&[(ClockKind::CallBack, 3)])) }.into(),
                CalledBack { attempt: 1, reply: Some(reply), note: words(), first_counts: false }.into(),
                Archived { ending: Ending::Satisfied }.into(),
            ],
        )
        .await
    }

    pub fn breach(&self, kind: ClockKind, of: &str) -> CaseEvent {
        LimitBreached { clock: kind, round: 1, holder: Holder::Unit(unit(of)), consumed: Vec::new() }.into()
    }

    pub fn asserted(&self, of: &str, value: bool) -> CaseEvent {
        OutcomeAsserted { measure: Measure::Answered, unit: Some(unit(of)), value, provenance: "feed row 1".to_owned() }.into()
    }
}

pub fn number(n: u128) -> String {
    format!("{:08}", (n * 48_271) % 100_000_000)
}

pub fn list(holder: HolderKey, bucket: Bucket) -> WorklistQuery {
    WorklistQuery { holder, bucket, sort: Sort::Due, filter: WorklistFilter::default(), at: projections::At::First, limit: 50 }
}

pub const LONG: Duration = Duration::from_secs(60);
