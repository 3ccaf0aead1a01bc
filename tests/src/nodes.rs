//! Two servers on one log, each with views of its own, while limits run out: each limit is acted on exactly once, no notice
//! goes out twice, and the views of all nodes say the same; also when one node is killed in the middle and another is added.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use application::Application;
use application::audit::Audit;
use application::clock::{SystemClock, log_now};
use domain::case::{CaseEvent, CaseState, ClockKind};
use domain::time::{Clock as _, from_micros, legal_day, micros};
use event_log::{Envelope, EventLog as _, Options, SqliteLog};
use projections::{Projections, Views};

use crate::Outcome;
use crate::faults::oracle::{acts, once, scan, vault};
use crate::inside;
use crate::server::{Server, UNLIMITED, run as command, text};

/// Days since the city stopped: every limit that runs then is long over.
const DAYS_AGO: u64 = 40;
/// The cases come within so many days, so that nearly all of them are still under way at the end.
const DAYS_OF_FILING: u64 = 3;
/// Nothing is appended for so long: nobody has anything left to do.
const STILL: Duration = Duration::from_secs(4);
/// Longest wait for that.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Cases of the city.
    pub cases: u64,
    /// Seed of the city.
    pub seed: u64,
    /// Kill one node when a third of the limits are acted on, and add another one afterwards.
    pub kill: bool,
    /// Everything that happened is written about as well.
    pub notices: bool,
}

/// What was found; that it was found at all means that everything held.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Found {
    /// Limits that were due when the nodes started; each has exactly one event, at its instant.
    pub due: usize,
    /// Of these, limits to sign for, which end in a deemed receipt.
    pub deemed: usize,
    /// Limits acted on in all: further ones began with these acts.
    pub acts: usize,
    /// Events when one node was killed; 0 = none was.
    pub killed_at: u64,
    /// Warnings given meanwhile, each once.
    pub warnings: usize,
    /// Notices on record as sent.
    pub notices: usize,
    /// Messages written by more than one node: sent by one that died before it could say so, and again by another.
    pub again: usize,
    /// Events in the end.
    pub events: usize,
    /// From the start of the nodes until nothing was left to do.
    pub seconds: f64,
}

/// The folder of a log and those of its nodes.
#[derive(Debug, Clone)]
pub struct City {
    /// Where the log lies.
    pub log: PathBuf,
    dir: PathBuf,
}

impl City {
    /// A generated city on a log of its own, with the key for its first node. It stopped `ago` days before today.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(dir: &Path, cases: u64, seed: u64, days: u64, ago: u64) -> Outcome<Self> {
        let city = Self { log: dir.join("log"), dir: dir.to_owned() };
        std::fs::create_dir_all(&city.log)?;
        let to = legal_day(SystemClock.now()) - chrono::Days::new(ago);
        let (from, to, cases, seed) = ((to - chrono::Days::new(days)).to_string(), to.to_string(), cases.to_string(), seed.to_string());
        let (first, log) = (city.node(1), city.log.clone());
        let place = ["--data", text(&first), "--log", text(&log)];
        let words = ["generate", "--cases", &cases, "--seed", &seed, "--from", &from, "--to", &to];
        command(&[&words[..1], &place, &words[1..]].concat())?;
        Ok(city)
    }

    /// The data directory of a node.
    pub fn node(&self, n: usize) -> PathBuf {
        self.dir.join(format!("node{n}"))
    }

    /// All that a further node needs: the directory and the key.
    ///
    /// # Errors
    /// When the key cannot be copied.
    pub fn add(&self, n: usize) -> Outcome<PathBuf> {
        let dir = self.node(n);
        std::fs::create_dir_all(&dir)?;
        // The mode comes along.
        std::fs::copy(self.node(1).join("master.key"), dir.join("master.key"))?;
        Ok(dir)
    }

    /// Starts a node.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn start(&self, n: usize, settings: &[(&str, &str)]) -> Outcome<Server> {
        Server::start_node(&self.node(n), &self.log, settings).await
    }

    /// A node in this process, its views up to date.
    ///
    /// # Errors
    /// When its files cannot be opened.
    pub async fn inside(&self, n: usize) -> Outcome<Application> {
        let data = self.node(n);
        let app = inside::node(&data, &self.log, Arc::new(SystemClock)).await?;
        Ok(Application { ballots: inside::ballot_box(&data)?, audit: Audit::open(&data)?, ..app })
    }

    /// The log, beside the nodes that have it open.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&self) -> Outcome<SqliteLog> {
        Ok(SqliteLog::open(&self.log, Options::default(), log_now(Arc::new(SystemClock)))?)
    }
}

/// A limit that is over: stream, kind, round, when it was due (µs).
type Due = (String, ClockKind, u8, i64);

/// Makes a city, lets two nodes work off what is due, and looks.
///
/// # Errors
/// The first promise that was not kept.
pub async fn run(dir: &Path, plan: &Plan, tell: &(dyn Fn(&str) + Sync)) -> Outcome<Found> {
    let city = City::make(dir, plan.cases, plan.seed, DAYS_OF_FILING, DAYS_AGO)?;
    city.add(2)?;
    let before = scan(&city.open()?).await?;
    let due = due(&before)?;
    let mut found =
        Found { due: due.len(), deemed: due.iter().filter(|(_, kind, ..)| *kind == ClockKind::Sign).count(), ..Found::default() };
    let size = before.values().map(Vec::len).sum::<usize>() as u64;
    tell(&format!("{size} events, {} limits are due", due.len()));
    // The views stand before the nodes start, so that both begin at the same moment.
    for n in [1, 2] {
        command(&["rebuild", "--data", text(&city.node(n)), "--log", text(&city.log)])?;
    }
    let hours = (DAYS_AGO + DAYS_OF_FILING + 1) * 24;
    let hours = if plan.notices { hours } else { 1 }.to_string();
    let settings: Vec<(&str, &str)> =
        UNLIMITED.iter().copied().chain([("XIAONENG__AUTOMATION__NOTICES_WITHIN_HOURS", hours.as_str())]).collect();
    let started = Instant::now();
    let (first, second) = tokio::join!(city.start(1, &settings), city.start(2, &settings));
    let (first, mut second) = (first?, Some(second?));
    let log = Arc::new(city.open()?);
    if plan.kill {
        let wanted = size + due.len() as u64 / 3;
        while log.head().await?.size < wanted {
            if started.elapsed() > PATIENCE {
                return Err("the nodes do not work".into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if let Some(second) = second.take() {
            second.kill()?;
        }
        found.killed_at = log.head().await?.size;
        tell(&format!("one node killed at {} events", found.killed_at));
    }
    found.seconds = nothing_left(&log, &city.node(1), started).await?;
    // A node is added by starting it; the killed one comes back.
    let mut servers = vec![first];
    servers.extend(second);
    if plan.kill {
        city.add(3)?;
        for n in [2, 3] {
            servers.push(city.start(n, &settings).await?);
        }
    }
    for server in servers {
        let status = server.stop().await?;
        if !status.success() {
            return Err(format!("a node ended with {status}").into());
        }
    }
    let nodes: Vec<PathBuf> = (1..=if plan.kill { 3 } else { 2 }).map(|n| city.node(n)).collect();
    for node in &nodes {
        caught_up(node, &log).await?;
    }
    same(&nodes)?;
    let report = log.verify(&|_, _| {}).await?;
    if !report.is_sound() {
        return Err(format!("the log does not verify: {:?}", report.faults).into());
    }
    let after = scan(&*log).await?;
    once(&after)?;
    (found.acts, found.warnings) = acted_on(&before, &after, &due)?;
    let notices = after.iter().filter(|(stream, _)| stream.starts_with("notice-")).map(|(stream, events)| (stream.clone(), events.clone()));
    found.notices = acts(&notices.collect(), &[])?.1;
    found.events = after.values().map(Vec::len).sum();
    found.again = written_again(&nodes)?;
    if !plan.kill && found.again > 0 {
        return Err(format!("{} messages were written by two nodes", found.again).into());
    }
    Ok(found)
}

/// The limits that run and are over, by folding every case.
fn due(streams: &HashMap<String, Vec<Envelope>>) -> Outcome<Vec<Due>> {
    let now = SystemClock.now();
    let mut all = Vec::new();
    for (stream, events) in streams.iter().filter(|(stream, _)| stream.starts_with("case-")) {
        let mut state = CaseState::default();
        for event in events {
            let happened = CaseEvent::from_slice(&event.kind, event.version, &event.data)?;
            domain::case::state::apply(&mut state, from_micros(event.occurred_at), &happened);
        }
        let over = state.clocks.iter().filter(|clock| clock.owes_breach(now));
        all.extend(over.map(|clock| (stream.clone(), clock.kind, clock.round, micros(clock.due))));
    }
    Ok(all)
}

/// Each limit that was due has exactly one event, dated at its instant, and none is warned of twice; how many limits were
/// acted on in all, and how many warned of.
fn acted_on(before: &HashMap<String, Vec<Envelope>>, after: &HashMap<String, Vec<Envelope>>, due: &[Due]) -> Outcome<(usize, usize)> {
    let (mut seen, mut warned): (BTreeMap<Due, usize>, BTreeSet<Due>) = (BTreeMap::new(), BTreeSet::new());
    for (stream, events) in after.iter().filter(|(stream, _)| stream.starts_with("case-")) {
        let known = before.get(stream).map_or(0, Vec::len);
        let mut state = CaseState::default();
        for (place, event) in events.iter().enumerate() {
            let happened = CaseEvent::from_slice(&event.kind, event.version, &event.data)?;
            let act = match &happened {
                CaseEvent::LimitBreached(breach) => Some((breach.clock, breach.round)),
                CaseEvent::LimitWarned(warning) if place >= known => {
                    let warning = (stream.clone(), warning.clock, warning.round, event.occurred_at);
                    if !warned.insert(warning.clone()) {
                        return Err(format!("{warning:?} was warned of twice").into());
                    }
                    None
                }
                CaseEvent::DeemedReceived(_) => {
                    state.clocks.iter().find(|clock| clock.kind == ClockKind::Sign && clock.runs()).map(|clock| (clock.kind, clock.round))
                }
                _ => None,
            };
            if let Some((kind, round)) = act.filter(|_| place >= known) {
                *seen.entry((stream.clone(), kind, round, event.occurred_at)).or_default() += 1;
            }
            domain::case::state::apply(&mut state, from_micros(event.occurred_at), &happened);
        }
    }
    for one in due {
        let times = seen.get(one).copied().unwrap_or_default();
        if times != 1 {
            return Err(format!("the limit {one:?} was acted on {times} times at its instant").into());
        }
    }
    if let Some((twice, times)) = seen.iter().find(|(_, times)| **times > 1) {
        return Err(format!("the limit {twice:?} was acted on {times} times").into());
    }
    Ok((seen.len(), warned.len()))
}

/// Waits until nothing is due and nobody appends any more; answers the seconds until the last event.
async fn nothing_left(log: &SqliteLog, node: &Path, started: Instant) -> Outcome<f64> {
    let views = Views::open(node)?;
    let (mut size, mut since) = (0, Instant::now());
    loop {
        let head = log.head().await?.size;
        if head != size {
            (size, since) = (head, Instant::now());
        }
        let still = since.elapsed() >= STILL && views.position()? >= head;
        if still && views.due_until(SystemClock.now(), 1)?.is_empty() {
            return Ok(since.duration_since(started).as_secs_f64());
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("the nodes do not come to an end: {head} events").into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What others appended after a node had ended, it takes in at its next start.
async fn caught_up(node: &Path, log: &Arc<SqliteLog>) -> Outcome<()> {
    let running = Projections::start(node, log.clone(), Arc::new(vault(node)?)).await?;
    running.catch_up().await?;
    tokio::task::spawn_blocking(move || running.stop()).await?;
    Ok(())
}

/// The views of all nodes say the same.
///
/// # Errors
/// When they do not.
pub fn same(nodes: &[PathBuf]) -> Outcome<()> {
    let digests = nodes.iter().map(|node| projections::digest(node)).collect::<Result<Vec<_>, _>>()?;
    let distinct: BTreeSet<&String> = digests.iter().collect();
    if distinct.len() == 1 {
        return Ok(());
    }
    Err(format!("the views of the nodes differ: {digests:?}").into())
}

/// Messages that more than one node wrote.
fn written_again(nodes: &[PathBuf]) -> Outcome<usize> {
    let mut by_name: BTreeMap<std::ffi::OsString, usize> = BTreeMap::new();
    for outbox in nodes.iter().map(|node| node.join("outbox")).filter(|outbox| outbox.exists()) {
        for entry in std::fs::read_dir(outbox)? {
            *by_name.entry(entry?.file_name()).or_default() += 1;
        }
    }
    Ok(by_name.values().filter(|count| **count > 1).count())
}
