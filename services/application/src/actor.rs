//! Who acts. Every act has an actor and, where it applies, whom it is on behalf of (invariant 8).

use domain::account::{Role, StaffKind};
use domain::ids::{AccountId, CaseId, ImportId, InvestigationId, UnitCode};
use uuid::Uuid;

/// A signed-in member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// The account.
    pub account: AccountId,
    /// The unit; administrators may have none.
    pub unit: Option<UnitCode>,
    /// Roles.
    pub roles: Vec<Role>,
    /// How employed.
    pub kind: StaffKind,
}

impl Staff {
    /// Holds the role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Holds one of the roles.
    pub fn is_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.is(*role))
    }

    /// Works for the hotline office.
    pub fn is_hotline(&self) -> bool {
        self.is_any(&[Role::Operator, Role::Dispatcher, Role::Reviewer])
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who files; nothing is known of who it is.
    Citizen,
    /// Somebody who showed number and query code of a case.
    Petitioner(CaseId),
    /// Somebody who showed number and query code of a complaint about a unit (效能投诉件).
    Complainant(InvestigationId),
    /// A member of staff.
    Staff(Staff),
    /// The clock, named by the job.
    Automation(&'static str),
    /// An import batch.
    Import(ImportId),
    /// Somebody at the command line, with the operating system's user.
    CommandLine {
        /// As given with `--actor`.
        name: String,
        /// The operating system's user.
        user: String,
    },
}

impl Actor {
    /// The name in the log. Holds no person's name.
    pub fn name(&self) -> String {
        match self {
            Self::Citizen => "citizen".to_owned(),
            Self::Petitioner(_) | Self::Complainant(_) => "petitioner".to_owned(),
            Self::Staff(staff) => format!("account:{}", staff.account.0),
            Self::Automation(job) => format!("automation:{job}"),
            Self::Import(id) => format!("import:{}", id.0),
            Self::CommandLine { name, user } => format!("cli:{}@{}", clean(name), clean(user)),
        }
    }

    /// The member of staff, if it is one.
    pub fn staff(&self) -> Option<&Staff> {
        match self {
            Self::Staff(staff) => Some(staff),
            _ => None,
        }
    }
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// The circumstances of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Who.
    pub actor: Actor,
    /// On whose behalf, if not the actor's own.
    pub on_behalf: Option<String>,
    /// The event that led to it.
    pub cause: Option<Uuid>,
    /// Id of the command: the same id again is the same act (a form sent twice, a retried job).
    pub command: Uuid,
    /// The revision of the page that the form was made from.
    pub based_on: Option<u64>,
}

impl Meta {
    /// A command of an actor.
    pub fn new(actor: Actor, command: Uuid) -> Self {
        Self { actor, on_behalf: None, cause: None, command, based_on: None }
    }

    /// Made from a page that showed this revision.
    #[must_use]
    pub fn based_on(self, revision: Option<u64>) -> Self {
        Self { based_on: revision, ..self }
    }

    /// The id of the n-th event that follows from it.
    pub fn event_id(&self, index: usize) -> Uuid {
        Uuid::new_v5(&self.command, &u32::try_from(index).unwrap_or(u32::MAX).to_be_bytes())
    }
}
