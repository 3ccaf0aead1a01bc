//! The one way in: load, fold, `may()`, decide, append, retry. Pages, API, command line and jobs all call this crate.
//!
//! It owns the real clock ([`clock::SystemClock`]) and the source of ids ([`ids::RandomIds`]); nobody else makes either.

pub mod access;
pub mod accounts;
pub mod actor;
pub mod assessment;
pub mod attachments;
pub mod audit;
pub mod backoff;
pub mod backups;
pub mod ballot_box;
pub mod campaigns;
pub mod cards;
pub mod cases;
pub mod clock;
pub mod draws;
pub mod error;
pub mod escalations;
#[cfg(test)]
mod fixtures;
pub mod founding;
pub mod heads;
pub mod ids;
pub mod imports;
pub mod inspections;
pub mod investigations;
pub mod matters;
pub mod notices;
pub mod opinions;
pub mod orders;
pub mod password;
pub mod persons;
pub mod receipts;
pub mod rectifications;
pub mod rules;
pub mod session;
pub mod store;
pub mod supervision;
pub mod units;
pub mod zones;

pub use access::NOTICES;
pub use actor::{Actor, Meta, Staff};
pub use error::Error;
pub use store::{Application, Done};
