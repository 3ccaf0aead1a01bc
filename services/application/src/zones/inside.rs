//! The inner zone: takes letters exactly once and says what changed.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use domain::case::Command;
use domain::ids::CaseId;
use domain::person::PersonEvent;
use domain::time::{Instant, from_micros};
use event_log::{Cursor, Envelope, NewEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::zones::{CaseKey, ZoneError};

use super::letter::{Letter, What};
use super::parcel::{Fact, Parcel};
use super::spool::{Folder, Spool};
use super::{LETTER, MOST_LETTER, PARCEL};
use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::Application;

/// Letters taken in one go.
const LETTERS: usize = 10_000;
/// A damaged letter younger than this is perhaps still being copied.
const COPYING: TimeDelta = TimeDelta::minutes(1);
/// The clock of the outside may go before ours by this.
const AHEAD: TimeDelta = TimeDelta::minutes(10);
/// A gate stands still for a long holiday, not for a season.
const OLDEST: TimeDelta = TimeDelta::days(90);
/// Parcels that may wait for the gate; more only when it takes some.
const WAITING: usize = 500;
/// Events looked at for one parcel.
const EVENTS: usize = 1_000;
/// Acknowledgements of one parcel.
const ACKNOWLEDGED: usize = 20_000;
/// The outside hears at least so often that there is nothing new, so that it can say how old its knowledge is.
const HEARTBEAT: TimeDelta = TimeDelta::minutes(10);
/// How often, and with which pause, one waits for another process that carries.
const LOCKED: u32 = 300;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);
/// An erasure is told when its keys are gone for certain.
const ERASED: TimeDelta = TimeDelta::minutes(1);

/// Why a letter was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is not whole or not ours.
    #[error(transparent)]
    Seal(#[from] ZoneError),
    /// Larger than any form.
    #[error("文件有 {0} 字节，超过上限")]
    TooLarge(u64),
    /// Sealed by our outside, and yet not readable: another version of the program.
    #[error("内容无法识别，请让两侧使用相同版本的程序后，把文件移回 inward/")]
    Content,
    /// Its time cannot be.
    #[error("受理时间 {0} 不合理，请核对外网服务器的时钟")]
    Time(Instant),
    /// Its number does not follow from its form.
    #[error("工单编号与表单不符")]
    Number,
    /// The rules do not take it.
    #[error("规则不接受：{0}")]
    Rules(String),
    /// It is about a case whose number and query code do not fit.
    #[error("工单编号和查询码对不上")]
    Unknown,
    /// The views do not know yet which cases there are: the letter stays where it is, for the next time.
    #[error("查询数据还没有跟上日志")]
    Behind,
}

/// What came of the letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Letters taken.
    pub taken: u64,
    /// Letters that had been taken before.
    pub already: u64,
    /// Letters that are perhaps still being copied, or wait for the views.
    pub waiting: u64,
    /// Letters that were put among the refused.
    pub refused: Vec<(String, Reason)>,
}

/// How far the carrying has come: `zones.json` in the data directory. Lost, everything is told anew.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Progress {
    /// Number of the last parcel.
    parcel: u64,
    /// Up to where the log was told.
    cursor: Cursor,
    /// When everything had been told.
    told: Option<Instant>,
    /// Letters to acknowledge.
    taken: BTreeSet<String>,
    /// Cases to tell again, though nothing happened to them.
    again: BTreeSet<CaseId>,
}

/// The one who carries in a data directory; a second one waits until the first has ended.
pub struct Carrier {
    path: PathBuf,
    progress: Progress,
    /// Held until dropped.
    _lock: File,
}

/// What is told next.
pub struct Changes {
    /// The parcel without what pages make of it.
    pub parcel: Parcel,
    /// Cases that changed, each with the place in the log up to which it is to be told.
    pub cases: Vec<CaseId>,
    /// The place in the log that was looked at last.
    pub seq: u64,
    next: Cursor,
    told: Vec<String>,
    again: Vec<CaseId>,
}

fn fault(error: &impl std::fmt::Display) -> Error {
    Error::Internal(format!("摆渡：{error}"))
}

impl Carrier {
    /// Takes the turn in a data directory. `anew` tells the outside everything again.
    ///
    /// # Errors
    /// When the directory cannot be written, or another process goes on carrying for half a minute.
    pub async fn take(data: &Path, anew: bool) -> Result<Self, Error> {
        let lock = File::create(data.join("zones.lock")).map_err(|error| fault(&error))?;
        let mut tries = LOCKED;
        while let Err(error) = lock.try_lock() {
            if tries == 0 {
                return Err(fault(&format!("另一个进程正在摆渡（{error}），请稍后再试")));
            }
            tries -= 1;
            tokio::time::sleep(PAUSE).await;
        }
        let path = data.join("zones.json");
        let mut progress: Progress = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if anew {
            progress.cursor = Cursor::default();
        }
        Ok(Self { path, progress, _lock: lock })
    }

    fn write(&self) -> Result<(), Error> {
        let new = self.path.with_extension("json.new");
        let bytes = serde_json::to_vec(&self.progress).map_err(|error| fault(&error))?;
        std::fs::write(&new, bytes).and_then(|()| std::fs::rename(&new, &self.path)).map_err(|error| fault(&error))
    }

    /// Takes all letters that lie in the spool, each exactly once, and remembers to acknowledge them. The case of a letter that
    /// is refused is told again: the page outside shows it as if it had been taken.
    ///
    /// # Errors
    /// When the spool or the log cannot be used: what was not taken stays where it is, for the next time.
    pub async fn carry_in(&mut self, app: &Application, spool: &Spool, generation: u32) -> Result<Report, Error> {
        let mut report = Report::default();
        let mut gone = Vec::new();
        let mut stopped = None;
        for found in spool.list(Folder::Inward, LETTER, LETTERS).map_err(|error| fault(&error))? {
            let read = if found.bytes > MOST_LETTER {
                Err(Reason::TooLarge(found.bytes))
            } else {
                // The gate may have taken it back.
                let Ok(file) = spool.read(Folder::Inward, &found.name, MOST_LETTER) else { continue };
                open(app, &file, generation)
            };
            let name = read.as_ref().ok().map(Letter::name);
            let about = read.as_ref().ok().and_then(Letter::about);
            let done = match read {
                Ok(letter) => one(app, letter, generation).await,
                Err(reason) => Ok(Err(reason)),
            };
            match done {
                Ok(Ok(new)) => {
                    *(if new { &mut report.taken } else { &mut report.already }) += 1;
                    gone.push(found.name);
                }
                Ok(Err(Reason::Seal(ZoneError::Damaged))) if app.now() - found.written < COPYING => {
                    report.waiting += 1;
                    continue;
                }
                Ok(Err(Reason::Behind)) => {
                    report.waiting += 1;
                    continue;
                }
                Ok(Err(reason)) => {
                    match about.map_or(Ok(None), |(number, code)| app.case_of_code(&number, &code)) {
                        Ok(case) => self.progress.again.extend(case),
                        Err(error) => {
                            stopped = Some(error);
                            break;
                        }
                    }
                    spool.refuse(Folder::Inward, &found.name).map_err(|error| fault(&error))?;
                    report.refused.push((found.name, reason));
                }
                Err(error) => {
                    stopped = Some(error);
                    break;
                }
            }
            // What was sealed by our outside is safe here now, taken or refused; all else comes again when it is sent again.
            self.progress.taken.extend(name);
        }
        self.write()?;
        for name in gone {
            spool.remove(Folder::Inward, &name).map_err(|error| fault(&error))?;
        }
        stopped.map_or(Ok(report), Err)
    }

    /// The gate takes no parcels: so many wait that none is added.
    ///
    /// # Errors
    /// When the spool cannot be read.
    pub fn is_jammed(spool: &Spool) -> Result<bool, Error> {
        Ok(spool.count(Folder::Outward, PARCEL).map_err(|error| fault(&error))? >= WAITING)
    }

    /// What has changed since the last parcel; none when there is nothing to tell or the gate takes nothing.
    ///
    /// # Errors
    /// When the log or the spool cannot be read.
    pub async fn changes(&self, app: &Application, spool: &Spool) -> Result<Option<Changes>, Error> {
        if Self::is_jammed(spool)? {
            tracing::error!(waiting = WAITING, "the gate takes no parcels");
            return Ok(None);
        }
        let now = app.now();
        let anew = self.progress.cursor == Cursor::default();
        let batch = app.log.read_all(&self.progress.cursor, EVENTS).await?;
        let young = |envelope: &Envelope| envelope.kind == "person_erased" && now - from_micros(envelope.recorded_at) < ERASED;
        let (events, next, at_head) = match batch.events.iter().position(young) {
            None => (batch.events, batch.next, batch.at_head),
            Some(0) => (Vec::new(), self.progress.cursor.clone(), false),
            // Read again up to there, for its cursor.
            Some(end) => {
                let batch = app.log.read_all(&self.progress.cursor, end).await?;
                (batch.events, batch.next, false)
            }
        };
        let told: Vec<String> = self.progress.taken.iter().take(ACKNOWLEDGED).cloned().collect();
        let fresh = self.progress.told.is_some_and(|told| now - told < HEARTBEAT);
        if events.is_empty() && told.is_empty() && self.progress.again.is_empty() && (fresh || !at_head) {
            return Ok(None);
        }
        let mut cases = BTreeSet::new();
        let mut facts = Vec::new();
        for envelope in &events {
            if let Some(case) = CaseId::from_stream(&envelope.stream) {
                cases.insert(case);
            } else if envelope.stream.starts_with("person-") {
                cases.extend(
                    PersonEvent::from_slice(&envelope.kind, envelope.version, &envelope.data).map_or_else(|_| Vec::new(), of_person),
                );
            } else if is_public(&envelope.stream) && envelope.sealed.is_empty() {
                facts.push(fact(envelope));
            }
        }
        let again: Vec<CaseId> = self.progress.again.iter().take(EVENTS.saturating_sub(cases.len())).copied().collect();
        cases.extend(&again);
        let whole = at_head && told.len() == self.progress.taken.len() && again.len() == self.progress.again.len();
        let seq = events.last().map_or(0, |envelope| envelope.seq);
        let parcel = Parcel {
            number: self.progress.parcel + 1,
            as_of: whole.then_some(now),
            anew: anew.then_some(now),
            facts,
            taken: told.clone(),
            ..Parcel::default()
        };
        Ok(Some(Changes { parcel, cases: cases.into_iter().collect(), seq, next, told, again }))
    }

    /// Writes a parcel. Whoever loses power before the turn is noted writes the same once more, which harms nobody.
    ///
    /// # Errors
    /// When the spool cannot be written: nothing is counted as told then.
    pub fn put(&mut self, app: &Application, spool: &Spool, changes: Changes, generation: u32) -> Result<(), Error> {
        let file = changes.parcel.signed(&app.vault, generation).map_err(Error::Internal)?;
        spool.put(Folder::Outward, &changes.parcel.name(), &file).map_err(|error| fault(&error))?;
        self.progress.parcel = changes.parcel.number;
        self.progress.cursor = changes.next;
        self.progress.told = changes.parcel.as_of.or(self.progress.told);
        for name in &changes.told {
            self.progress.taken.remove(name);
        }
        for case in &changes.again {
            self.progress.again.remove(case);
        }
        self.write()
    }
}

fn of_person(event: PersonEvent) -> Vec<CaseId> {
    match event {
        PersonEvent::Confirmed(_) => Vec::new(),
        PersonEvent::Restricted(one) => one.cases,
        PersonEvent::Erased(one) => one.cases,
    }
}

/// Streams that the outside needs for its forms; they name no person.
fn is_public(stream: &str) -> bool {
    ["rulebook-", "calendar-", "catalogue-", "unit-"].iter().any(|kind| stream.starts_with(kind))
}

fn fact(envelope: &Envelope) -> Fact {
    let event = NewEvent {
        id: envelope.id,
        kind: envelope.kind.clone(),
        version: envelope.version,
        occurred_at: envelope.occurred_at,
        // Who did it is nobody's business outside.
        actor: "inside".to_owned(),
        on_behalf: None,
        cause: None,
        rulebook: envelope.rulebook.clone(),
        data: envelope.data.clone(),
        sealed: Vec::new(),
    };
    Fact { stream: envelope.stream.clone(), revision: envelope.revision, event }
}

fn open(app: &Application, file: &[u8], generation: u32) -> Result<Letter, Reason> {
    let words = app.vault.open_letter(file, generation)?;
    serde_json::from_slice(&words).map_err(|_| Reason::Content)
}

/// Carries one letter out; true when it is new. Faults of the installation come back as errors.
async fn one(app: &Application, letter: Letter, generation: u32) -> Result<Result<bool, Reason>, Error> {
    let now = app.now();
    if letter.at > now + AHEAD || letter.at < now - OLDEST {
        return Ok(Err(Reason::Time(letter.at)));
    }
    let (at, command) = (letter.at.min(now), letter.command());
    let done = match letter.what {
        What::File(file) => {
            let case = CaseId::of_form(letter.form);
            if file.number != domain::codes::public_number(app.vault.outside_key(generation).number_bits(case.0)) {
                return Ok(Err(Reason::Number));
            }
            let there = !app.log.read_stream(&case.stream()).await?.is_empty();
            app.file_at(&Meta::new(Actor::Citizen, command), letter.form, *file, at).await.map(|_| Some(!there))
        }
        What::Rate { number, code, stars, words } => act(app, command, &number, &code, &Command::Rate { stars, words }).await,
        What::Dispute { number, code, words } => act(app, command, &number, &code, &Command::Dispute { words }).await,
    };
    match done {
        Ok(Some(new)) => Ok(Ok(new)),
        Ok(None) => Ok(Err(Reason::Behind)),
        Err(Error::NotFound) => Ok(Err(Reason::Unknown)),
        Err(error @ (Error::Case(_) | Error::Person(_) | Error::Forbidden)) => Ok(Err(Reason::Rules(error.to_string()))),
        Err(error) => Err(error),
    }
}

/// Acts for a petitioner; none while it cannot be told whether there is such a case.
async fn act(app: &Application, command: Uuid, number: &str, code: &str, what: &Command) -> Result<Option<bool>, Error> {
    let mut case = app.case_of_code(number, code)?;
    if case.is_none() {
        if !app.seen(app.log.head().await?.size).await {
            return Ok(None);
        }
        case = app.case_of_code(number, code)?;
    }
    let case = case.ok_or(Error::NotFound)?;
    let meta = Meta::new(Actor::Petitioner(case), Uuid::new_v5(&case.0, command.as_bytes()));
    Ok(Some(app.on_case(&meta, case, what).await?.events > 0))
}

impl Application {
    /// The key under which the petitioner of a case finds it outside.
    #[must_use]
    pub fn case_key(&self, case: CaseId, number: &str) -> CaseKey {
        CaseKey::new(number, &self.code_of(case, number))
    }
}
