//! kill -9 at a random moment: under load, and while the server starts.

use std::time::Duration;

use super::journal::Load;
use super::{City, Found, Ground, PATIENCE};
use crate::Outcome;
use crate::server::{Server, UNLIMITED};

/// Kills the server again and again.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let rounds = ground.of(10, ground.kills);
    let (citizens, each) = ground.of((4, 6), (8, 8));
    let mut city = City::new(ground, "", ground.of(40, 300)).await?;
    let mut starts = 0;
    for round in 1..=rounds {
        if city.chance.below(3) == 0 {
            Server::start_and_kill(&city.dir, UNLIMITED, Duration::from_micros(city.chance.below(400_000)))?;
            starts += 1;
        }
        let server = city.start(Vec::new()).await?;
        let hands = city.prepare(&server, citizens, each).await?;
        let all = u64::try_from(citizens * each)?;
        let moment = 1 + usize::try_from(city.chance.below(all * 3 / 4))?;
        let then = Duration::from_micros(city.chance.below(4_000));
        let mut load = Load::begin(hands);
        load.reaches(moment, PATIENCE).await?;
        tokio::time::sleep(then).await;
        server.kill()?;
        let hit = city.keep(load).await? < citizens * each;
        city.found.round("kill -9 under load", hit);
        let seen = city.look().await?;
        city.found.under_way += seen.under_way;
        (ground.tell)(&format!(
            "kill {round}: hit {hit}, {} acknowledged in all, {} under way stood, {} events, {} limits, {} notices",
            city.stands.len(),
            seen.under_way,
            seen.events,
            seen.limits,
            seen.notices
        ));
    }
    city.found.notes.push(format!("{starts} of the kills besides came while the server started"));
    city.settle().await
}
