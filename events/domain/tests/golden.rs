//! Golden events: one stored payload per type and version, written once and never edited (codebases.md §4, rule 10).
//!
//! A payload that changes its shape gets another version and another file; the old file is read through an upcast.

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::event::{Event, kinds};
use domain::events::EventError;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn every_kind_has_its_golden_file_and_no_file_is_left_over() {
    let declared: BTreeSet<String> = kinds().map(|(_, kind, version)| format!("{kind}.v{version}.json")).collect();
    let stored: BTreeSet<String> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let missing: Vec<&String> = declared.difference(&stored).collect();
    assert!(missing.is_empty(), "no golden file for {missing:?}");
    // Files of older versions stay; files of kinds that never were do not come.
    let unknown: Vec<&String> = stored.iter().filter(|file| !kinds().any(|(_, kind, _)| file.starts_with(&format!("{kind}.v")))).collect();
    assert!(unknown.is_empty(), "golden files of no kind: {unknown:?}");
}

#[test]
fn every_golden_event_reads_back_and_writes_the_same_again() {
    for (_, kind, version) in kinds() {
        let text = std::fs::read_to_string(folder().join(format!("{kind}.v{version}.json"))).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let event = Event::from_json(kind, version, json.clone()).unwrap();
        assert_eq!((event.kind(), event.version()), (kind, version));
        assert_eq!(event.to_json().unwrap(), json, "{kind}");
        assert_eq!(Event::from_slice(kind, version, text.as_bytes()), Ok(event), "{kind}");
    }
}

#[test]
fn a_golden_event_whose_private_values_are_closed_or_erased_reads_too() {
    fn mark(value: &mut serde_json::Value, sealed: &serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) if fields.contains_key("§") => {
                fields.remove("v");
                let name = if sealed.is_boolean() { "x" } else { "i" };
                fields.insert(name.to_owned(), sealed.clone());
            }
            serde_json::Value::Object(fields) => fields.values_mut().for_each(|value| mark(value, sealed)),
            serde_json::Value::Array(values) => values.iter_mut().for_each(|value| mark(value, sealed)),
            _ => {}
        }
    }
    for (_, kind, version) in kinds() {
        let text = std::fs::read_to_string(folder().join(format!("{kind}.v{version}.json"))).unwrap();
        for sealed in [serde_json::json!(0), serde_json::json!(true)] {
            let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
            mark(&mut json, &sealed);
            assert!(Event::from_json(kind, version, json).is_ok(), "{kind}");
        }
    }
}

#[test]
fn an_unknown_kind_or_version_is_a_typed_error() {
    let unknown = |kind: &str, version| Err(EventError::Unknown { kind: kind.to_owned(), version });
    for (_, kind, version) in kinds() {
        assert_eq!(Event::from_slice(kind, version + 1, b"{}"), unknown(kind, version + 1));
        assert_eq!(Event::from_json(kind, 0, serde_json::json!({})), unknown(kind, 0));
    }
    for kind in ["", "case", "case_", "case_dreamt", "weather_changed"] {
        assert_eq!(Event::from_slice(kind, 1, b"{}"), unknown(kind, 1));
    }
}

#[test]
fn another_shape_is_a_typed_error_that_shows_no_value() {
    let error = Event::from_slice("case_refused", 1, r#"{"ground":"legal_path","words":"张三的电话"}"#.as_bytes()).unwrap_err();
    assert!(matches!(&error, EventError::Shape { kind, version: 1, .. } if kind == "case_refused"));
    assert!(!error.to_string().contains("张三"));
}
