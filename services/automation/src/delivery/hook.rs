//! A signed HTTP request to a gateway for text messages or a messenger.
//!
//! ```text
//! POST <url>
//! Content-Type: application/json
//! Idempotency-Key: <notice id>
//! X-Xiaoneng-Timestamp: <seconds since 1970 of this attempt>
//! X-Xiaoneng-Signature: v1=<hex of HMAC-SHA256(secret, timestamp "." body)>
//!
//! {"id":…,"to":{"kind":"phone","value":…},"subject":…,"text":…,"html":…,"urgent":…,"written_at":…}
//! ```
//!
//! Any 2xx means taken over. The body of the answer is not read and no redirect is followed. The address is checked
//! when connecting, on the resolved address itself, so that a name which resolves differently a moment later gains
//! nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::guard::may_connect;
use super::message::one_line;
use super::trust::own_roots;
use super::{Allowed, Carrier, DeliveryError, Failure, Message, Receipt, SettingsError};

/// The largest request body in bytes.
const LARGEST_BODY: usize = 256 * 1024;
/// The largest head of an answer in bytes.
const LARGEST_ANSWER: usize = 32 * 1024;
/// A signature with a shorter key can be guessed.
const SHORTEST_SECRET: usize = 16;

/// Where and how messages are pushed. `Debug` leaves out path and query of the address: gateways put keys there.
#[derive(Clone)]
pub struct HookSettings {
    /// `https` address; `http` only to a host on the allow-list.
    pub url: Url,
    /// Key of the signature, at least 16 bytes.
    pub secret: SecretString,
    /// Inside hosts and networks that may be the target.
    pub allow: Vec<Allowed>,
    /// Limit for the whole exchange.
    pub timeout: Duration,
    /// Another trusted root in PEM, for an authority of the office's own.
    pub root: Option<Vec<u8>>,
}

impl std::fmt::Debug for HookSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookSettings")
            .field("host", &self.url.host_str())
            .field("allow", &self.allow)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Turns a host name into addresses.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// The addresses of `host`; asked once per delivery.
    ///
    /// # Errors
    /// When the name has none or the name service does not answer.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The operating system's name service.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// Pushes messages to one configured address.
pub struct Hook {
    settings: HookSettings,
    host: Host<String>,
    port: u16,
    /// None for plain `http`.
    tls: Option<TlsConnector>,
    resolver: Arc<dyn Resolve>,
}

impl Hook {
    /// A carrier with these settings; no connection is made yet.
    ///
    /// # Errors
    /// [`SettingsError`] for an address of another scheme, with a password, without a host, a short secret, or a
    /// certificate that is none.
    pub fn new(settings: HookSettings, resolver: Arc<dyn Resolve>) -> Result<Self, SettingsError> {
        let url = &settings.url;
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(SettingsError::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SettingsError::Url);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(SettingsError::Url);
        };
        // A final full stop only says that the name is whole; certificates and allow-lists never bear it.
        let host = match host {
            Host::Domain(name) => Host::Domain(name.trim_end_matches('.').to_owned()),
            Host::Ipv4(address) => Host::Ipv4(address),
            Host::Ipv6(address) => Host::Ipv6(address),
        };
        if !is_tls && !is_listed(&host, &settings.allow) {
            return Err(SettingsError::Scheme);
        }
        if settings.secret.expose_secret().len() < SHORTEST_SECRET {
            return Err(SettingsError::WeakSecret);
        }
        let tls = if is_tls { Some(connector(settings.root.as_deref())?) } else { None };
        Ok(Self { host, port, tls, settings, resolver })
    }

    /// Connects to the first address that may be connected to and answers.
    async fn connect(&self) -> Result<TcpStream, DeliveryError> {
        let (name, addresses) = match &self.host {
            Host::Ipv4(address) => (address.to_string(), vec![SocketAddr::from((*address, self.port))]),
            Host::Ipv6(address) => (address.to_string(), vec![SocketAddr::from((*address, self.port))]),
            Host::Domain(name) => {
                let found = self.resolver.resolve(name, self.port).await;
                (name.clone(), found.map_err(|_| DeliveryError::Temporary(Failure::Unresolved))?)
            }
        };
        if addresses.is_empty() {
            return Err(DeliveryError::Temporary(Failure::Unresolved));
        }
        let mut forbidden = true;
        for address in addresses {
            if !may_connect(&name, address.ip(), &self.settings.allow) {
                continue;
            }
            forbidden = false;
            // One address that swallows everything must leave time for the next.
            let patience = self.settings.timeout / 3;
            if let Ok(Ok(stream)) = tokio::time::timeout(patience, TcpStream::connect(address)).await {
                return Ok(stream);
            }
        }
        Err(if forbidden { DeliveryError::Permanent(Failure::Forbidden) } else { DeliveryError::Temporary(Failure::Unreachable) })
    }

    async fn deliver(&self, request: Request<Full<Bytes>>) -> Result<u16, DeliveryError> {
        let stream = self.connect().await?;
        let Some(tls) = &self.tls else {
            return exchange(stream, request).await;
        };
        let name = match &self.host {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|_| DeliveryError::Permanent(Failure::Unresolved))?,
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::V4(*address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::V6(*address)),
        };
        let stream = tls.connect(name, stream).await.map_err(|_| DeliveryError::Temporary(Failure::Tls))?;
        exchange(stream, request).await
    }

    fn request(&self, message: &Message, now: DateTime<Utc>) -> Result<Request<Full<Bytes>>, DeliveryError> {
        let body = serde_json::json!({
            "id": message.id,
            "to": {"kind": message.to.kind(), "value": message.to.value()},
            "subject": one_line(&message.subject),
            "text": message.text,
            "html": message.html,
            "urgent": message.urgent,
            "written_at": message.written_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        })
        .to_string();
        if body.len() > LARGEST_BODY {
            return Err(DeliveryError::Permanent(Failure::TooLarge));
        }
        let timestamp = now.timestamp().to_string();
        let signature = signature(self.settings.secret.expose_secret().as_bytes(), &timestamp, body.as_bytes());
        let url = &self.settings.url;
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let host = match url.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        };
        Request::post(target)
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "xiaoneng")
            .header("idempotency-key", message.id.to_string())
            .header("x-xiaoneng-timestamp", timestamp)
            .header("x-xiaoneng-signature", signature)
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| DeliveryError::Permanent(Failure::Protocol))
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

#[async_trait]
impl Carrier for Hook {
    async fn send(&self, message: &Message, now: DateTime<Utc>) -> Result<Receipt, DeliveryError> {
        let request = self.request(message, now)?;
        let answer = tokio::time::timeout(self.settings.timeout, self.deliver(request)).await;
        let status = answer.map_err(|_| DeliveryError::Temporary(Failure::Timeout))??;
        let refused = Failure::Refused { code: status };
        match status {
            200..=299 => Ok(Receipt { reference: format!("HTTP {status}") }),
            // Still busy with the same key, too early, too many, or the server's own trouble.
            408 | 409 | 425 | 429 | 500..=599 => Err(DeliveryError::Temporary(refused)),
            _ => Err(DeliveryError::Permanent(refused)),
        }
    }
}

/// One request and the status of its answer over a connection of its own.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<u16, DeliveryError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| DeliveryError::Temporary(if error.is_parse() { Failure::Protocol } else { Failure::Unreachable });
    let (mut sender, connection) =
        hyper::client::conn::http1::Builder::new().max_buf_size(LARGEST_ANSWER).handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // Driven here and not in a task of its own: when the time is up, nothing of it stays behind.
    let mut connection = std::pin::pin!(connection);
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answer = tokio::select! {
        biased;
        answer = &mut answer => answer,
        // The connection has ended: the answer is there already or never comes.
        ended = &mut connection => {
            ended.map_err(failed)?;
            answer.await
        }
    };
    answer.map(|answer| answer.status().as_u16()).map_err(failed)
}

fn is_listed(host: &Host<String>, allow: &[Allowed]) -> bool {
    allow.iter().any(|entry| match host {
        Host::Domain(name) => entry.names(name),
        Host::Ipv4(address) => entry.holds((*address).into()),
        Host::Ipv6(address) => entry.holds((*address).into()),
    })
}

/// `v1=` and the hexadecimal HMAC-SHA256 over the timestamp, a full stop and the body.
fn signature(secret: &[u8], timestamp: &str, body: &[u8]) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    let code = mac.finalize().into_bytes();
    code.iter().fold("v1=".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// Trusts the system's roots and the office's own.
fn connector(root: Option<&[u8]>) -> Result<TlsConnector, SettingsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for own in root.map(own_roots).transpose()?.into_iter().flatten() {
        roots.add(own).map_err(|_| SettingsError::Certificate)?;
    }
    // The provider is named, so that no other crate's choice of a default can break the first connection.
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| SettingsError::Certificate)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests;
