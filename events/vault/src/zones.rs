//! Keys of an installation in two zones: citizens file at a node outside, which holds no log and no master key.
//!
//! ```text
//! master key ─HKDF─► X25519 key        opens what comes in; the outside holds the public half
//!            ├─HKDF─► Ed25519 key      signs what goes out; the outside holds the public half
//!            └─HKDF─► outside secret   shared: numbers and codes of filings made outside, cookies, who may send in
//! ```
//!
//! What comes in is sealed as in RFC 9180 (mode PSK, in a form of its own): an ephemeral X25519 key, HKDF-SHA256 over the
//! shared secret and the outside secret, XChaCha20-Poly1305. What goes out about one case is sealed under a key that
//! follows from its number and query code, so that the outside cannot read it without the citizen.
//! `ops/docs/two-zones.md` specifies the bytes.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::query_code::{code_of_bits, normalise_query_code};
use crate::secret::Secret;
use crate::{MasterKey, Vault, aead};

const SALT: &[u8] = b"xiaoneng/zones/1";
const INWARD: &[u8; 4] = b"XNIN";
const OUTWARD: &[u8; 4] = b"XNOU";
/// The format that this program writes and reads.
const FORMAT: u8 = 1;
/// Kind, format, installation, generation.
const HEAD: usize = 4 + 1 + 8 + 4;
const HASH: usize = 32;
const SIGNATURE: usize = 64;
/// Generations that an installation can have: the outside secret is changed when it may be known to others.
pub const GENERATIONS: u32 = 16;

/// Why a file of the other zone is not taken. The order of the checks: shape, damage, origin, seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// No such file at all.
    #[error("不是本平台的摆渡文件")]
    Foreign,
    /// Written by a newer program.
    #[error("文件格式 {0} 比本程序新，请先升级本侧程序")]
    Future(u8),
    /// Bytes were changed or lost on the way.
    #[error("文件在传输中损坏或不完整，请从对侧重新摆渡")]
    Damaged,
    /// Of another installation.
    #[error("文件属于另一个安装，请检查网闸的目录对应关系")]
    OtherInstallation,
    /// Sealed with an outside secret that is no longer good.
    #[error("文件由第 {0} 代外网密钥封装，已停用")]
    OldSecret(u32),
    /// Whole, but not sealed or signed by the other zone.
    #[error("文件不是由对侧封装的（可能是伪造）")]
    Forged,
}

/// The key file of the outside has another form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("外网密钥文件内容不对，请在内网用 xiaoneng zones key 重新生成后拷贝过来")]
pub struct BadOutsideKey;

/// What the outside holds: two public keys and one secret. Carried out once, at set-up.
#[derive(Clone)]
pub struct OutsideKey {
    generation: u32,
    seal_to: [u8; 32],
    verify: [u8; 32],
    secret: Secret,
}

impl OutsideKey {
    /// Which secret of the installation this is, from 1.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The installation, as both zones name it.
    #[must_use]
    pub fn installation(&self) -> [u8; 8] {
        installation(&self.seal_to, &self.verify)
    }

    /// The key of the outside's own cookies and forms.
    #[must_use]
    pub fn cookies(&self) -> MasterKey {
        MasterKey::from_bytes(self.secret.hmac(&[b"cookies"]))
    }

    /// The 50 random bits of the public number of a case filed outside.
    #[must_use]
    pub fn number_bits(&self, case: Uuid) -> u64 {
        number_bits(&self.secret, case)
    }

    /// The query code of a case filed outside.
    #[must_use]
    pub fn query_code(&self, case: Uuid) -> String {
        query_code(&self.secret, case)
    }

    /// Seals a letter to the inner zone; only the inner zone opens it, this key cannot.
    #[must_use]
    pub fn seal(&self, letter: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut *bytes);
        let own = StaticSecret::from(*bytes);
        let ephemeral = PublicKey::from(&own).to_bytes();
        let shared = own.diffie_hellman(&PublicKey::from(self.seal_to));
        let mut file = head(INWARD, &self.installation(), self.generation);
        file.extend_from_slice(&ephemeral);
        let mut sealed = Vec::with_capacity(letter.len() + aead::TAG);
        sealed.extend_from_slice(letter);
        // The key serves this letter alone, so the nonce may stand still.
        aead::seal(&inward_key(shared.as_bytes(), &self.secret, &ephemeral, &self.seal_to), &[0; 24], &file, &mut sealed);
        file.extend_from_slice(&sealed);
        let hash = Sha256::digest(&file);
        file.extend_from_slice(&hash);
        file
    }

    /// The content of a parcel that the inner zone signed.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub fn open<'a>(&self, file: &'a [u8]) -> Result<&'a [u8], ZoneError> {
        let (_, rest) = read_head(file, OUTWARD, &self.installation())?;
        let end = rest.len().checked_sub(SIGNATURE + HASH).ok_or(ZoneError::Damaged)?;
        let (content, signature) = rest.split_at_checked(end).ok_or(ZoneError::Damaged)?;
        let signature = signature.first_chunk::<SIGNATURE>().ok_or(ZoneError::Damaged)?;
        let signed = file.get(..file.len() - HASH - SIGNATURE).ok_or(ZoneError::Damaged)?;
        let verify = VerifyingKey::from_bytes(&self.verify).map_err(|_| ZoneError::Forged)?;
        verify.verify_strict(signed, &Signature::from_bytes(signature)).map_err(|_| ZoneError::Forged)?;
        Ok(content)
    }
}

impl fmt::Display for OutsideKey {
    /// The line of the key file: secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = Zeroizing::new([self.seal_to.as_slice(), &self.verify, self.secret.bytes()].concat());
        write!(f, "xiaoneng-outside-{FORMAT}+{}+{}", self.generation, STANDARD.encode(&*bytes))
    }
}

impl FromStr for OutsideKey {
    type Err = BadOutsideKey;

    fn from_str(text: &str) -> Result<Self, BadOutsideKey> {
        let rest = text.trim().strip_prefix(&format!("xiaoneng-outside-{FORMAT}+")).ok_or(BadOutsideKey)?;
        let (generation, keys) = rest.split_once('+').ok_or(BadOutsideKey)?;
        let generation = generation.parse().ok().filter(|n| (1..=GENERATIONS).contains(n)).ok_or(BadOutsideKey)?;
        let bytes = Zeroizing::new(STANDARD.decode(keys).map_err(|_| BadOutsideKey)?);
        let (seal_to, rest) = bytes.split_first_chunk::<32>().ok_or(BadOutsideKey)?;
        let (verify, rest) = rest.split_first_chunk::<32>().ok_or(BadOutsideKey)?;
        let mut secret = Zeroizing::new(<[u8; 32]>::try_from(rest).map_err(|_| BadOutsideKey)?);
        Ok(Self { generation, seal_to: *seal_to, verify: *verify, secret: Secret::take(&mut secret) })
    }
}

impl fmt::Debug for OutsideKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutsideKey").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Vault {
    /// What the outside is to hold, in this generation (from 1 to [`GENERATIONS`]).
    #[must_use]
    pub fn outside_key(&self, generation: u32) -> OutsideKey {
        OutsideKey {
            generation,
            seal_to: PublicKey::from(&self.inward_secret()).to_bytes(),
            verify: self.outward_signer().verifying_key().to_bytes(),
            secret: self.master.outside_secret(generation),
        }
    }

    /// Opens a letter from the outside, of this generation.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub fn open_letter(&self, file: &[u8], generation: u32) -> Result<Vec<u8>, ZoneError> {
        let outside = self.outside_key(generation);
        let (sealed_in, rest) = read_head(file, INWARD, &outside.installation())?;
        if sealed_in != generation {
            return Err(ZoneError::OldSecret(sealed_in));
        }
        let (ephemeral, rest) = rest.split_first_chunk::<32>().ok_or(ZoneError::Damaged)?;
        let mut sealed = rest[..rest.len().saturating_sub(HASH)].to_vec();
        let shared = self.inward_secret().diffie_hellman(&PublicKey::from(*ephemeral));
        let key = inward_key(shared.as_bytes(), &outside.secret, ephemeral, &outside.seal_to);
        let bound = &file[..HEAD + 32];
        if shared.was_contributory() && aead::open(&key, &[0; 24], bound, &mut sealed) { Ok(sealed) } else { Err(ZoneError::Forged) }
    }

    /// Signs a parcel for the outside.
    #[must_use]
    pub fn sign_parcel(&self, content: &[u8], generation: u32) -> Vec<u8> {
        let mut file = head(OUTWARD, &self.outside_key(generation).installation(), generation);
        file.extend_from_slice(content);
        let signature = self.outward_signer().sign(&file).to_bytes();
        file.extend_from_slice(&signature);
        let hash = Sha256::digest(&file);
        file.extend_from_slice(&hash);
        file
    }

    /// The query code of a case that was filed outside: its number follows from its id. None for every other case.
    #[must_use]
    pub fn outside_query_code(&self, case: Uuid, is_number: impl Fn(u64) -> bool) -> Option<String> {
        (1..=GENERATIONS).find_map(|generation| {
            let secret = self.master.outside_secret(generation);
            is_number(number_bits(&secret, case)).then(|| query_code(&secret, case))
        })
    }

    fn inward_secret(&self) -> StaticSecret {
        StaticSecret::from(*self.master.inward_key().bytes())
    }

    fn outward_signer(&self) -> SigningKey {
        SigningKey::from_bytes(self.master.outward_key().bytes())
    }
}

/// What a citizen who knows number and query code of a case can find and open outside.
pub struct CaseKey {
    tag: [u8; 16],
    key: Secret,
}

impl CaseKey {
    /// The key of a public number (as the domain normalises it) and a query code as a person types it.
    #[must_use]
    pub fn new(number: &str, code: &str) -> Self {
        let code = Zeroizing::new(normalise_query_code(code));
        let mut bytes = Zeroizing::new([0; 32]);
        let mut tag = [0; 16];
        let hkdf = Hkdf::<Sha256>::new(Some(SALT), code.as_bytes());
        let part = |purpose: &[u8], out: &mut [u8]| {
            #[expect(clippy::expect_used, reason = "HKDF fails only beyond 8160 bytes")]
            hkdf.expand(&aead::associated_data(&[purpose, number.as_bytes()]), out).expect("HKDF fails only beyond 8160 bytes");
        };
        part(b"case", &mut *bytes);
        part(b"tag", &mut tag);
        Self { tag, key: Secret::take(&mut bytes) }
    }

    /// Under which name the outside keeps it; says nothing about the number.
    #[must_use]
    pub fn tag(&self) -> [u8; 16] {
        self.tag
    }

    /// Seals what the citizen may see.
    #[must_use]
    pub fn seal(&self, content: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; 24];
        entropy.fill(&mut nonce);
        let mut sealed = content.to_vec();
        aead::seal(&self.key, &nonce, &self.tag, &mut sealed);
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens it; none when it was not sealed under this number and code.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk::<24>()?;
        let mut content = rest.to_vec();
        aead::open(&self.key, nonce, &self.tag, &mut content).then_some(content)
    }
}

impl fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseKey(…)")
    }
}

/// Two query codes are the same, compared in constant time.
#[must_use]
pub fn same_query_code(right: &str, given: &str) -> bool {
    right.as_bytes().ct_eq(normalise_query_code(given).as_bytes()).into()
}

fn head(kind: &[u8; 4], installation: &[u8; 8], generation: u32) -> Vec<u8> {
    [kind.as_slice(), &[FORMAT], installation, &generation.to_be_bytes()].concat()
}

/// The generation, and what follows the head up to the end of the file.
fn read_head<'a>(file: &'a [u8], kind: &[u8; 4], installation: &[u8; 8]) -> Result<(u32, &'a [u8]), ZoneError> {
    let rest = file.strip_prefix(kind).ok_or(ZoneError::Foreign)?;
    let (format, rest) = rest.split_first().ok_or(ZoneError::Damaged)?;
    if *format > FORMAT {
        return Err(ZoneError::Future(*format));
    }
    let (of, rest) = rest.split_first_chunk::<8>().ok_or(ZoneError::Damaged)?;
    let (generation, rest) = rest.split_first_chunk::<4>().ok_or(ZoneError::Damaged)?;
    let (covered, hash) = file.split_at_checked(file.len().saturating_sub(HASH)).ok_or(ZoneError::Damaged)?;
    if covered.len() < HEAD || Sha256::digest(covered).as_slice() != hash {
        return Err(ZoneError::Damaged);
    }
    if of != installation {
        return Err(ZoneError::OtherInstallation);
    }
    Ok((u32::from_be_bytes(*generation), rest))
}

fn installation(seal_to: &[u8; 32], verify: &[u8; 32]) -> [u8; 8] {
    let hash = Sha256::new().chain_update(seal_to).chain_update(verify).finalize();
    std::array::from_fn(|at| hash[at])
}

fn inward_key(shared: &[u8; 32], secret: &Secret, ephemeral: &[u8; 32], seal_to: &[u8; 32]) -> Secret {
    let input = Zeroizing::new([shared.as_slice(), secret.bytes()].concat());
    let mut bytes = Zeroizing::new([0; 32]);
    let expanded = Hkdf::<Sha256>::new(Some(SALT), &input).expand(&aead::associated_data(&[b"inward", ephemeral, seal_to]), &mut *bytes);
    #[expect(clippy::expect_used, reason = "HKDF fails only beyond 8160 bytes")]
    expanded.expect("HKDF fails only beyond 8160 bytes");
    Secret::take(&mut bytes)
}

fn number_bits(secret: &Secret, case: Uuid) -> u64 {
    let code = secret.hmac(&[b"number", case.as_bytes()]);
    code.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte)) >> 14
}

fn query_code(secret: &Secret, case: Uuid) -> String {
    let code = secret.hmac(&[b"query code", case.as_bytes()]);
    code_of_bits(&code)
}

#[cfg(test)]
mod tests;
