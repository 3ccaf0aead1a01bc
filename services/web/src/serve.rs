//! The server.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use application::Application;
use application::zones::Outside;

use crate::limit::Limiter;
use crate::operate::{self, Operate};
use crate::settings::Settings;
use crate::{headers, routes};

/// What all requests share.
pub struct State {
    /// The application.
    pub app: Arc<Application>,
    /// Settings.
    pub settings: Settings,
    /// Filings per address.
    pub filings: Limiter,
    /// Look-ups per address.
    pub lookups: Limiter,
    /// At a node outside: where letters go and what the inner zone told. `None` where there is a log.
    pub outside: Option<Arc<Outside>>,
    /// The node as its operator sees it.
    pub operate: Arc<Operate>,
}

impl State {
    /// State of a server that is operated by nobody.
    pub fn new(app: Arc<Application>, settings: Settings) -> Self {
        let operate = Operate::new(app, operate::Settings::default(), operate::Parts::default());
        Self::operated(Arc::new(operate), settings)
    }

    /// State of a server.
    pub fn operated(operate: Arc<Operate>, settings: Settings) -> Self {
        let app = operate.app.clone();
        Self { app, settings, filings: Limiter::default(), lookups: Limiter::default(), outside: None, operate }
    }

    /// The same at a node outside.
    #[must_use]
    pub fn at(self, outside: Arc<Outside>) -> Self {
        Self { outside: Some(outside), ..self }
    }
}

/// Serves on a listener until the handle of the server stops it; requests under way are then finished within the seconds
/// of [`operate::Settings::stop_seconds`]. Signals are the caller's.
///
/// # Errors
/// When the listener cannot be used.
pub fn run(listener: TcpListener, state: State) -> std::io::Result<actix_web::dev::Server> {
    let workers = state.settings.workers.max(1);
    let head = Duration::from_secs(state.settings.slow_seconds.max(1));
    let end = state.operate.settings.stop_seconds;
    let state = web::Data::new(state);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .wrap(Compress::default())
            .wrap(from_fn(headers::add))
            .wrap(from_fn(operate::access::around))
            .configure(routes::configure)
            .default_service(web::to(routes::nowhere))
    })
    // A compressed page goes out in several writes; without this the last waits 40 ms for an acknowledgement.
    .tcp_nodelay(true)
    .workers(workers)
    .client_request_timeout(head)
    .keep_alive(Duration::from_secs(30))
    .disable_signals()
    .shutdown_timeout(end)
    .listen(listener)?
    .run();
    Ok(server)
}
