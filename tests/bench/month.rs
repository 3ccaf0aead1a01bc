//! `month`: a month of the largest city's demands on one machine: start, pages at a stated rate, memory, a tick with nothing
//! due, rebuild with and without search; with `--slopes yes` the same at 10,000 and 100,000 cases.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::Outcome;
use tests::client::Client;
use tests::filing::{sign_in, track};
use tests::html::links;
use tests::server::{Server, UNLIMITED, run as command, text};
use tokio::task::JoinSet;

use crate::load::{idle, processor};
use crate::paced::{Book, Queue, Spread};
use crate::pages::sample;
use crate::tick;
use crate::views::scan_rate;
use crate::words::{Words, median, round, say};

/// Demands that give 14 million events.
const CASES: u64 = 1_500_000;
const WORKERS: usize = 64;
/// Cases looked at in turn, and citizens who track.
const LOOKED_AT: usize = 512;
const TRACKING: usize = 32;
/// Nobody is written to about the city's past.
const SETTINGS: &[(&str, &str)] = &[("XIAONENG__AUTOMATION__NOTICES_WITHIN_HOURS", "1")];

/// A kind of page and the requests that are sent in turn.
type Kind = (&'static str, Vec<Vec<u8>>);

/// What one city gave.
struct Measured {
    cases: u64,
    start: f64,
    pages: Vec<(&'static str, Spread)>,
    tick: f64,
}

pub async fn run(words: &Words) -> Outcome<()> {
    let cases = words.number("many", CASES)?;
    let mut all = Vec::new();
    if words.get("slopes") == Some("yes") {
        for (cases, name) in [(10_000, "ten"), (100_000, "hundred")] {
            let dir = words.city(name, cases)?;
            all.push(measure(words, &dir, cases).await?);
        }
    }
    let dir = words.city("large", cases)?;
    all.push(measure(words, &dir, cases).await?);
    slopes(words, &all);
    if words.get("rebuild") != Some("no") {
        rebuild(words, &dir, cases).await?;
    }
    Ok(())
}

async fn measure(words: &Words, dir: &Path, cases: u64) -> Outcome<Measured> {
    let start = start(words, dir, cases).await?;
    let pages = pages(words, dir, cases).await?;
    let tick = tick::city(words, dir, cases, false).await?;
    Ok(Measured { cases, start, pages, tick })
}

/// Seconds from the start of the process to its first page, the middle of five.
async fn start(words: &Words, dir: &Path, cases: u64) -> Outcome<f64> {
    // Views of another version are made anew here, where nothing runs out; what else the doctor finds is not asked.
    drop(command(&["doctor", "--data", text(dir)]));
    // Once to bring the views up to date; then in peace.
    let server = Server::start(dir, &settings()).await?;
    idle(server.id()).await?;
    server.stop().await?;
    let mut times = Vec::new();
    for _ in 0..5 {
        let asked = Instant::now();
        let server = Server::start(dir, &settings()).await?;
        times.push(asked.elapsed().as_secs_f64());
        server.stop().await?;
    }
    let version = Instant::now();
    command(&["--version"])?;
    let (bare, start) = (version.elapsed().as_secs_f64(), median(times));
    words.report(
        "month_start",
        json!({ "cases": cases, "seconds": round(start), "ratio_to_version": round(start / bare) }),
        &format!("from the start of the process to the first page at {cases} cases: {start:.3} s, {:.1} × that of --version", start / bare),
    );
    Ok(start)
}

fn settings() -> Vec<(&'static str, &'static str)> {
    UNLIMITED.iter().chain(SETTINGS).copied().collect()
}

/// Pages in an open loop at `--pages` a second, all kinds in turn.
async fn pages(words: &Words, dir: &Path, cases: u64) -> Outcome<Vec<(&'static str, Spread)>> {
    let (rate, seconds) = (words.number("pages", 200)?, words.number("seconds", 60)?);
    let server = Server::start(dir, &settings()).await?;
    idle(server.id()).await?;
    let rss_before = server.memory()?.rss as f64 / 1_024.0;
    let kinds = Arc::new(prepared(&server, dir).await?);
    let (queue, book) = (Arc::new(Queue::<usize>::new()), Arc::new(Mutex::new(Book::default())));
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        workers.spawn(work(queue.clone(), book.clone(), kinds.clone(), Client::new(server.address)));
    }
    // A moment to warm up, then what counts.
    queue.pace(rate as f64, Duration::from_secs(5), |nth| nth).await;
    *book.lock().unwrap_or_else(PoisonError::into_inner) = Book::default();
    let (own, its, started) = (processor(std::process::id())?, processor(server.id())?, Instant::now());
    queue.pace(rate as f64, Duration::from_secs(seconds), |nth| nth).await;
    let spent = started.elapsed().as_secs_f64();
    let share = |before: Duration, id: u32| -> Outcome<f64> { Ok((processor(id)? - before).as_secs_f64() / spent) };
    let (own, its) = (share(own, std::process::id())?, share(its, server.id())?);
    queue.shut(WORKERS);
    while workers.join_next().await.is_some() {}
    let memory = server.memory()?;
    server.stop().await?;
    let mut book = std::mem::take(&mut *book.lock().unwrap_or_else(PoisonError::into_inner));
    let spreads = book.close();
    let hello = spreads.iter().find(|(name, _)| *name == "hello").map_or(1.0, |(_, spread)| spread.p99);
    for (name, spread) in &spreads {
        let mut facts = json!({ "page": name, "cases": cases, "pages_per_second": rate, "ratio_p99_to_hello": round(spread.p99 / hello) });
        if let (Some(facts), serde_json::Value::Object(spread)) = (facts.as_object_mut(), spread.facts()) {
            facts.extend(spread);
        }
        let human = format!("{name} at {cases} cases: {}; {:.1} × a hello", spread.line(), spread.p99 / hello);
        words.report("month_page", facts, &human);
    }
    let mib = |kib: u64| round(kib as f64 / 1_024.0);
    words.report(
        "month_memory",
        json!({
            "cases": cases, "rss_mib": mib(memory.rss), "pss_mib": mib(memory.pss), "highest_mib": mib(memory.highest),
            "ratio_to_before": round(memory.rss as f64 / 1_024.0 / rss_before), "server_cores": round(its), "generator_cores": round(own),
            "not_as_expected": book.oddities(),
        }),
        &format!(
            "serving {rate} pages/s at {cases} cases: RSS {:.1} MiB, highest {:.1} MiB ({rss_before:.1} before); server {its:.2} cores, generator {own:.2}; not as expected: {}",
            mib(memory.rss),
            mib(memory.highest),
            if book.oddities().is_empty() { "nothing".to_owned() } else { book.oddities() }
        ),
    );
    Ok(spreads)
}

/// Kinds of pages with the requests that are sent in turn.
async fn prepared(server: &Server, dir: &Path) -> Outcome<Vec<Kind>> {
    let address = server.address;
    let get = |client: &Client, paths: &[String]| -> Vec<Vec<u8>> { paths.iter().map(|path| client.request("GET", path, None)).collect() };
    let one = |path: &str| vec![path.to_owned()];
    let mut desk = sign_in(address, "dispatcher").await?;
    let home = desk.get("/desk").await?.text();
    let asset = links(&home, "/assets/").into_iter().next().ok_or("no asset")?;
    let sample = sample(dir)?;
    let cases: Vec<String> = sample.iter().take(LOOKED_AT).map(|(receipt, _)| format!("/desk/case/{}", receipt.number)).collect();
    let office = sign_in(address, "inspector").await?;
    let mut own = "/desk/scorecard".to_owned();
    let card = desk.get(&own).await?;
    if card.status == 303 {
        own = card.location().to_owned();
    }
    let mut tracking = Vec::new();
    for (receipt, _) in sample.iter().take(TRACKING) {
        tracking.push(track(address, receipt).await?.request("GET", "/track/case", None));
    }
    let kinds = vec![
        ("hello", get(&Client::new(address), &[asset])),
        ("case", get(&desk, &cases)),
        ("worklist", get(&desk, &links(&home, "/desk/worklist/"))),
        ("scorecard", get(&desk, &[own])),
        ("track", tracking),
        ("public figures", get(&Client::new(address), &one("/public"))),
        ("board", get(&office, &one("/oversight/escalations"))),
        ("today", get(&office, &one("/oversight"))),
        ("overdue", get(&office, &one("/oversight/overdue"))),
        ("ledger", get(&office, &one("/oversight/matters"))),
        ("cards", get(&office, &one("/oversight/cards"))),
        ("unit", get(&office, &one("/oversight/units/QY-CG"))),
    ];
    for (name, requests) in &kinds {
        let first = requests.first().ok_or_else(|| format!("nothing to ask for {name}"))?;
        let answer = Client::new(address).send(first).await?;
        if answer.status != 200 {
            return Err(format!("{name} answers {} {}", answer.status, answer.location()).into());
        }
    }
    Ok(kinds)
}

async fn work(queue: Arc<Queue<usize>>, book: Arc<Mutex<Book>>, kinds: Arc<Vec<Kind>>, mut client: Client) {
    while let Some((came, nth)) = queue.take().await {
        let (name, requests) = &kinds[nth % kinds.len()];
        let answer = client.send(&requests[nth / kinds.len() % requests.len()]).await;
        let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(answer) if answer.status == 200 => book.good(name, came),
            Ok(answer) => book.odd(name, answer.status),
            Err(_) => book.odd(name, 0),
        }
    }
}

/// How everything grows, against the smallest city of the run.
fn slopes(words: &Words, all: &[Measured]) {
    let Some((first, rest)) = all.split_first() else { return };
    for one in rest {
        let (few, many) = (first.cases, one.cases);
        for (name, before) in &first.pages {
            let Some((_, after)) = one.pages.iter().find(|(of, _)| of == name) else { continue };
            let (ratio, tail) = (after.p50 / before.p50, after.p99 / before.p99);
            words.report(
                "month_slope",
                json!({ "page": name, "few": few, "many": many, "ratio_p50": round(ratio), "ratio_p99": round(tail) }),
                &format!("{name}: from {few} to {many} cases p50 × {ratio:.2}, p99 × {tail:.2}"),
            );
        }
        let (start, tick) = (one.start / first.start, one.tick / first.tick);
        words.report(
            "month_slope",
            json!({ "few": few, "many": many, "ratio_start": round(start), "ratio_tick": round(tick) }),
            &format!("from {few} to {many} cases: start × {start:.2}, tick with nothing due × {tick:.2}"),
        );
    }
}

/// Rebuild without search against a bare scan; the search apart.
async fn rebuild(words: &Words, dir: &Path, cases: u64) -> Outcome<()> {
    let (events, scan) = scan_rate(dir).await?;
    let told = |words: &[&str]| -> Outcome<(f64, f64)> {
        let told: serde_json::Value = serde_json::from_str(&command(words)?)?;
        let number = |name: &str| told[name].as_f64().ok_or("no figure");
        Ok((number("events_per_second")?, number("seconds")?))
    };
    let (rate, without) = told(&["rebuild", "--data", text(dir), "--without-search", "--json"])?;
    words.report(
        "month_rebuild",
        json!({
            "cases": cases, "events": events, "events_per_second": rate.round(), "seconds": round(without),
            "scan_events_per_second": scan.round(), "ratio": round(rate / scan),
        }),
        &format!(
            "rebuild of {events} events without search: {rate:.0}/s ({without:.0} s), {:.2} of a bare scan ({scan:.0}/s)",
            rate / scan
        ),
    );
    if words.get("search") != Some("no") {
        let (_, with) = told(&["rebuild", "--data", text(dir), "--json"])?;
        let search = (with - without).max(0.0);
        words.report(
            "month_search",
            json!({ "cases": cases, "events": events, "seconds": round(search), "ratio_to_views": round(search / without) }),
            &format!("search of {events} events besides: {search:.0} s, {:.2} × the views", search / without),
        );
    }
    say("the views of the city stand anew");
    Ok(())
}
