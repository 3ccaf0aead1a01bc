//! From the filing to the proof: the signed receipt, the head of the day, what anybody can check without this server.

use std::path::Path;
use std::process::Command;

use application::Actor;
use chrono::{DateTime, TimeDelta};

use crate::harness::Site;

/// Sets the clock to a time of day in May 2026 and publishes the head that is due.
async fn publish(site: &Site, at: &str) {
    site.clock.set(DateTime::parse_from_rfc3339(&format!("2026-05-{at}:00+08:00")).unwrap().to_utc());
    site.app.publish_head(Actor::Automation("heads")).await.unwrap().expect("there is a head to publish");
    site.settle().await;
}

/// What `xiaoneng verify` says: status and both outputs.
fn verify(words: &[&str]) -> (i32, String) {
    let done = Command::new(tests::server::binary().unwrap()).arg("verify").args(words).output().unwrap();
    (done.status.code().unwrap(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
}

/// What the script says, when there is a Python to run it.
fn script(file: &Path, key: &str) -> Option<(i32, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/scripts/verify_receipt.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(file).args(Some(key).filter(|key| !key.is_empty()));
    match command.output() {
        Ok(done) => Some((done.status.code().unwrap(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())),
        Err(_) => {
            eprintln!("python3 is not installed: the script was not tried");
            None
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_is_promised_on_the_receipt_and_proved_once_the_head_of_its_day_is_published() {
    // given a filing, whose receipt is signed
    let site = Site::open().await;
    let number = site.file("欧阳晓反映：小区东门外的三盏路灯不亮，晚上看不清路。").await;
    let (mut browser, page) = site.track(&number).await;
    let shown = domain::codes::format_public_number(&number);
    assert!(page.has("待存证") && page.has("2026年5月6日的日志头"), "{}", page.text());
    let promise = browser.get("/track/receipt").await;
    assert_eq!((promise.status, promise.header("content-type")), (200, Some("text/plain; charset=utf-8")));
    assert_eq!(promise.header("content-disposition"), Some(format!("attachment; filename=\"receipt-{shown}.txt\"").as_str()));
    assert!(promise.body.starts_with("xiaoneng-receipt/v1\n") && promise.body.contains(&format!("\nnumber {shown}\n")), "{}", promise.body);
    for personal in ["欧阳晓", "王小明", "13800001234", "路灯", "幸福路"] {
        assert!(!promise.body.contains(personal), "{personal}");
    }
    // then it is checked without a server
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("receipt.txt");
    std::fs::write(&file, &promise.body).unwrap();
    let (status, said) = verify(&["--receipt", text(&file)]);
    assert!(status == 0 && said.contains("只有承诺") && said.contains("公钥取自回执本身"), "{said}");
    // when the head of the day is published
    assert_eq!(browser.get("/heads/latest").await.status, 404);
    publish(&site, "07T01:00").await;
    // then everybody finds it
    let list = browser.get("/heads").await;
    assert!(list.has("日志存证") && list.has("2026年5月6日"), "{}", list.text());
    let note = browser.get(&list.link("2026年5月6日")).await;
    assert_eq!((note.status, note.header("content-type")), (200, Some("text/plain; charset=utf-8")));
    let latest: serde_json::Value = serde_json::from_str(&browser.get("/heads/latest").await.body).unwrap();
    assert_eq!((&latest["day"], &latest["note"]), (&"2026-05-06".into(), &note.body.as_str().into()));
    let key = latest["key"].as_str().unwrap();
    assert!(list.has(key) && note.body.contains(&format!("\n— {} ", latest["origin"].as_str().unwrap())), "{}", note.body);
    // and the petitioner the proof
    let (mut browser, page) = site.track(&number).await;
    assert!(page.has("已存证"), "{}", page.text());
    let proof = browser.get("/track/receipt").await.body;
    assert!(
        proof.starts_with(&promise.body) && proof.contains("\nc2sp.org/tlog-proof@v1\nindex ") && proof.ends_with(&note.body),
        "{proof}"
    );
    std::fs::write(&file, &proof).unwrap();
    let keys = folder.path().join("keys.txt");
    std::fs::write(&keys, format!("# 2026 年报纸公布\n{key}\n")).unwrap();
    let hex = list.body.split("id=\"key-hex\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    for key in [key, &hex, text(&keys)] {
        let (status, said) = verify(&["--receipt", text(&file), "--key", key]);
        assert!(status == 0 && said.contains("已存证：2026-05-06") && said.contains("您指定的"), "{key}: {said}");
    }
    for key in ["", key, &hex] {
        let Some((status, said)) = script(&file, key) else { break };
        assert!(status == 0 && said.contains("证明成立") && said.contains("day 2026-05-06"), "{said}");
    }
    // but not under another key
    let stranger = vault::Vault::new(vault::MasterKey::from_bytes([8; 32]), std::sync::Arc::new(vault::OsEntropy));
    let stranger = stranger.verifier_key(latest["origin"].as_str().unwrap()).unwrap().to_string();
    let (status, said) = verify(&["--receipt", text(&file), "--key", &stranger]);
    assert!(status == 1 && said.contains("没有公钥"), "{said}");
    // and it stands in the log itself, where that is a file
    if !site.on_cluster() {
        let data = site.views_file().parent().unwrap().to_owned();
        let (status, said) = verify(&["--receipt", text(&file), "--data", text(&data), "--json"]);
        let facts: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        assert_eq!((status, &facts["head"]["day"], &facts["faults"]), (0, &"2026-05-06".into(), &serde_json::json!([])), "{said}");
        let (status, said) = verify(&["--data", text(&data), "--key", key]);
        assert!(status == 0 && said.contains("1 份日志头全部相符"), "{said}");
        assert_eq!(verify(&["--data", text(&data), "--key", &stranger]).0, 1);
    }
    // and whatever is planted in it is found, by the program and by the script
    for (from, to) in [("number ", "number 9"), ("due 2026-05", "due 2026-06"), ("position ", "position 1"), ("\nindex ", "\nindex 1")] {
        std::fs::write(&file, proof.replacen(from, to, 1)).unwrap();
        let (status, said) = verify(&["--receipt", text(&file)]);
        assert_eq!(status, 1, "{to}: {said}");
        let Some((status, said)) = script(&file, "") else { break };
        assert!(status == 1 && said.contains("不通过"), "{to}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_page_shows_the_promise_and_gives_it_to_this_browser_alone() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let page = crate::citizen::filed(&mut browser).await;
    assert_eq!(page.path, "/file/receipt");
    assert!(page.has("签名回执") && page.has("xiaoneng-receipt/v1") && page.has("2026年5月6日的日志头"), "{}", page.text());
    let signed = browser.get("/file/receipt/signed").await;
    assert_eq!(signed.status, 200);
    let leaf = signed.body.lines().find(|line| line.starts_with("leaf ")).unwrap();
    assert!(page.has(leaf), "{leaf}");
    // whoever has filed nothing and tracks nothing gets nothing
    let mut other = site.browser();
    assert_eq!(other.get("/file/receipt/signed").await.status, 404);
    assert_eq!(other.get("/track/receipt").await.path, "/track");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_are_listed_by_month_and_what_is_not_there_is_not_found() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let page = browser.get("/public").await;
    let page = browser.get(&page.link("日志存证")).await;
    assert!(page.path == "/heads" && page.has("还没有公布日志头") && page.has("公钥"), "{}", page.text());
    for at in ["07T01:00", "08T01:30", "12T23:00"] {
        publish(&site, at).await;
    }
    let page = browser.get("/heads?month=2026-05").await;
    let days: Vec<String> = page.links().into_iter().map(|(href, _)| href).filter(|href| href.starts_with("/heads/2")).collect();
    assert_eq!(days, ["/heads/2026-05-11", "/heads/2026-05-07", "/heads/2026-05-06"]);
    assert!(browser.get("/heads?month=2026-04").await.has("还没有公布日志头"));
    site.clock.advance(TimeDelta::days(30));
    assert!(browser.get("/heads").await.has("2026年5月11日"), "the page begins where there is something");
    for bad in ["/heads?month=2031-01", "/heads?month=x"] {
        assert_eq!(browser.get(bad).await.status, 422, "{bad}");
    }
    for none in ["/heads/2026-05-08", "/heads/x", "/heads/2026-13-01"] {
        assert_eq!(browser.get(none).await.status, 404, "{none}");
    }
    let script = browser.get("/heads/verify_receipt.py").await;
    assert!(script.status == 200 && script.body.starts_with("#!/usr/bin/env python3"));
}
