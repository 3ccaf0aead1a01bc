//! Where keys and nonces come from.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// A source of random bytes, injected so that the simulation harness can repeat a run.
pub trait Entropy: Send + Sync {
    /// Fills `buffer` with bytes that nobody else can guess.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's generator: the only source outside tests and simulation.
#[derive(Debug, Default, Clone, Copy)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// # Panics
    /// When the kernel gives no randomness. Nothing may be sealed or signed then, so there is nothing to go on with.
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

/// The same bytes for the same seed and order of calls. For simulation and golden tests; it protects nothing.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    block: AtomicU64,
}

impl SeededEntropy {
    /// Starts the stream of bytes that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, block: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let block = self.block.fetch_add(1, Ordering::Relaxed);
            let bytes = Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(block.to_be_bytes()).finalize();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(entropy: &dyn Entropy) -> [u8; 48] {
        let mut bytes = [0; 48];
        entropy.fill(&mut bytes);
        bytes
    }

    #[test]
    fn the_same_seed_repeats_the_run_and_another_does_not() {
        let (one, same, other) = (SeededEntropy::new(7), SeededEntropy::new(7), SeededEntropy::new(8));
        let first = draw(&one);
        assert_eq!(first, draw(&same));
        assert_ne!(first, draw(&other));
        assert_ne!(first, draw(&one), "the stream must go on, not start again");
    }

    #[test]
    fn the_operating_system_never_gives_the_same_bytes_twice() {
        assert_ne!(draw(&OsEntropy), draw(&OsEntropy));
    }
}
