//! Public numbers and query codes: Crockford's 32 characters, which leave out I, L, O and U.
//!
//! A public number is ten random characters and a check character. The check is the hybrid system of ISO 7064 with
//! modulus 33,32 over the same 32 characters (as MOD 37,36 is over 36): it stays within the alphabet, so that no
//! `* ~ $ = U` of Crockford's own mod 37 gets into addresses, text messages and dictation. It finds every single
//! wrong character and nearly all exchanged neighbours.

use super::{CodeError, compact};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NUMBER: usize = 10;
const CODE: usize = 16;
const BALLOT: usize = 26;

/// The public number of 50 random bits (the lower ones count): eleven characters without separators.
pub fn public_number(random: u64) -> String {
    let values: Vec<u32> = (0..NUMBER).rev().map(|i| (random >> (5 * i)) as u32 & 31).collect();
    values.iter().copied().chain([check(&values)]).map(character).collect()
}

/// Reads a public number as people write it; eleven characters without separators come back.
pub fn parse_public_number(text: &str) -> Result<String, CodeError> {
    let values = values(text, NUMBER + 1)?;
    let [body @ .., last] = values.as_slice() else { return Err(CodeError::Length) };
    if check(body) != *last {
        return Err(CodeError::Check);
    }
    Ok(values.iter().copied().map(character).collect())
}

/// A public number for reading: groups of four, four and three. What is no public number comes back as it is.
pub fn format_public_number(number: &str) -> String {
    match parse_public_number(number) {
        Ok(number) => grouped(&number),
        Err(_) => number.to_owned(),
    }
}

/// The query code of 80 bits: sixteen characters without separators.
pub fn query_code(bits: &[u8; 10]) -> String {
    let bits = bits.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    (0..CODE).rev().map(|i| character((bits >> (5 * i)) as u32 & 31)).collect()
}

/// Reads a query code as people write it; sixteen characters without separators come back.
pub fn parse_query_code(text: &str) -> Result<String, CodeError> {
    Ok(values(text, CODE)?.into_iter().map(character).collect())
}

/// A query code for reading: four groups of four. What is no query code comes back as it is.
pub fn format_query_code(code: &str) -> String {
    match parse_query_code(code) {
        Ok(code) => grouped(&code),
        Err(_) => code.to_owned(),
    }
}

/// The one-time code of a ballot, 128 bits: twenty-six characters without separators.
pub fn ballot_code(bits: u128) -> String {
    (0..BALLOT).rev().map(|i| character((bits >> (5 * i)) as u32 & 31)).collect()
}

/// Reads a ballot code as people write it; twenty-six characters without separators come back.
pub fn parse_ballot_code(text: &str) -> Result<String, CodeError> {
    Ok(values(text, BALLOT)?.into_iter().map(character).collect())
}

/// A ballot code for reading: groups of four. What is no ballot code comes back as it is.
pub fn format_ballot_code(code: &str) -> String {
    match parse_ballot_code(code) {
        Ok(code) => grouped(&code),
        Err(_) => code.to_owned(),
    }
}

fn grouped(code: &str) -> String {
    let mut groups = String::with_capacity(code.len() + code.len() / 4);
    for (i, c) in code.chars().enumerate() {
        if i > 0 && i % 4 == 0 {
            groups.push('-');
        }
        groups.push(c);
    }
    groups
}

fn values(text: &str, length: usize) -> Result<Vec<u32>, CodeError> {
    let text = compact(text);
    if text.chars().count() != length {
        return Err(CodeError::Length);
    }
    text.chars().map(|c| value(c).ok_or(CodeError::Character)).collect()
}

fn value(c: char) -> Option<u32> {
    let c = match c {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET.iter().position(|known| char::from(*known) == c).map(|value| value as u32)
}

fn character(value: u32) -> char {
    char::from(ALPHABET[(value & 31) as usize])
}

/// The check character of ISO 7064's hybrid systems, M = 32.
fn check(values: &[u32]) -> u32 {
    let mut product = 32;
    for value in values {
        let sum = (product + value) % 32;
        product = (if sum == 0 { 32 } else { sum }) * 2 % 33;
    }
    (33 - product) % 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_numbers_keep_their_writing() {
        assert_eq!(public_number(0).len(), 11);
        assert_eq!(format_public_number(&public_number(0)), GOLDEN_ZERO);
        assert_eq!(format_public_number(&public_number(0x0003_1234_5678_9abc)), GOLDEN_OTHER);
        assert_eq!(format_query_code(&query_code(b"0123456789")), "60RK-4CSM-6MV3-EE1S");
        assert_eq!(query_code(&[0xff; 10]), "ZZZZZZZZZZZZZZZZ");
    }

    const GOLDEN_ZERO: &str = "0000-0000-001";
    const GOLDEN_OTHER: &str = "RJ6H-B7H6-NWY";

    #[test]
    fn a_ballot_code_keeps_all_its_bits_and_reads_back() {
        let code = ballot_code(u128::MAX);
        assert_eq!(code, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert_eq!(parse_ballot_code(&format_ballot_code(&code).to_lowercase()), Ok(code));
        assert_ne!(ballot_code(1), ballot_code(1 << 127));
        assert!(parse_ballot_code("7ZZZ").is_err());
    }

    #[test]
    fn what_people_write_is_forgiven() {
        let number = public_number(0x0002_0000_0000_0020);
        assert_eq!(number[..10].to_owned(), "G000000010");
        let typed = number.replace('0', "o").replacen('1', "l", 1).to_lowercase();
        assert_eq!(parse_public_number(&format!(" {}-{} ", &typed[..4], &typed[4..])), Ok(number.clone()));
        assert_eq!(parse_public_number(&number.replacen('1', "i", 1)), Ok(number));
        assert_eq!(parse_query_code("zzzz－zzzz zzzz—oil0").as_deref(), Ok("ZZZZZZZZZZZZ0110"));
    }

    #[test]
    fn wrong_shapes_are_refused_with_their_reason() {
        assert_eq!(parse_public_number("123"), Err(CodeError::Length));
        assert_eq!(parse_public_number("U0000000000"), Err(CodeError::Character));
        assert_eq!(parse_public_number("编0000000000"), Err(CodeError::Character));
        assert_eq!(parse_query_code("ZZZZ"), Err(CodeError::Length));
        assert_eq!(parse_query_code("UZZZZZZZZZZZZZZZ"), Err(CodeError::Character));
        assert_eq!(format_public_number("12"), "12");
        assert_eq!(format_query_code("12"), "12");
    }

    proptest! {
        #[test]
        fn a_public_number_reads_back(random in 0_u64..1 << 50) {
            let number = public_number(random);
            prop_assert_eq!(parse_public_number(&format_public_number(&number)), Ok(number));
        }

        #[test]
        fn every_single_wrong_character_is_noticed(random in 0_u64..1 << 50, at in 0_usize..11, by in 1_u32..32) {
            let number = public_number(random);
            let mut wrong: Vec<char> = number.chars().collect();
            wrong[at] = character(value(wrong[at]).unwrap() + by);
            prop_assert_eq!(parse_public_number(&wrong.iter().collect::<String>()), Err(CodeError::Check));
        }

        #[test]
        fn a_query_code_reads_back(bits: [u8; 10]) {
            let code = query_code(&bits);
            prop_assert_eq!(parse_query_code(&format_query_code(&code)), Ok(code));
        }
    }

    #[test]
    fn exchanged_neighbours_are_noticed_but_for_a_few() {
        let (mut tried, mut missed) = (0, 0);
        for state in 0..32_u32 {
            for (a, b) in (0..32_u32).flat_map(|a| (0..32_u32).map(move |b| (a, b))).filter(|(a, b)| a != b) {
                tried += 1;
                missed += u32::from(check(&[state, a, b]) == check(&[state, b, a]));
            }
        }
        assert!(missed * 100 < tried * 7, "{missed} of {tried}");
    }
}
