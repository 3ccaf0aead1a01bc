//! The service manager: sockets that it opened, signals that it sends, what it is told.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::commands::Failure;
use crate::settings::Settings;

/// Where the pages and the admin listener are served.
pub(crate) struct Listeners {
    given: Option<TcpListener>,
    listen: SocketAddr,
    /// Admin listener.
    pub(crate) admin: Option<TcpListener>,
}

impl Listeners {
    /// The sockets that the service manager handed over (`LISTEN_FDS`: the first is the public one, the second the admin
    /// listener), else that of the admin address.
    ///
    /// # Errors
    /// The admin address is none, or that of the pages (status 2); a socket cannot be used.
    pub(crate) fn open(settings: &Settings) -> Result<Self, Failure> {
        let listen = settings.web.listen;
        let admin = settings.operate.address().map_err(Failure::Usage)?;
        if admin.is_some_and(|admin| admin == listen && admin.port() != 0) {
            return Err(Failure::Usage(format!("运维监听不能和页面用同一个地址 {listen}，请换一个 --admin-listen")));
        }
        let mut sockets = ListenFd::from_env();
        let given = sockets.take_tcp_listener(0).context("systemd 交来的套接字不能使用")?;
        let second =
            if sockets.len() > 1 { sockets.take_tcp_listener(1).context("systemd 交来的运维套接字不能使用")? } else { None };
        let admin = match (second, admin) {
            (Some(listener), _) => Some(listener),
            (None, Some(address)) => Some(bind(address, "--admin-listen")?),
            (None, None) => None,
        };
        Ok(Self { given, listen, admin })
    }

    /// The public socket: the one handed over, else that of the pages' address.
    pub(crate) fn public(self) -> anyhow::Result<TcpListener> {
        self.given.map_or_else(|| bind(self.listen, "--listen"), Ok)
    }
}

/// Takes an address, or says which option names another.
pub(crate) fn bind(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
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
