//! The year's assessment (年度绩效考评, domain.md §2.9): pure calculation of scores, and the two kinds of streams that hold it:
//! `assessment-<year>` for the whole and `assessed-<year>-<unit>` for each body.

pub mod body;
pub mod explain;
pub mod score;
pub mod year;

#[cfg(test)]
mod tests;

pub use body::{AssessedEvent, BodyState};
pub use score::{Basis, BodyCounts, BodyResult, Counts, Line, ScoreError, points, score};
pub use year::{AssessmentEvent, Body, Stage, YearState};

use crate::ids::UnitCode;

/// The stream of a year.
pub fn year_stream(year: i32) -> String {
    format!("assessment-{year}")
}

/// The stream of a body in a year.
pub fn body_stream(year: i32, unit: &UnitCode) -> String {
    format!("assessed-{year}-{unit}")
}

/// Year and body of a stream's name.
pub fn of_body_stream(stream: &str) -> Option<(i32, UnitCode)> {
    let (year, unit) = stream.strip_prefix("assessed-")?.split_once('-')?;
    Some((year.parse().ok()?, UnitCode::parse(unit).ok()?))
}
