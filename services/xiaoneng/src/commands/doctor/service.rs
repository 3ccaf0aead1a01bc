//! What surrounds the data: settings, the port, the credentials of the unit, backups.

use std::net::TcpListener;
use std::path::Path;

use application::backups::Backups;
use chrono::TimeDelta;
use domain::time::Instant;

use super::Findings;
use crate::cli::Configured;
use crate::installation::{self, KeyFile};
use crate::settings::{self, Settings};

/// Looks at the settings; the defaults stand in for what cannot be read.
pub(super) fn settings(found: &mut Findings, words: &Configured) -> Settings {
    match settings::load(words) {
        Ok(loaded) => {
            found.good(format!("设置没有问题，{} 项", loaded.values.len()));
            usable(found, &loaded.settings);
            loaded.settings
        }
        Err(faults) => {
            faults.iter().for_each(|fault| found.fault(format!("设置：{fault}")));
            Settings::default()
        }
    }
}

fn usable(found: &mut Findings, settings: &Settings) {
    match settings.automation.check() {
        Ok(()) => found.good(format!("通知方式 {} 可用", settings.automation.carrier.name())),
        Err(error) => found.fault(format!("通知：{error}")),
    }
    let site = &settings.automation.base_url;
    if settings.web.tls && !site.starts_with("https://") {
        found.note(format!("web.tls 已开，而通知里的网址 automation.base_url 是 {site}：请改成 https:// 开头的对外网址"));
    }
    if !settings.web.tls && !settings.web.listen.ip().is_loopback() {
        found.note(format!("网页直接监听 {} 且没有 TLS：口令和查询码会明文传输，请在前面放反向代理并打开 web.tls", settings.web.listen));
    }
    match TcpListener::bind(settings.web.listen) {
        Ok(_) => found.good(format!("监听地址 {} 空闲", settings.web.listen)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            found.note(format!("监听地址 {} 已被占用：服务正在运行时正常，否则请换 web.listen", settings.web.listen));
        }
        Err(error) => found.fault(format!("监听地址 {} 不能使用（{error}）：请换 web.listen", settings.web.listen)),
    }
}

/// systemd shows the credentials of a unit in a folder; one that is asked for and missing is worth a word.
pub(super) fn credentials(found: &mut Findings, data: &Path) {
    let Some(folder) = settings::credentials() else { return };
    match installation::key_file(data) {
        KeyFile::Credential(path) => found.good(format!("主密钥来自 systemd 凭据 {}", path.display())),
        other => found.note(format!("systemd 凭据目录 {} 里没有 master.key，用的是 {}", folder.display(), other.path().display())),
    }
}

/// Backups are noted when there never was one, and a fault when they stopped.
pub(super) fn backups(found: &mut Findings, data: &Path, settings: &Settings, now: Instant) {
    let backups = Backups::read(data);
    let hours = |at: Instant| (now - at).max(TimeDelta::zero()).num_hours();
    let aged = |at: Instant, limit: i64| now - at > TimeDelta::hours(limit);
    match &backups.backup {
        None => found.note("还没有备份：见 ops/runbooks/backup.md"),
        Some(run) if aged(run.at, settings.operate.backup_hours) => {
            found.fault(format!("最近一次备份在 {} 小时前：请检查备份任务", hours(run.at)))
        }
        Some(run) if run.missing > 0 => {
            found.fault(format!("最近一次备份的附件比以前少 {} 个：请核对附件目录（[storage] attachments）", run.missing))
        }
        Some(run) => found.good(format!("最近一次备份在 {} 小时前，含 {} 个事件", hours(run.at), run.events)),
    }
    match &backups.rehearsal {
        None if backups.backup.is_some() => found.note("备份还没有演练过恢复"),
        Some(run) if aged(run.at, settings.operate.rehearsal_hours) => {
            found.fault(format!("最近一次恢复演练在 {} 小时前：请检查备份任务", hours(run.at)))
        }
        Some(run) => found.good(format!("最近一次恢复演练在 {} 小时前", hours(run.at))),
        None => {}
    }
    if let Some(fault) = backups.failed.as_ref().and_then(|run| run.fault.as_ref()) {
        found.fault(format!("最近一次备份或演练失败：{fault}"));
    }
}

#[cfg(test)]
mod tests {
    use application::backups::{Held, Run};

    use super::*;

    #[test]
    fn backups_that_stopped_are_a_fault_and_none_at_all_a_note() {
        let dir = tempfile::tempdir().unwrap();
        let now = domain::time::from_micros(1_800_000_000_000_000);
        let told = |backups: &Backups| {
            backups.write(dir.path()).unwrap();
            let mut found = Findings::default();
            super::backups(&mut found, dir.path(), &Settings::default(), now);
            (found.good.len(), found.notes.len(), found.faults.len())
        };
        let run = |hours: i64, fault: Option<&str>| {
            let ended = fault.map_or(Ok(Held { events: 1, attachments: 1, bytes: 1 }), |fault| Err(fault.to_owned()));
            Some(Run::ended(now - TimeDelta::hours(hours), std::time::Duration::ZERO, ended))
        };
        assert_eq!(told(&Backups::default()), (0, 1, 0));
        assert_eq!(told(&Backups { backup: run(26, None), rehearsal: run(50, None), failed: None }), (2, 0, 0));
        assert_eq!(told(&Backups { backup: run(27, None), rehearsal: run(51, None), failed: None }), (0, 0, 2));
        let mut lacking = run(1, None);
        lacking.iter_mut().for_each(|run| run.missing = 3);
        assert_eq!(told(&Backups { backup: lacking, rehearsal: run(1, None), failed: None }), (1, 0, 1));
        assert_eq!(told(&Backups { backup: run(1, None), rehearsal: None, failed: run(2, Some("磁盘已满")) }), (1, 1, 1));
    }
}
