//! `xiaoneng serve`: pages and automation on one data directory until the process is told to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use application::Application;
use automation::{Automation, Nightly, Nights};
use web::operate::{Operate, Parts};

use super::Failure;
use crate::service::{Listeners, Signals, tell_alive, tell_ready, tell_stopping};
use crate::settings::Settings;
use crate::{cli, installation, node, output, reserve};

/// Longest wait for the act or delivery that automation has in hand, and for the batch of the views.
const HAND: Duration = Duration::from_secs(2);

pub(super) async fn run(words: cli::Serve) -> Result<(), Failure> {
    let mut settings = Settings::of(&words.settings)?;
    if let Some(address) = words.admin_listen {
        settings.operate.listen = address.to_string();
    }
    let remote = installation::log_dir(&words.place).is_none();
    if remote && !settings.backup.folder.as_os_str().is_empty() {
        return Err(Failure::Usage("[backup] 只用于内嵌日志；集群的备份见 ops/eventstore/runbook.md，请去掉这一节设置".to_owned()));
    }
    if remote && settings.storage.attachments.is_none() {
        output::error("没有设置 storage.attachments：照片只保存在本节点。有多个节点的，请设置为各节点共用的目录");
    }
    let data = &words.place.data;
    let room = reserve::give_up_when_full(data);
    if room > 0 {
        output::error(&format!("数据盘已满：已让出预留的 {} MB 空间以便启动。请立即清理或扩容，写满后只能查看、不能登记", room >> 20));
    }
    let opened = installation::open_with(&words.place, true, &settings.storage).await;
    let app = opened.map_err(|error| reserve::explain(data, error))?;
    reserve::keep(data);
    let listen = words.listen.unwrap_or(settings.web.listen);
    serve(app, settings, listen, &words.place, |address| output::error(&format!("正在服务 http://{address}"))).await
}

/// Serves until told to stop, then ends in order: readiness, pages, automation, views, log.
pub(super) async fn serve(
    app: Arc<Application>,
    settings: Settings,
    listen: SocketAddr,
    place: &cli::Place,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let admin = settings.operate.address().map_err(Failure::Usage)?;
    if admin.is_some_and(|admin| admin == listen && admin.port() != 0) {
        return Err(Failure::Usage(format!("运维监听不能和页面用同一个地址 {listen}，请换一个 --admin-listen")));
    }
    let mut listeners = Listeners::open(admin)?;
    let automation = Arc::new(Automation::new(app.clone(), settings.automation.clone(), &place.data)?);
    let parts = Parts {
        automation: Some(automation.clone()),
        log_dir: installation::log_dir(place).filter(|dir| *dir != place.data).map(Path::to_owned),
        remote_log: installation::log_dir(place).is_none(),
        filter: output::log_filter(),
        outside: None,
    };
    let operate = Arc::new(Operate::new(app.clone(), settings.operate, parts));
    let mut signals = Signals::catch()?;
    let watching = actix_web::rt::spawn(operate.clone().watch(tell_alive));
    let mut watchers = None;
    if let Some(listener) = listeners.admin.take() {
        output::error(&format!("运维监听 {}", listener.local_addr()?));
        let server = web::operate::listener::run(listener, operate.clone())?;
        watchers = Some(server.handle());
        actix_web::rt::spawn(server);
    }
    // Only the admin listener answers until then, and says how far the views are.
    tokio::select! {
        reached = node::up_to_date(&app) => reached?,
        () = signals.next() => return Ok(()),
    }
    let public = listeners.public(listen)?;
    let address = public.local_addr()?;
    let nightly = Nightly::new(app.clone(), settings.backup, &place.data)?;
    let clockwork = automation::spawn(automation);
    let nights = nightly.map(Nights::spawn).transpose()?;
    let ferry = super::ferry::spawn(app.clone(), &settings.zones, &place.data)?;
    let server = web::run(public, web::State::operated(operate.clone(), settings.web))?;
    let handle = server.handle();
    let mut serving = actix_web::rt::spawn(server);
    ready(address);
    tracing::info!(%address, "serving");
    tell_ready();
    tokio::select! {
        ended = &mut serving => return Ok(ended??),
        () = signals.next() => {}
    }
    tracing::info!("stopping");
    operate.stop();
    tell_stopping();
    let drain = Duration::from_secs(operate.settings.drain_seconds);
    let end = async {
        tokio::time::sleep(drain).await;
        handle.stop(true).await;
        if let Some(nights) = nights {
            nights.stop().await;
        }
        if tokio::time::timeout(HAND, ferry.stop()).await.is_err() {
            tracing::warn!("the ferry was not waited for; what it carries is carried again under the same name");
        }
        if tokio::time::timeout(HAND, clockwork.stop()).await.is_err() {
            tracing::warn!("a delivery in hand was not waited for; it is made again under the same id");
        }
        if let Some(watchers) = watchers {
            watchers.stop(false).await;
        }
        watching.abort();
        let _ = watching.await;
        drop(operate);
        close(app).await;
    };
    tokio::select! {
        () = end => {}
        () = signals.next() => {
            tracing::warn!("told twice: ending at once");
            std::process::exit(1);
        }
    }
    tracing::info!("stopped");
    Ok(())
}

/// Ends the views after the batch they are in, and with the last holder the log, whose file is then checkpointed.
async fn close(app: Arc<Application>) {
    let started = tokio::time::Instant::now();
    // The threads of the server let go of it a moment after their end.
    while Arc::strong_count(&app) > 1 && started.elapsed() < HAND {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let Some(app) = Arc::into_inner(app) else {
        tracing::warn!("the views and the log are still in use; they are whole as they are");
        return;
    };
    let closed = tokio::task::spawn_blocking(move || {
        let Application { projections, log, .. } = app;
        projections.stop();
        drop(log);
    });
    if tokio::time::timeout(HAND, closed).await.is_err() {
        tracing::warn!("the views did not end in time; they go on from their checkpoint");
    }
}
