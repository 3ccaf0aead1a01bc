//! A year of supervision for a city that was generated without any: cards, orders and escalated matters of its late cases, as
//! the rules give them, and matters of the supervision office. Automation itself never acts on grounds of last year.

use std::collections::HashMap;
use std::sync::Arc;

use application::store::{AppendFailure, record};
use application::{Actor, Application, Meta};
use chrono::TimeDelta;
use domain::account::Role;
use domain::card::trigger::{Trigger, triggers};
use domain::card::{CardEvent, CardState, Colour, Rule, Triggered, decide as card};
use domain::case::CaseState;
use domain::deadline::{DeadlineInput, deadline};
use domain::escalation::{Entry, Escalation, EscalationEvent, Facts, Rules, Why, raise, stream_of_case, tick};
use domain::event::Event;
use domain::folded::Folded;
use domain::ids::{AccountId, CaseId, NAMESPACE, OrderId, UnitCode};
use domain::limit::Limit;
use domain::matter::Source;
use domain::matter::decide::NewMatter;
use domain::order::decide::{self as order, NewOrder};
use domain::order::{Ground, OrderColour, OrderState};
use domain::rulebook::Rulebook;
use domain::rulebook::shipped::SHIPPED;
use domain::time::{Instant, legal_day};
use event_log::Expected;
use tests::Outcome;
use tests::inside::{by, by_hand};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::words::say;

/// Streams appended at a time: the log commits together what has queued.
const AT_ONCE: usize = 256;
/// Acts of the clock on one matter at most.
const ACTS: usize = 60;
/// Cases read at a time.
const PAGE: usize = 2_000;

/// One stream to be appended.
struct Whole {
    stream: String,
    rulebook: Option<String>,
    events: Vec<(Instant, Event)>,
}

/// What was appended.
#[derive(Default)]
struct Made {
    escalations: usize,
    cards: usize,
    orders: usize,
    events: usize,
}

/// Gives the city its year of supervision, once: `late` of its late cases, open ones first, the others evenly over the year.
pub async fn prepare(app: &Arc<Application>, late: usize, matters: usize) -> Outcome<()> {
    let views = app.projections.views();
    if !views.streams::<OrderState>(None, 1)?.is_empty() {
        return Ok(());
    }
    adopt(app).await?;
    let (open, ended) = late_cases(app)?;
    say(&format!("{} late cases are open, {} ended", open.len(), ended.len()));
    let mut chosen: Vec<CaseId> = open.iter().copied().take(late / 2).collect();
    let rest = late - chosen.len();
    let step = (ended.len() / rest.max(1)).max(1);
    chosen.extend(ended.into_iter().step_by(step).take(rest));
    let officer = app.reference().account_by_login("inspector").ok_or("the city has no inspector")?.id;
    let mut made = Made::default();
    for some in chosen.chunks(AT_ONCE) {
        let mut all = Vec::new();
        for id in some {
            if let Some(snapshot) = views.case_state(*id)? {
                all.extend(of_case(app, *id, &snapshot.state, officer, &mut made)?);
            }
        }
        append(app, all, &mut made).await?;
    }
    set_matters(app, matters).await?;
    app.projections.catch_up().await?;
    say(&format!(
        "appended {} escalated matters, {} cards, {} orders, {matters} supervised matters, {} events",
        made.escalations, made.cards, made.orders, made.events
    ));
    Ok(())
}

/// A city that was generated before there were ladders adopts the rules that are shipped today.
async fn adopt(app: &Arc<Application>) -> Outcome<()> {
    let now = app.now();
    let rules = app.reference().rulebooks.resolve(now, now).ok_or("no rulebook")?;
    if !rules.ladders.is_empty() {
        return Ok(());
    }
    let shipped = SHIPPED.iter().find(|(name, _)| *name == rules.id).ok_or("no such rulebook is shipped")?.1;
    let text = shipped.replace(&format!("version = \"{}\"", rules.version), &format!("version = \"{}-bench\"", rules.version));
    app.adopt_rulebook(&by_hand(app), &text, legal_day(now), None).await?;
    app.projections.catch_up().await?;
    // As it is known from now on.
    let now = app.now();
    let rules = app.reference().rulebooks.resolve(now, now).ok_or("no rulebook")?;
    if rules.ladders.is_empty() { Err("the adopted rules have no ladder".into()) } else { Ok(()) }
}

/// Cases with a broken limit in the order of filing: open ones, ended ones.
fn late_cases(app: &Arc<Application>) -> Outcome<(Vec<CaseId>, Vec<CaseId>)> {
    let views = app.projections.views();
    let (mut open, mut ended) = (Vec::new(), Vec::new());
    let mut after = 0;
    loop {
        let rows = views.cases_after(after, PAGE)?;
        let Some(last) = rows.last() else { return Ok((open, ended)) };
        after = last.key;
        for row in rows.iter().filter(|row| row.breached && row.unit.is_some()) {
            if row.ended_at.is_some() { ended.push(row.id) } else { open.push(row.id) }
        }
    }
}

fn of_case(app: &Arc<Application>, id: CaseId, case: &CaseState, officer: AccountId, made: &mut Made) -> Outcome<Vec<Whole>> {
    let (reference, now) = (app.reference(), app.now());
    let rules = reference.rulebooks.resolve(now, now).ok_or("no rulebook")?;
    let cards = |name: &str| reference.rulebooks.by_reference(name).map(|rules| rules.cards.clone());
    let calendar = |version: &str| reference.calendars.by_version(version).unwrap_or_else(|| reference.calendar());
    let grounds: Vec<Trigger> = triggers(case, cards, calendar).into_iter().filter(|ground| ground.at <= now).collect();
    let mut all = Vec::new();
    for ground in &grounds {
        all.push(of_ground(app, id, case, ground, officer, made.cards)?);
        made.cards += 1;
    }
    let Some(first) = grounds.first() else { return Ok(all) };
    let red = grounds.iter().find(|ground| ground.rule == Rule::RedAfter).map_or(first.at + TimeDelta::days(4), |ground| ground.at);
    if red <= now {
        all.push(chain(app, id, case, &rules, red)?);
        made.escalations += 1;
    }
    if made.cards.is_multiple_of(5) {
        all.push(of_order(app, id, case, first, officer)?);
        made.orders += 1;
    }
    Ok(all)
}

/// A card: nine of ten are issued a day later, one is dismissed; the latest wait for an officer.
fn of_ground(app: &Arc<Application>, id: CaseId, case: &CaseState, ground: &Trigger, officer: AccountId, n: usize) -> Outcome<Whole> {
    let now = app.now();
    let triggered = Triggered {
        colour: ground.rule.colour(),
        rule: ground.rule,
        case: id,
        number: case.number.clone(),
        unit: ground.unit.clone(),
        clock: ground.clock,
        round: ground.round,
        due: ground.due,
        evidence: Vec::new(),
    };
    let mut events: Vec<(Instant, CardEvent)> = vec![(ground.at, triggered.into())];
    let mut state = fold::<CardState>(&events).ok_or("no card")?;
    let at = ground.at + TimeDelta::days(1);
    if at <= now {
        let until = deadline(app.reference().calendar(), &DeadlineInput::new(at, Limit::WorkingDays(5)));
        let event = if n % 10 == 9 {
            card::dismiss(&state, "情况属实，已及时补办。", officer)
        } else {
            card::issue(&state, "办理超期，予以警示。", officer, until.due, &until.calendar)
        };
        events.push((at, event.map_err(|refusal| format!("{refusal:?}"))?));
        state = fold::<CardState>(&events).ok_or("no card")?;
        events.extend(card::tick(&state, now));
    }
    Ok(Whole { stream: state.id().stream(), rulebook: Some(ground.rulebook.clone()), events: dated(events) })
}

/// A matter that a red card raises; whatever the clock did since is done at its instant.
fn chain(app: &Arc<Application>, id: CaseId, case: &CaseState, rules: &Rulebook, at: Instant) -> Outcome<Whole> {
    let (reference, now) = (app.reference(), app.now());
    let ladder = rules.ladder_of(&case.class).ok_or("no ladder")?;
    let rules_of = Rules { rules, ladder, calendar: reference.calendar() };
    let way = application::escalations::way(&reference, case);
    let facts = Facts { cases: vec![id], cluster: String::new(), wrongdoing: case.wrongdoing, way };
    let refused = |refusal: domain::refusal::Refusal| format!("{refusal:?}");
    let raised = raise(None, &facts, rules_of, 2, Why::Trigger(Entry::Red, "red/1"), at).map_err(refused)?;
    let mut events: Vec<(Instant, EscalationEvent)> = raised.into_iter().map(|event| (at, event)).collect();
    let facts = Facts { cases: Vec::new(), ..facts };
    for _ in 0..ACTS {
        let state = fold::<Escalation>(&events).ok_or("no matter")?;
        let acts = tick(&state, std::slice::from_ref(case), &facts, rules_of, now).map_err(refused)?;
        if acts.is_empty() {
            break;
        }
        events.extend(acts);
    }
    Ok(Whole { stream: stream_of_case(&ladder.id, id), rulebook: Some(rules.reference()), events: dated(events) })
}

/// An order two days after the ground; two of three were fed back and accepted.
fn of_order(app: &Arc<Application>, id: CaseId, case: &CaseState, ground: &Trigger, officer: AccountId) -> Outcome<Whole> {
    let now = app.now();
    let at = (ground.at + TimeDelta::days(2)).min(now);
    let limit = Limit::WorkingDays(5);
    let due = deadline(app.reference().calendar(), &DeadlineInput::new(at, limit));
    let new = NewOrder {
        unit: ground.unit.clone(),
        ground: Ground::Case { case: id, number: case.number.clone() },
        colour: if ground.rule.colour() == Colour::Red { OrderColour::Red } else { OrderColour::Orange },
        requirement: "限期办结并报告办理情况。".to_owned(),
    };
    let refused = |refusal: domain::refusal::Refusal| format!("{refusal:?}");
    let mut events = vec![(at, order::issue(None, &new, limit, &due, officer).map_err(refused)?)];
    if !id.0.as_u128().is_multiple_of(3) && at + TimeDelta::days(4) <= now {
        let state = fold::<OrderState>(&events).ok_or("no order")?;
        events.extend(order::feedback(&state, "已办结。", officer, at + TimeDelta::days(3)).map_err(refused)?);
        let state = fold::<OrderState>(&events).ok_or("no order")?;
        events.push((at + TimeDelta::days(4), order::accept(&state, "同意销号。", officer).map_err(refused)?));
    } else {
        let state = fold::<OrderState>(&events).ok_or("no order")?;
        events.extend(order::tick(&state, now));
    }
    let stream = OrderId(Uuid::new_v5(&NAMESPACE, format!("bench/order/{}", id.0).as_bytes())).stream();
    Ok(Whole { stream, rulebook: None, events: dated(events) })
}

fn fold<S: Folded>(events: &[(Instant, S::Event)]) -> Option<S> {
    let mut state = None;
    for (at, event) in events {
        state = S::evolve(state, *at, event);
    }
    state
}

fn dated<E: Into<Event>>(events: Vec<(Instant, E)>) -> Vec<(Instant, Event)> {
    events.into_iter().map(|(at, event)| (at, event.into())).collect()
}

async fn append(app: &Arc<Application>, all: Vec<Whole>, made: &mut Made) -> Outcome<()> {
    let mut flight: JoinSet<Result<usize, AppendFailure>> = JoinSet::new();
    for one in all {
        let app = app.clone();
        flight.spawn(async move {
            let meta = Meta::new(Actor::Automation("bench"), Uuid::new_v5(&NAMESPACE, format!("bench/{}", one.stream).as_bytes()));
            let count = one.events.len();
            let done =
                record(app.log.as_ref(), &app.vault, &one.stream, Expected::NoStream, &meta, one.rulebook.as_deref(), one.events).await;
            match done {
                // Automation was there first.
                Err(AppendFailure::Conflict) => Ok(0),
                Err(error) => Err(error),
                Ok(_) => Ok(count),
            }
        });
    }
    while let Some(done) = flight.join_next().await {
        made.events += done?.map_err(|failure| format!("{failure:?}"))?;
    }
    Ok(())
}

/// Matters of the supervision office, each with a lead and two others.
async fn set_matters(app: &Arc<Application>, count: usize) -> Outcome<()> {
    let units: Vec<UnitCode> = {
        let reference = app.reference();
        let named: HashMap<UnitCode, bool> =
            reference.units().map(|unit| (unit.code.clone(), unit.parent.is_some() && unit.closed.is_none() && !unit.hotline)).collect();
        let mut fit: Vec<UnitCode> = named.into_iter().filter(|(_, fit)| *fit).map(|(code, _)| code).collect();
        fit.sort_unstable();
        fit
    };
    for n in 0..count {
        let unit = |at: usize| units[(n * 7 + at * 31) % units.len()].clone();
        let new = NewMatter {
            source: Source::Instruction,
            title: format!("第 {n} 项督查事项"),
            requirement: "按期落实并报告。".to_owned(),
            wording: String::new(),
            lead: unit(0),
            assisting: vec![unit(1), unit(2)],
            milestones: Vec::new(),
            due: deadline(app.reference().calendar(), &DeadlineInput::new(app.now(), Limit::WorkingDays(30))).due,
        };
        app.set_matter(&by(app, Role::Supervisor), &new).await?;
    }
    Ok(())
}
