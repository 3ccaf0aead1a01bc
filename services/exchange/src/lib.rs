//! Import and feeds (CSV, XLSX), export (CSV, XLSX).
//!
//! A file becomes cases in three steps, each its own module and each testable alone:
//! [`table`] opens a file that nobody vouches for and gives a header and rows of text; [`mapping`] says in TOML which
//! column means what, so that another city's export needs no code; [`row`] turns a row into an [`row::ImportRow`] or
//! into [`row::Refusal`]s that name row, column and reason. [`takeover`] puts a row into the domain's words.
//! How the rows went is counted in `domain::import::Counts`.

pub mod accounts;
pub mod export;
pub mod import;
pub mod mapping;
pub mod normalise;
pub mod report;
pub mod row;
pub mod table;
pub mod takeover;
pub mod units;
