//! The Merkle tree of RFC 6962 over leaf hashes: frontier, roots, proofs. Pure; what is stored comes through [`Nodes`].
//!
//! Complete subtrees of 256 leaves, of 256² and so on are kept by the backends (*tiles*), so that any root and any
//! proof needs a few hundred look-ups at any size.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The head of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// Number of events.
    pub size: u64,
    /// Root of the tree over them; of the empty tree, SHA-256 of nothing.
    pub root: Hash,
    /// When the last event was recorded, µs UTC; 0 while there is none.
    pub recorded_at: i64,
}

/// Height of a tile: 2⁸ leaves.
pub(crate) const TILE_HEIGHT: u32 = 8;
/// Leaves of the smallest tile.
pub(crate) const TILE: u64 = 1 << TILE_HEIGHT;

/// SHA-256(0x00 ‖ bytes).
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0u8]);
    hasher.update(bytes);
    hasher.finalize().into()
}

/// SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1u8]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The root of the empty tree.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The inverse of [`hex`] for a hash.
pub(crate) fn unhex(text: &str) -> Option<Hash> {
    let bytes = text.as_bytes();
    if bytes.len() != 64 {
        return None;
    }
    let mut hash = [0u8; 32];
    for (byte, pair) in hash.iter_mut().zip(bytes.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

/// A completed tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// 1 for 256 leaves, 2 for 65,536 and so on.
    pub level: u8,
    /// Its 0-based place among the tiles of the level.
    pub index: u64,
    /// Root of its leaves.
    pub hash: Hash,
}

/// The roots of the complete subtrees that make up a tree, largest first: all that appending needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

impl Frontier {
    /// From stored parts; `None` when the number of hashes does not fit the size.
    #[must_use]
    pub fn from_parts(size: u64, bytes: &[u8]) -> Option<Self> {
        let (chunks, rest) = bytes.as_chunks::<32>();
        (rest.is_empty() && chunks.len() == size.count_ones() as usize).then(|| Self { size, hashes: chunks.to_vec() })
    }

    /// The hashes, one after the other.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.concat()
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; completed tiles are given to `tile`.
    pub fn push(&mut self, leaf: Hash, mut tile: impl FnMut(Tile)) {
        let index = self.size;
        let mut hash = leaf;
        let mut height = 0u32;
        while (index >> height) & 1 == 1 {
            let Some(left) = self.hashes.pop() else { break };
            hash = node_hash(&left, &hash);
            height += 1;
            if height.is_multiple_of(TILE_HEIGHT) {
                tile(Tile { level: u8::try_from(height / TILE_HEIGHT).unwrap_or(u8::MAX), index: index >> height, hash });
            }
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.hashes.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }
}

/// Where stored hashes come from.
pub trait Nodes {
    /// What a look-up may fail with.
    type Error;

    /// Level 0: the leaf at the 0-based `index`; level n: the tile of that level.
    ///
    /// # Errors
    /// When it is not stored or cannot be read.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Root of the leaves `first..end`, where `first` is a multiple of the smallest power of two not below the length.
fn range_root<N: Nodes>(nodes: &N, first: u64, end: u64) -> Result<Hash, N::Error> {
    let length = end - first;
    if length == 0 {
        return Ok(empty_root());
    }
    let height = length.trailing_zeros();
    if length.is_power_of_two() && height.is_multiple_of(TILE_HEIGHT) {
        return nodes.node(u8::try_from(height / TILE_HEIGHT).unwrap_or(u8::MAX), first >> height);
    }
    let middle = first + split(length);
    Ok(node_hash(&range_root(nodes, first, middle)?, &range_root(nodes, middle, end)?))
}

/// The largest power of two smaller than `length` (at least 2).
fn split(length: u64) -> u64 {
    1 << (u64::BITS - 1 - (length - 1).leading_zeros())
}

/// The root of the first `size` leaves.
///
/// # Errors
/// As the look-ups fail.
pub fn root_at<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    range_root(nodes, 0, size)
}

/// The audit path of the leaf at the 0-based `index` in the tree of `size` leaves (RFC 6962, 2.1.1); `index < size`.
///
/// # Errors
/// As the look-ups fail.
pub fn inclusion<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let (mut first, mut end) = (0, size);
    let mut path = Vec::new();
    while end - first > 1 {
        let middle = first + split(end - first);
        if index < middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, first, middle)?);
            first = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `old` leaves is a beginning of the tree of `new` leaves (RFC 6962, 2.1.2); `0 < old <= new`.
///
/// # Errors
/// As the look-ups fail.
pub fn consistency<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    let (mut first, mut end) = (0, new);
    let mut path = Vec::new();
    let mut whole = true;
    while old != end {
        let middle = first + split(end - first);
        if old <= middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, first, middle)?);
            first = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range_root(nodes, first, end)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether `path` proves that `leaf` stands at the 0-based `index` of the tree with this size and root (RFC 9162, 2.1.3.2).
#[must_use]
pub fn proves_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `path` proves that the old tree is a beginning of the new one (RFC 9162, 2.1.4.2).
#[must_use]
pub fn proves_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, path: &[Hash]) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    let mut steps = path.iter();
    let start = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(start) = start else { return false };
    let (mut place, mut last) = (old - 1, new - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (*start, *start);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            from_old = node_hash(step, &from_old);
            from_new = node_hash(step, &from_new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == *old_root && from_new == *new_root
}

#[cfg(test)]
mod tests;
