//! `file`: 16 citizens send the last step of the form to the real server; against the log alone with the same batch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use application::clock::{SystemClock, log_now};
use domain::ids::CaseId;
use event_log::{Options, SqliteLog};
use serde_json::json;
use tests::Outcome;
use tests::filing::{explore, walk};
use tests::server::{Server, UNLIMITED};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::append::alone;
use crate::batch::Sealed;
use crate::load::{self, Load, QUIET, Until, idle, processor};
use crate::words::{Words, median, round, say};

const CLIENTS: usize = 16;

/// The request that files, and the id of its form.
type Prepared = (Vec<u8>, Uuid);

pub async fn run(words: &Words) -> Outcome<()> {
    let cases = words.number("cases", 1_000)?;
    let data = words.city("data", cases)?;
    let (rounds, each) = (words.number("rounds", 3)?, usize::try_from(words.number("each", 4_000)?)?);
    let (mut loads, mut logs, mut ratios): (Vec<Load>, Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new(), Vec::new());
    let (mut work, mut whole, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let server = Server::start(&data, UNLIMITED).await?;
        let (hands, forms) = prepare(&server, each).await?;
        idle(server.id()).await?;
        let before = processor(server.id())?;
        let load =
            load::run(server.address, hands, Until::Done, |answer| answer.status == 303 && answer.location() == "/file/receipt").await?;
        let per_filing = |spent: Duration| spent.as_secs_f64() * 1_000.0 / load.count as f64;
        work.push(per_filing(processor(server.id())? - before));
        let ended = Instant::now();
        idle(server.id()).await?;
        behind.push(ended.elapsed().saturating_sub(QUIET).as_secs_f64());
        whole.push(per_filing(processor(server.id())? - before));
        server.stop().await?;
        // The very batches that the server appended, into a log of their own on the same disk.
        let sealed = {
            let log = SqliteLog::open(&data, Options::default(), log_now(Arc::new(SystemClock)))?;
            let mut sealed = Vec::new();
            for form in forms.iter().take(1_000) {
                sealed.push(Sealed::first(&log, &CaseId::of_form(*form).stream()).await?);
            }
            sealed
        };
        let aside = words.scratch().join(format!("alone-{round}"));
        let log = alone(&aside, CLIENTS, &sealed, each * 4).await?;
        std::fs::remove_dir_all(&aside)?;
        say(&format!("round {}: filing {}, the log alone {log:.0}/s, ratio {:.2}", round + 1, load.line(), load.rate / log));
        ratios.push(load.rate / log);
        logs.push(log);
        loads.push(load);
    }
    let middle = |pick: fn(&Load) -> f64| median(loads.iter().map(pick).collect());
    let (rate, p50, p99) = (middle(|load| load.rate), middle(|load| load.p50), middle(|load| load.p99));
    let (log, ratio, work) = (median(logs), median(ratios), median(work));
    let (whole, behind) = (median(whole), median(behind));
    words.report(
        "file",
        json!({
            "cases": cases, "clients": CLIENTS, "rounds": rounds, "filings": each, "per_second": rate.round(), "p50_ms": round(p50), "p99_ms": round(p99),
            "log_alone_per_second": log.round(), "ratio": round(ratio), "server_ms_of_processor_per_filing": round(work),
            "with_what_follows_ms": round(whole), "caught_up_after_seconds": round(behind),
        }),
        &format!("filing {rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms; {ratio:.2} of the log alone ({log:.0}/s); {work:.2} ms of processor per filing while they come, {whole:.2} ms with what follows; views, search and notices are done {behind:.0} s after the last"),
    );
    Ok(())
}

/// Walks so many citizens to the last step; the requests by client, and the ids of the forms.
async fn prepare(server: &Server, each: usize) -> Outcome<(Vec<Vec<Vec<u8>>>, Vec<Uuid>)> {
    let address = server.address;
    let (sample, _) = explore(address).await?;
    let mut tasks: JoinSet<Outcome<Vec<Prepared>>> = JoinSet::new();
    for client in 0..CLIENTS {
        let sample = sample.clone();
        tasks.spawn(async move {
            let mut ready = Vec::new();
            for n in (client..each).step_by(CLIENTS) {
                let one = walk(address, sample.nth(n)).await?;
                ready.push((one.request(), one.form));
            }
            Ok(ready)
        });
    }
    let (mut hands, mut forms) = (Vec::new(), Vec::new());
    while let Some(ended) = tasks.join_next().await {
        let (requests, some): (Vec<_>, Vec<_>) = ended??.into_iter().unzip();
        hands.push(requests);
        forms.extend(some);
    }
    Ok((hands, forms))
}
