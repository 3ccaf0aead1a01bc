//! Two zones.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Configured, Place};

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
    #[command(flatten)]
    pub(crate) settings: Configured,
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
        #[command(flatten)]
        settings: Configured,
    },
}
