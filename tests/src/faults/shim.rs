//! The shim between the server and the system (`tests/fixtures/shim.c`): built when it is needed, driven through a file that
//! both sides map.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::server::{Start, text, within};

/// A command under a rule that does not end within this time hangs.
const PATIENCE: Duration = Duration::from_secs(300);
const SOURCE: &str = include_str!("../../fixtures/shim.c");
/// Places in the control file, as in the source.
const ARMED: u64 = 0;
const CLOCK: u64 = 1;
const MATCHED: u64 = 2;
const MADE: u64 = 3;
const SLOTS: usize = 8;

/// Which operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Syncs.
    Sync,
    /// Writes.
    Write,
    /// Syncs, renames and removals: what makes written bytes count.
    Turn,
    /// All of these.
    Any,
}

/// One rule: which operations on which files are hit, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Names of files, as the source says.
    pub files: &'static str,
    /// Which operations.
    pub on: On,
    /// The first that is hit, from 1.
    pub at: u64,
    /// How many are hit; 0 = all that follow.
    pub times: u64,
    /// `kill`, `after`, `torn`, `eio`, `enospc`, `delay:MS`.
    pub act: String,
}

impl Rule {
    /// Hits the n-th operation.
    pub fn nth(files: &'static str, on: On, at: u64, act: &str) -> Self {
        Self { files, on, at, times: 1, act: act.to_owned() }
    }

    /// Hits every operation.
    pub fn every(files: &'static str, on: On, act: &str) -> Self {
        Self { times: 0, ..Self::nth(files, on, 1, act) }
    }
}

/// So many of so many steps, evenly from the first to the last.
pub fn evenly(steps: u64, rounds: u64) -> impl Iterator<Item = u64> {
    (0..rounds).map(move |round| 1 + steps.saturating_sub(1) * round / rounds.saturating_sub(1).max(1))
}

/// A shim that is built.
pub struct Shim {
    library: PathBuf,
    control: PathBuf,
    file: File,
}

impl Shim {
    /// Builds it in a folder.
    ///
    /// # Errors
    /// When there is no C compiler.
    pub fn new(dir: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(dir)?;
        let (source, library, control) = (dir.join("shim.c"), dir.join("shim.so"), dir.join("control"));
        std::fs::write(&source, SOURCE)?;
        let built = Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o", text(&library), text(&source), "-ldl"]).output()?;
        if !built.status.success() {
            return Err(format!("the shim could not be built: {}", String::from_utf8_lossy(&built.stderr)).into());
        }
        std::fs::write(&control, [0; SLOTS * 8])?;
        let file = File::options().read(true).write(true).open(&control)?;
        Ok(Self { library, control, file })
    }

    /// The environment of a server under this shim; without a rule only the clock is of it.
    pub fn environment(&self, rule: Option<&Rule>) -> Vec<(String, String)> {
        let mut all = vec![("LD_PRELOAD", text(&self.library).to_owned()), ("XN_SHIM_CONTROL", text(&self.control).to_owned())];
        if let Some(rule) = rule {
            let on = match rule.on {
                On::Sync => "sync",
                On::Write => "write",
                On::Turn => "turn",
                On::Any => "any",
            };
            all.extend([
                ("XN_SHIM_FILES", rule.files.to_owned()),
                ("XN_SHIM_ON", on.to_owned()),
                ("XN_SHIM_AT", rule.at.to_string()),
                ("XN_SHIM_FOR", rule.times.to_string()),
                ("XN_SHIM_DO", rule.act.clone()),
            ]);
        }
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Operations count from now on.
    ///
    /// # Errors
    /// When the control file cannot be written.
    pub fn arm(&self) -> Outcome<()> {
        self.set(MATCHED, 0)?;
        self.set(MADE, 0)?;
        self.set(ARMED, 1)
    }

    /// Nothing is hit any more.
    ///
    /// # Errors
    /// As [`Self::arm`].
    pub fn disarm(&self) -> Outcome<()> {
        self.set(ARMED, 0)
    }

    /// Operations that matched since it was armed.
    ///
    /// # Errors
    /// As [`Self::arm`].
    pub fn matched(&self) -> Outcome<i64> {
        self.get(MATCHED)
    }

    /// Faults made since it was armed.
    ///
    /// # Errors
    /// As [`Self::arm`].
    pub fn made(&self) -> Outcome<i64> {
        self.get(MADE)
    }

    /// The clock of servers under this shim goes so many seconds before the system's.
    pub(crate) fn clock(&self, seconds: i64) -> Outcome<()> {
        self.set(CLOCK, seconds)
    }

    /// Runs a command of the program under a rule to its end; whether the rule killed it.
    ///
    /// # Errors
    /// When it ended badly in another way, or does not end.
    pub fn killed(&self, rule: &Rule, words: &[&str]) -> Outcome<bool> {
        self.arm()?;
        let done = within(&mut Start::default().and(self.environment(Some(rule))).command(words)?, PATIENCE);
        self.disarm()?;
        let done = done?;
        match done.status.signal() {
            Some(9) if self.made()? > 0 => Ok(true),
            None if done.status.success() => Ok(false),
            _ => Err(format!("the command ended with {}: {}", done.status, String::from_utf8_lossy(&done.stderr)).into()),
        }
    }

    /// Steps of a command under a rule that kills at none of them.
    ///
    /// # Errors
    /// As [`Self::killed`].
    pub fn steps(&self, files: &'static str, on: On, words: &[&str]) -> Outcome<u64> {
        self.killed(&Rule::nth(files, on, u64::from(u32::MAX), "kill"), words)?;
        Ok(u64::try_from(self.matched()?)?)
    }

    fn set(&self, slot: u64, value: i64) -> Outcome<()> {
        Ok(self.file.write_all_at(&value.to_ne_bytes(), slot * 8)?)
    }

    fn get(&self, slot: u64) -> Outcome<i64> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, slot * 8)?;
        Ok(i64::from_ne_bytes(bytes))
    }
}
