//! `xiaoneng deadline`: one limit explained, and many in a batch against the official table.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::call::{call, text};

#[test]
fn a_limit_is_explained_day_by_day() {
    // Over the holiday of May 2026, in local time and in RFC 3339.
    for from in ["2026-04-30T10:00", "2026-04-30T10:00:00+08:00", "2026-04-30T02:00:00Z"] {
        let out = call(["deadline", from, "--limit", "5wd"]).good();
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[0], "2026-05-12T00:00:00+08:00", "{out}");
        assert!(out.contains("劳动节"), "{out}");
        assert!(!out.contains("临时"), "{out}");
    }
    let json = call(["deadline", "2026-04-30T10:00", "--limit", "5wd", "--json"]).json();
    assert_eq!(json["due"], "2026-05-12T00:00:00+08:00");
    assert_eq!(json["from"], "2026-04-30T10:00:00+08:00");
    assert_eq!((&json["limit"], &json["provisional"]), (&"5wd".into(), &false.into()));
    assert!(json["days"].as_array().unwrap().len() >= 11);
}

#[test]
fn a_limit_that_reaches_an_unpublished_year_is_marked() {
    let json = call(["deadline", "2026-12-30T10:00", "--limit", "5wd", "--json"]).json();
    assert_eq!(json["provisional"], true);
    assert!(call(["deadline", "2026-12-30T10:00", "--limit", "5wd"]).good().contains("临时"));
}

#[test]
fn a_calendar_file_is_added_and_a_broken_one_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let calendar = dir.path().join("city.toml");
    std::fs::write(&calendar, "这不是日历").unwrap();
    let err = call(["deadline", "2026-04-30T10:00", "--limit", "5wd", "--calendar", text(&calendar)]).bad(1);
    assert!(err.contains("city.toml"), "{err}");
    let err = call(["deadline", "2026-04-30T10:00", "--limit", "5wd", "--calendar", "/nowhere.toml"]).bad(1);
    assert!(err.contains("/nowhere.toml"), "{err}");
}

#[test]
fn a_batch_prints_every_good_line_and_tells_the_bad_ones() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("limits.csv");
    std::fs::write(
        &file,
        "\u{feff}from,limit\r\n2026-04-30T10:00,5wd\r\n2026-04-31,5wd\r\n2026-04-30,24h\r\n2026-04-30,5\r\n2026-04-30\r\n",
    )
    .unwrap();
    let ended = call(["deadline", "--batch", text(&file)]);
    assert_eq!(
        ended.out,
        "from,limit,due,provisional\n2026-04-30T10:00,5wd,2026-05-12T00:00:00+08:00,false\n2026-04-30,24h,2026-05-01T00:00:00+08:00,false\n"
    );
    let err = ended.bad(1);
    let told: Vec<&str> = err.lines().collect();
    assert_eq!(told.len(), 3, "{err}");
    for (line, told) in [3, 5, 6].into_iter().zip(told) {
        assert!(told.starts_with(&format!("第 {line} 行：")), "{told}");
    }
    assert!(call(["deadline", "--batch", "/nowhere.csv"]).bad(1).contains("/nowhere.csv"));
}

/// The collected arrangements: listed days are off or worked, all others go by the weekday.
fn table() -> Option<HashMap<NaiveDate, bool>> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let name = "shared/data/cn-holidays/chinesecalendar_2004_2026.csv";
    let Some(path) = here.ancestors().map(|dir| dir.join(name)).find(|path| path.exists()) else {
        println!("skipped: data absent ({name})");
        return None;
    };
    let rows = csv::Reader::from_path(path).unwrap().into_records();
    Some(rows.map(|row| row.unwrap()).map(|row| (row[0].parse().unwrap(), &row[1] == "workday")).collect())
}

#[test]
fn a_batch_of_every_start_day_agrees_with_the_official_table() {
    let Some(table) = table() else { return };
    let worked = |day: NaiveDate| table.get(&day).copied().unwrap_or(!matches!(day.weekday(), Weekday::Sat | Weekday::Sun));
    let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
    let (mut asked, mut expected) = ("from,limit\n".to_owned(), "from,limit,due,provisional\n".to_owned());
    let published = day("2026-12-31");
    for start in day("2004-01-01").iter_days().take_while(|start| *start <= day("2026-09-30")) {
        let mut last = start;
        for n in 1..=60_u32 {
            last = last + Days::new(1);
            while !worked(last) {
                last = last + Days::new(1);
            }
            if matches!(n, 1 | 2 | 3 | 5 | 7 | 10 | 15 | 20 | 30 | 45 | 60) {
                assert!(last <= published);
                writeln!(asked, "{start},{n}wd").unwrap();
                writeln!(expected, "{start},{n}wd,{}T00:00:00+08:00,false", last + Days::new(1)).unwrap();
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("batch.csv");
    std::fs::write(&file, &asked).unwrap();
    let out = call(["deadline", "--batch", text(&file)]).good();
    assert_eq!(out.lines().count(), 1 + 8_309 * 11);
    for (got, wanted) in out.lines().zip(expected.lines()) {
        assert_eq!(got, wanted);
    }
}
