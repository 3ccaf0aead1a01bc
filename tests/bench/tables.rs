//! `deadline`, `import`: rows per second of the command line, against reading the same rows only.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::time::Instant;

use serde_json::json;
use tests::Outcome;
use tests::server::{run as command, text};

use crate::words::{Words, round};

pub fn deadline(words: &Words) -> Outcome<()> {
    let rows = words.number("rows", 1_000_000)?;
    let path = words.scratch().join("deadlines.csv");
    let mut table = String::from("from,limit\n");
    for n in 0..rows {
        let (year, month, day, hour) = (2004 + n % 23, 1 + n / 23 % 12, 1 + n / 276 % 28, n / 7_728 % 24);
        writeln!(table, "{year}-{month:02}-{day:02}T{hour:02}:30,{}wd", 1 + n % 60)?;
    }
    std::fs::create_dir_all(words.scratch())?;
    std::fs::write(&path, &table)?;
    let asked = Instant::now();
    let read = BufReader::new(std::fs::File::open(&path)?).lines().map_while(Result::ok).filter(|line| line.contains(',')).count();
    let bare = read as f64 / asked.elapsed().as_secs_f64();
    let asked = Instant::now();
    let told = command(&["deadline", "--batch", text(&path)])?;
    let rate = rows as f64 / asked.elapsed().as_secs_f64();
    if told.lines().count() as u64 != rows + 1 {
        return Err(format!("{} lines of {rows}", told.lines().count()).into());
    }
    words.report(
        "deadline",
        json!({ "rows": rows, "rows_per_second": rate.round(), "read_rows_per_second": bare.round(), "ratio": round(rate / bare) }),
        &format!("{rate:.0} deadlines/s, {:.2} of reading the lines only", rate / bare),
    );
    Ok(())
}

pub fn import(words: &Words) -> Outcome<()> {
    let sets = Path::new(words.get("data-sets").ok_or("--data-sets names the folder of the data sets")?);
    for (mapping, file) in [("pingshan", "pingshan-2018/pingshan_utf8.csv.gz"), ("tipdm", "tipdm2020c/附件4_留言与答复.csv.gz")] {
        let path = sets.join(file);
        let data = words.scratch().join(format!("import-{mapping}"));
        command(&["init", "--data", text(&data), "--actor", "bench"])?;
        let historic = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/rulebooks/historic.toml");
        command(&[
            "rulebook",
            "adopt",
            text(&historic),
            "--data",
            text(&data),
            "--from",
            "2004-01-01",
            "--until",
            "2025-12-31",
            "--actor",
            "bench",
        ])?;
        let asked = Instant::now();
        let rows = parsed(&path)?;
        let bare = rows as f64 / asked.elapsed().as_secs_f64();
        let call = ["import", text(&path), "--as", mapping, "--data", text(&data), "--actor", "bench", "--json"];
        let asked = Instant::now();
        let told = command(&call)?;
        let rate = rows as f64 / asked.elapsed().as_secs_f64();
        let asked = Instant::now();
        let again = command(&call)?;
        let second = rows as f64 / asked.elapsed().as_secs_f64();
        let counts: serde_json::Value = serde_json::from_str(told.trim())?;
        let twice: serde_json::Value = serde_json::from_str(again.trim())?;
        words.report(
            "import",
            json!({
                "mapping": mapping, "rows": rows, "rows_per_second": rate.round(), "parse_rows_per_second": bare.round(), "ratio": round(rate / bare),
                "again_rows_per_second": second.round(), "counts": counts, "counts_again": twice,
            }),
            &format!("import {mapping}: {rate:.0} rows/s ({:.3} of parsing only), again {second:.0} rows/s; {told}", rate / bare),
        );
    }
    Ok(())
}

fn parsed(path: &Path) -> Outcome<u64> {
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path)?).read_to_end(&mut content)?;
    let mut rows = 0;
    for record in csv::ReaderBuilder::new().flexible(true).from_reader(content.as_slice()).records() {
        record?;
        rows += 1;
    }
    Ok(rows)
}
