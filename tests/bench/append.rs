//! `append`: the event batch of a filing by 1, 16 and 64 writers: the log alone, with the vault, and the bare file.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use application::clock::{SystemClock, log_now};
use event_log::{Append, EventLog, Options, SqliteLog};
use serde_json::json;
use tests::Outcome;
use tokio::task::JoinSet;
use vault::{MasterKey, OsEntropy, Vault};

use crate::batch::{Filings, Sealed};
use crate::words::{Words, round};

/// How long each is measured.
const TIME: Duration = Duration::from_secs(3);

pub async fn run(words: &Words) -> Outcome<()> {
    let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(OsEntropy)));
    let filings = Arc::new(Filings::new()?);
    let sealed = filings.sealed(&vault, 256).await?;
    let bytes = sealed.iter().map(Sealed::bytes).sum::<usize>() / sealed.len().max(1);
    for writers in [1, 16, 64] {
        let scratch = words.scratch().join(format!("append-{writers}"));
        let raw = raw(&scratch.join("raw"), writers, bytes)?;
        let alone = alone(&scratch.join("alone"), writers, &sealed, 60_000).await?;
        let with_vault = with_vault(&scratch.join("vault"), writers, filings.clone(), vault.clone()).await?;
        std::fs::remove_dir_all(&scratch)?;
        words.report(
            "append",
            json!({
                "writers": writers, "batch_bytes": bytes, "log_per_second": alone.round(), "vault_and_log_per_second": with_vault.round(),
                "file_per_second": raw.round(), "ratio_log_to_file": round(alone / raw), "ratio_vault_to_log": round(with_vault / alone),
            }),
            &format!(
                "{writers} writers: log {alone:.0}/s ({:.2} of the bare file's {raw:.0}/s), with sealing {with_vault:.0}/s",
                alone / raw
            ),
        );
    }
    Ok(())
}

/// Appends made ready before, as fast as the log takes them; at most `most`.
pub async fn alone(dir: &Path, writers: usize, sealed: &[Sealed], most: usize) -> Outcome<f64> {
    std::fs::create_dir_all(dir)?;
    let log = Arc::new(SqliteLog::open(dir, Options::default(), log_now(Arc::new(SystemClock)))?);
    let mut hands: Vec<Vec<Append>> = (0..writers).map(|_| Vec::new()).collect();
    for n in 0..most {
        hands[n % writers].push(sealed[n % sealed.len()].append(n));
    }
    let mut tasks: JoinSet<Outcome<usize>> = JoinSet::new();
    let started = Instant::now();
    for hand in hands {
        let log = log.clone();
        tasks.spawn(async move {
            let mut done = 0;
            for append in hand {
                if started.elapsed() >= TIME {
                    break;
                }
                log.append(append).await?;
                done += 1;
            }
            Ok(done)
        });
    }
    let mut done = 0;
    while let Some(ended) = tasks.join_next().await {
        done += ended??;
    }
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

async fn with_vault(dir: &Path, writers: usize, filings: Arc<Filings>, vault: Arc<Vault>) -> Outcome<f64> {
    std::fs::create_dir_all(dir)?;
    let log = Arc::new(SqliteLog::open(dir, Options::default(), log_now(Arc::new(SystemClock)))?);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks: JoinSet<Outcome<()>> = JoinSet::new();
    let started = Instant::now();
    for _ in 0..writers {
        let (log, next, filings, vault) = (log.clone(), next.clone(), filings.clone(), vault.clone());
        tasks.spawn(async move {
            while started.elapsed() < TIME {
                filings.record(&*log, &vault, next.fetch_add(1, Ordering::Relaxed)).await?;
            }
            Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(next.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64())
}

/// As many bytes appended to a file of its own by each thread, made durable each time.
fn raw(dir: &Path, writers: usize, bytes: usize) -> Outcome<f64> {
    std::fs::create_dir_all(dir)?;
    let started = Instant::now();
    let threads: Vec<_> = (0..writers)
        .map(|n| {
            let path = dir.join(format!("{n}"));
            std::thread::spawn(move || -> std::io::Result<usize> {
                let mut file = File::create(path)?;
                let content = vec![0x5a; bytes];
                let mut done = 0;
                while started.elapsed() < TIME {
                    file.write_all(&content)?;
                    file.sync_data()?;
                    done += 1;
                }
                Ok(done)
            })
        })
        .collect();
    let mut done = 0;
    for thread in threads {
        done += thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(done as f64 / started.elapsed().as_secs_f64())
}
