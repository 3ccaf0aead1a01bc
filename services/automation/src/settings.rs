//! What an office sets: the carrier, quiet hours, the sender, sizes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveTime;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use templates::mail::Site;
use url::Url;

use crate::delivery::quiet::QuietHours;
use crate::delivery::{AllowedError, Carrier, Files, Hook, HookSettings, SettingsError, Smtp, SmtpSettings, SystemResolver, TlsMode};

/// Settings of automation, one table of the configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How notices leave the house.
    pub carrier: CarrierSettings,
    /// Sender of mails, such as `效能平台 <noreply@example.gov.cn>`.
    pub sender: String,
    /// Address of the site, for links in notices.
    pub base_url: String,
    /// Name of the site.
    pub site_name: String,
    /// Telephone of the service.
    pub phone: String,
    /// First quiet moment of the day (+08:00), `21:00`.
    pub quiet_from: NaiveTime,
    /// First moment that is not quiet, `08:00`. Equal to `quiet_from`: no quiet hours.
    pub quiet_to: NaiveTime,
    /// Events owe a notice for so many hours; what is older is not written about any more.
    pub notices_within_hours: u32,
    /// Acts, recomputed cases and notices taken at once, each.
    #[schemars(range(min = 1))]
    pub batch: usize,
    /// Notices sent at once. More empties a rush sooner; no more than the mail server or gateway takes at once.
    #[schemars(range(min = 1, max = 64))]
    pub at_once: usize,
    /// The longest pause between two looks at what is due, in milliseconds.
    pub poll_millis: u64,
    /// How long a tick waits for the views to reach the head of the log, in milliseconds, before it is skipped.
    pub patience_millis: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let quiet = QuietHours::default();
        Self {
            carrier: CarrierSettings::default(),
            sender: "效能平台 <noreply@localhost.localdomain>".to_owned(),
            base_url: "http://127.0.0.1:8080".to_owned(),
            site_name: "诉求与效能服务平台".to_owned(),
            phone: "12345".to_owned(),
            quiet_from: quiet.from,
            quiet_to: quiet.to,
            notices_within_hours: 7 * 24,
            batch: 256,
            at_once: 4,
            poll_millis: 1_000,
            patience_millis: 2_000,
        }
    }
}

/// The carrier. Passwords and keys stand in files of their own (mode 0600 or a systemd credential), never here; `Debug`
/// shows the kind only, since the addresses of gateways often hold keys.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CarrierSettings {
    /// Files in a folder: for trying out, and for offices whose own system sends them.
    Files {
        /// The folder; relative to the data directory.
        #[serde(default = "outbox")]
        folder: PathBuf,
    },
    /// Mail.
    Smtp {
        /// Mail server.
        host: String,
        /// Port.
        port: u16,
        /// Encryption: `none`, `starttls`, `tls`.
        tls: TlsMode,
        /// User name, if the server asks for one.
        #[serde(default)]
        user: Option<String>,
        /// File with the password.
        #[serde(default)]
        password_file: Option<PathBuf>,
        /// File with another trusted root (PEM).
        #[serde(default)]
        root_file: Option<PathBuf>,
        /// Limit for one delivery in seconds.
        #[serde(default = "thirty")]
        timeout_seconds: u64,
    },
    /// A signed request to a gateway for text messages or messengers.
    Hook {
        /// Address of the gateway; not shown, since such addresses often hold keys.
        #[schemars(extend("x-secret" = true))]
        url: String,
        /// File with the key of the signature.
        secret_file: PathBuf,
        /// Inside hosts and networks that may be the target.
        #[serde(default)]
        allow: Vec<String>,
        /// File with another trusted root (PEM).
        #[serde(default)]
        root_file: Option<PathBuf>,
        /// Limit for one delivery in seconds.
        #[serde(default = "thirty")]
        timeout_seconds: u64,
    },
}

impl std::fmt::Debug for CarrierSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Default for CarrierSettings {
    fn default() -> Self {
        Self::Files { folder: outbox() }
    }
}

fn outbox() -> PathBuf {
    PathBuf::from("outbox")
}

fn thirty() -> u64 {
    30
}

/// Why automation cannot start with its settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The carrier refuses its settings.
    #[error(transparent)]
    Carrier(#[from] SettingsError),
    /// An entry of the allow-list.
    #[error(transparent)]
    Allowed(#[from] AllowedError),
    /// A file that the settings name.
    #[error("配置中的文件 {path} 无法读取（{kind}），请检查路径和权限")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// Nothing would ever be taken.
    #[error("batch 至少为 1")]
    Batch,
    /// Nothing would ever be sent, or more at once than a server stands.
    #[error("at_once 应为 1 至 64")]
    AtOnce,
}

impl CarrierSettings {
    /// The name in the log and in health.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Files { .. } => "files",
            Self::Smtp { .. } => "smtp",
            Self::Hook { .. } => "hook",
        }
    }

    /// Makes the carrier. Relative folders stand under `data`.
    pub(crate) fn carrier(&self, sender: &str, data: &Path) -> Result<Arc<dyn Carrier>, StartError> {
        Ok(match self {
            Self::Files { folder } => Arc::new(Files::new(data.join(folder), sender)?),
            Self::Smtp { host, port, tls, user, password_file, root_file, timeout_seconds } => {
                let password = password_file.as_deref().map(secret).transpose()?;
                Arc::new(Smtp::new(&SmtpSettings {
                    host: host.clone(),
                    port: *port,
                    tls: *tls,
                    login: user.clone().map(|user| (user, password.unwrap_or_default())),
                    from: sender.to_owned(),
                    timeout: Duration::from_secs(*timeout_seconds),
                    root: root_file.as_deref().map(read).transpose()?,
                })?)
            }
            Self::Hook { url, secret_file, allow, root_file, timeout_seconds } => {
                let settings = HookSettings {
                    url: url.parse::<Url>().map_err(|_| SettingsError::Url)?,
                    secret: secret(secret_file)?,
                    allow: allow.iter().map(|entry| entry.parse()).collect::<Result<_, _>>()?,
                    timeout: Duration::from_secs(*timeout_seconds),
                    root: root_file.as_deref().map(read).transpose()?,
                };
                Arc::new(Hook::new(settings, Arc::new(SystemResolver))?)
            }
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, StartError> {
    std::fs::read(path).map_err(|error| StartError::File { path: path.to_owned(), kind: error.kind() })
}

fn secret(path: &Path) -> Result<SecretString, StartError> {
    let text =
        String::from_utf8(read(path)?).map_err(|_| StartError::File { path: path.to_owned(), kind: std::io::ErrorKind::InvalidData })?;
    Ok(SecretString::from(text.trim_end().to_owned()))
}

impl Settings {
    /// Whether automation can start with these settings: the files that they name are there and the carrier takes them.
    ///
    /// # Errors
    /// What [`Automation::new`](crate::Automation::new) would say.
    pub fn check(&self) -> Result<(), StartError> {
        self.sizes()?;
        // A relative folder is made when the first message is written: none is needed to see whether it could be.
        self.carrier.carrier(&self.sender, Path::new("")).map(|_| ())
    }

    /// Whether the sizes let anything be done.
    pub(crate) fn sizes(&self) -> Result<(), StartError> {
        match (self.batch, self.at_once) {
            (0, _) => Err(StartError::Batch),
            (_, 1..=64) => Ok(()),
            _ => Err(StartError::AtOnce),
        }
    }

    pub(crate) fn quiet(&self) -> QuietHours {
        QuietHours { from: self.quiet_from, to: self.quiet_to }
    }

    pub(crate) fn site(&self) -> Site {
        Site { name: self.site_name.clone(), address: self.base_url.trim_end_matches('/').to_owned(), phone: self.phone.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Settings, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn given_nothing_then_notices_go_into_files_and_the_night_is_quiet() {
        let settings = read("{}").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.carrier.name(), "files");
        assert_eq!(settings.quiet(), QuietHours::default());
        assert!(settings.carrier.carrier(&settings.sender, Path::new(".")).is_ok());
    }

    #[test]
    fn sizes_with_which_nothing_would_be_done_are_refused() {
        let with = |batch, at_once| Settings { batch, at_once, ..Settings::default() }.check();
        assert_eq!(with(0, 4), Err(StartError::Batch));
        assert_eq!((with(1, 0), with(1, 65)), (Err(StartError::AtOnce), Err(StartError::AtOnce)));
        assert_eq!((with(1, 1), with(1, 64)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_mistyped_setting_is_refused() {
        assert!(read(r#"{"batchs": 1}"#).is_err());
        assert!(read(r#"{"carrier": {"kind": "files", "folders": "x"}}"#).is_err());
        assert!(read(r#"{"carrier": {"kind": "pigeon"}}"#).is_err());
    }

    #[test]
    fn quiet_hours_are_written_as_people_write_them() {
        let settings = read(r#"{"quiet_from": "22:30", "quiet_to": "07:00"}"#).unwrap();
        assert_eq!(settings.quiet_from, NaiveTime::from_hms_opt(22, 30, 0).unwrap());
    }

    #[test]
    fn a_secret_is_read_from_its_file_and_a_missing_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "sixteen bytes or more\n").unwrap();
        let hook = |path: &Path| CarrierSettings::Hook {
            url: "https://sms.example.gov.cn/send".to_owned(),
            secret_file: path.to_owned(),
            allow: vec!["10.1.0.0/16".to_owned()],
            root_file: None,
            timeout_seconds: 5,
        };
        // Without any root certificate on the machine the hook itself says so; the secret was read all the same.
        let made = hook(&path).carrier("a@b.cn", folder.path()).map(|_| ());
        assert!(matches!(made, Ok(()) | Err(StartError::Carrier(SettingsError::Certificate))), "{made:?}");
        let missing = folder.path().join("missing");
        let made = hook(&missing).carrier("a@b.cn", folder.path()).map(|_| ());
        assert_eq!(made, Err(StartError::File { path: missing, kind: std::io::ErrorKind::NotFound }));
    }
}
