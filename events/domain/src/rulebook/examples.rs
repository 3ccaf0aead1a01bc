//! Worked examples: the rulebook's own claims about dates, run by `rulebook check` against the calendar.

use chrono::NaiveDateTime;

use super::{Conditions, Example, LimitRule, Rulebook};
use crate::calendar::Calendar;
use crate::deadline::{DeadlineInput, deadline};
use crate::limit::Limit;
use crate::time::{CHINA, Instant};

/// The limits that an example may look at.
pub(super) const CLOCKS: &[&str] = &["accept", "promise", "total", "handle", "sign", "contact"];

const FORM: &str = "%Y-%m-%d %H:%M";

/// How an example came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleResult {
    /// Title of the example.
    pub title: String,
    /// The due instant the file claims, local.
    pub expected: String,
    /// The due instant reckoned, local; or why there is none.
    pub got: String,
    /// They agree.
    pub ok: bool,
}

impl Example {
    /// What decides its limits.
    pub fn conditions(&self) -> Conditions<'_> {
        Conditions { class: &self.class, channel: &self.channel, urgency: &self.urgency, level: Some(self.level) }
    }
}

impl LimitRule {
    /// The limit of a clock by its name: accept, promise, total, handle, sign, contact.
    pub fn clock(&self, name: &str) -> Option<Limit> {
        match name {
            "accept" => Some(self.accept),
            "promise" => Some(self.promise),
            "total" => Some(self.total),
            "handle" => Some(self.handle),
            "sign" => Some(self.sign),
            "contact" => self.contact,
            _ => None,
        }
    }
}

impl Rulebook {
    /// Reckons every example on a calendar.
    pub fn run_examples(&self, calendar: &Calendar) -> Vec<ExampleResult> {
        self.examples.iter().map(|example| self.run_example(example, calendar)).collect()
    }

    fn run_example(&self, example: &Example, calendar: &Calendar) -> ExampleResult {
        let result = |got: String, ok| ExampleResult { title: example.title.clone(), expected: example.due.clone(), got, ok };
        let Some(from) = parse_local(&example.from) else { return result("起算时间写法不对".to_owned(), false) };
        let Some(limit) = self.limits(example.conditions()).and_then(|rule| rule.clock(&example.clock)) else {
            return result("没有适用的时限".to_owned(), false);
        };
        let due = deadline(calendar, &DeadlineInput { from, limit, excluded: Vec::new() }).due;
        result(show_local(due), parse_local(&example.due) == Some(due))
    }
}

/// Reads a local date-time at +08:00, `2026-04-30 10:00`.
pub fn parse_local(text: &str) -> Option<Instant> {
    let local = NaiveDateTime::parse_from_str(text.trim(), FORM).ok()?;
    local.and_local_timezone(CHINA).single().map(|at| at.to_utc())
}

/// Writes an instant as local date-time at +08:00.
pub fn show_local(at: Instant) -> String {
    at.with_timezone(&CHINA).format(FORM).to_string()
}
