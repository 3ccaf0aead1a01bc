//! From a filed case to the mail server, and back through every way in which a delivery goes wrong.

use std::collections::HashSet;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use application::audit::Audit;
use application::backoff::Backoff;
use application::clock::{ManualClock, log_now};
use application::ids::RandomIds;
use application::password::Passwords;
use application::{Actor, Meta};
use async_trait::async_trait;
use chrono::TimeDelta;
use domain::case::command::File;
use domain::case::event::{Demand, Petitioner};
use domain::ids::NoticeId;
use domain::notice::NoticeStage;
use domain::rulebook::shipped::SHIPPED;
use event_log::MemoryLog;
use projections::Projections;
use tempfile::TempDir;
use uuid::Uuid;
use vault::{MasterKey, SeededEntropy, Vault};

use super::*;
use crate::delivery::test_support::{ClosedPort, SmtpBehaviour, SmtpReceiver};
use crate::delivery::{DeliveryError, Message, Receipt, TlsMode};
use crate::settings::CarrierSettings;

struct House {
    clock: Arc<ManualClock>,
    application: Arc<Application>,
    automation: Automation,
    _dir: TempDir,
}

fn at(text: &str) -> Instant {
    format!("{text}+08:00").parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().to_utc()
}

impl House {
    async fn open(now: &str, carrier: CarrierSettings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let entropy = Arc::new(SeededEntropy::new(1));
        let clock = Arc::new(ManualClock::new(at(now)));
        let log = Arc::new(MemoryLog::new(log_now(clock.clone())));
        let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), entropy.clone()));
        let application = Arc::new(Application {
            projections: Projections::start(dir.path(), log.clone(), vault.clone()).await.unwrap(),
            log,
            vault,
            clock: clock.clone(),
            ids: Arc::new(RandomIds::new(entropy.clone())),
            ballots: application::ballot_box::BallotBox::off(entropy.clone()),
            audit: Audit::off(),
            attachments: dir.path().join(application::attachments::FOLDER),
            passwords: Passwords::new(&*entropy).unwrap(),
            sign_ins: Backoff::default(),
            query_codes: Backoff::default(),
        });
        let clerk = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, Uuid::from_u128(1));
        application.adopt_rulebook(&clerk, SHIPPED[0].1, "2025-01-01".parse().unwrap(), None).await.unwrap();
        application.projections.catch_up().await.unwrap();
        let settings =
            Settings { carrier, patience_millis: 30_000, base_url: "https://xiaoneng.example/".to_owned(), ..Settings::default() };
        let automation = Automation::new(application.clone(), settings, dir.path()).unwrap();
        Self { clock, application, automation, _dir: dir }
    }

    async fn file(&self, email: &str) {
        self.file_one(9, email).await;
    }

    async fn file_one(&self, number: u8, email: &str) {
        let file = File {
            number: format!("3K7Q29XDM{number:02}"),
            class: "complaint".to_owned(),
            channel: "web".to_owned(),
            urgency: String::new(),
            division: String::new(),
            demand: Demand { words: "小区门口的路灯已经坏了三天，晚上看不清路。".to_owned(), ..Demand::default() },
            petitioner: Some(Petitioner { name: "李某".to_owned(), phone: "13800138000".to_owned(), email: email.to_owned() }),
            agent: None,
            confidential: false,
            publish: false,
            notice: "1".to_owned(),
        };
        let form = Uuid::from_u128(number.into());
        self.application.file(&Meta::new(Actor::Citizen, form), form, file).await.unwrap();
    }

    async fn tick_until_idle(&self) -> Worked {
        let mut sum = Worked::default();
        loop {
            let worked = self.automation.tick().await.unwrap();
            assert_eq!(worked.lag, 0);
            if !worked.any() {
                return sum;
            }
            sum = sum.and(worked);
        }
    }

    async fn notices(&self, stage: NoticeStage) -> usize {
        self.application.projections.catch_up().await.unwrap();
        self.application.projections.views().notices(stage, None, 100).unwrap().len()
    }
}

fn smtp(port: u16) -> CarrierSettings {
    CarrierSettings::Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        tls: TlsMode::None,
        user: None,
        password_file: None,
        root_file: None,
        timeout_seconds: 10,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_filed_case_with_an_address_when_automation_ticks_then_the_receipt_arrives_once_as_text_and_html() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let house = House::open("2026-04-30T15:20:00", smtp(server.port)).await;
    house.file("li@example.com").await;
    let worked = house.tick_until_idle().await;
    assert_eq!((worked.owed, worked.sent, worked.failed), (1, 1, 0));
    let mails = server.received();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["RCPT TO:<li@example.com>"]);
    let filed = Meta::new(Actor::Citizen, Uuid::from_u128(9)).event_id(0);
    let message_id = format!("Message-ID: <{}@", NoticeId::of_event(filed, "receipt").0);
    for part in [message_id.as_str(), "multipart/alternative", "text/plain", "text/html"] {
        assert!(mails[0].data.contains(part), "{part} is missing in\n{}", mails[0].data);
    }
    assert!(!mails[0].data.contains("13800138000"), "nothing personal but the address itself");
    assert_eq!(house.notices(NoticeStage::Sent).await, 1);
    assert_eq!(house.automation.health().sent, 1);
}

#[test]
fn notices_give_way_to_those_who_record_an_eighth_of_what_they_do() {
    let worked = Worked { owed: 4, sent: 2, failed: 1, ..Worked::default() };
    for (recorded, gives_way) in [(0, false), (10, false), (11, false), (12, true), (3_000, true)] {
        assert_eq!(rush(recorded, &worked), gives_way, "{recorded} events in all, 10 of them by the tick");
    }
}

/// Lets a message go when four are there.
struct FourTogether {
    barrier: tokio::sync::Barrier,
    there: AtomicUsize,
    most: AtomicUsize,
    sent: Mutex<Vec<Uuid>>,
}

#[async_trait]
impl Carrier for FourTogether {
    async fn send(&self, message: &Message, _now: Instant) -> Result<Receipt, DeliveryError> {
        self.most.fetch_max(self.there.fetch_add(1, SeqCst) + 1, SeqCst);
        self.barrier.wait().await;
        self.there.fetch_sub(1, SeqCst);
        self.sent.lock().unwrap().push(message.id);
        Ok(Receipt { reference: message.id.to_string() })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_many_notices_then_as_many_are_sent_at_once_as_is_set_and_each_once() {
    let house = House::open("2026-04-30T15:20:00", smtp(25)).await;
    for number in 10..22 {
        house.file_one(number, "li@example.com").await;
    }
    let carrier = Arc::new(FourTogether {
        barrier: tokio::sync::Barrier::new(4),
        there: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        sent: Mutex::default(),
    });
    let settings = Settings { at_once: 4, ..house.automation.settings.clone() };
    let automation = Automation::with_carrier(house.application.clone(), settings, carrier.clone()).unwrap();
    let mut worked = Worked::default();
    while worked.sent < 12 {
        worked = worked.and(tokio::time::timeout(Duration::from_secs(30), automation.tick_notices()).await.unwrap().unwrap());
    }
    assert_eq!((worked.owed, worked.sent, carrier.most.load(SeqCst)), (12, 12, 4));
    let sent: HashSet<Uuid> = carrier.sent.lock().unwrap().drain(..).collect();
    assert!(!automation.memory().rush, "nobody else was at work");
    assert_eq!((sent.len(), house.notices(NoticeStage::Sent).await), (12, 12));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_case_filed_at_night_then_the_receipt_waits_for_the_morning() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let house = House::open("2026-04-30T22:10:00", smtp(server.port)).await;
    house.file("li@example.com").await;
    let worked = house.tick_until_idle().await;
    assert_eq!((worked.owed, worked.sent, server.received().len()), (1, 0, 0));
    house.clock.set(at("2026-05-01T07:59:59"));
    assert_eq!(house.tick_until_idle().await.sent, 0);
    house.clock.set(at("2026-05-01T08:00:00"));
    assert_eq!(house.tick_until_idle().await.sent, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_no_address_that_the_carrier_reaches_then_the_notice_is_dropped_with_the_reason() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let house = House::open("2026-04-30T15:20:00", smtp(server.port)).await;
    house.file("").await;
    assert_eq!(house.tick_until_idle().await.dropped, 1);
    assert_eq!((house.notices(NoticeStage::Dropped).await, server.received().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_server_that_is_down_then_the_notice_waits_longer_each_time_and_arrives_when_it_is_up() {
    let closed = ClosedPort::hold();
    let house = House::open("2026-04-30T15:20:00", smtp(closed.port)).await;
    house.file("li@example.com").await;
    assert_eq!(house.tick_until_idle().await.failed, 1);
    house.clock.advance(TimeDelta::seconds(59));
    assert_eq!(house.tick_until_idle().await, Worked::default());
    house.clock.advance(TimeDelta::seconds(10));
    assert_eq!(house.tick_until_idle().await.failed, 1);
    assert_eq!(house.automation.health().failed, 2);
    assert_eq!((house.notices(NoticeStage::Waiting).await, house.notices(NoticeStage::Parked).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_server_that_refuses_the_address_for_good_then_the_notice_is_parked_and_shown() {
    let server = SmtpReceiver::start(SmtpBehaviour { rcpt: Some("550 no such user"), ..SmtpBehaviour::default() }).await;
    let house = House::open("2026-04-30T15:20:00", smtp(server.port)).await;
    house.file("li@example.com").await;
    assert_eq!(house.tick_until_idle().await.failed, 1);
    house.clock.advance(TimeDelta::days(1));
    house.tick_until_idle().await;
    assert_eq!(house.automation.health().parked, 1);
    assert_eq!(server.received().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_the_running_loops_when_a_case_is_filed_then_its_receipt_goes_out_and_stopping_ends_them() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let house = House::open("2026-04-30T15:20:00", smtp(server.port)).await;
    let House { application, automation, .. } = &house;
    let again = Automation::with_carrier(application.clone(), automation.settings.clone(), automation.carrier.clone()).unwrap();
    let running = crate::spawn(Arc::new(again));
    house.file("li@example.com").await;
    let mut position = application.projections.watch();
    let sent = async {
        while application.projections.views().count_notices(NoticeStage::Sent).unwrap() == 0 {
            position.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), sent).await.unwrap();
    running.stop().await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_the_running_loops_when_a_day_is_over_then_its_head_is_published() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let house = House::open("2026-04-30T15:20:00", smtp(server.port)).await;
    let House { application, automation, clock, .. } = &house;
    let meta = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, Uuid::from_u128(2));
    application::founding::found(application.log.as_ref(), &application.vault, &meta, application.now()).await.unwrap();
    assert_eq!(automation.close_day().await.unwrap().map(|day| day.to_string()).as_deref(), Some("2026-04-29"));
    clock.set(at("2026-05-01T01:00:00"));
    let again = Automation::with_carrier(application.clone(), automation.settings.clone(), automation.carrier.clone()).unwrap();
    let running = crate::spawn(Arc::new(again));
    let mut position = application.projections.watch();
    let published = async {
        loop {
            if let Some(head) = application.projections.views().latest_head().unwrap() {
                return head.day.to_string();
            }
            position.changed().await.unwrap();
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), published).await.unwrap(), "2026-04-30");
    running.stop().await;
    assert_eq!(automation.health().day_error, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_log_that_lost_a_published_head_then_health_says_why_the_day_stays_open() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let house = House::open("2026-04-30T15:20:00", smtp(server.port)).await;
    let House { application, automation, clock, .. } = house;
    let meta = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, Uuid::from_u128(2));
    application::founding::found(application.log.as_ref(), &application.vault, &meta, application.now()).await.unwrap();
    clock.set(at("2026-05-01T01:00:00"));
    automation.close_day().await.unwrap();
    application.projections.catch_up().await.unwrap();
    // when another log lies there a day later, while the views are still those of the first
    let other = Arc::new(MemoryLog::new(log_now(clock.clone())));
    application::founding::found(other.as_ref(), &application.vault, &meta, application.now()).await.unwrap();
    let (settings, carrier) = (automation.settings.clone(), automation.carrier.clone());
    drop(automation);
    let application = Application { log: other, ..Arc::into_inner(application).unwrap() };
    clock.set(at("2026-05-02T01:00:00"));
    let automation = Automation::with_carrier(Arc::new(application), settings, carrier).unwrap();
    assert!(automation.close_day().await.is_err());
    assert!(automation.health().day_error.unwrap().contains("2026-04-30"));
}

/// Founded, with an audit whose file cannot be written, an hour after the day ended.
async fn with_a_broken_audit(house: House) -> (Arc<Application>, Automation, TempDir) {
    let House { clock, application, automation, _dir: dir } = house;
    let meta = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, Uuid::from_u128(2));
    application::founding::found(application.log.as_ref(), &application.vault, &meta, application.now()).await.unwrap();
    let (settings, carrier) = (automation.settings.clone(), automation.carrier.clone());
    drop(automation);
    let audit = Audit::open(dir.path()).unwrap();
    rusqlite::Connection::open(dir.path().join("audit.db")).unwrap().execute_batch("ALTER TABLE reading RENAME TO away").unwrap();
    audit.sign_in(application.now(), "wang.li", true);
    let application = Arc::new(Application { audit, ..Arc::into_inner(application).unwrap() });
    clock.set(at("2026-05-01T01:00:00"));
    let automation = Automation::with_carrier(application.clone(), settings, carrier).unwrap();
    (application, automation, dir)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_an_audit_that_cannot_be_written_when_the_day_is_closed_then_the_head_is_published_all_the_same_and_the_audit_later() {
    let house = House::open("2026-04-30T15:20:00", CarrierSettings::default()).await;
    let (application, automation, dir) = with_a_broken_audit(house).await;
    let error = automation.close_day().await.unwrap_err();
    assert!(matches!(error, Error::Application(_)), "{error:?}");
    assert!(automation.health().day_error.unwrap().contains("audit.db"));
    application.projections.catch_up().await.unwrap();
    assert_eq!(application.projections.views().latest_head().unwrap().unwrap().day.to_string(), "2026-04-30");
    // when the file can be written again, the day is closed with every line
    rusqlite::Connection::open(dir.path().join("audit.db")).unwrap().execute_batch("ALTER TABLE away RENAME TO reading").unwrap();
    automation.close_day().await.unwrap();
    assert_eq!(automation.health().day_error, None);
    let stream = domain::founding::audit_stream("2026-04-30".parse().unwrap(), application.audit.node());
    let closed = application.log.read_stream(&stream).await.unwrap();
    assert!(String::from_utf8_lossy(&closed[0].data).contains("\"lines\":1"), "{:?}", closed[0].data);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_neither_audit_nor_head_when_the_day_is_closed_then_both_reasons_are_told() {
    let house = House::open("2026-04-30T15:20:00", CarrierSettings::default()).await;
    let (application, automation, _dir) = with_a_broken_audit(house).await;
    automation.close_day().await.unwrap_err();
    application.projections.catch_up().await.unwrap();
    // when another log lies there, over which nothing is signed
    let (settings, carrier) = (automation.settings.clone(), automation.carrier.clone());
    drop(automation);
    let clock = Arc::new(ManualClock::new(at("2026-05-01T01:00:00")));
    let other = Arc::new(MemoryLog::new(log_now(clock.clone())));
    let meta = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, Uuid::from_u128(2));
    application::founding::found(other.as_ref(), &application.vault, &meta, at("2026-05-01T01:00:00")).await.unwrap();
    clock.set(at("2026-05-02T01:00:00"));
    let application = Application { log: other, clock, ..Arc::into_inner(application).unwrap() };
    let automation = Automation::with_carrier(Arc::new(application), settings, carrier).unwrap();
    let error = automation.close_day().await.unwrap_err();
    assert!(matches!(error, Error::Both(..)), "{error:?}");
    let told = automation.health().day_error.unwrap();
    assert!(told.contains("audit.db") && told.contains("2026-04-30"), "{told}");
}
