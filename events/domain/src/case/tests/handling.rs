//! Inside the unit, and the hotline's review.

use super::*;
use crate::case::command::{Fault, Field, FieldFault};
use crate::case::event::Ending;
use crate::ids::AccountId;
use uuid::Uuid;

#[test]
fn the_unit_signs_once() {
    let story = dispatched().when("02 11:00", Command::Sign).then(&[("case_signed", "02 11:00")]);
    assert!(story.state.latest(ClockKind::Sign).is_some_and(|clock| clock.met && !clock.breached));
    story.when("02 11:01", Command::Sign).then_quiet();
    given(&[("02 09:00", filed())]).when("02 11:00", Command::Sign).then_refused(Rejection::Stage(Stage::Filed));
}

#[test]
fn signed_for_too_late_is_deemed_received_at_the_due_instant() {
    let story = dispatched().when("02 16:00", Command::Sign).then(&[("case_deemed_received", "02 15:30")]);
    assert_eq!(story.state.stage, Stage::Handling);
    story.when("02 16:01", Command::Sign).then_quiet();
}

#[test]
fn who_assigns_it_has_received_it() {
    let handler = Some(AccountId(Uuid::from_u128(1)));
    let assign = || Command::Assign { section: "养护科".to_owned(), handler };
    let story = dispatched().when("02 11:00", assign()).then(&[("case_signed", "02 11:00"), ("case_assigned", "02 11:00")]);
    story.when("02 11:01", assign()).then_quiet();
    dispatched().when("02 16:00", assign()).then(&[("case_deemed_received", "02 15:30"), ("case_assigned", "02 16:00")]);
    approved().when("05 12:00", assign()).then_refused(Rejection::Stage(Stage::HotlineReview));
}

#[test]
fn a_contact_that_reached_the_petitioner_meets_the_limit_and_a_vain_one_does_not() {
    let story = dispatched().and(&[("02 11:00", Command::Sign)]);
    let story = story.when("02 11:30", contact(false)).then(&[("case_contacted", "02 11:30")]);
    assert!(story.state.running(ClockKind::Contact).is_some());
    let story = story.and(&[("02 12:00", contact(true))]);
    assert!(story.state.latest(ClockKind::Contact).is_some_and(|clock| clock.met));
    dispatched().when("02 11:00", contact(true)).then_refused(Rejection::Stage(Stage::Dispatched));
}

#[test]
fn an_answer_without_a_contact_needs_three_vain_ones() {
    let story = dispatched().and(&[("02 11:00", Command::Sign), ("02 11:10", contact(false)), ("02 14:00", contact(false))]);
    let story = story.when("02 15:00", answer()).then_refused(Rejection::ContactFirst);
    story.and(&[("02 16:00", contact(false))]).when("02 16:10", answer()).then(&[("case_answered", "02 16:10")]);
}

#[test]
fn an_answer_has_words() {
    let empty = Command::Answer { answer: "已办".to_owned(), outcome: Outcome::Solved };
    let fault = FieldFault { field: Field::Answer, fault: Fault::TooShort(10) };
    handling().when("03 10:00", empty).then_refused(Rejection::Fields(vec![fault]));
}

#[test]
fn the_head_signs_and_the_review_starts() {
    let story = handling().and(&[("05 10:00", answer())]).when("05 11:00", Command::Approve).then(&[("case_answer_approved", "05 11:00")]);
    assert_eq!((story.state.stage, story.state.holder()), (Stage::HotlineReview, Some(&Holder::Hotline)));
    assert_eq!(story.state.running(ClockKind::Review).map(|clock| clock.due), Some(at("07 00:00")));
    assert!(story.state.running(ClockKind::Handle).is_none() && story.state.running(ClockKind::Total).is_some());
    story.when("05 11:01", Command::Approve).then_quiet();
    handling().when("05 11:00", Command::Approve).then_refused(Rejection::Stage(Stage::Handling));
}

#[test]
fn the_head_sends_back_and_the_limit_runs_on() {
    let story = handling().and(&[("05 10:00", answer())]).when("05 11:00", send_back()).then(&[("case_answer_sent_back", "05 11:00")]);
    assert_eq!((story.state.stage, story.state.running(ClockKind::Handle).map(|clock| clock.due)), (Stage::Handling, Some(at("10 00:00"))));
    story.when("05 11:01", send_back()).then_refused(Rejection::Stage(Stage::Handling));
}

#[test]
fn sent_back_early_the_old_limit_runs_on_and_sent_back_late_there_is_time_to_mend() {
    let early = approved().and(&[("05 12:00", send_back())]).state;
    assert_eq!(early.running(ClockKind::Handle).map(|c| (c.from, c.due)), Some((at("02 10:00"), at("10 00:00"))));
    // It left the unit in time and the hotline took until the last day: two working days from then.
    let late = approved().and(&[("09 12:00", send_back())]).state;
    assert_eq!(late.running(ClockKind::Handle).map(|c| (c.from, c.due)), Some((at("09 12:00"), at("12 00:00"))));
    assert_eq!(late.running(ClockKind::Total).map(|c| c.due), Some(at("11 00:00")));
    assert_eq!(late.clocks.iter().filter(|c| c.kind == ClockKind::Handle && c.runs()).count(), 1);
}

#[test]
fn a_passed_answer_is_the_petitioner_s_and_starts_the_call_back() {
    let story = approved().when("06 10:00", Command::Pass).then(&[("case_answer_passed", "06 10:00")]);
    assert_eq!((story.state.stage, story.state.answered_at), (Stage::CallBack, Some(at("06 10:00"))));
    assert_eq!(story.state.running(ClockKind::CallBack).map(|c| c.due), Some(at("12 00:00")));
    assert!(story.state.running(ClockKind::Total).is_none() && story.state.running(ClockKind::Promise).is_none());
    story.when("06 10:01", Command::Pass).then_quiet();
    handling().when("06 10:00", Command::Pass).then_refused(Rejection::Stage(Stage::Handling));
}

#[test]
fn without_a_call_back_a_passed_answer_ends_the_case() {
    let anonymous = file(|form| form.petitioner = None);
    let story = given(&[
        ("02 09:00", anonymous),
        ("02 10:00", dispatch("lamps")),
        ("02 11:00", Command::Sign),
        ("03 10:00", answer()),
        ("03 11:00", Command::Approve),
    ]);
    let story = story.when("03 12:00", Command::Pass).then(&[("case_answer_passed", "03 12:00"), ("case_archived", "03 12:00")]);
    assert_eq!(story.state.ending, Some(Ending::NoCallBack));
    story.when("03 12:01", Command::Pass).then_quiet();
}
