use std::sync::Arc;

use super::*;
use crate::{MasterKey, OsEntropy};

const CASE: Uuid = Uuid::from_u128(0x6f1c_1f6e_0000_4000_8000_0000_0000_0001);

fn vault(master: u8) -> Vault {
    Vault::new(MasterKey::from_bytes([master; 32]), Arc::new(OsEntropy))
}

fn hashed(mut file: Vec<u8>) -> Vec<u8> {
    let covered = file.len() - HASH;
    let hash = Sha256::digest(&file[..covered]);
    file[covered..].copy_from_slice(&hash);
    file
}

#[test]
fn given_a_letter_when_it_is_sealed_outside_then_the_inner_zone_alone_opens_it() {
    let vault = vault(7);
    let outside = vault.outside_key(1);
    let file = outside.seal("路灯不亮".as_bytes(), &OsEntropy);
    assert_eq!(vault.open_letter(&file, 1).unwrap(), "路灯不亮".as_bytes());
    assert!(!file.windows(6).any(|window| window == "路灯".as_bytes()));
    assert_ne!(file, outside.seal("路灯不亮".as_bytes(), &OsEntropy), "every letter has a key of its own");
}

#[test]
fn given_a_letter_when_a_byte_is_changed_or_the_end_is_cut_then_it_is_damaged() {
    let vault = vault(7);
    let file = vault.outside_key(1).seal(b"words", &OsEntropy);
    for at in 5..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert_eq!(vault.open_letter(&changed, 1), Err(ZoneError::Damaged), "at {at}");
    }
    for cut in 5..file.len() {
        assert_eq!(vault.open_letter(&file[..cut], 1), Err(ZoneError::Damaged), "cut at {cut}");
    }
    assert_eq!(vault.open_letter(b"", 1), Err(ZoneError::Foreign));
    assert_eq!(vault.open_letter(b"PK..", 1), Err(ZoneError::Foreign));
}

#[test]
fn given_a_letter_of_somebody_else_when_it_is_opened_then_the_reason_is_named() {
    let vault = vault(7);
    let good = vault.outside_key(1).seal(b"words", &OsEntropy);
    // changed by somebody who mends the check sum
    let mut forged = good.clone();
    forged[HEAD + 40] ^= 1;
    assert_eq!(vault.open_letter(&hashed(forged), 1), Err(ZoneError::Forged));
    // sealed by somebody who knows the public key and not the secret
    let mut stranger = vault.outside_key(1);
    stranger.secret = self::vault(9).outside_key(1).secret;
    assert_eq!(vault.open_letter(&stranger.seal(b"words", &OsEntropy), 1), Err(ZoneError::Forged));
    // sealed with a key of order one, whose shared secret everybody knows
    let mut weak = good.clone();
    weak[HEAD..HEAD + 32].fill(0);
    assert_eq!(vault.open_letter(&hashed(weak), 1), Err(ZoneError::Forged));
    assert_eq!(self::vault(8).open_letter(&good, 1), Err(ZoneError::OtherInstallation));
    assert_eq!(vault.open_letter(&good, 2), Err(ZoneError::OldSecret(1)));
    let mut future = good;
    future[4] = FORMAT + 1;
    assert_eq!(vault.open_letter(&future, 1), Err(ZoneError::Future(FORMAT + 1)));
}

#[test]
fn given_a_parcel_when_the_inner_zone_signed_it_then_the_outside_takes_it_and_no_other() {
    let vault = vault(7);
    let outside = vault.outside_key(1);
    let file = vault.sign_parcel(b"figures", 1);
    assert_eq!(outside.open(&file), Ok(&b"figures"[..]));
    let mut changed = file.clone();
    changed[HEAD] ^= 1;
    assert_eq!(outside.open(&changed), Err(ZoneError::Damaged));
    assert_eq!(outside.open(&hashed(changed)), Err(ZoneError::Forged));
    for cut in 0..file.len() {
        assert!(outside.open(&file[..cut]).is_err(), "cut at {cut}");
    }
    assert_eq!(self::vault(8).outside_key(1).open(&file), Err(ZoneError::OtherInstallation));
    // The outside signs nothing: a letter is no parcel, and a parcel no letter.
    assert_eq!(outside.open(&outside.seal(b"figures", &OsEntropy)), Err(ZoneError::Foreign));
    assert_eq!(vault.open_letter(&file, 1), Err(ZoneError::Foreign));
}

#[test]
fn given_a_key_file_when_it_is_read_then_it_is_the_same_key_and_junk_is_refused() {
    let key = vault(7).outside_key(3);
    let read: OutsideKey = format!("{key}\n").parse().unwrap();
    assert_eq!(read.to_string(), key.to_string());
    assert_eq!((read.generation(), read.query_code(CASE)), (3, key.query_code(CASE)));
    assert_eq!(format!("{key:?}"), "OutsideKey { generation: 3, .. }");
    let text = key.to_string();
    for junk in ["", "abc", &text[..text.len() - 4], &text.replace("+3+", "+0+"), &text.replace("+3+", "+17+"), &format!("{text}AAAA")] {
        assert_eq!(junk.parse::<OutsideKey>().unwrap_err(), BadOutsideKey, "{junk}");
    }
}

#[test]
fn the_inner_zone_finds_the_code_of_a_case_by_its_number_whatever_the_generation() {
    let vault = vault(7);
    let codes: Vec<String> = (1..=GENERATIONS)
        .map(|generation| {
            let outside = vault.outside_key(generation);
            let bits = outside.number_bits(CASE);
            assert!(bits < 1 << 50);
            let code = outside.query_code(CASE);
            assert_eq!(vault.outside_query_code(CASE, |other| other == bits).as_deref(), Some(code.as_str()));
            code
        })
        .collect();
    assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(!codes.contains(&vault.query_code(CASE, 0)), "the outside must not learn the code of a case filed inside");
    assert_eq!(vault.outside_query_code(CASE, |_| false), None);
    assert!(same_query_code(&codes[0], &format!(" {} ", codes[0].to_lowercase())));
    assert!(!same_query_code(&codes[0], &codes[1]));
}

#[test]
fn what_a_citizen_may_see_opens_with_number_and_code_only() {
    let key = CaseKey::new("3K7Q29XDMA6", "7H2MQX9K4ZTRC8VN");
    let sealed = key.seal("答复".as_bytes(), &OsEntropy);
    let same = CaseKey::new("3K7Q29XDMA6", "7h2m-qx9k-4ztr-c8vn");
    assert_eq!((same.tag(), same.open(&sealed).as_deref()), (key.tag(), Some("答复".as_bytes())));
    for other in [CaseKey::new("3K7Q29XDMA6", "7H2MQX9K4ZTRC8VP"), CaseKey::new("3K7Q29XDMA5", "7H2MQX9K4ZTRC8VN")] {
        assert_ne!(other.tag(), key.tag());
        assert_eq!(other.open(&sealed), None);
    }
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(key.open(&changed), None);
        assert_eq!(key.open(&sealed[..at]), None);
    }
}
