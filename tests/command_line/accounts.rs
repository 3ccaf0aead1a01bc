//! `accounts` and `init --accounts`: a table of people becomes accounts with one-time passwords.

use super::call::{call, text};

const UNITS: &str = "code,name,parent,level\nC,清源市,,city\nB,城管局,C,city\n";
const ACCOUNTS: &str = "login,name,unit,roles\nzhang,张三,C,话务员、派单员\nlisi,李四,B,联络员\n";

#[test]
fn an_installation_begins_with_units_and_accounts_and_more_can_come_later() {
    let dir = tempfile::tempdir().unwrap();
    let (data, units, accounts) = (dir.path().join("city"), dir.path().join("units.csv"), dir.path().join("accounts.csv"));
    std::fs::write(&units, UNITS).unwrap();
    // a fault in the table is told before anything is made
    std::fs::write(&accounts, "login,name,unit,roles\nzhang,张三,X,话务员\n").unwrap();
    let begin = || call(["init", "--data", text(&data), "--units", text(&units), "--accounts", text(&accounts), "--actor", "张三"]);
    assert!(begin().bad(1).contains("第 2 行“单位代码”"));
    assert!(!data.exists());
    // and so are rows that take the names of the three administrators, all at once
    std::fs::write(&accounts, "login,name,unit,roles\nzhang,张三,C,话务员\nSysAdmin,张三,C,话务员\nauditor,李四,X,话务员\n").unwrap();
    let err = begin().bad(1);
    for row in ["第 3 行“登录名”：sysadmin", "第 4 行“登录名”：auditor", "第 4 行“单位代码”"] {
        assert!(err.contains(row), "{row}: {err}");
    }
    assert!(err.contains("请从表里删去这一行"), "{err}");
    assert!(!data.exists());
    // the same call with the table mended opens them
    std::fs::write(&accounts, ACCOUNTS).unwrap();
    let out = begin().good();
    let at = |words: &str| out.find(words).unwrap_or_else(|| panic!("{words}: {out}"));
    assert!(at("三名管理员") < at("账号：新开立 2，已有 0"), "whatever fails with the table, somebody can sign in: {out}");
    assert_eq!(out.lines().filter(|line| line.starts_with("  ")).count(), 5, "{out}");
    // the longer table later opens what is new alone
    std::fs::write(&accounts, format!("{ACCOUNTS}wang,王五,B,经办人\n")).unwrap();
    let later = || call(["accounts", text(&accounts), "--data", text(&data), "--actor", "张三", "--json"]).json();
    let report = later();
    assert_eq!((report["opened"][0]["login"].as_str(), report["already_there"].as_u64()), (Some("wang"), Some(2)));
    assert!(report["opened"][0]["password"].as_str().unwrap().len() >= 12);
    assert_eq!(later()["opened"], serde_json::json!([]));
    // a table with a fault opens none
    std::fs::write(&accounts, "login,name,unit,roles\nqian,钱六,B,经办人\nsun,孙七,B,局长\n").unwrap();
    assert!(call(["accounts", text(&accounts), "--data", text(&data), "--actor", "张三"]).bad(1).contains("第 3 行“角色”"));
    std::fs::write(&accounts, "login,name,unit,roles\nqian,钱六,B,经办人\n").unwrap();
    assert_eq!(later()["opened"].as_array().unwrap().len(), 1);
}
