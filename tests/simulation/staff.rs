//! Random days of the office and the units: mostly what makes sense, sometimes by somebody who may not.

use application::Actor;
use application::cards::CardCommand;
use application::inspections::{NewFinding, NewPlan};
use application::investigations::Command;
use application::matters::TaskCommand;
use application::orders::{GroundGiven, OrderCommand, OrderGiven};
use chrono::TimeDelta;
use domain::account::Role;
use domain::assessment::body::{Correction, HonourWithdrawn, Honoured};
use domain::assessment::year::{Marked, Points};
use domain::assessment::{BodyState, Stage as YearStage, YearState, body_stream, year_stream};
use domain::card::{CardStage, CardState};
use domain::escalation::Escalation;
use domain::ids::{CardId, UnitCode};
use domain::inspection::state::Stage as CheckStage;
use domain::inspection::{Cadence, InspectionState, Lots, Mode, Outcome, Plan, Target, state::end_of};
use domain::investigation::{
    Advice, Complainant, Conclusion, Finding, Ground, Investigation, Mode as Way, NewComplaint, Source, Stage, Statement, System, Talk,
};
use domain::matter::decide::NewMatter;
use domain::matter::{MatterState, TaskStage, TaskState};
use domain::order::{OrderColour, OrderStage, OrderState};
use domain::private::Private;
use domain::rectification::{RectificationState, Stage as Putting};
use domain::rulebook::scheme;
use domain::time::legal_day;

use crate::acts::{Act, director, head, inspector, nobody, officer};
use crate::office::{BODIES, Office, unit};

const WORDS: &str = "已按要求办理。";
const UNITS: [&str; 4] = [BODIES[0], BODIES[1], BODIES[2], "u1"];

fn words() -> String {
    WORDS.to_owned()
}

impl Office {
    /// Somebody does something on one of the lines.
    pub async fn day(&mut self) {
        let lines = if self.everything { 12 } else { 8 };
        let (actor, act) = match self.chance.below(lines) {
            0 => self.order().await,
            1 => self.matter().await,
            2..5 => self.check().await,
            5 => self.rectification().await,
            6 => self.complaint().await,
            7 => self.year().await,
            8 | 9 => return self.campaign().await,
            10 => match self.card().await {
                Some(act) => act,
                None => return,
            },
            _ => match self.matter_on_a_level().await {
                Some(act) => act,
                None => return,
            },
        };
        // Everybody may complain; what a citizen begins is no trespass.
        let forbidden = !matches!(act, Act::Complain(_)) && self.chance.in_hundred(12);
        let number = self.chance.below(4);
        let actor = if forbidden { nobody(number) } else { actor };
        self.say(actor, act, forbidden).await;
    }

    fn unit(&mut self) -> UnitCode {
        unit(self.chance.pick(&UNITS))
    }

    fn body(&mut self) -> UnitCode {
        unit(self.chance.pick(&BODIES))
    }

    async fn order(&mut self) -> (Actor, Act) {
        if self.orders.is_empty() || self.chance.in_hundred(30) {
            let given = OrderGiven {
                unit: self.unit(),
                ground: GroundGiven::Other,
                colour: self.chance.pick(&OrderColour::ALL),
                requirement: words(),
                days: self.chance.pick(&[None, Some(1), Some(3), Some(90)]),
            };
            return (director(), Act::IssueOrder(given));
        }
        let id = self.orders[self.world.chance.below(self.orders.len())];
        let state: OrderState = self.look(&id.stream()).await.unwrap();
        let command = match (state.stage, self.chance.below(10)) {
            (OrderStage::Open, 0) | (_, 1) => OrderCommand::Withdraw { reason: words() },
            (OrderStage::Open, 2..5) => OrderCommand::Urge { words: words() },
            (OrderStage::Open, _) | (_, 2) => OrderCommand::Feedback { words: words() },
            (_, 3..6) => OrderCommand::SendBack { reason: words(), days: Some(2) },
            _ => OrderCommand::Accept { words: words() },
        };
        let actor = match &command {
            OrderCommand::Withdraw { .. } => director(),
            OrderCommand::Feedback { .. } => head(&state.unit),
            _ => inspector(1),
        };
        (actor, Act::Order(id, command))
    }

    async fn matter(&mut self) -> (Actor, Act) {
        let supervisor = officer("eff.s", Role::Supervisor);
        if self.matters.is_empty() || self.chance.in_hundred(20) {
            let days = self.chance.below(12) as i64;
            let due = end_of(legal_day(self.now()) + TimeDelta::days(days)).unwrap();
            let assisting = if self.chance.in_hundred(60) { vec![unit("a2"), unit("u1")] } else { Vec::new() };
            let new = NewMatter {
                source: domain::matter::Source::Meeting,
                title: "重点工作".to_owned(),
                requirement: words(),
                wording: String::new(),
                lead: unit("a1"),
                assisting,
                milestones: Vec::new(),
                due,
            };
            return (supervisor, Act::SetMatter(new));
        }
        let id = self.matters[self.world.chance.below(self.matters.len())];
        let state: MatterState = self.look(&id.stream()).await.unwrap();
        if self.chance.in_hundred(6) {
            return (supervisor, Act::CloseMatter(id));
        }
        let units: Vec<UnitCode> = state.units().map(|(unit, _)| unit.clone()).collect();
        let of = self.chance.pick(&units);
        let Some(task) = self.look::<TaskState>(&id.task(&of)).await else { return (supervisor, Act::CloseMatter(id)) };
        let command = match (task.stage, self.chance.below(10)) {
            (_, 0) => TaskCommand::Extend { reason: words(), due: task.due + TimeDelta::days(3) },
            (TaskStage::Open, _) | (_, 1) => TaskCommand::Feedback { percent: self.chance.pick(&[30, 100, 100]), words: words() },
            (_, 2..6) => TaskCommand::SendBack { reason: words() },
            _ => TaskCommand::Accept { words: words() },
        };
        let actor = if matches!(command, TaskCommand::Feedback { .. }) { head(&of) } else { supervisor };
        (actor, Act::Task(id, of, command))
    }

    async fn check(&mut self) -> (Actor, Act) {
        if self.checks.is_empty() || self.chance.in_hundred(9) {
            return self.new_check();
        }
        // The latest ones are worked on.
        let id = self.checks[self.checks.len() - 1 - self.world.chance.below(self.checks.len().min(3))];
        let state: InspectionState = self.look(&application::inspections::stream(id)).await.unwrap();
        let team = |account| (1..=3).map(inspector).find(|one| one.staff().is_some_and(|staff| staff.account == account)).unwrap();
        if let Some(finding) = (!state.findings.is_empty() && self.chance.in_hundred(75)).then(|| self.chance.pick(&state.findings)) {
            let (number, of) = (finding.number, finding.unit().unwrap().clone());
            let act = self.chance.below(10);
            let until = self.chance.in_hundred(70).then(|| self.world.now() + TimeDelta::days(act as i64 + 1));
            return match (finding.second, &finding.outcome) {
                (None, _) => {
                    let inspectors = state.assignments().into_iter().find(|one| one.unit == of).unwrap().inspectors;
                    let second = inspectors.into_iter().find(|one| *one != finding.by).unwrap();
                    (team(second), Act::Sign(id, number))
                }
                (Some(_), Some((Outcome::Confirmed, ..))) if act > 1 => (inspector(4), Act::Rectify(id, number, until)),
                (Some(_), _) if act < 2 => (director(), Act::DropFinding(id, number)),
                (Some(_), _) if act < 6 => (head(&of), Act::Reply(id, number, act < 4)),
                _ => (director(), Act::Confirm(id, number)),
            };
        }
        match state.stage {
            CheckStage::Planned if self.chance.in_hundred(12) => (director(), Act::RefusePlan(id)),
            CheckStage::Planned => (director(), Act::Approve(id)),
            CheckStage::Refused | CheckStage::Done if self.chance.in_hundred(80) => self.new_check(),
            _ if state.awaits_draw() && self.chance.in_hundred(45) => (inspector(2), Act::CommitDraw(id)),
            _ if state.awaits_draw() => (inspector(2), Act::RevealDraw(id)),
            _ => {
                let assigned = state.assignments();
                let one = self.chance.pick(&assigned);
                let by = team(self.chance.pick(&one.inspectors));
                let act = match self.chance.below(10) {
                    0 => Act::End(id),
                    1..4 => Act::Visit(id, one.unit),
                    _ => {
                        let code = self.chance.pick(&["absent", "idle"]).to_owned();
                        let at = self.now();
                        Act::Find(
                            id,
                            NewFinding { unit: one.unit, code, at, place: "一楼窗口".to_owned(), words: words(), photos: Vec::new() },
                        )
                    }
                };
                (by, act)
            }
        }
    }

    fn new_check(&mut self) -> (Actor, Act) {
        let covert = self.chance.in_hundred(40);
        let from = legal_day(self.now());
        let lots = Lots { general: 2, focus: 0, focus_marks: 0, per_unit: 2, recusals: Vec::new() };
        let drawn = self.everything && self.chance.in_hundred(35);
        let plan = Plan {
            cadence: if covert { Cadence::Once } else { self.chance.pick(&[Cadence::Once, Cadence::Week, Cadence::Day]) },
            from,
            to: from + TimeDelta::days(2 + self.chance.below(14) as i64),
            items: vec!["absent".to_owned(), "idle".to_owned()],
            target: if drawn { Target::Draw(lots) } else { Target::Units(vec![unit("a1"), self.chance.pick(&[unit("a2"), unit("u1")])]) },
            nonce: String::new(),
        };
        let team = (1..=3).filter_map(|number| inspector(number).staff().map(|staff| staff.account)).collect();
        let mode = if covert { Mode::Covert } else { Mode::Open };
        (inspector(1), Act::Plan(NewPlan { mode, team, theme: "窗口作风".to_owned(), plan }))
    }

    async fn rectification(&mut self) -> (Actor, Act) {
        if self.rectifications.is_empty() {
            return self.check().await;
        }
        let id = self.rectifications[self.world.chance.below(self.rectifications.len())];
        let state: RectificationState = self.look(&application::rectifications::rectification_stream(id)).await.unwrap();
        let unit = head(&state.unit);
        match state.stage {
            _ if self.chance.in_hundred(5) => (director(), Act::WithdrawRectification(id)),
            Putting::Ordered => (unit, Act::PlanRectification(id)),
            Putting::Planned => (unit, Act::Report(id)),
            Putting::Reported if self.chance.in_hundred(50) => {
                let days = 2 + self.chance.below(20) as i64;
                (inspector(5), Act::GiveBack(id, self.now() + TimeDelta::days(days)))
            }
            Putting::Reported | Putting::Accepted | Putting::Withdrawn => (inspector(5), Act::AcceptReport(id)),
        }
    }

    async fn complaint(&mut self) -> (Actor, Act) {
        if self.complaints.is_empty() || self.chance.in_hundred(20) {
            let named = self.chance.in_hundred(80);
            let new = NewComplaint {
                number: format!("XN{:09}", self.script.len()),
                unit: self.unit(),
                system: self.chance.pick(System::ALL),
                source: Source::Web,
                statement: Statement {
                    words: "拖了四十天没有办".to_owned(), when: "上个月".to_owned(), evidence: String::new()
                },
                official: String::new(),
                complainant: named.then(|| Complainant { name: "陈某".to_owned(), phone: "13800138000".to_owned() }),
            };
            return (Actor::Citizen, Act::Complain(new));
        }
        let id = self.complaints[self.world.chance.below(self.complaints.len())];
        let state: Investigation = self.look(&id.stream()).await.unwrap();
        let account = |actor: Actor| actor.staff().unwrap().account;
        let of = |one| (1..=5).map(inspector).find(|by| by.staff().is_some_and(|staff| staff.account == one)).unwrap();
        let other = self.chance.below(10);
        let (actor, command) = match state.stage {
            _ if other == 0 && state.recommendation.is_some() => (head(&state.unit), Command::Adopt(true, words())),
            Stage::Filed if other < 2 => (inspector(1), Command::Refuse(Ground::Court, words())),
            Stage::Filed => (inspector(1), Command::Accept(Way::Direct)),
            Stage::Accepted | Stage::Investigating | Stage::Signed if other == 1 => (director(), Command::Extend(words())),
            Stage::Accepted => {
                let pair = if state.former.is_empty() { (1, 2) } else { (3, 4) };
                (director(), Command::Assign(account(inspector(pair.0)), account(inspector(pair.1))))
            }
            Stage::Investigating if state.interviews == 0 || other < 4 => {
                let talk = Talk { held: self.now(), place: "会议室".to_owned(), who: "窗口人员".to_owned(), words: words() };
                (of(state.investigators[0]), Command::Interview(talk))
            }
            Stage::Investigating => {
                let finding = self.chance.pick(Finding::ALL);
                (of(state.investigators[0]), Command::Report(finding, words()))
            }
            Stage::Reported => (of(state.second().unwrap()), Command::Sign),
            Stage::Signed => {
                let finding = state.proposed.unwrap();
                let conclusion = Conclusion { finding, advice: vec![Advice::Improve], recommendation: words(), words: words() };
                (director(), Command::Conclude(conclusion))
            }
            Stage::Concluded => (inspector(1), Command::Answer(words())),
            Stage::Closed | Stage::Refused => (Actor::Complainant(id), Command::RequestReview(words())),
        };
        (actor, Act::Complaint(id, command))
    }

    async fn year(&mut self) -> (Actor, Act) {
        let (text, leader) = (scheme::SHIPPED[0].1, officer("eff.l", Role::Leader));
        let year = self.chance.pick(&[2025, 2026, 2026]);
        if !self.years.contains(&year) {
            return (director(), Act::OpenYear(year, text.to_owned()));
        }
        let state: YearState = self.look(&year_stream(year)).await.unwrap();
        let of = self.body();
        let body: BodyState = self.look(&body_stream(year, &of)).await.unwrap_or_default();
        let number = self.chance.below(20);
        match state.stage {
            YearStage::Opened if number < 6 => {
                let (item, by) = if number < 3 { ("leaders", leader) } else { ("mutual", director()) };
                let points = vec![Points { unit: of, points: self.chance.pick(&["3.5", "4.25", "1"]).to_owned() }];
                (by, Act::Mark(year, Marked { item: item.to_owned(), points, reason: Private::new(words()) }))
            }
            YearStage::Opened if number < 13 => {
                let reference = format!("清政〔2026〕{}号", self.script.len());
                let code = self.chance.pick(&["national", "provincial"]).to_owned();
                (director(), Act::Honour(year, Honoured { unit: of, code, reference, words: Private::new(words()) }))
            }
            YearStage::Opened if number < 17 => {
                let last = u32::try_from(body.honours.len()).unwrap().max(1);
                (director(), Act::WithdrawHonour(year, of, HonourWithdrawn { number: last, reason: Private::new(words()) }))
            }
            YearStage::Opened => (director(), Act::Draft(year)),
            YearStage::Drafted if number < 2 => (director(), Act::Draft(year)),
            YearStage::Drafted if number < 10 => {
                let item = self.chance.pick(&["orders_overdue", "findings", "mutual"]).to_owned();
                (head(&of), Act::ObjectToSheet(year, of, item))
            }
            YearStage::Drafted if number < 16 => {
                let open = body.objections.iter().find(|objection| objection.decided.is_none());
                let item = open.map_or("findings", |objection| objection.item.as_str()).to_owned();
                let changed = if item == "mutual" {
                    Correction::Points("2.5".to_owned())
                } else {
                    Correction::Counts { numerator: 0, denominator: 0 }
                };
                let to = if self.chance.in_hundred(50) { Correction::Keep } else { changed };
                (director(), Act::DecideSheet(year, of, item, to))
            }
            YearStage::Drafted => (director(), Act::Finalise(year)),
            YearStage::Finalised if number < 8 => (director(), Act::Finalise(year)),
            YearStage::Finalised | YearStage::Published => (director(), Act::PublishYear(year)),
        }
    }

    async fn card(&mut self) -> Option<(Actor, Act)> {
        let cards = self.streams("card-").await;
        let name = (!cards.is_empty()).then(|| self.chance.pick(&cards))?;
        let (id, state) = (CardId::from_stream(&name)?, self.look::<CardState>(&name).await?);
        let leader = officer("eff.l", Role::Leader);
        let (actor, command) = match (state.stage, self.chance.below(10)) {
            (CardStage::Triggered, 0 | 1) => (director(), CardCommand::Dismiss { reason: words() }),
            (CardStage::Triggered, _) => (director(), CardCommand::Issue { words: words() }),
            (CardStage::Issued, 0..7) => (head(&state.unit), CardCommand::Object { words: words() }),
            (CardStage::Objected, 0..5) => (leader, CardCommand::Uphold { reason: words() }),
            _ => (leader, CardCommand::Revoke { reason: words() }),
        };
        Some((actor, Act::Card(id, command)))
    }

    async fn matter_on_a_level(&mut self) -> Option<(Actor, Act)> {
        let all = self.streams("escalation-").await;
        let name = (!all.is_empty()).then(|| self.chance.pick(&all))?;
        let state: Escalation = self.look(&name).await?;
        let act = if self.chance.in_hundred(70) { Act::Raise(name, state.level + 1) } else { Act::Resolve(name) };
        Some((inspector(1), act))
    }

    /// What a history leaves undone with the year's assessment is done.
    pub async fn finish_years(&mut self) {
        for year in self.years.clone() {
            for _ in 0..2 {
                self.say(director(), Act::Draft(year), false).await;
            }
            self.world.advance(TimeDelta::days(20));
            for code in BODIES {
                let body: BodyState = self.look(&body_stream(year, &unit(code))).await.unwrap_or_default();
                for objection in body.objections.iter().filter(|objection| objection.decided.is_none()) {
                    self.say(director(), Act::DecideSheet(year, unit(code), objection.item.clone(), Correction::Keep), false).await;
                }
            }
            self.say(director(), Act::Finalise(year), false).await;
        }
    }
}
