//! `pages`, `memory`, `start`: the server at 1,000 and 100,000 cases.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use projections::{At, Bucket, HolderKey, Sort, Views, WorklistFilter, WorklistQuery};
use serde_json::json;
use tests::Outcome;
use tests::client::Client;
use tests::filing::{Receipt, sign_in, track};
use tests::html::links;
use tests::server::{Server, UNLIMITED};
use vault::{MasterKey, OsEntropy, Vault};

use crate::load::{self, Load, Until, idle};
use crate::words::{Words, median, round, say};

const CLIENTS: usize = 16;
/// Cases that are looked at in turn.
const CASES: usize = 512;

/// What the pages of one city gave.
struct Measured {
    name: &'static str,
    load: Load,
}

pub async fn run(words: &Words) -> Outcome<()> {
    let seconds = Duration::from_secs(words.number("seconds", 5)?);
    let (few, many) = (words.number("few", 1_000)?, words.number("many", 100_000)?);
    let (small, large) = (words.city("small", few)?, words.city("large", many)?);
    let mut all = Vec::new();
    for (cases, dir) in [(few, small), (many, large)] {
        let server = Server::start(&dir, UNLIMITED).await?;
        idle(server.id()).await?;
        let measured = look(&server, &dir, seconds).await?;
        let hello = measured.iter().find(|one| one.name == "hello").map_or(1.0, |one| one.load.rate);
        for one in &measured {
            let mut facts = json!({ "page": one.name, "cases": cases, "clients": CLIENTS, "ratio_to_hello": round(one.load.rate / hello) });
            if let (Some(facts), serde_json::Value::Object(load)) = (facts.as_object_mut(), one.load.facts()) {
                facts.extend(load);
            }
            words.report(
                "page",
                facts,
                &format!("{} at {cases} cases: {}; {:.2} of a hello", one.name, one.load.line(), one.load.rate / hello),
            );
        }
        server.stop().await?;
        all.push(measured);
    }
    for (few_load, many_load) in all[0].iter().zip(&all[1]) {
        let ratio = many_load.load.p50 / few_load.load.p50;
        let tail = many_load.load.p99 / few_load.load.p99;
        words.report(
            "page_slope",
            json!({ "page": few_load.name, "few": few, "many": many, "ratio_p50": round(ratio), "ratio_p99": round(tail) }),
            &format!("{}: from {few} to {many} cases p50 × {ratio:.2}, p99 × {tail:.2}", few_load.name),
        );
    }
    Ok(())
}

async fn look(server: &Server, dir: &Path, time: Duration) -> Outcome<Vec<Measured>> {
    let address = server.address;
    let mut desk = sign_in(address, "dispatcher").await?;
    let first = desk.get("/desk").await?;
    if first.status != 200 {
        return Err(format!("/desk answers {}", first.status).into());
    }
    let home = first.text();
    let spread = |client: &Client, paths: &[String]| -> Vec<Vec<Vec<u8>>> {
        let hand = |n: usize| {
            paths.iter().cycle().skip(n * paths.len() / CLIENTS).take(paths.len()).map(|path| client.request("GET", path, None)).collect()
        };
        (0..CLIENTS).map(hand).collect()
    };
    let mut all = Vec::new();
    let mut measure = async |name: &'static str, hands: Vec<Vec<Vec<u8>>>| -> Outcome<()> {
        // A moment to warm up, then what counts.
        load::run(address, hands.clone(), Until::Over(time / 10), |answer| answer.status == 200).await?;
        let load = load::run(address, hands, Until::Over(time), |answer| answer.status == 200).await?;
        all.push(Measured { name, load });
        Ok(())
    };
    let asset = links(&home, "/assets/").into_iter().next().ok_or("no asset")?;
    measure("hello", spread(&Client::new(address), &[asset])).await?;
    let sample = sample(dir)?;
    let cases: Vec<String> = sample.iter().map(|(receipt, _)| format!("/desk/case/{}", receipt.number)).collect();
    measure("case", spread(&desk, &cases)).await?;
    let lists: Vec<String> = links(&home, "/desk/worklist/");
    if lists.is_empty() {
        return Err("no worklist on /desk".into());
    }
    measure("worklist", spread(&desk, &lists)).await?;
    let mut own = "/desk/scorecard".to_owned();
    let mut card = desk.get(&own).await?;
    if card.status == 303 {
        own = card.location().to_owned();
        card = desk.get(&own).await?;
    }
    let mut cards: Vec<String> =
        links(&card.text(), "/desk/scorecard/").into_iter().map(|href| href.split('?').next().unwrap_or_default().to_owned()).collect();
    cards.retain(|path| path.matches('/').count() == 3);
    cards.push(own);
    cards.dedup();
    measure("scorecard", spread(&desk, &cards)).await?;
    let mut hands = Vec::new();
    for (receipt, _) in sample.iter().take(CLIENTS) {
        let client = track(address, receipt).await?;
        hands.push(vec![client.request("GET", "/track/case", None)]);
    }
    measure("track", hands).await?;
    measure("public", spread(&Client::new(address), &["/public".to_owned()])).await?;
    Ok(all)
}

/// Cases of all ages and states, with what their petitioners hold.
pub fn sample(dir: &Path) -> Outcome<Vec<(Receipt, Bucket)>> {
    let vault = Vault::new(MasterKey::load(&dir.join("master.key"))?, Arc::new(OsEntropy));
    let views = Views::open(dir)?;
    let mut all = Vec::new();
    for bucket in [Bucket::Ended, Bucket::Open] {
        let query = WorklistQuery {
            holder: HolderKey::Hotline,
            bucket,
            sort: Sort::Number,
            filter: WorklistFilter::default(),
            at: At::First,
            limit: CASES / 2,
        };
        for row in views.worklist(&query)?.rows {
            all.push((Receipt { code: vault.query_code(row.id.0, 0), number: row.number }, bucket));
        }
    }
    if all.len() < CLIENTS { Err("too few cases".into()) } else { Ok(all) }
}

pub async fn memory(words: &Words) -> Outcome<()> {
    let cases = words.number("many", 100_000)?;
    let dir = words.city("large", cases)?;
    let server = Server::start(&dir, UNLIMITED).await?;
    let first = server.memory()?;
    idle(server.id()).await?;
    look(&server, &dir, Duration::from_secs(words.number("seconds", 5)?)).await?;
    let after = server.memory()?;
    server.stop().await?;
    let mib = |kib: u64| round(kib as f64 / 1_024.0);
    words.report(
        "memory",
        json!({
            "cases": cases, "rss_mib": mib(after.rss), "pss_mib": mib(after.pss), "highest_mib": mib(after.highest), "rss_at_start_mib": mib(first.rss),
            "ratio_to_start": round(after.rss as f64 / first.rss as f64),
        }),
        &format!("memory at {cases} cases after the page load: RSS {:.1} MiB, PSS {:.1} MiB, highest {:.1} MiB; at the start {:.1} MiB", mib(after.rss), mib(after.pss), mib(after.highest), mib(first.rss)),
    );
    Ok(())
}

pub async fn start(words: &Words) -> Outcome<()> {
    let (few, many) = (words.number("few", 1_000)?, words.number("many", 100_000)?);
    let mut middles = Vec::new();
    for (cases, dir) in [(few, words.city("small", few)?), (many, words.city("large", many)?)] {
        // Once to bring the views up to date; then in peace.
        let server = Server::start(&dir, UNLIMITED).await?;
        idle(server.id()).await?;
        server.stop().await?;
        let mut times = Vec::new();
        for _ in 0..5 {
            let asked = Instant::now();
            let server = Server::start(&dir, UNLIMITED).await?;
            times.push(asked.elapsed().as_secs_f64());
            server.stop().await?;
        }
        say(&format!("{cases} cases: {times:?}"));
        middles.push(median(times));
    }
    let ratio = middles[1] / middles[0];
    words.report(
        "start",
        json!({ "few": few, "many": many, "seconds_few": round(middles[0]), "seconds_many": round(middles[1]), "ratio": round(ratio) }),
        &format!("from the start of the process to the first page: {:.2} s at {many} cases, {ratio:.2} × that of {few}", middles[1]),
    );
    Ok(())
}
