//! Outgoing delivery: one message to one person over one carrier.
//!
//! A carrier is told *what* to send and says whether it went; *when* to send is decided by the pure rules in [`quiet`]
//! and [`backoff`], and *that* it is sent once is decided by the notice's stream. A crash between sending and recording
//! makes the caller send again: the repeat carries the same id (`Message-ID`, `Idempotency-Key`, file name), so that the
//! receiver can drop it.

pub mod backoff;
mod files;
mod guard;
mod hook;
mod mail;
mod message;
pub mod quiet;
mod smtp;
mod trust;

#[cfg(test)]
pub(crate) mod test_support;

pub use files::Files;
pub use guard::{Allowed, AllowedError};
pub use hook::{Hook, HookSettings, Resolve, SystemResolver};
pub use message::{Address, Carrier, DeliveryError, Failure, Message, Receipt, SettingsError};
pub use smtp::{Smtp, SmtpSettings, TlsMode};
