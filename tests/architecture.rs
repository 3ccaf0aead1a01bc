//! The house keeps its shape: crates depend only on crates before them on the path of the data, and promises of the
//! architecture that can be read from the source are read from the source.
#![cfg(test)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of the data; a crate may use crates before it only.
const ORDER: [&str; 11] =
    ["domain", "event-log", "vault", "projections", "application", "exchange", "templates", "automation", "web", "xiaoneng", "tests"];
/// What the pure rules may depend on; `sha2` for commitments (a draw, a plan), which are rules themselves.
const DOMAIN_MAY_USE: [&str; 7] = ["chrono", "serde", "serde_json", "sha2", "thiserror", "toml", "uuid"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let normal = package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"].is_null());
            (
                package["name"].as_str().unwrap().to_owned(),
                normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect(),
            )
        })
        .collect()
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no sources under {folder}");
    found
}

/// The part of a file before its tests.
fn product(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

#[test]
fn a_crate_depends_only_on_crates_before_it() {
    let dependencies = dependencies();
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    assert_eq!(dependencies.len(), ORDER.len(), "a crate is missing from the order: {:?}", dependencies.keys());
    for (name, uses) in &dependencies {
        let own = place(name).unwrap_or_else(|| panic!("{name} has no place in the order"));
        for used in uses.iter().filter_map(|used| place(used).map(|place| (used, place))) {
            assert!(used.1 < own, "{name} must not depend on {}", used.0);
        }
    }
}

#[test]
fn the_rules_depend_on_nothing_that_could_do_io() {
    for used in &dependencies()["domain"] {
        assert!(DOMAIN_MAY_USE.contains(&used.as_str()), "domain must not depend on {used}");
    }
}

#[test]
fn every_version_of_a_dependency_stands_in_one_list() {
    for (name, _) in dependencies() {
        let folder = match name.as_str() {
            "domain" | "vault" => format!("events/{name}"),
            "event-log" => "events/log".to_owned(),
            "projections" | "templates" | "tests" => name.clone(),
            other => format!("services/{other}"),
        };
        let text = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let dependencies = text.split("[dependencies]").nth(1).unwrap_or_default();
        let own = dependencies.lines().find(|line| line.contains("version = "));
        assert_eq!(own, None, "{name} states a version of its own");
    }
}

#[test]
fn only_one_place_reads_the_time_and_one_makes_ids() {
    let mut readers = Vec::new();
    for folder in ["events", "projections", "services", "templates/src"] {
        for (path, text) in sources(folder) {
            let text = product(&text);
            if ["Utc::now(", "Local::now(", "SystemTime::now(", "Uuid::new_v4(", "Uuid::now_v7("].iter().any(|call| text.contains(call)) {
                readers.push(path.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    assert_eq!(readers, ["services/application/src/clock.rs"]);
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = ["todo!(", "unimplemented!(", "#[ignore", "FIXME"];
    for folder in ["events", "projections", "services", "templates", "tests"] {
        for (path, text) in sources(folder) {
            if path.ends_with("architecture.rs") {
                continue;
            }
            for mark in marks {
                assert!(!text.contains(mark), "{} has {mark}", path.display());
            }
        }
    }
}

#[test]
fn no_library_of_the_tests_changes_what_the_program_writes() {
    // Features are turned on for everything that is built together: `preserve_order` of serde_json would be tested and not shipped.
    let written = serde_json::from_str::<serde_json::Value>(r#"{"b":1,"a":2}"#).unwrap().to_string();
    assert_eq!(written, r#"{"a":2,"b":1}"#);
}

#[test]
fn sql_is_never_put_together_from_input() {
    // SQL texts are constants or built from closed sets of names; a format! with a quote in a query is how injection begins.
    for folder in ["events/log", "projections", "services"] {
        for (path, text) in sources(folder) {
            for line in product(&text).lines().filter(|line| {
                line.contains("format!(\"") && (line.contains("SELECT ") || line.contains("INSERT ") || line.contains("UPDATE "))
            }) {
                assert!(!line.contains("'{"), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn decisions_have_numbers_of_their_own() {
    let mut numbers: Vec<String> = std::fs::read_dir(root().join("ops/decisions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.chars().take(4).collect())
        .collect();
    numbers.sort();
    assert!(numbers.iter().all(|number| number.chars().all(|c| c.is_ascii_digit())), "{numbers:?}");
    assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]), "{numbers:?}");
}
