//! The keys of one owner: unwrapped to seal and open, wrapped to be stored.

use event_log::WrappedKey;
use zeroize::Zeroizing;

use crate::Vault;
use crate::aead::{self, associated_data};
use crate::entropy::Entropy;
use crate::error::VaultError;
use crate::secret::Secret;

/// The keys of one owner (a stream), for one load or one append.
///
/// A key made here becomes real only when the append that carries [`Keyring::take_new`] succeeds. After a conflict make
/// a new keyring from what the log holds then: another process may have made the subject's key first.
pub struct Keyring {
    owner: String,
    epoch: u32,
    epoch_key: Secret,
    keys: Vec<SubjectKey>,
    new: Vec<WrappedKey>,
}

/// One subject's key.
pub(crate) struct SubjectKey {
    pub(crate) id: [u8; 16],
    subject: String,
    pub(crate) secret: Secret,
}

impl Vault {
    /// The keyring of `owner` from the wrapped keys that the log holds for it.
    ///
    /// # Errors
    /// [`VaultError::KeyDamaged`] when one cannot be unwrapped; it is never taken for erased.
    pub fn keyring(&self, owner: &str, keys: Vec<WrappedKey>) -> Result<Keyring, VaultError> {
        let keys = keys
            .into_iter()
            .map(|key| {
                let secret = if key.epoch == self.epoch {
                    unwrap(&self.epoch_key, owner, &key)
                } else {
                    unwrap(&self.master.epoch_key(key.epoch), owner, &key)
                };
                match secret {
                    Some(secret) => Ok(SubjectKey { id: key.id, subject: key.subject, secret }),
                    None => Err(VaultError::KeyDamaged {
                        owner: owner.to_owned(),
                        subject: key.subject,
                        key: uuid::Uuid::from_bytes(key.id).simple().to_string(),
                    }),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Keyring { owner: owner.to_owned(), epoch: self.epoch, epoch_key: self.epoch_key.clone(), keys, new: Vec::new() })
    }

    /// The same subject key wrapped under this vault's master key and epoch, taken from the vault of the old master
    /// key. This is how a master key is changed without touching the log.
    ///
    /// # Errors
    /// [`VaultError::KeyDamaged`] when `old` cannot unwrap it.
    pub fn rewrap(&self, old: &Vault, key: WrappedKey) -> Result<WrappedKey, VaultError> {
        let owner = key.owner.clone();
        let ring = old.keyring(&owner, vec![key])?;
        let mut rewrapped = ring.keys.iter().map(|key| wrap(&self.epoch_key, self.epoch, &owner, key));
        #[expect(clippy::expect_used, reason = "a keyring of one key has one key")]
        Ok(rewrapped.next().expect("a keyring of one key has one key"))
    }
}

impl Keyring {
    /// Whose keys these are: a stream's name.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// True when the subject has a key now. It says nothing of keys that it once had.
    #[must_use]
    pub fn has(&self, subject: &str) -> bool {
        self.keys.iter().any(|key| key.subject == subject)
    }

    /// Sees to it that `subject` has a key: makes one when absent and remembers it as new. Returns the key's id.
    pub fn key_for(&mut self, subject: &str, entropy: &dyn Entropy) -> [u8; 16] {
        self.sealing_key(subject, entropy).id
    }

    /// The wrapped form of the keys made since the last call; they belong into the append of the event they sealed.
    #[must_use = "a key that is not stored with its event makes the event unreadable"]
    pub fn take_new(&mut self) -> Vec<WrappedKey> {
        std::mem::take(&mut self.new)
    }

    /// The key of `subject`, made when absent: after an erasure the words that come later get a key of their own.
    pub(crate) fn sealing_key(&mut self, subject: &str, entropy: &dyn Entropy) -> &SubjectKey {
        let at = match self.keys.iter().position(|key| key.subject == subject) {
            Some(at) => at,
            None => {
                let mut id = [0; 16];
                entropy.fill(&mut id);
                let mut bytes = Zeroizing::new([0; 32]);
                entropy.fill(&mut *bytes);
                let key = SubjectKey { id, subject: subject.to_owned(), secret: Secret::take(&mut bytes) };
                self.new.push(wrap(&self.epoch_key, self.epoch, &self.owner, &key));
                self.keys.push(key);
                self.keys.len() - 1
            }
        };
        &self.keys[at]
    }

    /// The same keys under another owner's name, to show that a blob is bound to its stream besides its key.
    #[cfg(test)]
    pub(crate) fn rename_for_test(&mut self, owner: &str) {
        owner.clone_into(&mut self.owner);
    }

    /// The key with this id; none when it was deleted: its subject was erased.
    pub(crate) fn opening_key(&self, id: &[u8; 16]) -> Option<&Secret> {
        self.keys.iter().find(|key| key.id == *id).map(|key| &key.secret)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("owner", &self.owner).field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

/// Binds a wrapped key to its owner, subject, id and epoch: no row of the keys table can stand in for another.
fn wrapping_data(owner: &str, subject: &str, id: &[u8; 16], epoch: u32) -> Vec<u8> {
    associated_data(&[b"key", owner.as_bytes(), subject.as_bytes(), id, &epoch.to_be_bytes()])
}

/// The nonce follows from the key's id: ids are random and an epoch key wraps each id's one key only, so no nonce meets
/// two different plaintexts, and a wrapped key is 24 bytes shorter in every case.
fn wrapping_nonce(id: &[u8; 16]) -> [u8; 24] {
    let mut nonce = [0; 24];
    nonce[..16].copy_from_slice(id);
    nonce
}

fn wrap(epoch_key: &Secret, epoch: u32, owner: &str, key: &SubjectKey) -> WrappedKey {
    let mut wrapped = Vec::with_capacity(32 + aead::TAG);
    wrapped.extend_from_slice(key.secret.bytes());
    let bound = wrapping_data(owner, &key.subject, &key.id, epoch);
    aead::seal(epoch_key, &wrapping_nonce(&key.id), &bound, &mut wrapped);
    WrappedKey { id: key.id, owner: owner.to_owned(), subject: key.subject.clone(), epoch, wrapped }
}

fn unwrap(epoch_key: &Secret, owner: &str, key: &WrappedKey) -> Option<Secret> {
    let mut bytes = Zeroizing::new(key.wrapped.clone());
    let bound = wrapping_data(owner, &key.subject, &key.id, key.epoch);
    if !aead::open(epoch_key, &wrapping_nonce(&key.id), &bound, &mut bytes) {
        return None;
    }
    let mut secret: Zeroizing<[u8; 32]> = Zeroizing::new(bytes.as_slice().try_into().ok()?);
    Some(Secret::take(&mut secret))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{MasterKey, SeededEntropy};

    const CASE: &str = "case-6f1c1f6e-0000-0000-0000-000000000001";

    fn vault(master: u8) -> Vault {
        Vault::new(MasterKey::from_bytes([master; 32]), Arc::new(SeededEntropy::new(1)))
    }

    #[test]
    fn given_a_stream_without_keys_when_a_subject_is_sealed_then_its_key_is_new_once() {
        let vault = vault(7);
        let mut ring = vault.keyring(CASE, vec![]).unwrap();
        let id = ring.key_for("petitioner", vault.entropy());
        assert_eq!(ring.key_for("petitioner", vault.entropy()), id);
        assert_ne!(ring.key_for("office", vault.entropy()), id);
        let new = ring.take_new();
        assert_eq!(new.iter().map(|key| key.subject.as_str()).collect::<Vec<_>>(), ["petitioner", "office"]);
        assert!(new.iter().all(|key| key.owner == CASE && key.epoch == crate::FIRST_EPOCH && key.wrapped.len() == 48));
        assert_eq!(ring.take_new(), []);
    }

    #[test]
    fn given_stored_keys_when_a_keyring_is_made_again_then_it_uses_them_and_makes_none() {
        let vault = vault(7);
        let mut first = vault.keyring(CASE, vec![]).unwrap();
        let id = first.key_for("petitioner", vault.entropy());
        let secret = *first.opening_key(&id).unwrap().bytes();
        let mut second = vault.keyring(CASE, first.take_new()).unwrap();
        assert_eq!(second.key_for("petitioner", vault.entropy()), id);
        assert_eq!(second.opening_key(&id).unwrap().bytes(), &secret);
        assert_eq!(second.take_new(), []);
    }

    #[test]
    fn given_a_wrapped_key_when_anything_about_it_is_changed_then_it_is_damaged_not_erased() {
        let vault = vault(7);
        let mut ring = vault.keyring(CASE, vec![]).unwrap();
        ring.key_for("petitioner", vault.entropy());
        let good = ring.take_new().remove(0);
        let mut bad = vec![good.clone(); 5];
        bad[0].subject = "office".into();
        bad[1].id[0] ^= 1;
        bad[2].epoch += 1;
        bad[3].wrapped[5] ^= 1;
        bad[4].wrapped.pop();
        for key in bad {
            let error = vault.keyring(CASE, vec![key]).unwrap_err();
            assert!(matches!(error, VaultError::KeyDamaged { .. }), "{error:?}");
        }
        assert!(vault.keyring("case-other", vec![good.clone()]).is_err());
        assert!(self::vault(8).keyring(CASE, vec![good.clone()]).is_err());
        assert!(vault.keyring(CASE, vec![good]).is_ok());
    }

    #[test]
    fn given_a_new_epoch_when_old_keys_are_read_then_they_still_unwrap_and_new_ones_carry_the_new_epoch() {
        let old = vault(7);
        let mut ring = old.keyring(CASE, vec![]).unwrap();
        let id = ring.key_for("petitioner", old.entropy());
        let new = vault(7).in_epoch(2);
        let mut ring = new.keyring(CASE, ring.take_new()).unwrap();
        assert!(ring.opening_key(&id).is_some());
        ring.key_for("office", new.entropy());
        assert_eq!(ring.take_new()[0].epoch, 2);
    }

    #[test]
    fn given_another_master_key_when_the_keys_are_rewrapped_then_the_same_secrets_open() {
        let (old, new) = (vault(7), vault(8));
        let mut ring = old.keyring(CASE, vec![]).unwrap();
        let id = ring.key_for("petitioner", old.entropy());
        let key = ring.take_new().remove(0);
        let moved = new.rewrap(&old, key).unwrap();
        let moved = new.keyring(CASE, vec![moved]).unwrap();
        assert_eq!(moved.opening_key(&id).unwrap().bytes(), ring.opening_key(&id).unwrap().bytes());
    }

    #[test]
    fn debug_of_a_keyring_prints_no_key() {
        let vault = vault(7);
        let mut ring = vault.keyring(CASE, vec![]).unwrap();
        ring.key_for("petitioner", vault.entropy());
        assert_eq!(format!("{ring:?}"), format!("Keyring {{ owner: {CASE:?}, keys: 1, .. }}"));
        assert_eq!(format!("{vault:?}"), "Vault { epoch: 1, .. }");
    }
}
