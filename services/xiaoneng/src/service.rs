//! The service manager: sockets that it opened, signals that it sends, what it is told.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Where the pages and the admin listener are served.
pub(crate) struct Listeners {
    /// Pages.
    pub(crate) public: TcpListener,
    /// Admin listener.
    pub(crate) admin: Option<TcpListener>,
}

impl Listeners {
    /// The sockets that the service manager handed over (`LISTEN_FDS`: the first is the public one, the second the admin
    /// listener), else those of these addresses.
    pub(crate) fn open(public: SocketAddr, admin: Option<SocketAddr>) -> anyhow::Result<Self> {
        let mut given = ListenFd::from_env();
        let first = given.take_tcp_listener(0).context("systemd 交来的套接字不能使用")?;
        let second =
            if given.len() > 1 { given.take_tcp_listener(1).context("systemd 交来的运维套接字不能使用")? } else { None };
        let public = match first {
            Some(listener) => listener,
            None => bind(public, "--listen")?,
        };
        let admin = match (second, admin) {
            (Some(listener), _) => Some(listener),
            (None, Some(address)) => Some(bind(address, "--admin-listen")?),
            (None, None) => None,
        };
        Ok(Self { public, admin })
    }
}

fn bind(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("地址 {address} 不能使用，可能已有程序在用；请换一个 {option}"))
}

/// The signals that ask for the end.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on they no longer end the process by themselves.
    pub(crate) fn catch() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Until the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Tells the service manager that requests are served.
pub(crate) fn tell_ready() {
    tell(&[NotifyState::Ready]);
}

/// Tells it that the end has begun.
pub(crate) fn tell_stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells it that the program is not stuck, if it wants to know.
pub(crate) fn tell_alive() {
    if sd_notify::watchdog_enabled().is_some() {
        tell(&[NotifyState::Watchdog]);
    }
}

/// Without a service manager nothing is told.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
