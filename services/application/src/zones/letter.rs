//! What a citizen did outside, on its way in.

use domain::case::command::File;
use domain::time::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::LETTER;

/// One act. Sealed to the inner zone before it touches a disk.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// Id of the form: the same again is the same act.
    pub form: Uuid,
    /// When the outside took it.
    pub at: Instant,
    /// What it is.
    pub what: What,
}

/// What a letter is about.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A demand.
    File(Box<File>),
    /// A rating (好差评).
    Rate {
        /// Public number of the case.
        number: String,
        /// Its query code: who sends in cannot act on other cases.
        code: String,
        /// 1 to 5.
        stars: u8,
        /// In the citizen's words.
        words: String,
    },
    /// "Not solved".
    Dispute {
        /// Public number of the case.
        number: String,
        /// Its query code.
        code: String,
        /// What is not solved.
        words: String,
    },
}

impl std::fmt::Debug for Letter {
    /// Without anything personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("what", &self.what.kind()).finish_non_exhaustive()
    }
}

impl What {
    fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Rate { .. } => "rate",
            Self::Dispute { .. } => "dispute",
        }
    }
}

impl Letter {
    /// The name of its file. It follows from the form, which nobody but the browser and the letter knows.
    #[must_use]
    pub fn name(&self) -> String {
        let hash =
            Sha256::new().chain_update(b"xiaoneng/letter/1/").chain_update(self.what.kind()).chain_update(self.form.as_bytes()).finalize();
        let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("{hex}.{LETTER}")
    }

    /// Number and query code of the case that it is about; none when it makes one.
    pub(super) fn about(&self) -> Option<(String, String)> {
        match &self.what {
            What::File(_) => None,
            What::Rate { number, code, .. } | What::Dispute { number, code, .. } => Some((number.clone(), code.clone())),
        }
    }

    /// Id of the command that it is inside.
    #[must_use]
    pub fn command(&self) -> Uuid {
        match self.what {
            // As the case's own form: filed inside and outside it would be the same case.
            What::File(_) => self.form,
            _ => Uuid::new_v5(&self.form, self.what.kind().as_bytes()),
        }
    }
}
