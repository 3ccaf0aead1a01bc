//! The whole route table. A route exists only by a line here; its door, the reading of its form and the check of its
//! token are applied by the macro, so that no handler can forget them.

use actix_web::web;
use domain::account::Role;
use futures_util::FutureExt;

use crate::ctx::Ctx;
use crate::door::{ADMINS, AUDIT, Answer, CALLS, CARDS, CASE_WORK, Door, ISSUES, MATTERS, SCORES, SECURITY, SETS, SYSTEM, UNIT};
use crate::error::{Fault, Reply};
use crate::form::Form;
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
        $config.route($path, web::get().to(|ctx: Ctx| async move {
            let reply = match enter($door, &ctx) { Ok(()) => guarded($handler(ctx.clone())).await, Err(fault) => Err(fault) };
            finish(&ctx, reply)
        }));
        $config.route($path, web::head().to(|ctx: Ctx| async move {
            let reply = match enter($door, &ctx) { Ok(()) => guarded($handler(ctx.clone())).await, Err(fault) => Err(fault) };
            finish(&ctx, reply)
        }));
    };
    (@one $config:ident POST $path:literal $door:expr => $handler:path) => {
        routes!(@body $config $path $door => $handler, |ctx: &Ctx| ctx.state().settings.form_bytes)
    };
    (@one $config:ident UPLOAD $path:literal $door:expr => $handler:path) => {
        routes!(@body $config $path $door => $handler, |ctx: &Ctx| ctx.state().settings.upload_bytes)
    };
    (@body $config:ident $path:literal $door:expr => $handler:path, $limit:expr) => {
        $config.route($path, web::post().to(|ctx: Ctx, payload: web::Payload| async move {
            let reply = match open(&ctx, payload, $door, $limit(&ctx)).await { Ok(form) => guarded($handler(ctx.clone(), form)).await, Err(fault) => Err(fault) };
            finish(&ctx, reply)
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

    GET  "/track" Door::Public => citizen::track::form;
    POST "/track" Door::Public => citizen::track::open;
    GET  "/track/case" Door::Public => citizen::track::case;
    POST "/track/rate" Door::Public => citizen::track::rate;
    POST "/track/unsolved" Door::Public => citizen::track::unsolved;
    POST "/track/leave" Door::Public => citizen::track::leave;

    GET  "/public" Door::Public => citizen::public::figures;
    GET  "/public/cases" Door::Public => citizen::public::cases;
    GET  "/public/cases/{number}" Door::Public => citizen::public::case;

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
    POST "/desk/case/{number}/{action}" Door::Roles(CASE_WORK) => desk::actions::post;
    GET  "/desk/scorecard" Door::Roles(SCORES) => desk::scorecard::own;
    GET  "/desk/scorecard/{unit}" Door::Roles(SCORES) => desk::scorecard::get;
    GET  "/desk/scorecard/{unit}/{measure}" Door::Roles(SCORES) => desk::scorecard::facts;

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
}

fn enter(door: Door, ctx: &Ctx) -> Result<(), Fault> {
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

/// Pages whose forms are sent to an act below their own address.
const SUPERVISED: [&str; 6] = [
    "/oversight/cards/",
    "/oversight/orders/",
    "/oversight/matters/",
    "/desk/cards/",
    "/desk/orders/",
    "/desk/tasks/",
];

/// The page on which a form stands, from the path it is sent to.
fn resume(path: &str) -> String {
    match path.strip_prefix("/desk/case/").and_then(|rest| rest.split_once('/')) {
        Some((number, _)) => format!("/desk/case/{number}"),
        None if matches!(path, "/track/rate" | "/track/unsolved") => "/track/case".to_owned(),
        None if SUPERVISED.iter().any(|page| path.strip_prefix(page).is_some_and(|rest| matches!(rest.matches('/').count(), 1 | 3))) => {
            path.rsplit_once('/').map_or(path, |(page, _)| page).to_owned()
        }
        None if path.starts_with("/admin/calendar/") => "/admin/calendar".to_owned(),
        None => path.to_owned(),
    }
}

fn finish(ctx: &Ctx, reply: Reply) -> actix_web::HttpResponse {
    let mut response = reply.unwrap_or_else(|fault| fault.page(ctx));
    for cookie in ctx.take_cookies() {
        if let Err(error) = response.add_cookie(&cookie) {
            tracing::error!(%error, "a cookie could not be set");
        }
    }
    response
}

/// For what no route takes: 405 when the path is known with another method, else 404.
pub(crate) async fn nowhere(ctx: Ctx) -> actix_web::HttpResponse {
    let path = ctx.path();
    let known = ROUTES.iter().any(|route| matches(route.path, path));
    finish(&ctx, Err(if known { Fault::Method } else { Fault::NotFound }))
}

fn matches(pattern: &str, path: &str) -> bool {
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
    fn everything_under_desk_and_admin_has_a_door_except_signing_in() {
        for route in ROUTES.iter().filter(|route| route.path.starts_with("/desk") || route.path.starts_with("/admin")) {
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
        assert_eq!(resume("/file/what"), "/file/what");
    }
}
