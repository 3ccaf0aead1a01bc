//! What can go wrong when sealing and opening. No message carries a private value.

/// What is wrong with a stored event's private part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The bytes are not what was sealed for this stream, event, kind and subject.
    #[error("密文与该事件不符或已被改动")]
    Authentication,
    /// The suite byte is none that this program knows.
    #[error("加密套件 {0} 不受本程序支持，请使用新版程序")]
    UnknownSuite(u8),
    /// Authentic, yet its content is not an array of JSON values.
    #[error("解密后的内容无法识别")]
    Content,
    /// The clear part is not JSON.
    #[error("明文部分不是有效的 JSON")]
    ClearPart,
    /// A marker of the clear part is none of the three known forms.
    #[error("保密标记的格式无法识别")]
    Marker,
    /// A marker names a subject of which the event has no sealed part.
    #[error("缺少保密标记所指的密文")]
    MissingBlob,
    /// A marker names a value that the sealed part has not, or that another marker has taken already.
    #[error("保密标记所指的内容不存在")]
    MissingValue,
}

/// Why the vault refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// A wrapped key of `owner` cannot be unwrapped: changed bytes, another owner's key, or another master key.
    #[error("{owner} 的密钥 {key}（{subject}）无法解开：密钥已损坏，或主密钥不是原来的那一把，请核对主密钥文件")]
    KeyDamaged {
        /// The stream that owns the key.
        owner: String,
        /// The subject role.
        subject: String,
        /// The key's id in hexadecimal.
        key: String,
    },
    /// A keyring of another stream was given; opening with it would take every value for erased.
    #[error("程序错误：把 {owner} 的密钥用于 {stream}")]
    WrongKeyring {
        /// Whose keys they are.
        owner: String,
        /// Which stream's event was to be sealed or opened.
        stream: String,
    },
    /// An event to be sealed has a private marker that is not `{"§":subject,"v":value}`, for instance a closed one.
    #[error("程序错误：待加密的事件 {kind} 含有格式不符或未解密的保密内容")]
    MalformedMarker {
        /// The event's kind.
        kind: String,
    },
    /// The private values of one subject in one event are larger than [`MAX_SUBJECT_BYTES`](crate::MAX_SUBJECT_BYTES).
    #[error("事件 {kind} 的保密内容为 {bytes} 字节，超过单个事件的上限，请缩短文字")]
    TooLarge {
        /// The event's kind.
        kind: String,
        /// Their size in bytes.
        bytes: usize,
    },
    /// A stored event is damaged; the position says where.
    #[error("{stream} 的第 {revision} 号事件（总序号 {seq}）已损坏：{damage}")]
    Damaged {
        /// The stream.
        stream: String,
        /// The event's revision in the stream, from 0.
        revision: u64,
        /// The event's index in the log's order, from 1.
        seq: u64,
        /// The subject whose part is damaged; none for the clear part.
        subject: Option<String>,
        /// What is wrong.
        damage: Damage,
    },
}
