//! `xiaoneng verify`: every event, the tree, the high-water record.

use event_log::SqliteLog;

use super::Failure;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Verify) -> Result<(), Failure> {
    let progress = output::Progress::new("已核对");
    let report = match installation::log_dir(&words.place) {
        Some(dir) if !dir.join("log.db").exists() => {
            return Err(Failure::Faults(vec![format!("{} 里没有 log.db，请核对 --data", dir.display())]));
        }
        // Examines also a log that would refuse to open: that is when somebody calls this.
        Some(dir) => SqliteLog::examine(dir, &|done, of| progress.tell(done, of)).await?,
        // The cluster in full, against what this node has read of it.
        None => {
            let log = installation::log(&words.place, std::sync::Arc::new(application::clock::SystemClock)).await?;
            log.verify(&|done, of| progress.tell(done, of)).await?
        }
    };
    let root = report.head.as_ref().map(|head| event_log::tree::hex(&head.root)).unwrap_or_default();
    let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    if words.json {
        output::line(&serde_json::json!({ "events": report.events, "root": root, "faults": faults }).to_string());
    }
    if !faults.is_empty() {
        return Err(Failure::Faults(faults));
    }
    if !words.json {
        output::line(&format!("{} 个事件全部完好，根 {}", report.events, root));
    }
    Ok(())
}
