//! What must hold after each fault, read from the files as the next start would read them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use application::clock::{SystemClock, log_now};
use domain::ids::CaseId;
use event_log::{Cursor, Envelope, EventLog, Options, SqliteLog};
use projections::Projections;
use uuid::Uuid;
use vault::{MasterKey, OsEntropy, Vault};

use super::journal::{Open, Stands};
use crate::Outcome;
use crate::filing::Filing;

/// What a look at the log gave.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Filings under way that stand all the same.
    pub(crate) under_way: usize,
    /// Among them those that the server had said were not filed.
    pub(crate) refused: usize,
    pub(crate) limits: usize,
    pub(crate) notices: usize,
    pub(crate) events: usize,
    /// Mail addresses of petitioners whose receipt notice is on record as sent.
    pub(crate) sent: BTreeSet<String>,
}

/// The log as the next start opens it.
pub(crate) fn open(dir: &Path) -> Outcome<SqliteLog> {
    Ok(SqliteLog::open(dir, Options::default(), log_now(Arc::new(SystemClock)))?)
}

/// The keys of a data directory.
pub(crate) fn vault(dir: &Path) -> Outcome<Vault> {
    Ok(Vault::new(MasterKey::load(&dir.join("master.key"))?, Arc::new(OsEntropy)))
}

/// Opens the log, verifies it and compares it with the journal.
pub(crate) async fn look(dir: &Path, before: usize, stands: &[Stands], unknown: &[Open]) -> Outcome<Seen> {
    let log = open(dir)?;
    let report = log.verify(&|_, _| {}).await?;
    if !report.is_sound() {
        return Err(format!("the log does not verify: {:?}", report.faults).into());
    }
    let vault = vault(dir)?;
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
    let mut seen = Seen::default();
    for Open { ready, refused } in unknown {
        let stream = CaseId::of_form(ready.form).stream();
        if let Some(events) = streams.get(&stream) {
            whole(&log, &vault, &stream, events, ready.form, &ready.filing, &mut batch).await?;
            seen.under_way += 1;
            seen.refused += usize::from(*refused);
        }
    }
    let ours = filed(&streams) - before;
    if ours != stands.len() + seen.under_way {
        let (acknowledged, under_way) = (stands.len(), seen.under_way);
        return Err(format!("{ours} filings stand in the log, {acknowledged} were acknowledged and {under_way} were under way").into());
    }
    once(&streams)?;
    (seen.limits, seen.notices, seen.sent) = acts(&streams, stands)?;
    seen.events = streams.values().map(Vec::len).sum();
    Ok(seen)
}

/// Cases that stand in the log.
pub(crate) fn filed(streams: &HashMap<String, Vec<Envelope>>) -> usize {
    streams.values().flatten().filter(|event| event.kind == "case_filed").count()
}

/// The whole log by streams.
pub(crate) async fn scan(log: &dyn EventLog) -> Outcome<HashMap<String, Vec<Envelope>>> {
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
    log: &dyn EventLog,
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
                "notice_owed" | "notice_duty_owed" => {
                    let what = [&clear["kind"], &clear["task"]].map(ToString::to_string);
                    if !owed.insert((what, clear["event"].to_string(), clear["to"].to_string())) {
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
pub(crate) fn mails(dir: &Path, sent: &BTreeSet<String>) -> Outcome<()> {
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

/// Views that went on through all faults say the same as views made anew.
pub(crate) async fn views(dir: &Path) -> Outcome<()> {
    let log: Arc<dyn EventLog> = Arc::new(open(dir)?);
    let vault = Arc::new(vault(dir)?);
    let running = Projections::start(dir, log.clone(), vault.clone()).await?;
    running.catch_up().await?;
    tokio::task::spawn_blocking(move || running.stop()).await?;
    let continued = projections::digest(dir)?;
    projections::rebuild(dir, log, vault, true, &|_, _| {}).await?;
    let anew = projections::digest(dir)?;
    if continued == anew { Ok(()) } else { Err("views that went on differ from views made anew".into()) }
}
