//! Chance from a seed (SplitMix64), so that a failed run can be repeated.

/// The state.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// Evenly in 0..n, 0 when n is 0.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n.max(1)
    }
}
