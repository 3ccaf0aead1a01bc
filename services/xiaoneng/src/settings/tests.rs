use std::ffi::OsString;

use serde_json::{Value, json};

use super::*;

fn load(file: &str, environment: &[(&str, &str)], set: &[&str]) -> Result<Loaded, Vec<String>> {
    let environment = environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let set: Vec<String> = set.iter().map(|one| (*one).to_owned()).collect();
    combine(Some(("x.toml", file)), environment, &set, None)
}

fn value<'a>(loaded: &'a Loaded, key: &str) -> &'a Effective {
    loaded.values.iter().find(|one| one.key == key).unwrap_or_else(|| panic!("{key} is missing"))
}

#[test]
fn given_nothing_then_every_value_is_the_default_and_says_so() {
    let loaded = load("", &[], &[]).unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert!(loaded.values.iter().all(|one| one.source == Source::Default));
}

#[test]
fn the_later_layer_wins_and_every_value_says_where_it_comes_from() {
    let file = "[web]\nsite_name = \"文件\"\nworkers = 3\nservice_phone = \"1\"\n";
    let environment = [("XIAONENG__WEB__SITE_NAME", "环境"), ("XIAONENG__WEB__WORKERS", "4"), ("PATH", "/bin"), ("XIAONENG_LOG", "info")];
    let loaded = load(file, &environment, &["web.workers=5"]).unwrap();
    let web = &loaded.settings.web;
    assert_eq!((web.service_phone.as_str(), web.site_name.as_str(), web.workers), ("1", "环境", 5));
    assert_eq!(value(&loaded, "web.service_phone").source, Source::File { name: "x.toml".to_owned(), line: 4 });
    assert_eq!(value(&loaded, "web.site_name").source, Source::Environment("XIAONENG__WEB__SITE_NAME".to_owned()));
    assert_eq!(value(&loaded, "web.workers").source, Source::CommandLine);
    assert_eq!(value(&loaded, "web.tls").source, Source::Default);
}

#[test]
fn what_nobody_knows_is_told_with_its_place_and_what_was_probably_meant() {
    let file = "[web]\nsite_nam = \"x\"\n\n[automaton]\nbatch = 1\n\n[automation.carrier]\nkind = \"files\"\nfoldr = \"x\"\n";
    let faults = load(file, &[("XIAONENG__WEB__TLSS", "true")], &["web.batch=1", "tls"]).unwrap_err();
    assert_eq!(
        faults,
        [
            "x.toml 第 9 行：没有 automation.carrier.foldr 这一项，是不是 automation.carrier.folder？",
            "x.toml 第 4 行：没有 automaton 这一项，是不是 automation？",
            "x.toml 第 2 行：没有 web.site_nam 这一项，是不是 web.site_name？",
            "环境变量 XIAONENG__WEB__TLSS：没有 web.tlss 这一项，是不是 XIAONENG__WEB__TLS？",
            "命令行：没有 web.batch 这一项，是不是 automation.batch？",
            "命令行：--set tls 应写成 --set 节.项=值",
        ]
    );
}

#[test]
fn a_value_that_does_not_fit_is_told_with_key_value_and_what_it_should_be() {
    let faults = |file: &str| load(file, &[], &[]).unwrap_err().join("\n");
    let web = |line: &str| faults(&format!("[web]\n{line}\n"));
    assert_eq!(web("tls = \"yes\""), "x.toml 第 2 行：web.tls = \"yes\" 不合适，应为 true 或 false");
    assert_eq!(web("workers = 0"), "x.toml 第 2 行：web.workers = 0 不合适，应为不小于 1 的整数");
    assert_eq!(web("workers = \"two\""), "x.toml 第 2 行：web.workers = \"two\" 不合适，应为不小于 1 的整数");
    assert_eq!(web("site_name = 5"), "x.toml 第 2 行：web.site_name = 5 不合适，应为加引号的文字");
    assert_eq!(web("registrations = \"x\""), "x.toml 第 2 行：web.registrations = \"x\" 不合适，应为列表，每项为加引号的文字");
    assert!(web("listen = \"here\"").starts_with("x.toml 第 2 行：web.listen = \"here\" 不合适，应为"));
    assert!(web("trusted_proxies = [\"here\"]").contains("应为列表，每项为 IP 地址"));
    assert!(faults("[automation]\nquiet_from = \"late\"\n").contains("应为时刻，例如 \"21:00\""));
    assert!(faults("web = 3\n").contains("web 应为一张表"));
    assert!(faults("[web\n").starts_with("x.toml 第 1 行：不是合法的 TOML"));
    // All of them are told at once.
    assert_eq!(load("[web]\ntls = 1\nworkers = 0\n[automation]\nbatch = 0\n", &[], &[]).unwrap_err().len(), 3);
}

#[test]
fn a_carrier_has_the_keys_of_its_kind_and_no_others() {
    let carrier = |lines: &str| load(&format!("[automation.carrier]\n{lines}"), &[], &[]);
    let good = carrier("kind = \"smtp\"\nhost = \"mail\"\nport = 25\ntls = \"starttls\"\n").unwrap();
    assert_eq!(good.settings.automation.carrier.name(), "smtp");
    assert_eq!(value(&good, "automation.carrier.timeout_seconds").value, Some(json!(30)));
    assert!(!good.values.iter().any(|one| one.key == "automation.carrier.folder"), "a kind that is not chosen has no values");
    assert_eq!(
        carrier("kind = \"smtp\"\nhost = \"mail\"\ntls = \"ssl\"\nfolder = \"x\"\n").unwrap_err(),
        [
            "x.toml 第 5 行：automation.carrier.folder = \"x\" 不合适，kind = \"smtp\" 时没有这一项",
            "x.toml 第 4 行：automation.carrier.tls = \"ssl\" 不合适，应为 none、starttls、tls 之一",
            "x.toml 第 2 行：automation.carrier.port 不合适，kind = \"smtp\" 时必须填写",
        ]
    );
    assert!(carrier("kind = \"pigeon\"\n").unwrap_err()[0].contains("应为 files、smtp、hook 之一"));
    assert_eq!(carrier("folder = \"out\"\n").unwrap().settings.automation.carrier.name(), "files");
}

#[test]
fn texts_of_the_environment_need_no_quotes() {
    let environment = [
        ("XIAONENG__WEB__SERVICE_PHONE", "12345"),
        ("XIAONENG__WEB__TLS", "true"),
        ("XIAONENG__WEB__TRUSTED_PROXIES", "10.0.0.1, ::1"),
        ("XIAONENG__WEB__REGISTRATIONS", "[\"甲, 乙\"]"),
        ("XIAONENG__AUTOMATION__QUIET_FROM", "22:30"),
    ];
    let settings = load("", &environment, &[]).unwrap().settings;
    assert_eq!((settings.web.service_phone.as_str(), settings.web.tls), ("12345", true));
    assert_eq!(settings.web.trusted_proxies.len(), 2);
    assert_eq!(settings.web.registrations, ["甲, 乙"]);
    assert_eq!(load("[automation]\nquiet_from = 22:30:00\n", &[], &[]).unwrap().settings.automation, settings.automation);
}

#[test]
fn what_must_not_be_shown_is_neither_shown_nor_told_in_a_fault() {
    let hook = "[automation.carrier]\nkind = \"hook\"\nurl = \"https://sms/?key=geheim\"\nsecret_file = \"k\"\n";
    let loaded = load(hook, &[], &[]).unwrap();
    assert_eq!(value(&loaded, "automation.carrier.url").value, None);
    assert_eq!(value(&loaded, "automation.carrier.secret_file").value, Some(json!("k")));
    let faults = load("[web]\ndemo_accounts = [[\"a\", 7777]]\n", &[], &[]).unwrap_err();
    assert!(!faults[0].contains("7777") && faults[0].contains("web.demo_accounts"), "{faults:?}");
}

#[test]
fn a_secret_named_without_a_folder_is_looked_for_among_the_credentials_of_the_service() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sms"), "x").unwrap();
    let file = |name: &str| {
        let text = format!("[automation.carrier]\nkind = \"hook\"\nurl = \"https://sms\"\nsecret_file = \"{name}\"\n");
        let loaded = combine(Some(("x.toml", &text)), [], &[], Some(folder.path())).unwrap();
        value(&loaded, "automation.carrier.secret_file").value.clone().unwrap()
    };
    assert_eq!(file("sms"), json!(folder.path().join("sms")));
    assert_eq!(file("other"), json!("other"));
    assert_eq!(file("./sms"), json!("./sms"));
}

#[test]
fn the_structs_and_the_keys_agree() {
    // Every value that the structs have is a key, so that the reference misses none.
    fn leaves(prefix: &str, value: &Value, all: &mut Vec<String>) {
        match value {
            Value::Object(table) => {
                table
                    .iter()
                    .for_each(|(name, value)| leaves(&format!("{prefix}{}{name}", if prefix.is_empty() { "" } else { "." }), value, all));
            }
            _ => all.push(prefix.to_owned()),
        }
    }
    let mut all = Vec::new();
    leaves("", &serde_json::to_value(Settings::default()).unwrap(), &mut all);
    assert!(all.len() > 20);
    let keys = Keys::of_settings();
    for key in &all {
        let known = keys.get(key).unwrap_or_else(|| panic!("{key} is no key"));
        assert!(!known.doc.is_empty(), "{key} says nothing");
    }
    // Names of secrets end in `_file`: no secret stands in the settings themselves.
    for key in keys.iter() {
        let name = key.path.rsplit('.').next().unwrap();
        let secret = ["password", "secret", "token"].iter().any(|word| name.contains(word));
        assert!(!secret || name.ends_with("_file") || key.secret, "{}", key.path);
    }
}

#[test]
fn the_reference_and_the_template_are_those_of_the_structs() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ops/config");
    let stored = |name: &str| std::fs::read_to_string(here.join(name)).unwrap_or_default();
    assert!(stored("reference.md") == reference::markdown(), "run: cargo run -- print-config --as reference > ops/config/reference.md");
    assert!(stored("xiaoneng.toml") == reference::template(), "run: cargo run -- print-config --as template > ops/config/xiaoneng.toml");
}

#[test]
fn the_template_as_it_is_and_with_every_default_taken_in_changes_nothing() {
    let template = reference::template();
    assert_eq!(load(&template, &[], &[]).unwrap().settings, Settings::default());
    // The keys of a carrier that is not chosen stay comments.
    let of_another = |name: &str| name.starts_with("carrier.") && !["carrier.kind", "carrier.folder"].contains(&name);
    let is_key = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c)) && !of_another(name);
    let take = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if rest.split_once(" = ").is_some_and(|(name, _)| is_key(name)) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    let taken: String = template.lines().map(take).collect();
    let loaded = load(&taken, &[], &[]).unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert!(loaded.values.iter().filter(|one| one.source != Source::Default).count() > 20);
}
