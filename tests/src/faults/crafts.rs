//! Killed within longer works: each goes on, or is begun again, without hand work, and is done once.

mod closing;

use std::time::{Duration, Instant};

use event_log::EventLog as _;

use super::city::copy;
use super::{City, Found, Ground, On, PATIENCE, Rule, Shim, evenly, oracle};
use crate::Outcome;
use crate::server::{Server, UNLIMITED, run as command, text};

/// The works, one after the other.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let shim = Shim::new(&ground.dir.join("shim"))?;
    let found = checkpoint(ground, &shim).await?;
    let found = found.and(rebuild(ground, &shim).await?).and(erasure(ground, &shim).await?);
    Ok(found.and(import(ground, &shim).await?).and(closing::run(ground, &shim).await?))
}

/// What a crash left in the write-ahead log is moved into the file by the next call that ends in order.
async fn checkpoint(ground: &Ground<'_>, shim: &Shim) -> Outcome<Found> {
    let mut city = City::new(ground, "checkpoint", 20).await?;
    let dir = city.dir.clone();
    for round in 0..ground.of(2, 16) {
        let server = city.start(Vec::new()).await?;
        city.file(&server, 3, 3).await?;
        server.kill()?;
        let (on, act, most) = if round % 2 == 0 { (On::Write, "torn", 8) } else { (On::Sync, "kill", 1) };
        let rule = Rule::nth("log.db", on, 1 + city.chance.below(most), act);
        let hit = shim.killed(&rule, &["rebuild", "--without-search", "--data", text(&dir)])?;
        city.found.round("a checkpoint is killed", hit);
        city.look().await?;
        (ground.tell)(&format!("checkpoint, {act} at {on:?} {}: hit {hit}", rule.at));
    }
    city.settle().await
}

async fn rebuild(ground: &Ground<'_>, shim: &Shim) -> Outcome<Found> {
    const MADE: &str = "views.db*,scores.db*,search.db*,rebuilding/";
    let mut city = City::new(ground, "rebuild", 20).await?;
    let dir = city.dir.clone();
    let words = ["rebuild", "--data", text(&dir)];
    for (on, act) in [(On::Turn, "kill"), (On::Write, "torn")] {
        let steps = shim.steps(MADE, on, &words)?;
        for at in evenly(steps, ground.of(2, 16)) {
            let hit = shim.killed(&Rule::nth(MADE, on, at, act), &words)?;
            city.found.round(&format!("a rebuild is killed, {act} at {on:?}"), hit);
            let server = city.start(Vec::new()).await?;
            if !server.stop().await?.success() {
                return Err("the server did not end in order".into());
            }
            oracle::views(&city.dir).await.map_err(|error| format!("rebuild killed at step {at}: {error}"))?;
            (ground.tell)(&format!("rebuild, {act} at {on:?} {at} of {steps}: hit {hit}"));
        }
    }
    city.settle().await
}

/// Between the event and the keys lies a moment in which a crash leaves the keys: the next start destroys them.
async fn erasure(ground: &Ground<'_>, shim: &Shim) -> Outcome<Found> {
    let mut city = City::new(ground, "erasure", 40).await?;
    let out = ground.dir.join("cases.json");
    command(&["export", "cases", "--data", text(&city.dir), "--format", "json", "--out", text(&out)])?;
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&out)?)?;
    let ended = cases.iter().filter(|case| ["archived", "refused"].map(Some).contains(&case["stage"].as_str()));
    let ended = ended.filter_map(|case| case["number"].as_str());
    let numbers: Vec<String> = ended.map(str::to_owned).collect();
    if numbers.is_empty() {
        return Err("no case has ended: nobody can be erased".into());
    }
    let dir = city.dir.clone();
    for (round, number) in numbers.iter().take(ground.of(5, 24)).enumerate() {
        let act = if round % 2 == 0 { "after" } else { "kill" };
        let rule = Rule::nth("log.db*", On::Sync, 1 + u64::try_from(round / 2)?, act);
        let words = ["erase", number, "--data", text(&dir), "--reason", "本人书面申请删除", "--actor", "张三"];
        let hit = shim.killed(&rule, &words)?;
        city.found.round("an erasure is killed", hit);
        (ground.tell)(&format!("erasure, {act} at sync {}: hit {hit}", rule.at));
        let server = city.start(Vec::new()).await?;
        destroyed(&city).await?;
        if !server.stop().await?.success() {
            return Err("the server did not end in order".into());
        }
        command(&words)?;
        destroyed(&city).await?;
    }
    city.settle().await
}

/// Of every case that an event calls erased the keys are gone.
async fn destroyed(city: &City) -> Outcome<()> {
    let began = Instant::now();
    loop {
        let log = oracle::open(&city.dir)?;
        let mut left = 0;
        for event in oracle::scan(&log).await?.values().flatten().filter(|event| event.kind == "person_erased") {
            let clear: serde_json::Value = serde_json::from_slice(&event.data)?;
            for case in clear["cases"].as_array().into_iter().flatten().filter_map(|case| case.as_str()) {
                left += log.keys_of(&format!("case-{}", case.trim_start_matches("case-"))).await?.len();
            }
        }
        if left == 0 {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("{left} keys of erased cases are left").into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn import(ground: &Ground<'_>, shim: &Shim) -> Outcome<Found> {
    const ROWS: usize = 40;
    let (empty, file) = (ground.dir.join("empty"), ground.dir.join("rows.csv"));
    command(&["init", "--data", text(&empty), "--actor", "张三"])?;
    let mut rows = "留言编号,留言时间,留言主题,留言详情,留言用户,答复意见,答复时间\n".to_owned();
    for n in 1..=ROWS {
        rows.push_str(&format!("{n},2019-03-05 09:00,灯不亮,巷口灯不亮,A{n},已修复,2019-03-06 09:00\n"));
    }
    std::fs::write(&file, rows)?;
    let (mut found, dir) = (Found::default(), ground.dir.join("import"));
    let words = ["import", text(&file), "--data", text(&dir), "--as", "tipdm", "--actor", "张三", "--json"];
    copy(&empty, &dir)?;
    let steps = shim.steps("log.db-wal", On::Sync, &words)?;
    std::fs::remove_dir_all(&dir)?;
    for at in evenly(steps, ground.of(3, 12)) {
        copy(&empty, &dir)?;
        let killed = shim.killed(&Rule::nth("log.db-wal", On::Sync, at, "kill"), &words)?;
        let counts = |told: String| -> Outcome<(u64, u64, u64)> {
            let line: serde_json::Value = serde_json::from_str(told.lines().last().unwrap_or_default())?;
            let count = |name: &str| line[name].as_u64().unwrap_or(u64::MAX);
            Ok((count("imported"), count("updated"), count("already_there")))
        };
        let (first, again) = (counts(command(&words)?)?, counts(command(&words)?)?);
        let rows = ROWS as u64;
        if first.0 + first.2 != rows || first.1 != 0 || again != (0, 0, rows) {
            return Err(format!("after a kill at sync {at} the import says {first:?}, then {again:?}").into());
        }
        let streams = oracle::scan(&oracle::open(&dir)?).await?;
        let taken = streams.iter().filter(|(stream, _)| stream.starts_with("case-")).count();
        oracle::once(&streams)?;
        if taken != ROWS {
            return Err(format!("{taken} cases stand of {ROWS} rows").into());
        }
        let server = Server::start(&dir, UNLIMITED).await?;
        server.stop().await?;
        command(&["verify", "--data", text(&dir)])?;
        oracle::views(&dir).await?;
        std::fs::remove_dir_all(&dir)?;
        // A kill that came when all rows were in is one like any other.
        let hit = killed && first.0 > 0;
        found.round("an import is killed", hit);
        (ground.tell)(&format!("import, kill at sync {at} of {steps}: hit {hit}, then {} new and {} there", first.0, first.2));
    }
    Ok(found)
}
