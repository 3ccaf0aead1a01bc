//! `xiaoneng heads`: the published heads of the log, and what is to be kept of them elsewhere.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use application::clock::SystemClock;
use application::heads::check::published;
use application::heads::origin;
use domain::founding::HeadPublished;
use vault::VerifierKey;

use super::Failure;
use crate::cli::{Heads, Place};
use crate::{installation, output};

pub(super) async fn run(words: Heads) -> Result<(), Failure> {
    match words {
        Heads::List { place, json } => list(&place, json).await,
        Heads::Publish { act } => publish(&act.place, &act.actor).await,
        Heads::Sign { place } => sign(&place).await,
        Heads::Export { place, out } => export(&place, &out).await,
    }
}

async fn list(place: &Place, json: bool) -> Result<(), Failure> {
    let (log, vault) = installation::log_and_vault(place, Arc::new(SystemClock)).await?;
    let Some(origin) = origin(log.as_ref()).await? else { return Err(unfounded()) };
    let key = vault.verifier_key(&origin)?;
    let heads = published(log.as_ref()).await?;
    let keys = periods(&heads);
    if json {
        let keys: Vec<_> = keys.iter().map(|(key, from, until)| serde_json::json!({ "key": key, "from": from, "until": until })).collect();
        let heads: Vec<_> = heads
            .iter()
            .map(|head| serde_json::json!({ "day": head.day, "size": head.size, "key": head.key, "note": head.note }))
            .collect();
        let all = serde_json::json!({ "origin": origin, "key": key.to_string(), "public_key": hex(&key), "keys": keys, "heads": heads });
        output::line(&all.to_string());
        return Ok(());
    }
    output::line(&format!("日志 {origin}"));
    output::line(&format!("公钥 {key}"));
    output::line(&format!("公钥（十六进制） {}", hex(&key)));
    for (key, from, until) in keys {
        output::line(&format!("{from} 至 {until} 由 {key} 签名"));
    }
    for head in &heads {
        output::line(&format!("{} 的日志头：{} 个事件", head.day, head.size));
    }
    if heads.is_empty() {
        output::line("还没有公布过日志头：服务运行时每天 1:00 自动公布前一天的，也可以用 heads publish 补上");
    }
    Ok(())
}

/// Each key with its first and last day.
fn periods(heads: &[HeadPublished]) -> Vec<(String, chrono::NaiveDate, chrono::NaiveDate)> {
    let mut keys: Vec<(String, chrono::NaiveDate, chrono::NaiveDate)> = Vec::new();
    for head in heads {
        match keys.iter_mut().find(|(key, _, _)| *key == head.key) {
            Some((_, _, until)) => *until = head.day,
            None => keys.push((head.key.clone(), head.day, head.day)),
        }
    }
    keys
}

fn hex(key: &VerifierKey) -> String {
    event_log::tree::hex(&key.public())
}

fn unfounded() -> Failure {
    Failure::Work(anyhow::anyhow!("日志里没有创始事件，不能签名：请核对 --data，或先运行 xiaoneng init"))
}

async fn publish(place: &Place, actor: &str) -> Result<(), Failure> {
    let app = installation::open(place, false).await?;
    app.projections.catch_up().await?;
    let day = application::founding::closed_day(app.now()).map(|day| day.to_string()).unwrap_or_default();
    match app.publish_head(installation::cli_meta(&app, actor).actor).await? {
        Some(_) => output::line(&format!("已公布 {day} 的日志头")),
        None => output::line(&format!("{day} 的日志头不用再公布：已经公布过，或者日志在这一天之后才建立")),
    }
    Ok(())
}

async fn sign(place: &Place) -> Result<(), Failure> {
    let app = installation::open(place, false).await?;
    app.projections.catch_up().await?;
    let (_, note) = app.sign_head(None).await?;
    output::line(note.to_string().trim_end());
    Ok(())
}

async fn export(place: &Place, out: &Path) -> Result<(), Failure> {
    installation::must_be_there(place)?;
    let log = installation::log(place, Arc::new(SystemClock)).await?;
    std::fs::create_dir_all(out).with_context(|| format!("无法建立目录 {}", out.display()))?;
    let mut written = 0;
    for head in published(log.as_ref()).await? {
        let path = out.join(format!("{}.txt", head.day));
        match std::fs::read(&path) {
            Ok(kept) if kept == head.note.as_bytes() => continue,
            // What was kept is the evidence: it is never written over.
            Ok(_) => {
                let words = format!("{} 与日志里的不一样，未作改动：请用 xiaoneng verify --heads {} 核对", path.display(), out.display());
                return Err(Failure::Faults(vec![words]));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::write(&path, &head.note).with_context(|| format!("无法写入 {}", path.display()))?;
            }
            Err(error) => return Err(anyhow::Error::new(error).context(format!("无法读取 {}", path.display())).into()),
        }
        written += 1;
    }
    output::line(&format!("新写出 {written} 份日志头，请把 {} 复制到本机之外保存", out.display()));
    Ok(())
}
