//! Who read what: readings of personal data and sign-ins, in `audit.db` beside the log.
//!
//! A file of its own with its own group commit, so that reading never waits for the log; kept for its own time. Its
//! day-end hash goes into the log. Holds ids only, never what was read.

pub mod copy;

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use domain::case::state::CaseState;
use domain::ids::CaseId;
use domain::time::{Instant, from_micros, micros};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params, params_from_iter};
use sha2::{Digest, Sha256};

use crate::actor::Staff;

const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS reading (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, account TEXT NOT NULL, unit TEXT NOT NULL, subject TEXT NOT NULL, what TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS reading_subject ON reading (subject, at);
CREATE INDEX IF NOT EXISTS reading_at ON reading (at);
CREATE INDEX IF NOT EXISTS reading_account ON reading (account);
CREATE TABLE IF NOT EXISTS node (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL) STRICT;
INSERT INTO node (one, name) SELECT 1, lower(hex(randomblob(4))) WHERE NOT EXISTS (SELECT 1 FROM node);
";
/// Rows written in one transaction at most.
const GROUP: usize = 512;
/// Lines that wait in memory while the file cannot be written, for instance on a full disk; some 20 MB.
const WAITING: usize = 100_000;
/// Between two tries to write them.
const AGAIN: Duration = Duration::from_secs(2);

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When.
    pub at: Instant,
    /// Account id, the sign-in name of a failed sign-in, or `cli:command@user`.
    pub account: String,
    /// Unit code.
    pub unit: String,
    /// Case stream, or empty.
    pub subject: String,
    /// What: `case`, `case+contact`, `sign_in`, `sign_in_failed`, `search_phone`, `export`, `refused`.
    pub what: String,
}

/// Which lines to look for; the default is all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Find {
    /// Of one of these accounts (ids and sign-in names); empty = all.
    pub accounts: Vec<String>,
    /// About this.
    pub subject: Option<String>,
    /// One of these kinds; empty = all.
    pub whats: Vec<String>,
    /// Not before.
    pub from: Option<Instant>,
    /// Before.
    pub to: Option<Instant>,
    /// Lines written before this one: the next page.
    pub before: Option<i64>,
}

impl Find {
    fn sql(&self, limit: usize) -> (String, Vec<Value>) {
        let mut sql = "SELECT at, account, unit, subject, what, id FROM reading WHERE 1".to_owned();
        let mut values: Vec<Value> = Vec::new();
        let mut one_of = |column: &str, all: &[String]| {
            if !all.is_empty() {
                sql.push_str(&format!(" AND {column} IN ({})", vec!["?"; all.len()].join(", ")));
                values.extend(all.iter().cloned().map(Value::Text));
            }
        };
        one_of("account", &self.accounts);
        one_of("subject", self.subject.as_slice());
        one_of("what", &self.whats);
        for (test, value) in [("at >= ?", self.from.map(micros)), ("at < ?", self.to.map(micros)), ("id < ?", self.before)] {
            if let Some(value) = value {
                sql.push_str(&format!(" AND {test}"));
                values.push(Value::Integer(value));
            }
        }
        sql.push_str(" ORDER BY id DESC LIMIT ?");
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        (sql, values)
    }
}

/// Why lines that were sent do not stand in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// They wait in memory and are written as soon as that works again.
    #[error("查看记录有 {lines} 行暂时写不进 audit.db（{why}），请检查磁盘空间和目录权限；恢复后会自动补写")]
    Waiting {
        /// How many.
        lines: usize,
        /// What SQLite says.
        why: String,
    },
    /// The thread that writes is gone.
    #[error("查看记录的写入已停止，请重启程序")]
    Stopped,
}

/// The audit: a sender to the thread that writes.
#[derive(Debug, Clone)]
pub struct Audit {
    sender: Option<Sender<Message>>,
    path: std::path::PathBuf,
    node: String,
}

#[derive(Debug)]
enum Message {
    Line(Reading),
    Flush(Sender<Result<(), AuditFault>>),
}

impl Audit {
    /// Opens `audit.db` in the data directory.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(dir: &Path) -> Result<Self, rusqlite::Error> {
        let path = dir.join("audit.db");
        let connection = Connection::open(&path)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.execute_batch(SCHEMA)?;
        let node = connection.query_row("SELECT name FROM node", [], |row| row.get(0))?;
        let (sender, receiver) = channel();
        let writer = Writer { connection, waiting: Vec::new(), lost: 0, failing: false };
        std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || writer.run(&receiver))
            .map_err(|_| rusqlite::Error::InvalidQuery)?;
        Ok(Self { sender: Some(sender), path, node })
    }

    /// An audit that keeps nothing, for command-line work and simulation.
    pub fn off() -> Self {
        Self { sender: None, path: std::path::PathBuf::new(), node: String::new() }
    }

    /// A member of staff opened a case.
    pub fn read(&self, at: Instant, staff: &Staff, case: CaseId, contact: bool) {
        self.line(at, staff, case.stream(), if contact { "case+contact" } else { "case" });
    }

    /// Somebody tried to sign in. A failed one is kept under the name that was tried only if it looks like one.
    pub fn sign_in(&self, at: Instant, login: &str, good: bool) {
        let looks = login.len() <= 32 && login.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        let account = if looks { login.to_owned() } else { "?".to_owned() };
        let what = if good { "sign_in" } else { "sign_in_failed" };
        self.send(Reading { at, account, unit: String::new(), subject: String::new(), what: what.to_owned() });
    }

    /// A member of staff exported, or was refused something.
    pub fn act(&self, at: Instant, staff: &Staff, subject: &str, what: &str) {
        self.line(at, staff, subject.to_owned(), what);
    }

    /// Somebody at the command line, by the name that the log would give, exported something.
    pub fn tool(&self, at: Instant, actor: &str, subject: &str, what: &str) {
        self.send(Reading { at, account: actor.to_owned(), unit: String::new(), subject: subject.to_owned(), what: what.to_owned() });
    }

    fn line(&self, at: Instant, staff: &Staff, subject: String, what: &str) {
        let unit = staff.unit.as_ref().map(ToString::to_string).unwrap_or_default();
        self.send(Reading { at, account: staff.account.0.to_string(), unit, subject, what: what.to_owned() });
    }

    fn send(&self, reading: Reading) {
        if let Some(sender) = &self.sender
            && sender.send(Message::Line(reading)).is_err()
        {
            tracing::error!("the audit no longer takes lines");
        }
    }

    /// Waits until everything sent so far is written, or cannot be written now.
    ///
    /// # Errors
    /// [`AuditFault`]: the file lacks lines.
    pub fn flush(&self) -> Result<(), AuditFault> {
        let Some(sender) = &self.sender else { return Ok(()) };
        let (done, wait) = channel();
        sender.send(Message::Flush(done)).map_err(|_| AuditFault::Stopped)?;
        wait.recv().map_err(|_| AuditFault::Stopped)?
    }

    /// The latest lines before an instant, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn latest(&self, before: Option<Instant>, limit: usize) -> Result<Vec<Reading>, rusqlite::Error> {
        self.query(
            "SELECT at, account, unit, subject, what FROM reading WHERE at < ?1 ORDER BY at DESC, id DESC LIMIT ?2",
            before.map_or(i64::MAX, micros).into(),
            limit,
        )
    }

    /// Lines that fit, each with its number, the latest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find(&self, find: &Find, limit: usize) -> Result<Vec<(i64, Reading)>, rusqlite::Error> {
        if self.sender.is_none() {
            return Ok(Vec::new());
        }
        let (sql, values) = find.sql(limit);
        let connection = self.reader()?;
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map(params_from_iter(values), |row| Ok((row.get(5)?, reading(row)?)))?;
        rows.collect()
    }

    /// When each of these sign-in names last signed in; none for never.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_sign_ins(&self, logins: &[&str]) -> Result<Vec<Option<Instant>>, rusqlite::Error> {
        if self.sender.is_none() {
            return Ok(vec![None; logins.len()]);
        }
        let connection = self.reader()?;
        let mut statement =
            connection.prepare("SELECT at FROM reading WHERE account = ?1 AND what = 'sign_in' ORDER BY id DESC LIMIT 1")?;
        let last = |login: &&str| statement.query_row([login], |row| row.get(0).map(from_micros)).optional();
        logins.iter().map(last).collect()
    }

    /// The data directory, in which the file stands; none when nothing is kept.
    pub fn dir(&self) -> Option<&Path> {
        self.sender.as_ref().and_then(|_| self.path.parent())
    }

    /// The name of this audit among those of several nodes: drawn at random when the file was made, kept with it. Empty when
    /// nothing is kept.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Who looked at a case, newest first; shown to the petitioner by unit and role only, never on reports of wrongdoing.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_case(&self, case: CaseId, state: &CaseState, limit: usize) -> Result<Vec<Reading>, rusqlite::Error> {
        if state.wrongdoing {
            return Ok(Vec::new());
        }
        self.query(
            "SELECT at, account, unit, subject, what FROM reading WHERE subject = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
            case.stream().into(),
            limit,
        )
    }

    /// SHA-256 over the lines of `[from, to)`, for the day-end event.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn hash(&self, from: Instant, to: Instant) -> Result<(u64, [u8; 32]), rusqlite::Error> {
        if self.sender.is_none() {
            return Ok((0, Sha256::digest([]).into()));
        }
        let connection = self.reader()?;
        let mut statement =
            connection.prepare("SELECT at, account, unit, subject, what FROM reading WHERE at >= ?1 AND at < ?2 ORDER BY id")?;
        let mut rows = statement.query(params![micros(from), micros(to)])?;
        let mut hasher = Sha256::new();
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let line = format!(
                "{}\u{1f}{}\u{1f}{}\u{1f}{}\u{1f}{}\n",
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?
            );
            hasher.update(line.as_bytes());
            count += 1;
        }
        Ok((count, hasher.finalize().into()))
    }

    fn query(&self, sql: &str, key: rusqlite::types::Value, limit: usize) -> Result<Vec<Reading>, rusqlite::Error> {
        if self.sender.is_none() {
            return Ok(Vec::new());
        }
        let connection = self.reader()?;
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map(params![key, i64::try_from(limit).unwrap_or(i64::MAX)], reading)?;
        rows.collect()
    }

    fn reader(&self) -> Result<Connection, rusqlite::Error> {
        Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
    }
}

fn reading(row: &Row<'_>) -> Result<Reading, rusqlite::Error> {
    Ok(Reading { at: from_micros(row.get(0)?), account: row.get(1)?, unit: row.get(2)?, subject: row.get(3)?, what: row.get(4)? })
}

/// The thread that writes.
struct Writer {
    connection: Connection,
    waiting: Vec<Reading>,
    /// Lines given up since the file could be written last.
    lost: u64,
    /// The file cannot be written, and the operator was told so.
    failing: bool,
}

impl Writer {
    fn run(mut self, receiver: &Receiver<Message>) {
        loop {
            let first = if self.waiting.is_empty() {
                receiver.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                receiver.recv_timeout(AGAIN)
            };
            let mut flushed = Vec::new();
            let mut next = match first {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let most = self.waiting.len() + GROUP;
            while let Some(message) = next {
                match message {
                    Message::Line(reading) => self.take(reading),
                    Message::Flush(done) => flushed.push(done),
                }
                next = if self.waiting.len() < most { receiver.try_recv().ok() } else { None };
            }
            let written = self.put();
            for done in flushed {
                // Whoever asked may have gone.
                let _ = done.send(written.clone());
            }
        }
        if let Err(fault) = self.put() {
            tracing::error!(%fault, lost = self.lost, "audit lines could not be written before the end");
        }
    }

    fn take(&mut self, reading: Reading) {
        if self.waiting.len() < WAITING {
            self.waiting.push(reading);
            return;
        }
        if self.lost == 0 {
            tracing::error!("audit lines are lost from now on: too many wait for the file");
        }
        self.lost += 1;
    }

    /// Writes what waits. What cannot be written waits on; the operator is told when that begins and when it ends.
    fn put(&mut self) -> Result<(), AuditFault> {
        while !self.waiting.is_empty() {
            let some = self.waiting.len().min(GROUP);
            if let Err(error) = insert(&mut self.connection, self.waiting.get(..some).unwrap_or_default()) {
                let lines = self.waiting.len();
                if self.is_news(true) {
                    tracing::error!(%error, lines, "audit lines cannot be written now and are kept");
                }
                return Err(AuditFault::Waiting { lines, why: error.to_string() });
            }
            self.waiting.drain(..some);
        }
        if self.is_news(false) {
            tracing::warn!("audit lines are written again");
        }
        if self.lost > 0 {
            tracing::error!(lines = self.lost, "audit lines were lost: too many waited for the file");
        }
        self.lost = 0;
        Ok(())
    }

    /// Notes whether the file can be written; true when that is another than last time.
    fn is_news(&mut self, failing: bool) -> bool {
        std::mem::replace(&mut self.failing, failing) != failing
    }
}

fn insert(connection: &mut Connection, group: &[Reading]) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    {
        let mut statement =
            transaction.prepare_cached("INSERT INTO reading (at, account, unit, subject, what) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for reading in group {
            statement.execute(params![micros(reading.at), reading.account, reading.unit, reading.subject, reading.what])?;
        }
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use domain::account::{Role, StaffKind};
    use domain::ids::AccountId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_reading_is_found_by_case_and_not_shown_for_wrongdoing() {
        let dir = tempfile::tempdir().unwrap();
        let audit = Audit::open(dir.path()).unwrap();
        let staff = Staff { account: AccountId(Uuid::from_u128(1)), unit: None, roles: vec![Role::Handler], kind: StaffKind::CivilServant };
        let case = CaseId(Uuid::from_u128(2));
        audit.read(from_micros(5), &staff, case, true);
        audit.flush().unwrap();
        assert_eq!(audit.of_case(case, &CaseState::default(), 10).unwrap().len(), 1);
        assert_eq!(audit.of_case(case, &CaseState { wrongdoing: true, ..CaseState::default() }, 10).unwrap().len(), 0);
        assert_eq!(audit.hash(from_micros(0), from_micros(6)).unwrap().0, 1);
    }

    #[test]
    fn lines_are_found_by_account_kind_and_page() {
        let dir = tempfile::tempdir().unwrap();
        let audit = Audit::open(dir.path()).unwrap();
        for (at, login, good) in [(1, "wang.li", false), (2, "wang.li", true), (3, "liu.yue", true), (4, "wang.li", true)] {
            audit.sign_in(from_micros(at), login, good);
        }
        audit.flush().unwrap();
        let at = |find: &Find| audit.find(find, 2).unwrap().into_iter().map(|(id, line)| (id, micros(line.at))).collect::<Vec<_>>();
        let of_wang = Find { accounts: vec!["wang.li".to_owned()], ..Find::default() };
        assert_eq!(at(&of_wang), [(4, 4), (2, 2)]);
        assert_eq!(at(&Find { before: Some(2), ..of_wang.clone() }), [(1, 1)]);
        assert_eq!(at(&Find { whats: vec!["sign_in_failed".to_owned()], ..of_wang }), [(1, 1)]);
        assert_eq!(at(&Find { from: Some(from_micros(2)), to: Some(from_micros(4)), ..Find::default() }), [(3, 3), (2, 2)]);
        assert_eq!(audit.last_sign_ins(&["liu.yue", "nobody"]).unwrap(), [Some(from_micros(3)), None]);
    }

    /// The table is away, as a full disk would have it, or there again.
    fn writable(dir: &Path, is: bool) {
        let (from, to) = if is { ("away", "reading") } else { ("reading", "away") };
        Connection::open(dir.join("audit.db")).unwrap().execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).unwrap();
    }

    #[test]
    fn given_a_file_that_cannot_be_written_when_somebody_waits_for_it_then_the_fault_is_told_and_no_line_goes_missing() {
        let dir = tempfile::tempdir().unwrap();
        let audit = Audit::open(dir.path()).unwrap();
        writable(dir.path(), false);
        audit.sign_in(from_micros(1), "wang.li", true);
        audit.sign_in(from_micros(2), "liu.yue", true);
        for _ in 0..2 {
            let fault = audit.flush().unwrap_err();
            assert!(matches!(&fault, AuditFault::Waiting { lines: 2, why } if why.contains("reading")), "{fault:?}");
        }
        writable(dir.path(), true);
        assert_eq!(audit.flush(), Ok(()));
        assert_eq!(audit.hash(from_micros(0), from_micros(3)).unwrap().0, 2);
        assert_eq!(Audit::off().flush(), Ok(()));
    }

    #[test]
    fn given_a_file_that_cannot_be_written_for_long_then_that_is_news_once_and_so_is_its_end() {
        let dir = tempfile::tempdir().unwrap();
        drop(Audit::open(dir.path()).unwrap());
        let connection = Connection::open(dir.path().join("audit.db")).unwrap();
        let mut writer = Writer { connection, waiting: Vec::new(), lost: 0, failing: false };
        let news = [false, true, true, true, false, false, true].map(|failing| writer.is_news(failing));
        assert_eq!(news, [false, true, false, false, true, false, true]);
        assert_eq!((writer.put(), writer.failing), (Ok(()), false));
    }
}
