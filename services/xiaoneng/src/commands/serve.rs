//! `xiaoneng serve`: pages and automation on one data directory until the process is told to stop.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use application::Application;
use automation::Automation;

use super::Failure;
use crate::settings::Settings;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Serve) -> Result<(), Failure> {
    let settings = Settings::load(words.config.as_deref())?;
    let app = installation::open(&words.place, true).await?;
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
    let ferry = super::ferry::spawn(app.clone(), &settings.zones, data)?;
    let server = web::run(listener, web::State::new(app, settings.web))?;
    ready(address);
    tracing::info!(%address, "serving");
    server.await?;
    ferry.stop().await;
    clockwork.stop().await;
    tracing::info!("stopped");
    Ok(())
}
