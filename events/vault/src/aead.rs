//! XChaCha20-Poly1305 and the associated data that binds a ciphertext to its place.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::secret::Secret;

/// Bytes that sealing adds.
pub(crate) const TAG: usize = 16;

/// Seals `buffer` in place; the tag is added at its end.
pub(crate) fn seal(key: &Secret, nonce: &[u8; 24], associated: &[u8], buffer: &mut Vec<u8>) {
    let sealed = XChaCha20Poly1305::new(key.bytes().into()).encrypt_in_place(&XNonce::from(*nonce), associated, buffer);
    #[expect(clippy::expect_used, reason = "sealing fails only beyond 256 GiB")]
    sealed.expect("sealing fails only beyond 256 GiB");
}

/// Opens `buffer` in place; false when it is not what was sealed with this key, nonce and associated data.
#[must_use]
pub(crate) fn open(key: &Secret, nonce: &[u8; 24], associated: &[u8], buffer: &mut Vec<u8>) -> bool {
    XChaCha20Poly1305::new(key.bytes().into()).decrypt_in_place(&XNonce::from(*nonce), associated, buffer).is_ok()
}

/// Joins `parts` so that no two different lists give the same bytes: each is preceded by its length, u32 big endian.
pub(crate) fn associated_data(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(parts.iter().map(|part| 4 + part.len()).sum());
    for part in parts {
        joined.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_border_between_parts_changes_the_associated_data() {
        assert_ne!(associated_data(&[b"case-1", b"2"]), associated_data(&[b"case-", b"12"]));
        assert_ne!(associated_data(&[b"a"]), associated_data(&[b"a", b""]));
    }
}
