//! The benches: one command per row of `performance.md` and of "what it must show". Each prints one JSON line and one
//! line for people, with a ratio against something measured in the same run. Run them on the release build:
//!
//! ```text
//! cargo build --release --bin xiaoneng --bin bench
//! target/release/bench append   --date 2026-11-21
//! target/release/bench cluster  --date 2026-11-22        (built with --features eventstore)
//! target/release/bench file     --date 2026-11-21 [--data DIR] [--cases 1000] [--rounds 3] [--each 4000]
//! target/release/bench ballots  --date 2026-11-21 [--invitations 200000] [--share 60] [--cases 1000]
//! target/release/bench pages    --date 2026-11-21 [--small DIR] [--large DIR] [--seconds 5]
//! target/release/bench memory   --date 2026-11-21 [--large DIR]
//! target/release/bench start    --date 2026-11-21 [--large DIR]
//! target/release/bench rebuild  --date 2026-11-21 [--large DIR]
//! target/release/bench replay   --date 2026-11-21 [--large DIR]
//! target/release/bench size     --date 2026-11-21 [--large DIR]
//! target/release/bench deadline --date 2026-11-21 [--rows 1000000]
//! target/release/bench import   --date 2026-11-21 --data-sets /work/shared/data
//! target/release/bench faults 200 --date 2026-11-22 --report ops/docs/reliability.md [--only kill]
//! target/release/bench supervision --date 2026-11-22 [--few 10000] [--large DIR] [--seconds 3] [--late 40]
//! target/release/bench tick        --date 2026-11-22 [--few 10000] [--large DIR] [--future yes]
//! target/release/bench nodes       --date 2026-11-22 [--cases 8400] [--kill yes] [--notices yes]
//! target/release/bench rate        --date 2026-11-22 [--per-second 500] [--seconds 600] [--data DIR] [--follow no] [--notices no]
//! target/release/bench month       --date 2026-11-22 [--large DIR] [--many 1500000] [--pages 200] [--seconds 60] [--slopes yes] [--rebuild no] [--search no]
//! target/release/bench assessment  --date 2026-11-22 [--bodies 1000] [--tickets 20] [--large DIR]
//! ```
//!
//! `--large` of the last three names a city of `--many` cases (1,000,000) that stands already: `supervision` gives it a year of
//! cards and chains once, `assessment` opens and closes its year, `tick --future` takes it a day into its future.
//!
//! Cities that are not there are generated. `--scratch` names the folder for everything (default: a temporary one).

mod append;
mod assessment;
mod ballots;
mod batch;
mod chains;
#[cfg(feature = "eventstore")]
mod cluster;
mod faults;
mod file;
mod lives;
mod load;
mod month;
mod nodes;
mod paced;
mod pages;
mod rate;
mod supervision;
mod tables;
mod tick;
mod views;
mod watch;
mod words;

use std::process::ExitCode;

use tests::Outcome;
use words::Words;

/// As the program has it, so that what is measured beside it stands on the same ground.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            words::say(&format!("failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let words = Words::read(std::env::args().skip(1))?;
    // One thread for the clients, so that the server under load keeps the other core.
    let clients = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let many = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match words.command.as_str() {
        "append" => many()?.block_on(append::run(&words)),
        #[cfg(feature = "eventstore")]
        "cluster" => many()?.block_on(cluster::run(&words)),
        "ballots" => clients()?.block_on(ballots::run(&words)),
        "file" => clients()?.block_on(file::run(&words)),
        "pages" => clients()?.block_on(pages::run(&words)),
        "memory" => clients()?.block_on(pages::memory(&words)),
        "start" => clients()?.block_on(pages::start(&words)),
        "rebuild" => many()?.block_on(views::rebuild(&words)),
        "replay" => many()?.block_on(views::replay(&words)),
        "size" => many()?.block_on(views::size(&words)),
        "deadline" => tables::deadline(&words),
        "import" => tables::import(&words),
        "supervision" => clients()?.block_on(supervision::run(&words)),
        "tick" => many()?.block_on(tick::run(&words)),
        "assessment" => many()?.block_on(assessment::run(&words)),
        "nodes" => many()?.block_on(nodes::run(&words)),
        "rate" => clients()?.block_on(rate::run(&words)),
        "month" => clients()?.block_on(month::run(&words)),
        "faults" => many()?.block_on(faults::run(&words)),
        other => Err(format!("unknown command {other}").into()),
    }
}
