//! Who has a log open says so: each open log holds a shared lock on `log.open` beside it, whatever process it is of. Whoever
//! has to be alone with the files, because it moves them, takes the lock for itself.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::LogError;

/// The file that is locked; nothing stands in it.
pub(crate) const FILE: &str = "log.open";

/// A lock on the log of a folder. The system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct InUse(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

impl InUse {
    /// One of those who have the log open.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] while somebody is alone with the log. A file system that refuses the lock file (a full disk)
    /// does not keep the log from opening: `None`.
    pub(crate) fn share(dir: &Path) -> Result<Option<Self>, LogError> {
        let file = match file(dir) {
            Ok(file) => file,
            Err(error) => {
                tracing::warn!(%error, "the log is open without a lock");
                return Ok(None);
            }
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Err(LogError::Unavailable("日志所在的目录正在恢复，请等恢复结束后再启动".to_owned())),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "the log is open without a lock");
                Ok(None)
            }
        }
    }

    /// Alone with the log of `dir`; none while a process has it open.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] when the file system refuses.
    pub fn alone(dir: &Path) -> Result<Option<Self>, LogError> {
        let unavailable = |error: std::io::Error| LogError::Unavailable(error.to_string());
        let file = file(dir).map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }
}

fn file(dir: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(dir.join(FILE))
}
