use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use super::*;
use crate::duty::Holder;
use crate::folded::Folded;
use crate::ids::{AccountId, CaseId, UnitCode};
use crate::mark::{Change, MarkKind};
use crate::private::Private;
use crate::refusal::Refusal;
use crate::rulebook::Rulebook;
use crate::rulebook::shipped::SHIPPED;

fn at(text: &str) -> Instant {
    DateTime::parse_from_str(&format!("{text}:00 +08:00"), "%Y-%m-%d %H:%M:%S %:z").unwrap().to_utc()
}

fn one(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(n))
}

/// The rules of the shipped city.
struct City(Rulebook, Calendar);

impl City {
    fn new() -> Self {
        let text = SHIPPED.iter().find(|(name, _)| *name == "generic").unwrap().1;
        Self(Rulebook::parse(text).unwrap(), Calendar::official())
    }

    fn book(&self) -> Book<'_> {
        Book::of(&self.0, &self.1).unwrap()
    }
}

/// A stream and its time.
struct Stream {
    state: Investigation,
    now: Instant,
    marks: Vec<Change>,
}

fn new(named: bool) -> NewComplaint {
    NewComplaint {
        number: "8F2K7Q1M4ZX".to_owned(),
        unit: UnitCode::parse("0101").unwrap(),
        system: System::TimeLimit,
        source: Source::Web,
        statement: Statement { words: "拖了四十天".to_owned(), when: "九月".to_owned(), evidence: String::new() },
        official: String::new(),
        complainant: named.then(|| Complainant { name: "陈某".to_owned(), phone: "138 0013 8000".to_owned() }),
    }
}

impl Stream {
    fn filed(city: &City, named: bool) -> Self {
        let now = at("2026-05-06 10:00");
        let event = Investigation::file(new(named), now, city.book()).unwrap();
        Self { state: Investigation::evolve(None, now, &event).unwrap(), now, marks: Vec::new() }
    }

    fn then(mut self, decide: impl FnOnce(&Investigation, Instant) -> Result<InvestigationEvent, Refusal>) -> Self {
        let event = decide(&self.state, self.now).unwrap();
        let after = Investigation::evolve(Some(self.state.clone()), self.now, &event).unwrap();
        self.marks.extend(Investigation::marks(Some(&self.state), self.now, &event, &after));
        self.state = after;
        self
    }

    fn after(mut self, days: i64) -> Self {
        self.now += TimeDelta::days(days);
        self
    }

    fn looked_into(self, city: &City, first: u128, second: u128) -> Self {
        let _ = city;
        self.then(|s, _| s.assign(one(first), one(second)))
            .then(|s, now| s.interview(one(first), &talk(now), now))
            .then(|s, _| s.report(one(first), Finding::Partly, "超期十二天"))
            .then(|s, _| s.sign(one(second)))
    }

    fn concluded(self, city: &City, finding: Finding) -> Self {
        self.then(|s, now| s.conclude(conclusion(finding), now, city.book()))
    }

    fn tasks(&self) -> Vec<(String, String)> {
        self.state.duties().into_iter().map(|duty| (duty.holder.name(), duty.task)).collect()
    }
}

fn talk(now: Instant) -> Talk {
    Talk { held: now, place: "会议室".to_owned(), who: "窗口人员".to_owned(), words: "承认超期".to_owned() }
}

fn conclusion(finding: Finding) -> Conclusion {
    Conclusion { finding, advice: vec![Advice::Improve], recommendation: "请改进".to_owned(), words: "记录一致".to_owned() }
}

fn accepted(city: &City, named: bool) -> Stream {
    Stream::filed(city, named).then(|s, now| s.accept(Mode::Direct, now, city.book()))
}

#[test]
fn the_codes_of_forms_are_those_of_events() {
    macro_rules! same { ($($list:ident),*) => { $(for one in $list::ALL {
        assert_eq!(serde_json::to_value(one).unwrap(), one.code());
        assert_eq!($list::of_code(one.code()), Some(*one));
    })* }; }
    same!(System, Source, Mode, Ground, Finding, Advice, Stage, LimitKind);
    assert_eq!(System::ALL.len(), 10);
}

#[test]
fn from_the_filing_to_the_answer_each_step_is_the_duty_of_whom_it_belongs_to() {
    let city = City::new();
    let stream = Stream::filed(&city, true);
    assert_eq!(stream.tasks(), [("role:inspector".to_owned(), "investigation_accept".to_owned())]);
    // Filed on Wednesday the 6th; Saturday the 9th is a working day that makes up for May Day.
    assert_eq!(stream.state.due().unwrap().frozen.due, at("2026-05-13 00:00"));
    let stream = stream.then(|s, now| s.accept(Mode::Supervised, now, city.book()));
    assert_eq!(stream.tasks(), [("role:director".to_owned(), "investigation_assign".to_owned())]);
    assert_eq!(stream.state.due().unwrap().frozen.due, at("2026-06-06 00:00"));
    let stream = stream.then(|s, _| s.assign(one(1), one(2)));
    assert_eq!(
        stream.state.duties().iter().map(|duty| duty.holder.clone()).collect::<Vec<_>>(),
        [Holder::Account(one(1)), Holder::Account(one(2))]
    );
    let stream = stream.then(|s, now| s.interview(one(2), &talk(now), now)).then(|s, _| s.report(one(2), Finding::Proved, "属实"));
    assert_eq!(stream.state.duties()[0].holder, Holder::Account(one(1)), "the other one signs");
    let stream = stream.then(|s, _| s.sign(one(1)));
    assert_eq!(stream.tasks(), [("role:director".to_owned(), "investigation_conclude".to_owned())]);
    assert!(stream.state.recommendation.is_none() && stream.marks.is_empty(), "the unit has nothing before the conclusion");
    let stream = stream.concluded(&city, Finding::Proved);
    let tasks = stream.tasks();
    assert_eq!(tasks[0].1, "investigation_answer");
    assert_eq!(tasks[1], ("unit:0101".to_owned(), "investigation_adopt".to_owned()));
    assert_eq!(stream.marks, [Change::add(&stream.state.unit, MarkKind::ComplaintTrue, "proved")]);
    let stream = stream.then(|s, now| s.answer("已处理", now, city.book())).then(|s, _| s.adopt(true, "已改"));
    assert_eq!((stream.state.stage, stream.tasks().len(), stream.state.next_at()), (Stage::Closed, 0, None));
    assert_eq!(stream.state.adopt(false, "再答"), Err(Refusal::Stage("已答复是否采纳")));
}

#[test]
fn two_different_people_investigate_and_sign() {
    let city = City::new();
    let stream = accepted(&city, true);
    assert!(matches!(stream.state.assign(one(1), one(1)), Err(Refusal::Fields(_))));
    let stream = stream.then(|s, _| s.assign(one(1), one(2)));
    assert!(matches!(stream.state.report(one(1), Finding::Proved, "报告"), Err(Refusal::Fields(_))), "no talk on record");
    let stream = stream.then(|s, now| s.interview(one(1), &talk(now), now)).then(|s, _| s.report(one(1), Finding::Proved, "报告"));
    assert_eq!(stream.state.sign(one(1)), Err(Refusal::SamePerson("会签")));
    assert_eq!(stream.state.sign(one(3)), Err(Refusal::SamePerson("会签")));
    // Who does not agree hands in another report; the first one signs then.
    let stream = stream.then(|s, _| s.report(one(2), Finding::Partly, "另一份"));
    assert_eq!(stream.state.sign(one(2)), Err(Refusal::SamePerson("会签")));
    assert!(stream.state.sign(one(1)).is_ok());
}

#[test]
fn an_anonymous_complaint_ends_without_an_answer_and_a_refused_one_at_once() {
    let city = City::new();
    let stream = accepted(&city, false).looked_into(&city, 1, 2).concluded(&city, Finding::Untrue);
    assert_eq!(stream.state.stage, Stage::Closed);
    assert!(stream.marks.is_empty() && stream.state.answer("答复", stream.now, city.book()).is_err());
    let stream = Stream::filed(&city, true);
    assert!(matches!(stream.state.refuse(Ground::Court, " "), Err(Refusal::Fields(_))));
    let stream = stream.then(|s, _| s.refuse(Ground::Court, "正在法院审理"));
    assert_eq!((stream.state.stage, stream.state.next_at()), (Stage::Refused, None));
    assert_eq!(stream.state.accept(Mode::Direct, stream.now, city.book()), Err(Refusal::Stage("不予受理")));
}

#[test]
fn a_limit_runs_out_once_at_its_due_instant_and_is_extended_once_before_that() {
    let city = City::new();
    let stream = accepted(&city, true).then(|s, now| s.extend("调取档案", now, city.book()));
    let due = stream.state.due().unwrap().frozen.due;
    assert_eq!(due, at("2026-07-07 00:00"), "30 days after the 5th of June is Sunday the 5th of July, which rolls on to Monday");
    assert!(matches!(stream.state.extend("再延", stream.now, city.book()), Err(Refusal::Fields(_))));
    assert_eq!(stream.state.next_at(), Some(due));
    assert!(stream.state.tick(due - TimeDelta::seconds(1)).is_empty());
    let mut stream = stream.after(90);
    let late = stream.state.tick(stream.now);
    assert_eq!(late, [(due, Overdue { limit: LimitKind::Close, round: 1 }.into())]);
    stream.state = Investigation::evolve(Some(stream.state), due, &late[0].1).unwrap();
    assert!(stream.state.tick(stream.now).is_empty() && stream.state.next_at().is_none());
    let other = accepted(&city, true).after(40);
    assert_eq!(other.state.extend("晚了", other.now, city.book()), Err(Refusal::Late("延长办结期限")));
}

#[test]
fn a_review_is_asked_for_in_time_done_by_others_and_overturns_the_mark() {
    let city = City::new();
    let answered = |named| {
        let stream = accepted(&city, named).looked_into(&city, 1, 2).concluded(&city, Finding::Partly);
        stream.then(|s, now| s.answer("部分属实", now, city.book()))
    };
    let late = answered(true).after(45);
    assert_eq!(late.state.request_review("不服", late.now, city.book()), Err(Refusal::Late("申请复查")));
    let stream = answered(true).after(3).then(|s, now| s.request_review("不服", now, city.book()));
    assert_eq!((stream.state.stage, stream.state.round), (Stage::Accepted, 2));
    assert!(matches!(stream.state.assign(one(2), one(3)), Err(Refusal::Fields(_))), "another handler");
    let stream = stream.looked_into(&city, 3, 4).concluded(&city, Finding::Untrue);
    assert_eq!(stream.marks.last(), Some(&Change::Revoke(MarkKind::ComplaintTrue)));
    assert_eq!(stream.marks.len(), 2);
    let stream = stream.then(|s, now| s.answer("复查不属实", now, city.book()));
    assert_eq!(stream.state.request_review("再来", stream.now, city.book()), Err(Refusal::Stage("已办结")), "once");
}

#[test]
fn a_referral_is_answered_through_the_hotline_and_the_words_are_sealed() {
    let city = City::new();
    let now = at("2026-05-06 10:00");
    let case = CaseId(Uuid::from_u128(5));
    let unit = UnitCode::parse("0101").unwrap();
    let event =
        Investigation::refer("8F2K7Q1M4ZX".to_owned(), case, unit, System::TimeLimit, "三次催办没有进展", now, city.book()).unwrap();
    assert!(!format!("{event:?}").contains("催办"));
    let state = Investigation::evolve(None, now, &event).unwrap();
    assert!(state.is_answered_to() && state.source == Source::Referral);
    let InvestigationEvent::Filed(filed) = Investigation::file(new(true), now, city.book()).unwrap() else { panic!("filed") };
    let who = filed.complainant.as_ref().and_then(Private::known).unwrap();
    assert_eq!(who.phone, "13800138000");
    let mut bad = new(true);
    bad.statement.words = " ".to_owned();
    bad.complainant = Some(Complainant { name: String::new(), phone: "12".to_owned() });
    let Err(Refusal::Fields(fields)) = Investigation::file(bad, now, city.book()) else { panic!("refused") };
    assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["words", "name", "phone"]);
}

#[test]
fn advice_has_words_and_responsibility_needs_a_fact() {
    let city = City::new();
    let stream = accepted(&city, true).looked_into(&city, 1, 2);
    for wrong in [
        Conclusion { recommendation: String::new(), ..conclusion(Finding::Proved) },
        Conclusion { advice: Vec::new(), ..conclusion(Finding::Proved) },
        Conclusion { advice: vec![Advice::Responsibility], ..conclusion(Finding::Unclear) },
        Conclusion { words: String::new(), ..conclusion(Finding::Proved) },
    ] {
        assert!(matches!(stream.state.conclude(wrong, stream.now, city.book()), Err(Refusal::Fields(_))));
    }
    let none = Conclusion { advice: Vec::new(), recommendation: String::new(), ..conclusion(Finding::Proved) };
    let stream = stream.then(|s, now| s.conclude(none, now, city.book()));
    assert!(stream.state.recommendation.is_none() && stream.state.adopt(true, "好") == Err(Refusal::Missing));
}
