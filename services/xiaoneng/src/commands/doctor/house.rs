//! What stands in the directory: key, log, views, rules, calendar. Each check says why it fails; those that need what
//! failed are left out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use application::clock::SystemClock;
use domain::time::{Clock as _, Instant, legal_day, micros};
use event_log::{EventLog, TreeHead};
use projections::{Projections, Reference};
use vault::Vault;
use web::operate::{Level, checks};

use super::Findings;
use crate::cli::Place;
use crate::installation::{self, KeyFile};
use crate::node;

/// How long the views get to take in what is missing; a server that starts would do it as well.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn check(found: &mut Findings, place: &Place, now: Instant) {
    let vault = key(found, &place.data);
    let Some((log, head)) = log(found, place).await else { return };
    // A server beside it may have written since this began.
    if head.recorded_at > micros(SystemClock.now()) {
        found.fault("系统时间早于最后一个事件的记录时间：请校准服务器时间（NTP）");
    } else {
        found.good("系统时间在最后一个事件之后");
    }
    let Some(vault) = vault else { return };
    match node::fits(log.as_ref(), &vault).await {
        Ok(Some(true)) => found.good("主密钥能打开日志中的密钥"),
        Ok(None) => found.note("日志里还没有密封的内容，主密钥无从核对"),
        Ok(Some(false)) => {
            found.fault(node::OTHER_KEY);
            return;
        }
        Err(error) => {
            found.fault(error);
            return;
        }
    }
    if let Some(reference) = views(found, &place.data, &head, log, vault).await {
        rules(found, &reference, now);
    }
}

fn key(found: &mut Findings, data: &Path) -> Option<Arc<Vault>> {
    let file = installation::key_file(data);
    match installation::vault(data, false) {
        Ok(vault) => {
            found.good(format!("密钥文件 {} 可用，权限只限本人", file.path().display()));
            if let KeyFile::Data(_) = file {
                found.note("主密钥与日志在同一目录：复制目录的人两样都有。建议另放并用 XIAONENG_MASTER_KEY_FILE 或 systemd 凭据指明");
            }
            Some(vault)
        }
        Err(error) => {
            found.fault(format!("主密钥不可用：{error:#}"));
            None
        }
    }
}

async fn log(found: &mut Findings, place: &Place) -> Option<(Arc<dyn EventLog>, TreeHead)> {
    let opened = match installation::log(place, Arc::new(SystemClock)).await {
        Ok(log) => log.head().await.map(|head| (log, head)).map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    match opened {
        Ok((log, head)) => {
            found.good(format!("事件日志可以打开，共 {} 个事件，与水位记录一致", head.size));
            Some((log, head))
        }
        Err(error) => {
            found.fault(format!("{error:#}"));
            None
        }
    }
}

/// The views as they are after a moment: what a server has not taken in yet comes, what a view stopped at does not.
async fn views(found: &mut Findings, data: &Path, head: &TreeHead, log: Arc<dyn EventLog>, vault: Arc<Vault>) -> Option<Arc<Reference>> {
    let advice = || format!("请看运行日志；仍不行时运行 xiaoneng rebuild --data {}", data.display());
    let projections = match tokio::time::timeout(PATIENCE, Projections::start(data, log, vault)).await {
        Ok(Ok(projections)) => projections,
        Ok(Err(error)) => {
            found.fault(format!("视图无法打开：{error}。{}", advice()));
            return None;
        }
        Err(_) => {
            found.note("视图正在重建，没有等到完成");
            return None;
        }
    };
    match tokio::time::timeout(PATIENCE, projections.catch_up()).await {
        Ok(Ok(())) => found.good("视图与日志一致"),
        Ok(Err(error)) => found.fault(format!("视图停在第 {} 个事件：{error}。{}", projections.position(), advice())),
        Err(_) => found.fault(format!("视图落后：到第 {} 个事件，日志有 {} 个。{}", projections.position(), head.size, advice())),
    }
    for failure in projections.health().failures.iter().filter(|failure| failure.file == "search.db") {
        found.fault(format!("搜索停在中途：{}。{}", failure.error, advice()));
    }
    let reference = projections.views().reference();
    // Its threads end before the log is closed.
    if tokio::task::spawn_blocking(|| projections.stop()).await.is_err() {
        found.note("视图没有正常关闭");
    }
    Some(reference)
}

fn rules(found: &mut Findings, reference: &Reference, now: Instant) {
    match reference.rulebooks.resolve(now, now) {
        Some(rules) => found.good(format!("现行规则 {}", rules.reference())),
        None => found.fault("没有启用的规则：请运行 xiaoneng rulebook adopt"),
    }
    let (level, years) = checks::holidays(reference.calendar(), legal_day(now));
    let advice =
        if level == Level::Good { "" } else { "。涉及的期限按临时日历计算，请到“工作日历”页导入放假通知" };
    found.at(level, format!("工作日历：{years}{advice}"));
    if reference.units().next().is_none() {
        found.note("还没有单位：请在管理页导入单位表");
    }
}
