//! Around every request: a name for it, a line in the log, its place in the counts.
//!
//! The line has the pattern of the route, never the path, the query or an address: they may hold numbers, codes and
//! what people typed. A name that comes with a request is not taken: whoever sends it could write into the log.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use tracing::Instrument;

use super::Line;
use crate::routes::ROUTES;
use crate::serve::State;

/// The header with the name of a request.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Odd, so that multiplying modulo 2⁴⁰ gives every number once; neighbours look nothing alike.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The name of a request: eight of Crockford's characters, short enough to be told on the telephone. Within 2⁴⁰ requests
/// of one process none is given twice; it says nothing of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; 8]);

impl RequestId {
    pub(super) fn of(number: u64) -> Self {
        let spread = number.wrapping_mul(SPREAD);
        let character = |place: usize| ALPHABET.get((spread >> (5 * place)) as usize & 31).copied().unwrap_or(b'0');
        Self(std::array::from_fn(|place| character(7 - place)))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.0).unwrap_or_default())
    }
}

/// Counts a request as under way for as long as it lives: also one whose client has gone.
struct UnderWay<'a>(&'a AtomicU64);

impl<'a> UnderWay<'a> {
    fn new(count: &'a AtomicU64) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Names, counts and logs a request.
///
/// # Errors
/// As the service behind it.
pub(crate) async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Err(actix_web::error::ErrorInternalServerError("no state"));
    };
    let operate = &state.operate;
    let id = operate.requests.name();
    request.extensions_mut().insert(id);
    let method = method(request.method());
    let started = Instant::now();
    let under_way = UnderWay::new(&operate.requests.in_flight);
    let answer = next.call(request).instrument(tracing::error_span!("request", %id)).await;
    drop(under_way);
    let (status, line) = match &answer {
        Ok(response) => (response.status(), response.response().extensions().get::<Line>().copied()),
        Err(error) => (error.as_response_error().status_code(), None),
    };
    let took = started.elapsed();
    operate.requests.record(line, status, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    let route = line.and_then(|line| ROUTES.get(line.0)).map_or("-", |route| route.path);
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "access", request = %id, method, route, status = status.as_u16(), ms = millis);
    let mut response = answer?;
    if let Ok(value) = HeaderValue::from_bytes(&id.0) {
        response.headers_mut().insert(HEADER, value);
    }
    if operate.is_stopping() {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// The methods that there are; anything else is somebody's text.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "-",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_of_requests_differ_and_look_nothing_alike() {
        let names: Vec<String> = (7..10_007).map(|number| RequestId::of(number).to_string()).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert!(names.iter().all(|name| name.len() == 8 && name.bytes().all(|byte| ALPHABET.contains(&byte))));
        assert_ne!(names[0][..3], names[1][..3]);
    }
}
