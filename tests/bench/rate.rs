//! `rate`: so many events a second through the web, in an open loop, for so long: what each act costs whoever waits for it,
//! and how old the views become.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::Outcome;
use tests::client::Client;
use tests::html::links;
use tests::server::{Server, UNLIMITED};
use tokio::task::JoinSet;

use crate::lives::{Answered, Life, Lives, STEPS, Staff, filings};
use crate::load::{idle, processor};
use crate::paced::{Book, Queue, Spread};
use crate::watch::Watch;
use crate::words::{Words, round, say};

/// Connections at once: as many people as wait when each act takes a quarter of a second at the highest rate. With too few the
/// queue before them would be measured, not the server.
const WORKERS: usize = 512;
/// Walkers before the measurement.
const WALKERS: usize = 16;
/// The load runs so long before it counts, so that demands are at every step.
const BEFORE: Duration = Duration::from_secs(8);
/// A plain file at the same rate, so long.
const HELLO: Duration = Duration::from_secs(3);

/// What the workers share.
struct Load {
    staff: Staff,
    lives: Lives,
    requests: Mutex<Vec<Vec<u8>>>,
    /// Acts, by step.
    book: Mutex<Book>,
    /// The pages that acts lead to; not among the acts, whose times count from the schedule.
    looks: Mutex<Book>,
    /// Of steps: their number, round and round.
    queue: Queue<usize>,
    follow: bool,
}

pub async fn run(words: &Words) -> Outcome<()> {
    let (wanted, seconds) = (words.number("per-second", 500)?, words.number("seconds", 600)?);
    let cases = words.number("cases", 10_000)?;
    let follow = words.get("follow") != Some("no");
    let dir = words.city("data", cases)?;
    let mut settings = UNLIMITED.to_vec();
    if words.get("notices") == Some("no") {
        settings.push(("XIAONENG__AUTOMATION__NOTICES_WITHIN_HOURS", "0"));
    }
    let server = Server::start(&dir, &settings).await?;
    idle(server.id()).await?;
    let staff = Staff::sign_in(server.address, &dir).await?;
    let each = events_of_a_life(&server, &staff, &dir).await?;
    let acts = wanted as f64 * STEPS.len() as f64 / each;
    let time = Duration::from_secs(seconds);
    // While no demand waits yet, everybody files.
    let needed = acts * ((time + BEFORE).as_secs_f64() / STEPS.len() as f64 + 4.0);
    say(&format!("{each} events a life of {} acts: {acts:.0} acts/s for {wanted} events/s; walking {needed:.0} citizens", STEPS.len()));
    let requests = filings(server.address, needed as usize, WALKERS).await?;
    idle(server.id()).await?;
    let hello = hello(&server, acts).await?;

    let load = Arc::new(Load {
        staff,
        lives: Lives::default(),
        requests: Mutex::new(requests),
        book: Mutex::default(),
        looks: Mutex::default(),
        queue: Queue::new(),
        follow,
    });
    let mut workers = JoinSet::new();
    for n in 0..WORKERS {
        workers.spawn(work(load.clone(), Client::new(server.address), n));
    }
    load.queue.pace(acts, BEFORE, |nth| nth % STEPS.len()).await;
    drop((taken(&load.book), taken(&load.looks)));
    let watch = Watch::begin(&dir, server.id())?;
    let (own, its, started) = (processor(std::process::id())?, processor(server.id())?, Instant::now());
    load.queue.pace(acts, time, |nth| nth % STEPS.len()).await;
    let spent = started.elapsed().as_secs_f64();
    let share = |before: Duration, id: u32| -> Outcome<f64> { Ok((processor(id)? - before).as_secs_f64() / spent) };
    let (own, its) = (share(own, std::process::id())?, share(its, server.id())?);
    let seen = watch.end()?;
    load.queue.shut(WORKERS);
    while workers.join_next().await.is_some() {}
    let highest = server.memory()?.highest as f64 / 1_024.0;
    server.stop().await?;

    let (mut book, mut looks) = (taken(&load.book), taken(&load.looks));
    let spreads = book.close();
    let look = looks.close().pop().map(|(_, spread)| spread).filter(|spread| spread.count > 0);
    for (name, spread) in spreads.iter().chain(&look.map(|spread| ("look", spread))) {
        say(&format!("{name}: {}", spread.line()));
    }
    let all = spreads.last().map(|(_, spread)| *spread).ok_or("nothing was answered")?;
    let by_act: serde_json::Map<String, serde_json::Value> =
        spreads.iter().map(|(name, spread)| ((*name).to_owned(), spread.facts())).collect();
    let refused = book.with_status(503) + looks.with_status(503);
    let odd: Vec<String> = [book.oddities(), looks.oddities()].into_iter().filter(|odd| !odd.is_empty()).collect();
    let odd = odd.join(", ");
    if !odd.is_empty() {
        say(&format!("not as expected: {odd}"));
    }
    let achieved = all.count as f64 / spent;
    words.report(
        "rate",
        json!({
            "cases": cases, "wanted_events_per_second": wanted, "seconds": seconds, "events_per_second": round(seen.events_per_second),
            "events": seen.events, "wanted_acts_per_second": round(acts), "acts_per_second": round(achieved), "answers": all.count, "p99_ms": round(all.p99), "p999_ms": round(all.p999),
            "ratio_p99_to_hello": round(all.p99 / hello.p99), "hello_p99_ms": round(hello.p99), "acts": by_act,
            "look": look.map(|spread| spread.facts()),
            "views_lag_p50_s": round(seen.lag[0]), "views_lag_p99_s": round(seen.lag[1]), "views_lag_max_s": round(seen.lag[2]),
            "refused_503": refused, "not_as_expected": odd, "rss_mib": round(seen.rss), "highest_rss_mib": round(highest),
            "server_cores": round(its), "generator_cores": round(own), "pages_followed": follow,
        }),
        &format!(
            "{:.0} events/s for {seconds} s (wanted {wanted}; {achieved:.0} acts/s of {acts:.0} wanted, the rest is automation): acts p99 {:.1} ms, p99.9 {:.1} ms; {:.1} × a hello at the same rate; views {:.2} s old at p99, {:.2} s at most; {refused} × 503; server {its:.2} cores, generator {own:.2}; RSS {:.0} MiB",
            seen.events_per_second, all.p99, all.p999, all.p99 / hello.p99, seen.lag[1], seen.lag[2], seen.rss
        ),
    );
    Ok(())
}

async fn work(load: Arc<Load>, mut client: Client, n: usize) {
    let (mut filed, write) = (n, |enter: &dyn Fn(&mut Book)| enter(&mut load.book.lock().unwrap_or_else(PoisonError::into_inner)));
    while let Some((came, step)) = load.queue.take().await {
        // A filing when no demand waits for the step.
        let (name, next, answered) = match load.lives.next(step) {
            Some(life) => (STEPS[step], step + 1, load.staff.act(&mut client, step, life).await),
            None => {
                let request = load.requests.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(request) = request else {
                    write(&|book| book.odd("no filing left", 0));
                    continue;
                };
                filed += WORKERS;
                (STEPS[0], 1, load.staff.file(&mut client, &request, filed).await)
            }
        };
        match answered {
            Answered::Good(life) => {
                write(&|book| book.good(name, came));
                if load.follow && name != STEPS[0] {
                    follow(&load, &mut client, &life).await;
                }
                load.lives.wait(next, life);
            }
            Answered::Odd(status) => write(&|book| book.odd(name, status)),
        }
    }
}

/// The page that an act leads to; its time counts from when the act was answered.
async fn follow(load: &Load, client: &mut Client, life: &Life) {
    let asked = Instant::now();
    let answered = load.staff.look(client, life.clone()).await;
    let mut looks = load.looks.lock().unwrap_or_else(PoisonError::into_inner);
    match answered {
        Answered::Good(_) => looks.good("look", asked),
        Answered::Odd(status) => looks.odd("look", status),
    }
}

/// What was entered so far; empty from here on.
fn taken(book: &Mutex<Book>) -> Book {
    std::mem::take(&mut *book.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Leads one demand through all steps and counts what stands in its stream.
async fn events_of_a_life(server: &Server, staff: &Staff, dir: &Path) -> Outcome<f64> {
    let mut client = Client::new(server.address);
    let request = filings(server.address, 1, 1).await?.pop().ok_or("no filing")?;
    let good = |answered: Answered, name: &str| match answered {
        Answered::Good(life) => Ok(life),
        Answered::Odd(status) => Err(format!("{name} answers {status}")),
    };
    let mut life = good(staff.file(&mut client, &request, 0).await, STEPS[0])?;
    for (step, name) in STEPS.iter().enumerate().skip(1) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        life = good(staff.act(&mut client, step, life).await, name)?;
    }
    Ok(life.events(dir).await? as f64)
}

/// A plain file at the same rate.
async fn hello(server: &Server, per_second: f64) -> Outcome<Spread> {
    let page = Client::new(server.address).get("/").await?.text();
    let asset = links(&page, "/assets/").into_iter().next().ok_or("no asset")?;
    let (queue, times) = (Arc::new(Queue::<()>::new()), Arc::new(Mutex::new(Vec::new())));
    let mut workers: JoinSet<Outcome<()>> = JoinSet::new();
    for _ in 0..WORKERS {
        let (queue, times, asset, mut client) = (queue.clone(), times.clone(), asset.clone(), Client::new(server.address));
        workers.spawn(async move {
            while let Some((came, ())) = queue.take().await {
                client.get(&asset).await?;
                times.lock().unwrap_or_else(PoisonError::into_inner).push(came.elapsed().as_secs_f64() * 1_000.0);
            }
            Ok(())
        });
    }
    queue.pace(per_second, HELLO, |_| ()).await;
    queue.shut(WORKERS);
    while let Some(ended) = workers.join_next().await {
        ended??;
    }
    let mut times = std::mem::take(&mut *times.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Spread::of(&mut times))
}
