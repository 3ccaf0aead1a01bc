//! Every single-byte change of a stored fact is found, with its position.

#![expect(clippy::unwrap_used, reason = "a test ends in a panic; helpers of tests are not known to clippy as such")]

#[expect(dead_code, reason = "shared with the contract suite")]
#[path = "../../../tests/contract/fixtures.rs"]
mod fixtures;
#[path = "damage/pages.rs"]
mod pages;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use event_log::{EventLog, Expected, Fault, LogError, Options, Position, SqliteLog};
use fixtures::{append, clock, event, key, sealed};
use pages::{Cell, cells};
use rusqlite::Connection;
use tempfile::TempDir;

/// A log with every kind of column, two tiles and a rest, checkpointed and closed.
async fn a_log(dir: &Path) {
    let log = SqliteLog::open(dir, Options::default(), clock().1).unwrap();
    for case in 0..60u64 {
        let name = format!("case-{case}");
        let events = (0..10)
            .map(|part| {
                let number = case * 10 + part;
                let mut event = event(number);
                event.kind = format!("Kind{}", number % 7);
                event.actor = format!("account-{}", number % 11);
                event.on_behalf = (number % 3 == 0).then(|| format!("unit-{}", number % 5));
                event.cause = (number % 4 == 0).then_some(event.id);
                event.rulebook = (number % 2 == 0).then(|| format!("generic@{}", number % 3));
                event.version = u16::try_from(number % 300).unwrap();
                event.sealed = match number % 5 {
                    0 => vec![],
                    1 => vec![sealed("petitioner", 9), sealed("office", 7)],
                    _ => vec![sealed("petitioner", u8::try_from(number % 250).unwrap())],
                };
                if number % 97 == 0 {
                    // Longer than a page.
                    event.data = format!("{{\"words\":\"{}\"}}", "字".repeat(3000)).into_bytes();
                }
                event
            })
            .collect();
        let mut append = append(&name, Expected::NoStream, events);
        append.keys = vec![key(&name, "petitioner", 1)];
        log.append(append).await.unwrap();
    }
}

/// xorshift64*: a fixed seed gives the same places for ever.
struct Places(u64);

impl Places {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % below as u64).unwrap()
    }
}

/// Where `verify` has to say that the fault lies.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted {
    Event(u64),
    Tile(u64),
    Head,
}

fn names(wanted: Wanted, faults: &[Fault]) -> bool {
    faults.iter().any(|fault| match (&fault.position, wanted) {
        (Position::Event { seq, .. }, Wanted::Event(wanted)) => *seq == wanted,
        (Position::Range { first, last }, Wanted::Tile(place)) => (*first, *last) == (place * 256 + 1, place * 256 + 256),
        (Position::Head, Wanted::Head) => true,
        _ => false,
    })
}

/// Every byte of a table that is a fact, with the row that it belongs to.
fn facts(dir: &Path, table: &str) -> Vec<(u64, i64)> {
    cells(&dir.join("log.db"), table)
        .into_iter()
        .flat_map(|Cell { rowid, facts }| facts.into_iter().map(move |place| (place, rowid)))
        .collect()
}

/// Changes one byte, examines, changes it back.
async fn examined_with(dir: &Path, place: u64, change: u8) -> Vec<Fault> {
    let file = File::options().read(true).write(true).open(dir.join("log.db")).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, place).unwrap();
    file.write_all_at(&[byte[0] ^ change], place).unwrap();
    let report = SqliteLog::examine(dir, &|_, _| {}).await.unwrap();
    file.write_all_at(&byte, place).unwrap();
    report.faults
}

#[tokio::test]
async fn two_hundred_changed_bytes_are_found_where_they_are() {
    let dir = TempDir::new().unwrap();
    a_log(dir.path()).await;
    assert!(SqliteLog::examine(dir.path(), &|_, _| {}).await.unwrap().is_sound());

    // The first event that uses a name.
    let raw = Connection::open(dir.path().join("log.db")).unwrap();
    let users = |sql: &str| -> BTreeMap<i64, u64> {
        let mut statement = raw.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap()))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let names_of = [
        ("streams", users("SELECT stream, min(seq) FROM events GROUP BY 1")),
        ("types", users("SELECT type, min(seq) FROM events GROUP BY 1")),
        (
            "actors",
            users(
                "SELECT name, min(seq) FROM (SELECT actor AS name, seq FROM events UNION ALL SELECT on_behalf, seq FROM events WHERE on_behalf NOT NULL) GROUP BY 1",
            ),
        ),
        ("rulebooks", users("SELECT rulebook, min(seq) FROM events WHERE rulebook NOT NULL GROUP BY 1")),
    ];
    drop(raw);
    let events: Vec<_> =
        facts(dir.path(), "events").into_iter().map(|(place, seq)| (place, Wanted::Event(u64::try_from(seq).unwrap()))).collect();
    let mut small = Vec::new();
    for (table, users) in &names_of {
        small.extend(facts(dir.path(), table).into_iter().map(|(place, id)| (place, Wanted::Event(users[&id]))));
    }
    small.extend(facts(dir.path(), "head").into_iter().map(|(place, _)| (place, Wanted::Head)));
    small.extend(facts(dir.path(), "tree").into_iter().map(|(place, tile)| (place, Wanted::Tile(u64::try_from(tile).unwrap()))));
    assert!(events.len() > 100_000 && small.len() > 500, "{} {}", events.len(), small.len());

    let mut places = Places(0x5eed);
    let mut missed = Vec::new();
    for round in 0..200 {
        // Every fourth in the small tables, which hold few bytes.
        let from = if round % 4 == 0 { &small } else { &events };
        let (place, wanted) = from[places.next(from.len())];
        let change = u8::try_from(places.next(255) + 1).unwrap();
        let faults = examined_with(dir.path(), place, change).await;
        if !names(wanted, &faults) {
            missed.push((place, change, wanted, faults));
        }
    }
    assert!(missed.is_empty(), "{} missed, the first: {:?}", missed.len(), missed.first());
    assert!(SqliteLog::examine(dir.path(), &|_, _| {}).await.unwrap().is_sound());
}

#[tokio::test]
async fn every_byte_of_one_event_is_found() {
    let dir = TempDir::new().unwrap();
    a_log(dir.path()).await;
    let event: Vec<u64> = facts(dir.path(), "events").into_iter().filter(|(_, seq)| *seq == 522).map(|(place, _)| place).collect();
    assert!(event.len() > 200);
    for (index, place) in event.into_iter().enumerate() {
        let change = 1 << (index % 8);
        let faults = examined_with(dir.path(), place, change).await;
        assert!(names(Wanted::Event(522), &faults), "byte {index} ^ {change}: {faults:?}");
    }
}

#[tokio::test]
async fn a_damaged_index_is_named() {
    let dir = TempDir::new().unwrap();
    a_log(dir.path()).await;
    let mut places = Places(77);
    for index in ["events_by_stream", "sqlite_autoindex_streams_1", "keys_by_owner"] {
        let facts = facts(dir.path(), index);
        for _ in 0..5 {
            let (place, _) = facts[places.next(facts.len())];
            let faults = examined_with(dir.path(), place, 0x04).await;
            assert!(faults.iter().any(|fault| fault.to_string().contains(index)), "{index} at {place}: {faults:?}");
        }
    }
}

#[tokio::test]
async fn a_page_full_of_noise_names_its_events() {
    let dir = TempDir::new().unwrap();
    a_log(dir.path()).await;
    let (place, seq) = facts(dir.path(), "events")[2_000];
    let start = place / 4096 * 4096;
    let file = File::options().read(true).write(true).open(dir.path().join("log.db")).unwrap();
    file.write_all_at(&[0xa5; 4096], start).unwrap();

    let report = SqliteLog::examine(dir.path(), &|_, _| {}).await.unwrap();
    assert!(names(Wanted::Event(u64::try_from(seq).unwrap()), &report.faults), "{:?}", report.faults);
    assert!(!names(Wanted::Event(600), &report.faults), "the last event lies elsewhere: {:?}", report.faults);
}

#[tokio::test]
async fn a_damaged_event_is_never_served() {
    let dir = TempDir::new().unwrap();
    a_log(dir.path()).await;
    let (place, _) = facts(dir.path(), "events").into_iter().rfind(|(_, seq)| *seq == 300).unwrap();
    // The last fact of a row is its leaf. The record reaches beyond it, so the log is opened before the change.
    let log = SqliteLog::open(dir.path(), Options::default(), clock().1).unwrap();
    let file = File::options().read(true).write(true).open(dir.path().join("log.db")).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, place).unwrap();
    file.write_all_at(&[byte[0] ^ 1], place).unwrap();

    assert!(matches!(log.read_stream("case-29").await, Err(LogError::Damaged { seq: 300, .. })));
    assert_eq!(log.read_stream("case-30").await.unwrap().len(), 10);
}
