//! `xiaoneng generate`: a realistic city's load, straight into the log.

use std::sync::Arc;

use application::clock::SystemClock;
use application::password::Passwords;
use chrono::NaiveDate;
use domain::time::{CHINA, Clock, Instant};
use vault::OsEntropy;

use super::Failure;
use crate::city::{self, CityClock, Plan};
use crate::{cli, installation, node, output};

pub(super) async fn run(words: cli::Generate) -> Result<(), Failure> {
    let now = SystemClock.now();
    let to = words.to.map_or(now, end_of);
    let from = words.from.map_or(to - chrono::TimeDelta::days(365), start_of);
    if from >= to {
        return Err(Failure::Usage("起始日期必须早于截止日期".to_owned()));
    }
    installation::make_dir(&words.place.data)?;
    installation::make_log_dir(&words.place)?;
    let clock = CityClock::new(from);
    let log = installation::log(&words.place, Arc::new(clock.clone())).await?;
    let before = log.head().await?.size;
    let new = before == 0;
    let file = installation::log_dir(&words.place).map(|dir| dir.join("log.db"));
    let size = || file.as_ref().and_then(|file| std::fs::metadata(file).ok()).map_or(0, |meta| meta.len());
    let bytes_before = size();
    let password_phc =
        if new { Some(Passwords::new(&OsEntropy)?.hash(super::demo::PASSWORD, "", Arc::new(OsEntropy)).await?) } else { None };
    let vault = installation::vault(&words.place.data, new)?;
    node::must_fit(log.as_ref(), &vault).await?;
    if new {
        installation::found(log.as_ref(), &vault, "generate", from).await?;
    }
    let started = std::time::Instant::now();
    let built = city::build(
        log.clone(),
        vault,
        clock,
        Plan { seed: words.seed, cases: words.cases, from, busy_from: None, to, password_phc, city: new },
        None,
    )
    .await?;
    let seconds = started.elapsed().as_secs_f64();
    let events = log.head().await?.size - before;
    // The last one to close the log folds what it wrote into the file.
    drop(log);
    let bytes = size().saturating_sub(bytes_before);
    if words.json {
        let facts = serde_json::json!({
            "cases": built.cases, "events": events, "seconds": seconds, "bytes": bytes,
            "events_per_second": events as f64 / seconds, "bytes_per_event": bytes as f64 / events as f64,
        });
        output::line(&facts.to_string());
    } else {
        output::line(&format!("{} 件诉求，{} 个事件，{seconds:.1} 秒，日志增加 {:.1} MB", built.cases, events, bytes as f64 / 1e6));
    }
    Ok(())
}

fn start_of(day: NaiveDate) -> Instant {
    day.and_time(chrono::NaiveTime::MIN).and_local_timezone(CHINA).single().unwrap_or_default().to_utc()
}

fn end_of(day: NaiveDate) -> Instant {
    start_of(day) + chrono::TimeDelta::days(1)
}
