//! There is too little memory: whatever the process does then, it is a kill like any other.

use std::time::{Duration, Instant};

use super::journal::Load;
use super::{City, Found, Ground, PATIENCE};
use crate::Outcome;
use crate::server::{Server, Start, UNLIMITED};

/// Looks for the least address space in which a server still comes to serve; then starts with a little more each time, so that
/// it is the load for which there is none. Most of what an idle server has is reserved and never used.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "", 20).await?;
    let server = city.start(Vec::new()).await?;
    let (mut none, mut enough) = (0, size(&server)?);
    let hands = city.prepare(&server, 6, 4).await?;
    city.keep(Load::begin(hands)).await?;
    if !server.stop().await?.success() {
        return Err("the server did not end in order".into());
    }
    let (mut served, mut ended) = (0, 0);
    let (halvings, rounds): (u64, u64) = (ground.of(3, 9), ground.of(6, 24));
    for round in 0..rounds {
        let kib = match round.checked_sub(halvings) {
            None => u64::midpoint(none, enough),
            Some(more) => enough + enough * more / 40,
        };
        // Nothing of a core dump: it would hold what was typed.
        let shell = format!("ulimit -c 0; ulimit -v {kib}");
        let mut server = Server::launch(&city.dir, &Start { shell, ..Start::with(UNLIMITED) })?;
        let serves = serves(&mut server).await?;
        if serves {
            served += 1;
            load(&mut city, &server).await?;
        }
        if round < halvings {
            (none, enough) = if serves { (none, kib) } else { (kib, enough) };
        }
        let by_itself = match server.has_ended()? {
            Some(status) if status.success() => return Err("the server ended in order without memory".into()),
            Some(_) => true,
            None => {
                server.kill()?;
                false
            }
        };
        ended += usize::from(by_itself);
        city.found.round("too little memory", by_itself);
        city.look().await?;
        (ground.tell)(&format!("{kib} KiB: {served} served so far, {ended} ended by themselves, {:?}", city.found.answered));
    }
    city.found.notes.push(format!("{served} of {rounds} servers came to serve, {ended} ended by themselves, the others were killed"));
    city.settle().await
}

async fn serves(server: &mut Server) -> Outcome<bool> {
    let began = Instant::now();
    while server.has_ended()?.is_none() {
        if server.serves() {
            return Ok(true);
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("it neither serves nor ends\n{}", server.said()).into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(false)
}

/// Files what can be prepared: pages may fail too.
async fn load(city: &mut City, server: &Server) -> Outcome<()> {
    let Some(address) = server.said().lines().find_map(crate::server::listening) else { return Ok(()) };
    if let Ok(hands) = city.prepare_at(address, 12, 4).await {
        city.keep(Load::begin(hands)).await?;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}

/// Address space in KiB.
fn size(server: &Server) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id()))?;
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).and_then(|line| line.split_ascii_whitespace().next());
    Ok(size.ok_or("no size")?.parse()?)
}
