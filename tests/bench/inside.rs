//! The application over a data directory, in the bench's own process.

use std::path::Path;
use std::sync::Arc;

use application::audit::Audit;
use application::backoff::Backoff;
use application::ballot_box::BallotBox;
use application::clock::log_now;
use application::ids::RandomIds;
use application::password::Passwords;
use application::{Actor, Application, Meta, Staff};
use domain::account::{Role, StaffKind};
use domain::ids::AccountId;
use domain::time::Clock;
use event_log::{EventLog, Options, SqliteLog};
use projections::Projections;
use tests::Outcome;
use vault::{Entropy, MasterKey, OsEntropy, Vault};

/// Opens a directory that no server has open, its views up to date.
pub async fn open(data: &Path, clock: Arc<dyn Clock>) -> Outcome<Arc<Application>> {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let vault = Arc::new(Vault::new(MasterKey::load(&data.join("master.key"))?, entropy.clone()));
    let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(data, Options::default(), log_now(clock.clone()))?);
    let app = Application {
        projections: Projections::start(data, log.clone(), vault.clone()).await?,
        passwords: Passwords::new(entropy.as_ref())?,
        ids: Arc::new(RandomIds::new(entropy.clone())),
        ballots: BallotBox::off(entropy),
        audit: Audit::off(),
        attachments: data.join(application::attachments::FOLDER),
        sign_ins: Backoff::default(),
        query_codes: Backoff::default(),
        log,
        vault,
        clock,
    };
    app.projections.catch_up().await?;
    Ok(Arc::new(app))
}

/// A command of the bench at a shell.
pub fn by_hand(app: &Application) -> Meta {
    Meta::new(Actor::CommandLine { name: "bench".to_owned(), user: "bench".to_owned() }, app.ids.uuid())
}

/// A command of a civil servant with a role, whom no register needs to know.
pub fn by(app: &Application, role: Role) -> Meta {
    let staff = Staff { account: AccountId(app.ids.uuid()), unit: None, roles: vec![role], kind: StaffKind::CivilServant };
    Meta::new(Actor::Staff(staff), app.ids.uuid())
}
