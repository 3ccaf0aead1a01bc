//! The register of units from tables that people make: what is taken, what is refused and why.
#![cfg(test)]

use std::sync::Arc;

use application::audit::Audit;
use application::backoff::Backoff;
use application::clock::{ManualClock, log_now};
use application::ids::RandomIds;
use application::password::Passwords;
use application::{Actor, Application, Meta};
use domain::ids::UnitCode;
use domain::time::Clock;
use domain::unit::{Level, Nature};
use event_log::{EventLog, MemoryLog};
use exchange::units::{UnitReport, UnitsError, check, register};
use projections::Projections;
use tempfile::TempDir;
use vault::{MasterKey, SeededEntropy, Vault};

const HEADER: &str = "code,name,parent,level,nature,division,hotline,since";

async fn city() -> (Application, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new("2026-11-20T04:00:00Z".parse().unwrap()));
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(log_now(clock.clone())));
    let entropy = Arc::new(SeededEntropy::new(1));
    let vault = Arc::new(Vault::new(MasterKey::from_bytes([1; 32]), entropy.clone()));
    let app = Application {
        projections: Projections::start(dir.path(), log.clone(), vault.clone()).await.unwrap(),
        passwords: Passwords::new(entropy.as_ref()).unwrap(),
        ballots: application::ballot_box::BallotBox::off(entropy.clone()),
        ids: Arc::new(RandomIds::new(entropy)),
        audit: Audit::off(),
        attachments: dir.path().join(application::attachments::FOLDER),
        sign_ins: Backoff::default(),
        query_codes: Backoff::default(),
        log,
        vault,
        clock,
    };
    (app, dir)
}

fn meta(app: &Application) -> Meta {
    Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, app.ids.uuid())
}

/// Enters a table; what `check` foretold is what comes.
async fn entered(app: &Application, table: &str) -> UnitReport {
    let foretold = check(&app.reference(), table.as_bytes()).unwrap();
    let report = register(app, &meta(app), table.as_bytes()).await.unwrap();
    app.projections.catch_up().await.unwrap();
    assert_eq!(foretold, report);
    report
}

fn counted(report: &UnitReport) -> (u64, u64, u64, usize) {
    (report.registered, report.changed, report.same, report.refused.len())
}

fn code(text: &str) -> UnitCode {
    UnitCode::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn four_levels_are_entered_in_any_order_and_the_same_table_again_changes_nothing() {
    let (app, _dir) = city().await;
    // given a table whose lower units come first
    let table = format!(
        "{HEADER}\nV1,幸福村,T1,village,coordinate,,,\nT1,幸福街道,K1,township,assessable,330502001,,\n\
         K1,西湾区,C,county,,330502,,2019-03-01\nC,清源市,,city,,330500,,\nH,市热线办,C,city,,,1,\n"
    );
    // when it is entered, and entered again
    assert_eq!(counted(&entered(&app, &table).await), (5, 0, 0, 0));
    let size = app.log.head().await.unwrap().size;
    assert_eq!(counted(&entered(&app, &table).await), (0, 0, 5, 0));
    // then every unit stands once as written
    assert_eq!(app.log.head().await.unwrap().size, size);
    let reference = app.reference();
    let village = reference.unit(&code("V1")).unwrap();
    assert_eq!((village.level, village.nature, village.parent.as_ref()), (Level::Village, Nature::Coordinate, Some(&code("T1"))));
    assert!(reference.unit(&code("H")).unwrap().hotline);
    assert_eq!(reference.unit(&code("K1")).unwrap().division.as_deref(), Some("330502"));
    assert_eq!(reference.subtree(&code("C")).len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn chinese_headers_words_and_gb18030_are_understood() {
    let (app, _dir) = city().await;
    let table = "代码,名称,上级代码,层级,性质,区划代码,热线办,启用日期\nC,清源市,,市级,可考核可问责,330500,否,2020-01-01\nH,热线办,C,市级,仅协调,,是,2020-01-01\n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(table);
    let report = register(&app, &meta(&app), &bytes).await.unwrap();
    app.projections.catch_up().await.unwrap();
    assert_eq!(counted(&report), (2, 0, 0, 0));
    assert_eq!(app.reference().unit(&code("H")).unwrap().name(), "热线办");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_new_name_is_dated_and_a_move_is_taken_over() {
    let (app, _dir) = city().await;
    entered(&app, &format!("{HEADER}\nC,清源市,,city,,,,2010-01-01\nK,西湾区,C,county,,,,2010-01-01\nB,建设局,C,city,,,,2010-01-01\n"))
        .await;
    let report = entered(&app, &format!("{HEADER}\nB,住建局,K,city,,,,2019-03-01\n")).await;
    assert_eq!(counted(&report), (0, 1, 0, 0));
    let reference = app.reference();
    let unit = reference.unit(&code("B")).unwrap();
    assert_eq!((unit.name_on("2019-02-28".parse().unwrap()), unit.name_on("2019-03-01".parse().unwrap())), ("建设局", "住建局"));
    assert_eq!(unit.parent, Some(code("K")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_table_with_the_names_of_the_past_can_be_entered_again() {
    let (app, _dir) = city().await;
    let table = format!("{HEADER}\nC,清源市,,city,,,,\nB,建设局,,city,,,,2010-01-01\nB,住建局,C,city,,,,2019-03-01\n");
    assert_eq!(counted(&entered(&app, &table).await), (2, 1, 0, 0));
    assert_eq!(counted(&entered(&app, &table).await), (0, 0, 3, 0));
    // and what a unit is does not change by the way
    let report = entered(&app, &format!("{HEADER}\nB,住建局,C,county,,,,2019-03-01\n")).await;
    assert_eq!(counted(&report), (0, 0, 0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn each_line_with_a_fault_is_told_with_line_and_column_and_the_others_are_taken() {
    let (app, _dir) = city().await;
    let table = format!(
        "{HEADER}\nC,清源市,,city,,,,\nA 1,坏代码,C,city,,,,\nA2,无此上级,X9,city,,,,\nA3,坏层级,C,省级,,,,\nA4,坏性质,C,city,其他,,,\n\
         A5,坏区划,C,city,,33050,,\nA6,坏日期,C,city,,,,2019/3/1\nA7,,C,city,,,,\nA8,自己的上级,A8,city,,,,\nA9,好的,C,city,,,,\nA9,又一行,C,city,,,,\n"
    );
    let report = entered(&app, &table).await;
    assert_eq!(counted(&report), (2, 0, 0, 9));
    let told: Vec<(u64, &str)> = report.refused.iter().map(|refusal| (refusal.line, refusal.column.as_str())).collect();
    let expected = [
        (3, "代码"),
        (4, "上级代码"),
        (5, "层级"),
        (6, "性质"),
        (7, "区划代码"),
        (8, "启用日期"),
        (9, "名称"),
        (10, "上级代码"),
        (12, "代码"),
    ];
    assert_eq!(told, expected);
    assert!(report.refused.iter().all(|refusal| !refusal.reason.is_empty()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_unit_below_a_refused_line_is_refused_too() {
    let (app, _dir) = city().await;
    let report = entered(&app, &format!("{HEADER}\nK,,,county,,,,\nT,街道,K,township,,,,\nV,村,T,village,,,,\n")).await;
    assert_eq!(counted(&report), (0, 0, 0, 3));
    assert_eq!(app.reference().units().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn units_that_would_stand_above_themselves_are_refused() {
    let (app, _dir) = city().await;
    // given a circle within the table
    let report = entered(&app, &format!("{HEADER}\nA,甲,B,city,,,,\nB,乙,A,city,,,,\nC,丙,,city,,,,\n")).await;
    assert_eq!(counted(&report), (1, 0, 0, 2));
    // and one that a move would close
    entered(&app, &format!("{HEADER}\nD,丁,C,county,,,,\n")).await;
    let report = entered(&app, &format!("{HEADER}\nC,丙,D,city,,,,\n")).await;
    assert_eq!(counted(&report), (0, 0, 0, 1));
    assert!(report.refused[0].reason.contains("上级"), "{}", report.refused[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_table_without_a_needed_column_is_refused_as_a_whole() {
    let (app, _dir) = city().await;
    let without_level = register(&app, &meta(&app), b"code,name,parent\nC,x,\n").await;
    assert!(matches!(without_level, Err(UnitsError::Column("层级"))), "{without_level:?}");
    let no_table = register(&app, &meta(&app), &[0, 1, 2, 3]).await;
    assert!(matches!(no_table, Err(UnitsError::Table(_))), "{no_table:?}");
    // parent, nature and the rest may be missing
    assert_eq!(counted(&entered(&app, "code,name,level\nC,清源市,city\n").await), (1, 0, 0, 0));
}
