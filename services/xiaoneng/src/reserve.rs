//! Room kept for a start on a full disk.
//!
//! Opening the log and the views needs a few hundred kilobytes for the indexes of their write-ahead logs. A disk that is
//! full to the last byte would keep a server that ends then from ever starting again; so a file holds some room, and a
//! start that finds the disk full gives it up. Everything can be read then; what is written is told 503 once the room
//! is used up.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate, statvfs};

/// Name of the file in the data directory.
const FILE: &str = "reserve";
/// Its size in bytes.
const ROOM: u64 = 8 << 20;
/// With less free than this the disk counts as full.
const FULL: u64 = 2 << 20;
/// With so much free the room is kept again.
const PLENTY: u64 = 4 * ROOM;

/// Gives the room up when the disk is full; answers how many bytes became free, 0 = it was not needed or not there.
pub(crate) fn give_up_when_full(dir: &Path) -> u64 {
    let path = dir.join(FILE);
    let Some(before) = free(dir).filter(|free| *free < FULL) else { return 0 };
    let size = std::fs::metadata(&path).map_or(0, |file| file.len());
    match std::fs::remove_file(&path) {
        Ok(()) => {
            tracing::error!(free = before, size, "the disk is full: the reserve is given up so that the service can start");
            size
        }
        Err(_) => 0,
    }
}

/// Says that the disk is full, when that is why something failed.
pub(crate) fn explain(dir: &Path, error: anyhow::Error) -> anyhow::Error {
    match free(dir).filter(|free| *free < FULL) {
        Some(free) => error.context(format!("磁盘已满（数据盘剩余 {} KB），不能启动：请清理出至少 {} MB 再启动", free >> 10, PLENTY >> 20)),
        None => error,
    }
}

/// Keeps the room while there is plenty. That it cannot be kept stops nobody.
pub(crate) fn keep(dir: &Path) {
    let path = dir.join(FILE);
    if path.exists() || free(dir).is_none_or(|free| free < PLENTY) {
        return;
    }
    let kept = File::create(&path).and_then(|file| Ok(fallocate(&file, FallocateFlags::empty(), 0, ROOM)?));
    if let Err(error) = kept {
        tracing::warn!(%error, "no reserve could be kept for a full disk");
        // A file without its room would only look like one.
        let _ = std::fs::remove_file(&path);
    }
}

/// Bytes free for us.
fn free(dir: &Path) -> Option<u64> {
    let stat = statvfs(dir).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}
