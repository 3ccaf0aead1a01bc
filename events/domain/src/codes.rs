//! Check digits and shapes of the codes that people type (domain.md §2.10.5): identity cards, unified social credit
//! codes, telephone numbers, division codes, e-mail addresses, public numbers and query codes.
//!
//! All readers forgive what keyboards do: full-width characters, spaces, hyphens, lower case. None tells in an error
//! what was typed, for these are personal data.

mod credit;
mod crockford;
mod division;
mod email;
mod identity;
mod phone;

pub use credit::{is_organisation_code, parse_credit_code};
pub use crockford::{ballot_code, format_ballot_code, parse_ballot_code};
pub use crockford::{format_public_number, format_query_code, parse_public_number, parse_query_code, public_number, query_code};
pub use division::{division_parent, is_division};
pub use email::is_email;
pub use identity::{Identity, Sex, parse_identity};
pub use phone::{mask_phone, normalise_phone};

use thiserror::Error;

/// Why a code is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodeError {
    /// Too short or too long.
    #[error("位数不对，请核对后重新填写")]
    Length,
    /// A character that this code never has.
    #[error("含有不允许的字符，请核对后重新填写")]
    Character,
    /// The date of birth within does not exist.
    #[error("其中的出生日期不存在，请核对后重新填写")]
    Date,
    /// The check character does not fit: something was mistyped.
    #[error("校验不通过，可能有一位写错，请对照原件核对")]
    Check,
}

/// Full-width letters, digits and signs as ASCII, the ideographic space as a space.
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        })
        .collect()
}

/// Half-width, upper case, without spaces and hyphens.
fn compact(text: &str) -> String {
    half_width(text).chars().filter(|c| !is_separator(*c)).map(|c| c.to_ascii_uppercase()).collect()
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{00A0}')
}
