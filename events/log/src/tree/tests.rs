use proptest::prelude::*;

use super::*;

/// The leaves of the test vectors of RFC 6962's reference implementation (certificate-transparency, `merkle_tree_test`).
const LEAVES: [&[u8]; 8] = [
    b"",
    &[0x00],
    &[0x10],
    &[0x20, 0x21],
    &[0x30, 0x31],
    &[0x40, 0x41, 0x42, 0x43],
    &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Leaves and tiles as a backend keeps them.
#[derive(Default)]
struct Kept {
    leaves: Vec<Hash>,
    tiles: std::collections::HashMap<(u8, u64), Hash>,
    frontier: Frontier,
}

impl Kept {
    fn of(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let mut kept = Self::default();
        for leaf in leaves {
            kept.leaves.push(leaf);
            let tiles = &mut kept.tiles;
            kept.frontier.push(leaf, |tile| assert!(tiles.insert((tile.level, tile.index), tile.hash).is_none()));
        }
        kept
    }
}

impl Nodes for Kept {
    type Error = (u8, u64);

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        let found = if level == 0 { self.leaves.get(usize::try_from(index).unwrap()) } else { self.tiles.get(&(level, index)) };
        found.copied().ok_or((level, index))
    }
}

/// MTH of RFC 6962, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

fn naive_split(length: usize) -> usize {
    let mut split = 1;
    while split * 2 < length {
        split *= 2;
    }
    split
}

/// PATH of RFC 6962.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let split = naive_split(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut path, other) = if index < split { (naive_path(index, left), right) } else { (naive_path(index - split, right), left) };
    path.push(naive_root(other));
    path
}

/// SUBPROOF of RFC 6962.
fn naive_consistency(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let split = naive_split(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut path, other) =
        if old <= split { (naive_consistency(old, left, whole), right) } else { (naive_consistency(old - split, right, false), left) };
    path.push(naive_root(other));
    path
}

fn numbered(count: u64) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

#[test]
fn the_published_roots_come_out() {
    for (size, root) in ROOTS.iter().enumerate() {
        let kept = Kept::of(LEAVES[..size].iter().map(|leaf| leaf_hash(leaf)));
        assert_eq!(hex(&kept.frontier.root()), *root, "{size}");
    }
}

#[test]
fn the_published_paths_come_out() {
    let kept = Kept::of(LEAVES.iter().map(|leaf| leaf_hash(leaf)));
    let path: Vec<String> = inclusion(&kept, 0, 8).unwrap().iter().map(|hash| hex(hash)).collect();
    assert_eq!(
        path,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    let path: Vec<String> = consistency(&kept, 6, 8).unwrap().iter().map(|hash| hex(hash)).collect();
    assert_eq!(
        path,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn tiles_of_two_levels_carry_roots_and_proofs() {
    const SIZE: u64 = 70_000;
    let kept = Kept::of(numbered(SIZE));
    assert_eq!((kept.tiles.len() as u64, kept.tiles.contains_key(&(2, 0))), (SIZE / 256 + 1, true));
    for size in [65_535, 65_536, 65_537, SIZE] {
        assert_eq!(root_at(&kept, size).unwrap(), naive_root(&kept.leaves[..usize::try_from(size).unwrap()]), "{size}");
    }
    let root = kept.frontier.root();
    for index in [0, 255, 256, 65_535, 65_536, SIZE - 1] {
        let path = inclusion(&kept, index, SIZE).unwrap();
        assert!(proves_inclusion(&kept.leaves[usize::try_from(index).unwrap()], index, SIZE, &path, &root), "{index}");
    }
}

#[test]
fn a_frontier_is_kept_as_bytes_and_refuses_others() {
    let kept = Kept::of(numbered(300));
    let bytes = kept.frontier.to_bytes();
    assert_eq!(Frontier::from_parts(300, &bytes), Some(kept.frontier));
    assert_eq!(Frontier::from_parts(301, &bytes), None);
    assert_eq!(Frontier::from_parts(300, &bytes[1..]), None);
    assert_eq!(Frontier::from_parts(0, &[]), Some(Frontier::default()));
}

#[test]
fn hexadecimal_goes_both_ways() {
    let hash = leaf_hash(b"x");
    assert_eq!(unhex(&hex(&hash)), Some(hash));
    for wrong in ["", "00", &"g".repeat(64), &"0".repeat(63), &"号".repeat(22)] {
        assert_eq!(unhex(wrong), None, "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn roots_and_proofs_agree_with_the_definition(size in 1u64..1200, picks in any::<(prop::sample::Index, prop::sample::Index, prop::sample::Index)>()) {
        let kept = Kept::of(numbered(size));
        let part = picks.0.index(usize::try_from(size).unwrap()) + 1;
        let index = picks.1.index(part);
        let old = picks.2.index(part) + 1;
        let leaves = &kept.leaves[..part];
        let (part, root) = (part as u64, naive_root(leaves));

        prop_assert_eq!(kept.frontier.root(), naive_root(&kept.leaves));
        prop_assert_eq!(root_at(&kept, part).unwrap(), root);
        let path = inclusion(&kept, index as u64, part).unwrap();
        prop_assert_eq!(&path, &naive_path(index, leaves));
        prop_assert!(proves_inclusion(&leaves[index], index as u64, part, &path, &root));
        prop_assert!(!proves_inclusion(&leaf_hash(b"other"), index as u64, part, &path, &root));
        prop_assert!(!proves_inclusion(&leaves[index], part, part, &path, &root));

        let path = consistency(&kept, old as u64, part).unwrap();
        prop_assert_eq!(&path, &naive_consistency(old, leaves, true));
        let old_root = naive_root(&leaves[..old]);
        prop_assert!(proves_consistency(old as u64, &old_root, part, &root, &path));
        prop_assert!(!proves_consistency(old as u64, &leaf_hash(b"other"), part, &root, &path));
        prop_assert!(!proves_consistency(old as u64, &old_root, part, &leaf_hash(b"other"), &path));
    }
}
