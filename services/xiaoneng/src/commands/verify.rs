//! `xiaoneng verify`: every event, the tree, the high-water record, published heads; or one citizen's receipt.

mod receipt;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use application::clock::SystemClock;
use application::heads::check::{HeadFault, Kept, copies, own};
use application::heads::{origin, read_keys};
use event_log::{EventLog, SqliteLog};
use vault::VerifierKey;

use super::Failure;
use crate::cli::{Place, Verify};
use crate::{installation, output};

/// Longer files are no heads.
const LONGEST: u64 = 64 * 1024;

/// What the check of heads found.
#[derive(Default)]
struct Heads {
    /// In the log, and copies.
    own: usize,
    kept: usize,
    keys: Vec<VerifierKey>,
    faults: Vec<String>,
}

pub(super) async fn run(words: Verify) -> Result<(), Failure> {
    let place = words.place();
    if let Some(file) = &words.receipt {
        return receipt::run(file, words.key.as_deref(), place.as_ref(), words.json).await;
    }
    let Some(place) = place else {
        return Err(Failure::Usage("请用 --data 指明数据目录，或用 --receipt 指明回执".to_owned()));
    };
    let kept = words.heads.as_deref().map(copies_of).transpose()?;
    let progress = output::Progress::new("已核对");
    let tell = |done, of| progress.tell(done, of);
    let report = match installation::log_dir(&place) {
        Some(dir) if !installation::has_log(dir)? => {
            return Err(Failure::Faults(vec![format!("{} 里没有 log.db，请核对 --data", dir.display())]));
        }
        // Examines also a log that would refuse to open: that is when somebody calls this.
        Some(dir) => SqliteLog::examine(dir, &tell).await?,
        None => installation::log(&place, Arc::new(SystemClock)).await?.verify(&tell).await?,
    };
    let root = report.head.as_ref().map(|head| event_log::tree::hex(&head.root)).unwrap_or_default();
    let mut faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    let mut heads = Heads::default();
    if faults.is_empty() {
        match reading(&place).await {
            Ok(log) => {
                heads = check(log.as_ref(), &place, kept.as_deref(), words.key.as_deref()).await?;
                faults.extend(heads.faults.iter().cloned());
            }
            // Sound as it is, and not to be opened by this program: of a newer one, for instance.
            Err(error) if words.heads.is_none() => output::error(&format!("事件完好，日志头没有核对：{error:#}")),
            Err(error) => return Err(error.into()),
        }
    } else if words.heads.is_some() {
        output::error("日志本身有故障，没有再核对日志头：请先按下面各行处理");
    }
    if words.json {
        let keys: Vec<String> = heads.keys.iter().map(ToString::to_string).collect();
        let facts = serde_json::json!({
            "events": report.events, "root": root, "heads": heads.own, "kept_heads": heads.kept, "keys": keys, "faults": faults,
        });
        output::line(&facts.to_string());
    }
    if !faults.is_empty() {
        return Err(Failure::Faults(faults));
    }
    if !words.json {
        output::line(&format!("{} 个事件全部完好，根 {}", report.events, root));
        output::line(&format!("日志内公布过的 {} 份日志头全部相符", heads.own));
        if words.heads.is_some() {
            output::line(&format!("另存的 {} 份日志头全部相符", heads.kept));
        } else {
            output::line("没有给出另存的日志头（--heads）：整个日志连同密钥被换掉时，只有存在别处的日志头能发现");
        }
        for key in &heads.keys {
            output::line(&format!("签名公钥 {key}"));
        }
    }
    Ok(())
}

/// The log of a place, which an examination leaves as it is.
async fn reading(place: &Place) -> anyhow::Result<Arc<dyn EventLog>> {
    match installation::log_dir(place) {
        Some(dir) => Ok(Arc::new(SqliteLog::reading(dir)?)),
        None => installation::log(place, Arc::new(SystemClock)).await,
    }
}

async fn check(log: &dyn EventLog, place: &Place, kept: Option<&[Kept]>, key: Option<&str>) -> Result<Heads, Failure> {
    let name = origin(log).await?.unwrap_or_default();
    let trusted = key.map(|key| keys(key, &name)).transpose()?.unwrap_or_default();
    let (own, mut signed_by, faults) = own(log, &trusted).await?;
    let words = |what: &str, (name, fault): (String, HeadFault)| format!("{what} {name}：{fault}");
    let mut faults: Vec<String> = faults.into_iter().map(|fault| words("日志内的日志头", fault)).collect();
    if let Some(kept) = kept {
        // Without a key from outside: those of the log, and the one that follows from the master key.
        let mut allowed = trusted.clone();
        if allowed.is_empty() {
            allowed.extend(signed_by.iter().cloned());
            allowed.extend(installation::vault(&place.data, false).ok().and_then(|vault| vault.verifier_key(&name).ok()));
        }
        faults.extend(copies(log, kept, &allowed).await?.into_iter().map(|fault| words("另存的日志头", fault)));
    }
    if !trusted.is_empty() {
        signed_by = trusted;
    }
    Ok(Heads { own, kept: kept.map_or(0, <[Kept]>::len), keys: signed_by, faults })
}

/// The keys of a file, or the one key that was given.
fn keys(given: &str, origin: &str) -> Result<Vec<VerifierKey>, Failure> {
    let path = Path::new(given);
    let text = if path.is_file() { read(path)? } else { given.to_owned() };
    read_keys(&text, origin).map_err(|error| Failure::Usage(format!("--key {given}：{error}")))
}

/// The copies in a file, or in the `.txt` files of a directory.
fn copies_of(path: &Path) -> Result<Vec<Kept>, Failure> {
    let mut files = vec![path.to_path_buf()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path).with_context(|| format!("无法读取目录 {}", path.display()))?;
        files = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        files.retain(|file| file.extension().is_some_and(|kind| kind == "txt"));
        files.sort();
    }
    if files.is_empty() {
        return Err(Failure::Usage(format!("{} 里没有 .txt 文件，请核对 --heads", path.display())));
    }
    let kept = |file: &std::path::PathBuf| {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Kept { name, note: read(file)? })
    };
    files.iter().map(kept).collect()
}

fn read(path: &Path) -> Result<String, Failure> {
    let about = std::fs::metadata(path).with_context(|| format!("无法读取 {}", path.display()))?;
    if about.len() > LONGEST {
        return Err(Failure::Usage(format!("{} 太大，不是本平台的文件", path.display())));
    }
    let bytes = std::fs::read(path).with_context(|| format!("无法读取 {}", path.display()))?;
    String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{} 不是 UTF-8 文本，请使用下载的原文件", path.display())))
}
