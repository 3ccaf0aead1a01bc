//! Imports of the real sets into whole installations: counts add up, repeats add nothing, what a source only asserts
//! stays asserted, what it times is judged by its times.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use application::audit::Audit;
use application::backoff::Backoff;
use application::clock::{ManualClock, log_now};
use application::ids::RandomIds;
use application::password::Passwords;
use application::{Actor, Application, Meta};
use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::Calendar;
use domain::case::{CaseEvent, Stage};
use domain::deadline::{DeadlineInput, due};
use domain::ids::CaseId;
use domain::import::Counts;
use domain::limit::Limit;
use domain::rulebook::Measure;
use domain::rulebook::shipped::SHIPPED;
use domain::time::{Clock, Period, from_micros, next_period};
use event_log::{Cursor, Envelope, EventLog, MemoryLog, Options, SqliteLog};
use exchange::import::{Outcome, import};
use exchange::mapping::Mapping;
use exchange::row::read_rows;
use exchange::table::{Limits, Table};
use projections::{CaseRow, Projections, Scope, digest};
use tempfile::TempDir;
use vault::{MasterKey, SeededEntropy, Vault};

use super::exchange::data;

const PINGSHAN: &str = "pingshan-2018/pingshan_utf8.csv.gz";
const CSV: &str = "tipdm2020c/附件4_留言与答复.csv.gz";
const XLSX: &str = "tipdm2020c/附件4.xlsx";

/// An installation as `xiaoneng init` makes it, at noon of 2026-11-20.
struct Installation {
    app: Application,
    dir: TempDir,
}

impl Installation {
    async fn on(log: impl FnOnce(&Path, event_log::Now) -> Arc<dyn EventLog>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(at("2026-11-20T12:00:00+08:00")));
        let log = log(dir.path(), log_now(clock.clone()));
        let entropy = Arc::new(SeededEntropy::new(7));
        let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), entropy.clone()));
        let app = Application {
            projections: Projections::start(dir.path(), log.clone(), vault.clone()).await.unwrap(),
            passwords: Passwords::new(entropy.as_ref()).unwrap(),
            ids: Arc::new(RandomIds::new(Arc::new(SeededEntropy::new(8)))),
            ballots: application::ballot_box::BallotBox::off(entropy.clone()),
            audit: Audit::off(),
            attachments: dir.path().join(application::attachments::FOLDER),
            sign_ins: Backoff::default(),
            query_codes: Backoff::default(),
            log,
            vault,
            clock,
        };
        let generic = SHIPPED.iter().find(|(name, _)| *name == "generic").unwrap().1;
        let adopted = app.adopt_rulebook(&cli(&app), generic, day("2004-01-01"), None).await.unwrap();
        assert!(app.settled(adopted.seq).await);
        Self { app, dir }
    }

    async fn durable() -> Self {
        Self::on(|dir, now| Arc::new(SqliteLog::open(dir, Options::default(), now).unwrap())).await
    }

    async fn import(&self, file: &Path, mapping: &str) -> Outcome {
        let mapping = Mapping::built_in(mapping).unwrap().unwrap();
        let outcome = import(&self.app, &cli(&self.app), file, &mapping, &|_, _| {}).await.unwrap();
        assert!(outcome.counts.adds_up());
        self.app.projections.catch_up().await.unwrap();
        outcome
    }

    async fn size(&self) -> u64 {
        self.app.log.head().await.unwrap().size
    }

    fn cases(&self) -> Vec<CaseRow> {
        self.app.projections.views().cases_after(0, 100_000).unwrap()
    }

    /// Numerator, denominator and asserted of an indicator over months of everything.
    fn sum(&self, measure: Measure, from: Period, to: Period) -> (u64, u64, u64) {
        let months = std::iter::successors(Some(from), |month| Some(next_period(*month))).take_while(|month| *month <= to);
        months.fold((0, 0, 0), |sum, month| {
            let figures = self.app.projections.views().month(&Scope::All, month).unwrap();
            let figure = figures.iter().find(|figure| figure.measure == measure).unwrap();
            (sum.0 + figure.yes, sum.1 + figure.total, sum.2 + figure.asserted)
        })
    }

    async fn events(&self, kind: &str) -> Vec<Envelope> {
        let (mut cursor, mut found) = (Cursor::default(), Vec::new());
        loop {
            let batch = self.app.log.read_all(&cursor, 2_000).await.unwrap();
            found.extend(batch.events.into_iter().filter(|event| event.kind == kind));
            if batch.at_head {
                return found;
            }
            cursor = batch.next;
        }
    }
}

fn cli(app: &Application) -> Meta {
    Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, app.ids.uuid())
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn counts(imported: u64, updated: u64, already_there: u64, refused: u64) -> Counts {
    Counts { read: imported + updated + already_there + refused, imported, updated, already_there, refused }
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut text).unwrap();
    text
}

fn gb18030(utf8: &[u8]) -> Vec<u8> {
    let (gb, _, replaced) = encoding_rs::GB18030.encode(std::str::from_utf8(utf8).unwrap());
    assert!(!replaced && gb.as_ref() != utf8);
    gb.into_owned()
}

fn written(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The same rows with a hundred of them changed: another unit, the other flag, another class in turn.
fn with_a_hundred_changes(text: &[u8]) -> Vec<u8> {
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|known| known == name).unwrap();
    let (unit, class, in_time, over_time) =
        (column("DISPOSE_UNIT_NAME"), column("EVENT_PROPERTY_NAME"), column("INTIME_ARCHIVE_NUM"), column("OVERTIME_ARCHIVE_NUM"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    let mut changed = 0;
    for (index, row) in reader.records().enumerate() {
        let mut cells: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
        if index % 97 == 5 && changed < 100 && cells[in_time] != "-" {
            match changed % 3 {
                0 => cells[unit] = if cells[unit] == "教育局" { "城市管理局".to_owned() } else { "教育局".to_owned() },
                1 => cells.swap(in_time, over_time),
                _ => cells[class] = if cells[class] == "投诉" { "咨询".to_owned() } else { "投诉".to_owned() },
            }
            changed += 1;
        }
        writer.write_record(&cells).unwrap();
    }
    assert_eq!(changed, 100);
    writer.into_inner().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pingshan_is_imported_once_whatever_the_encoding_and_then_only_what_changes() {
    let Some(path) = data(PINGSHAN) else { return };
    // given an installation, when the file is imported
    let city = Installation::durable().await;
    let outcome = city.import(&path, "pingshan").await;
    // then every row is a case, with the source's units and nobody else's
    assert_eq!((outcome.counts, outcome.refusals.len()), (counts(10_000, 0, 0, 0), 0));
    assert_eq!(city.app.reference().units().count(), 155);
    asserted_outcomes_stand_as_asserted(&city);
    // and both sides have the same totals
    let batch = city.app.projections.views().imports(1).unwrap().remove(0);
    let totals = batch.finished.unwrap().1.totals;
    assert!(totals.iter().all(|total| total.source == total.ours), "{totals:?}");
    let sum = |dimension: &str| totals.iter().filter(|total| total.dimension == dimension).map(|total| total.ours).sum::<u64>();
    assert_eq!((sum("class"), sum("channel"), sum("unit"), sum("asserted")), (10_000, 10_000, 10_000, 9_995));
    // when it comes again, packed or not, in the other encoding: then nothing but the batch is recorded
    let text = unpacked(&path);
    let files = [path.clone(), written(city.dir.path(), "utf8.csv", &text), written(city.dir.path(), "gb.csv", &gb18030(&text))];
    for file in &files {
        let before = city.size().await;
        assert_eq!(city.import(file, "pingshan").await.counts, counts(0, 0, 10_000, 0));
        assert_eq!(city.size().await, before + 2);
    }
    // when a hundred rows have changed: then those cases get the difference, once
    let changed = written(city.dir.path(), "later.csv", &with_a_hundred_changes(&text));
    let before = city.size().await;
    assert_eq!(city.import(&changed, "pingshan").await.counts, counts(0, 100, 9_900, 0));
    assert!(city.size().await >= before + 2 + 100);
    assert_eq!(city.import(&changed, "pingshan").await.counts, counts(0, 0, 10_000, 0));
    assert_eq!(city.sum(Measure::Received, 201_801, 201_812), (10_000, 10_000, 0));
    let (_, total, asserted) = city.sum(Measure::Answered, 201_801, 201_812);
    assert_eq!((total, asserted), (9_995, 9_995));
    // when the source takes the changes back: then that is heard too, and the figures are those of the beginning
    assert_eq!(city.import(&path, "pingshan").await.counts, counts(0, 100, 9_900, 0));
    asserted_outcomes_stand_as_asserted(&city);
}

/// What the README of the set counts, marked as asserted, and no time that the source does not tell.
fn asserted_outcomes_stand_as_asserted(city: &Installation) {
    assert_eq!(city.sum(Measure::Received, 201_801, 201_812), (10_000, 10_000, 0));
    assert_eq!(city.sum(Measure::Answered, 201_801, 201_812), (9_071, 9_071 + 924, 9_071 + 924));
    assert_eq!(city.sum(Measure::Overdue, 201_801, 201_812), (924, 924, 924));
    let cases = city.cases();
    assert_eq!(cases.len(), 10_000);
    let views = city.app.projections.views();
    let mut open = 0;
    for case in &cases {
        let state = views.case_state(case.id).unwrap().unwrap().state;
        assert_eq!((state.answered_at, case.ended_at), (None, None), "{}", case.number);
        if case.stage == Stage::Archived {
            assert!(case.due_at.is_none() && state.clocks.is_empty() && !case.breached, "{}", case.number);
        } else {
            open += 1;
        }
    }
    assert_eq!(open, 5, "the rows without a flag are open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gb18030_and_utf8_give_two_installations_the_same_views() {
    let Some(path) = data(PINGSHAN) else { return };
    let text = unpacked(&path);
    let mut digests = Vec::new();
    for bytes in [&text, &gb18030(&text)] {
        // The log in memory takes the rows in the order of the file; ids and time are the same in both.
        let city = Installation::on(|_, now| Arc::new(MemoryLog::new(now))).await;
        let files = tempfile::tempdir().unwrap();
        let file = written(files.path(), "pingshan.csv", bytes);
        assert_eq!(city.import(&file, "pingshan").await.counts, counts(10_000, 0, 0, 0));
        let Installation { app, dir } = city;
        app.projections.stop();
        // Only the hash of the file itself may differ.
        let views = rusqlite::Connection::open(dir.path().join("views.db")).unwrap();
        assert_eq!(views.execute("UPDATE import_batch SET started = json_remove(started, '$.hash')", []).unwrap(), 1);
        drop(views);
        digests.push(digest(dir.path()).unwrap());
    }
    assert_eq!(digests[0], digests[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tipdm_is_judged_by_its_own_times_and_the_workbook_adds_nothing() {
    let (Some(csv), Some(xlsx)) = (data(CSV), data(XLSX)) else { return };
    // given an installation, when the CSV is imported, and then the workbook that has the same content
    let city = Installation::durable().await;
    assert_eq!(city.import(&csv, "tipdm").await.counts, counts(2_816, 0, 0, 0));
    let before = city.size().await;
    assert_eq!(city.import(&xlsx, "tipdm").await.counts, counts(0, 0, 2_816, 0));
    assert_eq!((city.size().await, city.app.reference().units().count()), (before + 2, 0));
    // then as many answers are late as fifteen working days counted here say
    let calendar = Calendar::official();
    let limit: Limit = "15wd".parse().unwrap();
    let mut late: HashMap<String, DateTime<Utc>> = HashMap::new();
    let mapping = Mapping::built_in("tipdm").unwrap().unwrap();
    let mut table = Table::open_as(csv, &mapping.layout(), &Limits::default()).unwrap();
    for row in read_rows(&mut table, &mapping).unwrap() {
        let row = row.unwrap().unwrap();
        let (due, _) = due(&calendar, &DeadlineInput::new(row.filed_at.at, limit));
        if row.answered_at.unwrap().at >= due {
            late.insert(CaseId::of_external("tipdm", &row.external_id).stream(), due);
        }
    }
    let count = u64::try_from(late.len()).unwrap();
    assert!(count > 500, "{count}");
    assert_eq!(city.sum(Measure::Answered, 201_001, 202_612), (2_816 - count, 2_816, 0));
    assert_eq!(city.sum(Measure::Overdue, 201_001, 202_612), (count, count, 0));
    // and every late one has its breach on record, once, at the instant at which it was due
    let breaches = city.events("case_limit_breached").await;
    assert_eq!(breaches.len(), late.len());
    for breach in &breaches {
        assert!(matches!(CaseEvent::from_slice(&breach.kind, breach.version, &breach.data), Ok(CaseEvent::LimitBreached(_))));
        assert_eq!(Some(&from_micros(breach.occurred_at)), late.get(&breach.stream));
    }
    let cases = city.cases();
    assert!(cases.iter().all(|case| case.stage == Stage::Archived && case.unit.is_none() && case.ended_at.is_some()));
    assert_eq!(cases.iter().filter(|case| case.breached).count(), late.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_rows_are_listed_with_row_column_and_reason_and_the_others_taken() {
    // given a file in the shape of the set, of which seven rows are off
    let columns = [
        "REC_ID",
        "CREATE_TIME",
        "EVENT_PROPERTY_NAME",
        "EVENT_SRC_NAME",
        "EVENT_TYPE_NAME",
        "MAIN_TYPE_NAME",
        "SUB_TYPE_NAME",
        "DISTRICT_NAME",
        "STREET_NAME",
        "COMMUNITY_NAME",
        "DISPOSE_UNIT_NAME",
        "DISPOSE_UNIT_ID",
        "INTIME_ARCHIVE_NUM",
        "OVERTIME_ARCHIVE_NUM",
    ];
    let rest = "12345,市容,路灯,路灯,坪山区,龙田街道,南布社区,路灯队,1";
    let rows = [
        ("1,2018-07-04 17:24:41,投诉", "1,0"),
        (",2018-07-04 17:24:41,投诉", "1,0"),
        ("3,2018-13-04,投诉", "1,0"),
        ("4,2018-07-04 17:24:41,牢骚", "1,0"),
        ("5,2018-07-04 17:24:41,投诉", "1,1"),
        ("1,2018-07-04 17:24:41,投诉", "1,0"),
        ("7,2031-07-04 17:24:41,投诉", "1,0"),
        ("8,1998-07-04 17:24:41,投诉", "1,0"),
        ("9,2018-07-05 17:24:41,咨询", "-,-"),
    ];
    let mut text = columns.join(",").into_bytes();
    for (start, end) in rows {
        write!(text, "\n{start},{rest},{end}").unwrap();
    }
    let city = Installation::durable().await;
    let file = written(city.dir.path(), "off.csv", &text);
    // when it is imported
    let outcome = city.import(&file, "pingshan").await;
    // then the two good rows are cases and every other one is told with its place and reason
    assert_eq!(outcome.counts, counts(2, 0, 0, 7));
    let told: BTreeMap<u64, &str> = outcome.refusals.iter().map(|refusal| (refusal.line, refusal.column.as_str())).collect();
    let expected = [
        (3, "REC_ID"),
        (4, "CREATE_TIME"),
        (5, "EVENT_PROPERTY_NAME"),
        (6, "OVERTIME_ARCHIVE_NUM"),
        (7, "REC_ID"),
        (8, "CREATE_TIME"),
        (9, ""),
    ];
    assert_eq!(told.into_iter().collect::<Vec<_>>(), expected);
    assert!(outcome.refusals.iter().all(|refusal| !refusal.reason.is_empty()));
    let report = String::from_utf8(outcome.report().unwrap()).unwrap();
    assert_eq!(report.lines().count(), 1 + outcome.refusals.len());
    assert!(report.contains("\n8,CREATE_TIME,受理时间在将来，请核对,"), "{report}");
    assert!(report.contains("\n9,（整行）,受理时间早于"), "{report}");
    // a row that only the rules refuse is a difference of the totals
    let batch = city.app.projections.views().imports(1).unwrap().remove(0);
    let totals = batch.finished.unwrap().1.totals;
    let complaints = totals.iter().find(|total| total.value == "complaint").unwrap();
    assert_eq!((complaints.source, complaints.ours), (2, 1));
    // and the same file again takes nothing more
    assert_eq!(city.import(&file, "pingshan").await.counts, counts(0, 0, 2, 7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_case_takes_no_new_words_from_its_source() {
    // given a ticket whose person was erased
    let city = Installation::durable().await;
    let header = "留言编号,留言时间,留言主题,留言详情,留言用户,答复意见,答复时间";
    let file = |answer: &str| {
        written(
            city.dir.path(),
            "demand.csv",
            format!("{header}\n1,2019-03-05 09:00,灯不亮,巷口灯不亮,A1,{answer},2019-03-06 09:00").as_bytes(),
        )
    };
    assert_eq!(city.import(&file("已修复"), "tipdm").await.counts, counts(1, 0, 0, 0));
    let case = CaseId::of_external("tipdm", "1");
    let person = domain::person::person_of_case(case);
    city.app.confirm_person(&cli(&city.app), person, vec![case]).await.unwrap();
    city.app.erase_person(&cli(&city.app), person, "本人申请删除").await.unwrap();
    city.app.projections.catch_up().await.unwrap();
    // when the source sends it again: nothing; when it sends another state: it is refused with the reason
    assert_eq!(city.import(&file("已修复"), "tipdm").await.counts, counts(0, 0, 1, 0));
    let outcome = city.import(&file("已更换灯具"), "tipdm").await;
    assert_eq!(outcome.counts, counts(0, 0, 0, 1));
    assert!(outcome.refusals[0].reason.contains("已依法删除"), "{}", outcome.refusals[0]);
    assert!(city.app.log.keys_of(&case.stream()).await.unwrap().is_empty());
}
