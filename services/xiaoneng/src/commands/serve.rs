//! `xiaoneng serve`: pages and automation on one data directory until the process is told to stop.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use application::Application;
use automation::Automation;

use super::Failure;
use crate::settings::Settings;
use crate::{cli, installation, node, output};

pub(super) async fn run(words: cli::Serve) -> Result<(), Failure> {
    let settings = Settings::load(words.config.as_deref())?;
    let app = installation::open_with(&words.place, true, &settings.storage).await?;
    if matches!(words.place.log, Some(cli::LogAddress::Cluster(_))) && settings.storage.attachments.is_none() {
        output::error("没有设置 storage.attachments：照片只保存在本节点。有多个节点的，请设置为各节点共用的目录");
    }
    node::up_to_date(&app).await?;
    serve(app, settings, words.listen, &words.place.data, |address| output::error(&format!("正在服务 http://{address}"))).await
}

/// Serves until told to stop, then ends in order: pages, automation, views, log.
pub(super) async fn serve(
    app: Arc<Application>,
    settings: Settings,
    listen: SocketAddr,
    data: &Path,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let listener = TcpListener::bind(listen).with_context(|| format!("地址 {listen} 不能使用，可能已有程序在用；请换一个 --listen"))?;
    let address = listener.local_addr()?;
    let automation = Arc::new(Automation::new(app.clone(), settings.automation.clone(), data)?);
    let clockwork = automation::spawn(automation);
    let server = web::run(listener, web::State::new(app, settings.web))?;
    ready(address);
    tracing::info!(%address, "serving");
    server.await?;
    clockwork.stop().await;
    tracing::info!("stopped");
    Ok(())
}
