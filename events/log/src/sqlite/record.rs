//! The high-water record `log.head` beside `log.db`: what the log is known to have held.
//!
//! SQLite takes a damaged write-ahead log for a shorter one and says nothing; this record is how a lost tail and
//! a rolled-back file are noticed. It is written after a commit, so it is never ahead of the log.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::tree::{TreeHead, hex, unhex};
use crate::{LogError, Mark};

#[derive(Serialize, Deserialize)]
struct Line {
    size: u64,
    root: String,
    recorded_at: i64,
}

/// The file and its lock among processes.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    path: PathBuf,
    temporary: PathBuf,
    lock: PathBuf,
}

impl Record {
    /// The record of this name in `dir`.
    pub(crate) fn named(dir: &Path, name: &str) -> Self {
        let beside = |ending: &str| dir.join(format!("{name}{ending}"));
        Self { path: beside(""), temporary: beside(".new"), lock: beside(".lock") }
    }

    /// `None` when there is none yet.
    pub(crate) fn read(&self) -> Result<Option<TreeHead>, LogError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LogError::HighWater(error.to_string())),
        };
        let line: Line = serde_json::from_str(&text).map_err(|_| LogError::HighWater("格式不正确".to_owned()))?;
        let root = unhex(&line.root).ok_or_else(|| LogError::HighWater("根哈希不正确".to_owned()))?;
        Ok(Some(TreeHead { size: line.size, root, recorded_at: line.recorded_at }))
    }

    /// Raises the record to `head`; a record that is already as high stays. With `force` it is written as it is.
    pub(crate) fn raise(&self, head: &TreeHead, force: bool) -> Result<(), LogError> {
        let failed = |error: std::io::Error| LogError::Unavailable(format!("无法写入水位记录 log.head：{error}"));
        let lock = File::options().create(true).truncate(false).write(true).open(&self.lock).map_err(failed)?;
        lock.lock().map_err(failed)?;
        if !force && self.read()?.is_some_and(|record| record.size >= head.size) {
            return Ok(());
        }
        let line = Line { size: head.size, root: hex(&head.root), recorded_at: head.recorded_at };
        let mut text = serde_json::to_string(&line).map_err(|error| LogError::HighWater(error.to_string()))?;
        text.push('\n');
        let mut file = File::create(&self.temporary).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        // The rename itself is not synced: after a power loss the older record stands, which is still true.
        fs::rename(&self.temporary, &self.path).map_err(failed)
    }
}

impl From<&TreeHead> for Mark {
    fn from(head: &TreeHead) -> Self {
        Self { size: head.size, root: head.root }
    }
}
