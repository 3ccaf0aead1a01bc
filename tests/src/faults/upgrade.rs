//! The views are of another version: they are made anew beside the old ones and swapped, and the process is killed at each
//! step of that.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::city::copy;
use super::{City, Found, Ground, On, PATIENCE, Rule, Shim, evenly, oracle};
use crate::Outcome;
use crate::server::{Server, Start, UNLIMITED};

/// What is made anew.
const MADE: &str = "views.db*,scores.db*,search.db*,rebuilding/";
const FILES: [&str; 3] = ["views.db", "scores.db", "search.db"];
/// After its first page a server goes on with search for so long.
const SEARCH: Duration = Duration::from_secs(2);

/// Killed at the n-th step, for many n.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "", 20).await?;
    let shim = Shim::new(&ground.dir.join("shim"))?;
    let server = city.start(Vec::new()).await?;
    city.file(&server, 2, 2).await?;
    city.notices().await?;
    city.views_follow().await?;
    if !server.stop().await?.success() {
        return Err("the server did not end in order".into());
    }
    for (on, act) in [(On::Turn, "kill"), (On::Write, "torn")] {
        let steps = count(ground, &city, &shim, on).await?;
        for at in evenly(steps, ground.of(2, 30)) {
            let dir = ground.dir.join("upgrade");
            copy(&city.dir, &dir)?;
            older(&dir)?;
            shim.arm()?;
            let killed = killed(&dir, &shim, &Rule::nth(MADE, on, at, act)).await?;
            shim.disarm()?;
            // A kill that came when all was made is one like any other.
            let hit = killed && unfinished(&dir, &ground.dir.join("looked"))?;
            let began = Instant::now();
            let server = Server::start(&dir, UNLIMITED).await.map_err(|error| format!("killed at step {at}: {error}"))?;
            city.found.recovery = city.found.recovery.max(began.elapsed());
            if !server.stop().await?.success() {
                return Err("the server did not end in order".into());
            }
            oracle::views(&dir).await.map_err(|error| format!("killed at step {at}: {error}"))?;
            std::fs::remove_dir_all(&dir)?;
            city.found.round(&format!("other views are made, {act} at {on:?}"), hit);
            (ground.tell)(&format!("upgrade, {act} at {on:?} {at} of {steps}: hit {hit}"));
        }
        city.found.notes.push(format!("making other views has {steps} steps ({on:?})"));
    }
    city.settle().await
}

/// Steps of an undisturbed start.
async fn count(ground: &Ground<'_>, city: &City, shim: &Shim, on: On) -> Outcome<u64> {
    let dir = ground.dir.join("counted");
    copy(&city.dir, &dir)?;
    older(&dir)?;
    shim.arm()?;
    if killed(&dir, shim, &Rule::nth(MADE, on, u64::from(u32::MAX), "kill")).await? {
        return Err("the count was killed".into());
    }
    let steps = u64::try_from(shim.matched()?)?;
    shim.disarm()?;
    std::fs::remove_dir_all(&dir)?;
    if steps > 5 { Ok(steps) } else { Err(format!("other views were made in {steps} steps").into()) }
}

/// What another program calls its views.
const OTHER: &str = "older";

/// The views say that another program made them.
fn older(dir: &Path) -> Outcome<()> {
    for name in FILES {
        Connection::open(dir.join(name))?.execute("UPDATE meta SET fingerprint = ?1", [OTHER])?;
    }
    Ok(())
}

/// Whether files lie in the making, are still those of the other program, or a search is behind the views. Looked at in a
/// copy, because opening a file mends it.
fn unfinished(dir: &Path, looked: &Path) -> Outcome<bool> {
    if dir.join("rebuilding").exists() {
        return Ok(true);
    }
    copy(dir, looked)?;
    let mut stand = Vec::new();
    for name in FILES {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?));
        // A file without its first table is in the making as well.
        stand.push(Connection::open(looked.join(name))?.query_row("SELECT fingerprint, seq FROM meta", [], read).ok());
    }
    std::fs::remove_dir_all(looked)?;
    let made = stand.iter().all(|one| one.as_ref().is_some_and(|(fingerprint, _)| fingerprint != OTHER));
    let seq = |at: usize| stand[at].as_ref().map(|(_, seq)| *seq);
    Ok(!made || seq(2) < seq(0))
}

/// Starts and waits until the rule has killed it; false when it serves and stays.
async fn killed(dir: &Path, shim: &Shim, rule: &Rule) -> Outcome<bool> {
    let mut server = Server::launch(dir, &Start::with(UNLIMITED).and(shim.environment(Some(rule))))?;
    let began = Instant::now();
    let mut served = None;
    loop {
        if let Some(status) = server.has_ended()? {
            return if status.signal() == Some(9) { Ok(true) } else { Err(format!("it ended with {status}\n{}", server.said()).into()) };
        }
        if served.is_none() && server.serves() {
            served = Some(Instant::now());
        }
        if served.is_some_and(|since| since.elapsed() > SEARCH) {
            server.kill()?;
            return Ok(false);
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("it neither serves nor ends\n{}", server.said()).into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
