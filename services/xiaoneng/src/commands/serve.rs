//! `xiaoneng serve`: pages and automation on one data directory until the process is told to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use application::Application;
use automation::{Automation, Nightly, Nights};
use web::operate::Parts;

use super::Failure;
use crate::running::{HAND, Running};
use crate::service::Listeners;
use crate::settings::Settings;
use crate::{cli, installation, node, output, reserve};

pub(super) async fn run(words: cli::Serve) -> Result<(), Failure> {
    let settings = Settings::serving(&words.serving)?;
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
    serve(app, settings, &words.place, |address| output::error(&format!("正在服务 http://{address}"))).await
}

/// Serves until told to stop; the automation, the nightly backup and the ferry work beside the pages.
pub(super) async fn serve(
    app: Arc<Application>,
    settings: Settings,
    place: &cli::Place,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let mut listeners = Listeners::open(&settings)?;
    let automation = Arc::new(Automation::new(app.clone(), settings.automation.clone(), &place.data)?);
    let parts = Parts {
        automation: Some(automation.clone()),
        log_dir: installation::log_dir(place).filter(|dir| *dir != place.data).map(Path::to_owned),
        remote_log: installation::log_dir(place).is_none(),
        filter: output::log_filter(),
        outside: None,
    };
    let mut running = Running::start(app.clone(), settings.operate, parts, listeners.admin.take())?;
    // Only the admin listener answers until then, and says how far the views are.
    match running.unless_told(node::up_to_date(&app)).await {
        Some(reached) => reached?,
        None => return Ok(()),
    }
    let public = listeners.public()?;
    let nightly = Nightly::new(app.clone(), settings.backup, &place.data)?;
    let clockwork = automation::spawn(automation);
    let nights = nightly.map(Nights::spawn).transpose()?;
    // No holder of the application is left here: the last one closes the log.
    let ferry = super::ferry::spawn(app, &settings.zones, &place.data)?;
    let state = web::State::operated(running.operate.clone(), settings.web);
    let beside = async {
        if let Some(nights) = nights {
            nights.stop().await;
        }
        if tokio::time::timeout(HAND, ferry.stop()).await.is_err() {
            tracing::warn!("the ferry was not waited for; what it carries is carried again under the same name");
        }
        if tokio::time::timeout(HAND, clockwork.stop()).await.is_err() {
            tracing::warn!("a delivery in hand was not waited for; it is made again under the same id");
        }
    };
    Ok(running.serve(public, state, ready, beside).await?)
}
