use std::sync::Mutex;

use uuid::Uuid;

use super::*;
use crate::sqlite::connect;
use crate::{Expected, NewEvent};

struct Bench {
    writer: Writer,
    failures: Arc<Mutex<Vec<String>>>,
    _dir: tempfile::TempDir,
}

fn bench() -> Bench {
    let dir = tempfile::TempDir::new().unwrap();
    let failures = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&failures);
    let writer = Writer {
        connection: connect::writer(&dir.path().join("log.db"), connect::TRUTH, None).unwrap(),
        replica: false,
        tasks: crossbeam_channel::bounded(1).1,
        noticed: watch::Sender::new(0),
        recent: Arc::default(),
        now: Arc::new(|| 5),
        fatal: Arc::new(move |why| told.lock().unwrap().push(why.to_owned())),
        names: Names::default(),
        groups: 0,
        together: 0,
        pages: 0,
        stopped: false,
        stats: Arc::default(),
    };
    Bench { writer, failures, _dir: dir }
}

/// One event of `size` bytes in a stream of its own; its type is new too.
fn ask(number: u128, size: usize) -> Append {
    let event = NewEvent {
        id: Uuid::from_u128(number),
        kind: format!("Kind{number}"),
        version: 1,
        occurred_at: 1,
        actor: "system".to_owned(),
        on_behalf: None,
        cause: None,
        rulebook: None,
        data: vec![b'x'; size],
        sealed: Vec::new(),
    };
    Append { stream: format!("case-{number}"), expected: Expected::NoStream, events: vec![event], keys: Vec::new() }
}

impl Bench {
    fn serve(&mut self, group: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        let (asked, answers): (Vec<_>, Vec<_>) = group
            .into_iter()
            .map(|append| {
                let (answer, result) = oneshot::channel();
                ((append, answer), result)
            })
            .unzip();
        self.writer.serve(asked, 0);
        answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect()
    }

    fn size(&self) -> u64 {
        HeadRow::read(&self.writer.connection).unwrap().size()
    }
}

#[test]
fn a_full_disk_undoes_the_group_and_writing_recovers_by_itself() {
    let mut bench = bench();
    bench.serve(vec![ask(1, 10)])[0].clone().unwrap();
    let pages: i64 = bench.writer.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    bench.writer.connection.query_row(&format!("PRAGMA max_page_count = {}", pages + 5), [], |_| Ok(())).unwrap();

    let answers = bench.serve(vec![ask(2, 10), ask(3, 500_000)]);
    assert!(answers.iter().all(|answer| matches!(answer, Err(AppendError::Unavailable(why)) if why.contains("磁盘已满"))), "{answers:?}");
    assert_eq!((bench.size(), bench.writer.stopped, *bench.writer.noticed.borrow()), (1, false, 1));

    bench.writer.connection.query_row("PRAGMA max_page_count = 100000", [], |_| Ok(())).unwrap();
    let answers = bench.serve(vec![ask(2, 10), ask(3, 500_000)]);
    assert_eq!(answers.into_iter().map(|answer| answer.unwrap().last_seq).collect::<Vec<_>>(), vec![2, 3]);
    assert!(bench.failures.lock().unwrap().is_empty());
}

#[test]
fn one_group_holds_conflicts_and_repeats_beside_what_is_appended() {
    let mut bench = bench();
    bench.serve(vec![ask(1, 10)]);
    let mut clash = ask(9, 10);
    clash.stream = "case-1".to_owned();
    // The second of a group is judged after the first.
    let mut follows = ask(3, 10);
    follows.stream = "case-2".to_owned();
    follows.expected = Expected::Exact(0);

    let answers = bench.serve(vec![ask(2, 10), ask(1, 10), clash, follows]);
    assert_eq!(
        answers,
        vec![
            Ok(Appended { last_seq: 2, last_revision: 0, repeated: false }),
            Ok(Appended { last_seq: 1, last_revision: 0, repeated: true }),
            Err(AppendError::Conflict { actual: Some(0) }),
            Ok(Appended { last_seq: 3, last_revision: 1, repeated: false }),
        ]
    );
}

#[test]
fn what_has_queued_is_one_group_and_a_rush_is_waited_for() {
    let mut bench = bench();
    let (tasks, queue) = crossbeam_channel::unbounded();
    bench.writer.tasks = queue;
    let asked = |number| {
        let (answer, result) = oneshot::channel();
        ((ask(number, 10), answer), result)
    };
    let mut results = Vec::new();
    for number in 2..=5 {
        let ((append, answer), result) = asked(number);
        tasks.send(Task::Append(append, answer)).unwrap();
        results.push(result);
    }
    let (first, result) = asked(1);
    assert!(bench.writer.gather(first).is_none());
    results.push(result);
    assert!(results.iter_mut().all(|result| result.try_recv().unwrap().is_ok()));
    let stats = bench.writer.stats.clone();
    assert_eq!((bench.size(), stats.commits.read().count, bench.writer.together), (5, 1, 5));

    // Five came together: so many are waited for, and when they do not come, nobody is the next time.
    assert_eq!(awaited(2, bench.writer.together), 5);
    let (alone, mut result) = asked(6);
    assert!(bench.writer.gather(alone).is_none());
    assert!(result.try_recv().unwrap().is_ok());
    assert_eq!(awaited(3, bench.writer.together), 1);
    assert_eq!(awaited(LOOK, 1), GROUP, "now and then it is looked how many come");
}

#[test]
fn a_failed_sync_stops_the_writer_and_tells_the_process_to_end() {
    let mut bench = bench();
    bench.serve(vec![ask(1, 10)]);
    bench.writer.fail("disk I/O error");

    assert_eq!(*bench.failures.lock().unwrap(), vec!["disk I/O error".to_owned()]);
    assert!(matches!(&bench.serve(vec![ask(2, 10)])[0], Err(AppendError::Unavailable(_))));
    assert_eq!(bench.size(), 1);
}

#[test]
fn an_error_means_what_it_means_for_durability() {
    let error = |code: i32| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
    let fatal = |code: i32, durable: bool| matches!(classify(&error(code), durable), Failure::Fatal(_));
    // SQLITE_IOERR_FSYNC, SQLITE_IOERR_WRITE
    for code in [1034, 778] {
        assert!(fatal(code, true) && fatal(code, false), "{code}");
    }
    // SQLITE_FULL, SQLITE_BUSY
    for code in [13, 5] {
        assert!(!fatal(code, true) && !fatal(code, false), "{code}");
    }
    // SQLITE_CORRUPT: known before the commit, unknown during it.
    assert!(fatal(11, true) && !fatal(11, false));
}

#[test]
fn a_probe_writes_a_page_changes_nothing_and_says_when_writing_fails_and_recovers() {
    let mut bench = bench();
    bench.serve(vec![ask(1, 10), ask(1, 10)]);
    let stats = bench.writer.stats.clone();
    assert_eq!((stats.events.load(Relaxed), stats.groups.read().sum, stats.commits.read().count), (1, 1, 1));

    let other = connect::reader(&bench._dir.path().join("log.db")).unwrap();
    let version = || other.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0)).unwrap();
    let before = version();
    bench.writer.probe().unwrap();
    assert_ne!(version(), before, "nothing was written");
    assert_eq!((bench.size(), stats.events.load(Relaxed), stats.writable.load(Relaxed)), (1, 1, true));

    bench.writer.connection.execute_batch("PRAGMA query_only = ON").unwrap();
    assert!(matches!(bench.writer.probe(), Err(AppendError::Unavailable(_))));
    assert_eq!((stats.writable.load(Relaxed), stats.failed.load(Relaxed), bench.writer.stopped), (false, 1, false));
    bench.writer.connection.execute_batch("PRAGMA query_only = OFF").unwrap();
    bench.writer.probe().unwrap();
    assert!(stats.writable.load(Relaxed));
}
