//! Settings of an installation: defaults < TOML file < environment (`XIAONENG__SECTION__KEY`) < command line (`--set`).
//!
//! What can be set is read off the structs themselves ([`keys`]): names, docstrings, types and defaults make the checks,
//! `print-config` and the reference in `ops/config`. A section of another crate is one line in [`Settings`].

mod fit;
mod keys;
mod layers;
pub(crate) mod reference;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::keys::Keys;
pub(crate) use self::layers::Source;
use self::layers::{Assigned, Layers};
use crate::cli;
use crate::commands::Failure;

/// All settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Pages, and the address on which they are served.
    pub(crate) web: web::Settings,
    /// Limits and notices.
    pub(crate) automation: automation::Settings,
    /// Operating this node: admin listener, readiness, stopping.
    pub(crate) operate: web::operate::Settings,
    /// The nightly backup.
    pub(crate) backup: automation::BackupSettings,
    /// Files beside the log.
    pub(crate) storage: Storage,
    /// The node outside and what is carried between the zones.
    pub(crate) zones: Zones,
}

/// Settings of two zones, inside and outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// Where files lie that are no part of the log and cannot be made again from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Storage {
    /// Folder of photos, the same one for all nodes. Unless set: `attachments` beside a log that `--log DIR` names, else in
    /// the data directory. With a cluster of several nodes it has to be set.
    pub(crate) attachments: Option<PathBuf>,
}

/// Settings, and where each value comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Loaded {
    /// The settings.
    pub(crate) settings: Settings,
    /// Every key that counts, in the order of the reference.
    pub(crate) values: Vec<Effective>,
}

/// One value that counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Effective {
    /// `section.key`.
    pub(crate) key: String,
    /// What it is; none for what must not be shown.
    pub(crate) value: Option<Value>,
    /// Who said so.
    pub(crate) source: Source,
}

impl Settings {
    /// The settings of a call.
    ///
    /// # Errors
    /// All faults, one line each (status 2).
    pub(crate) fn of(words: &cli::Configured) -> Result<Self, Failure> {
        load(words).map(|loaded| loaded.settings).map_err(Failure::Settings)
    }

    /// The settings of a server, with the addresses of its call in place of those set.
    ///
    /// # Errors
    /// All faults, one line each (status 2).
    pub(crate) fn serving(words: &cli::Serving) -> Result<Self, Failure> {
        let mut settings = Self::of(&words.settings)?;
        settings.web.listen = words.listen.unwrap_or(settings.web.listen);
        if let Some(address) = words.admin_listen {
            settings.operate.listen = address.to_string();
        }
        Ok(settings)
    }
}

/// The settings of a call with their sources.
///
/// # Errors
/// All faults, one line each.
pub(crate) fn load(words: &cli::Configured) -> Result<Loaded, Vec<String>> {
    let file = match &words.config {
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(error) => return Err(vec![format!("设置文件 {} 无法读取：{error}。请检查路径和权限", path.display())]),
        },
        None => None,
    };
    let file = file.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    combine(file, std::env::vars_os(), &words.set, credentials().as_deref())
}

/// The folder in which systemd keeps the secrets of a service (`LoadCredential=`).
pub(crate) fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// All layers, one above the other.
fn combine(
    file: Option<(&str, &str)>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    set: &[String],
    credentials: Option<&Path>,
) -> Result<Loaded, Vec<String>> {
    let keys = Keys::of_settings();
    let mut layers = Layers::new(&keys);
    if let Some((name, text)) = file {
        layers.file(name, text);
    }
    layers.environment(environment);
    layers.words(set);
    let (mut assigned, mut faults) = layers.end();
    if let Some(folder) = credentials {
        assigned.iter_mut().for_each(|(key, one)| find_credential(key, one, folder));
    }
    let settings = apply(&keys, &assigned, &mut faults);
    match settings {
        Some(settings) if faults.is_empty() => Ok(Loaded { values: effective(&keys, &settings, &assigned), settings }),
        _ => Err(faults),
    }
}

/// A secret that is named without a folder is looked for among the credentials of the service first.
fn find_credential(key: &str, one: &mut Assigned, folder: &Path) {
    if let (true, Value::String(name)) = (key.ends_with("_file"), &one.value) {
        let path = folder.join(name);
        if !name.contains('/') && path.is_file() {
            one.value = Value::String(path.display().to_string());
        }
    }
}

/// The defaults with what was assigned, field by field, so that every fault is told at once.
fn apply(keys: &Keys, assigned: &BTreeMap<String, Assigned>, faults: &mut Vec<String>) -> Option<Settings> {
    let defaults = serde_json::to_value(Settings::default()).ok()?;
    let mut fields: BTreeMap<String, Vec<(&str, &Assigned)>> = BTreeMap::new();
    for (key, one) in assigned {
        let field = key.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        fields.entry(field).or_default().push((key, one));
    }
    let mut all = defaults.clone();
    for (field, parts) in fields {
        let pointer = format!("/{}", field.replace('.', "/"));
        let mut value = defaults.pointer(&pointer).cloned().unwrap_or_default();
        let kind = parts.iter().find(|(key, _)| key.ends_with(".kind"));
        if kind.is_some_and(|(_, kind)| value.get("kind") != Some(&kind.value)) {
            // Another kind has keys of its own: the default's do not count.
            value = Value::Object(serde_json::Map::new());
        }
        for (key, one) in &parts {
            match key.strip_prefix(&format!("{field}.")) {
                Some(part) => value[part] = one.value.clone(),
                None => value = one.value.clone(),
            }
        }
        let misfits = fit::misfits(keys.schema(&field), &value, &field);
        if misfits.is_empty() {
            let mut alone = defaults.clone();
            if let Some(place) = alone.pointer_mut(&pointer) {
                place.clone_from(&value);
            }
            if let Err(error) = serde_json::from_value::<Settings>(alone) {
                let key = parts.first().map_or(field.as_str(), |(key, _)| key);
                let error = if keys.is_secret(key) { String::new() } else { format!("（{error}）") };
                faults.push(told(keys, key, assigned.get(key), &format!("应为{}{error}", keys.expected(key))));
            }
        }
        // What is missing is told with the place of what asked for it.
        let place = |key: &str| assigned.get(key).or_else(|| kind.or(parts.first()).map(|(_, one)| *one));
        faults.extend(misfits.iter().map(|(key, what)| told(keys, key, place(key), what)));
        if let Some(place) = all.pointer_mut(&pointer) {
            *place = value;
        }
    }
    if faults.is_empty() { serde_json::from_value(all).ok() } else { None }
}

/// A fault with its key, its value (unless secret) and its place.
fn told(keys: &Keys, key: &str, one: Option<&Assigned>, what: &str) -> String {
    match one {
        Some(one) if one.key == key && !keys.is_secret(key) => format!("{}：{key} = {} 不合适，{what}", one.source, one.value),
        Some(one) => format!("{}：{key} 不合适，{what}", one.source),
        None => format!("{key} 不合适，{what}"),
    }
}

fn effective(keys: &Keys, settings: &Settings, assigned: &BTreeMap<String, Assigned>) -> Vec<Effective> {
    let all = serde_json::to_value(settings).unwrap_or_default();
    let value = |path: &str| all.pointer(&format!("/{}", path.replace('.', "/"))).cloned();
    let source = |path: &str| assigned.get(path).map_or(Source::Default, |one| one.source.clone());
    keys.iter()
        .filter_map(|key| {
            let value = value(&key.path)?;
            let value = (!key.secret || value == key.default.clone().unwrap_or_default()).then_some(value);
            Some(Effective { key: key.path.clone(), value, source: source(&key.path) })
        })
        .collect()
}

#[cfg(test)]
mod tests;
