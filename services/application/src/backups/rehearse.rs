//! The rehearsal: a backup is restored into a folder that is thrown away, examined, replayed and compared.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::time::Clock;
use projections::Pace;
use vault::Vault;

use super::restore::{Compared, Restored, check, restore};
use super::{Fault, alone};

const FOLDER: &str = "rehearsal";
/// Room that a restored log with its views takes, as multiples of the file it comes from, which is compressed.
const ROOM: u64 = 12;

/// Restores both files under `scratch`, throws the result away and answers what it was. It holds views in the clear, so
/// `scratch` must be as safe as a data directory.
///
/// # Errors
/// [`Fault`], also [`Fault::ViewsDiffer`] when the replayed views are not those of the backup.
pub async fn rehearse(
    files: (&Path, &Path),
    scratch: &Path,
    vault: &Arc<Vault>,
    clock: &Arc<dyn Clock>,
    go_on: &dyn Fn() -> Result<(), Fault>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Restored, Fault> {
    let _alone = alone(scratch, "rehearsal.lock")?;
    room(files.0, scratch)?;
    let folder = Folder::make(scratch)?;
    let checked = check(files.0, files.1, Some(vault), false, go_on)?;
    go_on()?;
    let restored = restore(&checked, files, &folder.0, vault, clock, Pace::LEAN, progress).await?;
    if restored.views == Compared::Different { Err(Fault::ViewsDiffer) } else { Ok(restored) }
}

fn room(file: &Path, scratch: &Path) -> Result<(), Fault> {
    let size = std::fs::metadata(file).map_err(Fault::io(file))?.len();
    let stat = rustix::fs::statvfs(scratch).map_err(|error| Fault::io(scratch)(error.into()))?;
    let (needed, free) = (size.saturating_mul(ROOM), stat.f_bavail.saturating_mul(stat.f_frsize));
    if needed <= free { Ok(()) } else { Err(Fault::Room { path: scratch.to_owned(), needed: needed >> 20, free: free >> 20 }) }
}

/// A folder that goes when this goes; what a killed process left goes when the next one comes.
struct Folder(PathBuf);

impl Folder {
    fn make(scratch: &Path) -> Result<Self, Fault> {
        use std::os::unix::fs::DirBuilderExt;
        let path = scratch.join(FOLDER);
        remove(&path).map_err(Fault::io(&path))?;
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(Fault::io(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.0) {
            tracing::warn!(%error, "what was rehearsed could not be removed");
        }
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
