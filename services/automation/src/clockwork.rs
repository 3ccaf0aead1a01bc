//! One tick: what is due is done. Nothing here sleeps or keeps time of its own.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use application::Application;
use domain::notice::NoticeStage;
use domain::time::Instant;
use event_log::LogError;
use projections::ViewError;

use crate::delivery::Carrier;
use crate::health::{Failures, Health};
use crate::recompute::Progress;
use crate::settings::{Settings, StartError};

/// Why a tick could not be made at all. What fails for one case or notice is no error of the tick: see [`Health`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The views cannot be read.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The application says no.
    #[error(transparent)]
    Application(#[from] application::Error),
    /// It says no to both of two things.
    #[error("{0}；{1}")]
    Both(application::Error, application::Error),
    /// It panicked; what it was about stands in the program's own words on standard error.
    #[error("程序内部错误，详见运行日志")]
    Broken,
}

/// What a tick did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worked {
    /// Events that the views lacked: nothing was done. 0 = they had reached the head of the log.
    pub lag: u64,
    /// Acts of limits recorded.
    pub acts: usize,
    /// Cases whose deadlines were looked at anew.
    pub recomputed: usize,
    /// Notices newly owed.
    pub owed: usize,
    /// Notices sent.
    pub sent: usize,
    /// Notices that nobody has to get any more, or that have no address.
    pub dropped: usize,
    /// Deliveries that failed.
    pub failed: usize,
}

impl Worked {
    /// Something was done, so that there may be more to do.
    pub fn any(&self) -> bool {
        self.acts + self.recomputed + self.owed + self.sent + self.dropped + self.failed > 0
    }

    /// Events that notices took: one when owed, a claim and an outcome when sent.
    fn notice_events(&self) -> u64 {
        (self.owed + 2 * (self.sent + self.dropped + self.failed)) as u64
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            lag: self.lag.max(other.lag),
            acts: self.acts + other.acts,
            recomputed: self.recomputed + other.recomputed,
            owed: self.owed + other.owed,
            sent: self.sent + other.sent,
            dropped: self.dropped + other.dropped,
            failed: self.failed + other.failed,
        }
    }
}

/// The automatic work of one process.
pub struct Automation {
    pub(crate) application: Arc<Application>,
    pub(crate) settings: Settings,
    pub(crate) carrier: Arc<dyn Carrier>,
    memory: Mutex<Memory>,
}

/// What may be forgotten at any time: everything that counts stands in the log.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) recompute: Progress,
    pub(crate) failures: Failures,
    pub(crate) health: Health,
    /// Others were at work during the latest tick of notices, which give way to them.
    pub(crate) rush: bool,
}

impl Automation {
    /// With the carrier that the settings name; relative folders stand under `data`.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(application: Arc<Application>, settings: Settings, data: &Path) -> Result<Self, StartError> {
        let carrier = settings.carrier.carrier(&settings.sender, data)?;
        Self::with_carrier(application, settings, carrier)
    }

    /// With a carrier of one's own; the settings' carrier then only says its name and which addresses it reaches.
    ///
    /// # Errors
    /// [`StartError::Batch`], [`StartError::AtOnce`].
    pub fn with_carrier(application: Arc<Application>, settings: Settings, carrier: Arc<dyn Carrier>) -> Result<Self, StartError> {
        settings.sizes()?;
        Ok(Self { application, settings, carrier, memory: Mutex::default() })
    }

    /// Does what is due: limits, deadlines, notices. At most one batch of each; call again while [`Worked::any`].
    ///
    /// # Errors
    /// [`Error`]: log or views cannot be read.
    pub async fn tick(&self) -> Result<Worked, Error> {
        let clocks = self.tick_clocks().await?;
        if clocks.lag > 0 {
            return Ok(clocks);
        }
        Ok(clocks.and(self.tick_notices().await?))
    }

    /// Limits and deadlines alone.
    ///
    /// # Errors
    /// As [`Self::tick`].
    pub async fn tick_clocks(&self) -> Result<Worked, Error> {
        let lag = self.lag().await?;
        if lag > 0 {
            return Ok(Worked { lag, ..Worked::default() });
        }
        // A tick acts on one state of the views: both lists are read before the first act.
        let due = self.due_limits()?;
        let cases = self.other_calendar()?;
        let supervision = self.supervise().await?;
        let acts = self.keep_limits(due).await + supervision;
        let worked = Worked { acts, recomputed: self.recompute(cases).await, ..Worked::default() };
        self.finished(worked)
    }

    /// Streams of supervision alone: for building a city whose cases live by themselves.
    ///
    /// # Errors
    /// As [`Self::tick`].
    pub async fn tick_supervision(&self) -> Result<Worked, Error> {
        let lag = self.lag().await?;
        if lag > 0 {
            return Ok(Worked { lag, ..Worked::default() });
        }
        let worked = Worked { acts: self.supervise().await?, ..Worked::default() };
        self.finished(worked)
    }

    /// Begins what triggers ask for and lets the clock act on what is due; answers how many streams changed.
    async fn supervise(&self) -> Result<usize, Error> {
        // All lists are of one state of the views: they are read before the first act.
        let due = self.due_streams()?;
        let escalations = self.due_escalations()?;
        let cards = self.due_cards()?;
        Ok(self.keep_streams(due).await + self.keep_escalations(escalations).await + self.keep_cards(cards).await)
    }

    /// Notices alone: apart from the limits, which must not wait for a slow mail server.
    ///
    /// # Errors
    /// As [`Self::tick`].
    pub async fn tick_notices(&self) -> Result<Worked, Error> {
        let lag = self.lag().await?;
        if lag > 0 {
            return Ok(Worked { lag, ..Worked::default() });
        }
        let recorded = self.application.log.watch();
        let before = *recorded.borrow();
        let missing = self.missing_notices()?;
        let due = self.due_notices()?;
        let owed = self.owe_notices(missing).await;
        let worked = Worked { owed, ..self.send_notices(due).await };
        self.memory().rush = rush(recorded.borrow().saturating_sub(before), &worked);
        self.finished(worked)
    }

    /// Drives on erasures and the closing of a ballot box that a crash interrupted; to be called once at every start. Answers
    /// how many keys were destroyed.
    ///
    /// # Errors
    /// As [`Self::tick`], also when the views do not follow.
    pub async fn finish_erasures(&self) -> Result<u64, Error> {
        self.application.projections.catch_up().await?;
        let keys = self.application.finish_erasures().await?;
        self.application.finish_closing().await?;
        Ok(keys)
    }

    /// When something is due next, as far as the views know.
    ///
    /// # Errors
    /// When the views cannot be read.
    pub fn next_at(&self) -> Result<Option<Instant>, Error> {
        let views = self.application.projections.views();
        let raise = views.next_raise(self.application.now() - domain::escalation::TOO_OLD)?;
        let card = views.next_card(self.application.now())?;
        Ok([views.next_due()?, views.next_notice()?, views.next_agenda()?, raise, card].into_iter().flatten().min())
    }

    /// How it does.
    pub fn health(&self) -> Health {
        let memory = self.memory();
        Health { failing: memory.failures.count() as u64, failures: memory.failures.shown(), ..memory.health.clone() }
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        // Nothing can be half done in it.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn failed_as_a_whole(&self, error: String) {
        self.memory().health.error = Some(error);
    }

    /// How far the views are behind the log, after some patience. Automation never acts on views that are known to be old.
    async fn lag(&self) -> Result<u64, Error> {
        let head = self.application.log.head().await?.size;
        let projections = &self.application.projections;
        if projections.position() < head {
            projections.wait_for(head, Duration::from_millis(self.settings.patience_millis)).await;
        }
        let lag = head.saturating_sub(projections.position());
        let mut memory = self.memory();
        memory.health.lag = lag;
        if lag > 0 {
            memory.health.skipped += 1;
            tracing::warn!(lag, "automation waits for the views");
        }
        Ok(lag)
    }

    fn finished(&self, worked: Worked) -> Result<Worked, Error> {
        let parked = self.application.projections.views().count_notices(NoticeStage::Parked)?;
        let now = self.application.now();
        let mut memory = self.memory();
        memory.failures.forget_settled(now);
        let health = &mut memory.health;
        health.last_tick = Some(now);
        health.error = None;
        health.parked = parked;
        health.acts += worked.acts as u64;
        health.recomputed += worked.recomputed as u64;
        health.sent += worked.sent as u64;
        health.failed += worked.failed as u64;
        Ok(worked)
    }
}

/// Whether others are at work: of so many events recorded during a tick of notices, more than an eighth of what it recorded
/// itself are theirs.
fn rush(recorded: u64, worked: &Worked) -> bool {
    let own = worked.notice_events();
    recorded > own + own / 8
}

#[cfg(test)]
mod tests;
