//! The life of cases: a chronological simulation from a seed. Whatever happens is decided by the domain at the simulated
//! time; only who does what when is invented here.

mod arrivals;
mod life;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use application::access::{self, Tree, may};
use application::{Actor, Meta};
use domain::calendar::Calendar;
use domain::case::{CaseEvent, Command, Context, Happened, decide, state};
use domain::catalogue::Catalogue;
use domain::event::Event;
use domain::ids::{CaseId, UnitCode};
use domain::rulebook::Rulebook;
use domain::time::{Instant, from_micros, micros};
use domain::unit::Level;
use event_log::Expected;
use uuid::Uuid;

use self::life::{Life, Move};
use super::hours::Hours;
use super::people::Staffing;
use super::random::Random;
use super::{Error, Plan, Step};

/// The job that works off limits, as it signs in the log.
const CLOCK_JOB: &str = "clock";

/// Steps that may be in flight together.
const WAVE: usize = 512;
/// Simulated time between the first and the last step of a wave: so much later than it happened can an event of a
/// generated log be recorded.
const SPAN: i64 = 20 * 60_000_000;
/// One case of so many is 办不成事.
const STUCK: usize = 36;

/// What lives are decided by.
pub struct World {
    /// The rules in force.
    pub rules: Rulebook,
    /// Working days.
    pub calendar: Calendar,
    /// Who answers for what.
    pub catalogue: Catalogue,
    /// Who gets what the catalogue does not name, one per county.
    pub fallback: Vec<UnitCode>,
    /// Levels of all units.
    pub levels: HashMap<UnitCode, Level>,
    /// Who acts.
    pub staffing: Staffing,
    /// When people work.
    pub hours: Hours,
    /// When the simulation stops.
    pub until: i64,
}

impl Tree for World {
    /// Everybody acts on what is his own unit's; nobody here looks down the tree.
    fn within(&self, unit: &UnitCode, top: &UnitCode) -> bool {
        unit == top
    }
}

/// The simulation.
pub struct Traffic {
    world: World,
    seed: u64,
    namespace: Uuid,
    arrivals: Vec<i64>,
    arrived: usize,
    lives: Vec<Option<Box<Life>>>,
    /// One entry per case that has something ahead.
    queue: BinaryHeap<Reverse<(i64, usize)>>,
    /// A step that did not fit into the wave before.
    held: Vec<Step>,
}

impl Traffic {
    /// The cases of a plan; `namespace` keeps the ids of several runs on one log apart.
    pub fn new(world: World, seed: u64, namespace: Uuid, plan: &Plan) -> Self {
        let (from, to) = (micros(plan.from), micros(plan.to));
        let busy = plan.busy_from.map_or(from, micros).clamp(from, to);
        let before = if busy > from { plan.cases / 5 } else { 0 };
        let mut arrivals = arrivals::spread(&world.hours, seed, before, from, busy);
        arrivals.extend(arrivals::spread(&world.hours, seed, plan.cases - before, busy, to));
        Self {
            world,
            seed,
            namespace,
            lives: Vec::with_capacity(arrivals.len()),
            arrivals,
            arrived: 0,
            queue: BinaryHeap::new(),
            held: Vec::new(),
        }
    }

    /// Cases filed so far.
    pub fn filed(&self) -> usize {
        self.arrived
    }

    /// The next steps in the order of time; none at the end.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`]: faults of the simulation.
    pub fn wave(&mut self) -> Result<Vec<Step>, Error> {
        let mut steps = std::mem::take(&mut self.held);
        while steps.len() < WAVE {
            let Some(step) = self.step()? else { break };
            if let (Some(first), Some(last)) = (steps.first(), step.last())
                && last.at - first.at > SPAN
            {
                self.held = step;
                break;
            }
            steps.extend(step);
        }
        Ok(steps)
    }

    /// What happens next; at most an automatic step and one of a person. None when the time is over.
    fn step(&mut self) -> Result<Option<Vec<Step>>, Error> {
        loop {
            let arrival = self.arrivals.get(self.arrived).copied();
            let queued = self.queue.peek().map(|Reverse((at, _))| *at);
            let steps = match (arrival, queued) {
                (Some(at), queued) if queued.is_none_or(|queued| at <= queued) => self.arrive(at)?,
                (_, Some(at)) if at < self.world.until => {
                    let Some(Reverse((at, index))) = self.queue.pop() else { return Ok(None) };
                    self.live(index, at)?
                }
                _ => return Ok(None),
            };
            if !steps.is_empty() {
                return Ok(Some(steps));
            }
        }
    }

    fn arrive(&mut self, at: i64) -> Result<Vec<Step>, Error> {
        let index = self.arrived;
        self.arrived += 1;
        let case = CaseId(Uuid::new_v5(&self.namespace, &(index as u64).to_be_bytes()));
        let random = Random::nth(self.seed, index as u64);
        let (mut life, file, actor) = Life::file(case, random, &self.world, at, index % STUCK == STUCK / 2);
        let steps = act(&mut life, &self.world, at, &Command::File(Box::new(file)), actor)?;
        life.plan(&self.world, at);
        if let Some(next) = life.next() {
            self.queue.push(Reverse((next, index)));
        }
        self.lives.push(Some(Box::new(life)));
        Ok(steps)
    }

    fn live(&mut self, index: usize, at: i64) -> Result<Vec<Step>, Error> {
        let Some(mut life) = self.lives.get_mut(index).and_then(Option::take) else { return Ok(Vec::new()) };
        let before = life.state.stage;
        let mut steps = Vec::new();
        // What the clock owes comes before what a person does at the same instant.
        let due = life.state.acts().find(|(due, ..)| micros(*due) <= at).map(|(_, clock, act)| (clock.kind, clock.round, act));
        if let Some((kind, round, what)) = due {
            steps = act(&mut life, &self.world, at, &Command::Tick { clock: kind, round, act: what }, Actor::Automation(CLOCK_JOB))?;
            if life.state.stage != before {
                life.plan(&self.world, at);
            }
        } else if let Some(what) = life.take(at) {
            if let Some((command, actor)) = life.command(what, &self.world) {
                steps = act(&mut life, &self.world, at, &command, actor)?;
                life.after(what, &self.world, at);
            }
            if !matches!(what, Move::Rate(_)) {
                life.plan(&self.world, at);
            }
        }
        if let (Some(next), Some(place)) = (life.next(), self.lives.get_mut(index)) {
            self.queue.push(Reverse((next.max(at), index)));
            *place = Some(life);
        }
        Ok(steps)
    }
}

/// Decides, folds and writes down. What is automatic stands in a step of its own, signed by automation.
fn act(life: &mut Life, world: &World, at: i64, command: &Command, actor: Actor) -> Result<Vec<Step>, Error> {
    if !may(&actor, access::Act::of(command), &life.state, world) {
        return Err(Error::Forbidden { actor: actor.name(), stage: life.state.stage });
    }
    let context = Context { now: from_micros(at), rules: &world.rules, calendar: &world.calendar };
    let happened = decide(&life.state, command, context).map_err(|rejection| Error::Refused { stage: life.state.stage, rejection })?;
    for one in &happened {
        state::apply(&mut life.state, one.at, &one.event);
    }
    let (automatic, asked): (Vec<Happened>, Vec<Happened>) = happened.into_iter().partition(|one| one.event.is_automatic());
    let rulebook = world.rules.reference();
    let mut steps = Vec::new();
    for (events, actor) in [(automatic, Actor::Automation(CLOCK_JOB)), (asked, actor)] {
        if !events.is_empty() {
            steps.push(life.step(at, actor, &rulebook, events.into_iter().map(|one| (one.at, one.event)).collect()));
        }
    }
    Ok(steps)
}

impl Life {
    fn step(&mut self, at: i64, actor: Actor, rulebook: &str, events: Vec<(Instant, CaseEvent)>) -> Step {
        let expected = self.revision.map_or(Expected::NoStream, Expected::Exact);
        self.revision = Some(self.revision.map_or(0, |revision| revision + 1) + events.len() as u64 - 1);
        let command = Uuid::new_v5(&self.case.0, &self.steps.to_be_bytes());
        self.steps += 1;
        Step {
            at,
            stream: self.case.stream(),
            expected,
            meta: Meta::new(actor, command),
            rulebook: Some(rulebook.to_owned()),
            events: events.into_iter().map(|(at, event)| (at, Event::from(event))).collect(),
        }
    }

    /// When something is ahead of this case.
    fn next(&self) -> Option<i64> {
        let clock = self.state.acts().map(|(at, ..)| micros(at)).min();
        clock.into_iter().chain(self.ahead()).min()
    }
}
