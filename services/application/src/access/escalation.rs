//! Who may do what with an escalated matter. Whoever may not see its case sees nothing of it either.

use domain::account::{Role, StaffKind};
use domain::escalation::{Escalation, Owner};
use domain::ids::UnitCode;

use super::Tree;
use crate::actor::{Actor, Staff};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// See the chain.
    View,
    /// Raise by hand.
    Raise,
    /// Give back to a lower level.
    Lower,
    /// Record a 会商.
    Convene,
    /// Report what came of the level.
    Report,
    /// Record the outcome.
    Resolve,
}

impl Act {
    /// All acts.
    pub const ALL: [Self; 6] = [Self::View, Self::Raise, Self::Lower, Self::Convene, Self::Report, Self::Resolve];
}

/// May the actor do this with the matter as it stands?
pub fn may(actor: &Actor, act: Act, matter: &Escalation, tree: &dyn Tree) -> bool {
    match actor {
        Actor::Automation(_) => true,
        Actor::CommandLine { .. } => act == Act::View,
        Actor::Staff(staff) => views(staff, matter, tree) && acts(staff, act, matter),
        Actor::Citizen | Actor::Petitioner(_) | Actor::Complainant(_) | Actor::Import(_) => false,
    }
}

/// May the actor raise a case of this unit that is on no level yet? Whoever may not see the case is refused before.
pub fn may_begin(actor: &Actor, unit: Option<&UnitCode>) -> bool {
    let Actor::Staff(staff) = actor else { return false };
    staff.kind == StaffKind::CivilServant
        && (staff.is_any(&[Role::Inspector, Role::Director]) || (staff.is(Role::Head) && unit.is_some() && staff.unit.as_ref() == unit))
}

fn views(staff: &Staff, matter: &Escalation, tree: &dyn Tree) -> bool {
    if matter.wrongdoing && staff.kind != StaffKind::CivilServant {
        return false;
    }
    if staff.is_hotline() || staff.is_any(&[Role::Inspector, Role::Director, Role::Leader]) {
        return true;
    }
    let Some(own) = staff.unit.as_ref().filter(|_| staff.is_any(&[Role::Liaison, Role::Handler, Role::Head])) else { return false };
    if matter.unit.as_ref() == Some(own) {
        return true;
    }
    // A report of wrongdoing is with the unit in charge alone, never up and down its tree.
    let tasks = || matter.meetings.iter().flat_map(|meeting| &meeting.tasks).any(|task| task.unit == *own);
    !matter.wrongdoing
        && (matter.unit.as_ref().is_some_and(|unit| tree.within(unit, own)) || matter.owner == Owner::Unit(own.clone()) || tasks())
}

fn acts(staff: &Staff, act: Act, matter: &Escalation) -> bool {
    if act == Act::View {
        return true;
    }
    if staff.kind != StaffKind::CivilServant {
        return false;
    }
    let office = staff.is_any(&[Role::Inspector, Role::Director]);
    let head = staff.is(Role::Head) && staff.unit.is_some();
    let holds = match &matter.owner {
        Owner::Unit(unit) => staff.unit.as_ref() == Some(unit),
        Owner::Hotline => staff.is(Role::Dispatcher),
        Owner::Office | Owner::Leader => false,
    };
    match act {
        Act::View => true,
        Act::Raise => office || (head && (matter.unit == staff.unit || holds)),
        Act::Lower | Act::Resolve => office || (staff.is(Role::Leader) && matter.owner == Owner::Leader),
        Act::Convene => office || (head && holds),
        Act::Report => holds && staff.is_any(&[Role::Liaison, Role::Head, Role::Dispatcher]) || (office && matter.owner == Owner::Office),
    }
}

#[cfg(test)]
mod tests {
    use domain::escalation::{EscalationEvent, Facts, Rules, Way, Why, raise};
    use domain::folded::Folded;
    use domain::ids::{AccountId, CaseId};
    use domain::rulebook::Rulebook;
    use domain::rulebook::shipped::SHIPPED;
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

    fn matter(level: u8, wrongdoing: bool) -> Escalation {
        let book = Rulebook::parse(SHIPPED[0].1).unwrap();
        let calendar = domain::calendar::Calendar::official();
        let rules = Rules { rules: &book, ladder: book.ladder("response").unwrap(), calendar: &calendar };
        let way = Way { unit: Some(unit("town")), above: Some(unit("county")) };
        let facts = Facts { cases: vec![CaseId(Uuid::nil())], way, wrongdoing, ..Facts::default() };
        let why = Why::Trigger(domain::escalation::Entry::Red, "red/1");
        let now = domain::time::from_micros(1_793_584_800_000_000);
        let events: Vec<EscalationEvent> = raise(None, &facts, rules, level, why, now).unwrap();
        Escalation::evolve(None, now, &events[0]).unwrap()
    }

    const CIVIL: StaffKind = StaffKind::CivilServant;

    fn can(actor: &Actor, matter: &Escalation) -> Vec<Act> {
        Act::ALL.into_iter().filter(|act| may(actor, *act, matter, &Flat)).collect()
    }

    #[test]
    fn the_unit_sees_and_raises_the_unit_above_reports_and_another_unit_sees_nothing() {
        let matter = matter(2, false);
        assert_eq!(can(&staff(Role::Head, "town", CIVIL), &matter), [Act::View, Act::Raise]);
        assert_eq!(can(&staff(Role::Head, "county", CIVIL), &matter), [Act::View, Act::Raise, Act::Convene, Act::Report]);
        assert_eq!(can(&staff(Role::Liaison, "county", CIVIL), &matter), [Act::View, Act::Report]);
        assert_eq!(can(&staff(Role::Head, "other", CIVIL), &matter), []);
        assert_eq!(can(&staff(Role::Inspector, "office", CIVIL), &matter), [Act::View, Act::Raise, Act::Lower, Act::Convene, Act::Resolve]);
    }

    #[test]
    fn a_report_of_wrongdoing_is_hidden_from_the_unit_above_and_from_outsourced_staff() {
        let matter = matter(2, true);
        assert_eq!(can(&staff(Role::Head, "county", CIVIL), &matter), []);
        assert_eq!(can(&staff(Role::Inspector, "office", StaffKind::Outsourced), &matter), []);
        assert!(may(&staff(Role::Head, "town", CIVIL), Act::View, &matter, &Flat));
    }

    #[test]
    fn outsourced_staff_and_administrators_decide_nothing() {
        let matter = matter(3, false);
        assert_eq!(can(&staff(Role::Inspector, "office", StaffKind::Outsourced), &matter), [Act::View]);
        for role in [Role::SystemAdmin, Role::SecurityAdmin, Role::Auditor, Role::Evaluator, Role::Supervisor] {
            assert_eq!(can(&staff(role, "town", CIVIL), &matter), [], "{role:?}");
        }
        assert!(!may_begin(&staff(Role::Liaison, "town", CIVIL), Some(&unit("town"))));
        assert!(!may_begin(&staff(Role::Head, "county", CIVIL), Some(&unit("town"))));
        assert!(may_begin(&staff(Role::Head, "town", CIVIL), Some(&unit("town"))));
    }

    #[test]
    fn the_leader_decides_on_his_own_level_alone() {
        assert_eq!(can(&staff(Role::Leader, "city", CIVIL), &matter(4, false)), [Act::View, Act::Lower, Act::Resolve]);
        assert_eq!(can(&staff(Role::Leader, "city", CIVIL), &matter(3, false)), [Act::View]);
    }
}
