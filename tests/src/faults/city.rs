//! A generated city under a fault: its server, the citizens who file there, and their journal.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::journal::{Load, Open, Sent, Stands};
use super::oracle::{self, Seen};
use super::{Chance, Found, Ground, Shim};
use crate::Outcome;
use crate::client::Client;
use crate::filing::{Filing, Ready, acknowledges, explore, walk};
use crate::server::{Server, Start, UNLIMITED, run as command, text};

/// Longest wait for a moment of a fault.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// A notice that a dead process had taken up, or that could not be written, is sent when its time has come: within this, in
/// seconds. Less than a draft lives.
const LATER: i64 = 6 * 3_600;
/// Filings sent once more at each start, of those that were acknowledged.
const AGAIN: usize = 4;
/// Filings whose receipt may not have been read yet: the newest.
const NEWEST: usize = 64;

/// A city under a fault.
pub(crate) struct City {
    /// Its data directory.
    pub(crate) dir: PathBuf,
    pub(crate) chance: Chance,
    pub(crate) found: Found,
    /// What was acknowledged.
    pub(crate) stands: Vec<Stands>,
    /// What was sent and not acknowledged.
    pub(crate) open: Vec<Open>,
    /// Cases before the first filing.
    before: usize,
    /// What the pages offer.
    sample: Option<Filing>,
    next: usize,
}

impl City {
    /// Generates a city of so many cases in the ground's folder, or in one within.
    pub(crate) async fn new(ground: &Ground<'_>, within: &str, cases: usize) -> Outcome<Self> {
        let dir = ground.dir.join(if within.is_empty() { "city" } else { within });
        command(&["generate", "--data", text(&dir), "--cases", &cases.to_string(), "--seed", &ground.seed.to_string()])?;
        Self::of(dir, ground.seed).await
    }

    /// The city that stands in a folder.
    pub(crate) async fn of(dir: PathBuf, seed: u64) -> Outcome<Self> {
        let before = oracle::filed(&oracle::scan(&oracle::open(&dir)?).await?);
        let (chance, found) = (Chance(seed), Found::default());
        Ok(Self { dir, chance, found, stands: Vec::new(), open: Vec::new(), before, sample: None, next: 0 })
    }

    /// Starts its server under these settings besides the usual ones and sends again what is open.
    pub(crate) async fn start(&mut self, environment: Vec<(String, String)>) -> Outcome<Server> {
        self.start_as(&Start::with(UNLIMITED).and(environment)).await
    }

    /// As [`Self::start`], in another way.
    pub(crate) async fn start_as(&mut self, start: &Start) -> Outcome<Server> {
        let began = Instant::now();
        let server = Server::start_as(&self.dir, start).await?;
        if self.found.rounds() > 0 {
            self.found.recovery = self.found.recovery.max(began.elapsed());
        }
        self.once_more(&server).await?;
        Ok(server)
    }

    /// Filings that need only to be sent, so many for each of so many citizens.
    pub(crate) async fn prepare(&mut self, server: &Server, citizens: usize, each: usize) -> Outcome<Vec<Vec<Ready>>> {
        self.prepare_at(server.address, citizens, each).await
    }

    /// As [`Self::prepare`], by the address.
    pub(crate) async fn prepare_at(&mut self, address: SocketAddr, citizens: usize, each: usize) -> Outcome<Vec<Vec<Ready>>> {
        let sample = match &self.sample {
            Some(sample) => sample.clone(),
            None => explore(address).await?.0,
        };
        let mut hands = Vec::with_capacity(citizens);
        for _ in 0..citizens {
            let mut hand = Vec::with_capacity(each);
            for _ in 0..each {
                self.next += 1;
                let filing = Filing { email: format!("citizen{}@example.cn", self.next), ..sample.nth(self.next) };
                hand.push(walk(address, filing).await?);
            }
            hands.push(hand);
        }
        self.sample = Some(sample);
        Ok(hands)
    }

    /// Files all of this in peace: everything is acknowledged.
    pub(crate) async fn file(&mut self, server: &Server, citizens: usize, each: usize) -> Outcome<()> {
        let hands = self.prepare(server, citizens, each).await?;
        let sent = self.keep(Load::begin(hands)).await?;
        if sent == citizens * each { Ok(()) } else { Err(format!("{sent} of {} filings came through", citizens * each).into()) }
    }

    /// Waits for the end of a load and writes it into the journal; how many were acknowledged.
    pub(crate) async fn keep(&mut self, load: Load) -> Outcome<usize> {
        let sent = load.end().await?;
        Ok(self.write(sent))
    }

    /// Writes what came of a load into the journal.
    pub(crate) fn write(&mut self, sent: Sent) -> usize {
        let acknowledged = sent.stands.len();
        self.found.acknowledged += acknowledged;
        for (status, n) in sent.answered {
            *self.found.answered.entry(status).or_default() += n;
        }
        self.stands.extend(sent.stands);
        self.open.extend(sent.open);
        acknowledged
    }

    /// Looks at the files.
    pub(crate) async fn look(&mut self) -> Outcome<Seen> {
        let seen = oracle::look(&self.dir, self.before, &self.stands, &self.open).await?;
        (self.found.limits, self.found.notices, self.found.events) = (seen.limits, seen.notices, seen.events);
        Ok(seen)
    }

    /// Sends again what is open, and some of what was acknowledged: the browser's second click, and the very same request as
    /// a proxy repeats it. Each leads to the receipt that stood first.
    pub(crate) async fn once_more(&mut self, server: &Server) -> Outcome<()> {
        if self.try_again(server).await? > 0 {
            return Err(format!("forms sent again after a fault were refused\n{}", server.said()).into());
        }
        let newest = self.stands.len().saturating_sub(NEWEST);
        let mut chosen: Vec<usize> = (newest..self.stands.len()).filter(|at| self.stands[*at].receipt.is_none()).collect();
        if !self.stands.is_empty() {
            let n = self.stands.len() as u64;
            chosen.extend((0..AGAIN).filter_map(|_| usize::try_from(self.chance.below(n)).ok()));
        }
        for at in chosen {
            repeat(server, &mut self.stands[at]).await?;
            self.found.again += 1;
        }
        Ok(())
    }

    /// Sends again what is open; how many the server still refuses.
    pub(crate) async fn try_again(&mut self, server: &Server) -> Outcome<usize> {
        for Open { mut ready, .. } in std::mem::take(&mut self.open) {
            ready.client.move_to(server.address);
            let request = ready.request();
            let answer = ready.send().await?;
            if acknowledges(&answer) {
                let receipt = Some(ready.receipt().await?);
                self.found.acknowledged += 1;
                self.found.again += 1;
                self.stands.push(Stands { form: ready.form, filing: ready.filing, request, receipt, client: ready.client });
            } else if answer.status == 503 {
                self.open.push(Open { ready, refused: true });
            } else {
                return Err(format!("a form sent again after a fault was answered {}", answer.status).into());
            }
        }
        Ok(self.open.len())
    }

    /// Once more in peace: what is open is sent again, every citizen gets the mail, the server ends in order, and everything
    /// holds.
    pub(crate) async fn settle(&mut self) -> Outcome<Found> {
        let shim = Shim::new(&self.dir.with_extension("shim"))?;
        shim.clock(LATER)?;
        let server = self.start(shim.environment(None)).await?;
        self.finish(server).await
    }

    /// As [`Self::settle`], with the server that runs and without sending anything again.
    pub(crate) async fn finish(&mut self, server: Server) -> Outcome<Found> {
        self.notices().await?;
        let status = server.stop().await?;
        if !status.success() {
            return Err(format!("the server ended with {status}").into());
        }
        let seen = self.look().await?;
        command(&["verify", "--data", text(&self.dir), "--json"])?;
        oracle::mails(&self.dir, &seen.sent)?;
        oracle::views(&self.dir).await?;
        Ok(self.found.clone())
    }

    /// Waits until every petitioner has the notice of receipt.
    pub(crate) async fn notices(&mut self) -> Outcome<()> {
        let began = Instant::now();
        loop {
            let sent = self.look().await?.sent.len();
            if sent >= self.stands.len() {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("notices were lost: {sent} of {} filings have one", self.stands.len()).into());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Waits until the views of a running server stand at the head of the log.
    pub(crate) async fn views_follow(&self) -> Outcome<()> {
        use event_log::EventLog as _;
        let began = Instant::now();
        loop {
            let head = oracle::open(&self.dir)?.head().await?.size;
            let at = projections::Views::open(&self.dir)?.position()?;
            if at >= head {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("the views stand at {at}, the log at {head}").into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn repeat(server: &Server, one: &mut Stands) -> Outcome<()> {
    let mut repeated = Client::new(server.address);
    let answer = repeated.send(&one.request).await?;
    if !acknowledges(&answer) {
        return Err(format!("the same request again answers {} {}", answer.status, answer.location()).into());
    }
    one.client.move_to(server.address);
    for client in [&mut repeated, &mut one.client] {
        let mut browser = Client::new(server.address);
        browser.cookies.clone_from(&client.cookies);
        let receipt = Ready::receipt_of(&mut browser).await?;
        match &one.receipt {
            Some(first) if *first != receipt => return Err(format!("two receipts of one form: {first:?} and {receipt:?}").into()),
            _ => one.receipt = Some(receipt),
        }
    }
    Ok(())
}

/// Copies a data directory as it lies there.
pub(crate) fn copy(from: &Path, to: &Path) -> Outcome<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
