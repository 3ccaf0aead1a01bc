//! The citizens' side and the public pages. Nobody signs in here: a filing is bound to the browser, a case to its
//! number and query code.

pub mod complaint;
pub mod file;
pub mod home;
pub(crate) mod outside;
pub mod pages;
pub mod public;
pub mod receipt;
pub mod stuck;
pub mod track;

mod intake;
mod lookup;
mod progress;

/// Version of the privacy notice at `/privacy`; filings name it (domain.md K2).
pub const NOTICE: &str = "2026-01";
