//! Numbers that look like chance and follow from a seed (splitmix64), so that a run can be repeated.

/// A generator.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator of some words (FNV-1a).
    pub fn of(words: &[&str]) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in words.iter().flat_map(|word| word.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self(hash)
    }

    /// The generator of the n-th thing of a seed.
    pub fn nth(seed: u64, n: u64) -> Self {
        let mut first = Self(seed ^ n.wrapping_mul(0xd1b5_4a32_d192_ed03));
        Self(first.bits())
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `0..1`.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True this often.
    pub fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// In `0..n`; 0 for an empty range.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.bits() % n as u64) as usize }
    }

    /// In `from..=to`.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        from + (self.bits() % (to - from + 1).max(1) as u64) as i64
    }

    /// One of them.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// One of these words.
    ///
    /// # Panics
    /// When there is none.
    pub fn word<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// One of them by weight; the last when all weigh nothing.
    ///
    /// # Panics
    /// When there is none.
    pub fn weighted<'a, T>(&mut self, all: &'a [T], weight: impl Fn(&T) -> u32) -> &'a T {
        let sum: u64 = all.iter().map(|one| u64::from(weight(one))).sum();
        let mut at = self.bits() % sum.max(1);
        for one in all {
            let weight = u64::from(weight(one));
            if at < weight {
                return one;
            }
            at -= weight;
        }
        &all[all.len() - 1]
    }

    /// A waiting time with this mean, never more than eight times as long.
    pub fn wait(&mut self, mean: f64) -> f64 {
        (-(1.0 - self.share()).ln()).min(8.0) * mean
    }
}
