use chrono::{DateTime, NaiveDate, TimeDelta};
use uuid::Uuid;

use super::decide::{self, Seen};
use super::plan::{Assignment, Cadence, Lots, Mode, Plan, Target};
use super::state::end_of;
use super::{InspectionEvent, InspectionState};
use crate::deadline::Deadline;
use crate::duty::Holder;
use crate::folded::Folded;
use crate::ids::{AccountId, UnitCode};
use crate::mark::{Change, MarkKind};
use crate::refusal::Refusal;
use crate::time::Instant;

const PLANNER: AccountId = AccountId(Uuid::from_u128(1));
const SECOND: AccountId = AccountId(Uuid::from_u128(2));
const THIRD: AccountId = AccountId(Uuid::from_u128(3));
const DIRECTOR: AccountId = AccountId(Uuid::from_u128(9));

fn now() -> Instant {
    DateTime::parse_from_rfc3339("2026-05-06T10:00:00+08:00").unwrap().to_utc()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn reply_by() -> Deadline {
    Deadline { due: now() + TimeDelta::days(3), provisional: false, calendar: "c".to_owned() }
}

fn a_plan(target: Target) -> Plan {
    Plan {
        cadence: Cadence::Once,
        from: day("2026-05-06"),
        to: day("2026-05-15"),
        items: vec!["absent".to_owned(), "rude".to_owned()],
        target,
        nonce: "n".to_owned(),
    }
}

fn two_units() -> Plan {
    a_plan(Target::Units(vec![unit("0101"), unit("0102")]))
}

fn then(state: Option<InspectionState>, at: Instant, events: &[InspectionEvent]) -> Option<InspectionState> {
    events.iter().fold(state, |state, event| InspectionState::evolve(state, at, event))
}

fn planned(mode: Mode, plan: &Plan) -> InspectionState {
    let events = decide::plan(None, mode, &[PLANNER, SECOND, THIRD], PLANNER, "窗口作风", plan, now()).unwrap();
    then(None, now(), &events).unwrap()
}

fn approved(mode: Mode, plan: &Plan) -> InspectionState {
    let state = planned(mode, plan);
    let events = decide::approve(&state, DIRECTOR).unwrap();
    then(Some(state), now(), &events).unwrap()
}

fn seen(unit: &UnitCode) -> Seen<'_> {
    Seen { unit, code: "absent", label: "脱岗", points: "0.2", at: now(), place: "一楼窗口", words: "窗口无人", photos: &[] }
}

/// Found at 0101 by the planner.
fn found(mode: Mode) -> InspectionState {
    let state = approved(mode, &two_units());
    let events = decide::find(&state, &seen(&unit("0101")), PLANNER, now()).unwrap();
    then(Some(state), now(), &events).unwrap()
}

fn signed(mode: Mode) -> InspectionState {
    let state = found(mode);
    let events = decide::sign(&state, 1, SECOND, reply_by()).unwrap();
    then(Some(state), now(), &events).unwrap()
}

fn holders(state: &InspectionState, task: &str) -> Vec<Holder> {
    state.duties().into_iter().filter(|duty| duty.task == task).map(|duty| duty.holder).collect()
}

/// As the views keep it: private values closed.
fn closed(state: &InspectionState) -> InspectionState {
    let mut json = serde_json::to_value(state).unwrap();
    fn close(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(map) if map.contains_key("§") => {
                map.remove("v");
                map.insert("i".to_owned(), 0.into());
            }
            serde_json::Value::Object(map) => map.values_mut().for_each(close),
            serde_json::Value::Array(list) => list.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut json);
    serde_json::from_value(json).unwrap()
}

#[test]
fn a_plan_names_everything_that_has_to_be_mended_at_once() {
    let bad = Plan { items: Vec::new(), to: day("2026-05-01"), ..a_plan(Target::Units(Vec::new())) };
    let refused = decide::plan(None, Mode::Open, &[PLANNER], PLANNER, " ", &bad, now());
    let Err(Refusal::Fields(fields)) = refused else { panic!("{refused:?}") };
    assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["team", "to", "items", "units", "theme"]);
    let weekly = Plan { cadence: Cadence::Week, ..two_units() };
    assert!(matches!(decide::plan(None, Mode::Covert, &[PLANNER, SECOND], PLANNER, "题", &weekly, now()), Err(Refusal::Fields(_))));
    let daily = Plan { cadence: Cadence::Day, to: day("2026-12-31"), ..two_units() };
    assert!(matches!(decide::plan(None, Mode::Open, &[PLANNER, SECOND], PLANNER, "题", &daily, now()), Err(Refusal::Fields(_))));
}

#[test]
fn nobody_approves_his_own_plan() {
    let state = planned(Mode::Open, &two_units());
    assert_eq!(decide::approve(&state, PLANNER), Err(Refusal::SamePerson("检查计划的批准")));
    assert!(decide::approve(&state, DIRECTOR).is_ok());
    assert!(matches!(decide::approve(&approved(Mode::Open, &two_units()), DIRECTOR), Err(Refusal::Stage(_))));
}

#[test]
fn what_was_committed_to_is_the_hash_of_the_whole_plan() {
    let state = planned(Mode::Covert, &two_units());
    assert_eq!(state.commitment, two_units().commitment(Mode::Covert, &[PLANNER, SECOND, THIRD], "窗口作风"));
    let other = a_plan(Target::Units(vec![unit("0101")]));
    assert_ne!(state.commitment, other.commitment(Mode::Covert, &[PLANNER, SECOND, THIRD], "窗口作风"));
}

#[test]
fn a_finding_needs_two_different_signers_who_inspect_that_unit() {
    let state = found(Mode::Open);
    assert_eq!(decide::sign(&state, 1, PLANNER, reply_by()), Err(Refusal::SamePerson("第二人签名")));
    assert_eq!(decide::sign(&state, 1, DIRECTOR, reply_by()), Err(Refusal::Missing));
    assert_eq!(holders(&state, "finding_sign"), [Holder::Account(SECOND), Holder::Account(THIRD)]);
    assert_eq!(holders(&signed(Mode::Open), "finding_reply"), [Holder::Unit(unit("0101"))]);
    assert!(matches!(decide::sign(&signed(Mode::Open), 1, THIRD, reply_by()), Err(Refusal::Stage(_))));
}

#[test]
fn nothing_is_found_at_a_unit_or_by_somebody_outside_the_plan() {
    let state = approved(Mode::Open, &two_units());
    assert_eq!(decide::find(&state, &seen(&unit("0999")), PLANNER, now()), Err(Refusal::Missing));
    assert_eq!(decide::find(&state, &seen(&unit("0101")), DIRECTOR, now()), Err(Refusal::Missing));
    let later = unit("0101");
    let future = Seen { at: now() + TimeDelta::hours(1), code: "other", words: "", ..seen(&later) };
    let Err(Refusal::Fields(fields)) = decide::find(&state, &future, PLANNER, now()) else { panic!("recorded") };
    assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["code", "at", "words"]);
}

#[test]
fn the_first_finding_is_the_visit_too_and_the_second_is_not() {
    let state = found(Mode::Open);
    assert_eq!(state.visits_of(&unit("0101")), 1);
    assert_eq!(decide::find(&state, &seen(&unit("0101")), SECOND, now()).unwrap().len(), 1);
}

#[test]
fn the_unit_replies_in_time_and_then_the_director_decides_who_signed_nothing() {
    let state = signed(Mode::Open);
    assert_eq!(decide::reply(&state, 1, &unit("0102"), DIRECTOR, true, "属实", now()), Err(Refusal::Missing));
    assert_eq!(decide::confirm(&state, 1, DIRECTOR, "属实"), Err(Refusal::Stage("等待单位回复")));
    assert_eq!(decide::reply(&state, 1, &unit("0101"), DIRECTOR, true, "属实", reply_by().due), Err(Refusal::Late("回复")));
    let events = decide::reply(&state, 1, &unit("0101"), DIRECTOR, true, "属实", now()).unwrap();
    let state = then(Some(state), now(), &events).unwrap();
    assert_eq!(decide::confirm(&state, 1, SECOND, "属实"), Err(Refusal::SamePerson("问题的认定")));
    let events = decide::confirm(&state, 1, DIRECTOR, "属实").unwrap();
    let after = then(Some(state.clone()), now(), &events).unwrap();
    let marks = InspectionState::marks(Some(&state), now(), &events[0], &after);
    assert_eq!(marks, [Change::add(&unit("0101"), MarkKind::Finding, "absent")]);
    assert_eq!(after.duties().iter().filter(|duty| duty.task.starts_with("finding")).count(), 0);
}

#[test]
fn a_finding_without_a_reply_goes_to_the_director_when_the_time_is_over() {
    let state = signed(Mode::Open);
    assert_eq!(state.next_at(), Some(reply_by().due));
    assert!(decide::tick(&state, reply_by().due - TimeDelta::seconds(1)).is_empty());
    let due = decide::tick(&state, reply_by().due + TimeDelta::days(1));
    assert_eq!(due[0].0, reply_by().due);
    let state = then(Some(state), due[0].0, &[due[0].1.clone()]).unwrap();
    assert_eq!(holders(&state, "finding_confirm"), [Holder::Office(crate::account::Role::Director)]);
    assert!(decide::tick(&state, reply_by().due + TimeDelta::days(1)).is_empty());
    assert!(decide::confirm(&state, 1, DIRECTOR, "逾期未回复").is_ok());
}

#[test]
fn what_is_dropped_after_it_was_confirmed_no_longer_counts_and_the_others_still_do() {
    let mut state = signed(Mode::Open);
    for step in [
        decide::find(&state, &Seen { code: "rude", ..seen(&unit("0101")) }, SECOND, now()).unwrap(),
        decide::reply(&state, 1, &unit("0101"), DIRECTOR, false, "有异议", now()).unwrap(),
    ] {
        state = then(Some(state), now(), &step).unwrap();
    }
    for step in [decide::sign(&state, 2, PLANNER, reply_by()).unwrap(), decide::confirm(&state, 1, DIRECTOR, "属实").unwrap()] {
        state = then(Some(state), now(), &step).unwrap();
    }
    let events = decide::reply(&state, 2, &unit("0101"), DIRECTOR, true, "属实", now()).unwrap();
    state = then(Some(state), now(), &events).unwrap();
    let events = decide::confirm(&state, 2, DIRECTOR, "属实").unwrap();
    state = then(Some(state), now(), &events).unwrap();
    let events = decide::drop_finding(&state, 1, DIRECTOR, "复核后不成立").unwrap();
    let after = then(Some(state.clone()), now(), &events).unwrap();
    let marks = InspectionState::marks(Some(&state), now(), &events[0], &after);
    assert_eq!(marks, [Change::Revoke(MarkKind::Finding), Change::add(&unit("0101"), MarkKind::Finding, "rude")]);
}

#[test]
fn a_covert_check_shows_no_unit_theme_or_finding_in_the_clear_and_gives_no_mark_until_it_is_done() {
    let state = found(Mode::Covert);
    let seen_by_views = serde_json::to_string(&closed(&state)).unwrap();
    for secret in ["0101", "0102", "absent", "脱岗", "窗口", "once"] {
        assert!(!seen_by_views.contains(secret), "{secret}: {seen_by_views}");
    }
    let views = closed(&state);
    assert!(views.duties().iter().all(|duty| matches!(duty.holder, Holder::Account(_))), "{:?}", views.duties());
    let events = decide::find(&approved(Mode::Covert, &two_units()), &seen(&unit("0101")), PLANNER, now()).unwrap();
    assert!(InspectionState::marks(None, now(), &events[0], &state).is_empty());
    // Unsigned findings end no check.
    assert!(matches!(decide::done(&state, PLANNER, reply_by()), Err(Refusal::Fields(_))));
}

#[test]
fn a_covert_check_that_is_done_tells_all_at_once_and_its_units_reply_from_then_on() {
    let state = signed(Mode::Covert);
    assert!(state.findings[0].reply_by.is_none());
    let events = decide::done(&state, PLANNER, reply_by()).unwrap();
    let views = then(Some(closed(&state)), now(), &events).unwrap();
    assert_eq!(views.plan.known(), Some(&two_units()));
    assert_eq!(holders(&views, "finding_reply"), [Holder::Unit(unit("0101"))]);
    let marks = InspectionState::marks(Some(&closed(&state)), now(), &events[0], &views);
    assert_eq!(marks, [Change::add(&unit("0101"), MarkKind::Visit, "")]);
}

#[test]
fn a_period_without_a_visit_is_noted_once_at_its_end() {
    let weekly = Plan { cadence: Cadence::Week, to: day("2026-05-31"), ..two_units() };
    let ends: Vec<_> = weekly.periods().into_iter().map(|(_, to)| to.to_string()).collect();
    assert_eq!(ends, ["2026-05-10", "2026-05-17", "2026-05-24", "2026-05-31"]);
    let state = approved(Mode::Open, &weekly);
    let events = decide::visit(&state, &unit("0101"), &[], SECOND).unwrap();
    let state = then(Some(state), now() + TimeDelta::days(7), &events).unwrap();
    // Visited on 13 May: the first week is missed, the second is not.
    assert_eq!(state.next_at(), end_of(day("2026-05-10")));
    let due = decide::tick(&state, end_of(day("2026-05-24")).unwrap());
    let at: Vec<_> = due.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [end_of(day("2026-05-10")).unwrap(), end_of(day("2026-05-24")).unwrap()]);
    let all: Vec<_> = due.into_iter().map(|(_, event)| event).collect();
    let state = then(Some(state), now(), &all).unwrap();
    assert_eq!(state.next_at(), end_of(day("2026-05-31")));
}

#[test]
fn a_check_that_nobody_went_to_is_not_ended_before_that_is_noted() {
    let state = approved(Mode::Open, &two_units());
    assert!(matches!(decide::done(&state, PLANNER, reply_by()), Err(Refusal::Fields(_))));
    let due = decide::tick(&state, end_of(day("2026-05-15")).unwrap());
    let missed = then(Some(state), due[0].0, &[due[0].1.clone()]).unwrap();
    assert!(decide::done(&missed, PLANNER, reply_by()).is_ok());
}

#[test]
fn the_clock_knows_of_a_covert_plan_when_it_ends_and_no_more() {
    let state = closed(&approved(Mode::Covert, &two_units()));
    assert_eq!(state.next_at(), end_of(day("2026-05-15")));
    assert_eq!(approved(Mode::Covert, &two_units()).next_at(), state.next_at());
}

#[test]
fn months_and_quarters_end_with_the_calendar() {
    let ends = |cadence, to: &str| -> Vec<String> {
        Plan { cadence, to: day(to), ..two_units() }.periods().into_iter().map(|(_, to)| to.to_string()).collect()
    };
    assert_eq!(ends(Cadence::Month, "2026-07-10"), ["2026-05-31", "2026-06-30", "2026-07-10"]);
    assert_eq!(ends(Cadence::Quarter, "2026-12-31"), ["2026-06-30", "2026-09-30", "2026-12-31"]);
    assert_eq!(ends(Cadence::Fortnight, "2026-05-31"), ["2026-05-17", "2026-05-31"]);
    assert_eq!(ends(Cadence::Day, "2026-05-08").len(), 3);
    assert_eq!(ends(Cadence::Once, "2026-05-31"), ["2026-05-31"]);
}

#[test]
fn the_draw_says_who_goes_where_and_nobody_else_goes() {
    let lots = Lots { general: 1, focus: 0, focus_marks: 3, per_unit: 2, recusals: Vec::new() };
    let state = approved(Mode::Open, &a_plan(Target::Draw(lots)));
    assert_eq!(holders(&state, "inspection_draw").len(), 3);
    assert_eq!(decide::visit(&state, &unit("0101"), &[], PLANNER), Err(Refusal::Missing));
    let drawn = vec![Assignment { unit: unit("0101"), inspectors: vec![PLANNER, THIRD] }];
    let events = decide::drawn(&state, Uuid::from_u128(5), drawn.clone()).unwrap();
    let state = then(Some(state), now(), &events).unwrap();
    assert_eq!(decide::drawn(&state, Uuid::from_u128(5), drawn), Ok(Vec::new()));
    assert!(decide::visit(&state, &unit("0101"), &[], THIRD).is_ok());
    assert_eq!(decide::visit(&state, &unit("0101"), &[], SECOND), Err(Refusal::Missing));
    assert_eq!(holders(&state, "inspection_visit"), [Holder::Account(PLANNER), Holder::Account(THIRD)]);
    // Who was not sent there is not asked to sign what was found.
    let state = then(Some(state.clone()), now(), &decide::find(&state, &seen(&unit("0101")), PLANNER, now()).unwrap()).unwrap();
    assert_eq!(holders(&state, "finding_sign"), [Holder::Account(THIRD)]);
}
