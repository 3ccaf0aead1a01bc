//! Two zones: the real programs on both sides of a gate that is a few moved files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;
use tests::client::Client;
use tests::filing::{Filing, Ready, Receipt, explore, sign_in, track, walk};
use tests::html::{form_to, links};
use tests::server::{Server, UNLIMITED};
use vault::OsEntropy;
use vault::zones::OutsideKey;

use super::call::{Ended, call, call_in, city, text};

const PATIENCE: Duration = Duration::from_secs(60);
const ANSWER: &str = "已安排养护单位更换灯头，今晚恢复照明，感谢您的反映。";

/// An installation with its spool, the outside with its own, and the gate between them.
struct Zones {
    _dir: TempDir,
    data: PathBuf,
    inner: PathBuf,
    outer: PathBuf,
}

impl Zones {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [data, inner, outer] = ["city", "inner", "outer"].map(|name| dir.path().join(name));
        city(&data, "20");
        std::fs::create_dir(&outer).unwrap();
        let zones = Self { data, inner, outer, _dir: dir };
        let key = zones.outer.join("outside.key");
        let said = call(["zones", "key", "--data", text(&zones.data), "--out", text(&key)]).good();
        assert!(said.contains("第 1 代"), "{said}");
        // an existing key file is never touched
        call(["zones", "key", "--data", text(&zones.data), "--out", text(&key)]).bad(1);
        zones
    }

    fn key(&self) -> OutsideKey {
        std::fs::read_to_string(self.outer.join("outside.key")).unwrap().parse().unwrap()
    }

    fn ferry(&self, words: &[&str]) -> Ended {
        let (data, spool) = (text(&self.data), text(&self.inner));
        call([&["ferry"], words, &["--data", data, "--spool", spool, "--json"]].concat())
    }

    fn ferry_in(&self) -> Value {
        self.gate("inward");
        self.ferry(&["in", "--actor", "值班员"]).json()
    }

    fn ferry_out(&self) -> Value {
        let told = self.ferry(&["out"]).json();
        self.gate("outward");
        told
    }

    /// Moves the files of one direction.
    fn gate(&self, folder: &str) {
        let (from, to) = if folder == "inward" { (&self.outer, &self.inner) } else { (&self.inner, &self.outer) };
        std::fs::create_dir_all(to.join(folder)).unwrap();
        for name in names(&from.join(folder)) {
            std::fs::rename(from.join(folder).join(&name), to.join(folder).join(&name)).unwrap();
        }
    }

    async fn outside(&self, more: &[(&str, &str)]) -> Server {
        let settings = [UNLIMITED, &[("XIAONENG__ZONES__SECONDS", "1")], more].concat();
        Server::outside(&self.outer, &settings).await.unwrap()
    }

    /// An outside that knows the rules.
    async fn ready(&self, more: &[(&str, &str)]) -> Server {
        self.ferry_out();
        let server = self.outside(more).await;
        until(server.address, "/", |page| !page.contains("暂时不能网上提交")).await;
        server
    }

    fn events(&self) -> u64 {
        call(["verify", "--data", text(&self.data), "--json"]).json()["events"].as_u64().unwrap()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// Asks for a page until it is as wanted.
async fn until(address: std::net::SocketAddr, path: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut client = Client::new(address);
    shown(&mut client, path, wanted).await
}

async fn shown(client: &mut Client, path: &str, wanted: impl Fn(&str) -> bool) -> String {
    let asked = std::time::Instant::now();
    loop {
        let page = client.get(path).await.unwrap().text();
        if wanted(&page) {
            return page;
        }
        assert!(asked.elapsed() < PATIENCE, "{path} does not come: {page}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// All bytes of all files below a folder.
fn everything(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for name in names(folder) {
        let path = folder.join(name);
        if path.is_dir() {
            all.extend(everything(&path));
        } else {
            all.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    all
}

fn has(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

fn traces<'a>(filing: &'a Filing, receipt: &'a Receipt) -> [&'a str; 6] {
    [&filing.words, &filing.place, &filing.name, &filing.phone, &receipt.code, ANSWER]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demand_goes_in_and_its_answer_comes_out() {
    let zones = Zones::new();
    // given an outside that was never told anything
    let server = zones.outside(&[("XIAONENG__OPERATE__LISTEN", "127.0.0.1:0")]).await;
    assert!(until(server.address, "/", |_| true).await.contains("暂时不能网上提交"));
    assert_eq!(Client::new(server.address).get("/desk/sign-in").await.unwrap().status, 404);
    let admin = server.admin().unwrap();
    until(admin, "/readyz", |lines| lines.contains("fault  spool") && lines.contains("还没有收到内网的规则")).await;
    // when the inner zone tells it the rules, then citizens can file
    assert_eq!(zones.ferry_out()["cases"], 20);
    until(server.address, "/", |page| !page.contains("暂时不能网上提交")).await;
    until(admin, "/readyz", |lines| lines.starts_with("ready") && lines.contains("ok     spool")).await;
    let figures = until(server.address, "/public", |page| !page.contains("还没有数据")).await;
    assert!(!figures.contains("/public/cases"), "no link leads to a page that is not there");
    let home = until(server.address, "/", |_| true).await;
    for link in links(&home, "/") {
        assert_ne!(Client::new(server.address).get(&link).await.unwrap().status, 404, "{link}");
    }
    let (filing, mut filed) = explore(server.address).await.unwrap();
    assert!(filed.submit().await.unwrap());
    let receipt = filed.receipt().await.unwrap();
    // and the same form again is the same letter
    assert!(filed.submit().await.unwrap());
    assert_eq!(filed.receipt().await.unwrap(), receipt);
    assert_eq!((names(&zones.outer.join("inward")).len(), names(&zones.outer.join("held")).len()), (1, 1));
    // and it can be followed at once, with its code only
    let mut citizen = track(server.address, &receipt).await.unwrap();
    assert!(citizen.get("/track/case").await.unwrap().text().contains("已经收到，等待受理"));
    let other = if receipt.code.starts_with('Z') { "Y" } else { "Z" };
    let wrong = Receipt { code: receipt.code.replace(|c| c == receipt.code.chars().next().unwrap(), other), ..receipt.clone() };
    assert!(track(server.address, &wrong).await.is_err());
    // and nothing of it stands in the clear on the disk of the outside
    let letter = everything(&zones.outer.join("held")).remove(0);
    for (path, bytes) in everything(&zones.outer) {
        let found: Vec<&str> = traces(&filing, &receipt).into_iter().filter(|words| has(&bytes, words)).collect();
        assert!(found.is_empty(), "{} shows {found:?}", path.display());
    }

    // when it is carried in, then the desk sees it, once, however often it comes
    let before = zones.events();
    assert_eq!(zones.ferry_in()["taken"], 1);
    let after = zones.events();
    assert_eq!(after, before + 1);
    std::fs::write(zones.inner.join("inward").join(letter.0.file_name().unwrap()), &letter.1).unwrap();
    let again = zones.ferry_in();
    assert_eq!((&again["taken"], &again["already"], zones.events()), (&0.into(), &1.into(), after));
    assert!(names(&zones.inner.join("inward")).is_empty());
    let inside = Server::start(&zones.data, UNLIMITED).await.unwrap();
    let mut desk = sign_in(inside.address, "dispatcher").await.unwrap();
    let path = format!("/desk/case/{}", receipt.number);
    let page = desk.get(&path).await.unwrap().text();
    assert!(page.contains(&filing.words) && page.contains(&filing.name), "{page}");
    let act = format!("{path}/answer-directly");
    let form = form_to(&page, &act).unwrap();
    assert_eq!(desk.post(&act, &form.with(&[("answer", ANSWER)])).await.unwrap().status, 303);
    // and who files at a kiosk of the inner zone follows the same case with the same code there
    track(inside.address, &receipt).await.unwrap();
    inside.stop().await.unwrap();

    // when the outcome is carried out, then the citizen reads the answer outside
    assert_eq!(zones.ferry_out()["cases"], 1);
    let page = shown(&mut citizen, "/track/case", |page| page.contains(ANSWER)).await;
    assert!(page.contains("办理情况更新到"), "{page}");
    assert!(names(&zones.outer.join("held")).is_empty() && names(&zones.outer.join("outward")).is_empty());
    assert_eq!(filed.receipt().await.unwrap(), receipt, "the receipt stands");
    // and rates it, which is shown at once, and known inside after the next ferry
    let form = form_to(&page, "/track/rate").unwrap();
    let rate = form.with(&[("grade", "5"), ("comment", "很快就修好了，谢谢")]);
    assert_eq!(citizen.post("/track/rate", &rate).await.unwrap().location(), "/track/case");
    let page = citizen.get("/track/case").await.unwrap().text();
    assert!(page.contains("很快就修好了") && form_to(&page, "/track/rate").is_none(), "{page}");
    assert_eq!(citizen.post("/track/rate", &rate).await.unwrap().status, 422);
    let objection = form_to(&page, "/track/unsolved").unwrap();
    assert_eq!(citizen.post("/track/unsolved", &objection.with(&[("reason", "短")])).await.unwrap().status, 422);
    let reason = objection.with(&[("reason", "昨晚又不亮了，请再来看看")]);
    assert_eq!(citizen.post("/track/unsolved", &reason).await.unwrap().status, 303);
    assert_eq!(zones.ferry_in()["taken"], 2);
    zones.ferry_out();
    let page = shown(&mut citizen, "/track/case", |page| page.contains("热线办正在研判")).await;
    assert!(page.contains("昨晚又不亮了") && page.contains("很快就修好了"), "{page}");
    // and when nothing happens, nothing is told
    assert_eq!(zones.ferry_out()["parcels"], 0);
    assert_eq!(zones.ferry_in()["taken"], 0);
    let said = server.said();
    for words in traces(&filing, &receipt).into_iter().chain([receipt.number.as_str()]) {
        assert!(!said.contains(words), "the operating log says {words}");
    }
    // and all of it can be said anew to an outside that lost everything
    server.kill().unwrap();
    std::fs::remove_file(zones.outer.join("outside.db")).unwrap();
    zones.ferry(&["out", "--full"]).good();
    zones.gate("outward");
    let server = zones.outside(&[]).await;
    until(server.address, "/", |page| !page.contains("暂时不能网上提交")).await;
    let mut citizen = track(server.address, &receipt).await.unwrap();
    assert!(citizen.get("/track/case").await.unwrap().text().contains(ANSWER));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_letters_are_named_and_kept_and_change_nothing() {
    let zones = Zones::new();
    let server = zones.ready(&[]).await;
    let (_, mut filed) = explore(server.address).await.unwrap();
    assert!(filed.submit().await.unwrap());
    let (_, good) = everything(&zones.outer.join("held")).remove(0);
    let inward = zones.inner.join("inward");
    std::fs::create_dir_all(&inward).unwrap();
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let stranger: OutsideKey = {
        let other = vault::Vault::new(vault::MasterKey::from_bytes([9; 32]), std::sync::Arc::new(OsEntropy));
        other.outside_key(1)
    };
    let mut rated = serde_json::json!({"form": uuid::Uuid::from_u128(1), "at": "2020-01-01T00:00:00Z", "what": {"rate": {}}});
    let late = rated.to_string();
    rated["what"] = serde_json::json!({"rate": {"number": "00000000000", "code": "0000000000000000", "stars": 1, "words": ""}});
    let old = rated.to_string();
    for (name, bytes, reason) in [
        ("a1", changed(70), "损坏"),
        ("a2", good[..good.len() - 9].to_vec(), "损坏"),
        ("a3", b"hello".to_vec(), "不是本平台的摆渡文件"),
        ("a4", changed(4).into_iter().enumerate().map(|(at, byte)| if at == 4 { 9 } else { byte }).collect(), "比本程序新"),
        ("a5", stranger.seal(b"{}", &OsEntropy), "另一个安装"),
        ("a6", vec![0; 70_000], "超过上限"),
        ("a7", zones.key().seal(late.as_bytes(), &OsEntropy), "无法识别"),
        ("a8", zones.key().seal(old.as_bytes(), &OsEntropy), "不合理"),
    ] {
        let path = inward.join(format!("{name}.xnin"));
        std::fs::write(&path, bytes).unwrap();
        // Not still being copied.
        File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let before = zones.events();
        let err = zones.ferry(&["in", "--actor", "值班员"]).bad(1);
        assert!(err.contains(reason), "{name}: {err}");
        assert_eq!(zones.events(), before, "{name}");
        assert!(!path.exists() && zones.inner.join("refused").join(format!("{name}.xnin")).exists(), "{name}");
    }
    // a file that the gate is still writing waits
    std::fs::write(inward.join("b1.xnin"), &good[..good.len() / 2]).unwrap();
    let waits = zones.ferry(&["in", "--actor", "值班员"]).json();
    assert_eq!((&waits["waiting"], &waits["refused"]), (&1.into(), &serde_json::json!([])));
    std::fs::write(inward.join("b1.xnin"), &good).unwrap();
    assert_eq!(zones.ferry(&["in", "--actor", "值班员"]).json()["taken"], 1);
    // a parcel that is not of the inner zone is refused outside, and a good one taken
    zones.ferry_out();
    let outward = zones.outer.join("outward");
    std::fs::write(outward.join("000000009999.xnou"), zones.key().seal(b"{}", &OsEntropy)).unwrap();
    let asked = std::time::Instant::now();
    while !names(&outward).is_empty() {
        assert!(asked.elapsed() < PATIENCE, "{:?}", names(&outward));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(names(&zones.outer.join("refused")), ["000000009999.xnou"]);
    while !server.said().contains("a parcel was refused") {
        assert!(asked.elapsed() < PATIENCE, "{}", server.said());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outside_that_is_killed_loses_nothing_and_doubles_nothing() {
    const FILED: usize = 8;
    let zones = Zones::new();
    let server = zones.ready(&[]).await;
    let (filing, first) = explore(server.address).await.unwrap();
    let mut ready = vec![first];
    for n in 1..FILED {
        ready.push(walk(server.address, filing.nth(n)).await.unwrap());
    }
    // when it is killed in the middle of many filings
    let mut acknowledged = 0;
    for one in ready.iter_mut().take(FILED / 2) {
        assert!(one.submit().await.unwrap());
        acknowledged += 1;
    }
    let (killed, tasks): (_, Vec<_>) = {
        let tasks = ready
            .drain(FILED / 2..)
            .map(|mut one| tokio::spawn(async move { (one.submit().await.unwrap_or(false), one) }))
            .collect::<Vec<_>>();
        tokio::task::yield_now().await;
        (server.kill(), tasks)
    };
    killed.unwrap();
    for task in tasks {
        let (done, one) = task.await.unwrap();
        acknowledged += usize::from(done);
        ready.push(one);
    }
    assert!(names(&zones.outer.join("held")).len() >= acknowledged, "what was acknowledged stands");
    // then everybody who sends again has one receipt, and every demand is one case inside
    let server = zones.outside(&[]).await;
    let mut numbers = std::collections::BTreeSet::new();
    for one in &mut ready {
        one.client.move_to(server.address);
        assert!(one.submit().await.unwrap());
        numbers.insert(one.receipt().await.unwrap().number);
    }
    assert_eq!((numbers.len(), names(&zones.outer.join("held")).len()), (FILED, FILED));
    let before = zones.events();
    let taken = zones.ferry_in();
    assert_eq!((taken["taken"].as_u64().unwrap(), zones.events()), (FILED as u64, before + FILED as u64));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_spool_pauses_filing_and_loses_nothing_that_was_typed() {
    let zones = Zones::new();
    let server = zones.ready(&[("XIAONENG__ZONES__MOST_HELD", "1")]).await;
    let (filing, mut first) = explore(server.address).await.unwrap();
    let mut second: Ready = walk(server.address, filing.nth(1)).await.unwrap();
    assert!(first.submit().await.unwrap());
    let request = second.request();
    let answer = second.client.send(&request).await.unwrap();
    let page = answer.text();
    assert_eq!(answer.status, 503);
    assert!(page.contains("没有提交") && page.contains(&second.filing.words), "{page}");
    // the first again is no second letter
    assert!(first.submit().await.unwrap());
    // when the inner zone has acknowledged the first, then the second goes
    zones.ferry_in();
    zones.ferry_out();
    let asked = std::time::Instant::now();
    while !second.submit().await.unwrap() {
        assert!(asked.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(zones.ferry_in()["taken"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_inside_carries_by_itself() {
    let zones = Zones::new();
    // given both zones on one folder that the gate keeps alike
    let spool = text(&zones.outer);
    let settings = [UNLIMITED, &[("XIAONENG__ZONES__SPOOL", spool), ("XIAONENG__ZONES__SECONDS", "1")]].concat();
    let inside = Server::start(&zones.data, &settings).await.unwrap();
    let outside = zones.outside(&[]).await;
    until(outside.address, "/", |page| !page.contains("暂时不能网上提交")).await;
    // when somebody files outside, then the desk sees it and the letter is acknowledged, and nobody did anything
    let (filing, mut filed) = explore(outside.address).await.unwrap();
    assert!(filed.submit().await.unwrap());
    let receipt = filed.receipt().await.unwrap();
    let mut desk = sign_in(inside.address, "dispatcher").await.unwrap();
    shown(&mut desk, &format!("/desk/case/{}", receipt.number), |page| page.contains(&filing.words)).await;
    let asked = std::time::Instant::now();
    while !names(&zones.outer.join("held")).is_empty() {
        assert!(asked.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(inside.stop().await.unwrap().success());
}

#[test]
fn settings_reach_key_and_ferry_as_they_reach_a_server() {
    let zones = Zones::new();
    let config = zones.data.with_file_name("xiaoneng.toml");
    let environment = [("XIAONENG_CONFIG", text(&config)), ("XIAONENG_DATA", text(&zones.data))];
    std::fs::write(&config, "[zones]\ngeneration = 2\n").unwrap();
    assert!(call_in(&environment, ["zones", "key"]).good().contains("第 2 代"));
    assert!(call_in(&environment, ["zones", "key", "--set", "zones.generation=3"]).good().contains("第 3 代"));
    let spool = text(&zones.inner);
    let ferries: [&[&str]; 2] = [&["ferry", "in", "--actor", "值班员", "--spool", spool], &["ferry", "out", "--spool", spool]];
    for words in ferries {
        call_in(&environment, words).good();
        let err = call_in(&environment, words.iter().chain(&["--set", "zones.generation=17"])).bad(1);
        assert!(err.contains("zones.generation"), "{err}");
    }
    std::fs::write(&config, "[zones]\ngeneratio = 2\n").unwrap();
    for words in ferries.into_iter().chain([&["zones", "key"][..]]) {
        assert!(call_in(&environment, words).bad(2).contains("是不是 zones.generation"), "{words:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outside_that_is_told_twice_ends_at_once_and_its_two_addresses_differ() {
    let zones = Zones::new();
    let one = ["--listen", "127.0.0.1:18097", "--admin-listen", "127.0.0.1:18097"];
    let err = call(["outside", "--spool", text(&zones.outer)].iter().chain(&one)).bad(2);
    assert!(err.contains("--admin-listen"), "{err}");
    let server = zones.outside(&[("XIAONENG__OPERATE__LISTEN", "127.0.0.1:0"), ("XIAONENG__OPERATE__DRAIN_SECONDS", "3600")]).await;
    let admin = server.admin().unwrap();
    server.signal("TERM").unwrap();
    until(admin, "/readyz", |lines| lines.contains("fault  stopping")).await;
    // The second one is that of `stop`.
    assert_eq!(server.stop().await.unwrap().code(), Some(1));
    // Told once it ends in order.
    let server = zones.outside(&[]).await;
    assert!(server.stop().await.unwrap().success());
}
