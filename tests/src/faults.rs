//! The real server is killed again and again while citizens file: what it acknowledged stands, once and whole.
//!
//! The invariants of `ux.md` §7.3: every acknowledged event is there (I1); at most what was under way besides, never part
//! of a batch (I2); the log verifies (I3); views that went on equal views made anew (I4); no notice and no warning twice
//! (I5); every start goes without hand work (I6); whoever sends the same form again gets the same receipt (F5).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use application::clock::{SystemClock, log_now};
use domain::ids::CaseId;
use event_log::{Cursor, Envelope, EventLog, Options, SqliteLog};
use projections::Projections;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;
use vault::{MasterKey, OsEntropy, Vault};

use crate::Outcome;
use crate::client::Client;
use crate::filing::{Filing, Ready, Receipt, explore, walk};
use crate::server::{Server, UNLIMITED, run as command, text};

/// Longest wait for a round's moment.
const PATIENCE: Duration = Duration::from_secs(120);
/// Filings sent once more in each round, of those that were acknowledged.
const AGAIN: usize = 4;

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Kills under load.
    pub rounds: usize,
    /// Seed of all chance.
    pub seed: u64,
    /// Citizens who file at once.
    pub clients: usize,
    /// Filings that each has ready in a round.
    pub each: usize,
    /// Cases of the generated city, whose limits run out meanwhile.
    pub cases: u64,
}

/// What was found; that it was found at all means that everything held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Kills under load.
    pub rounds: usize,
    /// Kills while the server started.
    pub starts: usize,
    /// Filings acknowledged before a kill.
    pub acknowledged: usize,
    /// Filings under way at a kill that stood in the log all the same.
    pub under_way: usize,
    /// Forms sent again that led to the same receipt.
    pub again: usize,
    /// Warnings and breaches in the log.
    pub limits: usize,
    /// Notices sent.
    pub notices: usize,
    /// Events in the end.
    pub events: usize,
}

/// A filing that the server acknowledged.
pub(crate) struct Stands {
    form: Uuid,
    filing: Filing,
    request: Vec<u8>,
    receipt: Option<Receipt>,
    client: Client,
}

/// Makes a city in `dir`, kills its server `rounds` times under load and looks each time.
///
/// # Errors
/// The first promise that was not kept.
pub async fn run(dir: &Path, plan: &Plan, tell: &(dyn Fn(&str) + Sync)) -> Outcome<Found> {
    let mut chance = Chance(plan.seed);
    command(&["generate", "--data", text(dir), "--cases", &plan.cases.to_string(), "--seed", &plan.seed.to_string()])?;
    let before = filed(&scan(&open(dir)?).await?);
    let mut found = Found::default();
    let mut stands: Vec<Stands> = Vec::new();
    let mut unknown: Vec<Ready> = Vec::new();
    let mut sample: Option<Filing> = None;
    let mut next = 0;
    for round in 0..plan.rounds {
        if chance.below(3) == 0 {
            Server::start_and_kill(dir, UNLIMITED, Duration::from_micros(chance.below(400_000)))?;
            found.starts += 1;
        }
        let server = Server::start(dir, UNLIMITED).await?;
        let address = server.address;
        found.again += once_more(&server, &mut stands, &mut unknown, &mut chance).await?;
        if sample.is_none() {
            sample = Some(explore(address).await?.0);
        }
        let sample = sample.as_ref().ok_or("no sample")?;
        let mut hands: Vec<Vec<Ready>> = Vec::new();
        for _ in 0..plan.clients {
            let mut ready = Vec::new();
            for _ in 0..plan.each {
                next += 1;
                let filing = Filing { email: format!("citizen{next}@example.cn"), ..sample.nth(next) };
                ready.push(walk(address, filing).await?);
            }
            hands.push(ready);
        }
        let total = u64::try_from(plan.clients * plan.each)?;
        let moment =
            Moment { acknowledged: 1 + usize::try_from(chance.below(total * 3 / 4))?, then: Duration::from_micros(chance.below(4_000)) };
        let (acknowledged, open) = load_and_kill(server, hands, &moment).await?;
        found.acknowledged += acknowledged.len();
        stands.extend(acknowledged);
        unknown = open;
        found.rounds += 1;
        let seen = look(dir, before, &stands, &unknown).await?;
        found.under_way += seen.under_way;
        (found.limits, found.notices, found.events) = (seen.limits, seen.notices, seen.events);
        tell(&format!(
            "round {}: {} acknowledged in all, {} under way of {}, {} events, {} limits, {} notices",
            round + 1,
            stands.len(),
            seen.under_way,
            unknown.len(),
            seen.events,
            seen.limits,
            seen.notices
        ));
    }
    // Once more in peace: what was under way is sent again, the server ends in order.
    let server = Server::start(dir, UNLIMITED).await?;
    found.again += once_more(&server, &mut stands, &mut unknown, &mut chance).await?;
    let status = server.stop().await?;
    if !status.success() {
        return Err(format!("the server ended with {status}").into());
    }
    let seen = look(dir, before, &stands, &[]).await?;
    (found.limits, found.notices, found.events) = (seen.limits, seen.notices, seen.events);
    command(&["verify", "--data", text(dir), "--json"])?;
    mails(dir, &seen.sent)?;
    views(dir).await?;
    Ok(found)
}

/// When the server is killed: so long after so many acknowledgements.
struct Moment {
    acknowledged: usize,
    then: Duration,
}

async fn load_and_kill(server: Server, hands: Vec<Vec<Ready>>, moment: &Moment) -> Outcome<(Vec<Stands>, Vec<Ready>)> {
    let counter = watch::Sender::new(0_usize);
    let mut tasks: JoinSet<Outcome<(Vec<Stands>, Option<Ready>)>> = JoinSet::new();
    for hand in hands {
        let counter = counter.clone();
        tasks.spawn(async move {
            let mut stands = Vec::new();
            for mut ready in hand {
                let request = ready.request();
                match ready.submit().await {
                    Ok(true) => {
                        counter.send_modify(|n| *n += 1);
                        let receipt = ready.receipt().await.ok();
                        let gone = receipt.is_none();
                        stands.push(Stands { form: ready.form, filing: ready.filing, request, receipt, client: ready.client });
                        if gone {
                            break;
                        }
                    }
                    Ok(false) => return Err("a filing was not acknowledged by a server in good health".into()),
                    Err(_) => return Ok((stands, Some(ready))),
                }
            }
            Ok((stands, None))
        });
    }
    let mut acknowledged = counter.subscribe();
    tokio::time::timeout(PATIENCE, acknowledged.wait_for(|n| *n >= moment.acknowledged))
        .await
        .map_err(|_| format!("too few filings came through\n{}", server.said()))??;
    tokio::time::sleep(moment.then).await;
    server.kill()?;
    let (mut stands, mut open) = (Vec::new(), Vec::new());
    while let Some(ended) = tasks.join_next().await {
        let (some, unknown) = ended??;
        stands.extend(some);
        open.extend(unknown);
    }
    Ok((stands, open))
}

/// Sends again what was under way, and some of what was acknowledged: the browser's second click, and the very same
/// request as a proxy repeats it. Each leads to the receipt that stood first.
async fn once_more(server: &Server, stands: &mut Vec<Stands>, unknown: &mut Vec<Ready>, chance: &mut Chance) -> Outcome<usize> {
    let mut again = 0;
    for mut ready in unknown.drain(..) {
        ready.client.move_to(server.address);
        let request = ready.request();
        if !ready.submit().await? {
            return Err("a form sent again after a crash was not acknowledged".into());
        }
        let receipt = Some(ready.receipt().await?);
        stands.push(Stands { form: ready.form, filing: ready.filing, request, receipt, client: ready.client });
        again += 1;
    }
    // The newest may have been acknowledged without that the receipt could be read.
    let newest = stands.len().saturating_sub(64);
    let without: Vec<usize> = (newest..stands.len()).filter(|at| stands[*at].receipt.is_none()).collect();
    let chosen: Vec<usize> =
        if stands.is_empty() { Vec::new() } else { (0..AGAIN).map(|_| chance.below(stands.len() as u64) as usize).collect() };
    for at in without.into_iter().chain(chosen) {
        let one = &mut stands[at];
        let mut repeated = Client::new(server.address);
        let answer = repeated.send(&one.request).await?;
        if answer.status != 303 || answer.location() != "/file/receipt" {
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
        again += 1;
    }
    Ok(again)
}

/// What a look at the log gave.
struct Seen {
    under_way: usize,
    limits: usize,
    notices: usize,
    events: usize,
    /// Mail addresses of petitioners whose receipt notice is on record as sent.
    sent: BTreeSet<String>,
}

fn open(dir: &Path) -> Outcome<SqliteLog> {
    Ok(SqliteLog::open(dir, Options::default(), log_now(Arc::new(SystemClock)))?)
}

/// Opens the log as the next start would, verifies it and compares it with what was acknowledged.
async fn look(dir: &Path, before: usize, stands: &[Stands], unknown: &[Ready]) -> Outcome<Seen> {
    let log = open(dir)?;
    let report = log.verify(&|_, _| {}).await?;
    if !report.is_sound() {
        return Err(format!("the log does not verify: {:?}", report.faults).into());
    }
    let vault = Vault::new(MasterKey::load(&dir.join("master.key"))?, Arc::new(OsEntropy));
    let streams = scan(&log).await?;
    let mut batch = None;
    for one in stands {
        let stream = CaseId::of_form(one.form).stream();
        let events = streams.get(&stream).ok_or_else(|| format!("an acknowledged filing is lost: {stream}"))?;
        whole(&log, &vault, &stream, events, one.form, &one.filing, &mut batch).await?;
        if let Some(receipt) = &one.receipt {
            let clear: serde_json::Value = serde_json::from_slice(&events[0].data)?;
            if clear["number"].as_str() != Some(&receipt.number) {
                return Err(format!("the receipt says {}, the log {}", receipt.number, clear["number"]).into());
            }
        }
    }
    let mut under_way = 0;
    for one in unknown {
        let stream = CaseId::of_form(one.form).stream();
        if let Some(events) = streams.get(&stream) {
            whole(&log, &vault, &stream, events, one.form, &one.filing, &mut batch).await?;
            under_way += 1;
        }
    }
    let ours = filed(&streams) - before;
    if ours != stands.len() + under_way {
        return Err(format!("{ours} filings stand in the log, {} were acknowledged and {under_way} were under way", stands.len()).into());
    }
    once(&streams)?;
    let (limits, notices, sent) = acts(&streams, stands)?;
    Ok(Seen { under_way, limits, notices, events: streams.values().map(Vec::len).sum(), sent })
}

fn filed(streams: &HashMap<String, Vec<Envelope>>) -> usize {
    streams.values().flatten().filter(|event| event.kind == "case_filed").count()
}

pub(crate) async fn scan(log: &SqliteLog) -> Outcome<HashMap<String, Vec<Envelope>>> {
    let mut streams: HashMap<String, Vec<Envelope>> = HashMap::new();
    let mut cursor = Cursor::default();
    loop {
        let read = log.read_all(&cursor, 2_000).await?;
        for event in read.events {
            streams.entry(event.stream.clone()).or_default().push(event);
        }
        cursor = read.next;
        if read.at_head {
            return Ok(streams);
        }
    }
}

/// The filing stands once, with every event of its batch, and its words can be opened.
async fn whole(
    log: &SqliteLog,
    vault: &Vault,
    stream: &str,
    events: &[Envelope],
    form: Uuid,
    filing: &Filing,
    batch: &mut Option<usize>,
) -> Outcome<()> {
    if events.iter().filter(|event| event.kind == "case_filed").count() != 1 {
        return Err(format!("{stream} was not filed once").into());
    }
    let id = |index: usize| Uuid::new_v5(&form, &u32::try_from(index).unwrap_or(u32::MAX).to_be_bytes());
    let together = events.iter().enumerate().take_while(|(index, event)| event.id == id(*index)).count();
    if together == 0 || *batch.get_or_insert(together) != together {
        return Err(format!("{stream} holds {together} events of its filing, others {batch:?}").into());
    }
    let keyring = vault.keyring(stream, log.keys_of(stream).await?)?;
    let opened = vault.open(&keyring, &events[0])?.to_string();
    if opened.contains(&filing.words) && opened.contains(&filing.phone) {
        Ok(())
    } else {
        Err(format!("{stream} does not hold what was typed").into())
    }
}

/// No event and no public number stands twice.
pub(crate) fn once(streams: &HashMap<String, Vec<Envelope>>) -> Outcome<()> {
    let (mut ids, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for event in streams.values().flatten() {
        if !ids.insert(event.id) {
            return Err(format!("event {} stands twice", event.id).into());
        }
        if event.kind == "case_filed" {
            let clear: serde_json::Value = serde_json::from_slice(&event.data)?;
            let number = clear["number"].as_str().unwrap_or_default().to_owned();
            if !numbers.insert(number.clone()) {
                return Err(format!("number {number} was given twice").into());
            }
        }
    }
    Ok(())
}

/// No limit is warned of or broken twice, no notice is owed or sent twice.
pub(crate) fn acts(streams: &HashMap<String, Vec<Envelope>>, stands: &[Stands]) -> Outcome<(usize, usize, BTreeSet<String>)> {
    let (mut limits, mut notices, mut sent) = (0, 0, BTreeSet::new());
    let mails: BTreeMap<String, &str> =
        stands.iter().map(|one| (CaseId::of_form(one.form).0.to_string(), one.filing.email.as_str())).collect();
    let mut owed = BTreeSet::new();
    for (stream, events) in streams {
        let mut acts = BTreeSet::new();
        let mut petitioner = None;
        for event in events {
            let clear: serde_json::Value = serde_json::from_slice(&event.data)?;
            match event.kind.as_str() {
                "case_limit_warned" | "case_limit_breached" => {
                    limits += 1;
                    if !acts.insert((event.kind.clone(), clear["clock"].to_string(), clear["round"].to_string())) {
                        return Err(format!("{stream}: {} twice for {} {}", event.kind, clear["clock"], clear["round"]).into());
                    }
                }
                // A deadline that moved may be warned of and broken again.
                "case_deadline_recomputed" | "case_breach_withdrawn" => acts.clear(),
                "notice_owed" => {
                    if !owed.insert((clear["kind"].to_string(), clear["event"].to_string(), clear["to"].to_string())) {
                        return Err(format!("{stream}: the same notice is owed twice").into());
                    }
                    if clear["to"] == "petitioner" && clear["kind"] == "receipt" {
                        petitioner = clear["case"].as_str().and_then(|case| mails.get(case.trim_start_matches("case-"))).copied();
                    }
                }
                "notice_sent" => {
                    notices += 1;
                    if !acts.insert((event.kind.clone(), String::new(), String::new())) {
                        return Err(format!("{stream}: sent twice").into());
                    }
                    sent.extend(petitioner.map(str::to_owned));
                }
                _ => {}
            }
        }
    }
    Ok((limits, notices, sent))
}

/// Every petitioner got one mail at most, and one if it is on record.
fn mails(dir: &Path, sent: &BTreeSet<String>) -> Outcome<()> {
    let mut got: BTreeMap<String, usize> = BTreeMap::new();
    let outbox = dir.join("outbox");
    if outbox.exists() {
        for entry in std::fs::read_dir(outbox)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "eml") {
                let mail = std::fs::read_to_string(&path)?;
                let to = mail.lines().find_map(|line| line.strip_prefix("To: ")).unwrap_or_default().trim().to_owned();
                *got.entry(to).or_default() += 1;
            }
        }
    }
    if let Some((to, n)) = got.iter().find(|(to, n)| to.starts_with("citizen") && **n != 1) {
        return Err(format!("{to} got {n} mails of one filing").into());
    }
    match sent.iter().find(|to| !got.contains_key(*to)) {
        Some(to) => Err(format!("the notice to {to} is on record as sent and was not").into()),
        None => Ok(()),
    }
}

/// Views that went on through all kills say the same as views made anew.
async fn views(dir: &Path) -> Outcome<()> {
    let log: Arc<dyn EventLog> = Arc::new(open(dir)?);
    let vault = Arc::new(Vault::new(MasterKey::load(&dir.join("master.key"))?, Arc::new(OsEntropy)));
    let running = Projections::start(dir, log.clone(), vault.clone()).await?;
    running.catch_up().await?;
    tokio::task::spawn_blocking(move || running.stop()).await?;
    let continued = projections::digest(dir)?;
    projections::rebuild(dir, log, vault, true, &|_, _| {}).await?;
    let anew = projections::digest(dir)?;
    if continued == anew { Ok(()) } else { Err("views that went on differ from views made anew".into()) }
}

/// Chance from a seed (SplitMix64), so that a failed run can be repeated.
struct Chance(u64);

impl Chance {
    /// Evenly in 0..n, 0 when n is 0.
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n.max(1)
    }
}
