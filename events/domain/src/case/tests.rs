//! What the rules of a case do: `given(acts).when(act).then(events)`.
//!
//! The standing example is a complaint dispatched to a city unit on Monday 2026-11-02 at 10:00 under the generic
//! rulebook: sign by 15:30, contact by Tuesday 10:00, handle by the end of Monday 9th, total by the end of the 10th.

mod automation;
mod facts;
mod feedback;
mod handling;
mod intake;
mod random;
mod takeover;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::command::{File, TakeOver};
use super::event::{Demand, Means, Outcome, Petitioner};
use super::facts::{Change, facts};
use super::state::{apply, evolve};
use super::*;
use crate::calendar::Calendar;
use crate::ids::UnitCode;
use crate::rulebook::examples::parse_local;
use crate::rulebook::shipped::SHIPPED;
use crate::rulebook::{Measure, Rulebook};
use crate::time::Instant;
use crate::unit::Level;

fn rules() -> &'static Rulebook {
    static RULES: OnceLock<Rulebook> = OnceLock::new();
    RULES.get_or_init(|| Rulebook::parse(SHIPPED[0].1).unwrap())
}

/// `02 10:00` is the 2nd of November 2026, 10:00 at +08:00.
fn at(text: &str) -> Instant {
    let text = if text.len() > 8 { text.to_owned() } else { format!("2026-11-{text}") };
    parse_local(&text).unwrap()
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

#[derive(Clone)]
struct Story {
    state: CaseState,
    events: Vec<Happened>,
    changes: Vec<Change>,
    calendar: Calendar,
    rules: Rulebook,
}

struct Decided {
    before: CaseState,
    story: Story,
    result: Result<Vec<Happened>, Rejection>,
}

/// A case to which these acts were done.
#[track_caller]
fn given(acts: &[(&str, Command)]) -> Story {
    let story = Story {
        state: CaseState::default(),
        events: Vec::new(),
        changes: Vec::new(),
        calendar: Calendar::official(),
        rules: rules().clone(),
    };
    story.and(acts)
}

impl Story {
    #[track_caller]
    fn and(mut self, acts: &[(&str, Command)]) -> Story {
        for (when, command) in acts {
            let decided = self.when(when, command.clone());
            assert!(decided.result.is_ok(), "{when} {command:?}: {:?}", decided.result);
            self = decided.story;
        }
        self
    }

    fn when(self, when: &str, command: Command) -> Decided {
        self.at(at(when), command)
    }

    fn at(mut self, now: Instant, command: Command) -> Decided {
        let before = self.state.clone();
        let result = decide(&before, &command, Context { now, rules: &self.rules, calendar: &self.calendar });
        for one in result.iter().flatten() {
            let earlier = self.state.clone();
            apply(&mut self.state, one.at, &one.event);
            self.changes.extend(facts(&earlier, one.at, &one.event, &self.state, &self.rules));
            self.events.push(one.clone());
        }
        Decided { before, story: self, result }
    }

    /// Ticks everything that is due by then, as automation does.
    fn ticked(self, when: &str) -> Story {
        self.ticked_at(at(when))
    }

    fn ticked_at(mut self, now: Instant) -> Story {
        loop {
            let due = self.state.acts().filter(|(instant, ..)| *instant <= now).min_by_key(|(instant, ..)| *instant);
            let Some((clock, round, act)) = due.map(|(_, clock, act)| (clock.kind, clock.round, act)) else { return self };
            let decided = self.at(now, tick(clock, round, act));
            assert_eq!(decided.result.as_ref().map(Vec::len), Ok(1), "a tick that is due does one thing");
            self = decided.story;
        }
    }

    /// The facts that count in the end: measure, unit → (yes, all).
    fn sums(&self) -> BTreeMap<(Measure, String), (usize, usize)> {
        let mut standing = Vec::new();
        for change in &self.changes {
            match change {
                Change::Add(fact) => standing.push(fact),
                Change::Revoke(measure) => standing.retain(|fact| fact.measure != *measure),
            }
        }
        let mut sums = BTreeMap::new();
        for fact in standing {
            let sum: &mut (usize, usize) =
                sums.entry((fact.measure, fact.unit.as_ref().map_or("", |u| u.as_str()).to_owned())).or_default();
            sum.0 += usize::from(fact.yes);
            sum.1 += 1;
        }
        sums
    }

    fn sum(&self, measure: Measure, unit: &str) -> (usize, usize) {
        self.sums().get(&(measure, unit.to_owned())).copied().unwrap_or_default()
    }

    fn count(&self, kind: &str) -> usize {
        self.events.iter().filter(|one| one.event.kind() == kind).count()
    }
}

impl Decided {
    /// These events, each with its instant.
    #[track_caller]
    fn then(self, expected: &[(&str, &str)]) -> Story {
        let events = self.result.unwrap();
        let found: Vec<(&str, Instant)> = events.iter().map(|one| (one.event.kind(), one.at)).collect();
        let expected: Vec<(&str, Instant)> = expected.iter().map(|(kind, when)| (*kind, at(when))).collect();
        assert_eq!(found, expected);
        self.story
    }

    #[track_caller]
    fn then_refused(self, expected: Rejection) -> Story {
        assert_eq!(self.result, Err(expected));
        assert_eq!(self.before, self.story.state);
        self.story
    }

    #[track_caller]
    fn then_quiet(self) -> Story {
        assert_eq!(self.result, Ok(Vec::new()));
        self.story
    }
}

fn form() -> File {
    File {
        number: "8F2K-7Q1M-4ZX".to_owned(),
        class: "complaint".to_owned(),
        channel: "web".to_owned(),
        urgency: String::new(),
        division: "330502".to_owned(),
        demand: Demand {
            words: "小区门口路灯已经坏了两周，晚上出行很不安全。".to_owned(),
            wish: "请尽快修好".to_owned(),
            ..Demand::default()
        },
        petitioner: Some(Petitioner { name: "陈某".to_owned(), phone: "13800138000".to_owned(), email: String::new() }),
        agent: None,
        confidential: false,
        publish: true,
        notice: "2026-01".to_owned(),
    }
}

fn file(change: impl FnOnce(&mut File)) -> Command {
    let mut form = form();
    change(&mut form);
    Command::File(Box::new(form))
}

fn filed() -> Command {
    file(|_| {})
}

fn dispatch(to: &str) -> Command {
    Command::Dispatch { unit: unit(to), level: Level::City, entry: String::new(), reason: "路灯由其养护".to_owned() }
}

fn contact(reached: bool) -> Command {
    Command::Contact { means: Means::Phone, reached, note: "已说明处理安排".to_owned() }
}

fn answer() -> Command {
    Command::Answer { answer: "路灯已于今日修复并恢复照明，感谢监督。".to_owned(), outcome: Outcome::Solved }
}

fn send_back() -> Command {
    Command::SendBack { reason: "没有答复修复日期".to_owned() }
}

fn called(solved: bool, grade: &str) -> Command {
    Command::CallBack { reply: Some((true, solved, grade.to_owned())), note: "已接通".to_owned() }
}

fn missed() -> Command {
    Command::CallBack { reply: None, note: String::new() }
}

fn dispute() -> Command {
    Command::Dispute { words: "路灯晚上还是不亮".to_owned() }
}

fn judge(justified: bool) -> Command {
    Command::Judge { justified, reason: "现场照片显示未修好".to_owned() }
}

fn tick(clock: ClockKind, round: u8, act: Act) -> Command {
    Command::Tick { clock, round, act }
}

/// Dispatched on Monday the 2nd at 10:00.
fn dispatched() -> Story {
    given(&[("02 09:00", filed()), ("02 10:00", dispatch("lamps"))])
}

/// Signed for and contacted on the same morning.
fn handling() -> Story {
    dispatched().and(&[("02 11:00", Command::Sign), ("02 12:00", contact(true))])
}

/// The unit's answer left it on Thursday the 5th at 11:00.
fn approved() -> Story {
    handling().and(&[("05 10:00", answer()), ("05 11:00", Command::Approve)])
}

/// The petitioner has the answer since Friday the 6th at 10:00.
fn passed() -> Story {
    approved().and(&[("06 10:00", Command::Pass)])
}

/// Dissatisfied on Monday the 9th, judged justified on the 10th: the second round runs.
fn second_round() -> Story {
    passed().and(&[("09 10:00", called(false, "dissatisfied")), ("10 10:00", judge(true))])
}

fn row(fingerprint: &str, change: impl FnOnce(&mut TakeOver)) -> Command {
    let mut row = TakeOver {
        number: "8F2K-7Q1M-4ZX".to_owned(),
        source: "feed".to_owned(),
        external_id: "17".to_owned(),
        fingerprint: fingerprint.to_owned(),
        filed_at: at("02 10:00"),
        class: "complaint".to_owned(),
        channel: "phone".to_owned(),
        division: String::new(),
        category: vec!["市政".to_owned()],
        demand: Demand { words: "路灯不亮".to_owned(), ..Demand::default() },
        petitioner: None,
        unit: None,
        answer: None,
        asserted: Vec::new(),
    };
    change(&mut row);
    Command::TakeOver(Box::new(row))
}
