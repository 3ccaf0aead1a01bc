//! Writing a backup file.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufWriter, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{Hashed, LABEL, LIST, Label, List, Tally, ViewsThen};
use crate::backups::Fault;

const LEVEL: i32 = 3;

/// A backup file in the making. Dropped before [`Finished::publish`], it leaves nothing.
pub struct Writer {
    tar: tar::Builder<zstd::Encoder<'static, BufWriter<File>>>,
    file: Finished,
    label: Label,
    parts: BTreeMap<String, Tally>,
}

/// A backup file that is whole and durable, and has not yet its name.
pub struct Finished {
    part: PathBuf,
    target: PathBuf,
    published: bool,
    /// Locked as long as it is written.
    _lock: File,
}

impl Writer {
    /// Begins the file that is to stand at `target`.
    ///
    /// # Errors
    /// [`Fault::Busy`], [`Fault::Io`].
    pub fn create(target: &Path, label: Label) -> Result<Self, Fault> {
        let mut part = target.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let fail = Fault::io(&part);
        // Not emptied before it is ours.
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&part).map_err(&fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Fault::Busy(target.to_owned())),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        file.set_len(0).map_err(&fail)?;
        let lock = file.try_clone().map_err(&fail)?;
        let mut encoder = zstd::Encoder::new(BufWriter::with_capacity(1 << 20, file), LEVEL).map_err(&fail)?;
        encoder.include_checksum(true).map_err(&fail)?;
        let file = Finished { part: part.clone(), target: target.to_owned(), published: false, _lock: lock };
        let mut writer = Self { tar: tar::Builder::new(encoder), file, label: label.clone(), parts: BTreeMap::new() };
        let text = serde_json::to_vec_pretty(&label).unwrap_or_default();
        writer.member(LABEL, text.len() as u64, text.as_slice())?;
        Ok(writer)
    }

    /// Adds a member to a part.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn add(&mut self, part: &str, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.stream(part, name, content.len() as u64, content)
    }

    /// Adds a file to a part. One that does not keep its size is a fault.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn add_file(&mut self, part: &str, name: &str, path: &Path) -> Result<(), Fault> {
        let fail = Fault::io(path);
        let file = File::open(path).map_err(&fail)?;
        let size = file.metadata().map_err(&fail)?.len();
        self.stream(part, name, size, file.take(size))
    }

    fn stream(&mut self, part: &str, name: &str, size: u64, content: impl Read) -> Result<(), Fault> {
        let mut tally = self.parts.remove(part).unwrap_or_default();
        tally.begin(name, size);
        let mut hashed = Hashed { inner: content, hash: &mut tally.hash, left: size };
        self.member(&format!("{part}/{name}"), size, &mut hashed)?;
        if hashed.left > 0 {
            return Err(Fault::Io { path: PathBuf::from(name), kind: std::io::ErrorKind::UnexpectedEof });
        }
        self.parts.insert(part.to_owned(), tally);
        Ok(())
    }

    fn member(&mut self, name: &str, size: u64, content: impl Read) -> Result<(), Fault> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(self.label.made_at.timestamp()).unwrap_or_default());
        self.tar.append_data(&mut header, name, content).map_err(Fault::io(&self.file.part))
    }

    /// Ends the file with its list and makes it durable.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn finish(mut self, size: u64, root: String, views: Option<ViewsThen>) -> Result<(Finished, List), Fault> {
        let parts = std::mem::take(&mut self.parts).into_iter().map(|(name, tally)| (name, tally.part())).collect();
        let list = List { label: self.label.clone(), size, root, views, parts };
        let text = serde_json::to_vec_pretty(&list).unwrap_or_default();
        self.member(LIST, text.len() as u64, text.as_slice())?;
        let fail = Fault::io(&self.file.part);
        let encoder = self.tar.into_inner().map_err(&fail)?;
        let file = encoder.finish().and_then(|buffer| buffer.into_inner().map_err(|error| error.into_error())).map_err(&fail)?;
        file.sync_all().map_err(&fail)?;
        Ok((self.file, list))
    }
}

impl Finished {
    /// Where it lies until it has its name.
    pub fn path(&self) -> &Path {
        &self.part
    }

    /// Gives it its name, in the place of what may stand there, and answers its bytes.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn publish(mut self) -> Result<u64, Fault> {
        let fail = Fault::io(&self.target);
        let bytes = fs::metadata(&self.part).map_err(&fail)?.len();
        fs::rename(&self.part, &self.target).map_err(&fail)?;
        self.published = true;
        let folder = self.target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(&fail)?;
        Ok(bytes)
    }
}

impl Drop for Finished {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = fs::remove_file(&self.part)
        {
            tracing::warn!(%error, "an unfinished backup file is left");
        }
    }
}
