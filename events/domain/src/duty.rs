//! Duties (待办): who has to do what by when about a stream of supervision. They follow from its state.

use serde::{Deserialize, Serialize};

use crate::account::Role;
use crate::ids::{AccountId, UnitCode};
use crate::time::Instant;

/// Who has to act.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The liaisons and the head of a unit.
    Unit(UnitCode),
    /// Everybody with a role.
    Office(Role),
    /// One account alone: a member of a covert team, an investigator.
    Account(AccountId),
}

impl Holder {
    /// The name in views.
    pub fn name(&self) -> String {
        match self {
            Self::Unit(code) => format!("unit:{code}"),
            Self::Office(role) => format!("role:{}", role.code()),
            Self::Account(id) => format!("account:{}", id.0),
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Who.
    pub holder: Holder,
    /// What: a stable code such as `order_feedback`; its words stand in `web::words::duty`.
    pub task: String,
    /// Since when.
    pub since: Instant,
    /// By when, if there is a limit.
    pub due: Option<Instant>,
}

impl Duty {
    /// A duty.
    pub fn new(holder: Holder, task: &str, since: Instant, due: Option<Instant>) -> Self {
        Self { holder, task: task.to_owned(), since, due }
    }
}
