//! What must hold of the limits of supervision in every log. Reckons them by itself, from the events alone: when each limit
//! began, by when it was kept, and whether what the clock recorded is what the rules ask for, once, at the due instant.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::assessment::AssessedEvent;
use domain::card::CardEvent;
use domain::event::Event;
use domain::inspection::event::{InspectionDone, InspectionPlanned};
use domain::inspection::{InspectionEvent, Plan, state::end_of};
use domain::investigation::{InvestigationEvent, LimitKind};
use domain::matter::TaskEvent;
use domain::order::OrderEvent;
use domain::rectification::RectificationEvent;
use domain::time::{Instant, from_micros, legal_day};
use event_log::Envelope;

/// One limit: until when it ran, and what the clock recorded of it.
#[derive(Debug)]
struct Limit {
    due: Instant,
    /// Kept, or void.
    ended: Option<Instant>,
    recorded: Vec<Instant>,
}

/// A check, as far as the clock needs it.
#[derive(Default)]
struct Check {
    covert: bool,
    plan: Option<Plan>,
    until: Option<Instant>,
    visits: Vec<NaiveDate>,
    /// Refused or done: the clock has nothing more to do with its periods.
    ended: Option<Instant>,
    missed: BTreeMap<NaiveDate, Vec<Instant>>,
}

/// What the clock did, by kind.
#[derive(Debug, Default, Clone)]
pub struct Broken(pub BTreeMap<String, usize>);

/// The limits of a world that has come to rest.
pub struct Ledger<'a> {
    seed: u64,
    now: Instant,
    /// By stream and what runs: the latest is the one that counts.
    limits: BTreeMap<(&'a str, String), Vec<Limit>>,
    checks: BTreeMap<&'a str, Check>,
    broken: Broken,
}

/// Examines all limits; answers how many were broken, by kind of event.
pub fn examine(seed: u64, now: Instant, events: &[Envelope]) -> Broken {
    let mut ledger = Ledger { seed, now, limits: BTreeMap::new(), checks: BTreeMap::new(), broken: Broken::default() };
    for envelope in events {
        let Ok(event) = Event::from_slice(&envelope.kind, envelope.version, &envelope.data) else { continue };
        ledger.follow(envelope, &event);
    }
    ledger.close()
}

impl<'a> Ledger<'a> {
    fn begin(&mut self, stream: &'a str, what: impl Into<String>, due: Instant) {
        self.limits.entry((stream, what.into())).or_default().push(Limit { due, ended: None, recorded: Vec::new() });
    }

    fn latest(&mut self, stream: &'a str, what: &str) -> Option<&mut Limit> {
        self.limits.get_mut(&(stream, what.to_owned())).and_then(|all| all.last_mut())
    }

    /// Kept or void since; none = it runs again as if nothing had been.
    fn end(&mut self, stream: &'a str, what: &str, at: Option<Instant>) {
        if let Some(limit) = self.latest(stream, what) {
            limit.ended = at.map(|at| limit.ended.map_or(at, |ended| ended.min(at)));
        }
    }

    /// The clock recorded that the limit is broken.
    fn record(&mut self, envelope: &'a Envelope, what: &str) {
        let (seed, at) = (self.seed, from_micros(envelope.occurred_at));
        assert!(envelope.recorded_at >= envelope.occurred_at, "seed {seed}: {} of {} lies ahead", envelope.kind, envelope.stream);
        *self.broken.0.entry(envelope.kind.clone()).or_default() += 1;
        let limit = self.latest(&envelope.stream, what);
        let limit = limit.unwrap_or_else(|| panic!("seed {seed}: {} of {}: no such limit {what}", envelope.kind, envelope.stream));
        limit.recorded.push(at);
    }

    fn follow(&mut self, envelope: &'a Envelope, event: &Event) {
        let (stream, at) = (envelope.stream.as_str(), from_micros(envelope.occurred_at));
        match event {
            Event::Order(event) => match event {
                OrderEvent::Issued(e) => self.begin(stream, "", e.due),
                OrderEvent::Returned(e) => self.begin(stream, "", e.due),
                OrderEvent::Feedback(_) | OrderEvent::Withdrawn(_) => self.end(stream, "", Some(at)),
                OrderEvent::Overdue(_) => self.record(envelope, ""),
                OrderEvent::Accepted(_) | OrderEvent::Urged(_) => {}
            },
            Event::Task(event) => match event {
                TaskEvent::Assigned(e) => self.begin(stream, "", e.due),
                TaskEvent::Extended(e) => {
                    // A feedback of the whole stands; the new day runs only when it is sent back.
                    let kept = self.latest(stream, "").is_some_and(|limit| limit.ended.is_some());
                    self.end(stream, "", Some(at));
                    self.begin(stream, "", e.due);
                    if kept {
                        self.end(stream, "", Some(at));
                    }
                }
                TaskEvent::Feedback(e) if e.percent == 100 => self.end(stream, "", Some(at)),
                // Not the whole after all.
                TaskEvent::Feedback(_) | TaskEvent::Returned(_) => self.end(stream, "", None),
                TaskEvent::Closed(_) => self.end(stream, "", Some(at)),
                TaskEvent::Overdue(_) => self.record(envelope, ""),
                TaskEvent::Accepted(_) => {}
            },
            Event::Rectification(event) => match event {
                RectificationEvent::Ordered(e) => self.begin(stream, "", e.due),
                RectificationEvent::Returned(e) => self.begin(stream, "", e.due),
                RectificationEvent::Reported(_) | RectificationEvent::Withdrawn(_) => self.end(stream, "", Some(at)),
                RectificationEvent::Overdue(_) => self.record(envelope, ""),
                RectificationEvent::Planned(_) | RectificationEvent::Accepted(_) => {}
            },
            Event::Card(event) => match event {
                CardEvent::Issued(e) => self.begin(stream, "", e.object_until),
                CardEvent::Objected(_) | CardEvent::Revoked(_) | CardEvent::Withdrawn(_) => self.end(stream, "", Some(at)),
                CardEvent::Lapsed(_) => self.record(envelope, ""),
                _ => {}
            },
            Event::Assessed(event) => match event {
                AssessedEvent::Drafted(e) => self.begin(stream, "", e.objections_until),
                AssessedEvent::Closed(_) => self.record(envelope, ""),
                _ => {}
            },
            Event::Investigation(event) => self.investigation(envelope, at, event),
            Event::Inspection(event) => self.inspection(envelope, at, event),
            _ => {}
        }
    }

    fn investigation(&mut self, envelope: &'a Envelope, at: Instant, event: &InvestigationEvent) {
        let stream = envelope.stream.as_str();
        match event {
            InvestigationEvent::Filed(e) => self.begin(stream, LimitKind::Accept.code(), e.accept.due),
            InvestigationEvent::Accepted(e) => {
                self.end(stream, LimitKind::Accept.code(), Some(at));
                self.begin(stream, "close", e.close.due);
            }
            InvestigationEvent::Refused(_) => self.end(stream, LimitKind::Accept.code(), Some(at)),
            InvestigationEvent::Extended(e) => {
                self.end(stream, "close", Some(at));
                self.begin(stream, "close", e.close.due);
            }
            InvestigationEvent::Concluded(e) => {
                self.end(stream, "close", Some(at));
                self.end(stream, LimitKind::Adopt.code(), Some(at));
                if let Some(adopt) = &e.adopt {
                    self.begin(stream, LimitKind::Adopt.code(), adopt.due);
                }
            }
            InvestigationEvent::Adopted(_) => self.end(stream, LimitKind::Adopt.code(), Some(at)),
            InvestigationEvent::ReviewRequested(e) => self.begin(stream, "close", e.review.due),
            InvestigationEvent::Overdue(e) => {
                let what = if e.limit == LimitKind::Review { "close" } else { e.limit.code() };
                self.record(envelope, what);
            }
            _ => {}
        }
    }

    fn inspection(&mut self, envelope: &'a Envelope, at: Instant, event: &InspectionEvent) {
        let (seed, stream) = (self.seed, envelope.stream.as_str());
        match event {
            InspectionEvent::Planned(InspectionPlanned { plan, until, .. }) => {
                let plan = plan.known().cloned();
                self.checks.insert(stream, Check { covert: plan.is_none(), plan, until: Some(*until), ..Check::default() });
            }
            InspectionEvent::Refused(_) => self.checks.get_mut(stream).unwrap().ended = Some(at),
            InspectionEvent::Visited(_) => self.checks.get_mut(stream).unwrap().visits.push(legal_day(at)),
            InspectionEvent::Missed(e) => {
                assert!(envelope.recorded_at >= envelope.occurred_at, "seed {seed}: {} of {stream} lies ahead", envelope.kind);
                *self.broken.0.entry(envelope.kind.clone()).or_default() += 1;
                self.checks.get_mut(stream).unwrap().missed.entry(e.to).or_default().push(at);
            }
            InspectionEvent::Signed(e) => {
                if let Some(reply) = &e.reply {
                    self.begin(stream, e.number.to_string(), reply.due);
                } else {
                    // Told at the end of the covert check.
                    self.limits.insert((stream, e.number.to_string()), Vec::new());
                }
            }
            InspectionEvent::Done(InspectionDone { reply, .. }) => {
                self.checks.get_mut(stream).unwrap().ended = Some(at);
                if let Some(reply) = reply {
                    let told = self.limits.iter().filter(|((of, _), all)| *of == stream && all.is_empty());
                    let numbers: Vec<String> = told.map(|((_, number), _)| number.clone()).collect();
                    for number in numbers {
                        self.begin(stream, number, reply.due);
                    }
                }
            }
            InspectionEvent::Replied(e) => self.end(stream, &e.number.to_string(), Some(at)),
            InspectionEvent::Dropped(e) => {
                let number = e.number.to_string();
                self.end(stream, &number, Some(at));
                // Dropped before anybody was told.
                if self.limits.get(&(stream, number.clone())).is_none_or(Vec::is_empty) {
                    self.limits.remove(&(stream, number));
                }
            }
            InspectionEvent::Unanswered(e) => self.record(envelope, &e.number.to_string()),
            _ => {}
        }
    }

    /// Broken is what was not kept before its due instant; that is on record once, and nothing else is.
    fn close(self) -> Broken {
        let (seed, now) = (self.seed, self.now);
        for ((stream, what), limits) in &self.limits {
            let once = stream.starts_with("rectification-");
            let mut recorded = 0;
            for limit in limits {
                let broken = limit.ended.unwrap_or(now) >= limit.due;
                // A rectification is overdue once, however often it is given back.
                let expected: Vec<Instant> = if broken && !(once && recorded > 0) { vec![limit.due] } else { Vec::new() };
                assert_eq!(limit.recorded, expected, "seed {seed}: {stream} {what}: {limit:?}, now {now}");
                recorded += limit.recorded.len();
            }
        }
        for (stream, check) in &self.checks {
            let until = check.ended.unwrap_or(now);
            let periods = match &check.plan {
                Some(plan) if !check.covert => plan.periods(),
                _ => {
                    let last = legal_day(check.until.unwrap()).pred_opt().unwrap();
                    vec![(NaiveDate::MIN, last)]
                }
            };
            let mut missed = check.missed.clone();
            for (from, to) in periods {
                let end = end_of(to).unwrap();
                let empty = !check.visits.iter().any(|day| (from..=to).contains(day));
                let expected = if empty && end <= until { vec![end] } else { Vec::new() };
                assert_eq!(missed.remove(&to).unwrap_or_default(), expected, "seed {seed}: {stream} to {to}, until {until}");
            }
            assert!(missed.is_empty(), "seed {seed}: {stream} missed what was not planned: {missed:?}");
        }
        self.broken
    }
}
