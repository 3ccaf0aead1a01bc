//! Finding both files whole, of one installation, fit for each other and for the master key, before anything is touched.

use std::collections::HashSet;
use std::path::Path;

use domain::ids::CaseId;
use event_log::WrappedKey;
use event_log::tree::{Frontier, hex};
use vault::Vault;

use super::super::archive::{self, Kind, List};
use super::super::{BALLOTS, ERASED, EVENTS, Fault, KEYS};
use super::{events, lines};
use crate::persons::Erased;

/// A backup that was found whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What the log file says of itself.
    pub log: List,
    /// What the keys file says of itself.
    pub keys: List,
    /// Erasures that stand in the log.
    pub recorded: Vec<Erased>,
    /// Erasures that the keys file knows.
    pub known: Vec<Erased>,
}

impl Checked {
    /// Everybody whom the log or the keys file know as erased.
    pub fn erased(&self) -> impl Iterator<Item = &Erased> {
        self.recorded.iter().chain(&self.known)
    }

    /// Erasures of cases that the log does not know as erased.
    pub fn unknown_to_log(&self) -> Vec<Erased> {
        let recorded: HashSet<CaseId> = self.recorded.iter().flat_map(|one| one.cases.iter().copied()).collect();
        self.known.iter().filter(|one| !one.cases.iter().all(|case| recorded.contains(case))).cloned().collect()
    }
}

/// Reads both files in full. With a vault every key must open under its master key. `go_on` may break off.
///
/// # Errors
/// [`Fault`]: damaged, foreign, older keys (unless `accept_older`), another master key.
pub fn check(
    file: &Path,
    keys: &Path,
    vault: Option<&Vault>,
    accept_older: bool,
    go_on: &dyn Fn() -> Result<(), Fault>,
) -> Result<Checked, Fault> {
    let (log, recorded) = check_log(file, go_on)?;
    // Whose keys they are is known before they are tried.
    let label = &log.label.installation;
    let mut known = Vec::new();
    let mut wrong: Option<String> = None;
    let keys = archive::read(keys, Kind::Keys, &mut |mut member| {
        match member.part {
            KEYS => {
                for key in lines::<WrappedKey>(&mut member)? {
                    let owner = key.owner.clone();
                    if wrong.is_none() && vault.is_some_and(|vault| vault.keyring(&owner, vec![key]).is_err()) {
                        wrong = Some(owner);
                    }
                }
            }
            ERASED => known.extend(lines::<Erased>(&mut member)?),
            BALLOTS => {}
            _ => return Err(member.damaged("成员不属于这种备份")),
        }
        go_on()
    })?;
    if keys.label.installation != *label {
        return Err(Fault::Foreign { log: short(label), keys: short(&keys.label.installation) });
    }
    if keys.size < log.size && !accept_older {
        return Err(Fault::OlderKeys { log: log.size, keys: keys.size });
    }
    if keys.size == log.size && keys.root != log.root {
        return Err(Fault::Different("日志备份与密钥备份所记的根不同".to_owned()));
    }
    if let Some(owner) = wrong {
        return Err(Fault::WrongMaster { owner });
    }
    Ok(Checked { log, keys, recorded, known })
}

/// The root is recomputed from the events, the installation is the leaf of the first one.
fn check_log(file: &Path, go_on: &dyn Fn() -> Result<(), Fault>) -> Result<(List, Vec<Erased>), Fault> {
    let mut recorded = Vec::new();
    let mut frontier = Frontier::default();
    let mut installation = None;
    let mut next = 1;
    let list = archive::read(file, Kind::Log, &mut |mut member| {
        if member.part == EVENTS {
            for event in events(&mut member, &mut next)? {
                let leaf = event.leaf();
                installation.get_or_insert(leaf);
                frontier.push(leaf, |_| {});
                recorded.extend(Erased::of(&event)?);
            }
        }
        go_on()
    })?;
    let damaged = |what: &str| Fault::Damaged { path: file.to_owned(), what: what.to_owned() };
    if (frontier.size(), hex(&frontier.root())) != (list.size, list.root.clone()) {
        return Err(damaged("由事件重算的根与清单不符"));
    }
    if installation.map(|leaf| hex(&leaf)).as_deref() != Some(&list.label.installation) {
        return Err(damaged("标签所记的安装与第一个事件不符"));
    }
    Ok((list, recorded))
}

/// Enough of an installation's id for people.
fn short(installation: &str) -> String {
    installation.chars().take(12).collect()
}
