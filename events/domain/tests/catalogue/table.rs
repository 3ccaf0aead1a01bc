//! Makes the event catalogue from the declared events and their golden files.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use domain::event::{kinds, meaning};

/// The whole of `ops/docs/events.md`.
pub fn catalogue(golden: &Path) -> std::io::Result<String> {
    let mut text = String::from(
        "# Events\n\n\
         Generated: `cargo run -p domain --example catalogue > ops/docs/events.md`; a test compares. A sample of every event\n\
         stands in `events/domain/tests/golden/<kind>.v<version>.json`. *Sealed* names the subjects under whose keys private\n\
         values of the event are sealed before it reaches the log.\n",
    );
    let mut group_before = "";
    for (group, kind, version) in kinds() {
        if group != group_before {
            let _ = write!(text, "\n## {group}\n\n| kind | version | stream | what it means | sealed |\n|---|---|---|---|---|\n");
            group_before = group;
        }
        let sample: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(golden.join(format!("{kind}.v{version}.json")))?)?;
        let mut subjects = BTreeSet::new();
        collect(&sample, &mut subjects);
        let sealed = subjects.into_iter().collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "| `{kind}` | {version} | `{}` | {} | {sealed} |", stream(kind), meaning(kind).unwrap_or_default());
    }
    Ok(text)
}

fn stream(kind: &str) -> &'static str {
    match kind.split_once('_').map_or(kind, |(group, _)| group) {
        "case" => "case-<uuid>",
        "unit" => "unit-<code>",
        "account" => "account-<uuid>",
        "person" => "person-<uuid>",
        "rulebook" => "rulebook-<id>",
        "calendar" if kind == "calendar_overlay_set" => "calendar-city",
        "calendar" => "calendar-<year>",
        "catalogue" => "catalogue-<id>",
        "notice" => "notice-<uuid5>",
        "import" => "import-<uuid>",
        "escalation" => "escalation-<uuid5>",
        "card" => "card-<uuid5>",
        "order" => "order-<uuid>",
        "matter" => "matter-<uuid>",
        "task" => "task-<matter>-<unit>",
        "inspection" => "inspection-<uuid>",
        "draw" => "draw-<uuid>",
        "rectification" => "rectification-<uuid>",
        "investigation" => "investigation-<uuid>",
        "assessment" => "assessment-<year>",
        "assessed" => "assessed-<year>-<unit>",
        "campaign" => "campaign-<id>",
        "ballots" => "ballots-<campaign>.<n>",
        "log" => "log-genesis, log-audit-<day>, log-head-<day>",
        _ => "?",
    }
}

fn collect(value: &serde_json::Value, subjects: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            if let Some(subject) = fields.get("§").and_then(|subject| subject.as_str()) {
                subjects.insert(subject.to_owned());
            }
            fields.values().for_each(|value| collect(value, subjects));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, subjects)),
        _ => {}
    }
}
