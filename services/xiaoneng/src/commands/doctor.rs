//! `xiaoneng doctor`: what is wrong with an installation, in words, and what to do. It goes on after a fault, so that all
//! of them are told, and it works beside a running server.

mod house;
mod place;
mod service;

use std::fmt::Display;
use std::path::Path;

use application::clock::SystemClock;
use domain::time::Clock;
use web::operate::Level;

use super::Failure;
use crate::{cli, installation, output};

/// What was found, in words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    /// As it should be.
    good: Vec<String>,
    /// Not wrong, but somebody should know.
    notes: Vec<String>,
    /// Wrong, each with what to do.
    faults: Vec<String>,
}

impl Findings {
    fn good(&mut self, what: impl Display) {
        self.good.push(what.to_string());
    }

    fn note(&mut self, what: impl Display) {
        self.notes.push(what.to_string());
    }

    fn fault(&mut self, what: impl Display) {
        self.faults.push(what.to_string());
    }

    /// As `/readyz` judges it.
    fn at(&mut self, level: Level, what: impl Display) {
        match level {
            Level::Good => self.good(what),
            Level::Warn => self.note(what),
            Level::Bad => self.fault(what),
        }
    }
}

pub(super) async fn run(words: cli::Doctor) -> Result<(), Failure> {
    let mut found = Findings::default();
    found.good(format!("程序 {}", crate::version::line()));
    let now = SystemClock.now();
    let settings = service::settings(&mut found, &words.settings);
    service::credentials(&mut found, &words.place.data);
    let log_dir = installation::log_dir(&words.place);
    if stands(&mut found, log_dir) && place::check(&mut found, &words.place.data, log_dir, &settings.operate) {
        house::check(&mut found, &words.place, now).await;
        service::backups(&mut found, &words.place.data, &settings, now);
    }
    if words.json {
        output::line(&serde_json::json!({ "good": found.good, "notes": found.notes, "faults": found.faults }).to_string());
    } else {
        found.good.iter().for_each(|what| output::line(&format!("好  {what}")));
        found.notes.iter().for_each(|what| output::line(&format!("注意 {what}")));
    }
    if found.faults.is_empty() { Ok(()) } else { Err(Failure::Faults(found.faults)) }
}

/// Whether there is a log to look at; one on a cluster shows when it is opened.
fn stands(found: &mut Findings, log_dir: Option<&Path>) -> bool {
    let Some(dir) = log_dir else { return true };
    match installation::has_log(dir) {
        Ok(true) => return true,
        Ok(false) => found.fault(format!("{} 里没有 log.db：请先运行 xiaoneng init，或核对 --data", dir.display())),
        Err(error) => found.fault(format!("{error:#}")),
    }
    false
}
