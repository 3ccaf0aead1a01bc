//! Canonical bytes back to an event: backups keep events in the form that is hashed (`ops/docs/envelope.md`).

use uuid::Uuid;

use super::{CANONICAL_FORMAT, Envelope, NewEvent, SealedBlob, take};

impl Envelope {
    /// The event whose canonical bytes these are, at its place in the log, which is not among them. `None` for anything
    /// that [`Self::canonical`] does not write.
    #[must_use]
    pub fn from_canonical(seq: u64, mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        if take::<1>(bytes)? != [CANONICAL_FORMAT] {
            return None;
        }
        let event = Self {
            seq,
            stream: text(bytes)?,
            revision: u64::from_be_bytes(take(bytes)?),
            id: Uuid::from_bytes(take(bytes)?),
            kind: text(bytes)?,
            version: u16::from_be_bytes(take(bytes)?),
            occurred_at: i64::from_be_bytes(take(bytes)?),
            recorded_at: i64::from_be_bytes(take(bytes)?),
            actor: text(bytes)?,
            on_behalf: optional(bytes, text)?,
            cause: optional(bytes, |bytes| take(bytes).map(Uuid::from_bytes))?,
            rulebook: optional(bytes, text)?,
            data: run(bytes)?.to_vec(),
            sealed: sealed(bytes)?,
        };
        bytes.is_empty().then_some(event)
    }

    /// The event without its place.
    pub(crate) fn into_new(self) -> NewEvent {
        let Self { id, kind, version, occurred_at, actor, on_behalf, cause, rulebook, data, sealed, .. } = self;
        NewEvent { id, kind, version, occurred_at, actor, on_behalf, cause, rulebook, data, sealed }
    }
}

fn count(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(take(bytes)?)).ok()
}

fn run<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = count(bytes)?;
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}

fn text(bytes: &mut &[u8]) -> Option<String> {
    std::str::from_utf8(run(bytes)?).ok().map(str::to_owned)
}

/// The outer `None` is a fault, the inner one an absent value.
#[expect(clippy::option_option, reason = "absent and unreadable are two things")]
fn optional<T>(bytes: &mut &[u8], read: impl FnOnce(&mut &[u8]) -> Option<T>) -> Option<Option<T>> {
    match take::<1>(bytes)? {
        [0] => Some(None),
        [1] => read(bytes).map(Some),
        _ => None,
    }
}

fn sealed(bytes: &mut &[u8]) -> Option<Vec<SealedBlob>> {
    // Not allocated by the count, which may be anything.
    let mut all = Vec::new();
    for _ in 0..count(bytes)? {
        all.push(SealedBlob {
            subject: text(bytes)?,
            suite: u8::from_be_bytes(take(bytes)?),
            key: take(bytes)?,
            nonce: take(bytes)?,
            ciphertext: run(bytes)?.to_vec(),
        });
    }
    Some(all)
}
