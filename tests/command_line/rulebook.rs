//! `xiaoneng rulebook`: files are validated with line and reason before anything is adopted.

use std::path::{Path, PathBuf};

use super::call::{call, init, text};

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/rulebooks");
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect()
}

fn generic() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/rulebooks/generic.toml")).unwrap()
}

#[test]
fn every_shipped_rulebook_is_without_a_fault() {
    let files = shipped();
    assert!(files.len() >= 4);
    for file in files {
        let out = call(["rulebook", "check", text(&file)]).good();
        assert!(out.contains("没有问题"), "{out}");
        let json = call(["rulebook", "check", text(&file), "--json"]).json();
        assert!(json["examples"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_broken_rulebook_is_told_with_line_and_reason() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("broken.toml");
    // An unknown unit of time, in a line that can be counted.
    let text_ = generic().replacen("\"5wd\"", "\"5xx\"", 1);
    let line = 1 + text_.lines().position(|line| line.contains("5xx")).unwrap();
    std::fs::write(&file, text_).unwrap();
    let ended = call(["rulebook", "check", text(&file)]);
    assert_eq!(ended.out, "");
    let err = ended.bad(1);
    assert!(err.contains(&format!("第 {line} 行")), "line {line} is not in {err}");
    // No TOML at all.
    std::fs::write(&file, "id = \n").unwrap();
    assert!(call(["rulebook", "check", text(&file)]).bad(1).contains("第 1 行"));
    assert!(call(["rulebook", "check", "/nowhere.toml"]).bad(1).contains("/nowhere.toml"));
}

#[test]
fn an_example_that_does_not_hold_is_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("example.toml");
    let text_ = generic();
    let due = text_.lines().rev().find(|line| line.starts_with("due = ")).unwrap();
    std::fs::write(&file, text_.replace(due, "due = \"2026-01-02 00:00\"")).unwrap();
    let err = call(["rulebook", "check", text(&file)]).bad(1);
    assert!(err.contains("不成立") && err.contains("2026-01-02"), "{err}");
}

#[test]
fn a_version_is_adopted_once_and_a_broken_one_never() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    let historic = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/rulebooks/historic.toml");
    let adopt = |file: &Path| {
        call(["rulebook", "adopt", text(file), "--data", text(&data), "--from", "2004-01-01", "--until", "2025-12-31", "--actor", "张三"])
    };
    assert!(adopt(&historic).good().contains("已启用"));
    assert!(adopt(&historic).good().contains("没有变化"));
    let broken = dir.path().join("broken.toml");
    std::fs::write(&broken, generic().replacen("\"5wd\"", "\"5xx\"", 1)).unwrap();
    let before = call(["verify", "--data", text(&data), "--json"]).json();
    assert!(adopt(&broken).bad(1).contains("行"));
    assert_eq!(call(["verify", "--data", text(&data), "--json"]).json(), before);
}
