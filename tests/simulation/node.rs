//! One process: application, views and automation over a veiled log.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use application::Application;
use application::audit::Audit;
use application::backoff::Backoff;
use application::ballot_box::BallotBox;
use application::clock::ManualClock;
use application::ids::RandomIds;
use application::password::Passwords;
use automation::delivery::Carrier;
use automation::{Automation, Settings};
use projections::Projections;
use vault::{Entropy, MasterKey, SeededEntropy, Vault};

use crate::veil::{Veil, Wire};

/// Longer than any machine takes; a run that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

pub struct Node {
    pub application: Arc<Application>,
    pub automation: Arc<Automation>,
    pub veil: Arc<Veil>,
    pub dir: PathBuf,
}

/// What outlives a process.
pub struct Ground {
    pub wire: Arc<Wire>,
    pub clock: Arc<ManualClock>,
    pub carrier: Arc<dyn Carrier>,
    pub entropy: Arc<SeededEntropy>,
    /// Names in ballot boxes: their thread draws them while others draw from `entropy`.
    pub names: Arc<SeededEntropy>,
    /// Events and notices taken at once: small, so that batches end in the middle of things.
    pub batch: usize,
}

impl Ground {
    pub fn vault(&self) -> Vault {
        Vault::new(MasterKey::from_bytes([7; 32]), self.entropy.clone())
    }
}

impl Node {
    pub async fn start(ground: &Ground, dir: &Path) -> Self {
        let veil = Veil::new(&ground.wire);
        // The box stands apart from the views, which may be thrown away.
        let boxes = dir.with_extension("box");
        let vault = Arc::new(ground.vault());
        let application = Arc::new(Application {
            projections: Projections::start(dir, veil.clone(), vault.clone()).await.unwrap(),
            log: veil.clone(),
            vault,
            clock: ground.clock.clone(),
            ids: Arc::new(RandomIds::new(ground.entropy.clone() as Arc<dyn Entropy>)),
            ballots: if boxes.is_dir() {
                BallotBox::open(&boxes, ground.names.clone()).unwrap()
            } else {
                BallotBox::off(ground.names.clone())
            },
            audit: Audit::off(),
            attachments: dir.join(application::attachments::FOLDER),
            passwords: Passwords::new(&SeededEntropy::new(0)).unwrap(),
            sign_ins: Backoff::default(),
            query_codes: Backoff::default(),
        });
        // No patience: whether the views are there must not depend on the speed of the machine.
        let settings = Settings { batch: ground.batch, patience_millis: 0, notices_within_hours: 24 * 3_650, ..Settings::default() };
        let automation = Arc::new(Automation::with_carrier(application.clone(), settings, ground.carrier.clone()).unwrap());
        let node = Self { application, automation, veil, dir: dir.to_owned() };
        node.sync().await;
        node.automation.finish_erasures().await.unwrap();
        node
    }

    /// Ends the process. Its files stay as they are.
    pub async fn stop(self) {
        drop(self.automation);
        let Some(application) = Arc::into_inner(self.application) else { panic!("somebody still holds the application") };
        tokio::task::spawn_blocking(move || application.projections.stop()).await.unwrap();
    }

    /// Waits until the views have come as far as they can.
    pub async fn sync(&self) {
        let reachable = self.veil.reachable().await;
        let reached = self.application.projections.wait_for(reachable, LONG).await;
        assert!(
            reached,
            "the views stand at {} of {reachable}: {:?}",
            self.application.projections.position(),
            self.application.projections.health()
        );
    }
}
