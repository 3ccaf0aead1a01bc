//! Signals under load: an end in order, an end cut short, a long pause.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use super::journal::Load;
use super::{City, Found, Ground, PATIENCE, Shim};
use crate::Outcome;

/// An end in order takes no longer: what the operator is promised (F23).
const ORDERLY: Duration = Duration::from_secs(15);
/// Citizens, and what each of them files.
const LOAD: (usize, usize) = (4, 6);
/// So many that they are not all answered before the signal comes.
const LONG_LOAD: (usize, usize) = (4, 25);
/// An end in order that is cut short may be over before: then once more, so often at most.
const ROUNDS: usize = 8;
/// In seconds.
const MONTH: i64 = 30 * 86_400;

/// SIGTERM; SIGTERM and SIGKILL; SIGSTOP and SIGCONT.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "", 40).await?;
    let mut longest = Duration::ZERO;
    for round in 1..=ground.of(2, 8) {
        let mut server = city.start(Vec::new()).await?;
        let mut load = Load::begin(city.prepare(&server, LOAD.0, LOAD.1).await?);
        load.reaches(1 + usize::try_from(city.chance.below(12))?, PATIENCE).await?;
        let asked = Instant::now();
        server.signal("TERM")?;
        let hit = load.acknowledged() < LOAD.0 * LOAD.1;
        let status = server.ended(ORDERLY).await.map_err(|error| format!("15 s after SIGTERM: {error}"))?;
        longest = longest.max(asked.elapsed());
        if !status.success() {
            return Err(format!("after SIGTERM the server ended with {status}\n{}", server.said()).into());
        }
        city.keep(load).await?;
        city.found.round("SIGTERM under load", hit);
        let seen = city.look().await?;
        city.found.under_way += seen.under_way;
        (ground.tell)(&format!("SIGTERM {round}: hit {hit}, ended after {:?}, {} stood unanswered", asked.elapsed(), seen.under_way));
    }
    city.found.notes.push(format!("ended in order at most {:.1} s after SIGTERM under load", longest.as_secs_f64()));
    let mut cut_short = false;
    for round in 1..=ROUNDS {
        let mut server = city.start(Vec::new()).await?;
        let mut load = Load::begin(city.prepare(&server, LOAD.0, LOAD.1).await?);
        load.reaches(4, PATIENCE).await?;
        server.signal("TERM")?;
        tokio::time::sleep(Duration::from_millis(city.chance.below(30))).await;
        // It may have ended in order by then: as long as nobody asks how, the signal finds it all the same.
        server.signal("KILL")?;
        let hit = server.ended(PATIENCE).await?.signal() == Some(9);
        city.keep(load).await?;
        city.found.round("SIGTERM, then SIGKILL", hit);
        let seen = city.look().await?;
        city.found.under_way += seen.under_way;
        cut_short |= hit;
        if cut_short && round >= ground.of(1, 4) {
            break;
        }
    }
    stopped(ground, city).await
}

/// The process stands still under load, and then while a month goes by: every limit of that time is acted on once.
async fn stopped(ground: &Ground<'_>, mut city: City) -> Outcome<Found> {
    let shim = Shim::new(&ground.dir.join("shim"))?;
    let server = city.start(shim.environment(None)).await?;
    let load = Load::begin(city.prepare(&server, LONG_LOAD.0, LONG_LOAD.1).await?);
    server.signal("STOP")?;
    tokio::time::sleep(Duration::from_secs(ground.of(3, 20))).await;
    city.found.round("SIGSTOP under load", load.acknowledged() < LONG_LOAD.0 * LONG_LOAD.1);
    server.signal("CONT")?;
    if city.keep(load).await? != LONG_LOAD.0 * LONG_LOAD.1 {
        return Err("filings were lost to a pause".into());
    }
    city.notices().await?;
    city.views_follow().await?;
    let before = city.look().await?.limits;
    server.signal("STOP")?;
    shim.clock(MONTH)?;
    server.signal("CONT")?;
    let began = Instant::now();
    let mut after = before;
    while after == before {
        if began.elapsed() > PATIENCE {
            return Err("no limit ran out within a month".into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        after = city.look().await?.limits;
    }
    city.views_follow().await?;
    after = city.look().await?.limits;
    city.found.round("a pause of a month", after > before);
    city.found.notes.push(format!("a pause of a month by the clock: {} limits caught up, each once", after - before));
    (ground.tell)(&format!("SIGSTOP: {} limits caught up", after - before));
    city.finish(server).await
}
