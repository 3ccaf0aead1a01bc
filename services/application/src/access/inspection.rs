//! Who may do what with a spot check and its draw.

use domain::account::{Role, StaffKind};
use domain::ids::UnitCode;
use domain::inspection::InspectionState;

use crate::actor::{Actor, Staff};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Make a plan.
    Plan,
    /// See the check.
    View,
    /// Approve it or not.
    Approve,
    /// Draw, visit, record, sign, end: the team's work.
    Work,
    /// Confirm or drop a finding.
    Decide,
    /// Order a rectification.
    Order,
    /// Act of the clock.
    Automate,
}

/// Those who see open checks.
const SEE: &[Role] = &[Role::Inspector, Role::Director, Role::Leader, Role::Supervisor];

/// May the actor do this? Of a secret check only the team and the director who approves it learn that it is there.
pub fn may(actor: &Actor, act: Act, state: Option<&InspectionState>) -> bool {
    let staff = match actor {
        Actor::Staff(staff) => staff,
        Actor::Automation(_) => return act == Act::Automate,
        Actor::CommandLine { .. } => return matches!(act, Act::Automate),
        _ => return false,
    };
    let decides = staff.kind == StaffKind::CivilServant;
    let team = state.is_some_and(|state| state.has(staff.account));
    let director = staff.is(Role::Director);
    match act {
        Act::Plan => decides && staff.is_any(&[Role::Inspector, Role::Director]),
        Act::View => state.is_some_and(|state| sees(staff, state)),
        Act::Approve | Act::Decide => decides && director && state.is_some(),
        Act::Work => decides && team && staff.is_any(&[Role::Inspector, Role::Director]),
        Act::Order => decides && staff.is_any(&[Role::Inspector, Role::Director]) && state.is_some_and(|state| sees(staff, state)),
        Act::Automate => false,
    }
}

fn sees(staff: &Staff, state: &InspectionState) -> bool {
    if state.is_secret() {
        return staff.kind == StaffKind::CivilServant && (state.has(staff.account) || staff.is(Role::Director));
    }
    staff.is_any(SEE)
}

/// The unit whose findings this actor answers for: liaisons and heads answer for their unit.
pub fn unit_of(actor: &Actor) -> Option<&UnitCode> {
    let staff = actor.staff()?;
    staff.is_any(&[Role::Liaison, Role::Head]).then_some(staff.unit.as_ref()).flatten()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::folded::Folded;
    use domain::ids::AccountId;
    use domain::inspection::{Cadence, Mode, Plan, Stage, Target, decide};
    use domain::time::Instant;
    use uuid::Uuid;

    use super::*;

    fn now() -> Instant {
        DateTime::parse_from_rfc3339("2026-05-06T10:00:00+08:00").unwrap().to_utc()
    }

    fn staff(account: u128, role: Role, kind: StaffKind) -> Actor {
        let account = AccountId(Uuid::from_u128(account));
        Actor::Staff(Staff { account, unit: UnitCode::parse("0101").ok(), roles: vec![role], kind })
    }

    fn check(mode: Mode) -> InspectionState {
        let plan = Plan {
            cadence: Cadence::Once,
            from: "2026-05-06".parse().unwrap(),
            to: "2026-05-07".parse().unwrap(),
            items: vec!["absent".to_owned()],
            target: Target::Units(vec![UnitCode::parse("0101").unwrap()]),
            nonce: "n".to_owned(),
        };
        let team = [1, 2].map(|n| AccountId(Uuid::from_u128(n)));
        let events = decide::plan(None, mode, &team, team[0], "题", &plan, now()).unwrap();
        InspectionState::evolve(None, now(), &events[0]).unwrap()
    }

    const CIVIL: StaffKind = StaffKind::CivilServant;

    #[test]
    fn an_open_check_is_seen_by_oversight_and_by_nobody_else() {
        for role in Role::ALL {
            assert_eq!(may(&staff(7, role, CIVIL), Act::View, Some(&check(Mode::Open))), SEE.contains(&role), "{role:?}");
        }
    }

    #[test]
    fn a_covert_check_is_seen_by_its_team_and_the_director_until_it_is_done() {
        let mut state = check(Mode::Covert);
        for role in Role::ALL {
            assert_eq!(may(&staff(7, role, CIVIL), Act::View, Some(&state)), role == Role::Director, "{role:?}");
        }
        assert!(may(&staff(2, Role::Inspector, CIVIL), Act::View, Some(&state)));
        assert!(!may(&staff(2, Role::Inspector, StaffKind::Outsourced), Act::View, Some(&state)));
        assert!(!may(&staff(7, Role::Director, StaffKind::Outsourced), Act::View, Some(&state)));
        state.stage = Stage::Done;
        assert!(may(&staff(7, Role::Leader, CIVIL), Act::View, Some(&state)));
    }

    #[test]
    fn outsourced_staff_decide_nothing_and_only_the_team_works() {
        let state = check(Mode::Open);
        for act in [Act::Plan, Act::Approve, Act::Work, Act::Decide, Act::Order] {
            for role in Role::ALL {
                assert!(!may(&staff(1, role, StaffKind::Outsourced), act, Some(&state)), "{role:?} {act:?}");
            }
        }
        assert!(may(&staff(1, Role::Inspector, CIVIL), Act::Work, Some(&state)));
        assert!(!may(&staff(7, Role::Inspector, CIVIL), Act::Work, Some(&state)));
        assert!(!may(&staff(7, Role::Inspector, CIVIL), Act::Decide, Some(&state)));
    }

    #[test]
    fn only_liaisons_and_heads_answer_for_a_unit() {
        for role in Role::ALL {
            assert_eq!(unit_of(&staff(1, role, CIVIL)).is_some(), matches!(role, Role::Liaison | Role::Head), "{role:?}");
        }
    }
}
