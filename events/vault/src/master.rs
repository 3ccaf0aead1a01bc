//! The master key file and the keys that follow from it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entropy::{Entropy, OsEntropy};
use crate::secret::Secret;

/// Part of every derivation, so that the same 32 bytes used by another program give other keys.
const SALT: &[u8] = b"xiaoneng/vault/1";
/// 64 hexadecimal digits and the line end of a text file.
const LONGEST_FILE: u64 = 64 + 2;

/// Why a master key file was not made or not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// A file stands there already; it is never overwritten, since all sealed words would be lost with it.
    #[error("主密钥文件已存在，为防止已加密内容无法解开，不予覆盖")]
    Exists,
    /// There is no such file.
    #[error("找不到主密钥文件，请检查配置的路径，或从托管副本恢复")]
    Missing,
    /// Others than its owner may open the file.
    #[error("主密钥文件权限为 {mode:04o}，过于宽松，请执行 chmod 600 后重试")]
    Mode {
        /// The permission bits found.
        mode: u32,
    },
    /// The path leads to something that is no ordinary file.
    #[error("主密钥路径不是普通文件")]
    NotAFile,
    /// The content is not 32 bytes in hexadecimal.
    #[error("主密钥文件内容应为 64 位十六进制数字，实际不符，请从托管副本恢复")]
    Content,
    /// The operating system refused.
    #[error("主密钥文件无法读写：{0}")]
    Io(io::ErrorKind),
}

impl From<io::Error> for MasterKeyError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::AlreadyExists => Self::Exists,
            kind => Self::Io(kind),
        }
    }
}

/// The one secret from which all others follow; wiped from memory when dropped.
#[derive(Debug, Clone)]
pub struct MasterKey(Secret);

impl MasterKey {
    /// A key from given bytes, for tests and simulation; the caller's copy stays the caller's.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut bytes = bytes;
        Self(Secret::take(&mut bytes))
    }

    /// Makes a new key file at `path`, mode 0600, durable when this returns.
    ///
    /// # Errors
    /// [`MasterKeyError::Exists`] when a file stands there; [`MasterKeyError::Missing`] when the folder does not.
    pub fn create(path: &Path) -> Result<Self, MasterKeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        OsEntropy.fill(&mut *bytes);
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in *bytes {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
            }
        }
        text.push('\n');
        // Written aside and linked, so that a crash leaves no half key and an existing key is never touched.
        let mut aside = path.as_os_str().to_owned();
        aside.push(format!(".{}.new", std::process::id()));
        let aside = Path::new(&aside);
        let written = write_aside(aside, text.as_bytes()).and_then(|()| fs::hard_link(aside, path));
        let removed = fs::remove_file(aside);
        written?;
        removed?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok(Self(Secret::take(&mut bytes)))
    }

    /// Reads the key file at `path`, which only its owner may open (mode 0600 or 0400).
    ///
    /// # Errors
    /// One of [`MasterKeyError`] but `Exists`.
    pub fn load(path: &Path) -> Result<Self, MasterKeyError> {
        Self::read(path, 0o077)
    }

    /// Reads the key from a systemd credential. systemd shows the service's right to read through an access list as
    /// group-readable (0440), which [`MasterKey::load`] refuses.
    ///
    /// # Errors
    /// One of [`MasterKeyError`] but `Exists`.
    pub fn load_credential(path: &Path) -> Result<Self, MasterKeyError> {
        Self::read(path, 0o037)
    }

    fn read(path: &Path, forbidden: u32) -> Result<Self, MasterKeyError> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(MasterKeyError::NotAFile);
        }
        let mode = about.permissions().mode() & 0o7777;
        if mode & forbidden != 0 {
            return Err(MasterKeyError::Mode { mode });
        }
        let mut text = Zeroizing::new(Vec::with_capacity(80));
        file.take(LONGEST_FILE + 1).read_to_end(&mut text)?;
        let digits = text.trim_ascii_end();
        if text.len() as u64 > LONGEST_FILE || digits.len() != 64 {
            return Err(MasterKeyError::Content);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (hex_digit(pair[0])?, hex_digit(pair[1])?);
            *byte = high << 4 | low;
        }
        Ok(Self(Secret::take(&mut bytes)))
    }

    pub(crate) fn epoch_key(&self, epoch: u32) -> Secret {
        self.derive(&[b"epoch", &epoch.to_be_bytes()])
    }

    pub(crate) fn token_key(&self, purpose: &str) -> Secret {
        self.derive(&[b"token", purpose.as_bytes()])
    }

    pub(crate) fn mac_key(&self, purpose: &str) -> Secret {
        self.derive(&[b"mac", purpose.as_bytes()])
    }

    pub(crate) fn query_code_key(&self) -> Secret {
        self.derive(&[b"query code"])
    }

    pub(crate) fn phone_lookup_key(&self) -> Secret {
        self.derive(&[b"phone lookup"])
    }

    pub(crate) fn signing_key(&self) -> Secret {
        self.derive(&[b"head signing"])
    }

    pub(crate) fn inward_key(&self) -> Secret {
        self.derive(&[b"zones", b"inward"])
    }

    pub(crate) fn outward_key(&self) -> Secret {
        self.derive(&[b"zones", b"outward"])
    }

    pub(crate) fn outside_secret(&self, generation: u32) -> Secret {
        self.derive(&[b"zones", b"outside", &generation.to_be_bytes()])
    }

    /// HKDF-SHA256; the purpose is the length-prefixed list `info`.
    fn derive(&self, info: &[&[u8]]) -> Secret {
        let mut bytes = Zeroizing::new([0; 32]);
        let derived = Hkdf::<Sha256>::new(Some(SALT), self.0.bytes()).expand(&crate::aead::associated_data(info), &mut *bytes);
        #[expect(clippy::expect_used, reason = "HKDF fails only beyond 8160 bytes")]
        derived.expect("HKDF fails only beyond 8160 bytes");
        Secret::take(&mut bytes)
    }
}

fn write_aside(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn hex_digit(digit: u8) -> Result<u8, MasterKeyError> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(MasterKeyError::Content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with(content: &[u8], mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_created_key_is_readable_by_its_owner_alone_and_loads_as_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let made = MasterKey::create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(MasterKey::load(&path).unwrap().0.bytes(), made.0.bytes());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing may be left beside the key");
    }

    #[test]
    fn an_existing_key_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKey::create(&path).unwrap();
        let before = fs::read(&path).unwrap();
        assert_eq!(MasterKey::create(&path).unwrap_err(), MasterKeyError::Exists);
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let digits = "ab".repeat(32);
        for mode in [0o640, 0o604, 0o660, 0o777, 0o610] {
            let (_folder, path) = file_with(digits.as_bytes(), mode);
            assert_eq!(MasterKey::load(&path).unwrap_err(), MasterKeyError::Mode { mode });
        }
        for mode in [0o600, 0o400] {
            let (_folder, path) = file_with(digits.as_bytes(), mode);
            assert_eq!(MasterKey::load(&path).unwrap().0.bytes(), &[0xab; 32]);
        }
    }

    #[test]
    fn a_systemd_credential_may_be_group_readable_but_not_more() {
        let (_folder, path) = file_with("ab".repeat(32).as_bytes(), 0o440);
        assert_eq!(MasterKey::load_credential(&path).unwrap().0.bytes(), &[0xab; 32]);
        let (_folder, path) = file_with("ab".repeat(32).as_bytes(), 0o444);
        assert_eq!(MasterKey::load_credential(&path).unwrap_err(), MasterKeyError::Mode { mode: 0o444 });
    }

    #[test]
    fn a_key_of_the_wrong_length_or_alphabet_is_refused() {
        let whole = "ab".repeat(32);
        for content in ["", "ab", &whole[..63], &format!("{whole}a"), &format!("{whole}\n\n\n"), &"xy".repeat(32)] {
            let (_folder, path) = file_with(content.as_bytes(), 0o600);
            assert_eq!(MasterKey::load(&path).unwrap_err(), MasterKeyError::Content, "{content:?}");
        }
        let (_folder, path) = file_with(format!("{}\r\n", whole.to_uppercase()).as_bytes(), 0o600);
        assert_eq!(MasterKey::load(&path).unwrap().0.bytes(), &[0xab; 32]);
    }

    #[test]
    fn a_missing_file_and_a_folder_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(MasterKey::load(&folder.path().join("none")).unwrap_err(), MasterKeyError::Missing);
        assert_eq!(MasterKey::load(folder.path()).unwrap_err(), MasterKeyError::NotAFile);
    }

    #[test]
    fn every_purpose_has_its_own_key() {
        let master = MasterKey::from_bytes([7; 32]);
        let keys = [
            master.epoch_key(1),
            master.epoch_key(2),
            master.token_key("session"),
            master.token_key("draft"),
            master.mac_key("session"),
            master.query_code_key(),
            master.phone_lookup_key(),
            master.signing_key(),
            master.inward_key(),
            master.outward_key(),
            master.outside_secret(1),
            master.outside_secret(2),
        ];
        let distinct: std::collections::HashSet<_> = keys.iter().map(|key| *key.bytes()).collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn debug_prints_nothing_of_a_key() {
        assert_eq!(format!("{:?}", MasterKey::from_bytes([7; 32])), "MasterKey(Secret(…))");
    }
}
