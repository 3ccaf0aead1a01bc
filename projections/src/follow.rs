//! The threads that follow the log: what one batch is, and what happens when a file or an event stands in the way.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::events::EventError;
use event_log::{Cursor, EventLog, LogError};
use tokio::sync::watch;
use uuid::Uuid;
use vault::Vault;

use crate::batch::Writer;
use crate::decode::{Decoded, decode};
use crate::engine::{PAUSE, Shared};
use crate::files::{Checkpoint, FileKind};
use crate::opened::{self, Poison};
use crate::turn::{LOOK, Turn};
use crate::views::search::write::Indexer;
use crate::{ViewError, Views};

/// Events in one transaction at most.
const BATCH: usize = 2_000;
/// Between two batches at the head of the log: a rush of events becomes few large transactions instead of many small
/// ones, and the processors stay with those who file. A single act after a quiet moment is taken in at once.
const BREATH: Duration = Duration::from_millis(10);
/// As [`BREATH`] for search, for which nobody waits.
const SEARCH_BREATH: Duration = Duration::from_millis(200);
/// In a rush search rests nine times as long as its batch took: about a tenth of one core, so that whoever acts is
/// answered first. The longest such rest:
const LONGEST_REST: Duration = Duration::from_millis(500);
/// The views rest four times as long as their batch took while nobody waits for them, as citizens who file do not; whoever
/// acted at a desk does, before the next page, and ends the rest. The longest one:
const VIEWS_REST: Duration = Duration::from_millis(200);
/// Behind by more than this nobody gives way any more: views are never older than a moment, whatever the rush, and whoever
/// comes from far behind catches up at full speed.
const NEAR: u64 = 10_000;
const SEARCH_NEAR: u64 = 200_000;
/// At the head of the log it is looked at so often, noticed or not: a log that cannot be reached notices nothing, and nobody
/// would know that the views are getting old.
const CHECK: Duration = Duration::from_secs(2);
/// As [`PAUSE`], for a file that cannot be written now: a full disk is not made emptier by asking.
const LONG_PAUSE: Duration = Duration::from_secs(2);
/// Events behind the views that are looked at before anything is served. More than a start ever finds unless the views
/// are far behind; they are found one by one then, and stop the views.
const LOOKED_AHEAD: u64 = 50_000;

/// What the threads work on.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) views: Views,
    pub(crate) dir: PathBuf,
}

/// Refuses events of a newer program before anything is served.
pub(crate) async fn readable(log: &dyn EventLog, mut cursor: Cursor) -> Result<(), ViewError> {
    let mut looked = 0;
    while looked < LOOKED_AHEAD {
        let batch = log.read_all(&cursor, BATCH).await?;
        for envelope in &batch.events {
            if let Err(error @ (ViewError::Event(EventError::Unknown { .. }) | ViewError::UnknownStream(_))) = decode(envelope) {
                return Err(ViewError::At { seq: envelope.seq, kind: envelope.kind.clone(), error: Box::new(error) });
            }
        }
        looked += batch.events.len() as u64;
        cursor = batch.next;
        if batch.at_head {
            break;
        }
    }
    Ok(())
}

/// Reads along while another process writes, and goes on itself when that one has ended.
pub(crate) async fn along(shared: Arc<Shared>, ground: Ground) {
    let mut stop = shared.stop.subscribe();
    while !*stop.borrow() {
        let rest = match take_over_or_look(&shared, &ground).await {
            Ok(true) => return,
            Ok(false) => LOOK,
            Err(error) => {
                let passing = error.is_passing();
                shared.failed(FileKind::Views.name(), None, error);
                if !passing {
                    return;
                }
                LONG_PAUSE
            }
        };
        pause(&mut stop, rest).await;
    }
}

/// True when the turn was had, and the work is done.
async fn take_over_or_look(shared: &Arc<Shared>, ground: &Ground) -> Result<bool, ViewError> {
    let taken = if let Some(turn) = Turn::take(&ground.dir)? {
        let head = ground.log.head().await?;
        let (writer, indexer) = (ground.writer()?, Indexer::open(&ground.dir, head.size)?);
        announce(shared, ground, &writer);
        tokio::join!(follow(shared.clone(), ground.clone(), writer), index(shared.clone(), ground.clone(), indexer));
        drop(turn);
        true
    } else {
        look(shared, &ground.views)?;
        shared.mended(FileKind::Views.name());
        false
    };
    Ok(taken)
}

/// Tells readers where a writer stands that was just opened.
fn announce(shared: &Shared, ground: &Ground, writer: &Writer) {
    ground.views.set_reference(Arc::new(writer.reference.clone()));
    shared.position.send_replace(writer.standing.seq);
}

/// Takes notice of what another process has written meanwhile.
fn look(shared: &Shared, views: &Views) -> Result<(), ViewError> {
    let position = views.position()?;
    if position > *shared.position.borrow() {
        // Read after the position, so that it is never older.
        views.refresh_reference()?;
        shared.position.send_replace(position);
    }
    // There is none before the other one has begun it.
    if let Some(at) = views.search_position() {
        shared.search.send_if_modified(|known| std::mem::replace(&mut known.0, at) != at);
    }
    Ok(())
}

impl Ground {
    fn writer(&self) -> Result<Writer, ViewError> {
        Writer::open(&self.dir, self.vault.clone())
    }
}

/// Why a file no longer follows, with the event that stands in the way.
type Stopped = (Option<(u64, Uuid, String)>, ViewError);

pub(crate) async fn follow(shared: Arc<Shared>, ground: Ground, mut writer: Writer) {
    let file = FileKind::Views.name();
    while let Err((event, error)) = follow_on(&shared, &ground, &mut writer).await {
        let passing = error.is_passing();
        shared.failed(file, event, error);
        if !passing {
            return;
        }
        // What is in memory may be ahead of the file now: it is read again, as after a crash.
        let Some(again) = again(&shared, file, || ground.writer()).await else { return };
        writer = again;
        // What failed may have been committed before it did.
        announce(&shared, &ground, &writer);
    }
}

/// Opens a file again and again until it can be; none when the work is to stop, or waiting does not help.
async fn again<T>(shared: &Shared, file: &'static str, open: impl Fn() -> Result<T, ViewError>) -> Option<T> {
    let mut stop = shared.stop.subscribe();
    loop {
        pause(&mut stop, LONG_PAUSE).await;
        if *stop.borrow() {
            return None;
        }
        match open() {
            Ok(opened) => return Some(opened),
            Err(error) if error.is_passing() => {}
            Err(error) => {
                shared.failed(file, None, error);
                return None;
            }
        }
    }
}

/// Follows the log until the work is to stop or something fails.
async fn follow_on(shared: &Shared, ground: &Ground, writer: &mut Writer) -> Result<(), Stopped> {
    let file = FileKind::Views.name();
    let mut noticed = ground.log.watch();
    let mut stop = shared.stop.subscribe();
    let mut wanted = shared.wanted.subscribe();
    while !*stop.borrow() {
        let head = *noticed.borrow_and_update();
        shared.behind(head);
        let begun = Instant::now();
        let stretch = match opened::read(&*ground.log, &ground.vault, &writer.standing, BATCH).await {
            Ok(stretch) => {
                shared.lag().found();
                stretch
            }
            Err(ViewError::Log(LogError::Unavailable(_) | LogError::Overloaded)) => {
                shared.lag().lost(Instant::now());
                rest(&mut stop, std::future::pending()).await;
                continue;
            }
            Err(error) => return Err((None, error)),
        };
        if stretch.end.seq > writer.standing.seq {
            let (changed, poison) = take_in(&*ground.log, writer, stretch.events, &stretch.end).await.map_err(|error| (None, error))?;
            shared.mended(file);
            if changed {
                ground.views.set_reference(Arc::new(writer.reference.clone()));
            }
            shared.position.send_replace(writer.standing.seq);
            if let Some(poison) = poison {
                return Err(poison.into());
            }
            if head.saturating_sub(writer.standing.seq) < NEAR && stretch.poison.is_none() {
                let taken = begun.elapsed();
                pause(&mut stop, BREATH).await;
                let more = (taken * 4).min(VIEWS_REST).saturating_sub(BREATH);
                let standing = writer.standing.seq;
                tokio::select! {
                    _ = wanted.wait_for(|seq| *seq > standing) => {}
                    () = pause(&mut stop, more) => {}
                }
            }
        } else if stretch.poison.is_none() {
            let tidy = writer.tidy().map_err(|error| (None, error))?;
            shared.mended(file);
            if tidy {
                tokio::select! {
                    changed = noticed.changed() => if changed.is_err() { rest(&mut stop, std::future::pending()).await },
                    () = tokio::time::sleep(CHECK) => {}
                    _ = stop.changed() => {}
                }
            } else {
                rest(&mut stop, async {
                    if noticed.changed().await.is_err() {
                        std::future::pending().await
                    }
                })
                .await
            }
        }
        if let Some(poison) = stretch.poison {
            return Err(poison.into());
        }
    }
    Ok(())
}

impl From<Poison> for Stopped {
    fn from(Poison { seq, event, kind, error }: Poison) -> Self {
        (Some((seq, event, kind)), error)
    }
}

/// Applies the events and writes; an event that cannot be applied ends the batch before it.
async fn take_in(
    log: &dyn EventLog,
    writer: &mut Writer,
    events: Vec<Decoded>,
    end: &Checkpoint,
) -> Result<(bool, Option<Poison>), ViewError> {
    let mut last: Option<(u64, i64)> = None;
    for event in &events {
        if let Err(error) = writer.apply(event) {
            let poison = Poison { seq: event.seq, event: event.id, kind: event.event.kind().to_owned(), error };
            let Some((seq, recorded_at)) = last else { return Ok((false, Some(poison))) };
            let count = usize::try_from(seq - writer.standing.seq).unwrap_or_default();
            let cursor = opened::cursor_after(log, &writer.standing.cursor, count).await?;
            let changed = writer.flush(&Checkpoint { cursor, seq, recorded_at })?;
            return Ok((changed, Some(poison)));
        }
        last = Some((event.seq, domain::time::micros(event.recorded_at)));
    }
    Ok((writer.flush(end)?, None))
}

/// A pause that ends early when the work is to stop.
async fn pause(stop: &mut watch::Receiver<bool>, time: Duration) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        _ = stop.changed() => {}
    }
}

/// A pause that ends early when something happens or the work is to stop.
async fn rest(stop: &mut watch::Receiver<bool>, or: impl Future<Output = ()>) {
    tokio::select! {
        () = tokio::time::sleep(PAUSE) => {}
        () = or => {}
        _ = stop.changed() => {}
    }
}

pub(crate) async fn index(shared: Arc<Shared>, ground: Ground, mut indexer: Indexer) {
    let file = FileKind::Search.name();
    while let Err(error) = index_on(&shared, &ground, &mut indexer).await {
        let passing = error.is_passing();
        shared.failed(file, None, error);
        if !passing {
            return;
        }
        // No search reaches beyond the views, however little of the log can be seen now.
        let size = *shared.position.borrow();
        let Some(again) = again(&shared, file, || Indexer::open(&ground.dir, size)).await else { return };
        indexer = again;
    }
}

async fn index_on(shared: &Shared, ground: &Ground, indexer: &mut Indexer) -> Result<(), ViewError> {
    let mut position = shared.position.subscribe();
    let mut stop = shared.stop.subscribe();
    while !*stop.borrow() {
        let upto = *position.borrow_and_update();
        let begun = Instant::now();
        match indexer.step(&*ground.log, &ground.vault, &ground.views, upto, BATCH / 4).await {
            Ok(more) => {
                shared.mended(FileKind::Search.name());
                if more {
                    let skipped = indexer.skipped().unwrap_or_default();
                    shared.search.send_replace((indexer.standing.seq, skipped));
                    let behind = upto.saturating_sub(indexer.standing.seq);
                    if behind == 0 {
                        pause(&mut stop, SEARCH_BREATH).await;
                    } else if behind < SEARCH_NEAR {
                        pause(&mut stop, (begun.elapsed() * 9).min(LONGEST_REST)).await;
                    }
                } else if indexer.is_scrubbing() {
                    rest(&mut stop, std::future::pending()).await;
                } else {
                    tokio::select! {
                        _ = position.changed() => {}
                        _ = stop.changed() => {}
                    }
                }
            }
            Err(ViewError::Log(LogError::Unavailable(_) | LogError::Overloaded)) => rest(&mut stop, std::future::pending()).await,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
