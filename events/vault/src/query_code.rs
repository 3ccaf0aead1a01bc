//! The citizen's query code and the blind index of phone numbers: both follow from a key, nothing is stored.

use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::Vault;

/// Crockford's alphabet: no I, L, O or U, which are misread or misheard.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 16 characters of 5 bits: 80 bits (`domain.md` K34).
const LENGTH: usize = 16;

impl Vault {
    /// The secret code with which a citizen asks after the case: 16 Crockford characters, the first 80 bits of
    /// HMAC-SHA256(key, case id ‖ counter). Another counter gives another code and makes the old one worthless.
    #[must_use]
    pub fn query_code(&self, case: Uuid, counter: u32) -> String {
        self.query_code_bytes(case, counter).iter().copied().map(char::from).collect()
    }

    /// True when `given`, as a person types it, is the case's code. The time does not depend on where they differ; ask
    /// also for numbers that are unknown (with any id), so that the time does not tell them apart.
    #[must_use]
    pub fn query_code_matches(&self, case: Uuid, counter: u32, given: &str) -> bool {
        self.query_code_bytes(case, counter).ct_eq(normalise_query_code(given).as_bytes()).into()
    }

    fn query_code_bytes(&self, case: Uuid, counter: u32) -> [u8; LENGTH] {
        let code = self.query_code_key.hmac(&[case.as_bytes(), &counter.to_be_bytes()]);
        characters(&code)
    }

    /// The blind index of a phone number for the views: equal for every way of writing the same number, worthless
    /// without the key. Never written to the log.
    #[must_use]
    pub fn phone_lookup(&self, phone: &str) -> [u8; 16] {
        let code = self.phone_lookup_key.hmac(&[normalise_phone(phone).as_bytes()]);
        let mut index = [0; 16];
        index.copy_from_slice(&code[..16]);
        index
    }
}

/// The query code of the first 80 bits.
pub(crate) fn code_of_bits(code: &[u8; 32]) -> String {
    characters(code).iter().copied().map(char::from).collect()
}

fn characters(code: &[u8; 32]) -> [u8; LENGTH] {
    let bits = code.iter().take(10).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    std::array::from_fn(|at| ALPHABET[(bits >> (5 * (LENGTH - 1 - at)) & 31) as usize])
}

/// What a person typed as a query code, in the form of the code: full-width letters made narrow, small letters large,
/// spaces and dashes dropped, the letters that Crockford leaves out read as the digits they look like.
#[must_use]
pub fn normalise_query_code(given: &str) -> String {
    given
        .chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '—' | '–' | '_' | '.' | '·'))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .take(LENGTH + 1)
        .collect()
}

/// Digits only, without the country's +86 or 0086 (`domain.md` K32).
fn normalise_phone(phone: &str) -> String {
    let digits: String = phone.chars().map(narrow).filter(char::is_ascii_digit).collect();
    for prefix in ["0086", "86"] {
        // Only before a mobile number: a landline may begin with these digits itself.
        if let Some(rest) = digits.strip_prefix(prefix)
            && rest.len() == 11
            && rest.starts_with('1')
        {
            return rest.to_owned();
        }
    }
    digits
}

/// The narrow form of a full-width character, as Chinese input methods type them.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;
    use crate::{MasterKey, OsEntropy};

    const CASE: Uuid = Uuid::from_u128(0x6f1c_1f6e_0000_4000_8000_0000_0000_0001);

    fn vault() -> Vault {
        Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(OsEntropy))
    }

    /// Computed with Python's hmac and hashlib (HKDF, HMAC, base 32), not with this code.
    #[test]
    fn the_code_and_the_index_of_a_given_key_never_change() {
        assert_eq!(vault().query_code(CASE, 0), "PP9D4QMPT14CKCR2");
        assert_eq!(vault().query_code(CASE, 1), "X7C1TGCYCKCVQ4AZ");
        assert_eq!(
            vault().phone_lookup("13800138000"),
            [0x6c, 0x4f, 0x4c, 0x1b, 0x35, 0xe8, 0x97, 0xd1, 0xc3, 0x12, 0x00, 0xb2, 0xbd, 0x23, 0x15, 0x8b]
        );
    }

    #[test]
    fn a_code_is_accepted_however_a_person_types_it() {
        let vault = vault();
        let code = vault.query_code(CASE, 0);
        let dashed = format!("{}-{}-{}-{}", &code[..4], &code[4..8], &code[8..12], &code[12..]);
        let wide: String = code.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect::<String>() + "\u{3000}";
        let misread = code.replace('0', "o").replace('1', "l");
        for typed in [code.clone(), code.to_lowercase(), format!(" {dashed}\n"), wide, misread] {
            assert!(vault.query_code_matches(CASE, 0, &typed), "{typed}");
        }
    }

    #[test]
    fn another_case_counter_or_key_has_another_code() {
        let vault = vault();
        let code = vault.query_code(CASE, 0);
        assert!(!vault.query_code_matches(CASE, 1, &code), "a rotated code must not open");
        assert!(!vault.query_code_matches(Uuid::nil(), 0, &code));
        let other = Vault::new(MasterKey::from_bytes([8; 32]), Arc::new(OsEntropy));
        assert!(!other.query_code_matches(CASE, 0, &code));
    }

    #[test]
    fn a_code_with_a_wrong_or_missing_or_added_character_is_refused() {
        let vault = vault();
        let code = vault.query_code(CASE, 0);
        for at in 0..LENGTH {
            let mut wrong = code.clone().into_bytes();
            wrong[at] = if wrong[at] == b'7' { b'8' } else { b'7' };
            assert!(!vault.query_code_matches(CASE, 0, std::str::from_utf8(&wrong).unwrap()));
        }
        for wrong in ["", "王", &code[1..], &format!("{code}{code}"), &format!("{code}0"), &"U".repeat(1 << 20)] {
            assert!(!vault.query_code_matches(CASE, 0, wrong));
        }
    }

    #[test]
    fn ten_thousand_codes_are_distinct_and_use_the_whole_alphabet() {
        let vault = vault();
        let codes: HashSet<_> = (0..10_000).map(|n| vault.query_code(Uuid::from_u128(n), 0)).collect();
        assert_eq!(codes.len(), 10_000);
        for at in 0..LENGTH {
            let used: HashSet<_> = codes.iter().map(|code| code.as_bytes()[at]).collect();
            assert_eq!(used.len(), 32, "position {at}");
        }
    }

    #[test]
    fn every_way_of_writing_a_phone_number_has_the_same_index() {
        let vault = vault();
        let index = vault.phone_lookup("13800138000");
        for same in ["138 0013 8000", "138-0013-8000", "+86 13800138000", "008613800138000", "１３８００１３８０００"] {
            assert_eq!(vault.phone_lookup(same), index, "{same}");
        }
        for other in ["13800138001", "0571-88888888", "8613800138"] {
            assert_ne!(vault.phone_lookup(other), index, "{other}");
        }
    }
}
