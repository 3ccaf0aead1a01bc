//! Sealing the private values of an event and opening them again.

use event_log::{Envelope, SealedBlob};
use serde_json::Value;
use uuid::Uuid;

use crate::aead::{self, associated_data};
use crate::compress;
use crate::error::{Damage, VaultError};
use crate::marker::{Opened, Taken, put_back, take_out};
use crate::secret::Secret;
use crate::{Keyring, Vault};

/// JSON, XChaCha20-Poly1305.
const PLAIN: u8 = 1;
/// JSON, zstd, XChaCha20-Poly1305.
const COMPRESSED: u8 = 2;

/// The most that the private values of one subject in one event may have, in bytes of JSON.
pub const MAX_SUBJECT_BYTES: usize = 4 << 20;

impl Vault {
    /// Seals the private values of an event that is to be appended to `stream`: the clear JSON, and one blob per
    /// subject. Keys that were made on the way are in [`Keyring::take_new`] and belong into the same append.
    ///
    /// # Errors
    /// [`VaultError::MalformedMarker`] for a private value that is not open, [`VaultError::TooLarge`],
    /// [`VaultError::WrongKeyring`].
    pub fn seal(
        &self,
        keyring: &mut Keyring,
        stream: &str,
        event_id: Uuid,
        kind: &str,
        mut full: Value,
    ) -> Result<(Vec<u8>, Vec<SealedBlob>), VaultError> {
        check_owner(keyring, stream)?;
        let mut taken = Vec::new();
        take_out(&mut full, &mut taken).map_err(|_| VaultError::MalformedMarker { kind: kind.to_owned() })?;
        let sealed = taken.into_iter().map(|taken| self.seal_subject(keyring, stream, event_id, kind, taken)).collect::<Result<_, _>>()?;
        Ok((to_json(&full), sealed))
    }

    fn seal_subject(
        &self,
        keyring: &mut Keyring,
        stream: &str,
        event_id: Uuid,
        kind: &str,
        Taken { subject, values }: Taken,
    ) -> Result<SealedBlob, VaultError> {
        let plain = to_json(&Value::Array(values));
        if plain.len() > MAX_SUBJECT_BYTES {
            return Err(VaultError::TooLarge { kind: kind.to_owned(), bytes: plain.len() });
        }
        let (suite, mut ciphertext) = match compress::compress(&plain, aead::TAG) {
            Some(shorter) => (COMPRESSED, shorter),
            None => (PLAIN, plain),
        };
        let mut nonce = [0; 24];
        self.entropy().fill(&mut nonce);
        let key = keyring.sealing_key(&subject, self.entropy());
        aead::seal(&key.secret, &nonce, &bound_to(suite, stream, event_id, kind, &subject), &mut ciphertext);
        Ok(SealedBlob { suite, key: key.id, nonce, ciphertext, subject })
    }

    /// The event's full JSON: every private value open, or erased where its key is gone.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] with the position when the event is not what was sealed; [`VaultError::WrongKeyring`].
    pub fn open(&self, keyring: &Keyring, envelope: &Envelope) -> Result<Value, VaultError> {
        check_owner(keyring, &envelope.stream)?;
        let damaged = |subject: Option<&str>, damage| VaultError::Damaged {
            stream: envelope.stream.clone(),
            revision: envelope.revision,
            seq: envelope.seq,
            subject: subject.map(str::to_owned),
            damage,
        };
        let mut full: Value = serde_json::from_slice(&envelope.data).map_err(|_| damaged(None, Damage::ClearPart))?;
        let mut opened = Vec::with_capacity(envelope.sealed.len());
        for blob in &envelope.sealed {
            let values = match keyring.opening_key(&blob.key) {
                None => None,
                Some(key) => Some(
                    open_subject(key, &envelope.stream, envelope.id, &envelope.kind, blob)
                        .map_err(|damage| damaged(Some(&blob.subject), damage))?,
                ),
            };
            opened.push(Opened { subject: &blob.subject, values });
        }
        put_back(&mut full, &mut opened).map_err(|damage| damaged(None, damage))?;
        Ok(full)
    }
}

fn open_subject(key: &Secret, stream: &str, event_id: Uuid, kind: &str, blob: &SealedBlob) -> Result<Vec<Option<Value>>, Damage> {
    if !matches!(blob.suite, PLAIN | COMPRESSED) {
        return Err(Damage::UnknownSuite(blob.suite));
    }
    let mut bytes = blob.ciphertext.clone();
    let bound = bound_to(blob.suite, stream, event_id, kind, &blob.subject);
    if !aead::open(key, &blob.nonce, &bound, &mut bytes) {
        return Err(Damage::Authentication);
    }
    if blob.suite == COMPRESSED {
        bytes = compress::decompress(&bytes, MAX_SUBJECT_BYTES).ok_or(Damage::Content)?;
    }
    let values: Vec<Value> = serde_json::from_slice(&bytes).map_err(|_| Damage::Content)?;
    Ok(values.into_iter().map(Some).collect())
}

/// What a blob is bound to: it opens in no other stream, event, kind or subject, nor under another suite.
fn bound_to(suite: u8, stream: &str, event_id: Uuid, kind: &str, subject: &str) -> Vec<u8> {
    associated_data(&[b"blob", &[suite], stream.as_bytes(), event_id.as_bytes(), kind.as_bytes(), subject.as_bytes()])
}

fn check_owner(keyring: &Keyring, stream: &str) -> Result<(), VaultError> {
    if keyring.owner() == stream {
        return Ok(());
    }
    Err(VaultError::WrongKeyring { owner: keyring.owner().to_owned(), stream: stream.to_owned() })
}

fn to_json(value: &Value) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "a JSON value has string keys and writes to memory")]
    serde_json::to_vec(value).expect("a JSON value has string keys and writes to memory")
}

#[cfg(test)]
mod tests;
