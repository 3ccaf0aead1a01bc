use std::collections::BTreeSet;

use super::super::document::{Field, Shape};
use super::super::shipped::SHIPPED;
use super::*;
use crate::calendar::Calendar;
use crate::catalogue::Catalogue;

/// A small sound rulebook; the tables below break one place of it.
const SOUND: &str = r#"id = "town"
version = "1"
title = "测试"

[[classes]]
code = "help"
label = "求助"
definition = "求助"
[[classes]]
code = "complaint"
label = "投诉"
definition = "投诉"

[[channels]]
code = "phone"
label = "电话"

[[urgencies]]
code = "normal"
label = "一般"

[[limits]]
classes = ["help"]
accept = "1wd"
promise = "5wd"
total = "4wd"
handle = "3wd"
sign = "4bh"
[[limits]]
accept = "1wd"
promise = "7wd"
total = "6wd"
handle = "5wd"
sign = "4bh"

[review]
limit = "1wd"
sent_back = "2wd"

[call_back]
limit = "3wd"
attempts = 3
counts = "last"

[rehandling]
limit = "5wd"
max = 1

[warning]
percent = 80
before_working_days = 1

[cards]
yellow_on_breach = true
red_after = "3wd"
red_on_rehandling = 1

[[satisfaction]]
code = "good"
label = "满意"
satisfied = true
[[satisfaction]]
code = "bad"
label = "不满意"
satisfied = false

[[refusals]]
code = "beyond"
label = "不属于本市管辖"
path = "请拨打当地热线"

[[indicators]]
measure = "answered"
label = "按时办结率"
definition = "按时办结的件数 ÷ 到期的件数"
period = "due"
[[indicators]]
measure = "satisfied"
label = "满意率"
definition = "满意的件数 ÷ 接通的件数"
period = "event"

[[examples]]
title = "五一"
class = "complaint"
channel = "phone"
urgency = "normal"
level = "city"
from = "2026-04-30 10:00"
clock = "handle"
due = "2026-05-12 00:00"
"#;

/// Replaces the nth occurrence (from 1), so that a table can break any item.
fn broken(nth: usize, from: &str, to: &str) -> String {
    let at = SOUND.match_indices(from).nth(nth - 1).unwrap_or_else(|| panic!("{from} stands there")).0;
    format!("{}{to}{}", &SOUND[..at], &SOUND[at + from.len()..])
}

fn problems(text: &str) -> Vec<(Option<usize>, String, String)> {
    let problems = Rulebook::parse(text).map(|_| Vec::<Problem>::new()).unwrap_or_else(|problems| problems);
    problems.into_iter().map(|one| (one.line, one.path, one.reason)).collect()
}

#[test]
fn a_sound_rulebook_is_read() {
    let rulebook = Rulebook::parse(SOUND).unwrap();
    assert_eq!((rulebook.reference().as_str(), rulebook.limits.len()), ("town@1", 2));
    assert!(rulebook.run_examples(&Calendar::official()).iter().all(|result| result.ok));
}

#[test]
fn every_broken_place_is_named_with_its_line_and_what_to_do() {
    // (nth occurrence, text, replaced by, line, path, part of the reason)
    let table: &[(usize, &str, &str, usize, &str, &str)] = &[
        // Syntax.
        (1, "title = \"测试\"", "title = \"测试", 3, "", "TOML 语法"),
        (1, "title = \"测试\"", "title = \"测试\"\ntitle = \"又\"", 4, "", "写了两次"),
        (1, "title = \"测试\"", "title = “测试”", 3, "", "英文半角"),
        (1, "title = \"测试\"", "title：\"测试\"", 3, "", "TOML 语法"),
        // Keys and shapes.
        (1, "title", "tytle", 3, "tytle", "是否应为「title」"),
        (2, "handle =", "handel =", 33, "limits[2].handel", "是否应为「handle」"),
        (1, "attempts", "xyzzy_quux_frob", 42, "call_back.xyzzy_quux_frob", "此处可用：limit、attempts、counts"),
        (1, "title = \"测试\"\n", "", 1, "title", "缺少必填项「title」"),
        (1, "definition = \"投诉\"", "", 9, "classes[2].definition", "缺少必填项「definition」"),
        (1, "definition = \"求助\"", "definition = \" \"", 8, "classes[1].definition", "不能为空"),
        (1, "label = \"电话\"", "label = 5", 16, "channels[1].label", "带引号的文字"),
        (1, "handle = \"3wd\"", "handle = \"3 days\"", 27, "limits[1].handle", "「3 days」不能用"),
        (1, "handle = \"3wd\"", "handle = 3", 27, "limits[1].handle", "5wd"),
        (1, "handle = \"3wd\"", "handle = \"0wd\"", 27, "limits[1].handle", "不能为 0"),
        (1, "percent = 80", "percent = 100", 50, "warning.percent", "1 到 99"),
        (1, "before_working_days = 1", "before_working_days = -1", 51, "warning.before_working_days", "0 到 30"),
        (1, "attempts = 3", "attempts = 0", 42, "call_back.attempts", "1 到 9"),
        (1, "counts = \"last\"", "counts = \"best\"", 43, "call_back.counts", "first、last"),
        (1, "yellow_on_breach = true", "yellow_on_breach = \"yes\"", 54, "cards.yellow_on_breach", "true"),
        (1, "period = \"due\"", "period = \"due\"\ncut_off_day = 29", 77, "indicators[1].cut_off_day", "0 到 28"),
        (1, "period = \"due\"", "period = \"due\"\ntarget_percent = 101", 77, "indicators[1].target_percent", "1 到 100"),
        (1, "measure = \"answered\"", "measure = \"published\"", 73, "indicators[1].measure", "received、signed"),
        (1, "level = \"city\"", "level = \"moon\"", 88, "examples[1].level", "city、county"),
        (1, "[review]\n", "[review_]\n", 36, "review_", "是否应为「review」"),
        // Meaning.
        (1, "id = \"town\"", "id = \"Town Hall\"", 1, "id", "小写字母"),
        (1, "version = \"1\"", "version = \"1@2\"", 2, "version", "版本号"),
        (1, "code = \"good\"", "code = \"好\"", 59, "satisfaction[1].code", "小写字母"),
        (1, "code = \"complaint\"", "code = \"help\"", 10, "classes[2].code", "与第 6 行重复"),
        (1, "classes = [\"help\"]", "classes = [\"help\",\n  \"halp\"]", 24, "limits[1].classes[2]", "「halp」不在 classes 中"),
        (1, "classes = [\"help\"]", "channels = [\"fax\"]", 23, "limits[1].channels[1]", "可用：phone"),
        (1, "[[limits]]\nclasses = [\"help\"]", "[[limits]]", 28, "limits[2]", "永远轮不到"),
        (2, "[[limits]]\n", "[[limits]]\nlevels = [\"city\"]\n", 29, "limits[2]", "最后一条时限不能带条件"),
        (1, "classes = [\"help\"]", "levels = [\"village\"]", 25, "limits[1].promise", "派单前就已告知群众"),
        (1, "handle = \"3wd\"", "handle = \"5wd\"", 27, "limits[1].handle", "不能长于总时限"),
        (1, "total = \"4wd\"", "total = \"6wd\"", 26, "limits[1].total", "不能长于承诺时限"),
        (1, "sign = \"4bh\"", "sign = \"3wd\"", 28, "limits[1].sign", "必须短于办理时限"),
        (1, "sign = \"4bh\"", "sign = \"4bh\"\ncontact = \"4wd\"", 29, "limits[1].contact", "不能长于办理时限"),
        (1, "satisfied = true", "satisfied = false", 58, "satisfaction", "一个算满意"),
        (1, "satisfied = false", "satisfied = true", 58, "satisfaction", "一个不算满意"),
        (1, "red_on_rehandling = 1", "red_on_rehandling = 2", 56, "cards.red_on_rehandling", "永远触发不了"),
        (1, "measure = \"satisfied\"", "measure = \"answered\"", 78, "indicators[2].measure", "重复"),
        (1, "period = \"event\"", "period = \"due\"", 81, "indicators[2].period", "没有到期日"),
        (1, "measure = \"answered\"", "measure = \"overdue\"\ntarget_percent = 1", 74, "indicators[1].target_percent", "是件数"),
        (1, "class = \"complaint\"", "class = \"none\"", 85, "examples[1].class", "不在 classes 中"),
        (1, "from = \"2026-04-30 10:00\"", "from = \"2026-04-31 10:00\"", 89, "examples[1].from", "不是日期时间"),
        (1, "clock = \"handle\"", "clock = \"contact\"", 90, "examples[1].clock", "没有规定首次联系"),
    ];
    for (nth, from, to, line, path, reason) in table {
        let got = problems(&broken(*nth, from, to));
        let found = got.iter().any(|(at, item, said)| *at == Some(*line) && item == path && said.contains(reason));
        assert!(found, "{from} → {to}\n  want {line} {path} {reason}\n  got  {got:#?}");
    }
}

#[test]
fn a_text_saved_by_a_windows_editor_is_read_and_keeps_its_lines() {
    let windows = format!("\u{feff}{}", SOUND.replace('\n', "\r\n"));
    assert_eq!(Rulebook::parse(&windows), Rulebook::parse(SOUND));
    let got = problems(&windows.replace("percent = 80", "percent = 0"));
    assert_eq!((got.len(), got[0].0), (1, Some(50)));
}

#[test]
fn one_fault_gives_one_problem() {
    for (nth, from, to) in [
        (1, "percent = 80", "percent = 100"),
        (1, "code = \"complaint\"", "code = \"Complaint\""),
        (1, "period = \"event\"", "period = \"due\""),
        (1, "total = \"4wd\"", "total = \"2wd\""),
    ] {
        let got = problems(&broken(nth, from, to));
        // The example names the class that the second case breaks.
        let own = got.iter().filter(|(_, path, _)| !path.starts_with("examples")).count();
        assert_eq!(own, 1, "{from} → {to}: {got:#?}");
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_lines() {
    let text =
        broken(1, "percent = 80", "percent = 0").replace("attempts = 3", "attempts = 99").replace("title = \"测试\"", "titel = \"测试\"");
    let lines: Vec<Option<usize>> = problems(&text).into_iter().map(|(line, ..)| line).collect();
    assert_eq!(lines, [Some(1), Some(3), Some(42), Some(50)]);
}

#[test]
fn a_text_that_is_too_long_or_empty_is_refused() {
    assert!(problems(&"#".repeat(300_000))[0].2.contains("文件过大"));
    assert!(problems("").iter().any(|(line, path, _)| *line == Some(1) && path == "classes"));
}

#[test]
fn more_combinations_than_can_be_tried_are_refused() {
    let many: String = (0..300).map(|n| format!("[[classes]]\ncode = \"c{n}\"\nlabel = \"类\"\ndefinition = \"类\"\n")).collect();
    let more: String = (0..100).map(|n| format!("[[channels]]\ncode = \"c{n}\"\nlabel = \"渠道\"\n")).collect();
    let got = problems(&format!("{SOUND}{many}{more}"));
    assert_eq!((got[0].0, got[0].1.as_str(), got[0].2.contains("组合超过")), (Some(14), "channels", true));
}

#[test]
fn indicators_that_reward_appearances_are_refused_with_the_law() {
    for definition in [
        "获得市领导批示的件数",
        "信息刊发篇数 ÷ 报送篇数",
        "上报经验材料每篇加 1 分",
        "办理过程留有痕迹的件数 ÷ 办结件数",
        "附有现场照片的件数 ÷ 办结件数",
        "按时办结的件数，不含退回件，领导批示每件加 2 分",
    ] {
        let text = SOUND.replace("按时办结的件数 ÷ 到期的件数", definition);
        let got = problems(&text);
        let found = got.iter().any(|(line, path, reason)| {
            *line == Some(75) && path == "indicators[1].definition" && reason.contains("整治形式主义为基层减负若干规定")
        });
        assert!(found, "{definition}: {got:?}");
    }
    let label = problems(&SOUND.replace("按时办结率", "批示办理加分"));
    assert_eq!((label[0].0, label[0].1.as_str()), (Some(74), "indicators[1].label"));
}

#[test]
fn an_indicator_may_say_that_appearances_do_not_count() {
    for definition in ["按时办结的件数 ÷ 到期的件数，不以照片、截图作为依据", "按时办结的件数，领导批示件不计入；÷ 到期的件数"]
    {
        assert_eq!(problems(&SOUND.replace("按时办结的件数 ÷ 到期的件数", definition)), vec![], "{definition}");
    }
}

#[test]
fn a_wrong_example_tells_what_the_calendar_gives() {
    let rulebook = Rulebook::parse(&SOUND.replace("due = \"2026-05-12 00:00\"", "due = \"2026-05-08 00:00\"")).unwrap();
    let results = rulebook.run_examples(&Calendar::official());
    assert_eq!(
        results,
        vec![crate::rulebook::examples::ExampleResult {
            title: "五一".to_owned(),
            expected: "2026-05-08 00:00".to_owned(),
            got: "2026-05-12 00:00".to_owned(),
            ok: false
        }]
    );
}

#[test]
fn every_shipped_rulebook_is_sound_and_its_examples_hold() {
    let calendar = Calendar::official();
    let mut references = BTreeSet::new();
    for (name, text) in SHIPPED {
        let rulebook = Rulebook::parse(text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        assert_eq!(rulebook.id, *name);
        assert!(references.insert(rulebook.reference()), "{name}");
        let results = rulebook.run_examples(&calendar);
        assert!(results.len() >= 12, "{name} has {} examples", results.len());
        let wrong: Vec<_> = results.iter().filter(|result| !result.ok).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

#[test]
fn every_shipped_class_of_wrongdoing_is_the_report_alone() {
    for (name, text) in SHIPPED {
        let rulebook = Rulebook::parse(text).unwrap();
        let sealed: Vec<&str> = rulebook.classes.iter().filter(|class| class.wrongdoing).map(|class| class.code.as_str()).collect();
        assert_eq!(sealed, ["report"], "{name}");
    }
}

/// The table of keys and the structs agree: what serde writes is known, and what is known and required serde misses.
#[test]
fn the_known_keys_are_those_of_the_structs() {
    let mut full = Rulebook::parse(SOUND).unwrap();
    full.limits[0].contact = Some("1wd".parse().unwrap());
    full.limits[0].levels = vec![Level::City];
    full.indicators[0].target_percent = Some(1);
    full.investigation = Rulebook::parse(SHIPPED[0].1).unwrap().investigation;
    full.ladders = Rulebook::parse(SHIPPED[0].1).unwrap().ladders;
    full.orders = Some(crate::rulebook::order::Orders { limit: "5wd".parse().unwrap() });
    full.cards.objection = Some("3wd".parse().unwrap());
    agree(&serde_json::to_value(&full).unwrap(), FIELDS, "");
    let unit = crate::ids::UnitCode::parse("A").unwrap();
    let entry = crate::catalogue::Entry {
        code: "a".to_owned(),
        matter: "a".to_owned(),
        words: vec![],
        division: String::new(),
        classes: vec![],
        unit,
        basis: "a".to_owned(),
    };
    let catalogue = Catalogue { id: "a".to_owned(), version: "1".to_owned(), entries: vec![entry] };
    agree(&serde_json::to_value(&catalogue).unwrap(), super::super::catalogues::FIELDS, "");
}

fn agree(value: &serde_json::Value, fields: &[Field], path: &str) {
    let object = value.as_object().unwrap();
    let written: BTreeSet<&str> = object.keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = fields.iter().map(|field| field.name).collect();
    assert_eq!(written, known, "at {path:?}");
    for field in fields {
        let inner = format!("{path}/{}", field.name);
        match field.shape {
            Shape::Table(fields) => agree(&object[field.name], fields, &inner),
            Shape::Tables(fields) | Shape::AnyTables(fields) => agree(&object[field.name][0], fields, &inner),
            _ => {}
        }
    }
}

#[test]
fn the_words_of_fixed_lists_are_those_of_the_types() {
    assert_eq!(MEASURES, Measure::ALL.map(Measure::code));
    let levels = Level::ALL.map(|level| serde_json::to_value(level).unwrap());
    assert_eq!(LEVELS, levels.iter().map(|level| level.as_str().unwrap()).collect::<Vec<_>>());
}
