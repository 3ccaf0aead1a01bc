//! Forms are bound to the session, or to the browser where there is none; other sites cannot send them.

use actix_web::HttpRequest;

use crate::ctx::Ctx;
use crate::error::Fault;
use crate::form::Form;

/// The token for the forms of this request.
pub fn token(ctx: &Ctx) -> String {
    let id = ctx.session().map_or_else(|| ctx.visitor(), |session| session.id);
    hex(&ctx.app().vault.mac("csrf", id.as_bytes())[..16])
}

/// Checks a POST: same origin as far as the browser tells, and the token of this session or browser.
///
/// # Errors
/// [`Fault::Forged`]; [`Fault::Expired`] when the browser lost its session or its id.
pub fn check(ctx: &Ctx, form: &Form) -> Result<(), Fault> {
    if !same_origin(ctx.request()) {
        return Err(Fault::Forged);
    }
    let id = match (ctx.session(), ctx.known_visitor()) {
        (Some(session), _) => session.id,
        (None, Some(visitor)) => visitor,
        (None, None) => return Err(Fault::Expired),
    };
    let given = unhex(form.get("csrf"));
    let right = ctx.app().vault.mac("csrf", id.as_bytes());
    // A constant-time comparison of the shortened code.
    if subtle::ConstantTimeEq::ct_eq(given.as_slice(), &right[..16]).into() { Ok(()) } else { Err(Fault::Expired) }
}

fn same_origin(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    match (header("origin"), header("host")) {
        (Some("null"), _) => false,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host)),
        _ => true,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    if text.len() != 32 || !text.is_ascii() {
        return Vec::new();
    }
    (0..text.len()).step_by(2).filter_map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}
