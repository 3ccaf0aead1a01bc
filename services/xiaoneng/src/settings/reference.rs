//! The reference of all settings, made from the structs: `xiaoneng print-config --as reference|template`.

use serde_json::Value;

use super::keys::{Key, Keys};

/// What is read from the environment alone: also commands without settings need it, and it tells where settings are.
const ENVIRONMENT: [(&str, &str); 9] = [
    ("XIAONENG_DATA", "Data directory of every command, in place of `--data`."),
    ("XIAONENG_LOG_ADDRESS", "Where the log lies when it is not in the data directory, in place of `--log`."),
    ("XIAONENG_CONFIG", "The file of settings, in place of `--config`."),
    (
        "XIAONENG_MASTER_KEY_FILE",
        "The master key (mode 0400 or 0600). Without it: the credential `master.key` of the systemd unit, then `master.key` in the data directory.",
    ),
    ("CREDENTIALS_DIRECTORY", "Set by systemd (`LoadCredential=`). A key `*_file` whose value has no `/` is looked for here first."),
    (
        "XIAONENG_ESDB_USER",
        "User of the cluster that `--log esdb://…` names; it must not stand in the address, which everybody on the machine sees.",
    ),
    ("XIAONENG_ESDB_PASSWORD", "Its password."),
    ("XIAONENG_ESDB_PASSWORD_FILE", "The file of its password, in place of the one above."),
    ("XIAONENG_LOG", "What the operating log tells, such as `info` or `info,web=debug`."),
];

/// `ops/config/reference.md`.
pub(crate) fn markdown() -> String {
    let keys = Keys::of_settings();
    let mut text = String::from(
        "# All settings\n\nGenerated from the structs: `xiaoneng print-config --as reference > ops/config/reference.md`; a test compares.\n\n\
         What counts, the later the stronger: default < file (`--config`, TOML) < environment < command line (`--set section.key=value`; `--listen`).\n\
         `xiaoneng check-config` names every fault with its place; `xiaoneng print-config` shows every value and where it comes from, secrets never.\n\
         Secrets stand in files of their own (`*_file`).\n",
    );
    for (section, about) in keys.sections() {
        text.push_str(&format!(
            "\n## `[{section}]`\n\n{about}\n\n| key | environment | takes | default | meaning |\n|---|---|---|---|---|\n"
        ));
        for key in of(&keys, &section) {
            let default = key.default.as_ref().map(|default| format!("`{}`", literal(default))).unwrap_or_default();
            text.push_str(&format!(
                "| `{}` | `{}` | {} | {} | {} |\n",
                key.path,
                key.environment(),
                key.shape().replace('|', "\\|"),
                default.replace('|', "\\|"),
                meaning(key).replace('|', "\\|"),
            ));
        }
    }
    text.push_str("\n## Environment only\n\n| variable | meaning |\n|---|---|\n");
    for (name, meaning) in ENVIRONMENT {
        text.push_str(&format!("| `{name}` | {meaning} |\n"));
    }
    text
}

/// `ops/config/xiaoneng.toml`: every key with its default, as a comment.
pub(crate) fn template() -> String {
    let keys = Keys::of_settings();
    let mut text = String::from(
        "# Settings of xiaoneng. Generated: `xiaoneng print-config --as template`; a test compares.\n\
         # Every line is a default: take off the mark in front of what is to be another.\n\
         # Check with: xiaoneng check-config --config THIS_FILE\n",
    );
    for (section, about) in keys.sections() {
        text.push_str(&format!("\n# {about}\n[{section}]\n"));
        for key in of(&keys, &section) {
            text.push_str(&format!("\n# {}\n# Environment: {}\n", meaning(key), key.environment()));
            let name = key.path.trim_start_matches(&format!("{section}."));
            match &key.default {
                Some(default) => text.push_str(&format!("# {name} = {}\n", literal(default))),
                None => text.push_str(&format!("# {name} =\n")),
            }
        }
    }
    text
}

fn of<'a>(keys: &'a Keys, section: &str) -> impl Iterator<Item = &'a Key> {
    let prefix = format!("{section}.");
    keys.iter().filter(move |key| key.path.starts_with(&prefix))
}

fn meaning(key: &Key) -> String {
    match key.kinds.as_slice() {
        [] => key.doc.clone(),
        kinds => format!("{} (kind {})", key.doc, kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// A value as TOML writes it.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        // JSON's escapes of texts are TOML's.
        other => other.to_string(),
    }
}
