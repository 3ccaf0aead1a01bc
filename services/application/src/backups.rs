//! Backups: made beside a running server, restored, rehearsed; and what is known of the latest ones.
//!
//! Two files, kept apart (architecture.md, "Keys"): the *log file* has events, reading audit and attachments, and no key;
//! the *keys file* has the wrapped keys, who was erased, and the ballot box. Of keys files only the latest is kept, so that
//! an old log restored with it keeps the erased erased. `ops/docs/backup.md` specifies both.
//!
//! [`make`] writes them, [`restore`] reads them, [`rehearse`] does so every night and throws the result away.
//!
//! [`Backups`] is what is known: when the last one was made and when one was last rehearsed. `xiaoneng backup` and the
//! nightly rehearsal write it; `/readyz`, `/metrics`, `doctor` and the administrator's page read it. It is a file beside the
//! log and no event: a restored log must not claim backups that it never had.

pub mod archive;
pub mod fault;
pub mod make;
pub mod rehearse;
pub mod restore;
pub mod retention;

pub use fault::Fault;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use domain::time::Instant;
use serde::{Deserialize, Serialize};

/// Parts of the log file.
const EVENTS: &str = "events";
const AUDIT: &str = "audit";
const ATTACHMENTS: &str = "attachments";
/// Parts of the keys file.
const KEYS: &str = "keys";
const ERASED: &str = "erased";
const BALLOTS: &str = "ballots";

/// The file in the data directory.
const FILE: &str = "backups.json";

/// One backup or rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it ended.
    pub at: Instant,
    /// Events of the log that it holds.
    pub events: u64,
    /// Bytes of the files.
    pub bytes: u64,
    /// Attachments that it holds.
    #[serde(default)]
    pub attachments: u64,
    /// How many fewer attachments than an earlier backup held: none is ever thrown away, so their folder was not all there.
    #[serde(default)]
    pub missing: u64,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// What went wrong; `None` when it is good.
    pub fault: Option<String>,
}

/// What the files of a run hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Events of the log.
    pub events: u64,
    /// Attachments.
    pub attachments: u64,
    /// Bytes of the files.
    pub bytes: u64,
}

impl Run {
    /// A run that ended at `at` after `took`, with what it holds or why it failed.
    #[must_use]
    pub fn ended(at: Instant, took: std::time::Duration, with: Result<Held, String>) -> Self {
        let (Held { events, attachments, bytes }, fault) = with.map_or_else(|why| (Held::default(), Some(why)), |held| (held, None));
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Self { at, events, bytes, attachments, missing: 0, millis, fault }
    }
}

/// The latest runs, good and bad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Backups {
    /// The latest backup that is good.
    pub backup: Option<Run>,
    /// The latest rehearsal (restored, replayed, compared) that is good.
    pub rehearsal: Option<Run>,
    /// The latest run of either kind that failed, until one succeeds.
    pub failed: Option<Run>,
}

impl Backups {
    /// What is known of a data directory; nothing when there is no such file or it cannot be read.
    #[must_use]
    pub fn read(data: &Path) -> Self {
        std::fs::read(path(data)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Keeps it; a crash leaves the old or the new file, whole.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, data: &Path) -> std::io::Result<()> {
        let (path, new) = (path(data), data.join("backups.json.new"));
        std::fs::write(&new, serde_json::to_vec(self)?)?;
        std::fs::rename(new, path)
    }
}

impl Backups {
    /// Notes a run that ended; a failed one stands until one of either kind succeeds. A backup with fewer attachments than
    /// those before it says how many it lacks, until they are there again.
    #[must_use]
    pub fn and(mut self, kind: RunKind, mut run: Run) -> Self {
        if let (None, RunKind::Backup, Some(before)) = (&run.fault, kind, &self.backup) {
            run.missing = (before.attachments + before.missing).saturating_sub(run.attachments);
        }
        match (&run.fault, kind) {
            (Some(_), _) => self.failed = Some(run),
            (None, RunKind::Backup) => (self.backup, self.failed) = (Some(run), None),
            (None, RunKind::Rehearsal) => (self.rehearsal, self.failed) = (Some(run), None),
        }
        self
    }
}

/// Which of the two a run was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// Made.
    Backup,
    /// Restored, replayed, compared.
    Rehearsal,
}

/// Lets one process at a time do this work in a folder; the system takes the lock back however the process ends.
fn alone(folder: &Path, name: &str) -> Result<File, Fault> {
    let path = folder.join(name);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(Fault::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Fault::Busy(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(Fault::io(&path)(error)),
    }
}

fn path(data: &Path) -> PathBuf {
    data.join(FILE)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_failed_run_stands_until_one_succeeds() {
        let held = Held { events: 3, attachments: 0, bytes: 5 };
        let run = |fault: Option<&str>| {
            Run::ended(Instant::default(), Duration::from_millis(7), fault.map_or(Ok(held), |fault| Err(fault.to_owned())))
        };
        let backups = Backups::default().and(RunKind::Backup, run(None)).and(RunKind::Rehearsal, run(Some("x")));
        assert_eq!((&backups.backup, &backups.rehearsal, &backups.failed), (&Some(run(None)), &None, &Some(run(Some("x")))));
        let backups = backups.and(RunKind::Rehearsal, run(None));
        assert_eq!((&backups.rehearsal, &backups.failed), (&Some(run(None)), &None));
    }

    #[test]
    fn attachments_that_a_backup_lacks_are_told_until_they_are_there_again() {
        let run = |attachments| Run::ended(Instant::default(), Duration::ZERO, Ok(Held { events: 1, attachments, bytes: 1 }));
        let mut backups = Backups::default();
        for (attachments, missing) in [(5, 0), (7, 0), (0, 7), (3, 4), (6, 1), (8, 0), (8, 0)] {
            backups = backups.and(RunKind::Rehearsal, run(0)).and(RunKind::Backup, run(attachments));
            assert_eq!(backups.backup.as_ref().map(|run| run.missing), Some(missing), "{attachments}");
        }
    }

    #[test]
    fn what_an_older_program_wrote_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let older = r#"{"backup":{"at":"2026-11-20T02:30:00Z","events":4,"bytes":9,"millis":1,"fault":null}}"#;
        std::fs::write(path(folder.path()), older).unwrap();
        let backup = Backups::read(folder.path()).backup.unwrap();
        assert_eq!((backup.events, backup.attachments, backup.missing), (4, 0, 0));
    }

    #[test]
    fn what_was_written_is_read_and_a_missing_or_broken_file_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Backups::read(folder.path()), Backups::default());
        let held = Held { events: 3, attachments: 2, bytes: 5 };
        let run = Run::ended(Instant::default(), Duration::from_millis(7), Ok(held));
        let backups = Backups { backup: Some(run), ..Backups::default() };
        backups.write(folder.path()).unwrap();
        assert_eq!(Backups::read(folder.path()), backups);
        std::fs::write(path(folder.path()), "{").unwrap();
        assert_eq!(Backups::read(folder.path()), Backups::default());
    }
}
