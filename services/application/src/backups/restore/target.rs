//! The directory that is restored into: nothing there is ever emptied, what must give way is moved aside.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use domain::time::Instant;
use event_log::InUse;
use projections::Turn;

use super::super::Fault;
use super::{make_dir, stamp};

/// Where the restored files are made, within the directory, so that moving them is renaming also where it is a file system
/// of its own.
const WORK: &str = "restoring";
/// Where that goes which must give way, with the time.
const ASIDE: &str = "before-";
/// What stays where it is and makes no directory a taken one: the key that somebody put there, locks, our own.
const STAYS: [&str; 5] = ["master.key", "views.lock", "log.open", "lost+found", WORK];

/// A directory under restoration; nobody else writes views in it meanwhile.
pub struct Target {
    dir: PathBuf,
    at: Instant,
    /// It was not there before.
    made: bool,
    _turn: Turn,
    _alone: InUse,
}

impl Target {
    /// Takes the directory, which is made when it is not there.
    ///
    /// # Errors
    /// [`Fault::Taken`] when it holds something and `force` is not set, [`Fault::Served`] when a program runs on it or has its log open.
    pub fn take(dir: &Path, force: bool, at: Instant) -> Result<Self, Fault> {
        let made = !dir.exists();
        make_dir(dir)?;
        if !force && !others(dir)?.is_empty() {
            return Err(Fault::Taken(dir.to_owned()));
        }
        let turn = Turn::take(dir)?.ok_or_else(|| Fault::Served(dir.to_owned()))?;
        // Another node has its views elsewhere and the same log.
        let alone = InUse::alone(dir)?.ok_or_else(|| Fault::Served(dir.to_owned()))?;
        let target = Self { dir: dir.to_owned(), at, made, _turn: turn, _alone: alone };
        // What an earlier restore left half.
        remove(&target.work())?;
        make_dir(&target.work())?;
        Ok(target)
    }

    /// The empty folder that is restored into.
    pub fn work(&self) -> PathBuf {
        self.dir.join(WORK)
    }

    /// Puts the restored files in their place; answers where those are that stood there. The log comes last: before that
    /// the directory is no installation, and nothing starts on it.
    ///
    /// # Errors
    /// [`Fault::Io`]; the same call of the command again finishes it.
    pub fn put(self) -> Result<Option<PathBuf>, Fault> {
        let work = self.work();
        // Whatever was made is on the disk before anything gives way to it.
        let fail = Fault::io(&work);
        let folder = File::open(&work).map_err(&fail)?;
        rustix::fs::syncfs(&folder).map_err(|error| fail(error.into()))?;
        let key = self.dir.join("master.key");
        let brought = work.join("master.key");
        let mut aside = others(&self.dir)?;
        if brought.exists() && key.exists() {
            if fs::read(&brought).ok() == fs::read(&key).ok() {
                fs::remove_file(&brought).map_err(Fault::io(&brought))?;
            } else {
                aside.push("master.key".into());
            }
        }
        // The log goes first, so that no half of an old installation is ever one.
        aside.sort_by_key(|name| !name.to_string_lossy().starts_with("log.db"));
        let mut gone = None;
        if !aside.is_empty() {
            let folder = self.new_aside()?;
            for name in &aside {
                rename(&self.dir.join(name), &folder.join(name))?;
            }
            gone = Some(folder);
        }
        let mut made = list(&work)?;
        made.retain(|name| name != "views.lock" && name != "log.open");
        made.sort_by_key(|name| name.to_string_lossy().starts_with("log.db"));
        for name in &made {
            rename(&work.join(name), &self.dir.join(name))?;
        }
        remove(&work)?;
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(Fault::io(&self.dir))?;
        Ok(gone)
    }

    /// A folder of this moment that nothing lies in: moving there replaces nothing.
    fn new_aside(&self) -> Result<PathBuf, Fault> {
        let mut n = 1;
        loop {
            let folder = self.dir.join(format!("{ASIDE}{}-{n}", stamp(self.at)));
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => n += 1,
                made => return made.map(|()| folder.clone()).map_err(Fault::io(&folder)),
            }
        }
    }

    /// Leaves the directory as it was found.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn give_up(self) -> Result<(), Fault> {
        if self.made { remove(&self.dir) } else { remove(&self.work()) }
    }
}

fn others(dir: &Path) -> Result<Vec<std::ffi::OsString>, Fault> {
    let mut names = list(dir)?;
    names.retain(|name| STAYS.iter().all(|stays| name != stays) && !name.to_string_lossy().starts_with(ASIDE));
    Ok(names)
}

fn list(dir: &Path) -> Result<Vec<std::ffi::OsString>, Fault> {
    let fail = Fault::io(dir);
    fs::read_dir(dir).map_err(&fail)?.map(|entry| entry.map(|entry| entry.file_name()).map_err(&fail)).collect()
}

fn rename(from: &Path, to: &Path) -> Result<(), Fault> {
    fs::rename(from, to).map_err(Fault::io(to))
}

fn remove(folder: &Path) -> Result<(), Fault> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Fault::io(folder)(error)),
        _ => Ok(()),
    }
}
