//! `ops/install` and the line that the systemd unit starts: from nothing to the first case, below a directory of its own.
//! `tests/first_start` does the same as the service's user on a read-only root.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tests::client::Client;
use tests::filing::explore;
use tests::html::form_to;

use super::call::text;

fn ops() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops")
}

/// Runs a program that must succeed and gives what it printed.
fn run(command: &mut Command) -> String {
    let done = command.output().unwrap();
    let out = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{command:?}: {out}{}", String::from_utf8_lossy(&done.stderr));
    out
}

fn install(root: &Path) -> Command {
    let mut command = Command::new(ops().join("install"));
    command.args(["--root", text(root), "--binary"]).arg(tests::server::binary().unwrap());
    command
}

/// A setting of the unit; the last one counts.
fn of_unit(unit: &str, name: &str) -> String {
    unit.lines().filter_map(|line| line.strip_prefix(&format!("{name}="))).next_back().unwrap().to_owned()
}

/// A server that does not outlive a test that fails.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts the unit's own line below `root`, with the key as the credential that the unit loads.
fn start(root: &Path) -> (Started, SocketAddr) {
    let unit = std::fs::read_to_string(root.join("etc/systemd/system/xiaoneng.service")).unwrap();
    let below = |word: &str| if word.starts_with('/') { format!("{}{word}", text(root)) } else { word.to_owned() };
    let words: Vec<String> = of_unit(&unit, "ExecStart").split(' ').map(below).collect();
    let key = below(of_unit(&unit, "LoadCredential").strip_prefix("master.key:").unwrap());
    let child = Command::new(&words[0])
        .args(&words[1..])
        .env_clear()
        .env("CREDENTIALS_DIRECTORY", Path::new(&key).parent().unwrap())
        .env("XIAONENG__WEB__LISTEN", "127.0.0.1:0")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Started(child);
    let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.find_map(|line| line.split_once("http://").map(|(_, rest)| rest.to_owned())).unwrap();
    let end = said.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ':'))).unwrap_or(said.len());
    // What it says later must be read, or it would wait.
    std::thread::spawn(move || lines.for_each(drop));
    (child, said[..end].parse().unwrap())
}

#[tokio::test]
async fn three_commands_lead_from_nothing_to_the_first_case() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    // one: the installation, with units and accounts of the documents
    let example = |name: &str| ops().join("config").join(name);
    let out = run(install(&root)
        .args(["--actor", "张工", "--units"])
        .arg(example("units-example.csv"))
        .arg("--accounts")
        .arg(example("accounts-example.csv")));
    assert!(out.contains("单位：新登记 7") && out.contains("账号：新开立 9"), "{out}");
    let password = out.lines().find_map(|line| line.trim().strip_prefix("pd01")).unwrap().trim().to_owned();
    let mode = |path: &str| std::fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("var/lib/xiaoneng"), mode("etc/xiaoneng/keys"), mode("etc/xiaoneng/keys/master.key")), (0o700, 0o700, 0o600));
    assert!(!root.join("var/lib/xiaoneng/master.key").exists(), "the key lies apart from the data");
    // two: the server, as the unit starts it
    let (mut child, address) = start(&root);
    // three: the doctor beside it
    let doctor = run(Command::new(root.join("usr/local/bin/xiaonengctl")).arg("doctor"));
    assert!(doctor.contains("主密钥能打开") && doctor.contains("现行规则"), "{doctor}");
    // a citizen files, and the dispatcher is let in to choose a password
    let (_, mut ready) = explore(address).await.unwrap();
    assert!(ready.submit().await.unwrap());
    assert_eq!(ready.receipt().await.unwrap().number.len(), 11);
    let mut client = Client::new(address);
    let page = client.get("/desk/sign-in").await.unwrap().text();
    let form = form_to(&page, "/desk/sign-in").unwrap();
    let answer = client.post("/desk/sign-in", &form.with(&[("login", "pd01"), ("password", &password)])).await.unwrap();
    assert_eq!((answer.status, answer.location()), (303, "/desk/password"));
    // it ends in order
    run(Command::new("kill").args(["-TERM", &child.0.id().to_string()]));
    assert!(child.0.wait().unwrap().success());
    // again: the program alone is brought up to date
    let settings = root.join("etc/xiaoneng/xiaoneng.toml");
    std::fs::write(&settings, "[web]\nsite_name = \"清源市\"\n").unwrap();
    assert!(run(&mut install(&root)).contains("已有安装"));
    assert!(std::fs::read_to_string(&settings).unwrap().contains("清源市"));
}

#[test]
fn an_installation_that_cannot_be_made_leaves_none() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    let status = |command: &mut Command| command.stderr(Stdio::null()).stdout(Stdio::null()).status().unwrap().code();
    assert_eq!(status(&mut install(&root)), Some(2), "nobody said who installs");
    assert_eq!(status(install(&root).args(["--actor", "张工", "--units", "/nowhere.csv"])), Some(2));
    assert!(!root.exists());
    let units = dir.path().join("units.csv");
    std::fs::write(&units, "code,name,parent,level\nB,城管局,X,city\n").unwrap();
    assert_eq!(status(install(&root).args(["--actor", "张工", "--units", text(&units)])), Some(1));
    assert!(!root.join("var/lib/xiaoneng/log.db").exists());
    // mended, the same call goes through
    std::fs::write(&units, "code,name,parent,level\nB,城管局,,city\n").unwrap();
    run(install(&root).args(["--actor", "张工", "--units", text(&units)]));
}
