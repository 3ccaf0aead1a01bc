//! The closing of a ballot box: shut, mixed, written to the log batch by batch, counted, emptied. Killed at each step it is
//! gone on with by closing again, and every ballot is counted once.

use std::os::unix::process::ExitStatusExt as _;

use domain::campaign::CampaignId;

use super::{Found, Ground, On, Rule, Shim};
use crate::Outcome;
use crate::client::Client;
use crate::faults::city::copy;
use crate::faults::{City, PATIENCE, evenly, oracle};
use crate::server::{Server, Start, UNLIMITED};
use crate::voting::{close, closing, fill, prepare, rows};

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
    // The first is not killed: it counts.
    let undisturbed = Rule::nth(WRITTEN, On::Sync, u64::from(u32::MAX), "kill");
    cut_short(ground, shim, &city, campaign, &undisturbed).await?;
    let steps = u64::try_from(shim.matched()?)?;
    for (round, at) in evenly(steps, ground.of(4, 16)).enumerate() {
        let act = if round % 2 == 0 { "after" } else { "kill" };
        let hit = cut_short(ground, shim, &city, campaign, &Rule::nth(WRITTEN, On::Sync, at, act)).await;
        let hit = hit.map_err(|error| format!("closing, {act} at sync {at} of {steps}: {error}"))?;
        city.found.round("the closing of a ballot box is killed", hit);
        (ground.tell)(&format!("closing, {act} at sync {at} of {steps}: hit {hit}"));
    }
    Ok(city.found)
}

/// Closes under a rule, on a copy, and then once more in peace: every ballot is counted once. Whether the rule killed the
/// server while it closed.
async fn cut_short(ground: &Ground<'_>, shim: &Shim, city: &City, campaign: CampaignId, rule: &Rule) -> Outcome<bool> {
    let dir = ground.dir.join("box");
    copy(&city.dir, &dir)?;
    let mut server = Server::start_as(&dir, &Start::with(UNLIMITED).and(shim.environment(Some(rule)))).await?;
    let (mut client, request) = closing(&server, campaign).await?;
    // Only steps between the request and its answer count: the server is closing then.
    shim.arm()?;
    let closed = tokio::time::timeout(PATIENCE, client.send(&request)).await.map_err(|_| "the closing is not answered")?;
    shim.disarm()?;
    let closed = closed.map(|answer| answer.status);
    let hit = closed.is_err() && shim.made()? > 0 && server.ended(PATIENCE).await?.signal() == Some(9);
    if closed.is_err() && !hit {
        return Err(format!("the closing was cut short by nobody: {closed:?}\n{}", server.said()).into());
    }
    drop(server);
    let server = Server::start(&dir, UNLIMITED).await?;
    // Closed already: there is no form for it any more, and nothing is left to do.
    let again = close(&server, campaign).await;
    let counted = rows(&server, campaign).await.map_err(|error| format!("{error}, {closed:?}, {again:?}"))?;
    if counted != VOTERS {
        return Err(format!("{counted} ballots of {VOTERS}").into());
    }
    if !server.stop().await?.success() {
        return Err("the server did not end in order".into());
    }
    emptied(&dir)?;
    oracle::once(&oracle::scan(&oracle::open(&dir)?).await?)?;
    oracle::views(&dir).await?;
    std::fs::remove_dir_all(&dir)?;
    Ok(hit)
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
