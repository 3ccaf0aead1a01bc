//! Permission for cards: officers of the efficiency office, and the unit that the card is about once it is issued. What
//! hides a case hides its cards.

use domain::account::{Role, StaffKind};
use domain::card::CardState;
use domain::case::CaseState;

use super::{Act, Tree};
use crate::actor::{Actor, Staff};

/// What somebody wants to do with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardAct {
    /// See it.
    View,
    /// Issue it.
    Issue,
    /// Decide that none is issued.
    Dismiss,
    /// Object for the unit.
    Object,
    /// Find an objection without ground.
    Uphold,
    /// Take it back.
    Revoke,
}

impl CardAct {
    /// All acts.
    pub const ALL: [Self; 6] = [Self::View, Self::Issue, Self::Dismiss, Self::Object, Self::Uphold, Self::Revoke];
}

/// May the actor do this with the card, whose case stands like that? The stage is checked by the rules.
pub fn may(actor: &Actor, act: CardAct, card: &CardState, case: &CaseState, tree: &dyn Tree) -> bool {
    let Actor::Staff(staff) = actor else { return false };
    let sees_case = super::may(actor, Act::View, case, tree);
    let own = staff.unit.as_ref() == Some(&card.unit) && staff.is_any(&[Role::Liaison, Role::Head]);
    // A unit hears of a card when it is issued; what was never issued is the office's own paper.
    let own = own && card.issued_at.is_some() && (sees_case || !(case.wrongdoing || case.confidential));
    let office = lists(staff) && sees_case;
    let civil = staff.kind == StaffKind::CivilServant;
    match act {
        CardAct::View => own || office,
        CardAct::Issue | CardAct::Dismiss => office && staff.is(Role::Director),
        // What the director issued goes up to the leader when there is no second director (D4).
        CardAct::Uphold | CardAct::Revoke => office && staff.is_any(&[Role::Director, Role::Leader]),
        CardAct::Object => own && civil && staff.is(Role::Head),
    }
}

/// Sees lists of cards: civil servants of the office and the leader. Outsourced staff see none, not even their number.
pub fn lists(staff: &Staff) -> bool {
    staff.kind == StaffKind::CivilServant && staff.is_any(&[Role::Inspector, Role::Director, Role::Leader])
}

#[cfg(test)]
mod tests {
    use domain::card::{CardStage, Rule};
    use domain::case::ClockKind;
    use domain::ids::{AccountId, CaseId, UnitCode};
    use domain::time::Instant;
    use uuid::Uuid;

    use super::*;

    struct Flat;
    impl Tree for Flat {
        fn within(&self, unit: &UnitCode, top: &UnitCode) -> bool {
            unit == top || top.as_str() == "county"
        }
    }

    fn unit(code: &str) -> UnitCode {
        UnitCode::parse(code).unwrap()
    }

    fn staff(role: Role, of: &str, kind: StaffKind) -> Actor {
        Actor::Staff(Staff { account: AccountId(Uuid::from_u128(1)), unit: Some(unit(of)), roles: vec![role], kind })
    }

    fn card(issued: bool) -> CardState {
        CardState {
            colour: Rule::YellowOnBreach.colour(),
            rule: Rule::YellowOnBreach,
            case: CaseId(Uuid::from_u128(2)),
            number: String::new(),
            unit: unit("town"),
            clock: ClockKind::Handle,
            round: 1,
            due: Instant::default(),
            evidence: Vec::new(),
            stage: CardStage::Issued,
            triggered_at: Instant::default(),
            issued_at: issued.then(Instant::default),
            issuer: None,
            object_until: None,
            lapsed: false,
            objected_at: None,
            ended_at: None,
        }
    }

    fn acts(actor: &Actor, issued: bool, case: &CaseState) -> Vec<CardAct> {
        CardAct::ALL.into_iter().filter(|act| may(actor, *act, &card(issued), case, &Flat)).collect()
    }

    #[test]
    fn each_role_has_its_acts_and_no_other() {
        use CardAct::{Dismiss, Issue, Object, Revoke, Uphold, View};
        let case = CaseState { unit: Some(unit("town")), ..CaseState::default() };
        let civil = |role, of| staff(role, of, StaffKind::CivilServant);
        assert_eq!(acts(&civil(Role::Director, "office"), false, &case), [View, Issue, Dismiss, Uphold, Revoke]);
        assert_eq!(acts(&civil(Role::Leader, "office"), true, &case), [View, Uphold, Revoke]);
        assert_eq!(acts(&civil(Role::Inspector, "office"), true, &case), [View]);
        assert_eq!(acts(&civil(Role::Head, "town"), true, &case), [View, Object]);
        assert_eq!(acts(&civil(Role::Liaison, "town"), true, &case), [View]);
        for role in Role::ALL.into_iter().filter(|role| !matches!(role, Role::Director | Role::Leader | Role::Inspector)) {
            assert_eq!(acts(&civil(role, "county"), true, &case), [], "{role:?} of the unit above");
        }
    }

    #[test]
    fn a_unit_sees_no_card_before_it_is_issued_and_outsourced_staff_decide_nothing() {
        let case = CaseState { unit: Some(unit("town")), ..CaseState::default() };
        assert_eq!(acts(&staff(Role::Head, "town", StaffKind::CivilServant), false, &case), []);
        assert_eq!(acts(&staff(Role::Director, "office", StaffKind::Outsourced), true, &case), []);
        assert_eq!(acts(&staff(Role::Head, "town", StaffKind::Outsourced), true, &case), [CardAct::View]);
    }

    #[test]
    fn what_hides_the_case_hides_the_card() {
        let elsewhere = CaseState { unit: Some(unit("other")), wrongdoing: true, ..CaseState::default() };
        assert_eq!(acts(&staff(Role::Head, "town", StaffKind::CivilServant), true, &elsewhere), []);
    }
}
