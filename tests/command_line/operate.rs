//! A node in operation: the admin listener, readiness, metrics, the log it writes, how it stops.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use event_log::{Append, EventLog, Expected, NewEvent, Options, SqliteLog};
use serde_json::Value;
use tests::client::{Answer, Client};
use tests::filing::{explore, sign_in, track, walk};
use tests::server::{Server, UNLIMITED};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::call::{call, city, init, text};

const LISTEN: (&str, &str) = ("XIAONENG__OPERATE__LISTEN", "127.0.0.1:0");
/// Longest wait for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

fn ops() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops")
}

/// A server whose admin listener is on, with more settings.
async fn serve(data: &Path, more: &[(&str, &str)]) -> (Server, SocketAddr) {
    let settings: Vec<(&str, &str)> = UNLIMITED.iter().chain([&LISTEN]).chain(more).copied().collect();
    let server = Server::start(data, &settings).await.unwrap();
    let admin = server.admin().unwrap();
    (server, admin)
}

async fn ask(admin: SocketAddr, path: &str) -> Answer {
    Client::new(admin).get(path).await.unwrap()
}

/// Asks until the node answers with this status and these words; the lines of the answer.
async fn until(admin: SocketAddr, status: u16, words: &str) -> String {
    let asked = tokio::time::Instant::now();
    loop {
        let answer = ask(admin, "/readyz").await;
        if answer.status == status && answer.text().contains(words) {
            return answer.text();
        }
        assert!(asked.elapsed() < PATIENCE, "readyz stays {}, without {words}: {}", answer.status, answer.text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until_ready(admin: SocketAddr) -> String {
    until(admin, 200, "ready\n").await
}

/// Samples by series, with the families that were declared and their types.
fn parse(metrics: &str) -> (BTreeMap<String, String>, BTreeMap<String, f64>) {
    let (mut families, mut samples) = (BTreeMap::new(), BTreeMap::new());
    for line in metrics.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').unwrap();
            assert!(families.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} twice");
        } else if let Some(help) = line.strip_prefix("# HELP ") {
            assert!(help.split_once(' ').is_some_and(|(_, words)| !words.is_empty()), "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            let name = series.split('{').next().unwrap();
            let family =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end).filter(|name| families.contains_key(*name)));
            assert!(families.contains_key(family.unwrap_or(name)), "{line} belongs to no family");
            assert!(samples.insert(series.to_owned(), value.parse().unwrap()).is_none(), "{series} twice");
        }
    }
    (families, samples)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_listener_tells_how_a_node_does_and_the_public_one_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    city(&data, "60");
    let (server, admin) = serve(&data, &[]).await;
    // given some traffic: pages, a sign-in, one that fails, an address that nobody has
    sign_in(server.address, "dispatcher").await.unwrap();
    sign_in(server.address, "nobody").await.unwrap_err();
    let mut client = Client::new(server.address);
    for (status, paths) in
        [(200, &["/", "/help", "/public"][..]), (404, &["/nowhere/13800001234", "/metrics", "/readyz", "/healthz", "/log"])]
    {
        for path in paths {
            assert_eq!(client.get(path).await.unwrap().status, status, "{path}");
        }
    }
    assert_eq!(ask(admin, "/healthz").await.text(), "ok\n");
    let lines = until_ready(admin).await;
    assert!(lines.starts_with("ready\n") && lines.contains("ok     log") && lines.contains("还没有做过备份"), "{lines}");
    // The same as an object.
    let object: Value = serde_json::from_slice(&ask(admin, "/readyz?json").await.body).unwrap();
    assert_eq!(object["ready"], true);
    let checks: BTreeMap<&str, &str> = object["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["check"].as_str().unwrap(), check["level"].as_str().unwrap()))
        .collect();
    assert_eq!((checks["log"], checks["views"], checks["backup"]), ("good", "good", "warn"), "{checks:?}");
    for path in ["/", "/desk", "/assets/app.css"] {
        assert_eq!(ask(admin, path).await.status, 404, "{path}");
    }
    // given a case whose limits run, as soon as the views have it
    let (_, mut ready) = explore(server.address).await.unwrap();
    assert!(ready.submit().await.unwrap());
    let asked = tokio::time::Instant::now();
    while parse(&ask(admin, "/metrics").await.text()).1["xiaoneng_due_acts"] == 0.0 {
        assert!(asked.elapsed() < PATIENCE, "a case whose limits run has no acts to come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // when Prometheus asks, then every family stands in the document, and the other way round
    let metrics = ask(admin, "/metrics").await;
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let (families, samples) = parse(&metrics.text());
    let document = std::fs::read_to_string(ops().join("docs/operating.md")).unwrap();
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let (name, kind) = (cells.next()?.strip_suffix('`')?, cells.next()?);
        ["gauge", "counter", "histogram"].contains(&kind).then(|| (name.to_owned(), kind.to_owned()))
    };
    assert_eq!(document.lines().filter_map(row).collect::<BTreeMap<_, _>>(), families);
    // The checks and the settings of the document are those of the program.
    let first = |line: &str| line.strip_prefix("| `")?.split('`').next().map(str::to_owned);
    let named: BTreeSet<String> = document.lines().filter_map(first).collect();
    for kind in web::operate::Kind::ALL {
        assert!(named.contains(kind.code()), "the check {} is not in the document", kind.code());
        let blocks = document.lines().any(|line| line.starts_with(&format!("| `{}` |", kind.code())) && line.ends_with("| yes |"));
        assert_eq!(blocks, kind.blocks(), "{}", kind.code());
    }
    let settings = format!("{:?}", web::operate::Settings::default());
    let keys = settings.trim_start_matches("Settings { ").trim_end_matches(" }").split(", ");
    for (key, value) in keys.map(|pair| pair.split_once(": ").unwrap()) {
        let line = format!("| `{key}` | {}", value.trim_matches('"'));
        assert!(document.lines().any(|found| found.starts_with(line.trim_end())), "{line} is not in the document");
    }
    // Values that are known.
    assert_eq!(samples["xiaoneng_ready"], 1.0);
    assert_eq!(samples["xiaoneng_sign_ins_total{result=\"good\"}"], 1.0);
    assert_eq!(samples["xiaoneng_sign_ins_total{result=\"wrong\"}"], 1.0);
    assert_eq!(samples["xiaoneng_http_request_seconds_count{method=\"GET\",route=\"/help\"}"], 2.0, "the test's own and the start's");
    assert!(samples["xiaoneng_log_events"] > 60.0 && samples["xiaoneng_log_events"] >= samples["xiaoneng_view_position{view=\"views\"}"]);
    for positive in
        ["process_resident_memory_bytes", "xiaoneng_disk_free_bytes{disk=\"data\"}", "xiaoneng_file_bytes{file=\"log.db\",part=\"main\"}"]
    {
        assert!(samples[positive] > 4096.0, "{positive}");
    }
    assert!(samples["process_start_time_seconds"] > 1.7e9);
    assert!(samples["xiaoneng_due_acts_late"] < samples["xiaoneng_due_acts"]);
    // Labels are lines of the route table, and nothing of an address stands anywhere.
    let patterns: BTreeSet<&str> = web::routes::ROUTES.iter().map(|route| route.path).collect();
    for series in samples.keys().filter(|series| series.contains("route=\"")) {
        let route = series.split("route=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(patterns.contains(route), "{series}");
    }
    assert!(!metrics.text().contains("13800001234") && !metrics.text().contains("nobody"));
    let others = samples.keys().filter(|series| !series.starts_with("xiaoneng_http_")).count();
    assert!(others < 200, "{others} series beside those of routes");
    server.stop().await.unwrap();
}

#[test]
fn rules_and_dashboard_name_only_what_there_is() {
    let document = std::fs::read_to_string(ops().join("docs/operating.md")).unwrap();
    let rules = std::fs::read_to_string(ops().join("observability/alerts.yaml")).unwrap();
    let dashboard = std::fs::read_to_string(ops().join("observability/dashboard.json")).unwrap();
    serde_json::from_str::<Value>(&dashboard).unwrap();
    let known: BTreeSet<&str> = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for (name, words) in [("alerts", &rules), ("dashboard", &dashboard)] {
        let used: BTreeSet<&str> = words
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .filter(|word| word.starts_with("xiaoneng_") || word.starts_with("process_"))
            .collect();
        assert!(used.len() > 10, "{used:?}");
        for metric in used {
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| metric.strip_suffix(end)).unwrap_or(metric);
            assert!(known.contains(family) || known.contains(metric), "{name} uses {metric}, which there is not");
        }
    }
    // Each rule says in Chinese what is so and leads to a section that says what to do.
    let sections: BTreeSet<&str> = document.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let (mut alerts, mut told) = (0, 0);
    for line in rules.lines().map(str::trim) {
        alerts += usize::from(line.starts_with("- alert:"));
        if let Some(summary) = line.strip_prefix("summary:") {
            assert!(summary.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{summary}");
            told += 1;
        }
        if let Some(section) = line.strip_prefix("runbook: operating.md#") {
            assert!(sections.contains(section), "no section {section}");
            told += 1;
        }
    }
    assert!(alerts > 15);
    assert_eq!(told, alerts * 2, "a rule without a summary or a section");
}

/// A file system of its own, of this size, that is gone when it is dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(size: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs", text(dir.path())]).output().unwrap();
        assert!(done.status.success(), "a disk to be filled needs root: {}", String::from_utf8_lossy(&done.stderr));
        Self(dir)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A server that still runs keeps it until it is gone.
        let _ = Command::new("umount").args(["-l", text(self.0.path())]).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_makes_a_node_unready_and_the_log_recovers_by_itself() {
    let disk = Disk::new("96m");
    let data = disk.0.path().join("city");
    init(&data);
    let (server, admin) = serve(&data, &[("XIAONENG__OPERATE__PROBE_SECONDS", "1")]).await;
    until_ready(admin).await;
    let (filing, mut first) = explore(server.address).await.unwrap();
    assert!(first.submit().await.unwrap());
    // when the disk is filled to the last block, and what the write-ahead log had to spare is used up
    let full = disk.0.path().join("full");
    let done = Command::new("sh").args(["-c", &format!("cat /dev/zero > '{}'", text(&full))]).output().unwrap();
    assert!(!done.status.success(), "the disk is not full");
    until(admin, 503, "fault  disk").await;
    let mut refused = None;
    for n in 1..400 {
        let mut ready = walk(server.address, filing.nth(n)).await.unwrap();
        let answer = ready.client.send(&ready.request()).await.unwrap();
        if answer.status == 503 {
            refused = Some((ready, answer));
            break;
        }
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    // then filing is refused with everything that was typed, a number to call and a time to come again
    let (mut refused, answer) = refused.expect("a full disk took 400 filings");
    assert!(answer.text().contains(&refused.filing.words) && answer.text().contains("12345"), "{}", answer.text());
    assert_eq!(answer.header("retry-after"), Some("5"));
    until(admin, 503, "fault  log         日志：事件日志暂不能写入：磁盘已满").await;
    assert_eq!(parse(&ask(admin, "/metrics").await.text()).1["xiaoneng_log_writable"], 0.0);
    // when there is space again, then log and views go on by themselves, and the same form is taken
    std::fs::remove_file(full).unwrap();
    until_ready(admin).await;
    assert!(refused.submit().await.unwrap());
    assert!(refused.receipt().await.is_ok());
    assert!(server.stop().await.unwrap().success());
    assert!(call(["verify", "--data", text(&data)]).good().contains("全部完好"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_the_views_cannot_take_in_makes_a_node_unready_and_filing_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    let (server, admin) = serve(&data, &[]).await;
    until_ready(admin).await;
    let (_, mut ready) = explore(server.address).await.unwrap();
    // when somebody appends what no program knows
    let planted = NewEvent {
        id: domain::ids::NAMESPACE,
        kind: "case_from_the_future".to_owned(),
        version: 1,
        occurred_at: 1,
        actor: "system".to_owned(),
        on_behalf: None,
        cause: None,
        rulebook: None,
        data: b"{}".to_vec(),
        sealed: Vec::new(),
    };
    let log = SqliteLog::open(&data, Options::default(), Arc::new(|| 1)).unwrap();
    let stream = "case-00000000-0000-4000-8000-000000000000".to_owned();
    let appended = log.append(Append { stream, expected: Expected::NoStream, events: vec![planted], keys: Vec::new() }).await.unwrap();
    // then the node says at which event the views stopped, and still takes filings
    let lines = until(admin, 503, "fault  views").await;
    assert!(lines.contains(&format!("第 {} 个事件（case_from_the_future）", appended.last_seq)), "{lines}");
    assert!(ready.submit().await.unwrap());
    assert!(ready.receipt().await.is_ok());
    assert_eq!(parse(&ask(admin, "/metrics").await.text()).1["xiaoneng_view_stopped{view=\"views\"}"], 1.0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_type_and_what_names_them_is_never_logged() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    city(&data, "20");
    let (server, admin) = serve(&data, &[("XIAONENG_LOG", "debug,h2=info,hyper=info")]).await;
    let (filing, _) = explore(server.address).await.unwrap();
    let filing = tests::filing::Filing {
        words: "紫藤小区七号楼的电梯困人三次，物业一直推脱，请督促检修。".to_owned(),
        place: "紫藤小区七号楼".to_owned(),
        name: "慕容雪松".to_owned(),
        phone: "13912345678".to_owned(),
        email: "xuesong.murong@example.cn".to_owned(),
        ..filing
    };
    let mut ready = walk(server.address, filing.clone()).await.unwrap();
    assert!(ready.submit().await.unwrap());
    let receipt = ready.receipt().await.unwrap();
    let asked = tokio::time::Instant::now();
    let mut citizen = loop {
        // The look-up by number waits for the views.
        match track(server.address, &receipt).await {
            Ok(citizen) => break citizen,
            Err(error) => assert!(asked.elapsed() < PATIENCE, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let mut dispatcher = sign_in(server.address, "dispatcher").await.unwrap();
    let public = format!("/public/cases/{}", receipt.number);
    let nowhere = format!("/nowhere/{}?phone={}", receipt.code, filing.phone);
    for path in ["/track/case", &public, &nowhere] {
        citizen.get(path).await.unwrap();
    }
    for path in [format!("/desk/case/{}", receipt.number), format!("/desk/search?q={}", receipt.number)] {
        dispatcher.get(&path).await.unwrap();
    }
    // Guesses at a code, and a form that is not one.
    let wrong = tests::filing::Receipt { code: "0000000000000000".to_owned(), ..receipt.clone() };
    track(server.address, &wrong).await.unwrap_err();
    citizen.post("/track", &[("number", &receipt.number), ("code", &filing.phone)]).await.unwrap();
    let answer = dispatcher.get(&format!("/desk/case/{}", receipt.number)).await.unwrap();
    let name = answer.header("x-request-id").unwrap().to_owned();
    // What is logged can be changed while it runs, by whoever is on the machine.
    let put = |filter: &str| format!("PUT /log HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{filter}", filter.len()).into_bytes();
    let mut operator = Client::new(admin);
    assert_eq!(operator.send(&put("web=loud")).await.unwrap().status, 400);
    assert_eq!(operator.send(&put("error")).await.unwrap().status, 200);
    let quiet = Client::new(server.address).get("/privacy").await.unwrap();
    assert_eq!(operator.send(&put("info")).await.unwrap().status, 200);
    Client::new(server.address).get("/accessibility").await.unwrap();
    assert!(server.id() > 0);
    let said = stop_and_listen(server).await;
    let lines: Vec<Value> = said.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let access: Vec<&Value> = lines.iter().filter(|line| line["target"] == "access").collect();
    assert!(access.len() > 20, "{said}");
    // Each access line has the pattern of its route, and the request's own name.
    let of = |name: &str| access.iter().find(|line| line["fields"]["request"] == name);
    let line = of(&name).unwrap_or_else(|| panic!("{name} is not in the log"));
    assert_eq!((&line["fields"]["route"], &line["fields"]["status"]), (&"/desk/case/{number}".into(), &200.into()));
    assert!(of(quiet.header("x-request-id").unwrap()).is_none(), "it was told to be quiet");
    assert!(access.iter().any(|line| line["fields"]["route"] == "/accessibility"));
    assert!(access.iter().any(|line| line["fields"]["route"] == "-" && line["fields"]["status"] == 404));
    // Nothing of what was typed, nor the number or code of the case, nor any address.
    fn spaced(code: &str) -> Vec<&str> {
        code.as_bytes().chunks(4).map(|four| str::from_utf8(four).unwrap()).collect()
    }
    for secret in
        ["紫藤", "电梯", "慕容", "13912345678", "murong", &receipt.number, &receipt.code, &spaced(&receipt.number).join("-"), "phone="]
    {
        let leak = said.lines().find(|line| line.contains(secret));
        assert_eq!(leak, None, "{secret} is in the log");
    }
    // Two groups beside each other: one alone may stand in the name of a request, which is made of the same characters.
    for two in spaced(&receipt.code).windows(2) {
        assert!([" ", "-", ""].iter().all(|between| !said.contains(&two.join(between))), "a part of the code is in the log");
    }
}

/// Stops in order; all that was said.
async fn stop_and_listen(server: Server) -> String {
    let said = server.listen();
    assert!(server.stop().await.unwrap().success());
    let said = said();
    assert!(said.contains("\"stopped\""), "the last line is missing: {said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_under_load_a_node_says_so_finishes_what_is_under_way_and_ends_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    let (server, _) = serve(&data, &[("XIAONENG__OPERATE__DRAIN_SECONDS", "2"), ("XIAONENG__OPERATE__STOP_SECONDS", "2")]).await;
    let (filing, _) = explore(server.address).await.unwrap();
    let mut ready = Vec::new();
    for n in 1..=60 {
        ready.push(walk(server.address, filing.nth(n)).await.unwrap());
    }
    // given clients that hang: half a head, half a body, an idle connection
    let mut hanging = Vec::new();
    for bytes in ["GET /help HTTP/1.1\r\nHost: x\r\n", "POST /file/start HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\ncsrf=", ""] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        hanging.push(stream);
    }
    // when it is told to stop while citizens file: the first is through, the others come one after the other
    let (under_way, first) = tokio::sync::oneshot::channel();
    let filing = tokio::spawn(async move {
        let (mut taken, mut under_way) = (Vec::new(), Some(under_way));
        for mut one in ready {
            // Whatever is not acknowledged came when it had stopped.
            if let Ok(true) = one.submit().await {
                taken.push(one);
                if let Some(tell) = under_way.take() {
                    tell.send(()).unwrap();
                }
            }
        }
        taken
    });
    tokio::time::timeout(PATIENCE, first).await.expect("nobody files").expect("nothing was taken");
    // then it says so, and ends by itself although clients hang
    let said = stop_and_listen(server).await;
    assert!(said.contains("\"stopping\""), "{said}");
    let taken = filing.await.unwrap();
    // and the log was put away: nothing is left in front of it
    assert_eq!(std::fs::metadata(data.join("log.db-wal")).map_or(0, |meta| meta.len()), 0);
    // and what was acknowledged stands
    let (server, _) = serve(&data, &[]).await;
    for mut one in taken {
        one.client.move_to(server.address);
        one.receipt().await.unwrap();
    }
    server.stop().await.unwrap();
    assert!(call(["verify", "--data", text(&data)]).good().contains("全部完好"));
    drop(hanging);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_twice_a_node_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    let (server, admin) = serve(&data, &[("XIAONENG__OPERATE__DRAIN_SECONDS", "3600")]).await;
    until_ready(admin).await;
    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    // It says that it is not ready while it still answers.
    until(admin, 503, "fault  stopping").await;
    assert_eq!(Client::new(server.address).get("/help").await.unwrap().status, 200);
    // The second one is that of `stop`.
    assert_eq!(server.stop().await.unwrap().code(), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_manager_is_told_of_the_start_of_life_and_of_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let next = || {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).trim().to_owned()
    };
    let (server, _) = serve(&data, &[("NOTIFY_SOCKET", text(&path)), ("WATCHDOG_USEC", "30000000")]).await;
    let mut heard = BTreeSet::new();
    while !(heard.contains("READY=1") && heard.contains("WATCHDOG=1")) {
        heard.insert(next());
    }
    assert!(server.stop().await.unwrap().success());
    while !heard.contains("STOPPING=1") {
        heard.insert(next());
    }
}

#[test]
fn an_admin_address_that_is_off_is_refused_before_anything_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("city");
    init(&data);
    let config = dir.path().join("xiaoneng.toml");
    std::fs::write(&config, "[operate]\nlisten = \"9464\"\n").unwrap();
    let serve = |more: &[&str]| call([&["serve", "--data", text(&data), "--listen", "127.0.0.1:18099"], more].concat());
    assert!(serve(&["--config", text(&config)]).bad(2).contains("127.0.0.1:9464"));
    assert!(serve(&["--admin-listen", "127.0.0.1:18099"]).bad(2).contains("--admin-listen"));
}
