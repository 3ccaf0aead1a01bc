//! `init`, `doctor`, `verify`, `rebuild`, `generate`, `erase`, `serve`: an installation from its first day.

use std::os::unix::fs::PermissionsExt;

use super::call::{call, call_in, city, init, text};

#[test]
fn an_empty_directory_becomes_an_installation_that_is_well() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    // given units, when it is made
    let units = dir.path().join("units.csv");
    std::fs::write(&units, "code,name,parent,level\nC,清源市,,city\nB,城管局,C,city\n").unwrap();
    let out = call(["init", "--data", text(&data), "--units", text(&units), "--actor", "张三"]).good();
    // then three administrators have passwords of their own, and only the owner may enter
    assert!(out.contains("单位：新登记 2"), "{out}");
    let passwords: Vec<&str> =
        out.lines().filter_map(|line| line.strip_prefix("  ")).map(|line| line.split_whitespace().last().unwrap()).collect();
    assert_eq!(passwords.len(), 3, "{out}");
    assert!(passwords.iter().all(|password| password.len() >= 12 && passwords.iter().filter(|other| *other == password).count() == 1));
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o077, 0);
    assert_eq!(std::fs::metadata(data.join("master.key")).unwrap().permissions().mode() & 0o077, 0);
    // and the doctor, the proof and the rebuild agree
    let found = call(["doctor", "--data", text(&data), "--json"]).json();
    assert_eq!(found["faults"], serde_json::json!([]));
    assert!(found["good"].as_array().unwrap().len() >= 5);
    assert!(call(["doctor", "--data", text(&data)]).good().contains("好  "));
    let proof = call(["verify", "--data", text(&data), "--json"]).json();
    assert!(proof["events"].as_u64().unwrap() >= 6);
    assert_eq!((proof["root"].as_str().unwrap().len(), &proof["faults"]), (64, &serde_json::json!([])));
    let rebuilt = call(["rebuild", "--data", text(&data), "--json"]).json();
    assert_eq!(rebuilt["events"], proof["events"]);
    assert!(rebuilt["events_per_second"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_directory_that_holds_something_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("notes.txt"), "不要动").unwrap();
    let err = call(["init", "--data", text(dir.path()), "--actor", "张三"]).bad(1);
    assert!(err.contains("不是空目录"), "{err}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    let err = call(["demo", "--data", text(dir.path()), "--cases", "1"]).bad(1);
    assert!(err.contains("--data"), "{err}");
    // nor one that holds an installation
    let data = dir.path().join("city");
    init(&data);
    call(["init", "--data", text(&data), "--actor", "张三"]).bad(1);
}

#[test]
fn units_with_faults_are_told_before_anything_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let (data, units) = (dir.path().join("city"), dir.path().join("units.csv"));
    std::fs::write(&units, "code,name,parent,level\nC,清源市,,city\nB,城管局,X,city\n").unwrap();
    let err = call(["init", "--data", text(&data), "--units", text(&units), "--actor", "张三"]).bad(1);
    assert!(err.contains("第 3 行“上级代码”"), "{err}");
    // the file is mended and the same call made again
    std::fs::write(&units, "code,name,parent,level\nC,清源市,,city\nB,城管局,C,city\n").unwrap();
    call(["init", "--data", text(&data), "--units", text(&units), "--actor", "张三"]).good();
}

#[test]
fn commands_on_a_directory_without_an_installation_make_none() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("nothing");
    let file = dir.path().join("x.csv");
    std::fs::write(&file, "x").unwrap();
    let (at, file, out, keys) = (text(&data), text(&file), dir.path().join("out"), dir.path().join("keys"));
    let calls: [&[&str]; 9] = [
        &["serve", "--data", at],
        &["doctor", "--data", at],
        &["verify", "--data", at],
        &["rebuild", "--data", at],
        &["backup", "--data", at, "--out", text(&out), "--keys-out", text(&keys)],
        &["rehearse", file, "--keys", file, "--data", at],
        &["import", file, "--data", at, "--as", "tipdm", "--actor", "a"],
        &["erase", "0194f7a0-0000-7000-8000-000000000000", "--data", at, "--reason", "本人申请删除", "--actor", "a"],
        &["export", "cases", "--data", at, "--format", "csv", "--out", text(&out)],
    ];
    for words in calls {
        let err = call(words).bad(1);
        assert!(err.contains("init") || err.contains("--data"), "{words:?}: {err}");
        assert!(!data.exists() && !out.exists(), "{words:?}");
    }
    call(["generate", "--data", at, "--cases", "1", "--from", "2026-02-01", "--to", "2026-01-01"]).bad(2);
    assert!(!data.exists());
}

#[test]
fn the_environment_names_the_installation_to_verify() {
    let dir = tempfile::tempdir().unwrap();
    let (data, log) = (dir.path().join("node"), dir.path().join("log"));
    call(["init", "--data", text(&data), "--log", text(&log), "--actor", "张三"]).good();
    let [at_data, at_log] = [("XIAONENG_DATA", text(&data)), ("XIAONENG_LOG_ADDRESS", text(&log))];
    let proof = call_in(&[at_data, at_log], ["verify", "--json"]).json();
    assert!(proof["events"].as_u64().unwrap() >= 5, "{proof}");
    // each word of the call counts more, and half of a place is none
    call_in(&[at_data, ("XIAONENG_LOG_ADDRESS", "/nowhere")], ["verify", "--log", text(&log)]).good();
    call_in(&[at_data], ["verify"]).bad(1);
    call_in(&[at_log], ["verify"]).bad(2);
}

#[test]
fn a_demo_whose_address_is_taken_leaves_the_one_before_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("DEMO"), "").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let err = call(["demo", "--data", text(dir.path()), "--cases", "1", "--listen", &address]).bad(1);
    assert!(err.contains("--listen"), "{err}");
    assert!(dir.path().join("DEMO").exists());
}

#[test]
fn a_generated_city_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    let made = city(&data, "200");
    assert_eq!(made["cases"], 200);
    assert!(made["bytes_per_event"].as_f64().unwrap() > 0.0);
    let proof = call(["verify", "--data", text(&data), "--json"]).json();
    assert_eq!(proof["events"], made["events"]);
    assert_eq!(call(["rebuild", "--data", text(&data), "--json"]).json()["events"], made["events"]);
    assert!(call(["doctor", "--data", text(&data)]).good().contains("现行规则"));
    // more of it can be added, and is counted by itself
    let more = city(&data, "20");
    assert_eq!(more["cases"], 20);
    let events = call(["verify", "--data", text(&data), "--json"]).json()["events"].as_u64().unwrap();
    assert_eq!(events, made["events"].as_u64().unwrap() + more["events"].as_u64().unwrap());
}

#[test]
fn a_changed_byte_is_found_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    let log = rusqlite::Connection::open(data.join("log.db")).unwrap();
    let table: String = log
        .query_row(
            "SELECT m.name FROM sqlite_schema m WHERE m.type = 'table' AND (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'data')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    // Whoever reaches the file can take the guard off: the proof does not rest on it.
    let mut triggers = log.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let names: Vec<String> = triggers.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
    drop(triggers);
    assert!(log.execute(&format!("UPDATE {table} SET data = x'00'"), []).is_err());
    for name in names {
        log.execute(&format!("DROP TRIGGER {name}"), []).unwrap();
    }
    let changed = log
        .execute(&format!("UPDATE {table} SET data = zeroblob(length(data)) WHERE rowid = (SELECT max(rowid) FROM {table})"), [])
        .unwrap();
    assert_eq!(changed, 1);
    drop(log);
    let ended = call(["verify", "--data", text(&data), "--json"]);
    assert!(ended.out.contains("\"faults\":[\""), "{ended:?}");
    ended.bad(1);
}

#[test]
fn a_person_is_erased_by_the_number_of_the_case_once_it_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    // So many that some of them still run, whatever the day is.
    city(&data, "200");
    let out = dir.path().join("cases.json");
    call(["export", "cases", "--data", text(&data), "--format", "json", "--out", text(&out)]).good();
    let cases: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let of_stage = |ended: bool| {
        let ends = |case: &serde_json::Value| case["stage"] == "archived" || case["stage"] == "refused";
        let case = cases.as_array().unwrap().iter().find(|case| ends(case) == ended && !case["title"].as_str().unwrap().is_empty());
        case.unwrap()["number"].as_str().unwrap().to_owned()
    };
    let erase = |number: &str, reason: &str| call(["erase", number, "--data", text(&data), "--reason", reason, "--actor", "张三"]);
    // a running case is not erased, and nothing is without a reason
    assert!(erase(&of_stage(false), "本人申请删除").bad(1).contains("尚未办结"));
    let number = of_stage(true);
    assert!(erase(&number, "无").bad(1).contains("理由"));
    // an ended one is, once
    assert!(erase(&number, "本人申请删除").good().contains("密钥已销毁"));
    assert!(erase(&number, "本人申请删除").good().contains("没有变化"));
    call(["export", "cases", "--data", text(&data), "--format", "json", "--out", text(&out)]).good();
    let cases: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let case = cases.as_array().unwrap().iter().find(|case| case["number"] == number.as_str()).unwrap();
    assert_eq!(case["title"], "");
    // a number that is none is a wrong word, one that nobody has is not found
    erase("123", "本人申请删除").bad(2);
    let unknown = domain::codes::public_number(1);
    assert!(erase(&unknown, "本人申请删除").bad(1).contains("没有编号"));
    assert!(call(["verify", "--data", text(&data)]).good().contains("全部完好"));
}
