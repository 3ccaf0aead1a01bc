//! The ballot box (`ballots.db`): which one-time codes are used, and the ballots, without anything that leads from one to the
//! other. One campaign at a time; emptied when its ballots stand in the log.
//!
//! One person, one ballot, and nobody can say whose (domain.md H8, H9):
//! - A code is known by its keyed hash alone. Using it and putting in the ballot is one transaction, so that each code gives
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

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::campaign::Group;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use uuid::Uuid;
use vault::Entropy;

const SCHEMA: &str = "
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;
PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -65536;
CREATE TABLE IF NOT EXISTS box (
    id INTEGER PRIMARY KEY CHECK (id = 1), campaign BLOB NOT NULL, salt BLOB, unmixed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS token (
    hash BLOB PRIMARY KEY, grp INTEGER NOT NULL, batch BLOB NOT NULL, used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ballot (name BLOB PRIMARY KEY, grp INTEGER NOT NULL, sealed TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opinion (name BLOB PRIMARY KEY, body INTEGER NOT NULL, sealed TEXT NOT NULL) STRICT, WITHOUT ROWID;
";
/// Ballots in one commit at most.
const GROUP: usize = 256;
/// Nobody voted for so long: time to mix.
const REST: Duration = Duration::from_secs(60);
/// Pages of write-ahead log after which it is emptied although people vote.
const WAL_BYTES: u64 = 16 << 20;

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

struct Cast {
    campaign: Uuid,
    hash: [u8; 32],
    ballot: Sealed,
    answer: oneshot::Sender<Result<Put, BoxError>>,
}

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

enum Message {
    Cast(Cast),
    Work(Work),
}

/// The ballot box.
pub struct BallotBox {
    sender: Option<Mutex<Sender<Message>>>,
    reader: Option<Mutex<Connection>>,
    path: PathBuf,
    entropy: Arc<dyn Entropy>,
    thread: Option<std::thread::JoinHandle<()>>,
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
        Ok(Self { sender: Some(Mutex::new(sender)), reader: Some(Mutex::new(reader)), path, entropy, thread: Some(thread) })
    }

    /// No box: for command-line work and simulation without a campaign.
    pub fn off(entropy: Arc<dyn Entropy>) -> Self {
        Self { sender: None, reader: None, path: PathBuf::new(), entropy, thread: None }
    }

    /// Puts in the hashes of a batch of codes of a campaign; false when this batch is in the box already.
    ///
    /// # Errors
    /// [`BoxError`].
    pub async fn add_codes(&self, campaign: Uuid, group: Group, batch: Uuid, mut hashes: Vec<[u8; 32]>) -> Result<bool, BoxError> {
        hashes.sort_unstable();
        self.work(move |connection| {
            let transaction = connection.transaction()?;
            claim(&transaction, campaign)?;
            if transaction.prepare("SELECT 1 FROM token WHERE batch = ?1 LIMIT 1")?.exists([batch.as_bytes().as_slice()])? {
                return Ok(false);
            }
            {
                let mut insert = transaction.prepare("INSERT INTO token (hash, grp, batch, used) VALUES (?1, ?2, ?3, 0)")?;
                for hash in &hashes {
                    insert.execute(params![hash.as_slice(), number(group), batch.as_bytes().as_slice()])?;
                }
            }
            transaction.commit()?;
            Ok(true)
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
            connection
                .execute_batch("BEGIN IMMEDIATE; DELETE FROM token; DELETE FROM ballot; DELETE FROM opinion; DELETE FROM box; COMMIT;")?;
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

/// A copy of the ballot box of a data directory for a backup, also while another process has it open; false when there is
/// none. As [`BallotBox::copy_to`]: the order of random names, no write-ahead log.
///
/// # Errors
/// When it cannot be read, or the target is there.
pub fn copy(dir: &Path, target: &Path) -> Result<bool, rusqlite::Error> {
    let path = dir.join("ballots.db");
    if !path.exists() {
        return Ok(false);
    }
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // Pages of the copy keep nothing of rows that moved on while it was made.
    connection.execute_batch("PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0;")?;
    connection.execute("VACUUM INTO ?1", [target.to_string_lossy()])?;
    Ok(true)
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

fn shuffled(connection: &Connection, salt: &[u8], sql: &str) -> Result<Vec<(i64, String)>, BoxError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        let place: [u8; 32] =
            Sha256::new().chain_update(salt).chain_update(row.get_ref(0)?.as_blob().unwrap_or_default()).finalize().into();
        Ok((place, row.get(1)?, row.get(2)?))
    })?;
    let mut all: Vec<([u8; 32], i64, String)> = rows.collect::<Result<_, _>>()?;
    all.sort_unstable();
    Ok(all.into_iter().map(|(_, of, sealed)| (of, sealed)).collect())
}

/// Writes the file anew in the order of the names, and empties the write-ahead log.
fn mix(connection: &Connection, anew: bool) -> Result<(), rusqlite::Error> {
    if anew {
        connection.execute("UPDATE box SET unmixed = 0", [])?;
        connection.execute_batch("VACUUM")?;
    }
    checkpoint(connection)
}

fn checkpoint(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

fn serve(mut connection: Connection, receiver: &Receiver<Message>, names: &dyn Entropy, path: &Path) {
    let wal = path.with_extension("db-wal");
    let mut unmixed = false;
    let mut next: Option<Message> = None;
    loop {
        let message = match next.take().map_or_else(|| receiver.recv_timeout(REST), Ok) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => {
                if std::mem::take(&mut unmixed) {
                    report(mix(&connection, true));
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        match message {
            Message::Work(work) => work(&mut connection),
            Message::Cast(first) => {
                let mut group = vec![first];
                while group.len() < GROUP {
                    match receiver.try_recv() {
                        Ok(Message::Cast(cast)) => group.push(cast),
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                unmixed = true;
                commit(&mut connection, group, names);
                if std::fs::metadata(&wal).is_ok_and(|meta| meta.len() > WAL_BYTES) {
                    report(checkpoint(&connection));
                }
            }
        }
    }
    report(mix(&connection, unmixed));
}

fn report(outcome: Result<(), rusqlite::Error>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "the ballot box could not be mixed");
    }
}

fn commit(connection: &mut Connection, group: Vec<Cast>, names: &dyn Entropy) {
    let outcome = write(connection, &group, names);
    if let Err(error) = &outcome {
        tracing::error!(%error, "ballots could not be written");
    }
    let mut results = outcome.unwrap_or_default().into_iter();
    for cast in group {
        // Without a result nothing was written: the voter is told so and tries again.
        let result = results.next().ok_or(BoxError::File(rusqlite::Error::InvalidQuery));
        let _ = cast.answer.send(result);
    }
}

fn write(connection: &mut Connection, group: &[Cast], names: &dyn Entropy) -> Result<Vec<Put>, BoxError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut results = Vec::with_capacity(group.len());
    {
        let open: Option<Vec<u8>> =
            transaction.prepare_cached("SELECT campaign FROM box WHERE salt IS NULL")?.query_row([], |row| row.get(0)).optional()?;
        transaction.prepare_cached("UPDATE box SET unmixed = 1 WHERE unmixed = 0")?.execute([])?;
        let mut mark = transaction.prepare_cached("UPDATE token SET used = 1 WHERE hash = ?1 AND used = 0 RETURNING grp")?;
        let mut known = transaction.prepare_cached("SELECT 1 FROM token WHERE hash = ?1")?;
        let mut rows: Vec<([u8; 16], i64, &str)> = Vec::with_capacity(group.len());
        let mut opinions: Vec<([u8; 16], usize, &str)> = Vec::new();
        for cast in group {
            if open.as_deref() != Some(cast.campaign.as_bytes().as_slice()) {
                results.push(Put::Shut);
                continue;
            }
            let of: Option<i64> = mark.query_row([cast.hash.as_slice()], |row| row.get(0)).optional()?;
            let Some(of) = of else {
                results.push(if known.exists([cast.hash.as_slice()])? { Put::Used } else { Put::Unknown });
                continue;
            };
            rows.push((name(names), of, &cast.ballot.grades));
            opinions.extend(cast.ballot.opinions.iter().map(|(body, sealed)| (name(names), *body, sealed.as_str())));
            results.push(Put::In);
        }
        // In the order of their names, not of their coming.
        rows.sort_unstable();
        opinions.sort_unstable();
        let mut insert = transaction.prepare_cached("INSERT INTO ballot (name, grp, sealed) VALUES (?1, ?2, ?3)")?;
        for (name, of, sealed) in rows {
            insert.execute(params![name.as_slice(), of, sealed])?;
        }
        let mut insert = transaction.prepare_cached("INSERT INTO opinion (name, body, sealed) VALUES (?1, ?2, ?3)")?;
        for (name, body, sealed) in opinions {
            insert.execute(params![name.as_slice(), i64::try_from(body).unwrap_or(i64::MAX), sealed])?;
        }
    }
    transaction.commit()?;
    Ok(results)
}

fn name(entropy: &dyn Entropy) -> [u8; 16] {
    let mut name = [0; 16];
    entropy.fill(&mut name);
    name
}

#[cfg(test)]
mod tests {
    use vault::OsEntropy;

    use super::*;

    const CAMPAIGN: Uuid = Uuid::from_u128(7);

    fn hash(n: u32) -> [u8; 32] {
        Sha256::digest(n.to_be_bytes()).into()
    }

    fn ballot(grades: &str) -> Sealed {
        Sealed { grades: grades.to_owned(), opinions: vec![(0, format!("opinion of {grades}"))] }
    }

    async fn with_codes(dir: &Path, n: u32) -> BallotBox {
        let open = BallotBox::open(dir, Arc::new(OsEntropy)).unwrap();
        assert!(open.add_codes(CAMPAIGN, Group::Users, Uuid::from_u128(1), (0..n).map(hash).collect()).await.unwrap());
        open
    }

    #[tokio::test]
    async fn a_thousand_votes_with_one_code_at_once_are_one_ballot() {
        let dir = tempfile::tempdir().unwrap();
        let open = Arc::new(with_codes(dir.path(), 2).await);
        let votes: Vec<_> = (0..1_000)
            .map(|n| {
                let open = open.clone();
                tokio::spawn(async move { open.put(CAMPAIGN, hash(0), ballot(&format!("vote {n}"))).await.unwrap() })
            })
            .collect();
        let mut came_in = 0;
        for vote in votes {
            match vote.await.unwrap() {
                Put::In => came_in += 1,
                other => assert_eq!(other, Put::Used),
            }
        }
        assert_eq!(came_in, 1);
        assert_eq!(open.counts(CAMPAIGN).unwrap()[&Group::Users], InBox { used: 1, ballots: 1 });
        assert_eq!(open.put(CAMPAIGN, hash(9), ballot("x")).await.unwrap(), Put::Unknown);
    }

    #[tokio::test]
    async fn a_shut_box_takes_nothing_keeps_its_order_and_is_emptied_once() {
        let dir = tempfile::tempdir().unwrap();
        let open = with_codes(dir.path(), 40).await;
        for n in 0..30 {
            assert_eq!(open.put(CAMPAIGN, hash(n), ballot(&format!("{n}"))).await.unwrap(), Put::In);
        }
        open.shut(CAMPAIGN).await.unwrap();
        assert_eq!(open.put(CAMPAIGN, hash(35), ballot("late")).await.unwrap(), Put::Shut);
        let first = open.content(CAMPAIGN).await.unwrap();
        assert_eq!((first.ballots.len(), first.opinions.len()), (30, 30));
        // A crash in between: opened anew, shut again, the same order.
        drop(open);
        let open = BallotBox::open(dir.path(), Arc::new(OsEntropy)).unwrap();
        open.shut(CAMPAIGN).await.unwrap();
        assert_eq!(open.content(CAMPAIGN).await.unwrap(), first);
        let came: Vec<String> = (0..30).map(|n| n.to_string()).collect();
        assert_ne!(first.ballots.iter().map(|(_, sealed)| sealed.clone()).collect::<Vec<_>>(), came, "shuffled");
        assert!(matches!(open.shut(Uuid::from_u128(8)).await, Err(BoxError::Other)));
        open.empty(CAMPAIGN).await.unwrap();
        open.empty(CAMPAIGN).await.unwrap();
        assert!(matches!(open.content(CAMPAIGN).await, Err(BoxError::Other)));
        drop(open);
        let bytes = std::fs::read(dir.path().join("ballots.db")).unwrap();
        assert!(!bytes.windows(32).any(|window| window == hash(3)), "a hash is left in the emptied file");
        assert!(!bytes.windows(10).any(|window| window == b"opinion of"), "an opinion is left in the emptied file");
    }

    #[tokio::test]
    async fn a_batch_goes_in_once_and_one_campaign_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let open = with_codes(dir.path(), 3).await;
        assert!(!open.add_codes(CAMPAIGN, Group::Users, Uuid::from_u128(1), vec![hash(8)]).await.unwrap());
        assert!(matches!(open.add_codes(Uuid::from_u128(8), Group::Users, Uuid::from_u128(2), vec![hash(8)]).await, Err(BoxError::Other)));
        assert_eq!(open.look(&hash(1)).unwrap(), Some(Code { campaign: CAMPAIGN, used: false }));
        assert_eq!(open.look(&hash(8)).unwrap(), None);
        open.drop_codes(Uuid::from_u128(1)).await.unwrap();
        assert_eq!(open.look(&hash(1)).unwrap(), None);
    }

    /// Somebody who knows in which order people voted looks for that order in the file and in a copy of it. Pages keep the order of
    /// insertion, so without mixing it is found.
    #[tokio::test]
    async fn the_order_of_voting_is_not_the_order_in_the_file() {
        const VOTES: u32 = 4_800;
        let dir = tempfile::tempdir().unwrap();
        let open = with_codes(dir.path(), VOTES).await;
        for n in 0..VOTES {
            assert_eq!(open.put(CAMPAIGN, hash(n), ballot(&format!("<ballot {n:06}>"))).await.unwrap(), Put::In);
        }
        // Only written through, not mixed: the adversary does find the order of voting, so the test can fail.
        open.work(|connection| Ok(checkpoint(connection)?)).await.unwrap();
        let unmixed = order_in(&std::fs::read(dir.path().join("ballots.db")).unwrap(), b"<ballot ");
        assert!(!unrelated(&unmixed), "a page keeps the order of insertion");
        // A copy that another process makes for a backup is in no order, mixed or not, and takes part in nothing.
        let beside = dir.path().join("beside.db");
        assert!(copy(dir.path(), &beside).unwrap());
        open.mix().await.unwrap();
        assert_eq!(std::fs::metadata(dir.path().join("ballots.db-wal")).unwrap().len(), 0, "the write-ahead log is empty");
        let copied = dir.path().join("copy.db");
        open.copy_to(&copied).await.unwrap();
        for file in [dir.path().join("ballots.db"), copied, beside] {
            let bytes = std::fs::read(&file).unwrap();
            let order = order_in(&bytes, b"<ballot ");
            assert_eq!(order.len(), VOTES as usize, "{file:?}");
            assert!(unrelated(&order), "{file:?}");
        }
    }

    /// The numbers behind a mark in the order in which they lie in the file, grades alone.
    fn order_in(bytes: &[u8], mark: &[u8]) -> Vec<u32> {
        let at = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(mark) && !bytes[..*at].ends_with(b"opinion of "));
        at.filter_map(|at| std::str::from_utf8(bytes.get(at + mark.len()..at + mark.len() + 6)?).ok()?.parse().ok()).collect()
    }

    /// Neither the rank correlation nor the number of neighbours that follow each other is beyond chance (five sigma).
    fn unrelated(order: &[u32]) -> bool {
        let n = order.len() as f64;
        let mean = (n - 1.0) / 2.0;
        let covariance: f64 = order.iter().enumerate().map(|(place, vote)| (place as f64 - mean) * (f64::from(*vote) - mean)).sum();
        let correlation = covariance / ((n * n - 1.0) * n / 12.0);
        let ascending = order.windows(2).filter(|pair| pair[1] > pair[0]).count() as f64;
        // The number of ascents of a random permutation has mean (n-1)/2 and variance (n+1)/12.
        correlation.abs() < 5.0 / n.sqrt() && (ascending - (n - 1.0) / 2.0).abs() < 5.0 * ((n + 1.0) / 12.0).sqrt()
    }
}
