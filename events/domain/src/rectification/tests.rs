use chrono::{DateTime, TimeDelta};

use super::*;

const BY: AccountId = AccountId(Uuid::from_u128(1));

fn now() -> Instant {
    DateTime::parse_from_rfc3339("2026-05-06T10:00:00+08:00").unwrap().to_utc()
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn source() -> Source {
    Source::Finding { inspection: Uuid::from_u128(7), finding: 1 }
}

fn then(state: Option<RectificationState>, at: Instant, events: Vec<RectificationEvent>) -> Option<RectificationState> {
    events.iter().fold(state, |state, event| RectificationState::evolve(state, at, event))
}

fn ordered() -> RectificationState {
    let events = order(None, &unit("0101"), &source(), BY, "规范窗口值守", now() + TimeDelta::days(60), now()).unwrap();
    then(None, now(), events).unwrap()
}

fn planned() -> RectificationState {
    let state = ordered();
    let events = plan(&state, &unit("0101"), BY, "李科长", "增设 AB 岗").unwrap();
    then(Some(state), now(), events).unwrap()
}

fn reported(at: Instant) -> RectificationState {
    let state = planned();
    let events = report(&state, &unit("0101"), BY, "已落实", &[]).unwrap();
    then(Some(state), at, events).unwrap()
}

#[test]
fn one_source_gives_one_rectification() {
    assert_eq!(source().rectification(), source().rectification());
    assert_ne!(source().rectification(), Source::Finding { inspection: Uuid::from_u128(7), finding: 2 }.rectification());
    let due = now() + TimeDelta::days(1);
    assert_eq!(order(Some(&ordered()), &unit("0101"), &source(), BY, "再来", due, now()), Err(Refusal::Exists));
}

#[test]
fn the_unit_plans_then_reports_and_another_unit_finds_nothing() {
    assert_eq!(ordered().duties()[0].task, "rectification_plan");
    assert_eq!(plan(&ordered(), &unit("0102"), BY, "张", "措施"), Err(Refusal::Missing));
    assert_eq!(report(&ordered(), &unit("0101"), BY, "已落实", &[]), Err(Refusal::Stage("待制定措施")));
    assert_eq!(planned().duties()[0].task, "rectification_report");
    let reported = reported(now());
    assert_eq!((reported.duties()[0].task.as_str(), reported.next_at()), ("rectification_accept", None));
}

#[test]
fn a_person_and_a_measure_are_asked_for() {
    let Err(Refusal::Fields(fields)) = plan(&ordered(), &unit("0101"), BY, "", " ") else { panic!("planned") };
    assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["responsible", "measure"]);
}

#[test]
fn it_is_overdue_once_at_the_due_instant_and_counts() {
    let state = planned();
    let due = state.due;
    assert!(tick(&state, due - TimeDelta::seconds(1)).is_empty());
    let events = tick(&state, due + TimeDelta::days(2));
    assert_eq!(events[0].0, due);
    let after = then(Some(state.clone()), due, vec![events[0].1.clone()]).unwrap();
    assert_eq!(RectificationState::marks(Some(&state), due, &events[0].1, &after).len(), 1);
    assert!(tick(&after, due + TimeDelta::days(9)).is_empty() && after.next_at().is_none());
}

#[test]
fn one_that_is_withdrawn_asks_nothing_and_that_it_was_late_counts_no_more() {
    let late = RectificationState { overdue: Some(now()), ..planned() };
    assert!(matches!(withdraw(&late, BY, " "), Err(Refusal::Fields(_))));
    let events = withdraw(&late, BY, "问题没有认定").unwrap();
    let after = then(Some(late.clone()), now(), events.clone()).unwrap();
    assert_eq!((after.duties(), after.next_at(), tick(&after, after.due)), (vec![], None, vec![]));
    assert_eq!(RectificationState::marks(Some(&late), now(), &events[0], &after), [Change::Revoke(MarkKind::RectificationOverdue)]);
    assert_eq!(withdraw(&after, BY, "再撤一次"), Err(Refusal::Stage("已撤销")));
    assert_eq!(report(&after, &unit("0101"), BY, "已落实", &[]), Err(Refusal::Stage("已撤销")));
}

#[test]
fn what_was_reported_in_time_is_not_overdue_while_it_waits_for_acceptance() {
    assert!(tick(&reported(now()), now() + TimeDelta::days(400)).is_empty());
}

#[test]
fn given_back_it_is_due_anew_and_accepted_it_is_done() {
    let state = reported(now());
    let due = now() + TimeDelta::days(70);
    assert!(matches!(give_back(&state, BY, "证据不足", now(), now()), Err(Refusal::Fields(_))));
    let events = give_back(&state, BY, "证据不足", due, now()).unwrap();
    let back = then(Some(state.clone()), now(), events).unwrap();
    assert_eq!((back.stage, back.due, back.next_at()), (Stage::Planned, due, Some(due)));
    let events = accept(&state, BY, "现场查看，已改正").unwrap();
    let done = then(Some(state), now(), events).unwrap();
    assert!(done.duties().is_empty() && done.next_at().is_none());
    assert!(matches!(accept(&done, BY, "再次"), Err(Refusal::Stage("已销号"))));
}
