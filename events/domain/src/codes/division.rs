//! 行政区划代码: the shape of 2, 4, 6, 9 or 12 digits (K33). Which codes exist is data of the catalogue.

/// The lengths of the levels: province, city, county, town, village.
const LENGTHS: [usize; 5] = [2, 4, 6, 9, 12];

/// Whether a text has the shape of a division code: digits of a level's length, beginning with a province.
pub fn is_division(code: &str) -> bool {
    let bytes = code.as_bytes();
    LENGTHS.contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_digit)
        && matches!(
            &bytes[..2],
            [b'1', b'1'..=b'5']
                | [b'2', b'1'..=b'3']
                | [b'3', b'1'..=b'7']
                | [b'4', b'1'..=b'6']
                | [b'5', b'0'..=b'4']
                | [b'6', b'1'..=b'5']
                | [b'7', b'1']
                | [b'8', b'1'..=b'2']
        )
}

/// The code one level up; `None` for a province and for what is no division code.
pub fn division_parent(code: &str) -> Option<&str> {
    if !is_division(code) {
        return None;
    }
    let shorter = LENGTHS.iter().rfind(|length| **length < code.len())?;
    code.get(..*shorter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_five_levels_have_the_shape() {
        for code in ["33", "3305", "330502", "330502001", "330502001001", "810000", "659001"] {
            assert!(is_division(code), "{code}");
        }
        for code in ["", "3", "330", "33050", "3305020010", "000000", "160000", "99", "33050a", "３３", "+33050"] {
            assert!(!is_division(code), "{code}");
        }
    }

    #[test]
    fn each_level_has_its_parent() {
        assert_eq!(division_parent("330502001001"), Some("330502001"));
        assert_eq!(division_parent("330502001"), Some("330502"));
        assert_eq!(division_parent("330502"), Some("3305"));
        assert_eq!(division_parent("33"), None);
        assert_eq!(division_parent("99"), None);
    }
}
