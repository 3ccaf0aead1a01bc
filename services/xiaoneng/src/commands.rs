//! The commands, one file each.

mod accounts;
mod backup;
mod deadline;
mod demo;
mod doctor;
mod erase;
mod export;
mod ferry;
mod generate;
mod heads;
mod health;
mod import;
mod init;
mod log;
mod outside;
mod rebuild;
mod rehearse;
mod restore;
mod rulebook;
mod serve;
mod settings;
mod verify;
mod zones;

use crate::cli::{self, Call, Command};

/// Why a command did not succeed.
pub(crate) enum Failure {
    /// The work failed (status 1).
    Work(anyhow::Error),
    /// The work was done and found faults, one line each (status 1).
    Faults(Vec<String>),
    /// The words of the call are off (status 2).
    Usage(String),
    /// The settings are off, one line each (status 2).
    Settings(Vec<String>),
}

impl Failure {
    /// What to print.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Work(error) => vec![told(error)],
            Self::Faults(faults) | Self::Settings(faults) => faults.clone(),
            Self::Usage(words) => vec![words.clone()],
        }
    }

    /// Exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Work(_) | Self::Faults(_) => 1,
            Self::Usage(_) | Self::Settings(_) => 2,
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Work(error.into())
    }
}

/// An error with its causes, on one line.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join("：")
}

/// Carries out a call.
pub(crate) fn run(call: Call) -> Result<(), Failure> {
    match call.command {
        Command::Deadline(words) => deadline::run(&words),
        Command::Rulebook(words) => rulebook::run(words),
        Command::CheckConfig(words) => settings::check(&words),
        Command::PrintConfig(words) => settings::print(&words),
        Command::Health(words) => health::run(&words),
        Command::Demo(words) => served(demo::run(words)),
        Command::Serve(words) => served(serve::run(words)),
        Command::Outside(words) => served(outside::run(words)),
        Command::Ferry(words) => worked(ferry::run(words)),
        Command::Zones(words) => worked(zones::run(words)),
        Command::Init(words) => worked(init::run(words)),
        Command::Accounts(words) => worked(accounts::run(words)),
        Command::Import(words) => worked(import::run(words)),
        Command::Export(words) => worked(export::run(words)),
        Command::Rebuild(words) => worked(rebuild::run(words)),
        Command::Verify(words) => worked(verify::run(words)),
        Command::Heads(words) => worked(heads::run(words)),
        Command::Erase(words) => worked(erase::run(words)),
        Command::Backup(words) => worked(backup::run(words)),
        Command::Restore(words) => worked(restore::run(words)),
        Command::Rehearse(words) => worked(rehearse::run(words)),
        Command::Doctor(words) => worked(doctor::run(words)),
        Command::Generate(words) => worked(generate::run(words)),
        Command::Log(cli::Log::Copy(words)) => worked(log::copy(words)),
    }
}

/// Servers run on actix's system.
fn served(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    actix_web::rt::System::new().block_on(work)
}

/// Everything else on a plain runtime.
pub(crate) fn worked(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(work)
}
