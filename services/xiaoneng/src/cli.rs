//! The words of the command line, by subject below `cli/`; here what several commands share. `../shared/docs/interfaces.md`
//! names what stays stable.

mod backup;
mod installation;
mod log;
mod rules;
mod serve;
mod settings;
mod tables;
mod zones;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::backup::{Backup, Rehearse, Restore};
pub(crate) use self::installation::{Accounts, Doctor, Erase, Generate, Init};
pub(crate) use self::log::{Copy, Heads, Log, Rebuild, Verify};
pub(crate) use self::rules::{Deadline, Rulebook};
pub(crate) use self::serve::{Demo, Health, Outside, Serve, Serving};
pub(crate) use self::settings::{CheckConfig, ConfigForm, PrintConfig};
pub(crate) use self::tables::{Export, Format, Import, Kind};
pub(crate) use self::zones::{Carry, Ferry, Zones};

/// 机关效能监督与投诉处理平台 · efficiency oversight and complaints, one binary
#[derive(Debug, Parser)]
#[command(name = "xiaoneng", version = crate::version::line(), about, propagate_version = true)]
pub(crate) struct Call {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a fresh demo city and serve it until Ctrl-C
    Demo(Demo),
    /// Serve an installation
    Serve(Serve),
    /// Serve citizens at a node outside (Internet zone), without log and master key
    Outside(Outside),
    /// Carry files between an installation and its node outside
    #[command(subcommand)]
    Ferry(Ferry),
    /// Keys of the two zones
    #[command(subcommand)]
    Zones(Zones),
    /// Make an empty installation: key, rulebook, units, the three administrators
    Init(Init),
    /// When a limit ends, and why, day by day
    Deadline(Deadline),
    /// Import cases from a table of another system
    Import(Import),
    /// Write cases, scorecards or breaches to a table
    Export(Export),
    /// Throw the views away and make them again from the log
    Rebuild(Rebuild),
    /// Check the log: every event, the tree, the high-water record, published heads; or one citizen's receipt
    Verify(Verify),
    /// Published heads of the log: list, publish, sign, copy out
    #[command(subcommand)]
    Heads(Heads),
    /// Destroy the keys of a person's cases
    Erase(Erase),
    /// Back up log and keys, apart, also beside a running server
    Backup(Backup),
    /// Restore a backup into an empty directory: verify, restore, replay, compare
    Restore(Restore),
    /// Rehearse a restore: as restore, into a folder that is thrown away
    Rehearse(Rehearse),
    /// What is wrong with this installation, and what to do
    Doctor(Doctor),
    /// Fill an installation with a realistic city's load, for benchmarks and trials
    Generate(Generate),
    /// Check or adopt a rulebook
    #[command(subcommand)]
    Rulebook(Rulebook),
    /// Open the accounts of a table, and print their one-time passwords
    Accounts(Accounts),
    /// Check settings: file, environment and command line
    CheckConfig(CheckConfig),
    /// Show every setting and where it comes from, or the reference
    PrintConfig(PrintConfig),
    /// Ask a running server how it is, for probes of containers
    Health(Health),
    /// Work on the log itself
    #[command(subcommand)]
    Log(Log),
}

/// Where an installation lies.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// Data directory
    #[arg(long, env = "XIAONENG_DATA")]
    pub(crate) data: PathBuf,
    /// Where the log lies when it is not in the data directory: a directory that several nodes share, or esdb://…
    #[arg(long, value_name = "DIR|esdb://…", env = "XIAONENG_LOG_ADDRESS")]
    pub(crate) log: Option<LogAddress>,
}

/// An act on an installation. It is on record under a name.
#[derive(Debug, Args)]
pub(crate) struct Act {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who does it; on record
    #[arg(long)]
    pub(crate) actor: String,
}

/// Where settings come from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Configured {
    /// Settings (TOML); every key can also be set as XIAONENG__SECTION__KEY
    #[arg(long, env = "XIAONENG_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// One setting, above file and environment
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// Where a log lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogAddress {
    /// `log.db` in this directory.
    Directory(PathBuf),
    /// A cluster of EventStoreDB, as its connection string without credentials.
    Cluster(String),
}

impl std::str::FromStr for LogAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let cluster = ["esdb://", "esdb+discover://", "kurrentdb://", "kurrentdb+discover://"];
        if !cluster.iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self::Directory(PathBuf::from(text)));
        }
        // What stands on a command line is seen by everybody on the machine.
        if text.contains('@') {
            return Err(
                "集群地址里不得有用户名和口令，请改用环境变量 XIAONENG_ESDB_USER 和 XIAONENG_ESDB_PASSWORD（或 XIAONENG_ESDB_PASSWORD_FILE）",
            );
        }
        Ok(Self::Cluster(text.to_owned()))
    }
}
