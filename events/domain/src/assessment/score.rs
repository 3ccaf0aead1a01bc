//! The calculation: counts of all bodies and a scheme in, exact scores out. Nothing is rounded here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::UnitCode;
use crate::ratio::{Overflow, Ratio};
use crate::rulebook::scheme::{Function, Grade, Item, Part, Scheme, Zero};

/// What was counted for a body and an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// In the numerator; of bare counts the number.
    pub numerator: u64,
    /// In the denominator; 0 for bare counts.
    pub denominator: u64,
    /// Facts that were taken back by then and count in neither.
    pub excluded: u64,
    /// Points given by hand, for manual items.
    pub value: Option<Ratio>,
}

/// What is known of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyCounts {
    /// The body.
    pub unit: UnitCode,
    /// Its group.
    pub group: String,
    /// Counts by item.
    pub items: BTreeMap<String, Counts>,
}

/// Why a line has the score that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Its own counts.
    Counted,
    /// No or too few samples: full marks.
    Full,
    /// No or too few samples: the counts of the whole group.
    Group {
        /// Numerator of the group.
        numerator: u64,
        /// Denominator of the group.
        denominator: u64,
    },
    /// No or too few samples: left out; the rest counts for the whole.
    Left,
    /// Points not given yet: left out.
    Missing,
}

/// A line of the score sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Item of the scheme.
    pub item: String,
    /// What was counted.
    #[serde(flatten)]
    pub counts: Counts,
    /// Why.
    pub basis: Basis,
    /// Exact score, negative for points taken away; none = left out.
    pub score: Option<Ratio>,
}

/// The result of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyResult {
    /// The body.
    pub unit: UnitCode,
    /// Its group.
    pub group: String,
    /// Lines in the order of the scheme.
    pub lines: Vec<Line>,
    /// Exact total; none when no base item could be counted.
    pub total: Option<Ratio>,
    /// Grade in its group.
    pub grade: Grade,
}

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// Numbers beyond 128 bits.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// The points of a rate in percent (I4).
///
/// # Errors
/// [`Overflow`].
pub fn points(item: &Item, rate: Ratio) -> Result<Ratio, Overflow> {
    let short = match item.function {
        Function::Linear => item.target().minus(rate)?,
        Function::Inverse => rate.minus(item.target())?,
        Function::Bands => {
            let reached = item.bands().into_iter().find(|(at_least, _)| rate >= *at_least);
            return Ok(reached.map_or(item.floor(), |(_, points)| points));
        }
        Function::Count | Function::Manual => return Ok(Ratio::ZERO),
    };
    let lost = item.k().times(short.clamp(Ratio::ZERO, Ratio::HUNDRED))?;
    Ok(item.full().minus(lost)?.clamp(item.floor(), item.full()))
}

/// The rate of counts in percent.
///
/// # Errors
/// [`Overflow`] for a zero denominator too.
pub fn percent(numerator: u64, denominator: u64) -> Result<Ratio, Overflow> {
    Ratio::of(numerator, denominator).ok_or(Overflow)?.times(Ratio::HUNDRED)
}

/// The score of one line. `group` is the sum of the counts of all bodies of the group with enough samples.
///
/// # Errors
/// [`Overflow`].
pub fn line(item: &Item, counts: Counts, group: (u64, u64)) -> Result<Line, Overflow> {
    let (basis, score) = match item.function {
        Function::Linear | Function::Inverse | Function::Bands => {
            let enough = counts.denominator > 0 && counts.denominator >= item.min_samples;
            match item.zero {
                _ if enough => (Basis::Counted, Some(points(item, percent(counts.numerator, counts.denominator)?)?)),
                Some(Zero::Full) => (Basis::Full, Some(item.full())),
                Some(Zero::GroupMean) if group.1 > 0 => {
                    (Basis::Group { numerator: group.0, denominator: group.1 }, Some(points(item, percent(group.0, group.1)?)?))
                }
                _ => (Basis::Left, None),
            }
        }
        Function::Count => {
            let each = item.per().times(Ratio::of(counts.numerator, 1).ok_or(Overflow)?)?.clamp(Ratio::ZERO, item.full());
            let score = match item.part {
                Part::Bonus => each,
                Part::Verification => each.negated(),
                Part::Indicators | Part::Review => item.full().minus(each)?.clamp(item.floor(), item.full()),
            };
            (Basis::Counted, Some(score))
        }
        Function::Manual => match counts.value {
            Some(value) => {
                let value = value.clamp(Ratio::ZERO, item.full());
                (Basis::Counted, Some(if item.part == Part::Verification { value.negated() } else { value }))
            }
            None => (Basis::Missing, None),
        },
    };
    Ok(Line { item: item.id.clone(), counts, basis, score })
}

/// The total: the base parts, converted to the full marks of the group when items are left out, plus the bonus and minus
/// the deductions up to their caps. None when nothing of the base could be counted, bare counts apart.
///
/// # Errors
/// [`Overflow`].
pub fn total(scheme: &Scheme, group: &str, lines: &[Line]) -> Result<Option<Ratio>, Overflow> {
    let (mut base, mut counted) = (Ratio::ZERO, Ratio::ZERO);
    let (mut bonus, mut taken) = (Ratio::ZERO, Ratio::ZERO);
    for line in lines {
        let (Some(item), Some(score)) = (scheme.item(&line.item), line.score) else { continue };
        match item.part {
            Part::Indicators | Part::Review => {
                base = base.plus(score)?;
                counted = counted.plus(item.full())?;
            }
            Part::Bonus => bonus = bonus.plus(score)?,
            Part::Verification => taken = taken.plus(score)?,
        }
    }
    // Bare counts of nothing are no work done: a body without any sample or points is not ranked (I6).
    let speaks = |item: &Item| item.part.is_base() && item.function != Function::Count;
    let heard = lines.iter().any(|line| line.score.is_some() && scheme.item(&line.item).is_some_and(speaks));
    if counted == Ratio::ZERO || (!heard && scheme.items_of(group).any(speaks)) {
        return Ok(None);
    }
    let cap = |part| scheme.cap(part).unwrap_or(Ratio::ZERO);
    let base = base.times(scheme.full(group).over(counted)?)?;
    let bonus = bonus.clamp(Ratio::ZERO, cap(Part::Bonus));
    let taken = taken.clamp(cap(Part::Verification).negated(), Ratio::ZERO);
    Ok(Some(base.plus(bonus)?.plus(taken)?))
}

/// The sum of the lines of a part, before its cap.
pub fn part_sum(scheme: &Scheme, lines: &[Line], part: Part) -> Ratio {
    let of_part = lines.iter().filter(|line| scheme.item(&line.item).is_some_and(|item| item.part == part));
    of_part.filter_map(|line| line.score).fold(Ratio::ZERO, |sum, score| sum.plus(score).unwrap_or(sum))
}

/// The results of all bodies, in the order given. Bodies are compared inside their group only.
///
/// # Errors
/// [`ScoreError`].
pub fn score(scheme: &Scheme, bodies: &[BodyCounts]) -> Result<Vec<BodyResult>, ScoreError> {
    let mut sums: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for body in bodies {
        for item in scheme.items_of(&body.group).filter(|item| item.is_rate()) {
            let counts = body.items.get(&item.id).copied().unwrap_or_default();
            if counts.denominator > 0 && counts.denominator >= item.min_samples {
                let sum = sums.entry((body.group.as_str(), item.id.as_str())).or_default();
                sum.0 += counts.numerator;
                sum.1 += counts.denominator;
            }
        }
    }
    let mut results = Vec::with_capacity(bodies.len());
    for body in bodies {
        let mut lines = Vec::new();
        for item in scheme.items_of(&body.group) {
            let counts = body.items.get(&item.id).copied().unwrap_or_default();
            let group = sums.get(&(body.group.as_str(), item.id.as_str())).copied().unwrap_or_default();
            lines.push(line(item, counts, group)?);
        }
        let total = total(scheme, &body.group, &lines)?;
        results.push(BodyResult { unit: body.unit.clone(), group: body.group.clone(), lines, total, grade: Grade::None });
    }
    grade(scheme, &mut results)?;
    Ok(results)
}

/// Grades by the borders; of those above the first border at most the quota of the group is 优秀. Bodies of equal total
/// stand together: when not all of them fit, none does.
fn grade(scheme: &Scheme, results: &mut [BodyResult]) -> Result<(), Overflow> {
    let [excellent, good, pass] = scheme.borders();
    for group in &scheme.groups {
        let full = scheme.full(&group.code);
        let mut places: Vec<(usize, Ratio)> = Vec::new();
        let mut members: u64 = 0;
        for (index, result) in results.iter_mut().enumerate().filter(|(_, result)| result.group == group.code) {
            let Some(total) = result.total else { continue };
            members += 1;
            let percent = total.over(full)?.times(Ratio::HUNDRED)?;
            result.grade = match percent {
                _ if percent >= good => Grade::Good,
                _ if percent >= pass => Grade::Pass,
                _ => Grade::Fail,
            };
            if percent >= excellent {
                places.push((index, total));
            }
        }
        let quota = usize::try_from(members * group.excellent_percent / 100).unwrap_or(usize::MAX);
        for (index, total) in &places {
            let not_worse = places.iter().filter(|(_, other)| other >= total).count();
            if not_worse <= quota
                && let Some(result) = results.get_mut(*index)
            {
                result.grade = Grade::Excellent;
            }
        }
    }
    Ok(())
}
