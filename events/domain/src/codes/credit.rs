//! 统一社会信用代码 (GB 32100) and the organisation code within (GB 11714), K31.

use super::{CodeError, compact};

/// No I, O, S, V, Z.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Reads a unified social credit code; the canonical writing comes back.
pub fn parse_credit_code(text: &str) -> Result<String, CodeError> {
    let code = compact(text);
    if code.chars().count() != 18 {
        return Err(CodeError::Length);
    }
    let values: Vec<usize> = code.chars().filter_map(|c| ALPHABET.find(c)).collect();
    let [body @ .., check] = values.as_slice() else { return Err(CodeError::Character) };
    // Positions 3–8 are the division of the registering office.
    if body.len() != 17 || !body[2..8].iter().all(|value| *value < 10) {
        return Err(CodeError::Character);
    }
    let sum: usize = body.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    if (31 - sum % 31) % 31 == *check { Ok(code) } else { Err(CodeError::Check) }
}

/// Whether nine characters are an organisation code with a fitting check character.
pub fn is_organisation_code(text: &str) -> bool {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let code = compact(text);
    let values: Vec<u32> = code.chars().filter_map(|c| c.to_digit(36)).collect();
    if code.chars().count() != 9 || values.len() != 9 {
        return false;
    }
    let sum: u32 = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    match 11 - sum % 11 {
        // X stands for ten.
        10 => code.ends_with('X'),
        11 => values[8] == 0,
        check => values[8] == check,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: [&str; 3] = ["11330500002565291R", "11341700003244772R", "91350100M000100Y43"];

    #[test]
    fn the_public_codes_pass() {
        for code in VECTORS {
            assert_eq!(parse_credit_code(code).as_deref(), Ok(code));
            assert!(is_organisation_code(&code[8..17]), "{code}");
        }
        assert!(is_organisation_code("002565291"));
        assert!(is_organisation_code("00256529-1"));
    }

    #[test]
    fn every_single_wrong_character_is_noticed() {
        for code in VECTORS {
            for at in 0..18 {
                for c in ALPHABET.bytes().filter(|c| *c != code.as_bytes()[at]) {
                    let mut wrong = code.as_bytes().to_vec();
                    wrong[at] = c;
                    assert!(parse_credit_code(std::str::from_utf8(&wrong).unwrap()).is_err());
                }
            }
        }
    }

    #[test]
    fn wrong_shapes_are_refused_with_their_reason() {
        assert_eq!(parse_credit_code("1133050000256529"), Err(CodeError::Length));
        assert_eq!(parse_credit_code("I1330500002565291R"), Err(CodeError::Character));
        assert_eq!(parse_credit_code("11A30500002565291R"), Err(CodeError::Character));
        assert_eq!(parse_credit_code("11330500002565291T"), Err(CodeError::Check));
        assert!(!is_organisation_code("002565292"));
        assert!(!is_organisation_code("00256529"));
        assert_eq!(parse_credit_code("１１３３０５０００02565291r").as_deref(), Ok("11330500002565291R"));
    }
}
