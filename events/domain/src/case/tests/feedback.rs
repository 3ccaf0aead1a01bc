//! Call-back, rating, "not solved", judgement, second round.

use super::*;
use crate::case::command::{Fault, Field, FieldFault};
use crate::case::event::Ending;

#[test]
fn content_ends_the_case_and_discontent_waits_to_be_judged() {
    let story =
        passed().when("09 10:00", called(true, "satisfied")).then(&[("case_called_back", "09 10:00"), ("case_archived", "09 10:00")]);
    assert_eq!((story.state.ending, story.state.holder()), (Some(Ending::Satisfied), None));
    for unhappy in [called(false, "satisfied"), called(true, "dissatisfied")] {
        let story = passed().when("09 10:00", unhappy).then(&[("case_called_back", "09 10:00")]);
        assert_eq!(story.state.stage, Stage::Judging);
    }
}

#[test]
fn the_third_vain_call_ends_without_a_sample() {
    let story = passed().and(&[("09 10:00", missed()), ("09 19:00", missed())]);
    assert_eq!(story.state.stage, Stage::CallBack);
    let story = story.when("10 12:00", missed()).then(&[("case_called_back", "10 12:00"), ("case_archived", "10 12:00")]);
    assert_eq!((story.state.ending, story.sum(Measure::Solved, "lamps")), (Some(Ending::NotReached), (0, 0)));
    story.when("10 12:01", missed()).then_refused(Rejection::Stage(Stage::Archived));
}

#[test]
fn a_grade_is_one_of_the_rulebook_s() {
    for (grade, fault) in [("", Fault::Missing), ("great", Fault::Unknown)] {
        passed().when("09 10:00", called(true, grade)).then_refused(Rejection::Fields(vec![FieldFault { field: Field::Grade, fault }]));
    }
}

#[test]
fn an_answer_is_rated_once_in_a_round() {
    let rate = |stars| Command::Rate { stars, words: String::new() };
    approved().when("06 09:00", rate(5)).then_refused(Rejection::Stage(Stage::HotlineReview));
    passed().when("06 12:00", rate(6)).then_refused(Rejection::Fields(vec![FieldFault { field: Field::Stars, fault: Fault::Missing }]));
    let story = passed().when("06 12:00", rate(2)).then(&[("case_rated", "06 12:00")]);
    story.when("06 12:01", rate(5)).then_refused(Rejection::AlreadyRated);
    assert_eq!(second_round().state.stars, None);
}

#[test]
fn not_solved_goes_to_the_hotline_also_after_the_archive() {
    let story = passed().and(&[("09 10:00", called(true, "satisfied"))]).when("20 10:00", dispute()).then(&[("case_disputed", "20 10:00")]);
    assert_eq!((story.state.stage, story.state.holder(), story.state.ending), (Stage::Judging, Some(&Holder::Hotline), None));
    let story = story.when("20 10:01", dispute()).then_quiet();
    let story = story.and(&[("23 10:00", judge(false))]);
    assert_eq!(story.state.ending, Some(Ending::NotJustified));
    story.when("24 10:00", dispute()).then_refused(Rejection::Stage(Stage::Archived));
    handling().when("03 10:00", dispute()).then_refused(Rejection::Stage(Stage::Handling));
}

#[test]
fn a_dispute_takes_the_place_of_the_call_back() {
    let story = passed().and(&[("06 12:00", dispute()), ("09 10:00", judge(false))]);
    assert_eq!((story.state.stage, story.state.acts().count()), (Stage::Archived, 0));
}

#[test]
fn justified_dissatisfaction_starts_a_second_round_with_its_own_limits() {
    let story = passed()
        .and(&[("09 10:00", called(false, "dissatisfied"))])
        .when("10 10:00", judge(true))
        .then(&[("case_dissatisfaction_judged", "10 10:00"), ("case_rehandled", "10 10:00")]);
    let state = &story.state;
    assert_eq!(
        (state.stage, state.round, state.contacted, state.holder()),
        (Stage::Dispatched, 2, false, Some(&Holder::Unit(unit("lamps"))))
    );
    assert_eq!(state.running(ClockKind::Handle).map(|c| (c.round, c.due)), Some((2, at("18 00:00"))));
    story.when("10 10:01", judge(true)).then_refused(Rejection::Stage(Stage::Dispatched));
}

#[test]
fn after_the_last_round_the_case_ends_as_it_stands() {
    let again = |days: [&'static str; 6]| {
        [
            (days[0], Command::Sign),
            (days[1], contact(true)),
            (days[2], answer()),
            (days[3], Command::Approve),
            (days[4], Command::Pass),
            (days[5], called(false, "dissatisfied")),
        ]
    };
    let story = second_round().and(&again(["10 11:00", "10 12:00", "11 09:00", "11 10:00", "11 11:00", "12 10:00"]));
    let story = story.and(&[("12 11:00", judge(true))]);
    assert_eq!(story.state.round, 3);
    let story =
        story.and(&again(["12 12:00", "12 13:30", "13 09:00", "13 10:00", "13 11:00", "16 10:00"])).and(&[("16 11:00", judge(true))]);
    assert_eq!((story.state.stage, story.state.ending), (Stage::Archived, Some(Ending::RoundsUsed)));
}
