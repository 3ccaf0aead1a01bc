//! The city before its first demand: rulebooks, units, catalogue, accounts.

use std::collections::{BTreeSet, HashMap};

use application::accounts::account_of_login;
use application::{Actor, Meta};
use chrono::{Days, NaiveDate};
use domain::account::{self, AccountEvent};
use domain::calendar::Calendar;
use domain::catalogue::Catalogue;
use domain::event::Event;
use domain::ids::{NAMESPACE, UnitCode};
use domain::rulebook::catalogues::{self, Catalogues};
use domain::rulebook::parse::Problem;
use domain::rulebook::shipped::SHIPPED;
use domain::rulebook::versions::{self, Rulebooks};
use domain::rulebook::{RuleEvent, Rulebook};
use domain::time::{Instant, legal_day, micros};
use domain::unit::{self, UnitEntry, UnitState};
use event_log::Expected;
use uuid::Uuid;

use super::hours::Hours;
use super::people::{self, Person, Staffing};
use super::register::{self, COUNTIES};
use super::traffic::World;
use super::{Error, Step, catalogue};

/// The city is set up so many days before its first demand.
const DAYS_BEFORE: u64 = 7;

/// The invented city.
pub struct City {
    units: Vec<UnitEntry>,
    people: Vec<Person>,
    catalogue: String,
    /// What lives are decided by.
    pub world: World,
}

impl City {
    /// The city over a stretch of time.
    ///
    /// # Errors
    /// [`Error::Rules`]; never with what is shipped.
    pub fn new(from: Instant, to: Instant) -> Result<Self, Error> {
        let rules = Rulebook::parse(shipped("generic")).map_err(Error::Rules)?;
        let calendar = Calendar::official();
        let units = register::units().map_err(|error| Error::Rules(vec![Problem::at(None, "", error.to_string())]))?;
        let levels: HashMap<_, _> = units.iter().map(|unit| (unit.code.clone(), unit.level)).collect();
        let text = catalogue::text();
        let catalogue =
            Catalogue::parse(&text, |unit| levels.contains_key(unit), |class| rules.class(class).is_some()).map_err(Error::Rules)?;
        let fallback: Vec<UnitCode> = COUNTIES.iter().filter_map(|county| UnitCode::parse(&register::bureau(county, "XF")).ok()).collect();
        // The counties answer for their bureaus on the ladders, and for themselves in the assessment.
        let counties = COUNTIES.iter().filter_map(|county| UnitCode::parse(county.code).ok());
        let busy: BTreeSet<UnitCode> =
            catalogue.entries.iter().map(|entry| entry.unit.clone()).chain(fallback.iter().cloned()).chain(counties).collect();
        let people = people::people(&busy.into_iter().collect::<Vec<_>>());
        let world = World {
            staffing: Staffing::of(&people),
            hours: Hours::between(&calendar, from, to),
            rules,
            calendar,
            catalogue,
            fallback,
            levels,
            until: micros(to),
        };
        Ok(Self { units, people, catalogue: text, world })
    }

    /// Everybody.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// One account per role, for the demo's first page.
    pub fn shown(&self) -> Vec<(String, String, String)> {
        let name = |code: &UnitCode| self.units.iter().rfind(|unit| unit.code == *code).map(|unit| unit.name.clone());
        let unit = |person: &Person| person.unit.as_ref().and_then(name).unwrap_or_else(|| "平台管理".to_owned());
        self.people
            .iter()
            .filter(|person| person.shown)
            .map(|person| (person.login.clone(), person.role.label().to_owned(), unit(person)))
            .collect()
    }

    /// What is appended before the first demand, in waves of which each needs the ones before.
    ///
    /// # Errors
    /// [`Error::Rules`], [`Error::Store`]; never with what is shipped.
    pub fn steps(&self, from: Instant, password: Option<&str>) -> Result<Vec<Vec<Step>>, Error> {
        let at = from.checked_sub_days(Days::new(DAYS_BEFORE)).unwrap_or(from);
        Ok(vec![self.rulebooks(at, legal_day(at))?, self.register(at)?, self.duties(at)?, self.accounts(at, password)?])
    }

    /// The historic rules up to the end of 2025 or the day before the city begins, the generic ones from then on: every
    /// moment since 2004 has one rulebook, whatever is imported.
    fn rulebooks(&self, at: Instant, begins: NaiveDate) -> Result<Vec<Step>, Error> {
        let first = NaiveDate::from_ymd_opt(2004, 1, 1).unwrap_or(begins);
        let own = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or(begins).min(begins);
        let mut state = Rulebooks::default();
        let mut steps = Vec::new();
        for (name, from, until) in [("historic", first, own.pred_opt()), ("generic", own.max(first), None)] {
            if until.is_some_and(|until| until < from) {
                continue;
            }
            let events = versions::adopt(&state, shipped(name), from, until).map_err(Error::Rules)?;
            for event in &events {
                if let RuleEvent::RulebookAdopted(adopted) = event {
                    state.adopt(at, adopted).map_err(Error::Rules)?;
                }
            }
            steps.push(step(at, format!("rulebook-{name}"), events));
        }
        Ok(steps)
    }

    fn register(&self, at: Instant) -> Result<Vec<Step>, Error> {
        let mut steps: Vec<Step> = Vec::with_capacity(self.units.len());
        let mut states: HashMap<&UnitCode, (usize, UnitState)> = HashMap::new();
        for entry in &self.units {
            let known = states.remove(&entry.code);
            let events = unit::register(known.as_ref().map(|(_, state)| state), entry).map_err(application::Error::from)?;
            let (place, before) = match known {
                Some((place, state)) => (place, Some(state)),
                None => {
                    steps.push(step::<unit::UnitEvent>(at, entry.code.stream(), Vec::new()));
                    (steps.len() - 1, None)
                }
            };
            if let Some(state) = events.iter().fold(before, unit::evolve) {
                states.insert(&entry.code, (place, state));
            }
            steps[place].events.extend(events.into_iter().map(|event| (at, Event::from(event))));
        }
        Ok(steps)
    }

    fn duties(&self, at: Instant) -> Result<Vec<Step>, Error> {
        let known_unit = |unit: &UnitCode| self.world.levels.contains_key(unit);
        let known_class = |class: &str| self.world.rules.class(class).is_some();
        let events =
            catalogues::adopt(&Catalogues::default(), &self.catalogue, legal_day(at), known_unit, known_class).map_err(Error::Rules)?;
        Ok(vec![step(at, format!("catalogue-{}", self.world.catalogue.id), events)])
    }

    fn accounts(&self, at: Instant, password: Option<&str>) -> Result<Vec<Step>, Error> {
        let open = |person: &Person| -> Result<Step, Error> {
            let hash = password.unwrap_or_default().to_owned();
            let mut events = account::open(None, person.opened(), hash, false).map_err(application::Error::from)?;
            events.retain(|event| password.is_some() || !matches!(event, AccountEvent::PasswordSet(_)));
            Ok(step(at, account_of_login(&person.login).stream(), events))
        };
        self.people.iter().map(open).collect()
    }
}

/// The text of a shipped rulebook.
fn shipped(name: &str) -> &'static str {
    SHIPPED.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}

fn step<E: Into<Event>>(at: Instant, stream: String, events: Vec<E>) -> Step {
    let command = Uuid::new_v5(&NAMESPACE, format!("city/setup/{stream}").as_bytes());
    let actor = Actor::CommandLine { name: "generate".to_owned(), user: "xiaoneng".to_owned() };
    Step {
        at: micros(at),
        stream,
        expected: Expected::NoStream,
        meta: Meta::new(actor, command),
        rulebook: None,
        events: events.into_iter().map(|event| (at, event.into())).collect(),
    }
}
