//! Operating: what a node knows of itself.
//!
//! One observation (`observe`) and one judgement ([`checks`]) stand behind `/readyz`, `/metrics` and the
//! administrator's page 运行状态; `watch` makes them once a second. The admin listener ([`listener`]) is a server of its
//! own: never the public one, off unless it has an address.

pub(crate) mod access;
mod build;
pub mod checks;
pub mod listener;
pub mod metrics;
mod observe;
mod requests;
mod settings;
mod watch;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use application::Application;
use application::zones::Outside;
use automation::Automation;
use domain::time::Instant;

pub use access::RequestId;
pub use build::Build;
pub use checks::{Check, Kind, Level, Report};
pub use observe::Observed;
pub use requests::{Line, Refusal, Requests};
pub use settings::Settings;

use watch::Watched;

/// Changes what is logged while the program runs: takes a filter such as `info,web=debug`, or says what is wrong with it.
pub type LogFilter = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// What a node has besides the application; nothing of it in tests of pages.
#[derive(Default)]
pub struct Parts {
    /// The clocks that run in this process.
    pub automation: Option<Arc<Automation>>,
    /// Folder of the embedded log; `None` when it lies in the data directory.
    pub log_dir: Option<PathBuf>,
    /// Whether the log lies elsewhere than in files of this machine.
    pub remote_log: bool,
    /// Changes what is logged.
    pub filter: Option<LogFilter>,
    /// At a node outside: its spool. It has no log of its own, so that nothing of it is backed up.
    pub outside: Option<Arc<Outside>>,
}

/// A node as its operator sees it.
pub struct Operate {
    /// The application.
    pub(crate) app: Arc<Application>,
    /// Settings.
    pub settings: Settings,
    /// What was asked of the pages.
    pub requests: Requests,
    /// When the process began to serve.
    pub started: Instant,
    parts: Parts,
    stopping: AtomicBool,
    watched: Mutex<Watched>,
}

impl Operate {
    /// A node that serves an application.
    pub fn new(app: Arc<Application>, settings: Settings, parts: Parts) -> Self {
        let (started, first) = (app.now(), app.ids.uuid());
        Self { requests: Requests::new(first), app, settings, started, parts, stopping: AtomicBool::new(false), watched: Mutex::default() }
    }

    /// From here on the node is not ready, and connections are not kept.
    pub fn stop(&self) {
        self.stopping.store(true, Relaxed);
    }

    /// The node is about to end.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    /// What is so now, in full: some reads of files and views, and the answer of the log.
    pub async fn look(&self) -> Report {
        checks::judge(&observe::observe(self).await, &self.settings)
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        // Nothing can be half done in it.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
