//! The efficiency office of the invented city: every working morning the clock's acts are done and people work off part of
//! their duties, through the application itself, as they would on its pages.
//!
//! One module for each noun says who begins something and how a duty is done.

use std::collections::HashMap;
use std::sync::Arc;

use application::{Actor, Application, Meta, Staff};
use automation::Automation;
use chrono::{NaiveDate, Timelike};
use domain::account::Role;
use domain::duty::Holder;
use domain::ids::{NAMESPACE, UnitCode};
use domain::time::{CHINA, Instant, legal_day};
use projections::DutyRow;
use uuid::Uuid;

use super::people::Person;
use super::random::Random;

/// Duties of one holder and task looked at in a morning.
const LOOK: usize = 40;
/// Ticks of the clock in a morning at most; each takes a batch.
const TICKS: usize = 400;

/// What the office works with.
pub struct House {
    /// On the city's log and clock.
    pub app: Arc<Application>,
    /// Over the same application.
    pub automation: Automation,
}

/// The office at work.
pub(super) struct Office {
    house: House,
    staff: HashMap<&'static str, Vec<Staff>>,
    heads: HashMap<UnitCode, Staff>,
    seed: u64,
    commands: u64,
    /// When the simulation stops.
    until: Instant,
    /// The last working day on which it worked.
    day: Option<NaiveDate>,
}

impl Office {
    /// With everybody of the city.
    pub(super) fn new(house: House, people: &[Person], seed: u64, until: Instant) -> Self {
        let mut staff: HashMap<&'static str, Vec<Staff>> = HashMap::new();
        let mut heads = HashMap::new();
        for person in people {
            let Actor::Staff(one) = person.actor() else { continue };
            if let (Role::Head, Some(unit)) = (person.role, &one.unit) {
                heads.insert(unit.clone(), one.clone());
            }
            staff.entry(person.role.code()).or_default().push(one);
        }
        Self { house, staff, heads, seed, commands: 0, until, day: None }
    }

    /// The time has gone on: once on every working day, from ten o'clock, the office does its work.
    ///
    /// # Errors
    /// What the application says; a refusal is a fault of this simulation.
    pub(super) async fn goes_on(&mut self) -> Result<(), application::Error> {
        let now = self.now();
        let day = legal_day(now);
        let at_work = now.with_timezone(&CHINA).hour() >= 10 && self.house.app.reference().calendar().day(day).kind.is_workday();
        if at_work && self.day.is_none_or(|last| last < day) {
            self.day = Some(day);
            self.works().await?;
        }
        Ok(())
    }

    /// The end of the story: the clock does what it owes by now, people do nothing more.
    ///
    /// # Errors
    /// As [`Self::goes_on`].
    pub(super) async fn ends(&mut self) -> Result<(), application::Error> {
        self.clockwork().await
    }

    async fn works(&mut self) -> Result<(), application::Error> {
        self.clockwork().await?;
        Ok(())
    }

    async fn clockwork(&mut self) -> Result<(), application::Error> {
        for _ in 0..TICKS {
            self.house.app.projections.catch_up().await.map_err(|error| application::Error::Internal(error.to_string()))?;
            let worked = self.house.automation.tick_supervision().await.map_err(|error| application::Error::Internal(error.to_string()))?;
            if !worked.any() {
                break;
            }
        }
        Ok(())
    }

    fn now(&self) -> Instant {
        self.house.app.now()
    }

    /// Chance that follows from the seed, the day and a word.
    fn chance(&self, word: &str) -> Random {
        Random::of(&[&self.seed.to_string(), &legal_day(self.now()).to_string(), word])
    }

    /// A new command of somebody; its id follows from the seed.
    fn meta(&mut self, actor: &Staff) -> Meta {
        self.commands += 1;
        let command = Uuid::new_v5(&NAMESPACE, format!("office/{}/{}", self.seed, self.commands).as_bytes());
        Meta::new(Actor::Staff(actor.clone()), command)
    }

    /// Somebody with a role.
    fn one(&self, role: Role, random: &mut Random) -> Option<Staff> {
        let all = self.staff.get(role.code())?;
        all.get(random.below(all.len())).cloned()
    }

    fn duties(&self, holder: &Holder, task: &str) -> Result<Vec<DutyRow>, application::Error> {
        let views = self.house.app.projections.views();
        views.duties(holder, Some(task), LOOK).map_err(|error| application::Error::Internal(error.to_string()))
    }
}
