//! What is sent, and what can become of it.

use std::fmt;
use std::io;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Where a message goes. `Debug` shows the kind only, since addresses are personal.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A mail address.
    Email(String),
    /// A phone number for text messages.
    Phone(String),
    /// An account of a messenger or of the office's own portal, as the receiving hook knows it.
    Account(String),
}

impl Address {
    /// `email`, `phone` or `account`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
            Self::Account(_) => "account",
        }
    }

    /// The address itself.
    #[must_use]
    pub fn value(&self) -> &str {
        let (Self::Email(value) | Self::Phone(value) | Self::Account(value)) = self;
        value
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.kind())
    }
}

/// One message to one address. `Debug` shows neither address nor words.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The notice's id: the same for every repeat.
    pub id: Uuid,
    /// To whom.
    pub to: Address,
    /// One line; control characters are replaced by spaces.
    pub subject: String,
    /// The words as plain text.
    pub text: String,
    /// The same words as HTML.
    pub html: String,
    /// True when quiet hours do not hold for it.
    pub urgent: bool,
    /// When the notice became owed: the date that the reader sees.
    pub written_at: DateTime<Utc>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("to", &self.to).field("urgent", &self.urgent).finish_non_exhaustive()
    }
}

/// That a message was taken over, with the other side's reference (no personal data).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// File name, `Message-ID` or HTTP status.
    pub reference: String,
}

/// Why a message was not taken over, and whether trying again may help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Try again later.
    #[error("暂时未能送达：{0}")]
    Temporary(Failure),
    /// Trying again changes nothing until a person has changed the address or the configuration.
    #[error("无法送达：{0}")]
    Permanent(Failure),
}

impl DeliveryError {
    /// True when trying again is pointless.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Permanent(_))
    }
}

/// What went wrong. The other side's words are left out: they often repeat the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The address is malformed, or this carrier does not reach addresses of this kind.
    #[error("地址格式不正确，或该渠道不支持此类地址，请核对收件人地址")]
    Address,
    /// The message is larger than the carrier takes.
    #[error("内容超过该渠道的长度上限")]
    TooLarge,
    /// The configured target is an inside address that is not on the allow-list.
    #[error("目标地址属于内部网络且不在允许名单内，请管理员核对推送地址或加入允许名单")]
    Forbidden,
    /// The target's name has no address.
    #[error("无法解析服务器地址，请检查网络和域名配置")]
    Unresolved,
    /// No connection, or it broke off.
    #[error("无法连接服务器，或连接中断")]
    Unreachable,
    /// The other side took too long.
    #[error("服务器响应超时")]
    Timeout,
    /// No trusted encrypted connection came about.
    #[error("加密连接未能建立，请检查服务器证书")]
    Tls,
    /// The other side answered no.
    #[error("服务器拒收（代码 {code}）")]
    Refused {
        /// SMTP reply code or HTTP status.
        code: u16,
    },
    /// The other side speaks something else.
    #[error("服务器应答不符合协议")]
    Protocol,
    /// The file could not be written.
    #[error("文件无法写入：{0}")]
    Storage(io::ErrorKind),
}

/// Why a carrier cannot be made from its settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The sender is no mail address.
    #[error("发件人地址格式不正确，应形如“效能平台 <noreply@example.gov.cn>”")]
    Sender,
    /// Only `https` everywhere, `http` to hosts on the allow-list.
    #[error("推送地址应为 https；仅允许名单内的主机可用 http")]
    Scheme,
    /// The address has no host, or carries a user name or password.
    #[error("推送地址须有主机名，且不得包含用户名或密码")]
    Url,
    /// A signature with a key of less than 16 bytes can be guessed.
    #[error("推送签名密钥至少 16 字节")]
    WeakSecret,
    /// A configured certificate is not PEM, or no trusted root is known at all.
    #[error("证书无法读取，应为 PEM 格式")]
    Certificate,
}

/// A way for messages to leave the house.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Sends `message`; `now` is the time of this attempt. Sending the same message again is harmless: it carries the
    /// same id.
    ///
    /// # Errors
    /// [`DeliveryError`] says whether another attempt may help. After `Temporary` the message may have arrived all the
    /// same (an answer lost on the way).
    async fn send(&self, message: &Message, now: DateTime<Utc>) -> Result<Receipt, DeliveryError>;
}

/// `text` on one line: no control character can begin another header.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}
