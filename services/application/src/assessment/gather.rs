//! What is counted for all bodies: three questions to the views, whatever the number of bodies.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use domain::assessment::{BodyCounts, BodyState, Counts, YearState};
use domain::mark::MarkKind;
use domain::rulebook::Measure;
use domain::rulebook::scheme::{Scheme, Source};
use domain::time::{CHINA, Instant, Period, next_period};

use crate::error::Error;
use crate::store::Application;

/// Most bodies of a year.
pub(crate) const MOST_BODIES: usize = 10_000;

/// The first instant of a month; with a cut-off day the month before ends with that day.
fn begin(period: Period, cut_off: u32) -> Option<Instant> {
    let first = NaiveDate::from_ymd_opt(period / 100, (period % 100).unsigned_abs(), 1)?;
    let day = match cut_off {
        0 => first,
        cut_off => first.pred_opt()?.with_day_or_last(cut_off) + TimeDelta::days(1),
    };
    day.and_time(NaiveTime::MIN).and_local_timezone(CHINA).single().map(|at| at.to_utc())
}

trait DayOrLast {
    fn with_day_or_last(self, day: u32) -> NaiveDate;
}

impl DayOrLast for NaiveDate {
    fn with_day_or_last(self, day: u32) -> NaiveDate {
        chrono::Datelike::with_day(&self, day).unwrap_or(self)
    }
}

/// The time that marks of these months lie in.
pub(crate) fn window(from: Period, to: Period, cut_off: u32) -> (Instant, Instant) {
    (begin(from, cut_off).unwrap_or_default(), begin(next_period(to), cut_off).unwrap_or(Instant::MAX_UTC))
}

impl Application {
    /// The counts of all bodies of a year over some of its months, as the log stood at `cut_off`, with the points given
    /// by hand when it is the whole year.
    pub(crate) fn gather(
        &self,
        year: &YearState,
        scheme: &Scheme,
        from: Period,
        to: Period,
        cut_off: u64,
    ) -> Result<Vec<BodyCounts>, Error> {
        let views = self.projections.views();
        let fault = |error: projections::ViewError| Error::Internal(error.to_string());
        let mut facts: HashMap<(String, Measure), (u64, u64, u64)> = HashMap::new();
        for count in views.measure_counts(None, from, to, cut_off).map_err(fault)? {
            let sum = facts.entry((count.unit.as_str().to_owned(), count.measure)).or_default();
            *sum = (sum.0 + count.yes, sum.1 + count.total, sum.2 + count.excluded);
        }
        let (begin, end) = window(from, to, scheme.cut_off_day);
        let mut marks: HashMap<(String, MarkKind), Vec<(String, u64)>> = HashMap::new();
        for (unit, kind, code, n) in views.mark_counts(begin, end, cut_off).map_err(fault)? {
            marks.entry((unit.as_str().to_owned(), kind)).or_default().push((code, n));
        }
        // Honours count in the year they are registered for, whenever that was; of a month those registered in it.
        let whole = (from, to) == (year.year * 100 + 1, year.year * 100 + 12);
        let mut honours: HashMap<String, BodyState> = HashMap::new();
        for row in views.streams_named::<BodyState>(&format!("assessed-{}-", year.year), MOST_BODIES).map_err(fault)? {
            if let Some(unit) = row.state.unit.as_ref().map(ToString::to_string) {
                honours.insert(unit, row.state);
            }
        }
        let honoured = |unit: &str, code: &str| {
            let all = honours.get(unit).map(|body| body.honours.as_slice()).unwrap_or_default();
            let standing = all.iter().filter(|one| !one.withdrawn && one.code == code);
            standing.filter(|one| whole || (one.at >= begin && one.at < end)).count() as u64
        };
        let mut bodies = Vec::with_capacity(year.bodies.len());
        for body in &year.bodies {
            let mut items = BTreeMap::new();
            for item in scheme.items_of(&body.group) {
                let counts = match item.source() {
                    Some(Source::Measure(measure)) => {
                        let of = |unit: &domain::ids::UnitCode| facts.get(&(unit.as_str().to_owned(), measure)).copied();
                        let sum = body.counts.iter().filter_map(of).fold((0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
                        let denominator = if measure.is_count() { 0 } else { sum.1 };
                        Counts { numerator: sum.0, denominator, excluded: sum.2, value: None }
                    }
                    Some(Source::Mark(MarkKind::Honour, Some(code))) => {
                        Counts { numerator: honoured(body.unit.as_str(), code), ..Counts::default() }
                    }
                    Some(Source::Mark(kind, code)) => {
                        let of = |unit: &domain::ids::UnitCode| marks.get(&(unit.as_str().to_owned(), kind));
                        let standing = body.counts.iter().filter_map(of).flatten();
                        let n = standing.filter(|(mark, _)| code.is_none_or(|code| code == mark)).map(|(_, n)| n).sum();
                        Counts { numerator: n, ..Counts::default() }
                    }
                    _ => Counts::default(),
                };
                items.insert(item.id.clone(), counts);
            }
            bodies.push(BodyCounts { unit: body.unit.clone(), group: body.group.clone(), items });
        }
        Ok(if whole { year.with_points(bodies) } else { bodies })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_of_marks_ends_with_its_cut_off_day() {
        let at = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        assert_eq!(window(202_601, 202_612, 0), (at("2026-01-01T00:00:00+08:00"), at("2027-01-01T00:00:00+08:00")));
        assert_eq!(window(202_603, 202_603, 25), (at("2026-02-26T00:00:00+08:00"), at("2026-03-26T00:00:00+08:00")));
        assert_eq!(window(202_603, 202_603, 28), (at("2026-03-01T00:00:00+08:00"), at("2026-03-29T00:00:00+08:00")));
    }
}
