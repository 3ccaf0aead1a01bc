//! `xiaoneng restore`: verifies both files, restores them beside what is there, replays, compares, and only then puts the
//! result in its place.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use application::backups::restore::{Checked, Compared, Restored, Target, check, restore};
use application::clock::SystemClock;
use domain::time::Clock;
use projections::Pace;
use vault::{MasterKey, OsEntropy, Vault};

use super::Failure;
use crate::installation::KeyFile;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Restore) -> Result<(), Failure> {
    let vault = Arc::new(Vault::new(master(&words)?, Arc::new(OsEntropy)));
    let (file, keys) = (&*words.files.file, &*words.files.keys);
    let looked = || check(file, keys, Some(&vault), words.accept_older_keys, &|| Ok(()));
    if words.check {
        let checked = looked()?;
        contents(&checked, words.json);
        if !words.json {
            output::line("两个文件完好，互相匹配，主密钥正确；没有恢复任何内容（--check）");
        }
        return Ok(());
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // A directory that cannot be taken is told before anything long is done.
    let target = Target::take(&words.data, words.force, clock.now())?;
    output::error(&format!("将核对备份，在 {} 中恢复、重放、比较，成功后才放入 {}", target.work().display(), words.data.display()));
    let work = target.work();
    let done = async {
        let checked = looked()?;
        contents(&checked, false);
        bring(&words, &work)?;
        let progress = output::Progress::new("已恢复");
        let tell = |done, of| progress.tell(done, of);
        Ok::<_, anyhow::Error>(restore(&checked, (file, keys), &work, &vault, &clock, Pace::FAST, &tell).await?)
    };
    let restored = match done.await {
        Ok(restored) => restored,
        Err(error) => {
            // Why it failed is what counts; what is left of it goes with the next call.
            if let Err(left) = target.give_up() {
                output::error(&left.to_string());
            }
            return Err(error.into());
        }
    };
    let aside = target.put()?;
    say(&words, &restored, aside.as_deref());
    Ok(())
}

/// The key from escrow, or where the service would find it.
fn master(words: &cli::Restore) -> anyhow::Result<MasterKey> {
    if let Some(path) = &words.master {
        return MasterKey::load(path).with_context(|| path.display().to_string());
    }
    let file = installation::key_file(&words.data);
    if !file.path().exists() {
        bail!(
            "缺少主密钥，没有做任何改动。它不在备份里：请取回托管的 master.key，用 --master 文件 指定，或放到 {}（chmod 600）后再试",
            file.path().display()
        );
    }
    installation::key(&words.data, false)
}

/// The key from escrow goes in with the rest, unless the service finds its key outside of the directory.
fn bring(words: &cli::Restore, work: &Path) -> anyhow::Result<()> {
    let Some(master) = &words.master else { return Ok(()) };
    let KeyFile::Data(to) = installation::key_file(work) else { return Ok(()) };
    std::fs::copy(master, &to).and_then(|_| std::fs::set_permissions(&to, PermissionsExt::from_mode(0o600))).context("主密钥无法复制")
}

fn contents(checked: &Checked, json: bool) {
    let (log, keys) = (&checked.log, &checked.keys);
    if json {
        let facts = serde_json::json!({
            "events": log.size, "root": log.root, "installation": log.label.installation, "made_at": log.label.made_at,
            "program": log.label.program, "keys_events": keys.size, "keys_made_at": keys.label.made_at,
        });
        output::line(&facts.to_string());
        return;
    }
    let at = |made_at: domain::time::Instant| made_at.with_timezone(&domain::time::CHINA).format("%Y-%m-%d %H:%M:%S").to_string();
    output::error(&format!("日志备份：{} 个事件，作于 {}（{}），根 {}", log.size, at(log.label.made_at), log.label.program, log.root));
    output::error(&format!("密钥备份：截至第 {} 个事件，作于 {}", keys.size, at(keys.label.made_at)));
}

fn say(words: &cli::Restore, restored: &Restored, aside: Option<&Path>) {
    let data = words.data.display();
    if words.json {
        let views = match restored.views {
            Compared::Same => "same",
            Compared::Different => "different",
            Compared::Not => "not_compared",
        };
        let facts = serde_json::json!({
            "events": restored.events, "root": restored.root, "keys": restored.keys, "closed": restored.closed,
            "erased_again": restored.erased_again, "audit": restored.audit, "attachments": restored.attachments,
            "ballots": restored.ballots, "views": views, "aside": aside.map(PathBuf::from),
        });
        output::line(&facts.to_string());
        return;
    }
    output::line(&format!("已恢复到 {data}：{} 个事件，根 {}，全部核对完好", restored.events, restored.root));
    output::line(&format!("密钥 {} 把，阅读审计 {} 行，附件 {} 个", restored.keys, restored.audit, restored.attachments));
    if restored.erased_again > 0 {
        output::line(&format!("其中 {} 人在备份之后被删除，已重新删除", restored.erased_again));
    }
    if restored.closed > 0 {
        output::line(&format!("{} 条记录没有密钥，其中的文字打不开", restored.closed));
    }
    match restored.views {
        Compared::Same => output::line("视图与备份时一致"),
        Compared::Different => output::line("注意：重放出的视图与备份时不同；日志是准的，请保留备份并告知开发者"),
        Compared::Not => {}
    }
    if let Some(aside) = aside {
        output::line(&format!("原有内容移到 {}，确认无误后自行删除", aside.display()));
    }
    output::line(&format!("下一步：xiaoneng doctor --data {data}，再启动服务；检索索引会在启动后补建"));
}
