use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;

use super::body::{self, Correction, Decided, HonourWithdrawn, Honoured, Objected, ObjectionsClosed, Sheet, SheetDrafted};
use super::year::{self, Drafted, Finalised, Marked, Opened, Points, Published};
use super::*;
use crate::folded::{Folded, fold};
use crate::mark::{Change, MarkKind};
use crate::private::Private;
use crate::ratio::Ratio;
use crate::refusal::Refusal;
use crate::rulebook::scheme::{Grade, SHIPPED, Scheme};
use crate::time::Instant;

const GENERIC: &str = SHIPPED[0].1;

fn scheme() -> Scheme {
    Scheme::parse(GENERIC).unwrap()
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn now() -> Instant {
    DateTime::parse_from_rfc3339("2026-12-20T10:00:00+08:00").unwrap().to_utc()
}

fn r(text: &str) -> Ratio {
    Ratio::decimal(text).unwrap()
}

fn rate(numerator: u64, denominator: u64) -> Counts {
    Counts { numerator, denominator, ..Counts::default() }
}

fn body_of(code: &str, items: &[(&str, Counts)]) -> BodyCounts {
    BodyCounts {
        unit: unit(code),
        group: "departments".to_owned(),
        items: items.iter().map(|(item, counts)| ((*item).to_owned(), *counts)).collect(),
    }
}

#[test]
fn the_shipped_schemes_hold_their_published_points() {
    for (name, text) in SHIPPED {
        let scheme = Scheme::parse(text).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        assert_eq!(scheme.places(), 2, "{name}: rounded half up to two places, at the display only");
    }
    let example = Scheme::parse(SHIPPED[1].1).unwrap();
    assert_eq!(example.examples.len(), 9);
    // I3 and I5: the published points; the exact value is not rounded.
    let exact = points(example.item("satisfied").unwrap(), r("83.33")).unwrap();
    assert_eq!((exact, exact.fixed(2)), (r("17.665"), "17.67".to_owned()));
    let broken = SHIPPED[1].1.replace("points = \"14.82\"", "points = \"14.83\"");
    let problems = Scheme::parse(&broken).unwrap_err();
    assert!(problems.len() == 1 && problems[0].line.is_some() && problems[0].reason.contains("14.82"), "{problems:?}");
}

#[test]
fn what_may_not_earn_points_is_refused_with_its_line() {
    for (from, to) in [
        ("label = \"省级表彰\"", "label = \"获领导批示\""),
        ("definition = \"国家级表彰奖励，每项加分\"", "definition = \"工作经验被推广\""),
        ("label = \"二次办理\"", "label = \"工作留痕\""),
    ] {
        let problems = Scheme::parse(&GENERIC.replace(from, to)).unwrap_err();
        assert!(problems.iter().any(|problem| problem.line.is_some() && problem.reason.contains("减负")), "{problems:?}");
    }
}

#[test]
fn faults_of_a_scheme_are_told_with_line_and_reason() {
    for (from, to, words) in [
        ("function = \"linear\"\nk = \"1\"\ntarget = \"100\"", "function = \"count\"\nper = \"1\"", "计分方法与来源不符"),
        ("k = \"1\"\n", "", "每低（高）1 个百分点"),
        ("zero = \"exclude\"", "", "没有样本时怎么办"),
        ("source = \"mark:red_card\"", "source = \"mark:blue_card\"", "来源应写成"),
        ("excellent = \"90\"", "excellent = \"70\"", "由高到低"),
        ("full = \"25\"", "full = \"-25\"", "不小于 0"),
        ("part = \"bonus\"\ncap = \"5\"", "part = \"bonus\"\ncap = \"0\"", "大于 0"),
        ("code = \"departments\"", "code = \"counties\"", "不能重复"),
    ] {
        let text = GENERIC.replacen(from, to, 1);
        assert_ne!(text, GENERIC, "{from}");
        let problems = Scheme::parse(&text).unwrap_err();
        assert!(problems.iter().any(|problem| problem.line.is_some() && problem.reason.contains(words)), "{words}: {problems:?}");
    }
}

#[test]
fn a_body_is_scored_line_by_line_and_the_total_is_their_sum() {
    let counts = [
        ("signed", rate(100, 100)),
        ("answered", rate(9, 10)),
        ("solved", rate(80, 100)),
        ("satisfied", rate(97, 100)),
        ("rehandled", Counts { numerator: 3, ..Counts::default() }),
        ("leaders", Counts { value: Some(r("9")), ..Counts::default() }),
        ("mutual", Counts { value: Some(r("4.5")), ..Counts::default() }),
        ("public", Counts { value: Some(r("13.25")), ..Counts::default() }),
        ("national", Counts { numerator: 4, ..Counts::default() }),
        ("yellow", Counts { numerator: 3, ..Counts::default() }),
    ];
    let result = score(&scheme(), &[body_of("0101", &counts)]).unwrap().remove(0);
    let of = |item: &str| result.lines.iter().find(|line| line.item == item).unwrap().score.unwrap();
    assert_eq!((of("answered"), of("solved"), of("satisfied"), of("rehandled")), (r("15"), r("7.5"), r("15"), r("4.4")));
    // Bonus is capped per item at 4 and for the part at 5; deductions are negative.
    assert_eq!((of("national"), of("yellow")), (r("4"), r("-1.5")));
    let sum = ["10", "15", "7.5", "15", "4.4", "9", "4.5", "13.25", "4", "-1.5"].iter().fold(Ratio::ZERO, |sum, x| sum.plus(r(x)).unwrap());
    assert_eq!((result.total, sum), (Some(sum), r("81.15")));
    let words = explain::line(scheme().item("answered").unwrap(), &result.lines[1], 2);
    assert_eq!(words, "比率 9 ÷ 10 ＝ 90.00%；25 − 1 ×（100 − 90.00），差额不足 0 按 0，得 15.00");
    assert!(explain::total(&scheme(), "departments", &result.lines, result.total).ends_with("＝ 81.15"));
}

#[test]
fn without_samples_an_item_is_left_out_and_the_rest_counts_for_the_whole() {
    let none = body_of("0101", &[("answered", rate(10, 10)), ("rehandled", Counts::default())]);
    let result = score(&scheme(), &[none]).unwrap().remove(0);
    // Only 25 + 5 of 100 could be counted, both in full.
    assert_eq!(result.total, Some(r("100")));
    assert!(result.lines.iter().any(|line| line.item == "signed" && line.basis == Basis::Left && line.score.is_none()));
    assert!(result.lines.iter().any(|line| line.item == "leaders" && line.basis == Basis::Missing));
    // Group mean: the other body's figures.
    let other = body_of("0102", &[("solved", rate(40, 50))]);
    let both = score(&scheme(), &[body_of("0101", &[]), other]).unwrap();
    let solved = both[0].lines.iter().find(|line| line.item == "solved").unwrap();
    assert_eq!((solved.basis, solved.score), (Basis::Group { numerator: 40, denominator: 50 }, Some(r("7.5"))));
}

#[test]
fn a_body_with_nothing_to_count_has_no_total_and_no_grade() {
    for scheme in [scheme(), Scheme::parse(SHIPPED[1].1).unwrap()] {
        let result = score(&scheme, &[body_of("0101", &[("rehandled", Counts::default())])]).unwrap().remove(0);
        assert_eq!((result.total, result.grade), (None, Grade::None));
    }
}

#[test]
fn the_quota_of_excellent_is_kept_and_equals_stand_together() {
    let with = |n: u64| [("answered", rate(n, 1000))];
    // Ten bodies, quota three: the first is alone, three tie for second: they do not fit together.
    let bodies: Vec<BodyCounts> = [1000, 990, 990, 990, 980, 970, 960, 950, 940, 500]
        .iter()
        .enumerate()
        .map(|(index, n)| body_of(&format!("0{index}"), &with(*n)))
        .collect();
    let grades: Vec<Grade> = score(&scheme(), &bodies).unwrap().iter().map(|result| result.grade).collect();
    assert_eq!(grades.iter().filter(|grade| **grade == Grade::Excellent).count(), 1, "{grades:?}");
    assert_eq!((grades[1], grades[9]), (Grade::Good, Grade::Fail));
}

proptest! {
    #[test]
    fn a_linear_score_never_falls_with_the_rate_and_stays_within_its_bounds(a in 0_u64..2_000, b in 0_u64..2_000, n in 1_u64..2_000) {
        let scheme = Scheme::parse(SHIPPED[1].1).unwrap();
        for item in scheme.items.iter().filter(|item| item.is_rate()) {
            let (low, high) = (a.min(b).min(n), a.max(b).min(n));
            let of = |numerator| points(item, score::percent(numerator, n).unwrap()).unwrap();
            prop_assert!(of(low) <= of(high));
            prop_assert!(of(low) >= item.floor() && of(high) <= item.full());
        }
    }

    #[test]
    fn the_total_is_the_exact_sum_of_its_lines_when_everything_counts(counts in proptest::collection::vec((0_u64..400, 1_u64..400), 4), n in 0_u64..9) {
        let names = ["signed", "answered", "solved", "satisfied"];
        let mut items: Vec<(&str, Counts)> = names.iter().zip(&counts).map(|(name, (y, t))| (*name, rate(*y.min(t), *t))).collect();
        for name in ["leaders", "mutual", "public"] {
            items.push((name, Counts { value: Some(Ratio::whole(3)), ..Counts::default() }));
        }
        items.push(("yellow", Counts { numerator: n, ..Counts::default() }));
        let result = score(&scheme(), &[body_of("0101", &items)]).unwrap().remove(0);
        let mut sum = Ratio::ZERO;
        for line in &result.lines {
            sum = sum.plus(line.score.unwrap()).unwrap();
        }
        prop_assert_eq!(result.total, Some(sum));
    }

    #[test]
    fn the_order_of_bodies_changes_no_score(seed in proptest::collection::vec((0_u64..50, 1_u64..50), 2..9)) {
        let bodies: Vec<BodyCounts> = seed.iter().enumerate().map(|(i, (y, t))| body_of(&format!("0{i}"), &[("answered", rate(*y.min(t), *t))])).collect();
        let mut turned = bodies.clone();
        turned.reverse();
        let mut back = score(&scheme(), &turned).unwrap();
        back.reverse();
        prop_assert_eq!(score(&scheme(), &bodies).unwrap(), back);
    }
}

fn opened() -> Opened {
    let body = |code: &str| Body { unit: unit(code), group: "departments".to_owned(), name: code.to_owned(), counts: vec![unit(code)] };
    Opened { year: 2026, scheme: GENERIC.to_owned(), hash: "00".to_owned(), bodies: vec![body("0101"), body("0102")] }
}

fn given(events: &[AssessmentEvent]) -> YearState {
    fold(events.iter().map(|event| (now(), event))).unwrap()
}

fn marked(item: &str, code: &str, points: &str, reason: &str) -> Marked {
    Marked {
        item: item.to_owned(),
        points: vec![Points { unit: unit(code), points: points.to_owned() }],
        reason: Private::new(reason.to_owned()),
    }
}

#[test]
fn a_year_opens_once_and_only_for_this_year_or_the_last() {
    let events = year::open(None, opened(), now()).unwrap();
    let state = given(&events);
    assert_eq!((state.stage, state.bodies.len()), (Stage::Opened, 2));
    assert_eq!(year::open(Some(&state), opened(), now()), Err(Refusal::Exists));
    assert!(year::open(None, Opened { year: 2024, ..opened() }, now()).is_err());
    assert!(year::open(None, Opened { bodies: Vec::new(), ..opened() }, now()).is_err());
}

#[test]
fn points_by_hand_are_bounded_and_the_latest_counts() {
    let mut events = year::open(None, opened(), now()).unwrap();
    for points in ["9", "8.5"] {
        events.extend(year::mark(&given(&events), marked("leaders", "0101", points, "评分汇总表")).unwrap());
    }
    assert_eq!(given(&events).points["leaders"]["0101"], r("8.5"));
    for wrong in [
        marked("leaders", "0101", "11", "x"),
        marked("leaders", "0101", "九", "x"),
        marked("leaders", "0909", "9", "x"),
        marked("answered", "0101", "9", "x"),
        marked("leaders", "0101", "9", " "),
    ] {
        assert!(matches!(year::mark(&given(&events), wrong), Err(Refusal::Fields(_))));
    }
    events.extend(year::draft(&given(&events), Drafted { cut_off: 9, objections_until: now() }).unwrap());
    assert_eq!(year::mark(&given(&events), marked("leaders", "0101", "9", "x")), Err(Refusal::Stage("征求意见")));
}

#[test]
fn a_year_becomes_final_after_its_objections_and_is_published_once() {
    let until = now() + TimeDelta::days(5);
    let mut events = year::open(None, opened(), now()).unwrap();
    assert!(year::finalise(&given(&events), 0, Finalised { changed: 0, kept: 0 }, until).is_err());
    events.extend(year::draft(&given(&events), Drafted { cut_off: 9, objections_until: until }).unwrap());
    assert_eq!(year::draft(&given(&events), Drafted { cut_off: 10, objections_until: until }), Ok(vec![]));
    let last = Finalised { changed: 1, kept: 0 };
    assert!(year::finalise(&given(&events), 0, last.clone(), now()).is_err());
    assert!(year::finalise(&given(&events), 1, last.clone(), until).is_err());
    assert!(year::publish(&given(&events), Published { number: "1号".to_owned() }).is_err());
    events.extend(year::finalise(&given(&events), 0, last.clone(), until).unwrap());
    assert_eq!(year::finalise(&given(&events), 0, last, until), Ok(vec![]));
    assert!(year::publish(&given(&events), Published { number: " ".to_owned() }).is_err());
    events.extend(year::publish(&given(&events), Published { number: "清效办〔2026〕3号".to_owned() }).unwrap());
    assert_eq!(given(&events).stage, Stage::Published);
}

fn sheet() -> Sheet {
    let result = score(&scheme(), &[body_of("0101", &[("answered", rate(9, 10))])]).unwrap().remove(0);
    Sheet { unit: result.unit, group: result.group, lines: result.lines, total: result.total, grade: result.grade }
}

fn drafted() -> SheetDrafted {
    SheetDrafted { sheet: sheet(), cut_off: 9, objections_until: now() + TimeDelta::days(5) }
}

fn body_given(events: &[AssessedEvent]) -> BodyState {
    fold(events.iter().map(|event| (now(), event))).unwrap()
}

fn honoured(reference: &str) -> Honoured {
    Honoured {
        unit: unit("0101"),
        code: "national".to_owned(),
        reference: reference.to_owned(),
        words: Private::new("受国务院表彰".to_owned()),
    }
}

fn objected(item: &str) -> Objected {
    Objected { item: item.to_owned(), words: Private::new("有一件重复计算".to_owned()) }
}

#[test]
fn an_honour_counts_once_and_a_mistake_is_taken_back_alone() {
    let mut events = body::honour(None, honoured("国发〔2026〕1号")).unwrap();
    events.extend(body::honour(Some(&body_given(&events)), honoured("国发〔2026〕2号")).unwrap());
    assert!(body::honour(Some(&body_given(&events)), honoured("国发〔2026〕2号 ")).is_err(), "registered twice");
    let before = body_given(&events);
    assert_eq!(before.honours("national"), 2);
    let withdrawn = HonourWithdrawn { number: 1, reason: Private::new("登记错误".to_owned()) };
    let event = body::withdraw_honour(&before, withdrawn.clone()).unwrap().remove(0);
    let after = BodyState::evolve(Some(before.clone()), now(), &event).unwrap();
    let changes = BodyState::marks(Some(&before), now(), &event, &after);
    assert_eq!(changes, [Change::Revoke(MarkKind::Honour), Change::add(&unit("0101"), MarkKind::Honour, "national")]);
    assert_eq!((after.honours("national"), body::withdraw_honour(&after, withdrawn)), (1, Ok(vec![])));
    assert_eq!(body::withdraw_honour(&after, HonourWithdrawn { number: 9, reason: Private::new("x".to_owned()) }), Err(Refusal::Missing));
}

#[test]
fn a_body_objects_in_time_once_for_each_line_and_the_office_decides() {
    let mut events = body::draft(None, drafted());
    assert_eq!(body::draft(Some(&body_given(&events)), drafted()), vec![]);
    let state = body_given(&events);
    assert_eq!(state.duties().iter().map(|duty| duty.task.as_str()).collect::<Vec<_>>(), ["assessment_object"]);
    assert!(body::object(&state, objected("weather"), now()).is_err());
    assert_eq!(body::object(&state, objected("answered"), now() + TimeDelta::days(5)), Err(Refusal::Late("提出异议")));
    events.extend(body::object(&state, objected("answered"), now()).unwrap());
    let state = body_given(&events);
    assert!(body::object(&state, objected("answered"), now()).is_err(), "twice");
    assert!(state.duties().iter().any(|duty| duty.task == "assessment_decide"));

    let scheme = scheme();
    let item = scheme.item("answered").unwrap();
    assert!(body::corrected(item, rate(9, 10), &Correction::Counts { numerator: 11, denominator: 10 }).is_err());
    let counts = body::corrected(item, rate(9, 10), &Correction::Counts { numerator: 9, denominator: 9 }).unwrap().unwrap();
    let corrected = score::line(item, counts, (0, 0)).unwrap();
    assert_eq!(corrected.score, Some(r("25")));
    let reason = || Private::new("重复的一件不计".to_owned());
    let decided = Decided { item: "answered".to_owned(), corrected: Some(corrected), total: Some(r("100")), reason: reason() };
    events.extend(body::decide(&state, decided.clone()).unwrap());
    let state = body_given(&events);
    assert_eq!((state.undecided(), state.sheet.as_ref().unwrap().total), (0, Some(r("100"))));
    assert!(body::decide(&state, decided).is_err(), "decided already");
}

#[test]
fn the_clock_closes_objections_at_their_instant_once() {
    let events = body::draft(None, drafted());
    let state = body_given(&events);
    let due = now() + TimeDelta::days(5);
    assert_eq!(body::tick(&state, due - TimeDelta::seconds(1)), vec![]);
    let late = due + TimeDelta::days(3);
    assert_eq!(body::tick(&state, late), vec![(due, AssessedEvent::Closed(ObjectionsClosed {}))]);
    let closed = BodyState::evolve(Some(state), due, &ObjectionsClosed {}.into()).unwrap();
    assert_eq!((closed.next_at(), body::tick(&closed, late), closed.duties()), (None, vec![], vec![]));
}

#[test]
fn names_of_streams_lead_back() {
    assert_eq!(of_body_stream(&body_stream(2026, &unit("330502-01"))), Some((2026, unit("330502-01"))));
    assert_eq!(of_body_stream("assessed-x"), None);
    let counted = given(&year::open(None, opened(), now()).unwrap()).with_points(vec![body_of("0101", &[])]);
    assert_eq!(counted[0].items, BTreeMap::new());
}
