//! A message as a mail: text and HTML side by side, the same bytes for every repeat.

use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::message::one_line;
use super::{DeliveryError, Failure, Message, SettingsError};

/// Reads the configured sender, such as `效能平台 <noreply@example.gov.cn>`.
pub(crate) fn sender(text: &str) -> Result<Mailbox, SettingsError> {
    if text.chars().any(char::is_control) {
        return Err(SettingsError::Sender);
    }
    text.parse().map_err(|_| SettingsError::Sender)
}

/// Reads one recipient. A control character or blank would end the address for some server on the way.
pub(crate) fn recipient(text: &str) -> Result<lettre::Address, DeliveryError> {
    let text = text.trim_matches(' ');
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(DeliveryError::Permanent(Failure::Address));
    }
    text.parse().map_err(|_| DeliveryError::Permanent(Failure::Address))
}

/// The `Message-ID` of a message: the same for every repeat.
pub(crate) fn message_id(from: &Mailbox, message: &Message) -> String {
    format!("<{}@{}>", message.id, from.email.domain())
}

/// The whole mail.
pub(crate) fn build(from: &Mailbox, to: lettre::Address, message: &Message) -> Result<lettre::Message, DeliveryError> {
    let seconds = u64::try_from(message.written_at.timestamp()).unwrap_or(0);
    lettre::Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(one_line(&message.subject))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(message_id(from, message)))
        // Keeps absence notices and mailing lists from answering (RFC 3834).
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .multipart(
            MultiPart::alternative()
                .boundary(format!("=_{}", message.id.simple()))
                .singlepart(SinglePart::plain(message.text.clone()))
                .singlepart(SinglePart::html(message.html.clone())),
        )
        .map_err(|_| DeliveryError::Permanent(Failure::Address))
}
