//! The words of the command line. `../shared/docs/interfaces.md` names what stays stable.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::time::Period;

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

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where the demo city lies; an earlier demo there is replaced
    #[arg(long, default_value = "data/demo")]
    pub(crate) data: PathBuf,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Seed of the city
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Number of cases
    #[arg(long, default_value_t = 3_000)]
    pub(crate) cases: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Address to listen on, in place of the setting web.listen
    #[arg(long)]
    pub(crate) listen: Option<SocketAddr>,
    /// Address of the admin listener (/healthz, /readyz, /metrics), such as 127.0.0.1:9464; none unless it is set
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin_listen: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) settings: Configured,
}

#[derive(Debug, Args)]
pub(crate) struct Outside {
    /// Spool of this zone: inward/ is carried in by the gate, outward/ is filled by it
    #[arg(long)]
    pub(crate) spool: PathBuf,
    /// Key file that `xiaoneng zones key` made inside; outside.key in the spool when it is left out
    #[arg(long)]
    pub(crate) key: Option<PathBuf>,
    /// Address to listen on, in place of the setting web.listen
    #[arg(long)]
    pub(crate) listen: Option<SocketAddr>,
    /// Address of the admin listener (/healthz, /readyz, /metrics), such as 127.0.0.1:9464; none unless it is set
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin_listen: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) settings: Configured,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ferry {
    /// Take what citizens sent from outside, each letter exactly once
    In {
        #[command(flatten)]
        carry: Carry,
        /// Who carries
        #[arg(long)]
        actor: String,
    },
    /// Tell the outside what changed
    Out {
        #[command(flatten)]
        carry: Carry,
        /// Everything anew: for a new node outside, or after parcels were lost
        #[arg(long)]
        full: bool,
    },
}

/// What is carried where.
#[derive(Debug, Args)]
pub(crate) struct Carry {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Spool of this zone
    #[arg(long)]
    pub(crate) spool: PathBuf,
    /// Settings (TOML)
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Zones {
    /// Make the key file of the node outside
    Key {
        #[command(flatten)]
        place: Place,
        /// Where to; a file that is there is not touched. Without it only the installation is named
        #[arg(long)]
        out: Option<PathBuf>,
        /// Settings (TOML)
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Units (CSV: code,name,parent,level,nature,division,hotline,since)
    #[arg(long)]
    pub(crate) units: Option<PathBuf>,
    /// Accounts (CSV: login,name,unit,roles,staff,phone,email)
    #[arg(long)]
    pub(crate) accounts: Option<PathBuf>,
    /// Rulebook file; the shipped `generic` when it is left out
    #[arg(long)]
    pub(crate) rulebook: Option<PathBuf>,
    /// Who makes it
    #[arg(long)]
    pub(crate) actor: String,
}

#[derive(Debug, Args)]
pub(crate) struct Deadline {
    /// RFC 3339, or a local date-time such as 2026-04-30T10:00
    #[arg(required_unless_present = "batch")]
    pub(crate) from: Option<String>,
    /// 5wd working days, 15d calendar days, 24h hours, 4bh business hours
    #[arg(long, required_unless_present = "batch")]
    pub(crate) limit: Option<String>,
    /// Notices and city closures to add to the official calendar
    #[arg(long)]
    pub(crate) calendar: Option<PathBuf>,
    /// CSV `from,limit`; prints CSV `from,limit,due,provisional`
    #[arg(long, conflicts_with_all = ["from", "limit"])]
    pub(crate) batch: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// CSV or XLSX, UTF-8 or GB18030, optionally gzip
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Shipped mapping: pingshan, tipdm
    #[arg(long = "as", required_unless_present = "mapping", conflicts_with = "mapping")]
    pub(crate) shipped: Option<String>,
    /// Mapping file (TOML)
    #[arg(long)]
    pub(crate) mapping: Option<PathBuf>,
    /// Where refused rows are listed
    #[arg(long)]
    pub(crate) report: Option<PathBuf>,
    /// Who imports
    #[arg(long)]
    pub(crate) actor: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// What
    pub(crate) kind: Kind,
    #[command(flatten)]
    pub(crate) place: Place,
    /// As what
    #[arg(long)]
    pub(crate) format: Format,
    /// Where to; a file that is there is replaced
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Only this month, such as 2026-10: of filing for cases, of the indicator for scorecards and breaches
    #[arg(long, value_parser = period)]
    pub(crate) period: Option<Period>,
    /// Which year's assessment; the latest without it
    #[arg(long)]
    pub(crate) year: Option<i32>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// One row per case
    Cases,
    /// One row per month, unit and indicator
    Scorecards,
    /// One row per limit that was not kept
    Breaches,
    /// One row per fact that counts for or against a unit's indicators, with the place of its event in the log
    Facts,
    /// One row per mark of supervision (card, order, finding …), with the place of its event in the log
    Marks,
    /// One row per body and item of a year's assessment, with counts and exact fractions
    Assessment,
    /// The circular of a year's assessment, as DOCX
    Bulletin,
}

/// A format of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values
    Csv,
    /// A workbook
    Xlsx,
    /// An array of objects
    Json,
    /// A document; for the bulletin only
    Docx,
}

/// `2026-10`.
fn period(text: &str) -> Result<Period, String> {
    let wanted = || "月份应写成 2026-10".to_owned();
    let (year, month) = text.split_once('-').ok_or_else(wanted)?;
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let (true, true) = (digits(year, 4), digits(month, 2)) else { return Err(wanted()) };
    match (year.parse::<Period>(), month.parse::<Period>()) {
        (Ok(year), Ok(month @ 1..=12)) => Ok(year * 100 + month),
        _ => Err(wanted()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Leave the search index as it is
    #[arg(long)]
    pub(crate) without_search: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Data directory
    #[arg(long, required_unless_present = "receipt")]
    pub(crate) data: Option<PathBuf>,
    /// Where the log lies when it is not in the data directory: a directory that several nodes share, or esdb://…
    #[arg(long, value_name = "DIR|esdb://…", requires = "data")]
    pub(crate) log: Option<LogAddress>,
    /// Heads that were kept elsewhere: a file, or a directory of .txt files
    #[arg(long, value_name = "FILE|DIR", requires = "data")]
    pub(crate) heads: Option<PathBuf>,
    /// A citizen's receipt; needs no data directory
    #[arg(long, conflicts_with = "heads")]
    pub(crate) receipt: Option<PathBuf>,
    /// The public key to trust: a file of keys, name+id+base64, or 64 hexadecimal digits
    #[arg(long, value_name = "FILE|KEY")]
    pub(crate) key: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Verify {
    /// Where the installation lies, when one was named.
    pub(crate) fn place(&self) -> Option<Place> {
        Some(Place { data: self.data.clone()?, log: self.log.clone() })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Heads {
    /// The public keys and the published heads
    List {
        #[command(flatten)]
        place: Place,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Publish the head of the latest day that is over, if nobody has yet
    Publish {
        #[command(flatten)]
        place: Place,
        /// Who publishes
        #[arg(long)]
        actor: String,
    },
    /// Sign the head as it stands now; prints the note and records nothing
    Sign {
        #[command(flatten)]
        place: Place,
    },
    /// Write every published head to a file of its own, to be kept elsewhere; files that are there are left as they are
    Export {
        #[command(flatten)]
        place: Place,
        /// Where to
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// Id of a confirmed person, or the public number of the person's only case
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// Restrict processing instead of destroying
    #[arg(long)]
    pub(crate) restrict: bool,
    /// Who does it
    #[arg(long)]
    pub(crate) actor: String,
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
    /// Folder of photos, when the setting storage.attachments names one
    #[arg(long, value_name = "DIR")]
    pub(crate) attachments: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// Rehearse the restore at once
    #[arg(long)]
    pub(crate) rehearse: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The log file
    pub(crate) file: PathBuf,
    /// The keys file: the latest
    #[arg(long)]
    pub(crate) keys: PathBuf,
    /// Directory to restore into
    #[arg(long)]
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
    /// The log file
    pub(crate) file: PathBuf,
    /// The keys file
    #[arg(long)]
    pub(crate) keys: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) settings: Configured,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Number of cases
    #[arg(long)]
    pub(crate) cases: usize,
    /// Seed
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// First day
    #[arg(long)]
    pub(crate) from: Option<NaiveDate>,
    /// Last day
    #[arg(long)]
    pub(crate) to: Option<NaiveDate>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Copy a log and its keys to another place: same events, order and times, hence the same root. Stop all nodes first
    Copy(Copy),
}

#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// Where the log lies: the directory of its log.db, or esdb://…
    #[arg(long, value_name = "DIR|esdb://…")]
    pub(crate) from: LogAddress,
    /// Where it goes: an empty directory or cluster, or one where a copy was broken off
    #[arg(long, value_name = "DIR|esdb://…")]
    pub(crate) to: LogAddress,
    /// Data directory for the local copy of a cluster; needed when one of the two is a cluster
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rulebook {
    /// Validate a file and run its worked examples
    Check {
        /// The file
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Adopt a file from a day on
    Adopt {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        place: Place,
        /// First day in force
        #[arg(long)]
        from: NaiveDate,
        /// Last day in force
        #[arg(long)]
        until: Option<NaiveDate>,
        /// Who adopts
        #[arg(long)]
        actor: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Accounts {
    /// The table (CSV: login,name,unit,roles,staff,phone,email)
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who opens them
    #[arg(long)]
    pub(crate) actor: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckConfig {
    #[command(flatten)]
    pub(crate) settings: Configured,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PrintConfig {
    #[command(flatten)]
    pub(crate) settings: Configured,
    /// What to print
    #[arg(long = "as", default_value = "values")]
    pub(crate) form: ConfigForm,
}

/// How settings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigForm {
    /// Every value that counts, with its source
    Values,
    /// The same as one JSON object
    Json,
    /// A file of settings in which every default is a comment
    Template,
    /// The reference, as Markdown
    Reference,
}

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// Address of the admin listener
    #[arg(long, default_value = "127.0.0.1:9464")]
    pub(crate) admin: SocketAddr,
    /// Ask whether it is ready to serve, not only whether it is alive
    #[arg(long)]
    pub(crate) ready: bool,
}
