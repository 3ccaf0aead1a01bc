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
use crate::turn::Turn;
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

/// How much is done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Cases kept in memory (some kilobytes each) before their rows are written.
    held: usize,
    /// Events read at once.
    stretch: usize,
    /// Page cache of each file, in KiB.
    cache: u32,
}

impl Pace {
    /// As fast as it goes, for a program that does nothing else: half a gigabyte of memory and more.
    pub const FAST: Self = Self { held: 40_000, stretch: 2_000, cache: 98_304 };
    /// With a third of that memory, beside a server in the same process; it takes about half as long again.
    pub const LEAN: Self = Self { held: 2_000, stretch: 500, cache: 8_192 };
}

/// Makes `views.db` and `scores.db` anew, with `with_search` also `search.db`, and puts them in the place of those in
/// `dir`. Nobody may have them open. `progress` is told (events done, events in all).
///
/// # Errors
/// [`ViewError::Taken`] while another process writes them; the first event or file that fails. The old files stay then.
pub async fn rebuild(
    dir: &Path,
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    with_search: bool,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Rebuilt, ViewError> {
    let turn = Turn::wait(dir).await?;
    make(&turn, dir, log, vault, with_search, Pace::FAST, progress).await
}

/// As [`rebuild`], without search and at a pace of one's own: what was restored is read once more.
///
/// # Errors
/// As [`rebuild`].
pub async fn replay(
    dir: &Path,
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    pace: Pace,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Rebuilt, ViewError> {
    let turn = Turn::wait(dir).await?;
    make(&turn, dir, log, vault, false, pace, progress).await
}

/// As [`rebuild`], for whoever has the turn.
pub(crate) async fn make(
    _turn: &Turn,
    dir: &Path,
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    with_search: bool,
    pace: Pace,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Rebuilt, ViewError> {
    let started = Instant::now();
    let aside = dir.join("rebuilding");
    if aside.exists() {
        std::fs::remove_dir_all(&aside)?;
    }
    std::fs::create_dir_all(&aside)?;
    let size = log.head().await?.size;
    let writer = fill(&aside, log.clone(), vault.clone(), size, pace, progress).await?;
    let events = writer.standing.seq;
    writer.finish()?;
    let mut kinds = vec![FileKind::Scores, FileKind::Views];
    if with_search {
        let mut search = Indexer::open(&aside, size)?;
        let views = Views::open(&aside)?;
        while search.step(&*log, &vault, &views, events, pace.stretch).await? {}
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
    pace: Pace,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Writer, ViewError> {
    let mut writer = Writer::create(aside, vault.clone(), pace.cache)?;
    // One thread reads, opens and decodes ahead while this one folds and writes.
    let (give, take) = sync_channel::<Result<Stretch, ViewError>>(3);
    let mut place = writer.standing.clone();
    let handle = tokio::runtime::Handle::current();
    let reader = std::thread::Builder::new().name("rebuild-read".to_owned()).spawn(move || {
        handle.block_on(async move {
            loop {
                let stretch = opened::read(&*log, &vault, &place, pace.stretch).await;
                let more = stretch.as_ref().is_ok_and(|stretch| !stretch.at_head && stretch.poison.is_none());
                if let Ok(stretch) = &stretch {
                    place = stretch.end.clone();
                }
                if give.send(stretch).is_err() || !more {
                    break;
                }
            }
        });
    })?;
    let outcome = (|| {
        let mut findable = false;
        let mut end = writer.standing.clone();
        for stretch in take {
            let stretch = stretch?;
            for event in &stretch.events {
                writer.apply(event).map_err(|error| event_error(event.seq, event.event.kind(), error))?;
            }
            if let Some(poison) = stretch.poison {
                return Err(event_error(poison.seq, &poison.kind, poison.error));
            }
            end = stretch.end;
            if writer.held() > pace.held {
                writer.flush(&end)?;
                if !findable {
                    writer.lookups()?;
                    findable = true;
                }
            }
            progress(end.seq, size.max(end.seq));
        }
        writer.flush(&end)?;
        writer.settle()?;
        writer.index()?;
        Ok(())
    })();
    // The receiver is gone, so the reader ends by itself; a panic of it shows as a log that ended early.
    if reader.join().is_err() {
        return Err(ViewError::Io("reading thread".to_owned()));
    }
    outcome.map(|()| writer)
}

fn event_error(seq: u64, kind: &str, error: ViewError) -> ViewError {
    ViewError::At { seq, kind: kind.to_owned(), error: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use domain::case::ClockKind;
    use domain::case::event::{BreachWithdrawn, WithdrawReason};
    use domain::unit::{UnitEvent, UnitMoved};

    use super::*;
    use crate::digest;
    use crate::test_world::*;

    #[tokio::test]
    async fn a_rebuild_that_writes_now_and_then_equals_one_that_writes_at_the_end() {
        let world = World::new();
        world.city().await;
        for n in 1..=30 {
            world.given_to(n, ["T1", "T2", "L"][n as usize % 3]).await;
        }
        for n in 1..=30 {
            world.case(case(n), [world.breach(ClockKind::Handle, ["T1", "T2", "L"][n as usize % 3])]).await;
        }
        let moved = UnitMoved { parent: Some(unit("L")), since: domain::time::legal_day(at(START)) };
        world.append("unit-T2", [UnitEvent::from(moved)]).await;
        for n in (1..=30).step_by(2) {
            let withdrawn = BreachWithdrawn { clock: ClockKind::Handle, round: 1, reason: WithdrawReason::AnsweredInTime };
            world.case(case(n), [withdrawn.into()]).await;
            world.finish(n, n % 4 == 1).await;
        }
        let mut digests = Vec::new();
        for pace in [Pace::FAST, Pace { held: 4, stretch: 7, cache: 64 }, Pace { held: 0, stretch: 1, cache: 64 }] {
            let dir = tempfile::tempdir().unwrap();
            let writer = fill(dir.path(), world.log.clone(), world.vault.clone(), 0, pace, &|_, _| {}).await.unwrap();
            writer.finish().unwrap();
            digests.push(digest(dir.path()).unwrap());
        }
        assert_eq!(digests, vec![digests[0].clone(); 3]);
    }
}
