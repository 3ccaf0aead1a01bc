//! Values that belong to a person, and free text.
//!
//! Inside an event such a value is a [`Private`]. The vault seals it before the event reaches the log, so the
//! type has to survive three readings: opened (`Known`), not opened (`Closed`) and destroyed (`Erased`).

use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

/// Whose key seals a value. Each (stream, role) has one key; erasing destroys the key.
pub trait Role: 'static {
    /// The subject's name in the log.
    const SUBJECT: &'static str;
}

/// The person who filed the case: identity, contact, the words of the demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PetitionerRole;
/// The texts that officials write about a case; they quote names and places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficeRole;
/// A staff account's own data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRole;

impl Role for PetitionerRole {
    const SUBJECT: &'static str = "petitioner";
}
impl Role for OfficeRole {
    const SUBJECT: &'static str = "office";
}
impl Role for AccountRole {
    const SUBJECT: &'static str = "account";
}

/// A petitioner's value.
pub type Personal<T> = Private<T, PetitionerRole>;
/// A text written by an official.
pub type OfficeText = Private<String, OfficeRole>;
/// A value of a staff account.
pub type AccountValue<T> = Private<T, AccountRole>;

/// The member name that marks a private value in JSON; part of the contract with the vault.
pub const MARK: &str = "§";

/// A value sealed in the log under the key of `R`. It has no `Display`, and `Debug` shows no content.
#[derive(Clone, PartialEq, Eq)]
pub enum Private<T, R> {
    /// Opened.
    Known(T, PhantomData<R>),
    /// Sealed and not opened by this reader.
    Closed,
    /// The key is destroyed; nobody can read it again.
    Erased,
}

impl<T, R> Private<T, R> {
    /// A value that will be sealed.
    pub fn new(value: T) -> Self {
        Self::Known(value, PhantomData)
    }

    /// The value, if this reader has it open.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value, _) => Some(value),
            Self::Closed | Self::Erased => None,
        }
    }

    /// True once the key is destroyed.
    pub fn is_erased(&self) -> bool {
        matches!(self, Self::Erased)
    }
}

impl<R> Private<String, R> {
    /// The text as people see it; says why when there is none.
    pub fn text(&self) -> &str {
        match self {
            Self::Known(value, _) => value,
            Self::Closed => "（未授权查看）",
            Self::Erased => "（已依法删除）",
        }
    }
}

impl<T, R> std::fmt::Debug for Private<T, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Known(..) => "Private(..)",
            Self::Closed => "Private(closed)",
            Self::Erased => "Private(erased)",
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Marked<T> {
    #[serde(rename = "§")]
    subject: String,
    #[serde(rename = "v", default = "Option::default", skip_serializing_if = "Option::is_none")]
    value: Option<T>,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    #[serde(rename = "x", default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}

#[derive(Serialize)]
struct Opened<'a, T> {
    #[serde(rename = "§")]
    subject: &'static str,
    v: &'a T,
}

impl<T: Serialize, R: Role> Serialize for Private<T, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let empty = |erased| Marked::<T> { subject: R::SUBJECT.to_owned(), value: None, index: None, erased };
        match self {
            Self::Known(v, _) => Opened { subject: R::SUBJECT, v }.serialize(serializer),
            Self::Closed => empty(false).serialize(serializer),
            Self::Erased => empty(true).serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned, R: Role> Deserialize<'de> for Private<T, R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let marked = Marked::<T>::deserialize(deserializer)?;
        if marked.subject != R::SUBJECT {
            return Err(serde::de::Error::custom("a private value of another subject"));
        }
        Ok(match marked {
            Marked { value: Some(value), .. } => Self::new(value),
            Marked { erased: true, .. } => Self::Erased,
            _ => Self::Closed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_value_reads_back() {
        let value: Personal<String> = Private::new("张三".to_owned());
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(json, r#"{"§":"petitioner","v":"张三"}"#);
        assert_eq!(serde_json::from_str::<Personal<String>>(&json).unwrap(), value);
    }

    #[test]
    fn a_sealed_value_is_closed_and_a_destroyed_one_erased() {
        let closed: Personal<String> = serde_json::from_str(r#"{"§":"petitioner","i":0}"#).unwrap();
        let erased: Personal<String> = serde_json::from_str(r#"{"§":"petitioner","x":true}"#).unwrap();
        assert_eq!(closed, Private::Closed);
        assert_eq!(erased, Private::Erased);
    }

    #[test]
    fn a_value_of_another_subject_is_refused() {
        assert!(serde_json::from_str::<OfficeText>(r#"{"§":"petitioner","v":"a"}"#).is_err());
    }

    #[test]
    fn debug_shows_no_content() {
        let value: OfficeText = Private::new("秘密".to_owned());
        assert_eq!(format!("{value:?}"), "Private(..)");
    }
}
