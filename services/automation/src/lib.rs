//! What happens without anybody clicking: limits run down and are warned of and broken once each, deadlines are computed
//! anew under a new calendar, notices go out.
//!
//! Everything here reads what is due from the views and asks [`application`] to do it. Whether it is done is decided by
//! folding the stream at an explicit revision, so several processes, a replay or a crash change nothing (invariant 7).
//! A [`Automation`] does nothing by itself: [`spawn`] drives it in service, the simulation harness drives it in tests.

mod backups;
mod cards;
mod clockwork;
mod daily;
pub mod delivery;
mod escalations;
mod health;
mod letters;
mod limits;
mod notices;
mod recompute;
mod run;
mod settings;
mod supervision;
mod words;

pub use backups::{BackupSettings, BackupSettingsError, Nightly, Nights};
pub use clockwork::{Automation, Error, Worked};
pub use health::{Failing, Health};
pub use run::{Running, spawn};
pub use settings::{CarrierSettings, Settings, StartError};
