use uuid::Uuid;

use super::decide::{NewOrder, accept, days, feedback, issue, send_back, tick, urge, withdraw};
use super::*;
use crate::deadline::Deadline;
use crate::folded::fold;
use crate::refusal::Refusal;

fn at(text: &str) -> Instant {
    crate::rulebook::examples::parse_local(text).unwrap()
}

fn by() -> AccountId {
    AccountId(Uuid::from_u128(1))
}

fn due(text: &str) -> Deadline {
    Deadline { due: at(text), provisional: false, calendar: "c".to_owned() }
}

fn new() -> NewOrder {
    NewOrder {
        unit: UnitCode::parse("0101").unwrap(),
        ground: Ground::Other,
        colour: OrderColour::Blue,
        requirement: "五日内查明原因并报告".to_owned(),
    }
}

fn given(events: Vec<(&str, OrderEvent)>) -> OrderState {
    let first = issue(None, &new(), Limit::WorkingDays(5), &due("2026-05-13 00:00"), by()).unwrap();
    let mut all = vec![(at("2026-05-06 10:00"), first)];
    all.extend(events.into_iter().map(|(when, event)| (at(when), event)));
    fold(all.iter().map(|(at, event)| (*at, event))).unwrap()
}

fn answered() -> (&'static str, OrderEvent) {
    ("2026-05-08 10:00", feedback(&given(vec![]), "已完成", by(), at("2026-05-08 10:00")).unwrap().remove(0).1)
}

#[test]
fn an_order_is_overdue_once_at_its_instant_and_a_late_feedback_says_so_first() {
    let open = given(vec![]);
    assert_eq!(tick(&open, at("2026-05-12 23:59")), []);
    assert_eq!(tick(&open, at("2026-06-01 00:00")), [(at("2026-05-13 00:00"), OrderOverdue {}.into())]);
    let late = feedback(&open, "补报", by(), at("2026-05-14 09:00")).unwrap();
    assert_eq!((late.len(), late[0].0, late[0].1.kind()), (2, at("2026-05-13 00:00"), "order_overdue"));
    let overdue = given(vec![("2026-05-13 00:00", OrderOverdue {}.into())]);
    assert_eq!(tick(&overdue, at("2026-06-01 00:00")), []);
    assert_eq!(feedback(&overdue, "补报", by(), at("2026-05-14 09:00")).unwrap().len(), 1);
    assert_eq!((open.next_at(), overdue.next_at()), (Some(at("2026-05-13 00:00")), None));
}

#[test]
fn what_is_sent_back_runs_again_and_may_be_overdue_again() {
    let answered = given(vec![answered()]);
    assert_eq!(tick(&answered, at("2026-06-01 00:00")), [], "fed back in time");
    let back = send_back(&answered, "没有说明原因", Limit::WorkingDays(2), &due("2026-05-20 00:00"), by()).unwrap();
    let again = given(vec![self::answered(), ("2026-05-15 10:00", back)]);
    assert_eq!((again.stage, again.next_at()), (OrderStage::Open, Some(at("2026-05-20 00:00"))));
    assert_eq!(again.duties()[0].due, Some(at("2026-05-20 00:00")));
    assert_eq!(again.duties()[0].since, at("2026-05-15 10:00"));
    assert_eq!(tick(&again, at("2026-05-20 00:00")).len(), 1);
}

#[test]
fn each_step_has_its_stage() {
    let (open, fed_back) = (given(vec![]), given(vec![answered()]));
    assert_eq!(accept(&open, "同意", by()), Err(Refusal::Stage("待反馈")));
    assert_eq!(feedback(&fed_back, "再报", by(), at("2026-05-09 10:00")), Err(Refusal::Stage("待审核")));
    assert_eq!(urge(&fed_back, "请抓紧", by()), Err(Refusal::Stage("待审核")));
    let done = given(vec![answered(), ("2026-05-09 10:00", accept(&fed_back, "属实，销号", by()).unwrap())]);
    assert_eq!(withdraw(&done, "有误", by()), Err(Refusal::Stage("已办结")));
    assert_eq!((done.duties(), done.next_at()), (vec![], None));
    assert!(urge(&open, "请抓紧", by()).is_ok() && withdraw(&fed_back, "有误", by()).is_ok());
    assert_eq!(issue(Some(&open), &new(), Limit::WorkingDays(5), &due("2026-05-13 00:00"), by()), Err(Refusal::Exists));
}

#[test]
fn an_order_and_its_lateness_count_until_it_is_withdrawn() {
    let open = given(vec![]);
    let after = |event: &OrderEvent| OrderState::evolve(Some(open.clone()), at("2026-05-13 00:00"), event).unwrap();
    let marks = |event: OrderEvent| OrderState::marks(Some(&open), at("2026-05-13 00:00"), &event, &after(&event));
    let unit = UnitCode::parse("0101").unwrap();
    assert_eq!(marks(OrderOverdue {}.into()), [Change::add(&unit, MarkKind::OrderOverdue, "blue")]);
    assert_eq!(marks(withdraw(&open, "有误", by()).unwrap()), [Change::Revoke(MarkKind::Order), Change::Revoke(MarkKind::OrderOverdue)]);
    let issued = issue(None, &new(), Limit::WorkingDays(5), &due("2026-05-13 00:00"), by()).unwrap();
    assert_eq!(OrderState::marks(None, at("2026-05-06 10:00"), &issued, &open), [Change::add(&unit, MarkKind::Order, "blue")]);
}

#[test]
fn texts_and_days_have_their_bounds() {
    assert!(matches!(days(0), Err(Refusal::Fields(_))) && matches!(days(61), Err(Refusal::Fields(_))));
    assert_eq!(days(3), Ok(Limit::WorkingDays(3)));
    let blank = NewOrder { requirement: "  ".to_owned(), ..new() };
    assert!(matches!(issue(None, &blank, Limit::WorkingDays(5), &due("2026-05-13 00:00"), by()), Err(Refusal::Fields(_))));
}
