//! `faults [ROUNDS] --date D [--report FILE] [--only NAME]`: every fault, long, and the report on it.

use std::fmt::Write as _;
use std::time::Instant;

use serde_json::json;
use tests::Outcome;
use tests::faults::{Fault, Found, Ground, Pace};

use crate::words::{Words, machine, say};

/// Kills under load unless another number is said.
const KILLS: usize = 200;

pub async fn run(words: &Words) -> Outcome<()> {
    let kills = words.plain.first().map_or(Ok(KILLS), |text| text.parse())?;
    let seed = words.number("seed", 1)?;
    let chosen: Vec<Fault> = match words.get("only") {
        Some(name) => vec![Fault::ALL.into_iter().find(|fault| fault.name() == name).ok_or_else(|| format!("no fault {name}"))?],
        None => Fault::ALL.to_vec(),
    };
    let mut lines = Vec::new();
    for fault in chosen {
        let dir = words.scratch().join(fault.name());
        std::fs::create_dir_all(&dir)?;
        let started = Instant::now();
        let ground = Ground { dir: &dir, pace: Pace::Long, kills, seed, tell: &|line| say(line) };
        let found = fault.make(&ground).await.map_err(|error| format!("{}: {error}", fault.name()))?;
        // The files of a fault that held are of no use any more.
        std::fs::remove_dir_all(&dir)?;
        lines.push(Line { fault, found, seconds: started.elapsed().as_secs_f64() });
        if let Some(line) = lines.last() {
            words.report("fault", line.facts(), &line.human());
        }
    }
    if let Some(path) = words.get("report") {
        std::fs::write(path, report(words.get("date").unwrap_or("?"), kills, seed, &lines)?)?;
        say(&format!("written: {path}"));
    }
    Ok(())
}

/// What one fault gave. That it gave anything means that nothing was lost and nothing doubled.
struct Line {
    fault: Fault,
    found: Found,
    seconds: f64,
}

impl Line {
    fn answered(&self) -> String {
        let one = |(status, n): (&u16, &usize)| match status {
            0 => format!("no answer {n}"),
            303 => format!("filed {n}"),
            status => format!("{status} {n}"),
        };
        self.found.answered.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn facts(&self) -> serde_json::Value {
        let found = &self.found;
        json!({
            "fault": self.fault.name(), "rounds": found.rounds(), "hit": found.hit(), "acknowledged": found.acknowledged, "lost": 0, "doubled": 0,
            "under_way_and_kept": found.under_way, "sent_again": found.again, "limit_events": found.limits, "notices_sent": found.notices,
            "longest_recovery_ms": u64::try_from(found.recovery.as_millis()).unwrap_or(u64::MAX), "answered": self.answered(),
            "seconds": self.seconds.round(),
        })
    }

    fn human(&self) -> String {
        let found = &self.found;
        format!(
            "{}: {} faults, {} of which were seen to happen; {} acknowledged, none lost, none doubled; longest recovery {} ms",
            self.fault.name(),
            found.rounds(),
            found.hit(),
            found.acknowledged,
            found.recovery.as_millis()
        )
    }
}

fn report(date: &str, kills: usize, seed: u64, lines: &[Line]) -> Outcome<String> {
    let commit = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let commit = commit.ok().and_then(|done| String::from_utf8(done.stdout).ok()).unwrap_or_default();
    let total = |of: fn(&Found) -> usize| lines.iter().map(|line| of(&line.found)).sum::<usize>();
    let longest = lines.iter().map(|line| line.found.recovery.as_millis()).max().unwrap_or_default();
    let mut out = String::new();
    writeln!(out, "# Reliability: what the faults left behind\n")?;
    writeln!(
        out,
        "Made by one command and never edited by hand:\n`target/release/bench faults {kills} --seed {seed} --date {date} --report ops/docs/reliability.md`\n"
    )?;
    writeln!(out, "- Date {date}, commit {}, {}.", commit.trim(), machine()?)?;
    writeln!(
        out,
        "- {} faults tried, {} of them seen to happen; {} filings acknowledged to clients: **0 lost, 0 doubled**, 0 batches in part.\n  \
         Longest recovery {longest} ms.",
        total(Found::rounds),
        total(Found::hit),
        total(|found| found.acknowledged)
    )?;
    writeln!(
        out,
        "- After each fault: every acknowledged filing stands once and whole and opens to what was typed; besides it at most what was under way;\n  \
         the log verifies; views that went on equal views made anew; no limit and no notice twice, none lost; the next start went without hand\n  \
         work, or named what is wrong; the same form sent again gave the same receipt. The run ends at the first promise that is not kept, so a\n  \
         report exists only when all were.\n"
    )?;
    writeln!(
        out,
        "| fault | tried | happened | acknowledged | lost | doubled | unanswered, but stood | sent again | longest recovery, ms | filings were answered meanwhile |"
    )?;
    writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|--:|---|")?;
    for line in lines {
        let found = &line.found;
        writeln!(
            out,
            "| {} | {} | {} | {} | 0 | 0 | {} | {} | {} | {} |",
            line.fault.what(),
            found.rounds(),
            found.hit(),
            found.acknowledged,
            found.under_way,
            found.again,
            found.recovery.as_millis(),
            line.answered()
        )?;
    }
    writeln!(out, "\nBesides:\n")?;
    for line in lines {
        for (kind, tally) in &line.found.tally {
            writeln!(out, "- {}: {kind}: happened in {} of {} rounds.", line.fault.name(), tally.hit, tally.rounds)?;
        }
        for note in &line.found.notes {
            writeln!(out, "- {}: {note}.", line.fault.name())?;
        }
    }
    writeln!(
        out,
        "\nRecovery is the time from starting the process to its first page, or, where the process went on, from the end of the fault to views that\n\
         stand at the head of the log. Not in this run: power loss with unsynced data dropped (F4; `synchronous = FULL` is asserted at every start),\n\
         faults of a cluster (`ops/eventstore`), of backups and of several nodes."
    )?;
    Ok(out)
}
