//! An invented prefecture city with its units, people and the life of its demands, written straight into a log: for
//! `demo` and `generate`.
//!
//! [`register`] units · [`people`] accounts · [`catalogue`] who answers for what · [`words`] what people say ·
//! [`traffic`] the life of cases · [`hours`] when people work · [`random`] numbers from a seed.

mod catalogue;
mod hours;
mod office;
mod people;
mod random;
mod register;
mod setup;
mod traffic;
mod words;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use application::Meta;
use application::store::{AppendFailure, record};
use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use domain::case::{Rejection, Stage};
use domain::event::Event;
use domain::ids::NAMESPACE;
use domain::rulebook::parse::Problem;
use domain::time::{CHINA, Clock, Instant, from_micros, legal_day, micros};
use event_log::{EventLog, Expected};
use tokio::task::JoinSet;
use uuid::Uuid;
use vault::Vault;

pub use self::office::House;
use self::office::Office;
use self::setup::City;
use self::traffic::Traffic;

/// The log's clock while a city is built: it stands where the simulation stands.
#[derive(Debug, Clone)]
pub struct CityClock(Arc<AtomicI64>);

impl CityClock {
    /// Stands at `at`.
    pub fn new(at: Instant) -> Self {
        Self(Arc::new(AtomicI64::new(micros(at))))
    }

    fn set(&self, at: i64) {
        self.0.store(at, Ordering::SeqCst);
    }
}

impl Clock for CityClock {
    fn now(&self) -> Instant {
        from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// What is to be built.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The same seed gives the same city and the same demands.
    pub seed: u64,
    /// Demands to file.
    pub cases: usize,
    /// When the first can come.
    pub from: Instant,
    /// From when on most of them come; before it one in five, spread thinly. None = evenly from the beginning.
    pub busy_from: Option<Instant>,
    /// When the simulation stops; what is open then stays open.
    pub to: Instant,
    /// Hash of the password of all accounts as PHC text; none = nobody can sign in before a password is set.
    pub password_phc: Option<String>,
    /// Make the city first; otherwise it must stand in the log already.
    pub city: bool,
}

impl Plan {
    /// The city of `demo`, whose story ends at `to`. It begins in the last quarter of a year whose assessment is published by
    /// then, which is done by April; most of it happens in the last four months.
    pub fn of_demo(seed: u64, cases: usize, to: Instant, password_phc: Option<String>) -> Self {
        let busy = to - TimeDelta::days(120);
        let today = legal_day(to);
        let assessed = today.year() - if today.month() < 4 { 2 } else { 1 };
        let october = NaiveDate::from_ymd_opt(assessed, 10, 9).unwrap_or_default().and_time(NaiveTime::MIN);
        let from = october.and_local_timezone(CHINA).single().map_or(busy, |day| day.to_utc().min(busy));
        Self { seed, cases, from, busy_from: Some(busy), to, password_phc, city: true }
    }
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Events appended.
    pub events: u64,
    /// Demands filed.
    pub cases: usize,
    /// One account per role: sign-in name, role, unit.
    pub accounts: Vec<(String, String, String)>,
    /// Acts of the office that the application did not take: faults of the simulation.
    pub refused: Vec<String>,
}

/// Why nothing more was built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log holds another installation.
    #[error("该目录里的单位名册不是演示城市的，不能在其中生成数据。请用 --data 指定一个新目录，或指定由 demo、generate 建立的目录")]
    NotThisCity,
    /// Another process appended to a stream of ours.
    #[error("写入时与其他程序冲突，请先停止正在使用该目录的程序，再重新生成")]
    Conflict,
    /// The rules refused an act: a fault of the simulation.
    #[error("模拟的一步被规则拒绝（{}）：{rejection}", .stage.label())]
    Refused {
        /// The stage of the case.
        stage: Stage,
        /// Why.
        rejection: Rejection,
    },
    /// An actor without the right to act: a fault of the simulation.
    #[error("模拟的一步越权（{}，{actor}）", .stage.label())]
    Forbidden {
        /// Who.
        actor: String,
        /// The stage of the case.
        stage: Stage,
    },
    /// Shipped rules or the city's catalogue have faults.
    #[error("内置规则有 {} 处错误：{}", .0.len(), .0.first().map(|problem| problem.reason.as_str()).unwrap_or_default())]
    Rules(Vec<Problem>),
    /// The log or the keys.
    #[error(transparent)]
    Store(#[from] application::Error),
}

/// Events of one command, to be appended to one stream.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    at: i64,
    stream: String,
    expected: Expected,
    meta: Meta,
    rulebook: Option<String>,
    events: Vec<(Instant, Event)>,
}

/// Builds the city, if asked, and the life of its demands.
///
/// Simulated and written in waves: while one is being made durable, the next is thought out. Within a stream the order
/// is kept; between streams of a wave it is the log's.
///
/// # Errors
/// [`Error`]. What was appended before stays.
pub async fn build(log: Arc<dyn EventLog>, vault: Arc<Vault>, clock: CityClock, plan: Plan, house: Option<House>) -> Result<Built, Error> {
    let size = log.head().await.map_err(application::Error::from)?.size;
    let city = City::new(plan.from, plan.to)?;
    let mut office = house.map(|house| Office::new(house, city.people(), plan.seed, plan.to));
    let mut events = 0;
    if plan.city {
        for wave in city.steps(plan.from, plan.password_phc.as_deref())? {
            events += write(&log, &vault, &clock, wave).await?;
        }
    } else if log.read_stream(&format!("unit-{}", register::HOTLINE)).await.map_err(application::Error::from)?.is_empty() {
        return Err(Error::NotThisCity);
    }
    let accounts = city.shown();
    // A second run on the same log adds other cases, whatever its seed.
    let namespace = Uuid::new_v5(&NAMESPACE, format!("city/{}/{size}", plan.seed).as_bytes());
    let seed = plan.seed ^ size.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut traffic = Traffic::new(city.world, seed, namespace, &plan);
    let mut wave = traffic.wave()?;
    let mut told = 0;
    while !wave.is_empty() {
        let flight = tokio::spawn({
            let (log, vault, clock) = (log.clone(), vault.clone(), clock.clone());
            async move { write(&log, &vault, &clock, wave).await }
        });
        let next = traffic.wave();
        events += flight.await.map_err(|error| application::Error::Internal(error.to_string()))??;
        if let Some(office) = &mut office {
            office.goes_on().await?;
        }
        wave = next?;
        if traffic.filed() * 20 / plan.cases.max(1) > told {
            told = traffic.filed() * 20 / plan.cases.max(1);
            tracing::info!(filed = traffic.filed(), of = plan.cases, events, "generating");
        }
    }
    clock.set(micros(plan.to));
    let mut refused = Vec::new();
    if let Some(mut office) = office {
        office.goes_on().await?;
        refused = office.ends().await?;
        events = log.head().await.map_err(application::Error::from)?.size - size;
    }
    Ok(Built { events, cases: traffic.filed(), accounts, refused })
}

/// Appends a wave: streams side by side, the steps of one stream one after the other.
async fn write(log: &Arc<dyn EventLog>, vault: &Arc<Vault>, clock: &CityClock, wave: Vec<Step>) -> Result<u64, Error> {
    let Some(last) = wave.iter().map(|step| step.at).max() else { return Ok(0) };
    clock.set(last);
    let mut chains: Vec<Vec<Step>> = Vec::with_capacity(wave.len());
    let mut known: HashMap<String, usize> = HashMap::with_capacity(wave.len());
    for step in wave {
        match known.get(&step.stream) {
            Some(place) => chains[*place].push(step),
            None => {
                known.insert(step.stream.clone(), chains.len());
                chains.push(vec![step]);
            }
        }
    }
    let mut flight = JoinSet::new();
    for chain in chains {
        let (log, vault) = (log.clone(), vault.clone());
        flight.spawn(async move {
            let mut events = 0;
            for step in chain {
                events += step.events.len() as u64;
                record(log.as_ref(), &vault, &step.stream, step.expected, &step.meta, step.rulebook.as_deref(), step.events).await?;
            }
            Ok::<u64, AppendFailure>(events)
        });
    }
    let mut events = 0;
    while let Some(done) = flight.join_next().await {
        match done.map_err(|error| application::Error::Internal(error.to_string()))? {
            Ok(count) => events += count,
            Err(AppendFailure::Conflict) => return Err(Error::Conflict),
            Err(AppendFailure::Other(error)) => return Err(error.into()),
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests;
