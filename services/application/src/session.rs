//! Sessions of staff: a sealed cookie (session, account, epoch). Ending one is an event that every node projects.

use chrono::TimeDelta;
use domain::account::{AccountEvent, SessionEnded, SessionsReset};
use domain::ids::AccountId;
use domain::time::{Instant, from_micros, micros};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actor::{Actor, Meta, Staff};
use crate::backoff::Key;
use crate::error::Error;
use crate::store::{Application, Done};

/// Idle time after which a session is dead.
pub const IDLE: TimeDelta = TimeDelta::minutes(30);
/// Age after which a session is dead.
pub const ABSOLUTE: TimeDelta = TimeDelta::hours(12);
const PURPOSE: &str = "session";
/// Characters of a sign-in name that count.
const LONGEST_LOGIN: usize = 64;

/// What a try at a password counts for: this account from here, and everything from here.
fn tries(login: &str, from: &str) -> Vec<Key> {
    vec![Key::Narrow(format!("login/{login}/{from}")), Key::Wide(format!("from/{from}"))]
}

/// A live session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id; forms are bound to it.
    pub id: Uuid,
    /// Who.
    pub staff: Staff,
    /// Must choose another password before anything else.
    pub must_change: bool,
    /// When it was opened.
    pub opened: Instant,
    /// When it was last used.
    pub used: Instant,
}

#[derive(Serialize, Deserialize)]
struct Cookie {
    s: Uuid,
    a: Uuid,
    e: u32,
    o: i64,
    u: i64,
}

impl Application {
    /// Signs in; answers the cookie's value. `from` is the address; `known` the account that signed in last in this
    /// browser: its holder is not held up by strangers who guess elsewhere.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::TooManyTries`], [`Error::Busy`] when too many wait for their turn.
    pub async fn sign_in(&self, login: &str, password: &str, from: &str, known: Option<AccountId>) -> Result<(Session, String), Error> {
        let now = self.now();
        // No sign-in name is as long; what is counted stays small.
        let login: String = login.trim().chars().take(LONGEST_LOGIN).collect::<String>().to_lowercase();
        let reference = self.reference();
        let account = reference.account_by_login(&login).filter(|account| account.enabled);
        let mut keys = tries(&login, from);
        if known.is_none() || known != account.map(|account| account.id) {
            keys.push(Key::Wide(format!("login/{login}")));
        }
        self.sign_ins.begin(&keys, now).map_err(|seconds| Error::TooManyTries { seconds })?;
        let fits = self.passwords.fits(password, account.and_then(|account| account.hash.clone())).await;
        if !fits.inspect_err(|_| self.sign_ins.forgiven(&keys))? {
            self.audit.sign_in(now, &login, false);
            return Err(Error::WrongPassword);
        }
        let Some(account) = account else { return Err(Error::WrongPassword) };
        self.sign_ins.succeeded(&keys);
        self.audit.sign_in(now, &login, true);
        let cookie = Cookie { s: self.ids.uuid(), a: account.id.0, e: account.epoch, o: micros(now), u: micros(now) };
        let session = self.live(&cookie, now).ok_or(Error::WrongPassword)?;
        Ok((session, self.cookie(&cookie)?))
    }

    /// Whether this is the password of the session's holder; wrong ones wait as at the door.
    ///
    /// # Errors
    /// [`Error::TooManyTries`], [`Error::Busy`], [`Error::NotFound`].
    pub async fn own_password(&self, session: &Session, password: &str, from: &str) -> Result<bool, Error> {
        let reference = self.reference();
        let account = reference.account(session.staff.account).ok_or(Error::NotFound)?;
        let keys = tries(&account.login, from);
        self.sign_ins.begin(&keys, self.now()).map_err(|seconds| Error::TooManyTries { seconds })?;
        let fits = self.passwords.fits(password, account.hash.clone()).await.inspect_err(|_| self.sign_ins.forgiven(&keys))?;
        if fits {
            self.sign_ins.succeeded(&keys);
        }
        Ok(fits)
    }

    /// Whose session a cookie holds or once held, alive or not.
    pub fn holder_of(&self, token: &str) -> Option<AccountId> {
        let cookie: Cookie = serde_json::from_slice(&self.vault.open_token(PURPOSE, token)?).ok()?;
        Some(AccountId(cookie.a))
    }

    /// The session of a cookie, if it is alive, and its new cookie when it is time to renew it.
    pub fn session(&self, token: &str) -> Option<(Session, Option<String>)> {
        let now = self.now();
        let mut cookie: Cookie = serde_json::from_slice(&self.vault.open_token(PURPOSE, token)?).ok()?;
        let session = self.live(&cookie, now)?;
        if now - from_micros(cookie.u) < TimeDelta::minutes(1) {
            return Some((session, None));
        }
        cookie.u = micros(now);
        let renewed = self.cookie(&cookie).ok();
        Some((session, renewed))
    }

    /// Ends one session.
    ///
    /// # Errors
    /// Log errors.
    pub async fn sign_out(&self, session: &Session) -> Result<Done, Error> {
        let meta = Meta::new(Actor::Staff(session.staff.clone()), Uuid::new_v5(&session.id, b"end"));
        let ended = SessionEnded { session: session.id, dead_by: session.opened + ABSOLUTE };
        let event: AccountEvent = ended.into();
        self.on_stream(&session.staff.account.stream(), &meta, |_| Ok(vec![event.clone().into()])).await
    }

    /// Ends all sessions of an account.
    ///
    /// # Errors
    /// Log errors.
    pub async fn end_sessions(&self, meta: &Meta, account: AccountId, reason: &str) -> Result<Done, Error> {
        let event: AccountEvent = SessionsReset { reason: reason.to_owned() }.into();
        self.on_stream(&account.stream(), meta, |_| Ok(vec![event.clone().into()])).await
    }

    fn live(&self, cookie: &Cookie, now: Instant) -> Option<Session> {
        let (opened, used) = (from_micros(cookie.o), from_micros(cookie.u));
        if now - opened > ABSOLUTE || now - used > IDLE {
            return None;
        }
        let reference = self.reference();
        let account = reference.account(AccountId(cookie.a))?;
        if !account.enabled || account.epoch != cookie.e || reference.session_ended(cookie.s) {
            return None;
        }
        let staff = Staff { account: account.id, unit: account.unit.clone(), roles: account.roles.clone(), kind: account.staff };
        Some(Session { id: cookie.s, staff, must_change: account.must_change, opened, used })
    }

    fn cookie(&self, cookie: &Cookie) -> Result<String, Error> {
        let bytes = serde_json::to_vec(cookie).map_err(|e| Error::Internal(e.to_string()))?;
        Ok(self.vault.seal_token(PURPOSE, &bytes))
    }
}
