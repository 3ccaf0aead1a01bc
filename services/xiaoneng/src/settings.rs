//! Settings of an installation: defaults < TOML file < environment (`XIAONENG__SECTION__KEY`). Unknown keys are refused.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// All settings.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Pages.
    pub(crate) web: web::Settings,
    /// Limits, notices.
    pub(crate) automation: automation::Settings,
    /// Files beside the log.
    pub(crate) storage: Storage,
}

/// Where files lie that are no part of the log and cannot be made again from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Storage {
    /// Folder of photos, the same one for all nodes. Unless set: `attachments` beside a log that `--log DIR` names, else in
    /// the data directory. With a cluster of several nodes it has to be set.
    pub(crate) attachments: Option<PathBuf>,
}

impl Settings {
    /// Reads the settings.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut builder = config::Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        let environment = config::Environment::with_prefix("XIAONENG").prefix_separator("__").separator("__").try_parsing(true);
        let settings = builder.add_source(environment).build().context("设置文件无法读取")?;
        settings.try_deserialize().context("设置中有不认识的项或不合适的值")
    }
}
