//! What the test binaries and the benches share: a client, the real server as a process, the citizen's way through the
//! form, and the run that kills the server again and again.

pub mod client;
#[cfg(feature = "eventstore")]
pub mod eventstore;
pub mod faults;
pub mod filing;
pub mod html;
pub mod server;

/// What can go wrong, with the reason in words.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
