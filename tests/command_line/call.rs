//! One call of the binary.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

/// A call that takes longer does not end: a server, for instance, that was to refuse its start.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a call printed and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ended {
    /// Ended with 0; what it printed.
    pub fn good(self) -> String {
        assert_eq!(self.status, 0, "{self:?}");
        self.out
    }

    /// Ended with 0; the last line is an object.
    pub fn json(self) -> Value {
        let out = self.good();
        serde_json::from_str(out.lines().last().unwrap()).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Ended with this status and said something on standard error.
    pub fn bad(self, status: i32) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert!(!self.err.trim().is_empty(), "{self:?}");
        self.err
    }
}

/// Calls the binary with these words.
pub fn call<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> Ended {
    call_in(&[], words)
}

/// Calls the binary with these words in this environment.
pub fn call_in<S: AsRef<OsStr>>(environment: &[(&str, &str)], words: impl IntoIterator<Item = S>) -> Ended {
    let mut command = Command::new(tests::server::binary().unwrap());
    ended(command.envs(environment.iter().copied()).args(words))
}

/// Runs any command to its end.
pub fn ended(command: &mut Command) -> Ended {
    let done = tests::server::within(command, PATIENCE).unwrap_or_else(|error| panic!("{error}"));
    let words = |bytes| String::from_utf8(bytes).unwrap();
    Ended { status: done.status.code().unwrap(), out: words(done.stdout), err: words(done.stderr) }
}

/// A text of a path.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Words of a call, split at blanks.
pub fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// An installation in a directory, as `init` makes it.
pub fn init(data: &Path) -> String {
    call(["init", "--data", text(data), "--actor", "张三"]).good()
}

/// A generated city in a directory.
pub fn city(data: &Path, cases: &str) -> Value {
    call(["generate", "--data", text(data), "--cases", cases, "--seed", "3", "--json"]).json()
}
