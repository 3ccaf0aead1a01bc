use std::sync::Mutex;

use super::super::Address;
use super::super::test_support::{ClosedPort, HttpReceiver, identity, message, now};
use super::*;

const SECRET: &str = "a secret of the gateway";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn settings(url: &str, allow: &[&str]) -> HookSettings {
    HookSettings {
        url: url.parse().unwrap(),
        secret: SECRET.into(),
        allow: allow.iter().map(|entry| entry.parse().unwrap()).collect(),
        timeout: Duration::from_secs(20),
        root: None,
    }
}

fn hook(settings: HookSettings) -> Hook {
    Hook::new(settings, Arc::new(SystemResolver)).unwrap()
}

fn to_phone() -> Message {
    message(Address::Phone("13800138000".into()))
}

/// Gives one list of addresses after another, and counts the questions.
struct Scripted(Mutex<Vec<Vec<&'static str>>>, Mutex<u32>);

impl Scripted {
    fn new(answers: &[&[&'static str]]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.iter().rev().map(|answer| answer.to_vec()).collect()), Mutex::new(0)))
    }
}

#[async_trait]
impl Resolve for Scripted {
    async fn resolve(&self, _host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        *self.1.lock().unwrap() += 1;
        let answer = self.0.lock().unwrap().pop().ok_or(io::ErrorKind::NotFound)?;
        Ok(answer.iter().map(|address| SocketAddr::new(address.parse().unwrap(), port)).collect())
    }
}

#[tokio::test]
async fn given_a_gateway_when_a_message_is_pushed_then_it_bears_id_and_a_signature_over_time_and_body() {
    let gateway = HttpReceiver::start(OK, None).await;
    let hook = hook(settings(&format!("http://127.0.0.1:{}/sms?city=a", gateway.port), &["127.0.0.1"]));
    let receipt = hook.send(&to_phone(), now()).await.unwrap();
    assert_eq!(receipt.reference, "HTTP 200");
    let calls = gateway.received();
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(call.line, "POST /sms?city=a HTTP/1.1");
    assert_eq!(call.header("host"), format!("127.0.0.1:{}", gateway.port));
    assert_eq!(call.header("content-type"), "application/json");
    assert_eq!(call.header("idempotency-key"), to_phone().id.to_string());
    assert_eq!(call.header("x-xiaoneng-timestamp"), "1795316400");
    // Computed as a receiver would, from the raw body.
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("1795316400.{}", call.body).as_bytes());
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(call.header("x-xiaoneng-signature"), format!("v1={expected}"));
    let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "id": to_phone().id,
            "to": {"kind": "phone", "value": "13800138000"},
            "subject": "您的诉求已办结",
            "text": to_phone().text,
            "html": to_phone().html,
            "urgent": false,
            "written_at": "2026-11-22T02:00:00Z",
        })
    );
}

/// Computed with Python: hmac.new(b"a secret of the gateway", b'1795316400.{"id":1}', "sha256").
#[test]
fn the_form_of_the_signature_never_changes() {
    assert_eq!(
        signature(SECRET.as_bytes(), "1795316400", br#"{"id":1}"#),
        "v1=5676d7c68adf865797c314b0b2e30ec6512f88aacd15cba302ce32e2cdf9657c"
    );
}

#[tokio::test]
async fn given_a_message_pushed_before_when_it_is_pushed_again_then_key_and_body_are_the_same() {
    let gateway = HttpReceiver::start(OK, None).await;
    let hook = hook(settings(&format!("http://127.0.0.1:{}/", gateway.port), &["127.0.0.0/8"]));
    hook.send(&to_phone(), now()).await.unwrap();
    hook.send(&to_phone(), now() + chrono::TimeDelta::hours(1)).await.unwrap();
    let calls = gateway.received();
    assert_eq!(calls[0].header("idempotency-key"), calls[1].header("idempotency-key"));
    assert_eq!(calls[0].body, calls[1].body);
    assert_ne!(calls[0].header("x-xiaoneng-signature"), calls[1].header("x-xiaoneng-signature"));
}

#[tokio::test]
async fn given_an_answer_that_is_no_success_then_passing_and_lasting_failures_are_told_apart() {
    for (status, permanent) in [
        (408, false),
        (409, false),
        (425, false),
        (429, false),
        (500, false),
        (502, false),
        (503, false),
        (301, true),
        (302, true),
        (307, true),
        (308, true),
        (400, true),
        (401, true),
        (404, true),
        (422, true),
    ] {
        let answer = format!("HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        let gateway = HttpReceiver::start(answer, None).await;
        let hook = hook(settings(&format!("http://127.0.0.1:{}/", gateway.port), &["127.0.0.1"]));
        let error = hook.send(&to_phone(), now()).await.unwrap_err();
        let failure = Failure::Refused { code: status };
        let expected = if permanent { DeliveryError::Permanent(failure) } else { DeliveryError::Temporary(failure) };
        assert_eq!(error, expected);
    }
}

#[tokio::test]
async fn given_a_redirect_to_the_inside_then_it_is_not_followed() {
    let inside = HttpReceiver::start(OK, None).await;
    let answer = format!("HTTP/1.1 307 X\r\nlocation: http://127.0.0.1:{}/\r\ncontent-length: 0\r\n\r\n", inside.port);
    let gateway = HttpReceiver::start(answer, None).await;
    let hook = hook(settings(&format!("http://127.0.0.1:{}/", gateway.port), &["127.0.0.1"]));
    let error = hook.send(&to_phone(), now()).await.unwrap_err();
    assert_eq!(error, DeliveryError::Permanent(Failure::Refused { code: 307 }));
    assert_eq!((gateway.received().len(), inside.received().len()), (1, 0));
}

#[tokio::test]
async fn given_an_inside_target_in_any_disguise_then_no_connection_is_made() {
    let inside = HttpReceiver::start(OK, None).await;
    let port = inside.port;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fd00::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "１２７.0.0.1",
        "127。0。0。1",
        "①27.0.0.1",
    ] {
        let hook = hook(settings(&format!("https://{host}:{port}/"), &[]));
        let error = hook.send(&to_phone(), now()).await.unwrap_err();
        assert_eq!(error, DeliveryError::Permanent(Failure::Forbidden), "{host}");
    }
    assert_eq!(inside.received(), []);
}

#[tokio::test]
async fn given_a_name_that_resolves_to_the_inside_then_only_its_outside_addresses_are_tried() {
    let url = "https://gateway.example:9/";
    let resolver = Scripted::new(&[&["10.0.0.1", "::1", "::ffff:127.0.0.1"]]);
    let hook = Hook::new(settings(url, &[]), resolver).unwrap();
    assert_eq!(hook.send(&to_phone(), now()).await, Err(DeliveryError::Permanent(Failure::Forbidden)));
}

#[tokio::test]
async fn given_a_name_that_changes_its_address_after_the_check_then_the_checked_address_is_used() {
    // The first answer is allowed and reachable; a second question would lead elsewhere.
    let gateway = HttpReceiver::start(OK, None).await;
    let resolver = Scripted::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let url = format!("http://gateway.example:{}/", gateway.port);
    let hook = Hook::new(settings(&url, &["gateway.example"]), resolver.clone()).unwrap();
    hook.send(&to_phone(), now()).await.unwrap();
    assert_eq!(*resolver.1.lock().unwrap(), 1, "the name is asked for once per delivery");
    assert_eq!(gateway.received()[0].header("host"), format!("gateway.example:{}", gateway.port));
}

#[tokio::test]
async fn given_a_name_without_address_then_the_failure_is_temporary() {
    let hook = Hook::new(settings("https://gateway.example/", &[]), Scripted::new(&[&[]])).unwrap();
    for _ in 0..2 {
        assert_eq!(hook.send(&to_phone(), now()).await, Err(DeliveryError::Temporary(Failure::Unresolved)));
    }
}

#[tokio::test]
async fn given_a_closed_port_a_silent_server_or_nonsense_then_the_failure_is_temporary_and_named() {
    let closed = ClosedPort::hold();
    let unreachable = hook(settings(&format!("http://127.0.0.1:{}/", closed.port), &["127.0.0.1"]));
    assert_eq!(unreachable.send(&to_phone(), now()).await, Err(DeliveryError::Temporary(Failure::Unreachable)));

    let silent = HttpReceiver::start("", None).await;
    let mut impatient = settings(&format!("http://127.0.0.1:{}/", silent.port), &["127.0.0.1"]);
    impatient.timeout = Duration::from_millis(100);
    assert_eq!(hook(impatient).send(&to_phone(), now()).await, Err(DeliveryError::Temporary(Failure::Timeout)));

    for nonsense in ["SSH-2.0-OpenSSH\r\n\r\n".to_owned(), format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(1 << 20))] {
        let server = HttpReceiver::start(nonsense, None).await;
        let hook = hook(settings(&format!("http://127.0.0.1:{}/", server.port), &["127.0.0.1"]));
        assert_eq!(hook.send(&to_phone(), now()).await, Err(DeliveryError::Temporary(Failure::Protocol)));
    }
}

#[tokio::test]
async fn given_a_success_with_an_endless_body_then_the_message_is_delivered_and_the_body_left_unread() {
    let gateway = HttpReceiver::start("HTTP/1.1 202 Accepted\r\ncontent-length: 999999999\r\n\r\nx", None).await;
    let hook = hook(settings(&format!("http://127.0.0.1:{}/", gateway.port), &["127.0.0.1"]));
    assert_eq!(hook.send(&to_phone(), now()).await.unwrap().reference, "HTTP 202");
}

#[tokio::test]
async fn given_https_then_the_message_goes_to_a_server_with_a_trusted_certificate_of_that_name_only() {
    let identity = identity();
    let gateway = HttpReceiver::start(OK, Some(identity.acceptor.clone())).await;
    let mut trusted = settings(&format!("https://localhost:{}/", gateway.port), &["localhost"]);
    trusted.root = Some(identity.root.clone());
    hook(trusted.clone()).send(&to_phone(), now()).await.unwrap();

    let untrusted = HookSettings { root: None, ..trusted.clone() };
    assert_eq!(hook(untrusted).send(&to_phone(), now()).await, Err(DeliveryError::Temporary(Failure::Tls)));
    let url = format!("https://gateway.example:{}/", gateway.port).parse().unwrap();
    let wrong_name = HookSettings { url, allow: vec!["gateway.example".parse().unwrap()], ..trusted };
    let wrong_name = Hook::new(wrong_name, Scripted::new(&[&["127.0.0.1"]])).unwrap();
    assert_eq!(wrong_name.send(&to_phone(), now()).await, Err(DeliveryError::Temporary(Failure::Tls)));
    assert_eq!(gateway.received().len(), 1);
}

#[tokio::test]
async fn given_a_message_beyond_the_limit_then_it_is_refused_before_any_connection() {
    let hook = hook(settings("https://192.0.2.1/", &[]));
    let long = Message { text: "长".repeat(LARGEST_BODY / 3), ..to_phone() };
    assert_eq!(hook.send(&long, now()).await, Err(DeliveryError::Permanent(Failure::TooLarge)));
}

#[test]
fn settings_that_cannot_be_safe_are_refused_at_start() {
    for (url, allow, expected) in [
        ("gopher://127.0.0.1:70/_x", &[][..], SettingsError::Scheme),
        ("file:///etc/passwd", &[], SettingsError::Scheme),
        ("ftp://gateway.example/", &[], SettingsError::Scheme),
        ("http://gateway.example/", &[], SettingsError::Scheme),
        ("http://gateway.example/", &["other.example", "10.0.0.0/8"], SettingsError::Scheme),
        ("https://user:password@gateway.example/", &[], SettingsError::Url),
        ("https://user@gateway.example/", &[], SettingsError::Url),
    ] {
        let refused = Hook::new(settings(url, allow), Arc::new(SystemResolver)).map(|_| ());
        assert_eq!(refused, Err(expected), "{url}");
    }
    let mut weak = settings("https://gateway.example/", &[]);
    weak.secret = "short".into();
    assert_eq!(Hook::new(weak, Arc::new(SystemResolver)).map(|_| ()), Err(SettingsError::WeakSecret));
    for junk in ["", "junk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let mut wrong = settings("https://gateway.example/", &[]);
        wrong.root = Some(junk.into());
        let refused = Hook::new(wrong, Arc::new(SystemResolver)).map(|_| ());
        assert_eq!(refused, Err(SettingsError::Certificate), "{junk:?}");
    }
}

#[test]
fn debug_of_hook_and_settings_shows_no_secret_and_no_key_in_the_address() {
    let settings = settings("https://gateway.example/k3y/push?token=t0ken", &[]);
    let shown = format!("{settings:?} {:?}", Hook::new(settings.clone(), Arc::new(SystemResolver)).unwrap());
    for secret in [SECRET, "k3y", "t0ken"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("gateway.example"), "{shown}");
}
