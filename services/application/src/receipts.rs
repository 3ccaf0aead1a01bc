//! The citizen's receipt: a signed promise that a filing stands at its place in the log, and, once a published head covers
//! it, the proof. Both are text, say nothing of a person and are checked without this server.
//!
//! ```text
//! xiaoneng-receipt/v1
//! origin xiaoneng/5d41402abc4b2a76
//! number 3K7Q-29XD-MA6
//! …
//!
//! — xiaoneng/5d41402abc4b2a76 <signature>
//!
//! c2sp.org/tlog-proof@v1
//! index 18232
//! <hashes, from the leaf to the root>
//!
//! <the published head, with its signature>
//! ```
//!
//! What it proves: the record of this filing, as its leaf hash says it, has stood unchanged at this place since that day. The
//! leaf covers the sealed words, not the words: who wants to know *what* is on record has to be shown it by the office.

mod form;

pub use form::{PROOF, Proof, Proven, Receipt, ReceiptFault, ReceiptFile};

use domain::case::{CaseEvent, ClockKind};
use domain::codes::format_public_number;
use domain::ids::CaseId;
use domain::time::{from_micros, legal_day};
use event_log::tree;
use vault::Note;

use crate::actor::Actor;
use crate::error::Error;
use crate::heads::{Head, origin};
use crate::store::Application;

/// A receipt as it is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// What is promised.
    pub receipt: Receipt,
    /// The signed promise.
    pub promise: Note,
    /// The proof, once a published head covers the filing, with the day of that head.
    pub proof: Option<(chrono::NaiveDate, Proof)>,
}

impl Issued {
    /// The whole file.
    #[must_use]
    pub fn file(&self) -> String {
        match &self.proof {
            Some((_, proof)) => format!("{}\n{proof}", self.promise),
            None => self.promise.to_string(),
        }
    }
}

impl Application {
    /// The receipt of a case for its petitioner. It follows from the log and the key alone: asked again, it is the same, but for
    /// the proof that comes later. None while the log is not founded.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody else; [`Error::Internal`] when log and published head disagree; log errors.
    pub async fn receipt(&self, actor: &Actor, case: CaseId) -> Result<Option<Issued>, Error> {
        if *actor != Actor::Petitioner(case) {
            return Err(Error::NotFound);
        }
        let envelopes = self.log.read_stream(&case.stream()).await?;
        let filing = envelopes.first().ok_or(Error::NotFound)?;
        let CaseEvent::Filed(filed) = CaseEvent::from_slice(&filing.kind, filing.version, &filing.data)? else {
            return Err(Error::Internal("a case does not begin with its filing".to_owned()));
        };
        let Some(origin) = origin(self.log.as_ref()).await? else { return Ok(None) };
        let internal = |error: vault::NoteError| Error::Internal(error.to_string());
        let key = self.vault.verifier_key(&origin).map_err(internal)?;
        let recorded_at = from_micros(filing.recorded_at);
        let clocks = filed.frozen.iter().flat_map(|frozen| &frozen.clocks);
        let mut receipt = Receipt {
            origin,
            number: format_public_number(&filed.number),
            event: filing.id,
            seq: filing.seq,
            leaf: filing.leaf(),
            recorded_at,
            due: clocks.filter(|set| set.clock == ClockKind::Promise).map(|set| set.due).next(),
            head: legal_day(recorded_at),
            key,
            head_key: None,
        };
        let proof = match self.projections.views().head_covering(receipt.seq).map_err(|error| Error::Internal(error.to_string()))? {
            Some(row) => {
                // An older head was signed with the key before the last change: the key of now vouches for it.
                receipt.head_key = Some(row.key.parse().map_err(internal)?).filter(|key| *key != receipt.key);
                Some((row.day, self.proof(&receipt, Note::parse(&row.note).map_err(internal)?).await?))
            }
            None => None,
        };
        let promise = self.vault.sign_note(&receipt.origin, &receipt.text()).map_err(internal)?;
        Ok(Some(Issued { receipt, promise, proof }))
    }

    async fn proof(&self, receipt: &Receipt, head: Note) -> Result<Proof, Error> {
        let said = Head::parse(head.text()).ok_or_else(|| Error::Internal("a published head cannot be read".to_owned()))?;
        let path = self.log.inclusion(receipt.seq, said.size).await?;
        if !tree::proves_inclusion(&receipt.leaf, receipt.seq - 1, said.size, &path, &said.root) {
            return Err(Error::Internal(format!("the log differs from the head published at size {}", said.size)));
        }
        Ok(Proof { index: receipt.seq - 1, path, head })
    }
}
