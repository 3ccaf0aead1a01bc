//! The node outside: takes filings without a log, and shows what the inner zone told.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use domain::codes;
use domain::ids::CaseId;
use domain::time::Instant;
use event_log::{Append, AppendError, EventLog, Expected};
use vault::Entropy;
use vault::zones::{CaseKey, OutsideKey, ZoneError};

use super::letter::Letter;
use super::parcel::Parcel;
use super::spool::{Folder, Spool, is_name};
use super::store::Store;
use super::{LETTER, MOST_LETTER, MOST_PARCEL, PARCEL};
use crate::error::Error;

/// Parcels taken in one go.
const PARCELS: usize = 1_000;
/// A damaged parcel younger than this is perhaps still being copied.
const COPYING: TimeDelta = TimeDelta::minutes(1);

/// How the outside treats letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Letters that wait for their acknowledgement at most; then filing pauses.
    pub most_held: usize,
    /// After so long without acknowledgement a letter that the gate took is put out again.
    pub resend: TimeDelta,
}

impl Default for Limits {
    fn default() -> Self {
        Self { most_held: 200_000, resend: TimeDelta::hours(1) }
    }
}

/// What came in with one look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Came {
    /// Parcels taken.
    pub parcels: u64,
    /// Parcels that were put among the refused, with the reason.
    pub refused: Vec<(String, ZoneError)>,
    /// Parcels that have not come though later ones have.
    pub missing: u64,
}

/// The outside. Holds no key that opens a filing again.
pub struct Outside {
    /// The keys.
    pub key: OutsideKey,
    dir: PathBuf,
    spool: Spool,
    store: Store,
    /// Rulebooks, calendars, catalogues and units; lives as long as the process.
    log: Arc<dyn EventLog>,
    entropy: Arc<dyn Entropy>,
    held: AtomicUsize,
    limits: Limits,
}

fn io(error: &std::io::Error) -> Error {
    Error::Internal(format!("摆渡目录：{error}"))
}

fn db(error: &rusqlite::Error) -> Error {
    Error::Internal(format!("outside.db：{error}"))
}

impl Outside {
    /// Opens the outside on a spool. `log` is empty and gets what the inner zone told so far.
    ///
    /// # Errors
    /// When the spool cannot be used.
    pub async fn open(
        dir: &Path,
        key: OutsideKey,
        log: Arc<dyn EventLog>,
        entropy: Arc<dyn Entropy>,
        limits: Limits,
    ) -> Result<Self, Error> {
        let spool = Spool::open(dir).map_err(|error| io(&error))?;
        let store = Store::open(&dir.join("outside.db")).map_err(|error| db(&error))?;
        let held = spool.count(Folder::Held, LETTER).map_err(|error| io(&error))?;
        let outside = Self { key, dir: dir.to_owned(), spool, store, log, entropy, held: AtomicUsize::new(held), limits };
        outside.learn().await?;
        // What a crash left between the two folders.
        for letter in outside.spool.list(Folder::Held, LETTER, usize::MAX).map_err(|error| io(&error))? {
            outside.spool.link(Folder::Held, Folder::Inward, &letter.name).map_err(|error| io(&error))?;
        }
        Ok(outside)
    }

    /// The public number of the case of a form: always the same.
    #[must_use]
    pub fn number(&self, case: CaseId) -> String {
        codes::public_number(self.key.number_bits(case.0))
    }

    /// The query code of a case filed here.
    #[must_use]
    pub fn query_code(&self, case: CaseId) -> String {
        self.key.query_code(case.0)
    }

    /// Takes a letter: durable when this returns. The same letter again changes nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the spool is full or cannot be written: nothing was taken.
    pub fn send(&self, letter: &Letter) -> Result<(), Error> {
        let name = letter.name();
        if self.spool.has(Folder::Held, &name) {
            return Ok(());
        }
        if self.held.load(Ordering::Relaxed) >= self.limits.most_held {
            tracing::error!(held = self.limits.most_held, "the spool is full: nothing was acknowledged by the inner zone for too long");
            return Err(Error::Unavailable);
        }
        let words = serde_json::to_vec(letter).map_err(|error| Error::Internal(error.to_string()))?;
        let sealed = self.key.seal(&words, self.entropy.as_ref());
        if sealed.len() as u64 > MOST_LETTER {
            return Err(Error::Internal("a letter is larger than its form allows".to_owned()));
        }
        let new = self.spool.put_new(Folder::Held, &name, &sealed).map_err(|error| {
            tracing::error!(%error, "the spool cannot be written");
            Error::Unavailable
        })?;
        if new {
            self.held.fetch_add(1, Ordering::Relaxed);
        }
        // It is safe from here on: should this fail, it is put out with the next look.
        if let Err(error) = self.spool.link(Folder::Held, Folder::Inward, &name) {
            tracing::warn!(%error, "a letter waits to be put out");
        }
        Ok(())
    }

    /// Puts out again what the gate took and nobody acknowledged.
    ///
    /// # Errors
    /// When the spool cannot be used.
    pub fn resend(&self, now: Instant) -> Result<u64, Error> {
        let mut again = 0;
        for letter in self.spool.list(Folder::Held, LETTER, usize::MAX).map_err(|error| io(&error))? {
            if self.spool.has(Folder::Inward, &letter.name) || now - letter.written < self.limits.resend {
                continue;
            }
            self.spool.touch(Folder::Held, &letter.name, now).map_err(|error| io(&error))?;
            self.spool.link(Folder::Held, Folder::Inward, &letter.name).map_err(|error| io(&error))?;
            again += 1;
        }
        Ok(again)
    }

    /// Takes the parcels that lie in the spool, in the order of their numbers.
    ///
    /// # Errors
    /// When the spool or the store cannot be used; what was taken stays taken.
    pub async fn receive(&self, now: Instant) -> Result<Came, Error> {
        let (mut came, mut facts) = (Came::default(), false);
        for found in self.spool.list(Folder::Outward, PARCEL, PARCELS).map_err(|error| io(&error))? {
            let opened = if found.bytes > MOST_PARCEL {
                Err(ZoneError::Foreign)
            } else {
                // The gate may have taken it back, or another look of this process was first.
                let Ok(file) = self.spool.read(Folder::Outward, &found.name, MOST_PARCEL) else { continue };
                Parcel::open(&self.key, &file)
            };
            match opened {
                Ok(parcel) => {
                    facts |= !parcel.facts.is_empty();
                    self.store.take(&parcel).map_err(|error| db(&error))?;
                    self.acknowledged(&parcel.taken)?;
                    self.spool.remove(Folder::Outward, &found.name).map_err(|error| io(&error))?;
                    came.parcels += 1;
                }
                Err(ZoneError::Damaged) if now - found.written < COPYING => {}
                Err(reason) => {
                    self.spool.refuse(Folder::Outward, &found.name).map_err(|error| io(&error))?;
                    came.refused.push((found.name, reason));
                }
            }
        }
        if facts {
            self.learn().await?;
        }
        came.missing = self.store.missing().map_err(|error| db(&error))?;
        Ok(came)
    }

    fn acknowledged(&self, names: &[String]) -> Result<(), Error> {
        for name in names.iter().filter(|name| is_name(name, LETTER)) {
            self.spool.remove(Folder::Inward, name).map_err(|error| io(&error))?;
            if self.spool.remove(Folder::Held, name).map_err(|error| io(&error))? {
                self.held.fetch_sub(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Puts what is known of rules and units into the log of this process, as far as no event is missing.
    async fn learn(&self) -> Result<(), Error> {
        for fact in self.store.facts().map_err(|error| db(&error))? {
            let expected = fact.revision.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
            let append = Append { stream: fact.stream, expected, events: vec![fact.event], keys: Vec::new() };
            match self.log.append(append).await {
                // Known already, or an event before it has not come yet.
                Ok(_) | Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Keeps what is known of a case that was filed here just now.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn keep(&self, key: &CaseKey, content: &[u8]) -> Result<(), Error> {
        self.store.keep(&key.tag(), &key.seal(content, self.entropy.as_ref())).map_err(|error| db(&error))
    }

    /// What the petitioner may see; none for a number and code that do not fit or are not known here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn case(&self, key: &CaseKey) -> Result<Option<Vec<u8>>, Error> {
        let sealed = self.store.case(&key.tag()).map_err(|error| db(&error))?;
        Ok(sealed.and_then(|sealed| key.open(&sealed)))
    }

    /// Notes on a case what its petitioner just did here, until the inner zone tells it anew. What came in meanwhile stands.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub fn amend(&self, key: &CaseKey, change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> Result<bool, Error> {
        let tag = key.tag();
        let Some(old) = self.store.case(&tag).map_err(|error| db(&error))? else { return Ok(false) };
        let Some(new) = key.open(&old).and_then(change) else { return Ok(false) };
        self.store.amend(&tag, &old, &key.seal(&new, self.entropy.as_ref())).map_err(|error| db(&error))
    }

    /// The figures of a page.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn figures(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        self.store.figures(name).map_err(|error| db(&error))
    }

    /// Until when the inner zone has told everything.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn as_of(&self) -> Result<Option<Instant>, Error> {
        self.store.as_of().map_err(|error| db(&error))
    }

    /// Letters that wait for their acknowledgement.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// So many may wait before filing pauses.
    #[must_use]
    pub fn most_held(&self) -> usize {
        self.limits.most_held
    }

    /// The folder of the spool.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}
