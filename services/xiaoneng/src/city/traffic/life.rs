//! One case: who files it, and what somebody will do next and when.

use application::Actor;
use domain::case::command::File;
use domain::case::event::{Agent, Demand, Means, Outcome, Petitioner};
use domain::case::{CaseState, ClockKind, Command, Stage};
use domain::codes;
use domain::ids::{CaseId, UnitCode};
use domain::time::micros;
use domain::unit::Level;

use super::World;
use crate::city::hours::Shift;
use crate::city::people::Desk;
use crate::city::random::Random;
use crate::city::register::SHOWN;
use crate::city::words::{self, Kind, Place, SUBJECTS, Subject};

/// Classes in the order of [`Subject::classes`].
const CLASSES: [&str; 5] = ["consultation", "help", "complaint", "report", "suggestion"];
/// Channels with their shares (domain.md §2.1.2), and whether the citizen files himself.
const CHANNELS: [(&str, u32, bool); 16] = [
    ("phone", 640, false),
    ("wechat", 95, true),
    ("web", 70, true),
    ("inspector", 62, false),
    ("app", 38, true),
    ("mailbox", 24, true),
    ("province", 20, false),
    ("mini_program", 14, true),
    ("police110", 9, false),
    ("grid", 8, false),
    ("visit", 7, false),
    ("board", 4, false),
    ("stuck_window", 3, false),
    ("radio", 2, false),
    ("letter", 2, false),
    ("rating", 2, false),
];
/// The class of 办不成事, and the subject of such cases.
const STUCK: &str = "stuck";
const AT_WINDOWS: &str = "papers";
const HOUR: i64 = 3_600_000_000;
/// Version of the privacy notice that citizens saw.
const NOTICE: &str = "2026-01";

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Accept,
    Refuse,
    Direct,
    Dispatch,
    Sign,
    Assign,
    Contact,
    Answer,
    Approve,
    SendBack,
    Pass,
    CallBack,
    Judge,
    Rate(u8),
    Dispute,
}

/// How the hotline will deal with a new demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Refuse,
    Direct,
    Dispatch,
}

/// A live case.
pub struct Life {
    pub case: CaseId,
    pub state: CaseState,
    pub revision: Option<u64>,
    pub steps: u32,
    random: Random,
    subject: usize,
    place: Place,
    fate: Fate,
    /// The unit that will get it, and the catalogue's entry; empty = the dispatcher's own decision.
    unit: UnitCode,
    level: Level,
    entry: String,
    /// How well the unit works, 0 to 1.
    quality: f64,
    /// Somebody of the unit is on duty on days off: the first contact is owed within 24 hours of the clock.
    duty: bool,
    /// The citizen files and rates himself.
    online: bool,
    returned: u8,
    ahead: Option<(i64, Move)>,
    feedback: Option<(i64, Move)>,
}

impl Life {
    /// A demand, as it comes in.
    pub fn file(case: CaseId, mut random: Random, world: &World, at: i64, stuck: bool) -> (Self, File, Actor) {
        let r = &mut random;
        let drawn = r.weighted(&SUBJECTS, |subject| subject.weight);
        let subject = SUBJECTS.iter().find(|one| stuck && one.key == AT_WINDOWS).unwrap_or(drawn);
        let subject_at = SUBJECTS.iter().position(|one| one.key == subject.key).unwrap_or_default();
        let place = Place::any(r);
        let class = if stuck { STUCK } else { class(subject, r) };
        let kind = Kind::of(class);
        let (channel, _, online) = *r.weighted(&CHANNELS, |(_, share, _)| *share);
        let urgency = match (subject.urgent, r.below(200)) {
            (true, 0..=3) => "extra",
            (true, 4..=23) | (false, 0..=3) => "urgent",
            _ => "",
        };
        let anonymous = matches!(channel, "inspector" | "grid") || r.chance(0.05);
        let petitioner = (!anonymous).then(|| person(r));
        let agent = (!anonymous && r.chance(0.04)).then(|| words::agent(r)).map(|(name, relation)| Agent { name, relation });
        let division = place.division(r);
        let (title, text) = words::demand(subject, kind, &place, r);
        let demand = Demand { title, words: text, wish: words::wish(subject, kind, &place, r), place: place.detail(r) };
        let (unit, entry) = unit_for(world, class, &demand.words, &division, r);
        let level = world.levels.get(&unit).copied().unwrap_or(Level::City);
        let fate = fate(class, urgency, r);
        let confidential = r.chance(0.05);
        let publish = online && r.chance(0.7) || r.chance(0.3);
        let actor = if online { Actor::Citizen } else { r.pick(&world.staffing.operators).clone() };
        let file = File {
            number: codes::public_number(r.bits() & ((1 << 50) - 1)),
            class: class.to_owned(),
            channel: channel.to_owned(),
            urgency: urgency.to_owned(),
            division,
            demand,
            petitioner,
            agent,
            confidential,
            publish,
            notice: if online { NOTICE.to_owned() } else { String::new() },
        };
        let quality = quality(&unit, at);
        let duty = r.chance(0.6 + 0.38 * quality);
        let life = Self {
            case,
            state: CaseState::default(),
            revision: None,
            steps: 0,
            random,
            subject: subject_at,
            place,
            fate,
            unit,
            level,
            entry,
            quality,
            duty,
            online,
            returned: 0,
            ahead: None,
            feedback: None,
        };
        (life, file, actor)
    }

    /// When somebody does something.
    pub fn ahead(&self) -> Option<i64> {
        [self.ahead, self.feedback].into_iter().flatten().map(|(at, _)| at).min()
    }

    /// What is to be done by now, the office first.
    pub fn take(&mut self, at: i64) -> Option<Move> {
        for slot in [&mut self.ahead, &mut self.feedback] {
            if slot.is_some_and(|(when, _)| when <= at) {
                return slot.take().map(|(_, what)| what);
            }
        }
        None
    }

    /// Decides what the office does next.
    pub fn plan(&mut self, world: &World, at: i64) {
        let urgent = self.state.urgency != "normal";
        let slow = 1.0 - self.quality;
        let office = if urgent { Shift::Always } else { Shift::Office };
        let desk = if urgent { Shift::Always } else { Shift::Desk };
        let first = if self.duty { desk } else { office };
        let pace = if urgent { 0.25 } else { 1.0 };
        let next = match self.state.stage {
            Stage::Filed => match self.fate {
                Fate::Direct if self.state.channel == "phone" => Some((Shift::Always, 2.0 + self.random.wait(4.0), Move::Direct)),
                Fate::Direct => Some((desk, 5.0 + self.random.wait(60.0), Move::Direct)),
                Fate::Refuse => Some((desk, 10.0 + self.random.wait(70.0), Move::Refuse)),
                Fate::Dispatch if !urgent && self.random.chance(0.15) => Some((desk, 3.0 + self.random.wait(35.0), Move::Accept)),
                Fate::Dispatch => Some((desk, 3.0 + self.random.wait(70.0 * pace), Move::Dispatch)),
            },
            Stage::Accepted => Some((desk, 10.0 + self.random.wait(110.0), Move::Dispatch)),
            Stage::Dispatched => {
                let forgotten = !urgent && self.random.chance(0.015 + 0.10 * slow);
                let mean = if forgotten { 500.0 } else { (12.0 + 70.0 * slow) * pace };
                let what = if self.random.chance(0.65) { Move::Assign } else { Move::Sign };
                Some((first, 2.0 + self.random.wait(mean), what))
            }
            Stage::Handling if self.state.handler.is_none() => Some((first, 2.0 + self.random.wait(25.0 * pace), Move::Assign)),
            Stage::Handling if self.owes_contact() => {
                let mean = if self.state.contact_attempts == 0 { 25.0 + 120.0 * slow } else { 100.0 };
                Some((first, 5.0 + self.random.wait(mean * pace), Move::Contact))
            }
            Stage::Handling if self.state.outcome.is_some() => Some((office, 20.0 + self.random.wait(150.0 * pace), Move::Answer)),
            Stage::Handling => {
                let when = self.answer_at(world, office, at, slow);
                self.ahead = Some((self.left_over(world, when), Move::Answer));
                return;
            }
            Stage::UnitReview => {
                let what = if self.returned < 2 && self.random.chance(0.05) { Move::SendBack } else { Move::Approve };
                Some((office, 4.0 + self.random.wait((20.0 + 60.0 * slow) * pace), what))
            }
            Stage::HotlineReview => {
                let what = if self.returned < 2 && self.random.chance(0.06) { Move::SendBack } else { Move::Pass };
                Some((office, 5.0 + self.random.wait(110.0 * pace), what))
            }
            Stage::CallBack => {
                let mean = if self.state.attempts == 0 { 420.0 } else { 300.0 };
                Some((Shift::Desk, 30.0 + self.random.wait(mean), Move::CallBack))
            }
            Stage::Judging => Some((Shift::Office, 20.0 + self.random.wait(260.0), Move::Judge)),
            _ => None,
        };
        self.ahead = next.map(|(shift, minutes, what)| (self.left_over(world, world.hours.after(shift, at, minutes)), what));
    }

    /// On the last days part of the work is left over, so that every worklist has something on it when the simulation
    /// stops.
    fn left_over(&mut self, world: &World, when: i64) -> i64 {
        let (hours, share) = match self.state.stage {
            Stage::Filed => (16, 0.5),
            Stage::Accepted => (24, 0.6),
            Stage::Dispatched => (12, 0.5),
            Stage::Handling => (80, 0.3),
            Stage::UnitReview => (48, 0.45),
            Stage::HotlineReview => (30, 0.6),
            Stage::CallBack => (60, 0.5),
            _ => (72, 0.5),
        };
        // What would be late by the end is done in time as a rule: a city with half of its work overdue is none.
        let late = self.state.clocks.iter().any(|clock| clock.runs() && micros(clock.due) <= world.until);
        let share = if late { share * 0.06 } else { share };
        let shown = self.state.unit.as_ref().is_some_and(|unit| unit.as_str() == SHOWN);
        let share = if shown { share * 1.5 } else { share };
        // The hotline works every day, the units do not: for them the days off before the end do not count.
        let end = if matches!(self.state.stage, Stage::Filed | Stage::Accepted | Stage::CallBack) {
            world.until
        } else {
            world.hours.before_days_off(world.until)
        };
        if when >= end - hours * HOUR && self.random.chance(share) { when.max(world.until) } else { when }
    }

    /// The unit has to speak with the petitioner first.
    fn owes_contact(&self) -> bool {
        let asked = self.state.clocks.iter().any(|clock| clock.kind == ClockKind::Contact && clock.round == self.state.round);
        asked && !self.state.contacted && self.state.contact_attempts < 3
    }

    /// Good units answer early, weak ones around the due instant or after it.
    fn answer_at(&mut self, world: &World, office: Shift, at: i64, slow: f64) -> i64 {
        let earliest = world.hours.after(office, at, 30.0);
        if self.state.class == STUCK && self.random.chance(0.85) {
            // What cannot be done stays so for weeks: working days of seven hours.
            let days = self.random.between(5, 55);
            return world.hours.after(office, at, days as f64 * 420.0);
        }
        let Some((from, due)) = self.state.running(ClockKind::Handle).map(|clock| (micros(clock.from), micros(clock.due))) else {
            return earliest;
        };
        if self.random.chance(0.015 + 0.25 * slow * slow) {
            return world.hours.after(office, due.max(at), 10.0 + self.random.wait(800.0));
        }
        let share = 0.15 + (0.45 + 0.5 * slow) * self.random.share().powf(0.8);
        let aimed = from + ((due - from) as f64 * share) as i64;
        world.hours.after(office, aimed.max(at), 15.0).max(earliest)
    }

    /// The command of a move and who gives it; none when it has become idle.
    pub fn command(&mut self, what: Move, world: &World) -> Option<(Command, Actor)> {
        let subject: &Subject = &SUBJECTS[self.subject];
        let kind = Kind::of(&self.state.class);
        let round = self.state.round;
        let staff = &world.staffing;
        let r = &mut self.random;
        let place = &self.place;
        let of = |pick: fn(&Desk) -> &Vec<Actor>, r: &mut Random| {
            let desk = self.state.unit.as_ref().and_then(|unit| staff.desk(unit)).map(pick);
            desk.filter(|all| !all.is_empty()).map(|all| r.pick(all).clone())
        };
        Some(match what {
            Move::Accept => (Command::Accept, r.pick(&staff.dispatchers).clone()),
            Move::Refuse => {
                let ground = r.word(&["in_progress", "legal_path", "concluded", "beyond", "in_progress", "discipline"]);
                (Command::Refuse { ground: ground.to_owned(), words: words::refusal(ground, r) }, r.pick(&staff.dispatchers).clone())
            }
            Move::Direct => {
                (Command::AnswerDirectly { answer: words::direct_answer(subject, kind, place, r) }, r.pick(&staff.dispatchers).clone())
            }
            Move::Dispatch => {
                let reason = if self.entry.is_empty() { words::dispatch_reason(r) } else { String::new() };
                let command = Command::Dispatch { unit: self.unit.clone(), level: self.level, entry: self.entry.clone(), reason };
                (command, r.pick(&staff.dispatchers).clone())
            }
            Move::Sign => (Command::Sign, of(|desk| &desk.liaison, r)?),
            Move::Assign => {
                let handler = of(|desk| &desk.handlers, r).and_then(|actor| actor.staff().map(|staff| staff.account));
                (Command::Assign { section: subject.section.to_owned(), handler }, of(|desk| &desk.liaison, r)?)
            }
            Move::Contact => {
                let reached = r.chance(0.8);
                let means = if reached && r.chance(0.12) { Means::Visit } else { Means::Phone };
                (Command::Contact { means, reached, note: words::contact(reached, means == Means::Visit, r) }, self.handler(world)?)
            }
            Move::Answer => {
                let answer = words::answer(subject, kind, place, round, r);
                let outcome = if kind == Kind::Demand { r.weighted(&OUTCOMES, |(_, weight)| *weight).0 } else { Outcome::Explained };
                (Command::Answer { answer, outcome }, self.handler(world)?)
            }
            Move::Approve => (Command::Approve, of(|desk| &desk.head, r)?),
            Move::SendBack => {
                let by_hotline = self.state.stage == Stage::HotlineReview;
                let actor = if by_hotline { r.pick(&staff.reviewers).clone() } else { of(|desk| &desk.head, r)? };
                (Command::SendBack { reason: words::send_back(by_hotline, r) }, actor)
            }
            Move::Pass => (Command::Pass, r.pick(&staff.reviewers).clone()),
            Move::CallBack => {
                let reply = r.chance(0.68).then(|| reply(&self.state, self.quality, r));
                let note = words::call_back(reply.as_ref().map(|(_, solved, grade)| *solved && grade != "dissatisfied"), r);
                (Command::CallBack { reply, note }, r.pick(&staff.reviewers).clone())
            }
            Move::Judge => {
                let justified = r.chance(if round < 2 { 0.5 } else { 0.25 });
                (Command::Judge { justified, reason: words::judgement(justified, r) }, r.pick(&staff.reviewers).clone())
            }
            Move::Rate(stars) if self.state.stage.is_answered() && self.state.stars.is_none() => {
                (Command::Rate { stars, words: words::rating(stars, r) }, Actor::Petitioner(self.case))
            }
            Move::Dispute if matches!(self.state.stage, Stage::CallBack | Stage::Archived) && !self.state.disputed => {
                (Command::Dispute { words: words::dispute(r) }, Actor::Petitioner(self.case))
            }
            Move::Rate(_) | Move::Dispute => return None,
        })
    }

    /// The handler to whom it is assigned.
    fn handler(&self, world: &World) -> Option<Actor> {
        let desk = world.staffing.desk(self.state.unit.as_ref()?)?;
        let own = desk.handlers.iter().find(|actor| actor.staff().map(|staff| staff.account) == self.state.handler);
        own.or(desk.handlers.first()).cloned()
    }

    /// What follows from a move besides the next one: the citizen's own word on the answer.
    pub fn after(&mut self, what: Move, world: &World, at: i64) {
        let r = &mut self.random;
        match what {
            Move::SendBack => self.returned += 1,
            Move::Pass | Move::Direct => {
                let (rates, disputes) = if self.online { (0.16, 0.02) } else { (0.04, 0.004) };
                let draw = r.share();
                let what = if draw < rates {
                    Some(Move::Rate(r.weighted(&STARS, |(_, weight)| *weight).0))
                } else if draw < rates + disputes && !self.state.anonymous {
                    Some(Move::Dispute)
                } else {
                    None
                };
                self.feedback = what.map(|what| (world.hours.after(Shift::Always, at, 20.0 + r.wait(1300.0)), what));
            }
            _ => {}
        }
    }
}

const OUTCOMES: [(Outcome, u32); 5] =
    [(Outcome::Solved, 63), (Outcome::Explained, 20), (Outcome::Partly, 9), (Outcome::NotYet, 5), (Outcome::Unfounded, 3)];
const STARS: [(u8, u32); 5] = [(5, 60), (4, 19), (3, 9), (2, 5), (1, 7)];

fn class(subject: &Subject, random: &mut Random) -> &'static str {
    match random.below(100) {
        0 => "praise",
        1 => "other",
        _ => {
            let weighted: Vec<(&str, u32)> = CLASSES.into_iter().zip(subject.classes).collect();
            random.weighted(&weighted, |(_, weight)| *weight).0
        }
    }
}

/// Most questions are answered in the call; most other demands go to a unit (domain.md §2.1.6).
fn fate(class: &str, urgency: &str, random: &mut Random) -> Fate {
    let direct = match class {
        "consultation" => 0.72,
        "praise" | "other" => 0.5,
        "report" => 0.0,
        _ => 0.12,
    };
    if urgency.is_empty() && random.chance(0.025) {
        Fate::Refuse
    } else if urgency.is_empty() && random.chance(direct) {
        Fate::Direct
    } else {
        Fate::Dispatch
    }
}

/// The catalogue's suggestion as a rule; sometimes the second or the dispatcher's own decision.
fn unit_for(world: &World, class: &str, words: &str, division: &str, random: &mut Random) -> (UnitCode, String) {
    let suggested = world.catalogue.suggest(class, words, division);
    let choice = match random.below(100) {
        0..=91 => suggested.first(),
        92..=95 => suggested.get(1).or(suggested.first()),
        _ => None,
    };
    if let Some(suggestion) = choice {
        return (suggestion.entry.unit.clone(), suggestion.entry.code.clone());
    }
    let fallback = world.fallback.iter().find(|unit| unit.as_str().starts_with(division.get(..6).unwrap_or(division)));
    (fallback.unwrap_or(random.pick(&world.fallback)).clone(), String::new())
}

/// How well a unit works: its own habit, and a little better from month to month.
fn quality(unit: &UnitCode, at: i64) -> f64 {
    if unit.as_str() == SHOWN {
        return 0.78;
    }
    let month = at / (30 * 86_400_000_000);
    let habit = 0.35 + 0.6 * Random::of(&["quality", unit.as_str()]).share();
    let mood = 0.1 * Random::of(&["mood", unit.as_str(), &month.to_string()]).share() - 0.05;
    (habit + mood).clamp(0.2, 0.98)
}

/// Somebody; one in twelve calls is of a person who calls often.
fn person(random: &mut Random) -> Petitioner {
    let often = random.chance(0.08).then(|| Random::nth(0x0f7e, random.below(240) as u64));
    let mut own = often.unwrap_or_else(|| random.clone());
    random.bits();
    let name = words::name(&mut own);
    let phone = words::phone(&mut own);
    let email = if own.chance(0.05) { format!("u{}@mail.example", own.below(100_000)) } else { String::new() };
    Petitioner { name, phone, email }
}

/// What a petitioner says who was reached.
fn reply(state: &CaseState, quality: f64, random: &mut Random) -> (bool, bool, String) {
    let contacted = random.chance(if state.contacted { 0.97 } else { 0.15 });
    let solved = match state.outcome {
        Some(Outcome::Solved) => 0.97,
        Some(Outcome::Explained) => 0.88,
        Some(Outcome::Partly) => 0.62,
        Some(Outcome::Unfounded) => 0.4,
        _ => 0.15,
    };
    let solved = random.chance((solved + 0.25 * (quality - 0.7)).clamp(0.05, 0.98));
    let satisfied = random.chance(if solved { 0.96 } else { 0.25 });
    let grade = match (satisfied, random.chance(0.78)) {
        (false, _) => "dissatisfied",
        (true, true) => "satisfied",
        (true, false) => "mostly",
    };
    (contacted, solved, grade.to_owned())
}
