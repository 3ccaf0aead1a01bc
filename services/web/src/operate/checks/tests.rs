use application::backups::{Backups, Held, Run};
use automation::Health;
use event_log::LogError;

use super::*;
use crate::operate::observe::{Calendar, Log, Space};

fn at(minutes: i64) -> domain::time::Instant {
    from_micros(1_795_000_000_000_000) + TimeDelta::minutes(minutes)
}

fn run(hours_ago: i64) -> Option<Run> {
    let held = Held { events: 10, attachments: 4, bytes: 4_096 };
    Some(Run::ended(at(0) - TimeDelta::hours(hours_ago), std::time::Duration::from_secs(65), Ok(held)))
}

fn space(free: u64, read_only: bool) -> Option<Space> {
    Some(Space { free: free * GIB, total: 100 * GIB, read_only })
}

/// A node that is well in every respect.
fn well() -> Observed {
    Observed {
        now: at(0),
        started: at(-600),
        stopping: false,
        log: Log { events: 10, last_event: Some(at(-1)), bytes: Some(8_192), ..Log::default() },
        views: Views { position: 10, ..Views::default() },
        search: Views { position: 10, ..Views::default() },
        search_skipped: 0,
        automation: Some(Health { last_tick: Some(at(0)), ..Health::default() }),
        notices: Some((3, 0)),
        disks: vec![Disk { name: "数据", space: space(50, false) }],
        stepped: None,
        high_water: Some(Ok(Some(10))),
        backups: Backups { backup: run(20), rehearsal: run(20), failed: None },
        calendar: Calendar { year: 2026, this: true, next: false, december: false },
        spool: None,
    }
}

/// What of it is bad or asks for attention after a change, and whether it is ready all the same.
fn found(change: impl FnOnce(&mut Observed)) -> (bool, Vec<(Kind, Level)>) {
    let mut seen = well();
    change(&mut seen);
    let report = judge(&seen, &Settings::default());
    let found = report.checks.iter().filter(|check| check.level > Level::Good);
    for check in found.clone() {
        assert!(check.kind == Kind::Stopping || !check.advice.is_empty(), "nothing to do is told: {check:?}");
    }
    (report.ready(), found.map(|check| (check.kind, check.level)).collect())
}

#[test]
fn a_node_that_is_well_is_ready_and_asks_for_nothing() {
    assert_eq!(found(|_| {}), (true, vec![]));
    let report = judge(&well(), &Settings::default());
    assert!(report.checks.iter().all(|check| !check.detail.is_empty() && check.advice.is_empty()), "{report:?}");
    assert_eq!(report.checks.iter().map(|check| check.kind).collect::<Vec<_>>(), Kind::ALL[1..12]);
}

#[test]
fn a_node_outside_is_asked_for_its_spool_and_not_for_backups() {
    let seen = |held: usize, minutes: i64| {
        move |seen: &mut Observed| {
            let as_of = Some(seen.now - TimeDelta::minutes(minutes));
            (seen.spool, seen.backups, seen.high_water) = (Some(Spool { held, most: 100, as_of }), Backups::default(), None);
        }
    };
    assert_eq!(found(seen(0, 1)), (true, vec![]));
    assert_eq!(found(seen(80, 1)), (true, vec![(Kind::Spool, Level::Warn)]));
    assert_eq!(found(seen(0, 31)), (true, vec![(Kind::Spool, Level::Warn)]));
    assert_eq!(found(seen(100, 1)), (false, vec![(Kind::Spool, Level::Bad)]));
    assert_eq!(found(|seen| seen.spool = Some(Spool { held: 0, most: 100, as_of: None })), (false, vec![(Kind::Spool, Level::Bad)]));
}

#[test]
fn what_would_refuse_or_misdate_a_filing_makes_a_node_unready() {
    let unready = |kind| (false, vec![(kind, Level::Bad)]);
    assert_eq!(found(|seen| seen.stopping = true), unready(Kind::Stopping));
    assert_eq!(found(|seen| seen.log.fault = Some("磁盘已满".to_owned())), unready(Kind::Log));
    assert_eq!(found(|seen| seen.views.fault = Some("第 3 个事件".to_owned())), unready(Kind::Views));
    assert_eq!(found(|seen| seen.views.behind = 50_001), unready(Kind::Views));
    assert_eq!(found(|seen| seen.views.behind_for = Duration::from_secs(31)), unready(Kind::Views));
    assert_eq!(found(|seen| seen.disks[0].space = space(1, false)), unready(Kind::Disk));
    assert_eq!(found(|seen| seen.disks[0].space = space(50, true)), unready(Kind::Disk));
    assert_eq!(found(|seen| seen.log.last_event = Some(at(2))), unready(Kind::Clock));
}

#[test]
fn what_is_degraded_is_told_and_stays_ready() {
    let bad = |kind| (true, vec![(kind, Level::Bad)]);
    let warn = |kind| (true, vec![(kind, Level::Warn)]);
    assert_eq!(found(|seen| seen.views.behind_for = Duration::from_secs(6)), warn(Kind::Views));
    assert_eq!(found(|seen| seen.search.fault = Some("x".to_owned())), bad(Kind::Search));
    assert_eq!(found(|seen| seen.search_skipped = 1), warn(Kind::Search));
    assert_eq!(found(|seen| seen.automation.as_mut().unwrap().last_tick = Some(at(-2))), bad(Kind::Automation));
    assert_eq!(found(|seen| seen.automation.as_mut().unwrap().last_tick = None), bad(Kind::Automation));
    assert_eq!(found(|seen| seen.automation.as_mut().unwrap().failing = 1), warn(Kind::Automation));
    assert_eq!(found(|seen| seen.notices = Some((0, 1))), warn(Kind::Notices));
    assert_eq!(found(|seen| seen.disks[0].space = space(9, false)), warn(Kind::Disk));
    assert_eq!(found(|seen| seen.disks[0].space = None), warn(Kind::Disk));
    assert_eq!(found(|seen| seen.log.last_event = Some(at(0) + TimeDelta::seconds(10))), warn(Kind::Clock));
    assert_eq!(found(|seen| seen.stepped = Some((at(0), -30))), warn(Kind::Clock));
    assert_eq!(found(|seen| seen.high_water = Some(Ok(Some(11)))), bad(Kind::HighWater));
    assert_eq!(found(|seen| seen.high_water = Some(Ok(None))), warn(Kind::HighWater));
    assert_eq!(found(|seen| seen.high_water = Some(Err(LogError::HighWater("格式不正确".to_owned())))), bad(Kind::HighWater));
    assert_eq!(found(|seen| seen.backups.backup = run(27)), bad(Kind::Backup));
    assert_eq!(found(|seen| seen.backups.backup = None), warn(Kind::Backup));
    assert_eq!(found(|seen| seen.backups.failed = run(1)), bad(Kind::Backup));
    assert_eq!(found(|seen| seen.backups.backup.iter_mut().for_each(|run| run.missing = 2)), bad(Kind::Backup));
    assert_eq!(found(|seen| seen.backups.rehearsal = run(51)), bad(Kind::Rehearsal));
    assert_eq!(found(|seen| seen.backups.rehearsal = None), warn(Kind::Rehearsal));
    assert_eq!(found(|seen| seen.calendar.this = false), warn(Kind::Calendar));
    assert_eq!(found(|seen| seen.calendar.december = true), warn(Kind::Calendar));
}

#[test]
fn what_a_node_does_not_have_is_not_judged() {
    let kinds = |change: fn(&mut Observed)| {
        let mut seen = well();
        change(&mut seen);
        judge(&seen, &Settings::default()).checks.iter().map(|check| check.kind).collect::<Vec<_>>()
    };
    assert!(!kinds(|seen| seen.automation = None).contains(&Kind::Automation));
    assert!(!kinds(|seen| seen.high_water = None).contains(&Kind::HighWater));
    // A process that has just begun has not ticked yet, and that is no fault.
    assert_eq!(found(|seen| (seen.started, seen.automation.as_mut().unwrap().last_tick) = (at(0), None)), (true, vec![]));
}
