//! Printing: facts to stdout, everything else to stderr, the operating log as JSON lines when nobody watches.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, OnceLock};

use tracing_subscriber::EnvFilter;

use crate::cli::{Call, Command};
use crate::lines::LINES;

/// One line on stdout. A reader that has gone away ends the program quietly; a disk that took nothing ends it with status 1.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}") {
        Ok(()) => {}
        Err(gone) if gone.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(fault) => {
            error(&format!("结果无法写出：{fault}"));
            std::process::exit(1);
        }
    }
}

/// One line on stderr, after what the operating log has said.
pub(crate) fn error(text: &str) {
    LINES.flush();
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Changes what is logged.
static FILTER: OnceLock<web::operate::LogFilter> = OnceLock::new();

/// Changes what is logged from now on; `None` before the log was started.
pub(crate) fn log_filter() -> Option<web::operate::LogFilter> {
    FILTER.get().cloned()
}

/// Starts the operating log; servers write JSON to stderr unless a person watches.
pub(crate) fn start_log(call: &Call) {
    std::panic::set_hook(Box::new(panicked));
    // The client of a cluster reports each of its tries; what comes of them is said by the log itself.
    let level = match call.command {
        Command::Serve(_) | Command::Outside(_) => "info,kurrentdb=off",
        _ => "warn,kurrentdb=off",
    };
    let filter = EnvFilter::try_from_env("XIAONENG_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    let change = if std::io::stderr().is_terminal() || LINES.start().is_err() {
        let builder = builder.with_writer(std::io::stderr).compact().with_filter_reloading();
        let change = changing(builder.reload_handle());
        builder.init();
        change
    } else {
        let builder = builder.with_writer(&LINES).json().with_span_list(false).with_filter_reloading();
        let change = changing(builder.reload_handle());
        builder.init();
        change
    };
    // Started once, at the beginning of the program.
    let _ = FILTER.set(change);
}

fn changing<S: 'static>(handle: tracing_subscriber::reload::Handle<EnvFilter, S>) -> web::operate::LogFilter {
    Arc::new(move |text| {
        let filter = EnvFilter::try_new(text).map_err(|error| format!("日志级别写法不对（{error}），应写成 info 或 info,web=debug"))?;
        handle.reload(filter).map_err(|error| format!("日志级别没有调整：{error}"))
    })
}

/// Where it happened, and nothing of what was said: the words of a panic may hold what people typed.
fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or_default().to_owned();
    tracing::error!(place, thread, "a fault of the program");
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
