//! Scores, their facts, and public figures.

use domain::case::ClockKind;
use domain::case::event::{BreachWithdrawn, WithdrawReason};
use domain::rulebook::Measure;
use domain::unit::{UnitEvent, UnitMoved};
use projections::{At, Dimension, FactQuery, MeasureFigure, PublicFilter, Scope, Views, digest};

use crate::world::*;

const MARCH: i32 = 202_603;

fn figure(views: &Views, scope: &Scope, measure: Measure) -> (u64, u64, u64) {
    let found = views.month(scope, MARCH).unwrap().into_iter().find(|one| one.measure == measure).unwrap();
    (found.yes, found.total, found.asserted)
}

fn facts(views: &Views, scope: Scope, measure: Measure, as_of: Option<u64>) -> usize {
    views.facts(&FactQuery { scope, measure, period: MARCH, yes: None, as_of, after: None, limit: 1000 }).unwrap().len()
}

#[tokio::test]
async fn a_figure_adds_up_over_the_tree_and_leads_to_its_facts() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    for (n, to) in [(1, "T1"), (2, "T1"), (3, "T2"), (4, "L")] {
        world.given_to(n, to).await;
        world.finish(n, n != 2).await;
    }
    let running = world.started(dir.path()).await;
    let views = running.views();
    let below = |code| Scope::Subtree(unit(code));
    assert_eq!(figure(&views, &below("T1"), Measure::Satisfied), (1, 2, 0));
    assert_eq!(figure(&views, &below("K"), Measure::Satisfied), (2, 3, 0));
    assert_eq!(figure(&views, &Scope::Unit(unit("K")), Measure::Satisfied), (0, 0, 0));
    assert_eq!(figure(&views, &Scope::All, Measure::Satisfied), (3, 4, 0));
    assert_eq!(figure(&views, &Scope::All, Measure::Answered), (4, 4, 0));
    for measure in Measure::ALL {
        for scope in [Scope::All, below("C"), below("K"), below("T1")] {
            let (_, total, _) = figure(&views, &scope, measure);
            assert_eq!(facts(&views, scope, measure, None) as u64, total, "{measure:?}");
        }
    }
    let children = views.children(&unit("C"), MARCH).unwrap();
    let totals: Vec<_> = children.iter().map(|(code, figures)| (code.as_str(), figures[0].total)).collect();
    assert_eq!(totals, [("K", 3), ("L", 1)]);
    let trend = views.trend(&below("K"), &[Measure::Received], 202_602, MARCH).unwrap();
    let of = |total| vec![MeasureFigure { measure: Measure::Received, yes: total, total, asserted: 0 }];
    assert_eq!(trend, vec![(202_602, of(0)), (MARCH, of(3))]);
}

#[tokio::test]
async fn sums_follow_the_tree_when_units_move_and_equal_those_of_a_rebuild() {
    let (world, dir, anew) = (World::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    world.city().await;
    for (n, to) in [(1, "T1"), (2, "T2"), (3, "L"), (4, "T2")] {
        world.given_to(n, to).await;
    }
    let running = world.started(dir.path()).await;
    let views = running.views();
    let received = |views: &Views| ["C", "K", "L", "T1", "T2"].map(|code| figure(views, &Scope::Subtree(unit(code)), Measure::Received).1);
    assert_eq!(received(&views), [4, 3, 1, 1, 2]);
    let to = async |code: &str, parent: &str| {
        let moved = UnitMoved { parent: Some(unit(parent)), since: domain::time::legal_day(at(world.now())) };
        world.append(&format!("unit-{code}"), [UnitEvent::from(moved)]).await;
        running.catch_up().await.unwrap();
    };
    to("T2", "L").await;
    assert_eq!(received(&views), [4, 1, 3, 1, 2]);
    // What comes after counts where the unit stands now.
    world.given_to(5, "T2").await;
    to("L", "K").await;
    assert_eq!(received(&views), [5, 5, 4, 1, 3]);
    to("T2", "T1").await;
    assert_eq!(received(&views), [5, 5, 1, 4, 3]);
    let moved = figure(&views, &Scope::Subtree(unit("T1")), Measure::Received).1;
    assert_eq!(facts(&views, Scope::Subtree(unit("T1")), Measure::Received, None) as u64, moved);
    let position = running.position();
    let then = views.month_as_of(&Scope::Subtree(unit("T1")), MARCH, position).unwrap();
    assert_eq!(then, views.month(&Scope::Subtree(unit("T1")), MARCH).unwrap());
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();
    let fresh = world.started(anew.path()).await;
    assert_eq!(received(&fresh.views()), [5, 5, 1, 4, 3]);
    tokio::task::spawn_blocking(|| fresh.stop()).await.unwrap();
    assert_eq!(digest(dir.path()).unwrap(), digest(anew.path()).unwrap());
}

#[tokio::test]
async fn a_withdrawn_breach_is_taken_back_and_earlier_views_still_show_it() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    let given = world.given_to(1, "T1").await;
    let running = world.started(dir.path()).await;
    let breached = world.case(case(1), [world.breach(ClockKind::Handle, "T1")]).await;
    running.catch_up().await.unwrap();
    let views = running.views();
    assert_eq!(figure(&views, &Scope::All, Measure::Overdue), (1, 1, 0));
    let withdrawn = BreachWithdrawn { clock: ClockKind::Handle, round: 1, reason: WithdrawReason::AnsweredInTime };
    let last = world.case(case(1), [withdrawn.into()]).await;
    running.catch_up().await.unwrap();
    assert_eq!((figure(&views, &Scope::All, Measure::Overdue), figure(&views, &Scope::All, Measure::Answered)), ((0, 0, 0), (0, 0, 0)));

    let overdue = |seq| {
        let then = views.month_as_of(&Scope::Subtree(unit("C")), MARCH, seq).unwrap();
        let figure = then.into_iter().find(|one| one.measure == Measure::Overdue).unwrap().total;
        assert_eq!(facts(&views, Scope::All, Measure::Overdue, Some(seq)) as u64, figure);
        figure
    };
    assert_eq!((overdue(given), overdue(breached), overdue(last)), (0, 1, 0));
    // As of now the facts give what the tallies say.
    assert_eq!(views.month_as_of(&Scope::All, MARCH, last).unwrap(), views.month(&Scope::All, MARCH).unwrap());
}

#[tokio::test]
async fn an_asserted_outcome_replaces_the_one_before_and_stays_marked() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    world.case(case(1), [world.imported(1).into(), world.asserted("T1", false)]).await;
    let running = world.started(dir.path()).await;
    let views = running.views();
    assert_eq!((figure(&views, &Scope::All, Measure::Answered), figure(&views, &Scope::All, Measure::Overdue)), ((0, 1, 1), (1, 1, 1)));
    world.case(case(1), [world.asserted("T2", true)]).await;
    running.catch_up().await.unwrap();
    assert_eq!((figure(&views, &Scope::All, Measure::Answered), figure(&views, &Scope::All, Measure::Overdue)), ((1, 1, 1), (0, 0, 0)));
    assert_eq!(
        (figure(&views, &Scope::Unit(unit("T1")), Measure::Answered), figure(&views, &Scope::Unit(unit("T2")), Measure::Answered)),
        ((0, 0, 0), (1, 1, 1))
    );
}

#[tokio::test]
async fn reports_of_wrongdoing_and_confidential_cases_are_counted_and_never_listed() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    for n in 1..=3 {
        world.given_to(n, "T1").await;
    }
    world.finish(1, true).await;
    let mut hidden = [world.filed(4), world.filed(5), world.filed(6)];
    hidden[0].wrongdoing = true;
    hidden[1].confidential = true;
    hidden[2].publish = false;
    for (n, filed) in (4..).zip(hidden) {
        world.case(case(n), [filed.into()]).await;
    }
    let running = world.started(dir.path()).await;
    let views = running.views();
    let page = views.public_cases(&PublicFilter::default(), &At::First, 3).unwrap();
    assert_eq!(page.rows.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["", "路灯不亮3", "路灯不亮2"]);
    let rest = views.public_cases(&PublicFilter::default(), &At::After(page.next.unwrap()), 3).unwrap();
    assert_eq!(rest.rows.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["路灯不亮1"]);
    let back = views.public_cases(&PublicFilter::default(), &At::Before(rest.previous.unwrap()), 3).unwrap();
    assert_eq!(back.rows, page.rows);

    let counted = |filter: &PublicFilter| views.public_cases(filter, &At::First, 50).unwrap().rows.len();
    let none = PublicFilter::default();
    assert_eq!(counted(&PublicFilter { place: Some("330502".to_owned()), ..none.clone() }), 4);
    assert_eq!(counted(&PublicFilter { place: Some("3305020019".to_owned()), ..none.clone() }), 0);
    assert_eq!(counted(&PublicFilter { place: Some("3305".to_owned()), month: Some(MARCH), ..none.clone() }), 4);
    assert_eq!(counted(&PublicFilter { unit: Some(unit("T1")), ..none.clone() }), 3);
    assert_eq!(counted(&PublicFilter { month: Some(202_604), ..none.clone() }), 0);
    assert_eq!(counted(&PublicFilter { class: Some("help".to_owned()), ..none }), 0);

    let all = views.public_figures(Dimension::All, MARCH).unwrap();
    assert_eq!((all[0].filed, all[0].ended, all[0].answered, all[0].in_time), (6, 1, 1, 1));
    let towns = views.public_figures(Dimension::Township, MARCH).unwrap();
    assert_eq!((towns[0].value.as_str(), towns[0].filed), ("330502001", 6));
    let units = views.public_figures(Dimension::Unit, MARCH).unwrap();
    assert_eq!(units.iter().map(|one| (one.value.as_str(), one.filed)).collect::<Vec<_>>(), [("", 3), ("T1", 3)]);
    assert_eq!(views.freshness().unwrap().seq, running.position());
}

#[tokio::test]
async fn counts_of_all_units_are_those_of_the_facts_at_every_place_of_the_log() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.city().await;
    for (n, to) in [(1, "T1"), (2, "T1"), (3, "T2")] {
        world.given_to(n, to).await;
        world.finish(n, n != 2).await;
    }
    world.given_to(4, "T1").await;
    world.case(case(4), [world.breach(ClockKind::Handle, "T1")]).await;
    world.case(case(4), [BreachWithdrawn { clock: ClockKind::Handle, round: 1, reason: WithdrawReason::AnsweredInTime }.into()]).await;
    let running = world.started(dir.path()).await;
    let views = running.views();
    let head = views.position().unwrap();
    assert_eq!(views.measure_counts(None, MARCH, MARCH, u64::MAX), views.measure_counts(None, MARCH, MARCH, head));
    for place in 0..=head {
        let counts = views.measure_counts(None, MARCH, MARCH, place).unwrap();
        for code in ["T1", "T2", "K", "L"] {
            let facts = views.month_as_of(&Scope::Unit(unit(code)), MARCH, place).unwrap();
            for figure in facts {
                let found = counts.iter().find(|one| one.unit == unit(code) && one.measure == figure.measure);
                assert_eq!(found.map_or((0, 0), |one| (one.yes, one.total)), (figure.yes, figure.total), "{code} at {place}");
            }
        }
        let taken_back: u64 = counts.iter().map(|one| one.excluded).sum();
        assert_eq!(taken_back > 0, place >= head, "the breach is taken back by the last event");
        let some = views.measure_counts(Some(&[unit("T1")]), MARCH, MARCH, place).unwrap();
        let expected: Vec<_> = counts.into_iter().filter(|one| one.unit == unit("T1")).collect();
        assert_eq!(some, expected);
    }
}
