//! No file descriptors are left, for a while.

use std::process::Command;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use super::journal::Load;
use super::{City, Found, Ground, PATIENCE};
use crate::Outcome;
use crate::server::Server;

/// Descriptors that the server still gets.
const LEFT: usize = 6;
/// Connections that take them.
const IDLE: usize = 40;

/// Idle connections take what is left; when they go, all goes on without a new start.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "", 20).await?;
    let server = city.start(Vec::new()).await?;
    city.file(&server, 2, 2).await?;
    for round in 1..=ground.of(1, 5) {
        let hands = city.prepare(&server, 4, 3).await?;
        let most = open(&server)?.count() + LEFT;
        limit(&server, &most.to_string())?;
        let mut idle = Vec::new();
        for _ in 0..IDLE {
            idle.push(TcpStream::connect(server.address).await?);
        }
        used_up(&server, most).await?;
        let load = Load::begin(hands);
        tokio::time::sleep(Duration::from_secs(ground.of(2, 5))).await;
        drop(idle);
        city.keep(load).await?;
        city.found.round("no descriptors are left", true);
        limit(&server, "1024")?;
        city.once_more(&server).await?;
        city.file(&server, 2, 2).await?;
        city.views_follow().await?;
        (ground.tell)(&format!("descriptors {round}: {:?}", city.found.answered));
    }
    if !server.stop().await?.success() {
        return Err("the server did not end in order".into());
    }
    // A notice that could not be written waits for its next try.
    city.settle().await
}

/// Numbers of the descriptors that the server has open.
fn open(server: &Server) -> Outcome<impl Iterator<Item = usize>> {
    let entries = std::fs::read_dir(format!("/proc/{}/fd", server.id()))?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

/// Waits until every number below the limit is in use: the next file or connection is refused to the server.
async fn used_up(server: &Server, most: usize) -> Outcome<()> {
    let began = Instant::now();
    loop {
        let used = open(server)?.filter(|number| *number < most).count();
        if used == most {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("{used} of {most} descriptors are in use and do not run out").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn limit(server: &Server, soft: &str) -> Outcome<()> {
    let words = ["--pid", &server.id().to_string(), &format!("--nofile={soft}:")];
    let done = Command::new("prlimit").args(words).output()?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into()) }
}
