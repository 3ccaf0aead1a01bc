//! The high-water record `log.head` beside `log.db`: what the log is known to have held.
//!
//! SQLite takes a damaged write-ahead log for a shorter one and says nothing; this record is how a lost tail and
//! a rolled-back file are noticed. It is written after a commit, so it is never ahead of the log.
//!
//! It has two slots that are written in turn and in place: a slot that was torn by a crash fails its check, and the other one
//! stands, which is older and still true. A new file renamed over the old one 25 times a second would do as well, but each
//! leaves a deleted inode behind, and a file system may look at thousands of them before it makes the next file.
//!
//! Both together are one JSON object, the second slot a field of the first: a program before 2026-11-23, which may be put back,
//! reads its single record in the first slot, and what it writes, a file without slots, is read here.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::tree::{TreeHead, hex, unhex};
use crate::{LogError, Mark};

/// Bytes of a slot, filled up with blanks to a line: no block of a disk holds parts of both.
const SLOT: usize = 4096;
/// What stands before and behind the record in each slot; the braces of the first one's record are the file's.
const FRAMES: [(&str, &str); 2] = [("{", ","), ("\"other\":{", "}}")];

/// What a slot says.
#[derive(Serialize, Deserialize)]
struct Line {
    size: u64,
    root: String,
    recorded_at: i64,
    /// Hash of the rest. None in a file without slots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<String>,
}

impl Line {
    fn of(head: &TreeHead) -> Self {
        let mut line = Self { size: head.size, root: hex(&head.root), recorded_at: head.recorded_at, check: None };
        line.check = Some(line.hash());
        line
    }

    fn hash(&self) -> String {
        let Self { size, root, recorded_at, check: _ } = self;
        hex(&Sha256::digest(format!("{size} {root} {recorded_at}")))
    }

    fn read(text: &[u8]) -> Result<Self, LogError> {
        serde_json::from_slice(text).map_err(|_| LogError::HighWater("格式不正确".to_owned()))
    }

    fn head(&self) -> Result<TreeHead, LogError> {
        if self.check.as_ref().is_some_and(|check| *check != self.hash()) {
            return Err(LogError::HighWater("校验值不正确".to_owned()));
        }
        let root = unhex(&self.root).ok_or_else(|| LogError::HighWater("根哈希不正确".to_owned()))?;
        Ok(TreeHead { size: self.size, root, recorded_at: self.recorded_at })
    }

    /// As a slot of this number.
    fn slot(&self, number: usize) -> Result<Vec<u8>, LogError> {
        let text = serde_json::to_string(self).map_err(|error| LogError::HighWater(error.to_string()))?;
        Ok(slot(number, text.trim_matches(['{', '}'])))
    }

    /// What stands in a slot of this number.
    fn in_slot(number: usize, bytes: &[u8]) -> Result<Self, LogError> {
        let (before, behind) = FRAMES[number];
        let text = std::str::from_utf8(bytes).ok().and_then(|text| text.trim_end().strip_prefix(before)?.strip_suffix(behind));
        let line = Self::read(format!("{{{}}}", text.unwrap_or_default().trim_end()).as_bytes())?;
        if line.check.is_some() { Ok(line) } else { Err(LogError::HighWater("缺少校验值".to_owned())) }
    }
}

fn slot(number: usize, content: &str) -> Vec<u8> {
    let (before, behind) = FRAMES[number];
    let blanks = SLOT - 1 - before.len() - content.len() - behind.len();
    format!("{before}{content}{:blanks$}{behind}\n", "").into_bytes()
}

/// What the file says.
struct Found {
    head: TreeHead,
    /// The slot that may be written over; none in a file that has no slots.
    free: Option<usize>,
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
        Ok(self.find()?.map(|found| found.head))
    }

    fn find(&self) -> Result<Option<Found>, LogError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LogError::HighWater(error.to_string())),
        };
        if bytes.len() != 2 * SLOT {
            return Ok(Some(Found { head: Line::read(&bytes)?.head()?, free: None }));
        }
        let slot = |number: usize| Line::in_slot(number, bytes.get(number * SLOT..(number + 1) * SLOT).unwrap_or_default())?.head();
        match (slot(0), slot(1)) {
            (Ok(first), Ok(second)) if second.size > first.size => Ok(Some(Found { head: second, free: Some(0) })),
            (Ok(head), _) => Ok(Some(Found { head, free: Some(1) })),
            (Err(_), Ok(head)) => Ok(Some(Found { head, free: Some(0) })),
            (Err(error), Err(_)) => Err(error),
        }
    }

    /// Raises the record to `head`; a record that is already as high stays. With `force` it is written as it is.
    pub(crate) fn raise(&self, head: &TreeHead, force: bool) -> Result<(), LogError> {
        let lock = File::options().create(true).truncate(false).write(true).open(&self.lock).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let found = if force { None } else { self.find()? };
        if found.as_ref().is_some_and(|found| found.head.size >= head.size) {
            return Ok(());
        }
        let line = Line::of(head);
        match found.and_then(|found| found.free) {
            Some(free) => {
                let file = File::options().write(true).open(&self.path).map_err(failed)?;
                file.write_all_at(&line.slot(free)?, (free * SLOT) as u64).and_then(|()| file.sync_data()).map_err(failed)
            }
            None => self.create(&line),
        }
    }

    /// A file with its first slot filled, in the place of whatever is there.
    fn create(&self, line: &Line) -> Result<(), LogError> {
        let mut file = File::create(&self.temporary).map_err(failed)?;
        let bytes = [line.slot(0)?, slot(1, "")].concat();
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        // The rename itself is not synced: after a power loss the older record stands, which is still true.
        fs::rename(&self.temporary, &self.path).map_err(failed)
    }
}

fn failed(error: std::io::Error) -> LogError {
    LogError::Unavailable(format!("无法写入水位记录 log.head：{error}"))
}

impl From<&TreeHead> for Mark {
    fn from(head: &TreeHead) -> Self {
        Self { size: head.size, root: head.root }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use tempfile::TempDir;

    use super::*;

    fn head(size: u64) -> TreeHead {
        TreeHead { size, root: [u8::try_from(size).unwrap(); 32], recorded_at: 1_000 + i64::try_from(size).unwrap() }
    }

    fn record() -> (TempDir, Record) {
        let dir = TempDir::new().unwrap();
        let record = Record::named(dir.path(), "log.head");
        (dir, record)
    }

    #[test]
    fn it_rises_in_one_and_the_same_file_and_never_falls_unless_forced() {
        let (_dir, record) = record();
        assert_eq!(record.read().unwrap(), None);
        record.raise(&head(1), false).unwrap();
        let inode = fs::metadata(&record.path).unwrap().ino();
        for size in [2, 3, 4, 9] {
            record.raise(&head(size), false).unwrap();
            assert_eq!(record.read().unwrap(), Some(head(size)));
            assert_eq!(fs::metadata(&record.path).unwrap().len(), 2 * SLOT as u64);
        }
        record.raise(&head(5), false).unwrap();
        assert_eq!(record.read().unwrap(), Some(head(9)));
        assert_eq!(fs::metadata(&record.path).unwrap().ino(), inode);
        record.raise(&head(5), true).unwrap();
        assert_eq!(record.read().unwrap(), Some(head(5)));
    }

    #[test]
    fn given_a_slot_torn_anywhere_then_the_one_before_stands_and_is_not_written_over() {
        let (_dir, record) = record();
        for size in [1, 2] {
            record.raise(&head(size), false).unwrap();
        }
        let before = fs::read(&record.path).unwrap();
        record.raise(&head(3), false).unwrap();
        let after = fs::read(&record.path).unwrap();
        let written = (0..after.len()).filter(|at| before[*at] != after[*at]).collect::<Vec<_>>();
        assert!(!written.is_empty() && written.iter().all(|at| *at < SLOT), "the third goes into the first slot");
        for cut in written {
            let torn: Vec<u8> = after[..cut].iter().chain(&before[cut..]).copied().collect();
            fs::write(&record.path, torn).unwrap();
            assert_eq!(record.read().unwrap(), Some(head(2)), "torn at {cut}");
            record.raise(&head(4), false).unwrap();
            let mut bytes = fs::read(&record.path).unwrap();
            assert_eq!(record.read().unwrap(), Some(head(4)), "torn at {cut}");
            // The slot that stood was left alone: it still does, should the new one be torn as well.
            bytes[..SLOT].fill(b' ');
            fs::write(&record.path, bytes).unwrap();
            assert_eq!(record.read().unwrap(), Some(head(2)), "torn at {cut}");
        }
    }

    #[test]
    fn given_no_sound_slot_or_a_cut_file_then_that_is_an_error() {
        let (_dir, record) = record();
        for size in [1, 2] {
            record.raise(&head(size), false).unwrap();
        }
        let whole = fs::read(&record.path).unwrap();
        let mut both = whole.clone();
        (both[10], both[SLOT + 10]) = (b'7', b'7');
        for damaged in [both, whole[..SLOT + 100].to_vec(), vec![0; 2 * SLOT], Vec::new()] {
            fs::write(&record.path, damaged).unwrap();
            assert!(matches!(record.read(), Err(LogError::HighWater(_))));
            assert!(matches!(record.raise(&head(9), false), Err(LogError::HighWater(_))), "nobody writes over it unasked");
        }
    }

    #[test]
    fn given_the_file_of_an_older_program_then_it_counts_and_is_replaced() {
        let (_dir, record) = record();
        let line = format!("{{\"size\":7,\"root\":\"{}\",\"recorded_at\":1007}}\n", hex(&head(7).root));
        fs::write(&record.path, &line).unwrap();
        assert_eq!(record.read().unwrap(), Some(head(7)));
        record.raise(&head(6), false).unwrap();
        assert_eq!(fs::read_to_string(&record.path).unwrap(), line);
        record.raise(&head(8), false).unwrap();
        assert_eq!(record.read().unwrap(), Some(head(8)));
    }

    #[test]
    fn given_an_older_program_then_it_reads_a_record_that_is_true() {
        let (_dir, record) = record();
        for size in 1..6 {
            record.raise(&head(size), false).unwrap();
            let old = Line::read(&fs::read(&record.path).unwrap()).unwrap();
            assert!((size.max(2) - 1..=size).contains(&old.size), "{} at {size}", old.size);
            assert_eq!((hex(&head(old.size).root), head(old.size).recorded_at), (old.root, old.recorded_at));
        }
    }

    #[test]
    fn given_what_is_left_of_a_slot_without_its_check_then_it_does_not_count() {
        let (_dir, record) = record();
        for size in [1, 2] {
            record.raise(&head(size), false).unwrap();
        }
        let text = fs::read_to_string(&record.path).unwrap();
        let (first, second) = text.split_at(SLOT);
        let cut = second.split_once(",\"check\"").unwrap().0.replace("\"size\":2", "\"size\":9");
        let blanks = SLOT - 3 - cut.len();
        fs::write(&record.path, format!("{first}{cut}{:blanks$}}}}}\n", "")).unwrap();
        assert_eq!(record.read().unwrap(), Some(head(1)));
    }
}
