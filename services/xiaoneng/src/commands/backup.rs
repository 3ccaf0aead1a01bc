//! `xiaoneng backup`: log and keys into two files, also beside a running server.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use application::backups::make::{Made, Wanted, make};
use application::backups::{Backups, Fault, Held, Run, RunKind};
use application::clock::SystemClock;
use domain::time::Clock;

use super::{Failure, told};
use crate::settings::Settings;
use crate::{cli, installation, node, output};

pub(super) async fn run(words: cli::Backup) -> Result<(), Failure> {
    if installation::log_dir(&words.place).is_none() {
        return Err(Failure::Usage(
            "集群日志不用本命令备份：请按 ops/eventstore/runbook.md 备份集群，或先用 xiaoneng log copy 复制到一个目录，再备份那个目录"
                .to_owned(),
        ));
    }
    installation::must_be_there(&words.place)?;
    let storage = Settings::of(&words.settings)?.storage;
    let attachments = node::attachments(&words.place, words.attachments.as_deref().or(storage.attachments.as_deref()));
    let started = Instant::now();
    let made = backed_up(&words, &attachments).await;
    note(&words.place.data, RunKind::Backup, started, made.as_ref().map(Made::held));
    let seconds = started.elapsed().as_secs_f64();
    let made = made?;
    say(&words, &made, seconds);
    if words.rehearse {
        super::rehearse::by_hand(&words.out, &words.keys_out, &words.place, words.json).await?;
    }
    Ok(())
}

async fn backed_up(words: &cli::Backup, attachments: &Path) -> anyhow::Result<Made> {
    let log = installation::log(&words.place, Arc::new(SystemClock)).await?;
    let progress = output::Progress::new("已备份");
    let stop = AtomicBool::new(false);
    let wanted = Wanted {
        data: &words.place.data,
        attachments,
        out: &words.out,
        keys_out: &words.keys_out,
        force: words.force,
        at: SystemClock.now(),
        breath: Duration::ZERO,
        stop: &stop,
    };
    Ok(make(&*log, &wanted, &|done, of| progress.tell(done, of)).await?)
}

/// Keeps beside the data how a run ended, with its events and bytes or with why it failed; a full disk there takes nothing
/// from the backup.
pub(super) fn note(data: &Path, kind: RunKind, started: Instant, ended: Result<Held, &anyhow::Error>) {
    // A refused word of the call says nothing about backups.
    let refused = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(Fault::Exists(_) | Fault::OneFile | Fault::Busy(_)));
    if ended.is_err_and(refused) {
        return;
    }
    let run = Run::ended(SystemClock.now(), started.elapsed(), ended.map_err(told));
    let backups = Backups::read(data).and(kind, run);
    if let (RunKind::Backup, Some(missing @ 1..)) = (kind, backups.backup.as_ref().map(|run| run.missing)) {
        output::error(&format!("注意：附件比以前的备份少 {missing} 个，请核对附件目录（ops/docs/operating.md#backup-old）"));
    }
    if let Err(error) = backups.write(data) {
        output::error(&format!("备份记录未能写入 {}：{error}", data.display()));
    }
}

fn say(words: &cli::Backup, made: &Made, seconds: f64) {
    if words.json {
        let facts = serde_json::json!({
            "events": made.log.size, "root": made.log.root, "installation": made.log.label.installation,
            "attachments": made.held().attachments, "bytes": made.log_bytes, "keys_bytes": made.keys_bytes, "keys_events": made.keys.size,
            "views_compared": made.log.views.is_some(), "seconds": seconds,
        });
        output::line(&facts.to_string());
        return;
    }
    let Held { events, attachments, .. } = made.held();
    output::line(&format!("{events} 个事件，附件 {attachments} 个，根 {}，{seconds:.1} 秒；已读回核对", made.log.root));
    output::line(&format!("日志备份 {}，{:.1} MB", words.out.display(), made.log_bytes as f64 / 1e6));
    output::line(&format!("密钥备份 {}，{:.1} MB：只保留最新一份，与日志分开存放", words.keys_out.display(), made.keys_bytes as f64 / 1e6));
    let device = |path: &Path| std::fs::metadata(path).map(|meta| meta.dev()).ok();
    if device(&words.out) == device(&words.keys_out) {
        output::error("注意：两个文件在同一个文件系统上，请尽快把密钥备份移到别处");
    }
    output::error("主密钥 master.key 不在其中，须另行托管；没有它，备份中的内容打不开");
}
