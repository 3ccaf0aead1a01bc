//! Texts that anybody can check: the *signed note* of C2SP (`c2sp.org/signed-note`), signed with Ed25519.
//!
//! ```text
//! xiaoneng/5d41402abc4b2a76
//! 18233
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — xiaoneng/5d41402abc4b2a76 Az3grl…
//! ```
//!
//! What is signed is the text with its last line end, without the empty line behind it. The signing key follows from the
//! master key, so that nothing more has to be kept safe; another master key is another signing key, and notes that the old
//! one signed stay good under the old public key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::Vault;

/// Ed25519, as signed notes number it.
const ED25519: u8 = 1;
/// A note that is longer is not one of ours.
const LONGEST: usize = 64 * 1024;
/// Signatures of one note.
const MOST: usize = 64;
/// What stands before every signature.
const DASH: &str = "— ";

/// Why a note or a public key is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// No text, empty line and signatures.
    #[error("不是签名文本：应有正文、一个空行和以“— ”开头的签名行，请使用完整的原文")]
    Shape,
    /// A public key in another form.
    #[error("公钥写法不对：应为“名称+8 位编号+Base64”，或 64 位十六进制数字，请从公布的地方重新复制")]
    Key,
    /// There is no signature of this key.
    #[error("没有公钥 {wanted:08x} 的签名（有 {}），请核对公钥", .have.iter().map(|id| format!("{id:08x}")).collect::<Vec<_>>().join("、"))]
    Unsigned {
        /// Id of the key asked for.
        wanted: u32,
        /// Ids of the keys that signed.
        have: Vec<u32>,
    },
    /// The signature is not of this text.
    #[error("公钥 {key:08x} 的签名与正文不符：正文被改动过，或不是这把密钥签的")]
    Forged {
        /// Id of the key.
        key: u32,
    },
    /// A text that may not be signed: empty, without its last line end, with control characters.
    #[error("程序错误：这段文字不能签名")]
    Text,
}

/// A public key and the name that it signs for: the `vkey` of C2SP, `name+id+base64`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerifierKey {
    name: String,
    public: [u8; 32],
}

impl VerifierKey {
    /// The key of a name.
    ///
    /// # Errors
    /// [`NoteError::Key`] when the name is empty, holds a blank or a plus sign, or the bytes are no public key.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, NoteError> {
        let good = !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
        let point = VerifyingKey::from_bytes(&public).map_err(|_| NoteError::Key)?;
        if good && !point.is_weak() { Ok(Self { name: name.to_owned(), public }) } else { Err(NoteError::Key) }
    }

    /// The key of a name from 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`NoteError::Key`].
    pub fn from_hex(name: &str, digits: &str) -> Result<Self, NoteError> {
        let digits = digits.as_bytes();
        if digits.len() != 64 {
            return Err(NoteError::Key);
        }
        let mut public = [0; 32];
        for (byte, pair) in public.iter_mut().zip(digits.chunks_exact(2)) {
            let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(NoteError::Key);
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Self::new(name, public)
    }

    /// Whose key it is: the origin of the log.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key itself.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// The key's id in signatures: the first four bytes of SHA-256(name ‖ newline ‖ 1 ‖ key). Shown as eight hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> u32 {
        let hash = Sha256::new().chain_update(&self.name).chain_update(b"\n").chain_update([ED25519]).chain_update(self.public).finalize();
        hash.iter().take(4).fold(0, |id, byte| id << 8 | u32::from(*byte))
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [[ED25519].as_slice(), &self.public].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id(), STANDARD.encode(bytes))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return Err(NoteError::Key) };
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let Some((&ED25519, public)) = bytes.split_first() else { return Err(NoteError::Key) };
        let key = Self::new(name, public.try_into().map_err(|_| NoteError::Key)?)?;
        if format!("{:08x}", key.id()) == id { Ok(key) } else { Err(NoteError::Key) }
    }
}

/// A text with its signatures. Reading it checks nothing but the form: see [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<(String, u32, Vec<u8>)>,
}

impl Note {
    /// Reads a note. Blanks at the ends of lines and empty lines around it, as copying leaves them, are no part of it.
    ///
    /// # Errors
    /// [`NoteError::Shape`].
    pub fn parse(given: &str) -> Result<Self, NoteError> {
        if given.len() > LONGEST {
            return Err(NoteError::Shape);
        }
        let lines: Vec<&str> = given.trim_start_matches('\u{feff}').trim().lines().map(str::trim_end).collect();
        let border = lines.iter().rposition(|line| line.is_empty()).filter(|border| *border > 0).ok_or(NoteError::Shape)?;
        let (text, rest) = lines.split_at(border);
        let signatures = rest.iter().skip(1).map(|line| signature(line).ok_or(NoteError::Shape)).collect::<Result<Vec<_>, _>>()?;
        if signatures.is_empty() || signatures.len() > MOST {
            return Err(NoteError::Shape);
        }
        Ok(Self { text: text.join("\n") + "\n", signatures })
    }

    /// The text, with its last line end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether `key` signed this text.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`], [`NoteError::Forged`].
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let id = key.id();
        let Some((_, _, bytes)) = self.signatures.iter().find(|(name, one, _)| *name == key.name && *one == id) else {
            return Err(NoteError::Unsigned { wanted: id, have: self.signatures.iter().map(|(_, id, _)| *id).collect() });
        };
        let forged = NoteError::Forged { key: id };
        let signature = Signature::from_slice(bytes).map_err(|_| forged.clone())?;
        let public = VerifyingKey::from_bytes(&key.public).map_err(|_| NoteError::Key)?;
        public.verify_strict(self.text.as_bytes(), &signature).map_err(|_| forged)
    }

    /// The one of these keys that signed this text.
    ///
    /// # Errors
    /// As [`Note::verify`] for the first of them whose signature is there, or else for the first.
    pub fn verify_any<'k>(&self, keys: &'k [VerifierKey]) -> Result<&'k VerifierKey, NoteError> {
        let have = self.signatures.iter().map(|(_, id, _)| *id).collect();
        let mut refused = NoteError::Unsigned { wanted: keys.first().map_or(0, VerifierKey::id), have };
        for key in keys {
            match self.verify(key) {
                Ok(()) => return Ok(key),
                Err(NoteError::Unsigned { .. }) => {}
                Err(other) => refused = other,
            }
        }
        Err(refused)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for (name, id, bytes) in &self.signatures {
            writeln!(f, "{DASH}{name} {}", STANDARD.encode([&id.to_be_bytes(), bytes.as_slice()].concat()))?;
        }
        Ok(())
    }
}

fn signature(line: &str) -> Option<(String, u32, Vec<u8>)> {
    let (name, blob) = line.strip_prefix(DASH)?.split_once(' ')?;
    let blob = STANDARD.decode(blob).ok()?;
    let (id, bytes) = blob.split_at_checked(4)?;
    (!name.is_empty() && !bytes.is_empty()).then_some(())?;
    Some((name.to_owned(), u32::from_be_bytes(id.try_into().ok()?), bytes.to_vec()))
}

impl Vault {
    /// The public key with which this installation signs for `name`.
    ///
    /// # Errors
    /// [`NoteError::Key`] for a name that no key can have.
    pub fn verifier_key(&self, name: &str) -> Result<VerifierKey, NoteError> {
        VerifierKey::new(name, self.signing_key().verifying_key().to_bytes())
    }

    /// Signs a text of whole lines for `name`. The same text always gives the same note.
    ///
    /// # Errors
    /// [`NoteError::Text`], [`NoteError::Key`].
    pub fn sign_note(&self, name: &str, text: &str) -> Result<Note, NoteError> {
        let whole = text.ends_with('\n') && text.lines().all(|line| !line.is_empty() && line == line.trim());
        if !whole || text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NoteError::Text);
        }
        let id = self.verifier_key(name)?.id();
        let signature = self.signing_key().sign(text.as_bytes());
        Ok(Note { text: text.to_owned(), signatures: vec![(name.to_owned(), id, signature.to_bytes().to_vec())] })
    }

    /// Wiped from memory when dropped.
    fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(self.master.signing_key().bytes())
    }
}

#[cfg(test)]
mod tests;
