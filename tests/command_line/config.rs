//! `check-config`, `print-config`, and what `serve` says of settings that are off.

use super::call::{call, call_in, init, text};

#[test]
fn good_settings_are_told_in_one_line_and_every_fault_in_a_line_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("xiaoneng.toml");
    std::fs::write(&file, "[web]\nsite_name = \"清源市\"\n").unwrap();
    let out = call(["check-config", "--config", text(&file)]).good();
    assert!(out.contains("设置没有问题") && out.contains("其中 1 项不是默认"), "{out}");
    std::fs::write(&file, "[web]\nsite_nam = \"清源市\"\ntls = 3\n").unwrap();
    let ended = call_in(&[("XIAONENG__WEB__WORKER", "2")], ["check-config", "--config", text(&file)]);
    let err = ended.bad(2);
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines.len(), 3, "{err}");
    assert!(lines[0].contains("第 2 行") && lines[0].contains("是不是 web.site_name"), "{err}");
    assert!(lines[1].contains("XIAONENG__WEB__WORKERS"), "{err}");
    assert!(lines[2].contains("web.tls = 3") && lines[2].contains("true 或 false"), "{err}");
    let ended = call(["check-config", "--config", text(&file), "--json"]);
    assert_eq!(ended.status, 2);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&ended.out).unwrap()["faults"].as_array().unwrap().len(), 2);
    assert!(call(["check-config", "--config", "/nowhere.toml"]).bad(2).contains("/nowhere.toml"));
}

#[test]
fn a_secret_that_is_not_there_is_a_fault_of_the_settings() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("xiaoneng.toml");
    let secret = dir.path().join("smtp");
    let settings = format!(
        "[automation.carrier]\nkind = \"smtp\"\nhost = \"mail.example.gov.cn\"\nport = 25\ntls = \"none\"\nuser = \"x\"\npassword_file = \"{}\"\n",
        text(&secret)
    );
    std::fs::write(&file, settings).unwrap();
    assert!(call(["check-config", "--config", text(&file)]).bad(2).contains(text(&secret)));
    std::fs::write(&secret, "gar-geheim").unwrap();
    call(["check-config", "--config", text(&file)]).good();
    // The name of the file is shown, what it holds never.
    let out = call(["print-config", "--config", text(&file)]).good();
    assert!(out.contains(text(&secret)) && !out.contains("gar-geheim"), "{out}");
}

#[test]
fn every_value_is_printed_with_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("xiaoneng.toml");
    std::fs::write(&file, "[web]\nsite_name = \"清源市\"\ntls = true\n").unwrap();
    let environment = [("XIAONENG__WEB__TLS", "false"), ("XIAONENG_CONFIG", text(&file))];
    let out = call_in(&environment, ["print-config", "--set", "web.workers=3"]).good();
    let line = |key: &str| out.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap_or_else(|| panic!("{key}: {out}"));
    assert!(line("web.site_name").contains("\"清源市\"") && line("web.site_name").ends_with("xiaoneng.toml 第 2 行"));
    assert!(line("web.tls").contains("= false") && line("web.tls").ends_with("环境变量 XIAONENG__WEB__TLS"));
    assert!(line("web.workers").contains("= 3") && line("web.workers").ends_with("命令行"));
    assert!(line("automation.batch").ends_with("默认"));
    let json = call(["print-config", "--as", "json"]).json();
    assert_eq!(json["web.workers"], serde_json::json!({ "value": 2, "source": "默认" }));
    // What is printed as a template can be read again.
    std::fs::write(&file, call(["print-config", "--as", "template"]).good()).unwrap();
    call(["check-config", "--config", text(&file)]).good();
    assert!(call(["print-config", "--as", "reference"]).good().contains("| `web.site_name` | `XIAONENG__WEB__SITE_NAME` |"));
}

#[test]
fn a_server_does_not_start_with_settings_that_are_off() {
    let dir = tempfile::tempdir().unwrap();
    let (data, config) = (dir.path().join("city"), dir.path().join("xiaoneng.toml"));
    init(&data);
    let serve = || call(["serve", "--data", text(&data), "--listen", "127.0.0.1:0", "--config", text(&config)]).bad(2);
    std::fs::write(&config, "[web]\nsite_nam = \"清源市\"\n").unwrap();
    assert!(serve().contains("site_nam"));
    std::fs::write(&config, "[web\n").unwrap();
    assert!(serve().contains("第 1 行"));
}
