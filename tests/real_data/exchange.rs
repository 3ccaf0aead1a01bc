//! The mappings that are shipped, on the files they were written for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::PathBuf;

use exchange::mapping::Mapping;
use exchange::row::{ImportRow, read_rows};
use exchange::table::{Encoding, Format, Limits, Source, Table};

/// The file, or `None` with a word about it where the data were not laid.
pub(super) fn data(name: &str) -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().map(|dir| dir.join("shared/data").join(name)).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: data absent (shared/data/{name})");
    }
    found
}

fn import(source: impl Into<Source>, mapping: &str) -> (Format, Vec<ImportRow>) {
    let mapping = Mapping::built_in(mapping).unwrap().unwrap();
    let mut table = Table::open_as(source, &mapping.layout(), &Limits::default()).unwrap();
    let format = table.format();
    let rows = read_rows(&mut table, &mapping).unwrap();
    // Neither set has a row that must be refused.
    (format, rows.map(|row| row.unwrap().unwrap()).collect())
}

fn pingshan() -> Option<(Vec<u8>, Vec<ImportRow>)> {
    let path = data("pingshan-2018/pingshan_utf8.csv.gz")?;
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_end(&mut text).unwrap();
    let (format, rows) = import(path, "pingshan");
    assert_eq!(format, Format::Csv { encoding: Encoding::Utf8, delimiter: ',' });
    Some((text, rows))
}

#[test]
fn pingshan_has_ten_thousand_rows_and_the_outcomes_that_its_readme_counts() {
    let Some((_, rows)) = pingshan() else { return };
    assert_eq!(rows.len(), 10_000);
    let asserted = |value| rows.iter().filter(|row| row.asserted.iter().any(|outcome| outcome.value == value)).count();
    assert_eq!((asserted(true), asserted(false)), (9_071, 924));
    assert_eq!(rows.iter().filter(|row| row.asserted.is_empty()).count(), 5);
    assert!(rows.iter().all(|row| row.asserted.len() <= 1 && row.answered_at.is_none() && !row.filed_at.date_only));

    let first = rows.iter().map(|row| row.filed_at.at).min().unwrap();
    let last = rows.iter().map(|row| row.filed_at.at).max().unwrap();
    assert_eq!(first.to_rfc3339(), "2018-02-08T07:34:40+00:00");
    assert_eq!(last.to_rfc3339(), "2018-12-01T11:15:02+00:00");
    let ids: BTreeSet<_> = rows.iter().map(|row| &row.external_id).collect();
    assert_eq!(ids.len(), 10_000);
}

#[test]
fn pingshan_keeps_classes_channels_places_and_a_unit_for_each_name() {
    let Some((_, rows)) = pingshan() else { return };
    let mut classes: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let mut channels: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for row in &rows {
        *classes.entry(row.class.as_deref()).or_default() += 1;
        *channels.entry(row.channel.as_deref()).or_default() += 1;
    }
    let expected = [
        (Some("complaint"), 9_341),
        (Some("consultation"), 415),
        (Some("help"), 40),
        (Some("other"), 21),
        (Some("praise"), 11),
        (Some("suggestion"), 172),
    ];
    assert_eq!(classes.into_iter().collect::<Vec<_>>(), expected, "20 rows of the source tell no class, one tells 其他");
    assert_eq!(
        channels.into_iter().collect::<Vec<_>>(),
        [(Some("app"), 5_937), (Some("hotline12319"), 1_548), (Some("landline"), 427), (Some("mailbox"), 470), (Some("phone"), 1_618)]
    );
    assert!(rows.iter().all(|row| row.category.len() == 3));
    let streets: BTreeSet<_> = rows.iter().filter_map(|row| row.place.street.as_ref()).collect();
    let communities: BTreeSet<_> = rows.iter().filter_map(|row| row.place.community.as_ref()).collect();
    assert_eq!((streets.len(), communities.len()), (6, 23));
    assert_eq!(rows.iter().filter(|row| row.place.code.is_some()).count(), 9_990);

    // 156 names of which one is the mark for empty; 121 ids would have thrown units together.
    let names: BTreeSet<_> = rows.iter().filter_map(|row| row.unit.as_ref()).map(|unit| &unit.name).collect();
    let codes: BTreeSet<_> = rows.iter().filter_map(|row| row.unit.as_ref()).map(|unit| &unit.code).collect();
    assert_eq!((names.len(), codes.len()), (155, 155));
    assert_eq!(rows.iter().filter(|row| row.unit.is_none()).count(), 22);
    let of = |name: &str, value| {
        let unit = |row: &&ImportRow| row.unit.as_ref().is_some_and(|unit| unit.name == name);
        rows.iter().filter(unit).filter(|row| row.asserted.iter().any(|outcome| outcome.value == value)).count()
    };
    for (name, overdue, all) in
        [("环境保护和水务局", 8, 1_286), ("坪山交通运输局", 40, 1_133), ("城市管理局", 52, 448), ("教育局", 48, 318)]
    {
        assert_eq!((of(name, false), of(name, false) + of(name, true)), (overdue, all), "{name}");
    }
}

#[test]
fn pingshan_in_gb18030_gives_the_same_rows() {
    let Some((utf8, rows)) = pingshan() else { return };
    let (gb, _, replaced) = encoding_rs::GB18030.encode(std::str::from_utf8(&utf8).unwrap());
    assert!(!replaced && gb.as_ref() != utf8.as_slice());
    let (format, from_gb) = import(gb.to_vec(), "pingshan");
    assert_eq!(format, Format::Csv { encoding: Encoding::Gb18030, delimiter: ',' });
    assert_eq!(from_gb, rows);
}

#[test]
fn tipdm_has_the_same_2816_demands_in_csv_and_in_the_original_workbook() {
    let (Some(csv), Some(xlsx)) = (data("tipdm2020c/附件4_留言与答复.csv.gz"), data("tipdm2020c/附件4.xlsx")) else { return };
    let (_, from_csv) = import(csv, "tipdm");
    let (format, from_xlsx) = import(xlsx, "tipdm");
    assert!(matches!(format, Format::Xlsx { .. }));
    assert_eq!((from_csv.len(), from_xlsx.len()), (2_816, 2_816));
    for (left, right) in from_csv.iter().zip(&from_xlsx) {
        assert_eq!(left, right);
    }
}

#[test]
fn tipdm_answers_come_after_their_demands_and_took_as_long_as_its_readme_says() {
    let Some(path) = data("tipdm2020c/附件4_留言与答复.csv.gz") else { return };
    let (_, rows) = import(path, "tipdm");
    assert!(rows.iter().all(|row| row.unit.is_none()), "the source names no unit, none is invented");
    for row in &rows {
        let (words, answer) = (row.words.as_deref().unwrap(), row.answer.as_deref().unwrap());
        assert!(!words.starts_with(char::is_whitespace) && !answer.ends_with(char::is_whitespace));
    }
    let only_a_day = rows.iter().filter(|row| row.filed_at.date_only || row.answered_at.unwrap().date_only).count();
    assert_eq!(only_a_day, 1);

    let mut days: Vec<f64> = Vec::new();
    let mut dates: Vec<i64> = Vec::new();
    for row in &rows {
        let answered = row.answered_at.unwrap();
        let elapsed = answered.at - row.filed_at.at;
        assert!(elapsed >= chrono::TimeDelta::zero(), "row {}", row.line);
        #[expect(clippy::cast_precision_loss, reason = "seconds of a few years")]
        days.push(elapsed.num_seconds() as f64 / 86_400.0);
        dates.push((answered.day() - row.filed_at.day()).num_days());
    }
    days.sort_by(f64::total_cmp);
    let over = |limit: f64| days.iter().filter(|day| **day > limit).count();
    assert_eq!((over(15.0), over(60.0), over(365.0)), (1_084, 159, 3));
    let dates_over = |limit: i64| dates.iter().filter(|day| **day > limit).count();
    let dates_at = |limit: i64| dates.iter().filter(|day| **day == limit).count();
    assert_eq!((dates_over(15), dates_over(60), dates_at(15), dates_at(60)), (1_061, 156, 71, 9));
    let mean = days.iter().sum::<f64>() / 2_816.0;
    let part = |share: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index below 2,816")]
        let index = (share * 2_815.0).round() as usize;
        days[index]
    };
    for (found, stated, within) in [
        (mean, 20.3, 0.05),
        (part(0.5), 11.2, 0.06),
        (part(0.75), 22.3, 0.06),
        (part(0.9), 41.0, 0.1),
        (part(0.95), 67.4, 0.3),
        (part(0.99), 167.0, 1.0),
        (part(1.0), 1_160.0, 1.0),
    ] {
        assert!((found - stated).abs() <= within, "{found} is not {stated}");
    }
}

#[test]
fn a_file_of_the_wrong_source_names_the_columns_it_lacks() {
    let Some(path) = data("tipdm2020c/附件4.xlsx") else { return };
    let mapping = Mapping::built_in("pingshan").unwrap().unwrap();
    let mut table = Table::open(path, &Limits::default()).unwrap();
    let error = read_rows(&mut table, &mapping).err().unwrap().to_string();
    assert!(error.contains("缺少“REC_ID”列") && error.contains("请核对"), "{error}");
}
