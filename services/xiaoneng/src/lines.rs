//! The operating log on its way to stderr: the lines of a rush leave together.
//!
//! Each request has a line. Written one by one they cost a tenth of what a rush of filings costs, most of it for waking whoever
//! reads them. A warning or an error leaves at once and takes along what waits before it, so that the order stands.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// The longest that a line waits; a program that is killed has lost so much of its log at most.
const WAIT: Duration = Duration::from_millis(20);
/// So many bytes leave at once, whoever is to wait for it.
const FULL: usize = 64 << 10;

/// What waits to be written.
pub(crate) struct Lines {
    waiting: Mutex<Vec<u8>>,
    come: Condvar,
    out: fn(&[u8]) -> io::Result<()>,
}

/// Those of this process.
pub(crate) static LINES: Lines = Lines::to(|lines| io::stderr().lock().write_all(lines));

impl Lines {
    const fn to(out: fn(&[u8]) -> io::Result<()>) -> Self {
        Self { waiting: Mutex::new(Vec::new()), come: Condvar::new(), out }
    }

    /// Starts the thread that writes what waits.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub(crate) fn start(&'static self) -> io::Result<()> {
        std::thread::Builder::new().name("log-lines".to_owned()).spawn(|| self.go_on())?;
        Ok(())
    }

    fn go_on(&self) -> ! {
        loop {
            drop(self.come.wait_while(self.waiting(), |waiting| waiting.is_empty()));
            std::thread::sleep(WAIT);
            self.flush();
        }
    }

    /// Writes what waits.
    pub(crate) fn flush(&self) {
        self.write_out(&mut self.waiting());
    }

    /// Where lines cannot be written they are lost, as ever: nobody could be told.
    fn write_out(&self, waiting: &mut Vec<u8>) {
        let _ = (self.out)(waiting);
        waiting.clear();
    }

    fn take(&self, line: &[u8], at_once: bool) {
        let mut waiting = self.waiting();
        let first = waiting.is_empty();
        waiting.extend_from_slice(line);
        if at_once || waiting.len() >= FULL {
            self.write_out(&mut waiting);
        } else if first {
            self.come.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line of the log; the formatter writes it whole.
pub(crate) struct Line {
    to: &'static Lines,
    at_once: bool,
}

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.to.take(line, self.at_once);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for &'static Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { to: self, at_once: true }
    }

    fn make_writer_for(&'a self, of: &Metadata<'_>) -> Line {
        Line { to: self, at_once: *of.level() <= Level::WARN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static OUT: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static TOLD: Lines = Lines::to(|lines| {
        OUT.lock().unwrap().push(String::from_utf8(lines.to_vec()).unwrap());
        Ok(())
    });

    fn written() -> Vec<String> {
        std::mem::take(&mut OUT.lock().unwrap())
    }

    #[test]
    fn lines_wait_for_each_other_a_fault_waits_for_nobody_and_what_fills_the_room_leaves() {
        let line = |text: &str, at_once| Line { to: &TOLD, at_once }.write_all(text.as_bytes()).unwrap();
        line("a\n", false);
        line("b\n", false);
        assert_eq!(written(), [] as [&str; 0]);
        line("fault\n", true);
        assert_eq!(written(), ["a\nb\nfault\n"], "in the order in which they came");
        line(&"x".repeat(FULL), false);
        assert_eq!(written().len(), 1);
        line("c\n", false);
        TOLD.flush();
        assert_eq!(written(), ["c\n"]);
        // and with nobody's help when the thread runs
        TOLD.start().unwrap();
        line("d\n", false);
        let asked = std::time::Instant::now();
        while OUT.lock().unwrap().is_empty() {
            assert!(asked.elapsed() < Duration::from_secs(60), "nobody wrote it");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(written(), ["d\n"]);
    }
}
