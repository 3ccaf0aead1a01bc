//! Real data (shared/data, outside of the repository): what was promised about them holds. Absent data are told and pass.

#[cfg(test)]
#[path = "real_data/calendar.rs"]
mod calendar;
// `cfg(test)` says to clippy that helpers outside of a test function may unwrap.
#[cfg(test)]
#[path = "real_data/exchange.rs"]
mod exchange;
#[cfg(test)]
#[path = "real_data/import.rs"]
mod import;
