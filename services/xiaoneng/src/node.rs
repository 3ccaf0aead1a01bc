//! A node among several on one log: what its data directory needs before it starts, and when it may serve.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use application::Application;
use application::attachments::FOLDER;
use event_log::{Cursor, EventLog, LogError};
use vault::Vault;

use crate::cli::{LogAddress, Place};
use crate::output;

/// Between two looks at how far the views are.
const LOOK: Duration = Duration::from_millis(500);
/// Events among which the first sealed one is looked for, and how many are read at once.
const LOOKED_AT: u64 = 4_096;
const READ: usize = 128;

/// What to do when there is no key that can be used. A node makes none: a key of its own would open nothing.
pub(crate) fn no_key(place: &Place) -> String {
    let dir = place.data.display();
    match place.log {
        None => format!("{dir} 的主密钥不能使用"),
        Some(_) => format!(
            "{dir} 还不能作为节点启动：每个节点都要有同一个主密钥。请从已有节点原样复制：install -D -m 600 已有节点/master.key {dir}/master.key；其余文件会从日志自动建立"
        ),
    }
}

/// What to do instead of founding an installation on a log that stands already.
pub(crate) fn no_init(place: &Place) -> String {
    format!(
        "那里已有一份日志，不能再次初始化；没有生成密钥。要增加一个节点，{}",
        no_key(place).split_once('。').map_or("", |(_, rest)| rest)
    )
}

/// What is said of another installation's master key.
pub(crate) const OTHER_KEY: &str =
    "主密钥与日志不符：它打不开日志中的密钥。请先把这个 master.key 移到别处保管，再从托管处或已有节点取回建立这份日志的那一个";

/// Refuses a master key that is not that of the log, before anything is made with it.
pub(crate) async fn must_fit(log: &dyn EventLog, vault: &Vault) -> anyhow::Result<()> {
    if fits(log, vault).await? == Some(false) {
        bail!(OTHER_KEY);
    }
    Ok(())
}

/// Whether a master key is that of the log: whether it unwraps the keys of the first sealed event that still has any. Accounts
/// are sealed and stand at the beginning. `None` when nothing can be tried yet.
///
/// # Errors
/// When the log cannot be read.
pub(crate) async fn fits(log: &dyn EventLog, vault: &Vault) -> Result<Option<bool>, LogError> {
    let mut cursor = Cursor::default();
    loop {
        let batch = log.read_all(&cursor, READ).await?;
        for event in batch.events.iter().filter(|event| !event.sealed.is_empty()) {
            let keys = log.keys_of(&event.stream).await?;
            // Destroyed keys say nothing.
            if keys.is_empty() {
                continue;
            }
            return Ok(Some(vault.keyring(&event.stream, keys).is_ok()));
        }
        if batch.at_head || batch.events.last().is_some_and(|last| last.seq >= LOOKED_AT) {
            return Ok(None);
        }
        cursor = batch.next;
    }
}

/// Waits until the views have reached the head of the log. Before that a node would show old pages, and would take for
/// living what was ended on another node while this one was down: sessions, accounts, persons. Views that have stopped do
/// not keep it from serving: filing needs none, and every page says how old they are.
pub(crate) async fn up_to_date(app: &Application) -> anyhow::Result<()> {
    let size = app.log.head().await?.size;
    let progress = output::Progress::new("视图正在追赶日志");
    while !app.projections.wait_for(size, LOOK).await {
        let health = app.projections.health();
        if !health.is_good() {
            output::error("视图没有跟上日志就停下了，页面会标明数据的时间；原因见上面的日志和 xiaoneng doctor");
            return Ok(());
        }
        progress.tell(health.position, size);
    }
    Ok(())
}

/// Where photos lie: as set, else beside a log that several nodes share, else in the data directory.
pub(crate) fn attachments(place: &Place, set: Option<&Path>) -> PathBuf {
    match (set, &place.log) {
        (Some(dir), _) => dir.to_owned(),
        (None, Some(LogAddress::Directory(dir))) => dir.join(FOLDER),
        (None, Some(LogAddress::Cluster(_)) | None) => place.data.join(FOLDER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_lie_where_every_node_finds_them() {
        let place = |log: Option<&str>| Place { data: "node2".into(), log: log.map(|log| log.parse().unwrap()) };
        assert_eq!(attachments(&place(None), None), Path::new("node2/attachments"));
        assert_eq!(attachments(&place(Some("/srv/log")), None), Path::new("/srv/log/attachments"));
        assert_eq!(attachments(&place(Some("esdb://a:2113")), None), Path::new("node2/attachments"));
        assert_eq!(attachments(&place(Some("esdb://a:2113")), Some(Path::new("/mnt/photos"))), Path::new("/mnt/photos"));
    }
}
