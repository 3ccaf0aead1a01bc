//! What people do with the streams of supervision, as data: to be sent, sent again, and played in another world.

use application::campaigns::Ticket;
use application::cards::CardCommand;
use application::inspections::{self, NewFinding, NewPlan};
use application::investigations::Command;
use application::matters::TaskCommand;
use application::orders::{OrderCommand, OrderGiven};
use application::{Actor, Application, Error, Meta, Staff};
use domain::account::{Role, StaffKind};
use domain::assessment::body::{Correction, HonourWithdrawn, Honoured};
use domain::assessment::year::Marked;
use domain::campaign::CampaignId;
use domain::campaign::event::CampaignPlanned;
use domain::ids::{CardId, InvestigationId, MatterId, OrderId, UnitCode};
use domain::investigation::NewComplaint;
use domain::matter::decide::NewMatter;
use domain::time::Instant;
use uuid::Uuid;

const WORDS: &str = "经核查，情况属实，已按要求处理。";

/// An act on a stream of supervision.
#[derive(Debug, Clone)]
pub enum Act {
    IssueOrder(OrderGiven),
    Order(OrderId, OrderCommand),
    SetMatter(NewMatter),
    Task(MatterId, UnitCode, TaskCommand),
    CloseMatter(MatterId),
    Plan(NewPlan),
    Approve(Uuid),
    RefusePlan(Uuid),
    CommitDraw(Uuid),
    RevealDraw(Uuid),
    Visit(Uuid, UnitCode),
    Find(Uuid, NewFinding),
    Sign(Uuid, u32),
    End(Uuid),
    Confirm(Uuid, u32),
    DropFinding(Uuid, u32),
    Reply(Uuid, u32, bool),
    Rectify(Uuid, u32, Option<Instant>),
    PlanRectification(Uuid),
    Report(Uuid),
    AcceptReport(Uuid),
    WithdrawRectification(Uuid),
    GiveBack(Uuid, Instant),
    Complain(NewComplaint),
    Complaint(InvestigationId, Command),
    OpenYear(i32, String),
    Mark(i32, Marked),
    Honour(i32, Honoured),
    WithdrawHonour(i32, UnitCode, HonourWithdrawn),
    Draft(i32),
    ObjectToSheet(i32, UnitCode, String),
    DecideSheet(i32, UnitCode, String, Correction),
    Finalise(i32),
    PublishYear(i32),
    Card(CardId, CardCommand),
    Raise(String, u8),
    Resolve(String),
    PlanCampaign(CampaignPlanned),
    Lock(CampaignId),
    Open(CampaignId),
    Close(CampaignId),
    PublishCampaign(CampaignId),
}

impl Act {
    /// Its box stands in the first node's directory alone.
    pub fn needs_the_box(&self) -> bool {
        matches!(self, Self::Close(_))
    }

    /// It counts what the views show: they must not be known to be old.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Draft(_))
    }

    /// Several streams follow one another; a refusal may come after the first ones.
    pub fn has_parts(&self) -> bool {
        matches!(self, Self::RevealDraw(_) | Self::CloseMatter(_))
    }
}

/// Sends an act. The id of the command names what it begins.
pub async fn perform(app: &Application, meta: &Meta, act: &Act) -> Result<(), Error> {
    match act.clone() {
        Act::IssueOrder(given) => app.issue_order(meta, &given).await.map(drop),
        Act::Order(id, command) => app.on_order(meta, id, &command).await.map(drop),
        Act::SetMatter(new) => app.set_matter(meta, &new).await.map(drop),
        Act::Task(id, unit, command) => app.on_task(meta, id, &unit, &command).await.map(drop),
        Act::CloseMatter(id) => app.close_matter(meta, id, WORDS).await.map(drop),
        Act::Plan(new) => app.plan_inspection(meta, inspections::of_form(meta.command), &new).await.map(drop),
        Act::Approve(id) => app.approve_inspection(meta, id).await.map(drop),
        Act::RefusePlan(id) => app.refuse_inspection(meta, id, WORDS).await.map(drop),
        Act::CommitDraw(id) => app.commit_draw(meta, id).await.map(drop),
        Act::RevealDraw(id) => app.reveal_draw(meta, id, "现场口令").await.map(drop),
        Act::Visit(id, unit) => app.visit_unit(meta, id, &unit, &[]).await.map(drop),
        Act::Find(id, new) => app.record_finding(meta, id, &new).await.map(drop),
        Act::Sign(id, number) => app.sign_finding(meta, id, number).await.map(drop),
        Act::End(id) => app.end_inspection(meta, id).await.map(drop),
        Act::Confirm(id, number) => app.confirm_finding(meta, id, number, WORDS).await.map(drop),
        Act::DropFinding(id, number) => app.drop_finding(meta, id, number, WORDS).await.map(drop),
        Act::Reply(id, number, agrees) => app.reply_to_finding(meta, id, number, agrees, WORDS).await.map(drop),
        Act::Rectify(id, number, until) => app.order_rectification(meta, id, number, WORDS, until).await.map(drop),
        Act::PlanRectification(id) => app.plan_rectification(meta, id, "李科长", WORDS).await.map(drop),
        Act::Report(id) => app.report_rectification(meta, id, WORDS, &[]).await.map(drop),
        Act::AcceptReport(id) => app.accept_rectification(meta, id, WORDS).await.map(drop),
        Act::WithdrawRectification(id) => app.withdraw_rectification(meta, id, WORDS).await.map(drop),
        Act::GiveBack(id, until) => app.return_rectification(meta, id, WORDS, until).await.map(drop),
        Act::Complain(new) => app.file_complaint(meta, meta.command, new).await.map(drop),
        Act::Complaint(id, command) => app.on_investigation(meta, id, &command).await.map(drop),
        Act::OpenYear(year, scheme) => app.open_assessment(meta, year, &scheme).await.map(drop),
        Act::Mark(year, marked) => app.mark_assessment(meta, year, marked).await.map(drop),
        Act::Honour(year, honoured) => app.honour(meta, year, honoured).await.map(drop),
        Act::WithdrawHonour(year, unit, withdrawn) => app.withdraw_honour(meta, year, &unit, withdrawn).await.map(drop),
        Act::Draft(year) => app.draft_assessment(meta, year).await.map(drop),
        Act::ObjectToSheet(year, unit, item) => app.object_to_assessment(meta, year, &unit, &item, WORDS).await.map(drop),
        Act::DecideSheet(year, unit, item, to) => app.decide_assessment(meta, year, &unit, &item, &to, WORDS).await.map(drop),
        Act::Finalise(year) => app.finalise_assessment(meta, year).await.map(drop),
        Act::PublishYear(year) => app.publish_assessment(meta, year, "清效办〔2026〕3号").await.map(drop),
        Act::Card(id, command) => app.on_card(meta, id, &command).await.map(drop),
        Act::Raise(stream, to) => {
            app.raise_escalation(meta, &stream, to, Some(domain::escalation::Entry::Difficult), WORDS).await.map(drop)
        }
        Act::Resolve(stream) => app.resolve_escalation(meta, &stream, WORDS).await.map(drop),
        Act::PlanCampaign(plan) => app.plan_campaign(meta, plan).await.map(drop),
        Act::Lock(id) => app.lock_campaign(meta, id).await.map(drop),
        Act::Open(id) => app.open_campaign(meta, id).await.map(drop),
        Act::Close(id) => app.close_campaign(meta, id).await.map(drop),
        Act::PublishCampaign(id) => app.publish_campaign(meta, id).await.map(drop),
    }
}

/// What a voter gives in.
pub async fn vote(app: &Application, ticket: &Ticket, grades: &str) -> Result<(), Error> {
    let opinions = grades.find(|grade| grade != '-').map(|body| (body, format!("意见 {grades}"))).into_iter().collect();
    app.cast(ticket, &domain::campaign::ballot::Answers { grades: grades.to_owned(), opinions }).await
}

fn person(login: &str, unit: &str, roles: Vec<Role>, kind: StaffKind) -> Actor {
    let account = application::accounts::account_of_login(login);
    Actor::Staff(Staff { account, unit: Some(UnitCode::parse(unit).unwrap()), roles, kind })
}

/// An officer of the efficiency office.
pub fn officer(login: &str, role: Role) -> Actor {
    person(login, "eff", vec![role], StaffKind::CivilServant)
}

pub fn director() -> Actor {
    officer("eff.d", Role::Director)
}

/// Inspectors are counted from 1 to 5.
pub fn inspector(number: usize) -> Actor {
    officer(&format!("eff.{number}"), Role::Inspector)
}

pub fn head(unit: &UnitCode) -> Actor {
    person(&format!("{unit}.head"), unit.as_str(), vec![Role::Head], StaffKind::CivilServant)
}

/// Somebody who may do nothing of all that.
pub fn nobody(number: usize) -> Actor {
    match number % 4 {
        0 => Actor::Citizen,
        1 => person("hot.o", "hot", vec![Role::Operator], StaffKind::CivilServant),
        2 => person("x.handler", "u2", vec![Role::Handler], StaffKind::CivilServant),
        // Outsourced staff decide nothing, whatever their roles.
        _ => person(
            "eff.x",
            "eff",
            vec![Role::Inspector, Role::Director, Role::Leader, Role::Evaluator, Role::Supervisor],
            StaffKind::Outsourced,
        ),
    }
}
