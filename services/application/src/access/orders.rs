//! Permission for supervision orders: officers of the efficiency office, and the unit that an order is for.

use domain::account::Role;
use domain::order::OrderState;

pub use super::cards::lists;
use crate::actor::{Actor, Staff};

/// What somebody wants to do with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderAct {
    /// See it.
    View,
    /// Feed back for the unit.
    Feedback,
    /// Accept or send back a feedback, urge.
    Review,
    /// Take it back.
    Withdraw,
}

impl OrderAct {
    /// All acts.
    pub const ALL: [Self; 4] = [Self::View, Self::Feedback, Self::Review, Self::Withdraw];
}

/// May issue orders at all.
pub fn issues(staff: &Staff) -> bool {
    lists(staff) && staff.is(Role::Director)
}

/// May the actor do this with the order? The stage is checked by the rules.
pub fn may(actor: &Actor, act: OrderAct, order: &OrderState) -> bool {
    let Actor::Staff(staff) = actor else { return false };
    let own = staff.unit.as_ref() == Some(&order.unit) && staff.is_any(&[Role::Liaison, Role::Head]);
    match act {
        OrderAct::View => own || lists(staff),
        OrderAct::Feedback => own,
        OrderAct::Review => lists(staff) && staff.is_any(&[Role::Inspector, Role::Director]),
        OrderAct::Withdraw => issues(staff),
    }
}

#[cfg(test)]
mod tests {
    use domain::account::StaffKind;
    use domain::ids::{AccountId, UnitCode};
    use domain::order::{Ground, OrderColour, OrderStage};
    use domain::time::Instant;
    use uuid::Uuid;

    use super::*;

    fn acts(role: Role, of: &str, kind: StaffKind) -> Vec<OrderAct> {
        let unit = |code: &str| UnitCode::parse(code).unwrap();
        let order = OrderState {
            unit: unit("town"),
            ground: Ground::Other,
            colour: OrderColour::Blue,
            stage: OrderStage::Open,
            issued_at: Instant::default(),
            due: Instant::default(),
            overdue: false,
            fed_back_at: None,
            returned_at: None,
            urged: 0,
            ended_at: None,
        };
        let staff = Staff { account: AccountId(Uuid::from_u128(1)), unit: Some(unit(of)), roles: vec![role], kind };
        OrderAct::ALL.into_iter().filter(|act| may(&Actor::Staff(staff.clone()), *act, &order)).collect()
    }

    #[test]
    fn each_role_has_its_acts_and_no_other() {
        use OrderAct::{Feedback, Review, View, Withdraw};
        let civil = |role, of| acts(role, of, StaffKind::CivilServant);
        assert_eq!(civil(Role::Director, "office"), [View, Review, Withdraw]);
        assert_eq!(civil(Role::Inspector, "office"), [View, Review]);
        assert_eq!(civil(Role::Leader, "office"), [View]);
        for role in [Role::Liaison, Role::Head] {
            assert_eq!(civil(role, "town"), [View, Feedback]);
            assert_eq!(civil(role, "other"), [], "another unit");
        }
        for role in [Role::Handler, Role::Operator, Role::Dispatcher, Role::Reviewer, Role::Supervisor, Role::Auditor] {
            assert_eq!(civil(role, "town"), [], "{role:?}");
        }
        assert_eq!(acts(Role::Director, "office", StaffKind::Outsourced), []);
    }
}
