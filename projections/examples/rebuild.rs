//! How fast the views are made anew, against a bare scan of the same log: `cargo run --release -p projections --example rebuild -- 20000`.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use domain::case::event::{
    Accepted, Answered, Approved, Archived, CalledBack, Contacted, Demand, Dispatched, Ending, Filed, Means, Outcome, Passed, Petitioner,
    Reply, Signed,
};
use domain::case::{CaseEvent, ClockKind, ClockSet, Frozen};
use domain::event::Event;
use domain::ids::{CaseId, UnitCode};
use domain::limit::Limit;
use domain::private::Private;
use domain::rulebook::{RuleEvent, RulebookAdopted, shipped::SHIPPED};
use domain::time::{from_micros, legal_day};
use domain::unit::{Level, Nature, UnitEvent, UnitRegistered};
use event_log::{Append, Cursor, EventLog, Expected, NewEvent, Options, SqliteLog};
use projections::{Bucket, HolderKey, Projections, Scope, Sort, WorklistFilter, WorklistQuery, rebuild};
use uuid::Uuid;
use vault::{MasterKey, SeededEntropy, Vault};

const DAY: i64 = 86_400_000_000;
const START: i64 = 1_756_700_000_000_000;

type Failed = Box<dyn std::error::Error>;

fn frozen(now: i64, clocks: &[(ClockKind, u16)]) -> Frozen {
    let set = |(clock, days): &(ClockKind, u16)| ClockSet {
        clock: *clock,
        limit: Limit::WorkingDays(*days),
        due: from_micros(now + i64::from(*days) * DAY),
        warn_at: Some(from_micros(now + i64::from(*days) * DAY * 4 / 5)),
        provisional: false,
    };
    Frozen {
        from: from_micros(now),
        calendar: "cn-2026.1".to_owned(),
        rulebook: "generic@2026.1".to_owned(),
        clocks: clocks.iter().map(set).collect(),
    }
}

fn life(n: u128, now: i64, unit: &UnitCode) -> Vec<CaseEvent> {
    let words = || Private::new("经现场核实，已安排养护单位修复，并向诉求人说明情况，诉求人表示认可。".to_owned());
    let filed = Filed {
        number: format!("{n:010}"),
        class: ["complaint", "help", "consultation"][(n % 3) as usize].to_owned(),
        wrongdoing: false,
        channel: "phone".to_owned(),
        urgency: "ordinary".to_owned(),
        division: format!("3305{:02}{:03}", n % 6, n % 30),
        category: vec!["城乡建设".to_owned(), "市政设施".to_owned()],
        demand: Private::new(Demand {
            title: format!("人民路{n}号门前路灯不亮"),
            words: "人民路与解放路交叉口向东约一百米处路灯连续三晚不亮，夜间行人和电动车通行存在安全隐患，希望尽快安排维修。".to_owned(),
            wish: "尽快修复".to_owned(),
            place: "人民路解放路口".to_owned(),
        }),
        petitioner: Some(Private::new(Petitioner {
            name: "王女士".to_owned(),
            phone: format!("138{:08}", n % 100_000_000),
            email: String::new(),
        })),
        agent: None,
        confidential: false,
        publish: true,
        notice: "1".to_owned(),
        external: None,
        frozen: Some(frozen(now, &[(ClockKind::Accept, 1), (ClockKind::Promise, 15)])),
    };
    let dispatched = Dispatched {
        unit: unit.clone(),
        level: Level::County,
        entry: "A1".to_owned(),
        reason: words(),
        frozen: frozen(now, &[(ClockKind::Total, 7), (ClockKind::Sign, 1), (ClockKind::Contact, 2), (ClockKind::Handle, 5)]),
    };
    let reply = Reply { contacted: true, solved: true, grade: "satisfied".to_owned(), satisfied: true };
    let mut life: Vec<CaseEvent> = vec![
        filed.into(),
        Accepted {}.into(),
        dispatched.into(),
        Signed {}.into(),
        Contacted { means: Means::Phone, reached: true, note: words() }.into(),
        Answered { answer: words(), outcome: Outcome::Solved }.into(),
        Approved { frozen: frozen(now, &[(ClockKind::Review, 1)]) }.into(),
        Passed { frozen: Some(frozen(now, &[(ClockKind::CallBack, 3)])) }.into(),
        CalledBack { attempt: 1, reply: Some(reply), note: words(), first_counts: false }.into(),
        Archived { ending: Ending::Satisfied }.into(),
    ];
    // One in twenty is open, at any stage.
    if n.is_multiple_of(20) {
        life.truncate(1 + (n / 20 % 9) as usize);
    }
    life
}

async fn append(log: &SqliteLog, vault: &Vault, stream: String, now: i64, events: Vec<Event>) -> Result<(), Failed> {
    let mut ring = vault.keyring(&stream, Vec::new())?;
    let mut new = Vec::new();
    for (at, event) in events.into_iter().enumerate() {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{stream}/{at}").as_bytes());
        let (data, sealed) = vault.seal(&mut ring, &stream, id, event.kind(), event.to_json()?)?;
        let (kind, version) = (event.kind().to_owned(), event.version());
        let occurred_at = now + at as i64 * 3_600_000_000;
        new.push(NewEvent {
            id,
            kind,
            version,
            occurred_at,
            actor: "example".to_owned(),
            on_behalf: None,
            cause: None,
            rulebook: None,
            data,
            sealed,
        });
    }
    log.append(Append { stream, expected: Expected::NoStream, events: new, keys: ring.take_new() }).await?;
    Ok(())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failed> {
    let cases: u128 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let mut out = std::io::stdout();
    let dir = tempfile::tempdir()?;
    let now = Arc::new(AtomicI64::new(START));
    let clock = now.clone();
    let log = Arc::new(SqliteLog::open(dir.path(), Options::default(), Arc::new(move || clock.load(Ordering::Relaxed)))?);
    let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(SeededEntropy::new(1))));
    let mut units = Vec::new();
    for n in 0..120 {
        let code = UnitCode::parse(&format!("U{n}"))?;
        let parent = if n == 0 { None } else { Some(UnitCode::parse(&format!("U{}", if n < 8 { 0 } else { 1 + n % 7 }))?) };
        let (level, nature) = (Level::County, Nature::Accountable);
        let name = format!("单位{n}");
        let entry = UnitRegistered {
            code: code.clone(),
            name,
            parent,
            level,
            nature,
            division: None,
            hotline: n == 0,
            since: legal_day(from_micros(START)),
        };
        append(&log, &vault, code.stream(), START, vec![UnitEvent::from(entry).into()]).await?;
        units.push(code);
    }
    let (_, text) = SHIPPED[0];
    let from = legal_day(from_micros(START));
    let adopted = RulebookAdopted { id: "generic".to_owned(), version: "2026.1".to_owned(), text: text.to_owned(), from, until: None };
    append(&log, &vault, "rulebook-generic".to_owned(), START, vec![RuleEvent::from(adopted).into()]).await?;
    for start in (0..cases).step_by(64) {
        let some = (start..(start + 64).min(cases)).map(|n| {
            let at = START + n as i64 * 300_000_000;
            let events = life(n, at, &units[8 + (n % 112) as usize]).into_iter().map(Event::from).collect();
            append(&log, &vault, CaseId(Uuid::from_u128(n * 0x9e37_79b9_7f4a_7c15)).stream(), at, events)
        });
        futures_util::future::try_join_all(some).await?;
    }
    let size = log.head().await?.size;
    writeln!(out, "{cases} cases, {size} events")?;

    let started = Instant::now();
    let mut cursor = Cursor::default();
    loop {
        let batch = log.read_all(&cursor, 2_000).await?;
        cursor = batch.next;
        if batch.at_head {
            break;
        }
    }
    let scan = size as f64 / started.elapsed().as_secs_f64();
    writeln!(out, "bare scan of the log: {scan:.0} events/s")?;

    let memory = |what: &str| -> Result<String, Failed> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        Ok(format!(
            "{what}: {}",
            status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS")).collect::<Vec<_>>().join(" ")
        ))
    };
    writeln!(out, "{}", memory("before")?)?;
    let views = dir.path().join("views");
    std::fs::create_dir_all(&views)?;
    let done = rebuild(&views, log.clone(), vault.clone(), false, &|_, _| {}).await?;
    let rate = done.events as f64 / done.seconds;
    writeln!(out, "rebuild without search: {rate:.0} events/s ({:.2} of the scan), {:.1} s", rate / scan, done.seconds)?;
    writeln!(out, "{}", memory("after")?)?;
    for file in ["views.db", "scores.db"] {
        writeln!(out, "{file}: {} MiB", std::fs::metadata(views.join(file))?.len() >> 20)?;
    }

    let started = Instant::now();
    let running = Projections::start(&views, log.clone(), vault.clone()).await?;
    running.catch_up().await?;
    let read = running.views();
    let mut measure = |name: &str, work: &dyn Fn() -> Result<(), projections::ViewError>| -> Result<(), Failed> {
        work()?;
        let began = Instant::now();
        for _ in 0..200 {
            work()?;
        }
        writeln!(out, "{name}: {:.0} µs", began.elapsed().as_micros() as f64 / 200.0)?;
        Ok(())
    };
    let period = 202_510;
    for (bucket, sort) in
        [(Bucket::Ended, Sort::Due), (Bucket::Ended, Sort::FiledNewest), (Bucket::Ended, Sort::Number), (Bucket::Open, Sort::Due)]
    {
        let filter = WorklistFilter::default();
        let query = WorklistQuery { holder: HolderKey::Hotline, bucket, sort, filter, at: projections::At::First, limit: 50 };
        measure(&format!("worklist {bucket:?} {sort:?}, 50 rows"), &|| read.worklist(&query).map(|_| ()))?;
    }
    measure("counts", &|| read.counts(&HolderKey::Hotline).map(|_| ()))?;
    measure("month, all", &|| read.month(&Scope::All, period).map(|_| ()))?;
    measure("month, subtree", &|| read.month(&Scope::Subtree(units[1].clone()), period).map(|_| ()))?;
    measure("children", &|| read.children(&units[0], period).map(|_| ()))?;
    measure("case by number", &|| read.case_by_number("0000000100").map(|_| ()))?;

    // A search index from nothing, in the background of the queries above.
    if running.wait_for_search(size, std::time::Duration::from_secs(600)).await {
        writeln!(out, "search from nothing: {:.0} events/s", size as f64 / started.elapsed().as_secs_f64())?;
    }
    tokio::task::spawn_blocking(|| running.stop()).await?;
    Ok(())
}
