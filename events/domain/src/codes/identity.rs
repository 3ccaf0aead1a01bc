//! 居民身份证号码 (GB 11643, K30).

use chrono::NaiveDate;

use super::{CodeError, compact, is_division};

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// What an identity number says. It is personal data: seal it.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The number in its canonical writing.
    pub number: String,
    /// The county of first registration.
    pub division: String,
    /// The date of birth.
    pub birth: NaiveDate,
    /// The sex entered.
    pub sex: Sex,
}

/// The sex entered on an identity card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

/// Nothing personal gets into a log by way of `{:?}`.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// Reads an identity number of 18 characters.
pub fn parse_identity(text: &str) -> Result<Identity, CodeError> {
    let number = compact(text);
    if number.chars().count() != 18 {
        return Err(CodeError::Length);
    }
    let (body, check) = number.split_at_checked(17).ok_or(CodeError::Character)?;
    if !body.bytes().all(|b| b.is_ascii_digit()) || !matches!(check.as_bytes(), [b'0'..=b'9' | b'X']) {
        return Err(CodeError::Character);
    }
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(b, weight)| u32::from(b - b'0') * weight).sum();
    if check.as_bytes() != [CHECKS[(sum % 11) as usize]] {
        return Err(CodeError::Check);
    }
    let birth = NaiveDate::parse_from_str(&body[6..14], "%Y%m%d").map_err(|_| CodeError::Date)?;
    let earliest = NaiveDate::from_ymd_opt(1850, 1, 1).ok_or(CodeError::Date)?;
    if birth < earliest {
        return Err(CodeError::Date);
    }
    let division = body[..6].to_owned();
    if !is_division(&division) {
        return Err(CodeError::Character);
    }
    let sex = if (body.as_bytes()[16] - b'0').is_multiple_of(2) { Sex::Female } else { Sex::Male };
    Ok(Identity { division, birth, sex, number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_standard_pass() {
        let first = parse_identity("11010519491231002X").unwrap();
        assert_eq!(first.division, "110105");
        assert_eq!(first.birth, NaiveDate::from_ymd_opt(1949, 12, 31).unwrap());
        assert_eq!(first.sex, Sex::Female);
        assert_eq!(parse_identity("440524188001010014").unwrap().sex, Sex::Male);
    }

    #[test]
    fn full_width_spaces_and_a_small_x_are_forgiven() {
        assert_eq!(parse_identity(" 110105 19491231 002x ").unwrap().number, "11010519491231002X");
        assert_eq!(parse_identity("１１０１０５１９４９１２３１００２Ｘ").unwrap().number, "11010519491231002X");
    }

    #[test]
    fn every_single_wrong_digit_is_noticed() {
        let number = "11010519491231002X";
        for at in 0..17 {
            for digit in b'0'..=b'9' {
                let mut wrong = number.as_bytes().to_vec();
                if wrong[at] == digit {
                    continue;
                }
                wrong[at] = digit;
                assert_eq!(parse_identity(std::str::from_utf8(&wrong).unwrap()), Err(CodeError::Check));
            }
        }
    }

    #[test]
    fn wrong_shapes_are_refused_with_their_reason() {
        assert_eq!(parse_identity("1101051949123100"), Err(CodeError::Length));
        assert_eq!(parse_identity(""), Err(CodeError::Length));
        assert_eq!(parse_identity("X1010519491231002X"), Err(CodeError::Character));
        assert_eq!(parse_identity("一1010519491231002X"), Err(CodeError::Character));
        assert_eq!(parse_identity("11010519491231002一"), Err(CodeError::Character));
        // 30 February with a fitting check character.
        let wrong_date =
            ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "X"].map(|check| parse_identity(&format!("11010519490230002{check}")));
        assert_eq!(wrong_date.iter().filter(|r| **r == Err(CodeError::Date)).count(), 1);
        assert_eq!(wrong_date.iter().filter(|r| **r == Err(CodeError::Check)).count(), 10);
    }

    #[test]
    fn a_debug_print_shows_nothing() {
        assert_eq!(format!("{:?}", parse_identity("11010519491231002X").unwrap()), "Identity(..)");
    }
}
