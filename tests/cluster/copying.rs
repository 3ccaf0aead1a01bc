//! `log copy`: there and back again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use event_log::{
    Append, AppendError, Appended, Batch, Copied, CopyDone, CopyError, Cursor, Envelope, EventLog, Expected, LogError, Options, SqliteLog,
    TreeHead, VerifyReport, WrappedKey, copy,
};
use tempfile::TempDir;
use tests::eventstore::Node;

use crate::fixtures::{START, append, clock, event, key, sealed};
use crate::{open, whole};

fn embedded(dir: &TempDir) -> SqliteLog {
    SqliteLog::open(dir.path(), Options::default(), clock().1).unwrap()
}

async fn copied(from: &dyn Copied, to: &dyn Copied) -> CopyDone {
    copy(from, to, &|_, _| {}).await.unwrap()
}

async fn source(dir: &TempDir) -> SqliteLog {
    let (time, now) = clock();
    let log = SqliteLog::open(dir.path(), Options::default(), now).unwrap();
    for number in 0..300u64 {
        time.store(START + i64::try_from(number).unwrap() * 1_000_000, std::sync::atomic::Ordering::SeqCst);
        let stream = format!("case-{}", number % 40);
        let expected = (number / 40).checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
        let mut events = append(&stream, expected, vec![event(number)]);
        events.events[0].sealed = vec![sealed("petitioner", 3)];
        if number < 40 {
            events.keys = vec![key(&stream, "petitioner", 1), key(&stream, "office", 2)];
        }
        log.append(events).await.unwrap();
    }
    log.delete_keys("case-7", &["petitioner".to_owned()]).await.unwrap();
    log
}

async fn same(one: &dyn EventLog, other: &dyn EventLog) {
    assert_eq!(one.head().await.unwrap(), other.head().await.unwrap());
    assert_eq!(whole(one).await, whole(other).await);
    for owner in ["case-0", "case-7", "case-39"] {
        assert_eq!(one.keys_of(owner).await.unwrap(), other.keys_of(owner).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_goes_to_a_cluster_and_back_with_the_same_root_and_keys() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let first = source(&dirs[0]).await;
    let cluster = open(&node, dirs[1].path()).await;
    let done = copied(&first, &cluster).await;
    let head = first.head().await.unwrap();
    assert_eq!(done, CopyDone { head, keys_put: 79, keys_destroyed: 0 });
    same(&first, &cluster).await;
    assert!(cluster.verify(&|_, _| {}).await.unwrap().is_sound());

    let back = SqliteLog::open(dirs[2].path(), Options::default(), clock().1).unwrap();
    copy(&cluster, &back, &|_, _| {}).await.unwrap();
    same(&first, &back).await;
    assert!(back.verify(&|_, _| {}).await.unwrap().is_sound());
    // A second run has nothing to do.
    assert_eq!(copied(&first, &cluster).await, CopyDone { head, keys_put: 0, keys_destroyed: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_broken_off_goes_on_and_another_log_is_refused() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let first = source(&dirs[0]).await;
    let half = SqliteLog::open(dirs[1].path(), Options::default(), clock().1).unwrap();
    let events: Vec<_> = whole(&first).await.into_iter().take(130).collect();
    let mut keys = Vec::new();
    for number in 0..40 {
        keys.extend(first.keys_of(&format!("case-{number}")).await.unwrap());
    }
    Copied::import(&half, events, keys).await.unwrap();
    let cluster = open(&node, dirs[2].path()).await;
    copy(&half, &cluster, &|_, _| {}).await.unwrap();
    copy(&first, &cluster, &|_, _| {}).await.unwrap();
    same(&first, &cluster).await;

    let other = SqliteLog::open(dirs[3].path(), Options::default(), clock().1).unwrap();
    other.append(append("case-1", Expected::NoStream, vec![event(9)])).await.unwrap();
    let before = other.head().await.unwrap();
    let refused = copy(&first, &other, &|_, _| {}).await;
    assert!(matches!(refused, Err(CopyError::OtherLog { .. })), "{refused:?}");
    assert_eq!(other.head().await.unwrap(), before);
    // Nor is a longer log cut to a shorter one.
    assert!(matches!(copy(&half, &first, &|_, _| {}).await, Err(CopyError::OtherLog { .. })));
}

/// The keys of both, compared one by one.
async fn same_keys(from: &dyn Copied, to: &dyn Copied, owners: u64) {
    for owner in 0..owners {
        let owner = format!("case-{owner}");
        assert_eq!(from.keys_of(&owner).await.unwrap(), to.keys_of(&owner).await.unwrap(), "{owner}");
    }
    assert_eq!(from.head().await.unwrap(), to.head().await.unwrap());
}

/// One case with a key at its first event, and a copy of it.
async fn first_window(from: &dyn Copied, to: &dyn Copied) {
    for number in 0..3u64 {
        let stream = format!("case-{number}");
        let mut filed = append(&stream, Expected::NoStream, vec![event(number)]);
        filed.keys = vec![key(&stream, "petitioner", 1), key(&stream, "office", 2)];
        from.append(filed).await.unwrap();
    }
    assert_eq!(copied(from, to).await.keys_put, 6);
    same_keys(from, to, 3).await;
}

/// Keys that come with later events of a case that was copied, and one that nothing in the tree tells of.
async fn new_keys_come_along(from: &dyn Copied, to: &dyn Copied) {
    first_window(from, to).await;
    let mut answered = append("case-0", Expected::Exact(0), vec![event(10)]);
    answered.keys = vec![key("case-0", "answer", 3), key("case-1", "answer", 4)];
    from.append(answered).await.unwrap();
    let done = copied(from, to).await;
    assert_eq!((done.keys_put, done.keys_destroyed), (2, 0));
    same_keys(from, to, 3).await;
    assert_eq!(to.keys_of("case-0").await.unwrap().len(), 3);
    // Lost by a copy of an earlier program: put without any event.
    to.delete_keys("case-0", &["answer".to_owned()]).await.unwrap();
    let done = copied(from, to).await;
    assert_eq!((done.keys_put, done.keys_destroyed), (1, 0));
    same_keys(from, to, 3).await;
}

/// A person is erased between two windows, and one subject gets a new key afterwards.
async fn the_erased_stay_erased(from: &dyn Copied, to: &dyn Copied) {
    first_window(from, to).await;
    from.append(append("person-1", Expected::NoStream, vec![event(20)])).await.unwrap();
    for case in ["case-0", "case-1"] {
        from.delete_keys(case, &["petitioner".to_owned()]).await.unwrap();
    }
    let done = copied(from, to).await;
    assert_eq!((done.keys_put, done.keys_destroyed), (0, 2));
    assert_eq!(to.keys_of("case-0").await.unwrap(), [key("case-0", "office", 2)]);
    same_keys(from, to, 3).await;

    from.delete_keys("case-2", &["petitioner".to_owned()]).await.unwrap();
    let mut later = append("case-2", Expected::Exact(0), vec![event(21)]);
    later.keys = vec![key("case-2", "petitioner", 5)];
    from.append(later).await.unwrap();
    let done = copied(from, to).await;
    assert_eq!((done.keys_put, done.keys_destroyed), (1, 1));
    same_keys(from, to, 3).await;
    assert_eq!(to.keys_of("case-2").await.unwrap(), [key("case-2", "office", 2), key("case-2", "petitioner", 5)]);
    assert!(to.verify(&|_, _| {}).await.unwrap().is_sound());
}

/// Somebody works on while the copy runs: it says so, and the next run makes it whole.
async fn written_to_meanwhile(from: Arc<dyn Copied>, to: &dyn Copied) {
    first_window(from.as_ref(), to).await;
    let busy = Busy { log: from.clone(), wrote: AtomicBool::new(false) };
    let told = copy(&busy, to, &|_, _| {}).await;
    assert!(matches!(told, Err(CopyError::Differs { .. })), "{told:?}");
    let done = copied(from.as_ref(), to).await;
    // The keys came ahead of their events, with the run that found the writer.
    assert_eq!((done.keys_put, done.keys_destroyed), (0, 0));
    same_keys(from.as_ref(), to, 5).await;
    assert_eq!(to.keys_of("case-1").await.unwrap().len(), 3);
    assert_eq!(to.keys_of("case-4").await.unwrap().len(), 1);
}

/// A log to which somebody appends as soon as its keys are listed.
struct Busy {
    log: Arc<dyn Copied>,
    wrote: AtomicBool,
}

#[async_trait]
impl EventLog for Busy {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.log.append(append).await
    }
    async fn read_stream(&self, stream: &str) -> Result<Vec<Envelope>, LogError> {
        self.log.read_stream(stream).await
    }
    async fn read_all(&self, after: &Cursor, limit: usize) -> Result<Batch, LogError> {
        self.log.read_all(after, limit).await
    }
    async fn head(&self) -> Result<TreeHead, LogError> {
        self.log.head().await
    }
    async fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<[u8; 32]>, LogError> {
        self.log.inclusion(seq, size).await
    }
    fn watch(&self) -> tokio::sync::watch::Receiver<u64> {
        self.log.watch()
    }
    async fn keys_of(&self, owner: &str) -> Result<Vec<WrappedKey>, LogError> {
        self.log.keys_of(owner).await
    }
    async fn delete_keys(&self, owner: &str, subjects: &[String]) -> Result<u64, LogError> {
        self.log.delete_keys(owner, subjects).await
    }
    async fn verify(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError> {
        self.log.verify(progress).await
    }
}

#[async_trait]
impl Copied for Busy {
    async fn import(&self, events: Vec<Envelope>, keys: Vec<WrappedKey>) -> Result<(), LogError> {
        self.log.import(events, keys).await
    }
    async fn list_keys(&self, place: u64, limit: usize) -> Result<Vec<(u64, WrappedKey)>, LogError> {
        if !self.wrote.swap(true, Ordering::SeqCst) {
            let mut answered = append("case-1", Expected::Exact(0), vec![event(30)]);
            answered.keys = vec![key("case-1", "answer", 6)];
            self.log.append(answered).await.unwrap();
            let mut filed = append("case-4", Expected::NoStream, vec![event(31)]);
            filed.keys = vec![key("case-4", "petitioner", 7)];
            self.log.append(filed).await.unwrap();
        }
        self.log.list_keys(place, limit).await
    }
    async fn settled(&self) -> Result<(), LogError> {
        self.log.settled().await
    }
}

/// Two embedded logs, then from one to a cluster, then from a cluster to one.
macro_rules! every_way {
    ($($scenario:ident),+ $(,)?) => {
        $(mod $scenario {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn between_directories() {
                let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
                super::$scenario(&embedded(&dirs[0]), &embedded(&dirs[1])).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn to_a_cluster() {
                let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
                let node = Node::start().unwrap();
                let (from, to) = (embedded(&dirs[0]), open(&node, dirs[1].path()).await);
                super::$scenario(&from, &to).await;
                // A node that comes later reads the same.
                same_keys(&from, &open(&node, dirs[2].path()).await, 3).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn from_a_cluster() {
                let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
                let node = Node::start().unwrap();
                super::$scenario(&open(&node, dirs[0].path()).await, &embedded(&dirs[1])).await;
            }
        })+
    };
}

every_way!(new_keys_come_along, the_erased_stay_erased);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_written_to_meanwhile_is_copied_whole_by_the_next_run() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    written_to_meanwhile(Arc::new(embedded(&dirs[0])), &embedded(&dirs[1])).await;
    written_to_meanwhile(Arc::new(embedded(&dirs[2])), &open(&node, dirs[3].path()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_may_be_behind_its_cluster_is_no_source() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let node = Node::start().unwrap();
    let (cluster, target) = (open(&node, dirs[0].path()).await, embedded(&dirs[1]));
    first_window(&cluster, &target).await;
    node.die();
    while cluster.is_linked() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let refused = copy(&cluster, &target, &|_, _| {}).await;
    assert!(matches!(refused, Err(CopyError::Log(LogError::Unavailable(_)))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_lost_its_keys_takes_none_from_the_target() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let (from, to) = (embedded(&dirs[0]), embedded(&dirs[1]));
    first_window(&from, &to).await;
    let both = ["petitioner".to_owned(), "office".to_owned()];
    for case in ["case-0", "case-1", "case-2"] {
        from.delete_keys(case, &both).await.unwrap();
    }
    assert_eq!(copy(&from, &to, &|_, _| {}).await, Err(CopyError::SourceWithoutKeys));
    assert_eq!(to.keys_of("case-1").await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_what_is_appended_to_the_target_meanwhile_are_not_destroyed() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let (from, to) = (embedded(&dirs[0]), Arc::new(embedded(&dirs[1])));
    first_window(&from, to.as_ref()).await;
    let busy = Busy { log: to.clone(), wrote: AtomicBool::new(false) };
    let told = copy(&from, &busy, &|_, _| {}).await;
    assert!(matches!(told, Err(CopyError::Differs { .. })), "{told:?}");
    assert_eq!(to.keys_of("case-4").await.unwrap(), [key("case-4", "petitioner", 7)]);
    assert_eq!(to.keys_of("case-1").await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_many_pages_are_compared() {
    const CASES: u64 = 1300;
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let (from, to) = (embedded(&dirs[0]), embedded(&dirs[1]));
    let name = |number: u64| format!("case-{number}");
    let events = (0..CASES).map(|number| event(number).placed(number + 1, name(number), 0, START)).collect();
    let keys = (0..CASES).flat_map(|number| [key(&name(number), "petitioner", 1), key(&name(number), "office", 2)]).collect();
    from.import(events, keys).await.unwrap();
    assert_eq!(copied(&from, &to).await.keys_put, CASES * 2);
    for number in [0, 511, 512, 700, CASES - 1] {
        from.delete_keys(&name(number), &["office".to_owned()]).await.unwrap();
    }
    from.import(Vec::new(), [3, 600, CASES - 1].map(|number| key(&name(number), "answer", 9)).to_vec()).await.unwrap();
    let done = copied(&from, &to).await;
    assert_eq!((done.keys_put, done.keys_destroyed), (3, 5));
    same_keys(&from, &to, CASES).await;
}
