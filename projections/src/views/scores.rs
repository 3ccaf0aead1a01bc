//! Facts and their sums. A figure is a sum of facts, and leads to them.
//!
//! A fact belongs to the unit it names. Sums over a unit and all below it follow the organisation tree as it stands, so
//! that a figure and the list behind it always agree.

pub(crate) mod counts;
mod query;
pub(crate) mod write;

use domain::ids::{CaseId, UnitCode};
use domain::rulebook::Measure;
use domain::time::{Instant, Period};

/// Whose facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything, facts without a unit included.
    All,
    /// A unit alone.
    Unit(UnitCode),
    /// A unit and all below it.
    Subtree(UnitCode),
}

/// The figure of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasureFigure {
    /// Which.
    pub measure: Measure,
    /// Numerator; for bare counts the count.
    pub yes: u64,
    /// Denominator.
    pub total: u64,
    /// How many of `total` a source only asserts.
    pub asserted: u64,
}

/// The facts of a unit, a month and an indicator, as the log stood at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureCount {
    /// Whose.
    pub unit: UnitCode,
    /// Which month.
    pub period: Period,
    /// Which indicator.
    pub measure: Measure,
    /// Numerator.
    pub yes: u64,
    /// Denominator.
    pub total: u64,
    /// Facts that had been taken back by then.
    pub excluded: u64,
}

/// The figures of a unit; none = of cases without one.
pub type UnitFigures = (Option<UnitCode>, Vec<MeasureFigure>);

/// Which facts to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactQuery {
    /// Whose.
    pub scope: Scope,
    /// Of which indicator.
    pub measure: Measure,
    /// Of which month.
    pub period: Period,
    /// Only those of the numerator (true) or only the others (false).
    pub yes: Option<bool>,
    /// As the log stood at this `seq`; none = now.
    pub as_of: Option<u64>,
    /// After this fact (`seq`, `ord`).
    pub after: Option<(u64, u32)>,
    /// At most so many.
    pub limit: usize,
}

/// A fact behind a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactRow {
    /// `seq` of the event that made it.
    pub seq: u64,
    /// Its place among the facts of the event.
    pub ord: u32,
    /// The case.
    pub case: CaseId,
    /// Whose; none: the source names no unit.
    pub unit: Option<UnitCode>,
    /// When it happened.
    pub occurred_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Class of the case at that time.
    pub class: String,
    /// Counts in the numerator.
    pub yes: bool,
    /// A source only asserts it.
    pub asserted: bool,
}
