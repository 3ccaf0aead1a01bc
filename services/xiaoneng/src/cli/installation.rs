//! An installation: made, filled, looked at.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::{Act, Configured, Place};

#[derive(Debug, Args)]
pub(crate) struct Init {
    #[command(flatten)]
    pub(crate) act: Act,
    /// Units (CSV: code,name,parent,level,nature,division,hotline,since)
    #[arg(long)]
    pub(crate) units: Option<PathBuf>,
    /// Accounts (CSV: login,name,unit,roles,staff,phone,email)
    #[arg(long)]
    pub(crate) accounts: Option<PathBuf>,
    /// Rulebook file; the shipped `generic` when it is left out
    #[arg(long)]
    pub(crate) rulebook: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Accounts {
    /// The table (CSV: login,name,unit,roles,staff,phone,email)
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) act: Act,
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

#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// Id of a confirmed person, or the public number of the person's only case
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) act: Act,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// Restrict processing instead of destroying
    #[arg(long)]
    pub(crate) restrict: bool,
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
