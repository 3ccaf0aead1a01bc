//! Rules and limits.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::Act;

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
        act: Act,
        /// First day in force
        #[arg(long)]
        from: NaiveDate,
        /// Last day in force
        #[arg(long)]
        until: Option<NaiveDate>,
    },
}
