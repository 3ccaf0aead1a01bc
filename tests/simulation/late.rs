//! Whether automation has come round makes no difference to what is on record: the clock's event stands before the late act.

use application::Meta;
use application::campaigns::Ticket;
use application::inspections::{NewFinding, NewPlan};
use application::orders::{GroundGiven, OrderCommand, OrderGiven};
use chrono::TimeDelta;
use domain::account::Role;
use domain::campaign::event::{CampaignPlanned, GroupPlan, PlanWords};
use domain::campaign::{Campaign, CampaignId, Group, Stage};
use domain::inspection::{Cadence, Mode, Plan, Target};
use domain::order::OrderColour;
use domain::private::Private;
use domain::rectification::Source;
use domain::rulebook::scheme;
use domain::time::legal_day;
use event_log::EventLog;
use uuid::Uuid;

use crate::acts::{Act, director, head, inspector, officer, perform};
use crate::office::{Office, unit};

struct Quiet {
    office: Office,
    commands: u128,
}

impl Quiet {
    /// Nobody ticks here.
    async fn new() -> Self {
        Self { office: Office::new(1, true).await, commands: 1_000 }
    }

    async fn does(&mut self, actor: application::Actor, act: Act) -> Uuid {
        self.commands += 1;
        let command = Uuid::from_u128(self.commands);
        let application = self.office.node(0).application.clone();
        perform(&application, &Meta::new(actor, command), &act).await.unwrap();
        drop(application);
        self.office.sync().await;
        command
    }

    /// The events of a stream by kind, in their order.
    async fn kinds(&self, stream: &str) -> Vec<String> {
        self.office.ground.wire.log.read_stream(stream).await.unwrap().into_iter().map(|event| event.kind).collect()
    }

    /// The clock has nothing left to do, and what it did is what its rules ask for.
    async fn is_in_order(&mut self) {
        let before = self.office.events().await.len();
        self.office.work_off().await;
        let events = self.office.events().await;
        // Notices go out meanwhile.
        let new: Vec<&str> = events[before..].iter().map(|event| event.kind.as_str()).filter(|kind| !kind.starts_with("notice_")).collect();
        assert!(new.is_empty(), "the clock still had something to record: {new:?}");
        crate::ledger::examine(self.office.seed, self.office.now(), &events);
    }

    async fn check(&mut self, cadence: Cadence) -> Uuid {
        let from = legal_day(self.office.now());
        let target = Target::Units(vec![unit("a1")]);
        let plan = Plan { cadence, from, to: from + TimeDelta::days(6), items: vec!["absent".to_owned()], target, nonce: String::new() };
        let team = (1..=2).map(|number| inspector(number).staff().unwrap().account).collect();
        let new = NewPlan { mode: Mode::Open, team, theme: "窗口作风".to_owned(), plan };
        let id = application::inspections::of_form(self.does(inspector(1), Act::Plan(new)).await);
        self.does(director(), Act::Approve(id)).await;
        id
    }

    async fn finding(&mut self, id: Uuid) {
        let at = self.office.now();
        let new = NewFinding {
            unit: unit("a1"),
            code: "absent".to_owned(),
            at,
            place: "窗口".to_owned(),
            words: "无人".to_owned(),
            photos: Vec::new(),
        };
        self.does(inspector(1), Act::Find(id, new)).await;
        self.does(inspector(2), Act::Sign(id, 1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_no_automation_when_a_unit_reports_late_then_its_rectification_was_overdue_at_its_due_instant() {
    let mut quiet = Quiet::new().await;
    let id = quiet.check(Cadence::Once).await;
    quiet.finding(id).await;
    quiet.does(head(&unit("a1")), Act::Reply(id, 1, true)).await;
    quiet.does(director(), Act::Confirm(id, 1)).await;
    quiet.does(inspector(4), Act::Rectify(id, 1, None)).await;
    let putting = Source::Finding { inspection: id, finding: 1 }.rectification();
    quiet.does(head(&unit("a1")), Act::PlanRectification(putting)).await;
    quiet.office.advance(TimeDelta::days(90));
    quiet.does(head(&unit("a1")), Act::Report(putting)).await;
    let stream = application::rectifications::rectification_stream(putting);
    let kinds = quiet.kinds(&stream).await;
    assert_eq!(kinds, ["rectification_ordered", "rectification_planned", "rectification_overdue", "rectification_reported"]);
    quiet.is_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_no_automation_when_a_check_ends_or_a_finding_is_dropped_then_what_was_missed_before_is_on_record() {
    let mut quiet = Quiet::new().await;
    let id = quiet.check(Cadence::Day).await;
    quiet.finding(id).await;
    quiet.office.advance(TimeDelta::days(8));
    quiet.does(director(), Act::DropFinding(id, 1)).await;
    quiet.does(inspector(1), Act::End(id)).await;
    let kinds = quiet.kinds(&application::inspections::stream(id)).await;
    let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
    assert_eq!((count("inspection_missed"), count("inspection_unanswered"), kinds.last().unwrap().as_str()), (6, 1, "inspection_done"));
    quiet.is_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_no_automation_when_an_order_is_withdrawn_or_a_year_made_final_then_the_clocks_event_comes_first() {
    let mut quiet = Quiet::new().await;
    let given = OrderGiven {
        unit: unit("a1"),
        ground: GroundGiven::Other,
        colour: OrderColour::Blue,
        requirement: "请报告".to_owned(),
        days: Some(1),
    };
    let order = application::orders::order_of_form(quiet.does(director(), Act::IssueOrder(given)).await);
    quiet.does(director(), Act::OpenYear(2026, scheme::SHIPPED[0].1.to_owned())).await;
    quiet.does(director(), Act::Draft(2026)).await;
    quiet.office.advance(TimeDelta::days(20));
    quiet.does(director(), Act::Order(order, OrderCommand::Withdraw { reason: "重复".to_owned() })).await;
    quiet.does(director(), Act::Finalise(2026)).await;
    assert_eq!(quiet.kinds(&order.stream()).await, ["order_issued", "order_overdue", "order_withdrawn"]);
    let body = domain::assessment::body_stream(2026, &unit("a2"));
    assert_eq!(quiet.kinds(&body).await, ["assessed_drafted", "assessed_objections_closed", "assessed_finalised"]);
    quiet.is_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_box_without_the_codes_when_a_campaign_is_closed_there_then_nothing_is_counted_and_no_ballot_is_lost() {
    let mut quiet = Quiet::new().await;
    let evaluator = || officer("eff.e", Role::Evaluator);
    let today = legal_day(quiet.office.now());
    let plan = CampaignPlanned {
        words: Private::new(PlanWords { title: "评议".to_owned(), frame: "名册".to_owned(), ..PlanWords::default() }),
        bodies: vec![unit("a1"), unit("a2"), unit("a3")],
        groups: vec![GroupPlan { group: Group::Users, weight: 100, size: 3 }],
        least: 5,
        from: today,
        until: today + TimeDelta::days(5),
        opinions: true,
    };
    let id = CampaignId::of_form(quiet.does(evaluator(), Act::PlanCampaign(plan)).await);
    quiet.does(evaluator(), Act::Lock(id)).await;
    let meta = |n| Meta::new(evaluator(), Uuid::from_u128(n));
    let (codes, _) = quiet.office.node(0).application.invite(&meta(1), id, Group::Users, 3).await.unwrap();
    quiet.does(evaluator(), Act::Open(id)).await;
    let ticket: Ticket = quiet.office.node(0).application.admit(&codes[0], "198.51.100.7").unwrap();
    crate::acts::vote(&quiet.office.node(0).application, &ticket, "123").await.unwrap();
    let before = quiet.office.head().await;
    let elsewhere = quiet.office.node(1).application.close_campaign(&meta(2), id).await;
    assert!(matches!(elsewhere, Err(application::Error::Refused(_))), "{elsewhere:?}");
    assert_eq!(quiet.office.head().await, before);
    quiet.does(evaluator(), Act::Close(id)).await;
    let state: Campaign = quiet.office.look(&id.stream()).await.unwrap();
    assert_eq!((state.stage, state.ballots()), (Stage::Closed, 1));
}
