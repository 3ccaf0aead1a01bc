use uuid::Uuid;

use super::decide::{dismiss, issue, object, revoke, tick, trigger, uphold, withdraw};
use super::trigger::{Trigger, triggers};
use super::*;
use crate::calendar::Calendar;
use crate::case::{CaseState, Clock, Holder as Hands};
use crate::folded::fold;
use crate::limit::Limit;
use crate::refusal::Refusal;
use crate::rulebook::Cards;

const CARDS: Cards = Cards { yellow_on_breach: true, red_after: Limit::WorkingDays(3), red_on_rehandling: 2, objection: None };

fn at(text: &str) -> Instant {
    crate::rulebook::examples::parse_local(text).unwrap()
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn person(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(n))
}

/// A handling limit from Wednesday 6 May 2026 that ended on 12 May, 24:00.
fn clock(round: u8, breached: bool, ended: Option<&str>) -> Clock {
    Clock {
        kind: ClockKind::Handle,
        round,
        holder: Hands::Unit(unit("0101")),
        from: at("2026-05-06 10:00"),
        limit: Limit::WorkingDays(5),
        due: at("2026-05-13 00:00"),
        warn_at: None,
        provisional: false,
        calendar: String::new(),
        rulebook: "generic@1".to_owned(),
        warned: breached,
        breached,
        ended: ended.map(at),
        met: ended.is_some(),
    }
}

fn case(clocks: Vec<Clock>) -> CaseState {
    CaseState { round: clocks.iter().map(|clock| clock.round).max().unwrap_or(1), clocks, ..CaseState::default() }
}

fn found(case: &CaseState) -> Vec<(Rule, Instant)> {
    let calendar = Calendar::official();
    triggers(case, |_| Some(CARDS), |_| &calendar).into_iter().map(|one| (one.rule, one.at)).collect()
}

fn ground() -> Trigger {
    Trigger {
        rule: Rule::YellowOnBreach,
        unit: unit("0101"),
        clock: ClockKind::Handle,
        round: 1,
        due: at("2026-05-13 00:00"),
        at: at("2026-05-13 00:00"),
        rulebook: "generic@1".to_owned(),
    }
}

fn card() -> CaseId {
    CaseId(Uuid::from_u128(5))
}

/// A card in the state that these later events leave it in, each an hour after the one before.
fn given(events: Vec<CardEvent>) -> CardState {
    let mut all = trigger(None, at("2026-05-13 08:00"), card(), "N1", &ground(), Vec::new());
    for (index, event) in events.into_iter().enumerate() {
        all.push((at("2026-05-13 09:00") + chrono::Duration::hours(index as i64), event));
    }
    fold(all.iter().map(|(at, event)| (*at, event))).unwrap()
}

fn issued() -> CardEvent {
    issue(&given(Vec::new()), "逾期未答复", person(1), at("2026-05-19 00:00"), "c").unwrap()
}

#[test]
fn a_broken_limit_is_yellow_at_once_and_red_three_working_days_later_while_unanswered() {
    let red = at("2026-05-16 00:00");
    assert_eq!(found(&case(vec![clock(1, true, None)])), [(Rule::YellowOnBreach, at("2026-05-13 00:00")), (Rule::RedAfter, red)]);
    assert_eq!(found(&case(vec![clock(1, true, Some("2026-05-15 23:59"))])).len(), 1, "answered before it turned red");
    assert_eq!(found(&case(vec![clock(1, true, Some("2026-05-16 00:00"))])).len(), 2, "answered too late");
    assert_eq!(found(&case(vec![clock(1, false, None)])), []);
}

#[test]
fn the_second_handling_again_is_red_and_the_first_is_not() {
    assert_eq!(found(&case(vec![clock(1, false, None), clock(2, false, None)])), []);
    let third = case(vec![clock(1, false, None), clock(2, false, None), clock(3, false, None)]);
    assert_eq!(found(&third), [(Rule::RedOnRehandling, at("2026-05-06 10:00"))]);
}

#[test]
fn two_broken_limits_of_a_round_are_one_ground_and_another_system_s_case_is_none() {
    let twice = case(vec![clock(1, true, Some("2026-05-13 10:00")), clock(1, true, Some("2026-05-14 10:00"))]);
    assert_eq!(found(&twice).len(), 1);
    let source = crate::case::event::External { source: "s".to_owned(), id: "1".to_owned(), fingerprint: String::new() };
    assert_eq!(found(&CaseState { external: Some(source), ..case(vec![clock(1, true, None)]) }), []);
}

#[test]
fn a_ground_is_recorded_once_not_ahead_of_its_time_and_not_after_a_week() {
    let tried = |now: &str, state: Option<&CardState>| trigger(state, at(now), card(), "N1", &ground(), Vec::new()).len();
    assert_eq!(tried("2026-05-12 23:59", None), 0);
    assert_eq!(tried("2026-05-13 00:00", None), 1);
    assert_eq!(tried("2026-05-20 00:00", None), 1);
    assert_eq!(tried("2026-05-20 00:01", None), 0);
    let state = given(Vec::new());
    assert_eq!(tried("2026-05-13 09:00", Some(&state)), 0);
    let gone = given(vec![Withdrawn {}.into()]);
    assert_eq!(tried("2026-05-13 12:00", Some(&gone)), 1, "the ground came again");
    assert_eq!(tried("2026-05-13 12:00", Some(&given(vec![dismiss(&state, "系统故障", person(1)).unwrap()]))), 0);
}

#[test]
fn two_officers_issue_one_card() {
    let state = given(vec![issued()]);
    assert_eq!(issue(&state, "再发", person(2), at("2026-05-19 00:00"), "c"), Err(Refusal::Stage("已签发")));
    assert_eq!(dismiss(&state, "不发", person(2)), Err(Refusal::Stage("已签发")));
    assert!(matches!(issue(&given(Vec::new()), " ", person(2), at("2026-05-19 00:00"), "c"), Err(Refusal::Fields(_))));
}

#[test]
fn an_objection_is_heard_until_the_limit_and_by_another_officer() {
    let state = given(vec![issued()]);
    assert!(object(&state, "系统停机", person(9), at("2026-05-18 23:59")).is_ok());
    assert_eq!(object(&state, "系统停机", person(9), at("2026-05-19 00:00")), Err(Refusal::Late("提出异议")));
    let objected = given(vec![issued(), object(&state, "系统停机", person(9), at("2026-05-14 00:00")).unwrap()]);
    assert_eq!(revoke(&objected, "成立", person(1)), Err(Refusal::SamePerson("签发和裁定")));
    assert_eq!(uphold(&objected, "不成立", person(1)), Err(Refusal::SamePerson("签发和裁定")));
    assert!(revoke(&objected, "成立", person(2)).is_ok() && uphold(&objected, "不成立", person(2)).is_ok());
    assert_eq!(uphold(&state, "无异议", person(2)), Err(Refusal::Stage("已签发")));
}

#[test]
fn the_time_to_object_ends_once_at_its_instant() {
    let state = given(vec![issued()]);
    assert_eq!(state.next_at(), Some(at("2026-05-19 00:00")));
    assert_eq!(tick(&state, at("2026-05-18 23:59")), []);
    assert_eq!(tick(&state, at("2026-06-01 00:00")), [(at("2026-05-19 00:00"), Lapsed {}.into())]);
    let lapsed = given(vec![issued(), Lapsed {}.into()]);
    assert_eq!((tick(&lapsed, at("2026-06-01 00:00")), lapsed.next_at(), lapsed.duties()), (vec![], None, vec![]));
    assert_eq!(object(&lapsed, "迟了", person(9), at("2026-05-14 00:00")), Err(Refusal::Late("提出异议")));
}

#[test]
fn a_card_counts_from_issuing_until_it_is_revoked_or_withdrawn() {
    let marks = |before: &CardState, event: CardEvent| {
        let after = CardState::evolve(Some(before.clone()), at("2026-05-20 00:00"), &event).unwrap();
        CardState::marks(Some(before), at("2026-05-20 00:00"), &event, &after)
    };
    let (fresh, live) = (given(Vec::new()), given(vec![issued()]));
    assert_eq!(marks(&fresh, issued()), [Change::add(&unit("0101"), MarkKind::YellowCard, "yellow_on_breach")]);
    assert_eq!(marks(&fresh, Withdrawn {}.into()), []);
    assert_eq!(marks(&live, revoke(&live, "有误", person(2)).unwrap()), [Change::Revoke(MarkKind::YellowCard)]);
    assert_eq!(marks(&live, Withdrawn {}.into()), [Change::Revoke(MarkKind::YellowCard)]);
}

#[test]
fn whose_turn_it_is_follows_from_the_stage() {
    let task = |state: &CardState| state.duties().first().map(|duty| (duty.holder.clone(), duty.task.clone()));
    let director = |task: &str| Some((Holder::Office(Role::Director), task.to_owned()));
    assert_eq!(task(&given(Vec::new())), director("card_issue"));
    let live = given(vec![issued()]);
    assert_eq!(task(&live), Some((Holder::Unit(unit("0101")), "card_object".to_owned())));
    let objected = object(&live, "系统停机", person(9), at("2026-05-14 00:00")).unwrap();
    assert_eq!(task(&given(vec![issued(), objected])), director("card_decide"));
    assert_eq!(withdraw(&given(vec![Withdrawn {}.into()]), at("2026-05-20 00:00")), []);
}
