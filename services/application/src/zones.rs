//! An installation in two zones: citizens file and follow their cases at a node outside (Internet zone) that holds neither
//! log nor master key; files are ferried through the gate (网闸) in both directions.
//!
//! ```text
//! outside                                gate                 inside
//! outside.rs ──► held/ + inward/*.xnin  ───────►  inside.rs: open, check, append exactly once
//! outside.rs ◄── outward/*.xnou         ◄───────  inside.rs: what changed, figures, rules, what was taken
//! ```
//!
//! Both zones name the folders by the direction of their files, so that the gate carries each folder one way. Files may
//! come twice, late, out of order, damaged or never: `ops/docs/two-zones.md`.

pub mod inside;
pub mod letter;
pub mod outside;
pub mod parcel;
pub mod spool;

mod store;

pub use letter::{Letter, What};
pub use outside::Outside;
pub use parcel::Parcel;
pub use spool::Spool;

/// Ending of letters: what goes in.
pub const LETTER: &str = "xnin";
/// Ending of parcels: what goes out.
pub const PARCEL: &str = "xnou";
/// Largest letter in bytes; a form has at most some 3,500 characters.
pub const MOST_LETTER: u64 = 64 * 1024;
/// Largest parcel in bytes.
pub const MOST_PARCEL: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests;
