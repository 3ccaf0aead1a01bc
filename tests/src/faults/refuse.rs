//! Files that are not as the program left them: it starts as if nothing were, or refuses, says exactly what is wrong, changes
//! nothing, and starts again when they are put right.

mod cases;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::city::copy;
use super::journal::Load;
use super::{City, Found, Ground, PATIENCE};
use crate::Outcome;
use crate::server::{Server, Start, UNLIMITED, text};

use cases::{Case, Wanted};

/// A refused start ends so soon.
const SOON: Duration = Duration::from_secs(60);
/// The high-water record follows within 50 ms and the views within a fifth of a second, where nothing is in their way.
const RECORDED: Duration = Duration::from_secs(2);

/// How a start ended that did not serve.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: Option<i32>,
    /// The last line: the reason.
    pub(crate) said: String,
}

impl Refusal {
    /// It ended with 1 and its reason has all of these parts.
    pub(crate) fn says(&self, parts: &[&str]) -> Outcome<()> {
        match parts.iter().find(|part| !self.said.contains(**part)) {
            None if self.code == Some(1) => Ok(()),
            None => Err(format!("the refusal has status {:?}: {}", self.code, self.said).into()),
            Some(part) => Err(format!("the refusal does not say {part:?}: {}", self.said).into()),
        }
    }
}

/// Starts a server that may refuse; none when it serves, and it is killed then.
pub(crate) async fn refusal(dir: &Path, start: &Start) -> Outcome<Option<Refusal>> {
    let mut server = Server::launch(dir, start)?;
    let began = std::time::Instant::now();
    loop {
        if let Some(status) = server.has_ended()? {
            let said = server.said().lines().last().unwrap_or_default().to_owned();
            return Ok(Some(Refusal { code: status.code(), said }));
        }
        if server.serves() {
            server.kill()?;
            return Ok(None);
        }
        if began.elapsed() > SOON {
            return Err(format!("the server neither serves nor refuses\n{}", server.said()).into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// All cases on copies of one city that was killed under load.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "", 20).await?;
    let server = city.start(Vec::new()).await?;
    city.views_follow().await?;
    if !server.stop().await?.success() {
        return Err("the server did not end in order".into());
    }
    let older = ground.dir.join("older");
    copy(&city.dir, &older)?;
    let other = ground.dir.join("other");
    crate::server::run(&["generate", "--data", text(&other), "--cases", "5", "--seed", "77"])?;
    let server = city.start(Vec::new()).await?;
    let load = Load::begin(city.prepare(&server, 4, 4).await?);
    city.keep(load).await?;
    city.views_follow().await?;
    tokio::time::sleep(RECORDED).await;
    server.kill()?;
    city.look().await?;
    crashed(&mut city).await?;
    let mut refusals: BTreeMap<&'static str, String> = BTreeMap::new();
    for case in cases::all() {
        let dir = ground.dir.join("case");
        copy(&city.dir, &dir)?;
        let outcome = one(&case, &dir, &older, &other).await.map_err(|error| format!("{}: {error}", case.what))?;
        std::fs::remove_dir_all(&dir)?;
        city.found.round(if outcome.is_some() { "damaged files that it refuses" } else { "damaged files that it mends" }, true);
        (ground.tell)(&format!("{}: {}", case.what, outcome.as_deref().unwrap_or("serves")));
        if let Some(said) = outcome {
            refusals.insert(case.what, said);
        }
    }
    city.found.notes.push(format!("{} of {} cases are refused with the reason, the others serve", refusals.len(), cases::all().len()));
    for (what, start) in cases::places(ground)? {
        let dir = ground.dir.join("place");
        copy(&city.dir, &dir)?;
        let said = tokio::time::timeout(PATIENCE, start.refused(&dir)).await?.map_err(|error| format!("{what}: {error}"))?;
        (ground.tell)(&format!("{what}: {}", said.as_deref().unwrap_or("cannot be made here")));
        if said.is_some() {
            city.found.round("places in which it refuses", true);
        }
        std::fs::remove_dir_all(&dir)?;
    }
    city.settle().await
}

/// The look has opened and closed the log, which moves the write-ahead log into the file: kill once more, so that there is one.
async fn crashed(city: &mut City) -> Outcome<()> {
    let server = city.start(Vec::new()).await?;
    // Whoever looks whether the views follow opens the log too: what is filed afterwards stays in the write-ahead log.
    city.views_follow().await?;
    let load = Load::begin(city.prepare(&server, 3, 3).await?);
    city.keep(load).await?;
    tokio::time::sleep(RECORDED).await;
    server.kill()?;
    let wal = std::fs::metadata(city.dir.join("log.db-wal"))?.len();
    if wal > 64 * 1024 { Ok(()) } else { Err(format!("the write-ahead log has {wal} bytes only").into()) }
}

/// Damages a copy, starts it twice, examines it, puts it right and starts it again. What was said when it was refused.
async fn one(case: &Case, dir: &Path, older: &Path, other: &Path) -> Outcome<Option<String>> {
    let good = dir.with_extension("good");
    copy(dir, &good)?;
    (case.damage)(dir, older, other)?;
    let start = Start::with(UNLIMITED);
    let before = truth(dir)?;
    let said = match (&case.wanted, refusal(dir, &start).await?) {
        (Wanted::Serves, None) => None,
        (Wanted::Serves, Some(refusal)) => return Err(format!("it does not serve: {}", refusal.said).into()),
        (Wanted::Refused(_), None) => return Err("it serves".into()),
        (Wanted::Refused(parts), Some(refusal)) => {
            refusal.says(parts)?;
            if truth(dir)? != before {
                return Err("a refused start changed the files".into());
            }
            refusal_again(dir, &start, &refusal).await?;
            Some(refusal.said)
        }
    };
    if said.is_some() {
        examined(case, dir)?;
        if truth(dir)? != before {
            return Err("an examination changed the files".into());
        }
        // What a person is told to do: the files as they were.
        std::fs::remove_dir_all(dir)?;
        copy(&good, dir)?;
        if let Some(refusal) = refusal(dir, &start).await? {
            return Err(format!("put right, it still does not serve: {}", refusal.said).into());
        }
    }
    super::oracle::views(dir).await?;
    std::fs::remove_dir_all(&good)?;
    Ok(said)
}

async fn refusal_again(dir: &Path, start: &Start, first: &Refusal) -> Outcome<()> {
    match refusal(dir, start).await? {
        Some(second) if second.said == first.said => Ok(()),
        other => Err(format!("the second start differs: {other:?}").into()),
    }
}

/// `verify` names what is wrong with the log; where only something beside the log is wrong it finds the log sound.
fn examined(case: &Case, dir: &Path) -> Outcome<()> {
    let done = Start::default().command(&["verify", "--data", text(dir)])?.output()?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    match case.verify {
        Some(part) if done.status.code() == Some(1) && said.contains(part) => Ok(()),
        None if done.status.success() => Ok(()),
        wanted => Err(format!("verify ended with {} and {said:?} instead of {wanted:?}", done.status).into()),
    }
}

/// The files that hold the truth.
fn truth(dir: &Path) -> Outcome<BTreeMap<&'static str, Vec<u8>>> {
    let mut all = BTreeMap::new();
    for name in ["log.db", "log.db-wal", "log.head", "master.key"] {
        let path = dir.join(name);
        // An empty write-ahead log is none.
        if let Some(bytes) = std::fs::read(path).ok().filter(|bytes| !bytes.is_empty()) {
            all.insert(name, bytes);
        }
    }
    Ok(all)
}
