//! What can go wrong when sealing and opening. No message carries a private value.

/// What is wrong with a stored event's private part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The bytes are not what was sealed for this stream, event, kind and subject.
    #[error("the sealed bytes do not belong to this event or were changed")]
    Authentication,
    /// The suite byte is none that this program knows.
    #[error("sealed with suite {0}, which this program does not know")]
    UnknownSuite(u8),
    /// Authentic, yet its content is not an array of JSON values.
    #[error("the sealed content cannot be read")]
    Content,
    /// The clear part is not JSON.
    #[error("the clear part is not JSON")]
    ClearPart,
    /// A marker of the clear part is none of the three known forms.
    #[error("a private marker has an unknown form")]
    Marker,
    /// A marker names a subject of which the event has no sealed part.
    #[error("the sealed part of a subject is missing")]
    MissingBlob,
    /// A marker names a value that the sealed part has not, or that another marker has taken already.
    #[error("a private marker points at no value")]
    MissingValue,
}

/// Why the vault refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// A wrapped key of `owner` cannot be unwrapped: changed bytes, another owner's key, or another master key.
    #[error(
        "the key {key} of {owner} ({subject}) cannot be unwrapped: damaged, or a different master key"
    )]
    KeyDamaged {
        /// The stream that owns the key.
        owner: String,
        /// The subject role.
        subject: String,
        /// The key's id in hexadecimal.
        key: String,
    },
    /// A keyring of another stream was given; opening with it would take every value for erased.
    #[error("the keyring of {owner} was given for the stream {stream}")]
    WrongKeyring {
        /// Whose keys they are.
        owner: String,
        /// Which stream's event was to be sealed or opened.
        stream: String,
    },
    /// An event to be sealed has a private marker that is not `{"§":subject,"v":value}`, for instance a closed one.
    #[error("an event {kind} to be sealed has a malformed or closed private value")]
    MalformedMarker {
        /// The event's kind.
        kind: String,
    },
    /// The private values of one subject in one event are larger than [`MAX_SUBJECT_BYTES`](crate::MAX_SUBJECT_BYTES).
    #[error(
        "the private values of an event {kind} are {bytes} bytes, more than one event may carry"
    )]
    TooLarge {
        /// The event's kind.
        kind: String,
        /// Their size in bytes.
        bytes: usize,
    },
    /// A stored event is damaged; the position says where.
    #[error("event {revision} of {stream} (position {seq}) is damaged: {damage}")]
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
