use std::collections::{BTreeMap, BTreeSet};

use domain::assessment::{Stage as AssessmentStage, YearState};
use domain::campaign::{Campaign, Stage as CampaignStage};
use domain::card::{CardStage, CardState};
use domain::escalation::Escalation;
use domain::inspection::{InspectionState, Mode, Outcome, Stage as CheckStage};
use domain::investigation::{Investigation, Stage as FileStage};
use domain::matter::MatterState;
use domain::order::{OrderStage, OrderState};
use domain::rectification::{RectificationState, Stage as RectificationStage};
use event_log::{Cursor, Envelope, EventLog, MemoryLog};
use vault::{MasterKey, SeededEntropy, Vault};

use super::*;
use crate::city::{Built, CityClock, Plan, build};
use crate::installation::{self, Parts};

struct Story {
    built: Built,
    events: Vec<Envelope>,
    app: Arc<Application>,
    _folder: tempfile::TempDir,
}

impl Story {
    fn states<S: Folded>(&self) -> Vec<S> {
        self.app.projections.views().streams::<S>(None, 10_000).unwrap().into_iter().map(|row| row.state).collect()
    }
}

fn instant(text: &str) -> Instant {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// The city from the autumn of last year to a Friday morning in November.
async fn story(seed: u64, cases: usize) -> Story {
    story_until(seed, cases, "2026-11-20T10:30:00+08:00").await
}

async fn story_until(seed: u64, cases: usize, end: &str) -> Story {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::of_demo(seed, cases, instant(end), None);
    let clock = CityClock::new(plan.from);
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(application::clock::log_now(Arc::new(clock.clone()))));
    let vault = Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(SeededEntropy::new(1))));
    let attachments = folder.path().join(application::attachments::FOLDER);
    let parts = Parts { audited: false, ballots: true, ids: Arc::new(SeededEntropy::new(seed)), attachments };
    let app = installation::assemble(folder.path(), Arc::new(clock.clone()), vault.clone(), log.clone(), parts).await.unwrap();
    let automation = Automation::new(app.clone(), automation::Settings::default(), folder.path()).unwrap();
    let house = House { app: app.clone(), automation };
    let built = build(log.clone(), vault, clock, plan, Some(house)).await.unwrap();
    app.projections.catch_up().await.unwrap();
    let mut events = Vec::new();
    let mut cursor = Cursor::default();
    loop {
        let batch = log.read_all(&cursor, 4096).await.unwrap();
        events.extend(batch.events);
        cursor = batch.next;
        if batch.at_head {
            break;
        }
    }
    Story { built, events, app, _folder: folder }
}

fn count<T>(all: &[T], wanted: impl Fn(&T) -> bool) -> usize {
    all.iter().filter(|one| wanted(one)).count()
}

#[tokio::test]
async fn every_noun_has_something_in_every_state_and_nothing_was_refused() {
    let story = story(1, 600).await;
    assert_eq!(story.built.refused, Vec::<String>::new());
    assert_eq!(story.built.events, story.events.len() as u64);

    let counts = story.app.projections.views().escalation_counts().unwrap();
    let on =
        |ladder: &str, level: u8| -> u64 { counts.iter().filter(|one| one.ladder == ladder && one.level == level).map(|one| one.n).sum() };
    assert!((1..=4).all(|level| on("response", level) >= 3), "{counts:?}");
    // 办不成事 is rare: so small a city has a few, one of 3,000 cases has them on every level.
    assert!((1..=4).map(|level| on("stuck", level)).sum::<u64>() >= 2, "{counts:?}");
    let matters = story.states::<Escalation>();
    assert!(count(&matters, |one| !one.is_open()) >= 3 && count(&matters, |one| !one.meetings.is_empty()) >= 1);
    assert!(count(&matters, |one| one.spans.windows(2).any(|pair| pair[1].level < pair[0].level)) >= 1, "given back");

    let cards = story.states::<CardState>();
    for stage in [CardStage::Triggered, CardStage::Issued, CardStage::Dismissed] {
        assert!(count(&cards, |card| card.stage == stage) >= 1, "{stage:?}");
    }

    let orders = story.states::<OrderState>();
    assert!(orders.len() >= 25);
    for stage in [OrderStage::Open, OrderStage::Answered, OrderStage::Accepted, OrderStage::Withdrawn] {
        assert!(count(&orders, |order| order.stage == stage) >= 2, "{stage:?}");
    }
    assert!(count(&orders, |order| order.stage == OrderStage::Open && order.overdue) >= 2);
    assert!(count(&orders, |order| order.stage == OrderStage::Open && order.returned_at.is_some()) >= 1);

    let matters = story.states::<MatterState>();
    assert_eq!((matters.len(), count(&matters, |one| one.closed_at.is_some())), (6, 2));
    let now = story.app.now();
    assert!(matters.iter().any(|one| one.closed_at.is_none() && one.due < now), "one is late");

    let checks = story.states::<InspectionState>();
    assert_eq!(count(&checks, |one| one.stage == CheckStage::Done), 4);
    assert_eq!(count(&checks, |one| one.stage == CheckStage::Approved && !one.visits.is_empty()), 1);
    assert_eq!(count(&checks, |one| one.is_secret() && one.stage == CheckStage::Planned), 1);
    assert!(checks.iter().any(|one| one.mode == Mode::Covert && !one.is_secret()) && checks.iter().any(|one| one.draw.is_some()));
    let outcome =
        |wanted| checks.iter().flat_map(|one| &one.findings).filter(|one| one.outcome.as_ref().map(|(found, ..)| *found) == wanted).count();
    assert!(outcome(Some(Outcome::Confirmed)) >= 3 && outcome(Some(Outcome::Dropped)) >= 1 && outcome(None) >= 1);

    let rectifications = story.states::<RectificationState>();
    assert!(count(&rectifications, |one| one.stage == RectificationStage::Accepted) >= 1 && rectifications.len() >= 4);
    assert!(count(&rectifications, |one| one.stage != RectificationStage::Accepted) >= 1);

    let files = story.states::<Investigation>();
    for stage in FileStage::ALL {
        assert!(files.iter().any(|one| one.stage == *stage), "{stage:?}");
    }
    let findings: BTreeSet<_> = files.iter().filter_map(|one| one.finding).collect();
    assert_eq!(findings.len(), domain::investigation::Finding::ALL.len(), "{findings:?}");

    let years: BTreeMap<i32, AssessmentStage> = story.states::<YearState>().into_iter().map(|one| (one.year, one.stage)).collect();
    assert_eq!(years, BTreeMap::from([(2025, AssessmentStage::Published), (2026, AssessmentStage::Opened)]));

    let campaigns = story.states::<Campaign>();
    let stages: Vec<CampaignStage> = campaigns.iter().map(|one| one.stage).collect();
    assert_eq!(stages, [CampaignStage::Open, CampaignStage::Published]);
    assert!(campaigns[1].ballots() >= 200, "{}", campaigns[1].ballots());
    let id =
        domain::campaign::CampaignId::from_stream(&story.app.projections.views().streams::<Campaign>(None, 1).unwrap()[0].name).unwrap();
    let in_box: u64 = story.app.ballots.counts(id.0).unwrap().values().map(|of| of.ballots).sum();
    assert!(in_box >= 200, "{in_box}");
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story_and_the_clock_owes_nothing_at_its_end() {
    let one = story(5, 150).await;
    let same = story(5, 150).await;
    let told = |story: &Story| -> BTreeMap<String, Vec<(String, i64)>> {
        let mut streams: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
        for event in &story.events {
            streams.entry(event.stream.clone()).or_default().push((event.kind.clone(), event.occurred_at));
        }
        streams
    };
    assert_eq!(told(&one), told(&same));
    for pair in one.events.windows(2) {
        assert!(pair[0].recorded_at <= pair[1].recorded_at);
    }
    let views = one.app.projections.views();
    assert_eq!(views.agenda_until(one.app.now(), 10).unwrap(), []);
}

/// Whoever looks at a small city finds work on the director's desk and a year that is assessed, whatever the day: an ordinary
/// Monday, the first day after the national holiday, a Sunday, and the weeks in which last year is assessed.
#[tokio::test]
async fn a_story_that_ends_on_any_day_has_a_card_to_issue_an_assessed_year_and_nothing_refused() {
    for day in ["2026-11-23", "2026-10-08", "2026-08-30", "2027-01-13", "2027-01-27"] {
        let story = story_until(1, 120, &format!("{day}T09:40:00+08:00")).await;
        assert_eq!(story.built.refused, Vec::<String>::new(), "{day}");
        let waiting = count(&story.states::<CardState>(), |card| card.stage == CardStage::Triggered);
        assert!(waiting >= 1, "{day}");
        assert!(story.states::<YearState>().iter().any(|year| year.stage == AssessmentStage::Published), "{day}");
    }
}
