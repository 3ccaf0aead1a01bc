//! Cookies: sealed, host-only, not for scripts.

use actix_web::cookie::{Cookie, SameSite, time::Duration};

/// Names of the cookies.
pub mod names {
    /// Session of staff.
    pub const SESSION: &str = "s";
    /// Random id of a browser, binds forms of citizens.
    pub const VISITOR: &str = "v";
    /// Cases filed in this browser, for the receipt.
    pub const RECEIPT: &str = "r";
    /// The case that is being tracked.
    pub const TRACK: &str = "t";
    /// The complaint about a unit that is being tracked.
    pub const COMPLAINT: &str = "c";
    /// The complaint filed in this browser, for its receipt.
    pub const COMPLAINT_RECEIPT: &str = "cr";
    /// Parts of the draft of a filing.
    pub const DRAFT: [&str; 3] = ["d0", "d1", "d2"];
    /// What was typed into a form that could not be carried out.
    pub const KEPT: [&str; 3] = ["k0", "k1", "k2"];
    /// The ticket of a ballot that is being filled in.
    pub const VOTE: &str = "w";
    /// Parts of that ballot.
    pub const VOTE_DRAFT: [&str; 3] = ["w0", "w1", "w2"];
    /// Message for the next page.
    pub const FLASH: &str = "f";
    /// The account that signed in last in this browser, so that strangers who guess elsewhere do not hold up its holder.
    pub const KNOWN: &str = "b";
    /// How far the log reached at this browser's last act: another node shows its pages when its views stand there too.
    pub const SEEN: &str = "n";
    /// Larger type.
    pub const ELDER: &str = "elder";
}

/// Most bytes in one cookie.
pub const PART: usize = 3_600;

/// The full name: `__Host-` behind TLS.
pub fn full_name(name: &str, tls: bool) -> String {
    if tls { format!("__Host-{name}") } else { name.to_owned() }
}

/// A cookie that lives `seconds`, or until the browser ends when none.
pub fn make(name: &str, value: String, seconds: Option<i64>, tls: bool) -> Cookie<'static> {
    let mut cookie = Cookie::build(full_name(name, tls), value).path("/").http_only(true).secure(tls).same_site(SameSite::Lax).finish();
    if let Some(seconds) = seconds {
        cookie.set_max_age(Duration::seconds(seconds));
    }
    cookie
}

/// A cookie that removes another.
pub fn gone(name: &str, tls: bool) -> Cookie<'static> {
    make(name, String::new(), Some(0), tls)
}
