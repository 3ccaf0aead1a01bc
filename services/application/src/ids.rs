//! Ids: the only place that makes them. Everything that can be derived is derived (UUIDv5), see `domain::ids`.

use std::sync::Arc;

use domain::codes;
use uuid::Uuid;
use vault::Entropy;

/// Makes ids and public numbers.
pub trait Ids: Send + Sync + 'static {
    /// A new id.
    fn uuid(&self) -> Uuid;
    /// A new public number: 10 random Crockford characters and a check character.
    fn number(&self) -> String;
}

/// Ids from a source of random bytes: the operating system's in service, a seeded one in simulation.
pub struct RandomIds(Arc<dyn Entropy>);

impl RandomIds {
    /// Ids from this source.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self(entropy)
    }
}

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.0.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    fn number(&self) -> String {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        codes::public_number(u64::from_le_bytes(bytes) & ((1 << 50) - 1))
    }
}
