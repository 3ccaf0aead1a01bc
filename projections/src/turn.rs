//! One process at a time writes the views of a directory: a call on the command line beside a server reads along, and
//! writes only when nobody else does.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::ViewError;

/// Between two looks.
pub(crate) const LOOK: Duration = Duration::from_millis(25);
/// How long a rebuild waits for somebody who is just ending.
const LOOKS: u32 = 120;

/// The right to write the views of a directory. The system takes it back when the process ends, however it ends.
pub struct Turn(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

impl Turn {
    /// Takes the turn; none when somebody else has it.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn take(dir: &Path) -> Result<Option<Self>, ViewError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("views.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Takes the turn after some patience.
    pub(crate) async fn wait(dir: &Path) -> Result<Self, ViewError> {
        for _ in 0..LOOKS {
            if let Some(turn) = Self::take(dir)? {
                return Ok(turn);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(ViewError::Taken)
    }
}
