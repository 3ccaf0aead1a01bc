//! Heads against the log: those that lie in it, and copies that were kept elsewhere.

use domain::founding::{GENESIS, HeadPublished, LogEvent, head_stream};
use domain::time::{from_micros, legal_day};
use event_log::{EventLog, tree};
use vault::{Note, NoteError, VerifierKey};

use super::{Head, origin};
use crate::error::Error;

/// A head to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it comes from: a day, or the name of a file.
    pub name: String,
    /// The signed note.
    pub note: String,
}

/// What is wrong with a head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadFault {
    /// The note or its signature.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Signed, yet no head.
    #[error("签名的正文不是日志头")]
    Form,
    /// It speaks of another log.
    #[error("属于另一个日志（{head}），本日志是 {log}：拿错了文件，或者日志被整个换掉")]
    Origin {
        /// Its origin.
        head: String,
        /// The log's.
        log: String,
    },
    /// The log is shorter than it was.
    #[error("公布时有 {head} 个事件，现在只有 {log} 个：日志被截断或换回旧文件")]
    Cut {
        /// Events under the head.
        head: u64,
        /// Events in the log.
        log: u64,
    },
    /// The first events are not those that stood there.
    #[error("前 {size} 个事件的根应为 {}，现为 {}：公布之后历史被改写", tree::hex(head), tree::hex(log))]
    Rewritten {
        /// Events under the head.
        size: u64,
        /// Its root.
        head: tree::Hash,
        /// The log's root at that size.
        log: tree::Hash,
    },
    /// What the event says beside its note.
    #[error("登记的天数、大小与签名的正文不一致")]
    Fields,
}

/// The heads that the log holds, in the order of their days.
///
/// # Errors
/// When the log cannot be read, or holds one that this program cannot.
pub async fn published(log: &dyn EventLog) -> Result<Vec<HeadPublished>, Error> {
    let genesis = log.read_stream(GENESIS).await?;
    let Some(first) = genesis.first().map(|genesis| legal_day(from_micros(genesis.recorded_at))) else { return Ok(Vec::new()) };
    let last = legal_day(from_micros(log.head().await?.recorded_at));
    let mut heads = Vec::new();
    for day in first.iter_days().take_while(|day| *day <= last) {
        for envelope in log.read_stream(&head_stream(day)).await? {
            if let LogEvent::HeadPublished(head) = LogEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)? {
                heads.push(head);
            }
        }
    }
    Ok(heads)
}

/// What heads are compared with: read once, since there are many of them.
struct Now {
    origin: String,
    size: u64,
}

impl Now {
    async fn of(log: &dyn EventLog) -> Result<Self, Error> {
        Ok(Self { origin: origin(log).await?.unwrap_or_default(), size: log.head().await?.size })
    }
}

/// Checks the heads that the log holds, each under the key that it names, or, when there are `trusted` keys, under one of
/// these. Answers how many there are, the keys that signed, and the bad ones with their days, in order.
///
/// # Errors
/// When the log cannot be read.
pub async fn own(log: &dyn EventLog, trusted: &[VerifierKey]) -> Result<(usize, Vec<VerifierKey>, Vec<(String, HeadFault)>), Error> {
    let heads = published(log).await?;
    let now = Now::of(log).await?;
    let (mut keys, mut faults) = (Vec::new(), Vec::new());
    for head in &heads {
        let key: Result<VerifierKey, NoteError> = head.key.parse();
        let fault = match key {
            Ok(key) => {
                let kept = Kept { name: String::new(), note: head.note.clone() };
                let allowed = if trusted.is_empty() { std::slice::from_ref(&key) } else { trusted };
                let found = one(log, &now, &kept, allowed).await?;
                if !keys.contains(&key) {
                    keys.push(key);
                }
                match found {
                    Ok(said) if said.day != Some(head.day) || said.size != head.size => Some(HeadFault::Fields),
                    Ok(_) => None,
                    Err(fault) => Some(fault),
                }
            }
            Err(error) => Some(error.into()),
        };
        faults.extend(fault.map(|fault| (head.day.to_string(), fault)));
    }
    Ok((heads.len(), keys, faults))
}

/// Checks copies that were kept elsewhere, under one of these keys. Answers the bad ones, those of the smallest log first.
///
/// # Errors
/// When the log cannot be read.
pub async fn copies(log: &dyn EventLog, kept: &[Kept], keys: &[VerifierKey]) -> Result<Vec<(String, HeadFault)>, Error> {
    let now = Now::of(log).await?;
    let mut faults = Vec::new();
    for one_kept in kept {
        if let Err(fault) = one(log, &now, one_kept, keys).await? {
            let size = Note::parse(&one_kept.note).ok().and_then(|note| Head::parse(note.text())).map_or(0, |head| head.size);
            faults.push((size, one_kept.name.clone(), fault));
        }
    }
    faults.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    Ok(faults.into_iter().map(|(_, name, fault)| (name, fault)).collect())
}

/// One head against the log.
async fn one(log: &dyn EventLog, now: &Now, kept: &Kept, keys: &[VerifierKey]) -> Result<Result<Head, HeadFault>, Error> {
    let note = match Note::parse(&kept.note) {
        Ok(note) => note,
        Err(error) => return Ok(Err(error.into())),
    };
    let Some(head) = Head::parse(note.text()) else { return Ok(Err(HeadFault::Form)) };
    let other = |head: &str| HeadFault::Origin { head: head.to_owned(), log: now.origin.clone() };
    if head.origin != now.origin {
        return Ok(Err(other(&head.origin)));
    }
    match note.verify_any(keys) {
        Ok(key) if key.name() == now.origin => {}
        Ok(key) => return Ok(Err(other(key.name()))),
        Err(error) => return Ok(Err(error.into())),
    }
    if head.size > now.size {
        return Ok(Err(HeadFault::Cut { head: head.size, log: now.size }));
    }
    let root = log.root_at(head.size).await?;
    if root != head.root {
        return Ok(Err(HeadFault::Rewritten { size: head.size, head: head.root, log: root }));
    }
    Ok(Ok(head))
}
