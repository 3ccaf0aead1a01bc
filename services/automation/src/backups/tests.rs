//! Nights under a manual clock: a real log in a real folder.

use application::audit::Audit;
use application::backoff::Backoff;
use application::clock::{ManualClock, log_now};
use application::ids::RandomIds;
use application::password::Passwords;
use application::{Actor, Meta};
use domain::rulebook::shipped::SHIPPED;
use event_log::{EventLog, Options, SqliteLog};
use projections::Projections;
use tempfile::TempDir;
use uuid::Uuid;
use vault::{MasterKey, SeededEntropy, Vault};

use super::*;

struct Office {
    clock: Arc<ManualClock>,
    dir: TempDir,
}

fn at(text: &str) -> Instant {
    format!("{text}:00+08:00").parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().to_utc()
}

impl Office {
    /// A founded log, with folders for backups beside it.
    async fn open(now: &str) -> Self {
        let office = Self { clock: Arc::new(ManualClock::new(at(now))), dir: tempfile::tempdir().unwrap() };
        for name in ["log", "backups", "keys"] {
            std::fs::create_dir(office.path(name)).unwrap();
        }
        let node = office.application("log").await;
        let meta = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, Uuid::from_u128(1));
        node.adopt_rulebook(&meta, SHIPPED[0].1, "2025-01-01".parse().unwrap(), None).await.unwrap();
        node.projections.catch_up().await.unwrap();
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A process on the log with a data directory of its own.
    async fn application(&self, data: &str) -> Arc<Application> {
        let data = self.path(data);
        std::fs::create_dir_all(&data).unwrap();
        let entropy = Arc::new(SeededEntropy::new(1));
        let now = log_now(self.clock.clone());
        let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(&self.path("log"), Options::default(), now).unwrap());
        let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), entropy.clone()));
        Arc::new(Application {
            projections: Projections::start(&data, log.clone(), vault.clone()).await.unwrap(),
            log,
            vault,
            clock: self.clock.clone(),
            ids: Arc::new(RandomIds::new(entropy.clone())),
            ballots: application::ballot_box::BallotBox::off(entropy.clone()),
            audit: Audit::open(&data).unwrap(),
            attachments: data.join(application::attachments::FOLDER),
            passwords: Passwords::new(&*entropy).unwrap(),
            sign_ins: Backoff::default(),
            query_codes: Backoff::default(),
        })
    }

    fn settings(&self) -> BackupSettings {
        BackupSettings {
            folder: self.path("backups"),
            keys_folder: self.path("keys"),
            keep_days: 2,
            keep_weeks: 1,
            keep_months: 1,
            ..BackupSettings::default()
        }
    }

    async fn node(&self, data: &str) -> Nightly {
        Nightly::new(self.application(data).await, self.settings(), &self.path(data)).unwrap().unwrap()
    }

    fn made(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.path("backups")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter_map(|name| Some(name.strip_prefix(BEFORE_DAY)?.to_owned())).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn each_night_has_one_backup_that_was_rehearsed_and_old_ones_go() {
    let office = Office::open("2026-05-04T23:00").await;
    let node = office.node("log").await;
    // the night that was missed is made up for
    assert!(node.tick().await.unwrap());
    assert!(!node.tick().await.unwrap(), "once a night");
    office.clock.set(at("2026-05-05T02:29"));
    assert!(!node.tick().await.unwrap());
    office.clock.set(at("2026-05-05T02:30"));
    assert!(node.tick().await.unwrap());
    let known = Backups::read(&office.path("log"));
    let (backup, rehearsal) = (known.backup.unwrap(), known.rehearsal.unwrap());
    assert_eq!((backup.events, rehearsal.events, known.failed), (1, 1, None));
    assert_eq!((backup.at, rehearsal.at), (at("2026-05-05T02:30"), at("2026-05-05T02:30")));
    assert!(backup.bytes > 0);
    assert!(!office.path("log").join("rehearsal").exists(), "what was rehearsed is thrown away");
    assert_eq!(office.made(), ["2026-05-04.tar.zst", "2026-05-05.tar.zst"]);
    for day in ["2026-05-06", "2026-05-07"] {
        office.clock.set(at(&format!("{day}T03:00")));
        assert!(node.tick().await.unwrap());
    }
    assert_eq!(office.made(), ["2026-05-06.tar.zst", "2026-05-07.tar.zst"]);
    assert_eq!(std::fs::read_dir(office.path("keys")).unwrap().count(), 1, "one keys file, the latest");
}

#[tokio::test]
async fn of_two_processes_one_makes_it_and_the_other_knows_of_it() {
    let office = Office::open("2026-05-05T03:00").await;
    let (one, other) = (office.node("log").await, office.node("second").await);
    // while one is at it the other does nothing
    let lock = one.lock().unwrap().unwrap();
    assert!(!other.tick().await.unwrap());
    drop(lock);
    let (a, b) = tokio::join!(one.tick(), other.tick());
    assert!(a.unwrap() ^ b.unwrap(), "exactly one");
    assert!(!one.tick().await.unwrap() && !other.tick().await.unwrap());
    assert_eq!(office.made().len(), 1);
    let known = Backups::read(&office.path("log"));
    assert!(known.rehearsal.is_some());
    assert_eq!(Backups::read(&office.path("second")), known);
}

#[tokio::test]
async fn a_failure_is_noted_and_tried_again_after_an_hour() {
    let office = Office::open("2026-05-05T03:00").await;
    let node = office.node("log").await;
    // given a folder in which the keys cannot be written
    let blocked = office.path("keys").join(format!("{KEYS}.part"));
    std::fs::create_dir(&blocked).unwrap();
    assert!(node.tick().await.unwrap());
    let known = Backups::read(&office.path("log"));
    assert!(known.backup.is_none() && known.failed.unwrap().fault.is_some());
    assert!(office.made().is_empty(), "no log without its keys");
    std::fs::remove_dir(&blocked).unwrap();
    assert!(!node.tick().await.unwrap(), "not at once");
    office.clock.set(at("2026-05-05T04:00"));
    assert!(node.tick().await.unwrap());
    let known = Backups::read(&office.path("log"));
    assert!(known.rehearsal.is_some() && known.failed.is_none());
}

#[tokio::test]
async fn views_that_say_something_else_than_the_log_are_found_by_the_rehearsal() {
    let office = Office::open("2026-05-05T03:00").await;
    let node = office.node("log").await;
    let views = rusqlite::Connection::open(office.path("log").join("views.db")).unwrap();
    assert_eq!(views.execute("INSERT INTO restricted (case_id) VALUES (x'00112233445566778899aabbccddeeff')", []).unwrap(), 1);
    assert!(node.tick().await.unwrap());
    let known = Backups::read(&office.path("log"));
    assert!(known.backup.is_some() && known.rehearsal.is_none());
    assert_eq!(known.failed.unwrap().fault, Some(Fault::ViewsDiffer.to_string()));
}

#[tokio::test]
async fn given_a_rehearsal_that_failed_when_an_hour_is_over_then_the_same_file_is_rehearsed_again() {
    let office = Office::open("2026-05-05T03:00").await;
    let node = office.node("log").await;
    // given a rehearsal that has no room to work in
    let blocked = office.path("log").join("rehearsal");
    std::fs::write(&blocked, "no folder").unwrap();
    assert!(node.tick().await.unwrap());
    let made = Backups::read(&office.path("log")).backup.unwrap();
    assert!(Backups::read(&office.path("log")).failed.is_some() && office.made().len() == 1);
    std::fs::remove_file(&blocked).unwrap();
    office.clock.set(at("2026-05-05T03:59"));
    assert!(!node.tick().await.unwrap(), "not at once");
    office.clock.set(at("2026-05-05T04:00"));
    assert!(node.tick().await.unwrap());
    // then the backup is the one of the night, and known to be good
    let known = Backups::read(&office.path("log"));
    assert_eq!((known.backup, known.failed, known.rehearsal.map(|run| run.at)), (Some(made), None, Some(at("2026-05-05T04:00"))));
    assert_eq!(Backups::read(&office.path("backups")), Backups::read(&office.path("log")));
    office.clock.set(at("2026-05-05T05:00"));
    assert!(!node.tick().await.unwrap(), "once it is good that is all");
}

#[tokio::test]
async fn given_a_backup_whose_rehearsal_was_broken_off_when_the_next_process_starts_then_it_rehearses_it() {
    let office = Office::open("2026-05-05T03:00").await;
    let settings = BackupSettings { rehearse: false, ..office.settings() };
    let first = Nightly::new(office.application("log").await, settings, &office.path("log")).unwrap().unwrap();
    assert!(first.tick().await.unwrap());
    drop(first);
    let next = office.node("log").await;
    next.stop.store(true, Ordering::Relaxed);
    assert!(next.tick().await.unwrap(), "broken off again");
    assert_eq!(Backups::read(&office.path("log")).rehearsal, None);
    drop(next);
    let next = office.node("log").await;
    assert!(next.tick().await.unwrap() && !next.tick().await.unwrap());
    assert!(Backups::read(&office.path("log")).rehearsal.is_some() && office.made().len() == 1);
}

#[tokio::test]
async fn given_rehearsals_that_fail_every_night_then_old_backups_go_and_the_last_good_one_stays() {
    let office = Office::open("2026-05-05T03:00").await;
    let node = office.node("log").await;
    assert!(node.tick().await.unwrap());
    let blocked = office.path("log").join("rehearsal");
    std::fs::write(&blocked, "no folder").unwrap();
    for day in ["2026-05-06", "2026-05-07", "2026-05-08"] {
        office.clock.set(at(&format!("{day}T03:00")));
        assert!(node.tick().await.unwrap());
    }
    assert_eq!(office.made(), ["2026-05-05.tar.zst", "2026-05-07.tar.zst", "2026-05-08.tar.zst"]);
    // when one is good again, the old one may go
    std::fs::remove_file(&blocked).unwrap();
    office.clock.set(at("2026-05-09T03:00"));
    assert!(node.tick().await.unwrap());
    assert_eq!(office.made(), ["2026-05-08.tar.zst", "2026-05-09.tar.zst"]);
}

#[tokio::test]
async fn a_backup_that_is_told_to_stop_leaves_nothing_and_is_made_later() {
    let office = Office::open("2026-05-05T03:00").await;
    let node = office.node("log").await;
    node.stop.store(true, Ordering::Relaxed);
    node.tick().await.unwrap();
    assert!(office.made().is_empty());
    assert_eq!(Backups::read(&office.path("log")), Backups::default());
    // and so is a thread that waits
    let nights = Nights::spawn(office.node("second").await).unwrap();
    nights.stop().await;
}

/// A clock that panics when it is asked for the first time.
struct BreaksOnce(Arc<ManualClock>, AtomicBool);

impl domain::time::Clock for BreaksOnce {
    fn now(&self) -> Instant {
        assert!(self.1.swap(true, Ordering::Relaxed), "broken on purpose");
        self.0.now()
    }
}

#[tokio::test]
async fn given_a_try_that_panics_then_it_is_on_record_and_the_nights_go_on() {
    let office = Office::open("2026-05-05T03:00").await;
    let clock = Arc::new(BreaksOnce(office.clock.clone(), AtomicBool::new(false)));
    let application = Application { clock, ..Arc::into_inner(office.application("log").await).unwrap() };
    let nightly = Nightly::new(Arc::new(application), office.settings(), &office.path("log")).unwrap().unwrap();
    let nights = Nights::spawn(nightly).unwrap();
    while Backups::read(&office.path("log")).failed.is_none() {
        assert!(!nights.thread.is_finished(), "the thread ended");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(Backups::read(&office.path("log")).failed.unwrap().fault.as_deref(), Some(BROKEN));
    // and it rests for an hour, as after any failure
    office.clock.set(at("2026-05-05T03:59"));
    assert!(!nights.nightly.tick().await.unwrap());
    office.clock.set(at("2026-05-05T04:00"));
    assert!(nights.nightly.tick().await.unwrap());
    let known = Backups::read(&office.path("log"));
    assert!(known.rehearsal.is_some() && known.failed.is_none());
    assert!(!nights.thread.is_finished(), "the thread ended");
    nights.stop().await;
}

#[tokio::test]
async fn settings_that_put_log_and_keys_together_are_refused() {
    let office = Office::open("2026-05-05T03:00").await;
    let app = office.application("log").await;
    let new = |settings: BackupSettings| Nightly::new(app.clone(), settings, &office.path("log")).map(|nightly| nightly.is_some());
    assert_eq!(new(BackupSettings::default()), Ok(false));
    assert_eq!(new(office.settings()), Ok(true));
    assert_eq!(new(BackupSettings { keys_folder: PathBuf::new(), ..office.settings() }), Err(BackupSettingsError::Half));
    let same = office.path("keys").join("../backups");
    assert_eq!(new(BackupSettings { keys_folder: same, ..office.settings() }), Err(BackupSettingsError::OneFolder));
    let missing = office.path("none");
    assert_eq!(new(BackupSettings { folder: missing.clone(), ..office.settings() }), Err(BackupSettingsError::Folder(missing)));
    assert!(serde_json::from_str::<BackupSettings>(r#"{"at": "02:30", "foldr": "x"}"#).is_err());
}
