//! `doctor` on installations that are broken, each in one way: the exact cause, and that the other checks still ran.

use std::path::Path;

use event_log::{Append, Cursor, EventLog as _, Expected, NewEvent, SqliteLog};

use super::call::{call, call_in, city, init, text};

fn doctor(data: &Path) -> serde_json::Value {
    let ended = call(["doctor", "--data", text(data), "--json"]);
    serde_json::from_str(ended.out.lines().last().unwrap_or_else(|| panic!("{ended:?}"))).unwrap()
}

fn says(found: &serde_json::Value, kind: &str, words: &str) -> bool {
    found[kind].as_array().unwrap().iter().any(|line| line.as_str().unwrap().contains(words))
}

#[test]
fn a_lost_a_wrong_and_an_open_key_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let (data, other) = (dir.path().join("city"), dir.path().join("other"));
    init(&data);
    init(&other);
    assert!(says(&doctor(&data), "good", "主密钥能打开"));
    assert!(says(&doctor(&data), "notes", "同一目录"));
    let key = data.join("master.key");
    // lost: the log is still looked at
    std::fs::rename(&key, dir.path().join("kept.key")).unwrap();
    let found = doctor(&data);
    assert!(says(&found, "faults", "找不到主密钥文件") && says(&found, "good", "事件日志可以打开"), "{found}");
    // of another city
    std::fs::copy(other.join("master.key"), &key).unwrap();
    assert!(says(&doctor(&data), "faults", "主密钥与日志不符"), "{}", doctor(&data));
    // with which nothing is made, either
    let views = std::fs::read(data.join("views.db")).unwrap();
    for words in [&["rebuild"][..], &["heads", "list"], &["zones", "key"], &["generate", "--cases", "1"]] {
        let err = call(words.iter().copied().chain(["--data", text(&data)])).bad(1);
        assert!(err.contains("主密钥与日志不符"), "{words:?}: {err}");
    }
    assert_eq!(std::fs::read(data.join("views.db")).unwrap(), views);
    // outside of the directory
    let kept = dir.path().join("kept.key");
    let ended = call_in(&[("XIAONENG_MASTER_KEY_FILE", text(&kept))], ["doctor", "--data", text(&data)]);
    assert!(ended.good().contains("kept.key 可用"));
    // readable by others
    std::fs::set_permissions(&kept, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let err = call_in(&[("XIAONENG_MASTER_KEY_FILE", text(&kept))], ["doctor", "--data", text(&data)]).bad(1);
    assert!(err.contains("0644") && err.contains("chmod 600"), "{err}");
}

#[test]
fn the_credential_of_a_systemd_unit_is_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let (data, credentials) = (dir.path().join("city"), dir.path().join("credentials"));
    std::fs::create_dir(&credentials).unwrap();
    init(&data);
    std::fs::rename(data.join("master.key"), credentials.join("master.key")).unwrap();
    // systemd shows it as group-readable
    std::fs::set_permissions(credentials.join("master.key"), std::os::unix::fs::PermissionsExt::from_mode(0o440)).unwrap();
    let with = [("CREDENTIALS_DIRECTORY", text(&credentials))];
    let out = call_in(&with, ["doctor", "--data", text(&data)]).good();
    assert!(out.contains("主密钥来自 systemd 凭据") && out.contains("主密钥能打开"), "{out}");
}

#[test]
fn a_log_that_was_put_back_and_one_of_a_later_program_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    city(&data, "20");
    let old = dir.path().join("old");
    std::fs::create_dir(&old).unwrap();
    std::fs::copy(data.join("log.db"), old.join("log.db")).unwrap();
    city(&data, "10");
    std::fs::copy(old.join("log.db"), data.join("log.db")).unwrap();
    let _ = std::fs::remove_file(data.join("log.db-wal"));
    let found = doctor(&data);
    assert!(says(&found, "faults", "与水位记录不符") && says(&found, "good", "密钥文件"), "{found}");

    let data = dir.path().join("later");
    init(&data);
    rusqlite::Connection::open(data.join("log.db")).unwrap().execute_batch("PRAGMA user_version = 2").unwrap();
    assert!(says(&doctor(&data), "faults", "结构版本为 2"));
    let err = call(["serve", "--data", text(&data), "--listen", "127.0.0.1:0"]).bad(1);
    assert!(err.contains("结构版本为 2") && err.contains("相应版本的程序"), "{err}");
}

#[tokio::test]
async fn an_event_of_a_later_program_is_named_and_never_misread() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    {
        let clock = std::sync::Arc::new(application::clock::SystemClock);
        let log = SqliteLog::open(&data, event_log::Options::default(), application::clock::log_now(clock)).unwrap();
        let first = log.read_all(&Cursor::default(), 1).await.unwrap().events.remove(0);
        let event = NewEvent {
            id: uuid::Uuid::from_u128(7),
            kind: "case_foreseen".to_owned(),
            version: 1,
            occurred_at: first.occurred_at,
            actor: first.actor,
            on_behalf: None,
            cause: None,
            rulebook: None,
            data: b"{}".to_vec(),
            sealed: Vec::new(),
        };
        let stream = format!("case-{}", uuid::Uuid::from_u128(8));
        log.append(Append { stream, expected: Expected::NoStream, events: vec![event], keys: Vec::new() }).await.unwrap();
    }
    let at = data.clone();
    let (found, err) = tokio::task::spawn_blocking(move || {
        let found = doctor(&at);
        // without views there is nothing to stand on until the program that knows it comes
        for file in ["views.db", "scores.db"] {
            std::fs::remove_file(at.join(file)).unwrap();
        }
        (found, call(["serve", "--data", text(&at), "--listen", "127.0.0.1:0"]).bad(1))
    })
    .await
    .unwrap();
    assert!(says(&found, "faults", "case_foreseen") && says(&found, "faults", "由更新版本的程序写入"), "{found}");
    assert!(says(&found, "good", "事件日志可以打开"), "{found}");
    assert!(err.contains("case_foreseen") && err.contains("由更新版本的程序写入"), "{err}");
}

#[test]
fn settings_permissions_and_backups_are_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    std::fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::write(data.join("backups.json"), r#"{"backup":{"at":"2020-01-01T00:00:00Z","events":1,"bytes":1,"millis":1,"fault":null}}"#)
        .unwrap();
    let ended = call_in(&[("XIAONENG__WEB__TLS", "maybe")], ["doctor", "--data", text(&data)]);
    let err = ended.bad(1);
    for words in ["chmod 700", "最近一次备份在", "XIAONENG__WEB__TLS"] {
        assert!(err.contains(words), "{words}: {err}");
    }
}

#[tokio::test]
async fn beside_a_running_server_all_is_well() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    let server = tests::server::Server::start(&data, &[]).await.unwrap();
    let at = data.clone();
    let found = tokio::task::spawn_blocking(move || doctor(&at)).await.unwrap();
    assert_eq!(found["faults"], serde_json::json!([]));
    assert!(says(&found, "good", "视图与日志一致"));
    assert!(server.stop().await.unwrap().success());
}
