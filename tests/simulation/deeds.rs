//! What people do: mostly what makes sense at a stage, sometimes what does not.

use application::{Actor, Meta};
use chrono::TimeDelta;
use domain::account::Role;
use domain::case::command::{File, TakeOver};
use domain::case::event::{Demand, Means, Outcome, Petitioner};
use domain::case::{CaseState, Command, Stage};
use domain::ids::{CaseId, UnitCode};
use domain::person::person_of_case;

use crate::world::{Sent, UNITS, World, at, clerk, staff};

const ANSWER: &str = "经现场核查，已安排人员处理完毕，感谢您的反映。";

impl World {
    /// One thing happens.
    pub async fn step(&mut self) {
        let node = self.chance.below(2);
        match self.chance.below(100) {
            0..16 => self.file(node).await,
            16..52 => self.act(node).await,
            52..58 => self.repeat(node).await,
            58..64 => self.import(node).await,
            64..78 => self.let_time_pass(),
            78..92 => {
                self.tick(node).await;
            }
            92..94 => {
                let from_nothing = self.chance.in_hundred(40);
                self.restart(node, from_nothing).await;
            }
            94..97 => self.veil(node).await,
            97 => self.other_calendar(node).await,
            _ => self.person(node).await,
        }
        self.sync().await;
    }

    async fn file(&mut self, node: usize) {
        let petitioner = (!self.chance.in_hundred(15)).then(|| {
            let email = if self.chance.in_hundred(50) { "li@example.com" } else { "" };
            Petitioner { name: "李某".to_owned(), phone: format!("1380013800{}", self.cases.len() % 8), email: email.to_owned() }
        });
        let file = File {
            number: self.node(node).application.ids.number(),
            class: self.chance.pick(&["consultation", "help", "complaint", "report", "praise"]).to_owned(),
            channel: self.chance.pick(&["web", "phone"]).to_owned(),
            urgency: self.chance.pick(&["", "", "normal", "urgent", "extra"]).to_owned(),
            division: "330502".to_owned(),
            // Too short a demand is refused.
            demand: Demand {
                words: if self.chance.in_hundred(5) { "短" } else { "小区门口的路灯已经坏了三天，晚上看不清路。" }.to_owned(),
                ..Demand::default()
            },
            petitioner,
            agent: None,
            confidential: self.chance.in_hundred(10),
            publish: self.chance.in_hundred(30),
            notice: "1".to_owned(),
        };
        let form = self.chance.uuid();
        self.send(node, Sent::File(form, Box::new(file))).await;
    }

    async fn act(&mut self, node: usize) {
        if self.cases.is_empty() {
            return self.file(node).await;
        }
        let case = self.chance.pick(&self.cases.clone());
        let state = self.state(case).await;
        let (actor, command) = self.sensible(case, &state);
        let stale = self.chance.in_hundred(20);
        let meta = Meta::new(actor, self.chance.uuid()).based_on(stale.then_some(0));
        self.send(node, Sent::Act(meta, case, Box::new(command))).await;
    }

    fn sensible(&mut self, case: CaseId, state: &CaseState) -> (Actor, Command) {
        let unit = state.unit.as_ref().map_or("u1", |unit| unit.as_str()).to_owned();
        let stage = if self.chance.in_hundred(8) { self.chance.pick(&Stage::ALL) } else { state.stage };
        let text = |words: &str| words.to_owned();
        match stage {
            Stage::None | Stage::Filed | Stage::Accepted => {
                let dispatcher = staff(Role::Dispatcher, "hot");
                match self.chance.below(10) {
                    0 => (dispatcher, Command::Accept),
                    1 => (dispatcher, Command::Refuse { ground: text("beyond"), words: text("不属于本市管辖范围") }),
                    2 => (dispatcher, Command::AnswerDirectly { answer: text(ANSWER) }),
                    _ => {
                        let (code, level) = self.chance.pick(&UNITS);
                        let unit = UnitCode::parse(code).unwrap();
                        (dispatcher, Command::Dispatch { unit, level, entry: String::new(), reason: text("属该单位职责") })
                    }
                }
            }
            Stage::Dispatched => match self.chance.below(4) {
                0 => (staff(Role::Liaison, &unit), Command::Assign { section: text("市容科"), handler: None }),
                _ => (staff(Role::Liaison, &unit), Command::Sign),
            },
            Stage::Handling if self.chance.in_hundred(45) => {
                let reached = self.chance.in_hundred(70);
                (staff(Role::Handler, &unit), Command::Contact { means: Means::Phone, reached, note: text("已电话联系") })
            }
            Stage::Handling => (staff(Role::Handler, &unit), Command::Answer { answer: text(ANSWER), outcome: Outcome::Solved }),
            Stage::UnitReview => match self.chance.below(5) {
                0 => (staff(Role::Head, &unit), Command::SendBack { reason: text("请补充现场照片") }),
                _ => (staff(Role::Head, &unit), Command::Approve),
            },
            Stage::HotlineReview => match self.chance.below(4) {
                0 => (staff(Role::Reviewer, "hot"), Command::SendBack { reason: text("没有回应诉求") }),
                _ => (staff(Role::Reviewer, "hot"), Command::Pass),
            },
            Stage::CallBack => match self.chance.below(6) {
                0 => (Actor::Petitioner(case), Command::Rate { stars: self.chance.below(5) as u8 + 1, words: String::new() }),
                1 => (Actor::Petitioner(case), Command::Dispute { words: text("路灯还是不亮") }),
                2 => (staff(Role::Reviewer, "hot"), Command::CallBack { reply: None, note: text("未接通") }),
                3 => (
                    staff(Role::Reviewer, "hot"),
                    Command::CallBack { reply: Some((true, false, text("dissatisfied"))), note: String::new() },
                ),
                _ => {
                    (staff(Role::Reviewer, "hot"), Command::CallBack { reply: Some((true, true, text("satisfied"))), note: String::new() })
                }
            },
            Stage::Judging => {
                let justified = self.chance.in_hundred(60);
                (staff(Role::Reviewer, "hot"), Command::Judge { justified, reason: text("经核实研判") })
            }
            Stage::Archived | Stage::Refused => match self.chance.below(2) {
                0 => (Actor::Petitioner(case), Command::Dispute { words: text("路灯还是不亮") }),
                _ => (Actor::Petitioner(case), Command::Rate { stars: 5, words: text("谢谢") }),
            },
        }
    }

    /// The last form is sent again, perhaps to the other node: nothing may come of it.
    async fn repeat(&mut self, node: usize) {
        let Some(last) = self.last.clone() else { return };
        let before = self.head().await;
        let refused_before = match &last {
            Sent::File(form, _) => !self.cases.contains(&CaseId::of_form(*form)),
            Sent::Act(meta, case, _) => {
                let first = meta.event_id(0);
                !self.ground_has(*case, first).await
            }
            Sent::Row(..) => false,
        };
        self.send(node, last).await;
        if !refused_before {
            assert_eq!(self.head().await, before, "seed {}: a repeated command did something", self.seed);
        }
    }

    async fn ground_has(&self, case: CaseId, event: uuid::Uuid) -> bool {
        use event_log::EventLog;
        self.ground.wire.log.read_stream(&case.stream()).await.unwrap().iter().any(|envelope| envelope.id == event)
    }

    /// A row of the source, new or in a later state: without a unit, with one, answered.
    async fn import(&mut self, node: usize) {
        let number = self.chance.below(4);
        while self.rows.len() <= number {
            let case = CaseId::of_external("sim", &format!("e{}", self.rows.len()));
            self.rows.push((case, 0));
        }
        if self.chance.in_hundred(70) && self.rows[number].1 < 3 {
            self.rows[number].1 += 1;
        }
        let state = self.rows[number].1;
        let filed_at = at("2026-04-20T10:00:00") + TimeDelta::hours(number as i64 * 7);
        let row = TakeOver {
            number: format!("SIM0000000{number}"),
            source: "sim".to_owned(),
            external_id: format!("e{number}"),
            fingerprint: format!("{number}-{state}"),
            filed_at,
            class: if state >= 2 { "complaint" } else { "help" }.to_owned(),
            channel: "feed".to_owned(),
            division: String::new(),
            category: Vec::new(),
            demand: Demand { words: "来源系统登记的诉求内容，状态不同。".to_owned(), ..Demand::default() },
            petitioner: None,
            unit: (state >= 1).then(|| (UnitCode::parse(UNITS[number % 3].0).unwrap(), UNITS[number % 3].1)),
            // Some are answered before a breach that is on record already (invariant 9).
            answer: (state >= 3).then(|| (ANSWER.to_owned(), Some(filed_at + TimeDelta::days(2 + number as i64)))),
            asserted: Vec::new(),
        };
        if row.answer.as_ref().is_some_and(|(_, answered)| answered.is_some_and(|at| at > self.now())) {
            return;
        }
        let meta = Meta::new(self.import_actor(), self.chance.uuid());
        self.send(node, Sent::Row(meta, Box::new(row))).await;
    }

    fn let_time_pass(&mut self) {
        let minutes = match self.chance.below(10) {
            0..5 => self.chance.below(60) as i64,
            5..8 => self.chance.below(60 * 12) as i64,
            8 => self.chance.below(60 * 24 * 2) as i64,
            _ => self.chance.below(60 * 24 * 6) as i64,
        };
        let odd = self.chance.below(60_000_000) as i64;
        self.advance(TimeDelta::minutes(minutes) + TimeDelta::microseconds(odd));
    }

    /// Views fall behind, knowingly or not, or catch up.
    async fn veil(&mut self, node: usize) {
        let veil = self.node(node).veil.clone();
        if veil.is_drawn() {
            veil.lift().await;
        } else {
            veil.draw(self.chance.in_hundred(60)).await;
        }
    }

    /// The city closes its offices on a day: limits that touch it are computed anew.
    async fn other_calendar(&mut self, node: usize) {
        let day = domain::time::legal_day(self.now() + TimeDelta::days(self.chance.below(6) as i64));
        let text = format!("name = \"某市\"\n[[closures]]\nname = \"台风停工\"\nbasis = \"市防指通告\"\nfrom = \"{day}\"\n");
        let command = self.chance.uuid();
        self.node(node).application.set_overlay(&clerk(command), &text).await.unwrap();
    }

    /// A person asks for restriction or erasure; the keys sometimes survive the process.
    async fn person(&mut self, node: usize) {
        if self.cases.is_empty() {
            return;
        }
        let case = self.chance.pick(&self.cases.clone());
        let person = person_of_case(case);
        let (confirm, other) = (self.chance.uuid(), self.chance.uuid());
        let (erase, dies) = (self.chance.in_hundred(70), self.chance.in_hundred(50));
        let application = self.node(node).application.clone();
        application.confirm_person(&clerk(confirm), person, vec![case]).await.unwrap();
        if erase {
            let veil = &self.node(node).veil;
            veil.keeps_keys_once.store(dies, std::sync::atomic::Ordering::SeqCst);
            // Refused while the case runs.
            let _ = application.erase_person(&clerk(other), person, "本人申请删除").await;
            veil.keeps_keys_once.store(false, std::sync::atomic::Ordering::SeqCst);
        } else {
            let restricted = application.restrict_person(&clerk(other), person, "本人申请限制").await;
            assert!(matches!(restricted, Ok(_) | Err(application::Error::Person(_))), "{restricted:?}");
        }
    }
}
