//! `backup`, `restore`, `rehearse`: two files that make an installation again, and everything that is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tests::faults::{On, Rule, Shim, evenly};
use tests::filing::{explore, walk};
use tests::server::{Server, UNLIMITED};

use super::call::{Ended, call, call_in, city, init, text};

/// A city with two backup files in a folder beside it.
struct Kept {
    dir: tempfile::TempDir,
}

impl Kept {
    fn city(cases: &str) -> Self {
        let kept = Self { dir: tempfile::tempdir().unwrap() };
        city(&kept.data(), cases);
        kept
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("city")
    }

    /// Backs up into `name.log` and `name.keys`.
    fn backup(&self, name: &str) -> Value {
        let (log, keys) = self.files(name);
        call(["backup", "--data", text(&self.data()), "--out", text(&log), "--keys-out", text(&keys), "--json"]).json()
    }

    fn files(&self, name: &str) -> (PathBuf, PathBuf) {
        (self.path(&format!("{name}.log")), self.path(&format!("{name}.keys")))
    }

    /// Restores these files with the city's own master key.
    fn restore(&self, log: &Path, keys: &Path, into: &Path, more: &[&str]) -> Ended {
        let master = self.data().join("master.key");
        let words = ["restore", text(log), "--keys", text(keys), "--data", text(into), "--master", text(&master)];
        call(words.iter().chain(more))
    }

    fn verified(&self, data: &Path) -> Value {
        call(["verify", "--data", text(data), "--json"]).json()
    }

    fn cases(&self, data: &Path) -> Vec<Value> {
        let out = self.path("cases.json");
        call(["export", "cases", "--data", text(data), "--format", "json", "--out", text(&out)]).good();
        serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap()
    }
}

/// Every file of a folder with its content.
fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn what_is_restored_is_the_same_installation() {
    let kept = Kept::city("60");
    let data = kept.data();
    // given attachments, a reading audit and a ballot box, as a server makes them
    let photo = "attachments/inspection-1/0123456789abcdef";
    std::fs::create_dir_all(data.join("attachments/inspection-1")).unwrap();
    std::fs::write(data.join(photo), "sealed photo").unwrap();
    std::fs::write(data.join("attachments/inspection-1/0123.part-7"), "half").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { Server::start(&data, UNLIMITED).await.unwrap().stop().await.unwrap() });
    let audit = rusqlite::Connection::open(data.join("audit.db")).unwrap();
    audit.execute("INSERT INTO reading (at, account, unit, subject, what) VALUES (5, 'wang.li', '', '', 'sign_in')", []).unwrap();
    drop(audit);
    // The doctor waits for the views.
    call(["doctor", "--data", text(&data)]).good();
    let before = kept.verified(&data);
    // when it is backed up and rehearsed
    let (log, keys) = kept.files("a");
    let out = call(["backup", "--data", text(&data), "--out", text(&log), "--keys-out", text(&keys), "--rehearse", "--json"]).good();
    let facts: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&facts[0]["events"], &facts[0]["root"]), (&before["events"], &before["root"]));
    assert_eq!((&facts[1]["events"], &facts[1]["views_compared"]), (&before["events"], &Value::Bool(true)));
    let known: Value = serde_json::from_slice(&std::fs::read(data.join("backups.json")).unwrap()).unwrap();
    assert_eq!((&known["backup"]["events"], &known["failed"]), (&before["events"], &Value::Null));
    assert_eq!(known["rehearsal"]["events"], before["events"]);
    assert!(!data.join("rehearsal").exists());
    // and restored
    let new = kept.path("new");
    let restored = kept.restore(&log, &keys, &new, &["--json"]).json();
    assert_eq!((&restored["root"], &restored["views"]), (&before["root"], &Value::from("same")));
    assert_eq!((&restored["attachments"], &restored["audit"], &restored["ballots"]), (&1.into(), &1.into(), &true.into()));
    assert_eq!((&restored["closed"], &restored["erased_again"]), (&0.into(), &0.into()));
    // then it is the same in every respect that counts
    assert_eq!(kept.verified(&new), before);
    assert_eq!(kept.cases(&new), kept.cases(&data));
    assert_eq!(std::fs::read_to_string(new.join(photo)).unwrap(), "sealed photo");
    assert!(call(["doctor", "--data", text(&new)]).good().contains("现行规则"));
    assert!(!new.join("backups.json").exists(), "it does not claim backups that it never had");
    assert!(!new.join("restoring").exists());
    // and serves
    runtime.block_on(async { Server::start(&new, UNLIMITED).await.unwrap().stop().await.unwrap() });
}

#[test]
fn a_backup_beside_a_server_while_citizens_file_is_one_moment_and_holds_what_was_acknowledged() {
    let kept = Kept::city("60");
    let data = kept.data();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(&data, UNLIMITED)).unwrap();
    let address = server.address;
    // given citizens who file one after the other
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let sample = runtime.block_on(explore(address)).unwrap().0;
    let citizens: Vec<_> = (0..3)
        .map(|citizen| {
            let (acknowledged, stop, sample) = (acknowledged.clone(), stop.clone(), sample.clone());
            runtime.spawn(async move {
                let mut n = citizen;
                while !stop.load(Ordering::SeqCst) {
                    let mut ready = walk(address, sample.nth(n)).await.unwrap();
                    assert!(ready.submit().await.unwrap());
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                    n += 3;
                }
            })
        })
        .collect();
    let mut backed_up = 0;
    for round in 0..3 {
        let asked = std::time::Instant::now();
        while acknowledged.load(Ordering::SeqCst) <= backed_up {
            assert!(asked.elapsed() < Duration::from_secs(60), "nobody files any more");
            std::thread::sleep(Duration::from_millis(5));
        }
        backed_up = acknowledged.load(Ordering::SeqCst);
        // when it is backed up
        let made = kept.backup(&format!("{round}"));
        assert_eq!(made["views_compared"], true, "the views of the server were held still: {made}");
        // then it is rehearsed well, and restored it holds all that was acknowledged before
        let (log, keys) = kept.files(&format!("{round}"));
        let rehearsed = call(["rehearse", text(&log), "--keys", text(&keys), "--data", text(&data), "--json"]).json();
        assert_eq!((&rehearsed["root"], &rehearsed["views_compared"]), (&made["root"], &Value::Bool(true)));
        let new = kept.path(&format!("new{round}"));
        assert_eq!(kept.restore(&log, &keys, &new, &["--json"]).json()["root"], made["root"]);
        assert!(kept.cases(&new).len() >= 60 + backed_up, "round {round}");
    }
    stop.store(true, Ordering::SeqCst);
    for citizen in citizens {
        runtime.block_on(citizen).unwrap();
    }
    runtime.block_on(server.stop()).unwrap();
    assert_eq!(kept.verified(&data)["faults"], serde_json::json!([]));
}

#[test]
fn the_log_file_holds_no_key_and_the_keys_file_no_event() {
    let kept = Kept::city("20");
    kept.backup("a");
    let (log, keys) = kept.files("a");
    let members = |path: &Path| {
        let unpacked = Command::new("sh").args(["-c", &format!("zstd -dc {} | tar t", text(path))]).output();
        // The machine may lack the tools; the format itself is tested with the library.
        unpacked.ok().filter(|done| done.status.success()).map(|done| String::from_utf8(done.stdout).unwrap())
    };
    if let Some(names) = members(&log) {
        assert!(names.lines().all(|name| !name.starts_with("keys") && !name.starts_with("ballots")), "{names}");
    }
    let connection = rusqlite::Connection::open(kept.data().join("log.db")).unwrap();
    let wrapped: Vec<Vec<u8>> =
        connection.prepare("SELECT wrapped FROM keys").unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(wrapped.len() > 20);
    let plain = |path: &Path| zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    let (log, keys) = (plain(&log), plain(&keys));
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    for key in wrapped.iter().take(5) {
        let as_json = serde_json::to_vec(key).unwrap();
        assert!(!holds(&log, key) && !holds(&log, &as_json) && holds(&keys, &as_json));
    }
    let master = std::fs::read(kept.data().join("master.key")).unwrap();
    assert!(!holds(&log, &master[..64]) && !holds(&keys, &master[..64]));
    assert!(holds(&log, b"case_filed") && !holds(&keys, b"case_filed"));
}

#[test]
fn files_that_are_damaged_foreign_or_mixed_up_are_refused_by_name_and_nothing_is_touched() {
    let kept = Kept::city("20");
    let other = Kept::city("5");
    kept.backup("a");
    other.backup("b");
    let (log, keys) = kept.files("a");
    let (other_log, other_keys) = other.files("b");
    let bad = kept.path("bad");
    let new = kept.path("new");
    let before = content(&kept.data());
    let refused = |log: &Path, keys: &Path, words: &str| {
        for more in [["--json"].as_slice(), &["--check"]] {
            let err = kept.restore(log, keys, &new, more).bad(1);
            assert!(err.contains(words), "{words}: {err}");
            assert!(!new.exists(), "{words}");
        }
    };
    let good = std::fs::read(&log).unwrap();
    for at in [good.len() / 3, good.len() - 2] {
        let mut changed = good.clone();
        changed[at] ^= 1;
        std::fs::write(&bad, &changed).unwrap();
        refused(&bad, &keys, "已损坏或不完整");
    }
    std::fs::write(&bad, &good[..good.len() * 2 / 3]).unwrap();
    refused(&bad, &keys, "已损坏或不完整");
    for length in [900, 3_000] {
        std::fs::write(&bad, &std::fs::read(&keys).unwrap()[..length]).unwrap();
        refused(&log, &bad, "已损坏或不完整");
    }
    std::fs::write(&bad, "case_number,title\n").unwrap();
    refused(&bad, &keys, "不是本系统的备份文件");
    refused(&keys, &log, "是否写反");
    refused(&log, &other_keys, "不属于这份日志");
    refused(&other_log, &keys, "不属于这份日志");
    refused(&other_log, &other_keys, "主密钥不是");
    refused(&kept.path("none"), &keys, "无法读写");
    // without the master key nothing is done, and it is said where it belongs
    let words = ["restore", text(&log), "--keys", text(&keys), "--data", text(&new)];
    let err = call(words).bad(1);
    assert!(err.contains("--master") && err.contains("master.key") && !new.exists(), "{err}");
    // put there, it is taken
    std::fs::create_dir(&new).unwrap();
    std::fs::copy(kept.data().join("master.key"), new.join("master.key")).unwrap();
    assert!(call(words).good().contains("已恢复到"));
    let after = content(&kept.data());
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    assert_eq!(before[&kept.data().join("log.db")], after[&kept.data().join("log.db")]);
}

#[test]
fn a_live_directory_is_not_restored_into_and_a_full_one_gives_way_only_by_force() {
    let kept = Kept::city("20");
    kept.backup("a");
    let (log, keys) = kept.files("a");
    let old = kept.verified(&kept.data());
    city(&kept.data(), "5");
    let newer = kept.verified(&kept.data());
    let before = content(&kept.data());
    // given a directory that holds something
    let err = kept.restore(&log, &keys, &kept.data(), &[]).bad(1);
    assert!(err.contains("--force"), "{err}");
    assert_eq!(content(&kept.data()), before);
    // given a server that runs on it, also by force
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(&kept.data(), UNLIMITED)).unwrap();
    let err = kept.restore(&log, &keys, &kept.data(), &["--force"]).bad(1);
    assert!(err.contains("先停止服务"), "{err}");
    runtime.block_on(server.stop()).unwrap();
    // A server works: it may have added events, and nothing else was done.
    let newest = kept.verified(&kept.data());
    assert!(newest["events"].as_u64() >= newer["events"].as_u64() && newest["faults"] == newer["faults"]);
    // when it is stopped and forced, then the older log stands, with a record of its own, and the other lies aside whole
    let restored = kept.restore(&log, &keys, &kept.data(), &["--force", "--json"]).json();
    assert_eq!(kept.verified(&kept.data()), old);
    assert_eq!(kept.verified(Path::new(restored["aside"].as_str().unwrap())), newest);
    call(["doctor", "--data", text(&kept.data())]).good();
}

/// A city, backed up before and after the person of an archived case was erased.
fn erased() -> (Kept, String, String) {
    let kept = Kept::city("60");
    kept.backup("before");
    let cases = kept.cases(&kept.data());
    // One whose title no other case has: it can be looked for in every file.
    let title = |case: &Value| case["title"].as_str().unwrap().to_owned();
    let alone = |case: &&Value| cases.iter().filter(|other| title(other).contains(&title(case))).count() == 1;
    let case = cases.iter().filter(|case| case["stage"] == "archived" && !title(case).is_empty()).find(alone).unwrap();
    let (number, title) = (case["number"].as_str().unwrap().to_owned(), title(case));
    call(["erase", &number, "--data", text(&kept.data()), "--reason", "本人申请删除", "--actor", "张三"]).good();
    kept.backup("after");
    (kept, number, title)
}

/// The words of the case are in no file of the directory, and its person is known as erased.
fn stays_erased(kept: &Kept, data: &Path, number: &str, title: &str) {
    let cases = kept.cases(data);
    let case = cases.iter().find(|case| case["number"] == number).unwrap();
    assert_eq!(case["title"], "");
    let others: Vec<&str> = cases.iter().filter_map(|case| case["title"].as_str()).collect();
    for (path, bytes) in content(data) {
        assert!(!bytes.windows(title.len()).any(|window| window == title.as_bytes()), "{}", path.display());
    }
    assert!(others.iter().filter(|title| !title.is_empty()).count() > 20, "the others keep their words");
    let again = call(["erase", number, "--data", text(data), "--reason", "本人申请删除", "--actor", "张三"]).good();
    assert!(again.contains("没有变化"), "{again}");
    assert_eq!(kept.verified(data)["faults"], serde_json::json!([]));
}

#[test]
fn an_older_log_with_the_latest_keys_keeps_the_erased_erased() {
    let (kept, number, title) = erased();
    let (old_log, _) = kept.files("before");
    let (_, new_keys) = kept.files("after");
    let new = kept.path("new");
    let restored = kept.restore(&old_log, &new_keys, &new, &["--json"]).json();
    assert_eq!((&restored["erased_again"], &restored["closed"]), (&1.into(), &0.into()), "{restored}");
    stays_erased(&kept, &new, &number, &title);
    // the same again from what was restored: now the log knows it
    let (log, keys) = kept.files("c");
    call(["backup", "--data", text(&new), "--out", text(&log), "--keys-out", text(&keys)]).good();
    let third = kept.path("third");
    let restored = kept.restore(&log, &keys, &third, &["--json"]).json();
    assert_eq!(restored["erased_again"], 0);
    stays_erased(&kept, &third, &number, &title);
}

#[test]
fn a_newer_log_with_older_keys_is_refused_and_by_consent_keeps_the_erased_erased() {
    let (kept, number, title) = erased();
    let (_, old_keys) = kept.files("before");
    let (new_log, _) = kept.files("after");
    let new = kept.path("new");
    let err = kept.restore(&new_log, &old_keys, &new, &[]).bad(1);
    assert!(err.contains("--accept-older-keys") && !new.exists(), "{err}");
    let restored = kept.restore(&new_log, &old_keys, &new, &["--accept-older-keys", "--json"]).json();
    assert_eq!(restored["erased_again"], 0);
    stays_erased(&kept, &new, &number, &title);
}

#[test]
fn photos_are_taken_from_where_the_settings_say() {
    let kept = Kept::city("5");
    let (data, config, photos, empty) = (kept.data(), kept.path("xiaoneng.toml"), kept.path("photos"), kept.path("empty"));
    std::fs::create_dir_all(photos.join("inspection-1")).unwrap();
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(photos.join("inspection-1/0123456789abcdef"), "sealed photo").unwrap();
    std::fs::write(&config, format!("[storage]\nattachments = \"{}\"\n", text(&photos))).unwrap();
    let environment = [("XIAONENG_CONFIG", text(&config)), ("XIAONENG_DATA", text(&data))];
    let photos_of = |name: &str, more: &[&str]| {
        let (log, keys) = kept.files(name);
        let words = ["backup", "--out", text(&log), "--keys-out", text(&keys)];
        call_in(&environment, words.iter().chain(more)).good();
        kept.restore(&log, &keys, &kept.path(&format!("new-{name}")), &["--json"]).json()["attachments"].as_u64()
    };
    let missing = || {
        let known: Value = serde_json::from_slice(&std::fs::read(data.join("backups.json")).unwrap()).unwrap();
        known["backup"]["missing"].as_u64()
    };
    assert_eq!((photos_of("a", &[]), missing()), (Some(1), Some(0)));
    // a word of the call counts more, and that the photo is not there is on record
    assert_eq!((photos_of("b", &["--attachments", text(&empty)]), missing()), (Some(0), Some(1)));
    assert_eq!(photos_of("c", &["--set", &format!("storage.attachments={}", text(&empty))]), Some(0));
}

#[test]
fn runs_that_could_not_even_begin_are_on_record_as_failed() {
    let kept = Kept::city("5");
    let data = kept.data();
    kept.backup("a");
    let known = || serde_json::from_slice::<Value>(&std::fs::read(data.join("backups.json")).unwrap()).unwrap();
    let failed = || known()["failed"]["fault"].as_str().map(str::to_owned);
    // given no master key, when it is rehearsed
    let (log, keys) = kept.files("a");
    let rehearse = || call(["rehearse", text(&log), "--keys", text(&keys), "--data", text(&data)]);
    std::fs::rename(data.join("master.key"), kept.path("master.key")).unwrap();
    let err = rehearse().bad(1);
    assert!(err.contains("找不到主密钥文件"), "{err}");
    // then the record says so until a run is good, and the backup still counts
    assert!(failed().unwrap().contains("找不到主密钥文件"), "{}", known());
    assert!(known()["backup"].is_object() && known()["rehearsal"].is_null(), "{}", known());
    std::fs::rename(kept.path("master.key"), data.join("master.key")).unwrap();
    rehearse().good();
    assert_eq!(failed(), None);
    // given a log of a later program, when it is backed up
    let version = |version: u32| {
        let log = rusqlite::Connection::open(data.join("log.db")).unwrap();
        let before: u32 = log.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        log.execute_batch(&format!("PRAGMA user_version = {version}")).unwrap();
        before
    };
    let own = version(99);
    let (log, keys) = kept.files("b");
    let backup = || call(["backup", "--data", text(&data), "--out", text(&log), "--keys-out", text(&keys)]);
    backup().bad(1);
    assert!(failed().unwrap().contains("99"), "{}", known());
    version(own);
    backup().good();
    assert_eq!(failed(), None);
    // a word that was refused is no failed backup
    backup().bad(1);
    assert_eq!(failed(), None);
}

#[test]
fn the_environment_names_the_directory_to_restore_into() {
    let kept = Kept::city("5");
    kept.backup("a");
    let (log, keys) = kept.files("a");
    let (new, master) = (kept.path("new"), kept.data().join("master.key"));
    let environment = [("XIAONENG_DATA", text(&new)), ("XIAONENG_MASTER_KEY_FILE", text(&master))];
    call_in(&environment, ["restore", text(&log), "--keys", text(&keys)]).good();
    assert_eq!(kept.verified(&new), kept.verified(&kept.data()));
}

#[test]
fn files_that_are_there_are_replaced_only_by_force() {
    let dir = tempfile::tempdir().unwrap();
    let (data, log, keys) = (dir.path().join("city"), dir.path().join("log"), dir.path().join("keys"));
    init(&data);
    let backup = |more: &[&str]| {
        let words = ["backup", "--data", text(&data), "--out", text(&log), "--keys-out", text(&keys)];
        call(words.iter().chain(more))
    };
    assert!(backup(&[]).good().contains("已读回核对"));
    let first = std::fs::read(&log).unwrap();
    assert!(backup(&[]).bad(1).contains("没有覆盖"));
    assert_eq!(std::fs::read(&log).unwrap(), first);
    let said = backup(&["--force"]);
    assert!(said.err.contains("master.key 不在其中") && said.err.contains("同一个文件系统"), "{said:?}");
    said.good();
    let one = ["backup", "--data", text(&data), "--out", text(&log), "--keys-out", text(&log), "--force"];
    assert!(call(one).bad(1).contains("同一个文件"));
    let nowhere = dir.path().join("none/log");
    let err = call(["backup", "--data", text(&data), "--out", text(&nowhere), "--keys-out", text(&keys), "--force"]).bad(1);
    assert!(err.contains("无法读写"), "{err}");
    let cluster = ["backup", "--data", text(&data), "--log", "esdb://a:2113", "--out", text(&log), "--keys-out", text(&keys)];
    assert!(call(cluster).bad(2).contains("ops/eventstore/runbook.md"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3, "nothing else is left");
}

#[test]
fn a_backup_that_is_killed_leaves_no_half_file_under_the_name() {
    const FILES: &str = "a.log*,a.keys*";
    let kept = Kept::city("120");
    let (log, keys) = kept.files("a");
    let data = kept.data();
    let words = ["backup", "--data", text(&data), "--out", text(&log), "--keys-out", text(&keys), "--force"];
    let shim = Shim::new(&kept.path("shim")).unwrap();
    let steps = shim.steps(FILES, On::Any, &words).unwrap();
    for file in [&log, &keys] {
        std::fs::remove_file(file).unwrap();
    }
    let (mut unfinished, mut between) = (0, 0);
    // when it is killed before each step that it takes on its files
    for at in 1..=steps {
        assert!(shim.killed(&Rule::nth(FILES, On::Any, at, "kill"), &words).unwrap(), "step {at} of {steps} never came");
        // keys get their name first: they are never older than a log
        assert!(keys.exists() || !log.exists());
        if log.exists() {
            kept.restore(&log, &keys, &kept.path("new"), &["--check"]).good();
        } else {
            unfinished += 1;
            between += usize::from(keys.exists());
        }
    }
    assert!(
        unfinished > 4 && between > 0,
        "of {steps} kills {unfinished} came before the log had its name, {between} after the keys had theirs"
    );
    // whatever was left, the next one goes through, and leaves nothing besides
    call(words).good();
    kept.restore(&log, &keys, &kept.path("new"), &["--check"]).good();
    assert!(!kept.path("a.log.part").exists() && !kept.path("a.keys.part").exists() && !kept.data().join("ballots.copy").exists());
}

#[test]
fn a_restore_that_is_killed_leaves_what_was_there_and_can_be_made_again() {
    const FILES: &str = "new/";
    let kept = Kept::city("60");
    kept.backup("a");
    let (log, keys) = kept.files("a");
    let wanted = kept.verified(&kept.data());
    let new = kept.path("new");
    let master = kept.data().join("master.key");
    let words = ["restore", text(&log), "--keys", text(&keys), "--data", text(&new), "--master", text(&master), "--force"];
    let shim = Shim::new(&kept.path("shim")).unwrap();
    let counted = |on| {
        let steps = shim.steps(FILES, on, &words).unwrap();
        std::fs::remove_dir_all(&new).unwrap();
        steps
    };
    let kills = [(On::Write, "torn", counted(On::Write)), (On::Turn, "kill", counted(On::Turn))];
    let mut unfinished = 0;
    // when it is killed at a step, from the first to the last
    for (on, act, at) in kills.into_iter().flat_map(|(on, act, steps)| evenly(steps, 5).map(move |at| (on, act, at))) {
        let killed = shim.killed(&Rule::nth(FILES, on, at, act), &words).unwrap();
        unfinished += usize::from(killed && new.join("restoring").exists());
        // either no installation yet or a whole one
        if new.join("log.db").exists() {
            assert_eq!(kept.verified(&new), wanted);
        }
    }
    assert!(unfinished > 4, "only {unfinished} kills came in the middle");
    call(words).good();
    assert_eq!(kept.verified(&new), wanted);
    assert_eq!(kept.cases(&new), kept.cases(&kept.data()));
}

#[test]
fn a_server_with_a_backup_section_makes_one_and_refuses_a_section_that_puts_all_in_one_place() {
    let kept = Kept::city("20");
    let config = kept.path("xiaoneng.toml");
    let (folder, keys) = (kept.path("backups"), kept.path("keys"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir_all(&keys).unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--config"];
    std::fs::write(&config, format!("[backup]\nfolder = \"{}\"\nkeys_folder = \"{}\"\n", text(&folder), text(&folder))).unwrap();
    let data = kept.data();
    let err = call(["serve", "--data", text(&data)].into_iter().chain(listen).chain([text(&config)])).bad(1);
    assert!(err.contains("不能是同一个目录"), "{err}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let settings =
        [("XIAONENG__BACKUP__FOLDER", text(&folder)), ("XIAONENG__BACKUP__KEYS_FOLDER", text(&keys)), ("XIAONENG__BACKUP__AT", "00:00")];
    let server = runtime.block_on(Server::start(&data, &settings)).unwrap();
    let known = data.join("backups.json");
    let patience = std::time::Instant::now();
    while !std::fs::read_to_string(&known).is_ok_and(|text| text.contains("\"rehearsal\":{")) {
        assert!(patience.elapsed() < Duration::from_secs(120), "{}", server.said());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 1);
    assert!(runtime.block_on(server.stop()).unwrap().success());
}
