//! The nightly backup and its rehearsal: once a night, however many processes serve the same log into the same folder.
//!
//! The name of a log file holds its day, and a lock in the folder lets one process make it; the others take over what it
//! noted. A night that was missed because nothing ran is made up for as soon as something runs. So is a rehearsal that was
//! broken off or failed: of the same file, an hour after the failure. Which day's file was rehearsed well last stands in the
//! folder too, and that file is not thrown out before another one is known to be good.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use application::Application;
use application::backups::make::{Wanted, make};
use application::backups::rehearse::rehearse;
use application::backups::retention::{Keep, superfluous};
use application::backups::{Backups, Fault, Held, Run, RunKind};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use domain::time::{CHINA, Instant, legal_day};
use serde::Deserialize;
use tokio::sync::watch;

/// How often the time is looked at.
const POLL: Duration = Duration::from_secs(30);
/// After a failure.
const AGAIN_MINUTES: i64 = 60;
/// After each chunk, so that a server keeps its core.
const BREATH: Duration = Duration::from_millis(5);
/// How long stopping waits for a backup to break off.
const PATIENCE: Duration = Duration::from_secs(5);
/// Added to the niceness of the thread that works, and of those it starts.
const NICE: i32 = 10;
/// The keys file: one, the latest.
const KEYS: &str = "xiaoneng-keys.tar.zst";
const BEFORE_DAY: &str = "xiaoneng-log-";
const AFTER_DAY: &str = ".tar.zst";
/// Of a run that panicked; what it was about stands on standard error.
const BROKEN: &str = "程序内部错误，详见运行日志";
/// In the folder: the day whose file was rehearsed well last.
const REHEARSED: &str = "xiaoneng-rehearsed";

/// Settings of the nightly backup.
#[derive(Debug, Clone, PartialEq, serde::Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackupSettings {
    /// Folder of the log files; empty: no backups by this program.
    pub folder: PathBuf,
    /// Folder of the keys file, in which only the latest is kept; must be another one, best on another machine.
    pub keys_folder: PathBuf,
    /// When (+08:00), `02:30`.
    pub at: NaiveTime,
    /// Latest days of which the log file is kept.
    pub keep_days: usize,
    /// Latest weeks of which one is kept.
    pub keep_weeks: usize,
    /// Latest months of which one is kept.
    pub keep_months: usize,
    /// Whether each is restored, replayed and compared at once.
    pub rehearse: bool,
    /// Folder in which that happens; it holds views in the clear meanwhile. Empty: the data directory.
    pub scratch: PathBuf,
}

impl Default for BackupSettings {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            keys_folder: PathBuf::new(),
            at: NaiveTime::from_hms_opt(2, 30, 0).unwrap_or_default(),
            keep_days: 7,
            keep_weeks: 4,
            keep_months: 12,
            rehearse: true,
            scratch: PathBuf::new(),
        }
    }
}

/// Why nightly backups cannot start with their settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupSettingsError {
    /// Half of the settings.
    #[error("[backup] folder 和 keys_folder 必须同时设置：日志和密钥分开存放")]
    Half,
    /// Both in one place.
    #[error("[backup] folder 和 keys_folder 不能是同一个目录：日志和密钥必须分开存放，最好在不同的机器上")]
    OneFolder,
    /// A folder that cannot be used.
    #[error("[backup] 中的目录 {} 不存在或不能写入，请先建立并授予本程序写权限", .0.display())]
    Folder(PathBuf),
    /// No thread.
    #[error("无法启动备份线程：{0}")]
    Thread(std::io::ErrorKind),
}

/// The nightly work of one process.
pub struct Nightly {
    application: Arc<Application>,
    settings: BackupSettings,
    data: PathBuf,
    failed_at: Mutex<Option<Instant>>,
    stop: AtomicBool,
}

impl Nightly {
    /// With these settings; none when they name no folder.
    ///
    /// # Errors
    /// [`BackupSettingsError`].
    pub fn new(application: Arc<Application>, settings: BackupSettings, data: &Path) -> Result<Option<Self>, BackupSettingsError> {
        let empty = |path: &Path| path.as_os_str().is_empty();
        if empty(&settings.folder) && empty(&settings.keys_folder) {
            return Ok(None);
        }
        if empty(&settings.folder) || empty(&settings.keys_folder) {
            return Err(BackupSettingsError::Half);
        }
        let real = |path: &Path| std::fs::canonicalize(path).map_err(|_| BackupSettingsError::Folder(path.to_owned()));
        let (folder, keys_folder) = (real(&settings.folder)?, real(&settings.keys_folder)?);
        if folder == keys_folder {
            return Err(BackupSettingsError::OneFolder);
        }
        let device = |path: &Path| std::fs::metadata(path).map(|meta| std::os::unix::fs::MetadataExt::dev(&meta)).ok();
        if device(&folder) == device(&keys_folder) {
            tracing::warn!("backups of the log and of the keys lie on one file system: whoever gets one gets both");
        }
        if device(&folder) == device(data) {
            tracing::warn!("backups lie on the file system of the data: one fault takes both");
        }
        let settings = BackupSettings { folder, keys_folder, ..settings };
        Ok(Some(Self { application, settings, data: data.to_owned(), failed_at: Mutex::default(), stop: AtomicBool::new(false) }))
    }

    /// Makes the backup of this night, and rehearses it, as far as that is due, not done, and nobody else is at it. Answers
    /// whether it did anything; how it went stands in [`Backups`].
    ///
    /// # Errors
    /// When the folder or the status file cannot be used.
    pub async fn tick(&self) -> Result<bool, Fault> {
        let now = self.application.now();
        let day = legal_day(now);
        if now.with_timezone(&CHINA).time() < self.settings.at {
            return Ok(false);
        }
        if self.file(day).exists() {
            self.take_over()?;
        }
        let failed_at = *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = failed_at.is_some_and(|at| now < at + TimeDelta::minutes(AGAIN_MINUTES));
        if rests || self.is_done(day) {
            return Ok(false);
        }
        let Some(_lock) = self.lock()? else { return Ok(false) };
        // Another process may have been at it until now.
        if self.is_done(day) {
            return Ok(false);
        }
        let worked = self.work(day, now).await;
        *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner) = worked.is_err().then_some(now);
        match worked {
            Ok(()) | Err(Fault::Stopped) => {}
            Err(error) => tracing::error!(%error, "the nightly backup or its rehearsal failed"),
        }
        // Whatever became of this night: a rehearsal that fails every night must not fill the disk.
        self.throw_out()?;
        Ok(true)
    }

    fn is_done(&self, day: NaiveDate) -> bool {
        self.file(day).exists() && (!self.settings.rehearse || self.rehearsed() == Some(day))
    }

    /// What is left to do of a day's work.
    async fn work(&self, day: NaiveDate, now: Instant) -> Result<(), Fault> {
        if !self.file(day).exists() {
            self.back_up(day, now).await?;
        }
        if self.settings.rehearse { self.rehearse(day).await } else { Ok(()) }
    }

    async fn back_up(&self, day: NaiveDate, now: Instant) -> Result<(), Fault> {
        let (target, keys) = (self.file(day), self.keys());
        let attachments = &self.application.attachments;
        let (out, keys_out, stop) = (target.as_path(), keys.as_path(), &self.stop);
        let wanted = Wanted { data: &self.data, attachments, out, keys_out, force: true, at: now, breath: BREATH, stop };
        let started = std::time::Instant::now();
        let made = make(&*self.application.log, &wanted, &|_, _| {}).await;
        self.note(RunKind::Backup, started, made.map(|made| made.held()))
    }

    async fn rehearse(&self, day: NaiveDate) -> Result<(), Fault> {
        let (target, keys) = (self.file(day), self.keys());
        let scratch = if self.settings.scratch.as_os_str().is_empty() { &self.data } else { &self.settings.scratch };
        let go_on = || if self.stop.load(Ordering::Relaxed) { Err(Fault::Stopped) } else { Ok(()) };
        let started = std::time::Instant::now();
        let app = &self.application;
        let rehearsed = rehearse((&target, &keys), scratch, &app.vault, &app.clock, &go_on, &|_, _| {}).await;
        let bytes = [&target, &keys].into_iter().filter_map(|path| Some(std::fs::metadata(path).ok()?.len())).sum();
        self.note(
            RunKind::Rehearsal,
            started,
            rehearsed.map(|restored| Held { events: restored.events, attachments: restored.attachments, bytes }),
        )?;
        let path = self.settings.folder.join(REHEARSED);
        std::fs::write(&path, format!("{day}\n")).map_err(|error| Fault::Io { path, kind: error.kind() })
    }

    /// The day whose file was rehearsed well last; none when that is not known.
    fn rehearsed(&self) -> Option<NaiveDate> {
        std::fs::read_to_string(self.settings.folder.join(REHEARSED)).ok()?.trim().parse().ok()
    }

    /// Keeps how a run ended, here and in the folder for the other processes.
    fn note(&self, kind: RunKind, started: std::time::Instant, ended: Result<Held, Fault>) -> Result<(), Fault> {
        if ended == Err(Fault::Stopped) {
            return Err(Fault::Stopped);
        }
        let run = Run::ended(self.application.now(), started.elapsed(), ended.as_ref().copied().map_err(ToString::to_string));
        self.keep(kind, run)?;
        ended.map(|_| ())
    }

    fn keep(&self, kind: RunKind, run: Run) -> Result<(), Fault> {
        let known = Backups::read(&self.data).and(kind, run);
        for folder in [&self.data, &self.settings.folder] {
            known.write(folder).map_err(|error| Fault::Io { path: folder.clone(), kind: error.kind() })?;
        }
        Ok(())
    }

    /// After a panic: it rests as after any failure, which is on record.
    fn broke(&self) -> Result<bool, Fault> {
        let now = self.application.now();
        *self.failed_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        self.keep(RunKind::Backup, Run::ended(now, Duration::ZERO, Err(BROKEN.to_owned())))?;
        Ok(true)
    }

    /// What another process made and noted counts here too.
    fn take_over(&self) -> Result<(), Fault> {
        let (own, theirs) = (Backups::read(&self.data), Backups::read(&self.settings.folder));
        let at = |backups: &Backups| backups.backup.as_ref().map(|run| run.at).max(backups.rehearsal.as_ref().map(|run| run.at));
        if at(&theirs) > at(&own) {
            theirs.write(&self.data).map_err(|error| Fault::Io { path: self.data.clone(), kind: error.kind() })?;
        }
        Ok(())
    }

    fn file(&self, day: NaiveDate) -> PathBuf {
        self.settings.folder.join(format!("{BEFORE_DAY}{day}{AFTER_DAY}"))
    }

    fn keys(&self) -> PathBuf {
        self.settings.keys_folder.join(KEYS)
    }

    /// None when another process has it.
    fn lock(&self) -> Result<Option<File>, Fault> {
        let path = self.settings.folder.join("xiaoneng.lock");
        let fail = |error: std::io::Error| Fault::Io { path: path.clone(), kind: error.kind() };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(fail(error)),
        }
    }

    /// Old ones go; the latest one that was rehearsed well stays however old: it may be the only one that is known to be good.
    fn throw_out(&self) -> Result<(), Fault> {
        let fail = |error: std::io::Error| Fault::Io { path: self.settings.folder.clone(), kind: error.kind() };
        let mut made = BTreeSet::new();
        for entry in std::fs::read_dir(&self.settings.folder).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            let day: Option<NaiveDate> =
                name.to_str().and_then(|name| name.strip_prefix(BEFORE_DAY)?.strip_suffix(AFTER_DAY)?.parse().ok());
            made.extend(day);
        }
        let keep = Keep { days: self.settings.keep_days, weeks: self.settings.keep_weeks, months: self.settings.keep_months };
        let good = self.rehearsed().filter(|_| self.settings.rehearse);
        for day in superfluous(&made, keep).into_iter().filter(|day| Some(*day) != good) {
            std::fs::remove_file(self.file(day)).map_err(fail)?;
        }
        Ok(())
    }
}

/// The thread that does the nightly work.
pub struct Nights {
    stop: watch::Sender<bool>,
    nightly: Arc<Nightly>,
    thread: JoinHandle<()>,
}

impl Nights {
    /// Starts it on a thread of low priority.
    ///
    /// # Errors
    /// [`BackupSettingsError::Thread`].
    pub fn spawn(nightly: Nightly) -> Result<Self, BackupSettingsError> {
        let failed = |error: std::io::Error| BackupSettingsError::Thread(error.kind());
        let (stop, stopped) = watch::channel(false);
        let nightly = Arc::new(nightly);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
        let own = nightly.clone();
        let thread = std::thread::Builder::new()
            .name("backups".to_owned())
            .spawn(move || {
                if let Err(error) = rustix::process::nice(NICE) {
                    tracing::warn!(%error, "backups run at ordinary priority");
                }
                runtime.block_on(tokio::task::LocalSet::new().run_until(nights(own, stopped)));
            })
            .map_err(failed)?;
        Ok(Self { stop, nightly, thread })
    }

    /// Breaks off what is in work and waits a moment for it; what a replay takes longer is left to the end of the process.
    pub async fn stop(self) {
        self.nightly.stop.store(true, Ordering::Relaxed);
        self.stop.send_replace(true);
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !self.thread.is_finished() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if !self.thread.is_finished() {
            tracing::warn!("a backup is broken off; the next start makes it anew");
        }
    }
}

async fn nights(nightly: Arc<Nightly>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let own = nightly.clone();
        // In a task of its own: what panics ends this try and not the nights to come.
        let tried = tokio::task::spawn_local(async move { own.tick().await }).await.unwrap_or_else(|_| nightly.broke());
        if let Err(error) = tried {
            tracing::error!(%error, "nightly backups cannot be made");
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            _ = stop.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests;
