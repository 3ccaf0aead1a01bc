//! Warnings and breaches: once each, at their instant, whichever order acts and ticks come in.

use super::*;
use crate::calendar::{Closure, Overlay};
use crate::case::clock::warn_at;
use crate::rulebook::Warning;

fn warn(percent: u8, before_working_days: u8, from: &str, due: &str) -> Instant {
    warn_at(&Calendar::official(), &Warning { percent, before_working_days }, at(from), at(due))
}

#[test]
fn a_warning_comes_at_the_later_of_the_share_and_the_working_day_before() {
    // 80 % of 02 10:00 – 10 00:00 is 08 12:24, a Sunday; one working day before is Monday the 9th.
    assert_eq!(warn(80, 1, "02 10:00", "10 00:00"), at("09 00:00"));
    assert_eq!(warn(80, 0, "02 00:00", "12 00:00"), at("10 00:00"));
    // Over a weekend the working day before the end of Monday is that Monday, two are Friday and Monday.
    assert_eq!(warn(1, 2, "02 10:00", "10 00:00"), at("06 00:00"));
    // A limit in hours: the share is later.
    assert_eq!(warn(80, 1, "02 10:00", "02 11:00"), at("02 10:48"));
}

#[test]
fn a_warning_has_whole_microseconds_as_it_is_stored() {
    let from = at("02 10:00") + chrono::Duration::microseconds(1);
    let at = warn_at(&Calendar::official(), &Warning { percent: 77, before_working_days: 0 }, from, at("02 10:01"));
    assert_eq!(at.timestamp_subsec_nanos() % 1000, 0);
}

#[test]
fn a_limit_is_warned_once_and_broken_once_at_its_own_instants() {
    let story = handling();
    story.clone().when("08 10:00", tick(ClockKind::Handle, 1, Act::Warn)).then_quiet();
    let story = story.when("09 00:00", tick(ClockKind::Handle, 1, Act::Warn)).then(&[("case_limit_warned", "09 00:00")]);
    let story = story.when("09 00:01", tick(ClockKind::Handle, 1, Act::Warn)).then_quiet();
    let story = story.when("09 23:59", tick(ClockKind::Handle, 1, Act::Breach)).then_quiet();
    let story = story.when("12 10:00", tick(ClockKind::Handle, 1, Act::Breach)).then(&[("case_limit_breached", "10 00:00")]);
    story.when("12 10:01", tick(ClockKind::Handle, 1, Act::Breach)).then_quiet();
}

#[test]
fn late_ticks_give_the_warning_and_the_breach_of_every_limit_in_order() {
    let story = dispatched().ticked("30 00:00");
    let happened: Vec<_> = story.events.iter().filter(|one| one.event.is_automatic()).map(|one| one.event.kind()).collect();
    assert_eq!(
        (story.count("case_limit_warned"), story.count("case_limit_breached"), story.count("case_deemed_received")),
        (4, 3, 1),
        "{happened:?}"
    );
    assert_eq!(story.clone().ticked("30 00:00").events, story.events);
}

#[test]
fn a_tick_for_a_limit_that_is_not_there_does_nothing() {
    handling().when("30 00:00", tick(ClockKind::Handle, 2, Act::Breach)).then_quiet();
    handling().when("30 00:00", tick(ClockKind::CallBack, 1, Act::Breach)).then_quiet();
    handling().when("30 00:00", tick(ClockKind::Promise, 1, Act::Breach)).then_quiet();
}

#[test]
fn after_the_end_nothing_is_due() {
    let story = passed().and(&[("09 10:00", called(true, "satisfied"))]);
    assert_eq!(story.state.acts().count(), 0);
    for kind in ClockKind::ALL {
        story.clone().when("30 00:00", tick(kind, 1, Act::Breach)).then_quiet();
    }
}

#[test]
fn the_due_instant_is_too_late_whichever_of_act_and_tick_comes_first() {
    let story = handling().and(&[("09 10:00", answer())]);
    let acted = story.clone().and(&[("10 00:00", Command::Approve)]);
    let ticked = story.ticked("10 00:00").and(&[("10 00:00", Command::Approve)]);
    assert_eq!(acted.sums(), ticked.sums());
    assert_eq!((acted.sum(Measure::Answered, "lamps"), acted.sum(Measure::Overdue, "lamps")), ((0, 1), (1, 1)));
    let in_time = handling().and(&[("09 10:00", answer()), ("09 23:59", Command::Approve)]);
    assert_eq!(in_time.sum(Measure::Answered, "lamps"), (1, 1));
}

#[test]
fn an_act_that_outruns_automation_is_recorded_after_the_breach_that_was_owed() {
    let story = handling().and(&[("05 10:00", answer())]);
    let story = story.when("12 10:00", Command::Approve).then(&[
        ("case_limit_breached", "10 00:00"),
        ("case_limit_breached", "11 00:00"),
        ("case_answer_approved", "12 10:00"),
    ]);
    assert_eq!(story.clone().ticked("12 10:00").events, story.events);
}

#[test]
fn the_matter_s_lateness_is_answered_for_by_who_consumed_most_of_it() {
    // Eight days: three with the unit, five in the hotline's review.
    let story = approved().ticked("12 00:00");
    let breach = story.events.iter().find_map(|one| match &one.event {
        CaseEvent::LimitBreached(e) if e.clock == ClockKind::Total => Some(e.clone()),
        _ => None,
    });
    let breach = breach.unwrap();
    assert_eq!(breach.holder, Holder::Hotline);
    assert_eq!(breach.consumed, [(Holder::Unit(unit("lamps")), 73 * 60), (Holder::Hotline, 133 * 60)]);
    // The unit, which had met its own limit, is not late.
    assert_eq!(story.sum(Measure::Answered, "lamps"), (1, 1));
    assert_eq!(story.sum(Measure::Overdue, "lamps"), (0, 0));
}

fn closed(story: &Story, day: &str) -> Calendar {
    let day = crate::time::legal_day(at(&format!("{day} 12:00")));
    let closure = Closure { name: "台风停工".to_owned(), basis: "市防指令".to_owned(), from: day, to: None };
    story.calendar.with_overlay(&Overlay { name: "某市".to_owned(), closures: vec![closure], ..Overlay::default() })
}

#[test]
fn a_new_calendar_moves_open_limits_and_leaves_the_ended_ones() {
    let mut story = handling();
    story.calendar = closed(&story, "06");
    let story = story.when("04 10:00", Command::Recompute).then(&[
        ("case_deadline_recomputed", "04 10:00"),
        ("case_deadline_recomputed", "04 10:00"),
        ("case_deadline_recomputed", "04 10:00"),
    ]);
    assert_eq!(story.state.running(ClockKind::Handle).map(|c| c.due), Some(at("11 00:00")));
    assert_eq!(story.state.latest(ClockKind::Sign).map(|c| c.due), Some(at("02 15:30")));
    story.when("04 10:01", Command::Recompute).then_quiet();
}

#[test]
fn a_deadline_that_moves_past_a_recorded_breach_takes_it_back() {
    let mut story = handling().ticked("10 01:00");
    assert_eq!(story.sum(Measure::Overdue, "lamps"), (1, 1));
    story.calendar = closed(&story, "06");
    let story = story.and(&[("10 09:00", Command::Recompute)]);
    assert_eq!((story.count("case_breach_withdrawn"), story.sums().get(&(Measure::Overdue, "lamps".to_owned()))), (1, None));
    let kept = story.clone().and(&[("10 10:00", answer()), ("10 11:00", Command::Approve)]);
    assert_eq!(kept.sum(Measure::Answered, "lamps"), (1, 1));
    let broken = story.ticked("12 00:00");
    assert_eq!((broken.sum(Measure::Answered, "lamps"), broken.sum(Measure::Overdue, "lamps")), ((0, 1), (1, 1)));
    let warned = |e: &Happened| matches!(&e.event, CaseEvent::LimitWarned(e) if e.clock == ClockKind::Handle);
    assert_eq!(broken.events.iter().filter(|one| warned(one)).count(), 1);
}
