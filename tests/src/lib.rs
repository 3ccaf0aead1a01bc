//! What the test binaries and the benches share: a client, the real server as a process, the citizen's way through the
//! form, the run that kills the server again and again, and the one
//! of several nodes on one log.

pub mod client;
#[cfg(feature = "eventstore")]
pub mod eventstore;
pub mod faults;
pub mod filing;
pub mod html;
pub mod inside;
pub mod nodes;
pub mod server;
pub mod voting;

/// What can go wrong, with the reason in words.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
