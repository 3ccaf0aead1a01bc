//! The ballot box (`ballots.db`): which one-time codes are used, and the ballots, without anything that leads from one to the
//! other. One campaign at a time; emptied when its ballots stand in the log.
//!
//! One person, one ballot, and nobody can say whose (domain.md H8, H9):
//! - A code is known by its keyed hash alone; before its batch is given out, also by a seed from which the master key makes it. Using it and putting in the ballot is one transaction, so that each code gives
//!   exactly one ballot, durable before the voter is answered. Many voters share a commit when many come at once.
//! - A ballot has a random 128-bit name and no other: no row number, no time, no address. Tables are `WITHOUT ROWID`, so rows
//!   lie in the order of random names. Opinions lie apart from grades under names of their own.
//! - Pages of the file keep the order of insertion within themselves and the write-ahead log keeps the order of commits. So the box
//!   *mixes*: it writes the whole file anew in the order of names and empties the write-ahead log, once nobody has voted for a
//!   minute, when it is opened, shut and copied. A copy ([`BallotBox::copy_to`]) never holds the write-ahead log.
//! - At closing ballots go into the log in an order drawn at random for the whole campaign, and the box is emptied.
//!
//! What is left: whoever can read the live server's disk *while* people vote sees, within the minute before the next mixing, which
//! code was used in the same commit as which sealed ballot, and with the master key could open it. No program can take that from who
//! owns the machine; backups, views, logs and what is left after closing do not hold it.

mod mixing;
mod thread;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::campaign::Group;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use tokio::sync::oneshot;
use uuid::Uuid;
use vault::Entropy;

pub use self::mixing::copy;
use self::mixing::{checkpoint, mix, shuffled};
use self::thread::{Cast, Message, serve};

const SCHEMA: &str = "
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;
PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -65536;
CREATE TABLE IF NOT EXISTS box (
    id INTEGER PRIMARY KEY CHECK (id = 1), campaign BLOB NOT NULL, salt BLOB, unmixed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS token (
    hash BLOB PRIMARY KEY, grp INTEGER NOT NULL, batch BLOB NOT NULL, used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unsettled (
    batch BLOB PRIMARY KEY, grp INTEGER NOT NULL, count INTEGER NOT NULL, seed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ballot (name BLOB PRIMARY KEY, grp INTEGER NOT NULL, sealed TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opinion (name BLOB PRIMARY KEY, body INTEGER NOT NULL, sealed TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// A ballot on its way into the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The grades, sealed.
    pub grades: String,
    /// Opinions, each sealed, with the place of their body.
    pub opinions: Vec<(usize, String)>,
}

/// What became of a ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is in the box.
    In,
    /// The code was used before.
    Used,
    /// No such code.
    Unknown,
    /// The box is shut.
    Shut,
}

/// What the box knows of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The campaign.
    pub campaign: Uuid,
    /// Used already.
    pub used: bool,
}

/// A batch of codes that nobody has got: whether the log names it is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The batch.
    pub batch: Uuid,
    /// For whom.
    pub group: Group,
    /// How many.
    pub count: u64,
    /// What the codes are made from, with the master key. It goes when they are given out.
    pub seed: [u8; 32],
}

/// Codes and ballots of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InBox {
    /// Codes used.
    pub used: u64,
    /// Ballots.
    pub ballots: u64,
}

/// What was in the box, shuffled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    /// Group and sealed grades.
    pub ballots: Vec<(Group, String)>,
    /// Place of the body and sealed opinion.
    pub opinions: Vec<(usize, String)>,
}

/// Why the box cannot do something; its ballots are as they were.
#[derive(Debug, thiserror::Error)]
pub enum BoxError {
    /// There is no box in this process.
    #[error("the ballot box is not open in this process")]
    Off,
    /// The box holds another campaign.
    #[error("the ballot box holds another campaign")]
    Other,
    /// The file.
    #[error("the ballot box cannot be written: {0}")]
    File(#[from] rusqlite::Error),
}

/// The ballot box.
pub struct BallotBox {
    sender: Option<Mutex<Sender<Message>>>,
    reader: Option<Mutex<Connection>>,
    path: PathBuf,
    entropy: Arc<dyn Entropy>,
    thread: Option<std::thread::JoinHandle<()>>,
    inviting: tokio::sync::Mutex<()>,
}

impl BallotBox {
    /// Opens `ballots.db` in the data directory. What a crash left unmixed is mixed before anybody votes.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(dir: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, rusqlite::Error> {
        let path = dir.join("ballots.db");
        let connection = Connection::open(&path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.execute_batch(SCHEMA)?;
        let unmixed: Option<bool> = connection.query_row("SELECT unmixed FROM box", [], |row| row.get(0)).optional()?;
        mix(&connection, unmixed == Some(true))?;
        let reader = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        reader.busy_timeout(Duration::from_secs(10))?;
        let (sender, receiver) = channel();
        let (names, file) = (entropy.clone(), path.clone());
        let thread = std::thread::Builder::new()
            .name("ballots".to_owned())
            .spawn(move || serve(connection, &receiver, names.as_ref(), &file))
            .map_err(|_| rusqlite::Error::InvalidQuery)?;
        Ok(Self {
            sender: Some(Mutex::new(sender)),
            reader: Some(Mutex::new(reader)),
            path,
            entropy,
            thread: Some(thread),
            inviting: tokio::sync::Mutex::default(),
        })
    }

    /// No box: for command-line work and simulation without a campaign.
    pub fn off(entropy: Arc<dyn Entropy>) -> Self {
        Self { sender: None, reader: None, path: PathBuf::new(), entropy, thread: None, inviting: tokio::sync::Mutex::default() }
    }

    /// Codes are made by one call at a time: what is unsettled when it begins is of no other.
    pub async fn inviting(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.inviting.lock().await
    }

    /// Puts in the hashes of a batch of codes of a campaign, unsettled; false when this batch is in the box already.
    ///
    /// # Errors
    /// [`BoxError`].
    pub async fn add_codes(&self, campaign: Uuid, batch: Unsettled, mut hashes: Vec<[u8; 32]>) -> Result<bool, BoxError> {
        hashes.sort_unstable();
        self.work(move |connection| {
            let transaction = connection.transaction()?;
            claim(&transaction, campaign)?;
            let Unsettled { batch, group, count, seed } = batch;
            let (batch, count) = (batch.as_bytes().as_slice(), i64::try_from(count).unwrap_or(i64::MAX));
            if transaction.prepare("SELECT 1 FROM token WHERE batch = ?1 LIMIT 1")?.exists([batch])? {
                return Ok(false);
            }
            {
                let mut insert = transaction.prepare("INSERT INTO token (hash, grp, batch, used) VALUES (?1, ?2, ?3, 0)")?;
                for hash in &hashes {
                    insert.execute(params![hash.as_slice(), number(group), batch])?;
                }
            }
            let unsettled = "INSERT INTO unsettled (batch, grp, count, seed) VALUES (?1, ?2, ?3, ?4)";
            transaction.execute(unsettled, params![batch, number(group), count, seed.as_slice()])?;
            transaction.commit()?;
            Ok(true)
        })
        .await
    }

    /// Batches of a campaign of which nobody has got a code.
    ///
    /// # Errors
    /// [`BoxError`].
    pub async fn unsettled(&self, campaign: Uuid) -> Result<Vec<Unsettled>, BoxError> {
        if self.sender.is_none() {
            return Ok(Vec::new());
        }
        self.work(move |connection| {
            if holds(connection)? != Some(campaign) {
                return Ok(Vec::new());
            }
            let mut statement = connection.prepare("SELECT batch, grp, count, seed FROM unsettled ORDER BY batch")?;
            let rows = statement.query_map([], |row| {
                let batch: Vec<u8> = row.get(0)?;
                Ok((Uuid::from_slice(&batch).ok(), group(row.get(1)?), row.get::<_, i64>(2)?.unsigned_abs(), row.get(3)?))
            })?;
            let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
            let whole =
                rows.into_iter().filter_map(|(batch, group, count, seed)| Some(Unsettled { batch: batch?, group: group?, count, seed }));
            Ok(whole.collect())
        })
        .await
    }

    /// A batch is given out: its codes cannot be made again.
    ///
    /// # Errors
    /// [`BoxError`].
    pub async fn settled(&self, batch: Uuid) -> Result<(), BoxError> {
        self.work(move |connection| {
            connection.execute("DELETE FROM unsettled WHERE batch = ?1", [batch.as_bytes().as_slice()])?;
            Ok(checkpoint(connection)?)
        })
        .await
    }

    /// Takes back a batch that never was given out. A box that is empty then is nobody's again.
    ///
    /// # Errors
    /// [`BoxError`].
    pub async fn drop_codes(&self, batch: Uuid) -> Result<(), BoxError> {
        self.work(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM token WHERE batch = ?1 AND used = 0", [batch.as_bytes().as_slice()])?;
            transaction.execute("DELETE FROM unsettled WHERE batch = ?1", [batch.as_bytes().as_slice()])?;
            transaction.execute("DELETE FROM box WHERE NOT EXISTS (SELECT 1 FROM token)", [])?;
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// What is known of a code.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn look(&self, hash: &[u8; 32]) -> Result<Option<Code>, BoxError> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let connection = reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached("SELECT box.campaign, token.used FROM token, box WHERE hash = ?1")?;
        let found = statement.query_row([hash.as_slice()], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, bool>(1)?))).optional()?;
        Ok(found.and_then(|(campaign, used)| Some(Code { campaign: Uuid::from_slice(&campaign).ok()?, used })))
    }

    /// Uses a code and puts in a ballot, both or neither; durable when this returns.
    ///
    /// # Errors
    /// [`BoxError`].
    pub async fn put(&self, campaign: Uuid, hash: [u8; 32], ballot: Sealed) -> Result<Put, BoxError> {
        let (answer, wait) = oneshot::channel();
        self.send(Message::Cast(Cast { campaign, hash, ballot, answer }))?;
        wait.await.map_err(|_| BoxError::Off)?
    }

    /// Codes used and ballots by group. Reads beside the voters and never holds them up.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn counts(&self, campaign: Uuid) -> Result<HashMap<Group, InBox>, BoxError> {
        let mut counts: HashMap<Group, InBox> = HashMap::new();
        if self.sender.is_none() {
            return Err(BoxError::Off);
        }
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        // Both counts of one moment.
        let moment = connection.unchecked_transaction()?;
        if holds(&moment)? != Some(campaign) {
            return Ok(counts);
        }
        let used = "SELECT grp, count(*) FROM token WHERE used = 1 GROUP BY grp";
        let ballots = "SELECT grp, count(*) FROM ballot GROUP BY grp";
        for (sql, of_codes) in [(used, true), (ballots, false)] {
            let mut statement = moment.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let n = row.get::<_, i64>(1)?.unsigned_abs();
                let Some(group) = group(row.get(0)?) else { continue };
                let of = counts.entry(group).or_default();
                if of_codes {
                    of.used = n;
                } else {
                    of.ballots = n;
                }
            }
        }
        Ok(counts)
    }

    /// Shuts the box: no ballot goes in any more. The order in which ballots will go into the log is drawn now, once.
    ///
    /// # Errors
    /// [`BoxError::Other`] when it holds another campaign.
    pub async fn shut(&self, campaign: Uuid) -> Result<(), BoxError> {
        let mut salt = [0; 32];
        self.entropy.fill(&mut salt);
        self.work(move |connection| {
            let transaction = connection.transaction()?;
            claim(&transaction, campaign)?;
            transaction.execute("UPDATE box SET salt = coalesce(salt, ?1)", [salt.as_slice()])?;
            transaction.commit()?;
            mix(connection, true)?;
            Ok(())
        })
        .await
    }

    /// All ballots and all opinions of a box that is shut, each in an order drawn at random: the same order at every call.
    ///
    /// # Errors
    /// [`BoxError::Other`] when it holds another campaign or is not shut.
    pub async fn content(&self, campaign: Uuid) -> Result<Content, BoxError> {
        self.work(move |connection| {
            let salt: Option<Option<Vec<u8>>> = connection
                .query_row("SELECT salt FROM box WHERE campaign = ?1", [campaign.as_bytes().as_slice()], |row| row.get(0))
                .optional()?;
            let salt = salt.flatten().ok_or(BoxError::Other)?;
            let ballots = shuffled(connection, &salt, "SELECT name, grp, sealed FROM ballot")?;
            let opinions = shuffled(connection, &salt, "SELECT name, body, sealed FROM opinion")?;
            Ok(Content {
                ballots: ballots.into_iter().filter_map(|(of, sealed)| Some((group(of)?, sealed))).collect(),
                opinions: opinions.into_iter().filter_map(|(body, sealed)| Some((usize::try_from(body).ok()?, sealed))).collect(),
            })
        })
        .await
    }

    /// Empties the box of this campaign for good; nothing happens when it is empty or holds another one.
    ///
    /// # Errors
    /// [`BoxError`].
    pub async fn empty(&self, campaign: Uuid) -> Result<(), BoxError> {
        self.work(move |connection| {
            if holds(connection)? != Some(campaign) {
                return Ok(());
            }
            let tables = ["token", "unsettled", "ballot", "opinion", "box"].map(|table| format!("DELETE FROM {table};"));
            connection.execute_batch(&format!("BEGIN IMMEDIATE; {} COMMIT;", tables.concat()))?;
            mix(connection, true)?;
            Ok(())
        })
        .await
    }

    /// It holds this batch of codes. A box that lacks one of a campaign's is that of another node, or an older one.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn holds(&self, batch: Uuid) -> Result<bool, BoxError> {
        let Some(reader) = &self.reader else { return Ok(false) };
        let connection = reader.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.prepare_cached("SELECT 1 FROM token WHERE batch = ?1 LIMIT 1")?.exists([batch.as_bytes().as_slice()])?)
    }

    /// The campaign whose codes are in the box; none when it is empty, or not open in this process.
    ///
    /// # Errors
    /// [`BoxError`].
    pub async fn campaign(&self) -> Result<Option<Uuid>, BoxError> {
        if self.sender.is_none() {
            return Ok(None);
        }
        self.work(|connection| holds(connection)).await
    }

    /// Mixes now.
    ///
    /// # Errors
    /// [`BoxError`].
    pub async fn mix(&self) -> Result<(), BoxError> {
        self.work(|connection| Ok(mix(connection, true)?)).await
    }

    /// A copy for a backup: in the order of random names, without write-ahead log.
    ///
    /// # Errors
    /// [`BoxError`]; the target must not be there.
    pub async fn copy_to(&self, target: &Path) -> Result<(), BoxError> {
        let target = target.to_string_lossy().into_owned();
        self.work(move |connection| {
            connection.execute("VACUUM INTO ?1", [target])?;
            Ok(())
        })
        .await
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn work<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Connection) -> Result<T, BoxError> + Send + 'static,
    ) -> Result<T, BoxError> {
        let (answer, wait) = oneshot::channel();
        self.send(Message::Work(Box::new(move |connection| drop(answer.send(act(connection))))))?;
        wait.await.map_err(|_| BoxError::Off)?
    }

    fn send(&self, message: Message) -> Result<(), BoxError> {
        let sender = self.sender.as_ref().ok_or(BoxError::Off)?;
        sender.lock().unwrap_or_else(PoisonError::into_inner).send(message).map_err(|_| BoxError::Off)
    }
}

impl Drop for BallotBox {
    fn drop(&mut self) {
        // The thread mixes before it ends.
        self.sender = None;
        self.reader = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the ballot box ended with a fault");
        }
    }
}

fn number(group: Group) -> i64 {
    Group::ALL.into_iter().position(|one| one == group).and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
}

fn group(number: i64) -> Option<Group> {
    Group::ALL.get(usize::try_from(number).ok()?).copied()
}

fn holds(connection: &Connection) -> Result<Option<Uuid>, BoxError> {
    let campaign: Option<Vec<u8>> = connection.query_row("SELECT campaign FROM box", [], |row| row.get(0)).optional()?;
    Ok(campaign.and_then(|bytes| Uuid::from_slice(&bytes).ok()))
}

/// The box is this campaign's from now on, if it is nobody's.
fn claim(connection: &Connection, campaign: Uuid) -> Result<(), BoxError> {
    connection.execute("INSERT INTO box (id, campaign) VALUES (1, ?1) ON CONFLICT DO NOTHING", [campaign.as_bytes().as_slice()])?;
    if holds(connection)? == Some(campaign) { Ok(()) } else { Err(BoxError::Other) }
}

#[cfg(test)]
mod tests;
