use std::sync::Arc;

use chrono::TimeDelta;
use domain::ids::CaseId;
use domain::rulebook::shipped::SHIPPED;
use domain::time::{Instant, from_micros};
use event_log::{EventLog, MemoryLog, NewEvent};
use projections::Projections;
use uuid::Uuid;
use vault::zones::CaseKey;
use vault::{MasterKey, OsEntropy, Vault};

use super::inside::{Carrier, Reason};
use super::outside::Limits;
use super::parcel::{CaseRecord, Fact, Parcel};
use super::spool::{Folder, Spool};
use super::{Letter, Outside, What};
use crate::actor::{Actor, Meta};
use crate::audit::Audit;
use crate::backoff::Backoff;
use crate::ballot_box::BallotBox;
use crate::clock::{ManualClock, log_now};
use crate::error::Error;
use crate::ids::RandomIds;
use crate::password::Passwords;
use crate::store::Application;

/// A day of 2026, so many minutes later.
fn at(minutes: i64) -> Instant {
    from_micros(1_790_000_000_000_000) + TimeDelta::minutes(minutes)
}

struct World {
    dir: tempfile::TempDir,
    vault: Vault,
    log: Arc<MemoryLog>,
}

impl World {
    fn new() -> Self {
        let vault = Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(OsEntropy));
        Self { dir: tempfile::tempdir().unwrap(), vault, log: log() }
    }

    async fn outside(&self, limits: Limits) -> Outside {
        Outside::open(self.dir.path(), self.vault.outside_key(1), self.log.clone(), Arc::new(OsEntropy), limits).await.unwrap()
    }

    fn spool(&self) -> Spool {
        Spool::open(self.dir.path()).unwrap()
    }

    /// The inner zone, which finds in the same spool what the gate would bring.
    async fn inside(&self) -> Application {
        let data = self.dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let clock = Arc::new(ManualClock::new(at(0)));
        let log = Arc::new(MemoryLog::new(log_now(clock.clone())));
        let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(OsEntropy)));
        let app = Application {
            projections: Projections::start(&data, log.clone(), vault.clone()).await.unwrap(),
            log,
            vault,
            clock,
            ids: Arc::new(RandomIds::new(Arc::new(OsEntropy))),
            ballots: BallotBox::off(Arc::new(OsEntropy)),
            audit: Audit::off(),
            attachments: data.join(crate::attachments::FOLDER),
            passwords: Passwords::new(&OsEntropy).unwrap(),
            sign_ins: Backoff::default(),
            query_codes: Backoff::default(),
        };
        let clerk = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, Uuid::from_u128(1));
        app.adopt_rulebook(&clerk, SHIPPED[0].1, "2025-01-01".parse().unwrap(), None).await.unwrap();
        app.projections.catch_up().await.unwrap();
        app
    }

    async fn carrier(&self) -> Carrier {
        Carrier::take(&self.dir.path().join("data"), false).await.unwrap()
    }

    fn comes(&self, parcel: &Parcel) {
        self.spool().put(Folder::Outward, &parcel.name(), &parcel.signed(&self.vault, 1).unwrap()).unwrap();
    }
}

fn log() -> Arc<MemoryLog> {
    Arc::new(MemoryLog::new(Arc::new(|| 0)))
}

fn letter(n: u128) -> Letter {
    let (number, code) = ("00000000000".to_owned(), "0000000000000000".to_owned());
    Letter { form: Uuid::from_u128(n), at: at(0), what: What::Dispute { number, code, words: "又不亮了".to_owned() } }
}

fn parcel(number: u64, minutes: i64) -> Parcel {
    Parcel { number, as_of: Some(at(minutes)), ..Parcel::default() }
}

fn fact(revision: u64) -> Fact {
    let event = NewEvent {
        id: Uuid::from_u128(u128::from(revision) + 1),
        kind: "unit_registered".to_owned(),
        version: 1,
        occurred_at: 0,
        actor: "inside".to_owned(),
        on_behalf: None,
        cause: None,
        rulebook: None,
        data: b"{}".to_vec(),
        sealed: Vec::new(),
    };
    Fact { stream: "unit-1".to_owned(), revision, event }
}

#[tokio::test]
async fn given_parcels_that_come_late_twice_and_with_gaps_then_the_newest_word_stands_and_the_gap_is_known() {
    let world = World::new();
    let outside = world.outside(Limits::default()).await;
    let key = CaseKey::new("3K7Q29XDMA6", "7H2MQX9K4ZTRC8VN");
    let case = |seq, words: &str| CaseRecord { tag: key.tag(), seq, sealed: key.seal(words.as_bytes(), &OsEntropy) };
    let one = Parcel { cases: vec![case(5, "old")], facts: vec![fact(0)], ..parcel(1, 1) };
    let two = Parcel { facts: vec![fact(1)], ..parcel(2, 2) };
    let three = Parcel { cases: vec![case(9, "new")], facts: vec![fact(2)], ..parcel(3, 3) };
    // what the outside keeps by itself gives way to the inner zone, and never comes over it
    outside.keep(&key, b"own").unwrap();
    assert_eq!(outside.case(&key).unwrap().as_deref(), Some(&b"own"[..]));
    for parcel in [&one, &three] {
        world.comes(parcel);
    }
    let came = outside.receive(at(4)).await.unwrap();
    assert_eq!((came.parcels, came.missing), (2, 1));
    assert_eq!(outside.as_of().unwrap(), Some(at(1)), "while one is missing nobody can say that all is known up to the third");
    assert_eq!(world.log.read_stream("unit-1").await.unwrap().len(), 1, "an event does not come before the one before it");
    assert_eq!(outside.case(&key).unwrap().as_deref(), Some(&b"new"[..]));
    // when the second comes at last and the first once more
    for parcel in [&two, &one] {
        world.comes(parcel);
    }
    let came = outside.receive(at(4)).await.unwrap();
    assert_eq!((came.parcels, came.missing), (2, 0));
    assert_eq!(world.log.read_stream("unit-1").await.unwrap().len(), 3);
    outside.keep(&key, b"own").unwrap();
    assert_eq!(outside.case(&key).unwrap().as_deref(), Some(&b"new"[..]));
    assert_eq!(outside.case(&CaseKey::new("3K7Q29XDMA6", "7H2MQX9K4ZTRC8VP")).unwrap(), None);
    // and a start from the disk knows the same
    drop(outside);
    let world = World { log: log(), ..world };
    let outside = world.outside(Limits::default()).await;
    assert_eq!(world.log.read_stream("unit-1").await.unwrap().len(), 3);
    assert_eq!(outside.case(&key).unwrap().as_deref(), Some(&b"new"[..]));
    // and a series that says everything anew ends the search for what was lost
    world.comes(&parcel(9, 9));
    assert_eq!(outside.receive(at(9)).await.unwrap().missing, 5);
    world.comes(&Parcel { anew: Some(at(10)), ..parcel(10, 10) });
    assert_eq!(outside.receive(at(10)).await.unwrap().missing, 0);
    assert_eq!(outside.as_of().unwrap(), Some(at(10)));
    // and a copy of its first parcel that comes late begins nothing
    for late in [parcel(11, 11), Parcel { anew: Some(at(10)), ..parcel(10, 10) }, parcel(12, 12)] {
        world.comes(&late);
        assert_eq!(outside.receive(at(12)).await.unwrap().missing, 0);
    }
    assert_eq!(outside.as_of().unwrap(), Some(at(12)));
}

#[tokio::test]
async fn given_a_note_when_the_inner_zone_told_more_meanwhile_then_its_word_stands() {
    let world = World::new();
    let outside = world.outside(Limits::default()).await;
    let key = CaseKey::new("3K7Q29XDMA6", "7H2MQX9K4ZTRC8VN");
    assert!(!outside.amend(&key, Some).unwrap(), "nothing is known of it");
    outside.keep(&key, b"own").unwrap();
    assert!(outside.amend(&key, |_| Some(b"noted".to_vec())).unwrap());
    assert_eq!(outside.case(&key).unwrap().as_deref(), Some(&b"noted"[..]));
    let told = CaseRecord { tag: key.tag(), seq: 1, sealed: key.seal(b"told", &OsEntropy) };
    world.comes(&Parcel { cases: vec![told], ..parcel(1, 1) });
    let store = super::store::Store::open(&world.dir.path().join("outside.db")).unwrap();
    let meanwhile = |_| {
        store
            .take(&Parcel { cases: vec![CaseRecord { tag: key.tag(), seq: 1, sealed: key.seal(b"told", &OsEntropy) }], ..parcel(1, 1) })
            .unwrap();
        Some(b"noted again".to_vec())
    };
    assert!(!outside.amend(&key, meanwhile).unwrap());
    assert_eq!(outside.case(&key).unwrap().as_deref(), Some(&b"told"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_rating_that_the_inner_zone_refuses_then_the_page_outside_is_told_once_how_the_case_stands() {
    let world = World::new();
    let (app, outside, spool) = (world.inside().await, world.outside(Limits::default()).await, world.spool());
    // given a case in work of which everything was told
    let file = crate::fixtures::file();
    let number = file.number.clone();
    let form = Uuid::from_u128(2);
    let case = app.file(&Meta::new(Actor::Citizen, form), form, file).await.unwrap().case;
    app.projections.catch_up().await.unwrap();
    let mut carrier = world.carrier().await;
    while let Some(changes) = carrier.changes(&app, &spool).await.unwrap() {
        carrier.put(&app, &spool, changes, 1).unwrap();
    }
    // when it is rated outside all the same, and once with a code that fits nothing
    let rating = |form: u128, code: String| Letter {
        form: Uuid::from_u128(form),
        at: at(0),
        what: What::Rate { number: number.clone(), code, stars: 5, words: String::new() },
    };
    let (rated, stray) = (rating(3, app.code_of(case, &number)), rating(4, "0000000000000000".to_owned()));
    outside.send(&rated).unwrap();
    outside.send(&stray).unwrap();
    let key = app.case_key(case, &number);
    outside.keep(&key, b"in work").unwrap();
    assert!(outside.amend(&key, |_| Some(b"rated".to_vec())).unwrap());
    let mut refused = carrier.carry_in(&app, &spool, 1).await.unwrap().refused;
    refused.sort_by_key(|(_, reason)| *reason == Reason::Unknown);
    assert!(matches!(&refused[..], [(_, Reason::Rules(_)), (_, Reason::Unknown)]), "{refused:?}");
    // then the case is told with the acknowledgements, also by the next process, and then no more
    drop(carrier);
    let mut carrier = world.carrier().await;
    let mut changes = carrier.changes(&app, &spool).await.unwrap().unwrap();
    assert_eq!((&changes.cases[..], changes.parcel.taken.len(), changes.parcel.as_of), (&[case][..], 2, Some(at(0))));
    changes.parcel.cases.push(CaseRecord { tag: key.tag(), seq: 1, sealed: key.seal(b"in work", &OsEntropy) });
    carrier.put(&app, &spool, changes, 1).unwrap();
    assert!(carrier.changes(&app, &spool).await.unwrap().is_none());
    outside.receive(at(1)).await.unwrap();
    assert_eq!((outside.case(&key).unwrap().as_deref(), outside.held()), (Some(&b"in work"[..]), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_wrong_guesses_at_a_number_then_whoever_looks_waits_and_what_could_not_be_looked_up_does_not_count() {
    let app = World::new().inside().await;
    let number = domain::codes::public_number(7);
    let shown = domain::codes::format_public_number(&number);
    let guess = |from: &str, found: Result<Option<()>, Error>| {
        app.guess(&shown, from, |stored| {
            assert_eq!(stored, number);
            found
        })
    };
    for _ in 0..9 {
        assert_eq!(guess("10.0.0.1", Err(Error::Unreadable)), Err(Error::Unreadable));
    }
    assert_eq!(guess("10.0.0.1", Ok(Some(()))), Ok(()));
    for _ in 0..5 {
        assert_eq!(guess("10.0.0.1", Ok(None)), Err(Error::NotFound));
    }
    assert!(matches!(guess("10.0.0.1", Ok(Some(()))), Err(Error::TooManyTries { .. })));
    assert_eq!(guess("10.0.0.2", Ok(Some(()))), Ok(()));
}

#[tokio::test]
async fn given_a_letter_when_nobody_acknowledges_it_then_it_is_put_out_again_until_somebody_does() {
    let world = World::new();
    let limits = Limits { most_held: 2, resend: TimeDelta::minutes(60) };
    let outside = world.outside(limits).await;
    let (spool, one) = (world.spool(), letter(1));
    outside.send(&one).unwrap();
    outside.send(&one).unwrap();
    assert_eq!(outside.held(), 1);
    // the gate took it
    spool.touch(Folder::Held, &one.name(), at(0)).unwrap();
    spool.remove(Folder::Inward, &one.name()).unwrap();
    assert_eq!(outside.resend(at(59)).unwrap(), 0);
    assert_eq!(outside.resend(at(60)).unwrap(), 1);
    assert!(spool.has(Folder::Inward, &one.name()));
    // a full spool takes no more and says so
    outside.send(&letter(2)).unwrap();
    assert_eq!(outside.send(&letter(3)), Err(Error::Unavailable));
    // a start puts out what only was held
    spool.remove(Folder::Inward, &one.name()).unwrap();
    drop(outside);
    let outside = world.outside(limits).await;
    assert_eq!((outside.held(), spool.has(Folder::Inward, &one.name())), (2, true));
    // an acknowledgement frees its place; names that lead elsewhere do nothing
    let taken = vec![one.name(), "../outside.db".to_owned(), "ffffffffffffffffffffffffffffffff.xnin".to_owned()];
    world.comes(&Parcel { taken, ..parcel(1, 1) });
    outside.receive(at(61)).await.unwrap();
    assert_eq!((outside.held(), spool.has(Folder::Inward, &one.name()), spool.has(Folder::Held, &one.name())), (1, false, false));
    outside.send(&letter(3)).unwrap();
    assert!(world.dir.path().join("outside.db").exists());
}

#[tokio::test]
async fn given_a_parcel_that_is_still_written_then_it_waits_and_a_damaged_one_is_put_aside() {
    let world = World::new();
    let outside = world.outside(Limits::default()).await;
    let whole = parcel(1, 1).signed(&world.vault, 1).unwrap();
    let spool = world.spool();
    spool.put(Folder::Outward, "000000000001.xnou", &whole[..whole.len() - 1]).unwrap();
    spool.touch(Folder::Outward, "000000000001.xnou", at(0)).unwrap();
    assert_eq!(outside.receive(at(0)).await.unwrap(), super::outside::Came::default());
    let came = outside.receive(at(2)).await.unwrap();
    assert_eq!(came.refused, [("000000000001.xnou".to_owned(), vault::zones::ZoneError::Damaged)]);
    assert!(spool.has(Folder::Refused, "000000000001.xnou"));
}

#[test]
fn a_letter_has_one_name_and_shows_nothing() {
    let one = letter(1);
    assert_eq!(one.name(), letter(1).name());
    assert_ne!(one.name(), letter(2).name());
    let rating =
        Letter { what: What::Rate { number: String::new(), code: String::new(), stars: 5, words: "谢谢".to_owned() }, ..letter(1) };
    assert!(rating.name() != one.name() && rating.command() != one.command(), "one form may send both");
    assert_eq!(format!("{one:?}"), "Letter { what: \"dispute\", .. }");
    let case = CaseId::of_form(one.form).0.simple().to_string();
    assert!(!one.name().contains(&case[..8]), "who sees the name of a letter does not learn the case");
    let read: Letter = serde_json::from_slice(&serde_json::to_vec(&one).unwrap()).unwrap();
    assert!(read == one);
}
