//! What can go wrong with a request, and the page that says so.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use domain::case::Rejection;
use domain::refusal::Refusal;
use templates::errors::ErrorPage;

use crate::ctx::{Ctx, Fate};
use crate::shell;

/// The answer of a handler.
pub type Reply = Result<HttpResponse, Fault>;

/// What went wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// No such page.
    NotFound,
    /// Another method.
    Method,
    /// Another page of this site comes first; people are led there and see no error.
    Elsewhere(&'static str),
    /// Served by the inner zone only; this is a node outside.
    Inside,
    /// Sign in first.
    SignIn,
    /// Choose another password first.
    MustChange,
    /// Not for this account.
    Forbidden,
    /// Sent by another site.
    Forged,
    /// The form or the session is too old.
    Expired,
    /// Larger than so many bytes.
    TooLarge(usize),
    /// The body did not come.
    TooSlow,
    /// Not UTF-8, or not a form.
    Encoding,
    /// The form had been sent before; where its result stands.
    AlreadySent(&'static str),
    /// Too many requests; seconds to wait.
    TooMany(u64),
    /// What the application says.
    App(application::Error),
    /// A fault of the program; the words go to the log.
    Internal(String),
}

impl From<application::Error> for Fault {
    fn from(error: application::Error) -> Self {
        match error {
            application::Error::NotFound | application::Error::Refused(Refusal::Missing) => Self::NotFound,
            application::Error::Forbidden => Self::Forbidden,
            application::Error::TooManyTries { seconds } => Self::TooMany(seconds),
            application::Error::Internal(words) => Self::Internal(words),
            other => Self::App(other),
        }
    }
}

impl From<projections::ViewError> for Fault {
    fn from(error: projections::ViewError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl Fault {
    /// The page for people.
    pub fn page(&self, ctx: &Ctx) -> HttpResponse {
        let shell = shell::of(ctx);
        let back = referer(ctx);
        let at_work = ctx.session().is_some() && ["/desk", "/oversight", "/admin"].iter().any(|side| ctx.path().starts_with(side));
        let page = match self {
            Self::Elsewhere(path) => return HttpResponse::SeeOther().insert_header((header::LOCATION, *path)).finish(),
            Self::SignIn => return sign_in(ctx),
            Self::MustChange => return HttpResponse::SeeOther().insert_header((header::LOCATION, "/desk/password")).finish(),
            Self::NotFound if at_work => ErrorPage::not_found_at_desk(shell),
            Self::NotFound => ErrorPage::not_found(shell),
            Self::Inside => ErrorPage::not_outside(shell),
            Self::Method => ErrorPage::method_not_allowed(shell),
            Self::Forbidden | Self::Forged if at_work => ErrorPage::forbidden_at_desk(shell),
            Self::Forbidden | Self::Forged => ErrorPage::forbidden(shell),
            Self::Expired if at_work => ErrorPage::signed_in_anew(shell, &back),
            Self::Expired => ErrorPage::session_expired(shell, &back),
            Self::TooLarge(limit) => ErrorPage::too_large(shell, &size(*limit), &back),
            Self::TooSlow => ErrorPage::timeout(shell, &back),
            Self::Encoding => ErrorPage::bad_request(shell),
            Self::AlreadySent(receipt) => ErrorPage::already_sent(shell, receipt),
            Self::TooMany(seconds) => ErrorPage::too_many(shell, &wait(*seconds)),
            Self::App(error) => match error {
                application::Error::Clash { .. }
                | application::Error::Case(Rejection::Stage(_) | Rejection::OtherUnit | Rejection::AlreadyRated)
                | application::Error::Refused(Refusal::Stage(_) | Refusal::Exists | Refusal::Late(_)) => {
                    let mut page = ErrorPage::changed(shell, &back);
                    // That it changed is what this page says; any other refusal says what it is now.
                    if !matches!(error, application::Error::Clash { .. }) {
                        page.lines.insert(0, error.to_string());
                    }
                    page
                }
                application::Error::Busy
                | application::Error::Unavailable
                | application::Error::Unreadable
                | application::Error::BoxElsewhere
                | application::Error::NoRulebook => {
                    let mut page = ErrorPage::unavailable(shell, "");
                    page.lines.insert(0, error.to_string());
                    page
                }
                _ => {
                    let mut page = ErrorPage::unprocessable(shell, &back);
                    page.lines.insert(0, error.to_string());
                    page
                }
            },
            Self::Internal(words) => {
                tracing::error!(request = %ctx.name(), route = ctx.request().match_pattern().unwrap_or_default(), cause = %words, "request failed");
                ErrorPage::internal(shell)
            }
        };
        let mut page = if at_work { page.for_staff() } else { page };
        page.reference = ctx.name();
        match ctx.fate() {
            Fate::Unasked => page.kept.clear(),
            Fate::Kept => {}
            Fate::TooLong(words) => {
                page.kept.clear();
                page.unkept = words;
            }
        }
        let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = html(HttpResponse::build(status), &page);
        if let Self::TooMany(seconds) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        if matches!(self, Self::TooSlow | Self::TooLarge(_)) {
            // The rest of the body is not read: the connection cannot be used again.
            response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
        }
        response
    }
}

/// An HTML answer.
pub fn html(mut builder: HttpResponseBuilder, page: &impl askama::Template) -> HttpResponse {
    match page.render() {
        Ok(body) => builder.content_type("text/html; charset=utf-8").body(body),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            HttpResponse::build(StatusCode::INTERNAL_SERVER_ERROR).finish()
        }
    }
}

/// A page that is shown with 200.
///
/// # Errors
/// Never; the type fits handlers.
pub fn page(page: &impl askama::Template) -> Reply {
    Ok(html(HttpResponse::Ok(), page))
}

/// A form page with errors: 422.
///
/// # Errors
/// Never.
pub fn invalid(page: &impl askama::Template) -> Reply {
    Ok(html(HttpResponse::UnprocessableEntity(), page))
}

/// POST → 303 → GET.
///
/// # Errors
/// Never.
pub fn see_other(to: &str) -> Reply {
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish())
}

fn sign_in(ctx: &Ctx) -> HttpResponse {
    let next = if ctx.request().method() == actix_web::http::Method::GET { ctx.path_and_query() } else { referer(ctx) };
    let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
    HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/desk/sign-in?{query}"))).finish()
}

/// The page the form stood on, if it is one of ours; never anywhere else.
pub fn referer(ctx: &Ctx) -> String {
    let header = |name: header::HeaderName| ctx.request().headers().get(name).and_then(|value| value.to_str().ok());
    let path = header(header::REFERER).and_then(|referer| {
        let (_, rest) = referer.split_once("://")?;
        let (host, path) = rest.split_at(rest.find('/')?);
        (Some(host) == header(header::HOST)).then(|| path.to_owned())
    });
    path.filter(|path| local(path)).unwrap_or_else(|| "/".to_owned())
}

/// A path on this site and nothing else (no open redirects).
pub fn local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && !path.chars().any(char::is_control)
}

fn size(bytes: usize) -> String {
    if bytes >= 1024 * 1024 { format!("{} MB", bytes / 1024 / 1024) } else { format!("{} KB", bytes / 1024) }
}

/// Seconds in words.
pub fn wait(seconds: u64) -> String {
    match seconds {
        0..=90 => format!("{seconds} 秒"),
        91..=5_400 => format!("{} 分钟", seconds.div_ceil(60)),
        _ => format!("{} 小时", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        assert!(local("/desk/case/1?x=2"));
        for bad in ["//evil", "/\\evil", "https:evil", "", "/a\r\nb"] {
            assert!(!local(bad), "{bad:?}");
        }
    }
}
