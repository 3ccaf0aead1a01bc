//! What must hold of every log, whatever happened. Reckons limits and notices by itself, from events alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use domain::case::{CaseEvent, CaseState, ClockKind, Frozen, Holder};
use domain::event::{Event, Subject};
use domain::ids::{CaseId, NoticeId};
use domain::notice::{About, NoticeEvent, NoticeKind, NoticeStage, Recipient};
use domain::time::{Instant, from_micros};
use event_log::{Envelope, EventLog};
use uuid::Uuid;

use crate::post::Arrived;
use crate::supervised::Told;
use crate::world::World;

/// A limit as it was frozen, and what automation did about it.
struct Running {
    kind: ClockKind,
    due: Instant,
    warn_at: Option<Instant>,
    warned: usize,
    broken: usize,
}

#[derive(Default)]
struct Case {
    running: Vec<Running>,
    state: CaseState,
}

/// What the oracle counted, so that a run that shows nothing is noticed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub events: usize,
    pub warned: usize,
    pub broken: usize,
    pub withdrawn: usize,
    pub recomputed: usize,
    pub sent: usize,
    pub dropped: usize,
    pub parked: usize,
    pub erased: usize,
    pub cards: usize,
    pub cards_taken_back: usize,
    pub told: usize,
}

impl std::ops::AddAssign for Counted {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.warned += other.warned;
        self.broken += other.broken;
        self.withdrawn += other.withdrawn;
        self.recomputed += other.recomputed;
        self.sent += other.sent;
        self.dropped += other.dropped;
        self.parked += other.parked;
        self.erased += other.erased;
        self.cards += other.cards;
        self.cards_taken_back += other.cards_taken_back;
        self.told += other.told;
    }
}

struct Notice {
    kind: NoticeKind,
    about: About,
    event: Uuid,
    to: Recipient,
    stage: NoticeStage,
}

/// Examines the log of a world that has come to rest.
pub async fn examine(world: &World) -> Counted {
    let seed = world.seed;
    let events = world.events().await;
    let now = world.now();
    let mut counted = Counted { events: events.len(), ..Counted::default() };
    let mut cases: BTreeMap<CaseId, Case> = BTreeMap::new();
    let mut notices: BTreeMap<NoticeId, Notice> = BTreeMap::new();
    let mut expected: BTreeSet<(Uuid, &'static str)> = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut erased: BTreeMap<CaseId, u64> = BTreeMap::new();
    for envelope in &events {
        assert!(ids.insert(envelope.id), "seed {seed}: the event {} stands twice", envelope.id);
        let event = match Subject::of(&envelope.stream) {
            Some(Subject::Log) => continue,
            _ => Event::from_slice(&envelope.kind, envelope.version, &envelope.data).unwrap(),
        };
        match (Subject::of(&envelope.stream).unwrap(), event) {
            (Subject::Case(id), Event::Case(event)) => {
                let case = cases.entry(id).or_default();
                judge(seed, case, envelope, &event, &mut counted);
                let before = std::mem::take(&mut case.state);
                case.state = domain::case::state::evolve(before, from_micros(envelope.occurred_at), &event);
                expected.extend(owes(&case.state, &event).map(|kind| (envelope.id, kind.code())));
            }
            (Subject::Notice(id), Event::Notice(event)) => follow(seed, &mut notices, id, envelope, event),
            (Subject::Person(_), Event::Person(domain::person::PersonEvent::Erased(e))) => {
                erased.extend(e.cases.into_iter().map(|case| (case, envelope.seq)));
            }
            _ => {}
        }
    }
    for (id, case) in &cases {
        at_rest(seed, *id, &case.state, now);
    }
    (counted.cards, counted.cards_taken_back) = crate::cards::examine(world, cases.iter().map(|(id, case)| (*id, &case.state)), &events);
    let (mut owed, mut told) = (BTreeSet::new(), Told::new());
    for notice in notices.values() {
        let new = match &notice.about {
            About::Case(_) => owed.insert((notice.event, notice.kind.code())),
            About::Duty { task, .. } => told.insert((notice.event, task.clone(), notice.to.holder().unwrap().name())),
        };
        assert!(new, "seed {seed}: a notice is owed twice");
    }
    assert_eq!(owed, expected, "seed {seed}: the notices on record are not those that the events owe");
    assert_eq!(told, crate::supervised::told(&events), "seed {seed}: who was told of duties is not who has them");
    counted.told = told.len();
    post(world, &notices, &mut counted);
    acknowledged(world, &events);
    counted.erased = erased.len();
    for (case, seq) in erased {
        let stream = case.stream();
        let before = |key: [u8; 16]| {
            let of_before = events.iter().filter(|event| event.stream == stream && event.seq < seq);
            of_before.flat_map(|event| &event.sealed).any(|blob| blob.key == key)
        };
        // A case that was reopened while it was erased goes on, and what its office writes then stays.
        let mut left = world.ground.wire.log.keys_of(&stream).await.unwrap();
        left.retain(|key| key.subject != "office" || before(key.id));
        assert!(left.is_empty(), "seed {seed}: an erased case still has {} keys", left.len());
    }
    let report = world.ground.wire.log.verify(&|_, _| {}).await.unwrap();
    assert!(report.faults.is_empty(), "seed {seed}: {:?}", report.faults);
    counted
}

/// Each limit is warned of at most once and broken at most once, at its instant and not before.
fn judge(seed: u64, case: &mut Case, envelope: &Envelope, event: &CaseEvent, counted: &mut Counted) {
    let at = from_micros(envelope.occurred_at);
    let name = |what: &str| format!("seed {seed}: {} of {}: {what}", envelope.kind, envelope.stream);
    let automatic = |running: &Running, instant: Option<Instant>| {
        assert_eq!(Some(at), instant, "{}", name("not at its instant"));
        assert!(envelope.recorded_at >= envelope.occurred_at, "{}", name("recorded before it happened"));
        assert!(running.kind != ClockKind::Promise, "{}", name("a promise is only shown"));
    };
    let latest = |running: &mut Vec<Running>, kind: ClockKind| {
        running.iter().rposition(|one| one.kind == kind).unwrap_or_else(|| panic!("{}", name("no such limit")))
    };
    match event {
        CaseEvent::LimitWarned(e) => {
            let index = latest(&mut case.running, e.clock);
            let one = &mut case.running[index];
            automatic(one, one.warn_at);
            one.warned += 1;
            counted.warned += 1;
            assert_eq!((one.warned, one.broken), (1, 0), "{}", name("warned twice, or after the breach"));
        }
        CaseEvent::LimitBreached(_) | CaseEvent::DeemedReceived(_) => {
            let kind = if let CaseEvent::LimitBreached(e) = event { e.clock } else { ClockKind::Sign };
            let index = latest(&mut case.running, kind);
            let one = &mut case.running[index];
            automatic(one, Some(one.due));
            one.broken += 1;
            counted.broken += 1;
            assert_eq!(one.broken, 1, "{}", name("broken twice"));
        }
        CaseEvent::BreachWithdrawn(e) => {
            // After a send-back the broken limit may not be the latest of its kind.
            let one = case.running.iter_mut().rfind(|one| one.kind == e.clock && one.broken == 1);
            one.unwrap_or_else(|| panic!("{}", name("no breach to withdraw"))).broken = 0;
            counted.withdrawn += 1;
        }
        CaseEvent::DeadlineRecomputed(e) => {
            let index = latest(&mut case.running, e.clock);
            let one = &mut case.running[index];
            assert_eq!(one.due, e.old, "{}", name("computed anew from another due instant"));
            one.due = e.due;
            one.warn_at = e.warn_at;
            counted.recomputed += 1;
        }
        _ => {}
    }
    for set in frozen(event).into_iter().flat_map(|frozen| &frozen.clocks) {
        case.running.push(Running { kind: set.clock, due: set.due, warn_at: set.warn_at, warned: 0, broken: 0 });
    }
}

fn frozen(event: &CaseEvent) -> Option<&Frozen> {
    match event {
        CaseEvent::Filed(e) => e.frozen.as_ref(),
        CaseEvent::Dispatched(e) => Some(&e.frozen),
        CaseEvent::Approved(e) => Some(&e.frozen),
        CaseEvent::SentBack(e) => e.frozen.as_ref(),
        CaseEvent::Passed(e) => e.frozen.as_ref(),
        CaseEvent::Rehandled(e) => Some(&e.frozen),
        CaseEvent::HolderReported(e) => e.frozen.as_ref(),
        _ => None,
    }
}

/// Nothing that is due is left undone, and a limit is broken exactly if it was not kept.
fn at_rest(seed: u64, id: CaseId, case: &CaseState, now: Instant) {
    let left: Vec<_> = case.acts().filter(|(at, ..)| *at <= now).map(|(at, clock, act)| (at, clock.kind, act)).collect();
    assert!(left.is_empty(), "seed {seed}: {} has undone acts {left:?}", id.stream());
    // Of a case that another system holds we learn late, and withdraw.
    for clock in case.clocks.iter().filter(|clock| case.external.is_none() && clock.kind != ClockKind::Promise) {
        let until = clock.ended.unwrap_or(now);
        assert_eq!(
            clock.breached,
            until >= clock.due,
            "seed {seed}: {} {:?} of round {}: due {}, until {until}",
            id.stream(),
            clock.kind,
            clock.round,
            clock.due
        );
    }
}

/// The notice that an event of a case owes, by the list: receipt, answer, dispatch, reminder before due, breach.
fn owes(after: &CaseState, event: &CaseEvent) -> Option<NoticeKind> {
    if after.external.is_some() {
        return None;
    }
    let known = !after.anonymous;
    match event {
        CaseEvent::Filed(_) if known => Some(NoticeKind::Receipt),
        CaseEvent::AnsweredDirectly(_) | CaseEvent::Passed(_) | CaseEvent::Refused(_) if known => Some(NoticeKind::Answer),
        CaseEvent::Dispatched(_) => Some(NoticeKind::Dispatch),
        CaseEvent::Rehandled(_) if after.unit.is_some() => Some(NoticeKind::Dispatch),
        CaseEvent::LimitWarned(e) => {
            let of_unit = matches!(after.clock(e.clock, e.round).map(|clock| &clock.holder), Some(Holder::Unit(_)));
            of_unit.then_some(NoticeKind::Reminder)
        }
        CaseEvent::LimitBreached(e) => matches!(e.holder, Holder::Unit(_)).then_some(NoticeKind::Breach),
        _ => None,
    }
}

fn follow(seed: u64, notices: &mut BTreeMap<NoticeId, Notice>, id: NoticeId, envelope: &Envelope, event: NoticeEvent) {
    if let Some(owed) = event.owed() {
        assert_eq!(id, owed.id(), "seed {seed}");
        let new =
            notices.insert(id, Notice { kind: owed.kind, about: owed.about, event: owed.event, to: owed.to, stage: NoticeStage::Waiting });
        assert!(new.is_none() && envelope.revision == 0, "seed {seed}: {} is owed twice", envelope.stream);
        return;
    }
    let notice = notices.get_mut(&id).unwrap();
    let ended = matches!(notice.stage, NoticeStage::Sent | NoticeStage::Dropped);
    assert!(!ended, "seed {seed}: {} goes on after its end", envelope.stream);
    notice.stage = match event {
        NoticeEvent::Claimed(_) => NoticeStage::Claimed,
        NoticeEvent::Sent(_) => NoticeStage::Sent,
        NoticeEvent::Dropped(_) => NoticeStage::Dropped,
        NoticeEvent::Failed(failed) if failed.retry_at.is_none() => NoticeStage::Parked,
        _ => NoticeStage::Waiting,
    };
}

/// Every notice has come to an end, what counts as sent has arrived, and one notice to one reader has one id.
fn post(world: &World, notices: &BTreeMap<NoticeId, Notice>, counted: &mut Counted) {
    let seed = world.seed;
    let arrived = world.post.arrived();
    let refused: BTreeSet<Uuid> = world.post.refused().into_iter().collect();
    let mut by_id: HashMap<Uuid, Vec<&Arrived>> = HashMap::new();
    for one in &arrived {
        by_id.entry(one.id).or_default().push(one);
    }
    let accounts: Vec<Uuid> = world.node(0).application.reference().accounts().iter().map(|account| account.id.0).collect();
    let mut known: BTreeSet<Uuid> = BTreeSet::new();
    for (id, notice) in notices {
        let messages: Vec<Uuid> = match &notice.to {
            Recipient::Petitioner | Recipient::Account(_) => vec![id.0],
            Recipient::Unit(_) => accounts.iter().map(|account| Uuid::new_v5(&id.0, account.as_bytes())).collect(),
        };
        known.extend(&messages);
        let any_arrived = messages.iter().any(|message| by_id.contains_key(message));
        match notice.stage {
            NoticeStage::Sent => {
                counted.sent += 1;
                assert!(any_arrived, "seed {seed}: {} counts as sent and never arrived", id.stream());
            }
            NoticeStage::Dropped => counted.dropped += 1,
            NoticeStage::Parked => {
                counted.parked += 1;
                assert!(
                    messages.iter().any(|message| refused.contains(message)),
                    "seed {seed}: {} is parked without a refusal",
                    id.stream()
                );
            }
            other => panic!("seed {seed}: {} came to no end: {other:?}", id.stream()),
        }
    }
    for (id, group) in by_id {
        assert!(known.contains(&id), "seed {seed}: a message of no notice: {id}");
        // A repeat is the same message to the same reader.
        assert!(group.iter().all(|one| (&one.to, &one.subject) == (&group[0].to, &group[0].subject)), "seed {seed}: {group:?}");
    }
}

/// Every acknowledged event is there.
fn acknowledged(world: &World, events: &[Envelope]) {
    let there: HashMap<Uuid, &str> = events.iter().map(|event| (event.id, event.stream.as_str())).collect();
    for (stream, id) in &world.journal {
        assert_eq!(there.get(id), Some(&stream.as_str()), "seed {}: an acknowledged event is lost", world.seed);
    }
}

/// Both nodes say the same, and so does a third one that begins from nothing.
pub async fn same_views(world: &World) {
    let seed = world.seed;
    world.sync().await;
    let digests: Vec<String> = world.nodes.iter().flatten().map(|node| projections::digest(&node.dir).unwrap()).collect();
    assert_eq!(digests[0], digests[1], "seed {seed}: the views of the two nodes differ");
    let dir = world.dir().join("rebuilt");
    std::fs::create_dir_all(&dir).unwrap();
    let log: Arc<dyn EventLog> = crate::veil::Veil::new(&world.ground.wire);
    projections::rebuild(&dir, log, Arc::new(world.ground.vault()), false, &|_, _| {}).await.unwrap();
    assert_eq!(projections::digest(&dir).unwrap(), digests[0], "seed {seed}: rebuilt views differ from continued ones");
}
