//! Who may do what with a public evaluation. It is the business of the evaluation staff; the efficiency office and the leaders
//! see its results after closing and nothing of its course before (practice.md 24).

use domain::account::{Role, StaffKind};
use domain::campaign::{Campaign, Stage};
use domain::ids::UnitCode;

use crate::actor::Actor;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignAct {
    /// Draw up a plan, fix it, open, close and publish.
    Lead,
    /// Make codes.
    Invite,
    /// See that it is there, and its plan.
    View,
    /// See how many have voted.
    Progress,
    /// See the results.
    Results,
    /// Take out the ballots.
    Export,
    /// Read the opinions and tell bodies to put right what they say.
    Opinions,
}

/// May the actor do this? `campaign` is none for one that is to be planned.
pub fn may(actor: &Actor, act: CampaignAct, campaign: Option<&Campaign>) -> bool {
    let Actor::Staff(staff) = actor else { return false };
    let civil = staff.kind == StaffKind::CivilServant;
    let evaluator = staff.is(Role::Evaluator);
    let reader = staff.is_any(&[Role::Director, Role::Leader]);
    let reached = |stage: Stage| campaign.is_some_and(|campaign| campaign.stage >= stage);
    match act {
        // Outsourced staff may follow the course but decide nothing.
        CampaignAct::Lead | CampaignAct::Invite => evaluator && civil,
        CampaignAct::View => evaluator || (reader && reached(Stage::Locked)),
        CampaignAct::Progress => evaluator,
        CampaignAct::Results => (evaluator || reader) && reached(Stage::Closed),
        CampaignAct::Export | CampaignAct::Opinions => evaluator && civil && reached(Stage::Closed),
    }
}

/// The unit whose booklet of results and opinions the actor may read: the own one, after closing.
pub fn booklet(actor: &Actor, campaign: &Campaign) -> Option<UnitCode> {
    let staff = actor.staff()?;
    let unit = staff.unit.as_ref()?;
    let answers = staff.is_any(&[Role::Liaison, Role::Head]) && staff.kind == StaffKind::CivilServant;
    (answers && campaign.has_results() && campaign.plan.bodies.contains(unit)).then(|| unit.clone())
}

#[cfg(test)]
mod tests {
    use domain::campaign::event::{CampaignCounted, CampaignPlanned};
    use domain::folded::Folded;
    use domain::ids::AccountId;
    use domain::private::Private;
    use uuid::Uuid;

    use super::*;
    use crate::actor::Staff;

    fn staff(role: Role, kind: StaffKind, unit: &str) -> Actor {
        Actor::Staff(Staff { account: AccountId(Uuid::from_u128(1)), unit: UnitCode::parse(unit).ok(), roles: vec![role], kind })
    }

    fn campaign(stage: Stage) -> Campaign {
        let plan = CampaignPlanned {
            words: Private::Closed,
            bodies: vec![UnitCode::parse("0101").unwrap()],
            groups: Vec::new(),
            least: 5,
            from: "2026-06-01".parse().unwrap(),
            until: "2026-06-02".parse().unwrap(),
            opinions: true,
        };
        let state = Campaign::evolve(None, domain::time::from_micros(0), &plan.into()).unwrap();
        Campaign { stage, counted: (stage >= Stage::Closed).then(|| CampaignCounted { cells: Vec::new() }), ..state }
    }

    #[test]
    fn the_efficiency_office_sees_results_after_closing_and_nothing_before() {
        for role in [Role::Director, Role::Leader] {
            let actor = staff(role, StaffKind::CivilServant, "0012345");
            assert!(!may(&actor, CampaignAct::View, Some(&campaign(Stage::Planned))));
            assert!(may(&actor, CampaignAct::View, Some(&campaign(Stage::Open))));
            for stage in [Stage::Planned, Stage::Locked, Stage::Open] {
                assert!(!may(&actor, CampaignAct::Progress, Some(&campaign(stage))));
                assert!(!may(&actor, CampaignAct::Results, Some(&campaign(stage))));
            }
            assert!(may(&actor, CampaignAct::Results, Some(&campaign(Stage::Closed))));
            assert!(!may(&actor, CampaignAct::Export, Some(&campaign(Stage::Closed))));
            assert!(!may(&actor, CampaignAct::Lead, None));
        }
    }

    #[test]
    fn outsourced_evaluators_decide_nothing_and_take_nothing_out() {
        let hired = staff(Role::Evaluator, StaffKind::Outsourced, "0012345");
        assert!(may(&hired, CampaignAct::Progress, Some(&campaign(Stage::Open))));
        for act in [CampaignAct::Lead, CampaignAct::Invite, CampaignAct::Export] {
            assert!(!may(&hired, act, Some(&campaign(Stage::Closed))), "{act:?}");
        }
        let own = staff(Role::Evaluator, StaffKind::CivilServant, "0012345");
        assert!(may(&own, CampaignAct::Lead, None) && may(&own, CampaignAct::Export, Some(&campaign(Stage::Closed))));
        assert!(!may(&own, CampaignAct::Results, Some(&campaign(Stage::Open))), "not even they before closing");
    }

    #[test]
    fn a_unit_reads_its_own_booklet_after_closing() {
        let of = |role, unit| staff(role, StaffKind::CivilServant, unit);
        assert!(booklet(&of(Role::Head, "0101"), &campaign(Stage::Closed)).is_some());
        assert!(booklet(&of(Role::Head, "0101"), &campaign(Stage::Open)).is_none());
        assert!(booklet(&of(Role::Head, "0102"), &campaign(Stage::Published)).is_none());
        assert!(booklet(&of(Role::Handler, "0101"), &campaign(Stage::Closed)).is_none());
        assert!(booklet(&of(Role::Inspector, "0101"), &campaign(Stage::Closed)).is_none());
    }

    #[test]
    fn nobody_else_may_do_anything() {
        for role in Role::ALL.into_iter().filter(|role| !matches!(role, Role::Evaluator | Role::Director | Role::Leader)) {
            let actor = staff(role, StaffKind::CivilServant, "0101");
            for act in [
                CampaignAct::Lead,
                CampaignAct::Invite,
                CampaignAct::View,
                CampaignAct::Progress,
                CampaignAct::Results,
                CampaignAct::Export,
            ] {
                assert!(!may(&actor, act, Some(&campaign(Stage::Published))), "{role:?} {act:?}");
            }
        }
        assert!(!may(&Actor::Citizen, CampaignAct::View, Some(&campaign(Stage::Published))));
    }
}
