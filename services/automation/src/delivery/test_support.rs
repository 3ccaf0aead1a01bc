//! Receivers that the carriers are tested against: a small SMTP server and a small HTTP server, with and without TLS.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use super::{Address, Message};

pub fn now() -> DateTime<Utc> {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

pub fn message(to: Address) -> Message {
    Message {
        id: Uuid::from_u128(0x6f1c_1f6e_0000_4000_8000_0000_0000_0001),
        to,
        subject: "您的诉求已办结".into(),
        text: "您好：\n您反映的路灯问题已办结。\n.\n请登录查看。".into(),
        html: "<p>您好：</p><p>您反映的路灯问题已办结。</p>".into(),
        urgent: false,
        written_at: "2026-11-22T02:00:00Z".parse().unwrap(),
    }
}

/// A certificate for `localhost` and 127.0.0.1 with its own authority.
pub struct Identity {
    pub root: Vec<u8>,
    pub acceptor: TlsAcceptor,
}

pub fn identity() -> Identity {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    Identity { root: made.cert.pem().into_bytes(), acceptor: TlsAcceptor::from(Arc::new(config)) }
}

pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// What a mail server does.
#[derive(Clone, Default)]
pub struct SmtpBehaviour {
    /// Reply to RCPT instead of 250.
    pub rcpt: Option<&'static str>,
    /// Reply to the end of DATA instead of 250.
    pub end: Option<&'static str>,
    /// Reply to AUTH instead of 235.
    pub auth: Option<&'static str>,
    /// Accepts connections and says nothing.
    pub silent: bool,
    /// Offers STARTTLS, or speaks TLS from the first byte when `from_start`.
    pub tls: Option<TlsAcceptor>,
    pub from_start: bool,
}

/// One mail as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Head and body, dots unstuffed.
    pub data: String,
    /// AUTH line, if there was one.
    pub auth: Option<String>,
    pub encrypted: bool,
}

/// A port on which nobody listens, nor can anybody as long as it is held.
pub struct ClosedPort {
    pub port: u16,
    _held: TcpSocket,
}

impl ClosedPort {
    pub fn hold() -> Self {
        let held = TcpSocket::new_v4().unwrap();
        held.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self { port: held.local_addr().unwrap().port(), _held: held }
    }
}

pub struct SmtpReceiver {
    pub port: u16,
    pub mails: Arc<Mutex<Vec<Mail>>>,
}

impl SmtpReceiver {
    pub async fn start(behaviour: SmtpBehaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let into = mails.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (behaviour, into) = (behaviour.clone(), into.clone());
                tokio::spawn(async move {
                    // A client that goes away ends the conversation; the test looks at what had arrived by then.
                    let _ = speak_smtp(stream, &behaviour, &into).await;
                });
            }
        });
        Self { port, mails }
    }

    pub fn received(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

async fn speak_smtp(stream: TcpStream, behaviour: &SmtpBehaviour, into: &Mutex<Vec<Mail>>) -> std::io::Result<()> {
    if behaviour.silent {
        let mut stream = stream;
        let mut ignored = Vec::new();
        stream.read_to_end(&mut ignored).await?;
        return Ok(());
    }
    let mut encrypted = false;
    let mut stream: BufReader<Box<dyn Io>> = match &behaviour.tls {
        Some(tls) if behaviour.from_start => {
            encrypted = true;
            BufReader::new(Box::new(tls.accept(stream).await?))
        }
        _ => BufReader::new(Box::new(stream)),
    };
    stream.write_all(b"220 test ESMTP\r\n").await?;
    let (mut from, mut to, mut auth) = (String::new(), Vec::new(), None);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or("").to_ascii_uppercase();
        let reply = match verb.as_str() {
            "EHLO" => {
                let offer = if behaviour.tls.is_some() && !encrypted { "250-STARTTLS\r\n" } else { "" };
                format!("250-test\r\n{offer}250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN")
            }
            "HELO" | "NOOP" | "RSET" => "250 ok".into(),
            "STARTTLS" => {
                stream.write_all(b"220 go\r\n").await?;
                let Some(tls) = &behaviour.tls else {
                    return Ok(());
                };
                stream = BufReader::new(Box::new(tls.accept(stream.into_inner()).await?));
                encrypted = true;
                continue;
            }
            "AUTH" => {
                auth = Some(line.clone());
                behaviour.auth.unwrap_or("235 ok").into()
            }
            "MAIL" => {
                from = line.clone();
                "250 ok".into()
            }
            "RCPT" => {
                to.push(line.clone());
                behaviour.rcpt.unwrap_or("250 ok").into()
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut data = String::new();
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).await? == 0 {
                        return Ok(());
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    data.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                let mail = Mail { from: from.clone(), to: std::mem::take(&mut to), data, auth: auth.clone(), encrypted };
                into.lock().unwrap().push(mail);
                behaviour.end.unwrap_or("250 queued").into()
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 unknown".into(),
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
}

/// One HTTP request as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Call {
    pub fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        let value = &found.next().unwrap_or_else(|| panic!("no header {name}")).1;
        assert_eq!(found.next(), None, "the header {name} came twice");
        value
    }
}

pub struct HttpReceiver {
    pub port: u16,
    pub calls: Arc<Mutex<Vec<Call>>>,
}

impl HttpReceiver {
    /// Answers every request with `answer`, given as raw bytes; an empty answer is never sent.
    pub async fn start(answer: impl Into<Vec<u8>>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let into = calls.clone();
        let answer: Arc<[u8]> = answer.into().into();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, into, tls) = (answer.clone(), into.clone(), tls.clone());
                tokio::spawn(async move {
                    let stream: Box<dyn Io> = match tls {
                        Some(tls) => Box::new(tls.accept(stream).await?),
                        None => Box::new(stream),
                    };
                    speak_http(stream, &answer, &into).await
                });
            }
        });
        Self { port, calls }
    }

    pub fn received(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn speak_http(stream: Box<dyn Io>, answer: &[u8], into: &Mutex<Vec<Call>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let headers: Vec<(String, String)> = head[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    into.lock().unwrap().push(Call { line: head[0].clone(), headers, body: String::from_utf8(body).unwrap() });
    stream.write_all(answer).await?;
    stream.flush().await?;
    // Held open until the client has gone, as a server with keep-alive does.
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await?;
    Ok(())
}
