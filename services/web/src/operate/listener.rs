//! The admin listener: a small server of its own, for the machine and those who watch over it. Its whole route table is
//! below; nothing of the public site is served here and nothing of this there.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::http::header::{self, ContentType};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde::Serialize;

use super::{Check, Level, Operate};

/// Longest filter of the log in bytes.
const FILTER: usize = 1_024;

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// `GET` or `PUT`.
    pub method: &'static str,
    /// Path.
    pub path: &'static str,
    /// What it is for.
    pub what: &'static str,
}

/// All that the admin listener answers.
pub const ROUTES: [Route; 4] = [
    Route { method: "GET", path: "/healthz", what: "the process is alive; touches neither disk nor lock" },
    Route { method: "GET", path: "/readyz", what: "200 or 503, one line for each check; JSON with ?json or Accept: application/json" },
    Route { method: "GET", path: "/metrics", what: "Prometheus" },
    Route { method: "PUT", path: "/log", what: "what is logged from now on, such as info,web=debug; from this machine only" },
];

/// Serves the admin listener with one thread of its own.
///
/// # Errors
/// When the listener cannot be used.
pub fn run(listener: TcpListener, operate: Arc<Operate>) -> std::io::Result<actix_web::dev::Server> {
    let operate = web::Data::from(operate);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(operate.clone())
            .app_data(web::PayloadConfig::new(FILTER))
            .route("/healthz", web::get().to(healthz))
            .route("/readyz", web::get().to(readyz))
            .route("/metrics", web::get().to(metrics))
            .route("/log", web::put().to(log))
    })
    .workers(1)
    .max_connections(64)
    .disable_signals()
    .shutdown_timeout(1)
    .listen(listener)?
    .run();
    Ok(server)
}

async fn healthz() -> HttpResponse {
    text(HttpResponse::Ok()).body("ok\n")
}

async fn readyz(operate: web::Data<Operate>, request: HttpRequest) -> HttpResponse {
    #[derive(Serialize)]
    struct Answer<'a> {
        ready: bool,
        checks: &'a [Check],
    }
    let report = operate.latest();
    // The round may be a second old; the end that has begun counts at once.
    let ready = report.as_ref().is_some_and(|report| report.ready()) && !operate.is_stopping();
    let checks = report.as_ref().map(|report| report.checks.as_slice()).unwrap_or_default();
    let mut builder = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("application/json") || request.query_string() == "json" {
        return builder.json(Answer { ready, checks });
    }
    let mut body = format!("{}\n", if ready { "ready" } else { "not ready" });
    if report.is_none() {
        body.push_str("fault  rounds      自检没有进行：程序刚刚启动，或者卡住了\n");
    }
    if operate.is_stopping() && checks.iter().all(|check| check.kind != super::Kind::Stopping) {
        body.push_str("fault  stopping    停止：程序正在停止，不再接受新的请求\n");
    }
    for check in checks {
        let level = match check.level {
            Level::Good => "ok",
            Level::Warn => "warn",
            Level::Bad => "fault",
        };
        let advice = if check.advice.is_empty() { String::new() } else { format!("。{}", check.advice) };
        body.push_str(&format!("{level:<6} {:<11} {}：{}{advice}\n", check.kind.code(), check.kind.name(), check.detail));
    }
    text(builder).body(body)
}

async fn metrics(operate: web::Data<Operate>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(operate.metrics().await)
}

async fn log(operate: web::Data<Operate>, request: HttpRequest, filter: String) -> HttpResponse {
    if !request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback()) {
        return text(HttpResponse::Forbidden()).body("只能在本机调整日志级别\n");
    }
    let Some(change) = &operate.parts.filter else {
        return text(HttpResponse::NotFound()).body("本程序的日志级别不能在运行中调整\n");
    };
    match change(filter.trim()) {
        Ok(()) => {
            tracing::warn!(filter = filter.trim(), "what is logged was changed");
            text(HttpResponse::Ok()).body("日志级别已调整\n")
        }
        Err(why) => text(HttpResponse::BadRequest()).body(format!("{why}\n")),
    }
}

fn text(mut builder: actix_web::HttpResponseBuilder) -> actix_web::HttpResponseBuilder {
    builder.insert_header(ContentType::plaintext());
    builder
}
