//! What the outside knows: `outside.db`. Everything in it came from the inner zone or is sealed under number and code;
//! thrown away, it is made again by parcels that say everything anew.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::time::{Instant, from_micros, micros};
use event_log::NewEvent;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::parcel::{CaseRecord, Fact, Parcel};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS cases (tag BLOB PRIMARY KEY, seq INTEGER NOT NULL, sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (stream TEXT NOT NULL, revision INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (stream, revision));
CREATE TABLE IF NOT EXISTS figures (name TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS missing (number INTEGER PRIMARY KEY);
";
/// Gaps that are remembered one by one.
const MOST_MISSING: u64 = 10_000;

/// The file.
pub(super) struct Store(Mutex<Connection>);

/// What went wrong with it, in words of the program.
type Outcome<T> = Result<T, rusqlite::Error>;

impl Store {
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        let connection = Connection::open(path)?;
        // An answer that was erased inside is overwritten here too.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 5000;",
        )?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// A statement either happens or not: a poisoned lock is usable.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a parcel in as a whole; twice is once.
    pub(super) fn take(&self, parcel: &Parcel) -> Outcome<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        count(&transaction, parcel)?;
        for fact in &parcel.facts {
            put_fact(&transaction, fact)?;
        }
        for (name, body) in &parcel.figures {
            transaction.execute("INSERT OR REPLACE INTO figures VALUES (?1, ?2)", params![name, body])?;
        }
        for case in &parcel.cases {
            put_case(&transaction, case)?;
        }
        // While a parcel is missing, something may be older than the last one says.
        let whole = transaction.query_row("SELECT count(*) = 0 FROM missing", [], |row| row.get(0))?;
        if let (Some(as_of), true) = (parcel.as_of, whole) {
            transaction.execute(
                "INSERT INTO state VALUES ('as_of', ?1) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
                [micros(as_of)],
            )?;
        }
        transaction.commit()
    }

    /// Keeps what the outside itself knows of a case until the inner zone says more.
    pub(super) fn keep(&self, tag: &[u8; 16], sealed: &[u8]) -> Outcome<()> {
        self.connection().execute("INSERT OR IGNORE INTO cases VALUES (?1, 0, ?2)", params![tag.as_slice(), sealed])?;
        Ok(())
    }

    pub(super) fn case(&self, tag: &[u8; 16]) -> Outcome<Option<Vec<u8>>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT sealed FROM cases WHERE tag = ?1")?;
        statement.query_row([tag.as_slice()], |row| row.get(0)).optional()
    }

    /// Changes what is known of a case, unless it changed meanwhile; true when it was changed.
    pub(super) fn amend(&self, tag: &[u8; 16], old: &[u8], new: &[u8]) -> Outcome<bool> {
        let changed =
            self.connection().execute("UPDATE cases SET sealed = ?3 WHERE tag = ?1 AND sealed = ?2", params![tag.as_slice(), old, new])?;
        Ok(changed == 1)
    }

    pub(super) fn figures(&self, name: &str) -> Outcome<Option<Vec<u8>>> {
        self.connection().query_row("SELECT body FROM figures WHERE name = ?1", [name], |row| row.get(0)).optional()
    }

    /// All facts, each stream in its order.
    pub(super) fn facts(&self) -> Outcome<Vec<Fact>> {
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT stream, revision, event FROM facts ORDER BY stream, revision")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?)))?;
        let mut facts = Vec::new();
        for row in rows {
            let (stream, revision, event) = row?;
            // What another version of the program wrote comes again with the next parcels.
            if let Ok(event) = postcard::from_bytes::<NewEvent>(&event) {
                facts.push(Fact { stream, revision: revision.unsigned_abs(), event });
            }
        }
        Ok(facts)
    }

    pub(super) fn as_of(&self) -> Outcome<Option<Instant>> {
        let value = self.connection().query_row("SELECT value FROM state WHERE name = 'as_of'", [], |row| row.get(0)).optional()?;
        Ok(value.map(from_micros))
    }

    pub(super) fn missing(&self) -> Outcome<u64> {
        self.connection().query_row("SELECT count(*) FROM missing", [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
    }
}

/// Notes which numbers have not come yet.
fn count(transaction: &Transaction<'_>, parcel: &Parcel) -> Outcome<()> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let last: Option<i64> = transaction.query_row("SELECT value FROM state WHERE name = 'last'", [], |row| row.get(0)).optional()?;
    let last = last.map_or(0, i64::unsigned_abs);
    let begun: Option<i64> = transaction.query_row("SELECT value FROM state WHERE name = 'anew'", [], |row| row.get(0)).optional()?;
    let anew = parcel.anew.map(micros).filter(|at| begun.is_none_or(|begun| *at > begun));
    if let Some(at) = anew {
        transaction.execute("DELETE FROM missing", [])?;
        transaction.execute("INSERT OR REPLACE INTO state VALUES ('anew', ?1)", [at])?;
    }
    transaction.execute("DELETE FROM missing WHERE number = ?1", [number(parcel.number)])?;
    if parcel.number > last || anew.is_some() {
        if anew.is_none() {
            for n in (last + 1..parcel.number).take(usize::try_from(MOST_MISSING).unwrap_or(usize::MAX)) {
                transaction.execute("INSERT OR IGNORE INTO missing VALUES (?1)", [number(n)])?;
            }
        }
        transaction.execute("INSERT OR REPLACE INTO state VALUES ('last', ?1)", [number(parcel.number)])?;
    }
    Ok(())
}

fn put_fact(transaction: &Transaction<'_>, fact: &Fact) -> Outcome<()> {
    let event = postcard::to_stdvec(&fact.event).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let revision = i64::try_from(fact.revision).unwrap_or(i64::MAX);
    transaction.execute("INSERT OR IGNORE INTO facts VALUES (?1, ?2, ?3)", params![fact.stream, revision, event])?;
    Ok(())
}

fn put_case(transaction: &Transaction<'_>, case: &CaseRecord) -> Outcome<()> {
    transaction
        .prepare_cached(
            "INSERT INTO cases VALUES (?1, ?2, ?3)
             ON CONFLICT (tag) DO UPDATE SET seq = excluded.seq, sealed = excluded.sealed WHERE excluded.seq >= seq",
        )?
        .execute(params![case.tag.as_slice(), i64::try_from(case.seq).unwrap_or(i64::MAX), case.sealed])?;
    Ok(())
}
