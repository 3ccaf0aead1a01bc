//! The one binary. Every command is a short file under `commands/`; what they share is in `installation`.
//!
//! Exit status: 0 done, 1 the work failed or found faults (each on its own line on stderr), 2 the words of the call are off.

mod city;
mod cli;
mod commands;
mod installation;
mod lines;
mod node;
mod output;
mod reserve;
mod running;
mod service;
mod settings;
mod version;

use std::process::ExitCode;

use clap::Parser;

/// A filing asks for memory often and on several threads: this takes less of the processor for it than the allocator of the
/// C library (decision 0010). SQLite and zstd use it too.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Usage errors end here with status 2, as clap does.
    let call = cli::Call::parse();
    output::start_log(&call);
    let status = match commands::run(call) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            for line in failure.lines() {
                output::error(&line);
            }
            ExitCode::from(failure.status())
        }
    };
    lines::LINES.flush();
    status
}
