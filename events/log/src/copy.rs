//! Copying a log from one backend to another: the same events in the same order with the same times, hence the same root.

use std::collections::HashSet;

use async_trait::async_trait;

use crate::sqlite::import::{Imported, Item};
use crate::tree::TreeHead;
use crate::{Cursor, Envelope, EventLog, LogError, Mark, SqliteLog, WrappedKey};

/// Events of one step.
const STEP: usize = 1024;

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
    /// One of the logs could not be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A log that can be copied from and to.
#[async_trait]
pub trait Copied: EventLog {
    /// Takes over the next events as they stand elsewhere, with the keys of the streams that begin among them. What is there
    /// already is passed over.
    ///
    /// # Errors
    /// [`LogError::Damaged`] when another event stands at the place of one of these.
    async fn import(&self, events: Vec<Envelope>, keys: Vec<WrappedKey>) -> Result<(), LogError>;
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

/// Copies what the target does not have yet; `progress` is told (events done, events in all). A copy that was broken off is gone
/// on with. Nobody may append to either log meanwhile.
///
/// # Errors
/// [`CopyError::OtherLog`] before anything is written, [`CopyError::Differs`] after all is.
pub async fn copy(from: &dyn Copied, to: &dyn Copied, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<TreeHead, CopyError> {
    let source = from.head().await?;
    let target = to.head().await?;
    let begun = source.size.min(target.size);
    let at_begun = Mark { size: begun, root: from.root_at(begun).await? };
    if at_begun != Mark::from(&target) {
        return Err(CopyError::OtherLog { target: Mark::from(&target), source_mark: at_begun });
    }
    // A stream whose first event was copied has its keys: they are written before it or with it.
    let mut cursor = Cursor::after_seq(begun);
    let mut done = begun;
    while done < source.size {
        progress(done, source.size);
        let batch = from.read_all(&cursor, STEP).await?;
        let begins: HashSet<&str> = batch.events.iter().filter(|event| event.revision == 0).map(|event| event.stream.as_str()).collect();
        let mut owners: Vec<&str> = begins.into_iter().collect();
        owners.sort_unstable();
        let keys = from.keys_of_all(&owners).await?;
        done += batch.events.len() as u64;
        cursor = batch.next;
        to.import(batch.events, keys).await?;
    }
    let (from, to) = (Mark::from(&from.head().await?), Mark::from(&to.head().await?));
    if from != to {
        return Err(CopyError::Differs { from, to });
    }
    progress(source.size, source.size);
    Ok(source)
}
