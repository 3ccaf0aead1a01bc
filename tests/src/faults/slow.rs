//! Slow syncs: more events share one, nothing is lost, and memory stays bounded.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::journal::Load;
use super::{City, Found, Ground, On, Rule, Shim};
use crate::Outcome;
use crate::client::Client;
use crate::server::{Server, Start, UNLIMITED};

/// What slow syncs may cost in memory, KiB.
const MEMORY: u64 = 64 * 1024;
/// Requests at once that are more than the log queues, for the long run.
const CROWD: usize = 6_000;
/// What such a crowd may cost in memory, KiB.
const CROWD_MEMORY: u64 = 512 * 1024;

/// Stalls of three lengths, and a crowd at a long one.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "", 20).await?;
    let shim = Shim::new(&ground.dir.join("shim"))?;
    let mut shared = Vec::new();
    for (millis, each) in [(20, ground.of(3, 40)), (200, ground.of(2, 12)), (2_000, ground.of(1, 3))] {
        let rule = Rule::every("log.db-wal", On::Sync, &format!("delay:{millis}"));
        let server = city.start(shim.environment(Some(&rule))).await?;
        let hands = city.prepare(&server, 24, each).await?;
        let before = server.memory()?.highest;
        shim.arm()?;
        let began = Instant::now();
        let acknowledged = city.keep(Load::begin(hands)).await?;
        let (took, syncs, slow) = (began.elapsed(), shim.matched()?, shim.made()?);
        shim.disarm()?;
        // The kernel counts pages by thread and adds them up now and then: the highest figure can fall by a few.
        let grown = server.memory()?.highest.saturating_sub(before);
        if acknowledged != 24 * each {
            return Err(format!("{acknowledged} of {} filings came through syncs of {millis} ms", 24 * each).into());
        }
        if grown > MEMORY {
            return Err(format!("syncs of {millis} ms cost {grown} KiB").into());
        }
        let group = acknowledged as f64 / syncs.max(1) as f64;
        shared.push(group);
        city.found.round(&format!("syncs of {millis} ms"), slow > 0);
        let note = format!(
            "syncs of {millis} ms: {acknowledged} filings in {:.1} s, {group:.1} filings for each sync, memory +{} MiB",
            took.as_secs_f64(),
            grown / 1024
        );
        (ground.tell)(&note);
        city.found.notes.push(note);
        if !server.stop().await?.success() {
            return Err("the server did not end in order".into());
        }
        city.look().await?;
    }
    if shared.last() <= Some(&1.5) {
        return Err(format!("filings do not share slow syncs: {shared:?}").into());
    }
    if ground.of(false, true) {
        crowd(ground, &mut city, &shim).await?;
    }
    city.settle().await
}

/// More at once than the log queues: the rest is told to come again, memory stays bounded, and afterwards all is as before.
async fn crowd(ground: &Ground<'_>, city: &mut City, shim: &Shim) -> Outcome<()> {
    let rule = Rule::nth("log.db-wal", On::Sync, 1, "delay:10000");
    let start = Start { shell: "ulimit -n 16384".to_owned(), ..Start::with(UNLIMITED).and(shim.environment(Some(&rule))) };
    let server = city.start_as(&start).await?;
    let ready = city.prepare(&server, 1, 1).await?.pop().and_then(|mut hand| hand.pop()).ok_or("nothing to file")?;
    let request = ready.request();
    let before = server.memory()?.highest;
    shim.arm()?;
    let answers = at_once(&server, &request).await?;
    shim.disarm()?;
    let grown = server.memory()?.highest.saturating_sub(before);
    let busy = answers.get(&503).copied().unwrap_or_default();
    if busy == 0 || answers.keys().any(|status| ![303, 503].contains(status)) || grown > CROWD_MEMORY {
        return Err(format!("a crowd of {CROWD} was answered {answers:?} and cost {grown} KiB").into());
    }
    city.found.round("a crowd at a slow sync", shim.made()? > 0);
    let note = format!("{CROWD} requests at once during a sync of 10 s: {busy} told to come again (503), memory +{} MiB", grown / 1024);
    (ground.tell)(&note);
    city.found.notes.push(note);
    city.open.push(super::journal::Open { ready, refused: false });
    city.once_more(&server).await?;
    city.file(&server, 4, 4).await?;
    if server.stop().await?.success() { Ok(()) } else { Err("the server did not end in order".into()) }
}

async fn at_once(server: &Server, request: &[u8]) -> Outcome<std::collections::BTreeMap<u16, usize>> {
    let mut tasks: JoinSet<Outcome<u16>> = JoinSet::new();
    for _ in 0..CROWD {
        let (address, request) = (server.address, request.to_vec());
        tasks.spawn(async move {
            let mut client = Client::new(address);
            Ok(tokio::time::timeout(Duration::from_secs(60), client.send(&request)).await??.status)
        });
    }
    let mut answers = std::collections::BTreeMap::new();
    while let Some(ended) = tasks.join_next().await {
        *answers.entry(ended??).or_default() += 1;
    }
    Ok(answers)
}
