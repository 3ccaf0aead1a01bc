//! The folders between two zones. A file that has its name is whole and durable: it is written under another name,
//! synced and renamed.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use domain::time::Instant;

/// A folder of the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// What goes in; the gate carries it from the outside to the inside.
    Inward,
    /// What goes out; the gate carries it from the inside to the outside.
    Outward,
    /// Outside only: what went in and was not acknowledged yet.
    Held,
    /// What could not be taken; nothing is thrown away.
    Refused,
}

impl Folder {
    const ALL: [Self; 4] = [Self::Inward, Self::Outward, Self::Held, Self::Refused];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inward => "inward",
            Self::Outward => "outward",
            Self::Held => "held",
            Self::Refused => "refused",
        }
    }
}

/// A file of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Name without folder.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// When it was last written.
    pub written: Instant,
}

/// The spool of one zone.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
}

impl Spool {
    /// Opens a spool; folders that are missing are made.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn open(dir: &Path) -> io::Result<Self> {
        for folder in Folder::ALL {
            fs::create_dir_all(dir.join(folder.name()))?;
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// The folder that holds the folders.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn path(&self, folder: Folder, name: &str) -> PathBuf {
        self.dir.join(folder.name()).join(name)
    }

    /// Writes a file; it is durable when this returns. A crash leaves nothing under this name or the whole.
    ///
    /// # Errors
    /// When the file system refuses; nothing stands under the name then that did not stand before.
    pub fn put(&self, folder: Folder, name: &str, bytes: &[u8]) -> io::Result<()> {
        let aside = self.aside(folder, name);
        let written = write(&aside, bytes).and_then(|()| fs::rename(&aside, self.path(folder, name)));
        if written.is_err() {
            // What could not be written is no file of anybody; a failure to remove it is the same failure again.
            let _ = fs::remove_file(&aside);
        }
        written?;
        self.sync(folder)
    }

    /// The same, unless a file stands under this name; false when it does, and then that one stays. Of two who write at once
    /// one is told true.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn put_new(&self, folder: Folder, name: &str, bytes: &[u8]) -> io::Result<bool> {
        let aside = self.aside(folder, name);
        let written = write(&aside, bytes).and_then(|()| fs::hard_link(&aside, self.path(folder, name)));
        let _ = fs::remove_file(&aside);
        let new = match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            other => other.map(|()| true)?,
        };
        // Also when another was first: its file may not be durable yet.
        self.sync(folder)?;
        Ok(new)
    }

    /// Where a file is written before it gets its name: threads and processes may write the same letter at once.
    fn aside(&self, folder: Folder, name: &str) -> PathBuf {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.path(folder, &format!(".{name}.{}.{}.new", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The same file in another folder too; nothing happens when it stands there.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn link(&self, from: Folder, to: Folder, name: &str) -> io::Result<()> {
        match fs::hard_link(self.path(from, name), self.path(to, name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.sync(to),
        }
    }

    /// Moves a file to what could not be taken; of the same name the latest stays.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn refuse(&self, folder: Folder, name: &str) -> io::Result<()> {
        fs::rename(self.path(folder, name), self.path(Folder::Refused, name))?;
        self.sync(Folder::Refused)
    }

    /// Removes a file that may be gone already; true when it was there.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn remove(&self, folder: Folder, name: &str) -> io::Result<bool> {
        match fs::remove_file(self.path(folder, name)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether a file stands there.
    #[must_use]
    pub fn has(&self, folder: Folder, name: &str) -> bool {
        self.path(folder, name).exists()
    }

    /// The content of a file, at most so many bytes.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn read(&self, folder: Folder, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.path(folder, name))?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Marks a file as written now.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn touch(&self, folder: Folder, name: &str, now: Instant) -> io::Result<()> {
        File::open(self.path(folder, name))?.set_modified(now.into())
    }

    /// The files with this ending in the order of their names, at most so many. Others belong to whoever carries.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn list(&self, folder: Folder, ending: &str, most: usize) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.dir.join(folder.name()))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !is_name(&name, ending) {
                continue;
            }
            // The gate or another process may take it between the two looks.
            let Ok(about) = entry.metadata() else { continue };
            if about.is_file() {
                found.push(Found { name, bytes: about.len(), written: about.modified()?.into() });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found.truncate(most);
        Ok(found)
    }

    /// How many files with this ending there are.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn count(&self, folder: Folder, ending: &str) -> io::Result<usize> {
        let mut count = 0;
        for entry in fs::read_dir(self.dir.join(folder.name()))? {
            count += usize::from(entry?.file_name().to_str().is_some_and(|name| is_name(name, ending)));
        }
        Ok(count)
    }

    fn sync(&self, folder: Folder) -> io::Result<()> {
        File::open(self.dir.join(folder.name()))?.sync_all()
    }
}

/// Small letters, digits and dashes before the ending: nothing that could lead elsewhere.
pub(crate) fn is_name(name: &str, ending: &str) -> bool {
    let stem = name.strip_suffix(ending).and_then(|rest| rest.strip_suffix('.'));
    stem.is_some_and(|stem| {
        (1..=64).contains(&stem.len()) && stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_and_what_others_leave_is_not_ours() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        spool.put(Folder::Held, "ab-1.xnin", b"one").unwrap();
        spool.put(Folder::Held, "ab-1.xnin", b"two").unwrap();
        spool.link(Folder::Held, Folder::Inward, "ab-1.xnin").unwrap();
        spool.link(Folder::Held, Folder::Inward, "ab-1.xnin").unwrap();
        for other in [".ab-2.xnin.7.new", "ab-3.xnin.part", "note.txt", "A.xnin", ".xnin"] {
            std::fs::write(dir.path().join("inward").join(other), b"x").unwrap();
        }
        let found = spool.list(Folder::Inward, "xnin", 10).unwrap();
        assert_eq!(found.iter().map(|one| (one.name.as_str(), one.bytes)).collect::<Vec<_>>(), [("ab-1.xnin", 3)]);
        assert_eq!(spool.read(Folder::Inward, "ab-1.xnin", 2).unwrap(), b"tw");
        assert_eq!((spool.count(Folder::Inward, "xnin").unwrap(), spool.count(Folder::Held, "xnin").unwrap()), (1, 1));
        spool.refuse(Folder::Inward, "ab-1.xnin").unwrap();
        assert!(spool.has(Folder::Refused, "ab-1.xnin") && !spool.has(Folder::Inward, "ab-1.xnin"));
        assert!(spool.remove(Folder::Held, "ab-1.xnin").unwrap());
        assert!(!spool.remove(Folder::Held, "ab-1.xnin").unwrap());
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        for bad in ["../x.xnin", "a/b.xnin", "a\0.xnin", "x.xnou", "xnin", &format!("{}.xnin", "a".repeat(65))] {
            assert!(!is_name(bad, "xnin"), "{bad:?}");
        }
        assert!(is_name("0123abc.xnin", "xnin"));
    }
}
