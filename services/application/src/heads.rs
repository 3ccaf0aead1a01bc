//! Published heads of the log (`ops/runbooks/heads.md`): size and root, signed once for each legal day.
//!
//! A head is a signed note in the form of a C2SP checkpoint (`c2sp.org/tlog-checkpoint`): origin, size, root, and two more
//! lines, when the last event was recorded and for which day it is published. It lies in the log itself, in the stream
//! `log-head-<day>`: so there is one for a day however many nodes there are, every node has it and every backup. That it
//! changes the tree it speaks of does no harm: it speaks of the tree before it.
//!
//! What lies in the log can be rewritten with the log. Heads protect by their copies elsewhere: [`check`] compares both.

pub mod check;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, SecondsFormat};
use domain::founding::{GENESIS, HeadPublished, LogEvent, head_stream};
use domain::time::{CHINA, Instant, from_micros, legal_day};
use event_log::{EventLog, Expected, tree};
use uuid::Uuid;
use vault::{Note, NoteError, VerifierKey};

use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::founding::closed_day;
use crate::store::{AppendFailure, Application, Done, record};

/// What a head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which log: see [`origin`].
    pub origin: String,
    /// Number of events.
    pub size: u64,
    /// Root of the tree over them.
    pub root: tree::Hash,
    /// When the last of them was recorded.
    pub recorded_at: Instant,
    /// The legal day for which it was published; none for a head that was signed on demand.
    pub day: Option<NaiveDate>,
}

impl Head {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\nrecorded {}\n", self.origin, self.size, STANDARD.encode(self.root), precise(self.recorded_at));
        if let Some(day) = self.day {
            let _ = writeln!(text, "day {day}");
        }
        text
    }

    /// Reads the text of a head; lines that it does not know are passed over.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let (mut recorded_at, mut day) = (None, None);
        for line in lines {
            match line.split_once(' ') {
                Some(("recorded", at)) => recorded_at = Some(instant(at)?),
                Some(("day", of)) => day = Some(of.parse().ok()?),
                _ => {}
            }
        }
        let number: u64 = size.parse().ok()?;
        let whole = !origin.is_empty() && number.to_string() == size;
        whole.then_some(Self { origin: origin.to_owned(), size: number, root: hash(root)?, recorded_at: recorded_at?, day })
    }
}

/// An instant to the microsecond, in legal time.
pub(crate) fn precise(at: Instant) -> String {
    at.with_timezone(&CHINA).to_rfc3339_opts(SecondsFormat::Micros, false)
}

/// The inverse of [`precise`].
pub(crate) fn instant(text: &str) -> Option<Instant> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

/// A hash in Base64.
pub(crate) fn hash(text: &str) -> Option<tree::Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// The name of a log, under which it signs: it follows from the log's first event, so that no other log has it. None while
/// the log is not founded.
///
/// # Errors
/// When the log cannot be read.
pub async fn origin(log: &dyn EventLog) -> Result<Option<String>, Error> {
    let genesis = log.read_stream(GENESIS).await?;
    Ok(genesis.first().map(|genesis| format!("xiaoneng/{}", tree::hex(&genesis.leaf()[..8]))))
}

/// Public keys as people write them down: one a line, as `name+id+base64` or as 64 hexadecimal digits of the key of `origin`.
///
/// # Errors
/// [`NoteError::Key`], also when there is none.
pub fn read_keys(text: &str, origin: &str) -> Result<Vec<VerifierKey>, NoteError> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys = lines.map(|line| line.parse().or_else(|_| VerifierKey::from_hex(origin, line))).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err(NoteError::Key) } else { Ok(keys) }
}

impl Application {
    /// The public key with which this installation signs now; none while the log is not founded.
    ///
    /// # Errors
    /// Log errors.
    pub async fn signing_key(&self) -> Result<Option<VerifierKey>, Error> {
        let Some(origin) = origin(self.log.as_ref()).await? else { return Ok(None) };
        Ok(Some(self.vault.verifier_key(&origin).map_err(internal)?))
    }

    /// Signs the head as it stands now. It is not recorded: keep the note where this machine cannot reach it.
    ///
    /// # Errors
    /// [`Error::Internal`] when the log is not founded or goes back behind a head that was published; log errors.
    pub async fn sign_head(&self, day: Option<NaiveDate>) -> Result<(Head, Note), Error> {
        let origin = origin(self.log.as_ref()).await?.ok_or_else(|| Error::Internal("日志还没有创始事件".to_owned()))?;
        let head = self.log.head().await?;
        // The views may remember what somebody took out of the log: nothing is signed over it.
        if let Some(row) = self.projections.views().latest_head().map_err(internal)?
            && let Some(last) = Note::parse(&row.note).ok().and_then(|note| Head::parse(note.text()))
            && (last.size > head.size || self.log.root_at(last.size).await? != last.root)
        {
            return Err(Error::Internal(format!("日志与 {} 公布的日志头不符，不再签名：请停用并运行 xiaoneng verify", row.day)));
        }
        let head = Head { origin, size: head.size, root: head.root, recorded_at: from_micros(head.recorded_at), day };
        let note = self.vault.sign_note(&head.origin, &head.text()).map_err(internal)?;
        Ok((head, note))
    }

    /// Publishes the head for the legal day that is over for an hour, once. None when that is done already, or when the log
    /// was founded after that day. Days on which nobody was there to publish have none: the next head covers them.
    ///
    /// # Errors
    /// As [`Self::sign_head`].
    pub async fn publish_head(&self, actor: Actor) -> Result<Option<Done>, Error> {
        let now = self.now();
        let Some(day) = closed_day(now) else { return Ok(None) };
        let stream = head_stream(day);
        if !self.log.read_stream(&stream).await?.is_empty() {
            return Ok(None);
        }
        let genesis = self.log.read_stream(GENESIS).await?;
        if genesis.first().is_none_or(|genesis| legal_day(from_micros(genesis.recorded_at)) > day) {
            return Ok(None);
        }
        let (head, note) = self.sign_head(Some(day)).await?;
        let key = self.vault.verifier_key(&head.origin).map_err(internal)?.to_string();
        let event: LogEvent = HeadPublished { day, size: head.size, key, note: note.to_string() }.into();
        let meta = Meta::new(actor, Uuid::new_v5(&domain::ids::NAMESPACE, stream.as_bytes()));
        // Another node may be first; then its head stands.
        match record(self.log.as_ref(), &self.vault, &stream, Expected::NoStream, &meta, None, vec![(now, event.into())]).await {
            Ok(appended) if appended.repeated => Ok(None),
            Ok(appended) => Ok(Some(Done { events: 1, seq: appended.last_seq, revision: appended.last_revision })),
            Err(AppendFailure::Conflict) => Ok(None),
            Err(AppendFailure::Other(error)) => Err(error),
        }
    }
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}

#[cfg(test)]
mod tests;
