//! Processes that append are killed, or refused a write by the kernel: what they acknowledged is there, whole, once.
//!
//! Without the usual harness, because the test starts itself as the process to be killed.

#![expect(clippy::unwrap_used, reason = "a test ends in a panic; helpers of tests are not known to clippy as such")]

#[expect(dead_code, reason = "shared with the contract suite")]
#[path = "../../../tests/contract/fixtures.rs"]
mod fixtures;

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use event_log::{Cursor, Envelope, EventLog, Expected, Options, SqliteLog};
use fixtures::{append, clock, event};
use uuid::Uuid;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ROUNDS: u64 = 12;
const WRITERS: u64 = 4;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.get(1).map(String::as_str) {
        Some("child") => runtime.block_on(append_for_ever(Path::new(&arguments[2]), arguments[3].parse()?)),
        _ => {
            runtime.block_on(killed_processes_lose_nothing())?;
            runtime.block_on(a_refused_write_ends_the_process())
        }
    }
}

/// Appends pairs and names each on standard output once it is acknowledged.
async fn append_for_ever(dir: &Path, round: u64) -> Outcome<()> {
    let log = Arc::new(SqliteLog::open(dir, Options::default(), clock().1)?);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let log = Arc::clone(&log);
        writers.spawn(async move {
            for pair in 0.. {
                let number = round * 1_000_000 + writer * 100_000 + pair * 2;
                log.append(append(&format!("case-{number}"), Expected::NoStream, vec![event(number), event(number + 1)])).await?;
                writeln!(std::io::stdout(), "{number}")?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    Ok(())
}

fn start(dir: &Path, round: u64) -> Outcome<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("child").arg(dir).arg(round.to_string());
    Ok(command.stdout(Stdio::piped()).spawn()?)
}

/// Reads what the child acknowledges; kills it after `enough`.
fn acknowledged(mut child: Child, enough: usize) -> Outcome<(BTreeSet<u64>, ExitStatus)> {
    let output = child.stdout.take().ok_or("no output")?;
    let mut numbers = BTreeSet::new();
    for line in BufReader::new(output).split(b'\n') {
        // The last line may be cut; a cut number would be a wrong one, so every line ends in a known shape.
        let line = String::from_utf8(line?)?;
        numbers.insert(line.parse()?);
        if numbers.len() == enough {
            child.kill()?;
        }
    }
    Ok((numbers, child.wait()?))
}

async fn whole_log(dir: &Path) -> Outcome<Vec<Envelope>> {
    let log = SqliteLog::open(dir, Options::default(), clock().1)?;
    let report = log.verify(&|_, _| {}).await?;
    assert!(report.is_sound(), "{:?}", report.faults);
    let mut events = Vec::new();
    let mut cursor = Cursor::default();
    loop {
        let batch = log.read_all(&cursor, 1000).await?;
        events.extend(batch.events);
        cursor = batch.next;
        if batch.at_head {
            return Ok(events);
        }
    }
}

/// Pairs are whole, no event stands twice, everything acknowledged is there and at most what was under way besides.
fn check(events: &[Envelope], acknowledged: &BTreeSet<u64>, under_way: u64) {
    let ids: BTreeSet<Uuid> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), events.len());
    assert!(events.chunks(2).all(|pair| pair.len() == 2 && pair[0].stream == pair[1].stream && pair[1].revision == 1));
    for number in acknowledged {
        assert!(ids.contains(&event(*number).id) && ids.contains(&event(*number + 1).id), "{number} was lost");
    }
    assert!(events.len() as u64 / 2 <= acknowledged.len() as u64 + under_way);
}

async fn killed_processes_lose_nothing() -> Outcome<()> {
    let dir = tempfile::TempDir::new()?;
    let mut all = BTreeSet::new();
    for round in 1..=ROUNDS {
        let (numbers, status) = acknowledged(start(dir.path(), round)?, usize::try_from(round * 37 % 101 + 1)?)?;
        assert_eq!(status.signal(), Some(9));
        all.extend(numbers);
        check(&whole_log(dir.path()).await?, &all, round * WRITERS);
    }
    Ok(())
}

/// A limit on the size of files makes the kernel refuse a write: the process ends, and a new one finds what was
/// acknowledged.
async fn a_refused_write_ends_the_process() -> Outcome<()> {
    let dir = tempfile::TempDir::new()?;
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -c 0; ulimit -f 512; exec \"$0\" child \"$1\" 1"])
        .arg(std::env::current_exe()?)
        .arg(dir.path())
        .stdout(Stdio::piped())
        .spawn()?;
    let (numbers, status) = acknowledged(child, usize::MAX)?;
    assert_eq!(status.signal(), Some(6), "{status}");
    assert!(!numbers.is_empty());
    check(&whole_log(dir.path()).await?, &numbers, WRITERS);
    Ok(())
}
