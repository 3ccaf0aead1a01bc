//! The shim between the server and the system (`tests/fixtures/shim.c`): built when it is needed, driven through a file that
//! both sides map.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::server::text;

const SOURCE: &str = include_str!("../../fixtures/shim.c");
/// Places in the control file, as in the source.
const ARMED: u64 = 0;
const CLOCK: u64 = 1;
const MATCHED: u64 = 2;
const MADE: u64 = 3;
const SLOTS: usize = 8;

/// Which operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Sync,
    Write,
    /// Syncs, renames and removals: what makes written bytes count.
    Turn,
    Any,
}

/// One rule: which operations on which files are hit, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Names of files, as the source says.
    pub(crate) files: &'static str,
    pub(crate) on: On,
    /// The first that is hit, from 1.
    pub(crate) at: u64,
    /// How many are hit; 0 = all that follow.
    pub(crate) times: u64,
    /// `kill`, `after`, `torn`, `eio`, `enospc`, `delay:MS`.
    pub(crate) act: String,
}

impl Rule {
    /// Hits the n-th operation.
    pub(crate) fn nth(files: &'static str, on: On, at: u64, act: &str) -> Self {
        Self { files, on, at, times: 1, act: act.to_owned() }
    }

    /// Hits every operation.
    pub(crate) fn every(files: &'static str, on: On, act: &str) -> Self {
        Self { times: 0, ..Self::nth(files, on, 1, act) }
    }
}

/// A shim that is built.
pub(crate) struct Shim {
    library: PathBuf,
    control: PathBuf,
    file: File,
}

impl Shim {
    /// Builds it in a folder.
    pub(crate) fn new(dir: &Path) -> Outcome<Self> {
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
    pub(crate) fn environment(&self, rule: Option<&Rule>) -> Vec<(String, String)> {
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
    pub(crate) fn arm(&self) -> Outcome<()> {
        self.set(MATCHED, 0)?;
        self.set(MADE, 0)?;
        self.set(ARMED, 1)
    }

    /// Nothing is hit any more.
    pub(crate) fn disarm(&self) -> Outcome<()> {
        self.set(ARMED, 0)
    }

    /// Operations that matched since it was armed.
    pub(crate) fn matched(&self) -> Outcome<i64> {
        self.get(MATCHED)
    }

    /// Faults made since it was armed.
    pub(crate) fn made(&self) -> Outcome<i64> {
        self.get(MADE)
    }

    /// The clock of servers under this shim goes so many seconds before the system's.
    pub(crate) fn clock(&self, seconds: i64) -> Outcome<()> {
        self.set(CLOCK, seconds)
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
