//! How far a case has come, from its state alone: the route map and the time in each pair of hands. Shared by the
//! tracking page and the public page, which shows it without persons.

use domain::case::{CaseState, Clock, ClockKind, Holder, Stage};
use domain::time::Instant;
use projections::Reference;
use templates::citizen::{Hand, hands_table};
use templates::components::{RouteState, RouteStep, Table, Tag, Tone};

use crate::words;

/// A step: name, holder, when it was done, the limit that binds it.
type Planned<'a> = (&'a str, &'a str, Option<Instant>, Option<ClockKind>);

/// The route map. `petitioner` is how the one who filed is called on the page.
pub(super) fn route(reference: &Reference, case: &CaseState, petitioner: &str, now: Instant) -> Vec<RouteStep> {
    let hotline = words::hotline(reference);
    let unit = case.unit.as_ref().map_or_else(|| "承办单位".to_owned(), |code| words::unit(reference, code));
    let here = position(case);
    let direct = case.unit.is_none() && case.stage == Stage::Archived;
    let met = |kind: ClockKind| case.latest(kind).filter(|clock| clock.met).and_then(|clock| clock.ended);
    let plan: [Planned<'_>; 7] = [
        ("提交", petitioner, case.filed_at, None),
        ("受理派单", &hotline, case.dispatched_at.or_else(|| met(ClockKind::Accept)), Some(ClockKind::Accept)),
        ("签收", &unit, met(ClockKind::Sign), Some(ClockKind::Sign)),
        ("办理", &unit, met(ClockKind::Handle), Some(ClockKind::Handle)),
        ("审核答复", &hotline, case.answered_at, Some(ClockKind::Review)),
        ("回访评价", petitioner, met(ClockKind::CallBack), Some(ClockKind::CallBack)),
        ("办结", &hotline, case.ended_at, None),
    ];
    let step = |(index, (title, holder, at, kind)): (usize, &Planned<'_>)| {
        let skipped = match case.stage {
            Stage::Refused => (2..=5).contains(&index),
            _ if direct => (2..=3).contains(&index) || index == 5,
            Stage::Archived => index == 5 && at.is_none(),
            _ => false,
        };
        let state = match index.cmp(&here) {
            _ if skipped => RouteState::Skipped,
            std::cmp::Ordering::Less => RouteState::Done,
            std::cmp::Ordering::Equal if case.stage.is_ended() => RouteState::Done,
            std::cmp::Ordering::Equal => RouteState::Current,
            std::cmp::Ordering::Greater => RouteState::Next,
        };
        let clock = kind.and_then(|kind| case.latest(kind));
        let note = match (clock, state) {
            (Some(clock), RouteState::Done | RouteState::Current) => {
                format!("限 {}，{}", clock.limit.words(), words::kept(clock, now).text)
            }
            _ => String::new(),
        };
        let at = match state {
            RouteState::Done => at.map(words::moment),
            _ => None,
        };
        RouteStep { title: (*title).to_owned(), holder: (*holder).to_owned(), state, at, note }
    };
    plan.iter().enumerate().map(step).collect()
}

/// Index of the step at which the case stands.
fn position(case: &CaseState) -> usize {
    match case.stage {
        Stage::None => 0,
        Stage::Filed | Stage::Accepted => 1,
        Stage::Dispatched => 2,
        Stage::Handling | Stage::UnitReview => 3,
        Stage::HotlineReview => 4,
        Stage::CallBack | Stage::Judging => 5,
        Stage::Archived | Stage::Refused => 6,
    }
}

/// Time in each pair of hands (球在谁手里), oldest first.
pub(super) fn hands(reference: &Reference, case: &CaseState, now: Instant) -> Table {
    let hands = case.spans.iter().enumerate().map(|(index, span)| {
        let until = span.to.unwrap_or(now);
        let kinds: &[ClockKind] = match &span.holder {
            Holder::Hotline if index == 0 => &[ClockKind::Accept],
            Holder::Hotline => &[ClockKind::Review, ClockKind::CallBack],
            Holder::Unit(_) => &[ClockKind::Handle],
        };
        let clocks: Vec<&Clock> = case
            .clocks
            .iter()
            .filter(|clock| {
                kinds.contains(&clock.kind)
                    && clock.holder == span.holder
                    && clock.from < until.max(span.from + chrono::TimeDelta::seconds(1))
                    && clock.ended.is_none_or(|end| end >= span.from)
            })
            .collect();
        let task = match &span.holder {
            Holder::Hotline if index == 0 => "受理派单",
            Holder::Hotline => "审核、回访",
            Holder::Unit(_) => "签收、办理、答复",
        };
        let tags = clocks.iter().map(|clock| words::kept(clock, now));
        let tag = tags.max_by_key(|tag| severity(tag.tone)).unwrap_or_else(|| Tag::new("没有时限记录", Tone::Neutral));
        let limits: Vec<String> = clocks.iter().map(|clock| format!("{} {}", clock.kind.label(), clock.limit.words())).collect();
        Hand {
            holder: words::holder(reference, &span.holder),
            task: task.to_owned(),
            from: words::moment(span.from),
            until: span.to.map(words::moment),
            used: words::duration(until - span.from),
            limit: if limits.is_empty() { "—".to_owned() } else { limits.join("；") },
            tag,
        }
    });
    hands_table(hands.collect())
}

fn severity(tone: Tone) -> u8 {
    match tone {
        Tone::Neutral => 0,
        Tone::Good => 1,
        Tone::Info => 2,
        Tone::Warn => 3,
        Tone::Bad => 4,
    }
}

/// A limit that the citizen was promised is broken.
pub(super) fn late(case: &CaseState, now: Instant) -> bool {
    !case.stage.is_ended()
        && case.clocks.iter().any(|clock| matches!(clock.kind, ClockKind::Promise | ClockKind::Total) && clock.runs() && !clock.keeps(now))
}
