//! The real binary, called as people and scripts call it: what it prints, what it leaves behind, how it ends.

// `cfg(test)` says to clippy that helpers outside of a test function may unwrap.
#[cfg(test)]
#[path = "command_line/accounts.rs"]
mod accounts;
#[cfg(test)]
#[path = "command_line/backup.rs"]
mod backup;
#[cfg(test)]
#[path = "command_line/call.rs"]
mod call;
#[cfg(test)]
#[path = "command_line/config.rs"]
mod config;
#[cfg(test)]
#[path = "command_line/deadline.rs"]
mod deadline;
#[cfg(test)]
#[path = "command_line/doctor.rs"]
mod doctor;
#[cfg(test)]
#[path = "command_line/export.rs"]
mod export;
#[cfg(test)]
#[path = "command_line/heads.rs"]
mod heads;
#[cfg(test)]
#[path = "command_line/health.rs"]
mod health;
#[cfg(test)]
#[path = "command_line/help.rs"]
mod help;
#[cfg(test)]
#[path = "command_line/import.rs"]
mod import;
#[cfg(test)]
#[path = "command_line/installation.rs"]
mod installation;
#[cfg(test)]
#[path = "command_line/operate.rs"]
mod operate;
#[cfg(test)]
#[path = "command_line/rulebook.rs"]
mod rulebook;
#[cfg(test)]
#[path = "command_line/service.rs"]
mod service;
#[cfg(test)]
#[path = "command_line/zones.rs"]
mod zones;
