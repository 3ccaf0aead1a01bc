//! `xiaoneng ferry`: between an installation and its node outside, by hand, by a timer, or inside `serve`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use application::Application;
use application::zones::Spool;
use application::zones::inside::{Carrier, Report};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use web::zones::Told;

use super::Failure;
use crate::settings::{Settings, Zones};
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Ferry) -> Result<(), Failure> {
    match words {
        cli::Ferry::In { carry, actor } => {
            let (app, spool, generation) = open(&carry).await?;
            let report = Carrier::take(&carry.place.data, false).await?.carry_in(&app, &spool, generation).await?;
            tracing::info!(%actor, taken = report.taken, refused = report.refused.len(), "letters were carried in");
            taken(&report, carry.json)
        }
        cli::Ferry::Out { carry, full } => {
            let (app, spool, generation) = open(&carry).await?;
            app.projections.catch_up().await?;
            let mut carrier = Carrier::take(&carry.place.data, full).await?;
            told(web::zones::carry_out(&app, &spool, &mut carrier, generation).await?, carry.json)
        }
    }
}

async fn open(carry: &cli::Carry) -> Result<(Arc<Application>, Spool, u32), Failure> {
    let generation = Settings::of(&carry.settings)?.zones.generation()?;
    let app = installation::open(&carry.place, false).await?;
    Ok((app, Spool::open(&carry.spool)?, generation))
}

fn taken(report: &Report, json: bool) -> Result<(), Failure> {
    let faults: Vec<String> = report.refused.iter().map(|(name, reason)| format!("{name}：{reason}")).collect();
    if json {
        let counts = serde_json::json!({
            "taken": report.taken, "already": report.already, "waiting": report.waiting, "refused": faults,
        });
        output::line(&counts.to_string());
    } else {
        output::line(&format!(
            "收进 {}，此前已收 {}，可能还在传输 {}，拒收 {}（在 refused/ 里）",
            report.taken,
            report.already,
            report.waiting,
            report.refused.len()
        ));
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Faults(faults)) }
}

fn told(told: Told, json: bool) -> Result<(), Failure> {
    if json {
        output::line(&serde_json::to_string(&told)?);
    } else {
        output::line(&format!("写出 {} 个文件，{} 件诉求的进展", told.parcels, told.cases));
    }
    if told.whole {
        Ok(())
    } else {
        Err(Failure::Faults(vec!["还有内容没有写出：网闸没有取走 outward/ 里的文件，或视图还没跟上，请稍后再运行".to_owned()]))
    }
}

/// The carrying inside `serve`; nothing when no spool is set.
pub(super) struct Ferry {
    stop: watch::Sender<bool>,
    work: Option<JoinHandle<()>>,
}

impl Ferry {
    /// Stops after the turn that is in work.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        if let Some(work) = self.work
            && let Err(error) = work.await
        {
            tracing::error!(%error, "the ferry ended badly");
        }
    }
}

/// Starts to carry when a spool is set.
pub(super) fn spawn(app: Arc<Application>, settings: &Zones, data: &Path) -> anyhow::Result<Ferry> {
    let (stop, stopped) = watch::channel(false);
    if settings.spool.is_empty() {
        return Ok(Ferry { stop, work: None });
    }
    let (spool, generation) = (Spool::open(Path::new(&settings.spool))?, settings.generation()?);
    let pause = Duration::from_secs(settings.seconds.max(1));
    let data = data.to_owned();
    Ok(Ferry { stop, work: Some(tokio::spawn(carry(app, spool, generation, data, pause, stopped))) })
}

async fn carry(app: Arc<Application>, spool: Spool, generation: u32, data: PathBuf, pause: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = turn(&app, &spool, generation, &data).await {
            tracing::error!(%error, "the ferry could not go");
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}

/// In, then out, so that what was taken is acknowledged at once.
async fn turn(app: &Application, spool: &Spool, generation: u32, data: &Path) -> Result<(), application::Error> {
    let mut carrier = Carrier::take(data, false).await?;
    let report = carrier.carry_in(app, spool, generation).await?;
    for (name, reason) in &report.refused {
        tracing::error!(%name, %reason, "a letter was refused");
    }
    if report.taken > 0 {
        tracing::info!(taken = report.taken, already = report.already, "letters were carried in");
    }
    web::zones::carry_out(app, spool, &mut carrier, generation).await?;
    Ok(())
}
