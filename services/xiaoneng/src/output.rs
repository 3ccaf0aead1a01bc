//! Printing: facts to stdout, everything else to stderr, the operating log as JSON lines when nobody watches.

use std::io::{IsTerminal, Write};

use tracing_subscriber::EnvFilter;

use crate::cli::{Call, Command};

/// One line on stdout. A reader that has gone away ends the program quietly.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").is_err() {
        std::process::exit(0);
    }
}

/// One line on stderr.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Starts the operating log; servers write JSON to stderr unless a person watches.
pub(crate) fn start_log(call: &Call) {
    let level = match call.command {
        Command::Serve(_) | Command::Outside(_) => "info",
        _ => "warn",
    };
    let filter = EnvFilter::try_from_env("XIAONENG_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() { builder.compact().init() } else { builder.json().init() }
}

/// Progress of long work: a bar on a terminal, plain lines elsewhere.
pub(crate) struct Progress {
    bar: Option<indicatif::ProgressBar>,
    label: &'static str,
    told: std::sync::atomic::AtomicU64,
}

impl Progress {
    /// Progress of work with this label.
    pub(crate) fn new(label: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| indicatif::ProgressBar::new(0));
        Self { bar, label, told: std::sync::atomic::AtomicU64::new(0) }
    }

    /// So much is done of so much; 0 while that is not known.
    pub(crate) fn tell(&self, done: u64, of: u64) {
        if let Some(bar) = &self.bar {
            if of > 0 {
                bar.set_length(of);
            }
            bar.set_position(done);
            return;
        }
        // Without an end in sight a line each ten thousand, otherwise one each tenth of the way.
        let (step, words) = match of {
            0 => (done / 10_000, format!("{} {done}", self.label)),
            _ => (done * 10 / of, format!("{} {done}/{of}", self.label)),
        };
        if self.told.fetch_max(step, std::sync::atomic::Ordering::Relaxed) < step {
            error(&words);
        }
    }
}
