//! Tables that come in and go out.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::time::Period;

use super::{Act, Place};

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// CSV or XLSX, UTF-8 or GB18030, optionally gzip
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) act: Act,
    /// Shipped mapping: pingshan, tipdm
    #[arg(long = "as", required_unless_present = "mapping", conflicts_with = "mapping")]
    pub(crate) shipped: Option<String>,
    /// Mapping file (TOML)
    #[arg(long)]
    pub(crate) mapping: Option<PathBuf>,
    /// Where refused rows are listed
    #[arg(long)]
    pub(crate) report: Option<PathBuf>,
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
