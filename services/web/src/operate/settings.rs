//! What an installation can set about its operation.

use std::net::SocketAddr;

/// Settings of operating a node; all have defaults.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address of the admin listener (`/healthz`, `/readyz`, `/metrics`, `/log`), such as `127.0.0.1:9464`; empty = none.
    /// Never the public address: nobody signs in there.
    pub listen: String,
    /// Seconds without a write after which writing to the log is tried.
    pub probe_seconds: u64,
    /// Events that the views may be behind the log before the node is not ready.
    pub behind_events: u64,
    /// Seconds that the views may be behind the log before the node is not ready.
    pub behind_seconds: u64,
    /// Seconds without a finished tick of automation that count as a fault.
    pub tick_seconds: u64,
    /// Free space of a disk in percent below which it is told.
    pub disk_warn_percent: u64,
    /// Free space of a disk in percent below which the node is not ready.
    pub disk_stop_percent: u64,
    /// Seconds that the clock may be behind the last event before the node is not ready.
    pub clock_seconds: i64,
    /// Hours after which a backup is too old.
    pub backup_hours: i64,
    /// Hours after which a rehearsal of a restore is too old.
    pub rehearsal_hours: i64,
    /// Seconds between the signal to stop and the first connection that is refused, for balancers that ask `/readyz`.
    pub drain_seconds: u64,
    /// Seconds that requests under way have to end after that; 8 at most are useful below 15 in all.
    pub stop_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: String::new(),
            probe_seconds: 5,
            behind_events: 50_000,
            behind_seconds: 30,
            tick_seconds: 60,
            disk_warn_percent: 10,
            disk_stop_percent: 2,
            clock_seconds: 60,
            backup_hours: 26,
            rehearsal_hours: 50,
            drain_seconds: 0,
            stop_seconds: 8,
        }
    }
}

impl Settings {
    /// The address of the admin listener; `None` = it is off.
    ///
    /// # Errors
    /// In words, when it is no address.
    pub fn address(&self) -> Result<Option<SocketAddr>, String> {
        if self.listen.is_empty() {
            return Ok(None);
        }
        let wanted = |_| format!("运维监听地址“{}”写法不对，应写成 127.0.0.1:9464（IPv6 写成 [::1]:9464）", self.listen);
        self.listen.parse().map(Some).map_err(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_address_is_none_and_a_wrong_one_says_how_to_write_it() {
        let with = |listen: &str| Settings { listen: listen.to_owned(), ..Settings::default() }.address();
        assert_eq!(with(""), Ok(None));
        assert_eq!(with("127.0.0.1:9464"), Ok("127.0.0.1:9464".parse().ok()));
        assert!(with("9464").unwrap_err().contains("127.0.0.1:9464"));
    }
}
