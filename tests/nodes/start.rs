//! What a node needs to start, and what it says when that is missing.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tests::nodes::City;
use tests::server::{Server, binary, text};

/// Tries to start a node and gives what it said.
fn refused(data: &Path, log: &Path) -> String {
    let mut command = Command::new(binary().unwrap());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data", text(data), "--log", text(log)]);
    let done = command.output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stderr).unwrap()
}

#[tokio::test]
async fn a_node_without_the_key_or_with_another_one_says_what_to_bring_and_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let city = City::make(dir.path(), 20, 1, 3, 3).unwrap();
    // given a directory without a key
    let node = city.node(2);
    std::fs::create_dir_all(&node).unwrap();
    // then the node names what is missing and how to bring it
    let said = refused(&node, &city.log);
    assert!(said.contains("master.key") && said.contains("install -D -m 600"), "{said}");
    // given a key of somebody else
    let key = node.join("master.key");
    std::fs::write(&key, "5".repeat(64)).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    // then it is refused before any view is made with it
    let said = refused(&node, &city.log);
    assert!(said.contains("主密钥与日志不符"), "{said}");
    assert!(!node.join("views.db").exists());
    // and nobody founds another installation on this log by mistake
    let third = city.node(3);
    let mut init = Command::new(binary().unwrap());
    let done = init.args(["init", "--data", text(&third), "--log", text(&city.log), "--actor", "test"]).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.code() == Some(1) && said.contains("增加一个节点") && said.contains("install -D"), "{said}");
    assert!(!third.join("master.key").exists());
    // given the key of the log, then the node starts and everything else is made from the log
    std::fs::remove_file(&key).unwrap();
    city.add(2).unwrap();
    let server: Server = city.start(2, &[]).await.unwrap();
    assert!(server.stop().await.unwrap().success());
    assert!(node.join("views.db").exists() && !node.join("log.db").exists());
}
