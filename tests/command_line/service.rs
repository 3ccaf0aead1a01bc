//! `ops/install` and the line that the systemd unit starts: from nothing to the first case, below a directory of its own.
//! `tests/first_start` does the same under a systemd of its own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::client::Client;
use tests::filing::explore;
use tests::html::form_to;
use tests::server::Server;

use super::call::{ended, text};

fn ops() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops")
}

/// Runs a program that must succeed and gives what it printed.
fn run(command: &mut Command) -> String {
    ended(command).good()
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

/// Starts the unit's own line below `root`, with the key as the credential that the unit loads.
async fn start(root: &Path) -> Server {
    let unit = std::fs::read_to_string(root.join("etc/systemd/system/xiaoneng.service")).unwrap();
    let below = |word: &str| if word.starts_with('/') { format!("{}{word}", text(root)) } else { word.to_owned() };
    let words: Vec<String> = of_unit(&unit, "ExecStart").split(' ').map(below).collect();
    let key = below(of_unit(&unit, "LoadCredential").strip_prefix("master.key:").unwrap());
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .env_clear()
        .env("CREDENTIALS_DIRECTORY", Path::new(&key).parent().unwrap())
        .env("XIAONENG__WEB__LISTEN", "127.0.0.1:0")
        .env("XIAONENG__OPERATE__LISTEN", "127.0.0.1:0");
    Server::of(command).await.unwrap()
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
    let server = start(&root).await;
    // three: the doctor beside it
    let doctor = run(Command::new(root.join("usr/local/bin/xiaonengctl")).arg("doctor"));
    assert!(doctor.contains("主密钥能打开") && doctor.contains("现行规则"), "{doctor}");
    let proof = run(Command::new(root.join("usr/local/bin/xiaonengctl")).arg("verify"));
    assert!(proof.contains("全部完好"), "{proof}");
    // a citizen files, and the dispatcher is let in to choose a password
    let (_, mut ready) = explore(server.address).await.unwrap();
    assert!(ready.submit().await.unwrap());
    assert_eq!(ready.receipt().await.unwrap().number.len(), 11);
    let mut client = Client::new(server.address);
    let page = client.get("/desk/sign-in").await.unwrap().text();
    let form = form_to(&page, "/desk/sign-in").unwrap();
    let answer = client.post("/desk/sign-in", &form.with(&[("login", "pd01"), ("password", &password)])).await.unwrap();
    assert_eq!((answer.status, answer.location()), (303, "/desk/password"));
    // it ends in order
    assert!(server.stop().await.unwrap().success());
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
    // nobody said who installs
    ended(&mut install(&root)).bad(2);
    ended(install(&root).args(["--actor", "张工", "--units", "/nowhere.csv"])).bad(2);
    assert!(!root.exists());
    let units = dir.path().join("units.csv");
    std::fs::write(&units, "code,name,parent,level\nB,城管局,X,city\n").unwrap();
    ended(install(&root).args(["--actor", "张工", "--units", text(&units)])).bad(1);
    assert!(!root.join("var/lib/xiaoneng/log.db").exists());
    // mended, the same call goes through
    std::fs::write(&units, "code,name,parent,level\nB,城管局,,city\n").unwrap();
    run(install(&root).args(["--actor", "张工", "--units", text(&units)]));
}

#[test]
fn tables_of_one_name_in_two_folders_are_both_taken() {
    let dir = tempfile::tempdir().unwrap();
    let [units, accounts] = ["units", "accounts"].map(|folder| {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
        dir.path().join(folder).join("table.csv")
    });
    std::fs::write(&units, "code,name,parent,level\nB,城管局,,city\n").unwrap();
    std::fs::write(&accounts, "login,name,unit,roles\nzhang,张三,B,话务员\n").unwrap();
    let root = dir.path().join("root");
    let out = run(install(&root).args(["--actor", "张工", "--units", text(&units), "--accounts", text(&accounts)]));
    assert!(out.contains("单位：新登记 1") && out.contains("账号：新开立 1"), "{out}");
}
