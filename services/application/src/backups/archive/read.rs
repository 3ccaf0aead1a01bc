//! Reading a backup file: nothing of it counts before all of it was found whole.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Deserialize;

use super::{FORMAT, Hashed, Kind, LABEL, LIST, Label, List, Part, Tally};
use crate::backups::Fault;

/// No member that is read into memory is larger.
const LARGEST: u64 = 64 << 20;
/// The magic number of zstd.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A member of a part while it is read.
pub struct Member<'a> {
    /// The part.
    pub part: &'a str,
    /// Its name in the part.
    pub name: &'a str,
    /// The content.
    pub content: &'a mut dyn Read,
    size: u64,
    path: &'a Path,
}

impl Member<'_> {
    /// All of it.
    ///
    /// # Errors
    /// [`Fault::Damaged`], also when it is larger than any member that this program writes.
    pub fn bytes(&mut self) -> Result<Vec<u8>, Fault> {
        if self.size > LARGEST {
            return Err(self.damaged("成员过大"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        self.content.read_to_end(&mut bytes).map_err(|_| self.damaged("内容不可读"))?;
        Ok(bytes)
    }

    /// Writes it to a file that must not be there.
    ///
    /// # Errors
    /// [`Fault::Io`], [`Fault::Damaged`].
    pub fn write_to(&mut self, path: &Path) -> Result<(), Fault> {
        let fail = Fault::io(path);
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map_err(&fail)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = self.content.read(&mut buffer).map_err(|_| self.damaged("内容不可读"))?;
            if n == 0 {
                return file.sync_all().map_err(&fail);
            }
            file.write_all(buffer.get(..n).unwrap_or_default()).map_err(&fail)?;
        }
    }

    /// This file is damaged.
    pub fn damaged(&self, what: &str) -> Fault {
        Fault::Damaged { path: self.path.to_owned(), what: format!("{}/{}：{what}", self.part, self.name) }
    }
}

/// Reads a whole file: gives each member to `each`, compares every part with the list and answers the list. What `each`
/// was given counts only when this returns well.
///
/// # Errors
/// [`Fault::NotABackup`], [`Fault::WrongKind`], [`Fault::Newer`], [`Fault::Damaged`], [`Fault::Io`], and what `each` says.
pub fn read(path: &Path, wanted: Kind, each: &mut dyn FnMut(Member<'_>) -> Result<(), Fault>) -> Result<List, Fault> {
    let damaged = |what: &str| Fault::Damaged { path: path.to_owned(), what: what.to_owned() };
    let unreadable = |_: std::io::Error| damaged("无法解压，文件被截断或被改动");
    let fail = Fault::io(path);
    let mut file = File::open(path).map_err(&fail)?;
    let mut magic = [0; 4];
    let begun = file.read(&mut magic).map_err(&fail)?;
    if begun < 4 || magic != MAGIC {
        return Err(Fault::NotABackup(path.to_owned()));
    }
    let file = File::open(path).map_err(&fail)?;
    let mut archive = tar::Archive::new(zstd::Decoder::new(BufReader::with_capacity(1 << 20, file)).map_err(&fail)?);
    let (mut label, mut list): (Option<Label>, Option<List>) = (None, None);
    let mut parts: BTreeMap<String, Tally> = BTreeMap::new();
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(|error| {
            // A file that ends early was one; a stream that is no archive never was.
            let stranger = label.is_none() && error.kind() != std::io::ErrorKind::UnexpectedEof;
            if stranger { Fault::NotABackup(path.to_owned()) } else { unreadable(error) }
        })?;
        let name = entry.path().ok().and_then(|name| name.to_str().map(str::to_owned)).ok_or_else(|| damaged("成员名称不可读"))?;
        let size = entry.size();
        if label.is_none() {
            if name != LABEL {
                return Err(Fault::NotABackup(path.to_owned()));
            }
            label = Some(labelled(path, &text(&mut entry, size).ok_or_else(|| damaged("标签不可读"))?, wanted)?);
        } else if list.is_some() {
            return Err(damaged("清单之后还有内容"));
        } else if name == LIST {
            list = text(&mut entry, size).and_then(|text| serde_json::from_slice(&text).ok());
            if list.is_none() {
                return Err(damaged("清单不可读"));
            }
        } else {
            let (part, within) = name.split_once('/').ok_or_else(|| damaged("成员名称不合规范"))?;
            let tally = parts.entry(part.to_owned()).or_default();
            tally.begin(within, size);
            let mut hashed = Hashed { inner: entry, hash: &mut tally.hash, left: size };
            each(Member { part, name: within, content: &mut hashed, size, path })?;
            // What nobody wanted counts too.
            std::io::copy(&mut hashed, &mut std::io::sink()).map_err(unreadable)?;
            if hashed.left > 0 {
                return Err(damaged("成员不完整"));
            }
        }
    }
    // The end of the archive is not the end of the stream, whose checksum comes last.
    std::io::copy(&mut archive.into_inner(), &mut std::io::sink()).map_err(unreadable)?;
    let list = list.ok_or_else(|| damaged("缺少清单，文件不完整"))?;
    let found: BTreeMap<String, Part> = parts.into_iter().map(|(name, tally)| (name, tally.part())).collect();
    if Some(&list.label) != label.as_ref() || list.parts != found {
        return Err(damaged("内容与清单的哈希不符"));
    }
    Ok(list)
}

fn text(entry: &mut impl Read, size: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    entry.take(1 << 20).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == size).then_some(bytes)
}

fn labelled(path: &Path, text: &[u8], wanted: Kind) -> Result<Label, Fault> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let version: Version = serde_json::from_slice(text).map_err(|_| Fault::NotABackup(path.to_owned()))?;
    if version.format > FORMAT {
        return Err(Fault::Newer { path: path.to_owned(), found: version.format });
    }
    let label: Label =
        serde_json::from_slice(text).map_err(|_| Fault::Damaged { path: path.to_owned(), what: "标签不可读".to_owned() })?;
    if label.kind != wanted {
        return Err(Fault::WrongKind { path: path.to_owned(), found: label.kind, wanted });
    }
    Ok(label)
}
