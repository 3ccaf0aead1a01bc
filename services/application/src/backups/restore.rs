//! Reading a backup: first all of it, to find it whole and of one installation; then into an empty directory, replayed and
//! compared.
//!
//! An old log with the latest keys keeps the erased erased: their keys are not in the keys file, and the erasures that the
//! log does not know yet are recorded in it again. Keys older than the log are refused, or taken without those of anybody
//! whom log or keys file know as erased. What an office wrote in a case after its erasure has a key of its own, which is taken.

mod check;
mod target;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use domain::time::{Clock, Instant};
use event_log::tree::hex;
use event_log::{Envelope, EventLog, Options, Rewriter, SqliteLog, WrappedKey};
use projections::{Pace, Projections};
use vault::Vault;

use super::archive::{self, Kind, List, Member};
use super::{ATTACHMENTS, AUDIT, BALLOTS, EVENTS, Fault, KEYS};
use crate::audit::copy;
use crate::clock::log_now;
use crate::persons::{self, Erased};

pub use check::{Checked, check};
pub use target::Target;

/// Whether the views made anew are those of the backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// They are.
    Same,
    /// They are not.
    Different,
    /// The backup has none to compare, or of another version of the views, or people were erased after it.
    Not,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// Events of the backup.
    pub events: u64,
    /// Root of the tree over them, hexadecimal.
    pub root: String,
    /// Keys.
    pub keys: u64,
    /// Streams with words that no key opens although nobody erased them.
    pub closed: u64,
    /// Erasures that the log did not know yet and that were recorded in it again.
    pub erased_again: u64,
    /// Lines of the reading audit.
    pub audit: u64,
    /// Attachments.
    pub attachments: u64,
    /// The ballot box came along.
    pub ballots: bool,
    /// The views.
    pub views: Compared,
}

/// Restores what was checked into a directory that holds nothing of it, examines it in full and makes the views.
///
/// # Errors
/// [`Fault`]; the directory then holds something half.
pub async fn restore(
    checked: &Checked,
    (file, keys): (&Path, &Path),
    dir: &Path,
    vault: &Arc<Vault>,
    clock: &Arc<dyn Clock>,
    pace: Pace,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Restored, Fault> {
    let mut gone = Gone::of(checked);
    let mut restored = Restored {
        events: checked.log.size,
        root: checked.log.root.clone(),
        keys: 0,
        closed: 0,
        erased_again: 0,
        audit: 0,
        attachments: 0,
        ballots: false,
        views: Compared::Not,
    };
    let mut log = Rewriter::create(dir)?;
    // The same file that was checked, or it is not what is restored.
    let same = |list: List, wanted: &List| {
        if list == *wanted { Ok(()) } else { Err(Fault::Different("文件在恢复期间被换过".to_owned())) }
    };
    same(write_log(file, dir, &mut log, &mut restored, &mut gone, progress, checked.log.size)?, &checked.log)?;
    same(write_keys(keys, dir, &mut log, &gone, &mut restored)?, &checked.keys)?;
    log.without_keys(&mut |stream| restored.closed += u64::from(!gone.until.contains_key(stream)))?;
    let head = log.finish()?;
    if (head.size, hex(&head.root)) != (checked.log.size, checked.log.root.clone()) {
        return Err(Fault::Different(format!("得到 {} 个事件，根 {}", head.size, hex(&head.root))));
    }
    let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(dir, Options::default(), log_now(clock.clone()))?);
    let report = log.verify(&|_, _| {}).await?;
    if let Some(fault) = report.faults.first() {
        return Err(Fault::Different(fault.to_string()));
    }
    projections::replay(dir, log.clone(), vault.clone(), pace, progress).await?;
    restored.views = compare(checked, dir)?;
    restored.erased_again = persons::erase_again(&*log, vault, &checked.unknown_to_log()).await?;
    if restored.erased_again > 0 {
        let views = Projections::start(dir, log, vault.clone()).await?;
        views.catch_up().await?;
        tokio::task::spawn_blocking(move || views.stop()).await.map_err(|error| Fault::Different(error.to_string()))?;
    }
    Ok(restored)
}

/// Whose words are erased, and under which keys they were.
#[derive(Default)]
struct Gone {
    /// Streams with the place in the log up to which they are erased.
    until: HashMap<String, u64>,
    /// Keys that sealed something before it.
    keys: HashSet<[u8; 16]>,
}

impl Gone {
    fn of(checked: &Checked) -> Self {
        let mut until: HashMap<String, u64> = HashMap::new();
        let mut add = |one: &Erased, seq: u64| {
            for case in &one.cases {
                let last = until.entry(case.stream()).or_default();
                *last = seq.max(*last);
            }
        };
        checked.erased().for_each(|one| add(one, one.seq));
        // Those that are recorded again come after all that the log holds.
        checked.unknown_to_log().iter().for_each(|one| add(one, u64::MAX));
        Self { until, keys: HashSet::new() }
    }

    fn see(&mut self, events: &[Envelope]) {
        for event in events {
            if self.until.get(&event.stream).is_some_and(|seq| event.seq < *seq) {
                self.keys.extend(event.sealed.iter().map(|blob| blob.key));
            }
        }
    }

    fn stays(&self, key: &WrappedKey) -> bool {
        !self.until.contains_key(&key.owner) || persons::outlives(key, &self.keys)
    }
}

fn compare(checked: &Checked, dir: &Path) -> Result<Compared, Fault> {
    // Words of those erased later stood in the views then and do not now.
    let later = checked.known.iter().any(|erased| erased.seq > checked.log.size);
    Ok(match checked.log.views.as_ref().filter(|views| !later && views.schema == projections::schema()) {
        None => Compared::Not,
        Some(views) if projections::digest(dir)? == views.digest => Compared::Same,
        Some(_) => Compared::Different,
    })
}

fn write_log(
    file: &Path,
    dir: &Path,
    log: &mut Rewriter,
    restored: &mut Restored,
    gone: &mut Gone,
    progress: &(dyn Fn(u64, u64) + Sync),
    size: u64,
) -> Result<List, Fault> {
    let audit_path = dir.join("audit.db");
    let mut audit: Option<copy::Rewriter> = None;
    let mut next = 1;
    archive::read(file, Kind::Log, &mut |mut member| {
        match member.part {
            EVENTS => {
                let events = events(&mut member, &mut next)?;
                gone.see(&events);
                log.append(events)?;
                progress(next - 1, size);
            }
            AUDIT => {
                let fail = Fault::database(&audit_path);
                let lines = lines::<copy::Kept>(&mut member)?;
                if audit.is_none() {
                    audit = Some(copy::Rewriter::create(dir).map_err(&fail)?);
                }
                audit.as_ref().map_or(Ok(()), |audit| audit.add(&lines)).map_err(&fail)?;
                restored.audit += lines.len() as u64;
            }
            ATTACHMENTS => {
                attachment(&mut member, dir)?;
                restored.attachments += 1;
            }
            _ => return Err(member.damaged("成员不属于这种备份")),
        }
        Ok(())
    })
}

fn write_keys(file: &Path, dir: &Path, log: &mut Rewriter, gone: &Gone, restored: &mut Restored) -> Result<List, Fault> {
    archive::read(file, Kind::Keys, &mut |mut member| {
        match member.part {
            KEYS => {
                let mut keys = lines::<WrappedKey>(&mut member)?;
                keys.retain(|key| gone.stays(key));
                restored.keys += log.keys(&keys)?;
            }
            BALLOTS => {
                member.write_to(&dir.join("ballots.db"))?;
                restored.ballots = true;
            }
            _ => {}
        }
        Ok(())
    })
}

/// A name that is a name in every file system and leads nowhere.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 200 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn attachment(member: &mut Member<'_>, dir: &Path) -> Result<(), Fault> {
    let (stream, name) =
        member.name.split_once('/').filter(|(stream, name)| is_plain(stream) && is_plain(name)).ok_or_else(|| member.damaged("名称"))?;
    let folder = dir.join(ATTACHMENTS).join(stream);
    make_dir(&folder)?;
    member.write_to(&folder.join(name))
}

/// Makes a folder that only its owner may enter, with those above it.
fn make_dir(folder: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Fault::io(folder))
}

/// The events of a member, the first of which is `next`.
fn events(member: &mut Member<'_>, next: &mut u64) -> Result<Vec<Envelope>, Fault> {
    let bytes = member.bytes()?;
    let mut rest = bytes.as_slice();
    let mut events = Vec::new();
    while !rest.is_empty() {
        let record = rest.split_first_chunk::<4>().and_then(|(length, tail)| {
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            tail.split_at_checked(length)
        });
        let event = record.and_then(|(record, tail)| {
            rest = tail;
            Envelope::from_canonical(*next, record)
        });
        events.push(event.ok_or_else(|| member.damaged(&format!("第 {next} 个事件不可读")))?);
        *next += 1;
    }
    Ok(events)
}

/// The values of a member, one a line.
fn lines<T: serde::de::DeserializeOwned>(member: &mut Member<'_>) -> Result<Vec<T>, Fault> {
    let bytes = member.bytes()?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|_| member.damaged("有一行不可读"))).collect()
}

/// When a copy was begun, as part of a name: `20261122T033000Z`.
fn stamp(at: Instant) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests;
