//! What a handler knows of a request: who, from where, which page; and what it wants to set on the answer.

use std::cell::RefCell;
use std::future::ready;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use application::session::Session;
use application::zones::Outside;
use application::{Actor, Meta};
use domain::ids::CaseId;
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use templates::Flash;
use templates::components::Tone;
use uuid::Uuid;

use crate::cookies::{self, names};
use crate::error::Fault;
use crate::operate::RequestId;
use crate::serve::State;
use crate::shell;

/// A request, as handlers see it. Cheap to clone.
#[derive(Clone)]
pub struct Ctx(Rc<Inner>);

struct Inner {
    request: HttpRequest,
    state: web::Data<State>,
    session: Option<Session>,
    /// Whose session it is or was.
    holder: Option<Uuid>,
    query: Vec<(String, String)>,
    set: RefCell<Vec<Cookie<'static>>>,
    visitor: RefCell<Option<Uuid>>,
    flash: RefCell<Option<Flash>>,
    fate: RefCell<Fate>,
    /// An act of this browser is recorded and the views of this node do not show it yet.
    unseen: bool,
}

/// For so long other nodes know how far this browser's last act reached, in seconds; a node that lags longer says so on
/// every page.
const SEEN_SECONDS: i64 = 60;
const SEEN: &str = "seen";

/// What became of the words of a form that could not be carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fate {
    /// Nobody asked for them to be kept.
    #[default]
    Unasked,
    /// The page of the form shows them again.
    Kept,
    /// They do not fit into the cookies; those that are worth copying.
    TooLong(Vec<String>),
}

/// Words of more characters than this are worth copying; names, dates and chosen codes are shorter.
const LONG: usize = 40;

/// What was typed into a form that could not be carried out, so that it can be shown again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Kept {
    /// Path of the page that shows it again.
    pub path: String,
    /// Path that the form was sent to, which tells it from the others on that page; empty of a cookie of an older version.
    #[serde(default)]
    pub to: String,
    /// Account that typed it; shown to nobody else.
    #[serde(default)]
    pub by: Option<Uuid>,
    /// The fields.
    pub fields: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct FlashCookie {
    good: bool,
    message: String,
}

impl FromRequest for Ctx {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
            return Box::pin(ready(Err(actix_web::error::ErrorInternalServerError("no state"))));
        };
        let request = request.clone();
        Box::pin(async move {
            // Before the session is judged: this node may not know yet that it was ended or opened anew on another one.
            let unseen = !shows_own_acts(&request, &state).await;
            Ok(Self::new(request, state, unseen))
        })
    }
}

/// Waits a moment until the views of this node show the last act of this browser, which another node may have carried out.
/// False when they do not get there, or are so far behind that every page says so anyway.
async fn shows_own_acts(request: &HttpRequest, state: &State) -> bool {
    let Some(seq) = acted(request, state) else { return true };
    let projections = &state.app.projections;
    if projections.position() >= seq || request.path().starts_with("/assets/") {
        return true;
    }
    projections.behind() < shell::STALE && state.app.seen(seq).await
}

/// How far the log reached at this browser's last act, as its cookie says.
fn acted(request: &HttpRequest, state: &State) -> Option<u64> {
    let cookie = request.cookie(&cookies::full_name(names::SEEN, state.settings.tls))?;
    let bytes = state.app.vault.open_token(SEEN, cookie.value())?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

impl Ctx {
    /// Reads cookies and query of a request.
    fn new(request: HttpRequest, state: web::Data<State>, unseen: bool) -> Self {
        let query = serde_urlencoded::from_str(request.query_string()).unwrap_or_default();
        let tls = state.settings.tls;
        let mut set = Vec::new();
        let raw = |name: &str| request.cookie(&cookies::full_name(name, tls)).map(|cookie| cookie.value().to_owned());
        let token = raw(names::SESSION);
        let holder = token.as_deref().and_then(|token| state.app.holder_of(token)).map(|account| account.0);
        let session = token.and_then(|token| state.app.session(&token)).map(|(session, renewed)| {
            if let Some(token) = renewed {
                set.push(cookies::make(names::SESSION, token, None, tls));
            }
            session
        });
        let visitor = raw(names::VISITOR)
            .and_then(|token| state.app.vault.open_token("visitor", &token))
            .and_then(|bytes| Uuid::from_slice(&bytes).ok());
        let flash = raw(names::FLASH).and_then(|token| {
            set.push(cookies::gone(names::FLASH, tls));
            let flash: FlashCookie = serde_json::from_slice(&state.app.vault.open_token("flash", &token)?).ok()?;
            Some(Flash { tone: if flash.good { Tone::Good } else { Tone::Warn }, message: flash.message })
        });
        Self(Rc::new(Inner {
            request,
            state,
            session,
            holder,
            query,
            set: RefCell::new(set),
            visitor: RefCell::new(visitor),
            flash: RefCell::new(flash),
            fate: RefCell::default(),
            unseen,
        }))
    }

    /// The state of the server.
    pub fn state(&self) -> &State {
        &self.0.state
    }

    /// The application, for handlers and their futures.
    pub fn app(&self) -> &application::Application {
        &self.0.state.app
    }

    /// Waits until the views of this node show an act of this browser, and has the other nodes wait for it as well. False
    /// when they take longer than two seconds.
    pub async fn seen(&self, seq: u64) -> bool {
        let seq = seq.max(acted(&self.0.request, &self.0.state).unwrap_or_default());
        self.set_sealed(names::SEEN, SEEN, &seq.to_be_bytes(), Some(SEEN_SECONDS));
        self.app().seen(seq).await
    }

    /// An act of this browser is recorded and the views of this node do not show it yet.
    pub fn unseen(&self) -> bool {
        self.0.unseen
    }

    /// The node outside, where this is one.
    pub fn outside(&self) -> Option<&Arc<Outside>> {
        self.0.state.outside.as_ref()
    }

    /// The live session.
    pub fn session(&self) -> Option<&Session> {
        self.0.session.as_ref()
    }

    /// The live session; the door of the route has made sure that there is one.
    ///
    /// # Errors
    /// [`Fault::SignIn`] when there is none.
    pub fn staff(&self) -> Result<&Session, Fault> {
        self.0.session.as_ref().ok_or(Fault::SignIn)
    }

    /// The actor of staff pages.
    ///
    /// # Errors
    /// [`Fault::SignIn`].
    pub fn actor(&self) -> Result<Actor, Fault> {
        Ok(Actor::Staff(self.staff()?.staff.clone()))
    }

    /// The circumstances of a form: its id makes a second submit the same act, its revision finds clashes.
    ///
    /// # Errors
    /// [`Fault::SignIn`].
    pub fn meta(&self, form: &crate::form::Form) -> Result<Meta, Fault> {
        let command = form.uuid("form_id").unwrap_or_else(|| self.app().ids.uuid());
        Ok(Meta::new(self.actor()?, command).based_on(form.number("revision")))
    }

    /// The name of the request, which stands in the log too; empty outside of a server.
    pub fn name(&self) -> String {
        self.0.request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default()
    }

    /// Path of the request.
    pub fn path(&self) -> &str {
        self.0.request.path()
    }

    /// Path with query.
    pub fn path_and_query(&self) -> String {
        match self.0.request.query_string() {
            "" => self.path().to_owned(),
            query => format!("{}?{query}", self.path()),
        }
    }

    /// The request itself.
    pub fn request(&self) -> &HttpRequest {
        &self.0.request
    }

    /// A part of the path, `{name}` in the route.
    pub fn part(&self, name: &str) -> &str {
        self.0.request.match_info().get(name).unwrap_or_default()
    }

    /// A value of the query; empty when it is not there.
    pub fn query(&self, name: &str) -> &str {
        self.0.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The address of the client: the peer's, or what a trusted proxy says. Of IPv6 the network that one household gets.
    pub fn client(&self) -> String {
        let peer = self.0.request.peer_addr().map(|addr| addr.ip().to_canonical());
        let trusted = &self.state().settings.trusted_proxies;
        let Some(peer) = peer else { return "?".to_owned() };
        if !trusted.contains(&peer) {
            return network(peer);
        }
        let header =
            self.0.request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
        network(forwarded(peer, &header, trusted))
    }

    /// The raw value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.0.request.cookie(&cookies::full_name(name, self.state().settings.tls)).map(|cookie| cookie.value().to_owned())
    }

    /// Larger type.
    pub fn elder(&self) -> bool {
        self.cookie(names::ELDER).is_some_and(|value| value == "1")
    }

    /// Sets a sealed cookie.
    pub fn set_sealed(&self, name: &str, purpose: &str, content: &[u8], seconds: Option<i64>) {
        let token = self.app().vault.seal_token(purpose, content);
        self.set_cookie(cookies::make(name, token, seconds, self.state().settings.tls));
    }

    /// Reads a sealed cookie.
    pub fn sealed(&self, name: &str, purpose: &str) -> Option<Vec<u8>> {
        self.app().vault.open_token(purpose, &self.cookie(name)?)
    }

    /// Sets a cookie as it is.
    pub fn set_cookie(&self, cookie: Cookie<'static>) {
        let mut set = self.0.set.borrow_mut();
        set.retain(|other| other.name() != cookie.name());
        set.push(cookie);
    }

    /// Removes a cookie.
    pub fn remove_cookie(&self, name: &str) {
        self.set_cookie(cookies::gone(name, self.state().settings.tls));
    }

    /// Sets a long sealed value over several cookies; false when it does not fit.
    pub fn set_long(&self, parts: &[&str], purpose: &str, content: &[u8], seconds: i64) -> bool {
        let token = self.app().vault.seal_long_token(purpose, content);
        if token.len() > cookies::PART * parts.len() {
            return false;
        }
        let tls = self.state().settings.tls;
        let mut rest = token.as_str();
        for name in parts {
            let (part, left) = rest.split_at(rest.len().min(cookies::PART));
            rest = left;
            self.set_cookie(if part.is_empty() {
                cookies::gone(name, tls)
            } else {
                cookies::make(name, part.to_owned(), Some(seconds), tls)
            });
        }
        true
    }

    /// Reads a long sealed value.
    pub fn long(&self, parts: &[&str], purpose: &str) -> Option<Vec<u8>> {
        let token: String = parts.iter().map_while(|name| self.cookie(name).filter(|part| !part.is_empty())).collect();
        self.app().vault.open_token(purpose, &token)
    }

    /// Keeps what was typed so that the page at `path` can show it again. What is too long for cookies an error page of this
    /// request shows itself.
    pub fn keep(&self, path: &str, fields: &[(String, String)]) {
        let fields = fields.iter().filter(|(name, _)| may_be_kept(path, name)).cloned().collect();
        let kept = Kept { path: path.to_owned(), to: self.path().to_owned(), by: self.0.holder, fields };
        let fits = serde_json::to_vec(&kept).is_ok_and(|bytes| self.set_long(&names::KEPT, "kept", &bytes, 86_400));
        *self.0.fate.borrow_mut() = if fits {
            Fate::Kept
        } else {
            Fate::TooLong(kept.fields.into_iter().map(|(_, words)| words).filter(|words| words.chars().count() > LONG).collect())
        };
    }

    /// What became of what was typed, for the page that says why it was not carried out.
    pub fn fate(&self) -> Fate {
        self.0.fate.take()
    }

    /// What was kept for this page, once.
    pub fn kept(&self) -> Option<Kept> {
        let kept: Kept = serde_json::from_slice(&self.long(&names::KEPT, "kept")?).ok()?;
        if kept.path != self.path() {
            return None;
        }
        names::KEPT.iter().for_each(|name| self.remove_cookie(name));
        // What one member of staff typed is not shown to the next one at the same desk.
        let reader = self.0.session.as_ref().map(|session| session.staff.account.0);
        (kept.by.is_none() || kept.by == reader).then_some(kept)
    }

    /// Shows a message on the next page.
    pub fn flash(&self, good: bool, message: &str) {
        if let Ok(bytes) = serde_json::to_vec(&FlashCookie { good, message: message.to_owned() }) {
            self.set_sealed(names::FLASH, "flash", &bytes, Some(60));
        }
    }

    /// The message of the page before.
    pub fn take_flash(&self) -> Option<Flash> {
        self.0.flash.borrow_mut().take()
    }

    /// The browser's id; made and set when there is none.
    pub fn visitor(&self) -> Uuid {
        let known = *self.0.visitor.borrow();
        known.unwrap_or_else(|| {
            let id = self.app().ids.uuid();
            *self.0.visitor.borrow_mut() = Some(id);
            self.set_sealed(names::VISITOR, "visitor", id.as_bytes(), None);
            id
        })
    }

    /// The browser's id, if it has one.
    pub fn known_visitor(&self) -> Option<Uuid> {
        *self.0.visitor.borrow()
    }

    /// The case that this browser tracks, and since when (the cookie lives half an hour).
    pub fn tracked(&self) -> Option<CaseId> {
        let bytes = self.sealed(names::TRACK, "track")?;
        let (id, until) = bytes.split_at_checked(16)?;
        let until = i64::from_be_bytes(until.try_into().ok()?);
        (until > domain::time::micros(self.app().now())).then_some(CaseId(Uuid::from_slice(id).ok()?))
    }

    /// Lets this browser track a case for half an hour.
    pub fn set_tracked(&self, case: CaseId) {
        let until = domain::time::micros(self.app().now()) + 1_800_000_000;
        let content = [case.0.as_bytes().as_slice(), &until.to_be_bytes()].concat();
        self.set_sealed(names::TRACK, "track", &content, Some(1_800));
    }

    /// Cookies to set on the answer.
    pub(crate) fn take_cookies(&self) -> Vec<Cookie<'static>> {
        std::mem::take(&mut self.0.set.borrow_mut())
    }
}

/// Passwords and codes are typed anew; what binds a form belongs to that form alone.
fn may_be_kept(path: &str, field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    let secret = field.contains("pass") || field.contains("secret") || matches!(field.as_str(), "current" | "new" | "again");
    let query_code = field == "code" && ["/track", "/complaint/track", "/vote"].iter().any(|page| path.starts_with(page));
    !(secret || query_code || matches!(field.as_str(), "csrf" | "form_id" | "revision"))
}

/// The client as the proxies saw it: from the right, as far as the hops are trusted. What cannot be read is not skipped,
/// for all that stands before it was written by whoever sent the request.
fn forwarded(peer: IpAddr, header: &str, trusted: &[IpAddr]) -> IpAddr {
    let mut client = peer;
    for hop in header.rsplit(',') {
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
        if !trusted.contains(&client) {
            break;
        }
    }
    client
}

/// What tries are counted by: an IPv4 address, or the /64 of an IPv6 one, all of which one client may use.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_address_is_believed_no_further_than_the_trusted_hops() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let trusted = [ip("127.0.0.1"), ip("10.0.0.2")];
        for (header, client) in [
            ("", "127.0.0.1"),
            ("1.2.3.4", "1.2.3.4"),
            ("6.6.6.6, 1.2.3.4", "1.2.3.4"),
            ("6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
            ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
            ("6.6.6.6, 1.2.3.4:5678", "127.0.0.1"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
        ] {
            assert_eq!(forwarded(trusted[0], header, &trusted), ip(client), "{header:?}");
        }
        assert_eq!(network(ip("2001:db8:1:2:3:4:5:6")), network(ip("2001:db8:1:2::9")));
        assert_ne!(network(ip("2001:db8:1:2::9")), network(ip("2001:db8:1:3::9")));
    }

    #[test]
    fn passwords_and_codes_are_never_kept() {
        for field in ["password", "current", "again", "new", "new_password", "Passwort", "csrf", "form_id", "revision"] {
            assert!(!may_be_kept("/desk/password", field), "{field}");
        }
        assert!(!may_be_kept("/complaint/track", "code"));
        assert!(!may_be_kept("/track", "code") && may_be_kept("/track", "number") && may_be_kept("/admin/units/0101", "code"));
    }
}
