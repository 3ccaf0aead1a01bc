use chrono::TimeDelta;
use domain::ids::CaseId;
use uuid::Uuid;

use super::super::archive::{FORMAT, Label, Writer};
use super::*;

fn erased(seq: u64, cases: &[u128]) -> Erased {
    let cases = cases.iter().map(|n| CaseId(Uuid::from_u128(*n))).collect();
    Erased { seq, person: Uuid::from_u128(u128::from(seq)), at: Instant::default(), reason: "本人申请删除".to_owned(), cases }
}

fn list(kind: Kind) -> List {
    let made_at = Instant::default();
    let label = Label { format: FORMAT, kind, program: String::new(), installation: String::new(), made_at };
    List { label, size: 5, root: String::new(), views: None, parts: std::collections::BTreeMap::new() }
}

#[test]
fn an_erasure_is_missing_when_the_log_does_not_know_one_of_its_cases() {
    let checked = Checked {
        log: list(Kind::Log),
        keys: list(Kind::Keys),
        recorded: vec![erased(3, &[1, 2])],
        known: vec![erased(3, &[1, 2]), erased(7, &[2, 9]), erased(8, &[1])],
    };
    assert_eq!(checked.unknown_to_log(), [erased(7, &[2, 9])]);
    assert_eq!(checked.erased().count(), 4);
}

#[test]
fn names_lead_nowhere() {
    for good in ["case-1", "a", "0123456789abcdef"] {
        assert!(is_plain(good));
    }
    for bad in ["", ".", "..", "a/b", "a.part", "/etc", "照片", &"a".repeat(201)] {
        assert!(!is_plain(bad), "{bad}");
    }
}

#[test]
fn a_planted_name_and_a_planted_member_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("planted");
    for (part, name) in [(ATTACHMENTS, "case-1/a.b"), (ATTACHMENTS, "case-1"), ("views", "views.db"), (EVENTS, "1")] {
        let mut writer = Writer::create(&path, list(Kind::Log).label).unwrap();
        writer.add(part, name, b"\0\0\0\x09not nine").unwrap();
        writer.finish(0, String::new(), None).unwrap().0.publish().unwrap();
        let into = tempfile::tempdir().unwrap();
        let mut log = Rewriter::create(into.path()).unwrap();
        let mut restored = Restored {
            events: 0,
            root: String::new(),
            keys: 0,
            closed: 0,
            erased_again: 0,
            audit: 0,
            attachments: 0,
            ballots: false,
            views: Compared::Not,
        };
        let read = write_log(&path, into.path(), &mut log, &mut restored, &mut Gone::default(), &|_, _| {}, 1);
        assert!(matches!(read, Err(Fault::Damaged { .. })), "{part}/{name}: {read:?}");
        assert!(!into.path().join(ATTACHMENTS).exists());
    }
}

#[test]
fn a_directory_gives_way_without_losing_anything() {
    let dir = tempfile::tempdir().unwrap();
    let at = Instant::default() + TimeDelta::days(20_000);
    let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    put("log.db", "old log");
    put("master.key", "old key");
    put("notes.txt", "notes");
    // given a directory that holds something, when nobody forces it, then nothing changes
    assert!(matches!(Target::take(dir.path(), false, at), Err(Fault::Taken(_))));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
    // when it is forced and given up, then nothing is lost either
    Target::take(dir.path(), true, at).unwrap().give_up().unwrap();
    assert_eq!(std::fs::read_to_string(dir.path().join("log.db")).unwrap(), "old log");
    // when it is forced, then what stood there lies aside, another key with it
    let target = Target::take(dir.path(), true, at).unwrap();
    assert!(matches!(Target::take(dir.path(), true, at), Err(Fault::Served(_))));
    for (name, text) in [("log.db", "new log"), ("master.key", "new key"), ("views.lock", "")] {
        std::fs::write(target.work().join(name), text).unwrap();
    }
    let aside = target.put().unwrap().unwrap();
    for (name, text) in [("log.db", "old log"), ("master.key", "old key"), ("notes.txt", "notes")] {
        assert_eq!(std::fs::read_to_string(aside.join(name)).unwrap(), text);
    }
    for (name, text) in [("log.db", "new log"), ("master.key", "new key")] {
        assert_eq!(std::fs::read_to_string(dir.path().join(name)).unwrap(), text);
    }
    assert!(!dir.path().join("restoring").exists());
    // when it is forced again in the same second, then that lies aside too, and replaces nothing
    let target = Target::take(dir.path(), true, at).unwrap();
    std::fs::write(target.work().join("log.db"), "newest log").unwrap();
    let second = target.put().unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(second.join("log.db")).unwrap(), "new log");
    assert_eq!(std::fs::read_to_string(aside.join("log.db")).unwrap(), "old log");
}

#[test]
fn nothing_is_moved_away_under_a_node_that_has_its_views_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let open = || SqliteLog::open(dir.path(), event_log::Options::default(), std::sync::Arc::new(|| 0));
    let node = open().unwrap();
    assert!(matches!(Target::take(dir.path(), true, Instant::default()), Err(Fault::Served(_))));
    drop(node);
    // and no node starts while it is restored
    let target = Target::take(dir.path(), true, Instant::default()).unwrap();
    assert!(matches!(open().map(drop), Err(event_log::LogError::Unavailable(_))));
    drop(target);
    open().map(drop).unwrap();
}

#[test]
fn a_key_that_was_put_there_makes_no_directory_a_taken_one_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("new/city");
    Target::take(&data, false, Instant::default()).unwrap().give_up().unwrap();
    assert!(!data.exists(), "a directory that was made for it goes again");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("master.key"), "key").unwrap();
    let target = Target::take(&data, false, Instant::default()).unwrap();
    std::fs::write(target.work().join("log.db"), "log").unwrap();
    assert_eq!(target.put().unwrap(), None);
    assert_eq!(std::fs::read_to_string(data.join("master.key")).unwrap(), "key");
}
