//! Sealed tokens for cookies and drafts, and message codes for CSRF.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::{Vault, aead, compress};

/// The first byte of a token: XChaCha20-Poly1305.
const PLAIN: u8 = 1;
/// zstd, XChaCha20-Poly1305.
const COMPRESSED: u8 = 2;
const NONCE: usize = 24;
/// The most that a compressed token may hold, in bytes: what is longer is sealed as it is, and fits no cookie.
const MOST: usize = 64 << 10;

impl Vault {
    /// Seals `content` into text for a cookie or a form field (base64url without padding). Only
    /// [`Vault::open_token`] with the same purpose opens it. It carries no time: what may grow old says so inside.
    #[must_use]
    pub fn seal_token(&self, purpose: &str, content: &[u8]) -> String {
        let mut plain = Vec::with_capacity(content.len() + aead::TAG);
        plain.extend_from_slice(content);
        self.token(purpose, PLAIN, plain)
    }

    /// As [`Vault::seal_token`], shorter where the content can be compressed: for what people typed, of which they alone
    /// know both the content and the length.
    #[must_use]
    pub fn seal_long_token(&self, purpose: &str, content: &[u8]) -> String {
        match compress::compress(content, aead::TAG) {
            Some(shorter) if content.len() <= MOST => self.token(purpose, COMPRESSED, shorter),
            _ => self.seal_token(purpose, content),
        }
    }

    fn token(&self, purpose: &str, suite: u8, mut content: Vec<u8>) -> String {
        let mut nonce = [0; NONCE];
        self.entropy().fill(&mut nonce);
        aead::seal(&self.master.token_key(purpose), &nonce, &[suite], &mut content);
        let mut token = Vec::with_capacity(1 + NONCE + content.len());
        token.push(suite);
        token.extend_from_slice(&nonce);
        token.extend_from_slice(&content);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The content of a token that this vault sealed for this purpose; none for anything else.
    #[must_use]
    pub fn open_token(&self, purpose: &str, token: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (suite, rest) = bytes.split_first()?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>()?;
        if !matches!(*suite, PLAIN | COMPRESSED) {
            return None;
        }
        let mut content = ciphertext.to_vec();
        if !aead::open(&self.master.token_key(purpose), nonce, &[*suite], &mut content) {
            return None;
        }
        if *suite == COMPRESSED { compress::decompress(&content, MOST) } else { Some(content) }
    }

    /// HMAC-SHA256 of `message` under the key of `purpose`. Compare with [`Vault::mac_matches`] only.
    #[must_use]
    pub fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        self.master.mac_key(purpose).hmac(&[message])
    }

    /// True when `given` is the code of `message`; takes the same time wherever they differ.
    #[must_use]
    pub fn mac_matches(&self, purpose: &str, message: &[u8], given: &[u8]) -> bool {
        self.mac(purpose, message).ct_eq(given).into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{MasterKey, OsEntropy, SeededEntropy};

    fn vault() -> Vault {
        Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(OsEntropy))
    }

    #[test]
    fn a_token_opens_for_its_purpose_only() {
        let vault = vault();
        let token = vault.seal_token("session", b"account 7");
        assert_eq!(vault.open_token("session", &token).as_deref(), Some(&b"account 7"[..]));
        assert_eq!(vault.open_token("draft", &token), None);
        let other = Vault::new(MasterKey::from_bytes([8; 32]), Arc::new(OsEntropy));
        assert_eq!(other.open_token("session", &token), None);
        assert_eq!(vault.open_token("session", &vault.seal_token("session", b"")), Some(vec![]));
    }

    #[test]
    fn a_long_token_is_shorter_and_opens_to_the_same() {
        let vault = vault();
        let words = "文昌路附近路灯连续三晚不亮，".repeat(40);
        let token = vault.seal_long_token("draft", words.as_bytes());
        assert!(token.len() < words.len() / 4, "{}", token.len());
        assert_eq!(vault.open_token("draft", &token).as_deref(), Some(words.as_bytes()));
        assert_eq!(vault.open_token("kept", &token), None);
        // What cannot be shortened is sealed as it is.
        assert_eq!(vault.open_token("draft", &vault.seal_long_token("draft", b"short")).as_deref(), Some(&b"short"[..]));
        // What would not be opened again is not made short: the caller sees that it does not fit.
        let endless = vec![b'a'; MOST + 1];
        assert_eq!(vault.open_token("draft", &vault.seal_long_token("draft", &endless)), Some(endless));
        // Nobody can have one suite taken for the other.
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        bytes[0] = PLAIN;
        assert_eq!(vault.open_token("draft", &URL_SAFE_NO_PAD.encode(&bytes)), None);
    }

    #[test]
    fn a_token_fits_a_cookie_and_shows_nothing() {
        let token = vault().seal_token("session", b"account 7");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{token}");
        assert_ne!(token, vault().seal_token("session", b"account 7"), "the nonce must differ");
    }

    #[test]
    fn every_changed_character_and_every_cut_makes_a_token_worthless() {
        let vault = vault();
        let token = vault.seal_token("session", b"account 7");
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(vault.open_token("session", std::str::from_utf8(&changed).unwrap()), None, "at {at}");
            assert_eq!(vault.open_token("session", &token[..at]), None, "cut at {at}");
        }
        for junk in ["", "=", "AQ", "王", "A A", &format!("{token}="), &format!("{token}A")] {
            assert_eq!(vault.open_token("session", junk), None, "{junk:?}");
        }
    }

    /// Computed with an implementation of the RFC drafts in Python, not with this code.
    #[test]
    fn the_form_of_a_token_never_changes() {
        let vault = Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(SeededEntropy::new(1)));
        let golden = "AXg4JYIqb55i2iGQ6CjkydJXbll346CzYrov0H7-TwKBN3iy4lyhh9tGvsGbttKWdJ4";
        assert_eq!(vault.seal_token("session", b"account 7"), golden);
        assert_eq!(vault.open_token("session", golden).as_deref(), Some(&b"account 7"[..]));
    }

    #[test]
    fn a_message_code_matches_its_own_message_and_purpose() {
        let vault = vault();
        let code = vault.mac("csrf", b"session 1");
        assert!(vault.mac_matches("csrf", b"session 1", &code));
        assert!(!vault.mac_matches("csrf", b"session 2", &code));
        assert!(!vault.mac_matches("other", b"session 1", &code));
        assert!(!vault.mac_matches("csrf", b"session 1", &code[..31]));
        assert!(!vault.mac_matches("csrf", b"session 1", b""));
    }
}
