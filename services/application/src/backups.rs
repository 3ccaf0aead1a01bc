//! What is known about backups of a data directory: when the last one was made and when one was last rehearsed.
//!
//! `xiaoneng backup` and the nightly rehearsal write it; `/readyz`, `/metrics`, `doctor` and the administrator's page
//! read it. It is a file beside the log and no event: a restored log must not claim backups that it never had.

use std::path::{Path, PathBuf};

use domain::time::Instant;
use serde::{Deserialize, Serialize};

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
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// What went wrong; `None` when it is good.
    pub fault: Option<String>,
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

fn path(data: &Path) -> PathBuf {
    data.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_a_missing_or_broken_file_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Backups::read(folder.path()), Backups::default());
        let run = Run { at: Instant::default(), events: 3, bytes: 5, millis: 7, fault: None };
        let backups = Backups { backup: Some(run), ..Backups::default() };
        backups.write(folder.path()).unwrap();
        assert_eq!(Backups::read(folder.path()), backups);
        std::fs::write(path(folder.path()), "{").unwrap();
        assert_eq!(Backups::read(folder.path()), Backups::default());
    }
}
