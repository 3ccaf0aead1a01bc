//! `cluster`: the event batch of a filing on the loopback server of EventStoreDB's protocol, by 1 and 16 writers, beside the
//! embedded log in the same run. It measures the client, the protocol and this node's copy, not a real server's disks.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use application::clock::{SystemClock, log_now};
use event_log::{Append, ClusterAddress, EventLog, EventStoreLog, Options, SqliteLog};
use serde_json::json;
use tests::Outcome;
use tests::eventstore::Node;
use tokio::task::JoinSet;
use vault::{MasterKey, OsEntropy, Vault};

use crate::batch::{Filings, Sealed};
use crate::words::{Words, round};

/// How long each is measured.
const TIME: Duration = Duration::from_secs(3);

pub async fn run(words: &Words) -> Outcome<()> {
    let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(OsEntropy)));
    let sealed = Filings::new()?.sealed(&vault, 256).await?;
    for writers in [1, 16] {
        let scratch = words.scratch().join(format!("cluster-{writers}"));
        let now = log_now(Arc::new(SystemClock));
        let embedded: Arc<dyn EventLog> = Arc::new(SqliteLog::open(&made(&scratch.join("embedded"))?, Options::default(), now.clone())?);
        let embedded = measure(&embedded, writers, &sealed).await?;
        let node = Node::start()?;
        let address = ClusterAddress::parse(&node.url(), None)?;
        let cluster: Arc<dyn EventLog> =
            Arc::new(EventStoreLog::open(address, &made(&scratch.join("cluster"))?, Options::default(), now).await?);
        let cluster = measure(&cluster, writers, &sealed).await?;
        let _ = std::fs::remove_dir_all(&scratch);
        words.report(
            "cluster",
            json!({
                "writers": writers, "per_second": cluster.rate.round(), "p50_ms": round(cluster.p50), "p99_ms": round(cluster.p99),
                "embedded_per_second": embedded.rate.round(), "embedded_p50_ms": round(embedded.p50), "embedded_p99_ms": round(embedded.p99),
                "ratio_to_embedded": round(cluster.rate / embedded.rate),
            }),
            &format!(
                "{writers} writers: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms; embedded {:.0}/s, p50 {:.2} ms",
                cluster.rate, cluster.p50, cluster.p99, embedded.rate, embedded.p50
            ),
        );
    }
    Ok(())
}

fn made(dir: &Path) -> Outcome<std::path::PathBuf> {
    std::fs::create_dir_all(dir)?;
    Ok(dir.to_owned())
}

struct Figures {
    rate: f64,
    p50: f64,
    p99: f64,
}

async fn measure(log: &Arc<dyn EventLog>, writers: usize, sealed: &[Sealed]) -> Outcome<Figures> {
    let mut hands: Vec<Vec<Append>> = (0..writers).map(|_| Vec::new()).collect();
    for n in 0..20_000 {
        hands[n % writers].push(sealed[n % sealed.len()].append(n));
    }
    let mut tasks: JoinSet<Outcome<Vec<f64>>> = JoinSet::new();
    let started = Instant::now();
    for hand in hands {
        let log = log.clone();
        tasks.spawn(async move {
            let mut took = Vec::new();
            for append in hand {
                if started.elapsed() >= TIME {
                    break;
                }
                let begun = Instant::now();
                log.append(append).await?;
                took.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            Ok(took)
        });
    }
    let mut took = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        took.extend(ended??);
    }
    let rate = took.len() as f64 / started.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took.get(((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1))).copied().unwrap_or_default();
    Ok(Figures { rate, p50: at(0.5), p99: at(0.99) })
}
