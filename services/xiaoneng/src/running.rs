//! A node while it runs: what watches it, its admin listener, its pages, and how all of that ends. `serve` and `outside` share
//! it; they differ in what works beside the pages.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use application::Application;
use tokio::task::JoinHandle;
use web::operate::{Operate, Parts, Settings};

use crate::output;
use crate::service::{Signals, tell_alive, tell_ready, tell_stopping};

/// Longest wait for what works beside the pages and has something in hand, and for the batch of the views.
pub(crate) const HAND: Duration = Duration::from_secs(2);

/// A node that is watched and answers its operator.
pub(crate) struct Running {
    /// The node as its operator sees it.
    pub(crate) operate: Arc<Operate>,
    signals: Signals,
    watching: JoinHandle<()>,
    admin: Option<ServerHandle>,
}

impl Running {
    /// Begins to watch and to answer at the admin listener. From here on signals no longer end the process by themselves.
    pub(crate) fn start(app: Arc<Application>, settings: Settings, parts: Parts, admin: Option<TcpListener>) -> anyhow::Result<Self> {
        let operate = Arc::new(Operate::new(app, settings, parts));
        let signals = Signals::catch()?;
        let watching = actix_web::rt::spawn(operate.clone().watch(tell_alive));
        let admin = admin.map(|listener| answer(listener, operate.clone())).transpose()?;
        Ok(Self { operate, signals, watching, admin })
    }

    /// Waits for some work; `None` when told to stop before it is done.
    pub(crate) async fn unless_told<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.signals.next() => None,
        }
    }

    /// Serves pages until told to stop, then ends in order: readiness, pages, what works `beside` them (as ended by this),
    /// admin listener, views, log. Told twice, the process ends at once with status 1.
    pub(crate) async fn serve(
        mut self,
        public: TcpListener,
        state: web::State,
        ready: impl FnOnce(SocketAddr),
        beside: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let app = state.app.clone();
        let address = public.local_addr()?;
        let server = web::run(public, state)?;
        let pages = server.handle();
        let serving = actix_web::rt::spawn(server);
        ready(address);
        tracing::info!(%address, "serving");
        tell_ready();
        if let Some(ended) = self.unless_told(serving).await {
            return Ok(ended??);
        }
        tracing::info!("stopping");
        let Self { operate, mut signals, watching, admin } = self;
        operate.stop();
        tell_stopping();
        let end = async {
            tokio::time::sleep(Duration::from_secs(operate.settings.drain_seconds)).await;
            pages.stop(true).await;
            beside.await;
            if let Some(admin) = admin {
                admin.stop(false).await;
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
}

/// Answers at the admin listener.
fn answer(listener: TcpListener, operate: Arc<Operate>) -> anyhow::Result<ServerHandle> {
    output::error(&format!("运维监听 {}", listener.local_addr()?));
    let server = web::operate::listener::run(listener, operate)?;
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(handle)
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
