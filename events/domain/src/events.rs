//! The macro that makes an event enum: one place for the stored name and version of every event.

/// Declares the events of one kind of stream: `Variant => "stored_name" version`.
/// The enum gets `kind()`, `version()`, `to_json()`, `from_json()` and a `KINDS` table.
macro_rules! events {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident($payload:ty) => $kind:literal $version:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name { $($(#[doc = $vdoc])* $variant($payload),)* }

        impl $name {
            /// Stored names and current versions of all events of this enum.
            pub const KINDS: &'static [(&'static str, u16)] = &[$(($kind, $version)),*];

            /// What each event means, in the order of [`Self::KINDS`]; for the catalogue.
            pub const MEANINGS: &'static [&'static str] = &[$(concat!($($vdoc),*)),*];

            /// The stored name.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind,)* }
            }

            /// The version that is written now.
            pub fn version(&self) -> u16 {
                match self { $(Self::$variant(_) => $version,)* }
            }

            /// The full payload, private values marked for the vault.
            ///
            /// # Errors
            /// When a payload cannot be shown as JSON, which no declared payload can.
            pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
                match self { $(Self::$variant(payload) => serde_json::to_value(payload),)* }
            }

            /// Reads a stored payload of the current version from JSON bytes.
            ///
            /// # Errors
            /// [`EventError`](crate::events::EventError): unknown kind or version, or a payload of another shape.
            pub fn from_slice(kind: &str, version: u16, data: &[u8]) -> Result<Self, $crate::events::EventError> {
                match kind {
                    $($kind => {
                        if version != $version { return Err($crate::events::EventError::unknown(kind, version)); }
                        serde_json::from_slice(data).map(Self::$variant).map_err(|e| $crate::events::EventError::shape(kind, version, &e))
                    })*
                    _ => Err($crate::events::EventError::unknown(kind, version)),
                }
            }

            /// Reads a stored payload whose private values the vault has opened.
            ///
            /// # Errors
            /// As [`Self::from_slice`].
            pub fn from_json(kind: &str, version: u16, data: serde_json::Value) -> Result<Self, $crate::events::EventError> {
                match kind {
                    $($kind => {
                        if version != $version { return Err($crate::events::EventError::unknown(kind, version)); }
                        serde_json::from_value(data).map(Self::$variant).map_err(|e| $crate::events::EventError::shape(kind, version, &e))
                    })*
                    _ => Err($crate::events::EventError::unknown(kind, version)),
                }
            }
        }

        impl $crate::events::Stored for $name {
            fn from_slice(kind: &str, version: u16, data: &[u8]) -> Result<Self, $crate::events::EventError> {
                Self::from_slice(kind, version, data)
            }
            fn from_json(kind: &str, version: u16, data: serde_json::Value) -> Result<Self, $crate::events::EventError> {
                Self::from_json(kind, version, data)
            }
        }

        $(impl From<$payload> for $name { fn from(payload: $payload) -> Self { Self::$variant(payload) } })*
    };
}
pub(crate) use events;

/// The events of one kind of stream, for code that serves several kinds.
pub trait Stored: Sized {
    /// Reads a stored event with its private values closed.
    ///
    /// # Errors
    /// [`EventError`].
    fn from_slice(kind: &str, version: u16, data: &[u8]) -> Result<Self, EventError>;

    /// Reads a stored event that the vault has opened.
    ///
    /// # Errors
    /// [`EventError`].
    fn from_json(kind: &str, version: u16, data: serde_json::Value) -> Result<Self, EventError>;
}

/// A stored event that this program cannot read; a program never goes on past one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// A type or version that this program does not know (data of a newer program).
    #[error("本程序不认识事件 {kind} 的第 {version} 版：它由更新版本的程序写入，请换回新版本的程序")]
    Unknown {
        /// Stored name.
        kind: String,
        /// Stored version.
        version: u16,
    },
    /// A known type with another shape.
    #[error("事件 {kind} 第 {version} 版的内容不合格式（{reason}）")]
    Shape {
        /// Stored name.
        kind: String,
        /// Stored version.
        version: u16,
        /// What did not fit; holds no values.
        reason: String,
    },
}

impl EventError {
    /// An unknown type or version.
    pub fn unknown(kind: &str, version: u16) -> Self {
        Self::Unknown { kind: kind.to_owned(), version }
    }

    /// A payload that does not fit; only the place is kept, never the value.
    pub fn shape(kind: &str, version: u16, error: &serde_json::Error) -> Self {
        let reason = format!("{:?} at column {}", error.classify(), error.column());
        Self::Shape { kind: kind.to_owned(), version, reason }
    }
}
