//! Copying a log from one backend to another: the same events in the same order with the same times, hence the same root.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use async_trait::async_trait;

use crate::sqlite::import::{Imported, Item};
use crate::tree::TreeHead;
use crate::{Cursor, Envelope, EventLog, LogError, Mark, SqliteLog, WrappedKey};

/// Events, and keys, of one step.
const STEP: usize = 1024;
/// Rounds of comparing the keys: one that puts and destroys, one that finds nothing more to do, and one to spare.
const ROUNDS: usize = 3;

/// Why a log was not copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The target holds events that are not a beginning of the source.
    #[error("目标日志已有别的内容（目标为 {target}，来源在同一位置为 {source_mark}），未作任何改动。请换一个空的目标")]
    OtherLog {
        /// What the target holds.
        target: Mark,
        /// What the source holds at that size, or all that it holds when it is shorter.
        source_mark: Mark,
    },
    /// The roots differ after copying.
    #[error("复制后两端的根不一致（来源 {from}，目标 {to}）。复制期间可能有人写入；请停用两端后再运行一次")]
    Differs {
        /// The source.
        from: Mark,
        /// The target.
        to: Mark,
    },
    /// The source has not one key and the target has some.
    #[error(
        "来源日志没有一个密钥，而目标有：来源的密钥可能已经丢失，未销毁目标的任何密钥。请核对 --from 与 --to，先恢复来源的密钥；确认来源的密钥已全部依法销毁的，请复制到一个空的目标"
    )]
    SourceWithoutKeys,
    /// The keys of the two were still not the same after several comparisons.
    #[error("复制后两端的密钥不一致，目标还不能使用。复制期间可能有人写入；请停用两端后再运行一次")]
    KeysDiffer,
    /// One of the logs could not be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A log that can be copied from and to.
#[async_trait]
pub trait Copied: EventLog {
    /// Takes over the next events as they stand elsewhere, and keys: of streams that begin among these events, or that are there
    /// already. What is there is passed over; when this returns, all of it is.
    ///
    /// # Errors
    /// [`LogError::Damaged`] when another event stands at the place of one of these.
    async fn import(&self, events: Vec<Envelope>, keys: Vec<WrappedKey>) -> Result<(), LogError>;

    /// [`EventLog::keys_after`], on every backend that can be copied. Destroying keys does not move the others.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn list_keys(&self, place: u64, limit: usize) -> Result<Vec<(u64, WrappedKey)>, LogError> {
        self.keys_after(place, limit).await
    }

    /// Returns when what is read here is all that there is, as of a moment ago: a key that has not come yet and a key that was
    /// destroyed look the same.
    ///
    /// # Errors
    /// When that cannot be known.
    async fn settled(&self) -> Result<(), LogError> {
        Ok(())
    }
}

#[async_trait]
impl Copied for SqliteLog {
    async fn import(&self, events: Vec<Envelope>, keys: Vec<WrappedKey>) -> Result<(), LogError> {
        let events = events.into_iter().map(|event| Item::Event(Imported::from(event)));
        let keys = keys.into_iter().map(Item::Key);
        self.import_items(events.chain(keys).collect(), None).await?;
        Ok(())
    }
}

/// What a copy did. The target has the events and the keys of the source, and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyDone {
    /// Of both logs.
    pub head: TreeHead,
    /// Keys that were put into the target.
    pub keys_put: u64,
    /// Keys that were destroyed in the target, because the source has them no longer.
    pub keys_destroyed: u64,
}

/// Copies what the target does not have yet; `progress` is told (events done, events in all). A copy that was broken off, or made
/// of a log that has gone on since, is gone on with: the keys of all owners are compared each time, because they lie outside of
/// the tree, come with later events too, and are destroyed. Nobody may append to either log meanwhile.
///
/// # Errors
/// [`CopyError::OtherLog`] before anything is written; [`CopyError::SourceWithoutKeys`] when the events are copied and before a key
/// is destroyed; [`CopyError::Differs`] and [`CopyError::KeysDiffer`] after all is.
pub async fn copy(from: &dyn Copied, to: &dyn Copied, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<CopyDone, CopyError> {
    from.settled().await?;
    to.settled().await?;
    let source = from.head().await?;
    let target = to.head().await?;
    let begun = source.size.min(target.size);
    let at_begun = Mark { size: begun, root: from.root_at(begun).await? };
    if at_begun != Mark::from(&target) {
        return Err(CopyError::OtherLog { target: Mark::from(&target), source_mark: at_begun });
    }
    // Keys go before the events that they open, or with them, so that a copy that is broken off can be read as far as it came.
    let mut cursor = Cursor::after_seq(begun);
    let mut done = begun;
    let mut changed = Changed::default();
    while done < source.size {
        progress(done, source.size);
        let batch = from.read_all(&cursor, STEP).await?;
        let begins: HashSet<&str> = batch.events.iter().filter(|event| event.revision == 0).map(|event| event.stream.as_str()).collect();
        let mut owners: Vec<&str> = begins.into_iter().collect();
        owners.sort_unstable();
        let keys = missing(to, from.keys_of_all(&owners).await?).await?;
        changed.put += keys.len() as u64;
        done += batch.events.len() as u64;
        cursor = batch.next;
        to.import(batch.events, keys).await?;
    }
    // Before keys are destroyed in the target: it is what was copied here, and nothing else has been appended to it.
    let (now, reached) = (Mark::from(&from.head().await?), Mark::from(&to.head().await?));
    if reached.size != done || from.root_at(done).await? != reached.root {
        return Err(CopyError::Differs { from: now, to: reached });
    }
    changed.add(keep_same_keys(from, to, reached).await?);
    let head = to.head().await?;
    let (from, to) = (Mark::from(&from.head().await?), Mark::from(&head));
    if from != to {
        return Err(CopyError::Differs { from, to });
    }
    progress(head.size, head.size);
    Ok(CopyDone { head, keys_put: changed.put, keys_destroyed: changed.destroyed })
}

/// Keys put into the target and destroyed there.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Changed {
    put: u64,
    destroyed: u64,
}

impl Changed {
    fn add(&mut self, other: Self) {
        self.put += other.put;
        self.destroyed += other.destroyed;
    }
}

/// Gives the target, which stands at `reached`, the keys of the source and no others.
async fn keep_same_keys(from: &dyn Copied, to: &dyn Copied, reached: Mark) -> Result<Changed, CopyError> {
    // Rather a log that lost its keys, or the two ends exchanged, than everybody erased.
    if from.list_keys(0, 1).await?.is_empty() && !to.list_keys(0, 1).await?.is_empty() {
        return Err(CopyError::SourceWithoutKeys);
    }
    let mut all = Changed::default();
    for _ in 0..ROUNDS {
        from.settled().await?;
        to.settled().await?;
        // In this order: destroying takes all keys of a subject, also those that it got afterwards.
        let round = Changed { destroyed: destroy_others(from, to, reached).await?, put: put_missing(from, to).await? };
        if round == Changed::default() {
            return Ok(all);
        }
        all.add(round);
    }
    Err(CopyError::KeysDiffer)
}

/// Destroys every key of the target that the source does not have: it was destroyed there.
async fn destroy_others(from: &dyn Copied, to: &dyn Copied, reached: Mark) -> Result<u64, CopyError> {
    let (mut place, mut destroyed) = (0, 0);
    loop {
        let page = to.list_keys(place, STEP).await?;
        let Some((last, _)) = page.last() else { return Ok(destroyed) };
        place = *last;
        let others = missing(from, page.into_iter().map(|(_, key)| key).collect()).await?;
        if others.is_empty() {
            continue;
        }
        // A key of what somebody appends to the target right now is none that the source has lost.
        let now = Mark::from(&to.head().await?);
        if now != reached {
            return Err(CopyError::Differs { from: Mark::from(&from.head().await?), to: now });
        }
        let mut subjects: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for key in others {
            subjects.entry(key.owner).or_default().insert(key.subject);
        }
        for (owner, subjects) in subjects {
            destroyed += to.delete_keys(&owner, &subjects.into_iter().collect::<Vec<_>>()).await?;
        }
    }
}

/// Puts every key of the source that the target does not have.
async fn put_missing(from: &dyn Copied, to: &dyn Copied) -> Result<u64, CopyError> {
    let (mut place, mut put) = (0, 0);
    loop {
        let page = from.list_keys(place, STEP).await?;
        let Some((last, _)) = page.last() else { return Ok(put) };
        place = *last;
        let keys = missing(to, page.into_iter().map(|(_, key)| key).collect()).await?;
        if !keys.is_empty() {
            put += keys.len() as u64;
            to.import(Vec::new(), keys).await?;
        }
    }
}

/// Those of `keys` that a log does not have just so, in their order.
pub(crate) async fn missing<L: EventLog + ?Sized>(log: &L, mut keys: Vec<WrappedKey>) -> Result<Vec<WrappedKey>, LogError> {
    let owners: BTreeSet<&str> = keys.iter().map(|key| key.owner.as_str()).collect();
    let there = log.keys_of_all(&owners.into_iter().collect::<Vec<_>>()).await?;
    let there: HashMap<(&str, [u8; 16]), &WrappedKey> = there.iter().map(|key| ((key.owner.as_str(), key.id), key)).collect();
    keys.retain(|key| there.get(&(key.owner.as_str(), key.id)) != Some(&key));
    Ok(keys)
}
