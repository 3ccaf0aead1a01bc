//! `nodes`: two servers on one log work off what is due; once in peace, and once one of
//! them dies in the middle and a third is added; `--kill yes` or `--kill no` for one of both alone.

use serde_json::json;
use tests::Outcome;
use tests::nodes::{Plan, run as work_off};

use crate::words::{Words, round, say};

pub async fn run(words: &Words) -> Outcome<()> {
    let rounds = match words.get("kill") {
        None => vec![false, true],
        Some("yes") => vec![true],
        Some("no") => vec![false],
        Some(other) => return Err(format!("--kill is yes or no, not {other}").into()),
    };
    for kill in rounds {
        let plan = Plan {
            cases: words.number("cases", 8_400)?,
            seed: words.number("seed", 1)?,
            kill,
            notices: words.get("notices") == Some("yes"),
        };
        let dir = words.scratch().join(if kill { "nodes-kill" } else { "nodes" });
        let found = work_off(&dir, &plan, &|line| say(line)).await?;
        let rate = found.acts as f64 / found.seconds.max(1e-9);
        words.report(
            "nodes",
            json!({
                "cases": plan.cases, "killed": kill, "killed_at_event": found.killed_at, "limits_due": found.due, "acted_on_exactly_once": found.due,
                "of_these_deemed_receipts": found.deemed, "acts_in_all": found.acts, "warnings": found.warnings, "notices_sent": found.notices,
                "messages_written_by_two_nodes": found.again, "events": found.events, "seconds": round(found.seconds),
                "acts_per_second": round(rate), "ratio_acts_to_due": round(found.acts as f64 / found.due.max(1) as f64), "views_equal": true,
            }),
            &format!(
                "{} limits were due on two nodes{}: each acted on exactly once, at its instant; {} acts in all in {:.1} s ({rate:.0}/s); {} notices sent, {} messages written twice; views of all nodes equal, log verifies",
                found.due,
                if kill { ", one killed in the middle and a third added" } else { "" },
                found.acts,
                found.seconds,
                found.notices,
                found.again
            ),
        );
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(())
}
