//! What was asked of the pages, counted in atomics: a place for each line of the route table, never for an address.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use actix_web::http::StatusCode;
use event_log::Histogram;
use uuid::Uuid;

use super::access::RequestId;
use crate::routes::ROUTES;

/// Upper bounds of a request's time in microseconds: what a page should take, what a filing should take, what people
/// notice. Few, for each line of the route table has them.
const MICROS: &[u64] = &[30_000, 100_000, 1_000_000];
/// The parts of the site.
pub(super) const SIDES: [&str; 6] = ["citizen", "desk", "oversight", "admin", "assets", "other"];
/// Classes of answers.
pub(super) const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// A line of the route table; what no route takes has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line(pub usize);

/// Why somebody was told to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The log took no more, or could not be used (503).
    Unavailable,
    /// Too many requests of one address, or too many guesses (429).
    TooMany,
}

impl Refusal {
    pub(super) const ALL: [(Self, &'static str); 2] = [(Self::Unavailable, "unavailable"), (Self::TooMany, "too_many")];
}

/// Counts since the process began to serve.
#[derive(Debug)]
pub struct Requests {
    lines: Box<[PerLine]>,
    sides: [[AtomicU64; CLASSES.len()]; SIDES.len()],
    refusals: [AtomicU64; Refusal::ALL.len()],
    /// Requests under way.
    pub(super) in_flight: AtomicU64,
    /// Sign-ins that were right, and that were not.
    pub(super) sign_ins: [AtomicU64; 2],
    next: AtomicU64,
}

#[derive(Debug)]
pub(super) struct PerLine {
    pub(super) time: Histogram,
    pub(super) failures: AtomicU64,
}

impl Requests {
    pub(super) fn new(first: Uuid) -> Self {
        let (high, low) = first.as_u64_pair();
        Self {
            lines: ROUTES.iter().map(|_| PerLine { time: Histogram::new(MICROS), failures: AtomicU64::default() }).collect(),
            sides: Default::default(),
            refusals: Default::default(),
            in_flight: AtomicU64::default(),
            sign_ins: Default::default(),
            next: AtomicU64::new(high ^ low),
        }
    }

    /// The name of a new request.
    pub(super) fn name(&self) -> RequestId {
        RequestId::of(self.next.fetch_add(1, Relaxed))
    }

    /// An answer was made.
    pub(super) fn record(&self, line: Option<Line>, status: StatusCode, micros: u64) {
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len()) - 1;
        let side = side(line.and_then(|line| ROUTES.get(line.0)).map(|route| route.path));
        if let Some(count) = self.sides.get(side).and_then(|classes| classes.get(class)) {
            count.fetch_add(1, Relaxed);
        }
        if let Some(one) = line.and_then(|line| self.lines.get(line.0)) {
            one.time.record(micros);
            if status.is_server_error() {
                one.failures.fetch_add(1, Relaxed);
            }
        }
    }

    /// Somebody was told to come again.
    pub fn refused(&self, why: Refusal) {
        if let Some(place) = Refusal::ALL.iter().position(|(one, _)| *one == why)
            && let Some(count) = self.refusals.get(place)
        {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Somebody signed in, or could not.
    pub fn signed_in(&self, good: bool) {
        let [right, wrong] = &self.sign_ins;
        if good { right } else { wrong }.fetch_add(1, Relaxed);
    }

    /// Each line that was asked for, with its place in the route table.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&'static str, &'static str, &PerLine)> {
        ROUTES.iter().zip(&self.lines).map(|(route, line)| (route.method, route.path, line))
    }

    /// Answers by side and class, those that were given.
    pub(super) fn answers(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let classes = |side: &'static str, counts| {
            CLASSES.iter().zip(counts).map(move |(class, count)| (side, *class, AtomicU64::load(count, Relaxed)))
        };
        SIDES.iter().zip(&self.sides).flat_map(move |(side, counts)| classes(side, counts)).filter(|(.., count)| *count > 0)
    }

    /// Refusals by reason.
    pub(super) fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Refusal::ALL.iter().zip(&self.refusals).map(|((_, name), count)| (*name, count.load(Relaxed)))
    }
}

/// Place in [`SIDES`].
fn side(path: Option<&str>) -> usize {
    let name = match path {
        None => "other",
        Some(path) => ["desk", "oversight", "admin", "assets"]
            .into_iter()
            .find(|side| {
                path.strip_prefix('/').and_then(|path| path.strip_prefix(side)).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
            .unwrap_or("citizen"),
    };
    SIDES.iter().position(|side| *side == name).unwrap_or(SIDES.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_belongs_to_its_side() {
        let name = |path| SIDES[side(path)];
        assert_eq!(
            ["/desk/case/{number}", "/admin", "/", "/assets/{name}", "/desks"].map(|path| name(Some(path))),
            ["desk", "admin", "citizen", "assets", "citizen"]
        );
        assert_eq!(name(None), "other");
    }
}
