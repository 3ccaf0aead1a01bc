//! Where a reader of the whole log stands.

use serde::{Deserialize, Serialize};

use crate::{Envelope, LogError};

/// An opaque place in the log; the default is the beginning. Only the backend that gave it understands it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// The cursor after event `seq`, for backends that order by `seq`.
    pub(crate) fn after_seq(seq: u64) -> Self {
        Self(seq.to_be_bytes().to_vec())
    }

    /// Back to `seq`; the default is 0.
    pub(crate) fn to_seq(&self) -> Result<u64, LogError> {
        if self.0.is_empty() {
            return Ok(0);
        }
        let bytes: [u8; 8] = self.0.as_slice().try_into().map_err(|_| LogError::InvalidCursor)?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// The bytes to keep in a checkpoint.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// From the bytes of a checkpoint. Validity shows when it is used.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// What one read of the whole log gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The events in order.
    pub events: Vec<Envelope>,
    /// Where to go on; equal to the cursor given when there was nothing.
    pub next: Cursor,
    /// Whether the last event of the log, as of this read, has been given.
    pub at_head: bool,
}
