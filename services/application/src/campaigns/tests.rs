use std::sync::Arc;

use chrono::TimeDelta;
use domain::account::Role;
use domain::campaign::event::{CampaignInvited, GroupPlan, PlanWords};
use domain::ids::UnitCode;
use domain::time::Clock as _;
use domain::unit::{Level, Nature, UnitEntry};
use event_log::{EventLog as _, Expected};

use super::*;
use crate::fixtures::{Fate, Fickle, by, office};

const GROUP: Group = Group::Users;

struct World {
    _dir: tempfile::TempDir,
    log: Arc<Fickle>,
    app: Application,
    id: CampaignId,
}

impl World {
    /// A campaign whose plan is fixed, for twenty people.
    async fn locked() -> Self {
        let (dir, log) = (tempfile::tempdir().unwrap(), Fickle::new());
        let app = office(dir.path(), log.clone()).await;
        let today = legal_day(app.now());
        let unit = UnitEntry {
            code: UnitCode::parse("A1").unwrap(),
            name: "市住建局".to_owned(),
            parent: None,
            level: Level::City,
            nature: Nature::Accountable,
            division: None,
            hotline: false,
            since: today,
        };
        app.register_unit(&by(Role::SystemAdmin, 1), &unit).await.unwrap();
        app.projections.catch_up().await.unwrap();
        let plan = CampaignPlanned {
            words: Private::new(PlanWords {
                title: "公众评议".to_owned(), frame: "从名册中抽取".to_owned(), ..PlanWords::default()
            }),
            bodies: vec![unit.code.clone()],
            groups: vec![GroupPlan { group: GROUP, weight: 100, size: 20 }],
            least: 5,
            from: today,
            until: today + TimeDelta::days(5),
            opinions: false,
        };
        let (id, _) = app.plan_campaign(&lead(2), plan).await.unwrap();
        app.lock_campaign(&lead(3), id).await.unwrap();
        Self { _dir: dir, log, app, id }
    }

    async fn invite(&self, command: u128, count: u64) -> Result<Vec<String>, Error> {
        self.app.invite(&lead(command), self.id, GROUP, count).await.map(|(codes, _)| codes)
    }

    async fn invited(&self) -> u64 {
        self.app.stream_state::<Campaign>(&self.id.stream()).await.unwrap().unwrap().invited(GROUP)
    }

    /// This node does not see what comes from now on, and is not told that it was written.
    async fn falls_behind(&self) {
        let size = self.log.head().await.unwrap().size;
        self.log.befalls(Fate::Behind(size));
    }

    /// Voting begins, everybody with a code votes, and it ends with so many ballots, none left behind.
    async fn votes_and_closes(&self, codes: &[String]) {
        self.app.open_campaign(&lead(900), self.id).await.unwrap();
        self.app.projections.catch_up().await.unwrap();
        for code in codes {
            let ticket = self.app.admit(code, "198.51.100.7").unwrap();
            self.app.cast(&ticket, &Answers { grades: "1".to_owned(), opinions: Vec::new() }).await.unwrap();
        }
        self.app.close_campaign(&lead(901), self.id).await.unwrap();
        let state: Campaign = self.app.stream_state(&self.id.stream()).await.unwrap().unwrap();
        assert_eq!(state.ballots(), codes.len() as u64);
        assert_eq!(self.app.ballots.campaign().await.unwrap(), None);
    }
}

fn lead(command: u128) -> Meta {
    by(Role::Evaluator, command)
}

#[tokio::test]
async fn given_an_invitation_that_is_written_without_an_answer_then_the_codes_are_given_out_all_the_same() {
    let world = World::locked().await;
    world.log.befalls(Fate::Unanswered);
    let codes = world.invite(10, 12).await.unwrap();
    world.log.befalls(Fate::Good);
    assert_eq!((codes.len(), world.invited().await), (12, 12));
    assert_eq!(world.invite(10, 12).await, Err(Refusal::Exists.into()), "given out once");
    world.votes_and_closes(&codes).await;
}

#[tokio::test]
async fn given_an_invitation_that_this_node_does_not_see_yet_when_the_form_comes_again_then_its_codes_are_given_out() {
    let world = World::locked().await;
    world.falls_behind().await;
    assert_eq!(world.invite(10, 12).await, Err(Error::Unavailable));
    assert_eq!(world.invite(10, 12).await, Err(Error::Unavailable));
    world.log.befalls(Fate::Good);
    assert_eq!(world.invited().await, 12);
    let codes = world.invite(10, 12).await.unwrap();
    assert_eq!((codes.len(), world.invited().await), (12, 12));
    assert_eq!(world.invite(10, 12).await, Err(Refusal::Exists.into()), "given out once");
    world.votes_and_closes(&codes).await;
}

#[tokio::test]
async fn given_codes_that_the_log_names_and_nobody_got_then_another_form_gets_them_before_new_ones() {
    let world = World::locked().await;
    world.falls_behind().await;
    assert_eq!(world.invite(10, 12).await, Err(Error::Unavailable));
    world.log.befalls(Fate::Good);
    // with another number, people are told which
    let refused = world.invite(11, 8).await.unwrap_err();
    assert!(refused.to_string().contains("12"), "{refused}");
    let mut codes = world.invite(12, 12).await.unwrap();
    assert_eq!((codes.len(), world.invited().await), (12, 12));
    codes.extend(world.invite(13, 8).await.unwrap());
    assert_eq!((codes.len(), world.invited().await), (20, 20));
    world.votes_and_closes(&codes).await;
}

#[tokio::test]
async fn given_codes_that_the_log_names_and_nobody_got_then_the_campaign_can_be_closed() {
    let world = World::locked().await;
    world.falls_behind().await;
    assert_eq!(world.invite(10, 12).await, Err(Error::Unavailable));
    world.log.befalls(Fate::Good);
    world.votes_and_closes(&[]).await;
}

#[tokio::test]
async fn given_an_invitation_that_is_not_written_then_inviting_again_works_by_the_same_form_and_by_another() {
    for again in [10, 11] {
        let world = World::locked().await;
        world.log.befalls(Fate::Away);
        assert_eq!(world.invite(10, 12).await, Err(Error::Unavailable));
        world.log.befalls(Fate::Good);
        assert_eq!(world.invited().await, 0);
        let codes = world.invite(again, 12).await.unwrap();
        assert_eq!((codes.len(), world.invited().await), (12, 12));
        // of the one that is not in the log nothing is left
        assert_eq!(world.app.ballots.unsettled(world.id.0).await.unwrap(), []);
        assert_eq!(world.app.ballots.holds(Uuid::from_u128(10)).unwrap(), again == 10);
        world.votes_and_closes(&codes).await;
    }
}

#[tokio::test]
async fn given_an_invitation_that_the_log_refuses_then_its_codes_are_taken_back() {
    let world = World::locked().await;
    let other = CampaignInvited { batch: Uuid::from_u128(50), group: GROUP, count: 20, root: String::new() };
    let (log, id) = (world.log.clone(), world.id);
    let vault = world.app.vault.clone();
    let comes = async move {
        let last = log.read_stream(&id.stream()).await.unwrap().last().unwrap().revision;
        let events = vec![(crate::fixtures::clock().now(), domain::campaign::CampaignEvent::from(other).into())];
        crate::store::record(log.as_ref(), &vault, &id.stream(), Expected::Exact(last), &lead(50), None, events).await.unwrap();
    };
    world.log.comes_between("campaign-", Box::pin(comes));
    // All of the plan are invited by another node meanwhile.
    assert!(matches!(world.invite(10, 12).await, Err(Error::Refused(_))));
    assert_eq!(world.app.ballots.campaign().await.unwrap(), None);
}
