//! Where a cluster is and who we are there.

use std::fmt;

use eventstore::{ClientSettings, Credentials};

use crate::LogError;

/// The streams of one installation begin with this, unless the address names another.
const NAMESPACE: &str = "xiaoneng";
/// What the client does by itself, unless the address says otherwise: it goes to the leader, whose reads are never stale, and
/// tries nodes soon after one another.
const DEFAULTS: [(&str, &str); 3] = [("nodePreference", "leader"), ("discoveryInterval", "100"), ("gossipTimeout", "2000")];

/// A cluster of EventStoreDB (KurrentDB), checked.
#[derive(Clone)]
pub struct ClusterAddress {
    pub(super) settings: ClientSettings,
    pub(super) credentials: Option<Credentials>,
    pub(super) namespace: String,
}

impl ClusterAddress {
    /// From a connection string (`esdb://host:2113?tls=true`, several hosts, or `esdb+discover://…`) without credentials, and
    /// user name and password. `namespace=` in it names the installation when several share a cluster.
    ///
    /// # Errors
    /// A message that says what is wrong with it; never with the password.
    pub fn parse(address: &str, user: Option<(String, String)>) -> Result<Self, LogError> {
        let wrong = |what: &str| LogError::Unavailable(format!("集群地址不正确：{what}"));
        let (base, query) = address.split_once('?').unwrap_or((address, ""));
        if base.contains('@') {
            return Err(wrong("不得包含用户名和口令，请用环境变量 XIAONENG_ESDB_USER 和 XIAONENG_ESDB_PASSWORD(_FILE)"));
        }
        let mut namespace = NAMESPACE.to_owned();
        let mut parameters: Vec<String> = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some((name, value)) if name.eq_ignore_ascii_case("namespace") => value.clone_into(&mut namespace),
                _ => parameters.push(parameter.to_owned()),
            }
        }
        if namespace.is_empty() || namespace.len() > 40 || !namespace.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(wrong("namespace 只能含字母、数字和下划线，至多 40 个"));
        }
        for (name, value) in DEFAULTS {
            let given = |parameter: &String| parameter.split('=').next().is_some_and(|given| given.eq_ignore_ascii_case(name));
            if !parameters.iter().any(given) {
                parameters.push(format!("{name}={value}"));
            }
        }
        let settings = format!("{}?{}", base.trim_end_matches('/'), parameters.join("&"));
        let settings = settings.parse::<ClientSettings>().map_err(|error| wrong(error.message()))?;
        let credentials = user.map(|(user, password)| Credentials::new(user, password));
        Ok(Self { settings, credentials, namespace })
    }
}

impl fmt::Debug for ClusterAddress {
    /// The password is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterAddress").field("hosts", self.settings.hosts()).field("namespace", &self.namespace).finish_non_exhaustive()
    }
}
