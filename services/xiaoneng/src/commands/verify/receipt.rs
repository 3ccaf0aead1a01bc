//! `xiaoneng verify --receipt`: one citizen's receipt, with nothing but the file and a public key; with `--data` also against
//! the log.

use std::path::Path;

use application::heads::{Head, origin};
use application::receipts::{Proven, Receipt, ReceiptFile};
use domain::time::{CHINA, Instant};
use event_log::{EventLog, LogError, tree};

use super::{Failure, keys, read};
use crate::cli::Place;
use crate::{installation, output};

pub(super) async fn run(path: &Path, key: Option<&str>, place: Option<&Place>, json: bool) -> Result<(), Failure> {
    let text = read(path)?;
    let mut faults = Vec::new();
    let mut good = Vec::new();
    let mut proven = None;
    let mut receipt = None;
    match ReceiptFile::parse(&text) {
        Ok(file) => {
            let trusted = key.map(|key| keys(key, &file.receipt.origin)).transpose()?.unwrap_or_default();
            match file.check(&trusted) {
                Ok(found) => {
                    good = told(&file.receipt, &found, key.is_some());
                    proven = Some(found);
                }
                Err(fault) => faults.push(format!("{}：{fault}", path.display())),
            }
            if let (Some(place), true) = (place, faults.is_empty()) {
                installation::must_be_there(place)?;
                let log = super::reading(place).await?;
                match against(log.as_ref(), &file.receipt).await? {
                    Ok(()) => good.push("与日志核对：这条记录现在仍在原来的位置，内容没有变".to_owned()),
                    Err(fault) => faults.push(format!("{}：{fault}", path.display())),
                }
            }
            receipt = Some(file.receipt);
        }
        Err(fault) => faults.push(format!("{}：{fault}", path.display())),
    }
    if json {
        output::line(&facts(receipt.as_ref(), proven.as_ref(), &faults).to_string());
    }
    if !faults.is_empty() {
        return Err(Failure::Faults(faults));
    }
    if !json {
        good.iter().for_each(|line| output::line(line));
    }
    Ok(())
}

/// What a good receipt says, in words.
fn told(receipt: &Receipt, proven: &Proven, given: bool) -> Vec<String> {
    let mut lines = vec![
        format!("回执有效：工单 {}，收到时间 {}", receipt.number, time(receipt.recorded_at)),
        format!("日志 {} 的第 {} 个事件，编号 {}", receipt.origin, receipt.seq, receipt.event),
    ];
    lines.extend(receipt.due.map(|due| format!("承诺的答复期限 {}", time(due))));
    lines.push(match &proven.head {
        Some(Head { day: Some(day), size, .. }) => format!("已存证：{day} 公布的日志头（共 {size} 个事件）包含这条记录，记录没有被改动"),
        Some(Head { size, .. }) => format!("已存证：签名的日志头（共 {size} 个事件）包含这条记录，记录没有被改动"),
        None => format!("只有承诺，还没有存证：应包含在 {} 或其后公布的第一份日志头里，请之后在“查进度”里重新下载", receipt.head),
    });
    lines.push(if given {
        format!("签名的公钥是您指定的 {}", proven.key)
    } else {
        format!("签名的公钥取自回执本身：{}。请与公布的公钥核对，或用 --key 指定", proven.key)
    });
    lines
}

fn time(at: Instant) -> String {
    at.with_timezone(&CHINA).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The receipt's event as the log has it now.
async fn against(log: &dyn EventLog, receipt: &Receipt) -> Result<Result<(), String>, Failure> {
    let own = origin(log).await?.unwrap_or_default();
    if own != receipt.origin {
        return Ok(Err(format!("回执属于日志 {}，本日志是 {own}", receipt.origin)));
    }
    let head = log.head().await?;
    let path = match log.inclusion(receipt.seq, head.size).await {
        Ok(path) => path,
        Err(LogError::OutOfRange { size }) => {
            return Ok(Err(format!("日志只有 {size} 个事件，没有回执所写的第 {} 个：日志被截断或换回旧文件", receipt.seq)));
        }
        Err(error) => return Err(error.into()),
    };
    if !tree::proves_inclusion(&receipt.leaf, receipt.seq - 1, head.size, &path, &head.root) {
        return Ok(Err(format!("日志里第 {} 个事件与回执不符：记录被改写", receipt.seq)));
    }
    Ok(Ok(()))
}

fn facts(receipt: Option<&Receipt>, proven: Option<&Proven>, faults: &[String]) -> serde_json::Value {
    let head = proven.and_then(|proven| proven.head.as_ref());
    serde_json::json!({
        "number": receipt.map(|receipt| &receipt.number),
        "origin": receipt.map(|receipt| &receipt.origin),
        "position": receipt.map(|receipt| receipt.seq),
        "leaf": receipt.map(|receipt| tree::hex(&receipt.leaf)),
        "recorded_at": receipt.map(|receipt| receipt.recorded_at),
        "due": receipt.and_then(|receipt| receipt.due),
        "key": proven.map(|proven| proven.key.to_string()),
        "head": head.map(|head| serde_json::json!({ "day": head.day, "size": head.size, "root": tree::hex(&head.root) })),
        "faults": faults,
    })
}
