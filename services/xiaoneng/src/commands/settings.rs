//! `xiaoneng check-config` and `print-config`.

use serde_json::{Value, json};

use super::Failure;
use crate::cli::{self, ConfigForm};
use crate::output;
use crate::settings::{self, Effective, Loaded, Source, reference};

/// Names every fault with its place; silent but for one line when there is none.
pub(super) fn check(words: &cli::CheckConfig) -> Result<(), Failure> {
    let found = settings::load(&words.settings).and_then(|loaded| usable(&loaded).map(|()| loaded));
    if words.json {
        let faults = found.as_ref().err().cloned().unwrap_or_default();
        output::line(&json!({ "faults": faults }).to_string());
    }
    let loaded = found.map_err(Failure::Settings)?;
    if !words.json {
        let set = loaded.values.iter().filter(|value| value.source != Source::Default).count();
        output::line(&format!("设置没有问题：共 {} 项，其中 {set} 项不是默认", loaded.values.len()));
    }
    Ok(())
}

/// What no type can say: the files of secrets are there, the carrier takes its settings.
fn usable(loaded: &Loaded) -> Result<(), Vec<String>> {
    loaded.settings.automation.check().map_err(|error| vec![format!("automation：{error}")])
}

pub(super) fn print(words: &cli::PrintConfig) -> Result<(), Failure> {
    let text = match words.form {
        ConfigForm::Reference => reference::markdown(),
        ConfigForm::Template => reference::template(),
        ConfigForm::Values => values(&settings::load(&words.settings).map_err(Failure::Settings)?),
        ConfigForm::Json => object(&settings::load(&words.settings).map_err(Failure::Settings)?),
    };
    output::line(text.trim_end());
    Ok(())
}

fn values(loaded: &Loaded) -> String {
    let shown = |one: &Effective| one.value.as_ref().map_or_else(|| "（不显示）".to_owned(), reference::literal);
    let line = |one: &Effective| format!("{} = {}  # {}", one.key, shown(one), one.source);
    loaded.values.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn object(loaded: &Loaded) -> String {
    let entry = |one: &Effective| (one.key.clone(), json!({ "value": one.value, "source": one.source.to_string() }));
    Value::Object(loaded.values.iter().map(entry).collect()).to_string()
}
