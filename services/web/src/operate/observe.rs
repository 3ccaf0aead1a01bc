//! What is seen of a node at one moment: some reads of files and views, and the answer of the log.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use application::backups::Backups;
use automation::Health;
use chrono::{Datelike, NaiveDate};
use domain::notice::NoticeStage;
use domain::time::{Instant, legal_day};
use event_log::{LogError, SqliteLog};

use super::{Operate, checks};
use crate::admin;

/// Longest wait for an answer of the log.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// When.
    pub now: Instant,
    /// When the process began to serve.
    pub started: Instant,
    /// The process is about to end.
    pub stopping: bool,
    /// The log.
    pub log: Log,
    /// `views.db` and `scores.db`.
    pub views: Views,
    /// `search.db`.
    pub search: Views,
    /// Events that search left out.
    pub search_skipped: u64,
    /// Automation, if it runs in this process.
    pub automation: Option<Health>,
    /// Notices waiting and parked; `None` when the views cannot be read.
    pub notices: Option<(u64, u64)>,
    /// The disks of data and log.
    pub disks: Vec<Disk>,
    /// When the clock was last set, and by how many seconds.
    pub stepped: Option<(Instant, i64)>,
    /// The size in the record beside the log (`Ok(None)`: there is no record); `None` where the log is not in files.
    /// That the record fits was checked when the log was opened, else nothing would be served.
    pub high_water: Option<Result<Option<u64>, LogError>>,
    /// Backups and rehearsals.
    pub backups: Backups,
    /// The calendar.
    pub calendar: Calendar,
    /// At a node outside: what waits there.
    pub spool: Option<Spool>,
}

/// What was seen of the spool of a node outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spool {
    /// Letters without acknowledgement.
    pub held: usize,
    /// So many may wait before filing pauses.
    pub most: usize,
    /// Until when the inner zone has told everything; `None` before it told anything.
    pub as_of: Option<Instant>,
}

/// What was seen of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// Events.
    pub events: u64,
    /// Root of the tree.
    pub root: [u8; 32],
    /// When the last event was recorded.
    pub last_event: Option<Instant>,
    /// Bytes of `log.db`.
    pub bytes: Option<u64>,
    /// Appends waiting.
    pub queue: u64,
    /// Why it cannot be written or read.
    pub fault: Option<String>,
}

/// What was seen of a view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Views {
    /// It stands at this event.
    pub position: u64,
    /// Events behind the log.
    pub behind: u64,
    /// How old it is: since when the log has held something that it does not, or cannot be read.
    pub behind_for: Duration,
    /// What stopped it.
    pub fault: Option<String>,
}

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// What lies on it: 数据, 日志.
    pub name: &'static str,
    /// Its space; `None` when it cannot be read.
    pub space: Option<Space>,
}

/// Space of a disk in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Free for this process.
    pub free: u64,
    /// In all.
    pub total: u64,
    /// Mounted read-only.
    pub read_only: bool,
}

/// What the calendar knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calendar {
    /// This year.
    pub year: i32,
    /// Its notice was imported.
    pub this: bool,
    /// That of the next year was.
    pub next: bool,
    /// It is December.
    pub december: bool,
}

/// Looks at everything once.
pub(super) async fn observe(operate: &Operate) -> Observed {
    let app = &operate.app;
    let health = app.projections.health();
    let fault = |file: &str| {
        let failure = health.failures.iter().find(|failure| failure.file == file)?;
        Some(match &failure.event {
            Some((seq, _, kind)) => format!("第 {seq} 个事件（{kind}）无法处理：{}", failure.error),
            None => failure.error.to_string(),
        })
    };
    let log = log(operate).await;
    let head = log.events.max(health.log);
    let stepped = operate.watched().stepped;
    let views = app.projections.views();
    let count = |stage| views.count_notices(stage).ok();
    Observed {
        now: app.now(),
        started: operate.started,
        stopping: operate.is_stopping(),
        views: Views {
            position: health.position,
            behind: head.saturating_sub(health.position),
            behind_for: health.behind,
            fault: fault("views.db"),
        },
        search: Views {
            position: health.search_position,
            behind: head.saturating_sub(health.search_position),
            behind_for: Duration::ZERO,
            fault: fault("search.db"),
        },
        search_skipped: health.search_skipped,
        automation: operate.parts.automation.as_ref().map(|automation| automation.health()),
        notices: count(NoticeStage::Waiting).zip(count(NoticeStage::Parked)),
        disks: disks(operate),
        stepped,
        high_water: operate.log_dir().map(|dir| SqliteLog::known_size(&dir)),
        backups: operate.data().map(Backups::read).unwrap_or_default(),
        calendar: Calendar::of(operate.app.reference().calendar(), legal_day(operate.app.now())),
        spool: operate.parts.outside.as_ref().map(|outside| Spool {
            held: outside.held(),
            most: outside.most_held(),
            as_of: outside.as_of().ok().flatten(),
        }),
        log,
    }
}

async fn log(operate: &Operate) -> Log {
    let log = &operate.app.log;
    let stats = log.stats();
    let queue = stats.map_or(0, |stats| stats.queue.load(Relaxed));
    let bytes = operate.log_dir().and_then(|dir| std::fs::metadata(dir.join("log.db")).ok()).map(|file| file.len());
    let head = match tokio::time::timeout(PATIENCE, log.head()).await {
        Ok(Ok(head)) => head,
        Ok(Err(error)) => return Log { bytes, queue, fault: Some(error.to_string()), ..Log::default() },
        Err(_) => return Log { bytes, queue, fault: Some("读取没有应答".to_owned()), ..Log::default() },
    };
    let refused = stats.is_some_and(|stats| !stats.writable.load(Relaxed));
    let probe = operate.watched().probe_fault.clone();
    Log {
        events: head.size,
        root: head.root,
        last_event: checks::recorded(head.size, head.recorded_at),
        bytes,
        queue,
        // An append that failed since the last probe counts at once; the next probe says why.
        fault: probe.or_else(|| refused.then(|| "最近一次写入没有成功".to_owned())),
    }
}

fn disks(operate: &Operate) -> Vec<Disk> {
    let mut disks = Vec::new();
    if let Some(data) = operate.data() {
        disks.push(Disk { name: "数据", space: space(data) });
    }
    if let Some(dir) = &operate.parts.log_dir {
        disks.push(Disk { name: "日志", space: space(dir) });
    }
    if let Some(outside) = &operate.parts.outside {
        disks.push(Disk { name: "摆渡目录", space: space(outside.dir()) });
    }
    disks
}

fn space(dir: &Path) -> Option<Space> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some(Space {
        free: stat.f_bavail.saturating_mul(stat.f_frsize),
        total: stat.f_blocks.saturating_mul(stat.f_frsize),
        read_only: stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
    })
}

impl Calendar {
    /// What a calendar knows on a day.
    pub(super) fn of(calendar: &domain::calendar::Calendar, today: NaiveDate) -> Self {
        let (year, official) = (today.year(), |year| admin::calendar::official(calendar, year));
        Self { year, this: official(year), next: official(year + 1), december: today.month() == 12 }
    }
}

impl Operate {
    /// The data directory.
    pub(super) fn data(&self) -> Option<&Path> {
        self.app.audit.dir()
    }

    /// Where the files of the log lie; `None` when it is not in files.
    pub(super) fn log_dir(&self) -> Option<PathBuf> {
        if self.parts.remote_log {
            return None;
        }
        self.parts.log_dir.clone().or_else(|| self.data().map(Path::to_owned))
    }
}
