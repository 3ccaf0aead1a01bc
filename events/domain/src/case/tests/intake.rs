//! Filing, acceptance, refusal, direct answer, dispatch.

use super::*;
use crate::case::command::{Fault, Field, FieldFault};
use crate::case::event::{Agent, Ending};

fn fields(faults: &[(Field, Fault)]) -> Rejection {
    Rejection::Fields(faults.iter().map(|(field, fault)| FieldFault { field: *field, fault: *fault }).collect())
}

#[test]
fn a_demand_is_filed_with_its_promise() {
    let story = given(&[]).when("02 09:00", filed()).then(&[("case_filed", "02 09:00")]);
    assert_eq!((story.state.stage, story.state.holder()), (Stage::Filed, Some(&Holder::Hotline)));
    assert_eq!(story.state.running(ClockKind::Accept).map(|c| c.due), Some(at("04 00:00")));
    assert_eq!(story.state.running(ClockKind::Promise).map(|c| c.due), Some(at("12 00:00")));
}

#[test]
fn the_same_form_sent_twice_is_filed_once() {
    given(&[("02 09:00", filed())]).when("02 09:01", filed()).then_quiet();
}

#[test]
fn every_field_that_is_wrong_is_named_at_once() {
    let bad = file(|form| {
        form.class = String::new();
        form.channel = "smoke".to_owned();
        form.urgency = "very".to_owned();
        form.division = "99".to_owned();
        form.demand.words = "  灯坏了  ".to_owned();
        form.demand.wish = "快".repeat(201);
        form.petitioner = Some(Petitioner { name: " ".to_owned(), phone: "12".to_owned(), email: "a@".to_owned() });
        form.agent = Some(Agent { name: "李某".to_owned(), relation: String::new() });
    });
    given(&[]).when("02 09:00", bad).then_refused(fields(&[
        (Field::Class, Fault::Missing),
        (Field::Channel, Fault::Unknown),
        (Field::Urgency, Fault::Unknown),
        (Field::Division, Fault::Unknown),
        (Field::Words, Fault::TooShort(10)),
        (Field::Wish, Fault::TooLong(200)),
        (Field::Name, Fault::Missing),
        (Field::Phone, Fault::Malformed),
        (Field::Email, Fault::Malformed),
        (Field::Agent, Fault::Missing),
    ]));
}

#[test]
fn a_report_of_wrongdoing_is_confidential_and_never_published() {
    let state = given(&[("02 09:00", file(|form| form.class = "report".to_owned()))]).state;
    assert!(state.wrongdoing && state.confidential && !state.publish);
}

#[test]
fn the_title_is_made_from_the_first_line_of_the_words() {
    let long = file(|form| form.demand.words = format!("  {}\n第二行", "路灯".repeat(20)));
    let CaseEvent::Filed(event) = &given(&[("02 09:00", long)]).events[0].event else { panic!("another event") };
    let demand = event.demand.known().unwrap();
    assert_eq!(demand.title, format!("{}…", "路灯".repeat(12)));
    assert!(demand.words.ends_with("第二行"));
}

#[test]
fn the_hotline_accepts_once() {
    let story = given(&[("02 09:00", filed())]).when("02 09:30", Command::Accept).then(&[("case_accepted", "02 09:30")]);
    story.when("02 09:31", Command::Accept).then_quiet();
    dispatched().when("02 10:30", Command::Accept).then_refused(Rejection::Stage(Stage::Dispatched));
}

#[test]
fn a_refusal_needs_a_ground_and_words_and_ends_every_limit() {
    let refuse = |ground: &str, words: &str| Command::Refuse { ground: ground.to_owned(), words: words.to_owned() };
    let story = given(&[("02 09:00", filed())]);
    story.clone().when("02 09:30", refuse("", "请走诉讼途径")).then_refused(fields(&[(Field::Ground, Fault::Missing)]));
    story.clone().when("02 09:30", refuse("whim", "请走诉讼途径")).then_refused(fields(&[(Field::Ground, Fault::Unknown)]));
    story.clone().when("02 09:30", refuse("legal_path", "")).then_refused(fields(&[(Field::Reason, Fault::Missing)]));
    let story = story.when("02 09:30", refuse("legal_path", "请走诉讼途径")).then(&[("case_refused", "02 09:30")]);
    assert_eq!((story.state.stage, story.state.holder(), story.state.acts().count()), (Stage::Refused, None, 0));
    story.when("02 09:31", refuse("legal_path", "请走诉讼途径")).then_quiet();
}

#[test]
fn a_direct_answer_ends_the_case() {
    let direct = || Command::AnswerDirectly { answer: "办理社保转移请带身份证。".to_owned() };
    let story = given(&[("02 09:00", filed())])
        .when("02 09:30", direct())
        .then(&[("case_answered_directly", "02 09:30"), ("case_archived", "02 09:30")]);
    assert_eq!((story.state.ending, story.state.answered_at), (Some(Ending::Direct), Some(at("02 09:30"))));
    story.when("02 09:31", direct()).then_quiet();
    dispatched().when("02 10:30", direct()).then_refused(Rejection::Stage(Stage::Dispatched));
}

#[test]
fn a_direct_answer_that_was_disputed_with_reason_goes_back_to_be_dispatched() {
    let direct = Command::AnswerDirectly { answer: "办理社保转移请带身份证。".to_owned() };
    let story = given(&[("02 09:00", filed()), ("02 09:30", direct), ("03 09:00", dispute()), ("03 10:00", judge(true))]);
    assert_eq!((story.state.stage, story.state.round, story.state.holder()), (Stage::Accepted, 2, Some(&Holder::Hotline)));
    assert_eq!(story.state.running(ClockKind::Accept).map(|c| c.due), Some(at("05 00:00")));
    let story = story.and(&[("03 11:00", dispatch("lamps"))]);
    assert_eq!((story.state.stage, story.state.running(ClockKind::Handle).map(|c| c.round)), (Stage::Dispatched, Some(2)));
}

#[test]
fn the_matter_runs_from_dispatch_and_each_limit_binds_its_holder() {
    let story = given(&[("02 09:00", filed())])
        .when("02 10:00", dispatch("lamps"))
        .then(&[("case_accepted", "02 10:00"), ("case_dispatched", "02 10:00")]);
    let table = |kind| story.state.running(kind).map(|c| (c.from, c.due, c.holder.clone()));
    let lamps = Holder::Unit(unit("lamps"));
    assert_eq!(table(ClockKind::Total), Some((at("02 10:00"), at("11 00:00"), Holder::Hotline)));
    assert_eq!(table(ClockKind::Handle), Some((at("02 10:00"), at("10 00:00"), lamps.clone())));
    assert_eq!(table(ClockKind::Sign), Some((at("02 10:00"), at("02 15:30"), lamps.clone())));
    assert_eq!(table(ClockKind::Contact), Some((at("02 10:00"), at("03 10:00"), lamps)));
    assert_eq!(table(ClockKind::Accept), None);
}

#[test]
fn a_case_is_dispatched_once_and_not_to_a_second_unit() {
    dispatched().when("02 10:01", dispatch("lamps")).then_quiet();
    dispatched().when("02 10:01", dispatch("roads")).then_refused(Rejection::OtherUnit);
    handling().when("02 13:00", dispatch("lamps")).then_refused(Rejection::Stage(Stage::Handling));
}

#[test]
fn an_own_decision_is_explained_and_one_by_the_catalogue_need_not_be() {
    let to = |entry: &str| Command::Dispatch { unit: unit("lamps"), level: Level::City, entry: entry.to_owned(), reason: String::new() };
    given(&[("02 09:00", filed())]).when("02 10:00", to("")).then_refused(fields(&[(Field::Reason, Fault::Missing)]));
    assert_eq!(given(&[("02 09:00", filed()), ("02 10:00", to("12-3"))]).state.stage, Stage::Dispatched);
}

#[test]
fn a_unit_that_may_not_know_the_petitioner_need_not_contact_him() {
    for change in [(|form: &mut File| form.petitioner = None) as fn(&mut File), |form| form.confidential = true] {
        let story =
            given(&[("02 09:00", file(change)), ("02 10:00", dispatch("lamps")), ("02 11:00", Command::Sign), ("03 11:00", answer())]);
        assert_eq!((story.state.stage, story.state.latest(ClockKind::Contact)), (Stage::UnitReview, None));
    }
}

#[test]
fn before_it_is_filed_there_is_no_case() {
    for command in [Command::Accept, Command::Sign, Command::Pass, dispute(), tick(ClockKind::Accept, 1, Act::Breach)] {
        given(&[]).when("02 09:00", command).then_refused(Rejection::NotFound);
    }
}
