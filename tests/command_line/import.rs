//! `xiaoneng import`: counts as a line and as an object, refusals as a report.

use serde_json::json;

use super::call::{call, init, text};

const FILE: &str = "留言编号,留言时间,留言主题,留言详情,留言用户,答复意见,答复时间\n\
    1,2019-03-05 09:00,灯不亮,巷口灯不亮,A1,已修复,2019-03-06 09:00\n\
    2,2019-03-05 09:00,路不平,门前路不平,A2,已修复,2019-05-06 09:00\n\
    3,2019-02-30 09:00,无此日,无此日,A3,已修复,2019-05-06 09:00\n";

#[test]
fn counts_add_up_and_refused_rows_are_in_the_report() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file, report) = (dir.path().join("city"), dir.path().join("demands.csv"), dir.path().join("refused.csv"));
    init(&data);
    std::fs::write(&file, FILE).unwrap();
    let import =
        |more: &[&str]| call(["import", text(&file), "--data", text(&data), "--as", "tipdm", "--actor", "张三"].iter().chain(more));
    // when it is imported as a script does
    let counts = import(&["--json", "--report", text(&report)]).json();
    assert_eq!(counts, json!({ "read": 3, "imported": 2, "updated": 0, "already_there": 0, "refused": 1 }));
    let told = std::fs::read_to_string(&report).unwrap();
    assert!(told.starts_with("\u{feff}行号,列,原因,") && told.lines().count() == 2, "{told}");
    assert!(told.contains("\n4,留言时间,"), "{told}");
    // and again, as a person does
    let ended = import(&[]);
    assert!(ended.err.contains("--report"), "{ended:?}");
    assert_eq!(ended.good().trim(), "读取 3 = 新增 0 + 更新 0 + 已有 2 + 退回 1");
    // then the cases are there and their figures too
    let out = dir.path().join("breaches.json");
    assert_eq!(call(["export", "breaches", "--data", text(&data), "--format", "json", "--out", text(&out), "--json"]).json()["rows"], 1);
    assert_eq!(call(["doctor", "--data", text(&data), "--json"]).json()["faults"], json!([]));
}

#[test]
fn what_is_no_table_or_not_that_table_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("city"), dir.path().join("x.xlsx"));
    init(&data);
    let before = call(["verify", "--data", text(&data), "--json"]).json();
    let import = |mapping: &str| call(["import", text(&file), "--data", text(&data), "--as", mapping, "--actor", "张三"]);
    import("tipdm").bad(1);
    std::fs::write(&file, b"PK\x03\x04 not a workbook").unwrap();
    import("tipdm").bad(1);
    std::fs::write(&file, FILE).unwrap();
    let err = import("pingshan").bad(1);
    assert!(err.contains("REC_ID"), "{err}");
    assert_eq!(call(["verify", "--data", text(&data), "--json"]).json(), before);
}

#[test]
fn another_citys_table_needs_a_mapping_and_no_code() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file, mapping) = (dir.path().join("city"), dir.path().join("城.csv"), dir.path().join("城.toml"));
    init(&data);
    std::fs::write(
        &mapping,
        "source = \"other\"\ntitle = \"别的城市\"\nrulebook = \"historic\"\n[columns]\nexternal_id = \"号\"\nfiled_at = \"时\"\nwords = \"话\"\n\
         [class]\nconstant = \"complaint\"\n[channel]\nconstant = \"phone\"\n[unit]\nname = \"局\"\nkey = \"name\"\nlevel = \"county\"\n",
    )
    .unwrap();
    std::fs::write(&file, "号,时,话,局\n1,2020/3/5 9:00,灯不亮,城管局\n2,2020年3月5日,路不平,交通局\n").unwrap();
    let import = || call(["import", text(&file), "--data", text(&data), "--mapping", text(&mapping), "--actor", "张三", "--json"]);
    assert_eq!(import().json()["imported"], 2);
    assert_eq!(import().json()["already_there"], 2);
    std::fs::write(&mapping, "source = \"other\"\nsauce = 1\n").unwrap();
    assert!(import().bad(1).contains("城.toml"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_may_run_beside_a_server_which_shows_what_they_did() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file, out) = (dir.path().join("city"), dir.path().join("demands.csv"), dir.path().join("cases.json"));
    init(&data);
    // given a server
    let server = tests::server::Server::start(&data, tests::server::UNLIMITED).await.unwrap();
    // when a file is imported, written out, and the views are to be made anew beside it
    let mut rows = "留言编号,留言时间,留言主题,留言详情,留言用户,答复意见,答复时间\n".to_owned();
    for n in 1..=500 {
        rows.push_str(&format!("{n},2019-03-05 09:00,灯不亮,巷口灯不亮,A{n},已修复,2019-03-06 09:00\n"));
    }
    std::fs::write(&file, rows).unwrap();
    let import = || call(["import", text(&file), "--data", text(&data), "--as", "tipdm", "--actor", "张三", "--json"]);
    assert_eq!(import().json()["imported"], 500);
    assert_eq!(import().json()["already_there"], 500);
    let export = ["export", "cases", "--data", text(&data), "--format", "json", "--out", text(&out), "--json"];
    assert_eq!(call(export).json()["rows"], 500);
    assert_eq!(call(["doctor", "--data", text(&data), "--json"]).json()["faults"], json!([]));
    let err = call(["rebuild", "--data", text(&data)]).bad(1);
    assert!(err.contains("先停止"), "{err}");
    // then the server follows: its own views took everything in and did not stop
    assert!(!server.said().contains("a view stopped"), "{}", server.said());
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let number = cases[499]["number"].as_str().unwrap();
    let page = tests::client::Client::new(server.address).get(&format!("/public/cases/{number}")).await.unwrap();
    assert_eq!(page.status, 200);
    assert!(server.stop().await.unwrap().success());
    let events = call(["verify", "--data", text(&data), "--json"]).json()["events"].clone();
    assert_eq!(call(["rebuild", "--data", text(&data), "--json"]).json()["events"], events);
}
