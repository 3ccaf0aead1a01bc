//! The views over hand-made logs.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

mod days;
mod escalations;
mod figures;
mod following;
mod heads;
mod investigations;
mod lists;
mod rights;
mod world;
