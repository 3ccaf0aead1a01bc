//! Mail over SMTP.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::trust::own_roots;
use super::{Address, Carrier, DeliveryError, Failure, Message, Receipt, SettingsError, mail};

/// How the connection to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// Not at all: a server on the same machine or a closed network.
    None,
    /// Upgraded with STARTTLS; without the upgrade nothing is sent.
    StartTls,
    /// From the first byte.
    Tls,
}

/// Where and how mail is handed over.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name of the mail server; its certificate must bear it.
    pub host: String,
    /// Port, usually 25, 587 (STARTTLS) or 465 (TLS).
    pub port: u16,
    /// Encryption.
    pub tls: TlsMode,
    /// User name and password, if the server asks for them.
    pub login: Option<(String, SecretString)>,
    /// Sender, such as `效能平台 <noreply@example.gov.cn>`.
    pub from: String,
    /// Limit for one whole delivery.
    pub timeout: Duration,
    /// Another trusted root in PEM, for an authority of the office's own.
    pub root: Option<Vec<u8>>,
}

/// Hands mail to a server; the `Message-ID` is the notice's id, so that a repeat is the same mail.
#[derive(Debug, Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    timeout: Duration,
}

impl Smtp {
    /// A carrier with these settings; no connection is made yet.
    ///
    /// # Errors
    /// [`SettingsError::Sender`] or [`SettingsError::Certificate`].
    pub fn new(settings: &SmtpSettings) -> Result<Self, SettingsError> {
        let tls = match settings.tls {
            TlsMode::None => Tls::None,
            TlsMode::StartTls => Tls::Required(tls_parameters(settings)?),
            TlsMode::Tls => Tls::Wrapper(tls_parameters(settings)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(settings.timeout));
        if let Some((user, password)) = &settings.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.build(), from: mail::sender(&settings.from)?, timeout: settings.timeout })
    }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, SettingsError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    for own in settings.root.as_deref().map(own_roots).transpose()?.into_iter().flatten() {
        let own = Certificate::from_der(own.to_vec()).map_err(|_| SettingsError::Certificate)?;
        builder = builder.add_root_certificate(own);
    }
    builder.build().map_err(|_| SettingsError::Certificate)
}

#[async_trait]
impl Carrier for Smtp {
    async fn send(&self, message: &Message, _now: DateTime<Utc>) -> Result<Receipt, DeliveryError> {
        let Address::Email(address) = &message.to else {
            return Err(DeliveryError::Permanent(Failure::Address));
        };
        let mail = mail::build(&self.from, mail::recipient(address)?, message)?;
        // The transport's own timeout holds for each step; this one for the whole, however slowly the server drips.
        match tokio::time::timeout(self.timeout, self.transport.send(mail)).await {
            Ok(Ok(_)) => Ok(Receipt { reference: mail::message_id(&self.from, message) }),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(DeliveryError::Temporary(Failure::Timeout)),
        }
    }
}

/// Only a lasting refusal of this very mail is permanent. A refused login or a bad certificate is the configuration's
/// fault: the mail waits until it is mended.
fn failure(error: &smtp::Error) -> DeliveryError {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        return match code {
            530 | 534 | 535 | 538 => DeliveryError::Temporary(Failure::Refused { code }),
            500..=599 => DeliveryError::Permanent(Failure::Refused { code }),
            _ => DeliveryError::Temporary(Failure::Refused { code }),
        };
    }
    DeliveryError::Temporary(if error.is_timeout() {
        Failure::Timeout
    } else if error.is_tls() {
        Failure::Tls
    } else if error.is_response() {
        Failure::Protocol
    } else {
        Failure::Unreachable
    })
}

#[cfg(test)]
mod tests;
