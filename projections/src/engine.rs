//! Following the log: one thread for `views.db` and `scores.db`, a slower one for `search.db`.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use event_log::{EventLog, LogError};
use tokio::sync::watch;
use uuid::Uuid;
use vault::Vault;

use crate::batch::Writer;
use crate::files::{Checkpoint, FileKind};
use crate::lag::Lag;
use crate::opened::{self, Poison};
use crate::rebuild::make;
use crate::turn::{LOOK, Turn};
use crate::views::search::write::Indexer;
use crate::{ViewError, Views};

/// Events in one transaction at most.
const BATCH: usize = 2_000;
/// Between two batches at the head of the log: a rush of events becomes few large transactions instead of many small
/// ones, and the processors stay with those who file. A single act after a quiet moment is taken in at once.
const BREATH: Duration = Duration::from_millis(10);
/// The same for search, for which nobody waits.
const SEARCH_BREATH: Duration = Duration::from_millis(200);
/// In a rush the views rest as long as their batch took, and search three times as long: half and a quarter of one core at
/// most, so that whoever files is answered first. The longest such rest:
const LONGEST_REST: Duration = Duration::from_millis(250);
/// Behind by more than this nobody gives way any more: views are never older than a moment, whatever the rush, and whoever
/// comes from far behind catches up at full speed.
const NEAR: u64 = 10_000;
const SEARCH_NEAR: u64 = 200_000;
/// At the head of the log it is looked at so often, noticed or not: a log that cannot be reached notices nothing, and nobody
/// would know that the views are getting old.
const CHECK: Duration = Duration::from_secs(2);
/// How long to wait before trying a log that cannot be read now.
const PAUSE: Duration = Duration::from_millis(500);

/// Looks for files that another process is making: a minute.
const FIRST_LOOKS: u32 = 2_400;

/// What stopped a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The file that no longer follows: `views.db` (with it `scores.db`) or `search.db`.
    pub file: &'static str,
    /// The event that could not be taken in: `seq`, id and kind; none when it was not about one event.
    pub event: Option<(u64, Uuid, String)>,
    /// Why.
    pub error: ViewError,
}

/// How the views do.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// `views.db` and `scores.db` stand here.
    pub position: u64,
    /// `search.db` stands here.
    pub search_position: u64,
    /// Events that search left out.
    pub search_skipped: u64,
    /// The highest `seq` noticed in the log.
    pub log: u64,
    /// How old the views are: since when the log has held something that `views.db` does not, or cannot be read.
    pub behind: Duration,
    /// What stopped; empty when all is well.
    pub failures: Vec<Failure>,
}

impl Health {
    /// Nothing stopped.
    pub fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

struct Shared {
    position: watch::Sender<u64>,
    search: watch::Sender<(u64, u64)>,
    failures: Mutex<Vec<Failure>>,
    lag: Mutex<Lag>,
    stop: watch::Sender<bool>,
}

impl Shared {
    fn new(position: u64, search: (u64, u64)) -> Arc<Self> {
        Arc::new(Self {
            position: watch::Sender::new(position),
            search: watch::Sender::new(search),
            failures: Mutex::default(),
            lag: Mutex::default(),
            stop: watch::Sender::new(false),
        })
    }

    /// How old the views are, when the log is known to reach up to `head`.
    fn behind(&self, head: u64) -> Duration {
        let position = *self.position.borrow();
        self.lag().age(head, position, Instant::now())
    }

    fn lag(&self) -> MutexGuard<'_, Lag> {
        // Nothing can be half done in it.
        self.lag.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, file: &'static str, event: Option<(u64, Uuid, String)>, error: ViewError) {
        tracing::error!(file, seq = event.as_ref().map(|event| event.0), kind = event.as_ref().map(|event| event.2.as_str()), %error, "a view stopped");
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(Failure { file, event, error });
    }
}

/// The running projector. Dropping it stops its threads after the batch they are in.
pub struct Projections {
    shared: Arc<Shared>,
    views: Views,
    log: Arc<dyn EventLog>,
    threads: Vec<JoinHandle<()>>,
}

impl Projections {
    /// Opens the views of a data directory, makes those anew that are missing, of another schema, or do not fit each
    /// other or the log, and follows the log from there. While another process does that in this directory, this one
    /// reads along and takes over when the other has ended.
    ///
    /// # Errors
    /// When the log or the files cannot be read, or an event stands in the way of a rebuild.
    pub async fn start(dir: &Path, log: Arc<dyn EventLog>, vault: Arc<Vault>) -> Result<Self, ViewError> {
        Self::start_telling(dir, log, vault, &|_, _| {}).await
    }

    /// As [`Self::start`]; `progress` is told (events done, events in all) while files are made anew.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_telling(
        dir: &Path,
        log: Arc<dyn EventLog>,
        vault: Arc<Vault>,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Self, ViewError> {
        std::fs::create_dir_all(dir)?;
        let Some(turn) = Turn::take(dir)? else { return Self::beside(dir, log, vault).await };
        let size = log.head().await?.size;
        let views = FileKind::Views.standing(dir)?;
        let scores = FileKind::Scores.standing(dir)?;
        // `scores.db` is committed first: behind `views.db` it is an older copy.
        let fit = matches!((&views, &scores), (Some(views), Some(scores)) if views.seq <= scores.seq && scores.seq <= size);
        if !fit {
            make(&turn, dir, log.clone(), vault.clone(), false, progress).await?;
        }
        let writer = Writer::open(dir, vault.clone())?;
        let indexer = Indexer::open(dir, size)?;
        let views = Views::open(dir)?;
        let shared = Shared::new(writer.standing.seq, (indexer.standing.seq, indexer.skipped()?));
        // Both threads write, and the turn ends with the later of them.
        let turn = Arc::new(turn);
        let follow = follow(shared.clone(), log.clone(), vault.clone(), views.clone(), writer);
        let index = index(shared.clone(), log.clone(), vault, views.clone(), indexer);
        let threads = vec![thread("projector", keeping(turn.clone(), follow))?, thread("search", keeping(turn, index))?];
        Ok(Self { shared, views, log, threads })
    }

    /// Reads what another process writes.
    async fn beside(dir: &Path, log: Arc<dyn EventLog>, vault: Arc<Vault>) -> Result<Self, ViewError> {
        let mut looks = 0;
        while FileKind::Views.standing(dir)?.is_none() || FileKind::Scores.standing(dir)?.is_none() {
            // The other one is making them, or is of another version.
            looks += 1;
            if looks > FIRST_LOOKS {
                return Err(ViewError::Taken);
            }
            tokio::time::sleep(LOOK).await;
        }
        let views = Views::open(dir)?;
        let shared = Shared::new(views.position()?, (0, 0));
        let along = along(shared.clone(), log.clone(), vault, views.clone(), dir.to_owned());
        let threads = vec![thread("projector", along)?];
        Ok(Self { shared, views, log, threads })
    }

    /// The reading side; its reference data follow the log.
    pub fn views(&self) -> Views {
        self.views.clone()
    }

    /// The `seq` up to which `views.db` and `scores.db` stand.
    pub fn position(&self) -> u64 {
        *self.shared.position.borrow()
    }

    /// A receiver of every new position, for those who act on fresh views.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.shared.position.subscribe()
    }

    /// How old the views are: since when the log has held something that they do not, or cannot be read. Zero at the head.
    pub fn behind(&self) -> Duration {
        self.shared.behind(*self.log.watch().borrow())
    }

    /// Waits until the views hold the event `seq`: reading one's own writes. False when that took longer.
    pub async fn wait_for(&self, seq: u64, timeout: Duration) -> bool {
        let mut position = self.shared.position.subscribe();
        tokio::time::timeout(timeout, position.wait_for(|at| *at >= seq)).await.is_ok_and(|reached| reached.is_ok())
    }

    /// Waits until search holds the event `seq`. False when that took longer.
    pub async fn wait_for_search(&self, seq: u64, timeout: Duration) -> bool {
        let mut position = self.shared.search.subscribe();
        tokio::time::timeout(timeout, position.wait_for(|(at, _)| *at >= seq)).await.is_ok_and(|reached| reached.is_ok())
    }

    /// Waits until the views hold everything that the log holds now, or have stopped.
    ///
    /// # Errors
    /// The failure that stopped them; a log that cannot be read.
    pub async fn catch_up(&self) -> Result<(), ViewError> {
        let size = self.log.head().await?.size;
        while !self.wait_for(size, PAUSE).await {
            let failures = self.shared.failures.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(failure) = failures.iter().find(|failure| failure.file == FileKind::Views.name()) {
                return Err(failure.error.clone());
            }
        }
        Ok(())
    }

    /// How the views do.
    pub fn health(&self) -> Health {
        let (search_position, search_skipped) = *self.shared.search.borrow();
        let mut failures = self.shared.failures.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (thread, kind) in self.threads.iter().zip([FileKind::Views, FileKind::Search]) {
            // A thread that is gone without a word has panicked.
            if thread.is_finished() && failures.iter().all(|failure| failure.file != kind.name()) {
                let error = ViewError::Io("the thread ended unexpectedly".to_owned());
                failures.push(Failure { file: kind.name(), event: None, error });
            }
        }
        let log = *self.log.watch().borrow();
        Health { position: self.position(), search_position, search_skipped, log, behind: self.shared.behind(log), failures }
    }

    /// Stops the threads and waits for them. Blocks; call it outside of an async task.
    pub fn stop(mut self) {
        self.shared.stop.send_replace(true);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a projection thread panicked");
            }
        }
    }
}

impl Drop for Projections {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
    }
}

fn thread(name: &str, work: impl Future<Output = ()> + Send + 'static) -> Result<JoinHandle<()>, ViewError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    Ok(std::thread::Builder::new().name(name.to_owned()).spawn(move || runtime.block_on(work))?)
}

async fn keeping(turn: Arc<Turn>, work: impl Future<Output = ()>) {
    work.await;
    drop(turn);
}

/// Reads along while another process writes, and goes on itself when that one has ended.
async fn along(shared: Arc<Shared>, log: Arc<dyn EventLog>, vault: Arc<Vault>, views: Views, dir: PathBuf) {
    let file = FileKind::Views.name();
    let mut stop = shared.stop.subscribe();
    while !*stop.borrow() {
        match Turn::take(&dir) {
            Ok(Some(turn)) => {
                let opened = match log.head().await {
                    Ok(head) => Writer::open(&dir, vault.clone()).and_then(|writer| Ok((writer, Indexer::open(&dir, head.size)?))),
                    Err(error) => Err(error.into()),
                };
                let (writer, indexer) = match opened {
                    Ok(opened) => opened,
                    Err(error) => return shared.failed(file, None, error),
                };
                views.set_reference(Arc::new(writer.reference.clone()));
                shared.position.send_replace(writer.standing.seq);
                tokio::join!(
                    follow(shared.clone(), log.clone(), vault.clone(), views.clone(), writer),
                    index(shared.clone(), log, vault, views, indexer)
                );
                return drop(turn);
            }
            Ok(None) => {}
            Err(error) => return shared.failed(file, None, error),
        }
        if let Err(error) = look(&shared, &views) {
            return shared.failed(file, None, error);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
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

async fn follow(shared: Arc<Shared>, log: Arc<dyn EventLog>, vault: Arc<Vault>, views: Views, mut writer: Writer) {
    let file = FileKind::Views.name();
    let mut noticed = log.watch();
    let mut stop = shared.stop.subscribe();
    while !*stop.borrow() {
        let head = *noticed.borrow_and_update();
        let begun = Instant::now();
        shared.behind(head);
        let stretch = match opened::read(&*log, &vault, &writer.standing, BATCH).await {
            Ok(stretch) => {
                shared.lag().found();
                stretch
            }
            Err(ViewError::Log(LogError::Unavailable(_) | LogError::Overloaded)) => {
                shared.lag().lost(Instant::now());
                rest(&mut stop, std::future::pending()).await;
                continue;
            }
            Err(error) => return shared.failed(file, None, error),
        };
        if stretch.end.seq > writer.standing.seq {
            let outcome = take_in(&*log, &mut writer, stretch.events, &stretch.end).await;
            match outcome {
                Ok((changed, poison)) => {
                    if changed {
                        views.set_reference(Arc::new(writer.reference.clone()));
                    }
                    shared.position.send_replace(writer.standing.seq);
                    if let Some(Poison { seq, event, kind, error }) = poison {
                        return shared.failed(file, Some((seq, event, kind)), error);
                    }
                }
                Err(error) => return shared.failed(file, None, error),
            }
            if head.saturating_sub(writer.standing.seq) < NEAR && stretch.poison.is_none() {
                pause(&mut stop, begun.elapsed().clamp(BREATH, LONGEST_REST)).await;
            }
        } else if stretch.poison.is_none() {
            match writer.tidy() {
                Ok(true) => {
                    tokio::select! {
                        changed = noticed.changed() => if changed.is_err() { rest(&mut stop, std::future::pending()).await },
                        () = tokio::time::sleep(CHECK) => {}
                        _ = stop.changed() => {}
                    }
                }
                Ok(false) => {
                    rest(&mut stop, async {
                        if noticed.changed().await.is_err() {
                            std::future::pending().await
                        }
                    })
                    .await
                }
                Err(error) => return shared.failed(file, None, error),
            }
        }
        if let Some(Poison { seq, event, kind, error }) = stretch.poison {
            return shared.failed(file, Some((seq, event, kind)), error);
        }
    }
}

/// Applies the events and writes; an event that cannot be applied ends the batch before it.
async fn take_in(
    log: &dyn EventLog,
    writer: &mut Writer,
    events: Vec<crate::decode::Decoded>,
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

async fn index(shared: Arc<Shared>, log: Arc<dyn EventLog>, vault: Arc<Vault>, views: Views, mut indexer: Indexer) {
    let mut position = shared.position.subscribe();
    let mut stop = shared.stop.subscribe();
    while !*stop.borrow() {
        let upto = *position.borrow_and_update();
        let begun = Instant::now();
        match indexer.step(&*log, &vault, &views, upto, BATCH / 4).await {
            Ok(true) => {
                let skipped = indexer.skipped().unwrap_or_default();
                shared.search.send_replace((indexer.standing.seq, skipped));
                let behind = upto.saturating_sub(indexer.standing.seq);
                if behind == 0 {
                    pause(&mut stop, SEARCH_BREATH).await;
                } else if behind < SEARCH_NEAR {
                    pause(&mut stop, (begun.elapsed() * 3).min(LONGEST_REST)).await;
                }
            }
            Ok(false) if indexer.is_scrubbing() => rest(&mut stop, std::future::pending()).await,
            Ok(false) => {
                tokio::select! {
                    _ = position.changed() => {}
                    _ = stop.changed() => {}
                }
            }
            Err(ViewError::Log(LogError::Unavailable(_) | LogError::Overloaded)) => rest(&mut stop, std::future::pending()).await,
            Err(error) => return shared.failed(FileKind::Search.name(), None, error),
        }
    }
}
