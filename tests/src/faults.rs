//! Faults against the real server, each bounded and repeatable; the oracle is the clients' own journal of what was
//! acknowledged.
//!
//! After each fault the invariants of `ux.md` §7.3 are looked at: every acknowledged filing stands (I1), at most what was
//! under way besides and never part of a batch (I2), the log verifies (I3), views that went on equal views made anew (I4),
//! no notice and no limit twice and none lost (I5), every start goes without hand work or says exactly what is wrong (I6),
//! and whoever sends the same form again gets the same receipt (F5).
//!
//! `tests/faults.rs` runs all of them short; `bench faults` runs them long and writes `ops/docs/reliability.md`.

mod chance;
mod city;
mod clock;
mod crafts;
mod descriptors;
mod full;
mod journal;
mod kill;
mod memory;
pub(crate) mod oracle;
mod poison;
mod refuse;
mod shim;
mod signals;
mod slow;
mod sync;
mod upgrade;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::Outcome;

pub(crate) use chance::Chance;
pub(crate) use city::{City, PATIENCE};
pub use shim::{On, Rule, Shim, evenly};

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// kill -9 under load and while starting.
    Kill,
    /// Killed at a sync or a write, before it, after it, or with half a page written.
    Sync,
    /// A sync or a write fails with EIO.
    Broken,
    /// The disk is full, while running and at the start.
    Full,
    /// No file descriptors are left.
    Descriptors,
    /// No memory is left.
    Memory,
    /// Syncs take 20 ms, 200 ms, 2 s.
    Slow,
    /// SIGTERM, SIGTERM and SIGKILL, SIGSTOP and SIGCONT, under load.
    Signals,
    /// The clock jumps.
    Clock,
    /// Files damaged, cut, emptied, exchanged, not ours, or of another version.
    Files,
    /// An event or a row that a view cannot take.
    Poison,
    /// Killed at every step of making views of another version.
    Upgrade,
    /// Killed within checkpoint, rebuild, erasure, import and the closing of a ballot box.
    Crafts,
}

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// For CI: seconds each.
    Short,
    /// For the report: minutes each.
    Long,
}

/// Where and how a fault is made.
pub struct Ground<'a> {
    /// Empty folder of this fault.
    pub dir: &'a Path,
    /// How much is done.
    pub pace: Pace,
    /// Rounds of kill -9 when they are many.
    pub kills: usize,
    /// Seed of all chance.
    pub seed: u64,
    /// Told about progress.
    pub tell: &'a (dyn Fn(&str) + Sync),
}

impl Ground<'_> {
    /// One of two numbers.
    pub(crate) fn of<T>(&self, short: T, long: T) -> T {
        match self.pace {
            Pace::Short => short,
            Pace::Long => long,
        }
    }
}

/// What was found; that it was found at all means that everything held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Rounds by the kind of fault.
    pub tally: BTreeMap<String, Tally>,
    /// Filings acknowledged.
    pub acknowledged: usize,
    /// Filings under way at a fault that stood in the log all the same.
    pub under_way: usize,
    /// Forms sent again that led to the same receipt.
    pub again: usize,
    /// Warnings and breaches in the log.
    pub limits: usize,
    /// Notices sent.
    pub notices: usize,
    /// Events in the end.
    pub events: usize,
    /// Longest time from a start after a fault to the first page.
    pub recovery: Duration,
    /// What filings were answered during the fault, by status; 0 = the connection broke.
    pub answered: BTreeMap<u16, usize>,
    /// What else is worth writing down.
    pub notes: Vec<String>,
}

/// Rounds of one kind of fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it was tried.
    pub rounds: usize,
    /// How often it was seen to have happened: the kill came within the work, the limit was reached.
    pub hit: usize,
}

impl Found {
    /// Faults tried.
    pub fn rounds(&self) -> usize {
        self.tally.values().map(|tally| tally.rounds).sum()
    }

    /// Faults that really happened.
    pub fn hit(&self) -> usize {
        self.tally.values().map(|tally| tally.hit).sum()
    }

    /// Counts a round, and whether the fault was seen to have happened in it.
    pub(crate) fn round(&mut self, kind: &str, hit: bool) {
        let tally = self.tally.entry(kind.to_owned()).or_default();
        tally.rounds += 1;
        tally.hit += usize::from(hit);
    }

    /// A fault that never happened shows nothing.
    fn proven(self) -> Outcome<Self> {
        match self.tally.iter().find(|(_, tally)| tally.hit == 0) {
            Some((kind, tally)) => Err(format!("{kind}: it happened in none of {} rounds", tally.rounds).into()),
            None if self.tally.is_empty() => Err("nothing was done".into()),
            None => Ok(self),
        }
    }

    /// Together with what was found in another place.
    pub(crate) fn and(mut self, other: Self) -> Self {
        for (kind, tally) in other.tally {
            let both = self.tally.entry(kind).or_default();
            both.rounds += tally.rounds;
            both.hit += tally.hit;
        }
        self.acknowledged += other.acknowledged;
        self.under_way += other.under_way;
        self.again += other.again;
        self.limits += other.limits;
        self.notices += other.notices;
        self.events += other.events;
        self.recovery = self.recovery.max(other.recovery);
        for (status, n) in other.answered {
            *self.answered.entry(status).or_default() += n;
        }
        self.notes.extend(other.notes);
        self
    }
}

impl Fault {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 13] = [
        Self::Kill,
        Self::Sync,
        Self::Broken,
        Self::Full,
        Self::Descriptors,
        Self::Memory,
        Self::Slow,
        Self::Signals,
        Self::Clock,
        Self::Files,
        Self::Poison,
        Self::Upgrade,
        Self::Crafts,
    ];

    /// Its name on the command line and its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Sync => "sync",
            Self::Broken => "broken",
            Self::Full => "full",
            Self::Descriptors => "descriptors",
            Self::Memory => "memory",
            Self::Slow => "slow",
            Self::Signals => "signals",
            Self::Clock => "clock",
            Self::Files => "files",
            Self::Poison => "poison",
            Self::Upgrade => "upgrade",
            Self::Crafts => "crafts",
        }
    }

    /// What is done, for the report.
    pub fn what(self) -> &'static str {
        match self {
            Self::Kill => "kill -9 at a random moment, under load and while starting (F1)",
            Self::Sync => "killed at the n-th sync or write, after it, or with half a page written (F2, F3, F5)",
            Self::Broken => "a sync or a write fails with EIO (F7)",
            Self::Full => "disk full while running and at the start (F8, F9)",
            Self::Descriptors => "file descriptors exhausted (F10)",
            Self::Memory => "memory exhausted (F21)",
            Self::Slow => "every sync takes 20 ms, 200 ms, 2 s (F16)",
            Self::Signals => "SIGTERM; SIGTERM, then SIGKILL; SIGSTOP, then SIGCONT (F23-F25)",
            Self::Clock => "clock forward, back, across year end, Spring Festival, leap day, 2038 (F17, F19)",
            Self::Files => "files damaged, cut, emptied, exchanged, foreign, of another version, not accessible (F11-F14, F30, F35)",
            Self::Poison => "an event or a row that a view cannot take (F28)",
            Self::Upgrade => "killed at each step of making views of another version (F29, F34)",
            Self::Crafts => "killed within checkpoint, rebuild, erasure, import, closing of a ballot box (F6)",
        }
    }

    /// Makes the fault and looks.
    ///
    /// # Errors
    /// The first promise that was not kept, or a fault that never happened.
    pub async fn make(self, ground: &Ground<'_>) -> Outcome<Found> {
        let found = match self {
            Self::Kill => kill::run(ground).await,
            Self::Sync => sync::killed(ground).await,
            Self::Broken => sync::broken(ground).await,
            Self::Full => full::run(ground).await,
            Self::Descriptors => descriptors::run(ground).await,
            Self::Memory => memory::run(ground).await,
            Self::Slow => slow::run(ground).await,
            Self::Signals => signals::run(ground).await,
            Self::Clock => clock::run(ground).await,
            Self::Files => refuse::run(ground).await,
            Self::Poison => poison::run(ground).await,
            Self::Upgrade => upgrade::run(ground).await,
            Self::Crafts => crafts::run(ground).await,
        };
        found?.proven()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_which_one_kind_never_happened_is_a_failure() {
        let (mut found, mut other) = (Found::default(), Found::default());
        assert!(found.clone().proven().is_err(), "nothing was done");
        found.round("kill", true);
        found.round("kill", false);
        other.round("torn", false);
        assert_eq!((found.rounds(), found.hit()), (2, 1));
        assert!(found.clone().proven().is_ok());
        let both = found.and(other).proven().map_err(|error| error.to_string());
        assert_eq!(both, Err("torn: it happened in none of 1 rounds".to_owned()));
    }
}
