//! `assessment`: the draft of a year, and the year made final, for registers of bodies that have facts; beside it, when a
//! city is named with `--large`, the draft of that city's own year.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use application::clock::{ManualClock, SystemClock};
use application::{Actor, Application, Meta};
use chrono::{NaiveDate, TimeDelta};
use domain::account::Role;
use domain::case::command::{Asserted, TakeOver};
use domain::case::event::Demand;
use domain::ids::{ImportId, UnitCode};
use domain::rulebook::Measure;
use domain::rulebook::scheme::SHIPPED;
use domain::time::Clock as _;
use domain::unit::{Level, Nature, UnitEntry};
use serde_json::json;
use tests::Outcome;
use tests::inside::{by, by_hand, open};
use tests::server::{run as command, text};

use crate::words::{Words, round, say};

/// The unit above all bodies.
const TOP: &str = "09";

pub async fn run(words: &Words) -> Outcome<()> {
    let tickets = usize::try_from(words.number("tickets", 20)?)?;
    let mut all = Vec::new();
    for bodies in [100, usize::try_from(words.number("bodies", 1_000)?)?] {
        let dir = words.scratch().join(format!("assessment-{bodies}"));
        if !dir.join("log.db").exists() {
            command(&["init", "--data", text(&dir), "--actor", "bench"])?;
        }
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let app = Arc::new(open(&dir, clock.clone()).await?);
        register(&app, bodies, tickets).await?;
        all.push((bodies, year(words, &app, &clock, "a register of its own", bodies * tickets).await?));
    }
    if let [(few, short), (many, long)] = all.as_slice() {
        let each = (long - short) * 1e3 / (*many - *few).max(1) as f64;
        words.report(
            "assessment_slope",
            json!({ "few": few, "many": many, "ms_per_further_body": round(each), "ratio": round(long / short) }),
            &format!("the draft from {few} to {many} bodies: {each:.2} ms for each further body, × {:.2}", long / short),
        );
    }
    if let Some(large) = words.get("large") {
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let app = Arc::new(open(Path::new(large), clock.clone()).await?);
        let cases = usize::try_from(words.number("many", 1_000_000)?)?;
        year(words, &app, &clock, "the whole city", cases).await?;
    }
    Ok(())
}

fn code(n: usize) -> Outcome<UnitCode> {
    Ok(UnitCode::parse(&format!("{TOP}{n:04}")).map_err(|error| error.to_string())?)
}

async fn register(app: &Arc<Application>, bodies: usize, tickets: usize) -> Outcome<()> {
    if app.reference().unit(&code(0)?).is_some() {
        return Ok(());
    }
    let top = UnitCode::parse(TOP).map_err(|error| error.to_string())?;
    let entry = |code: &UnitCode, name: String, parent: Option<&UnitCode>| UnitEntry {
        code: code.clone(),
        name,
        parent: parent.cloned(),
        level: Level::City,
        nature: Nature::Accountable,
        division: None,
        hotline: false,
        since: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap_or_default(),
    };
    app.register_unit(&by_hand(app), &entry(&top, "市人民政府".to_owned(), None)).await?;
    app.projections.catch_up().await?;
    for n in 0..bodies {
        app.register_unit(&by_hand(app), &entry(&code(n)?, format!("市第{n}局"), Some(&top))).await?;
    }
    app.projections.catch_up().await?;
    let import = Meta::new(Actor::Import(ImportId(app.ids.uuid())), app.ids.uuid());
    for n in 0..bodies * tickets {
        let asserted = |measure, divisor: usize| Asserted { measure, value: n % divisor != 0, provenance: "bench".to_owned() };
        let row = TakeOver {
            number: app.ids.number(),
            source: "bench".to_owned(),
            external_id: n.to_string(),
            fingerprint: "1".to_owned(),
            filed_at: app.now() - TimeDelta::days(40),
            class: "complaint".to_owned(),
            channel: "web".to_owned(),
            division: String::new(),
            category: Vec::new(),
            demand: Demand { title: "路灯".to_owned(), words: "路灯不亮".to_owned(), wish: String::new(), place: String::new() },
            petitioner: None,
            unit: Some((code(n % bodies)?, Level::City)),
            answer: None,
            asserted: vec![asserted(Measure::Answered, 13), asserted(Measure::Satisfied, 7), asserted(Measure::Solved, 5)],
        };
        app.take_over(&import, row).await?;
    }
    app.projections.catch_up().await?;
    Ok(())
}

/// Seconds of the draft.
async fn year(words: &Words, app: &Arc<Application>, clock: &ManualClock, what: &str, cases: usize) -> Outcome<f64> {
    let year = app.assessment_year();
    app.open_assessment(&by(app, Role::Director), year, SHIPPED[0].1).await?;
    app.projections.catch_up().await?;
    let asked = Instant::now();
    app.draft_assessment(&by(app, Role::Director), year).await?;
    let draft = asked.elapsed().as_secs_f64();
    app.projections.catch_up().await?;
    let shown = draft_shown(app, year).await?;
    clock.advance(TimeDelta::days(60));
    let asked = Instant::now();
    app.finalise_assessment(&by(app, Role::Director), year).await?;
    let last = asked.elapsed().as_secs_f64();
    app.projections.catch_up().await?;
    words.report(
        "assessment",
        json!({ "register": what, "bodies": shown, "cases": cases, "draft_seconds": round(draft), "final_seconds": round(last), "ms_per_body": round(draft * 1e3 / shown as f64) }),
        &format!("the year's assessment of {shown} bodies over {cases} cases ({what}): draft {draft:.2} s, final {last:.2} s"),
    );
    Ok(draft)
}

async fn draft_shown(app: &Arc<Application>, year: i32) -> Outcome<usize> {
    let scored = app.assessment(&by(app, Role::Director).actor, year).await?;
    let lines: usize = scored.results.iter().map(|result| result.lines.len()).sum();
    say(&format!("{} bodies have a sheet, {lines} lines, {} are missing", scored.results.len(), scored.missing()));
    if scored.missing() > 0 { Err("sheets are missing".into()) } else { Ok(scored.results.len()) }
}
