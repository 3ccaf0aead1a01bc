//! The outer door of a route: who may knock at all. What they may do with a case is `application::access::may`.

use application::session::Session;
use domain::account::Role;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Everybody.
    Public,
    /// Every signed-in member of staff.
    Staff,
    /// Staff with one of these roles.
    Roles(&'static [Role]),
}

/// Roles that work on cases.
pub const CASE_WORK: &[Role] = &[
    Role::Operator,
    Role::Dispatcher,
    Role::Liaison,
    Role::Handler,
    Role::Head,
    Role::Reviewer,
    Role::Inspector,
    Role::Director,
    Role::Leader,
];
/// Roles that register calls.
pub const CALLS: &[Role] = &[Role::Operator, Role::Dispatcher];
/// Roles that look at scorecards.
pub const SCORES: &[Role] = &[Role::Liaison, Role::Head, Role::Reviewer, Role::Dispatcher, Role::Inspector, Role::Director, Role::Leader];
/// Roles of the efficiency office (效能办) and those it reports to.
pub const OVERSIGHT: &[Role] = &[Role::Inspector, Role::Director, Role::Leader, Role::Supervisor];
/// Roles that answer for a unit.
pub const UNIT: &[Role] = &[Role::Liaison, Role::Head];
/// Roles that see cards and orders: the efficiency office and the leader.
pub const CARDS: &[Role] = &[Role::Inspector, Role::Director, Role::Leader];
/// Roles that see the ledger of supervised matters.
pub const MATTERS: &[Role] = &[Role::Inspector, Role::Director, Role::Leader, Role::Supervisor];
/// The role that sets supervised matters.
pub const SETS: &[Role] = &[Role::Supervisor];
/// The role that issues supervision orders.
pub const ISSUES: &[Role] = &[Role::Director];
/// The system administrator.
pub const SYSTEM: &[Role] = &[Role::SystemAdmin];
/// The security administrator.
pub const SECURITY: &[Role] = &[Role::SecurityAdmin];
/// The auditor.
pub const AUDIT: &[Role] = &[Role::Auditor];
/// The three administrators.
pub const ADMINS: &[Role] = &[Role::SystemAdmin, Role::SecurityAdmin, Role::Auditor];

/// What the door says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Come in.
    Open,
    /// Sign in first.
    SignIn,
    /// Not for you.
    Shut,
}

impl Door {
    /// Asks the door.
    pub fn ask(self, session: Option<&Session>) -> Answer {
        match (self, session) {
            (Self::Public, _) => Answer::Open,
            (_, None) => Answer::SignIn,
            (Self::Staff, Some(_)) => Answer::Open,
            (Self::Roles(roles), Some(session)) => {
                if session.staff.is_any(roles) {
                    Answer::Open
                } else {
                    Answer::Shut
                }
            }
        }
    }
}
