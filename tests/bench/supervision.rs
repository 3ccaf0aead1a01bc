//! `supervision`: the pages of those who watch over the whole city, at a small city and at the one named with `--large`, each
//! with a year of cards, orders and escalated matters.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use application::clock::SystemClock;
use domain::mark::MarkKind;
use domain::time::Clock as _;
use projections::{CardTab, Views};
use serde_json::json;
use tests::Outcome;
use tests::client::Client;
use tests::filing::sign_in;
use tests::html::links;
use tests::inside::open;
use tests::server::Server;

use crate::chains;
use crate::load::{self, Load, Until, idle};
use crate::words::{Words, round, say};

const CLIENTS: usize = 16;
/// Late cases for which a supervision is made, for each thousand cases of the city.
const LATE: u64 = 40;
/// Of every generated city; sees all pages measured here.
const LOGIN: &str = "inspector";
/// Nothing is slowed down on purpose, and nobody is written to about the city's past.
const SETTINGS: &[(&str, &str)] = &[
    ("XIAONENG__WEB__FILINGS_PER_MINUTE", "0"),
    ("XIAONENG__WEB__LOOKUPS_PER_MINUTE", "0"),
    ("XIAONENG__AUTOMATION__NOTICES_WITHIN_HOURS", "1"),
];

pub async fn run(words: &Words) -> Outcome<()> {
    let seconds = Duration::from_secs(words.number("seconds", 3)?);
    let (few, many) = (words.number("few", 10_000)?, words.number("many", 1_000_000)?);
    let mut all = Vec::new();
    for (cases, name) in [(few, "small"), (many, "large")] {
        if name == "large" && words.get("large").is_none() {
            continue;
        }
        let dir = words.city(name, cases)?;
        {
            let app = Arc::new(open(&dir, Arc::new(SystemClock)).await?);
            let late = usize::try_from(words.number("late", LATE)? * cases / 1_000)?;
            chains::prepare(&app, late, usize::try_from(cases.min(200_000) / 1_000)?).await?;
        }
        // Whoever wrote the views lets go of them a moment later.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (busiest, middle) = volume(&dir)?;
        let server = Server::start(&dir, SETTINGS).await?;
        // Automation works off what it still owes before anything is measured.
        idle(server.id()).await?;
        let measured = look(&server, &busiest, &middle, seconds).await?;
        let hello = measured.first().map_or(1.0, |(_, load)| load.rate);
        for (name, load) in &measured {
            let mut facts = json!({ "page": name, "cases": cases, "clients": CLIENTS, "ratio_to_hello": round(load.rate / hello) });
            if let (Some(facts), serde_json::Value::Object(load)) = (facts.as_object_mut(), load.facts()) {
                facts.extend(load);
            }
            words.report(
                "supervision",
                facts,
                &format!("{name} at {cases} cases: {}; {:.3} of a hello; {} bytes", load.line(), load.rate / hello, load.bytes),
            );
        }
        server.stop().await?;
        all.push(measured);
    }
    if let [small, large] = all.as_slice() {
        for (name, before) in small {
            // A page that one of them does not have is no slope.
            let Some((_, after)) = large.iter().find(|(of, _)| of == name) else { continue };
            let (ratio, tail) = (after.p50 / before.p50, after.p99 / before.p99);
            words.report(
                "supervision_slope",
                json!({ "page": name, "few": few, "many": many, "ratio_p50": round(ratio), "ratio_p99": round(tail) }),
                &format!("{name}: from {few} to {many} cases p50 × {ratio:.2}, p99 × {tail:.2}"),
            );
        }
    }
    Ok(())
}

/// Says how much there is; answers the unit with the most marks of this year and the one in the middle.
fn volume(dir: &Path) -> Outcome<(String, String)> {
    let views = Views::open(dir)?;
    for one in views.escalation_counts()? {
        say(&format!("open on ladder {} level {}: {}", one.ladder, one.level, one.n));
    }
    for tab in [CardTab::Waiting, CardTab::Issued, CardTab::Objected, CardTab::Ended] {
        say(&format!("cards {}: {}", tab.code(), views.count_cards(tab)?));
    }
    let now = SystemClock.now();
    let counts = views.mark_counts(now - chrono::TimeDelta::days(366), now, u64::MAX)?;
    let mut units: Vec<(String, u64)> = Vec::new();
    for (unit, kind, _, n) in &counts {
        if *kind == MarkKind::Visit {
            continue;
        }
        match units.last_mut().filter(|(last, _)| last == unit.as_str()) {
            Some((_, sum)) => *sum += n,
            None => units.push((unit.as_str().to_owned(), *n)),
        }
    }
    units.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let busiest = units.first().cloned().ok_or("no unit has marks")?;
    let middle = units[units.len() / 2].clone();
    say(&format!(
        "{} marks on {} units; the busiest, {}, has {}; the middle one, {}, {}",
        units.iter().map(|(_, n)| n).sum::<u64>(),
        units.len(),
        busiest.0,
        busiest.1,
        middle.0,
        middle.1
    ));
    Ok((busiest.0, middle.0))
}

async fn look(server: &Server, busiest: &str, middle: &str, time: Duration) -> Outcome<Vec<(&'static str, Load)>> {
    let address = server.address;
    let mut desk = sign_in(address, LOGIN).await?;
    let first = desk.get("/oversight").await?;
    if first.status != 200 {
        return Err(format!("/oversight answers {}", first.status).into());
    }
    let asset = links(&first.text(), "/assets/").into_iter().next().ok_or("no asset")?;
    let board = "/oversight/escalations".to_owned();
    let page = desk.get(&board).await?.text();
    let levels = links(&page, "/oversight/escalations/level/");
    let mut chains = Vec::new();
    for level in &levels {
        chains.extend(links(&desk.get(level).await?.text(), "/oversight/escalations/"));
    }
    chains.retain(|path| !path.contains("/level/") && !path.contains('?'));
    if levels.is_empty() || chains.is_empty() {
        return Err("nothing stands on the board".into());
    }
    say(&format!("{} chains and {} levels are looked at in turn", chains.len(), levels.len()));
    let mut city = "/desk/scorecard".to_owned();
    let answer = desk.get(&city).await?;
    if answer.status == 303 {
        city = answer.location().to_owned();
    }
    let one = |path: String| vec![path];
    let pages: Vec<(&'static str, Client, Vec<String>)> = vec![
        ("hello", Client::new(address), one(asset)),
        ("board", desk_of(&desk, address), one(board)),
        ("level", desk_of(&desk, address), levels),
        ("chain", desk_of(&desk, address), chains),
        ("today", desk_of(&desk, address), one("/oversight".to_owned())),
        ("picture of the busiest unit", desk_of(&desk, address), one(format!("/oversight/units/{busiest}"))),
        ("picture of a middle unit", desk_of(&desk, address), one(format!("/oversight/units/{middle}"))),
        ("scorecard of the city", desk_of(&desk, address), one(city)),
        ("scorecard of a unit", desk_of(&desk, address), one(format!("/desk/scorecard/{busiest}"))),
        ("overdue", desk_of(&desk, address), one("/oversight/overdue".to_owned())),
        ("cards waiting", desk_of(&desk, address), one("/oversight/cards".to_owned())),
        ("cards of a unit", desk_of(&desk, address), one(format!("/oversight/cards?tab=all&unit={middle}"))),
        ("ledger", desk_of(&desk, address), one("/oversight/matters".to_owned())),
    ];
    let mut all = Vec::new();
    for (name, client, paths) in pages {
        let answer = desk.get(&paths[0]).await?;
        if answer.status != 200 {
            say(&format!("{name}: {} answers {}, left out", paths[0], answer.status));
            continue;
        }
        let hand = |n: usize| -> Vec<Vec<u8>> {
            let from = n * paths.len() / CLIENTS;
            paths.iter().cycle().skip(from).take(paths.len()).map(|path| client.request("GET", path, None)).collect()
        };
        let hands: Vec<Vec<Vec<u8>>> = (0..CLIENTS).map(hand).collect();
        // A moment to warm up, then what counts.
        load::run(address, hands.clone(), Until::Over(time / 5), |answer| answer.status == 200).await?;
        let load = load::run(address, hands, Until::Over(time), |answer| answer.status == 200).await?;
        all.push((name, load));
    }
    Ok(all)
}

/// A browser with the same cookies.
fn desk_of(desk: &Client, address: std::net::SocketAddr) -> Client {
    let mut client = Client::new(address);
    client.cookies.clone_from(&desk.cookies);
    client
}
