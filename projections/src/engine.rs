//! Following the log: one thread for `views.db` and `scores.db`, a slower one for `search.db`.

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use event_log::EventLog;
use tokio::sync::watch;
use uuid::Uuid;
use vault::Vault;

use crate::batch::Writer;
use crate::files::FileKind;
use crate::follow::{Ground, along, follow, index, readable};
use crate::lag::Lag;
use crate::rebuild::{Pace, make};
use crate::turn::{LOOK, Turn};
use crate::views::search::write::Indexer;
use crate::{ViewError, Views};

/// How long to wait before trying a log that cannot be read now.
pub(crate) const PAUSE: Duration = Duration::from_millis(500);

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

/// What the threads and the handle share.
pub(crate) struct Shared {
    pub(crate) position: watch::Sender<u64>,
    pub(crate) search: watch::Sender<(u64, u64)>,
    /// The highest `seq` that somebody waits for in the views.
    pub(crate) wanted: watch::Sender<u64>,
    failures: Mutex<Vec<Failure>>,
    lag: Mutex<Lag>,
    pub(crate) stop: watch::Sender<bool>,
}

impl Shared {
    fn new(position: u64, search: (u64, u64)) -> Arc<Self> {
        Arc::new(Self {
            position: watch::Sender::new(position),
            search: watch::Sender::new(search),
            wanted: watch::Sender::new(0),
            failures: Mutex::default(),
            lag: Mutex::default(),
            stop: watch::Sender::new(false),
        })
    }

    /// How old the views are, when the log is known to reach up to `head`.
    pub(crate) fn behind(&self, head: u64) -> Duration {
        let position = *self.position.borrow();
        self.lag().age(head, position, Instant::now())
    }

    pub(crate) fn lag(&self) -> MutexGuard<'_, Lag> {
        // Nothing can be half done in it.
        self.lag.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn failed(&self, file: &'static str, event: Option<(u64, Uuid, String)>, error: ViewError) {
        let failure = Failure { file, event, error };
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        // What is tried again and again is told once.
        if failures.contains(&failure) {
            return;
        }
        let (seq, kind) = failure.event.as_ref().map(|(seq, _, kind)| (*seq, kind.as_str())).unzip();
        tracing::error!(file, seq, kind, error = %failure.error, "a view stopped");
        failures.retain(|failure| failure.file != file);
        failures.push(failure);
    }

    /// A file that failed for a while follows again.
    pub(crate) fn mended(&self, file: &'static str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.iter().any(|failure| failure.file == file) {
            failures.retain(|failure| failure.file != file);
            tracing::warn!(file, "a view follows again");
        }
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
        match views.filter(|_| fit) {
            Some(views) => readable(&*log, views.cursor).await?,
            None => drop(make(&turn, dir, log.clone(), vault.clone(), false, Pace::FAST, progress).await?),
        }
        let writer = Writer::open(dir, vault.clone())?;
        let indexer = Indexer::open(dir, size)?;
        let views = Views::open(dir)?;
        let shared = Shared::new(writer.standing.seq, (indexer.standing.seq, indexer.skipped()?));
        // Both threads write, and the turn ends with the later of them.
        let turn = Arc::new(turn);
        let ground = Ground { log: log.clone(), vault, views: views.clone(), dir: dir.to_owned() };
        let (follow, index) = (follow(shared.clone(), ground.clone(), writer), index(shared.clone(), ground, indexer));
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
        let ground = Ground { log: log.clone(), vault, views: views.clone(), dir: dir.to_owned() };
        let along = along(shared.clone(), ground);
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
        if *position.borrow() < seq {
            // The projector does not rest while somebody waits.
            self.shared.wanted.send_if_modified(|wanted| std::mem::replace(wanted, seq.max(*wanted)) < seq);
        }
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
