//! Settings.

use clap::{Args, ValueEnum};

use super::Configured;

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
