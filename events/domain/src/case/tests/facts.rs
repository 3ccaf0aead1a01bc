//! Sums stay right through send-backs, rounds and withdrawals.

use super::*;
use crate::rulebook::Counts;

const LAMPS: &str = "lamps";

#[test]
fn a_case_that_went_well_counts_once_everywhere() {
    let story = passed().and(&[("06 12:00", Command::Rate { stars: 5, words: String::new() }), ("09 10:00", called(true, "mostly"))]);
    for measure in
        [Measure::Received, Measure::Signed, Measure::Contacted, Measure::Answered, Measure::Solved, Measure::Satisfied, Measure::Rated]
    {
        assert_eq!(story.sum(measure, LAMPS), (1, 1), "{measure:?}");
    }
    assert_eq!(story.sums().len(), 7);
}

#[test]
fn sent_back_in_time_an_answer_counts_when_it_leaves_again_and_once() {
    let back = approved().and(&[("05 12:00", send_back())]);
    assert_eq!(back.sum(Measure::Answered, LAMPS), (0, 0));
    let again = back.and(&[
        ("06 10:00", answer()),
        ("06 11:00", Command::Approve),
        ("06 12:00", send_back()),
        ("09 10:00", answer()),
        ("09 11:00", Command::Approve),
    ]);
    assert_eq!(again.sum(Measure::Answered, LAMPS), (1, 1));
}

#[test]
fn broken_stays_broken_through_a_send_back() {
    let late = handling().and(&[("10 09:00", answer()), ("10 10:00", Command::Approve), ("10 12:00", send_back())]);
    let mended = late.clone().and(&[("11 09:00", answer()), ("11 10:00", Command::Approve)]);
    let late_again = late.ticked("20 00:00").and(&[("20 09:00", answer()), ("20 10:00", Command::Approve)]);
    for story in [mended, late_again] {
        assert_eq!((story.sum(Measure::Answered, LAMPS), story.sum(Measure::Overdue, LAMPS)), ((0, 1), (1, 1)));
    }
}

#[test]
fn an_answer_in_time_whose_mending_is_late_counts_as_late() {
    let story = approved().and(&[("09 12:00", send_back())]).ticked("20 00:00");
    assert_eq!((story.sum(Measure::Answered, LAMPS), story.sum(Measure::Overdue, LAMPS)), ((0, 1), (1, 1)));
}

#[test]
fn a_second_round_is_received_once_and_answered_twice_and_a_send_back_in_it_keeps_the_first() {
    let story = second_round().and(&[
        ("10 11:00", Command::Sign),
        ("10 12:00", contact(true)),
        ("11 09:00", answer()),
        ("11 10:00", Command::Approve),
    ]);
    assert_eq!((story.sum(Measure::Received, LAMPS), story.sum(Measure::Rehandled, LAMPS)), ((1, 1), (1, 1)));
    assert_eq!((story.sum(Measure::Answered, LAMPS), story.sum(Measure::Signed, LAMPS)), ((2, 2), (2, 2)));
    let back = story.and(&[("11 11:00", send_back())]);
    assert_eq!(back.sum(Measure::Answered, LAMPS), (1, 1));
}

#[test]
fn not_signed_for_and_not_contacted_in_time_count_as_such_and_late_acts_do_not_mend_it() {
    let story = dispatched().and(&[("04 10:00", Command::Sign), ("04 11:00", contact(true))]);
    assert_eq!((story.sum(Measure::Signed, LAMPS), story.sum(Measure::Contacted, LAMPS)), ((0, 1), (0, 1)));
}

#[test]
fn of_several_call_backs_the_one_that_the_rulebook_names_counts() {
    for (counts, solved) in [(Counts::Last, (1, 1)), (Counts::First, (0, 1))] {
        let mut story = passed();
        story.rules.call_back.counts = counts;
        let story = story.and(&[
            ("09 10:00", called(false, "dissatisfied")),
            ("10 10:00", judge(true)),
            ("10 11:00", Command::Sign),
            ("10 12:00", contact(true)),
            ("11 09:00", answer()),
            ("11 10:00", Command::Approve),
            ("11 11:00", Command::Pass),
            ("12 10:00", called(true, "satisfied")),
        ]);
        assert_eq!((story.sum(Measure::Solved, LAMPS), story.sum(Measure::Satisfied, LAMPS)), (solved, solved));
    }
}

#[test]
fn a_limit_that_ends_with_a_month_belongs_to_it() {
    // Due at 24:00 of 30 November, which is 1 December 00:00.
    let story = given(&[("23 09:00", filed()), ("23 10:00", dispatch(LAMPS)), ("23 11:00", Command::Sign)]).ticked("2026-12-02 00:00");
    let overdue = |change: &Change| match change {
        Change::Add(fact) if fact.measure == Measure::Overdue => Some(fact.period),
        _ => None,
    };
    let periods: Vec<i32> = story.changes.iter().filter_map(overdue).collect();
    assert_eq!(periods, [202_611]);
}
