//! Settings of an installation: defaults < TOML file < environment (`XIAONENG__SECTION__KEY`). Unknown keys are refused.

use std::path::Path;

use anyhow::Context;

/// All settings.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Pages.
    pub(crate) web: web::Settings,
    /// Limits, notices.
    pub(crate) automation: automation::Settings,
    /// The node outside and what is carried between the zones.
    pub(crate) zones: Zones,
}

/// Settings of two zones, inside and outside.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Zones {
    /// Inside: spool that `serve` carries through by itself; empty = `xiaoneng ferry` is called by a timer, or there is one
    /// zone only.
    pub(crate) spool: String,
    /// Inside: which outside secret is good, 1 to 16; one more when the key file of the outside may be known to others.
    pub(crate) generation: u32,
    /// Seconds between two looks into the spool.
    pub(crate) seconds: u64,
    /// Outside: letters without acknowledgement at most; then filing pauses with 503.
    pub(crate) most_held: usize,
    /// Outside: minutes after which a letter without acknowledgement is put out again.
    pub(crate) resend_minutes: u32,
}

impl Default for Zones {
    fn default() -> Self {
        Self { spool: String::new(), generation: 1, seconds: 15, most_held: 200_000, resend_minutes: 60 }
    }
}

impl Zones {
    /// The generation, when it is one.
    pub(crate) fn generation(&self) -> anyhow::Result<u32> {
        if (1..=vault::zones::GENERATIONS).contains(&self.generation) {
            return Ok(self.generation);
        }
        anyhow::bail!("设置 zones.generation 应在 1 到 {} 之间", vault::zones::GENERATIONS)
    }
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
