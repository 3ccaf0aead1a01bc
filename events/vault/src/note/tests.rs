use std::sync::Arc;

use super::*;
use crate::{MasterKey, SeededEntropy};

const NAME: &str = "xiaoneng/test";
const TEXT: &str = "xiaoneng/test\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
/// Computed with Python from RFC 5869, RFC 8032 and c2sp.org/signed-note, not with this code.
const PUBLIC: &str = "613c059638372a9612d0a23f411ac8779a9f31f6f6663101366c154e4c98a3d6";
const VKEY: &str = "xiaoneng/test+3f0566f2+AWE8BZY4NyqWEtCiP0EayHeanzH29mYxATZsFU5MmKPW";
const SIGNED: &str = "— xiaoneng/test PwVm8oSIhmHltzxmIgqaTlZGDaDcrOX11VyzT57HNzhsivW43RcUMordxC5C50wz9bW3P8x3UdFPJZgrafM9B0rITgk=\n";

fn vault(master: u8) -> Vault {
    Vault::new(MasterKey::from_bytes([master; 32]), Arc::new(SeededEntropy::new(1)))
}

#[test]
fn the_key_and_the_signature_of_a_given_master_key_never_change() {
    let vault = vault(7);
    let key = vault.verifier_key(NAME).unwrap();
    assert_eq!((key.to_string().as_str(), key.id()), (VKEY, 0x3f05_66f2));
    assert_eq!(vault.sign_note(NAME, TEXT).unwrap().to_string(), format!("{TEXT}\n{SIGNED}"));
}

#[test]
fn a_key_is_read_in_both_ways_of_writing_it_and_in_no_other() {
    let key: VerifierKey = VKEY.parse().unwrap();
    assert_eq!(VerifierKey::from_hex(NAME, PUBLIC).unwrap(), key);
    assert_eq!(VerifierKey::from_hex(NAME, &PUBLIC.to_uppercase()).unwrap(), key);
    let wrong = [
        "",
        "xiaoneng/test",
        &VKEY.replace("3f0566f2", "3f0566f3"),
        &VKEY.replace("/test", "/other"),
        &VKEY.replace("+AWE", "+AmE"),
        &VKEY.replace("MmKPW", "MmKP"),
        &format!("a b{VKEY}"),
    ];
    for wrong in wrong {
        assert_eq!(wrong.parse::<VerifierKey>(), Err(NoteError::Key), "{wrong}");
    }
    // The neutral point: every signature of a certain form would fit it.
    let neutral = format!("01{}", "00".repeat(31));
    for wrong in ["", &PUBLIC[1..], &PUBLIC.replace('6', "x"), &neutral] {
        assert_eq!(VerifierKey::from_hex(NAME, wrong), Err(NoteError::Key), "{wrong}");
    }
}

#[test]
fn a_note_is_good_under_its_key_alone_and_whatever_is_changed_is_noticed() {
    let vault = vault(7);
    let (key, text) = (vault.verifier_key(NAME).unwrap(), vault.sign_note(NAME, TEXT).unwrap().to_string());
    let note = Note::parse(&text).unwrap();
    assert_eq!((note.text(), note.verify(&key)), (TEXT, Ok(())));
    let other = self::vault(8).verifier_key(NAME).unwrap();
    assert_eq!(note.verify(&other), Err(NoteError::Unsigned { wanted: other.id(), have: vec![key.id()] }));
    assert_eq!(note.verify_any(&[other.clone(), key.clone()]), Ok(&key));
    assert!(note.verify_any(&[other]).is_err() && note.verify_any(&[]).is_err());
    for (from, to) in [("\n0\n", "\n1\n"), ("47DE", "47DF"), ("8oSI", "8oSJ"), ("B0rI", "B0rJ")] {
        let forged = Note::parse(&text.replacen(from, to, 1)).unwrap();
        assert_eq!(forged.verify(&key), Err(NoteError::Forged { key: key.id() }), "{from} -> {to}");
    }
}

#[test]
fn a_note_survives_copying_and_other_signatures_beside_ours() {
    let vault = vault(7);
    let (key, note) = (vault.verifier_key(NAME).unwrap(), vault.sign_note(NAME, TEXT).unwrap());
    let copied = format!("\u{feff}\n\n{}\r\n \r\n", note.to_string().replace('\n', "  \r\n"));
    assert_eq!(Note::parse(&copied).unwrap(), note);
    let witnessed = format!("{note}— witness.example AAAAAQID\n");
    assert_eq!(Note::parse(&witnessed).unwrap().verify(&key), Ok(()));
    assert_eq!(Note::parse(&witnessed).unwrap().to_string(), witnessed);
}

#[test]
fn what_is_no_note_is_told() {
    let long = format!("{}\n\n{SIGNED}", "x".repeat(LONGEST));
    for wrong in ["", "\n\n", TEXT, SIGNED, &format!("\n\n{SIGNED}"), &format!("{TEXT}\n{SIGNED}x\n"), &format!("{TEXT}\n- a b\n"), &long] {
        assert_eq!(Note::parse(wrong), Err(NoteError::Shape), "{}", &wrong[..wrong.len().min(80)]);
    }
}

#[test]
fn what_could_not_be_read_back_is_not_signed() {
    for wrong in ["", "a", "a\n\nb\n", "a \n", "a\tb\n", "a\r\n", "\n"] {
        assert_eq!(vault(7).sign_note(NAME, wrong), Err(NoteError::Text), "{wrong:?}");
    }
    assert_eq!(vault(7).sign_note("a b", TEXT), Err(NoteError::Key));
}
