//! `xiaoneng heads` and `verify --heads`: what is kept elsewhere tells when the whole log is exchanged, key and all.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use application::heads::Head;
use application::heads::check::published;
use domain::founding::{HeadPublished, LogEvent};
use event_log::{Append, Cursor, Envelope, EventLog, Expected, NewEvent, Options, SqliteLog, WrappedKey};
use vault::{MasterKey, Note, OsEntropy, Vault};

use super::call::{call, city, init, text};

/// A log that takes over events of another one as they were recorded there.
struct Forged {
    log: SqliteLog,
    time: Arc<AtomicI64>,
}

impl Forged {
    /// In a new directory, with the master key of the other.
    fn new(from: &Path, to: &Path) -> Self {
        std::fs::create_dir(to).unwrap();
        std::fs::copy(from.join("master.key"), to.join("master.key")).unwrap();
        let time = Arc::new(AtomicI64::new(0));
        let now = time.clone();
        let log = SqliteLog::open(to, Options::default(), Arc::new(move || now.load(Ordering::SeqCst))).unwrap();
        Self { log, time }
    }

    async fn take(&self, event: Envelope, expected: Expected, keys: Vec<WrappedKey>) {
        self.time.store(event.recorded_at, Ordering::SeqCst);
        let again = NewEvent {
            id: event.id,
            kind: event.kind,
            version: event.version,
            occurred_at: event.occurred_at,
            actor: event.actor,
            on_behalf: event.on_behalf,
            cause: event.cause,
            rulebook: event.rulebook,
            data: event.data,
            sealed: event.sealed,
        };
        self.log.append(Append { stream: event.stream, expected, events: vec![again], keys }).await.unwrap();
    }
}

/// A log at `to` with the events of the one at `from`, up to `upto` of them; whoever holds the master key may change one of
/// them and sign all heads anew, so that everything in the directory agrees.
async fn rewrite(from: &Path, to: &Path, upto: usize, change: bool) {
    let new = Forged::new(from, to);
    let vault = Vault::new(MasterKey::load(&to.join("master.key")).unwrap(), Arc::new(OsEntropy));
    let old = SqliteLog::open(from, Options::default(), Arc::new(|| 0)).unwrap();
    let mut cursor = Cursor::default();
    let mut seen = 0;
    loop {
        let batch = old.read_all(&cursor, 500).await.unwrap();
        for mut event in batch.events {
            seen += 1;
            if seen > upto {
                return;
            }
            if change && event.seq == 2 {
                event.data.push(b' ');
            }
            if event.stream.starts_with("log-head-") {
                let LogEvent::HeadPublished(published) = LogEvent::from_slice(&event.kind, event.version, &event.data).unwrap() else {
                    panic!()
                };
                let said = Head::parse(Note::parse(&published.note).unwrap().text()).unwrap();
                let forged = Head { root: new.log.root_at(said.size).await.unwrap(), ..said };
                let note = vault.sign_note(&forged.origin, &forged.text()).unwrap().to_string();
                let forged: LogEvent = HeadPublished { note, ..published }.into();
                event.data = serde_json::to_vec(&forged.to_json().unwrap()).unwrap();
            }
            let keys = if event.revision == 0 { old.keys_of(&event.stream).await.unwrap() } else { Vec::new() };
            let expected = event.revision.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
            new.take(event, expected, keys).await;
        }
        cursor = batch.next;
        if batch.at_head {
            return;
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn a_log_that_is_rewritten_cut_or_exchanged_with_its_head_file_is_told_by_heads_that_were_kept() {
    // given a city whose head was published, signed once more on demand, and kept elsewhere
    let dir = tempfile::tempdir().unwrap();
    let (data, kept) = (dir.path().join("city"), dir.path().join("kept"));
    city(&data, "40");
    let at = ["--data", text(&data)];
    let heads = |words: &[&str]| call(["heads"].iter().chain(words).chain(&at));
    assert!(heads(&["list"]).good().contains("还没有公布过日志头"));
    assert!(heads(&["publish", "--actor", "张三"]).good().contains("已公布"));
    assert!(heads(&["publish", "--actor", "张三"]).good().contains("不用再公布"));
    assert!(heads(&["export", "--out", text(&kept)]).good().contains("新写出 1 份"));
    assert!(heads(&["export", "--out", text(&kept)]).good().contains("新写出 0 份"));
    std::fs::write(kept.join("on-demand.txt"), heads(&["sign"]).good()).unwrap();
    let listed = heads(&["list", "--json"]).json();
    let (key, day) = (listed["key"].as_str().unwrap(), listed["heads"][0]["day"].as_str().unwrap());
    assert_eq!((listed["heads"].as_array().unwrap().len(), listed["keys"][0]["key"].as_str()), (1, Some(key)));
    assert!(heads(&["list"]).good().contains(listed["public_key"].as_str().unwrap()));
    // then the log passes, with and without the copies, under the key that was published
    let verify = |data: &Path, more: &[&str]| call(["verify", "--data", text(data)].iter().chain(more));
    let said = verify(&data, &[]).good();
    assert!(said.contains("全部完好") && said.contains("1 份日志头全部相符") && said.contains("--heads"), "{said}");
    let said = verify(&data, &["--heads", text(&kept), "--key", key]).good();
    assert!(said.contains("另存的 2 份日志头全部相符"), "{said}");
    let facts = verify(&data, &["--heads", text(&kept), "--json"]).json();
    assert_eq!((&facts["heads"], &facts["kept_heads"], &facts["faults"]), (&1.into(), &2.into(), &serde_json::json!([])));
    // when somebody with the master key rewrites history, all that lies in the directory agrees
    let (rewritten, cut) = (dir.path().join("rewritten"), dir.path().join("cut"));
    let size = usize::try_from(facts["events"].as_u64().unwrap()).unwrap();
    runtime().block_on(rewrite(&data, &rewritten, size, true));
    let said = verify(&rewritten, &["--key", key]).good();
    assert!(said.contains("1 份日志头全部相符"), "{said}");
    // but not with what was kept elsewhere, and the first head that differs is named
    let told = verify(&rewritten, &["--heads", text(&kept), "--key", key]).bad(1);
    let told: Vec<&str> = told.lines().filter(|line| !line.starts_with("已核对")).collect();
    assert!(told.len() == 2 && told[0].contains(&format!("{day}.txt")) && told[0].contains("历史被改写"), "{told:?}");
    let one = kept.join("on-demand.txt");
    assert!(verify(&rewritten, &["--heads", text(&one)]).bad(1).contains("on-demand.txt"));
    // a shorter log is told likewise
    runtime().block_on(rewrite(&data, &cut, size / 2, false));
    verify(&cut, &[]).good();
    let told = verify(&cut, &["--heads", text(&kept)]).bad(1);
    assert!(told.contains(&format!("{day}.txt")) && told.contains("被截断"), "{told}");
    // and so is another installation's
    let other = dir.path().join("other");
    init(&other);
    assert!(verify(&other, &["--heads", text(&kept), "--key", key]).bad(1).contains("另一个日志"));
    // heads of two directories are never mixed: what was kept is not written over
    let told = call(["heads", "export", "--data", text(&rewritten), "--out", text(&kept)]).bad(1);
    assert!(told.contains(&format!("{day}.txt")) && told.contains("未作改动"), "{told}");
    // nor what is not even a text
    std::fs::write(kept.join(format!("{day}.txt")), [0xff, 0xfe]).unwrap();
    assert!(heads(&["export", "--out", text(&kept)]).bad(1).contains("未作改动"));
    assert_eq!(std::fs::read(kept.join(format!("{day}.txt"))).unwrap(), [0xff, 0xfe]);
}

#[test]
fn a_head_in_the_log_that_does_not_fit_is_named_by_its_day() {
    let dir = tempfile::tempdir().unwrap();
    let (data, broken) = (dir.path().join("city"), dir.path().join("broken"));
    city(&data, "10");
    call(["heads", "publish", "--data", text(&data), "--actor", "张三"]).good();
    // given a log into which somebody without the key wrote an event between, so that the old head stayed
    let day = runtime().block_on(async {
        let old = SqliteLog::open(&data, Options::default(), Arc::new(|| 0)).unwrap();
        let head = published(&old).await.unwrap().remove(0);
        let mut events = old.read_all(&Cursor::default(), 5_000).await.unwrap().events;
        let last = events.pop().unwrap();
        let first = events.remove(0);
        let new = Forged::new(&data, &broken);
        for event in [first, last] {
            new.take(event, Expected::NoStream, Vec::new()).await;
        }
        head.day
    });
    let told = call(["verify", "--data", text(&broken)]).bad(1);
    assert!(told.contains(&format!("日志内的日志头 {day}：")) && told.contains("被截断"), "{told}");
}

#[test]
fn files_and_keys_that_are_none_are_told_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file, empty) = (dir.path().join("city"), dir.path().join("x.txt"), dir.path().join("empty"));
    init(&data);
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(&file, "工单编号 3K7Q-29XD-MA6\n").unwrap();
    // an installation of today has no day that is over
    assert!(call(["heads", "publish", "--data", text(&data), "--actor", "张三"]).good().contains("不用再公布"));
    let verify = |words: &[&str]| call(["verify"].iter().chain(words));
    assert!(verify(&["--receipt", text(&file)]).bad(1).contains("签名"));
    let facts: serde_json::Value = serde_json::from_str(verify(&["--receipt", text(&file), "--json"]).out.trim()).unwrap();
    assert_eq!(facts["faults"].as_array().unwrap().len(), 1);
    assert!(verify(&["--data", text(&data), "--heads", text(&file)]).bad(1).contains("x.txt"));
    assert!(verify(&["--data", text(&data), "--heads", text(&empty)]).bad(2).contains(".txt"));
    assert!(verify(&["--data", text(&data), "--key", "abc"]).bad(2).contains("公钥"));
    assert!(verify(&["--receipt", "/nowhere.txt"]).bad(1).contains("/nowhere.txt"));
    for wrong in [&["--receipt", text(&file), "--heads", text(&file)][..], &["--heads", text(&file)], &[]] {
        verify(wrong).bad(2);
    }
    let nothing = dir.path().join("nothing");
    for words in [&["list"][..], &["publish", "--actor", "a"], &["sign"], &["export", "--out", text(&empty)]] {
        let told = call(["heads"].iter().chain(words).chain(&["--data", text(&nothing)])).bad(1);
        assert!(told.contains("init"), "{words:?}: {told}");
        assert!(!nothing.exists());
    }
}
