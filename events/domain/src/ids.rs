//! Identities. Ids are made outside (random) or derived here (UUIDv5), never read from a clock.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where derived ids come from: UUIDv5 of the product's own name space.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_2a52_9d0e_5c7b_8f44_7869_616f_6e65);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The name of the stream of this thing.
            pub fn stream(&self) -> String {
                format!(concat!($prefix, "-{}"), self.0)
            }

            /// The id in a stream's name, if it is one of these streams.
            pub fn from_stream(stream: &str) -> Option<Self> {
                stream.strip_prefix(concat!($prefix, "-")).and_then(|id| Uuid::try_parse(id).ok()).map(Self)
            }
        }
    };
}

uuid_id!(
    /// A demand or complaint (工单 / 诉求件).
    CaseId,
    "case"
);
uuid_id!(
    /// A staff account.
    AccountId,
    "account"
);
uuid_id!(
    /// One notice to one recipient.
    NoticeId,
    "notice"
);
uuid_id!(
    /// One import batch.
    ImportId,
    "import"
);

uuid_id!(
    /// A complaint about the efficiency of officials or units (效能投诉件).
    InvestigationId,
    "investigation"
);

impl InvestigationId {
    /// The investigation of a form, so that a double submit is the same one.
    pub fn of_form(form: Uuid) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("investigation/form/{form}").as_bytes()))
    }

    /// The investigation that a case is referred to (线索移送); one for each case.
    pub fn of_case(case: CaseId) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("investigation/case/{}", case.0).as_bytes()))
    }
}

uuid_id!(
    /// A yellow or red card (黄牌 / 红牌).
    CardId,
    "card"
);
uuid_id!(
    /// A supervision order (督办单).
    OrderId,
    "order"
);
uuid_id!(
    /// A supervised matter (督查事项).
    MatterId,
    "matter"
);

impl CaseId {
    /// The case of a form, so that a double submit is the same case.
    pub fn of_form(form: Uuid) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("form/{form}").as_bytes()))
    }

    /// The case of a source's ticket, so that a repeated import is the same case.
    pub fn of_external(source: &str, external_id: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("external/{source}/{external_id}").as_bytes()))
    }
}

impl NoticeId {
    /// The notice that an event owes, by its kind and recipient's role.
    pub fn of_event(event: Uuid, kind: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("notice/{event}/{kind}").as_bytes()))
    }
}

/// A unit's code: 1–24 of `0-9A-Za-z_.-`, unique in the city.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct UnitCode(String);

impl UnitCode {
    /// Reads a unit code.
    ///
    /// # Errors
    /// [`BadUnitCode`] when it is empty, too long or has another character.
    pub fn parse(text: &str) -> Result<Self, BadUnitCode> {
        let text = text.trim();
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if text.is_empty() || text.len() > 24 || !text.chars().all(good) { Err(BadUnitCode) } else { Ok(Self(text.to_owned())) }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the unit's stream.
    pub fn stream(&self) -> String {
        format!("unit-{}", self.0)
    }
}

impl std::fmt::Display for UnitCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UnitCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Not a unit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("单位代码只能用 1 到 24 个字母、数字、下划线、点或连字符")]
pub struct BadUnitCode;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_form_is_the_same_case() {
        let form = Uuid::from_u128(7);
        assert_eq!(CaseId::of_form(form), CaseId::of_form(form));
        assert_ne!(CaseId::of_form(form), CaseId::of_external("a", &form.to_string()));
    }

    #[test]
    fn a_stream_name_leads_back_to_its_id() {
        let id = CaseId(Uuid::from_u128(9));
        assert_eq!(CaseId::from_stream(&id.stream()), Some(id));
        assert_eq!(CaseId::from_stream("unit-9"), None);
    }

    #[test]
    fn a_unit_code_with_a_blank_is_refused() {
        assert_eq!(UnitCode::parse("a b"), Err(BadUnitCode));
        assert!(UnitCode::parse("330501.01").is_ok());
    }
}
