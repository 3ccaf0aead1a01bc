use std::sync::Arc;

use domain::time::from_micros;
use vault::{MasterKey, SeededEntropy, Vault};

use super::*;

const ORIGIN: &str = "xiaoneng/5d41402abc4b2a76";

fn vault(master: u8) -> Vault {
    Vault::new(MasterKey::from_bytes([master; 32]), Arc::new(SeededEntropy::new(1)))
}

fn key(master: u8) -> VerifierKey {
    vault(master).verifier_key(ORIGIN).unwrap()
}

fn leaf(n: u8) -> Hash {
    tree::leaf_hash(&[n])
}

/// The second of three events, signed and proved by these master keys.
fn issued(promise: u8, head: u8, change: impl Fn(&mut Receipt), change_head: impl Fn(&mut Head)) -> String {
    let mut receipt = Receipt {
        origin: ORIGIN.to_owned(),
        number: "3K7Q-29XD-MA6".to_owned(),
        event: Uuid::from_u128(9),
        seq: 2,
        leaf: leaf(2),
        recorded_at: from_micros(1_777_533_600_123_456),
        due: Some(from_micros(1_778_515_200_000_000)),
        head: "2026-04-30".parse().unwrap(),
        key: key(promise),
        head_key: (promise != head).then(|| key(head)),
    };
    change(&mut receipt);
    let root = tree::node_hash(&tree::node_hash(&leaf(1), &leaf(2)), &leaf(3));
    let mut said = Head { origin: ORIGIN.to_owned(), size: 3, root, recorded_at: receipt.recorded_at, day: Some(receipt.head) };
    change_head(&mut said);
    let promise = vault(promise).sign_note(ORIGIN, &receipt.text()).unwrap();
    let head = vault(head).sign_note(ORIGIN, &said.text()).unwrap();
    format!("{promise}\n{}", Proof { index: 1, path: vec![leaf(1), leaf(3)], head })
}

fn good() -> String {
    issued(7, 7, |_| {}, |_| {})
}

fn checked(text: &str, trusted: &[VerifierKey]) -> Result<Proven, ReceiptFault> {
    ReceiptFile::parse(text)?.check(trusted)
}

#[test]
fn a_receipt_with_its_proof_reads_as_specified() {
    let expected = "xiaoneng-receipt/v1\n\
        origin xiaoneng/5d41402abc4b2a76\n\
        number 3K7Q-29XD-MA6\n\
        event 00000000-0000-0000-0000-000000000009\n\
        position 2\n\
        leaf /6Ad8Uw/VNo5XSBL89QZyyafgo4v4wJu5HxfYSZ/5yQ=\n\
        recorded 2026-04-30T15:20:00.123456+08:00\n\
        due 2026-05-12T00:00:00.000000+08:00\n\
        head 2026-04-30\n\
        key ";
    let text = good();
    let leaf_line = format!("leaf {}", STANDARD.encode(leaf(2)));
    let expected: Vec<&str> = expected.lines().map(|line| if line.starts_with("leaf ") { leaf_line.as_str() } else { line }).collect();
    assert!(text.starts_with(&expected.join("\n")), "{text}");
    assert!(text.contains("\n\nc2sp.org/tlog-proof@v1\nindex 1\n"), "{text}");
    let read = ReceiptFile::parse(&text).unwrap();
    assert_eq!((Receipt::parse(&read.receipt.text()), read.receipt.seq), (Some(read.receipt.clone()), 2));
    let without = Receipt { due: None, ..read.receipt };
    assert_eq!(Receipt::parse(&without.text()), Some(without));
}

#[test]
fn a_good_receipt_proves_what_it_says_under_the_key_that_is_trusted() {
    let proven = checked(&good(), &[key(7)]).unwrap();
    assert_eq!((proven.key, proven.head.map(|head| head.size)), (key(7), Some(3)));
    // without a key of one's own, under the one it names
    assert_eq!(checked(&good(), &[]).unwrap().key, key(7));
    // before a head covers it, the promise alone
    let promise = good().split(PROOF).next().unwrap().to_owned();
    assert_eq!(checked(&promise, &[key(7)]).unwrap().head, None);
    // after the master key was changed, the new key vouches for the old one
    assert!(checked(&issued(8, 7, |_| {}, |_| {}), &[key(8)]).unwrap().head.is_some());
    // and copying harms nothing
    assert!(checked(&format!("\u{feff}{}", good().replace('\n', " \r\n")), &[key(7)]).unwrap().head.is_some());
}

#[test]
fn a_key_that_did_not_sign_is_refused() {
    let refused = checked(&good(), &[key(8)]).unwrap_err();
    assert_eq!(refused, ReceiptFault::Promise(NoteError::Unsigned { wanted: key(8).id(), have: vec![key(7).id()] }));
    // a head of a key that nobody vouched for
    let stranger = issued(7, 8, |receipt| receipt.head_key = None, |_| {});
    assert!(matches!(checked(&stranger, &[key(7)]), Err(ReceiptFault::Head(NoteError::Unsigned { .. }))));
    // a receipt in the name of a log whose key it is not
    let usurped = issued(7, 7, |receipt| receipt.origin = "xiaoneng/other".to_owned(), |_| {});
    assert!(matches!(checked(&usurped, &[]), Err(ReceiptFault::Signer { .. })));
}

#[test]
fn whatever_is_changed_in_a_receipt_is_noticed() {
    let good = good();
    let lines: Vec<&str> = good.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        // one character of every line, but the last of a Base64 group, whose unused bits mean nothing
        let middle = line.char_indices().map(|(at, _)| at).nth(line.chars().count() / 2).unwrap();
        let other = if line[middle..].starts_with('4') { "5" } else { "4" };
        let mut forged = lines.clone();
        let changed = format!("{}{other}{}", &line[..middle], &line[middle + line[middle..].chars().next().unwrap().len_utf8()..]);
        forged[at] = &changed;
        assert!(checked(&forged.join("\n"), &[key(7)]).is_err(), "{line} -> {changed}");
        forged.remove(at);
        // without the head of the proof it is no proof; without any line of it neither
        assert!(checked(&forged.join("\n"), &[key(7)]).is_err(), "without {line}");
    }
}

#[test]
fn a_proof_of_another_place_head_or_log_is_refused_whoever_signed_it() {
    type Change = (fn(&mut Receipt), fn(&mut Head), ReceiptFault);
    let cases: [Change; 4] = [
        (|receipt| receipt.seq = 3, |_| {}, ReceiptFault::Place { proof: 2, receipt: 3 }),
        (|_| {}, |head| head.size = 1, ReceiptFault::Short { size: 1, seq: 2 }),
        (|receipt| receipt.leaf = [0; 32], |_| {}, ReceiptFault::Path),
        (|_| {}, |head| head.root = [0; 32], ReceiptFault::Path),
    ];
    for (change, change_head, fault) in cases {
        assert_eq!(checked(&issued(7, 7, change, change_head), &[key(7)]), Err(fault));
    }
    let other = issued(7, 7, |_| {}, |head| head.origin = "xiaoneng/other".to_owned());
    assert!(matches!(checked(&other, &[key(7)]), Err(ReceiptFault::Origin { .. })));
}

#[test]
fn what_is_no_receipt_is_told() {
    assert_eq!(checked("", &[]), Err(ReceiptFault::Promise(NoteError::Shape)));
    assert_eq!(checked("工单编号 3K7Q-29XD-MA6", &[]), Err(ReceiptFault::Promise(NoteError::Shape)));
    let head = vault(7).sign_note(ORIGIN, "xiaoneng/5d41402abc4b2a76\n3\n").unwrap().to_string();
    assert_eq!(checked(&head, &[]), Err(ReceiptFault::Form));
    let promise = good().split(PROOF).next().unwrap().to_owned();
    assert_eq!(checked(&format!("{promise}{PROOF}\nindex x\n"), &[]), Err(ReceiptFault::Proof));
    let endless = format!("{promise}{PROOF}\nindex 1\n{}\n{head}", format!("{}\n", STANDARD.encode([0; 32])).repeat(65));
    assert_eq!(checked(&endless, &[]), Err(ReceiptFault::Proof));
}
