//! The application, served.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock};

use application::accounts::NewAccount;
use application::audit::Audit;
use application::clock::{ManualClock, log_now};
use application::{Actor, Application, Meta};
use chrono::{DateTime, NaiveDate};
use domain::account::{Role, StaffKind};
use domain::case::command::File;
use domain::case::event::{Demand, Petitioner};
use domain::ids::{CaseId, UnitCode};
use domain::rulebook::shipped::SHIPPED;
use domain::time::Clock;
use domain::unit::{Level, Nature, UnitEntry};
use event_log::{EventLog, Now, Options, SqliteLog};
use tempfile::TempDir;
use tests::inside;
use uuid::Uuid;
use vault::{MasterKey, OsEntropy, Vault};
use web::{Settings, State};

use super::{Browser, Page};

/// The city itself.
pub const CITY: &str = "330500";
/// The hotline office.
pub const HOTLINE: &str = "0012345";
/// A bureau of the city.
pub const BUREAU: &str = "0101";
/// A county's government; division 330502.
pub const COUNTY: &str = "330502";
/// A bureau of the county.
pub const COUNTY_BUREAU: &str = "330502-01";
/// A township below the county; division 330502001.
pub const TOWN: &str = "330502001";
/// Of every account.
pub const PASSWORD: &str = "青山绿水 长流不息 又一年";

/// One city on one server.
pub struct Site {
    /// The application behind the pages.
    pub app: Arc<Application>,
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// Where it is served.
    pub address: SocketAddr,
    server: actix_web::dev::ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
    _dir: TempDir,
    /// The loopback cluster, when the tests run on one.
    cluster: Option<Box<dyn std::any::Any + Send + Sync>>,
}

impl Site {
    /// A city with units and the generic rulebook, on Wednesday 2026-05-06, 10:00; no limits per address.
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::over(Options::default(), |log| log, change).await
    }

    /// The same over a log that is opened in another way, or that has something in front of it.
    pub async fn over(
        options: Options,
        before: impl FnOnce(Arc<dyn EventLog>) -> Arc<dyn EventLog>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        capture();
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(DateTime::parse_from_rfc3339("2026-05-06T10:00:00+08:00").unwrap().to_utc()));
        let now = log_now(clock.clone() as Arc<dyn Clock>);
        let (log, cluster) = log(dir.path(), options, now).await;
        let log = before(log);
        let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(OsEntropy)));
        let app = Arc::new(Application {
            ballots: inside::ballot_box(dir.path()).unwrap(),
            audit: Audit::open(dir.path()).unwrap(),
            ..inside::over(dir.path(), log, vault, clock.clone()).await.unwrap()
        });
        application::founding::found(app.log.as_ref(), &app.vault, &maintenance(), app.now()).await.unwrap();
        found_city(&app).await;
        let mut settings = Settings {
            site_name: "清源市诉求与效能服务平台".to_owned(),
            filings_per_minute: 0,
            lookups_per_minute: 0,
            workers: 1,
            ..Settings::default()
        };
        change(&mut settings);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let served = app.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = web::run(listener, State::new(served, settings)).unwrap();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let server = receiver.recv().unwrap();
        Self { app, clock, address, server, thread: Some(thread), _dir: dir, cluster }
    }

    /// Whether its log lies on a loopback cluster instead of in a file.
    pub fn on_cluster(&self) -> bool {
        self.cluster.is_some()
    }

    /// A browser with no cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// The browser of somebody with this role, signed in. Its account is opened the first time.
    pub async fn sign_in(&self, role: Role) -> Browser {
        self.account(role).await;
        self.signed_in(role.code()).await
    }

    /// The browser of a further member of staff, whose account is opened; the name is the role's with the
    /// sign-in name behind it. No unit is an empty one.
    pub async fn person(&self, login: &str, unit: &str, role: Role, kind: StaffKind) -> Browser {
        let unit = Some(unit).filter(|unit| !unit.is_empty());
        self.open_account(login, format!("{}{login}", role.label()), unit, role, kind).await;
        self.signed_in(login).await
    }

    async fn signed_in(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser.sign_in(login, PASSWORD).await;
        assert!(page.status < 400 && !page.path.starts_with("/desk/sign-in"), "{login} could not sign in: {} {}", page.status, page.text());
        browser
    }

    /// Makes sure that there is an account with this role.
    pub async fn account(&self, role: Role) {
        if self.app.reference().account_by_login(role.code()).is_some() {
            return;
        }
        let unit = match role {
            Role::Operator | Role::Dispatcher | Role::Reviewer => Some(HOTLINE),
            Role::Inspector | Role::Director | Role::Leader | Role::Supervisor | Role::Evaluator => Some(HOTLINE),
            Role::Liaison | Role::Handler | Role::Head => Some(BUREAU),
            Role::SystemAdmin | Role::SecurityAdmin | Role::Auditor => None,
        };
        self.open_account(role.code(), format!("{}甲", role.label()), unit, role, StaffKind::CivilServant).await;
    }

    async fn open_account(&self, login: &str, name: String, unit: Option<&str>, role: Role, staff: StaffKind) {
        let new = NewAccount {
            login: login.to_owned(),
            name,
            phone: String::new(),
            email: String::new(),
            unit: unit.map(|code| UnitCode::parse(code).unwrap()),
            staff,
            roles: vec![role],
        };
        let (_, done) = self.app.open_account(&maintenance(), new, PASSWORD, false).await.unwrap();
        assert!(self.app.settled(done.seq).await);
    }

    /// Files a complaint by the name of 王小明 through the application alone; its public number.
    pub async fn file(&self, words: &str) -> String {
        let file = self.complaint(words);
        let number = file.number.clone();
        self.take(file).await;
        number
    }

    /// What [`Self::file`] files, to be changed.
    pub fn complaint(&self, words: &str) -> File {
        File {
            number: self.app.ids.number(),
            class: "complaint".to_owned(),
            channel: "web".to_owned(),
            urgency: String::new(),
            division: "330502".to_owned(),
            demand: Demand { title: String::new(), words: words.to_owned(), wish: String::new(), place: "幸福路 18 号".to_owned() },
            petitioner: Some(Petitioner { name: "王小明".to_owned(), phone: "13800001234".to_owned(), email: String::new() }),
            agent: None,
            confidential: false,
            publish: false,
            notice: "2026-01".to_owned(),
        }
    }

    /// Takes a filing in, through the application alone.
    pub async fn take(&self, file: File) -> CaseId {
        let form = self.app.ids.uuid();
        let filed = self.app.file(&Meta::new(Actor::Citizen, form), form, file).await.unwrap();
        assert!(self.app.settled(filed.seq).await);
        filed.case
    }

    /// The browser of a citizen who follows this case with number and code, and the page of the case.
    pub async fn track(&self, number: &str) -> (Browser, Page) {
        let mut browser = self.browser();
        let code = self.app.query_code(self.case(number));
        let page = browser.get("/track").await;
        let page = browser.submit(page.form("/track").set("number", number).set("code", &code)).await;
        (browser, page)
    }

    /// The case of a public number.
    pub fn case(&self, number: &str) -> CaseId {
        let number = domain::codes::parse_public_number(number).unwrap();
        self.app.projections.views().case_by_number(&number).unwrap().expect("there is such a case").id
    }

    /// The file of the log, to hold it up.
    pub fn log_file(&self) -> std::path::PathBuf {
        self._dir.path().join("log.db")
    }

    /// The file of the views, to put rows into it that no event of a test can make.
    pub fn views_file(&self) -> std::path::PathBuf {
        self._dir.path().join("views.db")
    }

    /// Waits until the views and the search show everything in the log.
    pub async fn settle(&self) {
        let size = self.app.log.head().await.unwrap().size;
        assert!(self.app.settled(size).await, "the views did not follow");
        assert!(self.app.projections.wait_for_search(size, std::time::Duration::from_secs(30)).await, "search did not follow");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // The future is polled by the server's own thread: asking is enough.
        let stop = self.server.stop(false);
        std::thread::spawn(move || actix_web::rt::System::new().block_on(stop)).join().ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// The log: in the directory, or on a loopback cluster when `XIAONENG_TEST_LOG=eventstore`.
async fn log(dir: &std::path::Path, options: Options, now: Now) -> (Arc<dyn EventLog>, Option<Box<dyn std::any::Any + Send + Sync>>) {
    let wanted = std::env::vars().find(|(name, _)| name == "XIAONENG_TEST_LOG").map(|(_, value)| value);
    match wanted.as_deref() {
        None | Some("sqlite") => (Arc::new(SqliteLog::open(dir, options, now).unwrap()), None),
        #[cfg(feature = "eventstore")]
        Some("eventstore") => {
            let node = tests::eventstore::Node::start().unwrap();
            let address = event_log::ClusterAddress::parse(&node.url(), None).unwrap();
            let log = event_log::EventStoreLog::open(address, dir, options, now).await.unwrap();
            (Arc::new(log), Some(Box::new(node)))
        }
        Some(other) => panic!("XIAONENG_TEST_LOG={other} is not known here (is --features eventstore missing?)"),
    }
}

/// Whoever sets up the city.
pub fn maintenance() -> Meta {
    Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, Uuid::from_bytes(rand()))
}

fn rand() -> [u8; 16] {
    let mut bytes = [0; 16];
    vault::Entropy::fill(&OsEntropy, &mut bytes);
    bytes
}

async fn found_city(app: &Application) {
    let since = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    let unit = |code: &str, name: &str, parent: Option<&str>, level: Level, division: Option<&str>, hotline: bool| UnitEntry {
        code: UnitCode::parse(code).unwrap(),
        name: name.to_owned(),
        parent: parent.map(|code| UnitCode::parse(code).unwrap()),
        level,
        nature: Nature::Accountable,
        division: division.map(str::to_owned),
        hotline,
        since,
    };
    let units = [
        unit(CITY, "清源市人民政府", None, Level::City, Some("330500"), false),
        unit(HOTLINE, "市热线办", Some(CITY), Level::City, None, true),
        unit(BUREAU, "市城市管理局", Some(CITY), Level::City, None, false),
        unit(COUNTY, "西湾区人民政府", Some(CITY), Level::County, Some("330502"), false),
        unit("330503", "东城区人民政府", Some(CITY), Level::County, Some("330503"), false),
        unit(COUNTY_BUREAU, "西湾区城市管理局", Some(COUNTY), Level::County, None, false),
        unit(TOWN, "幸福街道办事处", Some(COUNTY), Level::Township, Some("330502001"), false),
    ];
    for entry in &units {
        app.register_unit(&maintenance(), entry).await.unwrap();
    }
    let generic = SHIPPED.iter().find(|(name, _)| *name == "generic").unwrap().1;
    let done = app.adopt_rulebook(&maintenance(), generic, since, None).await.unwrap();
    assert!(app.settled(done.seq).await);
}

#[derive(Clone)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn capture() -> &'static Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    LINES.get_or_init(|| {
        let lines = Lines(Arc::default());
        let writer = lines.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        lines
    })
}

/// Everything that was logged so far, by all tests of this binary.
pub fn logged() -> String {
    String::from_utf8_lossy(&capture().0.lock().unwrap()).into_owned()
}
