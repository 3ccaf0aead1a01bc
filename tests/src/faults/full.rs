//! The disk is full: reading goes on, filing is answered with what to do, and all comes back when there is room.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::journal::Load;
use super::refuse::refusal;
use super::{City, Found, Ground, On, PATIENCE, Rule, Shim};
use crate::Outcome;
use crate::client::Client;
use crate::server::{Server, Start, UNLIMITED, text};

/// Pages that are read meanwhile.
const PAGES: [&str; 6] = ["/", "/help", "/file/start", "/track", "/public", "/desk/sign-in"];
/// Everything that the server writes.
const WRITTEN: &str = "log.*,views.db*,scores.db*,search.db*,audit.db*,ballots.db*,outbox/";

/// On a small disk of its own where one can be mounted, and by a shim everywhere.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let by_shim = by_shim(ground).await?;
    match Disk::mount(&ground.dir.join("disk"), 80)? {
        Some(disk) => Ok(by_shim.and(by_disk(ground, &disk).await?)),
        None => {
            let mut found = by_shim;
            found.notes.push("no disk could be mounted here: by the shim alone".to_owned());
            Ok(found)
        }
    }
}

/// Writes fail with ENOSPC for a while.
async fn by_shim(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "by-shim", 20).await?;
    let shim = Shim::new(&ground.dir.join("shim"))?;
    let server = city.start(shim.environment(Some(&Rule::every(WRITTEN, On::Write, "enospc")))).await?;
    for round in 1..=ground.of(1, 4) {
        let hands = city.prepare(&server, 4, 3).await?;
        shim.arm()?;
        refused(&mut city, &server, hands, "ENOSPC").await?;
        shim.disarm()?;
        recovers(&mut city, &server).await?;
        (ground.tell)(&format!("ENOSPC {round}: {:?}", city.found.answered));
    }
    stop(server).await?;
    city.settle().await
}

async fn by_disk(ground: &Ground<'_>, disk: &Disk) -> Outcome<Found> {
    let mut city = City::new(ground, "disk/city", 20).await?;
    // While running.
    let server = city.start(Vec::new()).await?;
    for _ in 0..ground.of(1, 3) {
        city.file(&server, 2, 2).await?;
        let hands = city.prepare(&server, 4, 4).await?;
        disk.fill()?;
        refused(&mut city, &server, hands, "a disk that fills while running").await?;
        disk.empty()?;
        recovers(&mut city, &server).await?;
    }
    (ground.tell)(&format!("disk full while running: {:?}", city.found.answered));
    stop(server).await?;
    // At the start: the reserve makes it possible.
    disk.fill()?;
    let server = city.start(Vec::new()).await.map_err(|error| format!("on a full disk: {error}"))?;
    if !server.said().contains("数据盘已满") {
        return Err(format!("a start on a full disk says nothing of it\n{}", server.said()).into());
    }
    reads(&city, &server).await?;
    let hands = city.prepare(&server, 2, 2).await?;
    disk.fill()?;
    refused(&mut city, &server, hands, "a start on a full disk").await?;
    disk.empty()?;
    stop(server).await?;
    // And without the reserve: it starts, or says exactly what is wrong.
    let reserve = city.dir.join("reserve");
    if reserve.exists() {
        std::fs::remove_file(reserve)?;
    }
    disk.fill()?;
    let refusal = refusal(&city.dir, &Start::with(UNLIMITED)).await?;
    match &refusal {
        Some(refusal) => refusal.says(&["磁盘已满"])?,
        None => city.found.notes.push("a full disk without reserve still let it start".to_owned()),
    }
    disk.empty()?;
    city.found.round("a start on a full disk without reserve", true);
    let server = city.start(Vec::new()).await?;
    (ground.tell)(&format!("disk full at the start: {:?}, then {:?}", city.found.answered, refusal.map(|refusal| refusal.said)));
    stop(server).await?;
    city.settle().await
}

async fn stop(server: Server) -> Outcome<()> {
    if server.stop().await?.success() { Ok(()) } else { Err("the server did not end in order".into()) }
}

/// Files on a full disk: at least one is refused with what to do and what was typed, none that was refused stands, and
/// everything can be read.
async fn refused(city: &mut City, server: &Server, hands: Vec<Vec<crate::filing::Ready>>, kind: &str) -> Outcome<()> {
    let sent = Load::begin(hands).end().await?;
    if sent.answered.keys().any(|status| ![303, 503].contains(status)) || !sent.answered.contains_key(&503) {
        return Err(format!("a full disk answers {:?}\n{}", sent.answered, server.said()).into());
    }
    let (typed, page) = sent.refusal.as_ref().ok_or("no refusal")?;
    for part in ["12345", "没有提交", typed.as_str()] {
        if !page.contains(part) {
            return Err(format!("the refusal does not say {part:?}:\n{page}").into());
        }
    }
    city.write(sent);
    reads(city, server).await?;
    city.found.round(kind, true);
    Ok(())
}

async fn reads(city: &City, server: &Server) -> Outcome<()> {
    let mut client = Client::new(server.address);
    for page in PAGES {
        let answer = client.get(page).await?;
        if answer.status != 200 {
            return Err(format!("{page} answers {} on a full disk\n{}", answer.status, server.said()).into());
        }
    }
    let Some(one) = city.stands.last() else { return Ok(()) };
    client.cookies.clone_from(&one.client.cookies);
    crate::filing::Ready::receipt_of(&mut client).await.map(|_| ())
}

/// There is room again: what was refused goes through without a new start, and the views follow.
async fn recovers(city: &mut City, server: &Server) -> Outcome<()> {
    if city.look().await?.refused > 0 {
        return Err("a filing that was refused stands in the log".into());
    }
    let began = Instant::now();
    while city.try_again(server).await? > 0 {
        if began.elapsed() > PATIENCE {
            return Err(format!("there is room again and nothing goes through\n{}", server.said()).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    city.views_follow().await.map_err(|error| format!("{error}\n{}", server.said()))?;
    let took = began.elapsed();
    city.found.recovery = city.found.recovery.max(took);
    Ok(())
}

/// A small file system in memory. Dropping it takes it away.
struct Disk(PathBuf);

impl Disk {
    /// None when this user may not mount.
    fn mount(dir: &Path, mib: u64) -> Outcome<Option<Self>> {
        std::fs::create_dir_all(dir)?;
        let size = format!("size={mib}m");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs", text(dir)]).output();
        Ok(done.is_ok_and(|done| done.status.success()).then(|| Self(dir.to_owned())))
    }

    /// Takes every byte that is left.
    fn fill(&self) -> Outcome<()> {
        let mut file = File::options().create(true).append(true).open(self.0.join("filler"))?;
        for piece in [1 << 20, 1 << 12] {
            let bytes = vec![b'x'; piece];
            while file.write_all(&bytes).is_ok() {}
        }
        Ok(())
    }

    fn empty(&self) -> Outcome<()> {
        Ok(std::fs::remove_file(self.0.join("filler"))?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Nothing can be done about one that stays; it lies in a temporary folder.
        let _ = Command::new("umount").args(["-l", text(&self.0)]).status();
    }
}
