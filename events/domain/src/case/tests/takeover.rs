//! Rows of another system, in the state of the day.

use super::*;
use crate::case::command::Asserted;
use crate::case::event::Ending;

const NOBODY: &str = "";

fn with_unit(row: &mut TakeOver, code: &str) {
    row.unit = Some((unit(code), Level::City));
}

fn with_answer(row: &mut TakeOver, when: Option<&str>) {
    row.answer = Some(("已修复。".to_owned(), when.map(at)));
}

fn in_time(value: bool) -> Asserted {
    Asserted { measure: Measure::Answered, value, provenance: "INTIME_ARCHIVE_NUM".to_owned() }
}

#[test]
fn a_row_with_unit_and_answer_is_the_whole_case_at_the_historical_times() {
    let story = given(&[])
        .when(
            "30 10:00",
            row("a", |row| {
                with_unit(row, "lamps");
                with_answer(row, Some("05 10:00"));
            }),
        )
        .then(&[
            ("case_filed", "02 10:00"),
            ("case_holder_reported", "02 10:00"),
            ("case_answer_reported", "05 10:00"),
            ("case_archived", "05 10:00"),
        ]);
    assert_eq!((story.sum(Measure::Received, "lamps"), story.sum(Measure::Received, NOBODY)), ((1, 1), (0, 0)));
    assert_eq!((story.sum(Measure::Answered, "lamps"), story.state.ending), ((1, 1), Some(Ending::Source)));
}

#[test]
fn the_same_row_again_is_quiet() {
    let same = || row("a", |row| with_unit(row, "lamps"));
    given(&[("03 01:00", same())]).when("04 01:00", same()).then_quiet();
}

#[test]
fn a_case_that_was_filed_here_is_not_taken_over() {
    dispatched().when("03 01:00", row("a", |row| with_unit(row, "roads"))).then_refused(Rejection::Stage(Stage::Dispatched));
}

#[test]
fn without_rules_for_it_a_row_is_refused() {
    let mut story = given(&[]);
    story.rules.limits.clear();
    story.when("03 01:00", row("a", |_| {})).then_refused(Rejection::NoLimits);
}

#[test]
fn a_late_answer_has_its_breach_at_the_due_instant() {
    let story = given(&[])
        .when(
            "30 10:00",
            row("a", |row| {
                with_unit(row, "lamps");
                with_answer(row, Some("10 12:00"));
            }),
        )
        .then(&[
            ("case_filed", "02 10:00"),
            ("case_holder_reported", "02 10:00"),
            ("case_limit_breached", "10 00:00"),
            ("case_answer_reported", "10 12:00"),
            ("case_archived", "10 12:00"),
        ]);
    assert_eq!((story.sum(Measure::Answered, "lamps"), story.sum(Measure::Overdue, "lamps")), ((0, 1), (1, 1)));
}

#[test]
fn without_a_unit_the_matter_s_limit_is_judged_once() {
    let story = given(&[("30 10:00", row("a", |row| with_answer(row, Some("20 10:00"))))]);
    assert_eq!((story.sum(Measure::Answered, NOBODY), story.sum(Measure::Overdue, NOBODY)), ((0, 1), (1, 1)));
    let story = given(&[("30 10:00", row("a", |row| with_answer(row, Some("04 10:00"))))]);
    assert_eq!((story.sum(Measure::Answered, NOBODY), story.sum(Measure::Received, NOBODY)), ((1, 1), (1, 1)));
}

#[test]
fn an_answer_that_arrives_late_but_was_in_time_withdraws_the_breach() {
    let story = given(&[("03 01:00", row("a", |row| with_unit(row, "lamps")))]).ticked("12 00:00");
    assert_eq!(story.sum(Measure::Overdue, "lamps"), (1, 1));
    let story = story
        .when(
            "13 01:00",
            row("b", |row| {
                with_unit(row, "lamps");
                with_answer(row, Some("09 10:00"));
            }),
        )
        .then(&[
            ("case_source_changed", "13 01:00"),
            ("case_breach_withdrawn", "09 10:00"),
            ("case_breach_withdrawn", "09 10:00"),
            ("case_answer_reported", "09 10:00"),
            ("case_archived", "09 10:00"),
        ]);
    assert_eq!((story.sum(Measure::Answered, "lamps"), story.sum(Measure::Overdue, "lamps")), ((1, 1), (0, 0)));
}

#[test]
fn an_answer_without_a_time_is_judged_by_no_time() {
    let at_once = given(&[(
        "30 10:00",
        row("a", |row| {
            with_unit(row, "lamps");
            with_answer(row, None);
        }),
    )]);
    assert_eq!((at_once.count("case_limit_breached"), at_once.sum(Measure::Answered, "lamps")), (0, (0, 0)));
    // It was open before its limit ended and answered before it ended: in time, whatever the hour was.
    let open = given(&[("03 01:00", row("a", |row| with_unit(row, "lamps")))]);
    let early = open.clone().and(&[(
        "05 01:00",
        row("b", |row| {
            with_unit(row, "lamps");
            with_answer(row, None);
        }),
    )]);
    assert_eq!(early.sum(Measure::Answered, "lamps"), (1, 1));
    let unknown = open.and(&[(
        "20 01:00",
        row("b", |row| {
            with_unit(row, "lamps");
            with_answer(row, None);
        }),
    )]);
    assert_eq!((unknown.sum(Measure::Answered, "lamps"), unknown.sum(Measure::Overdue, "lamps")), ((0, 0), (0, 0)));
    assert_eq!(unknown.state.acts().count(), 0);
}

#[test]
fn a_corrected_time_of_an_answer_is_judged_again() {
    let with = |fingerprint: &str, when: &'static str| {
        row(fingerprint, |row| {
            with_unit(row, "lamps");
            with_answer(row, Some(when));
        })
    };
    let story = given(&[("12 01:00", with("a", "05 10:00"))]).and(&[("13 01:00", with("b", "10 12:00"))]);
    assert_eq!((story.sum(Measure::Answered, "lamps"), story.sum(Measure::Overdue, "lamps")), ((0, 1), (1, 1)));
    let story = story.and(&[("14 01:00", with("c", "06 10:00"))]);
    assert_eq!((story.sum(Measure::Answered, "lamps"), story.sum(Measure::Overdue, "lamps")), ((1, 1), (0, 0)));
    assert_eq!(story.state.answered_at, Some(at("06 10:00")));
}

#[test]
fn another_unit_gets_its_own_limit_and_the_first_keeps_its_lateness() {
    let story = given(&[("03 01:00", row("a", |row| with_unit(row, "lamps")))]).ticked("10 00:00");
    let story = story.and(&[("10 01:00", row("b", |row| with_unit(row, "roads")))]);
    assert_eq!(story.state.running(ClockKind::Handle).map(|c| c.from), Some(at("10 01:00")));
    let story = story.and(&[(
        "13 01:00",
        row("c", |row| {
            with_unit(row, "roads");
            with_answer(row, Some("10 20:00"));
        }),
    )]);
    assert_eq!((story.sum(Measure::Received, "lamps"), story.sum(Measure::Received, "roads")), ((0, 0), (1, 1)));
    assert_eq!((story.sum(Measure::Answered, "lamps"), story.sum(Measure::Answered, "roads")), ((0, 1), (1, 1)));
}

#[test]
fn a_unit_corrected_after_the_end_takes_what_was_judged_and_starts_nothing() {
    let done = |row: &mut TakeOver| with_answer(row, Some("10 12:00"));
    let story = given(&[(
        "12 01:00",
        row("a", |row| {
            with_unit(row, "lamps");
            done(row);
        }),
    )]);
    let story = story.and(&[(
        "13 01:00",
        row("b", |row| {
            with_unit(row, "roads");
            done(row);
        }),
    )]);
    assert_eq!((story.state.stage, story.state.holder(), story.state.acts().count()), (Stage::Archived, None, 0));
    assert_eq!((story.sum(Measure::Overdue, "lamps"), story.sum(Measure::Overdue, "roads")), ((0, 0), (1, 1)));
}

#[test]
fn an_asserted_outcome_counts_as_asserted_and_follows_the_source() {
    let says = |fingerprint: &str, code: &'static str, value| {
        row(fingerprint, |row| {
            with_unit(row, code);
            row.asserted.push(in_time(value));
        })
    };
    let story = given(&[("12 01:00", says("a", "lamps", false))]);
    assert_eq!(
        (story.sum(Measure::Answered, "lamps"), story.sum(Measure::Overdue, "lamps"), story.state.clocks.len()),
        ((0, 1), (1, 1), 0)
    );
    let story = story.and(&[("13 01:00", says("b", "lamps", true))]);
    assert_eq!((story.sum(Measure::Answered, "lamps"), story.sum(Measure::Overdue, "lamps")), ((1, 1), (0, 0)));
    let story = story.and(&[("14 01:00", says("c", "roads", true))]);
    assert_eq!((story.sum(Measure::Answered, "lamps"), story.sum(Measure::Answered, "roads")), ((0, 0), (1, 1)));
    assert_eq!(story.sum(Measure::Received, "roads"), (1, 1));
}

#[test]
fn a_unit_told_after_the_end_counts_in_the_month_of_the_case() {
    let says = |fingerprint: &str, code: Option<&'static str>| {
        row(fingerprint, |row| {
            if let Some(code) = code {
                with_unit(row, code);
            }
            row.asserted.push(in_time(true));
        })
    };
    let story = given(&[("03 01:00", says("a", None))]);
    assert_eq!((story.state.stage, story.state.ended_at), (Stage::Archived, None));
    let story = story.when("13 01:00", says("b", Some("lamps"))).then(&[
        ("case_source_changed", "13 01:00"),
        ("case_holder_reported", "02 10:00"),
        ("case_outcome_asserted", "13 01:00"),
    ]);
    assert_eq!(story.state.dispatched_at, Some(at("02 10:00")));
    assert_eq!((story.sum(Measure::Received, NOBODY), story.sum(Measure::Received, "lamps")), ((0, 0), (1, 1)));
}

#[test]
fn a_source_that_says_in_time_takes_back_our_own_breach() {
    let story = given(&[("03 01:00", row("a", |row| with_unit(row, "lamps")))]).ticked("12 00:00");
    let story = story.and(&[(
        "13 01:00",
        row("b", |row| {
            with_unit(row, "lamps");
            row.asserted.push(in_time(true));
        }),
    )]);
    assert_eq!((story.sum(Measure::Answered, "lamps"), story.sum(Measure::Overdue, "lamps")), ((1, 1), (0, 0)));
    assert!(story.state.clocks.iter().all(|clock| !clock.breached));
}

#[test]
fn another_class_is_taken_over() {
    let story = given(&[("03 01:00", row("a", |_| {}))]);
    let story = story
        .when("04 01:00", row("b", |row| row.class = "help".to_owned()))
        .then(&[("case_source_changed", "04 01:00"), ("case_reclassified", "04 01:00")]);
    assert_eq!(story.state.class, "help");
}
