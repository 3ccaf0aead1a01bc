//! An assessment of a hundred bodies, calculated again by another program from exported files alone.

use std::path::Path;
use std::process::Command;

use application::{Actor, Meta, Staff};
use chrono::{NaiveDate, TimeDelta};
use domain::account::Role;
use domain::assessment::YearState;
use domain::assessment::year::{Marked, Points};
use domain::case::command::{Asserted, TakeOver};
use domain::case::event::Demand;
use domain::ids::{ImportId, UnitCode};
use domain::private::Private;
use domain::rulebook::Measure;
use domain::rulebook::scheme::SHIPPED;
use domain::unit::{Level, Nature, UnitEntry};
use exchange::export::sheet::Format;
use exchange::export::tables::{Kind, export};

use crate::harness::{CITY, Site};

const BODIES: usize = 100;
/// Tickets of a body; more of the later ones fail.
const TICKETS: usize = 7;

fn code(n: usize) -> UnitCode {
    UnitCode::parse(&format!("09{n:04}")).unwrap()
}

async fn city(site: &Site) {
    let meta = || Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, site.app.ids.uuid());
    for n in 0..BODIES {
        let entry = UnitEntry {
            code: code(n),
            name: format!("市第{n}局"),
            parent: UnitCode::parse(CITY).ok(),
            level: Level::City,
            nature: Nature::Accountable,
            division: None,
            hotline: false,
            since: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        };
        site.app.register_unit(&meta(), &entry).await.unwrap();
    }
    site.settle().await;
    let import = Meta::new(Actor::Import(ImportId(site.app.ids.uuid())), site.app.ids.uuid());
    for n in 0..BODIES {
        for ticket in 0..(n % TICKETS) {
            let good = |divisor: usize| !(n * 31 + ticket * 17).is_multiple_of(divisor);
            let asserted = |measure, value| Asserted { measure, value, provenance: "test".to_owned() };
            let row = TakeOver {
                number: site.app.ids.number(),
                source: "test".to_owned(),
                external_id: format!("{n}-{ticket}"),
                fingerprint: "1".to_owned(),
                filed_at: site.app.now() - TimeDelta::days(40),
                class: "complaint".to_owned(),
                channel: "web".to_owned(),
                division: String::new(),
                category: Vec::new(),
                demand: Demand { title: "路灯".to_owned(), words: "路灯不亮".to_owned(), wish: String::new(), place: String::new() },
                petitioner: None,
                unit: Some((code(n), Level::City)),
                answer: None,
                asserted: vec![
                    asserted(Measure::Answered, good(3)),
                    asserted(Measure::Satisfied, good(4)),
                    asserted(Measure::Solved, good(5)),
                ],
            };
            site.app.take_over(&import, row).await.unwrap();
        }
    }
    site.settle().await;
}

fn written(path: &Path, write: impl FnOnce(std::fs::File)) {
    write(std::fs::File::create(path).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_bodies_are_calculated_again_to_the_last_digit() {
    let site = Site::open().await;
    city(&site).await;
    site.account(Role::Director).await;
    let reference = site.app.reference();
    let account = reference.account_by_login("director").unwrap();
    let staff = Staff { account: account.id, unit: account.unit.clone(), roles: account.roles.clone(), kind: account.staff };
    let by = || Meta::new(Actor::Staff(staff.clone()), site.app.ids.uuid());
    site.app.open_assessment(&by(), 2026, SHIPPED[0].1).await.unwrap();
    let points = (0..BODIES).map(|n| Points { unit: code(n), points: format!("{}.{:02}", n % 15, n) }).collect();
    let marked = Marked { item: "public".to_owned(), points, reason: Private::new("评议报告".to_owned()) };
    site.app.mark_assessment(&by(), 2026, marked).await.unwrap();
    site.app.draft_assessment(&by(), 2026).await.unwrap();
    site.settle().await;
    let scored = site.app.assessment(&by().actor, 2026).await.unwrap();
    assert_eq!((scored.results.len(), scored.missing()), (BODIES + 3, 0));

    let dir = tempfile::tempdir().unwrap();
    let [scheme, lines, facts, marks] = ["scheme.toml", "lines.json", "facts.json", "marks.json"].map(|name| dir.path().join(name));
    let year: YearState = site.app.stream_state("assessment-2026").await.unwrap().unwrap();
    std::fs::write(&scheme, &year.scheme).unwrap();
    written(&lines, |file| {
        exchange::export::assessment::lines(&scored, Format::Json, file, site.app.now()).unwrap();
    });
    for (path, kind) in [(&facts, Kind::Facts), (&marks, Kind::Marks)] {
        written(path, |file| {
            export(&site.app, kind, None, Format::Json, file).unwrap();
        });
    }
    // The circular is a package that any reader of ZIP and XML takes; its annex has a row for every body.
    let docx = dir.path().join("circular.docx");
    let circular = exchange::export::circular::Circular::of(&scored);
    std::fs::write(&docx, exchange::export::docx::docx(&circular).unwrap()).unwrap();
    let look = "import sys, zipfile, xml.etree.ElementTree as E\nz = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None\nfor n in z.namelist(): E.fromstring(z.read(n))\nw = '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}'\nprint(len(list(E.fromstring(z.read('word/document.xml')).iter(w + 'tr'))))";
    let run = Command::new("python3").args(["-c", look]).arg(&docx).output().unwrap();
    let rows = String::from_utf8_lossy(&run.stdout).trim().to_owned();
    // Two groups with a header each.
    assert_eq!(rows, (BODIES + 3 + 2).to_string(), "{}", String::from_utf8_lossy(&run.stderr));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../ops/scripts/recompute_assessment.py");
    let run = Command::new("python3").arg(script).args([&scheme, &lines, &facts, &marks]).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains(&format!("{} bodies", BODIES + 3)), "{said}");
}
