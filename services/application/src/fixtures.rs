//! What several tests begin with.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::account::{Role, StaffKind};
use domain::case::command::File;
use domain::case::event::Demand;
use domain::ids::AccountId;
use domain::rulebook::shipped::SHIPPED;
use domain::time::from_micros;
use event_log::{
    Append, AppendError, Appended, Batch, Cursor, Envelope, EventLog, LogError, MemoryLog, TreeHead, VerifyReport, WrappedKey,
};
use projections::Projections;
use uuid::Uuid;
use vault::{MasterKey, OsEntropy, Vault};

use crate::actor::{Actor, Meta, Staff};
use crate::audit::Audit;
use crate::backoff::Backoff;
use crate::ballot_box::BallotBox;
use crate::clock::{ManualClock, log_now};
use crate::ids::RandomIds;
use crate::password::Passwords;
use crate::store::Application;

/// A demand of nobody in particular, with words enough.
pub(crate) fn file() -> File {
    File {
        number: domain::codes::public_number(7),
        class: "complaint".to_owned(),
        channel: "web".to_owned(),
        urgency: String::new(),
        division: String::new(),
        demand: Demand { words: "小区门口的路灯已经坏了三天，晚上看不清路。".to_owned(), ..Demand::default() },
        petitioner: None,
        agent: None,
        confidential: false,
        publish: false,
        notice: "1".to_owned(),
    }
}

/// An office on a log, on 21 September 2026, with a ballot box; its rulebook is adopted unless it has one.
pub(crate) async fn office(data: &Path, log: Arc<dyn EventLog>) -> Application {
    let entropy = Arc::new(OsEntropy);
    let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), entropy.clone()));
    let app = Application {
        projections: Projections::start(data, log.clone(), vault.clone()).await.unwrap(),
        log,
        vault,
        clock: clock(),
        ids: Arc::new(RandomIds::new(entropy.clone())),
        ballots: BallotBox::open(data, entropy.clone()).unwrap(),
        audit: Audit::off(),
        attachments: data.join(crate::attachments::FOLDER),
        passwords: Passwords::new(entropy.as_ref()).unwrap(),
        sign_ins: Backoff::default(),
        query_codes: Backoff::default(),
    };
    let clerk = Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() };
    app.adopt_rulebook(&Meta::new(clerk, Uuid::from_u128(1)), SHIPPED[0].1, "2025-01-01".parse().unwrap(), None).await.unwrap();
    app.projections.catch_up().await.unwrap();
    app
}

/// A moment that stands still.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(from_micros(1_790_000_000_000_000)))
}

/// Somebody of the office with a role.
pub(crate) fn by(role: Role, command: u128) -> Meta {
    let staff = Staff { account: AccountId(Uuid::from_u128(5)), unit: None, roles: vec![role], kind: StaffKind::CivilServant };
    Meta::new(Actor::Staff(staff), Uuid::from_u128(command))
}

/// What happens between reading and appending.
pub(crate) type Between = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What becomes of appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// They are done.
    Good,
    /// Nothing is written.
    Away,
    /// They are written, and nobody is told.
    Unanswered,
    /// As before, and streams are read as they were: a node of a cluster that does not follow.
    Behind(u64),
}

/// A log in memory in which something may come between reading and appending, and whose answers may be lost.
pub(crate) struct Fickle {
    log: MemoryLog,
    fate: Mutex<Fate>,
    between: Mutex<Option<(&'static str, Between)>>,
}

impl Fickle {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { log: MemoryLog::new(log_now(clock())), fate: Mutex::new(Fate::Good), between: Mutex::default() })
    }

    /// From now on.
    pub(crate) fn befalls(&self, fate: Fate) {
        *self.fate.lock().unwrap() = fate;
    }

    /// Happens once, just before the next append to a stream whose name begins so.
    pub(crate) fn comes_between(&self, stream: &'static str, what: Between) {
        *self.between.lock().unwrap() = Some((stream, what));
    }

    fn fate(&self) -> Fate {
        *self.fate.lock().unwrap()
    }

    fn due(&self, stream: &str) -> Option<Between> {
        let mut between = self.between.lock().unwrap();
        between.take_if(|(prefix, _)| stream.starts_with(*prefix)).map(|(_, what)| what)
    }
}

#[async_trait]
impl EventLog for Fickle {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        if let Some(what) = self.due(&append.stream) {
            what.await;
        }
        let away = || Err(AppendError::Unavailable("lost".to_owned()));
        match self.fate() {
            Fate::Good => self.log.append(append).await,
            Fate::Away => away(),
            Fate::Unanswered | Fate::Behind(_) => {
                self.log.append(append).await?;
                away()
            }
        }
    }

    async fn read_stream(&self, stream: &str) -> Result<Vec<Envelope>, LogError> {
        let mut envelopes = self.log.read_stream(stream).await?;
        if let Fate::Behind(seq) = self.fate() {
            envelopes.retain(|envelope| envelope.seq <= seq);
        }
        Ok(envelopes)
    }

    async fn read_all(&self, after: &Cursor, limit: usize) -> Result<Batch, LogError> {
        self.log.read_all(after, limit).await
    }

    async fn head(&self) -> Result<TreeHead, LogError> {
        self.log.head().await
    }

    async fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<[u8; 32]>, LogError> {
        self.log.inclusion(seq, size).await
    }

    fn watch(&self) -> tokio::sync::watch::Receiver<u64> {
        self.log.watch()
    }

    async fn keys_of(&self, owner: &str) -> Result<Vec<WrappedKey>, LogError> {
        self.log.keys_of(owner).await
    }

    async fn keys_after(&self, place: u64, limit: usize) -> Result<Vec<(u64, WrappedKey)>, LogError> {
        self.log.keys_after(place, limit).await
    }

    async fn delete_keys(&self, owner: &str, subjects: &[String]) -> Result<u64, LogError> {
        self.log.delete_keys(owner, subjects).await
    }

    async fn verify(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError> {
        self.log.verify(progress).await
    }
}
