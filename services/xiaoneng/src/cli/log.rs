//! The log: proofs, heads, views, copies.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Act, LogAddress, Place};

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
    #[arg(long, env = "XIAONENG_DATA", required_unless_present = "receipt")]
    pub(crate) data: Option<PathBuf>,
    /// Where the log lies when it is not in the data directory: a directory that several nodes share, or esdb://…
    #[arg(long, value_name = "DIR|esdb://…", env = "XIAONENG_LOG_ADDRESS")]
    pub(crate) log: Option<LogAddress>,
    /// Heads that were kept elsewhere: a file, or a directory of .txt files
    #[arg(long, value_name = "FILE|DIR", requires = "data")]
    pub(crate) heads: Option<PathBuf>,
    /// A citizen's receipt; needs no data directory, and is compared with the log when there is one
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
        act: Act,
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
