//! The ballot box lies on one node: the one that made the first codes. Another one neither adds codes nor takes ballots.

use application::campaigns::Progress;
use application::{Actor, Application, Error, Meta, Staff};
use domain::account::{Role, StaffKind};
use domain::campaign::event::{CampaignPlanned, GroupPlan, PlanWords};
use domain::campaign::{Campaign, CampaignId, Group};
use domain::private::Private;
use domain::time::legal_day;
use tests::nodes::City;

fn evaluator(app: &Application) -> Meta {
    let account = app.reference().account_by_login("evaluator").unwrap().id;
    let staff = Staff { account, unit: None, roles: vec![Role::Evaluator], kind: StaffKind::CivilServant };
    Meta::new(Actor::Staff(staff), app.ids.uuid())
}

/// A campaign whose plan is public, known to both nodes.
async fn locked(one: &Application, other: &Application) -> CampaignId {
    let today = legal_day(one.now());
    let plan = CampaignPlanned {
        words: Private::new(PlanWords { title: "公众评议".to_owned(), frame: "随机抽取".to_owned(), ..PlanWords::default() }),
        bodies: one.reference().units().filter(|unit| unit.closed.is_none()).take(5).map(|unit| unit.code.clone()).collect(),
        groups: vec![GroupPlan { group: Group::Users, weight: 60, size: 40 }, GroupPlan { group: Group::Residents, weight: 40, size: 40 }],
        least: 30,
        from: today,
        until: today + chrono::Days::new(7),
        opinions: true,
    };
    let (id, _) = one.plan_campaign(&evaluator(one), plan).await.unwrap();
    one.lock_campaign(&evaluator(one), id).await.unwrap();
    for app in [one, other] {
        app.projections.catch_up().await.unwrap();
    }
    id
}

async fn progress(app: &Application, id: CampaignId) -> Vec<Option<u64>> {
    app.projections.catch_up().await.unwrap();
    let state = app.projections.views().stream::<Campaign>(&id.stream()).unwrap().unwrap().state;
    let all: Vec<Progress> = app.campaign_progress(&evaluator(app).actor, id, &state).await.unwrap();
    all.into_iter().map(|one| one.used).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_are_made_and_used_where_the_box_lies_and_the_other_node_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let city = City::make(dir.path(), 10, 5, 3, 3).unwrap();
    city.add(2).unwrap();
    let (here, there) = (city.inside(1).await.unwrap(), city.inside(2).await.unwrap());
    let id = locked(&here, &there).await;
    // given the first codes, made on one node
    let (codes, _) = here.invite(&evaluator(&here), id, Group::Users, 40).await.unwrap();
    // then the other one makes none
    let refused = there.invite(&evaluator(&there), id, Group::Residents, 40).await;
    assert_eq!(refused.map(|_| ()), Err(Error::BoxElsewhere));
    here.invite(&evaluator(&here), id, Group::Residents, 40).await.unwrap();
    // and, once voting has begun, takes no ballot, says that nothing is known there, and cannot close
    here.open_campaign(&evaluator(&here), id).await.unwrap();
    assert_eq!((progress(&here, id).await, progress(&there, id).await), (vec![Some(0), Some(0)], vec![None, None]));
    assert_eq!(there.admit(&codes[0], "10.0.0.1").map(|_| ()), Err(Error::BoxElsewhere));
    let ticket = here.admit(&codes[0], "10.0.0.1").unwrap();
    assert_eq!(there.campaign_of_ballot(ticket.campaign).map(|_| ()), Err(Error::BoxElsewhere));
    assert!(matches!(there.close_campaign(&evaluator(&there), id).await, Err(Error::Refused(_))));
    // and a code that nobody gave out is unknown where the box lies
    assert_eq!(here.admit(&domain::codes::ballot_code(7), "10.0.0.1").map(|_| ()), Err(Error::NotFound));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_that_make_the_first_codes_at_once_one_has_the_box_and_the_other_none() {
    let dir = tempfile::tempdir().unwrap();
    let city = City::make(dir.path(), 10, 6, 3, 3).unwrap();
    city.add(2).unwrap();
    let (one, other) = (city.inside(1).await.unwrap(), city.inside(2).await.unwrap());
    for _ in 0..5 {
        let id = locked(&one, &other).await;
        let (metas, groups) = ((evaluator(&one), evaluator(&other)), (Group::Users, Group::Residents));
        let (first, second) = tokio::join!(one.invite(&metas.0, id, groups.0, 40), other.invite(&metas.1, id, groups.1, 40));
        let (winner, loser, lost) = if first.is_ok() { (&one, &other, second) } else { (&other, &one, first) };
        assert_eq!(lost.map(|_| ()), Err(Error::BoxElsewhere));
        for app in [winner, loser] {
            app.projections.catch_up().await.unwrap();
        }
        let state = winner.projections.views().stream::<Campaign>(&id.stream()).unwrap().unwrap().state;
        assert_eq!(state.batches.len(), 1);
        assert!(winner.ballots.holds(state.batches[0].batch).unwrap());
        // What the other one had begun is taken back: its box is free for another campaign.
        assert!(!loser.ballots.holds(metas.0.command).unwrap() && !loser.ballots.holds(metas.1.command).unwrap());
        winner.ballots.empty(id.0).await.unwrap();
    }
}
