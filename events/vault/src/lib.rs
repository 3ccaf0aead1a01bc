//! Keys, sealing and erasure.
//!
//! Every personal field and every free text of an event is sealed here before it reaches the log, one sealed blob per
//! subject and event, under a key that belongs to one (stream, subject) alone. Erasing a subject is deleting its key:
//! the log, its proofs and every count stay as they are, and the sealed words are gone for good (`domain.md` K3, K22).
//!
//! ```text
//! master key file ─HKDF─► epoch key ─unwraps─► subject key ─seals─► blob in the event
//!                 ├─HKDF─► token keys       cookies, drafts, CSRF
//!                 ├─HKDF─► query code key   the citizen's secret code
//!                 ├─HKDF─► phone lookup key blind index in the views
//!                 ├─HKDF─► signing key      published heads of the log, receipts (Ed25519)
//!                 └─HKDF─► zone keys        what goes between two zones
//! ```
//!
//! Nothing in this crate reads a clock, the environment or the log; randomness comes in through [`Entropy`].

mod aead;
mod codec;
mod compress;
mod entropy;
mod error;
mod keyring;
mod marker;
mod master;
mod note;
mod query_code;
mod secret;
mod token;
pub mod zones;

use std::sync::Arc;

pub use codec::MAX_SUBJECT_BYTES;
pub use entropy::{Entropy, OsEntropy, SeededEntropy};
pub use error::{Damage, VaultError};
pub use keyring::Keyring;
pub use master::{MasterKey, MasterKeyError};
pub use note::{Note, NoteError, VerifierKey};
pub use query_code::normalise_query_code;

use secret::Secret;

/// The epoch under which new subject keys are wrapped unless [`Vault::in_epoch`] says another.
pub const FIRST_EPOCH: u32 = 1;

/// Seals and opens private values, tokens and codes; one per process, shared by reference.
pub struct Vault {
    master: MasterKey,
    entropy: Arc<dyn Entropy>,
    epoch: u32,
    epoch_key: Secret,
    query_code_key: Secret,
    phone_lookup_key: Secret,
}

impl Vault {
    /// A vault over `master`, taking nonces and new keys from `entropy`, wrapping new keys in [`FIRST_EPOCH`].
    #[must_use]
    pub fn new(master: MasterKey, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            epoch: FIRST_EPOCH,
            epoch_key: master.epoch_key(FIRST_EPOCH),
            query_code_key: master.query_code_key(),
            phone_lookup_key: master.phone_lookup_key(),
            master,
            entropy,
        }
    }

    /// The same vault, wrapping new subject keys in `epoch`. Keys of every other epoch are still unwrapped.
    #[must_use]
    pub fn in_epoch(mut self, epoch: u32) -> Self {
        self.epoch = epoch;
        self.epoch_key = self.master.epoch_key(epoch);
        self
    }

    /// The epoch in which new subject keys are wrapped.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The source of randomness that the vault was made with.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
