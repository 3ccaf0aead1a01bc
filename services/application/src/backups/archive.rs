//! One backup file: a tar archive under zstd, so that `zstd -d < FILE | tar t` shows it anywhere. The first member is a
//! label that says what the file is, the last one a list with the SHA-256 of each part; between them lie the parts.
//!
//! It is written to `FILE.part` and gets its name when it was read back and found whole: a crash leaves no half file under
//! the name. Nothing of it is ever in memory but one member of a bounded size.

mod read;
mod write;

use std::collections::BTreeMap;
use std::io::Read;

use domain::time::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use read::{Member, read};
pub use write::{Finished, Writer};

/// Version of the form of these files.
pub const FORMAT: u32 = 1;
const LABEL: &str = "label.json";
const LIST: &str = "list.json";

/// Which of the two files it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Events, reading audit, attachments.
    Log,
    /// Wrapped keys, erasures, ballot box.
    Keys,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Log => "日志备份",
            Self::Keys => "密钥备份",
        })
    }
}

/// What a file says of itself at its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// [`FORMAT`].
    pub format: u32,
    /// Which file.
    pub kind: Kind,
    /// The program.
    pub program: String,
    /// The installation: leaf hash of its first event, hexadecimal.
    pub installation: String,
    /// When it was begun.
    pub made_at: Instant,
}

/// The views as they stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewsThen {
    /// [`projections::schema`].
    pub schema: String,
    /// [`projections::digest`] after the last event of the file.
    pub digest: String,
}

/// Members of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// How many.
    pub members: u64,
    /// Their bytes.
    pub bytes: u64,
    /// SHA-256 over name, a zero byte, size (8 bytes, big-endian) and content of each, one after the other, hexadecimal.
    pub sha256: String,
}

/// What a file says of itself at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// As at the beginning.
    #[serde(flatten)]
    pub label: Label,
    /// Events of the log that it holds, or whose keys it holds.
    pub size: u64,
    /// Root of the tree over them, hexadecimal.
    pub root: String,
    /// The views after them, where they could be held still.
    pub views: Option<ViewsThen>,
    /// The parts by name.
    pub parts: BTreeMap<String, Part>,
}

#[derive(Default)]
struct Tally {
    members: u64,
    bytes: u64,
    hash: Sha256,
}

impl Tally {
    fn begin(&mut self, name: &str, size: u64) {
        self.members += 1;
        self.bytes += size;
        self.hash.update(name);
        self.hash.update([0]);
        self.hash.update(size.to_be_bytes());
    }

    fn part(self) -> Part {
        Part { members: self.members, bytes: self.bytes, sha256: event_log::tree::hex(&self.hash.finalize()) }
    }
}

/// What passes is hashed.
struct Hashed<'a, R> {
    inner: R,
    hash: &'a mut Sha256,
    left: u64,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..n).unwrap_or_default());
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
