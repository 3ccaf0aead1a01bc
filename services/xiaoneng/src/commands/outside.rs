//! `xiaoneng outside`: the citizens' pages in the Internet zone, on a spool instead of a log.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use application::Application;
use application::attachments::FOLDER;
use application::clock::{SystemClock, log_now};
use application::zones::Outside;
use application::zones::outside::Limits;
use chrono::TimeDelta;
use domain::time::Clock;
use event_log::{EventLog, MemoryLog};
use tokio::sync::watch;
use vault::zones::OutsideKey;
use vault::{OsEntropy, Vault};
use web::operate::Parts;

use super::Failure;
use crate::running::{HAND, Running};
use crate::service::Listeners;
use crate::settings::{Settings, Zones};
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Outside) -> Result<(), Failure> {
    let settings = Settings::serving(&words.serving)?;
    let key = words.key.clone().unwrap_or_else(|| words.spool.join("outside.key"));
    let key = read_key(&key)?;
    let mut listeners = Listeners::open(&settings)?;
    let admin = listeners.admin.take();
    let public = listeners.public()?;
    let (app, outside) = open(&words.spool, key, &settings.zones).await?;
    // The log is in memory: there is no file of it to look after.
    let parts = Parts { remote_log: true, filter: output::log_filter(), outside: Some(outside.clone()), ..Parts::default() };
    let running = Running::start(app.clone(), settings.operate, parts, admin)?;
    let (stop, stopped) = watch::channel(false);
    let pause = Duration::from_secs(settings.zones.seconds.max(1));
    // No holder of the application is left here: the last one ends the views.
    let looks = tokio::spawn(look(app, outside.clone(), pause, stopped));
    let state = web::State::operated(running.operate.clone(), settings.web).at(outside);
    // A letter that was acknowledged lies in the spool already; what is under way is ended first.
    let beside = async {
        stop.send_replace(true);
        match tokio::time::timeout(HAND, looks).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the looks into the spool ended badly"),
            Err(_) => tracing::warn!("the spool was not waited for; the next start takes up what is left"),
        }
    };
    let ready = |address| output::error(&format!("正在服务 http://{address}（外网节点）"));
    Ok(running.serve(public, state, ready, beside).await?)
}

fn read_key(path: &Path) -> anyhow::Result<OutsideKey> {
    use std::os::unix::fs::PermissionsExt;
    let wanted = || format!("无法读取外网密钥 {}。请在内网运行 xiaoneng zones key --out 生成后拷贝过来", path.display());
    let mode = std::fs::metadata(path).with_context(wanted)?.permissions().mode();
    if mode & 0o077 != 0 {
        anyhow::bail!("外网密钥 {} 权限过于宽松，请执行 chmod 600 后重试", path.display());
    }
    Ok(std::fs::read_to_string(path).with_context(wanted)?.parse()?)
}

/// An application without a log of its own: rules and units from the spool in memory, views beside it that hold nothing
/// else, a key for cookies alone.
async fn open(spool: &Path, key: OutsideKey, settings: &Zones) -> anyhow::Result<(Arc<Application>, Arc<Outside>)> {
    installation::make_dir(spool)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(log_now(clock.clone())));
    let vault = Arc::new(Vault::new(key.cookies(), Arc::new(OsEntropy)));
    let limits = Limits { most_held: settings.most_held, resend: TimeDelta::minutes(i64::from(settings.resend_minutes)) };
    let outside = Arc::new(Outside::open(spool, key, log.clone(), Arc::new(OsEntropy), limits).await?);
    // The log is made anew by every start, and so are its views.
    let views = spool.join("views");
    if views.exists() {
        std::fs::remove_dir_all(&views).with_context(|| format!("无法清理 {}", views.display()))?;
    }
    installation::make_dir(&views)?;
    let parts = installation::Parts { audited: false, ballots: false, ids: Arc::new(OsEntropy), attachments: views.join(FOLDER) };
    let app = installation::assemble(&views, clock, vault, log, parts).await?;
    Ok((app, outside))
}

/// Looks for parcels, and puts letters out again that nobody acknowledged.
async fn look(app: Arc<Application>, outside: Arc<Outside>, pause: Duration, mut stop: watch::Receiver<bool>) {
    let mut missing = 0;
    while !*stop.borrow() {
        let now = app.now();
        match outside.receive(now).await {
            Ok(came) => {
                for (name, reason) in &came.refused {
                    tracing::error!(%name, %reason, "a parcel was refused");
                }
                if came.parcels > 0 {
                    tracing::info!(parcels = came.parcels, held = outside.held(), "parcels were taken");
                }
                if came.missing > missing {
                    tracing::error!(missing = came.missing, "parcels were lost on the way: run xiaoneng ferry out --full inside");
                }
                missing = came.missing;
            }
            Err(error) => tracing::error!(%error, "parcels cannot be taken"),
        }
        match outside.resend(now) {
            Ok(0) => {}
            Ok(again) => tracing::warn!(again, "letters without acknowledgement were put out again"),
            Err(error) => tracing::error!(%error, "letters cannot be put out again"),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}
