use super::super::test_support::{ClosedPort, SmtpBehaviour, SmtpReceiver, identity, message, now};
use super::*;

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "localhost".into(),
        port,
        tls: TlsMode::None,
        login: None,
        from: "效能平台 <noreply@example.gov.cn>".into(),
        timeout: Duration::from_secs(20),
        root: None,
    }
}

fn to_li() -> Message {
    message(Address::Email("li@example.com".into()))
}

/// The decoded body of the part with this content type.
fn part(data: &str, content_type: &str) -> String {
    let boundary = format!("--=_{}", to_li().id.simple());
    let part = data.split(&boundary).find(|part| part.contains(content_type)).expect("the part is there");
    let (head, body) = part.split_once("\r\n\r\n").expect("a head and a body");
    if head.contains("base64") {
        let joined: String = body.split_whitespace().collect();
        String::from_utf8(base64::Engine::decode(&base64::engine::general_purpose::STANDARD, joined).unwrap()).unwrap()
    } else {
        let bytes = body.replace("=\r\n", "");
        let mut decoded = Vec::new();
        let mut rest = bytes.as_bytes();
        while let Some((first, tail)) = rest.split_first() {
            if *first == b'=' && head.contains("quoted-printable") {
                decoded.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
                rest = &tail[2..];
            } else {
                decoded.push(*first);
                rest = tail;
            }
        }
        String::from_utf8(decoded).unwrap()
    }
}

#[tokio::test]
async fn given_a_mail_server_when_a_message_is_sent_then_it_arrives_once_with_text_and_html() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let smtp = Smtp::new(&settings(server.port)).unwrap();
    let receipt = smtp.send(&to_li(), now()).await.unwrap();
    assert_eq!(receipt.reference, format!("<{}@example.gov.cn>", to_li().id));
    let mails = server.received();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert!(mail.from.starts_with("MAIL FROM:<noreply@example.gov.cn>"), "{}", mail.from);
    assert_eq!(mail.to, ["RCPT TO:<li@example.com>"]);
    assert_eq!(mail.data.matches("multipart/alternative").count(), 1);
    assert_eq!(part(&mail.data, "text/plain").replace("\r\n", "\n").trim_end(), to_li().text);
    assert_eq!(part(&mail.data, "text/html").replace("\r\n", "\n").trim_end(), to_li().html);
    assert!(mail.data.contains(&format!("Message-ID: <{}@example.gov.cn>\r\n", to_li().id)), "{}", mail.data);
}

#[tokio::test]
async fn given_a_message_sent_before_when_it_is_sent_again_then_it_bears_the_same_message_id() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let smtp = Smtp::new(&settings(server.port)).unwrap();
    let first = smtp.send(&to_li(), now()).await.unwrap();
    let after_restart = Smtp::new(&settings(server.port)).unwrap();
    assert_eq!(after_restart.send(&to_li(), now() + chrono::TimeDelta::hours(1)).await.unwrap(), first);
    let mails = server.received();
    assert_eq!((mails.len(), &mails[0].data), (2, &mails[1].data));
}

#[tokio::test]
async fn given_a_server_that_refuses_when_a_message_is_sent_then_lasting_and_passing_refusals_are_told_apart() {
    for (behaviour, expected) in [
        (
            SmtpBehaviour { rcpt: Some("550 no such user li@example.com"), ..Default::default() },
            DeliveryError::Permanent(Failure::Refused { code: 550 }),
        ),
        (SmtpBehaviour { rcpt: Some("450 greylisted"), ..Default::default() }, DeliveryError::Temporary(Failure::Refused { code: 450 })),
        (SmtpBehaviour { end: Some("554 spam"), ..Default::default() }, DeliveryError::Permanent(Failure::Refused { code: 554 })),
        (SmtpBehaviour { end: Some("452 disk full"), ..Default::default() }, DeliveryError::Temporary(Failure::Refused { code: 452 })),
    ] {
        let server = SmtpReceiver::start(behaviour).await;
        let error = Smtp::new(&settings(server.port)).unwrap().send(&to_li(), now()).await.unwrap_err();
        assert_eq!(error, expected);
        assert!(!format!("{error}{error:?}").contains("li@"), "an error names nobody: {error:?}");
    }
}

#[tokio::test]
async fn given_a_login_when_the_server_refuses_it_then_the_mail_waits_for_the_configuration_to_be_mended() {
    let login = || Some(("user".to_owned(), SecretString::from("password")));
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let smtp = Smtp::new(&SmtpSettings { login: login(), ..settings(server.port) }).unwrap();
    smtp.send(&to_li(), now()).await.unwrap();
    assert_eq!(server.received()[0].auth.as_deref(), Some("AUTH PLAIN AHVzZXIAcGFzc3dvcmQ="));

    let server = SmtpReceiver::start(SmtpBehaviour { auth: Some("535 no"), ..Default::default() }).await;
    let smtp = Smtp::new(&SmtpSettings { login: login(), ..settings(server.port) }).unwrap();
    let error = smtp.send(&to_li(), now()).await.unwrap_err();
    assert_eq!(error, DeliveryError::Temporary(Failure::Refused { code: 535 }));
}

#[tokio::test]
async fn given_no_server_or_a_silent_one_then_the_failure_is_temporary() {
    let closed = ClosedPort::hold();
    let error = Smtp::new(&settings(closed.port)).unwrap().send(&to_li(), now()).await.unwrap_err();
    assert_eq!(error, DeliveryError::Temporary(Failure::Unreachable));

    let silent = SmtpReceiver::start(SmtpBehaviour { silent: true, ..Default::default() }).await;
    let impatient = SmtpSettings { timeout: Duration::from_millis(100), ..settings(silent.port) };
    let error = Smtp::new(&impatient).unwrap().send(&to_li(), now()).await.unwrap_err();
    assert_eq!(error, DeliveryError::Temporary(Failure::Timeout));
}

#[tokio::test]
async fn given_tls_modes_then_mail_goes_encrypted_to_a_trusted_server_only() {
    let identity = identity();
    for (mode, from_start) in [(TlsMode::StartTls, false), (TlsMode::Tls, true)] {
        let tls = Some(identity.acceptor.clone());
        let server = SmtpReceiver::start(SmtpBehaviour { tls, from_start, ..Default::default() }).await;
        let trusted = SmtpSettings { tls: mode, root: Some(identity.root.clone()), ..settings(server.port) };
        Smtp::new(&trusted).unwrap().send(&to_li(), now()).await.unwrap();
        assert!(server.received()[0].encrypted);

        let untrusted = SmtpSettings { root: None, ..trusted };
        let error = Smtp::new(&untrusted).unwrap().send(&to_li(), now()).await.unwrap_err();
        assert!(!error.is_permanent(), "{error:?}");
        assert_eq!(server.received().len(), 1, "nothing may go to a server that is not trusted");
    }
}

#[tokio::test]
async fn given_starttls_asked_for_when_the_server_has_none_then_nothing_is_sent_in_the_clear() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let strict = SmtpSettings { tls: TlsMode::StartTls, ..settings(server.port) };
    let error = Smtp::new(&strict).unwrap().send(&to_li(), now()).await.unwrap_err();
    assert!(!error.is_permanent(), "{error:?}");
    assert_eq!(server.received(), []);
}

#[tokio::test]
async fn given_line_breaks_in_the_subject_then_no_header_and_no_recipient_is_added() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let smtp = Smtp::new(&settings(server.port)).unwrap();
    for subject in [
        "ok\r\nBcc: thief@evil.example",
        "ok\nBcc: thief@evil.example",
        "ok\rBcc: thief@evil.example",
        "办结\r\nBcc: thief@evil.example\r\n\r\n<b>body</b>",
        "ok\u{2028}Bcc: thief@evil.example",
        "ok\0\u{85}Bcc: thief@evil.example",
    ] {
        smtp.send(&Message { subject: subject.into(), ..to_li() }, now()).await.unwrap();
        let mail = server.received().pop().unwrap();
        assert_eq!(mail.to, ["RCPT TO:<li@example.com>"], "{subject:?}");
        let head = mail.data.split("\r\n\r\n").next().unwrap();
        let names: Vec<_> =
            head.lines().filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split(':').next().unwrap()).collect();
        assert_eq!(
            names,
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"],
            "{subject:?} gave\n{head}"
        );
    }
}

#[tokio::test]
async fn given_a_recipient_that_is_more_than_one_address_then_it_is_refused_before_any_connection() {
    let server = SmtpReceiver::start(SmtpBehaviour::default()).await;
    let smtp = Smtp::new(&settings(server.port)).unwrap();
    for address in [
        "li@example.com\r\nRCPT TO:<thief@evil.example>",
        "li@example.com\nBcc: thief@evil.example",
        "li@example.com,thief@evil.example",
        "li@example.com thief@evil.example",
        "<li@example.com>",
        "li@example.com>",
        "Li <li@example.com>",
        "\"li\r\n\"@example.com",
        "li",
        "@example.com",
        "li@",
        "",
    ] {
        let error = smtp.send(&message(Address::Email(address.into())), now()).await.unwrap_err();
        assert_eq!(error, DeliveryError::Permanent(Failure::Address), "{address:?}");
    }
    for other in [Address::Phone("13800138000".into()), Address::Account("li".into())] {
        assert_eq!(smtp.send(&message(other), now()).await, Err(DeliveryError::Permanent(Failure::Address)));
    }
    assert_eq!(server.received(), []);
}

#[test]
fn a_sender_that_is_no_address_and_a_root_that_is_no_certificate_are_refused_at_start() {
    for from in ["", "效能平台", "a@b.cn\r\nBcc: c@d.cn"] {
        let refused = Smtp::new(&SmtpSettings { from: from.into(), ..settings(25) }).map(|_| ());
        assert_eq!(refused, Err(SettingsError::Sender), "{from:?}");
    }
    let refused = Smtp::new(&SmtpSettings { tls: TlsMode::Tls, root: Some(b"junk".into()), ..settings(25) });
    assert_eq!(refused.map(|_| ()), Err(SettingsError::Certificate));
}

#[test]
fn debug_of_a_message_and_of_settings_shows_nothing_personal_and_no_password() {
    let settings = SmtpSettings { login: Some(("user".into(), SecretString::from("hunter2"))), ..settings(25) };
    let shown = format!("{:?} {:?}", to_li(), settings);
    for secret in ["li@example.com", "路灯", "hunter2"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
