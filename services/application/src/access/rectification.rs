//! Who may do what with a rectification.

use domain::account::{Role, StaffKind};
use domain::rectification::RectificationState;

use super::inspection::unit_of;
use crate::actor::Actor;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// See it.
    View,
    /// Plan and report: the unit's work.
    Work,
    /// Accept or give back.
    Accept,
    /// Ask for it no more.
    Withdraw,
    /// Act of the clock.
    Automate,
}

/// May the actor do this?
pub fn may(actor: &Actor, act: Act, state: &RectificationState) -> bool {
    let staff = match actor {
        Actor::Staff(staff) => staff,
        Actor::Automation(_) | Actor::CommandLine { .. } => return act == Act::Automate,
        _ => return false,
    };
    let own = unit_of(actor) == Some(&state.unit);
    // What opinions say is accepted by those who run the evaluation, what a check found by the inspectors.
    let accepts = state.source.accepts();
    match act {
        Act::View => own || staff.is(accepts) || staff.is_any(&[Role::Inspector, Role::Director, Role::Leader, Role::Supervisor]),
        Act::Work => own,
        Act::Accept => staff.is(accepts) && staff.kind == StaffKind::CivilServant,
        Act::Withdraw => staff.kind == StaffKind::CivilServant && staff.is(state.source.withdraws()),
        Act::Automate => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::folded::Folded;
    use domain::ids::{AccountId, UnitCode};
    use domain::rectification::{Source, order};
    use uuid::Uuid;

    use super::*;
    use crate::actor::Staff;

    fn state() -> RectificationState {
        let now = DateTime::parse_from_rfc3339("2026-05-06T10:00:00+08:00").unwrap().to_utc();
        let source = Source::Finding { inspection: Uuid::nil(), finding: 1 };
        let unit = UnitCode::parse("0101").unwrap();
        let events = order(None, &unit, &source, AccountId(Uuid::nil()), "改", now + chrono::TimeDelta::days(1), now).unwrap();
        RectificationState::evolve(None, now, &events[0]).unwrap()
    }

    fn staff(role: Role, unit: &str, kind: StaffKind) -> Actor {
        Actor::Staff(Staff { account: AccountId(Uuid::from_u128(1)), unit: UnitCode::parse(unit).ok(), roles: vec![role], kind })
    }

    #[test]
    fn another_unit_sees_nothing_and_the_own_one_works_on_it() {
        for role in Role::ALL {
            let own = matches!(role, Role::Liaison | Role::Head);
            assert_eq!(may(&staff(role, "0101", StaffKind::CivilServant), Act::Work, &state()), own, "{role:?}");
            assert!(!may(&staff(role, "0102", StaffKind::CivilServant), Act::Work, &state()), "{role:?}");
            let sees = matches!(role, Role::Inspector | Role::Director | Role::Leader | Role::Supervisor);
            assert_eq!(may(&staff(role, "0102", StaffKind::CivilServant), Act::View, &state()), sees, "{role:?}");
        }
    }

    #[test]
    fn what_an_opinion_says_is_accepted_by_those_who_run_the_evaluation() {
        let of_opinion = RectificationState { source: Source::Opinion { campaign: String::new(), number: 1 }, ..state() };
        for role in Role::ALL {
            let actor = staff(role, "0102", StaffKind::CivilServant);
            assert_eq!(may(&actor, Act::Accept, &of_opinion), role == Role::Evaluator, "{role:?}");
            assert!(role != Role::Evaluator || !may(&actor, Act::View, &state()), "a check is not their business");
        }
        assert!(may(&staff(Role::Evaluator, "0102", StaffKind::CivilServant), Act::View, &of_opinion));
        assert!(!may(&staff(Role::Evaluator, "0102", StaffKind::Outsourced), Act::Accept, &of_opinion));
    }

    #[test]
    fn an_inspector_accepts_and_outsourced_ones_do_not() {
        assert!(may(&staff(Role::Inspector, "0102", StaffKind::CivilServant), Act::Accept, &state()));
        assert!(!may(&staff(Role::Inspector, "0102", StaffKind::Outsourced), Act::Accept, &state()));
        assert!(!may(&staff(Role::Head, "0101", StaffKind::CivilServant), Act::Accept, &state()));
    }

    #[test]
    fn what_a_check_found_is_withdrawn_by_the_director_alone() {
        for role in Role::ALL {
            assert_eq!(may(&staff(role, "0101", StaffKind::CivilServant), Act::Withdraw, &state()), role == Role::Director, "{role:?}");
        }
    }
}
