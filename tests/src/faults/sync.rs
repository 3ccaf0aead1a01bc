//! Killed at a sync or a write, or told by the system that it failed.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use super::journal::Load;
use super::{City, Found, Ground, On, PATIENCE, Rule, Shim};
use crate::Outcome;
use crate::server::Server;

/// Files, operations, what happens, and how many operations come in a load at least.
const KILLS: [(&str, On, &str, u64); 8] = [
    ("log.db-wal", On::Sync, "kill", 4),
    ("log.db-wal", On::Sync, "after", 4),
    ("log.db-wal", On::Write, "torn", 60),
    ("log.db-wal", On::Write, "kill", 60),
    ("log.head*", On::Any, "kill", 3),
    ("log.head*", On::Write, "torn", 1),
    ("views.db*,scores.db*", On::Write, "torn", 60),
    ("search.db*,outbox/", On::Any, "kill", 6),
];

/// Killed at the n-th operation.
pub(super) async fn killed(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "", 20).await?;
    let shim = Shim::new(&ground.dir.join("shim"))?;
    let kind = "killed at a sync or a write";
    for round in 0..ground.of(KILLS.len(), KILLS.len() * 6) {
        let (files, on, act, most) = KILLS[round % KILLS.len()];
        let rule = Rule::nth(files, on, 1 + city.chance.below(most), act);
        let mut server = city.start(shim.environment(Some(&rule))).await?;
        let hands = city.prepare(&server, 4, 4).await?;
        shim.arm()?;
        city.keep(Load::begin(hands)).await?;
        // Views, search and notices come after the last answer.
        let hit = died(&mut server, Duration::from_secs(5)).await?;
        shim.disarm()?;
        if !hit {
            server.kill()?;
        }
        city.found.round(kind, hit);
        let seen = city.look().await?;
        city.found.under_way += seen.under_way;
        (ground.tell)(&format!("{act} at {:?} {} of {files}: hit {hit}, {} stood unanswered", rule.on, rule.at, seen.under_way));
    }
    let missed = city.found.rounds() - city.found.hit();
    if missed * 2 > city.found.rounds() {
        return Err(format!("{missed} of {} faults were never reached", city.found.rounds()).into());
    }
    city.found.notes.push(format!("{missed} rounds ended before the operation came and were killed like any other"));
    city.settle().await
}

/// Waits until the server is dead by its own hand.
async fn died(server: &mut Server, within: Duration) -> Outcome<bool> {
    let began = Instant::now();
    loop {
        if let Some(status) = server.has_ended()? {
            return if status.signal() == Some(9) {
                Ok(true)
            } else {
                Err(format!("the server ended with {status}\n{}", server.said()).into())
            };
        }
        if began.elapsed() > within {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// An operation on the log fails: the process ends, and a new one finds what was acknowledged. One on the views fails: the
/// process goes on, and the views mend themselves.
pub(super) async fn broken(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "", 20).await?;
    let shim = Shim::new(&ground.dir.join("shim"))?;
    for round in 0..ground.of(2, 12) {
        let on = if round % 2 == 0 { On::Sync } else { On::Write };
        let rule = Rule::nth("log.db-wal", on, 1 + city.chance.below(4), "eio");
        let mut server = city.start(shim.environment(Some(&rule))).await?;
        let hands = city.prepare(&server, 4, 4).await?;
        shim.arm()?;
        city.keep(Load::begin(hands)).await?;
        let status = server.ended(PATIENCE).await.map_err(|error| format!("after EIO of the log: {error}"))?;
        shim.disarm()?;
        if status.success() {
            return Err("the server ended with success after EIO".into());
        }
        if !server.said().contains("event log failed") {
            return Err(format!("the server did not say why it ended\n{}", server.said()).into());
        }
        city.found.round("EIO of the log", shim.made()? > 0);
        let seen = city.look().await?;
        city.found.under_way += seen.under_way;
        (ground.tell)(&format!("EIO at {on:?} {} of the log: ended with {status}, {} stood unanswered", rule.at, seen.under_way));
    }
    for files in ["views.db*,scores.db*", "search.db*"] {
        let rule = Rule { times: 3, ..Rule::nth(files, On::Write, 1, "eio") };
        let mut server = city.start(shim.environment(Some(&rule))).await?;
        let hands = city.prepare(&server, 2, 2).await?;
        shim.arm()?;
        city.keep(Load::begin(hands)).await?;
        let began = Instant::now();
        while shim.made()? < 3 {
            if began.elapsed() > PATIENCE {
                return Err(format!("{files} were not written again after an error\n{}", server.said()).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        city.views_follow().await?;
        if server.has_ended()?.is_some() {
            return Err("a view that cannot be written ended the server".into());
        }
        city.found.round("EIO of the views", true);
        (ground.tell)(&format!("EIO of {files}: the server stayed, the views follow after {:?}", began.elapsed()));
        if !server.stop().await?.success() {
            return Err("the server did not end in order".into());
        }
        city.look().await?;
    }
    city.settle().await
}
