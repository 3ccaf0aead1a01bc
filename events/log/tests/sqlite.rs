//! What the SQLite log promises beyond the contract: reopening, the high-water record, refusals, erased keys.

#![expect(clippy::unwrap_used, reason = "a test ends in a panic; helpers of tests are not known to clippy as such")]

#[expect(dead_code, reason = "shared with the contract suite")]
#[path = "../../../tests/contract/fixtures.rs"]
mod fixtures;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use event_log::{AppendError, Cursor, EventLog, Expected, LogError, MemoryLog, Options, Position, SqliteLog, tree};
use fixtures::{append, clock, event, key};
use rusqlite::Connection;
use tempfile::TempDir;

fn open(dir: &Path) -> SqliteLog {
    SqliteLog::open(dir, Options::default(), clock().1).unwrap()
}

fn refused(dir: &Path) -> LogError {
    SqliteLog::open(dir, Options::default(), clock().1).err().unwrap()
}

/// `count` events in streams of ten.
async fn fill(log: &dyn EventLog, from: u64, count: u64) {
    for first in (from..from + count).step_by(10) {
        let events = (first..(first + 10).min(from + count)).map(event).collect();
        log.append(append(&format!("case-{first}"), Expected::NoStream, events)).await.unwrap();
    }
}

fn recorded_size(dir: &Path) -> u64 {
    let text = fs::read_to_string(dir.join("log.head")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    // Two slots in turn; the second is empty at first.
    let size = record["size"].as_u64().max(record["other"]["size"].as_u64()).unwrap();
    assert!(SqliteLog::known_size(dir).unwrap().is_some_and(|known| known >= size), "the record only rises");
    size
}

/// Waits until the record has followed the log.
async fn record_reaches(dir: &Path, size: u64) {
    while recorded_size(dir) < size {
        tokio::task::yield_now().await;
    }
}

/// The files as a crash at this moment would leave them.
fn crashed_copy(dir: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for name in ["log.db", "log.db-wal", "log.head"] {
        fs::copy(dir.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

fn flip(path: &Path, place: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[place] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_log_that_was_closed_goes_on_where_it_stood() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    fill(&log, 0, 300).await;
    let head = log.head().await.unwrap();
    drop(log);

    let log = open(dir.path());
    assert_eq!(log.head().await.unwrap(), head);
    assert_eq!(*log.watch().borrow(), 300);
    fill(&log, 1000, 300).await;
    assert_eq!(log.head().await.unwrap().size, 600);
    assert!(log.verify(&|_, _| {}).await.unwrap().is_sound());
}

#[tokio::test]
async fn both_backends_have_the_same_tree_for_the_same_events() {
    let dir = TempDir::new().unwrap();
    let file = open(dir.path());
    let memory = MemoryLog::new(clock().1);
    for log in [&file as &dyn EventLog, &memory] {
        fill(log, 0, 700).await;
    }

    assert_eq!(file.head().await.unwrap(), memory.head().await.unwrap());
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, 700] {
        assert_eq!(file.root_at(size).await.unwrap(), memory.root_at(size).await.unwrap(), "{size}");
        if size > 0 {
            let path = file.consistency(size, 700).await.unwrap();
            assert_eq!(path, memory.consistency(size, 700).await.unwrap());
            let (old, new) = (file.root_at(size).await.unwrap(), file.root_at(700).await.unwrap());
            assert!(tree::proves_consistency(size, &old, 700, &new, &path), "{size}");
            assert!(!tree::proves_consistency(size, &tree::leaf_hash(b"other"), 700, &new, &path), "{size}");
        }
    }
    assert_eq!(file.root_at(701).await, Err(LogError::OutOfRange { size: 700 }));
    assert_eq!(file.consistency(0, 700).await, Err(LogError::OutOfRange { size: 700 }));
}

#[tokio::test]
async fn the_record_follows_the_log_and_is_complete_when_it_is_closed() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    fill(&log, 0, 20).await;
    record_reaches(dir.path(), 20).await;
    fill(&log, 100, 10).await;
    drop(log);
    assert_eq!(recorded_size(dir.path()), 30);
}

#[tokio::test]
async fn a_crash_with_a_whole_write_ahead_log_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    fill(&log, 0, 100).await;
    record_reaches(dir.path(), 100).await;
    let crashed = crashed_copy(dir.path());

    let log = open(crashed.path());
    assert_eq!(log.head().await.unwrap().size, 100);
    assert!(log.verify(&|_, _| {}).await.unwrap().is_sound());
}

#[tokio::test]
async fn a_damaged_or_lost_write_ahead_log_is_noticed() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    fill(&log, 0, 100).await;
    record_reaches(dir.path(), 100).await;
    let expected = log.head().await.unwrap();

    let damaged = crashed_copy(dir.path());
    let wal = damaged.path().join("log.db-wal");
    flip(&wal, usize::try_from(fs::metadata(&wal).unwrap().len()).unwrap() / 2);
    let lost = crashed_copy(dir.path());
    fs::remove_file(lost.path().join("log.db-wal")).unwrap();
    let gone = crashed_copy(dir.path());
    fs::remove_file(gone.path().join("log.db")).unwrap();
    fs::remove_file(gone.path().join("log.db-wal")).unwrap();

    for crashed in [damaged, lost, gone] {
        match refused(crashed.path()) {
            LogError::RolledBack { have, expected: record } => {
                assert!(have.size < 100);
                assert_eq!((record.size, record.root), (100, expected.root));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_rolled_back_file_is_noticed_and_taken_only_for_a_restore() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    fill(&log, 0, 50).await;
    drop(log);
    let old = fs::read(dir.path().join("log.db")).unwrap();
    let log = open(dir.path());
    fill(&log, 100, 50).await;
    drop(log);
    fs::write(dir.path().join("log.db"), old).unwrap();
    // The file of a stranger may stand beside it.
    let _ = fs::remove_file(dir.path().join("log.db-wal"));
    let _ = fs::remove_file(dir.path().join("log.db-shm"));

    assert!(matches!(refused(dir.path()), LogError::RolledBack { have, expected } if (have.size, expected.size) == (50, 100)));
    let report = SqliteLog::examine(dir.path(), &|_, _| {}).await.unwrap();
    assert_eq!(report.faults.iter().map(|fault| &fault.position).collect::<Vec<_>>(), vec![&Position::HighWater]);

    let restored = SqliteLog::open(dir.path(), Options { accept_shorter: true, ..Options::default() }, clock().1).unwrap();
    assert_eq!(restored.head().await.unwrap().size, 50);
    drop(restored);
    assert_eq!(recorded_size(dir.path()), 50);
    drop(open(dir.path()));
}

#[tokio::test]
async fn another_history_of_the_same_length_is_noticed() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for (dir, from) in [(&one, 0), (&other, 500)] {
        let log = open(dir.path());
        fill(&log, from, 50).await;
    }
    fs::copy(other.path().join("log.head"), one.path().join("log.head")).unwrap();
    assert!(matches!(refused(one.path()), LogError::RolledBack { have, expected } if have.size == 50 && expected.size == 50));
}

#[tokio::test]
async fn a_cut_tail_inside_the_file_is_found() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    fill(&log, 0, 300).await;
    drop(log);
    // Someone who knows SQL: events and head are cut so that they agree with each other.
    let raw = Connection::open(dir.path().join("log.db")).unwrap();
    raw.execute_batch("DROP TRIGGER events_keep_delete; DELETE FROM events WHERE seq > 290;").unwrap();
    raw.close().unwrap();
    let report = SqliteLog::examine(dir.path(), &|_, _| {}).await.unwrap();
    let positions: Vec<_> = report.faults.iter().map(|fault| fault.position.clone()).collect();
    assert!(positions.contains(&Position::Head) && positions.contains(&Position::HighWater), "{positions:?}");
    assert!(matches!(refused(dir.path()), LogError::UnknownSchema { .. }));
}

#[tokio::test]
async fn an_unreadable_record_is_refused_with_its_own_error() {
    let dir = TempDir::new().unwrap();
    drop(open(dir.path()));
    fs::write(dir.path().join("log.head"), "{\"size\":").unwrap();
    assert!(matches!(refused(dir.path()), LogError::HighWater(_)));
}

#[tokio::test]
async fn files_that_are_not_ours_are_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("log.db");
    fs::write(&path, "not a database, but long enough to be taken for a header of one by mistake".repeat(20)).unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(refused(dir.path()), LogError::NotALog(_)));
    assert_eq!(fs::read(&path).unwrap(), before);

    let other = TempDir::new().unwrap();
    let raw = Connection::open(other.path().join("log.db")).unwrap();
    raw.execute_batch("CREATE TABLE guests (name TEXT)").unwrap();
    raw.close().unwrap();
    assert!(matches!(refused(other.path()), LogError::NotALog(_)));
}

#[tokio::test]
async fn another_schema_is_refused() {
    for change in [
        "PRAGMA user_version = 2",
        "DROP TRIGGER events_keep_update",
        "CREATE INDEX more ON events (id)",
        "ALTER TABLE keys ADD COLUMN more TEXT",
    ] {
        let dir = TempDir::new().unwrap();
        drop(open(dir.path()));
        let raw = Connection::open(dir.path().join("log.db")).unwrap();
        raw.execute_batch(change).unwrap();
        raw.close().unwrap();
        assert!(matches!(refused(dir.path()), LogError::UnknownSchema { .. }), "{change}");
    }
}

#[tokio::test]
async fn stored_facts_can_be_neither_updated_nor_deleted() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    let mut first = event(1);
    first.rulebook = Some("generic@1".to_owned());
    log.append(append("case-1", Expected::NoStream, vec![first])).await.unwrap();
    fill(&log, 10, 300).await;
    drop(log);

    let raw = Connection::open(dir.path().join("log.db")).unwrap();
    for statement in [
        "UPDATE events SET data = x'' WHERE seq = 1",
        "DELETE FROM events WHERE seq = 301",
        "UPDATE streams SET name = 'x' WHERE id = 1",
        "DELETE FROM streams",
        "UPDATE types SET name = 'x'",
        "DELETE FROM types",
        "UPDATE actors SET name = 'x'",
        "DELETE FROM actors",
        "UPDATE rulebooks SET name = 'x'",
        "DELETE FROM rulebooks",
        "UPDATE tree SET hash = x''",
        "DELETE FROM tree",
        "UPDATE head SET size = size - 1",
        "DELETE FROM head",
    ] {
        let refused = raw.execute(statement, []).unwrap_err().to_string();
        assert!(refused.contains("append only"), "{statement}: {refused}");
    }
}

#[tokio::test]
async fn destroyed_keys_leave_no_byte_behind() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    let secret = |owner: u64, subject: u8| -> Vec<u8> { tree::leaf_hash(format!("{owner}/{subject}").as_bytes()).repeat(3) };
    for owner in 0..200u64 {
        let name = format!("case-{owner}");
        let mut first = append(&name, Expected::NoStream, vec![event(owner)]);
        first.keys = [("petitioner", 1u8), ("office", 2)]
            .into_iter()
            .map(|(subject, byte)| event_log::WrappedKey { wrapped: secret(owner, byte), ..key(&name, subject, byte) })
            .collect();
        log.append(first).await.unwrap();
    }
    let holds = |secret: &[u8]| {
        ["log.db", "log.db-wal"]
            .into_iter()
            .any(|name| fs::read(dir.path().join(name)).unwrap().windows(32).any(|window| window == &secret[..32]))
    };
    assert!(holds(&secret(77, 1)));

    for owner in (0..200u64).step_by(7) {
        assert_eq!(log.delete_keys(&format!("case-{owner}"), &["petitioner".to_owned()]).await, Ok(1));
    }
    for owner in (0..200u64).step_by(7) {
        assert!(!holds(&secret(owner, 1)), "{owner}");
    }
    assert!(holds(&secret(77, 2)) && holds(&secret(78, 1)));
    assert!(log.verify(&|_, _| {}).await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_is_told_and_what_was_queued_is_written_later() {
    let dir = TempDir::new().unwrap();
    let log = Arc::new(SqliteLog::open(dir.path(), Options { queue: 2, ..Options::default() }, clock().1).unwrap());
    // Another process holds the file, so the writer waits and the queue fills.
    let holder = Connection::open(dir.path().join("log.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ask = |number: u64| {
        let log = Arc::clone(&log);
        tokio::spawn(async move { log.append(append(&format!("case-{number}"), Expected::NoStream, vec![event(number)])).await })
    };
    let mut asked = Vec::new();
    while !asked.iter().any(tokio::task::JoinHandle::is_finished) {
        asked.push(ask(asked.len() as u64));
        tokio::task::yield_now().await;
    }
    holder.execute_batch("ROLLBACK").unwrap();

    let mut written = 0;
    for answer in asked {
        match answer.await.unwrap() {
            Ok(_) => written += 1,
            Err(error) => assert_eq!(error, AppendError::Overloaded),
        }
    }
    assert!(written >= 1);
    assert_eq!(log.head().await.unwrap().size, written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_examined_while_others_append() {
    let dir = TempDir::new().unwrap();
    let (one, other) = (Arc::new(open(dir.path())), open(dir.path()));
    let busy = {
        let log = Arc::clone(&one);
        tokio::spawn(async move { fill(&*log, 0, 3000).await })
    };
    let mut examined = Vec::new();
    while !busy.is_finished() {
        let report = other.verify(&|_, _| {}).await.unwrap();
        assert_eq!(report.faults, vec![]);
        examined.push(report.events);
    }
    busy.await.unwrap();
    assert!(examined.is_sorted());
    assert_eq!(other.verify(&|_, _| {}).await.unwrap().events, 3000);
}

#[tokio::test]
async fn the_write_ahead_log_stays_small_under_load() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    for number in 0..300 {
        let mut large = event(number);
        large.data = vec![b' '; 100_000];
        log.append(append(&format!("case-{number}"), Expected::NoStream, vec![large])).await.unwrap();
    }
    // 30 MB went through it.
    let size = fs::metadata(dir.path().join("log.db-wal")).unwrap().len();
    assert!(size < 16 << 20, "{size}");
    assert_eq!(log.read_all(&event_log::Cursor::default(), 1000).await.unwrap().events.len(), 84, "a batch is bounded by its bytes");
}

#[tokio::test]
async fn what_is_answered_from_memory_is_what_the_file_holds_also_when_another_process_appends_in_between() {
    let dir = TempDir::new().unwrap();
    let (log, other) = (open(dir.path()), open(dir.path()));
    let all = async |log: &SqliteLog, after: &Cursor| {
        let batch = log.read_all(after, 1_000).await.unwrap();
        (batch.events, batch.next)
    };
    fill(&log, 0, 40).await;
    let (events, end) = all(&log, &Cursor::default()).await;
    assert_eq!((events.len(), (events, end.clone())), (40, all(&other, &Cursor::default()).await));
    // Whoever follows in step gets the same from the one that wrote and from the one that did not.
    fill(&log, 100, 10).await;
    assert_eq!(all(&log, &end).await, all(&other, &end).await);
    fill(&other, 200, 10).await;
    fill(&log, 300, 10).await;
    let mut watch = log.watch();
    watch.wait_for(|seq| *seq == 70).await.unwrap();
    let (events, last) = all(&log, &end).await;
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), (41..=70).collect::<Vec<_>>());
    assert_eq!((events, last), all(&other, &end).await);
}
