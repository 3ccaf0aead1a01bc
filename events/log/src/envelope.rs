//! The event as it is stored, and the bytes that are hashed.

mod read;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::tree::{self, Hash};

/// First byte of the canonical form. A change of the form takes the next number and a new document.
pub const CANONICAL_FORMAT: u8 = 1;

/// A sealed part of an event: all that one subject may read of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedBlob {
    /// Subject role, for example `petitioner`.
    pub subject: String,
    /// Cipher suite.
    pub suite: u8,
    /// Id of the key.
    pub key: [u8; 16],
    /// Nonce of the cipher.
    pub nonce: [u8; 24],
    /// Ciphertext with its tag.
    pub ciphertext: Vec<u8>,
}

/// A key, wrapped under an epoch key. It lies outside of the tree and can be destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// Id, as named in the sealed blobs.
    pub id: [u8; 16],
    /// Stream whose events it opens.
    pub owner: String,
    /// Subject role.
    pub subject: String,
    /// Epoch of the wrapping key.
    pub epoch: u32,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
}

/// An event before it has a place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// Chosen by the caller; makes a repeated append harmless.
    pub id: Uuid,
    /// Type of the event.
    pub kind: String,
    /// Schema version of the type.
    pub version: u16,
    /// When it happened, µs UTC.
    pub occurred_at: i64,
    /// Who did it.
    pub actor: String,
    /// On whose behalf.
    pub on_behalf: Option<String>,
    /// The event that caused it.
    pub cause: Option<Uuid>,
    /// The rulebook version that applied.
    pub rulebook: Option<String>,
    /// Clear JSON.
    pub data: Vec<u8>,
    /// Sealed parts, at most one per subject.
    pub sealed: Vec<SealedBlob>,
}

/// An event in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// 1-based index in the log's order.
    pub seq: u64,
    /// Stream.
    pub stream: String,
    /// 0-based place in the stream.
    pub revision: u64,
    /// When it was recorded, µs UTC; never falls along `seq`.
    pub recorded_at: i64,
    /// Chosen by the caller.
    pub id: Uuid,
    /// Type of the event.
    pub kind: String,
    /// Schema version of the type.
    pub version: u16,
    /// When it happened, µs UTC.
    pub occurred_at: i64,
    /// Who did it.
    pub actor: String,
    /// On whose behalf.
    pub on_behalf: Option<String>,
    /// The event that caused it.
    pub cause: Option<Uuid>,
    /// The rulebook version that applied.
    pub rulebook: Option<String>,
    /// Clear JSON.
    pub data: Vec<u8>,
    /// Sealed parts, at most one per subject.
    pub sealed: Vec<SealedBlob>,
}

impl NewEvent {
    /// Bytes of content.
    pub(crate) fn weight(&self) -> usize {
        weight(&self.data, &self.sealed)
    }

    /// Puts the event in its place.
    #[must_use]
    pub fn placed(self, seq: u64, stream: String, revision: u64, recorded_at: i64) -> Envelope {
        let Self { id, kind, version, occurred_at, actor, on_behalf, cause, rulebook, data, sealed } = self;
        Envelope { seq, stream, revision, recorded_at, id, kind, version, occurred_at, actor, on_behalf, cause, rulebook, data, sealed }
    }

    /// The leaf hash that this event has at a place; `buffer` is working space.
    pub(crate) fn leaf(&self, stream: &str, revision: u64, recorded_at: i64, buffer: &mut Vec<u8>) -> Hash {
        buffer.clear();
        write_canonical(
            buffer,
            &Fields {
                stream,
                revision,
                recorded_at,
                id: &self.id,
                kind: &self.kind,
                version: self.version,
                occurred_at: self.occurred_at,
                actor: &self.actor,
                on_behalf: self.on_behalf.as_deref(),
                cause: self.cause.as_ref(),
                rulebook: self.rulebook.as_deref(),
                data: &self.data,
                sealed: &self.sealed,
            },
        );
        tree::leaf_hash(buffer)
    }
}

impl Envelope {
    /// Bytes of content.
    pub(crate) fn weight(&self) -> usize {
        weight(&self.data, &self.sealed)
    }

    /// The canonical bytes as specified in `ops/docs/envelope.md`. `seq` is not among them: the tree holds the order.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_canonical(&mut out);
        out
    }

    /// The leaf of the tree: SHA-256(0x00 ‖ canonical bytes).
    #[must_use]
    pub fn leaf(&self) -> Hash {
        self.leaf_with(&mut Vec::new())
    }

    pub(crate) fn leaf_with(&self, buffer: &mut Vec<u8>) -> Hash {
        buffer.clear();
        self.write_canonical(buffer);
        tree::leaf_hash(buffer)
    }

    fn write_canonical(&self, out: &mut Vec<u8>) {
        write_canonical(
            out,
            &Fields {
                stream: &self.stream,
                revision: self.revision,
                recorded_at: self.recorded_at,
                id: &self.id,
                kind: &self.kind,
                version: self.version,
                occurred_at: self.occurred_at,
                actor: &self.actor,
                on_behalf: self.on_behalf.as_deref(),
                cause: self.cause.as_ref(),
                rulebook: self.rulebook.as_deref(),
                data: &self.data,
                sealed: &self.sealed,
            },
        );
    }
}

fn weight(data: &[u8], sealed: &[SealedBlob]) -> usize {
    128 + data.len() + sealed.iter().map(|blob| blob.ciphertext.len() + 64).sum::<usize>()
}

struct Fields<'a> {
    stream: &'a str,
    revision: u64,
    recorded_at: i64,
    id: &'a Uuid,
    kind: &'a str,
    version: u16,
    occurred_at: i64,
    actor: &'a str,
    on_behalf: Option<&'a str>,
    cause: Option<&'a Uuid>,
    rulebook: Option<&'a str>,
    data: &'a [u8],
    sealed: &'a [SealedBlob],
}

fn write_canonical(out: &mut Vec<u8>, fields: &Fields<'_>) {
    out.push(CANONICAL_FORMAT);
    put_bytes(out, fields.stream.as_bytes());
    out.extend_from_slice(&fields.revision.to_be_bytes());
    out.extend_from_slice(fields.id.as_bytes());
    put_bytes(out, fields.kind.as_bytes());
    out.extend_from_slice(&fields.version.to_be_bytes());
    out.extend_from_slice(&fields.occurred_at.to_be_bytes());
    out.extend_from_slice(&fields.recorded_at.to_be_bytes());
    put_bytes(out, fields.actor.as_bytes());
    put_optional(out, fields.on_behalf);
    match fields.cause {
        None => out.push(0),
        Some(cause) => {
            out.push(1);
            out.extend_from_slice(cause.as_bytes());
        }
    }
    put_optional(out, fields.rulebook);
    put_bytes(out, fields.data);
    put_count(out, fields.sealed.len());
    for blob in fields.sealed {
        put_bytes(out, blob.subject.as_bytes());
        out.push(blob.suite);
        out.extend_from_slice(&blob.key);
        out.extend_from_slice(&blob.nonce);
        put_bytes(out, &blob.ciphertext);
    }
}

fn put_optional(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => out.push(0),
        Some(text) => {
            out.push(1);
            put_bytes(out, text.as_bytes());
        }
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// `Append::check` bounds every length far below 2³², so the conversion does not saturate.
fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

/// The sealed parts as one column: `None` when there are none.
pub(crate) fn pack_sealed(sealed: &[SealedBlob]) -> Option<Vec<u8>> {
    if sealed.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(sealed.iter().map(|blob| blob.ciphertext.len() + 64).sum());
    for blob in sealed {
        // Subjects are at most MAX_NAME bytes, so one byte holds the length.
        out.push(u8::try_from(blob.subject.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(blob.subject.as_bytes());
        out.push(blob.suite);
        out.extend_from_slice(&blob.key);
        out.extend_from_slice(&blob.nonce);
        put_count(&mut out, blob.ciphertext.len());
        out.extend_from_slice(&blob.ciphertext);
    }
    Some(out)
}

/// The inverse of [`pack_sealed`]; `None` when the bytes are not such a column.
pub(crate) fn unpack_sealed(mut bytes: &[u8]) -> Option<Vec<SealedBlob>> {
    let mut sealed = Vec::new();
    while !bytes.is_empty() {
        let length = usize::from(take::<1>(&mut bytes)?[0]);
        let (subject, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        let [suite] = take::<1>(&mut bytes)?;
        let key = take::<16>(&mut bytes)?;
        let nonce = take::<24>(&mut bytes)?;
        let length = u32::from_be_bytes(take::<4>(&mut bytes)?);
        let (ciphertext, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
        bytes = rest;
        sealed.push(SealedBlob {
            subject: std::str::from_utf8(subject).ok()?.to_owned(),
            suite,
            key,
            nonce,
            ciphertext: ciphertext.to_vec(),
        });
    }
    Some(sealed)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

#[cfg(test)]
mod tests;
