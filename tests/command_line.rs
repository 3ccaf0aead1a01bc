//! The real binary, called as people and scripts call it: what it prints, what it leaves behind, how it ends.

// `cfg(test)` says to clippy that helpers outside of a test function may unwrap.
#[cfg(test)]
#[path = "command_line/call.rs"]
mod call;
#[cfg(test)]
#[path = "command_line/deadline.rs"]
mod deadline;
#[cfg(test)]
#[path = "command_line/export.rs"]
mod export;
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
#[path = "command_line/rulebook.rs"]
mod rulebook;
#[cfg(test)]
#[path = "command_line/zones.rs"]
mod zones;
