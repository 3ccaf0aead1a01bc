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
/// Roles that see escalated matters of the whole city, as they see its cases.
pub const ESCALATIONS: &[Role] = &[Role::Inspector, Role::Director, Role::Leader];
/// Roles whose unit has escalated matters.
pub const ESCALATED: &[Role] = &[Role::Dispatcher, Role::Liaison, Role::Handler, Role::Head];
/// The head of the efficiency office alone.
pub const DIRECTION: &[Role] = &[Role::Director];
/// Roles that answer for a unit.
pub const UNIT: &[Role] = &[Role::Liaison, Role::Head];
/// Roles that handle complaints about the efficiency of units (效能投诉件).
pub const INVESTIGATIONS: &[Role] = &[Role::Inspector, Role::Director];
/// Roles of the hotline that refer cases to the efficiency office (线索移送).
pub const REFERRALS: &[Role] = &[Role::Dispatcher, Role::Reviewer];
/// Roles of the office that look into the cases of the whole city.
pub const CITY_CASES: &[Role] = &[Role::Inspector, Role::Director, Role::Leader];
/// Everybody who may have something to do about supervision.
pub const DUTIES: &[Role] =
    &[Role::Liaison, Role::Handler, Role::Head, Role::Inspector, Role::Director, Role::Leader, Role::Supervisor, Role::Evaluator];
/// Roles that may open the picture of a unit: the office that of every unit, a unit its own.
pub const PICTURE: &[Role] = &[Role::Liaison, Role::Head, Role::Inspector, Role::Director, Role::Leader, Role::Supervisor];
/// Roles that plan spot checks and carry them out.
pub const INSPECTING: &[Role] = &[Role::Inspector, Role::Director];
/// Roles that see what units have to put right, each what it may.
pub const RECTIFICATIONS: &[Role] = &[Role::Inspector, Role::Director, Role::Leader, Role::Supervisor, Role::Evaluator];
/// Roles that look whether it was put right.
pub const ACCEPTING: &[Role] = &[Role::Inspector, Role::Director, Role::Evaluator];
/// Those who run public evaluations.
pub const EVALUATION: &[Role] = &[Role::Evaluator];
/// Those who look at public evaluations.
pub const EVALUATIONS: &[Role] = &[Role::Evaluator, Role::Director, Role::Leader];
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
