//! Investigations: found by number, listed round the reader's hidden units, the same whether followed or made anew.

use domain::duty::Holder;
use domain::ids::InvestigationId;
use domain::investigation::{
    Accepted, Advice, Answered, Complainant, Concluded, Filed, Finding, Frozen, InvestigationEvent, Mode, ReviewRequested, Source, Stage,
    Statement, System,
};
use domain::mark::MarkKind;
use domain::private::Private;
use domain::time::from_micros;
use projections::{InvestigationFilter, digest, rebuild};
use uuid::Uuid;

use crate::world::{DAY, START, World, unit};

const WORDS: &str = "材料交齐四十天没有结果";

fn frozen(world: &World, days: i64) -> Frozen {
    let from = from_micros(world.now());
    Frozen { from, limit: "5wd".parse().unwrap(), due: from_micros(world.now() + days * DAY), provisional: false, calendar: "t".to_owned() }
}

fn stream(n: u128) -> String {
    InvestigationId(Uuid::from_u128(n)).stream()
}

/// A complaint about a unit that has come to its conclusion.
async fn concluded(world: &World, n: u128, about: &str, finding: Finding) {
    let filed = Filed {
        number: format!("0000000000{n}"),
        unit: unit(about),
        system: System::TimeLimit,
        source: Source::Web,
        case: None,
        statement: Some(Private::new(Statement { words: WORDS.to_owned(), when: "三月".to_owned(), evidence: String::new() })),
        official: None,
        complainant: Some(Private::new(Complainant { name: "陈某".to_owned(), phone: "13800138000".to_owned() })),
        referral: None,
        accept: frozen(world, 7),
    };
    world.append(&stream(n), [InvestigationEvent::from(filed)]).await;
    world.pass(DAY);
    world.append(&stream(n), [InvestigationEvent::from(Accepted { mode: Mode::Transferred, close: frozen(world, 30) })]).await;
    world.append(&stream(n), [conclusion(world, finding)]).await;
}

fn conclusion(world: &World, finding: Finding) -> InvestigationEvent {
    let advised = finding.is_true();
    InvestigationEvent::from(Concluded {
        finding,
        advice: if advised { vec![Advice::Improve] } else { Vec::new() },
        recommendation: advised.then(|| Private::new("请改进".to_owned())),
        words: Private::new("理由".to_owned()),
        adopt: advised.then(|| frozen(world, 30)),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_is_in_no_list_and_no_count_and_no_word_reaches_the_views() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let running = world.started(dir.path()).await;
    concluded(&world, 1, "K", Finding::Partly).await;
    concluded(&world, 2, "L", Finding::Untrue).await;
    // A review overturns the first one: its mark no longer counts, and the unit has nothing more to answer.
    let answered = Answered { words: Private::new("答复".to_owned()), review_request: Some(frozen(&world, 30)) };
    let asked = ReviewRequested { reason: Private::new("不服".to_owned()), review: frozen(&world, 30) };
    world.append(&stream(1), [InvestigationEvent::from(answered), asked.into()]).await;
    let size = world.append(&stream(1), [conclusion(&world, Finding::Unclear)]).await;
    assert!(running.wait_for(size, crate::world::LONG).await);

    let views = running.views();
    let row = views.investigation_by_number("00000000001").unwrap().unwrap();
    assert_eq!((row.name, row.ordinal, row.state.round), (stream(1), 1, 2));
    assert!(views.investigation_by_number("x").unwrap().is_none());
    let listed = |filter: &InvestigationFilter| {
        views.investigations(filter, None, 10).unwrap().into_iter().map(|row| row.ordinal).collect::<Vec<_>>()
    };
    assert_eq!(listed(&InvestigationFilter::default()), [2, 1]);
    assert_eq!(listed(&InvestigationFilter { hidden: vec![unit("L")], ..InvestigationFilter::default() }), [1]);
    assert!(listed(&InvestigationFilter { stages: vec![Stage::Filed], ..InvestigationFilter::default() }).is_empty());
    assert_eq!(listed(&InvestigationFilter { mode: Some(Mode::Transferred), ..InvestigationFilter::default() }), [2, 1]);
    let (from, to) = (from_micros(START), from_micros(START + 10 * DAY));
    let all = views.investigation_counts(&[], from, to).unwrap();
    assert_eq!((all.concluded, all.found_true, all.transferred, all.stages), (2, 0, 2, vec![("concluded".to_owned(), 2)]));
    let round = views.investigation_counts(&[unit("K"), unit("L")], from, to).unwrap();
    assert_eq!(round, projections::InvestigationCounts::default());
    assert!(views.recommendations(&unit("K"), None, 10).unwrap().is_empty());
    assert!(views.duties(&Holder::Unit(unit("K")), None, 10).unwrap().is_empty());
    let marks = views.marks(&unit("K"), from, to, u64::MAX).unwrap();
    assert_eq!(marks.iter().map(|mark| (mark.kind, mark.revoked.is_some())).collect::<Vec<_>>(), [(MarkKind::ComplaintTrue, true)]);

    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    for file in ["views.db", "views.db-wal", "search.db"] {
        let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
        for word in [WORDS, "陈某", "13800138000", "请改进"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word} in {file}");
        }
    }
    let anew = tempfile::tempdir().unwrap();
    rebuild(anew.path(), world.log.clone(), world.vault.clone(), true, &|_, _| {}).await.unwrap();
    assert_eq!(digest(dir.path()).unwrap(), digest(anew.path()).unwrap());
}
