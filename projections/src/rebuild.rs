//! Making the views anew from the whole log, beside the old ones, and swapping.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use event_log::EventLog;
use vault::Vault;

use crate::batch::Writer;
use crate::files::{self, FileKind};
use crate::opened::{self, Stretch};
use crate::views::search::write::Indexer;
use crate::{ViewError, Views};

/// What a rebuild did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rebuilt {
    /// Events taken in.
    pub events: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Cases kept in memory (about two kilobytes each) before their rows are written.
const HELD: usize = 40_000;
/// Events read at once.
const STRETCH: usize = 2_000;

/// Makes `views.db` and `scores.db` anew, with `with_search` also `search.db`, and puts them in the place of those in
/// `dir`. Nobody may have them open. `progress` is told (events done, events in all).
///
/// # Errors
/// The first event or file that fails; the old files stay then.
pub async fn rebuild(
    dir: &Path,
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    with_search: bool,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Rebuilt, ViewError> {
    let started = Instant::now();
    let aside = dir.join("rebuilding");
    if aside.exists() {
        std::fs::remove_dir_all(&aside)?;
    }
    std::fs::create_dir_all(&aside)?;
    let size = log.head().await?.size;
    let writer = fill(&aside, log.clone(), vault.clone(), size, progress).await?;
    let events = writer.standing.seq;
    writer.finish()?;
    let mut kinds = vec![FileKind::Scores, FileKind::Views];
    if with_search {
        let mut search = Indexer::open(&aside, size)?;
        let views = Views::open(&aside)?;
        while search.step(&*log, &vault, &views, events, STRETCH).await? {}
        search.finish()?;
        kinds.push(FileKind::Search);
    }
    for kind in kinds {
        files::remove(&kind.path(dir))?;
        std::fs::rename(kind.path(&aside), kind.path(dir))?;
    }
    std::fs::remove_dir_all(&aside)?;
    std::fs::File::open(dir)?.sync_all()?;
    Ok(Rebuilt { events, seconds: started.elapsed().as_secs_f64() })
}

async fn fill(
    aside: &Path,
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    size: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Writer, ViewError> {
    let mut writer = Writer::create(aside, vault.clone())?;
    // One thread reads, opens and decodes ahead while this one folds and writes.
    let (give, take) = sync_channel::<Result<Stretch, ViewError>>(3);
    let mut at = writer.standing.clone();
    let handle = tokio::runtime::Handle::current();
    let reader = std::thread::Builder::new().name("rebuild-read".to_owned()).spawn(move || {
        handle.block_on(async move {
            loop {
                let stretch = opened::read(&*log, &vault, &at, STRETCH).await;
                let more = stretch.as_ref().is_ok_and(|stretch| !stretch.at_head && stretch.poison.is_none());
                if let Ok(stretch) = &stretch {
                    at = stretch.end.clone();
                }
                if give.send(stretch).is_err() || !more {
                    break;
                }
            }
        });
    })?;
    let outcome = (|| {
        let mut indexed = false;
        let mut end = writer.standing.clone();
        for stretch in take {
            let stretch = stretch?;
            for event in &stretch.events {
                writer.apply(event)?;
            }
            if let Some(poison) = stretch.poison {
                return Err(poison.error);
            }
            end = stretch.end;
            if writer.held() > HELD {
                writer.flush(&end)?;
                if !indexed {
                    writer.index()?;
                    indexed = true;
                }
            }
            progress(end.seq, size.max(end.seq));
        }
        writer.flush(&end)?;
        writer.index()?;
        Ok(())
    })();
    // The receiver is gone, so the reader ends by itself; a panic of it shows as a log that ended early.
    if reader.join().is_err() {
        return Err(ViewError::Io("reading thread".to_owned()));
    }
    outcome.map(|()| writer)
}
