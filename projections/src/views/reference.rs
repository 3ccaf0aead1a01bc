//! Units, accounts and rules: small, asked for everywhere, so kept in memory as one unchanging snapshot.

mod query;
pub(crate) mod write;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use domain::account::{Role, StaffKind};
use domain::calendar::Calendar;
use domain::catalogue::Catalogue;
use domain::ids::{AccountId, UnitCode};
use domain::rulebook::calendars::Calendars;
use domain::rulebook::catalogues::Catalogues;
use domain::rulebook::versions::Rulebooks;
use domain::time::Instant;
use domain::unit::UnitState;
use uuid::Uuid;

pub(crate) use query::load;

/// A staff account, opened.
#[derive(Clone, PartialEq)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Sign-in name.
    pub login: String,
    /// The holder's name.
    pub name: String,
    /// Mobile phone.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// The unit.
    pub unit: Option<UnitCode>,
    /// How employed.
    pub staff: StaffKind,
    /// Roles.
    pub roles: Vec<Role>,
    /// May sign in.
    pub enabled: bool,
    /// Sessions of an older epoch are dead.
    pub epoch: u32,
    /// The password's hash (PHC text).
    pub hash: Option<String>,
    /// Must choose another password.
    pub must_change: bool,
    pub(crate) key: i64,
}

impl Account {
    /// Holds a role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

impl fmt::Debug for Account {
    /// Without anything personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("roles", &self.roles).field("enabled", &self.enabled).finish_non_exhaustive()
    }
}

/// Units, accounts and rules as of one moment of the log.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    pub(crate) units: BTreeMap<UnitCode, Arc<UnitState>>,
    pub(crate) children: BTreeMap<UnitCode, Vec<UnitCode>>,
    pub(crate) accounts: HashMap<AccountId, Arc<Account>>,
    pub(crate) logins: HashMap<String, AccountId>,
    pub(crate) ended: HashSet<Uuid>,
    /// Made from the units when it is first asked for.
    index: OnceLock<Index>,
    /// All adopted rulebooks.
    pub rulebooks: Rulebooks,
    /// The calendar and its earlier versions.
    pub calendars: Calendars,
    /// All adopted dispatch catalogues.
    pub catalogues: Catalogues,
}

/// What every row of a list asks of the register.
#[derive(Clone, Debug, Default)]
struct Index {
    /// Division code → the open unit highest in the tree that answers for it.
    divisions: BTreeMap<String, UnitCode>,
    hotline: Option<UnitCode>,
}

/// Deeper than any organisation tree; ends a circle that two moves could make.
const MAX_DEPTH: usize = 5;

impl Reference {
    /// A unit.
    pub fn unit(&self, code: &UnitCode) -> Option<&Arc<UnitState>> {
        self.units.get(code)
    }

    /// All units in the order of codes, closed ones included.
    pub fn units(&self) -> impl Iterator<Item = &Arc<UnitState>> {
        self.units.values()
    }

    /// The hotline office (热线办), if one is registered.
    pub fn hotline(&self) -> Option<&Arc<UnitState>> {
        self.index().hotline.as_ref().and_then(|code| self.unit(code))
    }

    /// The open unit that answers for a division; of several the one highest in the tree.
    pub fn division(&self, code: &str) -> Option<&Arc<UnitState>> {
        self.index().divisions.get(code).and_then(|unit| self.unit(unit))
    }

    /// The divisions whose code begins with `prefix`, in the order of codes, each with its unit.
    pub fn divisions<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Arc<UnitState>)> {
        let from = self.index().divisions.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        from.take_while(move |(code, _)| code.starts_with(prefix)).filter_map(|(code, unit)| Some((code.as_str(), self.unit(unit)?)))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut found: BTreeMap<&str, (usize, &UnitCode)> = BTreeMap::new();
            for unit in self.units().filter(|unit| unit.closed.is_none()) {
                let Some(division) = unit.division.as_deref() else { continue };
                let depth = self.ancestors(&unit.code).len();
                match found.get(division) {
                    Some((known, _)) if *known <= depth => {}
                    _ => drop(found.insert(division, (depth, &unit.code))),
                }
            }
            Index {
                divisions: found.into_iter().map(|(division, (_, unit))| (division.to_owned(), unit.clone())).collect(),
                hotline: self.units().find(|unit| unit.hotline && unit.closed.is_none()).map(|unit| unit.code.clone()),
            }
        })
    }

    /// A unit and those above it, itself first; only itself when it is not in the register.
    pub fn ancestors(&self, code: &UnitCode) -> Vec<UnitCode> {
        let mut chain = vec![code.clone()];
        while let Some(parent) = chain.last().and_then(|last| self.units.get(last)).and_then(|unit| unit.parent.as_ref()) {
            if chain.len() == MAX_DEPTH || chain.contains(parent) {
                break;
            }
            chain.push(parent.clone());
        }
        chain
    }

    /// The units directly below one, in the order of codes.
    pub fn children(&self, code: &UnitCode) -> Vec<UnitCode> {
        self.children.get(code).cloned().unwrap_or_default()
    }

    /// A unit and all below it, itself first; empty when it is not in the register.
    pub fn subtree(&self, code: &UnitCode) -> Vec<UnitCode> {
        if self.units.contains_key(code) { self.below(code) } else { Vec::new() }
    }

    /// All units that name this one among their [`Self::ancestors`], itself first, in the register or not.
    pub(crate) fn below(&self, code: &UnitCode) -> Vec<UnitCode> {
        let mut all = vec![code.clone()];
        let mut seen: HashSet<&UnitCode> = HashSet::from([code]);
        let mut level: Vec<&UnitCode> = vec![code];
        for _ in 1..MAX_DEPTH {
            let below = level.iter().filter_map(|unit| self.children.get(*unit)).flatten();
            let next: Vec<&UnitCode> = below.filter(|unit| seen.insert(unit)).collect();
            all.extend(next.iter().map(|unit| (*unit).clone()));
            level = next;
        }
        all
    }

    /// An account.
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(&id)
    }

    /// The account of a sign-in name; the one opened first if two processes opened it at once.
    pub fn account_by_login(&self, login: &str) -> Option<&Arc<Account>> {
        self.logins.get(login).and_then(|id| self.accounts.get(id))
    }

    /// All accounts in the order of opening.
    pub fn accounts(&self) -> Vec<&Arc<Account>> {
        let mut all: Vec<&Arc<Account>> = self.accounts.values().collect();
        all.sort_by_key(|account| account.key);
        all
    }

    /// The session was ended by its holder.
    pub fn session_ended(&self, session: Uuid) -> bool {
        self.ended.contains(&session)
    }

    /// The calendar for limits that start now.
    pub fn calendar(&self) -> &Calendar {
        self.calendars.current()
    }

    /// The catalogue in force at a moment, as known now.
    pub fn catalogue(&self, moment: Instant) -> Option<Arc<Catalogue>> {
        self.catalogues.resolve(moment, Instant::MAX_UTC)
    }

    pub(crate) fn put_unit(&mut self, unit: UnitState) {
        let code = unit.code.clone();
        let parent = unit.parent.clone();
        self.index = OnceLock::new();
        if let Some(old) = self.units.insert(code.clone(), Arc::new(unit)) {
            if old.parent == parent {
                return;
            }
            if let Some(list) = old.parent.as_ref().and_then(|parent| self.children.get_mut(parent)) {
                list.retain(|child| *child != code);
            }
        }
        if let Some(parent) = parent {
            let list = self.children.entry(parent).or_default();
            if let Err(at) = list.binary_search(&code) {
                list.insert(at, code);
            }
        }
    }

    pub(crate) fn put_account(&mut self, account: Account) {
        self.logins.entry(account.login.clone()).or_insert(account.id);
        self.accounts.insert(account.id, Arc::new(account));
    }
}
