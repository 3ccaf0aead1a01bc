//! `tick`: what one look of the clock at what is due costs. With nothing due it must not grow with the city; with something
//! due it costs what is due.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use application::Application;
use application::clock::{ManualClock, SystemClock};
use automation::{Automation, Settings};
use domain::time::Clock as _;
use serde_json::json;
use tests::Outcome;
use tests::inside::open;

use crate::words::{Words, round, say};

/// Ticks with nothing due.
const TICKS: usize = 2_000;

pub async fn run(words: &Words) -> Outcome<()> {
    let (few, many) = (words.number("few", 10_000)?, words.number("many", 1_000_000)?);
    let mut idle = Vec::new();
    for (cases, name) in [(few, "small"), (many, "large")] {
        if name == "large" && words.get("large").is_none() {
            continue;
        }
        let dir = words.city(name, cases)?;
        // Only a city of the bench's own is taken into its future: there the limits of its open cases run out.
        let future = name == "small" || words.get("future") == Some("yes");
        idle.push((cases, city(words, &dir, cases, future).await?));
    }
    if let [(_, few_us), (_, many_us)] = idle.as_slice() {
        words.report(
            "tick_slope",
            json!({ "few": few, "many": many, "ratio": round(many_us / few_us) }),
            &format!("a tick with nothing due: from {few} to {many} cases × {:.2}", many_us / few_us),
        );
    }
    Ok(())
}

/// Acts until nothing is left that is due; how many.
async fn work_off(app: &Arc<Application>, automation: &Automation) -> Outcome<(usize, f64)> {
    let started = Instant::now();
    let mut acts = 0;
    loop {
        let worked = automation.tick_clocks().await?;
        acts += worked.acts;
        if !worked.any() && worked.lag == 0 {
            break;
        }
    }
    // What it did belongs into the views before it has been done.
    app.projections.catch_up().await?;
    Ok((acts, started.elapsed().as_secs_f64()))
}

/// Microseconds of a tick with nothing due.
pub async fn city(words: &Words, dir: &Path, cases: u64, future: bool) -> Outcome<f64> {
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let app = Arc::new(open(dir, clock.clone()).await?);
    let settings = Settings { notices_within_hours: 1, ..Settings::default() };
    let automation = Automation::new(app.clone(), settings, dir)?;
    let (before, seconds) = work_off(&app, &automation).await?;
    say(&format!("{cases} cases: {before} acts were owed before the measurement, done in {seconds:.1} s"));
    let mut times = Vec::with_capacity(TICKS);
    for _ in 0..TICKS {
        let asked = Instant::now();
        if automation.tick_clocks().await?.any() {
            return Err("something became due on a clock that stands".into());
        }
        times.push(asked.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let (p50, p99) = (times[TICKS / 2], times[TICKS * 99 / 100]);
    words.report(
        "tick_idle",
        json!({ "cases": cases, "ticks": TICKS, "p50_us": round(p50), "p99_us": round(p99), "worked_off_before": before }),
        &format!("a tick with nothing due at {cases} cases: p50 {p50:.0} µs, p99 {p99:.0} µs"),
    );
    let mut slope = Vec::new();
    for wanted in [10_usize, 100, 1_000] {
        if !future {
            break;
        }
        let far = clock.now() + chrono::TimeDelta::days(3_650);
        let due = app.projections.views().due_until(far, wanted)?;
        let Some(last) = due.last().filter(|_| due.len() == wanted) else {
            say(&format!("{cases} cases: only {} limits are still to run out, {wanted} are not", due.len()));
            break;
        };
        clock.set(last.at);
        let (acts, seconds) = work_off(&app, &automation).await?;
        slope.push((acts, seconds));
        let each = seconds * 1e3 / acts as f64;
        words.report(
            "tick_due",
            json!({ "cases": cases, "limits": wanted, "acts": acts, "seconds": (seconds * 1e4).round() / 1e4, "ms_per_act": round(each) }),
            &format!("{wanted} limits due at {cases} cases: {acts} acts with what follows from them in {seconds:.3} s, {each:.2} ms each"),
        );
    }
    if let (Some((few, short)), Some((many, long))) = (slope.first(), slope.last()) {
        let (few, many) = (*few as f64, *many as f64);
        say(&format!("{cases} cases: {:.2} ms more for each further act", (long - short) * 1e3 / (many - few).max(1.0)));
    }
    Ok(p50)
}
