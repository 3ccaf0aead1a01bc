use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::account::check_roles;
use domain::calendar::Calendar;
use domain::case::{CaseEvent, CaseState, ClockKind, Stage};
use domain::catalogue::Catalogue;
use domain::codes;
use domain::rulebook::Rulebook;
use domain::rulebook::shipped::SHIPPED;
use domain::unit::Level;
use event_log::{Cursor, Envelope, MemoryLog};
use vault::{MasterKey, SeededEntropy};

use super::people::people;
use super::random::Random;
use super::words::{self, Kind, Place, SUBJECTS};
use super::*;

const MINUTE: i64 = 60_000_000;

fn instant(text: &str) -> Instant {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn plan(seed: u64, cases: usize) -> Plan {
    let hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA".to_owned();
    Plan {
        seed,
        cases,
        from: instant("2026-07-24T00:00:00+08:00"),
        busy_from: None,
        to: instant("2026-11-20T10:30:00+08:00"),
        password_phc: Some(hash),
        city: true,
    }
}

fn installation(from: Instant) -> (Arc<dyn EventLog>, Arc<Vault>, CityClock) {
    let clock = CityClock::new(from);
    let log = MemoryLog::new(application::clock::log_now(Arc::new(clock.clone())));
    (Arc::new(log), Arc::new(Vault::new(MasterKey::from_bytes([7; 32]), Arc::new(SeededEntropy::new(1)))), clock)
}

async fn built(plan: Plan) -> (Built, Vec<Envelope>) {
    let (log, vault, clock) = installation(plan.from);
    let built = build(log.clone(), vault, clock, plan, None).await.unwrap();
    (built, all(&log).await)
}

async fn all(log: &Arc<dyn EventLog>) -> Vec<Envelope> {
    let mut events = Vec::new();
    let mut cursor = Cursor::default();
    loop {
        let batch = log.read_all(&cursor, 4096).await.unwrap();
        events.extend(batch.events);
        cursor = batch.next;
        if batch.at_head {
            return events;
        }
    }
}

fn cases(events: &[Envelope]) -> BTreeMap<String, CaseState> {
    let mut cases: BTreeMap<String, CaseState> = BTreeMap::new();
    for one in events.iter().filter(|one| one.stream.starts_with("case-")) {
        let event = CaseEvent::from_slice(&one.kind, one.version, &one.data).unwrap();
        domain::case::state::apply(cases.entry(one.stream.clone()).or_default(), from_micros(one.occurred_at), &event);
    }
    cases
}

#[tokio::test]
async fn the_same_seed_gives_the_same_events_and_another_seed_others() {
    let first = facts(&built(plan(1, 300)).await.1);
    assert_eq!(first, facts(&built(plan(1, 300)).await.1));
    let other = facts(&built(plan(2, 300)).await.1);
    let cases = |facts: &BTreeSet<Fact>| {
        facts.iter().map(|(stream, ..)| stream.clone()).filter(|stream| stream.starts_with("case-")).collect::<HashSet<_>>()
    };
    assert_eq!(cases(&first).len(), 300);
    assert!(cases(&first).is_disjoint(&cases(&other)));
}

/// Stream, revision, event, kind, when, who and what, as far as it is not sealed.
type Fact = (String, u64, Uuid, String, i64, String, Vec<u8>);

fn facts(events: &[Envelope]) -> BTreeSet<Fact> {
    let fact =
        |one: &Envelope| (one.stream.clone(), one.revision, one.id, one.kind.clone(), one.occurred_at, one.actor.clone(), one.data.clone());
    events.iter().map(fact).collect()
}

/// The rules refuse nothing on the way: `build` ends with an error at the first refusal.
#[tokio::test]
async fn a_demo_has_cases_in_every_stage_near_their_due_instant_and_past_it() {
    let plan = plan(1, 3000);
    let now = plan.to;
    let (built, events) = built(plan).await;
    assert_eq!((built.events, built.cases), (events.len() as u64, 3000));
    let cases = cases(&events);
    assert_eq!(cases.len(), 3000);
    let mut stages: BTreeMap<&str, usize> = BTreeMap::new();
    cases.values().for_each(|case| *stages.entry(case.stage.code()).or_default() += 1);
    let missing: Vec<_> = Stage::ALL.into_iter().filter(|stage| !stages.contains_key(stage.code())).collect();
    assert_eq!(missing, [], "{stages:?}");
    let handling = || cases.values().filter_map(|case| case.running(ClockKind::Handle));
    assert!(handling().any(|clock| clock.breached) && handling().any(|clock| clock.warned && !clock.breached));
    // Automation has done all that was owed by then.
    let owed = cases.values().flat_map(|case| case.acts().map(|(at, ..)| at)).filter(|at| *at < now).count();
    assert_eq!(owed, 0);
    for property in [
        cases.values().any(|case| case.wrongdoing),
        cases.values().any(|case| case.anonymous),
        cases.values().any(|case| case.confidential && !case.wrongdoing),
        cases.values().any(|case| case.round > 1),
        cases.values().any(|case| case.stars.is_some()),
        cases.values().any(|case| case.level == Some(Level::Township)),
    ] {
        assert!(property);
    }
    let kinds: BTreeSet<&str> = events.iter().map(|one| one.kind.as_str()).collect();
    for kind in [
        "case_refused",
        "case_deemed_received",
        "case_limit_warned",
        "case_limit_breached",
        "case_disputed",
        "case_rehandled",
        "case_answer_sent_back",
        "case_rated",
        "case_answered_directly",
    ] {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[tokio::test]
async fn events_stand_in_the_order_of_time_and_were_recorded_soon_after_they_happened() {
    let (_, events) = built(plan(3, 400)).await;
    for pair in events.windows(2) {
        assert!(pair[0].recorded_at <= pair[1].recorded_at);
    }
    for one in &events {
        let late = one.recorded_at - one.occurred_at;
        assert!((0..=20 * MINUTE).contains(&late), "{} {late}", one.kind);
    }
    let automatic =
        events.iter().filter(|one| matches!(one.kind.as_str(), "case_limit_warned" | "case_limit_breached" | "case_deemed_received"));
    assert!(automatic.clone().count() > 0);
    assert!(automatic.into_iter().all(|one| one.actor.starts_with("automation:")));
}

#[tokio::test]
async fn a_second_run_adds_other_cases_to_the_city() {
    let (log, vault, clock) = installation(plan(1, 40).from);
    build(log.clone(), vault.clone(), clock.clone(), plan(1, 40), None).await.unwrap();
    let added = build(log.clone(), vault, clock, Plan { city: false, ..plan(1, 40) }, None).await.unwrap();
    assert_eq!(added.cases, 40);
    assert_eq!(cases(&all(&log).await).len(), 80);
}

#[tokio::test]
async fn a_log_without_the_city_is_refused() {
    let (log, vault, clock) = installation(plan(1, 40).from);
    let refused = build(log.clone(), vault, clock, Plan { city: false, ..plan(1, 40) }, None).await;
    assert!(matches!(refused, Err(Error::NotThisCity)));
    assert_eq!(log.head().await.unwrap().size, 0);
}

#[test]
fn every_role_has_an_account_of_the_demo_and_all_accounts_obey_the_rules() {
    let city = City::new(plan(1, 0).from, plan(1, 0).to).unwrap();
    assert_eq!(city.shown().len(), domain::account::Role::ALL.len());
    let units: Vec<_> = city.world.catalogue.entries.iter().map(|entry| entry.unit.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let people = people(&units);
    let mut logins = HashSet::new();
    for person in &people {
        assert_eq!(check_roles(&[person.role], person.unit.as_ref(), person.staff), Ok(()), "{}", person.login);
        assert!(logins.insert(person.login.clone()), "{} twice", person.login);
        assert!((1..=30).contains(&person.name.chars().count()));
    }
    let of = |login: &str| people.iter().find(|person| person.login == login).and_then(|person| person.unit.clone());
    assert!(of("liaison").is_some() && of("liaison") == of("handler") && of("handler") == of("head"));
}

#[test]
fn the_catalogue_is_valid_under_the_register_and_finds_a_unit_for_what_people_say() {
    let units = register::units().unwrap();
    let rules = Rulebook::parse(SHIPPED[0].1).unwrap();
    let known = |code: &domain::ids::UnitCode| units.iter().any(|unit| unit.code == *code);
    let catalogue = Catalogue::parse(&catalogue::text(), known, |class| rules.class(class).is_some()).unwrap();
    assert!(catalogue.entries.len() >= 80);
    let mut found = 0;
    for n in 0..1000 {
        let mut random = Random::nth(5, n);
        let place = Place::any(&mut random);
        let subject = random.weighted(&SUBJECTS, |subject| subject.weight);
        let kind = if n % 3 == 0 { Kind::Question } else { Kind::Demand };
        let (_, text) = words::demand(subject, kind, &place, &mut random);
        found += usize::from(!catalogue.suggest("complaint", &text, &place.division(&mut random)).is_empty());
    }
    assert!(found >= 900, "{found} of 1000");
}

#[test]
fn the_register_has_four_levels_with_parents_before_their_children_and_dated_names() {
    let units = register::units().unwrap();
    let mut known = HashSet::new();
    for unit in &units {
        assert!(unit.parent.as_ref().is_none_or(|parent| known.contains(parent)), "{}", unit.code);
        assert!(unit.division.as_deref().is_none_or(codes::is_division), "{}", unit.code);
        known.insert(unit.code.clone());
    }
    let count = |level| units.iter().filter(|unit| unit.level == level).map(|unit| &unit.code).collect::<HashSet<_>>().len();
    assert_eq!((count(Level::City), count(Level::County), count(Level::Township), count(Level::Village)), (42, 85, 60, 300));
    assert!(units.len() > known.len(), "somebody was renamed");
    assert_eq!(
        units.iter().filter(|unit| unit.hotline).map(|unit| unit.code.as_str()).collect::<HashSet<_>>(),
        HashSet::from([register::HOTLINE])
    );
    let mut names = HashSet::new();
    for unit in units.iter().filter(|unit| unit.level == Level::Village) {
        assert!(names.insert((unit.parent.clone(), unit.name.clone())), "{} twice in its town", unit.name);
    }
}

#[test]
fn demands_have_a_plausible_length_leave_no_slot_open_and_rarely_repeat() {
    let mut seen = HashSet::new();
    let (mut long, count) = (0, 5000);
    for n in 0..count {
        let mut random = Random::nth(9, n);
        let place = Place::any(&mut random);
        let subject = random.weighted(&SUBJECTS, |subject| subject.weight);
        let kind = [Kind::Question, Kind::Demand, Kind::Demand][n as usize % 3];
        let (title, demand) = words::demand(subject, kind, &place, &mut random);
        assert!((6..=60).contains(&title.chars().count()), "{title}");
        let length = demand.chars().count();
        assert!((30..=600).contains(&length), "{length}: {demand}");
        long += usize::from(length > 200);
        let answer = words::answer(subject, kind, &place, 1, &mut random);
        for text in [&demand, &answer, &words::wish(subject, kind, &place, &mut random)] {
            assert!(!text.contains(['{', '}']), "{text}");
        }
        assert!(answer.chars().count() >= 30, "{answer}");
        seen.insert(demand);
    }
    assert!(seen.len() as u64 * 100 > count * 93, "{} of {count} differ", seen.len());
    assert!(long > 0);
    assert!(SUBJECTS.iter().map(|subject| subject.bodies.len()).sum::<usize>() >= 60);
}

#[test]
fn offices_work_on_workdays_in_their_two_sessions_and_make_up_days_count() {
    let calendar = Calendar::official();
    let hours = hours::Hours::between(&calendar, instant("2026-09-01T00:00:00+08:00"), instant("2026-10-31T00:00:00+08:00"));
    let after = |at: &str, minutes| from_micros(hours.after(hours::Shift::Office, micros(instant(at)), minutes));
    assert_eq!(after("2026-09-16T11:50:00+08:00", 20.0), instant("2026-09-16T13:40:00+08:00"));
    // The Sunday before Mid-Autumn is worked; the first days of October are not.
    assert_eq!(after("2026-09-19T10:00:00+08:00", 30.0), instant("2026-09-20T09:30:00+08:00"));
    assert_eq!(after("2026-09-30T17:20:00+08:00", 20.0), instant("2026-10-08T09:10:00+08:00"));
}
