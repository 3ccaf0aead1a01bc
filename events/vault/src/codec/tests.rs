use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{MasterKey, OsEntropy, SeededEntropy};

const CASE: &str = "case-6f1c1f6e-0000-0000-0000-000000000001";
const EVENT: Uuid = Uuid::from_u128(0x11);
const WORDS: &str = "小区北门路灯坏了三天，晚上老人出门摔倒，请尽快派人来修。";

fn vault() -> Vault {
    Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(SeededEntropy::new(1)))
}

fn filed() -> Value {
    json!({
        "channel": "web",
        "class": "城市管理/路灯",
        "petitioner": {
            "name": {"§": "petitioner", "v": "王建国"},
            "phone": {"§": "petitioner", "v": "13800138000"},
        },
        "words": {"§": "petitioner", "v": WORDS.repeat(8)},
        "notes": [{"§": "office", "v": "已电话核实"}, {"§": "office", "v": null}],
    })
}

fn envelope(data: Vec<u8>, sealed: Vec<SealedBlob>) -> Envelope {
    Envelope {
        seq: 42,
        stream: CASE.into(),
        revision: 3,
        recorded_at: 0,
        id: EVENT,
        kind: "CaseFiled".into(),
        version: 1,
        occurred_at: 0,
        actor: "operator".into(),
        on_behalf: None,
        cause: None,
        rulebook: None,
        data,
        sealed,
    }
}

fn sealed(vault: &Vault, keyring: &mut Keyring, full: Value) -> Envelope {
    let (clear, blobs) = vault.seal(keyring, CASE, EVENT, "CaseFiled", full).unwrap();
    envelope(clear, blobs)
}

#[test]
fn given_an_event_with_private_values_when_sealed_then_the_clear_part_keeps_only_closed_markers() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let event = sealed(&vault, &mut keyring, filed());
    let clear: Value = serde_json::from_slice(&event.data).unwrap();
    assert_eq!(
        clear,
        json!({
            "channel": "web",
            "class": "城市管理/路灯",
            "petitioner": {"name": {"§": "petitioner", "i": 0}, "phone": {"§": "petitioner", "i": 1}},
            "words": {"§": "petitioner", "i": 2},
            "notes": [{"§": "office", "i": 0}, {"§": "office", "i": 1}],
        })
    );
    assert_eq!(event.sealed.len(), 2, "one blob per subject");
    let mut suites: Vec<_> = event.sealed.iter().map(|blob| (blob.subject.as_str(), blob.suite)).collect();
    suites.sort();
    assert_eq!(suites, [("office", PLAIN), ("petitioner", COMPRESSED)], "short text is not worth compressing");
    assert_eq!(keyring.take_new().len(), 2);
}

#[test]
fn given_a_sealed_event_when_opened_with_the_stored_keys_then_it_is_whole_again() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let event = sealed(&vault, &mut keyring, filed());
    let later = vault.keyring(CASE, keyring.take_new()).unwrap();
    assert_eq!(vault.open(&later, &event).unwrap(), filed());
}

#[test]
fn given_an_event_without_private_values_then_nothing_is_sealed_and_no_key_is_made() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let event = sealed(&vault, &mut keyring, json!({"unit": "A01"}));
    assert_eq!((event.data.as_slice(), event.sealed.as_slice()), (&b"{\"unit\":\"A01\"}"[..], &[][..]));
    assert_eq!(keyring.take_new(), []);
}

#[test]
fn given_the_petitioners_key_deleted_when_opened_then_the_petitioner_is_erased_and_the_office_is_not() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let event = sealed(&vault, &mut keyring, filed());
    let mut keys = keyring.take_new();
    keys.retain(|key| key.subject != "petitioner");
    let opened = vault.open(&vault.keyring(CASE, keys).unwrap(), &event).unwrap();
    assert_eq!(opened["words"], json!({"§": "petitioner", "x": true}));
    assert_eq!(opened["petitioner"]["phone"], json!({"§": "petitioner", "x": true}));
    assert_eq!(opened["notes"], filed()["notes"]);
}

#[test]
fn given_an_erased_petitioner_when_later_words_are_sealed_then_only_the_later_words_open() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let before = sealed(&vault, &mut keyring, filed());
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let after = sealed(&vault, &mut keyring, filed());
    let keyring = vault.keyring(CASE, keyring.take_new()).unwrap();
    assert_eq!(vault.open(&keyring, &before).unwrap()["words"], json!({"§": "petitioner", "x": true}));
    assert_eq!(vault.open(&keyring, &after).unwrap(), filed());
}

#[test]
fn given_an_opened_event_with_erased_values_when_sealed_again_then_they_stay_erased() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let erased = json!({"words": {"§": "petitioner", "x": true}, "note": {"§": "office", "v": "x"}});
    let event = sealed(&vault, &mut keyring, erased.clone());
    assert_eq!(vault.open(&keyring, &event).unwrap(), erased);
}

#[test]
fn given_a_closed_or_malformed_marker_when_sealed_then_it_is_refused() {
    let vault = vault();
    for bad in [
        json!({"§": "petitioner", "i": 0}),
        json!({"§": "petitioner"}),
        json!({"§": "", "v": 1}),
        json!({"§": 7, "v": 1}),
        json!({"§": "petitioner", "v": 1, "more": 2}),
        json!({"§": "petitioner", "x": false}),
        json!({"§": "petitioner", "v": {"§": "office", "i": 0}}),
    ] {
        let mut keyring = vault.keyring(CASE, vec![]).unwrap();
        let refused = vault.seal(&mut keyring, CASE, EVENT, "CaseFiled", json!([bad.clone()]));
        assert_eq!(refused, Err(VaultError::MalformedMarker { kind: "CaseFiled".into() }), "{bad}");
        assert_eq!(keyring.take_new(), [], "a refused event leaves no key behind");
    }
}

#[test]
fn given_private_values_beyond_the_limit_when_sealed_then_they_are_refused_with_their_size() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let full = json!({"words": {"§": "petitioner", "v": "长".repeat(MAX_SUBJECT_BYTES / 3 + 1)}});
    let refused = vault.seal(&mut keyring, CASE, EVENT, "CaseFiled", full).unwrap_err();
    assert!(matches!(refused, VaultError::TooLarge { bytes, .. } if bytes > MAX_SUBJECT_BYTES));
}

#[test]
fn given_a_private_value_inside_another_subjects_value_when_the_inner_is_erased_then_it_is_gone_there_too() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let note = |inner: Value| json!({"note": {"§": "office", "v": {"text": "来电人", "who": inner}}});
    let event = sealed(&vault, &mut keyring, note(json!({"§": "petitioner", "v": "王建国"})));
    assert_eq!(vault.open(&keyring, &event).unwrap(), note(json!({"§": "petitioner", "v": "王建国"})));
    let mut keys = keyring.take_new();
    keys.retain(|key| key.subject == "office");
    let keyring = vault.keyring(CASE, keys).unwrap();
    assert_eq!(vault.open(&keyring, &event).unwrap(), note(json!({"§": "petitioner", "x": true})));
}

#[test]
fn given_a_blob_moved_or_changed_when_opened_then_the_error_names_the_position() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let good = sealed(&vault, &mut keyring, json!({"words": {"§": "petitioner", "v": WORDS.repeat(8)}}));
    let mut bad = vec![(good.clone(), Damage::Authentication); 7];
    bad[0].0.id = Uuid::from_u128(0x12);
    bad[1].0.kind = "CaseAnswered".into();
    bad[2].0.sealed[0].subject = "office".into();
    bad[3].0.sealed[0].nonce[0] ^= 1;
    bad[4].0.sealed[0].ciphertext[9] ^= 1;
    bad[5].0.sealed[0].suite = PLAIN;
    bad[6].0.sealed[0].suite = 9;
    bad[6].1 = Damage::UnknownSuite(9);
    for (event, damage) in bad {
        let VaultError::Damaged { stream, revision, seq, subject, damage: found } = vault.open(&keyring, &event).unwrap_err() else {
            panic!("another error")
        };
        assert_eq!((stream.as_str(), revision, seq, found), (CASE, 3, 42, damage));
        assert_eq!(subject.as_ref(), Some(&event.sealed[0].subject));
    }
}

#[test]
fn given_a_blob_of_another_stream_when_opened_there_with_its_own_key_then_it_is_refused() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let event = sealed(&vault, &mut keyring, filed());
    let elsewhere = Envelope { stream: "case-other".into(), ..event };
    assert!(matches!(vault.open(&keyring, &elsewhere), Err(VaultError::WrongKeyring { .. })));
    keyring.rename_for_test("case-other");
    assert!(matches!(vault.open(&keyring, &elsewhere), Err(VaultError::Damaged { damage: Damage::Authentication, .. })));
}

#[test]
fn given_clear_json_that_does_not_fit_its_blobs_when_opened_then_the_damage_is_told() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let good = sealed(&vault, &mut keyring, json!({"a": {"§": "petitioner", "v": 1}, "b": {"§": "petitioner", "v": 2}}));
    for (clear, damage) in [
        ("{", Damage::ClearPart),
        (r#"{"a":{"§":"petitioner","i":2}}"#, Damage::MissingValue),
        (r#"{"a":{"§":"petitioner","i":0},"b":{"§":"petitioner","i":0}}"#, Damage::MissingValue),
        (r#"{"a":{"§":"petitioner","i":-1}}"#, Damage::Marker),
        (r#"{"a":{"§":"petitioner"}}"#, Damage::Marker),
        (r#"{"a":{"§":"office","i":0}}"#, Damage::MissingBlob),
    ] {
        let event = envelope(clear.into(), good.sealed.clone());
        let error = vault.open(&keyring, &event).unwrap_err();
        assert!(matches!(error, VaultError::Damaged { damage: found, seq: 42, .. } if found == damage), "{error:?}");
    }
}

#[test]
fn given_the_same_event_sealed_twice_then_no_nonce_and_no_ciphertext_repeats() {
    let vault = Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(OsEntropy));
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let (one, two) = (sealed(&vault, &mut keyring, filed()), sealed(&vault, &mut keyring, filed()));
    assert_ne!(one.sealed[0].nonce, two.sealed[0].nonce);
    assert_ne!(one.sealed[0].ciphertext, two.sealed[0].ciphertext);
    assert_eq!(one.sealed[0].key, two.sealed[0].key);
}

#[test]
fn no_error_text_and_no_debug_text_carries_a_private_value() {
    let vault = vault();
    let mut keyring = vault.keyring(CASE, vec![]).unwrap();
    let mut event = sealed(&vault, &mut keyring, filed());
    event.sealed[0].ciphertext[0] ^= 1;
    let error = vault.open(&keyring, &event).unwrap_err();
    for text in [format!("{error}"), format!("{error:?}"), format!("{keyring:?}"), format!("{event:?}")] {
        assert!(!text.contains("王建国") && !text.contains("路灯坏了"), "{text}");
    }
}

/// JSON as the domain makes it: no floats (its figures are exact), keys that are no markers, private values anywhere.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\u{4e00}-\u{9fa5}，。]{0,120}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner.clone(), 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
            (prop_oneof!["petitioner", "office", "account"], inner).prop_map(|(who, value)| json!({"§": who, "v": value})),
        ]
    })
}

/// Every text that stands under a private value.
fn private_texts(value: &Value, private: bool, into: &mut Vec<String>) {
    match value {
        Value::String(text) if private && text.len() >= 6 => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| private_texts(item, private, into)),
        Value::Object(map) => {
            let inside = private || map.contains_key("§");
            map.iter().filter(|(key, _)| *key != "§").for_each(|(_, item)| private_texts(item, inside, into));
        }
        _ => {}
    }
}

fn occurs(needle: &[u8], haystack: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn opening_what_was_sealed_gives_any_event_back(full in any_json(), seed: u64) {
        let vault = Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(SeededEntropy::new(seed)));
        let mut keyring = vault.keyring(CASE, vec![]).unwrap();
        let event = sealed(&vault, &mut keyring, full.clone());
        let keyring = vault.keyring(CASE, keyring.take_new()).unwrap();
        prop_assert_eq!(vault.open(&keyring, &event).unwrap(), full);
    }

    #[test]
    fn nothing_private_stands_in_what_is_stored(secret in "[\u{4e00}-\u{9fa5}]{4,200}", full in any_json()) {
        let vault = vault();
        let mut keyring = vault.keyring(CASE, vec![]).unwrap();
        let event = sealed(&vault, &mut keyring, json!({"all": {"§": "petitioner", "v": [secret.clone(), full.clone()]}}));
        let mut texts = vec![secret];
        private_texts(&full, true, &mut texts);
        for text in texts {
            prop_assert!(!occurs(text.as_bytes(), &event.data));
            for blob in &event.sealed {
                prop_assert!(!occurs(text.as_bytes(), &blob.ciphertext));
            }
        }
    }

    #[test]
    fn one_changed_bit_of_a_blob_never_opens(bit in 0usize..(300 * 8)) {
        let vault = vault();
        let mut keyring = vault.keyring(CASE, vec![]).unwrap();
        let mut event = sealed(&vault, &mut keyring, filed());
        let blob = event.sealed.iter_mut().find(|blob| blob.subject == "petitioner").unwrap();
        let bit = bit % (blob.ciphertext.len() * 8);
        blob.ciphertext[bit / 8] ^= 1 << (bit % 8);
        let refused = vault.open(&keyring, &event);
        let found = matches!(refused, Err(VaultError::Damaged { damage: Damage::Authentication, .. }));
        prop_assert!(found, "{:?}", refused);
    }
}
