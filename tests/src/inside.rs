//! The application in the own process of a test or a bench, without a server.

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
use vault::{Entropy, MasterKey, OsEntropy, Vault};

use crate::Outcome;

/// Everything over a directory that no server has open, its views up to date.
///
/// # Errors
/// When the key, the log or the views cannot be opened.
pub async fn open(data: &Path, clock: Arc<dyn Clock>) -> Outcome<Application> {
    node(data, data, clock).await
}

/// As [`open`], of a node whose log lies in another directory.
///
/// # Errors
/// As [`open`].
pub async fn node(data: &Path, log: &Path, clock: Arc<dyn Clock>) -> Outcome<Application> {
    let vault = Arc::new(Vault::new(MasterKey::load(&data.join("master.key"))?, Arc::new(OsEntropy)));
    let file = Arc::new(SqliteLog::open(log, Options::default(), log_now(clock.clone()))?);
    let app = over(data, file, vault, clock).await?;
    app.projections.catch_up().await?;
    Ok(Application { attachments: log.join(application::attachments::FOLDER), ..app })
}

/// An application over any log. It has no ballot box and keeps no reading audit: whoever needs them puts them in.
///
/// # Errors
/// When the views cannot be opened.
pub async fn over(data: &Path, log: Arc<dyn EventLog>, vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Outcome<Application> {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    Ok(Application {
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
    })
}

/// The ballot box of a data directory.
///
/// # Errors
/// When it cannot be opened.
pub fn ballot_box(data: &Path) -> Outcome<BallotBox> {
    Ok(BallotBox::open(data, Arc::new(OsEntropy))?)
}

/// A command at a shell.
pub fn by_hand(app: &Application) -> Meta {
    Meta::new(Actor::CommandLine { name: "bench".to_owned(), user: "bench".to_owned() }, app.ids.uuid())
}

/// A command of a civil servant with a role, whom no register needs to know.
pub fn by(app: &Application, role: Role) -> Meta {
    let staff = Staff { account: AccountId(app.ids.uuid()), unit: None, roles: vec![role], kind: StaffKind::CivilServant };
    Meta::new(Actor::Staff(staff), app.ids.uuid())
}
