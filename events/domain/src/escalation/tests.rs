use super::*;
use crate::calendar::Calendar;
use crate::case::clock::{Clock, ClockKind};
use crate::case::{Holder, Stage, state::Span as CaseSpan};
use crate::folded::{Folded, fold};
use crate::ids::UnitCode;
use crate::refusal::Refusal;
use crate::rulebook::Rulebook;
use crate::rulebook::shipped::SHIPPED;
use crate::time::Instant;

fn generic() -> Rulebook {
    Rulebook::parse(SHIPPED.iter().find(|(name, _)| *name == "generic").unwrap().1).unwrap()
}

fn at(text: &str) -> Instant {
    format!("{text}+08:00").parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().to_utc()
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn rules<'a>(rules: &'a Rulebook, ladder: &str, calendar: &'a Calendar) -> Rules<'a> {
    Rules { rules, ladder: rules.ladder(ladder).unwrap(), calendar }
}

const CASE: CaseId = CaseId(Uuid::from_u128(5));

fn facts() -> Facts {
    let way = Way { unit: Some(unit("town")), above: Some(unit("county")) };
    Facts { cases: vec![CASE], way, ..Facts::default() }
}

fn case(stage: Stage) -> CaseState {
    let spans = vec![CaseSpan { holder: Holder::Unit(unit("town")), from: at("2026-05-06T10:00:00"), to: None }];
    CaseState {
        stage,
        class: "complaint".into(),
        unit: Some(unit("town")),
        round: 1,
        spans,
        filed_at: Some(at("2026-05-06T10:00:00")),
        ..CaseState::default()
    }
}

fn red() -> Why<'static> {
    Why::Trigger(Entry::Red, "red/1")
}

fn all(events: &[(Instant, EscalationEvent)]) -> Escalation {
    fold(events.iter().map(|(at, event)| (*at, event))).unwrap()
}

#[test]
fn given_a_broken_handling_limit_then_the_red_trigger_comes_three_working_days_later() {
    let (book, calendar) = (generic(), Calendar::official());
    let mut late = case(Stage::Handling);
    late.clocks.push(Clock {
        kind: ClockKind::Handle,
        round: 1,
        holder: Holder::Unit(unit("town")),
        from: at("2026-05-06T10:00:00"),
        limit: "5wd".parse().unwrap(),
        // Monday 24:00.
        due: at("2026-05-12T00:00:00"),
        warn_at: None,
        provisional: false,
        calendar: calendar.version().to_owned(),
        rulebook: book.reference(),
        warned: true,
        breached: false,
        ended: None,
        met: false,
    });
    assert_eq!(expected(&late, &book, |_| &calendar), []);
    late.clocks[0].breached = true;
    let found = expected(&late, &book, |_| &calendar);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].trigger.as_str(), found[0].level, found[0].at), ("red/1", 2, at("2026-05-15T00:00:00")));
    late.clocks[0].ended = Some(at("2026-05-13T10:00:00"));
    assert_eq!(expected(&late, &book, |_| &calendar), []);
}

#[test]
fn given_a_case_handled_again_then_the_first_time_gives_the_second_level_and_the_second_time_the_third() {
    let (book, calendar) = (generic(), Calendar::official());
    for (round, level) in [(2, 2), (3, 3)] {
        let mut again = case(Stage::Handling);
        again.round = round;
        let clock = |kind| crate::case::clock::Clock {
            kind,
            round,
            holder: Holder::Hotline,
            from: at("2026-05-07T09:00:00"),
            limit: "5wd".parse().unwrap(),
            due: at("2026-05-15T00:00:00"),
            warn_at: None,
            provisional: false,
            calendar: String::new(),
            rulebook: String::new(),
            warned: false,
            breached: false,
            ended: None,
            met: false,
        };
        again.clocks.push(clock(ClockKind::Handle));
        let found = expected(&again, &book, |_| &calendar);
        assert_eq!(found.iter().map(|one| (one.trigger.clone(), one.level)).collect::<Vec<_>>(), [(format!("rehandled/{round}"), level)]);
        again.external = Some(crate::case::event::External { source: "a".into(), id: "1".into(), fingerprint: String::new() });
        assert_eq!(expected(&again, &book, |_| &calendar), [], "another system's");
    }
}

#[test]
fn given_a_filing_as_stuck_then_its_own_ladder_begins_at_level_one_with_the_hotline() {
    let (book, calendar) = (generic(), Calendar::official());
    let mut stuck = case(Stage::Filed);
    stuck.class = "stuck".into();
    let found = expected(&stuck, &book, |_| &calendar);
    assert_eq!(found.iter().map(|one| (one.ladder.as_str(), one.trigger.as_str(), one.level)).collect::<Vec<_>>(), [("stuck", "filed", 1)]);
    let facts = Facts { way: Way::default(), ..facts() };
    let now = at("2026-05-06T10:00:00");
    let events = raise(None, &facts, rules(&book, "stuck", &calendar), 1, Why::Trigger(Entry::Filed, "filed"), now).unwrap();
    let state = Escalation::evolve(None, now, &events[0]).unwrap();
    assert_eq!((state.level, &state.owner, state.due()), (1, &Owner::Hotline, Some(at("2026-05-08T00:00:00"))));
    assert_eq!(Escalation::marks(None, now, &events[0], &state), [], "the first level counts against nobody");
    // Given to a unit within the day: that unit holds the level, the clock runs on.
    let dispatched = CaseState { dispatched_at: Some(at("2026-05-06T11:00:00")), ..self::case(Stage::Dispatched) };
    let handed = tick(&state, &[dispatched], &facts, rules(&book, "stuck", &calendar), at("2026-05-06T12:00:00")).unwrap();
    let after = Escalation::evolve(Some(state.clone()), handed[0].0, &handed[0].1).unwrap();
    assert_eq!((handed[0].0, &after.owner, after.due()), (at("2026-05-06T11:00:00"), &Owner::Unit(unit("town")), state.due()));
    assert_eq!(after.spans.iter().map(|span| span.level).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn given_a_trigger_then_it_raises_once_and_a_further_one_below_is_noted() {
    let (book, calendar) = (generic(), Calendar::official());
    let rules = rules(&book, "response", &calendar);
    let now = at("2026-05-06T10:00:00");
    let first = raise(None, &facts(), rules, 2, red(), now).unwrap();
    let state = all(&[(now, first[0].clone())]);
    assert_eq!((state.level, &state.owner), (2, &Owner::Unit(unit("county"))));
    assert_eq!(
        Escalation::marks(None, now, &first[0], &state),
        [crate::mark::Change::add(&unit("town"), crate::mark::MarkKind::Escalated, "2")]
    );
    assert_eq!(raise(Some(&state), &facts(), rules, 2, red(), now).unwrap(), []);
    let again = raise(Some(&state), &facts(), rules, 2, Why::Trigger(Entry::Rehandled, "rehandled/2"), now).unwrap();
    assert!(matches!(again[..], [EscalationEvent::Noted(_)]), "{again:?}");
    let duties = state.duties();
    assert_eq!(
        duties.iter().map(|duty| (duty.holder.name(), duty.task.as_str())).collect::<Vec<_>>(),
        [("unit:county".to_owned(), "escalation_handle")]
    );
}

#[test]
fn given_no_unit_above_or_a_report_of_wrongdoing_then_the_second_level_is_the_offices() {
    let (book, calendar) = (generic(), Calendar::official());
    let rules = rules(&book, "response", &calendar);
    let now = at("2026-05-06T10:00:00");
    let alone = Facts { way: Way { above: None, ..facts().way }, ..facts() };
    for facts in [alone, Facts { wrongdoing: true, ..facts() }] {
        let events = raise(None, &facts, rules, 2, red(), now).unwrap();
        assert_eq!(all(&[(now, events[0].clone())]).owner, Owner::Office);
    }
}

#[test]
fn given_time_running_out_then_each_level_gives_way_at_its_due_instant_and_the_highest_is_tracked() {
    let (book, calendar) = (generic(), Calendar::official());
    let rules = rules(&book, "response", &calendar);
    let start = at("2026-05-06T10:00:00");
    let mut log = vec![(start, raise(None, &facts(), rules, 2, red(), start).unwrap().remove(0))];
    let far = at("2026-12-01T00:00:00");
    for step in 0..5 {
        let state = all(&log);
        let due = state.next_at().unwrap();
        let open = [case(Stage::Handling)];
        assert_eq!(tick(&state, &open, &facts(), rules, due - chrono::TimeDelta::microseconds(1)).unwrap(), []);
        let acts = tick(&state, &open, &facts(), rules, far).unwrap();
        assert_eq!(acts.len(), 1);
        assert_eq!(acts[0].0, due, "step {step}");
        log.extend(acts);
    }
    let state = all(&log);
    assert_eq!((state.level, state.tracked, state.spans.len()), (4, 3, 3));
    assert_eq!(state.spans.iter().map(|span| span.level).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(state.spans.windows(2).all(|pair| pair[0].to == Some(pair[1].from)));
    assert!(state.duties().iter().any(|duty| duty.task == "escalation_track"));
}

#[test]
fn given_a_reason_that_lies_not_with_the_unit_then_nothing_on_the_way_up_counts_against_it() {
    let (book, calendar) = (generic(), Calendar::official());
    let rules = rules(&book, "response", &calendar);
    let start = at("2026-05-06T10:00:00");
    let mut log = vec![(start, raise(None, &facts(), rules, 2, Why::Hand(Entry::NoPower, "需上级授权"), start).unwrap().remove(0))];
    for _ in 0..2 {
        let before = all(&log);
        let act = tick(&before, &[case(Stage::Handling)], &facts(), rules, at("2026-12-01T00:00:00")).unwrap().remove(0);
        log.push(act.clone());
        assert_eq!(Escalation::marks(Some(&before), act.0, &act.1, &all(&log)), []);
    }
    assert_eq!(all(&log).level, 4);
}

#[test]
fn given_a_group_then_cases_join_once_each_until_it_is_full_and_again_when_it_is_over() {
    let (book, calendar) = (generic(), Calendar::official());
    let rules = rules(&book, "response", &calendar);
    let start = at("2026-05-06T10:00:00");
    let id = |n: usize| CaseId(uuid::Uuid::from_u128(n as u128 + 1));
    let first = Facts { cases: (0..10).map(id).collect(), cluster: "complaint/440310/town".to_owned(), ..facts() };
    let mut log = vec![(start, raise(None, &first, rules, 2, Why::Trigger(Entry::Petitioners, "petitioners/0"), start).unwrap().remove(0))];
    let further: Vec<CaseId> = (5..500).map(id).collect();
    let joined = join(&all(&log), &further, |case| format!("petitioners/{}", case.0));
    assert_eq!(joined.len(), MOST_TOGETHER - 10);
    log.extend(joined.into_iter().map(|event| (start, event)));
    let full = all(&log);
    assert!(full.is_full() && full.cases.len() == MOST_TOGETHER && full.cases.contains(&id(10)) && !full.cases.contains(&id(400)));
    assert_eq!(join(&full, &further, |_| String::new()), []);
    let ended = CaseState { ended_at: Some(start), ..case(Stage::Archived) };
    log.extend(tick(&full, &vec![ended; MOST_TOGETHER], &facts(), rules, start).unwrap());
    assert!(!all(&log).is_full() && !all(&log).is_open());
}

#[test]
fn given_an_answer_then_the_clock_stands_and_begins_anew_when_it_comes_back_and_the_end_resolves() {
    let (book, calendar) = (generic(), Calendar::official());
    let rules = rules(&book, "response", &calendar);
    let start = at("2026-05-06T10:00:00");
    let mut log = vec![(start, raise(None, &facts(), rules, 2, red(), start).unwrap().remove(0))];
    let with = |stage, holder, from: &str| CaseState { spans: vec![CaseSpan { holder, from: at(from), to: None }], ..case(stage) };
    let answered = with(Stage::HotlineReview, Holder::Hotline, "2026-05-07T10:00:00");
    assert!(out_of_step(&all(&log), &[Member::from(&answered)]));
    // Automation comes late: the answer was in time, and nothing is raised.
    log.extend(tick(&all(&log), std::slice::from_ref(&answered), &facts(), rules, at("2026-07-01T00:00:00")).unwrap());
    let state = all(&log);
    assert_eq!(
        (state.answered, state.next_at(), out_of_step(&state, &[Member::from(&answered)])),
        (Some(at("2026-05-07T10:00:00")), None, false)
    );
    let back = with(Stage::Handling, Holder::Unit(unit("town")), "2026-05-08T10:00:00");
    log.extend(tick(&state, &[back], &facts(), rules, at("2026-05-08T11:00:00")).unwrap());
    let state = all(&log);
    assert_eq!((state.answered, state.level, state.due()), (None, 2, Some(at("2026-05-15T00:00:00"))));
    let ended = CaseState { ended_at: Some(at("2026-05-09T10:00:00")), ..case(Stage::Archived) };
    log.extend(tick(&state, &[ended], &facts(), rules, at("2026-05-09T11:00:00")).unwrap());
    let state = all(&log);
    assert_eq!(state.resolved, Some((at("2026-05-09T10:00:00"), Resolution::CaseEnded)));
    assert_eq!((state.duties().len(), state.next_at()), (0, None));
}

#[test]
fn given_the_third_level_then_a_meeting_comes_before_the_outcome_and_a_raise_after_it_reopens() {
    let (book, calendar) = (generic(), Calendar::official());
    let rules = rules(&book, "response", &calendar);
    let start = at("2026-05-06T10:00:00");
    let mut log = vec![(start, raise(None, &facts(), rules, 3, Why::Hand(Entry::Difficult, "涉及三个部门"), start).unwrap().remove(0))];
    assert!(matches!(resolve(&all(&log), "已办成"), Err(Refusal::Fields(_))));
    let day = crate::time::legal_day(start);
    let empty = Convening { held: None, units: vec![], resolution: String::new(), tasks: vec![] };
    let Err(Refusal::Fields(fields)) = convene(&all(&log), &empty, start) else { panic!("an empty meeting") };
    assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["held", "units", "resolution"]);
    let meeting = Convening {
        held: Some(day),
        units: vec![unit("town"), unit("county")],
        resolution: "由镇牵头".into(),
        tasks: vec![(unit("town"), "修复".into(), day.succ_opt())],
    };
    log.extend(convene(&all(&log), &meeting, start).unwrap().into_iter().map(|event| (start, event)));
    let state = all(&log);
    assert!(state.duties().iter().any(|duty| duty.task == "escalation_task") && state.to_convene().is_none());
    assert!(matches!(lower(&state, &facts(), rules, 3, "回原级", start), Err(Refusal::Fields(_))));
    log.extend(lower(&state, &facts(), rules, 1, "已明确由镇办理", start).unwrap().into_iter().map(|event| (start, event)));
    assert_eq!((all(&log).level, all(&log).owner), (1, Owner::Unit(unit("town"))));
    log.extend(report(&all(&log), "已修复").unwrap().into_iter().map(|event| (start, event)));
    assert!(matches!(report(&all(&log), "再报"), Err(Refusal::Stage(_))));
    log.extend(resolve(&all(&log), "已办成").unwrap().into_iter().map(|event| (start, event)));
    assert!(matches!(resolve(&all(&log), "再办"), Err(Refusal::Stage(_))));
    let again = raise(Some(&all(&log)), &facts(), rules, 2, red(), start).unwrap();
    assert!(matches!(again[..], [EscalationEvent::Reopened(_)]));
    log.extend(again.into_iter().map(|event| (start, event)));
    assert!(all(&log).is_open());
}
