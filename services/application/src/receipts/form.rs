//! The text of a receipt, and how it is checked with nothing but itself and a public key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use domain::time::Instant;
use event_log::tree::{self, Hash};
use uuid::Uuid;
use vault::{Note, NoteError, VerifierKey};

use crate::heads::{Head, hash, instant, precise};

/// First line of a receipt.
const RECEIPT: &str = "xiaoneng-receipt/v1";
/// First line of a proof (`c2sp.org/tlog-proof`).
pub const PROOF: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2⁶⁴ leaves has no longer path.
const LONGEST_PATH: usize = 64;

/// What is promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which log.
    pub origin: String,
    /// Public number, grouped.
    pub number: String,
    /// Id of the event of the filing.
    pub event: Uuid,
    /// Its place in the log, from 1: every head of at least this size has it there.
    pub seq: u64,
    /// Its leaf hash.
    pub leaf: Hash,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// The date promised for the answer, as it was set at the filing.
    pub due: Option<Instant>,
    /// The legal day whose head, or the next one that is published, must have it.
    pub head: NaiveDate,
    /// The key that signs.
    pub key: VerifierKey,
    /// The key that signed the head of the proof, when it is an older one.
    pub head_key: Option<VerifierKey>,
}

impl Receipt {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![
            RECEIPT.to_owned(),
            format!("origin {}", self.origin),
            format!("number {}", self.number),
            format!("event {}", self.event),
            format!("position {}", self.seq),
            format!("leaf {}", STANDARD.encode(self.leaf)),
            format!("recorded {}", precise(self.recorded_at)),
        ];
        lines.extend(self.due.map(|due| format!("due {}", precise(due))));
        lines.push(format!("head {}", self.head));
        lines.push(format!("key {}", self.key));
        lines.extend(self.head_key.as_ref().map(|key| format!("head-key {key}")));
        lines.join("\n") + "\n"
    }

    /// Reads the text of a receipt.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        (lines.next()? == RECEIPT).then_some(())?;
        let fields: Vec<(&str, &str)> = lines.map(|line| line.split_once(' ')).collect::<Option<_>>()?;
        let field = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let given = |name: &str| field(name).map(instant).map_or(Some(None), |at| at.map(Some));
        Some(Self {
            origin: field("origin")?.to_owned(),
            number: field("number")?.to_owned(),
            event: field("event")?.parse().ok()?,
            seq: field("position")?.parse().ok().filter(|seq| *seq > 0)?,
            leaf: hash(field("leaf")?)?,
            recorded_at: instant(field("recorded")?)?,
            due: given("due")?,
            head: field("head")?.parse().ok()?,
            key: field("key")?.parse().ok()?,
            head_key: field("head-key").map(str::parse).transpose().ok()?,
        })
    }
}

/// The proof that a leaf stands under a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Place of the leaf, from 0.
    pub index: u64,
    /// The audit path of RFC 6962, from the leaf to the root.
    pub path: Vec<Hash>,
    /// The head.
    pub head: Note,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{PROOF}\nindex {}", self.index)?;
        for step in &self.path {
            writeln!(f, "{}", STANDARD.encode(step))?;
        }
        write!(f, "\n{}", self.head)
    }
}

impl Proof {
    /// Reads a proof.
    ///
    /// # Errors
    /// [`ReceiptFault::Proof`], [`ReceiptFault::Head`].
    pub fn parse(text: &str) -> Result<Self, ReceiptFault> {
        let mut lines = text.lines().map(str::trim_end);
        let first = lines.next() == Some(PROOF);
        let index = lines.find(|line| !line.starts_with("extra ")).and_then(|line| line.strip_prefix("index ")?.parse().ok());
        let path: Option<Vec<Hash>> = lines.by_ref().take_while(|line| !line.is_empty()).map(hash).collect();
        let (true, Some(index), Some(path)) = (first, index, path) else { return Err(ReceiptFault::Proof) };
        if path.len() > LONGEST_PATH {
            return Err(ReceiptFault::Proof);
        }
        let head = lines.collect::<Vec<_>>().join("\n");
        Ok(Self { index, path, head: Note::parse(&head).map_err(ReceiptFault::Head)? })
    }
}

/// Why a receipt is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// No receipt at all.
    #[error("不是本平台的回执：正文第一行应为 {RECEIPT}，各项齐全。请使用下载的原文件")]
    Form,
    /// The note or the signature of the promise.
    #[error("回执的签名：{0}")]
    Promise(NoteError),
    /// A key of another log signed it.
    #[error("签名的公钥属于 {key}，回执属于 {receipt}，请核对公钥")]
    Signer {
        /// Whose key it is.
        key: String,
        /// The receipt's origin.
        receipt: String,
    },
    /// The lines of the proof.
    #[error("存证证明的格式不对，请重新下载")]
    Proof,
    /// The note or the signature of the head.
    #[error("日志头的签名：{0}")]
    Head(NoteError),
    /// The head speaks of another log.
    #[error("日志头属于另一个日志（{head}），回执属于 {receipt}")]
    Origin {
        /// The head's.
        head: String,
        /// The receipt's.
        receipt: String,
    },
    /// The proof is of another place.
    #[error("证明的是第 {proof} 个事件，回执写的是第 {receipt} 个")]
    Place {
        /// Place in the proof, from 1.
        proof: u64,
        /// Place in the receipt.
        receipt: u64,
    },
    /// The head ends before the event.
    #[error("日志头只到第 {size} 个事件，不含回执所写的第 {seq} 个")]
    Short {
        /// Events under the head.
        size: u64,
        /// Place of the event.
        seq: u64,
    },
    /// The leaf does not lead to the root.
    #[error("按证明算出的根与公布的日志头不符：这条记录、它的位置或证明被改动过")]
    Path,
}

/// A receipt as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFile {
    /// What is promised.
    pub receipt: Receipt,
    promise: Note,
    proof: Option<Proof>,
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The key that signed the promise.
    pub key: VerifierKey,
    /// The head that covers it, when there is a proof.
    pub head: Option<Head>,
}

impl ReceiptFile {
    /// Reads a receipt, with or without its proof. Checks its form alone.
    ///
    /// # Errors
    /// [`ReceiptFault::Form`], [`ReceiptFault::Promise`], [`ReceiptFault::Proof`], [`ReceiptFault::Head`].
    pub fn parse(text: &str) -> Result<Self, ReceiptFault> {
        let (promise, proof) = match text.find(PROOF) {
            Some(at) => (&text[..at], Some(Proof::parse(&text[at..])?)),
            None => (text, None),
        };
        let promise = Note::parse(promise).map_err(ReceiptFault::Promise)?;
        let receipt = Receipt::parse(promise.text()).ok_or(ReceiptFault::Form)?;
        Ok(Self { receipt, promise, proof })
    }

    /// Checks signatures and proof under `trusted` keys; when there are none, under the key that the receipt names, which is
    /// then worth as much as the receipt.
    ///
    /// # Errors
    /// [`ReceiptFault`].
    pub fn check(&self, trusted: &[VerifierKey]) -> Result<Proven, ReceiptFault> {
        let receipt = &self.receipt;
        let trusted = if trusted.is_empty() { std::slice::from_ref(&receipt.key) } else { trusted };
        let key = self.promise.verify_any(trusted).map_err(ReceiptFault::Promise)?.clone();
        if let Some(key) = receipt.head_key.iter().chain([&key]).find(|key| key.name() != receipt.origin) {
            return Err(ReceiptFault::Signer { key: key.name().to_owned(), receipt: receipt.origin.clone() });
        }
        let Some(proof) = &self.proof else { return Ok(Proven { key, head: None }) };
        // The promise is signed, so that the older key it names is as good as its own.
        let keys: Vec<VerifierKey> = receipt.head_key.iter().chain([&key]).chain(trusted).cloned().collect();
        proof.head.verify_any(&keys).map_err(ReceiptFault::Head)?;
        let head = Head::parse(proof.head.text()).ok_or(ReceiptFault::Proof)?;
        if head.origin != receipt.origin {
            return Err(ReceiptFault::Origin { head: head.origin, receipt: receipt.origin.clone() });
        }
        if proof.index.checked_add(1) != Some(receipt.seq) {
            return Err(ReceiptFault::Place { proof: proof.index.saturating_add(1), receipt: receipt.seq });
        }
        if head.size < receipt.seq {
            return Err(ReceiptFault::Short { size: head.size, seq: receipt.seq });
        }
        if !tree::proves_inclusion(&receipt.leaf, proof.index, head.size, &proof.path, &head.root) {
            return Err(ReceiptFault::Path);
        }
        Ok(Proven { key, head: Some(head) })
    }
}

#[cfg(test)]
mod tests;
