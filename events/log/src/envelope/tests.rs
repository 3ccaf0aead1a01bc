use proptest::prelude::*;

use super::*;
use crate::tree::hex;

// Both were computed by a program that was written from `ops/docs/envelope.md` alone. They are never edited.
const FULL: &str = "0100000006636173652d310000000000000002000102030405060708090a0b0c0d0e0f000000094361736546696c65640003ffffffffffffffff00064beb26c3600000000007e5b7a5e58fb737010000000b756e69742d31313030303001101112131415161718191a1b1c1d1e1f010000000967656e657269634033000000087b22c2a7223a317d000000020000000a7065746974696f6e657201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb00000005cccccccccc000000066f6666696365020101010101010101010101010101010102020202020202020202020202020202020202020202020200000000";
const FULL_LEAF: &str = "007e84b25c95492d72a625c56a41dad00c54baf7fbdf08dc57ca0b049d6b14bf";
const BARE: &str = "010000000173000000000000000000000000000000000000000000000000000000014b00000000000000000000000000000000000000000001610000000000000000000000";
const BARE_LEAF: &str = "b44911e96eb91e32cd14af155a9cf3bc7e0aafae332f0a7ac7d86c15855eaf09";

fn full() -> Envelope {
    NewEvent {
        id: Uuid::from_bytes(std::array::from_fn(|index| u8::try_from(index).unwrap())),
        kind: "CaseFiled".to_owned(),
        version: 3,
        occurred_at: -1,
        actor: "工号7".to_owned(),
        on_behalf: Some("unit-110000".to_owned()),
        cause: Some(Uuid::from_bytes(std::array::from_fn(|index| 16 + u8::try_from(index).unwrap()))),
        rulebook: Some("generic@3".to_owned()),
        data: "{\"§\":1}".as_bytes().to_vec(),
        sealed: vec![
            SealedBlob { subject: "petitioner".to_owned(), suite: 1, key: [0xaa; 16], nonce: [0xbb; 24], ciphertext: vec![0xcc; 5] },
            SealedBlob { subject: "office".to_owned(), suite: 2, key: [1; 16], nonce: [2; 24], ciphertext: Vec::new() },
        ],
    }
    .placed(77, "case-1".to_owned(), 2, 1_772_323_200_000_000)
}

fn bare() -> Envelope {
    NewEvent {
        id: Uuid::nil(),
        kind: "K".to_owned(),
        version: 0,
        occurred_at: 0,
        actor: "a".to_owned(),
        on_behalf: None,
        cause: None,
        rulebook: None,
        data: Vec::new(),
        sealed: Vec::new(),
    }
    .placed(1, "s".to_owned(), 0, 0)
}

#[test]
fn the_canonical_bytes_are_those_of_the_document() {
    assert_eq!((hex(&full().canonical()).as_str(), hex(&full().leaf()).as_str()), (FULL, FULL_LEAF));
    assert_eq!((hex(&bare().canonical()).as_str(), hex(&bare().leaf()).as_str()), (BARE, BARE_LEAF));
}

#[test]
fn the_place_in_the_log_is_not_hashed() {
    assert_eq!(Envelope { seq: 78, ..full() }.canonical(), full().canonical());
}

#[test]
fn every_field_changes_the_leaf() {
    let changes: [fn(&mut Envelope); 19] = [
        |event| event.stream.push('x'),
        |event| event.revision += 1,
        |event| event.recorded_at += 1,
        |event| event.id = Uuid::nil(),
        |event| event.kind.push('x'),
        |event| event.version += 1,
        |event| event.occurred_at += 1,
        |event| event.actor.push('x'),
        |event| event.on_behalf = None,
        |event| event.cause = None,
        |event| event.rulebook = None,
        |event| event.data.push(0),
        |event| event.sealed.truncate(1),
        |event| event.sealed.swap(0, 1),
        |event| event.sealed[0].subject.push('x'),
        |event| event.sealed[0].suite += 1,
        |event| event.sealed[0].key[15] += 1,
        |event| event.sealed[0].nonce[23] += 1,
        |event| event.sealed[0].ciphertext.push(0),
    ];
    let mut leaves = vec![full().leaf()];
    for change in changes {
        let mut event = full();
        change(&mut event);
        leaves.push(event.leaf());
    }
    let different: std::collections::HashSet<_> = leaves.iter().collect();
    assert_eq!(different.len(), leaves.len());
}

#[test]
fn an_event_has_the_same_leaf_before_and_after_it_is_placed() {
    let placed = full();
    let event = NewEvent {
        id: placed.id,
        kind: placed.kind.clone(),
        version: placed.version,
        occurred_at: placed.occurred_at,
        actor: placed.actor.clone(),
        on_behalf: placed.on_behalf.clone(),
        cause: placed.cause,
        rulebook: placed.rulebook.clone(),
        data: placed.data.clone(),
        sealed: placed.sealed.clone(),
    };
    assert_eq!(event.leaf(&placed.stream, placed.revision, placed.recorded_at, &mut Vec::new()), placed.leaf());
}

fn any_blob() -> impl Strategy<Value = SealedBlob> {
    ("[a-z]{1,60}", any::<u8>(), any::<[u8; 16]>(), any::<[u8; 24]>(), prop::collection::vec(any::<u8>(), 0..300))
        .prop_map(|(subject, suite, key, nonce, ciphertext)| SealedBlob { subject, suite, key, nonce, ciphertext })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sealed_parts_survive_their_column(sealed in prop::collection::vec(any_blob(), 1..4)) {
        let packed = pack_sealed(&sealed).unwrap();
        prop_assert_eq!(unpack_sealed(&packed), Some(sealed));
        prop_assert_eq!(unpack_sealed(&packed[..packed.len() - 1]), None);
    }

    #[test]
    fn noise_is_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(sealed) = unpack_sealed(&bytes) {
            prop_assert_eq!(pack_sealed(&sealed).unwrap_or_default(), bytes);
        }
    }
}
