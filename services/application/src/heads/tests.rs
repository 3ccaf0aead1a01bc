use std::sync::Arc;

use domain::ids::CaseId;
use domain::rulebook::shipped::SHIPPED;
use domain::time::Clock as _;
use event_log::MemoryLog;
use projections::Projections;
use tempfile::TempDir;
use vault::{MasterKey, SeededEntropy, Vault};

use super::check::{HeadFault, Kept, copies, own};
use super::*;
use crate::audit::Audit;
use crate::backoff::Backoff;
use crate::ballot_box::BallotBox;
use crate::clock::{ManualClock, log_now};
use crate::ids::RandomIds;
use crate::password::Passwords;
use crate::receipts::ReceiptFile;

/// One log under a clock, and who looks at it.
struct House {
    clock: Arc<ManualClock>,
    log: Arc<MemoryLog>,
    dirs: Vec<TempDir>,
}

fn at(text: &str) -> Instant {
    DateTime::parse_from_rfc3339(&format!("{text}+08:00")).unwrap().to_utc()
}

fn clerk() -> Meta {
    Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, Uuid::from_u128(1))
}

fn automation() -> Actor {
    Actor::Automation("heads")
}

impl House {
    /// Founded on 2026-05-06 at 10:00.
    async fn founded() -> Self {
        let clock = Arc::new(ManualClock::new(at("2026-05-06T10:00:00")));
        let log = Arc::new(MemoryLog::new(log_now(clock.clone())));
        let house = Self { clock, log, dirs: Vec::new() };
        crate::founding::found(house.log.as_ref(), &vault(7), &clerk(), house.clock.now()).await.unwrap();
        house
    }

    async fn node(&mut self, master: u8) -> Application {
        self.dirs.push(tempfile::tempdir().unwrap());
        let entropy = Arc::new(SeededEntropy::new(self.dirs.len() as u64));
        let vault = Arc::new(vault(master));
        let app = Application {
            projections: Projections::start(self.dirs.last().unwrap().path(), self.log.clone(), vault.clone()).await.unwrap(),
            log: self.log.clone(),
            vault,
            clock: self.clock.clone(),
            ids: Arc::new(RandomIds::new(entropy.clone())),
            ballots: BallotBox::off(entropy.clone()),
            audit: Audit::off(),
            attachments: self.dirs.last().unwrap().path().join(crate::attachments::FOLDER),
            passwords: Passwords::new(&*entropy).unwrap(),
            sign_ins: Backoff::default(),
            query_codes: Backoff::default(),
        };
        app.adopt_rulebook(&clerk(), SHIPPED[0].1, "2025-01-01".parse().unwrap(), None).await.unwrap();
        app.projections.catch_up().await.unwrap();
        app
    }

    async fn file(&self, app: &Application, form: u128) -> CaseId {
        let form = Uuid::from_u128(form);
        app.file(&Meta::new(Actor::Citizen, form), form, crate::fixtures::file()).await.unwrap().case
    }

    async fn heads(&self) -> Vec<HeadPublished> {
        check::published(self.log.as_ref()).await.unwrap()
    }
}

fn vault(master: u8) -> Vault {
    Vault::new(MasterKey::from_bytes([master; 32]), Arc::new(SeededEntropy::new(1)))
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_head_reads_back_and_what_is_none_does_not() {
    let head = Head {
        origin: "xiaoneng/x".to_owned(),
        size: 7,
        root: [1; 32],
        recorded_at: at("2026-05-06T10:00:00.000001"),
        day: Some(day("2026-05-06")),
    };
    assert_eq!(
        head.text(),
        "xiaoneng/x\n7\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nrecorded 2026-05-06T10:00:00.000001+08:00\nday 2026-05-06\n"
    );
    assert_eq!(Head::parse(&head.text()), Some(head.clone()));
    let on_demand = Head { day: None, ..head.clone() };
    assert_eq!(Head::parse(&format!("{}another line\n", on_demand.text())), Some(on_demand));
    for (from, to) in [("\n7\n", "\n07\n"), ("\n7\n", "\n-7\n"), ("AQEB", "A"), ("recorded", "record"), ("day 2026-05-06", "day today")] {
        assert_eq!(Head::parse(&head.text().replacen(from, to, 1)), None, "{to}");
    }
}

#[test]
fn keys_are_read_as_people_keep_them() {
    let key = vault(7).verifier_key("xiaoneng/x").unwrap();
    let hex = tree::hex(&key.public());
    for text in [key.to_string(), hex.clone(), format!("# 2026\n\n  {key}\r\n")] {
        assert_eq!(read_keys(&text, "xiaoneng/x").unwrap(), std::slice::from_ref(&key));
    }
    assert_eq!(read_keys(&format!("{key}\n{hex}"), "xiaoneng/x").unwrap().len(), 2);
    for text in ["", "# nothing", "xiaoneng", &hex[1..]] {
        assert_eq!(read_keys(text, "xiaoneng/x"), Err(NoteError::Key));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_has_one_head_an_hour_after_it_ended_however_many_nodes_publish() {
    // given two nodes on a log that was founded today
    let mut house = House::founded().await;
    let (first, second) = (house.node(7).await, house.node(7).await);
    // when they publish, then nothing is there for a day before the log was
    assert_eq!(first.publish_head(automation()).await.unwrap(), None);
    house.file(&first, 1).await;
    house.clock.set(at("2026-05-07T00:59:59"));
    assert_eq!(second.publish_head(automation()).await.unwrap(), None);
    assert_eq!(house.heads().await, []);
    // when the day is over for an hour, then one of them does it
    house.clock.set(at("2026-05-07T01:00:00"));
    let before = house.log.head().await.unwrap();
    let (one, two) = tokio::join!(first.publish_head(automation()), second.publish_head(automation()));
    assert_eq!(one.unwrap().is_some() as u8 + two.unwrap().is_some() as u8, 1);
    assert_eq!(second.publish_head(clerk().actor).await.unwrap(), None);
    let heads = house.heads().await;
    assert_eq!(heads.len(), 1);
    assert_eq!((heads[0].day, heads[0].size), (day("2026-05-06"), before.size));
    // and it says what the log was
    let note = Note::parse(&heads[0].note).unwrap();
    let key = first.signing_key().await.unwrap().unwrap();
    assert_eq!((note.verify(&key), heads[0].key.as_str()), (Ok(()), key.to_string().as_str()));
    let said = Head::parse(note.text()).unwrap();
    assert_eq!((said.root, micros_of(said.recorded_at)), (before.root, before.recorded_at));
    assert_eq!(Some(said.origin), origin(house.log.as_ref()).await.unwrap());
    // days on which nobody was there have none
    house.clock.set(at("2026-05-11T08:00:00"));
    assert!(first.publish_head(automation()).await.unwrap().is_some());
    assert_eq!(house.heads().await.iter().map(|head| head.day).collect::<Vec<_>>(), [day("2026-05-06"), day("2026-05-10")]);
    let (count, keys, faults) = own(house.log.as_ref(), &[]).await.unwrap();
    assert_eq!((count, keys, faults), (2, vec![key], vec![]));
}

fn micros_of(at: Instant) -> i64 {
    domain::time::micros(at)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rewritten_a_cut_and_another_log_are_told_by_copies_that_were_kept() {
    // given a log with two heads, of which somebody kept copies
    let mut house = House::founded().await;
    let app = house.node(7).await;
    let mut kept = Vec::new();
    for (form, now) in [(1, "2026-05-07T09:00:00"), (2, "2026-05-08T09:00:00")] {
        house.file(&app, form).await;
        house.clock.set(at(now));
        app.publish_head(automation()).await.unwrap();
        let head = house.heads().await.pop().unwrap();
        kept.push(Kept { name: format!("{}.txt", head.day), note: head.note });
    }
    let key = app.signing_key().await.unwrap().unwrap();
    let keys = std::slice::from_ref(&key);
    assert_eq!(copies(house.log.as_ref(), &kept, keys).await.unwrap(), []);
    // when the master key itself rewrites the log, the second filing another one, all that lies in it agrees
    let events = house.log.read_all(&event_log::Cursor::default(), usize::MAX).await.unwrap().events;
    let second = CaseId::of_form(Uuid::from_u128(2)).stream();
    let rewrite = |upto: usize, change: bool| {
        let (events, second) = (events.clone(), second.clone());
        async move {
            let clock = Arc::new(ManualClock::new(at("2026-05-06T10:00:00")));
            let log = MemoryLog::new(log_now(clock.clone()));
            for event in events.into_iter().take(upto).filter(|event| !event.stream.starts_with("log-head")) {
                clock.set(from_micros(event.recorded_at));
                let actor = if change && event.stream == second { "automation:forger".to_owned() } else { event.actor };
                let new = event_log::NewEvent {
                    id: event.id,
                    kind: event.kind,
                    version: event.version,
                    occurred_at: event.occurred_at,
                    actor,
                    on_behalf: event.on_behalf,
                    cause: event.cause,
                    rulebook: event.rulebook,
                    data: event.data,
                    sealed: event.sealed,
                };
                let expected = event.revision.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
                log.append(event_log::Append { stream: event.stream, expected, events: vec![new], keys: Vec::new() }).await.unwrap();
            }
            log
        }
    };
    let honest = |fault: &HeadFault| matches!(fault, HeadFault::Rewritten { .. } | HeadFault::Cut { .. });
    let rewritten = rewrite(events.len(), true).await;
    assert_eq!(own(&rewritten, keys).await.unwrap().2, []);
    // then the copies tell: the event of the first head is gone too, so the second one's tree is another
    let faults = copies(&rewritten, &kept, keys).await.unwrap();
    assert!(!faults.is_empty() && faults.iter().all(|(_, fault)| honest(fault)), "{faults:?}");
    assert_eq!(faults[0].0, "2026-05-07.txt", "{faults:?}");
    // a cut log is shorter than the first head after the cut
    let cut = rewrite(3, false).await;
    let faults = copies(&cut, &kept, keys).await.unwrap();
    assert!(faults.iter().any(|(name, fault)| name == "2026-05-07.txt" && matches!(fault, HeadFault::Cut { log: 3, .. })), "{faults:?}");
    // another log has another origin
    let other = House::founded().await;
    other.clock.advance(chrono::TimeDelta::seconds(1));
    let stranger = MemoryLog::new(log_now(other.clock.clone()));
    crate::founding::found(&stranger, &vault(7), &clerk(), other.clock.now()).await.unwrap();
    assert!(copies(&stranger, &kept, keys).await.unwrap().iter().all(|(_, fault)| matches!(fault, HeadFault::Origin { .. })));
    // a forged copy and one of another key are told by name
    let forged = Kept { name: "forged".to_owned(), note: kept[0].note.replacen("\nday 2026-05-06\n", "\nday 2026-05-05\n", 1) };
    let faults = copies(house.log.as_ref(), &[forged], keys).await.unwrap();
    assert_eq!(faults, [("forged".to_owned(), HeadFault::Note(NoteError::Forged { key: key.id() }))]);
    let another = [vault(8).verifier_key(key.name()).unwrap()];
    assert!(matches!(own(house.log.as_ref(), &another).await.unwrap().2[0].1, HeadFault::Note(NoteError::Unsigned { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_signed_over_a_log_that_goes_back_behind_a_published_head() {
    let mut house = House::founded().await;
    let app = house.node(7).await;
    house.clock.set(at("2026-05-07T09:00:00"));
    app.publish_head(automation()).await.unwrap();
    app.projections.catch_up().await.unwrap();
    assert!(app.sign_head(None).await.is_ok());
    // when the log is exchanged below the views, which remember the head
    let old = MemoryLog::new(log_now(house.clock.clone()));
    crate::founding::found(&old, &vault(7), &clerk(), house.clock.now()).await.unwrap();
    let app = Application { log: Arc::new(old), ..app };
    assert!(matches!(app.sign_head(None).await, Err(Error::Internal(words)) if words.contains("2026-05-06")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_a_promise_first_and_a_proof_once_a_head_covers_it_also_after_the_key_was_changed() {
    let mut house = House::founded().await;
    let app = house.node(7).await;
    let case = house.file(&app, 1).await;
    // given a filing of today, when its petitioner asks, then it is promised; nobody else gets it
    let mine = Actor::Petitioner(case);
    let promised = app.receipt(&mine, case).await.unwrap().unwrap();
    assert!(promised.proof.is_none() && promised.receipt.due.is_some());
    let number = domain::codes::format_public_number(&domain::codes::public_number(7));
    assert_eq!((promised.receipt.number.clone(), promised.receipt.head), (number, day("2026-05-06")));
    assert_eq!(app.receipt(&Actor::Petitioner(CaseId(Uuid::nil())), case).await, Err(Error::NotFound));
    assert_eq!(app.receipt(&automation(), case).await, Err(Error::NotFound));
    let file = promised.file();
    for word in ["路灯", &case.0.to_string()] {
        assert!(!file.contains(word), "{word} in {file}");
    }
    assert_eq!(app.receipt(&mine, case).await.unwrap().unwrap().file(), file, "asked again it is the same");
    // when the head is published, then it is proved
    house.clock.set(at("2026-05-07T09:00:00"));
    app.publish_head(automation()).await.unwrap();
    app.projections.catch_up().await.unwrap();
    let proved = app.receipt(&mine, case).await.unwrap().unwrap();
    assert!(proved.file().starts_with(&file));
    let key = app.signing_key().await.unwrap().unwrap();
    let read = ReceiptFile::parse(&proved.file()).unwrap();
    assert_eq!(read.check(std::slice::from_ref(&key)).unwrap().head.and_then(|head| head.day), Some(day("2026-05-06")));
    // when the master key was changed, then old and new receipts hold
    let renewed = Application { vault: Arc::new(vault(8)), ..app };
    let again = renewed.receipt(&mine, case).await.unwrap().unwrap();
    let new = renewed.signing_key().await.unwrap().unwrap();
    assert_eq!(again.receipt.head_key, Some(key.clone()));
    assert!(ReceiptFile::parse(&again.file()).unwrap().check(std::slice::from_ref(&new)).unwrap().head.is_some());
    assert!(read.check(std::slice::from_ref(&key)).is_ok());
    house.clock.set(at("2026-05-08T09:00:00"));
    renewed.publish_head(automation()).await.unwrap();
    assert_eq!(own(house.log.as_ref(), &[]).await.unwrap().1, [key, new]);
}
