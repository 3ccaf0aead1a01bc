//! The efficiency office of the invented city: every working morning the clock's acts are done and people work off part of
//! their duties, through the application itself, as they would on its pages.
//!
//! One module for each noun says who begins something and how a duty is done. Recent things are timed by the working days
//! that are [`Office::left`] until the end, so that every state is there on the last day; yearly ones by their dates.

mod assessments;
mod campaigns;
mod cards;
mod escalations;
mod inspections;
mod investigations;
mod matters;
mod orders;
mod rectifications;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use application::{Actor, Application, Meta, Staff};
use automation::Automation;
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, Timelike};
use domain::account::Role;
use domain::folded::Folded;
use domain::ids::{AccountId, NAMESPACE, UnitCode};
use domain::time::{CHINA, Instant, legal_day};
use projections::StreamRow;
use uuid::Uuid;

use super::people::Person;
use super::random::Random;

/// Ticks of the clock in a morning at most; each takes a batch.
const TICKS: usize = 400;
/// Streams of one kind looked at in a morning, the newest.
const RECENT: usize = 150;

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
    heads: BTreeMap<UnitCode, Staff>,
    liaisons: BTreeMap<UnitCode, Staff>,
    seed: u64,
    commands: u64,
    /// When the simulation stops.
    until: Instant,
    /// The last working day on which it worked.
    day: Option<NaiveDate>,
    /// Working days to come after this one.
    left: i64,
    orders: orders::Book,
    matters: matters::Book,
    inspections: inspections::Book,
    investigations: investigations::Book,
    campaigns: campaigns::Book,
    /// What the application did not take: faults of this simulation.
    refused: Vec<String>,
}

impl Office {
    /// With everybody of the city.
    pub(super) fn new(house: House, people: &[Person], seed: u64, until: Instant) -> Self {
        let mut staff: HashMap<&'static str, Vec<Staff>> = HashMap::new();
        let (mut heads, mut liaisons) = (BTreeMap::new(), BTreeMap::new());
        for person in people {
            let Actor::Staff(one) = person.actor() else { continue };
            match (person.role, &one.unit) {
                (Role::Head, Some(unit)) => heads.insert(unit.clone(), one.clone()),
                (Role::Liaison, Some(unit)) => liaisons.insert(unit.clone(), one.clone()),
                _ => None,
            };
            staff.entry(person.role.code()).or_default().push(one);
        }
        Self {
            house,
            staff,
            heads,
            liaisons,
            seed,
            commands: 0,
            until,
            day: None,
            left: i64::MAX,
            orders: orders::Book::default(),
            matters: matters::Book::default(),
            inspections: inspections::Book::default(),
            investigations: investigations::Book::default(),
            campaigns: campaigns::Book::default(),
            refused: Vec::new(),
        }
    }

    /// The time has gone on: once on every working day, from ten o'clock, the office does its work.
    ///
    /// # Errors
    /// What the application cannot do; a refusal is a fault of this simulation and stands in [`Self::ends`]'s answer.
    pub(super) async fn goes_on(&mut self) -> Result<(), application::Error> {
        let now = self.now();
        let day = legal_day(now);
        let at_work = now.with_timezone(&CHINA).hour() >= 10 && self.is_workday(day);
        if at_work && self.day.is_none_or(|last| last < day) {
            self.day = Some(day);
            self.left = self.workdays_after(day);
            self.works().await?;
        }
        Ok(())
    }

    /// The end of the story: the clock does what it owes by now, people do nothing more. Answers what was refused.
    ///
    /// # Errors
    /// As [`Self::goes_on`].
    pub(super) async fn ends(mut self) -> Result<Vec<String>, application::Error> {
        self.clockwork().await?;
        Ok(self.refused)
    }

    async fn works(&mut self) -> Result<(), application::Error> {
        self.clockwork().await?;
        self.work_cards().await?;
        self.work_orders().await?;
        self.work_matters().await?;
        self.work_inspections().await?;
        self.work_rectifications().await?;
        self.work_investigations().await?;
        self.work_assessments().await?;
        self.work_campaigns().await?;
        self.work_escalations().await
    }

    async fn clockwork(&mut self) -> Result<(), application::Error> {
        for _ in 0..TICKS {
            self.look().await?;
            let worked = self.house.automation.tick_supervision().await.map_err(|error| application::Error::Internal(error.to_string()))?;
            if !worked.any() {
                break;
            }
        }
        Ok(())
    }

    /// Waits until the views show what was done.
    async fn look(&self) -> Result<(), application::Error> {
        self.house.app.projections.catch_up().await.map_err(internal)
    }

    fn now(&self) -> Instant {
        self.house.app.now()
    }

    fn today(&self) -> NaiveDate {
        legal_day(self.now())
    }

    fn is_workday(&self, day: NaiveDate) -> bool {
        self.house.app.reference().calendar().day(day).kind.is_workday()
    }

    /// Working days after `day` on which the office will still work.
    fn workdays_after(&self, day: NaiveDate) -> i64 {
        let last = legal_day(self.until);
        let open = self.until.with_timezone(&CHINA).hour() >= 10;
        let days = day.iter_days().skip(1).take_while(|one| *one < last || (*one == last && open));
        days.filter(|one| self.is_workday(*one)).count().try_into().unwrap_or(i64::MAX)
    }

    /// Legal days since then.
    fn age(&self, at: Instant) -> i64 {
        (self.today() - legal_day(at)).num_days()
    }

    /// 24:00 of the day so many days from today.
    fn end_of_day(&self, days: u64) -> Instant {
        let next = self.today().checked_add_days(Days::new(days + 1)).unwrap_or_default().and_time(NaiveTime::MIN);
        next.and_local_timezone(CHINA).single().map_or_else(|| self.now() + TimeDelta::days(1), |at| at.to_utc())
    }

    /// Chance that follows from the seed and two words: the same on every day.
    fn fate(&self, name: &str, word: &str) -> Random {
        Random::of(&[&self.seed.to_string(), name, word])
    }

    /// A new command of somebody; its id follows from the seed.
    fn meta(&mut self, actor: &Staff) -> Meta {
        let command = self.command();
        Meta::new(Actor::Staff(actor.clone()), command)
    }

    fn command(&mut self) -> Uuid {
        self.commands += 1;
        Uuid::new_v5(&NAMESPACE, format!("office/{}/{}", self.seed, self.commands).as_bytes())
    }

    /// What came of a command: a refusal is noted and the day goes on.
    fn done<T>(&mut self, what: &str, result: Result<T, application::Error>) -> Result<Option<T>, application::Error> {
        use application::Error::{Busy, Forbidden, NotFound, Refused, Rules};
        match result {
            Ok(done) => Ok(Some(done)),
            Err(error @ (Refused(_) | Forbidden | NotFound | Rules(_) | Busy)) => {
                tracing::warn!(what, %error, day = %self.today(), "an act of the invented office was not taken");
                self.refused.push(format!("{} {what}: {error:?}", self.today()));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The account with the short sign-in name of a role.
    fn first(&self, role: Role) -> Option<Staff> {
        self.staff.get(role.code())?.first().cloned()
    }

    /// Everybody with a role.
    fn all(&self, role: Role) -> &[Staff] {
        self.staff.get(role.code()).map(Vec::as_slice).unwrap_or_default()
    }

    fn of_account(&self, account: AccountId) -> Option<Staff> {
        self.staff.values().flatten().find(|staff| staff.account == account).cloned()
    }

    /// Somebody who answers for a unit, if anybody of it has an account.
    fn answers(&self, unit: &UnitCode) -> Option<Staff> {
        self.liaisons.get(unit).cloned()
    }

    /// The newest streams of a kind.
    fn recent<S: Folded>(&self) -> Result<Vec<StreamRow<S>>, application::Error> {
        self.house.app.projections.views().streams::<S>(None, RECENT).map_err(internal)
    }
}

fn internal(error: projections::ViewError) -> application::Error {
    application::Error::Internal(error.to_string())
}

fn unit(code: &str) -> Option<UnitCode> {
    UnitCode::parse(code).ok()
}

/// One sentence of each of these, one after the other.
fn say(random: &mut Random, parts: &[&[&str]]) -> String {
    parts.iter().map(|part| random.word(part)).collect()
}

#[cfg(test)]
mod tests;
