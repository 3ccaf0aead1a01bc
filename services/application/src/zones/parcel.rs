//! What the inner zone tells the outside.

use domain::time::Instant;
use event_log::NewEvent;
use serde::{Deserialize, Serialize};
use vault::Vault;
use vault::zones::{OutsideKey, ZoneError};

use super::{MOST_PARCEL, PARCEL};

/// Largest content, opened.
const MOST_CONTENT: usize = 64 * 1024 * 1024;

/// One parcel. Holds nothing that the outside may not know: what a citizen may see is sealed under number and code.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// Its number, without gaps.
    pub number: u64,
    /// Everything that was recorded until then is in this parcel or one before it; `None` when more is to follow.
    pub as_of: Option<Instant>,
    /// The first of a series that says everything anew: when that was begun. A copy of it that comes late begins nothing.
    pub anew: Option<Instant>,
    /// Rulebooks, calendars, catalogues and units, as they stand in the log.
    pub facts: Vec<Fact>,
    /// Public figures by the name of their page.
    pub figures: Vec<(String, Vec<u8>)>,
    /// What petitioners may see.
    pub cases: Vec<CaseRecord>,
    /// Names of letters that were taken, or kept among the refused.
    pub taken: Vec<String>,
}

/// An event that the outside needs for its forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Stream.
    pub stream: String,
    /// Place in the stream.
    pub revision: u64,
    /// The event; without sealed parts.
    pub event: NewEvent,
}

/// What the petitioner of one case may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// Under which name the outside finds it.
    pub tag: [u8; 16],
    /// Place in the log that the views had reached when it was made: erasing and restricting stand outside of the stream of
    /// the case. An older one never replaces a newer one.
    pub seq: u64,
    /// Sealed under number and query code.
    pub sealed: Vec<u8>,
}

impl Parcel {
    /// The name of its file; in the order of numbers.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:012}.{PARCEL}", self.number)
    }

    /// Signed, as it goes out.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn signed(&self, vault: &Vault, generation: u32) -> Result<Vec<u8>, String> {
        let bytes = postcard::to_stdvec(self).map_err(|error| error.to_string())?;
        let packed = zstd::bulk::compress(&bytes, 3).map_err(|error| error.to_string())?;
        let signed = vault.sign_parcel(&packed, generation);
        if signed.len() as u64 > MOST_PARCEL || bytes.len() > MOST_CONTENT {
            return Err("一个外送文件超过上限".to_owned());
        }
        Ok(signed)
    }

    /// Reads a parcel that the inner zone signed.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub fn open(key: &OutsideKey, file: &[u8]) -> Result<Self, ZoneError> {
        let packed = key.open(file)?;
        // It is signed: what cannot be read was written by another program, not by a forger.
        let bytes = zstd::bulk::decompress(packed, MOST_CONTENT).map_err(|_| ZoneError::Damaged)?;
        postcard::from_bytes(&bytes).map_err(|_| ZoneError::Damaged)
    }
}
