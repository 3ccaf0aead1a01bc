//! Values that are in the clear in an open matter and sealed in a covert one (domain.md I16: a plan is secret until executed).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::private::{OfficeRole, Private};

/// A value that only the team may know while the matter is covert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", bound(serialize = "T: Serialize", deserialize = "T: DeserializeOwned"))]
pub enum Veiled<T> {
    /// Everybody who sees the matter may know it.
    Open(T),
    /// Sealed in the log; closed in views.
    Covert(Private<T, OfficeRole>),
}

impl<T> Veiled<T> {
    /// Sealed when `covert`.
    pub fn new(covert: bool, value: T) -> Self {
        if covert { Self::Covert(Private::new(value)) } else { Self::Open(value) }
    }

    /// The value, if this reader has it open.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Open(value) => Some(value),
            Self::Covert(value) => value.known(),
        }
    }
}

/// SHA-256 of a text, in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_covert_value_is_marked_for_the_vault_and_an_open_one_is_not() {
        let open = serde_json::to_string(&Veiled::new(false, vec![1])).unwrap();
        let covert = serde_json::to_string(&Veiled::new(true, vec![1])).unwrap();
        assert_eq!((open.as_str(), covert.as_str()), (r#"{"open":[1]}"#, r#"{"covert":{"§":"office","v":[1]}}"#));
        let closed: Veiled<Vec<u8>> = serde_json::from_str(r#"{"covert":{"§":"office","i":0}}"#).unwrap();
        assert_eq!(closed.known(), None);
    }

    #[test]
    fn the_hash_is_the_one_of_the_standard() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
