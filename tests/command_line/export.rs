//! `xiaoneng export`: the same rows in every format, no words of people, nothing that a spreadsheet would run.

use std::path::Path;

use exchange::table::{Limits, Table};
use serde_json::Value;

use super::call::{call, city, init, text};

fn exported(data: &Path, kind: &str, format: &str, out: &Path, more: &[&str]) -> u64 {
    let words = ["export", kind, "--data", text(data), "--format", format, "--out", text(out), "--json"];
    call(words.iter().chain(more)).json()["rows"].as_u64().unwrap()
}

fn rows_of_table(path: &Path) -> u64 {
    let mut table = Table::open(path.to_path_buf(), &Limits::default()).unwrap();
    table.rows().unwrap().map(|row| row.unwrap().cells.len()).filter(|cells| *cells > 1).count() as u64
}

fn objects(path: &Path) -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_format_has_the_same_rows_and_the_months_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    city(&data, "150");
    for kind in ["cases", "scorecards", "breaches"] {
        let [csv, xlsx, json] = ["csv", "xlsx", "json"].map(|format| dir.path().join(format!("{kind}.{format}")));
        let rows = exported(&data, kind, "json", &json, &[]);
        assert_eq!((exported(&data, kind, "csv", &csv, &[]), exported(&data, kind, "xlsx", &xlsx, &[])), (rows, rows));
        assert_eq!((rows_of_table(&csv), rows_of_table(&xlsx), objects(&json).len() as u64), (rows, rows, rows), "{kind}");
        assert!(rows > 0, "{kind}");
        // each month alone has its share, and no row is lost or doubled
        let column = |row: &Value| {
            let month = if kind == "cases" { &row["filed_at"] } else { &row["period"] };
            month.as_str().unwrap()[..7].to_owned()
        };
        let months: std::collections::BTreeSet<String> = objects(&json).iter().map(column).collect();
        let one = dir.path().join("one.json");
        let sum: u64 = months.iter().map(|month| exported(&data, kind, "json", &one, &["--period", month])).sum();
        assert_eq!(sum, rows, "{kind}");
        assert_eq!(exported(&data, kind, "json", &one, &["--period", "1999-01"]), 0);
        assert!(objects(&one).is_empty());
    }
    assert_eq!(objects(&dir.path().join("cases.json")).len(), 150);
}

#[test]
fn scorecards_and_breaches_agree_and_cases_hold_no_words() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    city(&data, "150");
    let [cases, scorecards, breaches] = ["cases", "scorecards", "breaches"].map(|kind| {
        let out = dir.path().join(kind);
        exported(&data, kind, "json", &out, &[]);
        objects(&out)
    });
    let all: u64 =
        scorecards.iter().filter(|row| row["unit"] == "*" && row["measure"] == "received").map(|row| row["yes"].as_u64().unwrap()).sum();
    let units: u64 =
        scorecards.iter().filter(|row| row["unit"] != "*" && row["measure"] == "received").map(|row| row["yes"].as_u64().unwrap()).sum();
    assert!(all > 0 && all == units);
    let overdue: u64 =
        scorecards.iter().filter(|row| row["unit"] == "*" && row["measure"] == "overdue").map(|row| row["yes"].as_u64().unwrap()).sum();
    assert_eq!(breaches.iter().filter(|row| row["measure"] == "overdue").count() as u64, overdue);
    assert!(breaches.iter().all(|row| cases.iter().any(|case| case["number"] == row["number"])));
    for case in &cases {
        assert!(case["confidential"] == false || case["title"] == "", "{case}");
        assert!(case.get("words").is_none() && case.get("petitioner").is_none());
    }
    assert!(cases.iter().any(|case| case["title"] != ""));
}

#[test]
fn a_title_that_looks_like_a_formula_is_written_as_text() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file, out) = (dir.path().join("city"), dir.path().join("x.csv"), dir.path().join("out.csv"));
    init(&data);
    std::fs::write(
        &file,
        "留言编号,留言时间,留言主题,留言详情,留言用户,答复意见,答复时间\n1,2019-03-05 09:00,=HYPERLINK(1),灯不亮,A1,已修复,2019-03-06 09:00\n",
    )
    .unwrap();
    call(["import", text(&file), "--data", text(&data), "--as", "tipdm", "--actor", "张三"]).good();
    assert_eq!(exported(&data, "cases", "csv", &out, &[]), 1);
    let csv = std::fs::read_to_string(&out).unwrap();
    assert!(csv.contains(",'=HYPERLINK(1),"), "{csv}");
    assert!(!csv.contains("A1") && !csv.contains("已修复"), "{csv}");
    // a place that cannot be written is told, and no half file stays
    let nowhere = dir.path().join("nowhere/out.csv");
    let err = call(["export", "cases", "--data", text(&data), "--format", "csv", "--out", text(&nowhere)]).bad(1);
    assert!(err.contains("nowhere"), "{err}");
}

#[test]
fn an_assessment_that_is_not_there_and_a_format_that_does_not_fit_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("city"), dir.path().join("out"));
    init(&data);
    let export = |status: i32, kind: &str, format: &str, more: &[&str]| {
        let words = ["export", kind, "--data", text(&data), "--format", format, "--out", text(&out)];
        let told = call(words.iter().chain(more)).bad(status);
        assert!(!out.exists() && !dir.path().join("out.part").exists(), "half a file stays");
        told
    };
    assert!(export(1, "assessment", "json", &[]).contains("还没有年度考评"));
    assert!(export(1, "bulletin", "docx", &["--year", "2025"]).contains("2025"));
    assert!(export(2, "cases", "docx", &[]).contains("bulletin"));
    assert!(export(2, "bulletin", "csv", &[]).contains("docx"));
}
