//! What is known of an escalated matter: its way up and down, its meetings, what is to be done now.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::event::{Entry, EscalationEvent, LevelClock, Owner, Raise, Reopened, Resolution};
use crate::account::Role;
use crate::duty::{Duty, Holder};
use crate::folded::Folded;
use crate::ids::{CaseId, UnitCode};
use crate::mark::{Change, MarkKind};
use crate::time::{CHINA, Instant};

/// A stretch of time on one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The level.
    pub level: u8,
    /// Who held it.
    pub owner: Owner,
    /// Why it came there; none when it was given back from above.
    pub entry: Option<Entry>,
    /// Since.
    pub from: Instant,
    /// Until; none = still.
    pub to: Option<Instant>,
    /// When its time ran out, as last frozen.
    pub due: Instant,
}

/// A task of a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// To whom.
    pub unit: UnitCode,
    /// Until 24:00 of this day.
    pub due: NaiveDate,
}

/// A 会商.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// When it was recorded.
    pub at: Instant,
    /// The day.
    pub held: NaiveDate,
    /// The level at that time.
    pub level: u8,
    /// Units present.
    pub units: Vec<UnitCode>,
    /// Tasks.
    pub tasks: Vec<Task>,
}

/// An escalated matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Escalation {
    /// The ladder's id.
    pub ladder: String,
    /// The rulebook whose ladder it is.
    pub rulebook: String,
    /// Its cases, the first one first; see [`super::MOST_TOGETHER`].
    pub cases: Vec<CaseId>,
    /// The group of like cases; empty for one case.
    pub cluster: String,
    /// The unit in charge of the case.
    pub unit: Option<UnitCode>,
    /// A report of wrongdoing.
    pub wrongdoing: bool,
    /// The level now.
    pub level: u8,
    /// The highest level.
    pub top: u8,
    /// Whose it is.
    pub owner: Owner,
    /// Why it came to the level it last came up to.
    pub entry: Entry,
    /// The reason lies not with the unit: what follows does not count against it (G7).
    pub excused: bool,
    /// When it came to the level.
    pub entered: Instant,
    /// The level's clock.
    pub clock: LevelClock,
    /// The way up and down.
    pub spans: Vec<Span>,
    /// Triggers that were acted on.
    pub triggers: Vec<String>,
    /// Meetings.
    pub meetings: Vec<Meeting>,
    /// A meeting was held on this level.
    pub convened: bool,
    /// Times tracked on the highest level.
    pub tracked: u32,
    /// Tracked and nothing reported since: since when.
    pub to_track: Option<Instant>,
    /// The unit answered; the clock stands.
    pub answered: Option<Instant>,
    /// The owner reported; the clock stands.
    pub reported: Option<Instant>,
    /// Resolved.
    pub resolved: Option<(Instant, Resolution)>,
}

impl Escalation {
    /// A group that takes no further case for now.
    pub fn is_full(&self) -> bool {
        self.is_open() && !self.cluster.is_empty() && self.cases.len() >= super::MOST_TOGETHER
    }

    /// Somebody still has to do something.
    pub fn is_open(&self) -> bool {
        self.resolved.is_none()
    }

    /// The level's clock runs.
    pub fn runs(&self) -> bool {
        self.is_open() && self.answered.is_none() && self.reported.is_none()
    }

    /// Due now, when the clock runs.
    pub fn due(&self) -> Option<Instant> {
        self.runs().then_some(self.clock.due)
    }

    /// A meeting is still to be held, until when.
    pub fn to_convene(&self) -> Option<Instant> {
        self.clock.convene.filter(|_| self.is_open() && !self.convened)
    }

    fn begin(at: Instant, raise: &Raise) -> Self {
        Self {
            ladder: raise.ladder.clone(),
            rulebook: raise.rulebook.clone(),
            cases: Vec::new(),
            cluster: raise.cluster.clone(),
            unit: None,
            wrongdoing: raise.wrongdoing,
            level: raise.level,
            top: raise.top,
            owner: raise.owner.clone(),
            entry: raise.entry,
            excused: false,
            entered: at,
            clock: raise.clock.clone(),
            spans: Vec::new(),
            triggers: Vec::new(),
            meetings: Vec::new(),
            convened: false,
            tracked: 0,
            to_track: None,
            answered: None,
            reported: None,
            resolved: None,
        }
    }

    fn raised(&mut self, at: Instant, raise: &Raise) {
        self.ladder.clone_from(&raise.ladder);
        self.rulebook.clone_from(&raise.rulebook);
        self.top = raise.top;
        self.wrongdoing |= raise.wrongdoing;
        self.entry = raise.entry;
        // Out of time on the way up counts no more than the reason of the first step did.
        if raise.entry != Entry::TimedOut {
            self.excused = !raise.entry.counts();
        }
        self.unit.clone_from(&raise.unit);
        if !raise.trigger.is_empty() {
            self.triggers.push(raise.trigger.clone());
        }
        for case in &raise.cases {
            if !self.cases.contains(case) {
                self.cases.push(*case);
            }
        }
        self.enter(at, raise.level, &raise.owner, Some(raise.entry), &raise.clock);
    }

    fn enter(&mut self, at: Instant, level: u8, owner: &Owner, entry: Option<Entry>, clock: &LevelClock) {
        let from = self.leave(at);
        self.level = level;
        self.owner = owner.clone();
        self.entered = from;
        self.clock = clock.clone();
        self.convened = false;
        self.tracked = 0;
        self.to_track = None;
        self.answered = None;
        self.reported = None;
        self.resolved = None;
        self.spans.push(Span { level, owner: owner.clone(), entry, from, to: None, due: clock.due });
    }

    /// Ends the stretch that runs; nothing can be left before it was entered.
    fn leave(&mut self, at: Instant) -> Instant {
        match self.spans.last_mut() {
            Some(span) => {
                let end = span.to.unwrap_or_else(|| at.max(span.from));
                span.to = Some(end);
                at.max(end)
            }
            None => at,
        }
    }

    fn reclock(&mut self, clock: &LevelClock) {
        self.clock = clock.clone();
        if let Some(span) = self.spans.last_mut() {
            span.due = clock.due;
        }
    }

    /// Who has to act, as duties name it.
    fn holder(&self) -> Holder {
        match &self.owner {
            Owner::Hotline => Holder::Office(Role::Dispatcher),
            Owner::Unit(unit) => Holder::Unit(unit.clone()),
            Owner::Office => Holder::Office(Role::Inspector),
            Owner::Leader => Holder::Office(Role::Leader),
        }
    }
}

/// 24:00 of a legal day.
fn end_of(day: NaiveDate) -> Option<Instant> {
    day.succ_opt()?.and_time(chrono::NaiveTime::MIN).and_local_timezone(CHINA).single().map(|at| at.to_utc())
}

impl Folded for Escalation {
    type Event = EscalationEvent;

    const KIND: &'static str = "escalation";

    fn evolve(before: Option<Self>, at: Instant, event: &EscalationEvent) -> Option<Self> {
        let mut state = match (before, event) {
            (Some(state), _) => state,
            (None, EscalationEvent::Raised(raise)) => Self::begin(at, raise),
            (None, _) => return None,
        };
        match event {
            EscalationEvent::Raised(raise) => state.raised(at, raise),
            EscalationEvent::Reopened(reopened) => state.raised(at, &reopened.raise),
            EscalationEvent::Lowered(lowered) => {
                state.unit.clone_from(&lowered.unit);
                state.enter(at, lowered.level, &lowered.owner, None, &lowered.clock);
            }
            EscalationEvent::Convened(e) => {
                state.convened = true;
                state.meetings.push(Meeting {
                    at,
                    held: e.held,
                    level: state.level,
                    units: e.units.clone(),
                    tasks: e.tasks.iter().map(|task| Task { unit: task.unit.clone(), due: task.due }).collect(),
                });
            }
            EscalationEvent::Tracked(e) => {
                state.tracked = e.number;
                state.to_track = Some(at);
                state.reclock(&e.clock);
            }
            EscalationEvent::Joined(e) => {
                state.cases.push(e.case);
                state.triggers.push(e.trigger.clone());
            }
            EscalationEvent::Noted(e) => state.triggers.push(e.trigger.clone()),
            EscalationEvent::Handed(e) => {
                let (level, clock, entry) = (state.level, state.clock.clone(), state.spans.last().and_then(|span| span.entry));
                let (convened, tracked, to_track) = (state.convened, state.tracked, state.to_track);
                state.unit = Some(e.unit.clone());
                state.enter(at, level, &Owner::Unit(e.unit.clone()), entry, &clock);
                (state.convened, state.tracked, state.to_track) = (convened, tracked, to_track);
            }
            EscalationEvent::Answered(_) => state.answered = Some(at),
            EscalationEvent::Resumed(e) => {
                state.answered = None;
                state.reclock(&e.clock);
            }
            EscalationEvent::Reported(_) => {
                state.reported = Some(at);
                state.to_track = None;
            }
            EscalationEvent::Resolved(e) => {
                state.leave(at);
                state.resolved = Some((at, e.how));
                state.to_track = None;
            }
        }
        Some(state)
    }

    fn next_at(&self) -> Option<Instant> {
        self.due()
    }

    fn duties(&self) -> Vec<Duty> {
        if !self.is_open() {
            return Vec::new();
        }
        let mut duties = Vec::new();
        if self.reported.is_some() {
            // What the owner reported is judged by the office.
            duties.push(Duty::new(Holder::Office(Role::Inspector), "escalation_handle", self.reported.unwrap_or(self.entered), None));
        } else if self.answered.is_none() {
            duties.push(Duty::new(self.holder(), "escalation_handle", self.entered, Some(self.clock.due)));
        }
        if let Some(until) = self.to_convene() {
            let holder = if self.owner == Owner::Leader { Holder::Office(Role::Inspector) } else { self.holder() };
            duties.push(Duty::new(holder, "escalation_convene", self.entered, Some(until)));
        }
        if let Some(since) = self.to_track {
            duties.push(Duty::new(Holder::Office(Role::Inspector), "escalation_track", since, Some(self.clock.due)));
        }
        let tasks = self.meetings.last().into_iter().flat_map(|meeting| meeting.tasks.iter().map(move |task| (meeting.at, task)));
        for (at, task) in tasks.filter(|_| self.reported.is_none()) {
            duties.push(Duty::new(Holder::Unit(task.unit.clone()), "escalation_task", at, end_of(task.due)));
        }
        duties
    }

    fn marks(_before: Option<&Self>, _at: Instant, event: &EscalationEvent, after: &Self) -> Vec<Change> {
        let (EscalationEvent::Raised(raise) | EscalationEvent::Reopened(Reopened { raise })) = event else { return Vec::new() };
        match &after.unit {
            Some(unit) if raise.level > 1 && !after.excused => vec![Change::add(unit, MarkKind::Escalated, &raise.level.to_string())],
            _ => Vec::new(),
        }
    }
}
