//! Backups.

use std::path::PathBuf;

use clap::Args;

use super::{Configured, Place};

/// The two files of a backup.
#[derive(Debug, Args)]
pub(crate) struct Files {
    /// The log file
    pub(crate) file: PathBuf,
    /// The keys file; the latest, whichever log it is restored with
    #[arg(long)]
    pub(crate) keys: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The log file: events, reading audit, attachments
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// The keys file: wrapped keys, erasures, ballot box; keep only the latest, apart from the log
    #[arg(long)]
    pub(crate) keys_out: PathBuf,
    /// Folder of photos, in place of the setting storage.attachments
    #[arg(long, value_name = "DIR")]
    pub(crate) attachments: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// Rehearse the restore at once
    #[arg(long)]
    pub(crate) rehearse: bool,
    #[command(flatten)]
    pub(crate) settings: Configured,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) files: Files,
    /// Directory to restore into
    #[arg(long, env = "XIAONENG_DATA")]
    pub(crate) data: PathBuf,
    /// The master key as it was kept in escrow; without it `master.key` in the directory is taken
    #[arg(long)]
    pub(crate) master: Option<PathBuf>,
    /// Move aside what the directory holds
    #[arg(long)]
    pub(crate) force: bool,
    /// Take keys that are older than the log: what came later does not open
    #[arg(long)]
    pub(crate) accept_older_keys: bool,
    /// Only verify both files
    #[arg(long)]
    pub(crate) check: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rehearse {
    #[command(flatten)]
    pub(crate) files: Files,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
