//! What people and administrators see of a node's troubles: a queue that is full, a log that does not answer, the page
//! of its state, the name of a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use domain::account::Role;
use event_log::tree::Hash;
use event_log::{Append, AppendError, Appended, Batch, Cursor, Envelope, EventLog, LogError, Options, TreeHead, VerifyReport, WrappedKey};
use futures_util::future::join_all;
use web::operate::{Kind, Level, Operate, Parts, Settings};

use crate::harness::{Browser, Page, Site};

/// Longest wait for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A form filled in up to the last step.
async fn filled(site: &Site, words: &str) -> (Browser, Page) {
    let mut browser = site.browser();
    let page = browser.get("/file/start").await;
    let page = browser.submit(page.form("/file/start")).await;
    let page = browser.submit(page.form("/file/what").label("投诉", "").set("words", words)).await;
    let page = browser.submit(page.form("/file/where").label("区县", "西湾区").label("具体位置", "幸福路 18 号")).await;
    let page = browser.submit(page.form("/file/wish").set("wish", "请尽快修好。").set("on_behalf", "no")).await;
    let page = browser.submit(page.form("/file/privacy").set("anonymous", "no").set("confidential", "no").set("publish", "no")).await;
    let page = browser.submit(page.form("/file/contact").set("name", "王小明").set("phone", "13800001234")).await;
    assert_eq!(page.path, "/file/check", "{}", page.text());
    (browser, page)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_queue_is_full_the_next_citizen_is_told_at_once_and_loses_nothing() {
    // given a log that takes two appends at a time, and citizens at the last step
    let site = Site::over(Options { queue: 2, ..Options::default() }, |log| log, |_| {}).await;
    if site.on_cluster() {
        eprintln!("nobody holds the log of a cluster: not tried over it");
        return;
    }
    let mut citizens = Vec::new();
    for n in 0..10 {
        citizens.push(filled(&site, &format!("第 {n} 盏路灯不亮，晚上看不清路，请尽快维修。")).await);
    }
    // when another program holds the log and all of them press the button
    let held = rusqlite::Connection::open(site.log_file()).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let stats = || site.app.log.stats().unwrap();
    let pause = |millis| tokio::time::sleep(Duration::from_millis(millis));
    let sent = citizens.into_iter().enumerate().map(|(n, (mut browser, page))| async move {
        // The first alone, until the writer has it in hand and waits: it would take with it whoever comes at the same time.
        if n > 0 {
            while stats().queue.load(Relaxed) == 0 {
                pause(5).await;
            }
            pause(1_500).await;
        }
        let answer = browser.submit(page.form("/file/check")).await;
        (n, browser, answer)
    });
    let release = async {
        // One in the writer's hands, two waiting: the others are refused before they take memory.
        let asked = std::time::Instant::now();
        while stats().refused.load(Relaxed) < 7 {
            assert!(asked.elapsed() < PATIENCE, "{} were refused", stats().refused.load(Relaxed));
            pause(5).await;
        }
        assert!(stats().queue.load(Relaxed) <= 3);
        held.execute_batch("ROLLBACK").unwrap();
    };
    let (answers, ()) = tokio::join!(join_all(sent), release);
    // then those who waited are served, and the others see what they typed, a number to call, and when to come again
    let (taken, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, _, page)| page.status == 200);
    assert_eq!((taken.len(), refused.len()), (3, 7));
    for (n, mut browser, page) in refused {
        assert_eq!((page.status, page.header("retry-after")), (503, Some("5")), "{}", page.text());
        assert!(page.errors().iter().any(|error| error.contains("请再点一次“确认提交”") && error.contains("12345")), "{:?}", page.errors());
        assert!(page.has(&format!("第 {n} 盏路灯不亮")) && page.has("幸福路 18 号"), "{}", page.text());
        let page = browser.submit(page.form("/file/check")).await;
        assert_eq!((page.status, page.path.as_str()), (200, "/file/receipt"), "{}", page.text());
    }
    // An answer may be faster than the count of those who wait.
    let asked = std::time::Instant::now();
    while stats().queue.load(Relaxed) > 0 {
        assert!(asked.elapsed() < PATIENCE, "{} still wait", stats().queue.load(Relaxed));
        pause(5).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_has_a_name_and_a_page_of_an_error_shows_it() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let name = |page: &Page| page.header("x-request-id").unwrap().to_owned();
    let good = browser.get("/help").await;
    let bad = browser.get("/nowhere").await;
    assert_eq!((good.status, bad.status), (200, 404));
    assert_ne!(name(&good), name(&bad));
    assert_eq!(name(&bad).len(), 8);
    assert!(bad.has(&format!("状态 404 · 编号 {}", name(&bad))), "{}", bad.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_system_page_makes_the_checks_of_readyz_and_says_what_to_do() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let page = browser.get("/admin/system").await;
    for words in ["日志", "查询数据", "全文查找", "通知", "磁盘", "时钟", "高水位记录", "备份", "恢复演练", "工作日历"]
    {
        assert!(page.has(words), "{words}: {}", page.text());
    }
    assert!(page.has("还没有做过备份") && page.has("没有演练过的备份不能算备份"), "{}", page.text());
    assert!(page.has("SQLite 3."), "{}", page.text());
    // A clock that is behind the log is told at once, with a heading that says so.
    site.clock.advance(chrono::TimeDelta::hours(-2));
    let page = browser.get("/admin/system").await;
    assert!(page.has("本节点不宜接受新的请求") && page.has("比最后一个事件的记录时间慢 72"), "{}", page.text());
}

/// A log on a disk that can become read-only.
struct Mounted {
    log: Arc<dyn EventLog>,
    read_only: Arc<AtomicBool>,
}

impl Mounted {
    fn may_write(&self) -> Result<(), AppendError> {
        if self.read_only.load(Relaxed) { Err(AppendError::Unavailable("文件系统只读".to_owned())) } else { Ok(()) }
    }
}

#[async_trait]
impl EventLog for Mounted {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.may_write()?;
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

    async fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<Hash>, LogError> {
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

    async fn probe(&self) -> Result<(), AppendError> {
        self.may_write()?;
        self.log.probe().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_becomes_read_only_is_found_without_anybody_writing_and_found_mended() {
    let read_only = Arc::new(AtomicBool::new(false));
    let switch = read_only.clone();
    let site = Site::over(Options::default(), |log| Arc::new(Mounted { log, read_only }), |_| {}).await;
    site.settle().await;
    let settings = Settings { probe_seconds: 0, ..Settings::default() };
    let node = Operate::new(site.app.clone(), settings, Parts::default());
    assert!(node.latest().is_none(), "nothing was looked at yet");
    for (broken, level) in [(false, Level::Good), (true, Level::Bad), (true, Level::Bad), (false, Level::Good)] {
        switch.store(broken, Relaxed);
        node.round().await;
        let report = node.latest().unwrap();
        let log = report.checks.iter().find(|check| check.kind == Kind::Log).unwrap();
        assert_eq!(log.level, level, "{log:?}");
        assert_eq!(log.detail.contains("文件系统只读"), broken, "{log:?}");
        assert!(!broken || !report.ready());
        // Meanwhile a citizen is told so and keeps the form.
        let (mut browser, page) = filled(&site, "路口的红绿灯坏了三天，车辆抢行，请尽快修好。").await;
        let page = browser.submit(page.form("/file/check")).await;
        assert_eq!(page.status, if broken { 503 } else { 200 }, "{}", page.text());
        assert!(!broken || (page.has("红绿灯坏了三天") && page.header("retry-after").is_some()), "{}", page.text());
    }
    // An end that has begun counts before the next round.
    node.stop();
    assert!(!node.look().await.ready());
}
