//! A node in the test's own process.

use std::sync::Arc;

use application::Application;
use application::audit::Audit;
use application::backoff::Backoff;
use application::ballot_box::BallotBox;
use application::clock::{SystemClock, log_now};
use application::ids::RandomIds;
use application::password::Passwords;
use event_log::{EventLog, Options, SqliteLog};
use projections::Projections;
use tests::nodes::City;
use vault::{Entropy, MasterKey, OsEntropy, Vault};

/// The node of this number, its views up to date.
pub async fn node(city: &City, n: usize) -> Application {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let data = city.node(n);
    let vault = Arc::new(Vault::new(MasterKey::load(&data.join("master.key")).unwrap(), entropy.clone()));
    let clock = Arc::new(SystemClock);
    let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(&city.log, Options::default(), log_now(clock.clone())).unwrap());
    let app = Application {
        projections: Projections::start(&data, log.clone(), vault.clone()).await.unwrap(),
        passwords: Passwords::new(entropy.as_ref()).unwrap(),
        ids: Arc::new(RandomIds::new(entropy.clone())),
        ballots: BallotBox::open(&data, entropy).unwrap(),
        audit: Audit::open(&data).unwrap(),
        attachments: city.log.join(application::attachments::FOLDER),
        sign_ins: Backoff::default(),
        query_codes: Backoff::default(),
        log,
        vault,
        clock,
    };
    app.projections.catch_up().await.unwrap();
    app
}
