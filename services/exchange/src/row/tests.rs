use super::*;
use crate::table::Limits;

const MAPPING: &str = r#"
source = "city"
title = "本市"
rulebook = "generic"
[file]
empty = ["-"]
[columns]
external_id = "编号"
filed_at = "受理时间"
category = ["大类", "小类"]
title = "标题"
words = "内容"
petitioner = "诉求人"
answer = "答复"
answered_at = "答复时间"
[class]
column = "类型"
[class.values]
"投诉" = "complaint"
"咨询" = "consultation"
[channel]
constant = "phone"
[place]
street = "街道"
code = "区划"
[place.codes]
"龙田街道" = "440310006"
[unit]
name = "单位"
id = "单位编码"
key = "id"
level = "county"
levels = [{ contains = "街道", level = "township" }]
[unit.codes]
"9" = "330501.09"
[[asserted]]
measure = "answered"
column = "按期"
yes = ["1"]
no = ["0"]
[[asserted]]
measure = "answered"
column = "超期"
yes = ["0"]
no = ["1"]
"#;
const HEADER: &str = "编号,受理时间,大类,小类,标题,内容,诉求人,答复,答复时间,类型,街道,区划,单位,单位编码,按期,超期";
const FULL: &str = "A1,2024/3/5 9:00,市容,-,路灯,不亮,张三,已修,2024-03-06,投诉,龙田街道,440310,城管局,9,1,0";

fn read_with(mapping: &str, rows: &[&str]) -> Vec<ReadRow> {
    let mapping = Mapping::parse(mapping).unwrap();
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    let mut table = Table::open_as(text.as_bytes(), &mapping.layout(), &Limits::default()).unwrap();
    let rows = read_rows(&mut table, &mapping).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn read(rows: &[&str]) -> Vec<ReadRow> {
    read_with(MAPPING, rows)
}

fn one(row: &str) -> ReadRow {
    read(&[row]).pop().unwrap()
}

/// The full row with some cells replaced.
fn changed(changes: &[(&str, &str)]) -> String {
    let mut cells: Vec<&str> = FULL.split(',').collect();
    for (column, value) in changes {
        cells[HEADER.split(',').position(|name| name == *column).unwrap()] = value;
    }
    cells.join(",")
}

fn refused(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    one(&changed(changes)).unwrap_err().into_iter().map(|refusal| (refusal.column, refusal.reason)).collect()
}

#[test]
fn a_full_row_gives_every_field() {
    let row = one(FULL).unwrap();
    assert_eq!((row.line, row.external_id.as_str()), (2, "A1"));
    assert_eq!(row.filed_at.at.to_rfc3339(), "2024-03-05T01:00:00+00:00");
    assert!(!row.filed_at.date_only && row.answered_at.unwrap().date_only);
    assert_eq!((row.class.as_deref(), row.channel.as_deref()), (Some("complaint"), Some("phone")));
    assert_eq!(row.category, ["市容"], "a mark for empty ends the path");
    assert_eq!(row.place, Place { street: Some("龙田街道".into()), code: Some("440310".into()), ..Place::default() });
    assert_eq!(row.unit, Some(Unit { code: UnitCode::parse("330501.09").unwrap(), name: "城管局".into(), level: Level::County }));
    assert_eq!((row.title.as_deref(), row.words.as_deref(), row.petitioner.as_deref()), (Some("路灯"), Some("不亮"), Some("张三")));
    assert_eq!(row.answer.as_deref(), Some("已修"));
    assert_eq!(row.asserted, [AssertedOutcome { measure: Measure::Answered, value: true, column: "按期".into() }]);
}

#[test]
fn a_mark_for_empty_asserts_nothing_and_names_nothing() {
    let row =
        one(&changed(&[("按期", "-"), ("超期", "-"), ("单位", "-"), ("单位编码", "-"), ("类型", "-"), ("答复", "-"), ("答复时间", "-")]))
            .unwrap();
    assert!(row.asserted.is_empty() && row.unit.is_none() && row.class.is_none() && row.answer.is_none() && row.answered_at.is_none());
}

#[test]
fn the_fingerprint_is_that_of_the_state_and_of_nothing_else() {
    let rows = read(&[FULL, &changed(&[("编号", "A2")])]);
    let first = rows[0].as_ref().unwrap();
    let written_otherwise = one(&changed(&[("受理时间", "2024年3月5日 ０９:00:00"), ("内容", "\u{3000}不亮\t"), ("编号", "Ａ1")])).unwrap();
    assert_eq!(first.fingerprint, written_otherwise.fingerprint);
    assert_ne!(first.fingerprint, rows[1].as_ref().unwrap().fingerprint);
    for (column, value) in [
        ("答复时间", "2024-03-06 00:00"),
        ("答复", "已修好"),
        ("类型", "咨询"),
        ("小类", "路灯"),
        ("诉求人", "-"),
        ("街道", "-"),
        ("单位", "城市管理局"),
        ("标题", "灯"),
    ] {
        assert_ne!(first.fingerprint, one(&changed(&[(column, value)])).unwrap().fingerprint, "{column}");
    }
    assert_ne!(first.fingerprint, one(&changed(&[("按期", "0"), ("超期", "1")])).unwrap().fingerprint);
}

#[test]
fn every_fault_of_a_row_is_told_at_once() {
    let found = refused(&[("编号", ""), ("受理时间", "2024/13/5"), ("类型", "吐槽"), ("区划", "44031"), ("按期", "2")]);
    let columns: Vec<&str> = found.iter().map(|(column, _)| column.as_str()).collect();
    assert_eq!(columns, ["编号", "受理时间", "类型", "区划", "按期"]);
    assert!(found[2].1.contains("可用的有：咨询、投诉"));
    assert_eq!(refused(&[("受理时间", " ")]), [("受理时间".to_owned(), "不能为空，请补填受理时间".to_owned())]);
}

#[test]
fn a_place_without_a_code_gets_that_of_its_narrowest_known_name() {
    let code = |changes: &[(&str, &str)]| one(&changed(changes)).unwrap().place.code;
    assert_eq!(code(&[]).as_deref(), Some("440310"), "the row's own code counts first");
    assert_eq!(code(&[("区划", "-")]).as_deref(), Some("440310006"));
    assert_eq!(code(&[("区划", "-"), ("街道", "别处")]), None);
}

#[test]
fn a_level_is_told_by_the_name() {
    let level = |name: &str| one(&changed(&[("单位", name)])).unwrap().unit.unwrap().level;
    assert_eq!((level("城管局"), level("龙田街道办事处")), (Level::County, Level::Township));
}

#[test]
fn an_answer_and_its_time_belong_together_and_come_after_the_demand() {
    assert_eq!(refused(&[("答复时间", "")])[0].0, "答复时间");
    assert_eq!(refused(&[("答复", "")])[0].0, "答复");
    assert!(refused(&[("答复时间", "2024-03-05 08:59:59")])[0].1.contains("早于"));
    assert!(one(&changed(&[("答复时间", "2024-03-05")])).is_ok(), "a day is not before an hour of the same day");
}

#[test]
fn two_columns_that_contradict_each_other_assert_nothing() {
    assert_eq!(refused(&[("按期", "1"), ("超期", "1")]), [("超期".to_owned(), "与“按期”列互相矛盾，请核对这两列".to_owned())]);
}

#[test]
fn an_id_seen_before_is_refused_with_its_first_row() {
    let rows = read(&[FULL, &changed(&[("编号", " Ａ１")]), &changed(&[("编号", "A3")])]);
    let refusals = rows[1].as_ref().unwrap_err();
    assert_eq!((refusals[0].line, refusals[0].reason.as_str()), (3, "编号与第2行重复，每个编号只能有一行"));
    assert!(rows[0].is_ok() && rows[2].is_ok());
}

#[test]
fn an_id_that_a_spreadsheet_has_spoilt_is_refused() {
    assert!(refused(&[("编号", "4.40310E+17")])[0].1.contains("文本格式"));
    assert!(one(&changed(&[("编号", "2E5")])).is_ok(), "an id with a letter E is no number");
    assert!(refused(&[("编号", &"9".repeat(65))])[0].1.contains("64"));
}

#[test]
fn a_failed_formula_is_refused() {
    assert!(refused(&[("内容", "#REF!")])[0].1.contains("公式"));
}

#[test]
fn a_unit_id_with_two_names_is_refused_and_by_name_it_is_two_units() {
    let other = changed(&[("编号", "A2"), ("单位", "水务局")]);
    let rows = read(&[FULL, &other]);
    assert!(rows[1].as_ref().unwrap_err()[0].reason.contains("第2行"));
    let by_name = MAPPING.replace("key = \"id\"", "key = \"name\"").replace("\"9\" = \"330501.09\"", "");
    let rows = read_with(&by_name, &[FULL, &other, &changed(&[("编号", "A3"), ("单位编码", "10"), ("单位", " 城管局 ")])]);
    let units: Vec<&Unit> = rows.iter().map(|row| row.as_ref().unwrap().unit.as_ref().unwrap()).collect();
    assert_ne!(units[0].code, units[1].code);
    assert_eq!(units[0], units[2], "the id says nothing when names are the key");
    assert!(units[0].code.as_str().starts_with("city-"));
}

#[test]
fn a_row_with_too_few_or_too_many_cells_is_refused_as_a_whole() {
    let short = FULL.rsplit_once(',').unwrap().0;
    let rows = read(&[short, &format!("{FULL},多"), &changed(&[("编号", "A2")]), &format!("{},,", changed(&[("编号", "A3")]))]);
    assert!(rows[0].as_ref().unwrap_err()[0].reason.contains("本行有15列，表头有16列"));
    assert!(rows[1].as_ref().unwrap_err()[0].column.is_empty());
    assert!(rows[2].is_ok() && rows[3].is_ok(), "blank cells beyond the header say nothing");
}

#[test]
fn a_refusal_shows_the_shape_of_a_value_and_not_the_value() {
    let refusals = one(&changed(&[("区划", "13800138000")])).unwrap_err();
    assert_eq!(refusals[0].value, "13*********");
    assert_eq!(mask("2019/13/45 9:32"), "20**/**/** *:**");
    assert_eq!(mask(&"很长的内容".repeat(9)), "很长******************…");
}

#[test]
fn a_kind_that_the_mapping_does_not_take_is_refused() {
    let mapping = Mapping::parse(&MAPPING.replace("[file]", "[file]\nkind = \"xlsx\"")).unwrap();
    let mut table = Table::open(format!("{HEADER}\n{FULL}\n").as_bytes(), &Limits::default()).unwrap();
    let error = read_rows(&mut table, &mapping).err().unwrap();
    assert_eq!(error, ReadError::Kind { wanted: "XLSX", found: "CSV" });
}
