//! The closing of a ballot box: shut, mixed, written to the log batch by batch, counted, emptied. Killed at each step it is
//! gone on with by closing again, and every ballot is counted once.

use super::{Found, Ground, On, Rule, Shim};
use crate::Outcome;
use crate::client::Client;
use crate::faults::City;
use crate::faults::city::copy;
use crate::faults::oracle;
use crate::server::{Server, Start, UNLIMITED};
use crate::voting::{close, fill, prepare, rows};

/// What is written while a box is closed.
const WRITTEN: &str = "ballots.db*,log.db-wal";
const VOTERS: usize = 24;

/// Killed at the n-th sync of a closing, for many n.
pub(super) async fn run(ground: &Ground<'_>, shim: &Shim) -> Outcome<Found> {
    let mut city = City::new(ground, "closing", 10).await?;
    let (campaign, codes) = prepare(&city.dir, 40).await?;
    let server = city.start(Vec::new()).await?;
    for request in fill(&server, &codes, VOTERS).await?.into_iter().flatten() {
        let answer = Client::new(server.address).send(&request).await?;
        if answer.status != 303 {
            return Err(format!("a ballot was answered {}", answer.status).into());
        }
    }
    // What is killed has not mixed.
    server.kill()?;
    let mut steps = u64::from(u32::MAX);
    let rounds = ground.of(4, 16);
    for round in 0..=rounds {
        // The first is not killed: it counts.
        let at = if round == 0 { steps } else { 1 + (steps - 1) * (round - 1) / (rounds - 1) };
        let dir = ground.dir.join("box");
        copy(&city.dir, &dir)?;
        let rule = Rule::nth(WRITTEN, On::Sync, at, if round % 2 == 0 { "kill" } else { "after" });
        let server = Server::start_as(&dir, &Start::with(UNLIMITED).and(shim.environment(Some(&rule)))).await?;
        shim.arm()?;
        let closed = close(&server, campaign).await;
        if round == 0 {
            steps = u64::try_from(shim.matched()?)?;
        }
        shim.disarm()?;
        drop(server);
        let server = Server::start(&dir, UNLIMITED).await?;
        // Closed already: there is no form for it any more, and nothing is left to do.
        let again = close(&server, campaign).await;
        let counted = rows(&server, campaign).await.map_err(|error| format!("killed at step {at}: {error}, {closed:?}, {again:?}"))?;
        if counted != VOTERS {
            return Err(format!("killed at step {at} of {steps}: {counted} ballots of {VOTERS}").into());
        }
        if !server.stop().await?.success() {
            return Err("the server did not end in order".into());
        }
        emptied(&dir)?;
        oracle::once(&oracle::scan(&oracle::open(&dir)?).await?)?;
        oracle::views(&dir).await?;
        std::fs::remove_dir_all(&dir)?;
        city.found.rounds += 1;
        (ground.tell)(&format!("closing, killed at sync {at} of {steps}: {closed:?}, then {again:?}; {counted} ballots"));
    }
    Ok(city.found)
}

/// Nothing is left in the box.
fn emptied(dir: &std::path::Path) -> Outcome<()> {
    let connection = rusqlite::Connection::open(dir.join("ballots.db"))?;
    for table in ["token", "ballot", "opinion", "box"] {
        let left: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        if left > 0 {
            return Err(format!("{left} rows of {table} are left in the box").into());
        }
    }
    Ok(())
}
