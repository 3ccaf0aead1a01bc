//! What an installation can set about its pages.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the web side; all have defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port on which pages are served; a proxy in front does TLS.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Name of the site.
    pub site_name: String,
    /// Office that runs it.
    pub organiser: String,
    /// Telephone of the service.
    pub service_phone: String,
    /// Registration numbers for the footer.
    pub registrations: Vec<String>,
    /// Banner of an installation that is not the real one; empty = none.
    pub environment: String,
    /// Served over TLS by a proxy in front: cookies are `__Host-` and Secure.
    pub tls: bool,
    /// Proxies whose `X-Forwarded-For` is believed; they must append the address from which they were asked. This machine
    /// unless set.
    pub trusted_proxies: Vec<IpAddr>,
    /// Threads that serve pages.
    #[schemars(range(min = 1))]
    pub workers: usize,
    /// Largest form in bytes.
    pub form_bytes: usize,
    /// Largest upload of an administrator in bytes.
    pub upload_bytes: usize,
    /// Seconds for a request's head, and for its body before the least rate counts.
    pub slow_seconds: u64,
    /// Filings that one address may send in a minute; 0 = no limit.
    pub filings_per_minute: u32,
    /// Look-ups by number and code that one address may send in a minute; 0 = no limit.
    pub lookups_per_minute: u32,
    /// Accounts shown on the sign-in page (demonstration only).
    #[schemars(extend("x-secret" = true))]
    pub demo_accounts: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            site_name: "诉求与效能服务平台".to_owned(),
            organiser: "人民政府办公室".to_owned(),
            service_phone: "12345".to_owned(),
            registrations: Vec::new(),
            environment: String::new(),
            tls: false,
            // A proxy on this machine that was forgotten here would make one address of a whole city.
            trusted_proxies: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            workers: 2,
            form_bytes: 256 * 1024,
            upload_bytes: 20 * 1024 * 1024,
            slow_seconds: 10,
            filings_per_minute: 60,
            lookups_per_minute: 30,
            demo_accounts: Vec::new(),
        }
    }
}
