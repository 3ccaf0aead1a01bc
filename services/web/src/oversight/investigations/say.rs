//! Investigations in words: numbers, stages, limits, the route map.

use domain::investigation::{Clock, Finding, Investigation, LimitKind, Stage};
use domain::time::Instant;
use projections::{Reference, StreamRow};
use templates::components::{Countdown, RouteState, RouteStep, Tag, Tone};

use crate::words;

/// `效投〔2026〕3号`
pub(crate) fn number(row: &StreamRow<Investigation>) -> String {
    format!("效投〔{}〕{}号", row.year, row.ordinal)
}

/// Where it stands, as a badge; a broken limit is said first.
pub(crate) fn stage(state: &Investigation) -> Tag {
    if state.due().is_some_and(|clock| clock.overdue) {
        return Tag::new(&format!("{}，已超期", state.stage.label()), Tone::Bad);
    }
    let tone = match state.stage {
        Stage::Filed => Tone::Warn,
        Stage::Refused => Tone::Neutral,
        Stage::Closed => Tone::Good,
        _ => Tone::Info,
    };
    Tag::new(state.stage.label(), tone)
}

/// A result as a badge.
pub(crate) fn finding(finding: Finding) -> Tag {
    let tone = match finding {
        Finding::Proved | Finding::Mostly | Finding::Partly => Tone::Warn,
        Finding::Untrue => Tone::Good,
        Finding::Unclear => Tone::Neutral,
    };
    Tag::new(finding.label(), tone)
}

/// Time left until a limit.
pub(crate) fn countdown(clock: &Clock, now: Instant) -> Countdown {
    words::countdown(clock.frozen.due, None, clock.frozen.provisional, now)
}

/// The two investigators by name; for the office alone.
pub(crate) fn team(reference: &Reference, state: &Investigation) -> String {
    state.investigators.iter().map(|one| words::account(reference, *one)).collect::<Vec<_>>().join("、")
}

/// The route map (路线图): steps, whose they are, until when, and whether late. Names nobody. `complainant` is how the one
/// who complains is called on the page.
pub(crate) fn route(state: &Investigation, complainant: &str, now: Instant) -> Vec<RouteStep> {
    let review = state.round > 1;
    let here = match state.stage {
        Stage::Filed | Stage::Refused => 1,
        Stage::Accepted | Stage::Investigating | Stage::Reported => 2,
        Stage::Signed => 3,
        Stage::Concluded => 4,
        Stage::Closed => 5,
    };
    let names = if review {
        ["投诉", "受理", "复查核实", "作出复查结论", "复查答复"]
    } else {
        ["投诉", "受理", "调查核实", "作出结论", "答复"]
    };
    let holders = [complainant, "效能办", "两名调查人员", "效能办负责人", "效能办"];
    let done = [Some(state.filed_at), state.accepted_at, None, state.concluded_at, state.answered_at];
    let limits = [None, Some(LimitKind::Accept), Some(if review { LimitKind::Review } else { LimitKind::Close }), None, None];
    let step = |index: usize| {
        let skipped = (state.stage == Stage::Refused && index > 1) || (index == 4 && here > 4 && state.answered_at.is_none());
        let at = if skipped {
            RouteState::Skipped
        } else if index < here || state.stage == Stage::Refused {
            RouteState::Done
        } else if index == here {
            RouteState::Current
        } else {
            RouteState::Next
        };
        let clock = limits[index].and_then(|kind| state.clocks.iter().rev().find(|clock| clock.kind == kind));
        RouteStep {
            title: names[index].to_owned(),
            holder: holders[index].to_owned(),
            state: at,
            at: done[index].filter(|_| at == RouteState::Done).map(words::moment),
            note: clock.filter(|_| at != RouteState::Skipped).map(|clock| limit(clock, now)).unwrap_or_default(),
        }
    };
    (0..names.len()).map(step).collect()
}

/// A limit in one line: how long, until when, kept or not.
fn limit(clock: &Clock, now: Instant) -> String {
    let late = match clock.ended {
        Some(ended) => ended >= clock.frozen.due,
        None => now >= clock.frozen.due,
    };
    let kept = match (late, clock.ended) {
        (true, _) => "，已超期",
        (false, Some(_)) => "，按时",
        (false, None) => "",
    };
    format!("限 {}，至 {}{kept}", clock.frozen.limit.words(), words::due(clock.frozen.due).text)
}
