//! Permission: one pure function, the same for pages, API, command line and jobs. The route table is only the outer door.

pub mod assessment;
pub mod campaign;
pub mod cards;
pub mod escalation;
pub mod inspection;
pub mod matters;
pub mod orders;
pub mod rectification;

use domain::account::{Role, StaffKind};
use domain::case::{CaseState, Command, Stage};
use domain::ids::UnitCode;

use crate::actor::{Actor, Staff};

pub mod investigation;

/// The job that sends notices, as [`Actor::Automation`] names it.
pub const NOTICES: &str = "notices";

/// What somebody wants to do with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// File as a citizen or an operator.
    File,
    /// See the case's page.
    View,
    /// See name, phone and address of the petitioner.
    ViewContact,
    /// Accept.
    Accept,
    /// Not accept.
    Refuse,
    /// Answer at once.
    AnswerDirectly,
    /// Give to a unit.
    Dispatch,
    /// Sign for.
    Sign,
    /// Assign inside the unit.
    Assign,
    /// Record a contact.
    Contact,
    /// Write the answer.
    Answer,
    /// Sign the answer as the unit's head.
    Approve,
    /// Send the answer back.
    SendBack,
    /// Pass the answer as the hotline.
    Pass,
    /// Record a call-back.
    CallBack,
    /// Judge dissatisfaction.
    Judge,
    /// Rate.
    Rate,
    /// Say that it is not solved.
    Dispute,
    /// Act of the clock.
    Automate,
    /// Take over from another system.
    TakeOver,
}

impl Act {
    /// All acts.
    pub const ALL: [Self; 20] = [
        Self::File,
        Self::View,
        Self::ViewContact,
        Self::Accept,
        Self::Refuse,
        Self::AnswerDirectly,
        Self::Dispatch,
        Self::Sign,
        Self::Assign,
        Self::Contact,
        Self::Answer,
        Self::Approve,
        Self::SendBack,
        Self::Pass,
        Self::CallBack,
        Self::Judge,
        Self::Rate,
        Self::Dispute,
        Self::Automate,
        Self::TakeOver,
    ];

    /// The act that a command is.
    pub fn of(command: &Command) -> Self {
        match command {
            Command::File(_) => Self::File,
            Command::Accept => Self::Accept,
            Command::Refuse { .. } => Self::Refuse,
            Command::AnswerDirectly { .. } => Self::AnswerDirectly,
            Command::Dispatch { .. } => Self::Dispatch,
            Command::Sign => Self::Sign,
            Command::Assign { .. } => Self::Assign,
            Command::Contact { .. } => Self::Contact,
            Command::Answer { .. } => Self::Answer,
            Command::Approve => Self::Approve,
            Command::SendBack { .. } => Self::SendBack,
            Command::Pass => Self::Pass,
            Command::CallBack { .. } => Self::CallBack,
            Command::Judge { .. } => Self::Judge,
            Command::Rate { .. } => Self::Rate,
            Command::Dispute { .. } => Self::Dispute,
            Command::Tick { .. } | Command::Recompute => Self::Automate,
            Command::TakeOver(_) => Self::TakeOver,
        }
    }

    /// The stages in which the act can do anything; views and filing are not bound to one.
    fn stages(self) -> &'static [Stage] {
        match self {
            Self::Accept => &[Stage::Filed],
            Self::Refuse | Self::AnswerDirectly | Self::Dispatch => &[Stage::Filed, Stage::Accepted],
            Self::Sign => &[Stage::Dispatched],
            Self::Assign => &[Stage::Dispatched, Stage::Handling],
            Self::Contact | Self::Answer => &[Stage::Handling],
            Self::Approve => &[Stage::UnitReview],
            Self::SendBack => &[Stage::UnitReview, Stage::HotlineReview],
            Self::Pass => &[Stage::HotlineReview],
            Self::CallBack => &[Stage::CallBack],
            Self::Judge => &[Stage::Judging],
            _ => &[],
        }
    }
}

/// The tree of units, as far as permission needs it.
pub trait Tree {
    /// `unit` is `top` or stands below it.
    fn within(&self, unit: &UnitCode, top: &UnitCode) -> bool;
}

impl Tree for projections::Reference {
    fn within(&self, unit: &UnitCode, top: &UnitCode) -> bool {
        self.ancestors(unit).contains(top)
    }
}

/// May the actor do this with the case as it stands? The stage is checked by the rules, not here, except that
/// sending back belongs to whoever reviews at that stage.
pub fn may(actor: &Actor, act: Act, case: &CaseState, tree: &dyn Tree) -> bool {
    match actor {
        Actor::Citizen => act == Act::File,
        Actor::Complainant(_) => false,
        Actor::Petitioner(_) => matches!(act, Act::View | Act::ViewContact | Act::Rate | Act::Dispute),
        // Notices go to the petitioner's address; no other job sees it.
        Actor::Automation(job) => act == Act::Automate || (*job == NOTICES && act == Act::ViewContact),
        Actor::Import(_) => act == Act::TakeOver,
        // Whoever holds the data directory has the files anyway; the act is on record with both names.
        Actor::CommandLine { .. } => matches!(act, Act::View | Act::TakeOver | Act::Automate),
        Actor::Staff(staff) => staff_may(staff, act, case, tree),
    }
}

fn staff_may(staff: &Staff, act: Act, case: &CaseState, tree: &dyn Tree) -> bool {
    let civil = staff.kind == StaffKind::CivilServant;
    // Outsourced staff never see reports of wrongdoing, but they may file what a caller reports.
    if case.wrongdoing && !civil && act != Act::File {
        return false;
    }
    let own = case.unit.is_some() && case.unit == staff.unit;
    match act {
        Act::File => staff.is_any(&[Role::Operator, Role::Dispatcher]),
        Act::View => views(staff, case, tree),
        Act::ViewContact => {
            // A unit calls the petitioner itself, unless the petitioner asked for secrecy (domain.md A22).
            staff.is_hotline() || (own && !case.confidential && staff.is_any(&[Role::Liaison, Role::Handler, Role::Head]))
        }
        Act::Accept | Act::AnswerDirectly | Act::Dispatch => staff.is(Role::Dispatcher),
        Act::Refuse => staff.is(Role::Dispatcher) && civil,
        Act::Sign | Act::Assign => own && staff.is(Role::Liaison),
        Act::Contact | Act::Answer => own && (staff.is(Role::Handler) || staff.is(Role::Liaison)) && handles(staff, case),
        Act::Approve => own && staff.is(Role::Head),
        Act::SendBack => match case.stage {
            Stage::HotlineReview => staff.is(Role::Reviewer) && civil,
            _ => own && staff.is(Role::Head),
        },
        Act::Pass | Act::CallBack => staff.is(Role::Reviewer),
        Act::Judge => staff.is(Role::Reviewer) && civil,
        Act::Rate | Act::Dispute | Act::Automate | Act::TakeOver => false,
    }
}

/// A handler works on what is assigned to nobody or to himself.
fn handles(staff: &Staff, case: &CaseState) -> bool {
    case.handler.is_none_or(|handler| handler == staff.account) || staff.is(Role::Liaison)
}

fn views(staff: &Staff, case: &CaseState, tree: &dyn Tree) -> bool {
    if staff.is_hotline() || staff.is_any(&[Role::Inspector, Role::Director, Role::Leader]) {
        return true;
    }
    let unit_staff = staff.is_any(&[Role::Liaison, Role::Handler, Role::Head]);
    match (&case.unit, &staff.unit) {
        // Reports of wrongdoing go to the unit in charge alone, never up and down its tree.
        (Some(unit), Some(own)) if unit_staff => unit == own || (!case.wrongdoing && tree.within(unit, own)),
        _ => false,
    }
}

/// The acts that make sense for this actor now: permitted and possible at this stage. For the action panel of a page.
pub fn open_acts(actor: &Actor, case: &CaseState, tree: &dyn Tree) -> Vec<Act> {
    Act::ALL.into_iter().filter(|act| act.stages().contains(&case.stage) && may(actor, *act, case, tree)).collect()
}

#[cfg(test)]
mod tests {
    use domain::ids::AccountId;
    use uuid::Uuid;

    use super::*;

    struct Flat;
    impl Tree for Flat {
        fn within(&self, unit: &UnitCode, top: &UnitCode) -> bool {
            unit == top || (unit.as_str() == "town" && top.as_str() == "county")
        }
    }

    fn unit(code: &str) -> UnitCode {
        UnitCode::parse(code).unwrap()
    }

    fn staff(role: Role, of: &str, kind: StaffKind) -> Actor {
        Actor::Staff(Staff { account: AccountId(Uuid::from_u128(1)), unit: Some(unit(of)), roles: vec![role], kind })
    }

    fn case(stage: Stage, of: &str) -> CaseState {
        CaseState { stage, unit: Some(unit(of)), ..CaseState::default() }
    }

    const CIVIL: StaffKind = StaffKind::CivilServant;

    #[test]
    fn another_unit_sees_nothing_and_the_unit_above_sees_but_does_not_act() {
        let case = case(Stage::Handling, "town");
        assert!(!may(&staff(Role::Handler, "other", CIVIL), Act::View, &case, &Flat));
        assert!(may(&staff(Role::Head, "county", CIVIL), Act::View, &case, &Flat));
        assert!(!may(&staff(Role::Head, "county", CIVIL), Act::Approve, &case, &Flat));
    }

    #[test]
    fn a_report_of_wrongdoing_is_hidden_from_outsourced_staff_and_from_the_unit_above() {
        let case = CaseState { wrongdoing: true, confidential: true, ..case(Stage::Handling, "town") };
        assert!(!may(&staff(Role::Operator, "hotline", StaffKind::Outsourced), Act::View, &case, &Flat));
        assert!(!may(&staff(Role::Head, "county", CIVIL), Act::View, &case, &Flat));
        assert!(may(&staff(Role::Handler, "town", CIVIL), Act::View, &case, &Flat));
    }

    #[test]
    fn the_unit_does_not_see_the_contact_of_who_asked_for_secrecy() {
        let open = case(Stage::Handling, "town");
        let secret = CaseState { confidential: true, ..open.clone() };
        let handler = staff(Role::Handler, "town", CIVIL);
        assert!(may(&handler, Act::ViewContact, &open, &Flat));
        assert!(!may(&handler, Act::ViewContact, &secret, &Flat));
    }

    #[test]
    fn outsourced_staff_decide_no_disputes_and_refuse_nothing() {
        let reviewer = staff(Role::Reviewer, "hotline", StaffKind::Outsourced);
        let dispatcher = staff(Role::Dispatcher, "hotline", StaffKind::Outsourced);
        assert!(!may(&reviewer, Act::Judge, &case(Stage::Judging, "town"), &Flat));
        assert!(!may(&dispatcher, Act::Refuse, &case(Stage::Filed, "town"), &Flat));
        assert!(may(&dispatcher, Act::Dispatch, &case(Stage::Filed, "town"), &Flat));
    }

    #[test]
    fn administrators_see_no_cases() {
        for role in [Role::SystemAdmin, Role::SecurityAdmin, Role::Auditor] {
            assert_eq!(open_acts(&staff(role, "town", CIVIL), &case(Stage::Handling, "town"), &Flat), vec![]);
            assert!(!may(&staff(role, "town", CIVIL), Act::View, &case(Stage::Handling, "town"), &Flat));
        }
    }

    #[test]
    fn only_the_job_that_sends_notices_sees_the_contact() {
        let case = case(Stage::Handling, "town");
        assert!(may(&Actor::Automation(NOTICES), Act::ViewContact, &case, &Flat));
        assert!(!may(&Actor::Automation("limits"), Act::ViewContact, &case, &Flat));
        assert!(!may(&Actor::Automation(NOTICES), Act::Dispatch, &case, &Flat));
    }

    #[test]
    fn the_panel_shows_what_can_be_done_now() {
        let acts = open_acts(&staff(Role::Liaison, "town", CIVIL), &case(Stage::Dispatched, "town"), &Flat);
        assert_eq!(acts, vec![Act::Sign, Act::Assign]);
    }

    #[test]
    fn a_case_assigned_to_somebody_else_is_not_answered_by_this_handler() {
        let case = CaseState { handler: Some(AccountId(Uuid::from_u128(2))), ..case(Stage::Handling, "town") };
        assert!(!may(&staff(Role::Handler, "town", CIVIL), Act::Answer, &case, &Flat));
    }
}
