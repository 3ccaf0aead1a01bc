//! The whole route table. A route exists only by a line here; its door, the reading of its form and the check of its
//! token are applied by the macro, so that no handler can forget them.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web;
use domain::account::Role;
use futures_util::FutureExt;

use crate::ctx::Ctx;
use crate::door::{
    ACCEPTING, ADMINS, AUDIT, Answer, CALLS, CARDS, CASE_WORK, CITY_CASES, DIRECTION, DUTIES, Door, ESCALATED, ESCALATIONS, EVALUATION,
    EVALUATIONS, INSPECTING, INVESTIGATIONS, ISSUES, MATTERS, OVERSIGHT, PICTURE, RECTIFICATIONS, REFERRALS, SCORES, SECURITY, SETS,
    SYSTEM, UNIT,
};
use crate::error::{Fault, Reply};
use crate::form::Form;
use crate::operate::{Line, Refusal};
use crate::{admin, assets, citizen, csrf, desk, oversight};

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST` or `UPLOAD` (a POST with a larger body).
    pub method: &'static str,
    /// Path with `{parts}`.
    pub path: &'static str,
    /// Who may use it.
    pub door: Door,
}

macro_rules! routes {
    ($($method:ident $path:literal $door:expr => $handler:path;)*) => {
        /// All routes.
        pub const ROUTES: &[Route] = &[$(Route { method: stringify!($method), path: $path, door: $door }),*];

        /// Registers all routes.
        pub fn configure(config: &mut web::ServiceConfig) {
            $(routes!(@one config $method $path $door => $handler);)*
        }
    };
    (@one $config:ident GET $path:literal $door:expr => $handler:path) => {
        let line = line("GET", $path);
        $config.route($path, web::get().to(move |ctx: Ctx| async move {
            let reply = match enter($door, &ctx) { Ok(()) => guarded($handler(ctx.clone())).await, Err(fault) => Err(fault) };
            finish(&ctx, reply, Some(line))
        }));
        $config.route($path, web::head().to(move |ctx: Ctx| async move {
            let reply = match enter($door, &ctx) { Ok(()) => guarded($handler(ctx.clone())).await, Err(fault) => Err(fault) };
            finish(&ctx, reply, Some(line))
        }));
    };
    (@one $config:ident POST $path:literal $door:expr => $handler:path) => {
        routes!(@body $config POST $path $door => $handler, |ctx: &Ctx| ctx.state().settings.form_bytes)
    };
    (@one $config:ident UPLOAD $path:literal $door:expr => $handler:path) => {
        routes!(@body $config UPLOAD $path $door => $handler, |ctx: &Ctx| ctx.state().settings.upload_bytes)
    };
    (@body $config:ident $method:ident $path:literal $door:expr => $handler:path, $limit:expr) => {
        let line = line(stringify!($method), $path);
        $config.route($path, web::post().to(move |ctx: Ctx, payload: web::Payload| async move {
            let reply = match open(&ctx, payload, $door, $limit(&ctx)).await { Ok(form) => guarded($handler(ctx.clone(), form)).await, Err(fault) => Err(fault) };
            finish(&ctx, reply, Some(line))
        }));
    };
}

const OPERATING: &[Role] = &[Role::SystemAdmin, Role::Auditor];

routes! {
    GET  "/assets/{name}" Door::Public => assets::get;

    GET  "/" Door::Public => citizen::home::get;
    GET  "/elder" Door::Public => citizen::home::elder;
    GET  "/help" Door::Public => citizen::pages::help;
    GET  "/privacy" Door::Public => citizen::pages::privacy;
    GET  "/accessibility" Door::Public => citizen::pages::accessibility;
    GET  "/styleguide" Door::Public => citizen::pages::styleguide;
    GET  "/styleguide/desk" Door::Public => citizen::pages::styleguide_desk;

    GET  "/file/start" Door::Public => citizen::file::start;
    POST "/file/start" Door::Public => citizen::file::begin;
    GET  "/file/what" Door::Public => citizen::file::what;
    POST "/file/what" Door::Public => citizen::file::what_post;
    GET  "/file/where" Door::Public => citizen::file::place;
    POST "/file/where" Door::Public => citizen::file::place_post;
    GET  "/file/wish" Door::Public => citizen::file::wish;
    POST "/file/wish" Door::Public => citizen::file::wish_post;
    GET  "/file/privacy" Door::Public => citizen::file::privacy;
    POST "/file/privacy" Door::Public => citizen::file::privacy_post;
    GET  "/file/contact" Door::Public => citizen::file::contact;
    POST "/file/contact" Door::Public => citizen::file::contact_post;
    GET  "/file/check" Door::Public => citizen::file::check;
    POST "/file/check" Door::Public => citizen::file::submit;
    GET  "/file/receipt" Door::Public => citizen::receipt::get;
    GET  "/file/receipt/signed" Door::Public => citizen::receipt::signed;

    GET  "/stuck" Door::Public => citizen::stuck::get;
    POST "/stuck" Door::Public => citizen::stuck::post;

    GET  "/track" Door::Public => citizen::track::form;
    POST "/track" Door::Public => citizen::track::open;
    GET  "/track/case" Door::Public => citizen::track::case;
    POST "/track/rate" Door::Public => citizen::track::rate;
    POST "/track/unsolved" Door::Public => citizen::track::unsolved;
    GET  "/track/receipt" Door::Public => citizen::track::evidence::download;
    POST "/track/leave" Door::Public => citizen::track::leave;

    GET  "/complaint" Door::Public => citizen::complaint::about;
    GET  "/complaint/new" Door::Public => citizen::complaint::new;
    POST "/complaint/new" Door::Public => citizen::complaint::submit;
    GET  "/complaint/receipt" Door::Public => citizen::complaint::receipt;
    GET  "/complaint/track" Door::Public => citizen::complaint::track::form;
    POST "/complaint/track" Door::Public => citizen::complaint::track::open;
    GET  "/complaint/case" Door::Public => citizen::complaint::track::case;
    POST "/complaint/review" Door::Public => citizen::complaint::track::review;
    POST "/complaint/leave" Door::Public => citizen::complaint::track::leave;

    GET  "/public" Door::Public => citizen::public::figures;
    GET  "/public/cases" Door::Public => citizen::public::cases;
    GET  "/public/cases/{number}" Door::Public => citizen::public::case;
    GET  "/heads" Door::Public => citizen::public::heads;
    GET  "/heads/latest" Door::Public => citizen::public::latest;
    GET  "/heads/verify_receipt.py" Door::Public => citizen::public::script;
    GET  "/heads/{day}" Door::Public => citizen::public::head;

    GET  "/desk/sign-in" Door::Public => desk::access::sign_in;
    POST "/desk/sign-in" Door::Public => desk::access::sign_in_post;
    POST "/desk/sign-out" Door::Staff => desk::access::sign_out;
    GET  "/desk/password" Door::Staff => desk::access::password;
    POST "/desk/password" Door::Staff => desk::access::password_post;

    GET  "/desk" Door::Staff => desk::home::get;
    GET  "/desk/worklist/{bucket}" Door::Roles(CASE_WORK) => desk::worklist::get;
    GET  "/desk/search" Door::Roles(CASE_WORK) => desk::search::get;
    POST "/desk/search" Door::Roles(CASE_WORK) => desk::search::post;
    GET  "/desk/file" Door::Roles(CALLS) => desk::file::get;
    POST "/desk/file" Door::Roles(CALLS) => desk::file::post;
    GET  "/desk/case/{number}" Door::Roles(CASE_WORK) => desk::case::get;
    GET  "/desk/case/{number}/limit/{kind}/{round}" Door::Roles(CASE_WORK) => desk::explain::get;
    POST "/desk/case/{number}/refer" Door::Roles(REFERRALS) => oversight::investigations::referral::post;
    GET  "/desk/case/{number}/escalate" Door::Roles(CASE_WORK) => oversight::escalations::escalate;
    POST "/desk/case/{number}/escalate" Door::Roles(CASE_WORK) => oversight::escalations::escalate_post;
    POST "/desk/case/{number}/{action}" Door::Roles(CASE_WORK) => desk::actions::post;
    GET  "/desk/scorecard" Door::Roles(SCORES) => desk::scorecard::own;
    GET  "/desk/scorecard/{unit}" Door::Roles(SCORES) => desk::scorecard::get;
    GET  "/desk/scorecard/{unit}/{measure}" Door::Roles(SCORES) => desk::scorecard::facts;

    GET  "/oversight/investigations" Door::Roles(INVESTIGATIONS) => oversight::investigations::list::get;
    GET  "/oversight/investigations/new" Door::Roles(INVESTIGATIONS) => oversight::investigations::enter::get;
    POST "/oversight/investigations/new" Door::Roles(INVESTIGATIONS) => oversight::investigations::enter::post;
    GET  "/oversight/investigations/{id}" Door::Roles(INVESTIGATIONS) => oversight::investigations::file::get;
    GET  "/oversight/investigations/{id}/letter" Door::Roles(INVESTIGATIONS) => oversight::investigations::file::letter;
    POST "/oversight/investigations/{id}/{action}" Door::Roles(INVESTIGATIONS) => oversight::investigations::act::post;
    GET  "/desk/investigations" Door::Roles(UNIT) => oversight::investigations::unit::list;
    GET  "/desk/investigations/{id}" Door::Roles(UNIT) => oversight::investigations::unit::get;
    POST "/desk/investigations/{id}" Door::Roles(UNIT) => oversight::investigations::unit::post;
    GET  "/desk/duties" Door::Roles(DUTIES) => oversight::duty::get;
    GET  "/desk/unit" Door::Roles(UNIT) => oversight::picture::own;
    GET  "/desk/papers" Door::Roles(UNIT) => oversight::records::get;
    GET  "/oversight" Door::Roles(OVERSIGHT) => oversight::today::get;
    GET  "/oversight/day/{kind}" Door::Roles(CITY_CASES) => oversight::cases::day;
    GET  "/oversight/urgent/{urgency}" Door::Roles(CITY_CASES) => oversight::cases::urgent;
    GET  "/oversight/overdue" Door::Roles(CITY_CASES) => oversight::overdue::get;
    GET  "/oversight/units" Door::Roles(OVERSIGHT) => oversight::units::get;
    GET  "/oversight/units/{code}" Door::Roles(PICTURE) => oversight::picture::get;
    GET  "/oversight/escalations" Door::Roles(ESCALATIONS) => oversight::escalations::board;
    GET  "/oversight/escalations/level/{level}" Door::Roles(ESCALATIONS) => oversight::escalations::level;
    GET  "/oversight/escalations/{id}" Door::Roles(ESCALATIONS) => oversight::escalations::get;
    POST "/oversight/escalations/{id}/{act}" Door::Roles(ESCALATIONS) => oversight::escalations::act;
    GET  "/desk/escalations" Door::Roles(ESCALATED) => oversight::escalations::own;
    GET  "/desk/escalations/{id}" Door::Roles(CASE_WORK) => oversight::escalations::get;
    POST "/desk/escalations/{id}/{act}" Door::Roles(CASE_WORK) => oversight::escalations::act;
    GET  "/oversight/assessments" Door::Roles(OVERSIGHT) => oversight::assessments::list;
    GET  "/oversight/assessments/new" Door::Roles(DIRECTION) => oversight::assessments::new;
    UPLOAD "/oversight/assessments/new" Door::Roles(DIRECTION) => oversight::assessments::create;
    GET  "/oversight/assessments/{year}" Door::Roles(OVERSIGHT) => oversight::assessments::get;
    POST "/oversight/assessments/{year}/{action}" Door::Roles(OVERSIGHT) => oversight::assessments::act;
    GET  "/oversight/assessments/{year}/circular" Door::Roles(OVERSIGHT) => oversight::assessment_files::circular;
    GET  "/oversight/assessments/{year}/circular/docx" Door::Roles(OVERSIGHT) => oversight::assessment_files::circular_docx;
    GET  "/oversight/assessments/{year}/lines/{format}" Door::Roles(OVERSIGHT) => oversight::assessment_files::lines;
    GET  "/oversight/assessments/{year}/month/{month}" Door::Roles(OVERSIGHT) => oversight::assessment_files::month;
    GET  "/oversight/assessments/{year}/{unit}" Door::Roles(OVERSIGHT) => oversight::assessment_sheet::get;
    POST "/oversight/assessments/{year}/{unit}/{action}" Door::Roles(DIRECTION) => oversight::assessment_sheet::act;
    GET  "/desk/assessment" Door::Roles(UNIT) => oversight::assessment_own::list;
    GET  "/desk/assessment/{year}" Door::Roles(UNIT) => oversight::assessment_own::get;
    POST "/desk/assessment/{year}/object" Door::Roles(UNIT) => oversight::assessment_own::object;
    GET  "/desk/assessment/{year}/circular" Door::Roles(UNIT) => oversight::assessment_files::own_circular;
    GET  "/desk/assessment/{year}/circular/docx" Door::Roles(UNIT) => oversight::assessment_files::own_circular_docx;
    GET  "/vote" Door::Public => oversight::ballots::form;
    POST "/vote" Door::Public => oversight::ballots::open;
    GET  "/vote/ballot" Door::Public => oversight::ballots::known;
    POST "/vote/ballot" Door::Public => oversight::ballots::known_post;
    GET  "/vote/grades" Door::Public => oversight::ballots::grades;
    POST "/vote/grades" Door::Public => oversight::ballots::grades_post;
    GET  "/vote/check" Door::Public => oversight::ballots::check;
    POST "/vote/check" Door::Public => oversight::ballots::cast;
    GET  "/vote/done" Door::Public => oversight::ballots::done;
    GET  "/evaluation" Door::Public => oversight::evaluations::list;
    GET  "/evaluation/{id}" Door::Public => oversight::evaluations::get;
    GET  "/oversight/campaigns" Door::Roles(EVALUATIONS) => oversight::campaigns::list;
    GET  "/oversight/campaigns/new" Door::Roles(EVALUATION) => oversight::campaigns::new;
    POST "/oversight/campaigns/new" Door::Roles(EVALUATION) => oversight::campaigns::create;
    GET  "/oversight/campaigns/{id}" Door::Roles(EVALUATIONS) => oversight::campaigns::get;
    GET  "/oversight/campaigns/{id}/opinions" Door::Roles(EVALUATION) => oversight::opinions::get;
    POST "/oversight/campaigns/{id}/opinions" Door::Roles(EVALUATION) => oversight::opinions::post;
    POST "/oversight/campaigns/{id}/{action}" Door::Roles(EVALUATION) => oversight::campaigns::act;
    GET  "/oversight/campaigns/{id}/ballots/{format}" Door::Roles(EVALUATION) => oversight::campaigns::export;
    GET  "/desk/opinions" Door::Roles(UNIT) => oversight::evaluations::booklets;
    GET  "/desk/opinions/{id}" Door::Roles(UNIT) => oversight::evaluations::booklet_page;
    GET  "/oversight/cards" Door::Roles(CARDS) => oversight::cards::list;
    GET  "/oversight/cards/{id}" Door::Roles(CARDS) => oversight::cards::get;
    POST "/oversight/cards/{id}/{action}" Door::Roles(CARDS) => oversight::cards::post;
    GET  "/oversight/orders" Door::Roles(CARDS) => oversight::orders::list;
    GET  "/oversight/orders/new" Door::Roles(ISSUES) => oversight::orders::new;
    POST "/oversight/orders/new" Door::Roles(ISSUES) => oversight::orders::create;
    GET  "/oversight/orders/{id}" Door::Roles(CARDS) => oversight::orders::get;
    GET  "/oversight/orders/{id}/print" Door::Roles(CARDS) => oversight::orders::print;
    POST "/oversight/orders/{id}/{action}" Door::Roles(CARDS) => oversight::orders::post;
    GET  "/oversight/matters" Door::Roles(MATTERS) => oversight::matters::list;
    GET  "/oversight/matters/new" Door::Roles(SETS) => oversight::matters::new;
    POST "/oversight/matters/new" Door::Roles(SETS) => oversight::matters::create;
    GET  "/oversight/matters/export" Door::Roles(MATTERS) => oversight::matters::export;
    GET  "/oversight/matters/{id}" Door::Roles(MATTERS) => oversight::matters::get;
    POST "/oversight/matters/{id}/{action}" Door::Roles(SETS) => oversight::matters::post;
    GET  "/oversight/matters/{id}/tasks/{unit}" Door::Roles(MATTERS) => oversight::tasks::get;
    POST "/oversight/matters/{id}/tasks/{unit}/{action}" Door::Roles(SETS) => oversight::tasks::post;
    GET  "/desk/tasks/{id}" Door::Roles(UNIT) => oversight::tasks::unit_get;
    POST "/desk/tasks/{id}/{action}" Door::Roles(UNIT) => oversight::tasks::unit_post;
    GET  "/desk/orders/{id}" Door::Roles(UNIT) => oversight::orders::unit_get;
    POST "/desk/orders/{id}/{action}" Door::Roles(UNIT) => oversight::orders::unit_post;
    GET  "/desk/cards/{id}" Door::Roles(UNIT) => oversight::cards::unit_get;
    POST "/desk/cards/{id}/{action}" Door::Roles(UNIT) => oversight::cards::unit_post;

    GET  "/admin" Door::Roles(ADMINS) => admin::home::get;
    GET  "/admin/units" Door::Roles(SYSTEM) => admin::units::list;
    UPLOAD "/admin/units" Door::Roles(SYSTEM) => admin::units::upload;
    GET  "/admin/units/{code}" Door::Roles(SYSTEM) => admin::units::get;
    POST "/admin/units/{code}" Door::Roles(SYSTEM) => admin::units::update;
    POST "/admin/units/{code}/close" Door::Roles(SYSTEM) => admin::units::close;
    GET  "/admin/accounts" Door::Roles(SECURITY) => admin::accounts::list;
    GET  "/admin/accounts/new" Door::Roles(SECURITY) => admin::accounts::new;
    POST "/admin/accounts/new" Door::Roles(SECURITY) => admin::accounts::create;
    GET  "/admin/accounts/{login}" Door::Roles(SECURITY) => admin::accounts::get;
    POST "/admin/accounts/{login}" Door::Roles(SECURITY) => admin::accounts::update;
    POST "/admin/accounts/{login}/{action}" Door::Roles(SECURITY) => admin::accounts::act;
    GET  "/admin/rulebooks" Door::Roles(SYSTEM) => admin::rulebooks::list;
    GET  "/admin/rulebooks/adopt" Door::Roles(SYSTEM) => admin::rulebooks::adopt_form;
    UPLOAD "/admin/rulebooks/adopt" Door::Roles(SYSTEM) => admin::rulebooks::adopt;
    GET  "/admin/rulebooks/{reference}" Door::Roles(SYSTEM) => admin::rulebooks::get;
    GET  "/admin/calendar" Door::Roles(SYSTEM) => admin::calendar::get;
    UPLOAD "/admin/calendar/notice" Door::Roles(SYSTEM) => admin::calendar::import;
    POST "/admin/calendar/overlay" Door::Roles(SYSTEM) => admin::calendar::overlay;
    GET  "/admin/catalogue" Door::Roles(SYSTEM) => admin::catalogue::get;
    UPLOAD "/admin/catalogue" Door::Roles(SYSTEM) => admin::catalogue::adopt;
    GET  "/admin/imports" Door::Roles(SYSTEM) => admin::imports::list;
    UPLOAD "/admin/imports" Door::Roles(SYSTEM) => admin::imports::upload;
    GET  "/admin/imports/{id}" Door::Roles(SYSTEM) => admin::imports::get;
    GET  "/admin/notices" Door::Roles(SYSTEM) => admin::notices::list;
    POST "/admin/notices/{id}/retry" Door::Roles(SYSTEM) => admin::notices::retry;
    GET  "/admin/persons" Door::Roles(SECURITY) => admin::persons::get;
    POST "/admin/persons" Door::Roles(SECURITY) => admin::persons::post;
    GET  "/admin/system" Door::Roles(OPERATING) => admin::system::get;
    GET  "/admin/audit" Door::Roles(AUDIT) => admin::audit::get;

    GET  "/oversight/inspections" Door::Roles(OVERSIGHT) => oversight::inspections::list;
    GET  "/oversight/inspections/new" Door::Roles(INSPECTING) => oversight::inspections::plan::get;
    POST "/oversight/inspections/new" Door::Roles(INSPECTING) => oversight::inspections::plan::post;
    GET  "/oversight/inspections/{id}" Door::Roles(OVERSIGHT) => oversight::inspections::get;
    POST "/oversight/inspections/{id}/{action}" Door::Roles(INSPECTING) => oversight::inspections::post;
    GET  "/oversight/inspections/{id}/photo/{hash}" Door::Roles(OVERSIGHT) => oversight::inspections::photo;
    GET  "/oversight/inspections/{id}/visit/{unit}" Door::Roles(INSPECTING) => oversight::inspections::visit::get;
    UPLOAD "/oversight/inspections/{id}/visit/{unit}" Door::Roles(INSPECTING) => oversight::inspections::visit::post;
    POST "/oversight/inspections/{id}/visit/{unit}/fine" Door::Roles(INSPECTING) => oversight::inspections::visit::fine;
    GET  "/oversight/draws/{id}.json" Door::Roles(OVERSIGHT) => oversight::inspections::draw::json;
    GET  "/oversight/draws/{id}" Door::Roles(OVERSIGHT) => oversight::inspections::draw::get;
    GET  "/oversight/rectifications" Door::Roles(RECTIFICATIONS) => oversight::rectifications::list;
    GET  "/oversight/rectifications/{id}" Door::Roles(RECTIFICATIONS) => oversight::rectifications::get;
    POST "/oversight/rectifications/{id}/{action}" Door::Roles(ACCEPTING) => oversight::rectifications::post;
    GET  "/oversight/rectifications/{id}/photo/{hash}" Door::Roles(RECTIFICATIONS) => oversight::rectifications::photo;
    GET  "/desk/findings/{id}" Door::Roles(UNIT) => oversight::inspections::unit::get;
    POST "/desk/findings/{id}" Door::Roles(UNIT) => oversight::inspections::unit::post;
    GET  "/desk/findings/{id}/photo/{hash}" Door::Roles(UNIT) => oversight::inspections::unit::photo;
    GET  "/desk/rectifications/{id}" Door::Roles(UNIT) => oversight::rectifications::unit_get;
    UPLOAD "/desk/rectifications/{id}/{action}" Door::Roles(UNIT) => oversight::rectifications::unit_post;
    GET  "/desk/rectifications/{id}/photo/{hash}" Door::Roles(UNIT) => oversight::rectifications::photo;
}

/// What a node outside serves: filing, following a case, figures. It has no accounts, so that nobody could sign in.
pub const OUTSIDE: &[&str] = &[
    "/assets/{name}",
    "/",
    "/elder",
    "/help",
    "/privacy",
    "/accessibility",
    "/file/start",
    "/file/what",
    "/file/where",
    "/file/wish",
    "/file/privacy",
    "/file/contact",
    "/file/check",
    "/file/receipt",
    "/stuck",
    "/track",
    "/track/case",
    "/track/rate",
    "/track/unsolved",
    "/track/leave",
    "/public",
];

fn enter(door: Door, ctx: &Ctx) -> Result<(), Fault> {
    if ctx.outside().is_some() && ctx.request().match_pattern().is_none_or(|pattern| !OUTSIDE.contains(&pattern.as_str())) {
        return Err(Fault::Inside);
    }
    match door.ask(ctx.session()) {
        Answer::Open => match ctx.session() {
            // A first password is changed before anything else.
            Some(session) if session.must_change && door != Door::Public && !matches!(ctx.path(), "/desk/password" | "/desk/sign-out") => {
                Err(Fault::MustChange)
            }
            _ => Ok(()),
        },
        Answer::SignIn => Err(Fault::SignIn),
        Answer::Shut => {
            if let Some(session) = ctx.session() {
                ctx.app().audit.act(
                    ctx.app().now(),
                    &session.staff,
                    ctx.request().match_pattern().as_deref().unwrap_or_default(),
                    "refused",
                );
            }
            Err(Fault::Forbidden)
        }
    }
}

/// A fault of the program in one handler is a page for one person; everybody else goes on.
async fn guarded(work: impl Future<Output = Reply>) -> Reply {
    // What the handler shared with others lies behind locks that do not mind, or belongs to this request alone.
    let done = std::panic::AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| Err(Fault::Internal("a handler panicked".to_owned())))
}

/// Reads a form, then asks the door and checks the token: what was typed is kept when the session is gone.
async fn open(ctx: &Ctx, payload: web::Payload, door: Door, limit: usize) -> Result<Form, Fault> {
    if ctx.outside().is_some() {
        enter(door, ctx)?;
    }
    // Whoever is not let in anyway sends no large file.
    let limit = if door.ask(ctx.session()) == Answer::Open { limit } else { limit.min(ctx.state().settings.form_bytes) };
    let form = Form::read(ctx, payload, limit).await?;
    let entered = enter(door, ctx).and_then(|()| csrf::check(ctx, &form));
    match entered {
        Ok(()) => Ok(form),
        Err(Fault::SignIn | Fault::Expired) => {
            ctx.keep(&resume(ctx.path()), form.fields());
            Err(Fault::Expired)
        }
        Err(fault) => Err(fault),
    }
}

/// The page on which a form stands, from the path it is sent to: the path itself, or the nearest one above it that shows
/// a page.
fn resume(path: &str) -> String {
    match path {
        "/track/rate" | "/track/unsolved" => return "/track/case".to_owned(),
        "/complaint/review" => return "/complaint/case".to_owned(),
        _ => {}
    }
    // An act on a year looks like the sheet of a unit.
    let act = path.starts_with("/oversight/assessments/") && path != "/oversight/assessments/new";
    let mut page = if act { path.rsplit_once('/').map_or(path, |(before, _)| before) } else { path };
    while !ROUTES.iter().any(|route| route.method == "GET" && matches(route.path, page)) {
        match page.rsplit_once('/') {
            Some((before, _)) if !before.is_empty() => page = before,
            _ => return path.to_owned(),
        }
    }
    page.to_owned()
}

/// The place of a route in the table.
fn line(method: &str, path: &str) -> Line {
    Line(ROUTES.iter().position(|route| route.method == method && route.path == path).unwrap_or(ROUTES.len()))
}

fn finish(ctx: &Ctx, reply: Reply, line: Option<Line>) -> actix_web::HttpResponse {
    let mut response = reply.unwrap_or_else(|fault| fault.page(ctx));
    for cookie in ctx.take_cookies() {
        if let Err(error) = response.add_cookie(&cookie) {
            tracing::error!(%error, "a cookie could not be set");
        }
    }
    if let Some(line) = line {
        response.extensions_mut().insert(line);
    }
    let requests = &ctx.state().operate.requests;
    match response.status() {
        StatusCode::SERVICE_UNAVAILABLE => {
            requests.refused(Refusal::Unavailable);
            if !response.headers().contains_key(header::RETRY_AFTER) {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
        }
        StatusCode::TOO_MANY_REQUESTS => requests.refused(Refusal::TooMany),
        _ => {}
    }
    response
}

/// For what no route takes: 405 when the path is known with another method, else 404.
pub(crate) async fn nowhere(ctx: Ctx) -> actix_web::HttpResponse {
    let path = ctx.path();
    let known = ROUTES.iter().any(|route| matches(route.path, path));
    finish(&ctx, Err(if known { Fault::Method } else { Fault::NotFound }), None)
}

pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let (mut a, mut b) = (pattern.split('/'), path.split('/'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given || (part.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_stands_twice() {
        for (index, route) in ROUTES.iter().enumerate() {
            assert!(!ROUTES.iter().skip(index + 1).any(|other| other.path == route.path && other.method == route.method), "{route:?}");
        }
    }

    #[test]
    fn what_stands_outside_is_open_to_everybody_and_in_the_table() {
        for path in OUTSIDE {
            let found: Vec<&Route> = ROUTES.iter().filter(|route| route.path == *path).collect();
            assert!(!found.is_empty() && found.iter().all(|route| route.door == Door::Public), "{path}");
        }
    }

    #[test]
    fn everything_under_desk_and_admin_has_a_door_except_signing_in() {
        for route in ROUTES.iter().filter(|route| ["/desk", "/oversight", "/admin"].iter().any(|side| route.path.starts_with(side))) {
            assert!(route.door != Door::Public || route.path == "/desk/sign-in", "{route:?}");
        }
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_of_one_request() {
        let reply = guarded(async { panic!("on purpose") }).await;
        assert_eq!(reply.unwrap_err(), Fault::Internal("a handler panicked".to_owned()));
    }

    #[test]
    fn a_form_leads_back_to_the_page_it_stood_on() {
        assert_eq!(resume("/desk/case/ABC/answer"), "/desk/case/ABC");
        assert_eq!(resume("/oversight/cards/1/issue"), "/oversight/cards/1");
        assert_eq!(resume("/track/rate"), "/track/case");
        assert_eq!(resume("/complaint/review"), "/complaint/case");
        assert_eq!(resume("/oversight/investigations/7/accept"), "/oversight/investigations/7");
        assert_eq!(resume("/oversight/investigations/new"), "/oversight/investigations/new");
        assert_eq!(resume("/file/what"), "/file/what");
        assert_eq!(resume("/admin/calendar/overlay"), "/admin/calendar");
        assert_eq!(resume("/oversight/assessments/2026/draft"), "/oversight/assessments/2026");
        assert_eq!(resume("/oversight/inspections/1/visit/QY/fine"), "/oversight/inspections/1/visit/QY");
    }
}
