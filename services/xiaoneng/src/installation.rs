//! Opening a data directory: log, keys, views, application.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use application::backoff::Backoff;
use application::clock::{SystemClock, log_now};
use application::ids::RandomIds;
use application::password::Passwords;
use application::{Actor, Application, Meta};
use domain::time::Clock;
use event_log::{Copied, EventLog, SqliteLog};
use projections::Projections;

use crate::cli::{LogAddress, Place};
use crate::settings::Storage;
use crate::{node, output};
use vault::{Entropy, MasterKey, OsEntropy, Vault};

/// Name of the master key's file, and of the credential.
const KEY: &str = "master.key";

/// Where the master key lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyFile {
    /// Named by `XIAONENG_MASTER_KEY_FILE`.
    Named(PathBuf),
    /// A credential of the systemd unit.
    Credential(PathBuf),
    /// Beside the log.
    Data(PathBuf),
}

impl KeyFile {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Credential(path) | Self::Data(path) => path,
        }
    }
}

/// Where the master key of a directory lies. Only the environment says so: every command needs the key, and its place
/// must not depend on a file of settings that one of them was not given.
pub(crate) fn key_file(dir: &Path) -> KeyFile {
    if let Some(path) = std::env::var_os("XIAONENG_MASTER_KEY_FILE") {
        return KeyFile::Named(path.into());
    }
    let credential = crate::settings::credentials().map(|folder| folder.join(KEY));
    // One that is there and cannot be read is named as such, not passed over.
    match credential.filter(|path| path.try_exists().unwrap_or(true)) {
        Some(path) => KeyFile::Credential(path),
        None => KeyFile::Data(dir.join(KEY)),
    }
}

/// Opens or makes the master key of a directory.
pub(crate) fn key(dir: &Path, create: bool) -> anyhow::Result<MasterKey> {
    let file = key_file(dir);
    if create && !file.path().exists() {
        return Ok(MasterKey::create(file.path())?);
    }
    let key = match &file {
        KeyFile::Credential(path) => MasterKey::load_credential(path),
        KeyFile::Named(path) | KeyFile::Data(path) => MasterKey::load(path),
    };
    key.with_context(|| file.path().display().to_string())
}

/// The vault of a directory.
pub(crate) fn vault(dir: &Path, create: bool) -> anyhow::Result<Arc<Vault>> {
    Ok(Arc::new(Vault::new(key(dir, create)?, Arc::new(OsEntropy))))
}

/// The log of a place under a clock.
pub(crate) async fn log(place: &Place, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<dyn EventLog>> {
    match &place.log {
        Some(LogAddress::Cluster(address)) => Ok(cluster(address, &place.data, clock).await?),
        Some(LogAddress::Directory(dir)) => Ok(Arc::new(embedded(dir, clock)?)),
        None => Ok(Arc::new(embedded(&place.data, clock)?)),
    }
}

/// The log in a directory.
pub(crate) fn embedded(dir: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<SqliteLog> {
    SqliteLog::open(dir, event_log::Options::default(), log_now(clock)).with_context(|| format!("事件日志无法打开：{}", dir.display()))
}

/// The log on a cluster; this node's copy of it lies in `data`.
#[cfg(feature = "eventstore")]
pub(crate) async fn cluster(address: &str, data: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Copied>> {
    let address = event_log::ClusterAddress::parse(address, cluster_user()?)?;
    let log = event_log::EventStoreLog::open(address, data, event_log::Options::default(), log_now(clock))
        .await
        .context("集群上的事件日志无法打开")?;
    Ok(Arc::new(log))
}

/// The log on a cluster, in a program that does not know clusters.
#[cfg(not(feature = "eventstore"))]
pub(crate) async fn cluster(_: &str, _: &Path, _: Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Copied>> {
    bail!("本程序没有编入 EventStoreDB 支持，请使用发行版程序，或去掉 --log")
}

/// User and password of the cluster, from the environment alone: a command line is seen by everybody on the machine.
#[cfg(feature = "eventstore")]
#[expect(clippy::disallowed_methods, reason = "the configuration of the binary")]
fn cluster_user() -> anyhow::Result<Option<(String, String)>> {
    use std::env::var;
    let password = match (var("XIAONENG_ESDB_PASSWORD"), var("XIAONENG_ESDB_PASSWORD_FILE")) {
        (Ok(_), Ok(_)) => bail!("XIAONENG_ESDB_PASSWORD 与 XIAONENG_ESDB_PASSWORD_FILE 只能设一个"),
        (Ok(password), Err(_)) => Some(password),
        (Err(_), Ok(file)) => {
            let password = std::fs::read_to_string(&file).with_context(|| format!("无法读取口令文件 {file}"))?;
            Some(password.trim_end_matches(['\r', '\n']).to_owned())
        }
        (Err(_), Err(_)) => None,
    };
    match (var("XIAONENG_ESDB_USER").ok(), password) {
        (Some(user), Some(password)) => Ok(Some((user, password))),
        (None, None) => Ok(None),
        (Some(_), None) => bail!("设了 XIAONENG_ESDB_USER，还须设 XIAONENG_ESDB_PASSWORD 或 XIAONENG_ESDB_PASSWORD_FILE"),
        (None, Some(_)) => bail!("设了集群口令，还须设 XIAONENG_ESDB_USER"),
    }
}

/// The directory of the embedded log; `None` when the log lies on a cluster.
pub(crate) fn log_dir(place: &Place) -> Option<&Path> {
    match &place.log {
        None => Some(&place.data),
        Some(LogAddress::Directory(dir)) => Some(dir),
        Some(LogAddress::Cluster(_)) => None,
    }
}

/// An installation that is open.
pub(crate) async fn open(place: &Place, audited: bool) -> anyhow::Result<Arc<Application>> {
    open_with(place, audited, &Storage::default()).await
}

/// The same with its files where the settings say.
pub(crate) async fn open_with(place: &Place, audited: bool, storage: &Storage) -> anyhow::Result<Arc<Application>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (log, vault) = log_and_vault(place, clock.clone()).await?;
    let attachments = node::attachments(place, storage.attachments.as_deref());
    assemble(&place.data, clock, vault, log, Parts { audited, ballots: audited, ids: Arc::new(OsEntropy), attachments }).await
}

/// The log of a place and the keys to it. Another installation's master key is refused: views and public keys made with it
/// would be wrong, and what is sealed for it would never open again.
pub(crate) async fn log_and_vault(place: &Place, clock: Arc<dyn Clock>) -> anyhow::Result<(Arc<dyn EventLog>, Arc<Vault>)> {
    must_be_there(place)?;
    let vault = vault(&place.data, false).with_context(|| node::no_key(place))?;
    let log = log(place, clock).await?;
    node::must_fit(log.as_ref(), &vault).await?;
    Ok((log, vault))
}

/// Founds a new log.
pub(crate) async fn found(log: &dyn EventLog, vault: &Vault, actor: &str, at: domain::time::Instant) -> anyhow::Result<()> {
    let meta = Meta::new(Actor::CommandLine { name: actor.to_owned(), user: user() }, domain::ids::NAMESPACE);
    Ok(application::founding::found(log, vault, &meta, at).await?)
}

/// Refuses a directory without an installation, so that a slip of the pen makes no empty one.
pub(crate) fn must_be_there(place: &Place) -> anyhow::Result<()> {
    let Some(dir) = log_dir(place) else { return Ok(()) };
    if !has_log(dir)? {
        bail!("{} 里没有安装。请先运行 xiaoneng init --data {}，或核对目录", dir.display(), dir.display());
    }
    Ok(())
}

/// Whether a log stands in a directory, or stood there by its high-water record. A directory that cannot be entered is
/// not taken for an empty one.
pub(crate) fn has_log(dir: &Path) -> anyhow::Result<bool> {
    let words = || format!("无法查看目录 {}，请用它的属主运行本程序，或检查属主和权限", dir.display());
    Ok(dir.join("log.db").try_exists().with_context(words)? || dir.join("log.head").try_exists().with_context(words)?)
}

/// What an application is to have.
pub(crate) struct Parts {
    /// Reading is on record.
    pub audited: bool,
    /// The ballot box is open.
    pub ballots: bool,
    /// Where new ids come from.
    pub ids: Arc<dyn Entropy>,
    /// The folder of photos.
    pub attachments: PathBuf,
}

/// A rebuild of fewer events is over before anybody wonders.
const WORTH_TELLING: u64 = 50_000;

/// Puts an application together of parts.
pub(crate) async fn assemble(
    dir: &Path,
    clock: Arc<dyn Clock>,
    vault: Arc<Vault>,
    log: Arc<dyn EventLog>,
    parts: Parts,
) -> anyhow::Result<Arc<Application>> {
    let progress = output::Progress::new("正在从日志建立视图");
    let tell = |done: u64, of: u64| {
        if of > WORTH_TELLING {
            progress.tell(done, of)
        }
    };
    let projections = Projections::start_telling(dir, log.clone(), vault.clone(), &tell).await.context("视图无法打开")?;
    let audit = if parts.audited {
        application::audit::Audit::open(dir).context("阅读审计无法打开")?
    } else {
        application::audit::Audit::off()
    };
    let entropy = Arc::new(OsEntropy);
    let ballots = if parts.ballots {
        application::ballot_box::BallotBox::open(dir, entropy).context("票箱无法打开")?
    } else {
        application::ballot_box::BallotBox::off(entropy)
    };
    Ok(Arc::new(Application {
        passwords: Passwords::new(&OsEntropy)?,
        ids: Arc::new(RandomIds::new(parts.ids)),
        sign_ins: Backoff::default(),
        query_codes: Backoff::default(),
        log,
        vault,
        clock,
        projections,
        ballots,
        audit,
        attachments: parts.attachments,
    }))
}

/// Makes a directory that only its owner may enter.
pub(crate) fn make_dir(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(|| format!("无法建立目录 {}", dir.display()))
}

/// Makes the directory of a log that lies apart.
pub(crate) fn make_log_dir(place: &Place) -> anyhow::Result<()> {
    log_dir(place).map_or(Ok(()), make_dir)
}

/// Whether a directory holds nothing.
pub(crate) fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none())
}

/// The circumstances of a command-line act: the name given and the operating system's user.
pub(crate) fn cli_meta(app: &Application, actor: &str) -> Meta {
    Meta::new(Actor::CommandLine { name: actor.to_owned(), user: user() }, app.ids.uuid())
}

/// The operating system's user.
fn user() -> String {
    std::fs::metadata("/proc/self").map(|meta| std::os::unix::fs::MetadataExt::uid(&meta)).map_or_else(|_| "?".to_owned(), user_name)
}

fn user_name(uid: u32) -> String {
    let passwd = std::fs::read_to_string(PathBuf::from("/etc/passwd")).unwrap_or_default();
    let found = passwd.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    found.unwrap_or_else(|| uid.to_string())
}
