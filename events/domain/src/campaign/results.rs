//! Results of a campaign, computed from its counts (domain.md H7). Scores are exact fractions and rounded only where they are
//! printed; intervals need roots and are floating-point.

use super::event::Cell;
use super::state::Campaign;
use super::{Group, POINTS, SATISFIED, SUPPRESS_BELOW};
use crate::ids::UnitCode;

/// The two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// An exact fraction, not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    /// Above.
    pub over: u128,
    /// Below; not zero.
    pub under: u128,
}

impl Fraction {
    /// Rounded half up to two decimals, for printing.
    pub fn printed(self) -> String {
        let hundredths = (self.over * 200 + self.under) / (self.under * 2);
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    }

    /// For drawings and for comparing with intervals.
    #[expect(clippy::cast_precision_loss, reason = "a drawing and an interval need no exact value")]
    pub fn float(self) -> f64 {
        self.over as f64 / self.under as f64
    }

    fn reduced(self) -> Self {
        let divisor = gcd(self.over, self.under).max(1);
        Self { over: self.over / divisor, under: self.under / divisor }
    }

    fn plus(self, other: Self) -> Self {
        let divisor = gcd(self.under, other.under).max(1);
        let under = self.under / divisor * other.under;
        Self { over: self.over * (other.under / divisor) + other.over * (self.under / divisor), under }.reduced()
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// What a group says of a body.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupResult {
    /// Which.
    pub group: Group,
    /// Its weight in the plan.
    pub weight: u32,
    /// Ballots with a grade.
    pub n: u64,
    /// Too few to count: dropped, the other weights are scaled up.
    pub dropped: bool,
    /// Sum of the points.
    pub points: u64,
    /// Ballots with each grade.
    pub grades: [u64; 5],
}

/// What all say of a body.
#[derive(Debug, Clone, PartialEq)]
pub struct BodyResult {
    /// The body.
    pub body: UnitCode,
    /// By group, in the order of the plan.
    pub groups: Vec<GroupResult>,
    /// Score, 0 to 100; none when no group has enough ballots.
    pub score: Option<Fraction>,
    /// 95 % interval of the score.
    pub interval: Option<(f64, f64)>,
    /// Graded ballots of the groups that count.
    pub n: u64,
    /// Effective size of the weighted sample (Kish).
    pub effective: Option<f64>,
    /// Satisfied ballots among `n`.
    pub satisfied: u64,
    /// 95 % interval of the share of satisfied ballots (Wilson).
    pub satisfied_interval: Option<(f64, f64)>,
    /// Ballots that graded the body, of all ballots: familiarity.
    pub known: (u64, u64),
    /// 1 + how many bodies are better beyond doubt, which is to say with intervals that do not touch; none without a score.
    pub rank: Option<usize>,
}

/// The results by body, the best score first; bodies without a score at the end.
pub fn results(campaign: &Campaign) -> Vec<BodyResult> {
    let Some(counted) = &campaign.counted else { return Vec::new() };
    let mut all: Vec<BodyResult> = campaign
        .plan
        .bodies
        .iter()
        .enumerate()
        .map(|(place, body)| body_result(campaign, body, counted.cells.iter().filter(|cell| cell.body == place)))
        .collect();
    let intervals: Vec<Option<(f64, f64)>> = all.iter().map(|body| body.interval).collect();
    for body in &mut all {
        body.rank = body.interval.map(|(_, high)| 1 + intervals.iter().flatten().filter(|(low, _)| *low > high).count());
    }
    all.sort_by(|a, b| match (&a.score, &b.score) {
        (Some(x), Some(y)) => y.float().total_cmp(&x.float()).then_with(|| a.body.cmp(&b.body)),
        (x, y) => y.is_some().cmp(&x.is_some()).then_with(|| a.body.cmp(&b.body)),
    });
    all
}

fn body_result<'a>(campaign: &Campaign, body: &UnitCode, cells: impl Iterator<Item = &'a Cell>) -> BodyResult {
    let mut known = (0, 0);
    let mut groups = Vec::new();
    for cell in cells {
        let n = cell.grades.iter().sum::<u64>();
        known.0 += n;
        known.1 += n + cell.unsure + cell.unknown;
        let weight = campaign.plan.groups.iter().find(|of| of.group == cell.group).map_or(0, |of| of.weight);
        let points = cell.grades.iter().zip(POINTS).map(|(n, points)| n * u64::from(points)).sum();
        groups.push(GroupResult { group: cell.group, weight, n, dropped: n < campaign.plan.least, points, grades: cell.grades });
    }
    let counting = || groups.iter().filter(|group| !group.dropped && group.n > 0);
    let weights: u128 = counting().map(|group| u128::from(group.weight)).sum();
    let n = counting().map(|group| group.n).sum();
    let satisfied = counting().flat_map(|group| group.grades.iter().take(SATISFIED)).sum();
    let score = (weights > 0).then(|| {
        let term = |group: &GroupResult| Fraction {
            over: u128::from(group.weight) * u128::from(group.points),
            under: u128::from(group.n) * weights,
        };
        counting().map(term).fold(Fraction { over: 0, under: 1 }, Fraction::plus)
    });
    let variance: f64 = counting().map(|group| share(group, weights).powi(2) * variance(group) / float(group.n)).sum();
    let half = Z * variance.sqrt();
    let kish: f64 = counting().map(|group| share(group, weights).powi(2) / float(group.n)).sum();
    BodyResult {
        body: body.clone(),
        score,
        interval: score.map(|score| ((score.float() - half).max(0.0), (score.float() + half).min(100.0))),
        n,
        effective: (kish > 0.0).then(|| 1.0 / kish),
        satisfied,
        satisfied_interval: wilson(satisfied, n),
        known,
        rank: None,
        groups,
    }
}

fn share(group: &GroupResult, weights: u128) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "at most 100")]
    let weights = weights as f64;
    f64::from(group.weight) / weights
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn float(n: u64) -> f64 {
    n as f64
}

/// The sample variance of the points of a group (with n − 1).
fn variance(group: &GroupResult) -> f64 {
    if group.n < 2 {
        return 0.0;
    }
    let mean = float(group.points) / float(group.n);
    let squares: f64 = group.grades.iter().zip(POINTS).map(|(n, points)| float(*n) * (f64::from(points) - mean).powi(2)).sum();
    squares / (float(group.n) - 1.0)
}

/// Wilson's interval of a share; none of nothing.
pub fn wilson(yes: u64, n: u64) -> Option<(f64, f64)> {
    if n == 0 {
        return None;
    }
    let (p, n) = (float(yes) / float(n), float(n));
    let centre = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

/// Counts as a body may see them (H10): none for fewer than five; when that hides one count alone, which the sum would give
/// away, the smallest of the others is hidden too.
pub fn suppressed(counts: &[u64]) -> Vec<Option<u64>> {
    let mut shown: Vec<Option<u64>> = counts.iter().map(|n| (*n >= SUPPRESS_BELOW).then_some(*n)).collect();
    if shown.iter().filter(|n| n.is_none()).count() == 1
        && let Some(smallest) = shown.iter().flatten().min().copied()
        && let Some(at) = shown.iter().position(|n| *n == Some(smallest))
        && let Some(cell) = shown.get_mut(at)
    {
        *cell = None;
    }
    shown
}
