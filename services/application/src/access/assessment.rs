//! Who may do what in the year's assessment.

use domain::account::{Role, StaffKind};
use domain::assessment::BodyState;
use domain::ids::UnitCode;

use crate::actor::Actor;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    /// See the year with all bodies.
    See,
    /// Open a year, make the draft, decide objections, make it final, issue the circular, register honours.
    Direct,
    /// Give points of an item that the scheme leaves to a role.
    Mark(Role),
    /// See one body's score sheet.
    SeeSheet(&'a UnitCode),
    /// Object to one body's score sheet.
    Object(&'a UnitCode),
}

/// May the actor? `body` is the body's state, for its sheet.
pub fn may(actor: &Actor, act: Act<'_>, body: Option<&BodyState>) -> bool {
    match actor {
        Actor::Staff(staff) => {
            let office = [Role::Inspector, Role::Director, Role::Leader, Role::Supervisor];
            let civil = staff.kind == StaffKind::CivilServant;
            let own = |unit: &UnitCode| {
                staff.unit.as_ref() == Some(unit)
                    && staff.is_any(&[Role::Liaison, Role::Head])
                    && body.is_some_and(|body| body.drafted.is_some())
            };
            match act {
                Act::See => staff.is_any(&office),
                Act::Direct => civil && staff.is(Role::Director),
                Act::Mark(role) => civil && office.contains(&role) && staff.is(role),
                Act::SeeSheet(unit) => staff.is_any(&office) || own(unit),
                Act::Object(unit) => civil && own(unit),
            }
        }
        Actor::CommandLine { .. } => matches!(act, Act::See | Act::SeeSheet(_)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use domain::assessment::body::{Sheet, SheetDrafted};
    use domain::ids::AccountId;
    use domain::rulebook::scheme::Grade;
    use uuid::Uuid;

    use super::*;
    use crate::actor::Staff;

    fn unit(code: &str) -> UnitCode {
        UnitCode::parse(code).unwrap()
    }

    fn staff(role: Role, code: &str, kind: StaffKind) -> Actor {
        Actor::Staff(Staff { account: AccountId(Uuid::from_u128(1)), unit: Some(unit(code)), roles: vec![role], kind })
    }

    fn drafted() -> BodyState {
        let sheet = Sheet { unit: unit("A"), group: "g".to_owned(), lines: Vec::new(), total: None, grade: Grade::None };
        BodyState {
            drafted: Some(SheetDrafted { sheet, cut_off: 1, objections_until: domain::time::from_micros(0) }),
            ..BodyState::default()
        }
    }

    #[test]
    fn only_the_director_directs_and_only_as_a_civil_servant() {
        for role in Role::ALL {
            let expected = role == Role::Director;
            assert_eq!(may(&staff(role, "A", StaffKind::CivilServant), Act::Direct, None), expected, "{role:?}");
            assert!(!may(&staff(role, "A", StaffKind::Outsourced), Act::Direct, None), "{role:?}");
        }
    }

    #[test]
    fn points_are_given_by_the_role_that_the_scheme_names() {
        let leader = staff(Role::Leader, "A", StaffKind::CivilServant);
        assert!(may(&leader, Act::Mark(Role::Leader), None) && !may(&leader, Act::Mark(Role::Director), None));
        let head = staff(Role::Head, "A", StaffKind::CivilServant);
        assert!(!may(&head, Act::Mark(Role::Head), None));
    }

    #[test]
    fn a_unit_sees_its_own_sheet_once_it_is_drafted_and_nobody_else_s() {
        let (a, b) = (unit("A"), unit("B"));
        for role in [Role::Liaison, Role::Head] {
            let own = staff(role, "A", StaffKind::CivilServant);
            assert!(may(&own, Act::SeeSheet(&a), Some(&drafted())) && may(&own, Act::Object(&a), Some(&drafted())));
            assert!(!may(&own, Act::SeeSheet(&a), Some(&BodyState::default())), "before the draft");
            assert!(!may(&own, Act::SeeSheet(&b), Some(&drafted())) && !may(&own, Act::See, None));
        }
        assert!(!may(&staff(Role::Handler, "A", StaffKind::CivilServant), Act::SeeSheet(&a), Some(&drafted())));
        assert!(!may(&staff(Role::Liaison, "A", StaffKind::Outsourced), Act::Object(&a), Some(&drafted())));
        let inspector = staff(Role::Inspector, "B", StaffKind::CivilServant);
        assert!(may(&inspector, Act::SeeSheet(&a), None) && !may(&inspector, Act::Object(&a), Some(&drafted())));
    }
}
