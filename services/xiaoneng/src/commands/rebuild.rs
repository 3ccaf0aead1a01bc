//! `xiaoneng rebuild`: the views anew from the log.

use super::Failure;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Rebuild) -> Result<(), Failure> {
    let (log, vault) = installation::log_and_vault(&words.place, std::sync::Arc::new(application::clock::SystemClock)).await?;
    let progress = output::Progress::new("已重建");
    let built = projections::rebuild(&words.place.data, log, vault, !words.without_search, &|done, of| progress.tell(done, of)).await?;
    let rate = built.events as f64 / built.seconds.max(1e-9);
    if words.json {
        output::line(&serde_json::json!({ "events": built.events, "seconds": built.seconds, "events_per_second": rate }).to_string());
    } else {
        output::line(&format!("{} 个事件，{:.1} 秒，每秒 {rate:.0} 个", built.events, built.seconds));
    }
    Ok(())
}
