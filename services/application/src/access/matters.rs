//! Permission for supervised matters: the supervision office's own papers (practice.md 13). A unit sees its own task.

use domain::account::{Role, StaffKind};
use domain::ids::UnitCode;

use crate::actor::{Actor, Staff};

/// What somebody wants to do with a matter or a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatterAct {
    /// See matter and tasks, without the words of the source.
    View,
    /// See the words of the source, of an instruction above all.
    ViewWording,
    /// Set, review, extend and close.
    Manage,
}

impl MatterAct {
    /// All acts.
    pub const ALL: [Self; 3] = [Self::View, Self::ViewWording, Self::Manage];
}

/// May the actor do this with matters?
pub fn may(actor: &Actor, act: MatterAct) -> bool {
    let Actor::Staff(staff) = actor else { return false };
    if staff.kind != StaffKind::CivilServant {
        return false;
    }
    match act {
        MatterAct::View => staff.is_any(&[Role::Supervisor, Role::Director, Role::Leader, Role::Inspector]),
        MatterAct::ViewWording => staff.is_any(&[Role::Supervisor, Role::Director, Role::Leader]),
        MatterAct::Manage => staff.is(Role::Supervisor),
    }
}

/// Answers for the unit's task.
pub fn answers(staff: &Staff, unit: &UnitCode) -> bool {
    staff.unit.as_ref() == Some(unit) && staff.is_any(&[Role::Liaison, Role::Head])
}

/// May the actor see the task of this unit?
pub fn sees_task(actor: &Actor, unit: &UnitCode) -> bool {
    may(actor, MatterAct::View) || actor.staff().is_some_and(|staff| answers(staff, unit))
}

#[cfg(test)]
mod tests {
    use domain::ids::AccountId;
    use uuid::Uuid;

    use super::*;

    fn staff(role: Role, of: &str, kind: StaffKind) -> Actor {
        Actor::Staff(Staff { account: AccountId(Uuid::from_u128(1)), unit: UnitCode::parse(of).ok(), roles: vec![role], kind })
    }

    #[test]
    fn each_role_has_its_acts_and_no_other() {
        use MatterAct::{Manage, View, ViewWording};
        let acts = |role, kind| {
            let actor = staff(role, "town", kind);
            MatterAct::ALL.into_iter().filter(|act| may(&actor, *act)).collect::<Vec<_>>()
        };
        for role in Role::ALL {
            let expected: &[MatterAct] = match role {
                Role::Supervisor => &[View, ViewWording, Manage],
                Role::Director | Role::Leader => &[View, ViewWording],
                Role::Inspector => &[View],
                _ => &[],
            };
            assert_eq!(acts(role, StaffKind::CivilServant), expected, "{role:?}");
            assert_eq!(acts(role, StaffKind::Outsourced), [], "{role:?}");
        }
    }

    #[test]
    fn a_unit_sees_its_own_task_alone() {
        let town = UnitCode::parse("town").unwrap();
        let civil = StaffKind::CivilServant;
        assert!(sees_task(&staff(Role::Liaison, "town", civil), &town) && sees_task(&staff(Role::Head, "town", civil), &town));
        assert!(!sees_task(&staff(Role::Head, "county", civil), &town) && !sees_task(&staff(Role::Handler, "town", civil), &town));
        assert!(sees_task(&staff(Role::Inspector, "office", civil), &town));
    }
}
