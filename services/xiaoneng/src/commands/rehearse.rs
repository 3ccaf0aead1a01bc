//! `xiaoneng rehearse`: a backup is restored into a folder that is thrown away, examined, replayed and compared.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use application::backups::archive::{Kind, read};
use application::backups::restore::{Compared, Restored};
use application::backups::{Fault, Held, RunKind, rehearse};
use application::clock::{SystemClock, log_now};
use domain::time::Clock;
use event_log::tree::hex;
use event_log::{EventLog as _, LogError, Options, SqliteLog};

use super::Failure;
use crate::cli::Place;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Rehearse) -> Result<(), Failure> {
    installation::must_be_there(&words.place)?;
    by_hand(&words.files.file, &words.files.keys, &words.place, words.json).await
}

/// Rehearses both files in the data directory they come from.
pub(super) async fn by_hand(file: &Path, keys: &Path, place: &Place, json: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let rehearsed = rehearsed(file, keys, place).await;
    let bytes = [file, keys].into_iter().filter_map(|path| std::fs::metadata(path).ok()).map(|meta| meta.len()).sum();
    let ended = rehearsed.as_ref().map(|restored| Held { events: restored.events, attachments: restored.attachments, bytes });
    super::backup::note(&place.data, RunKind::Rehearsal, started, ended);
    let restored = rehearsed?;
    let seconds = started.elapsed().as_secs_f64();
    let same = restored.views == Compared::Same;
    if json {
        let facts = serde_json::json!({
            "events": restored.events, "root": restored.root, "keys": restored.keys, "attachments": restored.attachments,
            "audit": restored.audit, "views_compared": same, "seconds": seconds,
        });
        output::line(&facts.to_string());
    } else {
        let views = if same { "视图与备份时一致" } else { "备份时的视图没有可比的，未比较" };
        output::line(&format!("演练成功：恢复并重放 {} 个事件，根一致，{views}；{seconds:.1} 秒，演练目录已清除", restored.events));
    }
    Ok(())
}

async fn rehearsed(file: &Path, keys: &Path, place: &Place) -> anyhow::Result<Restored> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let vault = installation::vault(&place.data, false)?;
    let progress = output::Progress::new("已演练");
    let tell = |done, of| progress.tell(done, of);
    let restored = rehearse::rehearse((file, keys), &place.data, &vault, &clock, &|| Ok(()), &tell).await?;
    of_this_log(file, place).await?;
    Ok(restored)
}

/// The log that is in use goes on from the backup, or one of the two was changed.
async fn of_this_log(file: &Path, place: &Place) -> Result<(), Fault> {
    let Some(dir) = installation::log_dir(place) else { return Ok(()) };
    let list = read(file, Kind::Log, &mut |_| Ok(()))?;
    let log = SqliteLog::open(dir, Options::default(), log_now(Arc::new(SystemClock)))?;
    let differs = || Fault::Different("现用日志在备份所及的范围内与备份不同".to_owned());
    match log.root_at(list.size).await {
        Ok(root) if hex(&root) == list.root => Ok(()),
        Ok(_) => Err(differs()),
        Err(LogError::OutOfRange { size }) => Err(Fault::Different(format!("现用日志只有 {size} 个事件，比备份还短"))),
        Err(error) => Err(error.into()),
    }
}
