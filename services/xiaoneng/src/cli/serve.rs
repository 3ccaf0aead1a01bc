//! Servers, and what asks them how they are.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Configured, Place};

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where the demo city lies; an earlier demo there is replaced
    #[arg(long, default_value = "data/demo")]
    pub(crate) data: PathBuf,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Seed of the city
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Number of cases
    #[arg(long, default_value_t = 3_000)]
    pub(crate) cases: usize,
}

/// Where and how a server listens.
#[derive(Debug, Args)]
pub(crate) struct Serving {
    /// Address to listen on, in place of the setting web.listen
    #[arg(long)]
    pub(crate) listen: Option<SocketAddr>,
    /// Address of the admin listener (/healthz, /readyz, /metrics), such as 127.0.0.1:9464; none unless it is set
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin_listen: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) settings: Configured,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) serving: Serving,
}

#[derive(Debug, Args)]
pub(crate) struct Outside {
    /// Spool of this zone: inward/ is carried in by the gate, outward/ is filled by it
    #[arg(long)]
    pub(crate) spool: PathBuf,
    /// Key file that `xiaoneng zones key` made inside; outside.key in the spool when it is left out
    #[arg(long)]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) serving: Serving,
}

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// Address of the admin listener
    #[arg(long, default_value = "127.0.0.1:9464")]
    pub(crate) admin: SocketAddr,
    /// Ask whether it is ready to serve, not only whether it is alive
    #[arg(long)]
    pub(crate) ready: bool,
}
