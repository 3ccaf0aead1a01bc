//! `rebuild`, `replay`, `size`: what is made of the log, against a bare scan of it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use application::clock::{SystemClock, log_now};
use domain::case::{CaseEvent, CaseState};
use domain::time::from_micros;
use event_log::{Cursor, Envelope, EventLog, Options, SqliteLog};
use serde_json::json;
use tests::Outcome;
use tests::server::{run as command, text};

use crate::words::{Words, median, round};

fn open(dir: &Path) -> Outcome<SqliteLog> {
    Ok(SqliteLog::open(dir, Options::default(), log_now(Arc::new(SystemClock)))?)
}

/// Events per second of reading the whole log and doing something with each.
async fn scan(log: &SqliteLog, mut each: impl FnMut(Envelope) -> Outcome<()>) -> Outcome<(u64, f64)> {
    let started = Instant::now();
    let (mut cursor, mut events) = (Cursor::default(), 0);
    loop {
        let read = log.read_all(&cursor, 2_000).await?;
        for event in read.events {
            events += 1;
            each(event)?;
        }
        cursor = read.next;
        if read.at_head {
            return Ok((events, events as f64 / started.elapsed().as_secs_f64()));
        }
    }
}

/// Events of a log, and how many of them a bare scan reads in a second.
pub async fn scan_rate(dir: &Path) -> Outcome<(u64, f64)> {
    scan(&open(dir)?, |_| Ok(())).await
}

pub async fn rebuild(words: &Words) -> Outcome<()> {
    let cases = words.number("many", 100_000)?;
    let dir = words.city("large", cases)?;
    let (mut scans, mut rates) = (Vec::new(), Vec::new());
    for _ in 0..words.number("rounds", 3)? {
        let (_, rate) = scan(&open(&dir)?, |_| Ok(())).await?;
        scans.push(rate);
        let told: serde_json::Value = serde_json::from_str(&command(&["rebuild", "--data", text(&dir), "--without-search", "--json"])?)?;
        rates.push(told["events_per_second"].as_f64().ok_or("no figure")?);
    }
    let (rate, scan) = (median(rates), median(scans));
    words.report(
        "rebuild",
        json!({ "cases": cases, "events_per_second": rate.round(), "scan_events_per_second": scan.round(), "ratio": round(rate / scan) }),
        &format!("rebuild without search: {rate:.0} events/s, {:.2} of a bare scan ({scan:.0}/s)", rate / scan),
    );
    Ok(())
}

pub async fn replay(words: &Words) -> Outcome<()> {
    let cases = words.number("many", 100_000)?;
    let dir = words.city("large", cases)?;
    let log = open(&dir)?;
    let (_, bare) = scan(&log, |_| Ok(())).await?;
    let mut states: HashMap<String, CaseState> = HashMap::new();
    let (events, rate) = scan(&log, |event| {
        if event.stream.starts_with("case-") {
            let happened = CaseEvent::from_slice(&event.kind, event.version, &event.data)?;
            domain::case::state::apply(states.entry(event.stream).or_default(), from_micros(event.occurred_at), &happened);
        }
        Ok(())
    })
    .await?;
    words.report(
        "replay",
        json!({ "cases": states.len(), "events": events, "events_per_second": rate.round(), "scan_events_per_second": bare.round(), "ratio": round(rate / bare) }),
        &format!("replay: {rate:.0} events/s decoded and folded into {} cases, {:.2} of a bare scan ({bare:.0}/s)", states.len(), rate / bare),
    );
    Ok(())
}

pub async fn size(words: &Words) -> Outcome<()> {
    let cases = words.number("many", 100_000)?;
    let dir = words.city("large", cases)?;
    let (mut content, mut kinds): (u64, HashMap<String, (u64, u64)>) = (0, HashMap::new());
    let (events, _) = {
        let log = open(&dir)?;
        scan(&log, |event| {
            let bytes = (event.data.len() + event.sealed.iter().map(|blob| blob.ciphertext.len()).sum::<usize>()) as u64;
            content += bytes;
            let kind = kinds.entry(event.kind).or_default();
            *kind = (kind.0 + 1, kind.1 + bytes);
            Ok(())
        })
        .await?
    };
    // Closed: the write-ahead log is in the file.
    let bytes = std::fs::metadata(dir.join("log.db"))?.len();
    let mut by_kind: Vec<_> = kinds.into_iter().collect();
    by_kind.sort_by_key(|(_, (_, bytes))| std::cmp::Reverse(*bytes));
    let by_kind: Vec<_> = by_kind
        .iter()
        .map(|(kind, (count, bytes))| json!({ "kind": kind, "count": count, "content_bytes_each": bytes / count.max(&1) }))
        .collect();
    let each = bytes as f64 / events as f64;
    let plain = content as f64 / events as f64;
    words.report(
        "size",
        json!({ "cases": cases, "events": events, "bytes_per_event": round(each), "content_bytes_per_event": round(plain), "ratio_to_content": round(each / plain), "kinds": by_kind }),
        &format!("{each:.0} bytes of log per event, {:.2} × the content ({plain:.0}); {events} events", each / plain),
    );
    Ok(())
}
