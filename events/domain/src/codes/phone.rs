//! Telephone numbers in one writing, so that the same telephone compares equal (K32).

use super::{half_width, is_separator};

/// The one writing of a telephone number: `13812345678`, `0572-2345678`, with an extension `0572-2345678转801`,
/// `4001234567`. Takes full-width digits, spaces, hyphens, brackets and the prefixes +86, 0086, 86. `None` when it is
/// no mainland number; a landline without its area code is none either, for nobody knows whose it is.
pub fn normalise_phone(text: &str) -> Option<String> {
    let text = half_width(text);
    let (number, extension) = match text.split_once('转') {
        Some((number, extension)) => (number, Some(digits(extension)?)),
        None => (text.as_str(), None),
    };
    let number = number.trim();
    let plain = number.strip_prefix('+').unwrap_or(number);
    let plain = digits(plain)?;
    let number = if number.starts_with('+') {
        national(plain.strip_prefix("86")?)
    } else {
        known(&plain).or_else(|| national(plain.strip_prefix("0086").or_else(|| plain.strip_prefix("86"))?))
    }?;
    match extension {
        None => Some(number),
        Some(extension) if number.contains('-') && (1..=6).contains(&extension.len()) => Some(format!("{number}转{extension}")),
        Some(_) => None,
    }
}

/// A number for showing to those who need not know it: `138****5678`, `0572-****678`.
pub fn mask_phone(phone: &str) -> String {
    let phone = phone.split('转').next().unwrap_or_default();
    let shown = phone.find('-').map_or(3, |hyphen| hyphen + 1);
    let masked = |(i, c): (usize, char)| if (shown..shown + 4).contains(&i) { '*' } else { c };
    phone.chars().enumerate().map(masked).collect()
}

/// After a country prefix the area code has no zero.
fn national(digits: &str) -> Option<String> {
    known(digits).or_else(|| known(&format!("0{digits}")))
}

fn known(digits: &str) -> Option<String> {
    let bytes = digits.as_bytes();
    match (bytes, bytes.len()) {
        ([b'1', b'3'..=b'9', ..], 11) => Some(digits.to_owned()),
        ([b'4' | b'8', b'0', b'0', ..], 10) => Some(digits.to_owned()),
        // 010 and 02x have three digits and local numbers of eight (seven in old records); all others have four.
        ([b'0', b'1', b'0', b'2'..=b'9', ..] | [b'0', b'2', _, b'2'..=b'9', ..], 10 | 11) => {
            Some(format!("{}-{}", &digits[..3], &digits[3..]))
        }
        ([b'0', b'3'..=b'9', _, _, b'2'..=b'9', ..], 11 | 12) => Some(format!("{}-{}", &digits[..4], &digits[4..])),
        _ => None,
    }
}

/// The digits of a text that has nothing else but separators.
fn digits(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '(' | ')' | '.' => {}
            c if is_separator(c) => {}
            _ => return None,
        }
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mobile_has_one_writing() {
        for text in [
            "13812345678",
            " 138 1234 5678 ",
            "138-1234-5678",
            "+86 13812345678",
            "+8613812345678",
            "008613812345678",
            "8613812345678",
            "１３８１２３４５６７８",
            "＋８６－１３８－１２３４－５６７８",
            "138\u{3000}1234\u{3000}5678",
        ] {
            assert_eq!(normalise_phone(text).as_deref(), Some("13812345678"), "{text}");
        }
    }

    #[test]
    fn one_landline_has_one_writing() {
        for text in ["05722345678", "0572-2345678", "(0572)2345678", "（0572） 2345678", "+86 572 2345678", "0086-572-2345678"] {
            assert_eq!(normalise_phone(text).as_deref(), Some("0572-2345678"), "{text}");
        }
        assert_eq!(normalise_phone("010-66001234").as_deref(), Some("010-66001234"));
        assert_eq!(normalise_phone("+862166001234").as_deref(), Some("021-66001234"));
        assert_eq!(normalise_phone("0572-2345678转801").as_deref(), Some("0572-2345678转801"));
        assert_eq!(normalise_phone("400-123-4567").as_deref(), Some("4001234567"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "  ",
            "12345678901",
            "1381234567",
            "138123456789",
            "2345678",
            "+1 202 555 0100",
            "+13812345678",
            "abc",
            "13812345678转1",
            "0572-2345678转",
            "0000-0000000",
            "1381234567八",
            "+",
            "转",
        ] {
            assert_eq!(normalise_phone(text), None, "{text}");
        }
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        for text in ["13812345678", "0572-2345678", "0572-2345678转801", "4001234567", "010-66001234"] {
            assert_eq!(normalise_phone(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_mask_hides_the_middle() {
        assert_eq!(mask_phone("13812345678"), "138****5678");
        assert_eq!(mask_phone("0572-2345678"), "0572-****678");
        assert_eq!(mask_phone("0572-2345678转801"), "0572-****678");
        assert_eq!(mask_phone(""), "");
        assert_eq!(mask_phone("电话"), "电话");
    }
}
