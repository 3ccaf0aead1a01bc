//! Forms are bound to the session, or to the browser where there is none; other sites cannot send them.

use actix_web::HttpRequest;

use crate::ctx::Ctx;
use crate::error::Fault;
use crate::form::Form;

/// Bytes of the code that a token carries.
const CODE: usize = 16;

/// The token for the forms of this request: another text in every answer, so that its length under compression tells
/// nothing about it (BREACH).
pub fn token(ctx: &Ctx) -> String {
    let id = ctx.session().map_or_else(|| ctx.visitor(), |session| session.id);
    let mut pad = [0; CODE];
    ctx.app().vault.entropy().fill(&mut pad);
    let code = ctx.app().vault.mac("csrf", id.as_bytes());
    let masked: Vec<u8> = pad.iter().zip(code).map(|(pad, code)| pad ^ code).collect();
    hex(&pad) + &hex(&masked)
}

/// Checks a POST: same origin as far as the browser tells, and the token of this session or browser.
///
/// # Errors
/// [`Fault::Forged`]; [`Fault::Expired`] when the browser lost its session or its id.
pub fn check(ctx: &Ctx, form: &Form) -> Result<(), Fault> {
    if !same_origin(ctx.request(), ctx.state().settings.tls) {
        return Err(Fault::Forged);
    }
    let id = match (ctx.session(), ctx.known_visitor()) {
        (Some(session), _) => session.id,
        (None, Some(visitor)) => visitor,
        (None, None) => return Err(Fault::Expired),
    };
    let given = unmask(&unhex(form.get("csrf")));
    let right = ctx.app().vault.mac("csrf", id.as_bytes());
    // A constant-time comparison of the shortened code.
    if subtle::ConstantTimeEq::ct_eq(given.as_slice(), &right[..CODE]).into() { Ok(()) } else { Err(Fault::Expired) }
}

fn unmask(token: &[u8]) -> Vec<u8> {
    let (pad, masked) = token.split_at(token.len() / 2);
    pad.iter().zip(masked).map(|(pad, masked)| pad ^ masked).collect()
}

fn same_origin(request: &HttpRequest, tls: bool) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    match (header("origin"), header("host")) {
        (Some("null"), _) => false,
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(scheme, rest)| rest.eq_ignore_ascii_case(host) && (!tls || scheme == "https"))
        }
        _ => true,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    if text.len() != CODE * 4 || !text.is_ascii() {
        return Vec::new();
    }
    (0..text.len()).step_by(2).filter_map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}
