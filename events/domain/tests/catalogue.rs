//! The event catalogue in `ops/docs/events.md` is the one that the declared events give.

use std::path::PathBuf;

#[path = "catalogue/table.rs"]
mod table;

#[test]
fn the_catalogue_in_the_docs_is_up_to_date() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let made = table::catalogue(&here.join("tests/golden")).unwrap();
    let stored = std::fs::read_to_string(here.join("../../ops/docs/events.md")).unwrap_or_default();
    assert!(made == stored, "run: cargo run -p domain --example catalogue > ops/docs/events.md");
    assert!(!made.contains("`?`") && !made.contains("|  | "), "an event without a stream or a meaning");
}
