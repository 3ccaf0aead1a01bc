//! `xiaoneng verify`: every event, the tree, the high-water record.

use super::Failure;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Verify) -> Result<(), Failure> {
    let log = installation::log(&words.data, std::sync::Arc::new(application::clock::SystemClock))?;
    let progress = output::Progress::new("已核对");
    let report = log.verify(&|done, of| progress.tell(done, of)).await?;
    let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    if words.json {
        output::line(&serde_json::json!({ "events": report.size, "root": hex(&report.root), "faults": faults }).to_string());
    }
    if !faults.is_empty() {
        return Err(Failure::Faults(faults));
    }
    if !words.json {
        output::line(&format!("{} 个事件全部完好，根 {}", report.size, hex(&report.root)));
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
