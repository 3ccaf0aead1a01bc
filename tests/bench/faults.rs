//! `faults ROUNDS`: the long run of kill -9.

use serde_json::json;
use tests::Outcome;
use tests::faults::{Plan, run as kill};

use crate::words::{Words, round, say};

pub async fn run(words: &Words) -> Outcome<()> {
    let rounds: usize = words.plain.first().ok_or("how many rounds?")?.parse()?;
    let plan = Plan {
        rounds,
        seed: words.number("seed", 1)?,
        clients: 16,
        each: usize::try_from(words.number("each", 20)?)?,
        cases: words.number("cases", 300)?,
    };
    let started = std::time::Instant::now();
    let found = kill(&words.scratch().join("faults"), &plan, &|line| say(line)).await?;
    let seconds = started.elapsed().as_secs_f64();
    words.report(
        "faults",
        json!({
            "rounds": found.rounds, "seed": plan.seed, "kills_at_start": found.starts, "acknowledged": found.acknowledged, "lost": 0, "doubled": 0,
            "under_way_and_kept": found.under_way, "sent_again": found.again, "limit_events": found.limits, "notices_sent": found.notices,
            "events": found.events, "seconds": round(seconds),
        }),
        &format!(
            "{} kills under load and {} at the start: {} acknowledged filings, none lost, none doubled; {} sent again gave the same receipt; log verifies, views equal a rebuild",
            found.rounds, found.starts, found.acknowledged, found.again
        ),
    );
    Ok(())
}
