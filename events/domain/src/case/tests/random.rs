//! Whatever is asked in whatever order, what must always hold holds.

use proptest::prelude::*;

use super::*;
use crate::case::command::Asserted;

fn allowed(from: Stage, to: Stage, external: bool) -> bool {
    use Stage::{Accepted, Archived, CallBack, Dispatched, Filed, Handling, HotlineReview, Judging, None, Refused, UnitReview};
    from == to
        // Another system says where its case stands.
        || (external && !from.is_ended() && matches!(to, Handling | Archived))
        || match from {
            None => to == Filed,
            Filed => matches!(to, Accepted | Dispatched | Refused | Archived | Handling),
            Accepted => matches!(to, Dispatched | Refused | Archived),
            Dispatched => to == Handling,
            Handling => matches!(to, UnitReview | Archived),
            UnitReview => matches!(to, Handling | HotlineReview),
            HotlineReview => matches!(to, Handling | CallBack),
            CallBack => matches!(to, Judging | Archived),
            Judging => matches!(to, Accepted | Dispatched | Archived),
            Archived => to == Judging,
            Refused => false,
        }
}

/// A command that takes the case on from where it stands, so that histories go deep.
fn onwards(turn: u8, state: &CaseState) -> Command {
    let kinds: &[u8] = match state.stage {
        Stage::None => &[0, 0, 0, 1, 24],
        Stage::Filed | Stage::Accepted => &[2, 4, 5, 5, 5],
        Stage::Dispatched => &[6, 8],
        Stage::Handling => &[9, 9, 11, 11, 8],
        Stage::UnitReview => &[13, 13, 15],
        Stage::HotlineReview => &[16, 16, 15],
        Stage::CallBack => &[18, 19, 20, 21],
        Stage::Judging => &[22, 22, 21],
        Stage::Archived | Stage::Refused => &[21, 20],
    };
    command(kinds[usize::from(turn) % kinds.len()], turn, state)
}

fn command(kind: u8, turn: u8, state: &CaseState) -> Command {
    match kind {
        0 => filed(),
        1 => file(|form| form.petitioner = None),
        2 => Command::Accept,
        3 => Command::Refuse { ground: "legal_path".to_owned(), words: "请走诉讼途径".to_owned() },
        4 => Command::AnswerDirectly { answer: "请带身份证办理。".to_owned() },
        5 => dispatch(if turn.is_multiple_of(2) { "lamps" } else { "roads" }),
        6 | 7 => Command::Sign,
        8 => Command::Assign { section: format!("{}科", turn % 3), handler: None },
        9 | 10 => contact(!turn.is_multiple_of(3)),
        11 | 12 => answer(),
        13 | 14 => Command::Approve,
        15 => send_back(),
        16 | 17 => Command::Pass,
        18 => called(turn.is_multiple_of(2), "satisfied"),
        19 => missed(),
        20 => Command::Rate { stars: turn % 6, words: String::new() },
        21 => dispute(),
        22 => judge(!turn.is_multiple_of(3)),
        23 => Command::Recompute,
        24 => row(&turn.to_string(), |row| {
            row.unit = (!turn.is_multiple_of(3)).then(|| (unit(if turn % 3 == 1 { "lamps" } else { "roads" }), Level::City));
            row.answer = (turn % 5 > 2).then(|| {
                ("已修复。".to_owned(), (turn.is_multiple_of(2)).then(|| row.filed_at + chrono::Duration::hours(i64::from(turn))))
            });
            row.asserted = if turn.is_multiple_of(7) {
                vec![Asserted { measure: Measure::Answered, value: turn.is_multiple_of(2), provenance: "x".to_owned() }]
            } else {
                vec![]
            };
        }),
        // A tick of automation for some limit, due or not.
        _ => {
            let acts: Vec<_> = state.clocks.iter().map(|clock| (clock.kind, clock.round)).collect();
            let (clock, round) = acts.get(usize::from(turn) % acts.len().max(1)).copied().unwrap_or((ClockKind::Handle, 1));
            tick(clock, round, if turn.is_multiple_of(2) { Act::Warn } else { Act::Breach })
        }
    }
}

fn check(before: &CaseState, story: &Story, now: Instant, new: &[Happened]) {
    let state = &story.state;
    let mut from = before.clone();
    for one in new {
        let to = evolve(from.clone(), one.at, &one.event);
        assert!(allowed(from.stage, to.stage, to.external.is_some()), "{:?} → {:?} by {}", from.stage, to.stage, one.event.kind());
        from = to;
    }
    assert_eq!(from, *state);
    assert_eq!(state.exists() && !state.stage.is_ended(), state.holder().is_some(), "somebody has it until it ends");
    for pair in state.spans.windows(2) {
        assert!(pair[0].to.is_some_and(|to| to <= pair[1].from), "one has it after the other");
    }
    // What was consumed is what has passed since the dispatch, but for the minute of each holder and what lay in the archive.
    if let (Some(first), None) = (state.spans.first(), state.ended_at)
        && state.external.is_none()
        && story.count("case_archived") == 0
    {
        let sum: i64 = state.consumed(first.from, now).iter().map(|(_, minutes)| minutes).sum();
        let passed = (now - first.from).num_minutes();
        assert!((passed - 2..=passed).contains(&sum), "{sum} of {passed}");
    }
    for kind in ClockKind::ALL {
        assert!(state.clocks.iter().filter(|clock| clock.kind == kind && clock.runs()).count() <= 1, "of a kind one runs");
    }
    for clock in &state.clocks {
        assert!(!(clock.met && clock.ended.is_none()));
    }
    // Native cases: of each limit that was set one warning, one breach.
    if state.external.is_none() {
        for kind in ClockKind::ALL {
            let set = state.clocks.iter().filter(|clock| clock.kind == kind).count();
            let warned = story.events.iter().filter(|one| matches!(&one.event, CaseEvent::LimitWarned(e) if e.clock == kind)).count();
            let broken = story.events.iter().filter(|one| matches!(&one.event, CaseEvent::LimitBreached(e) if e.clock == kind)).count();
            assert!(warned <= set && broken <= set, "{kind:?}: {warned} warned, {broken} broken of {set}");
        }
    }
    // A verdict per round and holder, never more; late is what was answered and not in time.
    for name in ["", "lamps", "roads"] {
        let (yes, all) = story.sum(Measure::Answered, name);
        assert!(all <= usize::from(state.round), "answered {all} times in {} rounds", state.round);
        assert_eq!(story.sum(Measure::Overdue, name).0, all - yes, "overdue is answered too late, for {name:?}");
    }
    if state.unit.is_some() {
        let received: usize = ["", "lamps", "roads"].into_iter().map(|name| story.sum(Measure::Received, name).1).sum();
        assert_eq!(received, 1, "received once");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_asked_breaks_what_must_hold(asked in prop::collection::vec((0u8..30, any::<u8>(), 1i64..4_000), 1..80)) {
        let mut story = given(&[]);
        let mut now = at("02 09:00");
        for (kind, turn, minutes) in asked {
            now += chrono::Duration::microseconds(minutes * 60_000_000 + i64::from(turn));
            let asked = if kind < 18 { onwards(turn, &story.state) } else { command(minutes.unsigned_abs() as u8 % 30, turn, &story.state) };
            let decided = story.at(now, asked);
            let new = decided.result.clone().unwrap_or_default();
            check(&decided.before, &decided.story, now, &new);
            story = decided.story;
            // Automation, sometimes.
            if turn.is_multiple_of(3) {
                let kinds: Vec<_> = story.state.acts().map(|(_, clock, act)| (clock.kind, clock.round, act)).collect();
                for (clock, round, act) in kinds {
                    let decided = story.at(now, tick(clock, round, act));
                    let new = decided.result.clone().unwrap();
                    check(&decided.before, &decided.story, now, &new);
                    story = decided.story;
                }
            }
        }
        // The log gives the same state as the memory, and views may keep it.
        let mut folded = CaseState::default();
        for one in &story.events {
            let json = one.event.to_json().unwrap();
            let bytes = serde_json::to_vec(&json).unwrap();
            let stored = crate::time::from_micros(crate::time::micros(one.at));
            prop_assert_eq!(&CaseEvent::from_json(one.event.kind(), one.event.version(), json).unwrap(), &one.event);
            apply(&mut folded, stored, &CaseEvent::from_slice(one.event.kind(), one.event.version(), &bytes).unwrap());
        }
        prop_assert_eq!(&folded, &story.state);
        let kept: CaseState = serde_json::from_slice(&serde_json::to_vec(&folded).unwrap()).unwrap();
        prop_assert_eq!(&kept, &story.state);
    }

    #[test]
    fn automation_that_is_late_gives_the_same_as_automation_that_is_prompt(asked in prop::collection::vec((any::<u8>(), 1i64..6_000), 1..60)) {
        let (mut prompt, mut late) = (given(&[("02 09:00", filed())]), given(&[("02 09:00", filed())]));
        let mut now = at("02 09:00");
        for (turn, minutes) in asked {
            now += chrono::Duration::minutes(minutes);
            prompt = prompt.ticked_at(now);
            let asked = onwards(turn, &prompt.state);
            prompt = prompt.at(now, asked.clone()).story;
            late = late.at(now, asked).story;
        }
        (prompt, late) = (prompt.ticked_at(now), late.ticked_at(now));
        let breaches = |story: &Story| {
            let mut breaches: Vec<_> = story.events.iter().filter(|one| one.event.is_automatic() && one.event.kind() != "case_limit_warned").cloned().collect();
            breaches.sort_by_key(|one| (one.at, format!("{:?}", one.event)));
            breaches
        };
        prop_assert_eq!(breaches(&prompt), breaches(&late));
        prop_assert_eq!(prompt.sums(), late.sums());
        prop_assert_eq!((prompt.state.stage, prompt.state.round, prompt.state.spans), (late.state.stage, late.state.round, late.state.spans));
    }

    #[test]
    fn a_taken_over_case_holds_too(rows in prop::collection::vec((any::<u8>(), 1i64..4_000), 1..8)) {
        let mut story = given(&[]);
        let mut now = at("03 09:00");
        for (turn, minutes) in rows {
            now += chrono::Duration::minutes(minutes);
            let decided = story.at(now, command(24, turn, &CaseState::default()));
            let new = decided.result.clone().unwrap();
            check(&decided.before, &decided.story, now, &new);
            story = decided.story;
            let kinds: Vec<_> = story.state.acts().map(|(_, clock, act)| (clock.kind, clock.round, act)).collect();
            for (clock, round, act) in kinds {
                story = story.at(now, tick(clock, round, act)).story;
            }
        }
        prop_assert!(story.state.clocks.iter().filter(|clock| clock.runs()).all(|clock| !clock.owes_breach(now) || clock.warn_at.is_some()));
    }
}
