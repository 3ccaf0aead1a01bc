//! Making a backup beside a running server: consistent at one event, verified before it gets its name.
//!
//! Events never change, so short reads one after the other up to one event are one moment. Keys do go: they are read after
//! the events, and every erasure up to then is remembered beside them.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::time::Instant;
use event_log::tree::{Frontier, Hash, hex};
use event_log::{Cursor, EventLog, LogError};
use projections::{Still, Turn};

use super::archive::{FORMAT, Kind, Label, List, ViewsThen, Writer};
use super::{ATTACHMENTS, AUDIT, BALLOTS, ERASED, EVENTS, Fault, Held, KEYS, alone, restore};
use crate::audit::copy::Lines;
use crate::persons::{Erased, outlives, used_before};

/// Events, keys or lines read at once.
const CHUNK: usize = 2_000;
/// How often the views are given time to reach the head, and how long each.
const LOOKS: u32 = 50;
const LOOK: Duration = Duration::from_millis(100);

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Data directory: views, reading audit, ballot box.
    pub data: &'a Path,
    /// The folder of photos.
    pub attachments: &'a Path,
    /// The log file.
    pub out: &'a Path,
    /// The keys file.
    pub keys_out: &'a Path,
    /// Whether files that stand there are replaced.
    pub force: bool,
    /// Now.
    pub at: Instant,
    /// A pause after each chunk, so that a server beside it keeps its core.
    pub breath: Duration,
    /// Set to break off.
    pub stop: &'a AtomicBool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// What the log file says of itself.
    pub log: List,
    /// What the keys file says of itself.
    pub keys: List,
    /// Bytes of the log file.
    pub log_bytes: u64,
    /// Bytes of the keys file.
    pub keys_bytes: u64,
}

impl Made {
    /// What both files hold.
    pub fn held(&self) -> Held {
        let attachments = self.log.parts.get(ATTACHMENTS).map_or(0, |part| part.members);
        Held { events: self.log.size, attachments, bytes: self.log_bytes + self.keys_bytes }
    }
}

/// Makes both files, reads them back and gives them their names: first the keys, which then are never older than a log.
///
/// # Errors
/// [`Fault`]; what stood under the names still stands then.
pub async fn make(log: &dyn EventLog, wanted: &Wanted<'_>, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Made, Fault> {
    if wanted.out == wanted.keys_out {
        return Err(Fault::OneFile);
    }
    if let Some(there) = [wanted.out, wanted.keys_out].into_iter().find(|path| path.exists() && !wanted.force) {
        return Err(Fault::Exists(there.to_owned()));
    }
    // One at a time: the copy of the ballot box has one name, so that a killed process leaves no second one for long.
    let _alone = alone(wanted.data, "backup.lock")?;
    let first = log.read_all(&Cursor::default(), 1).await?.events.first().map(event_log::Envelope::leaf).ok_or(Fault::Empty)?;
    let label = |kind| Label {
        format: FORMAT,
        kind,
        program: concat!("xiaoneng ", env!("CARGO_PKG_VERSION")).to_owned(),
        installation: hex(&first),
        made_at: wanted.at,
    };
    let (size, views) = moment(wanted.data, log.head().await?.size).await?;
    let mut walk = Walk { log, wanted, cursor: Cursor::default(), frontier: Frontier::default(), erased: Vec::new() };

    let mut file = Writer::create(wanted.out, label(Kind::Log))?;
    let root = walk.to(size, Some(&mut file), progress).await?;
    audit(&mut file, wanted).await?;
    attachments(&mut file, wanted).await?;
    let (file, log_list) = file.finish(size, hex(&root), views)?;

    let mut keys = Writer::create(wanted.keys_out, label(Kind::Keys))?;
    let head = log.head().await?;
    if walk.to(head.size, None, progress).await? != head.root {
        return Err(LogError::Damaged { seq: head.size, what: "事件与日志头的根不符".to_owned() }.into());
    }
    let erased = std::mem::take(&mut walk.erased);
    write_keys(log, &mut keys, &erased, wanted).await?;
    ballots(&mut keys, wanted.data)?;
    let (keys, keys_list) = keys.finish(head.size, hex(&head.root), None)?;

    // What was written is read again, from the file system, as a restore would.
    let read = restore::check(file.path(), keys.path(), None, false, &|| still_wanted(wanted))?;
    if (&read.log, &read.keys) != (&log_list, &keys_list) {
        return Err(Fault::Different("写入后读回的清单不同".to_owned()));
    }
    let keys_bytes = keys.publish()?;
    let log_bytes = file.publish()?;
    Ok(Made { log: log_list, keys: keys_list, log_bytes, keys_bytes })
}

/// The event up to which the log is taken, with the views as they stand after it. That is one not before `head`, so that
/// whatever was acknowledged before the call is in it; without views that follow, the head itself.
async fn moment(data: &Path, head: u64) -> Result<(u64, Option<ViewsThen>), Fault> {
    for _ in 0..LOOKS {
        let still = match Still::take(data) {
            Ok(Some(still)) => still,
            // A log can be saved whatever becomes of its views.
            Ok(None) | Err(_) => break,
        };
        if still.seq() >= head {
            return Ok(match still.digest() {
                Ok(digest) => (still.seq(), Some(ViewsThen { schema: projections::schema(), digest })),
                Err(_) => (head, None),
            });
        }
        drop(still);
        // Nobody writes them: they will not come.
        if matches!(Turn::take(data), Ok(Some(_))) {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok((head, None))
}

fn still_wanted(wanted: &Wanted<'_>) -> Result<(), Fault> {
    if wanted.stop.load(Ordering::Relaxed) { Err(Fault::Stopped) } else { Ok(()) }
}

async fn breathe(wanted: &Wanted<'_>) -> Result<(), Fault> {
    if !wanted.breath.is_zero() {
        tokio::time::sleep(wanted.breath).await;
    }
    still_wanted(wanted)
}

/// Goes once through the log.
struct Walk<'a> {
    log: &'a dyn EventLog,
    wanted: &'a Wanted<'a>,
    cursor: Cursor,
    frontier: Frontier,
    erased: Vec<Erased>,
}

impl Walk<'_> {
    /// Goes on to event `size`, writes what it passes, and answers the root there.
    async fn to(&mut self, size: u64, mut into: Option<&mut Writer>, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Hash, Fault> {
        while self.frontier.size() < size {
            let left = usize::try_from(size - self.frontier.size()).unwrap_or(CHUNK);
            let batch = self.log.read_all(&self.cursor, left.min(CHUNK)).await?;
            let mut records = Vec::new();
            for event in &batch.events {
                let bytes = event.canonical();
                self.frontier.push(event_log::tree::leaf_hash(&bytes), |_| {});
                self.erased.extend(Erased::of(event)?);
                if into.is_some() {
                    records.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
                    records.extend_from_slice(&bytes);
                }
            }
            let (Some(first), next) = (batch.events.first(), batch.next) else {
                return Err(LogError::Damaged { seq: self.frontier.size() + 1, what: "事件缺失".to_owned() }.into());
            };
            if let Some(file) = into.as_deref_mut() {
                file.add(EVENTS, &format!("{:012}", first.seq), &records)?;
            }
            self.cursor = next;
            progress(self.frontier.size(), size);
            breathe(self.wanted).await?;
        }
        Ok(self.frontier.root())
    }
}

async fn audit(file: &mut Writer, wanted: &Wanted<'_>) -> Result<(), Fault> {
    let path = wanted.data.join("audit.db");
    let fail = Fault::database(&path);
    let Some(lines) = Lines::of(wanted.data).map_err(&fail)? else { return Ok(()) };
    let mut last = 0;
    loop {
        let some = lines.after(last, CHUNK).map_err(&fail)?;
        let (Some(first), Some(end)) = (some.first(), some.last()) else { return Ok(()) };
        last = end.id;
        file.add(AUDIT, &format!("{:012}", first.id), &json_lines(&some))?;
        breathe(wanted).await?;
    }
}

/// A file is there before its event is, so whatever an event names is found now.
async fn attachments(file: &mut Writer, wanted: &Wanted<'_>) -> Result<(), Fault> {
    let folder = wanted.attachments;
    for stream in names(folder)? {
        for name in names(&folder.join(&stream))? {
            file.add_file(ATTACHMENTS, &format!("{stream}/{name}"), &folder.join(&stream).join(&name))?;
            breathe(wanted).await?;
        }
    }
    Ok(())
}

/// What lies in a folder under names that attachments have, in order; nothing when there is no such folder.
fn names(folder: &Path) -> Result<Vec<String>, Fault> {
    let fail = Fault::io(folder);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(&fail)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        // A file that is being written has a point in its name.
        names.extend(entry.map_err(&fail)?.file_name().into_string().ok().filter(|name| restore::is_plain(name)));
    }
    names.sort_unstable();
    Ok(names)
}

async fn write_keys(log: &dyn EventLog, file: &mut Writer, erased: &[Erased], wanted: &Wanted<'_>) -> Result<(), Fault> {
    for some in erased.chunks(CHUNK) {
        file.add(ERASED, &format!("{:012}", some.first().map_or(0, |first| first.seq)), &json_lines(some))?;
    }
    // The event comes first, then its keys go: of those in between none gets into the file.
    let mut gone: HashMap<String, u64> = HashMap::new();
    for one in erased {
        gone.extend(one.cases.iter().map(|case| (case.stream(), one.seq)));
    }
    let mut place = 0;
    loop {
        let some = log.keys_after(place, CHUNK).await?;
        let Some((last, _)) = some.last() else { return Ok(()) };
        place = *last;
        let mut kept = Vec::with_capacity(some.len());
        let mut first = None;
        for (at, key) in some {
            let stays = match gone.get(&key.owner) {
                None => true,
                Some(seq) => outlives(&key, &used_before(&log.read_stream(&key.owner).await?, *seq)),
            };
            if stays {
                first.get_or_insert(at);
                kept.push(key);
            }
        }
        if let Some(first) = first {
            file.add(KEYS, &format!("{first:012}"), &json_lines(&kept))?;
        }
        breathe(wanted).await?;
    }
}

/// Codes and ballots go with the keys, of which one file is kept: two copies of different days would say who voted between.
fn ballots(file: &mut Writer, data: &Path) -> Result<(), Fault> {
    let copy = data.join("ballots.copy");
    let fail = Fault::io(&copy);
    let removed = || match fs::remove_file(&copy) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(fail(error)),
        _ => Ok(()),
    };
    removed()?;
    let added = match crate::ballot_box::copy(data, &copy) {
        Ok(true) => file.add_file(BALLOTS, "ballots.db", &copy),
        Ok(false) => Ok(()),
        Err(error) => Err(Fault::database(&data.join("ballots.db"))(error)),
    };
    removed()?;
    added
}

fn json_lines<T: serde::Serialize>(values: &[T]) -> Vec<u8> {
    let mut text = Vec::new();
    for value in values {
        // Values of this module have string keys and go to memory: nothing can fail.
        if serde_json::to_writer(&mut text, value).is_ok() {
            text.push(b'\n');
        }
    }
    text
}
